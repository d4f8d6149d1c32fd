//! Exports that were made: the list, one with its conversions, and its file.

use super::export_out::{ExportDetailOut, ExportOut};
use crate::app::App;
use crate::app::ad_exports::{file, file_type, stored};
use crate::http::auth::{Caller, Read};
use crate::http::error::{ApiError, Code, ProblemDetails};
use crate::http::query::Query;
use crate::http::schema::SiteIdParam;
use axum::Json;
use axum::extract::{RawPathParams, RawQuery, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use touchline_domain::{Invalid, Site};
use touchline_store::{ExportRow, StoredExport};
use utoipa::{IntoParams, ToSchema};

const PAGE_MAX: usize = 1_000;
const PAGE_DEFAULT: usize = 100;

/// A page of exports.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportsOut {
    /// The newest first.
    exports: Vec<ExportOut>,
    /// Give it as `cursor` for the next page; null on the last one.
    next_cursor: Option<String>,
}

/// Which exports to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the query; read by `list_exports`")]
struct ExportsParams {
    /// Exports on the page.
    #[param(minimum = 1, maximum = 1000, default = 100, required = false)]
    limit: u32,
    /// Where the page begins: the `nextCursor` of the one before.
    #[param(required = false, format = "touchline-cursor")]
    cursor: String,
}

/// List exports to advertising platforms
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/exports", tag = "Exports", params(("siteId" = SiteIdParam, Path, description = "The site"), ExportsParams),
    responses((status = 200, description = "A page of them", body = ExportsOut)))]
pub(crate) async fn list_exports(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    RawQuery(raw): RawQuery,
) -> Result<Json<ExportsOut>, ApiError> {
    let mut query = Query::read(raw.as_deref())?;
    let limit = query.optional("limit", |raw| {
        let limit = raw.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
        limit.ok_or_else(|| {
            Invalid::new("out_of_range", format!("must be a whole number from 1 to {PAGE_MAX}"))
        })
    });
    let before = query.optional("cursor", |raw| {
        raw.parse().map_err(|_| Invalid::new("malformed", "must be a nextCursor that was answered before"))
    });
    query.finish()?;
    let (site, limit) = (&caller.site, limit.unwrap_or(PAGE_DEFAULT));
    let exports = app.store.exports(site.id.clone(), before, limit).await?;
    let next_cursor = exports.last().filter(|_| exports.len() == limit).map(|last| last.id.to_string());
    Ok(Json(ExportsOut {
        exports: exports.iter().map(|export| ExportOut::new(site, export)).collect(),
        next_cursor,
    }))
}

/// Get an export with its conversions
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/exports/{exportId}", tag = "Exports", params(("siteId" = SiteIdParam, Path, description = "The site"), ("exportId" = u64, Path, description = "The export's number", minimum = 1)),
    responses((status = 200, description = "The export", body = ExportDetailOut), (status = 404, description = "There is none", body = inline(ProblemDetails<'static>), content_type = "application/problem+json")))]
pub(crate) async fn get_export(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    params: RawPathParams,
) -> Result<Json<ExportDetailOut>, ApiError> {
    let (export, rows) = find(&app, &caller.site, &params).await?;
    Ok(Json(ExportDetailOut::new(&caller.site, &export, &rows)))
}

/// Download an export
///
/// The file to upload to the platform: the same bytes whenever it is asked for, but that what an erased person had in it is gone.
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/exports/{exportId}/file", tag = "Exports", params(("siteId" = SiteIdParam, Path, description = "The site"), ("exportId" = u64, Path, description = "The export's number", minimum = 1)),
    responses((status = 200, description = "The file", content((String = "text/csv"), (MetaFileOut = "application/json"))), (status = 404, description = "There is none", body = inline(ProblemDetails<'static>), content_type = "application/problem+json")))]
pub(crate) async fn get_export_file(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    params: RawPathParams,
) -> Result<Response, ApiError> {
    let (export, rows) = find(&app, &caller.site, &params).await?;
    let file = file(export.platform, &export.header, rows.iter().map(|row| row.content.as_str()));
    let (content_type, ending) = file_type(export.platform);
    let name = format!("attachment; filename=\"{}-{}.{ending}\"", export.platform.name(), export.id);
    let headers = [(CONTENT_TYPE, content_type.to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, file).into_response())
}

/// A request of Meta's Conversions API.
#[derive(Serialize, ToSchema)]
pub(crate) struct MetaFileOut {
    /// Server events, as <https://developers.facebook.com/docs/marketing-api/conversions-api/parameters> has them.
    data: Vec<serde_json::Map<String, serde_json::Value>>,
}

async fn find(
    app: &App,
    site: &Site,
    params: &RawPathParams,
) -> Result<(StoredExport, Vec<ExportRow>), ApiError> {
    let raw = params.iter().find(|(name, _)| *name == "exportId").map_or("", |(_, value)| value);
    let id = raw.parse().ok().filter(|id| *id > 0);
    let id =
        id.ok_or_else(|| crate::http::query::invalid("exportId", "malformed", "must be an export's number"))?;
    let found = stored(app.store.as_ref(), &site.id, id).await?;
    found.ok_or_else(|| ApiError::new(Code::ExportNotFound, "The list of exports has their numbers."))
}
