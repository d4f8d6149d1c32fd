//! `/api/v1/sites/{siteId}/identifiers/allowed`: identifiers that join whatever a guard says.

use super::identifier_in::{self, IdentifierIn};
use super::identifier_page::{Page, PageParams};
use super::whom::{IdentifierParams, read_one};
use crate::app::App;
use crate::http::auth::{Admin, Caller, Read};
use crate::http::error::ApiError;
use crate::http::record_out::IdentifierOut;
use crate::http::schema::SiteIdParam;
use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A page of the identifiers that the operator allowed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AllowedPageOut {
    /// In order of kind and value.
    identifiers: Vec<IdentifierOut>,
    /// Give it as `cursor` for the next page; null on the last one.
    next_cursor: Option<String>,
}

/// List allowed identifiers
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/identifiers/allowed", tag = "People", params(("siteId" = SiteIdParam, Path, description = "The site"), PageParams),
    responses((status = 200, description = "A page of them", body = AllowedPageOut)))]
pub(crate) async fn list_allowed(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    RawQuery(raw): RawQuery,
) -> Result<Json<AllowedPageOut>, ApiError> {
    let page = Page::read(raw.as_deref())?;
    let site = caller.site.id.clone();
    let mut allowed = app.store.allowed(site, page.after.clone(), page.looked_for()).await?;
    Ok(Json(AllowedPageOut {
        next_cursor: page.cut(&mut allowed, |identifier| identifier),
        identifiers: allowed.iter().map(Into::into).collect(),
    }))
}

/// Allow an identifier
///
/// From now on it joins whatever a guard says, but for the site's list of ignored values and the bound on facts. Records
/// that it leads to are matched again.
#[utoipa::path(put, path = "/api/v1/sites/{siteId}/identifiers/allowed", tag = "People", params(("siteId" = SiteIdParam, Path, description = "The site")),
    request_body(content = IdentifierIn, content_type = "application/json"),
    responses((status = 204, description = "It is allowed")))]
pub(crate) async fn allow_identifier(
    State(app): State<Arc<App>>,
    caller: Caller<Admin>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let identifier = identifier_in::read(&app, &caller.site, &headers, body).await?;
    app.store.set_allowed(caller.site.id.clone(), identifier, true, app.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Allow an identifier no longer
#[utoipa::path(delete, path = "/api/v1/sites/{siteId}/identifiers/allowed", tag = "People", params(("siteId" = SiteIdParam, Path, description = "The site"), IdentifierParams),
    responses((status = 204, description = "Guards decide again")))]
pub(crate) async fn disallow_identifier(
    State(app): State<Arc<App>>,
    caller: Caller<Admin>,
    RawQuery(raw): RawQuery,
) -> Result<StatusCode, ApiError> {
    let identifier = read_one(raw.as_deref(), &caller.site)?;
    app.store.set_allowed(caller.site.id.clone(), identifier, false, app.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
