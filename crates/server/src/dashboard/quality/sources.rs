//! When each source was last heard of.

use super::super::parts::{card, empty};
use super::super::session::Viewer;
use crate::app::App;
use maud::{Markup, html};
use touchline_domain::Instant;
use touchline_store::{Seen, Source};

/// A source that sent something once, and nothing for longer than this, may be broken.
const QUIET_SECONDS: i64 = 3 * 86_400;

fn title(source: Source) -> (&'static str, &'static str) {
    match source {
        Source::TagVisit => ("Visits", "the tag"),
        Source::TagConversion => ("Forms and other conversions", "the tag"),
        Source::TagNotAdmitted => ("Reports from pages that are not the site's", "the tag, refused"),
        Source::ServerVisit => ("Visits", "a server"),
        Source::WebConversion => ("Web conversions", "a server"),
        Source::Call => ("Calls", "call tracking"),
        Source::Opportunity => ("Opportunities", "the CRM"),
        Source::Revenue => ("Revenue", "the CRM or shop"),
        Source::Costs => ("Costs", "any platform, general form"),
        Source::BingCosts => ("Costs", "Microsoft Advertising"),
        Source::FacebookCosts => ("Costs", "Facebook and Instagram"),
        Source::GoogleCosts => ("Costs", "Google Ads"),
    }
}

pub(super) fn section(app: &App, viewer: &Viewer, seen: &[Seen]) -> Markup {
    let quiet_before = app.clock.now().plus_seconds(-QUIET_SECONDS);
    // Nobody misses what is refused.
    let is_missed =
        |source: &Source| *source != Source::TagNotAdmitted && seen.iter().all(|seen| seen.source != *source);
    let never: Vec<_> = Source::ALL.into_iter().filter(is_missed).map(title).collect();
    html! {
        div.section #sources {
            (card("Last seen", html! { a href=(viewer.page("set-up")) { "Set-up →" } }, html! {
                @if seen.is_empty() {
                    (empty("Nothing has come in since this log began.", "The tag, the CRM and the costs of advertising show here as soon as they send something."))
                } @else { (table(viewer, seen, quiet_before)) }
                @if !never.is_empty() && !seen.is_empty() {
                    p.quiet.never {
                        "Never heard of: "
                        @for (place, (what, by)) in never.iter().enumerate() { @if place > 0 { ", " } (what.to_lowercase()) " by " (by) }
                        "."
                    }
                }
            }))
        }
    }
}

fn table(viewer: &Viewer, seen: &[Seen], quiet_before: Instant) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="When each source was last heard of" {
            table.data {
                caption.unseen { "When each source was last heard of" }
                thead { tr { th scope="col" { "What" } th scope="col" { "By" } th scope="col" { "Last" } th scope="col" { "From" } th.n scope="col" { "Last 24 hours" } th scope="col" { "State" } } }
                tbody {
                    @for one in seen {
                        @let (what, by) = title(one.source);
                        tr {
                            th scope="row" { (what) }
                            td { (by) }
                            td.when { (viewer.locale.time(one.last_at)) }
                            td.host { @if let Some(from) = &one.from { (from) } @else { span.quiet { "–" } } }
                            td.n { (viewer.locale.count(one.count)) }
                            td {
                                @if one.source == Source::TagNotAdmitted { span.badge.warn { "Refused" } }
                                @else if one.last_at < quiet_before { span.badge.warn { "Quiet" } }
                                @else { span.badge.good { "Active" } }
                            }
                        }
                    }
                }
            }
        }
    }
}
