//! Charts as SVG without a script: a picture with a title, values to hover over, and a table beside it for who cannot
//! see it.

mod columns;
mod spark;

pub(crate) use columns::{Columns, Series};
pub(crate) use spark::spark;

use maud::{Markup, html};

/// How many colours there are.
const COLOURS: usize = 12;

/// Channels that have a colour of their own, so that one looks the same on every page; others share the rest.
const OWN: [&str; 10] = [
    "Paid Search",
    "Organic Search",
    "Direct",
    "Email",
    "Paid Social",
    "Organic Social",
    "Referral",
    "Display",
    "AI Assistants",
    "Affiliates",
];

/// The class of a value's colour.
pub(crate) fn colour(name: &str) -> String {
    if name == touchline_domain::report::UNATTRIBUTED {
        return "k-none".to_owned();
    }
    if name == OTHER {
        return "k-rest".to_owned();
    }
    let own = OWN.iter().position(|one| *one == name);
    let place = own.unwrap_or_else(|| {
        let sum = name.bytes().fold(7_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        // One more than the colours of their own, so that chance does not always hit the same.
        sum % COLOURS
    });
    format!("k{place}")
}

/// What the rest of a chart's series is called.
pub(crate) const OTHER: &str = "Everything else";

/// A dot in a value's colour.
pub(crate) fn dot(name: &str) -> Markup {
    html! { svg class=(format!("dot {}", colour(name))) viewBox="0 0 10 10" aria-hidden="true" { circle cx="5" cy="5" r="5" {} } }
}

/// A bar of a share between 0 and 1, to stand behind or beside a number.
pub(crate) fn bar(share: f64, class: &str) -> Markup {
    let width = format!("{:.2}", share.clamp(0.0, 1.0) * 100.0);
    html! {
        svg class=(format!("bar {class}")) viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" {
            rect.track width="100" height="6" {}
            rect width=(width) height="6" {}
        }
    }
}

/// The least round number that is no less.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps
        .into_iter()
        .map(|step| step * power)
        .find(|round| *round >= value * 0.999_999)
        .unwrap_or(10.0 * power)
}
