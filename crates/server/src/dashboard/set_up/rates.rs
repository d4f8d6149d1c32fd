//! The reference rates that are loaded, and how more are.

use super::super::parts::{card, empty};
use super::super::session::Viewer;
use maud::{Markup, html};
use touchline_store::StoredRates;

const IMPORT: &str = "curl -O https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip
unzip eurofxref-hist.zip
touchline rates import eurofxref-hist.csv";

pub(super) fn section(viewer: &Viewer, stored: &StoredRates) -> Markup {
    let locale = &viewer.locale;
    html! {
        div.section #rates {
            (card("Exchange rates", "", html! {
                div.columns {
                    @match stored.rates.span() {
                        None => (empty("No rates are loaded.", "Money stays in the currency it came in, and reports show one row for each.")),
                        Some((first, last)) => {
                            dl.facts {
                                dt { "Days" } dd { (locale.day(first)) " – " (locale.day(last)) }
                                dt { "Newest" } dd { (locale.day(last)) }
                                dt { "Currencies" } dd {
                                    (locale.count(stored.rates.currencies().len() as u64)) " and the euro: "
                                    span.quiet { @for (place, currency) in stored.rates.currencies().iter().enumerate() { @if place > 0 { " " } (currency) } }
                                }
                                @if let Some(at) = stored.changed_at { dt { "Last import" } dd { (locale.time(at)) } }
                            }
                        }
                    }
                    div.stack {
                        p { "Reports convert with the European Central Bank's reference rate of each record's own day. On the server, every day or so:" }
                        pre data-copy tabindex="0" { (IMPORT) }
                    }
                }
            }))
        }
    }
}
