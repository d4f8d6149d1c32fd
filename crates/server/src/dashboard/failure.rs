//! Failures as pages: what happened, and what to do.

use super::page;
use super::session::Theme;
use crate::app::App;
use crate::http::error::{ApiError, Code};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::sync::Arc;

/// Turns the failure of a page into a page; whoever is not signed in is asked to, and comes back.
pub(super) async fn as_page(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let theme = Theme::of(request.headers());
    let asked = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
    let is_read = request.method().is_safe();
    let mut response = next.run(request).await;
    let Some(error) = response.extensions_mut().remove::<ApiError>() else { return response };
    app.metrics.rejected(error.code.name());
    if error.code == Code::TokenMissing {
        let back = if is_read { asked.as_str() } else { "/" };
        return Redirect::to(&format!("/sign-in?back={}", utf8_percent_encode(back, NON_ALPHANUMERIC)))
            .into_response();
    }
    let mut failed = render(&error, theme);
    failed.headers_mut().extend(error.headers().iter().cloned());
    failed
}

fn render(error: &ApiError, theme: Option<Theme>) -> Response {
    let body = html! {
        main.alone #main {
            p.mark { "Touchline" }
            h1 { (error.code.title()) }
            @if error.problems.len() > 1 {
                ul.problems { @for problem in &error.problems { li { (problem.detail) } } }
            } @else {
                p { (error.detail) }
            }
            p.actions { a.button href="/" { "To the overview" } }
        }
    };
    let status: StatusCode = error.code.status();
    (status, page::document(error.code.title(), theme, &body)).into_response()
}
