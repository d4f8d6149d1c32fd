//! One record: what it is, what led to it, whom it is about and why, and how its value is shared.

use super::super::asked::{Asked, CARRIED};
use super::super::page::page;
use super::super::parts::{card, heading};
use super::super::session::Viewer;
use super::words::{found_badge, identifier_title, stage_badge, told};
use super::{credit, evidence, history, timeline};
use crate::app::App;
use crate::app::receipt::RecordReceipt;
use crate::http::error::ApiError;
use crate::http::people::MatchOut;
use crate::http::query::Query as Parameters;
use crate::http::records;
use crate::http::reports::drill::number;
use crate::http::reports::receipt::every_model;
use axum::extract::{RawPathParams, State};
use maud::{Markup, html};
use std::sync::Arc;
use touchline_domain::record::{Particulars, RecordKey, RecordKind, RecordState};
use touchline_domain::report::Query;

/// So many touches are on one page.
pub(super) const TOUCHES_PER_PAGE: usize = 20;

const PAGES_MAX: usize = 1_000_000;

/// The longest property value that is shown, in characters.
const PROPERTY_SHOWN: usize = 200;

/// One record with all that is shown of it.
pub(super) struct Record<'a> {
    pub(super) viewer: &'a Viewer,
    pub(super) key: &'a RecordKey,
    pub(super) asked: &'a Asked,
    pub(super) query: &'a Query,
    pub(super) whole: &'a RecordReceipt<()>,
    pub(super) state: &'a RecordState,
    pub(super) found: &'a MatchOut,
    /// Which page of its touches, from 1.
    pub(super) page: usize,
}

/// `GET /sites/{siteId}/opportunities/{reference}`.
pub(crate) async fn show_opportunity(
    State(app): State<Arc<App>>,
    params: RawPathParams,
    viewer: Viewer,
) -> Result<Markup, ApiError> {
    show(&app, &viewer, RecordKind::Opportunity, &params).await
}

/// `GET /sites/{siteId}/revenue/{reference}`.
pub(crate) async fn show_revenue(
    State(app): State<Arc<App>>,
    params: RawPathParams,
    viewer: Viewer,
) -> Result<Markup, ApiError> {
    show(&app, &viewer, RecordKind::Revenue, &params).await
}

async fn show(
    app: &App,
    viewer: &Viewer,
    kind: RecordKind,
    params: &RawPathParams,
) -> Result<Markup, ApiError> {
    let key = records::key(&viewer.site, kind, params)?;
    let more = |parameters: &mut Parameters| {
        parameters.optional("page", |raw| number(raw, 1, PAGES_MAX)).unwrap_or(1)
    };
    let (asked, page_number) = Asked::read(app, viewer, more)?;
    let mut query = Query { kind, ..asked.query.clone() };
    if !viewer.address.all("model").any(|model| !model.trim().is_empty()) {
        query.models = every_model();
    }
    let whole = app.receipt(&viewer.site, &key, &query, |_| ()).await?;
    let state = RecordState::of(&whole.versions).ok_or_else(records::not_found)?;
    let found = MatchOut::new(&viewer.site, &whole.versions, &whole.found);
    let (viewer, key, asked, query) = (viewer, &key, &asked, &query);
    let pages = whole.receipt.touches.len().div_ceil(TOUCHES_PER_PAGE).max(1);
    let (whole, state, found) = (&whole, &state, &found);
    let record = Record { viewer, key, asked, query, whole, state, found, page: page_number.min(pages) };
    Ok(page(viewer, "opportunities", key.reference.as_str(), &record.draw()))
}

impl Record<'_> {
    fn draw(&self) -> Markup {
        let kind = match self.key.kind {
            RecordKind::Opportunity => "Opportunity",
            RecordKind::Revenue => "Revenue",
        };
        let person = self
            .viewer
            .page("people")
            .with("by", self.key.kind.name())
            .and("value", self.key.reference.as_str());
        let list = self.asked.address().to(self.viewer.page("opportunities").to_string(), &CARRIED);
        let list = list.with("kind", self.key.kind.name());
        let actions = html! {
            div.actions {
                a.button.second href=(list) { "← All records" }
                @if self.found.is_matched() { a.button.second href=(person) { "The person" } }
            }
        };
        let has_touches = !self.whole.receipt.touches.is_empty();
        let credit = card("How its value is shared", "", credit::draw(self));
        html! {
            (heading(self.key.reference.as_str(), kind, actions))
            (self.tiles())
            @if !self.found.is_matched() { (evidence::unmatched(self)) }
            div.record-columns {
                div.record-part {
                    (card("Journey", "", timeline::draw(self)))
                    @if !has_touches { (credit) }
                }
                div.record-part {
                    @if evidence::has_any(self) { (card("Whom it is about, and why", "", evidence::draw(self))) }
                    @if self.key.kind == RecordKind::Opportunity { (card("Stages", "", history::stages(self))) }
                    @if !self.state.labels.is_empty() || !self.state.properties.is_empty() { (card("From the CRM", "", self.particulars())) }
                    (card("Uploads", "", history::uploads(self)))
                }
            }
            @if has_touches { (credit) }
        }
    }

    fn tiles(&self) -> Markup {
        let (locale, record) = (&self.viewer.locale, &self.whole.receipt.record);
        let sent = record.value;
        let touches = &self.whole.journey.touches;
        let days = touches.first().zip(touches.last()).map(|(first, _)| {
            let seconds = (self.whole.journey.occurred.at.as_micros() - first.at.as_micros()) / 1_000_000;
            u64::try_from(seconds / 86_400).unwrap_or(0)
        });
        let converted = html! {
            @if sent.currency != record.currency {
                "sent as " (locale.money(sent.minor.into(), sent.currency))
                @if let Some(day) = record.rate_day { ", rate of " (locale.day(day)) }
            } @else { "as the CRM has it" }
        };
        let lead = match self.state.particulars {
            Particulars::Revenue { lead } => lead,
            Particulars::Opportunity { .. } => None,
        };
        html! {
            section.tiles aria-label="Key facts" {
                (tile("Value", locale.money(record.minor.into(), record.currency), converted))
                (tile("Date", html! { (locale.day(record.day)) }, html! {
                    @if let Some(lead) = lead { "lead of " (told(self.viewer, lead)) } @else { "first heard of " (told(self.viewer, self.whole.journey.created)) }
                }))
                @if let Some(stage) = &record.stage {
                    (tile("Stage", stage_badge(stage, record.milestone), html! { @if let Some(milestone) = record.milestone { "counts as " (milestone.name()) } @else { "counts as nothing yet: see Set-up" } }))
                }
                (tile("Journey", html! { (count(self.viewer, touches.len(), "touch", "touches")) }, html! {
                    (count(self.viewer, record.conversions as usize, "conversion", "conversions"))
                    @if let Some(days) = days { ", over " (count(self.viewer, usize::try_from(days).unwrap_or(0), "day", "days")) }
                }))
                (tile("Matched by", html! {
                    @if let Some(by) = &self.found.matched_by { (identifier_title(by.kind)) } @else { (found_badge(record.found)) }
                }, html! { @if let Some(by) = &self.found.matched_by { span.wrap { (super::words::cut(&by.value, 60)) } } @else { "nobody was found" } }))
            }
        }
    }

    /// Labels and properties.
    fn particulars(&self) -> Markup {
        html! {
            @if !self.state.labels.is_empty() {
                ul.labels aria-label="Labels" { @for label in &self.state.labels { li.badge { (label.as_str()) } } }
            }
            @if !self.state.properties.is_empty() {
                dl.facts {
                    @for property in &self.state.properties {
                        dt { (property.name.as_str()) }
                        dd { (super::words::cut(&property.value, PROPERTY_SHOWN)) }
                    }
                }
            }
        }
    }
}

/// So many of something.
pub(super) fn count(viewer: &Viewer, count: usize, one: &str, many: &str) -> String {
    format!("{} {}", viewer.locale.count(count as u64), if count == 1 { one } else { many })
}

fn tile(title: &str, figure: Markup, about: Markup) -> Markup {
    html! {
        div.tile {
            p.tile-title { (title) }
            p.figure { (figure) }
            p.tile-foot.quiet { span { (about) } }
        }
    }
}
