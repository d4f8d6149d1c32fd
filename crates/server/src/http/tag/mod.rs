//! What browsers speak to: the script, and the collector that it reports to. Public, from any page, without a token.

mod collect;
mod report_in;
mod script;

use crate::app::App;
use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, VARY,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::sync::Arc;

/// The routes.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/tag.js", get(script::script))
        .route("/tag/{siteId}/visit", post(collect::visit).options(preflight))
        .route("/tag/{siteId}/conversion", post(collect::conversion).options(preflight))
}

/// What a browser asks before it sends JSON from another origin. The same for every site, so that it tells nothing.
async fn preflight() -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST")),
        (ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Content-Type, X-Request-Id")),
        (ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200")),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Lets pages of any origin read the answers here, failures too, and nowhere else. Nothing here depends on cookies, so
/// none are allowed; which pages may report is the collector's to say.
pub(super) async fn allow_pages(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_collector = path.starts_with("/tag/");
    let is_script = path == "/tag.js";
    let mut response = next.run(request).await;
    let mut set =
        |name: HeaderName, value| response.headers_mut().insert(name, HeaderValue::from_static(value));
    if is_collector || is_script {
        set(ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    }
    if is_collector {
        set(ACCESS_CONTROL_EXPOSE_HEADERS, "Retry-After, X-Request-Id");
        set(VARY, "Origin");
    }
    response
}
