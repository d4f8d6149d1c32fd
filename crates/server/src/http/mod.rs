//! The wire: every route, who may use it, and the one place where failures become answers.

pub(crate) mod ad_exports;
pub(crate) mod auth;
mod batch;
pub(crate) mod body;
mod channels;
pub(crate) mod classification_out;
pub(crate) mod client;
mod conversion_in;
mod conversions;
mod costs;
mod docs;
pub(crate) mod error;
pub(crate) mod export;
mod health;
mod identifiers_in;
mod ingest_schema;
mod json;
mod noted;
mod observe;
mod openapi;
pub(crate) mod people;
pub(crate) mod query;
mod rates;
mod record_in;
pub(crate) mod record_out;
pub(crate) mod records;
pub(crate) mod reports;
mod schema;
mod serve;
mod tag;
mod upload;
mod visit_in;
mod visits;

use crate::app::App;
use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Uri};
use axum::response::Response;
use axum::routing::{get, post, put};
use error::Code;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

pub(crate) use serve::serve;

/// Every route of the product; `pages` are those for people.
pub(crate) fn router(app: Arc<App>, pages: Router<Arc<App>>) -> Router {
    let wire = Router::new()
        .route("/v1/{siteId}/opportunity/upload", put(upload::opportunity))
        .route("/v1/{siteId}/revenue/upload", put(upload::revenue))
        .route("/v1/revenue/upload", put(upload::revenue_by_site_in_body))
        .route("/v1/{siteId}/adcosts", put(costs::upload::put_ad_costs))
        .route("/v1/{siteId}/adcosts/bing", put(costs::upload::put_bing_ad_costs))
        // The vendor's pages do not show the paths of these two.
        .route("/v1/{siteId}/adcosts/facebook", put(costs::upload::put_facebook_ad_costs))
        .route("/v1/{siteId}/adcosts/google", put(costs::upload::put_google_ad_costs))
        .merge(conversions::routes());

    let sites = Router::new()
        .route("/{siteId}/opportunities", get(records::list_opportunities))
        .route("/{siteId}/opportunities/batch", post(batch::opportunities))
        .route(
            "/{siteId}/opportunities/{reference}",
            get(records::get_opportunity).delete(records::delete_opportunity),
        )
        .route("/{siteId}/revenue", get(records::list_revenue))
        .route("/{siteId}/revenue/batch", post(batch::revenue))
        .route("/{siteId}/revenue/{reference}", get(records::get_revenue).delete(records::delete_revenue))
        .route("/{siteId}/visits", post(visits::visit))
        .route("/{siteId}/visits/batch", post(batch::visits))
        .route("/{siteId}/costs", get(costs::list::list_costs))
        .route("/{siteId}/pipeline", get(records::pipeline))
        .merge(ad_exports::routes())
        .merge(channels::routes())
        .merge(people::routes())
        .merge(reports::routes());

    let operation = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(openapi::json))
        .route("/docs", get(docs::page))
        .route("/docs/style.css", get(docs::style));

    Router::new()
        .merge(wire)
        .merge(tag::routes())
        .nest("/api/v1/sites", sites)
        .route("/api/v1/rates", get(rates::get_rates))
        .merge(operation)
        .merge(pages)
        .fallback(not_found)
        .layer(CatchPanicLayer::new())
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&app), observe::observe))
        .layer(axum::middleware::from_fn(tag::allow_pages))
        .layer(fixed(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(REFERRER_POLICY, "no-referrer"))
        .layer(fixed(CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'self'; frame-ancestors 'none'"))
        .with_state(app)
}

fn fixed(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

async fn not_found(uri: Uri) -> Response {
    let hint = if uri.path().starts_with("/api") {
        "/docs lists the addresses."
    } else {
        "/docs describes the API."
    };
    error::failure(Code::RouteNotFound, hint)
}
