//! Records as they are answered.

use super::people::MatchOut;
use serde::Serialize;
use touchline_domain::record::{
    Particulars, RecordState, Reference, StageSpell, StoredVersion, stage_history,
};
use touchline_domain::{Identifier, Instant, Milestone, Money, Site};
use touchline_store::{ListedRecord, RecordMatch};
use utoipa::ToSchema;

/// An exact amount.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MoneyOut {
    /// A decimal with exactly the currency's decimals, as text so that no client rounds it.
    #[schema(example = "1000.00")]
    pub(crate) amount: String,
    /// ISO 4217.
    #[schema(example = "GBP")]
    pub(crate) currency: &'static str,
}

impl From<Money> for MoneyOut {
    fn from(money: Money) -> Self {
        Self { amount: money.amount(), currency: money.currency.code() }
    }
}

/// What names a visitor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IdentifierOut {
    /// `RaId`, `EmailAddress`, `PhoneNumber`, `PayloadValue` or `CookieValue`.
    #[schema(example = "EmailAddress")]
    pub(crate) kind: &'static str,
    /// Normalised: emails in lower case, telephone numbers in E.164.
    #[schema(example = "ann@example.com")]
    pub(crate) value: String,
    /// A telephone number as it was sent, where that is not the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) written: Option<String>,
}

impl From<&Identifier> for IdentifierOut {
    fn from(identifier: &Identifier) -> Self {
        Self {
            kind: identifier.kind().name(),
            value: identifier.value().to_owned(),
            written: identifier.written().map(str::to_owned),
        }
    }
}

/// A named value that the CRM added.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PropertyOut {
    #[schema(example = "Agent")]
    pub(crate) name: String,
    #[schema(example = "Ann")]
    pub(crate) value: String,
}

/// A record as it is now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecordOut {
    /// The CRM's own name for it.
    #[schema(example = "OPP-1")]
    pub(crate) reference: String,
    /// When what it says became so: a date, or a time in UTC.
    #[schema(example = "2024-01-15T09:30:00Z")]
    pub(crate) occurred_at: String,
    pub(crate) value: MoneyOut,
    /// The pipeline stage as uploaded; absent for revenue.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Proposal")]
    pub(crate) stage: Option<String>,
    /// What the site has configured the stage to mean, if it has: `lead`, `opportunity`, `won` or `lost`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "opportunity")]
    pub(crate) milestone: Option<&'static str>,
    /// When the lead came in; only for revenue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lead_date: Option<String>,
    pub(crate) identifiers: Vec<IdentifierOut>,
    pub(crate) labels: Vec<String>,
    pub(crate) properties: Vec<PropertyOut>,
    /// Whether somebody was found for it.
    pub(crate) matched: bool,
    /// How many versions it has.
    pub(crate) versions: usize,
    /// When it was first heard of, in UTC.
    pub(crate) first_received_at: String,
    /// When it was last changed, in UTC.
    pub(crate) last_received_at: String,
}

impl RecordOut {
    /// `None` for a record without versions, which is none.
    pub(crate) fn listed(site: &Site, record: &ListedRecord) -> Option<Self> {
        Self::new(site, &record.reference, &record.versions, record.is_matched)
    }

    /// As [`RecordOut::listed`], from a record's parts.
    pub(crate) fn new(
        site: &Site,
        reference: &Reference,
        versions: &[StoredVersion],
        matched: bool,
    ) -> Option<Self> {
        let state = RecordState::of(versions)?;
        let received = versions.iter().map(|stored| stored.received_at);
        let stage = state.stage().map(str::to_owned);
        Some(Self {
            reference: reference.to_string(),
            occurred_at: state.occurred.to_string(),
            value: state.value.into(),
            milestone: stage.as_deref().and_then(|stage| site.milestone(stage)).map(Milestone::name),
            stage,
            lead_date: match state.particulars {
                Particulars::Revenue { lead } => lead.map(|lead| lead.to_string()),
                Particulars::Opportunity { .. } => None,
            },
            identifiers: state.identifiers.iter().map(Into::into).collect(),
            labels: state.labels.iter().map(ToString::to_string).collect(),
            properties: state
                .properties
                .into_iter()
                .map(|property| PropertyOut { name: property.name.to_string(), value: property.value })
                .collect(),
            matched,
            versions: versions.len(),
            first_received_at: received.clone().min().map(|at| at.to_string()).unwrap_or_default(),
            last_received_at: received.max().map(|at| at.to_string()).unwrap_or_default(),
        })
    }
}

/// A record with everything that led to what it is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecordDetailOut {
    #[serde(flatten)]
    pub(crate) record: RecordOut,
    /// Whom it is about, and why.
    pub(crate) r#match: MatchOut,
    /// The stages it went through, in order; empty for revenue.
    pub(crate) stage_history: Vec<StageSpellOut>,
    /// Every accepted upload, in the order in which they happened.
    pub(crate) history: Vec<VersionOut>,
}

/// A time in one stage.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StageSpellOut {
    #[schema(example = "Proposal")]
    stage: String,
    #[schema(example = "2024-01-15")]
    entered_at: String,
    /// Absent for the stage that it is in now.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_at: Option<String>,
    /// What it was worth when it came in.
    value: MoneyOut,
}

impl From<StageSpell> for StageSpellOut {
    fn from(spell: StageSpell) -> Self {
        Self {
            stage: spell.stage,
            entered_at: spell.entered.to_string(),
            left_at: spell.left.map(|left| left.to_string()),
            value: spell.value.into(),
        }
    }
}

/// One accepted upload.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VersionOut {
    /// Grows with every change the store accepts.
    change: u64,
    #[schema(example = "2024-01-15")]
    occurred_at: String,
    received_at: String,
    value: MoneyOut,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    identifiers: Vec<IdentifierOut>,
    /// Absent when the upload said nothing of labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<Vec<String>>,
    /// Absent when the upload said nothing of properties.
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Vec<PropertyOut>>,
}

impl From<&StoredVersion> for VersionOut {
    fn from(stored: &StoredVersion) -> Self {
        let version = &stored.version;
        let instant: Instant = stored.received_at;
        Self {
            change: stored.change,
            occurred_at: version.occurred.to_string(),
            received_at: instant.to_string(),
            value: version.value.into(),
            stage: version.stage().map(str::to_owned),
            identifiers: version.identifiers.iter().map(Into::into).collect(),
            labels: version.labels.as_ref().map(|labels| labels.iter().map(ToString::to_string).collect()),
            properties: version.properties.as_ref().map(|properties| {
                let out = |p: &touchline_domain::record::Property| PropertyOut {
                    name: p.name.to_string(),
                    value: p.value.clone(),
                };
                properties.iter().map(out).collect()
            }),
        }
    }
}

impl RecordDetailOut {
    /// `None` for a record without versions, which is none.
    pub(crate) fn new(
        site: &Site,
        reference: &Reference,
        versions: &[StoredVersion],
        found: &RecordMatch,
    ) -> Option<Self> {
        let found = MatchOut::new(site, versions, found);
        Some(Self {
            record: RecordOut::new(site, reference, versions, found.is_matched())?,
            r#match: found,
            stage_history: stage_history(versions).into_iter().map(Into::into).collect(),
            history: versions.iter().map(Into::into).collect(),
        })
    }
}
