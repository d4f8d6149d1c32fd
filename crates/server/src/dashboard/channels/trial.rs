//! An address tried against the rules.

use super::super::chart::dot;
use super::super::parts::card;
use super::super::session::Viewer;
use maud::{Markup, html};
use touchline_domain::channel::{Arrival, Classification, DecidedBy};
use touchline_domain::{Invalid, PageUrl, Text};

/// What is tried, and what came of it.
pub(super) struct Trial {
    url: String,
    referrer: String,
    outcome: Option<Result<(Classification, String), Invalid>>,
}

impl Trial {
    /// As the page's address asks.
    pub(super) fn asked(viewer: &Viewer) -> Self {
        let text = |name: &str| viewer.address.get(name).unwrap_or("").trim().to_owned();
        let (url, referrer) = (text("url"), text("referrer"));
        let outcome = (!url.is_empty()).then(|| {
            let page = PageUrl::parse(&url)?;
            let before = Text::<{ PageUrl::LENGTH_MAX }>::parse(&referrer).ok();
            let arrival =
                Arrival { landing_page: page.as_str(), referrer: before.as_ref().map(Text::as_str) };
            let rules = &viewer.site.channels;
            Ok((rules.classify(&arrival), rules.because(&arrival)))
        });
        Self { url, referrer, outcome }
    }

    /// Which rule decided.
    pub(super) fn decided_by(&self) -> Option<DecidedBy> {
        let (classification, _) = self.outcome.as_ref()?.as_ref().ok()?;
        Some(classification.decided_by)
    }

    pub(super) fn draw(&self, viewer: &Viewer) -> Markup {
        let wrong = self.outcome.as_ref().and_then(|outcome| outcome.as_ref().err());
        html! {
            (card("Try an address", "", html! {
                form.try method="get" action=(viewer.page("channels")) {
                    label.grow { span { "Landing page, with everything after the question mark" }
                        input name="url" value=(self.url) maxlength="2048" required placeholder="https://www.example.com/?utm_source=newsletter&utm_medium=email" autocomplete="off"
                            aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| "wrong-url")];
                    }
                    label.grow { span { "Page before it, if any" }
                        input name="referrer" value=(self.referrer) maxlength="2048" placeholder="https://www.google.com/" autocomplete="off";
                    }
                    button type="submit" { "Try it" }
                }
                @if let Some(wrong) = wrong { p.error #wrong-url role="alert" { "The landing page " (wrong.must) "." } }
                @if let Some(Ok((classification, because))) = &self.outcome { (told(classification, because)) }
            }))
        }
    }
}

fn told(one: &Classification, because: &str) -> Markup {
    let values = [
        ("Source", &one.source),
        ("Medium", &one.medium),
        ("Campaign", &one.campaign),
        ("Term", &one.term),
        ("Content", &one.content),
    ];
    html! {
        div.verdict role="status" {
            p.verdict-channel { (dot(&one.channel)) strong { (one.channel) } " " span.badge { "rule " (one.rule) } }
            p { (because) }
            dl.inline { @for (title, value) in values { @if let Some(value) = value { div { dt { (title) } dd { (value) } } } } }
        }
    }
}
