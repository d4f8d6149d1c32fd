//! Campaigns whose names are probably meant to be one.

use super::super::asked::{Asked, CARRIED};
use super::super::parts::{card, empty};
use super::super::session::Viewer;
use super::figures::{Campaign, Figures};
use crate::http::reports::query_in::filter_text;
use maud::{Markup, html};
use touchline_domain::report::{Condition, Dimension, Filter, TouchDimension};

/// So many groups are shown, the most valuable first, and so many names of one.
const GROUPS_MAX: usize = 20;
const NAMES_MAX: usize = 10;

pub(super) fn section(viewer: &Viewer, asked: &Asked, figures: &Figures) -> Markup {
    let content = if figures.near.is_empty() {
        empty(
            "No two campaigns have nearly the same name.",
            "Names that differ only in case, in separators or in one letter would stand here.",
        )
    } else {
        html! {
            p.quiet.before-table { "Each group is probably one campaign. Agree on one spelling and change the links: reports keep names as they were written." }
            ul.groups {
                @for group in figures.near.iter().take(GROUPS_MAX) { li { (self::group(viewer, asked, figures, group)) } }
            }
            @if figures.near.len() > GROUPS_MAX { p.quiet { (viewer.locale.count((figures.near.len() - GROUPS_MAX) as u64)) " more groups are left out." } }
        }
    };
    html! { div.section #campaigns { (card("Campaigns with similar names", "", content)) } }
}

#[expect(clippy::cast_precision_loss, reason = "a share of records")]
fn group(viewer: &Viewer, asked: &Asked, figures: &Figures, group: &[Campaign]) -> Markup {
    let locale = &viewer.locale;
    let filter = Filter {
        dimension: Dimension::Touch(TouchDimension::Campaign),
        condition: Condition::Is,
        values: group.iter().take(NAMES_MAX).map(|one| one.name.clone()).collect(),
    };
    let to = asked.address().to(viewer.page("attribution").to_string(), &CARRIED);
    let to = to.with("by", "campaign").and("where", filter_text(&filter));
    html! {
        div.scroll tabindex="0" role="region" aria-label=(format!("Campaigns like {}", group[0].name)) {
            table.data.similar {
                thead { tr {
                    th scope="col" { "Campaign" } th.n scope="col" { "Visits" } th.n scope="col" { "Records" } th.n scope="col" { "Value" }
                } }
                tbody {
                    @for one in group.iter().take(NAMES_MAX) {
                        tr {
                            th scope="row" { code { (one.name) } }
                            td.n { (locale.count(one.visits)) }
                            td.n { (locale.number(one.records as f64 / 1e6, 1)) }
                            td.n { (locale.money(one.minor, figures.currency)) }
                        }
                    }
                }
            }
        }
        p { a href=(to) { "See them together →" } @if group.len() > NAMES_MAX { span.quiet { " and " (locale.count((group.len() - NAMES_MAX) as u64)) " more" } } }
    }
}
