//! Files for advertising platforms: what one would have, making one, and those that were made; `docs/exports.md` explains them.

mod export_out;
pub(super) mod make;
pub(super) mod past;
mod wanted_in;

pub(crate) use wanted_in::click_ids;

use crate::app::App;
use axum::Router;
use axum::routing::get;
use std::sync::Arc;

/// Its routes, below a site's address.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/{siteId}/exports/google-ads",
            get(make::preview_google_ads_export).post(make::make_google_ads_export),
        )
        .route("/{siteId}/exports/meta", get(make::preview_meta_export).post(make::make_meta_export))
        .route("/{siteId}/exports", get(past::list_exports))
        .route("/{siteId}/exports/{exportId}", get(past::get_export))
        .route("/{siteId}/exports/{exportId}/file", get(past::get_export_file))
}
