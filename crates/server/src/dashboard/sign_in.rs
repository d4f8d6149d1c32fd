//! Signing in with a token, and out.

use super::page;
use super::session::{
    Form, SESSION_COOKIE, SESSION_SECONDS, Session, Theme, Viewer, is_from_elsewhere, set_cookie,
};
use crate::app::App;
use crate::app::secret::NewToken;
use crate::http::client::ClientAddress;
use crate::http::error::{ApiError, Code};
use crate::http::query::Query as Parameters;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use std::sync::Arc;
use touchline_domain::{Scope, Text, Token};

/// A path of this server, whatever a link says: nobody is sent elsewhere.
pub(super) fn local_path(back: &str) -> &str {
    let is_local = back.starts_with('/')
        && !back.starts_with("//")
        && back.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_local { back } else { "/" }
}

/// `GET /`: the first site, or the way in.
pub(super) async fn enter(State(app): State<Arc<App>>, session: Session) -> Result<Redirect, ApiError> {
    let site = session.sites(&app).into_iter().next();
    let site = site.ok_or_else(|| ApiError::new(Code::SiteNotAllowed, "The token's site is gone."))?;
    Ok(Redirect::to(&format!("/sites/{}/overview", site.id)))
}

/// `GET /sites/{siteId}`.
pub(super) async fn enter_site(viewer: Viewer) -> Redirect {
    Redirect::to(&viewer.page("overview").to_string())
}

/// `GET /sign-in`: the form; with a token in the address, as the first screen prints it, signs in with that.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    client: ClientAddress,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let mut parameters = Parameters::read(raw.as_deref())?;
    let text = |raw: &str| Ok(raw.to_owned());
    let back = parameters.optional("back", text).unwrap_or_else(|| "/".to_owned());
    let token = parameters.optional("token", text);
    parameters.finish()?;
    match token {
        // A link on another site's page must not sign anybody in to somebody else's data.
        Some(token) if !is_from_elsewhere(&headers) => Ok(attempt(&app, client, &headers, &token, &back)
            .await?
            .unwrap_or_else(|why| form(&headers, &back, Some(why)))),
        _ => Ok(form(&headers, &back, None)),
    }
}

/// `POST /sign-in`.
pub(super) async fn sign_in(
    State(app): State<Arc<App>>,
    client: ClientAddress,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    if is_from_elsewhere(&headers) {
        return Err(ApiError::new(Code::OriginNotAllowed, "The form is not from a page of ours."));
    }
    let given = Form::take(&app, &headers, body).await?;
    let back = given.get("back").unwrap_or("/");
    let attempted = attempt(&app, client, &headers, given.get("token").unwrap_or(""), back).await?;
    Ok(attempted.unwrap_or_else(|why| form(&headers, back, Some(why))))
}

/// Opens a session, or tells why not.
async fn attempt(
    app: &App,
    client: ClientAddress,
    headers: &HeaderMap,
    token: &str,
    back: &str,
) -> Result<Result<Response, &'static str>, ApiError> {
    app.collector.admit_sign_in(client.0).map_err(|wait| {
        ApiError::new(Code::RateLimited, "There were too many attempts from here. Try again in a minute.")
            .retry_after(wait)
    })?;
    // It may have been made a moment ago, on the command line.
    app.directory.refresh(app.store.as_ref()).await?;
    let now = app.clock.now();
    let Some(token) = app.directory.token(token.trim(), now) else {
        return Ok(Err("This token is not known, or it is expired or revoked."));
    };
    if !token.scopes.contains(Scope::Read) {
        return Ok(Err("This token may not read. Pages need one with the scope read."));
    }
    let new = NewToken::generate().map_err(|error| {
        tracing::error!(%error, "sign-in");
        ApiError::new(Code::Internal, "No session could be opened; the operator's log says more.")
    })?;
    let over = now.plus_seconds(SESSION_SECONDS);
    let session = Token {
        id: new.id,
        name: Text::parse("session").unwrap_or_else(|_| token.name.clone()),
        hash: new.hash,
        created_at: now,
        expires_at: Some(token.expires_at.map_or(over, |expires_at| expires_at.min(over))),
        session_of: Some(token.id.clone()),
        ..Token::clone(&token)
    };
    app.store.add_token(session).await?;
    app.directory.refresh(app.store.as_ref()).await?;
    let mut response = Redirect::to(local_path(back)).into_response();
    if let Some(cookie) = set_cookie(headers, SESSION_COOKIE, &new.text, SESSION_SECONDS) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(Ok(response))
}

/// `POST /sign-out`: ends the session here and on the server.
pub(super) async fn sign_out(
    State(app): State<Arc<App>>,
    session: Option<Session>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    if let Some(session) = session {
        Form::take(&app, &headers, body).await?.check(&headers, &session)?;
        app.store.revoke_token(session.token.id.clone(), app.clock.now()).await?;
        app.directory.refresh(app.store.as_ref()).await?;
    }
    let mut response = Redirect::to("/sign-in").into_response();
    if let Some(cookie) = set_cookie(&headers, SESSION_COOKIE, "", 0) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

fn form(headers: &HeaderMap, back: &str, why_not: Option<&str>) -> Response {
    let body = html! {
        main.alone #main {
            p.mark { "Touchline" }
            h1 { "Which marketing brought this revenue?" }
            form.sign-in method="post" action="/sign-in" {
                input type="hidden" name="back" value=(local_path(back));
                label for="token" { "Token" }
                input #token type="password" name="token" required autocomplete="current-password" spellcheck="false"
                    placeholder="tl_…" autofocus
                    aria-describedby=(if why_not.is_some() { "why hint" } else { "hint" })
                    aria-invalid=[why_not.map(|_| "true")];
                @if let Some(why) = why_not { p.error #why role="alert" { (why) } }
                button type="submit" { "Sign in" }
                p.quiet #hint {
                    "The first start printed one. Whoever runs the server makes another with "
                    code { "touchline token create --site SITE --scope read" } "."
                }
            }
        }
    };
    let status = if why_not.is_some() { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    (status, page::document("Sign in", Theme::of(headers), &body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn nobody_is_sent_to_another_server() {
        assert_eq!(local_path("/sites/s/overview?period=30d"), "/sites/s/overview?period=30d");
        for elsewhere in
            ["", "https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "/a\nb"]
        {
            assert_eq!(local_path(elsewhere), "/", "{elsewhere}");
        }
    }
}
