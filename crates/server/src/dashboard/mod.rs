//! The pages where a marketer lives: HTML over the same use cases as the API, complete without a script.

mod address;
mod asked;
mod assets;
mod attribution;
mod channels;
mod chart;
mod failure;
mod locale;
mod opportunities;
mod overview;
mod page;
mod parts;
mod paths;
mod people;
mod progress;
mod quality;
mod session;
mod set_up;
mod sign_in;
mod theme;

use crate::app::App;
use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::routing::{get, post};
use std::sync::Arc;
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_http::set_header::SetResponseHeaderLayer;

/// Nothing is loaded from elsewhere, nothing is written into a page that a browser would run, and no other site's page
/// shows ours.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Every page.
pub(crate) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    let pages = Router::new()
        .route("/", get(sign_in::enter))
        .route("/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/theme", post(theme::choose))
        .route("/sites/{siteId}", get(sign_in::enter_site))
        .route("/sites/{siteId}/overview", get(overview::show))
        .route("/sites/{siteId}/overview/latest", get(overview::latest::show))
        .route("/sites/{siteId}/attribution", get(attribution::show))
        .route("/sites/{siteId}/attribution.csv", get(attribution::download))
        .route("/sites/{siteId}/paths", get(paths::show))
        .route("/sites/{siteId}/opportunities", get(opportunities::show))
        .route("/sites/{siteId}/opportunities/{reference}", get(opportunities::show_opportunity))
        .route("/sites/{siteId}/revenue/{reference}", get(opportunities::show_revenue))
        .route("/sites/{siteId}/people", get(people::show))
        .route("/sites/{siteId}/people/evidence", post(people::decide_on_evidence))
        .route("/sites/{siteId}/people/identifier", post(people::decide_on_identifier))
        .route("/sites/{siteId}/people/export", get(people::export))
        .route("/sites/{siteId}/people/erase", get(people::ask_to_erase).post(people::erase))
        .route("/sites/{siteId}/quality", get(quality::show))
        .route("/sites/{siteId}/quality/allowed", post(quality::allow))
        .route("/sites/{siteId}/channels", get(channels::show))
        .route("/sites/{siteId}/channels/preview", post(channels::preview))
        .route("/sites/{siteId}/channels/save", post(channels::save))
        .route("/sites/{siteId}/set-up", get(set_up::show))
        .route("/sites/{siteId}/set-up/seen", get(set_up::seen))
        .route("/sites/{siteId}/set-up/settings", post(set_up::save))
        .route("/sites/{siteId}/set-up/tokens", post(set_up::create_token))
        .route("/sites/{siteId}/set-up/tokens/revoke", post(set_up::revoke_token));
    let headers = |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    pages
        .layer(axum::middleware::from_fn_with_state(Arc::clone(app), failure::as_page))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(app), progress::shown))
        // Pages tell what only this viewer may see.
        .layer(headers(CACHE_CONTROL, "private, no-store"))
        .layer(headers(CONTENT_SECURITY_POLICY, POLICY))
        .merge(assets::routes())
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
}
