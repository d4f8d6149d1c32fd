//! What pages are made of.

use super::session::Viewer;
use maud::{Markup, Render, html};

/// The hidden field without which a form that changes something is refused.
pub(crate) fn form_key(viewer: &Viewer) -> Markup {
    html! { input type="hidden" name="key" value=(viewer.session.masked_key()); }
}

/// The heading of a page, with what belongs beside it.
pub(crate) fn heading(title: &str, about: impl Render, controls: impl Render) -> Markup {
    html! {
        header.heading {
            div { h1 { (title) } p.quiet { (about) } }
            (controls)
        }
    }
}

/// A surface with a title.
pub(crate) fn card(title: &str, actions: impl Render, content: impl Render) -> Markup {
    html! {
        section.card aria-label=(title) {
            div.card-head { h2 { (title) } div.card-actions { (actions) } }
            (content)
        }
    }
}

/// What stands where there is nothing yet: what it would be, and how it comes to be.
pub(crate) fn empty(title: &str, what_to_do: impl Render) -> Markup {
    html! { div.empty { p { strong { (title) } } p.quiet { (what_to_do) } } }
}

/// A change against an earlier figure, as an arrow and a percentage. `more_is_better` decides the colour; `None` for
/// neither.
pub(crate) fn change(
    viewer: &Viewer,
    now: impl Into<Option<f64>>,
    before: impl Into<Option<f64>>,
    more_is_better: Option<bool>,
) -> Markup {
    let (Some(now), Some(before)) = (now.into(), before.into()) else { return html! {} };
    if before == 0.0 {
        return html! { @if now != 0.0 { span.change.same title="There was nothing before" { "new" } } };
    }
    let share = (now - before) / before.abs();
    let text = match share.abs() {
        share if share > 9.995 => format!("{}×", viewer.locale.number(share + 1.0, 0)),
        share => viewer.locale.percent(share),
    };
    if share.abs() < 0.0005 {
        return html! { span.change.same { "=\u{a0}" (text) } };
    }
    let is_good = more_is_better.map(|more| more == (share > 0.0));
    let class = match is_good {
        Some(true) => "good",
        Some(false) => "bad",
        None => "same",
    };
    let (sign, word) = if share > 0.0 { ("▲", "up") } else { ("▼", "down") };
    html! { span class=(format!("change {class}")) { span aria-hidden="true" { (sign) "\u{a0}" } span.unseen { (word) " " } (text) } }
}

/// Pages of a long list: earlier and later.
pub(crate) fn pager(earlier: Option<String>, later: Option<String>, told: &str) -> Markup {
    html! {
        nav.pager aria-label="Pages of the list" {
            span.quiet { (told) }
            @if let Some(href) = earlier { a.button.small rel="prev" href=(href) { "← Back" } }
            @if let Some(href) = later { a.button.small rel="next" href=(href) { "More →" } }
        }
    }
}
