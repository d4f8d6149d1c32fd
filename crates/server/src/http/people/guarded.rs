//! `GET /api/v1/sites/{siteId}/identifiers/guarded`: what guards keep from joining, for review.

use super::identifier_page::{Page, PageParams};
use super::reached_out::GuardOut;
use crate::app::App;
use crate::http::auth::{Caller, Read};
use crate::http::error::ApiError;
use crate::http::record_out::IdentifierOut;
use crate::http::schema::SiteIdParam;
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use std::sync::Arc;
use touchline_domain::Site;
use touchline_store::Guarded;
use utoipa::ToSchema;

/// A page of guarded identifiers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GuardedPageOut {
    /// In order of kind and value.
    identifiers: Vec<GuardedOut>,
    /// Give it as `cursor` for the next page; null on the last one.
    next_cursor: Option<String>,
}

/// An identifier that a guard keeps from joining.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GuardedOut {
    #[serde(flatten)]
    identifier: IdentifierOut,
    guard: GuardOut,
    /// Since when it has been seen to be so, in UTC.
    since: String,
}

impl GuardedOut {
    fn new(site: &Site, guarded: &Guarded) -> Self {
        Self {
            identifier: (&guarded.identifier).into(),
            guard: GuardOut::new(guarded.guard, &site.guards),
            since: guarded.since.to_string(),
        }
    }
}

/// List guarded identifiers
///
/// What evidently belongs to many, and so joins nobody. Allow one that belongs to one person after all. As of everything
/// that was stored before the call.
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/identifiers/guarded", tag = "People", params(("siteId" = SiteIdParam, Path, description = "The site"), PageParams),
    responses((status = 200, description = "A page of them", body = GuardedPageOut)))]
pub(crate) async fn list_guarded(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    RawQuery(raw): RawQuery,
) -> Result<Json<GuardedPageOut>, ApiError> {
    let site = &caller.site;
    let page = Page::read(raw.as_deref())?;
    app.settled().await?;
    let mut guarded = app.store.guarded(site.id.clone(), page.after.clone(), page.looked_for()).await?;
    Ok(Json(GuardedPageOut {
        next_cursor: page.cut(&mut guarded, |guarded| &guarded.identifier),
        identifiers: guarded.iter().map(|guarded| GuardedOut::new(site, guarded)).collect(),
    }))
}
