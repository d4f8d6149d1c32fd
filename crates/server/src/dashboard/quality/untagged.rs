//! Visits that say of no campaign that they come from it.

use super::super::chart::{bar, dot};
use super::super::parts::{card, empty};
use super::super::session::Viewer;
use super::figures::{Figures, Visits};
use maud::{Markup, html};
use std::cmp::Reverse;
use touchline_domain::report::UNATTRIBUTED;

/// So many places are listed: those with the most visits that could be tagged and are not.
const ROWS_MAX: usize = 15;

pub(super) fn section(viewer: &Viewer, figures: &Figures) -> Markup {
    let mut rows: Vec<(&(String, String), &Visits)> = figures.visits.iter().collect();
    rows.retain(|((channel, _), one)| one.untagged > 0 && channel != "Direct" && channel != UNATTRIBUTED);
    rows.sort_by_key(|((channel, source), one)| {
        (!Figures::is_taggable(channel), Reverse(one.untagged), channel.clone(), source.clone())
    });
    let (all, untagged) = figures
        .visits
        .iter()
        .filter(|((channel, _), _)| channel != "Direct" && channel != UNATTRIBUTED)
        .fold((0, 0), |(all, untagged), (_, one)| (all + one.all, untagged + one.untagged));
    let content = if rows.is_empty() {
        empty("Every visit that is not direct names its campaign.", "Nothing to do here.")
    } else {
        html! {
            p.quiet.before-table {
                (viewer.locale.count(untagged)) " of " (viewer.locale.count(all)) " visits that are not direct name no campaign. Where the links are your own, add utm_source, utm_medium and utm_campaign to them."
            }
            (table(viewer, &rows))
        }
    };
    html! { div.section #untagged { (card("Visits without a campaign", "", content)) } }
}

#[expect(clippy::cast_precision_loss, reason = "a share")]
fn table(viewer: &Viewer, rows: &[(&(String, String), &Visits)]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Table of visits without a campaign" {
            table.data {
                caption.unseen { "Visits without a campaign, by channel and source" }
                thead { tr { th scope="col" { "Source" } th scope="col" { "Channel" } th scope="col" { span.unseen { "Share" } } th.n scope="col" { "Untagged" } th.n scope="col" { "Of visits" } th scope="col" { "Yours to tag" } } }
                tbody {
                    @for ((channel, source), one) in rows.iter().take(ROWS_MAX) {
                        tr {
                            th scope="row" { (source) }
                            td { (dot(channel)) (channel) }
                            td.share { (bar(one.untagged as f64 / one.all.max(1) as f64, &super::super::chart::colour(channel))) }
                            td.n { (viewer.locale.count(one.untagged)) }
                            td.n { (viewer.locale.count(one.all)) }
                            td { @if Figures::is_taggable(channel) { span.badge.warn { "yes" } } @else { span.quiet { "as a rule not" } } }
                        }
                    }
                }
            }
        }
        @if rows.len() > ROWS_MAX { p.quiet { (viewer.locale.count((rows.len() - ROWS_MAX) as u64)) " more with fewer are left out." } }
    }
}
