//! The tokens that reach a site: which there are, a new one, one less.

use super::super::parts::{card, form_key};
use super::super::session::{Form, Viewer};
use crate::app::App;
use crate::app::secret::NewToken;
use crate::http::error::{ApiError, Code};
use maud::{Markup, html};
use touchline_domain::{Scope, Scopes, Text, Token};

/// So many tokens are listed, the newest.
const LISTED_MAX: usize = 100;

/// How long a token may last: days, and what that is called.
const SPANS: [(&str, &str); 5] =
    [("", "Never expires"), ("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "A year")];

/// A token that was just made.
struct Made {
    text: String,
    name: String,
}

/// The form as it was filled in, and what came of it.
#[derive(Default)]
pub(super) struct TokenForm {
    name: String,
    scopes: Vec<String>,
    span: String,
    wrong_name: Option<String>,
    wrong_scopes: Option<String>,
    wrong_span: Option<String>,
    made: Option<Made>,
}

fn about(scope: Scope) -> &'static str {
    match scope {
        Scope::Ingest => "send visits, conversions, opportunities and costs",
        Scope::Read => "see reports, records and these pages",
        Scope::Admin => "delete and erase, and change settings, rules and tokens",
    }
}

/// Makes a token as the form says, or says what is wrong with it.
pub(super) async fn make(app: &App, viewer: &Viewer, form: &Form) -> Result<TokenForm, ApiError> {
    let mut given = TokenForm {
        name: form.get("name").unwrap_or("").to_owned(),
        scopes: form.all("scope").map(str::to_owned).collect(),
        span: form.get("expires").unwrap_or("").to_owned(),
        ..TokenForm::default()
    };
    let name = Text::parse(&given.name);
    let scopes = Scopes::parse(&given.scopes.join(","));
    let span = SPANS.iter().find(|(days, _)| *days == given.span);
    given.wrong_name = name.as_ref().err().map(|invalid| format!("The name {}.", invalid.must));
    given.wrong_scopes =
        scopes.as_ref().err().map(|_| "Choose at least one thing that it may do.".to_owned());
    given.wrong_span = span.is_none().then(|| "Choose one of these.".to_owned());
    let (Ok(name), Ok(scopes), Some((days, _))) = (name, scopes, span) else { return Ok(given) };
    let new = NewToken::generate().map_err(|error| {
        tracing::error!(%error, "a token could not be made");
        ApiError::new(Code::Internal, "No token could be made; the operator's log says more.")
    })?;
    let now = app.clock.now();
    let days: Option<i64> = days.parse().ok();
    let token = Token {
        id: new.id,
        name,
        hash: new.hash,
        sites: vec![viewer.site.id.clone()],
        scopes,
        created_at: now,
        expires_at: days.map(|days| now.plus_seconds(days * 86_400)),
        revoked_at: None,
        session_of: None,
    };
    app.store.add_token(token).await?;
    app.directory.refresh(app.store.as_ref()).await?;
    Ok(TokenForm { made: Some(Made { text: new.text, name: given.name }), ..TokenForm::default() })
}

/// Revokes a token of the site. One that reaches sites that this session does not is not the session's to revoke.
pub(super) async fn revoke(app: &App, viewer: &Viewer, form: &Form) -> Result<(), ApiError> {
    let wanted = form.get("token").unwrap_or("");
    let tokens = app.directory.tokens_of(&viewer.site.id);
    let token = tokens.iter().find(|token| token.id.0 == wanted).filter(|token| may_revoke(viewer, token));
    let refused =
        || ApiError::new(Code::SiteNotAllowed, "There is no such token that this session may revoke.");
    app.store.revoke_token(token.ok_or_else(refused)?.id.clone(), app.clock.now()).await?;
    app.directory.refresh(app.store.as_ref()).await?;
    Ok(())
}

fn may_revoke(viewer: &Viewer, token: &Token) -> bool {
    token.sites.iter().all(|site| viewer.session.token.sites.contains(site))
}

pub(super) fn section(app: &App, viewer: &Viewer, form: &TokenForm) -> Markup {
    let mut tokens = app.directory.tokens_of(&viewer.site.id);
    tokens.reverse();
    let left_out = tokens.len().saturating_sub(LISTED_MAX);
    tokens.truncate(LISTED_MAX);
    html! {
        div.section #tokens {
            (card("Tokens", html! { span.quiet { "What programs and people use to reach this site" } }, html! {
                @if let Some(made) = &form.made { (made.draw()) }
                div.scroll tabindex="0" role="region" aria-label="Tokens of this site" {
                    table.data {
                        caption.unseen { "Tokens that reach this site, the newest first" }
                        thead { tr { th scope="col" { "Name" } th scope="col" { "May" } th scope="col" { "Created" } th scope="col" { "Expires" } th scope="col" { "State" } th scope="col" { span.unseen { "Revoke" } } } }
                        tbody { @for token in &tokens { (row(app, viewer, token)) } }
                    }
                }
                @if left_out > 0 { p.quiet { (viewer.locale.count(left_out as u64)) " older ones are left out; " code { "touchline token list" } " has all." } }
                (form.draw(viewer))
            }))
        }
    }
}

fn row(app: &App, viewer: &Viewer, token: &Token) -> Markup {
    let is_mine = viewer.session.token.session_of.as_ref() == Some(&token.id);
    let is_valid = token.is_valid(app.clock.now());
    html! {
        tr {
            th scope="row" { (token.name) div.quiet { code { (token.id.0) } @if token.sites.len() > 1 { " reaches " (viewer.locale.count(token.sites.len() as u64)) " sites" } } }
            td { @for scope in Scope::ALL { @if token.scopes.contains(scope) { span.badge { (scope.name()) } " " } } }
            td { (viewer.locale.time(token.created_at)) }
            td { @if let Some(at) = token.expires_at { (viewer.locale.time(at)) } @else { span.quiet { "never" } } }
            td {
                @if let Some(at) = token.revoked_at { span.badge.bad { "Revoked" } " " (viewer.locale.time(at)) }
                @else if is_valid { span.badge.good { "In use" } }
                @else { span.badge.warn { "Expired" } }
            }
            td.n {
                @if is_valid && may_revoke(viewer, token) {
                    form method="post" action=(viewer.page("set-up/tokens/revoke")) data-confirm=(question(is_mine)) {
                        (form_key(viewer))
                        input type="hidden" name="token" value=(token.id.0);
                        button.small.danger type="submit" aria-label=(format!("Revoke the token {}", token.name)) { "Revoke" }
                    }
                }
            }
        }
    }
}

fn question(is_mine: bool) -> &'static str {
    if is_mine {
        "You are signed in with this token: revoking it signs you out for good. Revoke it?"
    } else {
        "Whatever uses this token stops working at once. Revoke it?"
    }
}

impl Made {
    fn draw(&self) -> Markup {
        html! {
            div.made role="status" {
                p { strong { "The token " (self.name) " is made." } " This is the only time that it is shown: copy it now." }
                pre.wrap data-copy { (self.text) }
            }
        }
    }
}

impl TokenForm {
    /// Whether it led to a token.
    pub(super) fn is_made(&self) -> bool {
        self.made.is_some()
    }

    fn draw(&self, viewer: &Viewer) -> Markup {
        html! {
            form.form.apart method="post" action=(format!("{}#tokens", viewer.page("set-up/tokens"))) {
                h3 { "Make a token" }
                (form_key(viewer))
                div.form-row {
                    label.grow { span { "Name" }
                        input name="name" value=(self.name) maxlength="255" placeholder="CRM webhook" autocomplete="off"
                            aria-invalid=[self.wrong_name.as_ref().map(|_| "true")] aria-describedby="wrong-name";
                    }
                    label { span { "Expires" }
                        select name="expires" { @for (days, title) in SPANS { option value=(days) selected[days == self.span] { (title) } } }
                    }
                }
                (wrong("wrong-name", self.wrong_name.as_deref()))
                (wrong("wrong-expires", self.wrong_span.as_deref()))
                fieldset aria-describedby="wrong-scope" {
                    legend { "It may" }
                    @for scope in Scope::ALL {
                        label.check {
                            input type="checkbox" name="scope" value=(scope.name()) checked[self.scopes.iter().any(|one| one == scope.name())];
                            " " strong { (scope.name()) } " " span.quiet { (about(scope)) }
                        }
                    }
                }
                (wrong("wrong-scope", self.wrong_scopes.as_deref()))
                div { button type="submit" { "Make the token" } }
            }
        }
    }
}

fn wrong(id: &str, why: Option<&str>) -> Markup {
    html! { @if let Some(why) = why { p.error id=(id) role="alert" { (why) } } }
}
