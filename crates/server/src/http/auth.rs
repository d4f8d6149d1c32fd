//! Who is calling, and whether they may. A handler that takes a [`Caller`] cannot run without the right.

use super::error::{ApiError, Code};
use crate::app::App;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use std::sync::Arc;
use touchline_domain::{Scope, Site, SiteId, Token};

/// A right that a route demands.
pub(crate) trait Right: Send + Sync {
    const SCOPE: Scope;
}

pub(crate) struct Ingest;
pub(crate) struct Read;
pub(crate) struct Admin;

impl Right for Ingest {
    const SCOPE: Scope = Scope::Ingest;
}

impl Right for Read {
    const SCOPE: Scope = Scope::Read;
}

impl Right for Admin {
    const SCOPE: Scope = Scope::Admin;
}

/// A caller whose token has the right `R` on the site that the path names.
pub(crate) struct Caller<R> {
    pub(crate) site: Arc<Site>,
    right: std::marker::PhantomData<R>,
}

impl<R: Right> FromRequestParts<Arc<App>> for Caller<R> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let token = token(parts, app)?;
        let params = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| super::query::invalid("path", "malformed", "must be UTF-8, percent-encoded"))?;
        let site_id = params.iter().find(|(name, _)| *name == "siteId");
        let site_id = site_id.and_then(|(_, site_id)| SiteId::parse(site_id).ok());
        let site = site(app, &token, site_id, R::SCOPE)?;
        Ok(Self { site, right: std::marker::PhantomData })
    }
}

/// A caller whose token has the right `R` on some site: for what belongs to none.
pub(crate) struct AnyCaller<R>(std::marker::PhantomData<R>);

impl<R: Right> FromRequestParts<Arc<App>> for AnyCaller<R> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        allow(token(parts, app)?.as_ref(), R::SCOPE)?;
        Ok(Self(std::marker::PhantomData))
    }
}

/// The caller's token, counted against its rate. What an unknown token is answered never depends on the site.
pub(crate) fn token(parts: &Parts, app: &App) -> Result<Arc<Token>, ApiError> {
    let header = parts.headers.get(AUTHORIZATION).ok_or_else(missing)?;
    let text = header.to_str().ok().and_then(bearer).ok_or_else(missing)?;
    let token = app.directory.token(text, app.clock.now()).ok_or_else(|| {
        ApiError::new(Code::TokenInvalid, "Send a token that is known, not expired and not revoked.")
    })?;
    app.directory.admit(&token).map_err(|wait| {
        let detail = format!("The token may call {} times a second.", app.limits.requests_per_second);
        ApiError::new(Code::RateLimited, detail).retry_after(wait)
    })?;
    Ok(token)
}

fn missing() -> ApiError {
    ApiError::new(Code::TokenMissing, "Send the header Authorization: Bearer TOKEN.")
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, text) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(text.trim())
}

/// The site, if the token reaches it with this scope. A site that does not exist is answered as one that the token
/// does not reach, so that nobody can find out which sites there are.
pub(crate) fn site(
    app: &App,
    token: &Token,
    site_id: Option<SiteId>,
    scope: Scope,
) -> Result<Arc<Site>, ApiError> {
    let site = site_id.filter(|id| token.sites.contains(id)).and_then(|id| app.directory.site(&id));
    let site =
        site.ok_or_else(|| ApiError::new(Code::SiteNotAllowed, "Use a token that was made for this site."))?;
    allow(token, scope)?;
    Ok(site)
}

/// Refuses a token that lacks a scope.
fn allow(token: &Token, scope: Scope) -> Result<(), ApiError> {
    if token.scopes.contains(scope) {
        return Ok(());
    }
    let detail = format!("The token needs the scope {}; it has {}.", scope.name(), token.scopes);
    let challenge = match scope {
        Scope::Ingest => "Bearer realm=\"touchline\", error=\"insufficient_scope\", scope=\"ingest\"",
        Scope::Read => "Bearer realm=\"touchline\", error=\"insufficient_scope\", scope=\"read\"",
        Scope::Admin => "Bearer realm=\"touchline\", error=\"insufficient_scope\", scope=\"admin\"",
    };
    Err(ApiError::new(Code::InsufficientScope, detail).challenge(challenge))
}
