//! How many records have a journey, by what they were matched, and why others were not.

use super::super::asked::{Asked, CARRIED, kind_title};
use super::super::chart::{Columns, Series, bar, dot};
use super::super::parts::{card, empty};
use super::super::session::Viewer;
use super::figures::{Figures, Matched, whole};
use maud::{Markup, html};
use std::cmp::Reverse;
use touchline_domain::Day;
use touchline_domain::report::Bucket;

/// The most columns of the chart.
const COLUMNS_MAX: usize = 400;

/// What a value means, for people: title and explanation.
pub(super) fn meaning(value: &str) -> (&str, &str) {
    match value {
        "RaId" => ("Visitor id", "the form or CRM passed the tag's own id on"),
        "EmailAddress" => ("Email address", "somebody gave it in a form or call that the tag saw"),
        "PhoneNumber" => ("Telephone number", "a form or call has the same number"),
        "PayloadValue" => ("Form field", "a form has the same value"),
        "CookieValue" => ("Google client id", "a visit has the same one"),
        "nothing_found" => (
            "Nothing found",
            "no visit or conversion has any of the identifiers: send the visitor id or an email address with every form",
        ),
        "ambiguous" => ("Ambiguous", "what it names leads to several people"),
        "guarded" => ("Guarded", "what it names is shared by many or is no one's"),
        other => (other, ""),
    }
}

pub(super) fn section(viewer: &Viewer, asked: &Asked, figures: &Figures) -> Markup {
    let title = "Match rate";
    let content = if figures.matched.is_empty() {
        empty("No records in this period.", "Choose a longer period, or send opportunities from the CRM.")
    } else {
        html! { (chart(viewer, figures)) (table(viewer, asked, figures)) }
    };
    html! { div.section #matched { (card(title, html! { span.quiet { (kind_title(asked.query.kind)) " by what found their visits" } }, content)) } }
}

/// Those that were found first, each with the most records first.
fn ordered(figures: &Figures) -> Vec<(&String, &Matched)> {
    let mut all: Vec<_> = figures.matched.iter().collect();
    all.sort_by_key(|(value, one)| (!Figures::is_found(value), Reverse(one.records)));
    all
}

#[expect(clippy::cast_precision_loss, reason = "a label of an axis")]
fn chart(viewer: &Viewer, figures: &Figures) -> Markup {
    let begins = || figures.matched.values().flat_map(|one| one.over_time.keys()).copied();
    let first = figures.period.from.or_else(|| begins().min());
    let last = figures.period.to.or_else(|| begins().max());
    let mut days: Vec<Day> = Vec::new();
    if let (Some(first), Some(last)) = (first, last) {
        let mut begin = figures.bucket.begin(first);
        while begin <= last && days.len() < COLUMNS_MAX {
            days.push(begin);
            begin = figures.bucket.next(begin);
        }
    }
    let label = |day: &Day| match figures.bucket {
        Bucket::Day | Bucket::Week => viewer.locale.short_day(*day),
        Bucket::Month | Bucket::Quarter | Bucket::Year => viewer.locale.month(*day),
    };
    let labels: Vec<String> = days.iter().map(label).collect();
    // In millionths, as records come: a line of the axis may lie between two whole ones.
    let values = |one: &Matched| {
        days.iter().map(|day| i128::from(one.over_time.get(day).copied().unwrap_or(0))).collect()
    };
    let series: Vec<Series> = ordered(figures)
        .into_iter()
        .map(|(value, one)| Series { name: meaning(value).0.to_owned(), values: values(one) })
        .collect();
    let count = |millionths: i128| viewer.locale.count(whole(i64::try_from(millionths).unwrap_or(i64::MAX)));
    let short = |millionths: i128| {
        let decimals = usize::from(millionths % 1_000_000 != 0);
        viewer.locale.number(millionths as f64 / 1e6, decimals)
    };
    Columns {
        title: "Records over time, by what found their visits",
        labels: &labels,
        series: &series,
        format: &count,
        short: &short,
    }
    .draw()
}

#[expect(clippy::cast_precision_loss, reason = "a share")]
fn table(viewer: &Viewer, asked: &Asked, figures: &Figures) -> Markup {
    let locale = &viewer.locale;
    let all: i64 = figures.matched.values().map(|one| one.records).sum();
    let share = |one: &Matched| one.records as f64 / all.max(1) as f64;
    let to = asked.address().to(viewer.page("opportunities").to_string(), &CARRIED);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Records by what found their visits" {
            table.data.matched {
                caption.unseen { "Records by what found their visits, and why others were not" }
                thead { tr { th scope="col" { "Found by" } th scope="col" { span.unseen { "Share" } } th.n scope="col" { "Share" } th.n scope="col" { "Records" } th.n scope="col" { "Value" } } }
                tbody {
                    @for (value, one) in ordered(figures) {
                        @let (title, about) = meaning(value);
                        tr {
                            th scope="row" {
                                a href=(to.and("where", format!("found:{value}"))) { (dot(title)) (title) }
                                @if !Figures::is_found(value) { " " span.badge.warn { "unmatched" } }
                                div.quiet { (about) }
                            }
                            td.share { (bar(share(one), &super::super::chart::colour(title))) }
                            td.n { (locale.percent(share(one))) }
                            td.n { (locale.count(whole(one.records))) }
                            td.n { (locale.money(one.minor, figures.currency)) }
                        }
                    }
                }
            }
        }
    }
}
