//! `GET /sites/{siteId}/people`: somebody, and everything that is known of them.

use super::super::chart::dot;
use super::super::opportunities::{record_page, stage_badge, when};
use super::super::page::page;
use super::super::parts::{card, empty, heading};
use super::super::session::Viewer;
use super::shown::part;
use super::whom::{Sought, nobody};
use super::{evidence, identifiers};
use crate::app::App;
use crate::app::whom::Held;
use crate::http::error::ApiError;
use crate::http::people::conversion_out::HeldConversionOut;
use crate::http::people::person::{PersonOut, PersonRecordOut};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use std::sync::Arc;
use touchline_domain::record::{RecordKind, RecordState};
use touchline_domain::{Identifier, Milestone};

/// The longest text of one field that is shown, in characters.
pub(super) const TEXT_SHOWN: usize = 120;

/// The longest visitor id in a list, in characters.
const VISITOR_SHOWN: usize = 24;

/// The most allowed identifiers that are looked through.
const ALLOWED_MAX: usize = 10_000;

/// The most fields of one form that are shown.
const FIELDS_SHOWN: usize = 12;

/// Somebody with all that is shown of them.
pub(super) struct Person<'a> {
    pub(super) viewer: &'a Viewer,
    pub(super) sought: &'a Sought,
    pub(super) held: &'a Held,
    pub(super) out: &'a PersonOut,
    /// The identifiers that the operator allowed, everybody's.
    pub(super) allowed: &'a [Identifier],
}

pub(crate) async fn show(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Response, ApiError> {
    let sought = Sought::of_address(&viewer.address);
    let answer = |status: StatusCode, wrong, content: &Markup| {
        let content = html! {
            (heading("People", "Who somebody is, what is known of them, and how", ""))
            (sought.form(&viewer, wrong))
            (done(&viewer))
            (content)
        };
        (status, page(&viewer, "people", "People", &content)).into_response()
    };
    if sought.is_nobody() {
        return Ok(answer(StatusCode::OK, None, &nobody_yet()));
    }
    let whom = match sought.whom(&viewer.site) {
        Ok(whom) => whom,
        Err(wrong) => return Ok(answer(StatusCode::BAD_REQUEST, Some(&wrong), &html! {})),
    };
    let held = match whom.held(app.store.as_ref(), &viewer.site.id).await {
        Ok(held) => held,
        Err(error) => {
            let Some((title, what_to_do)) = nobody(&error) else { return Err(error.into()) };
            let is_cut = viewer.address.get("done") == Some("cut");
            let what_to_do = html! { (what_to_do) @if is_cut { " To restore what was cut, look for something else that the fact names." } };
            return Ok(answer(StatusCode::NOT_FOUND, None, &empty(title, what_to_do)));
        }
    };
    let allowed = app.store.allowed(viewer.site.id.clone(), None, ALLOWED_MAX).await?;
    let out = PersonOut::new(&viewer.site, &held);
    let person = Person { viewer: &viewer, sought: &sought, held: &held, out: &out, allowed: &allowed };
    Ok(answer(StatusCode::OK, None, &person.draw()))
}

/// What was just decided.
fn done(viewer: &Viewer) -> Markup {
    let done = match viewer.address.get("done") {
        Some("cut") => Some("It is cut. Whom records are about is being worked out again."),
        Some("restored") => Some("It is evidence again. Whom records are about is being worked out again."),
        Some("allowed") => Some("It is allowed, and joins from now on."),
        Some("disallowed") => Some("It is allowed no longer; guards decide again."),
        _ => None,
    };
    html! { @if let Some(done) = done { p.done role="status" { (done) } } }
}

fn nobody_yet() -> Markup {
    empty(
        "Find somebody by anything that names them.",
        "An email address, a telephone number, a visitor id, a Google client id, a value from a form, or the reference of a record of theirs.",
    )
}

impl Person<'_> {
    fn draw(&self) -> Markup {
        let (out, locale) = (self.out, &self.viewer.locale);
        let seen = |one: fn(&crate::http::people::visit_out::VisitorOut) -> &Option<String>| {
            out.visitors.iter().filter_map(move |visitor| one(visitor).as_deref())
        };
        let first = seen(|visitor| &visitor.first_seen_at).min();
        let last = seen(|visitor| &visitor.last_seen_at).max();
        let tile = |title: &str, count: usize, about: Markup| {
            html! { div.tile { p.tile-title { (title) } p.figure { (locale.count(count as u64)) } p.tile-foot.quiet { (about) } } }
        };
        html! {
            (self.notices())
            section.tiles aria-label="What is known" {
                (tile("Identifiers", out.identifiers.len(), html! {}))
                (tile("Browsers", out.visitors.len(), html! { @if let Some(first) = first { "first seen " (when(self.viewer, first)) } }))
                (tile("Visits", out.visits.len(), html! { @if let Some(last) = last { "last seen " (when(self.viewer, last)) } }))
                (tile("Forms and calls", out.conversions.len(), html! {}))
                (tile("Records", out.records.len(), html! {}))
            }
            (card("What names them", "", identifiers::draw(self)))
            (card("Records", "", self.records()))
            (card("Visits", "", self.visits()))
            (card("Forms and calls", "", self.conversions()))
            (card("Evidence", "", evidence::draw(self)))
            @if self.viewer.is_admin() { (card("Their data", "", self.data())) }
        }
    }

    fn notices(&self) -> Markup {
        html! {
            @if self.out.is_ambiguous { p.note { "This leads to several people, so none was picked: only what names it itself is here. An email address or a visitor id finds one of them." } }
            @if self.out.is_truncated { p.note { "The search stopped at a bound; there may be more." } }
        }
    }

    fn records(&self) -> Markup {
        let out = &self.out.records;
        if out.is_empty() {
            return html! { p.quiet { "No opportunity and no revenue names them yet." } };
        }
        let (range, pager) = part(self.viewer, "records", out.len());
        html! {
            div.scroll tabindex="0" role="region" aria-label="Table of records" {
                table.data {
                    caption.unseen { "Opportunities and revenue of this person" }
                    thead { tr { th scope="col" { "Reference" } th scope="col" { "Kind" } th scope="col" { "Date" } th scope="col" { "Stage" } th.n scope="col" { "Value" } th scope="col" { "Matched by" } } }
                    tbody { @for record in &out[range] { (self.record(record)) } }
                }
            }
            (pager)
        }
    }

    fn record(&self, record: &PersonRecordOut) -> Markup {
        let kind = RecordKind::ALL.into_iter().find(|kind| kind.name() == record.kind);
        let kind = kind.unwrap_or(RecordKind::Opportunity);
        let is_it = |held: &&touchline_store::PersonRecord| {
            held.key.kind == kind && held.key.reference.as_str() == record.reference
        };
        let state =
            self.held.facts.records.iter().find(is_it).and_then(|held| RecordState::of(&held.versions));
        let milestone = Milestone::ALL.into_iter().find(|one| Some(one.name()) == record.milestone);
        html! {
            tr {
                th scope="row" { a href=(record_page(self.viewer, kind, &record.reference)) { (record.reference) } }
                td { (match kind { RecordKind::Opportunity => "Opportunity", RecordKind::Revenue => "Revenue" }) }
                td.when { (when(self.viewer, &record.occurred_at)) }
                td { @if let Some(stage) = &record.stage { (stage_badge(stage, milestone)) } @else { span.quiet { "–" } } }
                td.n { @if let Some(state) = state { (self.viewer.locale.money(state.value.minor.into(), state.value.currency)) } }
                td { @if let Some(by) = &record.matched_by { span.quiet { (identifiers::title(by)) } } @else { span.badge.warn { "Not matched" } } }
            }
        }
    }

    fn visits(&self) -> Markup {
        let out = &self.out.visits;
        if out.is_empty() {
            return html! { p.quiet { "No visit is known. The tag reports visits, and forms and records name the visitor: " a href=(self.viewer.page("set-up")) { "Set-up" } " shows how." } };
        }
        let (range, pager) = part(self.viewer, "visits", out.len());
        html! {
            div.scroll tabindex="0" role="region" aria-label="Table of visits" {
                table.data {
                    caption.unseen { "Visits of this person in order of time" }
                    thead { tr { th scope="col" { "When" } th scope="col" { "Channel" } th scope="col" { "Source and medium" } th scope="col" { "Landing page" } th scope="col" { "Browser" } } }
                    tbody {
                        @for visit in &out[range] {
                            @let class = &visit.classification;
                            tr {
                                th.when scope="row" { (when(self.viewer, &visit.at)) }
                                td.channel { (dot(&class.channel)) (class.channel) @if visit.crawler.is_some() { " " span.badge { "crawler" } } }
                                td.origin { (cut(class.source.as_deref().unwrap_or("–"))) " / " (cut(class.medium.as_deref().unwrap_or("–"))) @if let Some(campaign) = &class.campaign { div.quiet.small { (cut(campaign)) } } }
                                td.address { (cut(&visit.landing_page)) @if let Some(referrer) = &visit.referrer { div.quiet { "from " (cut(referrer)) } } }
                                td { span.code { (super::super::opportunities::cut(&visit.visitor, VISITOR_SHOWN)) } div.quiet.small { (visit.device) } }
                            }
                        }
                    }
                }
            }
            (pager)
        }
    }

    fn conversions(&self) -> Markup {
        let out = &self.out.conversions;
        if out.is_empty() {
            return html! { p.quiet { "No form and no call names them." } };
        }
        let (range, pager) = part(self.viewer, "conversions", out.len());
        html! {
            ul.held { @for conversion in &out[range] { (self.conversion(conversion)) } }
            (pager)
        }
    }

    fn conversion(&self, one: &HeldConversionOut) -> Markup {
        html! {
            li {
                div { strong { @if one.call.is_some() { "Call" } @else { "Form" } } @if let Some(name) = &one.name { " “" (cut(name)) "”" } " " span.quiet { (when(self.viewer, &one.at)) " · " span.code { (cut(&one.reference)) } } }
                @if let Some(page) = &one.page { div.address { (cut(page)) } }
                @if let Some(call) = &one.call { div { "From " (cut(&call.caller_number)) " to " (cut(&call.called_number)) @if let Some(result) = &call.result { ", " (cut(result)) } } }
                @if let Some(class) = &one.classification { div { (dot(&class.channel)) (class.channel) span.quiet { " – its sender says so" } } }
                @if !one.payload.is_empty() {
                    dl.facts {
                        @for field in one.payload.iter().take(FIELDS_SHOWN) { dt { (cut(&field.name)) } dd { (cut(&field.value)) } }
                    }
                    @if one.payload.len() > FIELDS_SHOWN { p.quiet.small { (one.payload.len() - FIELDS_SHOWN) " more fields." } }
                }
            }
        }
    }

    /// What an administrator can do with all of it.
    fn data(&self) -> Markup {
        html! {
            p { "Hand over what is held on them, or remove it for good." }
            div.actions {
                a.button.second href=(self.sought.page(self.viewer, "people/export")) download="person.json" { "Export as JSON" }
                a.button.second href=(self.sought.page(self.viewer, "people/erase")) { "Erase…" }
            }
        }
    }
}

/// A stored text, cut off where it is too long to show.
pub(super) fn cut(text: &str) -> String {
    super::super::opportunities::cut(text, TEXT_SHOWN)
}
