//! The list: the records that make a number, each with what it contributes.

use super::super::asked::{Asked, CARRIED, kind_title};
use super::super::chart::dot;
use super::super::page::page;
use super::super::parts::{card, empty, heading, pager};
use super::super::session::Viewer;
use super::filters::{self, credited_to, of_touches};
use super::search;
use super::words::{found_badge, kind_words, record_page, stage_badge};
use crate::app::App;
use crate::app::reports;
use crate::dashboard::asked::model_title;
use crate::http::error::ApiError;
use crate::http::query::Query as Parameters;
use crate::http::reports::drill::number;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use std::sync::Arc;
use touchline_domain::record::RecordKind;
use touchline_domain::report::{
    Dimension, Metrics, Period, Query, RecordCredit, RecordCredits, RecordDimension, RecordNames,
    RecordOrder, RecordsAsked, TooMuch,
};
use touchline_domain::{Currency, IdentifierKind, Invalid, Text};

const PER_PAGE: usize = 50;
const PAGES_MAX: usize = 1_000_000;

/// The orders by their names in the address.
const ORDERS: [(&str, RecordOrder); 6] = [
    ("credit", RecordOrder::Credit),
    ("largest", RecordOrder::Largest),
    ("smallest", RecordOrder::Smallest),
    ("newest", RecordOrder::Newest),
    ("oldest", RecordOrder::Oldest),
    ("touches", RecordOrder::Touches),
];

/// What else the page is asked.
struct Listed {
    order: Option<RecordOrder>,
    page: usize,
    sought: Option<String>,
    label: Option<String>,
}

/// The list, worked out.
struct List {
    asked: Asked,
    listed: Listed,
    credits: RecordCredits,
    stages: Vec<String>,
    currency: Currency,
}

/// `GET /sites/{siteId}/opportunities`.
pub(crate) async fn show(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Response, ApiError> {
    let (asked, listed) = Asked::read(&app, &viewer, Listed::read)?;
    if let Some(label) = &listed.label {
        return Ok(Redirect::to(&filters::with_label(asked.address(), label).to_string()).into_response());
    }
    let mut query = asked.query.clone();
    let mut only: Option<RecordNames> = None;
    if let Some(sought) = &listed.sought {
        if let Some(kind) = search::exact(&app, &viewer, query.kind, sought).await? {
            return Ok(Redirect::to(&record_page(&viewer, kind, sought).to_string()).into_response());
        }
        only = Some(search::names(&app, &viewer, query.kind, sought).await?);
        // Whoever looks for a record does not know when it was.
        query = Query { period: Period::default(), filters: Vec::new(), ..query };
    }
    let records = RecordsAsked {
        order: listed.order(&query),
        only,
        skip: (listed.page - 1) * PER_PAGE,
        limit: PER_PAGE,
    };
    let page_number = listed.page;
    let answer = app.report(&viewer.site, reports::Asked::default(), move |engine| {
        let mut credits = query.records_of(&engine.columns, &engine.view, &records)?;
        let pages = credits.count.div_ceil(PER_PAGE).max(1);
        if page_number > pages {
            let last = RecordsAsked { skip: (pages - 1) * PER_PAGE, ..records };
            credits = query.records_of(&engine.columns, &engine.view, &last)?;
        }
        let stages = Query {
            by: vec![Dimension::Record(RecordDimension::Stage)],
            models: Query::default().models,
            filters: Vec::new(),
            metrics: Metrics::default(),
            ..query.clone()
        };
        let stages = stages.run(&engine.columns, &engine.view, engine.threads)?;
        let mut stages: Vec<String> =
            stages.rows.into_iter().filter_map(|row| row.values.into_iter().next()).collect();
        stages.sort();
        stages.dedup();
        Ok::<_, TooMuch>((credits, stages, query.currency.unwrap_or(engine.view.currency())))
    });
    let (credits, stages, currency) = answer.await??;
    let listed = Listed { page: listed.page.min(credits.count.div_ceil(PER_PAGE).max(1)), ..listed };
    let list = List { asked, listed, credits, stages, currency };
    Ok(page(&viewer, "opportunities", "Opportunities", &list.draw(&viewer)).into_response())
}

impl Listed {
    fn read(parameters: &mut Parameters) -> Self {
        let text = |raw: &str| Text::<255>::parse(raw).map(|text| text.to_string());
        Self {
            order: parameters.optional("sort", |raw| {
                let names = ORDERS.map(|(name, _)| name).join(", ");
                let found = ORDERS.iter().find(|(name, _)| *name == raw.trim()).map(|(_, order)| *order);
                found.ok_or_else(|| Invalid::new("unknown_name", format!("must be one of {names}")))
            }),
            page: parameters.optional("page", |raw| number(raw, 1, PAGES_MAX)).unwrap_or(1),
            sought: parameters.optional("q", text),
            label: parameters.optional("label", text),
        }
    }

    fn order(&self, query: &Query) -> RecordOrder {
        let is_limited = of_touches(&query.filters).next().is_some();
        self.order.unwrap_or(if is_limited { RecordOrder::Credit } else { RecordOrder::Largest })
    }
}

impl List {
    fn draw(&self, viewer: &Viewer) -> Markup {
        let kind = self.asked.query.kind;
        let sought = self.listed.sought.as_deref();
        html! {
            @if let Some(sought) = sought {
                (heading(kind_title(kind), html! { "Those that begin with or name “" (sought) "”, of all time" }, self.kinds(viewer, sought)))
            } @else {
                (heading(kind_title(kind), self.asked.period_title(viewer), self.asked.controls(viewer)))
            }
            (filters::search(viewer, kind, sought))
            @if sought.is_none() {
                (filters::form(&self.asked, &self.stages))
                (self.asked.chips())
            }
            @if self.credits.count == 0 { (self.nothing(viewer)) } @else {
                (card(kind_title(kind), "", html! { (self.sums(viewer)) (self.table(viewer)) (self.pager(viewer)) }))
            }
        }
    }

    /// The same search among records of the other kind.
    fn kinds(&self, viewer: &Viewer, sought: &str) -> Markup {
        html! {
            nav.tabs aria-label="Kind of records" {
                @for kind in RecordKind::ALL {
                    @let address = viewer.page("opportunities").with("kind", kind.name()).and("q", sought);
                    a href=(address) aria-current=[(kind == self.asked.query.kind).then_some("page")] { (kind_title(kind)) }
                }
            }
        }
    }

    fn nothing(&self, viewer: &Viewer) -> Markup {
        if let Some(sought) = &self.listed.sought {
            let by = match search::kinds(sought).last() {
                Some(IdentifierKind::EmailAddress) => "email",
                Some(IdentifierKind::RaId) | None => "visitor",
                Some(_) => "phone",
            };
            let person = viewer.page("people").with("by", by).and("value", sought.as_str());
            return empty(
                "No record is called so, or names it.",
                html! { "References are compared with upper and lower case. Somebody without a record may be found under " a href=(person) { "People" } "." },
            );
        }
        empty(
            "No record is like this in this period.",
            html! {
                "Choose a longer period, or take a filter away. If the site is new, "
                a href=(viewer.page("set-up")) { "send it records from the CRM" } "."
            },
        )
    }

    /// What all of them come to, on every page of the list.
    fn sums(&self, viewer: &Viewer) -> Markup {
        let (query, locale) = (&self.asked.query, &viewer.locale);
        let is_limited = self.listed.sought.is_none() && of_touches(&query.filters).next().is_some();
        let whom = credited_to(&query.filters);
        html! {
            @for (currency, sum) in &self.credits.sums {
                p.sums {
                    strong { (locale.count(sum.count as u64)) " " (kind_words(query.kind, sum.count)) } ", "
                    strong { (locale.money(sum.minor, *currency)) } " in all"
                    @if is_limited {
                        @for (place, (model, credit)) in query.models.iter().zip(&sum.credit).enumerate() {
                            ", " strong { (locale.money(*credit, *currency)) } @if place == 0 { " credited to " strong { (whom) } } " under " (model_title(model).to_lowercase())
                        }
                    }
                    @if *currency != self.currency { span.quiet { " – there is no rate into " (self.currency.code()) } }
                }
            }
        }
    }

    fn table(&self, viewer: &Viewer) -> Markup {
        let query = &self.asked.query;
        let is_limited = self.listed.sought.is_none() && of_touches(&query.filters).next().is_some();
        let is_opportunity = query.kind == RecordKind::Opportunity;
        html! {
            div.scroll tabindex="0" role="region" aria-label="Table of records" {
                table.data.records.even[!is_limited] {
                    caption.unseen { (kind_title(query.kind)) ", each with what it is worth and what led to it" }
                    thead { tr {
                        th scope="col" { "Reference" }
                        (self.sortable("Date", "", &[RecordOrder::Newest, RecordOrder::Oldest]))
                        @if is_opportunity { th scope="col" { "Stage" } }
                        (self.sortable("Value", "n", &[RecordOrder::Largest, RecordOrder::Smallest]))
                        @if is_limited {
                            @for (place, model) in query.models.iter().enumerate() {
                                @let title = if query.models.len() == 1 { "Credit".to_owned() } else { model_title(model) };
                                @if place == 0 { (self.sortable(&title, "n", &[RecordOrder::Credit])) } @else { th.n scope="col" { (title) } }
                            }
                        }
                        th scope="col" { "Matched by" }
                        (self.sortable("Touches", "n", &[RecordOrder::Touches]))
                        th scope="col" { "First channel" } th scope="col" { "Last channel" }
                    } }
                    tbody {
                        @for record in &self.credits.records {
                            tr {
                                th scope="row" { a href=(self.link(viewer, record)) { (record.reference) } }
                                td.when { (viewer.locale.day(record.day)) }
                                @if is_opportunity { td { @if let Some(stage) = &record.stage { (stage_badge(stage, record.milestone)) } } }
                                td.n { (value(viewer, record)) }
                                @if is_limited { @for credit in &record.credit { td.n { (viewer.locale.money((*credit).into(), record.currency)) } } }
                                td.when { (found_badge(record.found)) }
                                td.n { (viewer.locale.count(record.touches as u64)) }
                                (channels(record))
                            }
                        }
                    }
                }
            }
        }
    }

    fn link(&self, viewer: &Viewer, record: &RecordCredit) -> String {
        let page = record_page(viewer, self.asked.query.kind, &record.reference);
        self.asked.address().to(page.to_string(), &CARRIED).to_string()
    }

    /// A heading that puts the list in order; again, in the other one.
    fn sortable(&self, title: &str, class: &str, orders: &[RecordOrder]) -> Markup {
        let current = self.listed.order(&self.asked.query);
        let place = orders.iter().position(|order| *order == current);
        let next = orders[place.map_or(0, |place| (place + 1) % orders.len())];
        let name = ORDERS.iter().find(|(_, order)| *order == next).map_or("", |(name, _)| name);
        let is_ascending = matches!(current, RecordOrder::Smallest | RecordOrder::Oldest);
        let (sort, mark) = match (place, is_ascending) {
            (None, _) => (None, ""),
            (Some(_), true) => (Some("ascending"), " ↑"),
            (Some(_), false) => (Some("descending"), " ↓"),
        };
        html! {
            th class=(class) scope="col" aria-sort=[sort] {
                a href=(self.asked.address().without(&["page"]).with("sort", name)) { (title) span aria-hidden="true" { (mark) } }
            }
        }
    }

    fn pager(&self, viewer: &Viewer) -> Markup {
        let (count, number) = (self.credits.count, self.listed.page);
        if count <= PER_PAGE && number == 1 {
            return html! {};
        }
        let first = (number - 1) * PER_PAGE;
        let last = (first + PER_PAGE).min(count);
        let to = |number: usize| self.asked.address().with("page", number.to_string()).to_string();
        let locale = &viewer.locale;
        let (from, until) = (locale.count(first as u64 + 1), locale.count(last as u64));
        let told = format!("{from} to {until} of {}", locale.count(count as u64));
        pager((number > 1).then(|| to(number - 1)), (last < count).then(|| to(number + 1)), &told)
    }
}

/// What a record is worth: as it is counted, and as it was sent where that is something else.
fn value(viewer: &Viewer, record: &RecordCredit) -> Markup {
    let sent = record.value;
    html! {
        (viewer.locale.money(record.minor.into(), record.currency))
        @if sent.currency != record.currency {
            div.quiet.small { (viewer.locale.money(sent.minor.into(), sent.currency)) @if let Some(day) = record.rate_day { ", rate of " (viewer.locale.day(day)) } }
        }
    }
}

fn channels(record: &RecordCredit) -> Markup {
    html! {
        @match &record.channels {
            Some((first, last)) => { td.channel { (dot(first)) (first) } td.channel { @if record.touches > 1 { (dot(last)) (last) } @else { span.quiet { "the same" } } } }
            None => { td { span.quiet { "–" } } td { span.quiet { "–" } } }
        }
    }
}
