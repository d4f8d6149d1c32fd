//! What came in just now: the newest visits, conversions and records, told again every few seconds.

use crate::app::App;
use crate::dashboard::chart::dot;
use crate::dashboard::session::Viewer;
use crate::http::error::ApiError;
use axum::extract::State;
use maud::{Markup, html};
use std::cmp::Reverse;
use std::sync::Arc;
use touchline_domain::channel::Arrival;
use touchline_domain::record::{RecordFilter, RecordKind};
use touchline_domain::{ConversionKind, Instant, StoredConversion, StoredVisit, Text};
use touchline_store::{ListedRecord, RecordsQuery};

/// So many are shown.
const SHOWN: usize = 8;

/// Among so many changes of the whole installation visits and conversions are looked for.
const CHANGES: u64 = 2_000;

/// `GET /sites/{siteId}/overview/latest`: the part alone.
pub(crate) async fn show(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Markup, ApiError> {
    Ok(list(&viewer, &newest(&app, &viewer).await?))
}

/// Something that came in.
pub(super) enum Latest {
    Visit(Box<StoredVisit>),
    Conversion(Box<StoredConversion>),
    Record(RecordKind, Box<ListedRecord>),
}

impl Latest {
    fn received_at(&self) -> Instant {
        match self {
            Self::Visit(visit) => visit.received_at,
            Self::Conversion(conversion) => conversion.received_at,
            Self::Record(_, record) => record
                .versions
                .iter()
                .map(|version| version.received_at)
                .max()
                .unwrap_or(Instant::from_micros(0)),
        }
    }
}

/// The newest, the last one first.
pub(super) async fn newest(app: &App, viewer: &Viewer) -> Result<Vec<Latest>, ApiError> {
    let site = &viewer.site.id;
    let last_change = app.store.followed().await?.last_change;
    let page = app.store.traffic(site.clone(), last_change.saturating_sub(CHANGES), CHANGES).await?;
    let mut latest = Vec::new();
    latest.extend(page.visits.into_iter().rev().take(SHOWN).map(|visit| Latest::Visit(Box::new(visit))));
    let conversions = page.conversions.into_iter().rev().take(SHOWN);
    latest.extend(conversions.map(|conversion| Latest::Conversion(Box::new(conversion))));
    for kind in RecordKind::ALL {
        let query = RecordsQuery {
            site: site.clone(),
            kind,
            after: None,
            filter: RecordFilter::default(),
            limit: SHOWN,
        };
        let records = app.store.records(query).await?.records;
        latest.extend(records.into_iter().map(|record| Latest::Record(kind, Box::new(record))));
    }
    latest.sort_by_cached_key(|one| Reverse(one.received_at()));
    latest.truncate(SHOWN);
    Ok(latest)
}

/// The part of the page, which the script keeps up to date.
pub(super) fn part(viewer: &Viewer, latest: &[Latest]) -> Markup {
    html! { div data-live=(viewer.page("overview/latest")) data-every="5" { (list(viewer, latest)) } }
}

fn list(viewer: &Viewer, latest: &[Latest]) -> Markup {
    html! {
        @if latest.is_empty() {
            p.quiet { "Nothing yet. " a href=(viewer.page("set-up")) { "Set the site up" } " and the first visit is here a second later." }
        } @else {
            ol.latest { @for one in latest { li { (line(viewer, one)) } } }
        }
    }
}

fn line(viewer: &Viewer, latest: &Latest) -> Markup {
    let when = |at: Instant| html! { time.quiet datetime=(at) { (viewer.locale.moment(at)) } };
    match latest {
        Latest::Visit(stored) => {
            let visit = &stored.visit;
            let referrer = visit.referrer.as_ref().map(Text::as_str);
            let arrival = Arrival { landing_page: visit.landing_page.as_str(), referrer };
            let channel = viewer.site.channels.classify(&arrival).channel;
            html! {
                span.what { (dot(&channel)) "Visit from " strong { (channel) } }
                span.of { (short_address(visit.landing_page.as_str())) @if visit.crawler.is_some() { " " span.badge { "crawler" } } }
                (when(stored.received_at))
            }
        }
        Latest::Conversion(stored) => html! {
            span.what { (conversion_sign()) strong { (conversion_title(stored.conversion.kind)) } }
            span.of { @if let Some(name) = &stored.conversion.name { (name) } @else if let Some(page) = &stored.conversion.page { (short_address(page.as_str())) } }
            (when(stored.received_at))
        },
        Latest::Record(kind, record) => {
            let newest = record.versions.iter().max_by_key(|version| version.order());
            let pages = match kind {
                RecordKind::Opportunity => "opportunities",
                RecordKind::Revenue => "revenue",
            };
            let address = viewer.page(pages).below(record.reference.as_str());
            html! {
                span.what { (record_sign()) a href=(address) { strong { (record.reference) } } }
                span.of {
                    @if let Some(version) = newest {
                        (viewer.locale.money(version.version.value.minor.into(), version.version.value.currency))
                        @if let Some(stage) = version.version.stage() { " · " (stage) }
                    }
                }
                (when(latest.received_at()))
            }
        }
    }
}

fn conversion_title(kind: ConversionKind) -> &'static str {
    match kind {
        ConversionKind::Web => "Form",
        ConversionKind::Call => "Call",
    }
}

/// Host and path.
fn short_address(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split(['?', '#']).next().unwrap_or(rest)
}

fn conversion_sign() -> Markup {
    html! { svg.sign viewBox="0 0 10 10" aria-hidden="true" { path d="M1 5.500 4 8.500 9 2" {} } }
}

fn record_sign() -> Markup {
    html! { svg.sign viewBox="0 0 10 10" aria-hidden="true" { path d="M5 1v8M2 3.500h4.500a1.500 1.500 0 0 1 0 3H2" {} } }
}
