//! `GET /api/v1/sites/{siteId}/people`: everything that is held on somebody, and what connects it.

use super::conversion_out::HeldConversionOut;
use super::fact_out::EvidenceOut;
use super::reached_out::ReachedOut;
use super::visit_out::{HeldVisitOut, VisitorOut};
use super::whom::{WhomParams, read};
use crate::app::App;
use crate::app::whom::Held;
use crate::http::auth::{Caller, Read};
use crate::http::error::ApiError;
use crate::http::record_out::{IdentifierOut, MoneyOut};
use crate::http::schema::SiteIdParam;
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use std::sync::Arc;
use touchline_domain::record::RecordState;
use touchline_domain::{Milestone, Site};
use touchline_store::PersonRecord;
use utoipa::ToSchema;

/// Somebody, as of now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PersonOut {
    /// What was asked for leads to several people, so none was picked: only what names it itself is here.
    pub(crate) is_ambiguous: bool,
    /// The search stopped at a bound; there may be more.
    pub(crate) is_truncated: bool,
    /// What names them: the nearest to what was asked for first, then the strongest kind.
    pub(crate) identifiers: Vec<ReachedOut>,
    /// Their browsers.
    pub(crate) visitors: Vec<VisitorOut>,
    /// In order of time. Reports that belong to one visit are counted once.
    pub(crate) visits: Vec<HeldVisitOut>,
    /// In order of time.
    pub(crate) conversions: Vec<HeldConversionOut>,
    /// Opportunities and revenue.
    pub(crate) records: Vec<PersonRecordOut>,
    /// The facts that tie identifiers together, in order of time.
    pub(crate) evidence: Vec<EvidenceOut>,
}

/// A record of somebody.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PersonRecordOut {
    /// `opportunity` or `revenue`.
    #[schema(example = "opportunity")]
    pub(crate) kind: &'static str,
    #[schema(example = "OPP-1")]
    pub(crate) reference: String,
    /// When what it says became so: a date, or a time in UTC.
    #[schema(example = "2024-02-15")]
    pub(crate) occurred_at: String,
    pub(crate) value: MoneyOut,
    /// The pipeline stage; absent for revenue.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Proposal")]
    pub(crate) stage: Option<String>,
    /// What the site has configured the stage to mean, if it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) milestone: Option<&'static str>,
    /// The identifier by which it found the person; absent while it has found nobody's visits or conversions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) matched_by: Option<IdentifierOut>,
}

impl PersonRecordOut {
    fn new(site: &Site, record: &PersonRecord) -> Option<Self> {
        let state = RecordState::of(&record.versions)?;
        let stage = state.stage().map(str::to_owned);
        Some(Self {
            kind: record.key.kind.name(),
            reference: record.key.reference.to_string(),
            occurred_at: state.occurred.to_string(),
            value: state.value.into(),
            milestone: stage.as_deref().and_then(|stage| site.milestone(stage)).map(Milestone::name),
            stage,
            matched_by: record.matched_by.as_ref().map(Into::into),
        })
    }
}

impl PersonOut {
    pub(crate) fn new(site: &Site, held: &Held) -> Self {
        let Held { seeds, facts } = held;
        let ties = |fact: &&touchline_domain::identity::Fact| fact.identifiers.len() + fact.cut.len() > 1;
        Self {
            is_ambiguous: facts.is_ambiguous,
            is_truncated: facts.person.is_truncated,
            identifiers: ReachedOut::all(site, seeds, &facts.person),
            visitors: VisitorOut::all(site, &facts.person, &facts.visits),
            visits: HeldVisitOut::folded(site, &facts.visits),
            conversions: HeldConversionOut::folded(site, &facts.conversions),
            records: facts.records.iter().filter_map(|record| PersonRecordOut::new(site, record)).collect(),
            evidence: facts.person.facts.iter().filter(ties).map(Into::into).collect(),
        }
    }
}

/// Find a person
///
/// By anything that names them: everything held, what connects it, and by which facts. Ask with one identifier or
/// several; or with the `reference` of a record, for whom it is about. Always as of now.
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/people", tag = "People", params(("siteId" = SiteIdParam, Path, description = "The site"), WhomParams),
    responses((status = 200, description = "The person", body = PersonOut)))]
pub(crate) async fn get_person(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    RawQuery(raw): RawQuery,
) -> Result<Json<PersonOut>, ApiError> {
    let site = &caller.site;
    let (whom, ()) = read(raw.as_deref(), site, |_| ())?;
    let held = whom.held(app.store.as_ref(), &site.id).await?;
    Ok(Json(PersonOut::new(site, &held)))
}
