//! Charts as SVG without a script: a picture with a title, values to hover over, and a table beside it for who cannot
//! see it.

mod columns;
mod flow;
mod spark;

pub(crate) use columns::{Columns, Series};
pub(crate) use flow::{Flow, Node, Ribbon};
pub(crate) use spark::spark;

use maud::{Markup, html};

/// How many colours there are.
pub(crate) const COLOURS: usize = 16;

/// What has a colour of its own, so that it looks the same on every page; all else shares the rest.
const OWN: [(&str, &str); 20] = [
    ("Paid Search", "k0"),
    ("Organic Search", "k1"),
    ("Direct", "k2"),
    ("Email", "k3"),
    ("Paid Social", "k4"),
    ("Organic Social", "k5"),
    ("Referral", "k6"),
    ("Display", "k7"),
    ("AI Assistants", "k8"),
    ("Affiliates", "k9"),
    ("Organic Video", "k10"),
    ("Offline", "k11"),
    (touchline_domain::report::UNATTRIBUTED, "k-none"),
    (OTHER, "k-rest"),
    // What finds somebody, and why nobody is found.
    ("Email address", "k0"),
    ("Visitor id", "k1"),
    ("Telephone number", "k3"),
    ("Google client id", "k7"),
    ("Nothing found", "k-none"),
    ("Ambiguous", "k-rest"),
];

/// Colours that nothing has of its own.
const SHARED: [&str; 4] = ["k12", "k13", "k14", "k15"];

/// The class of a value's colour.
pub(crate) fn colour(name: &str) -> String {
    let own = OWN.iter().find(|(one, _)| *one == name).map(|(_, class)| *class);
    let shared = || {
        let sum = name.bytes().fold(7_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        SHARED[sum % SHARED.len()]
    };
    own.unwrap_or_else(shared).to_owned()
}

/// What the rest of a chart's series is called.
pub(crate) const OTHER: &str = "Everything else";

/// A dot in a value's colour.
pub(crate) fn dot(name: &str) -> Markup {
    dot_of(&colour(name))
}

/// A dot in a colour, by its class.
pub(crate) fn dot_of(colour: &str) -> Markup {
    html! { svg class=(format!("dot {colour}")) viewBox="0 0 10 10" aria-hidden="true" { circle cx="5" cy="5" r="5" {} } }
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
