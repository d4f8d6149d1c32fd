//! Who looks at a page. A session is a token of its own, made from the one that was signed in with: it ends with that, is
//! found and compared as tokens are, and no interface but the pages takes it.

use super::address::Address;
use super::locale::Locale;
use crate::app::App;
use crate::app::secret::hex;
use crate::http::body;
use crate::http::error::{ApiError, Code};
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequestParts, RawPathParams, Request};
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};
use std::convert::Infallible;
use std::sync::Arc;
use subtle::ConstantTimeEq;
use touchline_domain::{Scope, Site, SiteId, Token};

/// The cookie with the session's text.
pub(super) const SESSION_COOKIE: &str = "touchline_session";

/// The cookie with the theme, when the viewer chose one.
pub(super) const THEME_COOKIE: &str = "touchline_theme";

/// How long a session lasts.
pub(super) const SESSION_SECONDS: i64 = 7 * 86_400;

const KEY_BYTES: usize = 32;

/// The largest form that a page sends.
const FORM_BYTES_MAX: usize = 64 * 1_024;

/// Light or dark, where the viewer does not leave it to the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Theme {
    Light,
    Dark,
}

impl Theme {
    pub(super) const ALL: [Self; 2] = [Self::Light, Self::Dark];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let name = cookie(headers, THEME_COOKIE)?;
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }
}

/// A session in use.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) token: Arc<Token>,
    /// What a form must know: only a page of ours can.
    form_key: [u8; KEY_BYTES],
}

impl Session {
    fn of(app: &App, headers: &HeaderMap) -> Option<Self> {
        let text = cookie(headers, SESSION_COOKIE)?;
        let token = app.directory.session(text, app.clock.now())?;
        Some(Self { token, form_key: form_key(text) })
    }

    /// The sites that it reaches, in order of name.
    pub(super) fn sites(&self, app: &App) -> Vec<Arc<Site>> {
        let mut sites: Vec<_> = self.token.sites.iter().filter_map(|id| app.directory.site(id)).collect();
        sites.sort_by(|one, other| (one.name.as_str(), &one.id).cmp(&(other.name.as_str(), &other.id)));
        sites
    }

    pub(super) fn is_admin(&self) -> bool {
        self.token.scopes.contains(Scope::Admin)
    }

    /// The form key as a page carries it: with bytes of chance, and by them another one each time, so that nobody learns
    /// it from how well pages can be compressed (<https://breachattack.com>).
    pub(super) fn masked_key(&self) -> String {
        // Without chance there is no key, and forms are refused.
        let mut mask = [0; KEY_BYTES];
        if getrandom::fill(&mut mask).is_err() {
            return String::new();
        }
        hex(mask.into_iter().chain(mask.iter().zip(self.form_key).map(|(mask, key)| mask ^ key)))
    }

    fn knows_key(&self, given: &str) -> bool {
        let byte = |place: usize| {
            given.get(2 * place..2 * place + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok())
        };
        let bytes: Option<Vec<u8>> = (0..2 * KEY_BYTES).map(byte).collect();
        let Some(bytes) = bytes.filter(|_| given.len() == 4 * KEY_BYTES) else { return false };
        let (mask, masked) = bytes.split_at(KEY_BYTES);
        let key: Vec<u8> = mask.iter().zip(masked).map(|(mask, masked)| mask ^ masked).collect();
        key.ct_eq(&self.form_key).into()
    }
}

/// Nobody who knows the key finds the session's text from it.
fn form_key(session_text: &str) -> [u8; KEY_BYTES] {
    Sha256::digest(format!("form {session_text}")).into()
}

impl FromRequestParts<Arc<App>> for Session {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        if let Some(session) = Self::of(app, &parts.headers) {
            return Ok(session);
        }
        // It may have been opened on another node a moment ago.
        if cookie(&parts.headers, SESSION_COOKIE).is_some() {
            app.directory.refresh(app.store.as_ref()).await?;
        }
        let session = Self::of(app, &parts.headers);
        session.ok_or_else(|| ApiError::new(Code::TokenMissing, "Sign in to see this page."))
    }
}

impl OptionalFromRequestParts<Arc<App>> for Session {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Option<Self>, Infallible> {
        Ok(<Self as FromRequestParts<Arc<App>>>::from_request_parts(parts, app).await.ok())
    }
}

/// Somebody who may see a site's pages.
pub(crate) struct Viewer {
    pub(crate) site: Arc<Site>,
    pub(super) session: Session,
    pub(super) sites: Vec<Arc<Site>>,
    pub(crate) locale: Locale,
    pub(super) theme: Option<Theme>,
    /// The page's own address.
    pub(crate) address: Address,
}

impl Viewer {
    /// Whether forms that change something may be shown.
    pub(crate) fn is_admin(&self) -> bool {
        self.session.is_admin()
    }

    /// The address of one of the site's pages.
    pub(crate) fn page(&self, name: &str) -> Address {
        Address::new(format!("/sites/{}/{name}", self.site.id))
    }
}

impl FromRequestParts<Arc<App>> for Viewer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let session = <Session as FromRequestParts<Arc<App>>>::from_request_parts(parts, app).await?;
        app.directory.admit(&session.token).map_err(|wait| {
            ApiError::new(Code::RateLimited, "Pages are asked for too often.").retry_after(wait)
        })?;
        let params = RawPathParams::from_request_parts(parts, app).await.map_err(|_| {
            crate::http::query::invalid("path", "malformed", "must be UTF-8, percent-encoded")
        })?;
        let site_id = params.iter().find(|(name, _)| *name == "siteId");
        let site_id = site_id.and_then(|(_, site_id)| SiteId::parse(site_id).ok());
        let site = crate::http::auth::site(app, &session.token, site_id, Scope::Read)?;
        let pairs = crate::http::query::Query::read(parts.uri.query())?.into_pairs();
        Ok(Self {
            sites: session.sites(app),
            locale: Locale::of(&parts.headers, site.time_zone.zone()),
            theme: Theme::of(&parts.headers),
            address: Address::with_pairs(parts.uri.path(), pairs),
            site,
            session,
        })
    }
}

/// A form that an administrator sent from one of the site's pages.
pub(crate) struct Change {
    pub(crate) viewer: Viewer,
    pub(crate) form: Form,
}

impl FromRequest<Arc<App>> for Change {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let viewer = Viewer::from_request_parts(&mut parts, app).await?;
        // Lists of rules and of values to ignore may be as long as the API takes them.
        let form = Form::take_within(app, &parts.headers, body, app.limits.body_bytes).await?;
        form.check(&parts.headers, &viewer.session)?;
        if !viewer.is_admin() {
            let detail = "This session may look, and not change anything. Sign in with an admin token.";
            return Err(ApiError::new(Code::InsufficientScope, detail));
        }
        Ok(Self { viewer, form })
    }
}

/// The fields of a form.
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a form of ordinary size.
    pub(super) async fn take(app: &App, headers: &HeaderMap, body: Body) -> Result<Self, ApiError> {
        Self::take_within(app, headers, body, FORM_BYTES_MAX).await
    }

    async fn take_within(app: &App, headers: &HeaderMap, body: Body, most: usize) -> Result<Self, ApiError> {
        let taken = body::take(app, headers, body, most).await?;
        let text = std::str::from_utf8(&taken.bytes)
            .map_err(|_| ApiError::new(Code::InvalidBody, "The form is not text in UTF-8."))?;
        Ok(Self(crate::http::query::Query::read(Some(text))?.into_pairs()))
    }

    /// A field, as it was filled in.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(one, _)| one == name)
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// All values of a field.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    /// Refuses a form that another site's page made the browser send: it cannot know the key, and browsers say where a
    /// request comes from.
    pub(super) fn check(&self, headers: &HeaderMap, session: &Session) -> Result<(), ApiError> {
        if session.knows_key(self.get("key").unwrap_or("")) && !is_from_elsewhere(headers) {
            return Ok(());
        }
        Err(ApiError::new(
            Code::OriginNotAllowed,
            "The form is not from a page of this session. Open the page again.",
        ))
    }
}

/// Whether the browser says that a request was made by a page of another site.
pub(super) fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let from = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    from.is_some_and(|from| !matches!(from, "same-origin" | "none"))
}

/// The value of a cookie.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(one, _)| *one == name).map(|(_, value)| value)
}

/// A `Set-Cookie`. `Secure` when the browser came by TLS, as far as a proxy tells.
pub(super) fn set_cookie(headers: &HeaderMap, name: &str, value: &str, seconds: i64) -> Option<HeaderValue> {
    let by_tls =
        headers.get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"));
    let secure = if by_tls { "; Secure" } else { "" };
    HeaderValue::from_str(&format!(
        "{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
    ))
    .ok()
}
