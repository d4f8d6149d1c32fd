//! Whom a record is about and why: by what it was found, over which facts, what was guarded; and what to do when nobody was.

use super::record::Record;
use super::words::{cut, identifier_title, when};
use crate::http::people::fact_out::LinkOut;
use crate::http::record_out::IdentifierOut;
use maud::{Markup, html};

/// The most identifiers of one list.
const SHOWN_MAX: usize = 12;

/// The longest value that is shown, in characters.
const VALUE_SHOWN: usize = 100;

/// The longest reference of a form or call, in characters: most are made up.
const REFERENCE_SHOWN: usize = 24;

/// Whether there is more to say than that nobody was found.
pub(super) fn has_any(record: &Record<'_>) -> bool {
    let found = record.found;
    found.is_matched() || !found.guarded.is_empty() || !found.conflicts.is_empty() || found.is_truncated
}

pub(super) fn draw(record: &Record<'_>) -> Markup {
    let found = record.found;
    html! {
        @if let Some(by) = &found.matched_by { p { "Found by its " (identifier_title(by.kind).to_lowercase()) "." } }
        @if !found.path.is_empty() {
            ol.steps.path {
                @for one in found.path.iter().take(SHOWN_MAX) {
                    li {
                        @if let Some(by) = &one.by { div.quiet.small { "named together by " (fact(by)) ", " (when(record.viewer, &by.happened_at)) } }
                        div { (identifier(record, &one.identifier)) }
                    }
                }
            }
        }
        @if found.is_matched() {
            p.quiet {
                (super::record::count(record.viewer, found.visitors.len(), "browser", "browsers")) ", "
                (super::record::count(record.viewer, found.visits.len(), "visit", "visits")) " and "
                (super::record::count(record.viewer, found.conversions.len(), "conversion", "conversions")) " are known of them."
            }
        }
        @if !found.guarded.is_empty() {
            h3 { "Not followed, because many have it" }
            ul.steps {
                @for one in found.guarded.iter().take(SHOWN_MAX) {
                    li { div { (identifier(record, &one.identifier)) } div.quiet.small { (one.guard.detail) } }
                }
            }
            (more(found.guarded.len()))
        }
        @if !found.conflicts.is_empty() {
            h3 { "Leads to somebody else, and was not followed" }
            ul.steps {
                @for one in found.conflicts.iter().take(SHOWN_MAX) {
                    li { div { (identifier(record, &one.identifier)) } div.quiet.small { "by fact " (one.fact) } }
                }
            }
            (more(found.conflicts.len()))
        }
        @if found.is_truncated { p.note { "The search stopped at a bound; there may be more." } }
    }
}

/// That nobody was found, and what can be done.
pub(super) fn unmatched(record: &Record<'_>) -> Markup {
    let site = |name: &str, title: &str| html! { a href=(record.viewer.page(name)) { (title) } };
    html! {
        div.note role="note" {
            p { strong { "Nobody was found for it. " } (record.found.explanation) }
            p {
                @match record.found.reason {
                    Some("ambiguous") => { "Have the CRM send the email address or the visitor id as well. Or look the identifiers below up under " (site("people", "People")) ", and cut the evidence that is wrong." }
                    Some("guarded") => { "If the identifier belongs to one person after all, allow it under " (site("people", "People")) ". Else have the CRM send the person’s own email address or visitor id." }
                    _ => { "If this happens often, check that forms report the email address that the CRM sends, or put the visitor id into a hidden field: " (site("set-up", "Set-up")) " shows how. " (site("quality", "Data quality")) " shows how many there are." }
                }
            }
            @if !record.state.identifiers.is_empty() {
                p { "It names: " }
                ul.steps {
                    @for one in record.state.identifiers.iter().take(SHOWN_MAX) { li { (identifier(record, &one.into())) } }
                }
                (more(record.state.identifiers.len()))
            }
        }
    }
}

fn more(count: usize) -> Markup {
    html! { @if count > SHOWN_MAX { p.quiet { (count - SHOWN_MAX) " more." } } }
}

/// An identifier, and the way to whom it leads.
fn identifier(record: &Record<'_>, identifier: &IdentifierOut) -> Markup {
    let address = super::super::people::address(record.viewer, identifier);
    html! { span.quiet { (identifier_title(identifier.kind)) " " } a.wrap href=(address) { (cut(&identifier.value, VALUE_SHOWN)) } }
}

/// A fact in a few words.
fn fact(link: &LinkOut) -> Markup {
    let kind = match link.kind {
        "visit" => "a visit",
        "webConversion" => "the form",
        "inboundCall" => "the call",
        "opportunity" => "the opportunity",
        _ => "the revenue item",
    };
    html! { (kind) @if let Some(reference) = &link.reference { " " (cut(reference, REFERENCE_SHOWN)) } }
}
