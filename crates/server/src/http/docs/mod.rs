//! `GET /docs`: the API description as a page to read, made from the same description that `/openapi.json` serves. It
//! loads nothing from other hosts and needs no script.

mod page;

use crate::app::App;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use std::sync::Arc;

/// The page.
pub(super) async fn page(State(app): State<Arc<App>>) -> Html<String> {
    Html(page::render(&app.limits))
}

/// Its style.
pub(super) async fn style() -> Response {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=300")];
    (headers, include_str!("style.css")).into_response()
}
