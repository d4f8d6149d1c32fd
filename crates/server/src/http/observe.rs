//! What happens around every request: an id, a time limit, a count, and one place that renders failures.

use super::error::{ApiError, Code};
use crate::app::App;
use crate::app::secret::random_hex;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;

const REQUEST_ID: &str = "x-request-id";

/// The outermost layer.
pub(super) async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = request_id(request.headers());
    let (sent_with, uri) = (request.method().clone(), request.uri().clone());
    let method = method_name(&sent_with);
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("(none)", MatchedPath::as_str);
    let limit = Duration::from_secs(app.limits.request_seconds);
    // A batch is long by nature; it has limits on its size and on every pause.
    let limit = if route.ends_with("/batch") { limit * 20 } else { limit };
    let mut response = match timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => super::error::failure(
            Code::TimedOut,
            "It may or may not have happened; sending it again is safe.",
        ),
    };
    if let Some(error) = failure(&mut response) {
        app.metrics.rejected(error.code.name());
        if route.starts_with("/tag/") {
            app.metrics.collector_refused(error.code.name());
        }
        super::noted::refused(&app, route, &sent_with, &uri, &error);
        response = error.render(&request_id);
    }
    let took = started.elapsed();
    app.metrics.answered(route, method, response.status().as_u16(), took);
    tracing::debug!(
        request_id,
        method,
        route,
        status = response.status().as_u16(),
        took_us = took.as_micros()
    );
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The failure that a response stands for: one of ours, or one that the framework answered by itself.
fn failure(response: &mut Response) -> Option<ApiError> {
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        return Some(error);
    }
    match response.status() {
        // The framework adds the header Allow after this.
        StatusCode::METHOD_NOT_ALLOWED => Some(ApiError::new(
            Code::MethodNotAllowed,
            "The header Allow names the methods that it does answer.",
        )),
        StatusCode::INTERNAL_SERVER_ERROR => {
            Some(ApiError::new(Code::Internal, "The operator's log says more."))
        }
        _ => None,
    }
}

/// The client's own id when it is short and plain, a new one otherwise.
fn request_id(headers: &HeaderMap) -> String {
    let plain = |id: &&str| {
        (1..=64).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    };
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(plain);
    given.map_or_else(|| random_hex::<8>().unwrap_or_default(), str::to_owned)
}

/// Methods that nobody serves share a name, so that a client cannot make new counters.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::PUT => "PUT",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}
