//! `GET /api/v1/sites/{siteId}/people/export`: everything that is held on somebody, complete, as one document.

use super::conversion_out::HeldConversionOut;
use super::fact_out::EvidenceOut;
use super::reached_out::ReachedOut;
use super::visit_out::HeldVisitOut;
use super::whom::{WhomParams, read};
use crate::app::App;
use crate::app::whom::{Held, Whom, WhomError};
use crate::http::auth::{Admin, Caller};
use crate::http::error::ApiError;
use crate::http::record_out::{IdentifierOut, RecordOut, VersionOut};
use crate::http::schema::SiteIdParam;
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::header::CONTENT_DISPOSITION;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use touchline_domain::{Identifier, Instant, Site};
use touchline_store::{ExportRow, PersonRecord, Store};
use utoipa::ToSchema;

/// Everything that is held on somebody.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PersonExportOut {
    /// The site's id.
    #[schema(example = "shop")]
    site: String,
    /// As of when, in UTC.
    exported_at: String,
    /// What the search began with.
    asked_for: Vec<IdentifierOut>,
    /// What was asked for leads to several people, so none was picked: only what names it itself is here.
    is_ambiguous: bool,
    /// The search stopped at a bound; there may be more.
    is_truncated: bool,
    /// What names them.
    identifiers: Vec<ReachedOut>,
    /// Every report of a visit.
    visits: Vec<HeldVisitOut>,
    /// Every report of a conversion.
    conversions: Vec<HeldConversionOut>,
    /// Opportunities and revenue, with every version.
    records: Vec<ExportedRecordOut>,
    /// Every fact, with whom it names.
    evidence: Vec<EvidenceOut>,
    decisions: DecisionsOut,
    /// What exports to advertising platforms hold of them.
    exports: Vec<ExportedRowOut>,
}

/// A conversion of theirs in an export to an advertising platform.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportedRowOut {
    /// The export's number.
    export: u64,
    /// The record's reference.
    #[schema(example = "OPP-1")]
    reference: String,
    /// Its part of the file.
    content: String,
}

/// A record with every version.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportedRecordOut {
    /// `opportunity` or `revenue`.
    #[schema(example = "opportunity")]
    kind: &'static str,
    #[serde(flatten)]
    record: RecordOut,
    /// The identifier by which it found the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    matched_by: Option<IdentifierOut>,
    /// Every accepted upload.
    history: Vec<VersionOut>,
}

/// What the operator decided about their identifiers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DecisionsOut {
    /// These join whatever a guard says.
    allowed: Vec<IdentifierOut>,
    /// These were cut out of what a fact is evidence of.
    cut: Vec<CutOut>,
}

/// An identifier that was cut out of a fact.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CutOut {
    /// The fact's number.
    fact: u64,
    #[serde(flatten)]
    identifier: IdentifierOut,
}

impl ExportedRecordOut {
    fn new(site: &Site, record: &PersonRecord) -> Option<Self> {
        let matched = record.matched_by.is_some();
        Some(Self {
            kind: record.key.kind.name(),
            record: RecordOut::new(site, &record.key.reference, &record.versions, matched)?,
            matched_by: record.matched_by.as_ref().map(Into::into),
            history: record.versions.iter().map(Into::into).collect(),
        })
    }
}

impl DecisionsOut {
    fn new(held: &Held, allowed: &[Identifier]) -> Self {
        let person = &held.facts.person;
        let is_theirs = |allowed: &&Identifier| person.identifiers.iter().any(|r| r.identifier == **allowed);
        let cut = person.facts.iter().flat_map(|fact| {
            let out = |identifier| CutOut { fact: fact.change, identifier: IdentifierOut::from(identifier) };
            fact.cut.iter().map(out)
        });
        Self { allowed: allowed.iter().filter(is_theirs).map(Into::into).collect(), cut: cut.collect() }
    }
}

fn exported(row: &ExportRow) -> ExportedRowOut {
    let reference = row.record.reference.to_string();
    ExportedRowOut { export: row.export, reference, content: row.content.clone() }
}

/// Everything that a site holds on somebody, as of now. Also what `touchline person` prints.
pub(crate) async fn document(
    store: &dyn Store,
    site: &Site,
    whom: Whom,
    now: Instant,
) -> Result<PersonExportOut, WhomError> {
    let held = whom.held(store, &site.id).await?;
    let allowed = store.allowed(site.id.clone(), None, usize::MAX).await?;
    let Held { seeds, facts } = &held;
    Ok(PersonExportOut {
        site: site.id.to_string(),
        exported_at: now.to_string(),
        asked_for: seeds.iter().map(Into::into).collect(),
        is_ambiguous: facts.is_ambiguous,
        is_truncated: facts.person.is_truncated,
        identifiers: ReachedOut::all(site, seeds, &facts.person),
        visits: HeldVisitOut::unfolded(site, &facts.visits),
        conversions: HeldConversionOut::unfolded(site, &facts.conversions),
        records: facts.records.iter().filter_map(|record| ExportedRecordOut::new(site, record)).collect(),
        evidence: facts.person.facts.iter().map(Into::into).collect(),
        decisions: DecisionsOut::new(&held, &allowed),
        exports: facts.exports.iter().map(exported).collect(),
    })
}

/// Export a person
///
/// Everything that is held on them, complete: what to hand over to somebody who asks for their data.
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/people/export", tag = "People", params(("siteId" = SiteIdParam, Path, description = "The site"), WhomParams),
    responses((status = 200, description = "The document, as an attachment", body = PersonExportOut)))]
pub(crate) async fn export_person(
    State(app): State<Arc<App>>,
    caller: Caller<Admin>,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let site = &caller.site;
    let (whom, ()) = read(raw.as_deref(), site, |_| ())?;
    let document = document(app.store.as_ref(), site, whom, app.clock.now()).await?;
    Ok(([(CONTENT_DISPOSITION, "attachment; filename=\"person.json\"")], Json(document)).into_response())
}
