//! Set-up: everything that makes a site work, with the site's own names in it.

mod examples;
mod rates;
mod settings;
mod tag;
mod tokens;

use super::page::page;
use super::session::{Change, Viewer};
use crate::app::App;
use crate::app::site_settings;
use crate::http::error::{ApiError, Code};
use axum::extract::State;
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use settings::SettingsForm;
use std::sync::Arc;
use tokens::TokenForm;
use touchline_domain::Origin;
use touchline_store::{Seen, StoreError, StoredRates};

/// What a notice in the address stands for.
const DONE: [(&str, &str); 2] = [
    ("settings", "The settings are saved. Reports and new visits follow them from now on."),
    ("revoked", "The token is revoked. Whoever still sends it is refused."),
];

/// The sections: anchor and title. Those after the second are for administrators.
const SECTIONS: [(&str, &str); 5] = [
    ("tag", "Tag"),
    ("crm", "CRM"),
    ("rates", "Exchange rates"),
    ("tokens", "Tokens"),
    ("settings", "Settings"),
];

/// All that the page shows.
struct SetUp {
    /// Where the browser reaches this server.
    server: String,
    seen: Vec<Seen>,
    rates: Arc<StoredRates>,
    tokens: TokenForm,
    settings: SettingsForm,
}

impl SetUp {
    async fn read(app: &App, viewer: &Viewer, headers: &HeaderMap) -> Result<Self, StoreError> {
        Ok(Self {
            server: server(headers),
            seen: app.seen(&viewer.site.id).await?,
            rates: app.rates().await?,
            tokens: TokenForm::default(),
            settings: SettingsForm::of(&viewer.site),
        })
    }

    fn draw(&self, app: &App, viewer: &Viewer) -> Markup {
        let done = viewer.address.get("done");
        let done = DONE.iter().find(|(name, _)| Some(*name) == done);
        let is_admin = viewer.is_admin();
        let sections = SECTIONS.iter().take(if is_admin { SECTIONS.len() } else { 3 });
        page(
            viewer,
            "set-up",
            "Set-up",
            &html! {
                (super::parts::heading("Set-up", "From the first line in a page to the first attributed deal.", jumps(sections)))
                @if let Some((_, told)) = done { p.done role="status" { (told) } }
                (tag::section(viewer, &self.server, &self.seen, app.clock.now()))
                (examples::section(viewer, &self.server))
                (rates::section(viewer, &self.rates))
                @if is_admin {
                    (tokens::section(app, viewer, &self.tokens))
                    (settings::section(viewer, &self.settings))
                } @else {
                    p.note { "Tokens and settings are shown to whoever signs in with an admin token." }
                }
            },
        )
    }
}

fn jumps<'a>(sections: impl Iterator<Item = &'a (&'static str, &'static str)>) -> Markup {
    html! {
        nav.jumps aria-label="On this page" {
            @for (anchor, title) in sections { a.button.small href=(format!("#{anchor}")) { (title) } }
        }
    }
}

/// Where the browser reaches this server, as far as it says so; it is shown to that browser alone.
fn server(headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(HOST.as_str()).filter(|host| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        host.len() <= 255 && host.chars().all(is_plain)
    });
    let is_tls = text("x-forwarded-proto").is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
    let scheme = if is_tls { "https" } else { "http" };
    let origin = host.and_then(|host| Origin::parse(&format!("{scheme}://{host}")).ok());
    origin.map_or_else(|| "https://touchline.example.com".to_owned(), |origin| origin.as_str().to_owned())
}

/// `GET /sites/{siteId}/set-up`.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    headers: HeaderMap,
) -> Result<Markup, ApiError> {
    app.write_intake().await;
    Ok(SetUp::read(&app, &viewer, &headers).await?.draw(&app, &viewer))
}

/// `GET /sites/{siteId}/set-up/seen`: the part that says whether the tag reports.
pub(super) async fn seen(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Markup, ApiError> {
    let seen = app.seen(&viewer.site.id).await?;
    Ok(tag::seen(&viewer, app.clock.now(), &seen))
}

/// `POST /sites/{siteId}/set-up/settings`.
pub(super) async fn save(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Change { viewer, form }: Change,
) -> Result<Response, ApiError> {
    let given = SettingsForm::given(&form);
    let now = app.clock.now();
    let changed =
        site_settings::change(app.store.as_ref(), &viewer.site.id, &given.settings(&form), now).await?;
    match changed {
        None => Err(ApiError::new(Code::SiteNotAllowed, "The site is gone.")),
        Some(Ok(())) => {
            app.directory.refresh(app.store.as_ref()).await?;
            Ok(Redirect::to(&viewer.page("set-up").with("done", "settings").to_string()).into_response())
        }
        Some(Err(wrong)) => {
            let mut set_up = SetUp::read(&app, &viewer, &headers).await?;
            set_up.settings = given.with(wrong);
            Ok((StatusCode::BAD_REQUEST, set_up.draw(&app, &viewer)).into_response())
        }
    }
}

/// `POST /sites/{siteId}/set-up/tokens`: makes a token and shows its text this once.
pub(super) async fn create_token(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Change { viewer, form }: Change,
) -> Result<Response, ApiError> {
    let made = tokens::make(&app, &viewer, &form).await?;
    let status = if made.is_made() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let mut set_up = SetUp::read(&app, &viewer, &headers).await?;
    set_up.tokens = made;
    Ok((status, set_up.draw(&app, &viewer)).into_response())
}

/// `POST /sites/{siteId}/set-up/tokens/revoke`.
pub(super) async fn revoke_token(
    State(app): State<Arc<App>>,
    Change { viewer, form }: Change,
) -> Result<Redirect, ApiError> {
    tokens::revoke(&app, &viewer, &form).await?;
    Ok(Redirect::to(&viewer.page("set-up").with("done", "revoked").to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_address_is_what_the_browser_says_if_it_is_one() {
        for (host, proto, expected) in [
            ("tl.example.com", Some("https"), "https://tl.example.com"),
            ("127.0.0.1:8080", None, "http://127.0.0.1:8080"),
            ("[::1]:8080", Some("ftp"), "http://[::1]:8080"),
            ("x'onload=y", None, "https://touchline.example.com"),
            ("a/b", None, "https://touchline.example.com"),
            ("", None, "https://touchline.example.com"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static(host));
            if let Some(proto) = proto {
                headers.insert("x-forwarded-proto", HeaderValue::from_static(proto));
            }
            assert_eq!(server(&headers), expected, "{host}");
        }
    }
}
