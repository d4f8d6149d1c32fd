//! Facts as evidence, as they are answered.

use crate::http::record_out::IdentifierOut;
use serde::Serialize;
use touchline_domain::identity::{Fact, FactSource};
use utoipa::ToSchema;

/// A fact that ties identifiers together.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EvidenceOut {
    /// Its number, by which it is cut.
    pub(crate) fact: u64,
    /// `visit`, `webConversion`, `inboundCall`, `opportunity` or `revenue`.
    #[schema(example = "webConversion")]
    pub(crate) kind: &'static str,
    /// Its sender's name for it; absent for a visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "form-1")]
    pub(crate) reference: Option<String>,
    /// When it happened, in UTC.
    #[schema(example = "2024-01-15T09:31:00Z")]
    pub(crate) happened_at: String,
    /// When it was received, in UTC.
    pub(crate) received_at: String,
    /// What it ties together.
    pub(crate) identifiers: Vec<IdentifierOut>,
    /// What its sender named, and the operator cut.
    pub(crate) cut: Vec<IdentifierOut>,
}

impl From<&Fact> for EvidenceOut {
    fn from(fact: &Fact) -> Self {
        Self {
            fact: fact.change,
            kind: fact.source.name(),
            reference: reference(fact),
            happened_at: fact.at.to_string(),
            received_at: fact.received_at.to_string(),
            identifiers: fact.identifiers.iter().map(Into::into).collect(),
            cut: fact.cut.iter().map(Into::into).collect(),
        }
    }
}

/// The fact that leads from one identifier to the next.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LinkOut {
    /// Its number, by which it is cut.
    pub(crate) fact: u64,
    /// `visit`, `webConversion`, `inboundCall`, `opportunity` or `revenue`.
    #[schema(example = "webConversion")]
    pub(crate) kind: &'static str,
    /// Its sender's name for it; absent for a visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "form-1")]
    pub(crate) reference: Option<String>,
    /// When it happened, in UTC.
    #[schema(example = "2024-01-15T09:31:00Z")]
    pub(crate) happened_at: String,
}

impl From<&Fact> for LinkOut {
    fn from(fact: &Fact) -> Self {
        Self {
            fact: fact.change,
            kind: fact.source.name(),
            reference: reference(fact),
            happened_at: fact.at.to_string(),
        }
    }
}

fn reference(fact: &Fact) -> Option<String> {
    match &fact.source {
        FactSource::Visit => None,
        FactSource::Conversion(_, reference) | FactSource::Record(_, reference) => {
            Some(reference.to_string())
        }
    }
}
