//! For whoever keeps Touchline running.

use super::error::ApiError;
use crate::app::App;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Whether the process answers
#[utoipa::path(get, path = "/healthz", tag = "Operation", security(()), responses((status = 200, description = "It does", body = String, content_type = "text/plain")))]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether requests can be served now
#[utoipa::path(get, path = "/readyz", tag = "Operation", security(()), responses((status = 200, description = "They can", body = String, content_type = "text/plain")))]
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Result<&'static str, ApiError> {
    app.store.ready().await?;
    Ok("ready\n")
}

/// Figures for Prometheus
#[utoipa::path(get, path = "/metrics", tag = "Operation", security(()), responses((status = 200, description = "In the OpenMetrics text format", body = String, content_type = "application/openmetrics-text")))]
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let stats = app.store.stats().await.ok();
    match app.metrics.encode(stats, &app.reports.memory()) {
        Ok(text) => ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
            .into_response(),
        Err(_) => super::error::failure(super::error::Code::Internal, "The figures could not be written."),
    }
}
