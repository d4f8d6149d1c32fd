//! The facts that tie somebody together, each with whom it names; an administrator can cut what is wrong, and restore it.

use super::super::opportunities::{identifier_title, record_page, when};
use super::super::parts::form_key;
use super::found::{Person, cut};
use super::identifiers::{named, title};
use super::shown::part;
use crate::http::people::fact_out::EvidenceOut;
use crate::http::record_out::IdentifierOut;
use maud::{Markup, html};
use touchline_domain::record::RecordKind;

/// The most identifiers of one fact that are shown.
const NAMED_SHOWN: usize = 12;

pub(super) fn draw(person: &Person<'_>) -> Markup {
    let (viewer, out) = (person.viewer, &person.out.evidence);
    if out.is_empty() {
        return html! { p.quiet { "No fact names more than one of their identifiers." } };
    }
    let (range, pager) = part(viewer, "evidence", out.len());
    let list = html! { ul.held.evidence { @for fact in &out[range] { (self::fact(person, fact)) } } };
    html! {
        p.quiet { "What ties them together: each of these names several identifiers, and so says that they are one person." }
        @if viewer.is_admin() {
            p.quiet { "Cut what is wrong: the fact stays as it was sent, and people and records are worked out as if it never named that identifier. It can be restored at any time." }
            form method="post" action=(viewer.page("people/evidence")) { (form_key(viewer)) (person.sought.hidden()) (list) }
        } @else { (list) }
        (pager)
    }
}

fn fact(person: &Person<'_>, fact: &EvidenceOut) -> Markup {
    let viewer = person.viewer;
    let kind = RecordKind::ALL.into_iter().find(|kind| kind.name() == fact.kind);
    let word = match fact.kind {
        "visit" => "Visit",
        "webConversion" => "Form",
        "inboundCall" => "Call",
        "opportunity" => "Opportunity",
        _ => "Revenue",
    };
    html! {
        li {
            div {
                strong { (word) }
                @if let Some(reference) = &fact.reference {
                    " " @if let Some(kind) = kind { a href=(record_page(viewer, kind, reference)) { (cut(reference)) } } @else { span.code { (cut(reference)) } }
                }
                " " span.quiet { (when(viewer, &fact.happened_at)) " · fact " (fact.fact) }
            }
            ul.named {
                @for one in fact.identifiers.iter().take(NAMED_SHOWN) { (identifier(person, fact.fact, one, false)) }
                @for one in fact.cut.iter().take(NAMED_SHOWN) { (identifier(person, fact.fact, one, true)) }
            }
            @let more = fact.identifiers.len().saturating_sub(NAMED_SHOWN) + fact.cut.len().saturating_sub(NAMED_SHOWN);
            @if more > 0 { p.quiet.small { (more) " more." } }
        }
    }
}

fn identifier(person: &Person<'_>, fact: u64, one: &IdentifierOut, is_cut: bool) -> Markup {
    let guard = person
        .out
        .identifiers
        .iter()
        .find(|reached| reached.identifier.kind == one.kind && reached.identifier.value == one.value);
    let is_guarded = guard.is_some_and(|reached| reached.guard.is_some());
    html! {
        li {
            span.wrap { span.quiet { (identifier_title(one.kind)) " " } @if is_cut { s { (cut(&one.value)) } } @else { (cut(&one.value)) } }
            @if is_cut { span.badge.bad { "Cut" } } @else if is_guarded { span.badge.warn { "Guarded" } }
            @if person.viewer.is_admin() {
                @let (name, deed) = if is_cut { ("restore", "Restore") } else { ("cut", "Cut") };
                button.small name=(name) value=(format!("{fact} {}", named(one))) aria-label=(format!("{deed} {} of fact {fact}", title(one))) { (deed) }
            }
        }
    }
}
