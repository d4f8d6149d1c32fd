//! What was refused and why, and how batches went.

use super::super::parts::{card, empty, pager};
use super::super::session::Viewer;
use crate::app::App;
use maud::{Markup, html};
use touchline_domain::{Instant, Invalid};
use touchline_store::{BatchCounts, IntakeEntry, IntakeKind, IntakeQuery, StoreError, StoredIntake};

/// So many refusals are on a page, and so many batches and browsers' reports are shown.
const PAGE: usize = 20;
const BATCHES: usize = 10;
const REPORTS: usize = 5;

/// So many problems of one refusal are shown.
const PROBLEMS_MAX: usize = 5;

pub(super) struct Refused {
    uploads: Vec<StoredIntake>,
    has_more: bool,
    is_first: bool,
    reports: Vec<StoredIntake>,
    batches: Vec<StoredIntake>,
    rates_changed: Option<Instant>,
}

/// Before which number a page of the list ends.
pub(super) fn before(raw: &str) -> Result<u64, Invalid> {
    raw.trim().parse().map_err(|_| Invalid::new("malformed", "must be a place in the list of refusals"))
}

impl Refused {
    pub(super) async fn read(app: &App, viewer: &Viewer, before: Option<u64>) -> Result<Self, StoreError> {
        let of = |kind, before, limit| {
            app.store.intake(IntakeQuery { site: viewer.site.id.clone(), kind, before, limit })
        };
        let mut uploads = of(IntakeKind::Refusal, before, PAGE + 1).await?;
        let has_more = uploads.len() > PAGE;
        uploads.truncate(PAGE);
        Ok(Self {
            uploads,
            has_more,
            is_first: before.is_none(),
            reports: of(IntakeKind::Report, None, REPORTS).await?,
            batches: of(IntakeKind::Batch, None, BATCHES).await?,
            rates_changed: app.rates().await?.changed_at,
        })
    }

    /// How many there are, as far as it is known.
    pub(super) fn told(&self, viewer: &Viewer) -> String {
        let count = viewer.locale.count(self.uploads.len() as u64);
        match (self.is_first, self.has_more) {
            (true, false) => count,
            (true, true) => format!("{count}+"),
            (false, _) => format!("{}+", viewer.locale.count(PAGE as u64)),
        }
    }

    pub(super) fn draw(&self, viewer: &Viewer) -> Markup {
        let first = viewer.address.without(&["refused"]);
        let later = self.uploads.last().filter(|_| self.has_more);
        let later = later.map(|last| format!("{}#refused", first.with("refused", last.id.to_string())));
        let uploads = html! {
            @if self.uploads.is_empty() {
                (empty("Nothing was refused.", "An upload that cannot be stored stands here with everything that is wrong with it, until it is pushed out by a thousand later ones."))
            } @else {
                (refusals(viewer, &self.uploads, "Table of refused uploads"))
                @if self.has_more || !self.is_first { (pager((!self.is_first).then(|| format!("{first}#refused")), later, "")) }
            }
            @if !self.reports.is_empty() {
                h3.apart { "Reports of browsers" }
                (refusals(viewer, &self.reports, "Table of refused reports"))
            }
        };
        html! {
            div.section #refused { (card("Refused uploads", html! { span.quiet { "The newest first; values that were sent are not kept" } }, uploads)) }
            div.section #batches { (card("Imports", html! { span.quiet { "Batches of uploads, the newest first" } }, html! { (self.batches(viewer)) (self.rates(viewer)) })) }
        }
    }

    fn rates(&self, viewer: &Viewer) -> Markup {
        html! {
            p.quiet.never {
                a href=(format!("{}#rates", viewer.page("set-up"))) { "Exchange rates" }
                @match self.rates_changed {
                    Some(at) => { " were last imported " (viewer.locale.time(at)) "." }
                    None => " have not been imported yet."
                }
            }
        }
    }

    fn batches(&self, viewer: &Viewer) -> Markup {
        let locale = &viewer.locale;
        if self.batches.is_empty() {
            return empty(
                "No batch has come in yet.",
                "Histories are sent many at a time, as JSON or NDJSON, to …/opportunities/batch, …/revenue/batch and …/visits/batch.",
            );
        }
        html! {
            div.scroll tabindex="0" role="region" aria-label="Table of batches" {
                table.data {
                    caption.unseen { "Batches of uploads" }
                    thead { tr {
                        th scope="col" { "What" } th scope="col" { "Ended" } th.n scope="col" { "Took" } th.n scope="col" { "Accepted" } th.n scope="col" { "Created" } th.n scope="col" { "Updated" } th.n scope="col" { "Unchanged" } th.n scope="col" { "Refused" } th scope="col" { "State" }
                    } }
                    tbody {
                        @for StoredIntake { entry, .. } in &self.batches {
                            @let counts = entry.content.counts.unwrap_or_default();
                            tr {
                                th scope="row" { (what(entry)) }
                                td { (locale.time(entry.at)) }
                                td.n { (took(viewer, &counts)) }
                                @for count in [counts.accepted, counts.created, counts.updated, counts.unchanged, counts.refused] { td.n { (locale.count(count)) } }
                                td {
                                    @if let Some(code) = &entry.content.code { span.badge.bad { "Broke off" } " " code { (code) } }
                                    @else if counts.refused > 0 { span.badge.warn { "With refusals" } }
                                    @else { span.badge.good { "Complete" } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a batch")]
fn took(viewer: &Viewer, counts: &BatchCounts) -> String {
    format!("{} s", viewer.locale.number(counts.took as f64 / 1e6, 2))
}

/// What a route takes in.
fn what(entry: &IntakeEntry) -> &str {
    let route = entry.route.as_str();
    let names = [
        ("/opportunit", "Opportunities"),
        ("/revenue", "Revenue"),
        ("/visit", "Visits"),
        ("/webconversion", "Web conversion"),
        ("/inboundcall", "Call"),
        ("/conversion", "Conversion"),
        ("/adcosts", "Costs"),
    ];
    names.iter().find(|(part, _)| route.contains(part)).map_or(route, |(_, name)| name)
}

fn refusals(viewer: &Viewer, entries: &[StoredIntake], caption: &str) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table.data.refusals {
                caption.unseen { (caption) }
                thead { tr { th scope="col" { "When" } th scope="col" { "What" } th scope="col" { "Reference" } th scope="col" { "Problems" } } }
                tbody {
                    @for StoredIntake { entry, .. } in entries {
                        tr {
                            td.when { (viewer.locale.time(entry.at)) }
                            th scope="row" { (what(entry)) @if let Some(item) = entry.content.item { div.quiet { "item " (viewer.locale.count(item)) " of a batch" } } }
                            td.host { @if let Some(reference) = &entry.reference { (reference) } @else { span.quiet { "–" } } }
                            td { (problems(viewer, entry)) }
                        }
                    }
                }
            }
        }
    }
}

fn problems(viewer: &Viewer, entry: &IntakeEntry) -> Markup {
    let all = &entry.content.problems;
    html! {
        @if all.is_empty() { @if let Some(code) = &entry.content.code { span { (code.replace('_', " ")) } } }
        ul.problems {
            @for problem in all.iter().take(PROBLEMS_MAX) { li { (problem.detail) " " code { (problem.pointer) } } }
            @if all.len() > PROBLEMS_MAX { li.quiet { "and " (viewer.locale.count((all.len() - PROBLEMS_MAX) as u64)) " more" } }
        }
    }
}
