//! What records, stages, identifiers and models are called on pages.

use super::super::address::Address;
use super::super::session::Viewer;
use maud::{Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use touchline_domain::identity::Unmatched;
use touchline_domain::journey::Found;
use touchline_domain::record::RecordKind;
use touchline_domain::{Day, IdentifierKind, Milestone, Moment};

/// What need not be encoded in one step of a path.
const STEP: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The longest stage that is shown, in characters.
pub(super) const STAGE_SHOWN: usize = 40;

/// The address of one record.
pub(crate) fn record_page(viewer: &Viewer, kind: RecordKind, reference: &str) -> Address {
    let list = match kind {
        RecordKind::Opportunity => "opportunities",
        RecordKind::Revenue => "revenue",
    };
    viewer.page(&format!("{list}/{}", utf8_percent_encode(reference, STEP)))
}

/// A stage, coloured by what it means.
pub(crate) fn stage_badge(stage: &str, milestone: Option<Milestone>) -> Markup {
    let class = match milestone {
        Some(Milestone::Won) => "badge good",
        Some(Milestone::Lost) => "badge bad",
        Some(Milestone::Opportunity) => "badge accent",
        Some(Milestone::Lead) | None => "badge",
    };
    let told =
        milestone.map_or_else(|| stage.to_owned(), |milestone| format!("{stage}: {}", milestone.name()));
    let meaning = milestone.map(Milestone::name).filter(|name| !stage.eq_ignore_ascii_case(name));
    html! { span class=(class) title=(told) { (cut(stage, STAGE_SHOWN)) @if let Some(meaning) = meaning { span.unseen { " (" (meaning) ")" } } } }
}

/// What people call a kind of identifiers.
pub(crate) fn identifier_title(kind: &str) -> &'static str {
    let kind = IdentifierKind::ALL.into_iter().find(|one| one.name() == kind);
    match kind {
        Some(IdentifierKind::RaId) => "Visitor id",
        Some(IdentifierKind::EmailAddress) => "Email address",
        Some(IdentifierKind::PhoneNumber) => "Telephone number",
        Some(IdentifierKind::CookieValue) => "Google client id",
        Some(IdentifierKind::PayloadValue) | None => "Payload value",
    }
}

/// Whether somebody was found for a record, in a word or two.
pub(super) fn found_badge(found: Found) -> Markup {
    match found {
        Found::By(kind) => html! { span.quiet { (short_title(kind)) } },
        Found::Nobody(reason) => html! { span.badge.warn { (unmatched_title(reason)) } },
    }
}

/// As [`identifier_title`], for where there is little room.
fn short_title(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::EmailAddress => "Email",
        IdentifierKind::PhoneNumber => "Telephone",
        IdentifierKind::CookieValue => "Client id",
        IdentifierKind::RaId | IdentifierKind::PayloadValue => identifier_title(kind.name()),
    }
}

fn unmatched_title(reason: Unmatched) -> &'static str {
    match reason {
        Unmatched::NothingFound => "Nobody yet",
        Unmatched::Ambiguous => "Several people",
        Unmatched::Guarded => "Guarded",
    }
}

/// What people call one record of a kind, and several.
pub(super) fn kind_words(kind: RecordKind, count: usize) -> &'static str {
    match (kind, count) {
        (RecordKind::Opportunity, 1) => "opportunity",
        (RecordKind::Opportunity, _) => "opportunities",
        (RecordKind::Revenue, 1) => "revenue item",
        (RecordKind::Revenue, _) => "revenue items",
    }
}

/// A moment: of a date alone, the date.
pub(super) fn told(viewer: &Viewer, moment: Moment) -> Markup {
    if moment.date_only {
        return html! { time datetime=(moment) { (viewer.locale.day(Day::of(moment.at))) } };
    }
    viewer.locale.time(moment.at)
}

/// A moment as the API tells it.
pub(crate) fn when(viewer: &Viewer, raw: &str) -> Markup {
    Moment::parse(raw).map_or_else(|_| html! { (raw) }, |moment| told(viewer, moment))
}

/// A text of at most so many characters; what is longer is cut off, and says so.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
