//! `POST /theme`: light, dark, or as the system has it.

use super::session::{Form, THEME_COOKIE, Theme, is_from_elsewhere, set_cookie};
use super::sign_in::local_path;
use crate::app::App;
use crate::http::error::{ApiError, Code};
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

const YEAR_SECONDS: i64 = 365 * 86_400;

/// Remembers the theme in a cookie, so that a page has it before anything is drawn.
pub(super) async fn choose(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    if is_from_elsewhere(&headers) {
        return Err(ApiError::new(Code::OriginNotAllowed, "The form is not from a page of ours."));
    }
    let form = Form::take(&app, &headers, body).await?;
    let chosen = form.get("theme").and_then(|name| Theme::ALL.into_iter().find(|theme| theme.name() == name));
    let (name, seconds) = chosen.map_or(("", 0), |theme| (theme.name(), YEAR_SECONDS));
    let back = local_path(form.get("back").unwrap_or("/"));
    let mut response = Redirect::to(back).into_response();
    if let Some(cookie) = set_cookie(&headers, THEME_COOKIE, name, seconds) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}
