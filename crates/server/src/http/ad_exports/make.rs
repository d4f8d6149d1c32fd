//! What an export would have, and making one.

use super::export_out::{ExportOut, ExportSummaryOut};
use super::wanted_in::{GoogleParams, MetaParams, WantedParams, read};
use crate::app::App;
use crate::app::ad_exports::{gather, make};
use crate::http::auth::{Admin, Caller, Read};
use crate::http::error::ApiError;
use crate::http::schema::SiteIdParam;
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use touchline_domain::Site;
use touchline_domain::ad_export::ExportPlatform;

/// Preview a file for Google Ads
///
/// Which conversions `POST` would export now, which it would leave out, and why. Nothing is changed.
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/exports/google-ads", tag = "Exports",
    params(("siteId" = SiteIdParam, Path, description = "The site"), GoogleParams, WantedParams),
    responses((status = 200, description = "What there is to export", body = ExportSummaryOut)))]
pub(crate) async fn preview_google_ads_export(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    RawQuery(raw): RawQuery,
) -> Result<Json<ExportSummaryOut>, ApiError> {
    preview(&app, &caller.site, ExportPlatform::GoogleAds, raw.as_deref()).await
}

/// Preview a file for Meta
///
/// As for Google Ads.
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/exports/meta", tag = "Exports",
    params(("siteId" = SiteIdParam, Path, description = "The site"), MetaParams, WantedParams),
    responses((status = 200, description = "What there is to export", body = ExportSummaryOut)))]
pub(crate) async fn preview_meta_export(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    RawQuery(raw): RawQuery,
) -> Result<Json<ExportSummaryOut>, ApiError> {
    preview(&app, &caller.site, ExportPlatform::Meta, raw.as_deref()).await
}

async fn preview(
    app: &App,
    site: &Arc<Site>,
    platform: ExportPlatform,
    raw: Option<&str>,
) -> Result<Json<ExportSummaryOut>, ApiError> {
    let wanted = read(platform, raw)?;
    app.settled().await?;
    let gathered = gather(app.store.as_ref(), site, &wanted, app.clock.now()).await?;
    Ok(Json(ExportSummaryOut::new(&gathered, None)))
}

/// Make a file for Google Ads
///
/// What it has is entered into a ledger, and no other export under the same name has it again. The file is at the address
/// `file` of the answer, as often as it is asked for.
#[utoipa::path(post, path = "/api/v1/sites/{siteId}/exports/google-ads", tag = "Exports",
    params(("siteId" = SiteIdParam, Path, description = "The site"), GoogleParams, WantedParams),
    responses((status = 201, description = "The export", body = ExportSummaryOut), (status = 200, description = "There is nothing to export", body = ExportSummaryOut)))]
pub(crate) async fn make_google_ads_export(
    State(app): State<Arc<App>>,
    caller: Caller<Admin>,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    make_export(&app, &caller.site, ExportPlatform::GoogleAds, raw.as_deref()).await
}

/// Make a file for Meta
///
/// As for Google Ads.
#[utoipa::path(post, path = "/api/v1/sites/{siteId}/exports/meta", tag = "Exports",
    params(("siteId" = SiteIdParam, Path, description = "The site"), MetaParams, WantedParams),
    responses((status = 201, description = "The export", body = ExportSummaryOut), (status = 200, description = "There is nothing to export", body = ExportSummaryOut)))]
pub(crate) async fn make_meta_export(
    State(app): State<Arc<App>>,
    caller: Caller<Admin>,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    make_export(&app, &caller.site, ExportPlatform::Meta, raw.as_deref()).await
}

async fn make_export(
    app: &App,
    site: &Arc<Site>,
    platform: ExportPlatform,
    raw: Option<&str>,
) -> Result<Response, ApiError> {
    let wanted = read(platform, raw)?;
    app.settled().await?;
    let made = make(app.store.as_ref(), site, &wanted, app.clock.now()).await?;
    let Some(export) = made.export else {
        return Ok(Json(ExportSummaryOut::new(&made.gathered, None)).into_response());
    };
    let out = ExportOut::new(site, &export);
    let location = [(LOCATION, out.address().to_owned())];
    let summary = Json(ExportSummaryOut::new(&made.gathered, Some(out)));
    Ok((StatusCode::CREATED, location, summary).into_response())
}
