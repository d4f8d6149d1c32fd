//! The line for a site's pages, and whether its reports arrive.

use super::super::parts::card;
use super::super::session::Viewer;
use crate::app::snippet;
use maud::{Markup, html};
use touchline_domain::Instant;
use touchline_store::{Seen, Source};

/// How the tag can be made to behave: parameter of the page, attribute of the line, and what it is for.
const CHOICES: [(&str, &str, &str); 2] = [
    ("forms", " data-forms=\"on\"", "Report every form that visitors send as a conversion"),
    (
        "consent",
        " data-consent=\"required\"",
        "Wait for the visitor's consent before storing or sending anything",
    ),
];

/// A last visit of longer ago than this says that something may be broken.
const QUIET_SECONDS: i64 = 86_400;

pub(super) fn section(viewer: &Viewer, server: &str, seen: &[Seen], now: Instant) -> Markup {
    let is_on = |name: &str| viewer.address.get(name) == Some("on");
    let chosen = CHOICES.iter().filter(|(name, _, _)| is_on(name));
    let attributes: String = chosen.map(|(_, attribute, _)| *attribute).collect();
    let line = snippet::line(server, &viewer.site, &attributes);
    html! {
        div.section #tag {
            (card("Put the tag into your pages", "", html! {
                div.columns {
                    div.stack {
                        p { "One line before " code { "</head>" } " of every page. It reports visits; cookies stay on your own domain." }
                        pre.wrap data-copy { (line) }
                        form.stack method="get" action=(format!("{}#tag", viewer.page("set-up"))) data-submit-on-change {
                            @for (name, _, about) in CHOICES {
                                label.check { input type="checkbox" name=(name) value="on" checked[is_on(name)]; " " (about) }
                            }
                            div { button.second type="submit" { "Change the line" } }
                        }
                    }
                    div.seen data-live=(viewer.page("set-up/seen")) data-every="5" role="status" { (self::seen(viewer, now, seen)) }
                }
            }))
        }
    }
}

/// Whether reports of the tag arrive, as of `now`.
pub(super) fn seen(viewer: &Viewer, now: Instant, seen: &[Seen]) -> Markup {
    let of = |source: Source| seen.iter().find(|seen| seen.source == source);
    let refused = of(Source::TagNotAdmitted);
    html! {
        @match of(Source::TagVisit) {
            None => {
                p.state { span.badge.warn { "Waiting" } strong { "No visit has come in yet." } }
                p.quiet { "Put the line into a page and open it: it shows here within seconds. A browser that sends Do Not Track or Global Privacy Control is left alone." }
            }
            Some(visit) => {
                @let is_quiet = visit.last_at.plus_seconds(QUIET_SECONDS) < now;
                p.state {
                    @if is_quiet { span.badge.warn { "Quiet" } strong { "No visit for more than a day." } }
                    @else { span.badge.good { "Connected" } strong { "We see your site." } }
                }
                dl.facts {
                    dt { "Last visit" } dd { (viewer.locale.time(visit.last_at)) }
                    @if let Some(from) = &visit.from { dt { "On" } dd { (from) } }
                    dt { "Reports in 24 hours" } dd { (viewer.locale.count(visit.count)) }
                }
            }
        }
        @if let Some(refused) = refused.filter(|refused| of(Source::TagVisit).is_none_or(|visit| refused.last_at >= visit.last_at || refused.count > 0)) {
            p.note {
                "Reports from " strong { @if let Some(from) = &refused.from { (from) } @else { "an unnamed page" } }
                " were refused (last " (viewer.locale.time(refused.last_at)) "): the site does not list it. Add it to "
                a href="#settings" { "its origins" } " if it is yours."
            }
        }
    }
}
