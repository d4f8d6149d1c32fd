//! Identifiers that guards keep from joining, for review.

use super::super::parts::{card, empty, form_key, pager};
use super::super::session::{Form, Viewer};
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::people::identifier_page::{cursor, position};
use crate::http::people::reached_out::GuardOut;
use maud::{Markup, html};
use touchline_domain::identity::Guard;
use touchline_domain::{Identifier, IdentifierKind, Invalid};
use touchline_store::{Guarded, StoreError};

/// So many are on a page.
const PAGE: usize = 20;

/// So many allowed ones are listed.
const ALLOWED_MAX: usize = 100;

pub(super) struct GuardedPage {
    guarded: Vec<Guarded>,
    has_more: bool,
    is_first: bool,
    allowed: Vec<Identifier>,
    has_more_allowed: bool,
}

/// Where a page of the list begins.
pub(super) fn after(raw: &str) -> Result<Identifier, Invalid> {
    position(raw)
        .ok_or_else(|| Invalid::new("malformed", "must be a place in the list of guarded identifiers"))
}

/// What a form decides about which identifier.
pub(super) fn decision(viewer: &Viewer, form: &Form) -> Result<(Identifier, bool), ApiError> {
    let kind =
        form.get("kind").and_then(|name| IdentifierKind::ALL.into_iter().find(|kind| kind.name() == name));
    let kind = kind
        .ok_or_else(|| crate::http::query::invalid("kind", "unknown_name", "must be a kind of identifier"))?;
    let identifier = Identifier::parse(kind, form.get("value").unwrap_or(""), viewer.site.phone_country)
        .map_err(|invalid| crate::http::query::invalid("value", invalid.code, &invalid.must))?;
    Ok((identifier, form.get("allow") == Some("yes")))
}

impl GuardedPage {
    pub(super) async fn read(
        app: &App,
        viewer: &Viewer,
        after: Option<Identifier>,
    ) -> Result<Self, StoreError> {
        let is_first = after.is_none();
        let mut guarded = app.store.guarded(viewer.site.id.clone(), after, PAGE + 1).await?;
        let has_more = guarded.len() > PAGE;
        guarded.truncate(PAGE);
        let mut allowed = app.store.allowed(viewer.site.id.clone(), None, ALLOWED_MAX + 1).await?;
        let has_more_allowed = allowed.len() > ALLOWED_MAX;
        allowed.truncate(ALLOWED_MAX);
        Ok(Self { guarded, has_more, is_first, allowed, has_more_allowed })
    }

    /// How many there are, as far as it is known.
    pub(super) fn told(&self, viewer: &Viewer) -> String {
        let count = viewer.locale.count(self.guarded.len() as u64);
        match (self.is_first, self.has_more) {
            (true, false) => count,
            (true, true) => format!("{count}+"),
            (false, _) => format!("{}+", viewer.locale.count(PAGE as u64)),
        }
    }

    pub(super) fn draw(&self, viewer: &Viewer) -> Markup {
        let first = viewer.address.without(&["guarded"]);
        let later = self.guarded.last().filter(|_| self.has_more);
        let later = later.map(|last| format!("{}#guarded", first.with("guarded", cursor(&last.identifier))));
        let content = html! {
            @if self.guarded.is_empty() {
                (empty("Nothing is guarded.", "A shared inbox, a test address or a shared device would stand here: what evidently belongs to many joins nobody."))
            } @else {
                p.quiet.before-table { "What evidently belongs to many joins nobody, so that one shared address does not make one person of a whole company. Allow what belongs to one person after all." }
                (self.table(viewer))
                @if self.has_more || !self.is_first {
                    (pager((!self.is_first).then(|| format!("{first}#guarded")), later, ""))
                }
            }
            @if !self.allowed.is_empty() { (self.allowed(viewer)) }
        };
        html! { div.section #guarded { (card("Guarded identifiers", "", content)) } }
    }

    fn table(&self, viewer: &Viewer) -> Markup {
        html! {
            div.scroll tabindex="0" role="region" aria-label="Table of guarded identifiers" {
                table.data {
                    caption.unseen { "Identifiers that guards keep from joining" }
                    thead { tr { th scope="col" { "Identifier" } th scope="col" { "Why" } th scope="col" { "Since" } @if viewer.is_admin() { th scope="col" { span.unseen { "Allow" } } } } }
                    tbody {
                        @for one in &self.guarded {
                            tr {
                                th scope="row" { (one.identifier.value()) div.quiet { (one.identifier.kind().name()) } }
                                td { (GuardOut::new(one.guard, &viewer.site.guards).detail) }
                                td { (viewer.locale.time(one.since)) }
                                @if viewer.is_admin() {
                                    td.n {
                                        // No decision overrules these two.
                                        @if !matches!(one.guard, Guard::Ignored | Guard::TooManyFacts) { (button(viewer, &one.identifier, true)) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn allowed(&self, viewer: &Viewer) -> Markup {
        html! {
            h3.apart { "Allowed by you" }
            ul.allowed {
                @for identifier in &self.allowed {
                    li {
                        span { (identifier.value()) " " span.quiet { (identifier.kind().name()) } }
                        @if viewer.is_admin() { (button(viewer, identifier, false)) }
                    }
                }
            }
            @if self.has_more_allowed { p.quiet { "More are left out; the API lists all." } }
        }
    }
}

fn button(viewer: &Viewer, identifier: &Identifier, allow: bool) -> Markup {
    let (told, value) = if allow { ("Allow", "yes") } else { ("Leave it to the guards", "no") };
    html! {
        form method="post" action=(viewer.page("quality/allowed")) {
            (form_key(viewer))
            input type="hidden" name="kind" value=(identifier.kind().name());
            input type="hidden" name="value" value=(identifier.value());
            button.small type="submit" name="allow" value=(value) aria-label=(format!("{told}: {}", identifier.value())) { (told) }
        }
    }
}
