//! How a record's value is shared: by channel under each model, and touch by touch to the minor unit.

use super::super::chart::{colour, dot};
use super::record::{Record, TOUCHES_PER_PAGE};
use crate::dashboard::asked::model_title;
use crate::http::reports::receipt::every_model;
use maud::{Markup, html};
use std::collections::BTreeMap;
use touchline_domain::Instant;
use touchline_domain::attribution::{DirectPolicy, Model};
use touchline_domain::report::{ReceiptTouch, TouchDimension, UNATTRIBUTED};

/// The picture's own width; it is stretched to where it stands.
const WIDTH: f64 = 1_000.0;

/// Bars in the grid come in so many steps.
const STEPS: f64 = 20.0;

pub(super) fn draw(record: &Record<'_>) -> Markup {
    let receipt = &record.whole.receipt;
    if receipt.touches.is_empty() {
        return html! { p.quiet { "There is no touch to share it among: all of it is unattributed." } };
    }
    html! {
        (choice(record))
        (bars(record))
        (grid(record))
        p.quiet.small {
            "Shares are cut to the smallest unit of the currency, and what is left goes to the largest fractions, so that every model adds up to the value exactly. "
            "A dash is a touch that the model does not look at."
        }
    }
}

/// Which models are shown, and what else was asked for in the address.
fn choice(record: &Record<'_>) -> Markup {
    let kept = record.asked.address().without(&["model", "page"]);
    let models = &record.query.models;
    let mut offered = every_model();
    offered.extend(models.iter().filter(|model| !every_model().contains(model)));
    html! {
        details.choices {
            summary { "Choose models" }
            form method="get" {
                @for (name, value) in kept.pairs() { input type="hidden" name=(name) value=(value); }
                @for model in &offered {
                    label title=(model.definition()) { input type="checkbox" name="model" value=(model) checked[models.contains(model)]; span { (model_title(model)) } }
                }
                button.small type="submit" { "Show these" }
            }
        }
        @if let Some(days) = record.query.lookback_days { p.quiet { "Touches of the " (days) " days before its date are looked at." } }
        @if record.query.direct != DirectPolicy::default() { p.quiet { "Direct touches: " (record.query.direct.name().replace('-', " ")) "." } }
    }
}

fn channel(touch: &ReceiptTouch) -> &str {
    &touch.values[TouchDimension::Channel as usize]
}

/// Of one model, what each channel gets, the largest first, and what nobody gets.
fn by_channel<'a>(record: &'a Record<'_>, place: usize) -> Vec<(&'a str, i128)> {
    let receipt = &record.whole.receipt;
    let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
    for touch in &receipt.touches {
        *sums.entry(channel(touch)).or_default() += minor(touch, place);
    }
    let mut sums: Vec<_> = sums.into_iter().filter(|(_, minor)| *minor != 0).collect();
    sums.sort_by_key(|(name, minor)| (std::cmp::Reverse(minor.abs()), *name));
    let unattributed = unattributed(record, place);
    if unattributed != 0 {
        sums.push((UNATTRIBUTED, unattributed));
    }
    sums
}

fn minor(touch: &ReceiptTouch, place: usize) -> i128 {
    touch.shares[place].map_or(0, |share| share.minor.into())
}

fn unattributed(record: &Record<'_>, place: usize) -> i128 {
    let told = &record.whole.receipt.record;
    i128::from(told.minor) - i128::from(told.credit[place])
}

#[expect(clippy::cast_precision_loss, reason = "a picture")]
fn share(part: i128, whole: i128) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64).clamp(0.0, 1.0) }
}

fn bars(record: &Record<'_>) -> Markup {
    let whole = i128::from(record.whole.receipt.record.minor);
    let mut channels: Vec<&str> = (0..record.query.models.len())
        .flat_map(|place| by_channel(record, place).into_iter().map(|(name, _)| name))
        .collect();
    channels.sort_unstable();
    channels.dedup();
    html! {
        figure.chart.models {
            figcaption.legend { @for name in channels { span { (dot(name)) (name) } } }
            @for (place, model) in record.query.models.iter().enumerate() {
                div.model {
                    span.model-name title=(model.definition()) { (model_title(model)) }
                    (stacked(record, model, &by_channel(record, place), whole))
                }
            }
        }
    }
}

fn stacked(record: &Record<'_>, model: &Model, parts: &[(&str, i128)], whole: i128) -> Markup {
    let currency = record.whole.receipt.record.currency;
    let mut x = 0.0;
    let mut rects = Vec::new();
    for (name, minor) in parts {
        let width = share(*minor, whole) * WIDTH;
        rects.push((*name, record.viewer.locale.amount(*minor, currency), x, width));
        x += width;
    }
    let told =
        rects.iter().map(|(name, amount, ..)| format!("{name} {amount}")).collect::<Vec<_>>().join(", ");
    html! {
        svg viewBox=(format!("0 0 {WIDTH} 10")) preserveAspectRatio="none" role="img" aria-label=(format!("{}: {told}", model_title(model))) {
            @for (name, amount, x, width) in rects {
                rect class=(colour(name)) x=(format!("{x:.1}")) width=(format!("{width:.1}")) height="10" data-tip=(format!("{name}: {amount}")) { title { (name) ": " (amount) } }
            }
        }
    }
}

/// Touches by models.
fn grid(record: &Record<'_>) -> Markup {
    let (locale, receipt) = (&record.viewer.locale, &record.whole.receipt);
    let models = &record.query.models;
    let money = |minor: i128| locale.money(minor, receipt.record.currency);
    let first = (record.page - 1) * TOUCHES_PER_PAGE;
    let last = (first + TOUCHES_PER_PAGE).min(receipt.touches.len());
    let shown = &receipt.touches[first..last];
    let elsewhere = |place: usize| -> i128 {
        i128::from(receipt.record.credit[place]) - shown.iter().map(|touch| minor(touch, place)).sum::<i128>()
    };
    let has_unattributed = (0..models.len()).any(|place| unattributed(record, place) != 0);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Credit of each touch" {
            table.data.credit {
                caption.unseen { "Touches by models: what each touch gets of the value" }
                thead { tr { th scope="col" { "Touch" } @for model in models { th.n scope="col" title=(model.definition()) { (model_title(model)) } } } }
                tbody {
                    @for (place, touch) in shown.iter().enumerate() {
                        tr {
                            th scope="row" { (dot(channel(touch))) (first + place + 1) ". " (channel(touch)) div.quiet.small { (locale.time(Instant::from_micros(touch.time.saturating_mul(1_000_000)))) } }
                            @for place in 0..models.len() { (cell(record, touch, place)) }
                        }
                    }
                    @if shown.len() < receipt.touches.len() {
                        tr { th scope="row" { "Touches on other pages" } @for place in 0..models.len() { td.n { (money(elsewhere(place))) } } }
                    }
                    @if has_unattributed {
                        tr { th scope="row" { (dot(UNATTRIBUTED)) "Unattributed" } @for place in 0..models.len() { td.n { (money(unattributed(record, place))) } } }
                    }
                }
                tfoot { tr { th scope="row" { "Value" } @for _ in models { td.n { (money(receipt.record.minor.into())) } } } }
            }
        }
    }
}

fn cell(record: &Record<'_>, touch: &ReceiptTouch, place: usize) -> Markup {
    let told = &record.whole.receipt.record;
    let Some(given) = touch.shares[place] else { return html! { td.n { span.quiet { "–" } } } };
    if given.minor == 0 {
        return html! { td.n { span.quiet { (record.viewer.locale.money(0, told.currency)) } } };
    }
    let steps = (share(given.minor.into(), told.minor.into()) * STEPS).round().max(1.0);
    html! {
        td class=(format!("n w{steps}")) { (record.viewer.locale.money(given.minor.into(), told.currency)) }
    }
}
