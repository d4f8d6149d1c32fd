//! What names somebody, what each of it may do, and how it was reached.

use super::super::opportunities::identifier_title;
use super::super::parts::form_key;
use super::found::{Person, cut};
use super::shown::part;
use super::whom::address;
use crate::http::people::reached_out::ReachedOut;
use crate::http::record_out::IdentifierOut;
use maud::{Markup, html};

/// Kind and value of an identifier in a few words.
pub(super) fn title(identifier: &IdentifierOut) -> String {
    format!("{} {}", identifier_title(identifier.kind), cut(&identifier.value))
}

/// An identifier as the form of a decision has it.
pub(super) fn named(identifier: &IdentifierOut) -> String {
    format!("{}={}", identifier.kind, identifier.value)
}

pub(super) fn draw(person: &Person<'_>) -> Markup {
    let (viewer, out) = (person.viewer, &person.out.identifiers);
    let (range, pager) = part(viewer, "identifiers", out.len());
    let table = html! {
        div.scroll tabindex="0" role="region" aria-label="Table of identifiers" {
            table.data {
                caption.unseen { "Identifiers of this person, the nearest to what was looked for first" }
                thead { tr { th scope="col" { "Identifier" } th scope="col" { "Kind" } th scope="col" { "Standing" } th scope="col" { "How it was reached" } @if viewer.is_admin() { th scope="col" { span.unseen { "Decision" } } } } }
                tbody { @for one in &out[range] { (row(person, one)) } }
            }
        }
    };
    html! {
        @if viewer.is_admin() {
            form method="post" action=(viewer.page("people/identifier")) { (form_key(viewer)) (person.sought.hidden()) (table) }
        } @else { (table) }
        (pager)
    }
}

fn row(person: &Person<'_>, one: &ReachedOut) -> Markup {
    let is_allowed = person.allowed.iter().any(|allowed| {
        allowed.kind().name() == one.identifier.kind && allowed.value() == one.identifier.value
    });
    html! {
        tr {
            th.wrap scope="row" { a href=(address(person.viewer, &one.identifier)) { (cut(&one.identifier.value)) } @if let Some(written) = &one.identifier.written { div.quiet.small { "written " (cut(written)) } } }
            td.kind { (identifier_title(one.identifier.kind)) }
            td {
                @match one.standing {
                    "joins" => { span.badge.good { "Joins" } @if is_allowed { " " span.badge.accent { "Allowed" } } }
                    "matches" if one.guard.is_some() => { span.badge.warn { "Guarded" } }
                    "matches" => { span.badge { "Matches only" } }
                    _ => { span.badge { "Ignored" } }
                }
                @if let Some(guard) = &one.guard { div.quiet.small { (guard.detail) } }
            }
            td.reached {
                @if let Some(step) = &one.reached { "beside " (title(&step.from)) span.quiet { ", by fact " (step.fact) } } @else { span.quiet { "what was looked for" } }
            }
            @if person.viewer.is_admin() { td.n { (decision(one, is_allowed)) } }
        }
    }
}

fn decision(one: &ReachedOut, is_allowed: bool) -> Markup {
    // An ignored value stays no one's, whatever else is decided.
    let can_be_allowed = one.standing == "matches" && one.guard.is_some();
    let label = |deed: &str| format!("{deed} {}", title(&one.identifier));
    html! {
        @if is_allowed {
            button.small name="disallow" value=(named(&one.identifier)) aria-label=(label("Allow no longer")) { "Allow no longer" }
        } @else if can_be_allowed {
            button.small name="allow" value=(named(&one.identifier)) aria-label=(label("Allow")) { "Allow" }
        }
    }
}
