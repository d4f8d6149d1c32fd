//! What became of a record: its stages, and every upload with what it changed.

use super::record::Record;
use super::words::{stage_badge, told};
use maud::{Markup, html};
use std::collections::BTreeSet;
use touchline_domain::Identifier;
use touchline_domain::record::{Particulars, StoredVersion};

/// The most stages and uploads that are shown: the last.
const SHOWN_MAX: usize = 30;

/// The stages that it went through.
pub(super) fn stages(record: &Record<'_>) -> Markup {
    let (viewer, stages) = (record.viewer, &record.whole.journey.stages);
    let skipped = stages.len().saturating_sub(SHOWN_MAX);
    html! {
        @if skipped > 0 { p.quiet { (skipped) " earlier ones are left out." } }
        ol.steps {
            @for (place, spell) in stages.iter().enumerate().skip(skipped) {
                @let is_worth_more = place == 0 || stages[place - 1].value != spell.value;
                li {
                    div { (stage_badge(&spell.stage, viewer.site.milestone(&spell.stage))) @if is_worth_more { " " span { (viewer.locale.money(spell.value.minor.into(), spell.value.currency)) } } }
                    div.quiet.small { (told(viewer, spell.entered)) @if let Some(left) = spell.left { " – " (told(viewer, left)) } @else { " – now" } }
                }
            }
        }
    }
}

/// Every upload, and what it changed.
pub(super) fn uploads(record: &Record<'_>) -> Markup {
    let (viewer, versions) = (record.viewer, &record.whole.versions);
    let skipped = versions.len().saturating_sub(SHOWN_MAX);
    html! {
        @if skipped > 0 { p.quiet { (skipped) " earlier ones are left out; the API has them all." } }
        ol.steps {
            @for (place, stored) in versions.iter().enumerate().skip(skipped) {
                li {
                    div { (changes(record, &versions[..place], stored)) }
                    div.quiet.small { (told(viewer, stored.version.occurred))
                        @if viewer.locale.moment(stored.received_at) != viewer.locale.moment(stored.version.occurred.at) { ", received " (viewer.locale.time(stored.received_at)) } }
                }
            }
        }
    }
}

fn changes(record: &Record<'_>, before: &[StoredVersion], stored: &StoredVersion) -> Markup {
    let (viewer, version) = (record.viewer, &stored.version);
    let Some(last) = before.last().map(|stored| &stored.version) else {
        return html! {
            "First heard of: " (viewer.locale.money(version.value.minor.into(), version.value.currency))
            @if let Some(stage) = version.stage() { ", " (stage) }
        };
    };
    let known: BTreeSet<&Identifier> = before.iter().flat_map(|stored| &stored.version.identifiers).collect();
    let added = version.identifiers.iter().filter(|identifier| !known.contains(identifier)).count();
    let earlier = |said: fn(&StoredVersion) -> bool| before.iter().rev().find(|stored| said(stored));
    let labels = earlier(|stored| stored.version.labels.is_some()).and_then(|s| s.version.labels.clone());
    let properties =
        earlier(|stored| stored.version.properties.is_some()).and_then(|s| s.version.properties.clone());
    let mut told: Vec<Markup> = Vec::new();
    if version.value != last.value {
        told.push(html! {
            "Value " (viewer.locale.money(last.value.minor.into(), last.value.currency))
            " → " (viewer.locale.money(version.value.minor.into(), version.value.currency))
        });
    }
    if let (Particulars::Revenue { lead: Some(lead) }, Particulars::Revenue { lead: before }) =
        (&version.particulars, &last.particulars)
        && before.as_ref() != Some(lead)
    {
        told.push(html! { "Lead " (super::words::told(viewer, *lead)) });
    }
    if version.stage() != last.stage() {
        told.push(html! { "Stage → " (version.stage().unwrap_or("none")) });
    }
    if version.labels.is_some()
        && version.labels.as_deref().unwrap_or_default() != labels.as_deref().unwrap_or_default()
    {
        told.push(html! { "Labels changed" });
    }
    if version.properties.is_some()
        && version.properties.as_deref().unwrap_or_default() != properties.as_deref().unwrap_or_default()
    {
        told.push(html! { "Properties changed" });
    }
    if added > 0 {
        told.push(html! { (super::record::count(viewer, added, "identifier", "identifiers")) " added" });
    }
    if told.is_empty() {
        let is_moved = version.occurred != last.occurred;
        return html! { @if is_moved { "Date moved, nothing else" } @else { "Nothing else" } };
    }
    html! { @for (place, change) in told.iter().enumerate() { @if place > 0 { "; " } (change) } }
}
