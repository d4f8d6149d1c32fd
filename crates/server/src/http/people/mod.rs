//! People: who they are and why, what an operator decides about their evidence, and how they are exported and erased.

pub(crate) mod allowed;
pub(crate) mod conversion_out;
pub(crate) mod cut;
pub(crate) mod erase;
pub(crate) mod export;
pub(crate) mod fact_out;
pub(crate) mod guarded;
mod identifier_in;
pub(crate) mod identifier_page;
pub(crate) mod match_out;
pub(crate) mod person;
pub(crate) mod reached_out;
pub(crate) mod visit_out;
mod whom;

use crate::app::App;
use axum::Router;
use axum::routing::{get, put};
use std::sync::Arc;

pub(crate) use identifier_in::IdentifierIn;
pub(crate) use match_out::MatchOut;

/// The routes about people, below a site.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/{siteId}/people", get(person::get_person).delete(erase::erase_person))
        .route("/{siteId}/people/export", get(export::export_person))
        .route("/{siteId}/identifiers/guarded", get(guarded::list_guarded))
        .route(
            "/{siteId}/identifiers/allowed",
            get(allowed::list_allowed).put(allowed::allow_identifier).delete(allowed::disallow_identifier),
        )
        .route("/{siteId}/evidence/{fact}/cut", put(cut::cut_evidence).delete(cut::restore_evidence))
}
