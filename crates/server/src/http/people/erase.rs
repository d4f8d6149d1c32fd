//! `DELETE /api/v1/sites/{siteId}/people`: somebody is removed, and what went is stated.

use super::whom::{WhomParams, read};
use crate::app::App;
use crate::app::whom::{Whom, WhomError};
use crate::http::auth::{Admin, Caller};
use crate::http::error::ApiError;
use crate::http::schema::SiteIdParam;
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use std::sync::Arc;
use touchline_domain::{Instant, Invalid, SiteId};
use touchline_store::{ErasedRecords, Store};
use utoipa::{IntoParams, ToSchema};

/// What an erasure removed. It repeats nothing of what it removed, so it can be filed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErasureOut {
    /// When, in UTC.
    #[schema(example = "2024-03-01T10:00:00Z")]
    pub(crate) erased_at: String,
    /// Reports of visits that were deleted.
    pub(crate) visits: u64,
    /// Reports of conversions that were deleted.
    pub(crate) conversions: u64,
    /// Records that were deleted, or stripped of everything personal.
    pub(crate) records: u64,
    /// Their versions.
    pub(crate) versions: u64,
    /// Identifiers that were forgotten.
    pub(crate) identifiers: u64,
    /// Conversions that were deleted from stored exports to advertising platforms. What a platform was given is with it.
    pub(crate) exported: u64,
    /// Whether the records' dates, values and stages stay, under a name that means nothing.
    pub(crate) records_kept: bool,
    /// What is left for the operator to do.
    pub(crate) note: &'static str,
}

const NOTE: &str = "Nothing of it is left in this server's files. Backups and exports that were made before still hold \
                    it, as advertising platforms do that were given one: delete them, and erase again after restoring one.";

/// What becomes of the person's records.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the query; read by `records`")]
struct RecordsParam {
    /// `keepTotals` (as without it): records keep dates, values and stages only, under a meaningless reference, so that
    /// totals stay. `delete`: they are deleted.
    #[param(required = false, schema_with = fates)]
    records: String,
}

fn fates() -> utoipa::openapi::schema::Object {
    utoipa::openapi::ObjectBuilder::new().enum_values(Some(["keepTotals", "delete"])).build()
}

fn records(raw: &str) -> Result<ErasedRecords, Invalid> {
    match raw {
        "keepTotals" => Ok(ErasedRecords::KeepTotals),
        "delete" => Ok(ErasedRecords::Delete),
        _ => Err(Invalid::new("unknown_value", "must be keepTotals or delete")),
    }
}

/// Erases somebody and states what went. Also what `touchline erase` does.
pub(crate) async fn erase(
    store: &dyn Store,
    site: &SiteId,
    whom: Whom,
    records: ErasedRecords,
    now: Instant,
) -> Result<ErasureOut, WhomError> {
    let erased = whom.erase(store, site, records).await?;
    Ok(ErasureOut {
        erased_at: now.to_string(),
        visits: erased.visits,
        conversions: erased.conversions,
        records: erased.records,
        versions: erased.versions,
        identifiers: erased.identifiers,
        exported: erased.exported,
        records_kept: records == ErasedRecords::KeepTotals,
        note: NOTE,
    })
}

/// The same in a running server, where what waits to be noted may name them.
pub(crate) async fn erase_here(
    app: &App,
    site: &SiteId,
    whom: Whom,
    records: ErasedRecords,
) -> Result<ErasureOut, WhomError> {
    app.write_intake().await;
    erase(app.store.as_ref(), site, whom, records, app.clock.now()).await
}

/// Erase a person
///
/// Everything that `GET` finds with the same parameters, for good: visits, conversions, evidence, decisions, and what
/// is personal in their records. When it is answered, the store's files hold no copy.
#[utoipa::path(delete, path = "/api/v1/sites/{siteId}/people", tag = "People", params(("siteId" = SiteIdParam, Path, description = "The site"), WhomParams, RecordsParam),
    responses((status = 200, description = "What went", body = ErasureOut)))]
pub(crate) async fn erase_person(
    State(app): State<Arc<App>>,
    caller: Caller<Admin>,
    RawQuery(raw): RawQuery,
) -> Result<Json<ErasureOut>, ApiError> {
    let site = &caller.site;
    let (whom, fate) = read(raw.as_deref(), site, |query| query.optional("records", records))?;
    let fate = fate.unwrap_or(ErasedRecords::KeepTotals);
    Ok(Json(erase_here(&app, &site.id, whom, fate).await?))
}
