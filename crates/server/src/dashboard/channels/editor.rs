//! The forms that change a site's own rules; each leads to a preview.

use super::super::parts::{empty, form_key};
use super::super::session::Viewer;
use super::draft::{Draft, NewRule};
use super::rules::{channel, mark, words};
use maud::{Markup, html};
use std::collections::BTreeSet;
use touchline_domain::channel::{ChannelRules, DecidedBy, Field, Operator, Rule};

/// Fields in the order in which they are wanted.
const FIELDS: [Field; 12] = [
    Field::Campaign,
    Field::Source,
    Field::Medium,
    Field::SourceKind,
    Field::ReferrerHost,
    Field::LandingPath,
    Field::LandingHost,
    Field::Term,
    Field::Content,
    Field::CampaignId,
    Field::SourcePlatform,
    Field::ClickId,
];

/// What every form carries.
pub(super) fn carried(viewer: &Viewer, draft: &Draft) -> Markup {
    html! {
        (form_key(viewer))
        input type="hidden" name="base" value=(super::base_of(viewer));
        input type="hidden" name="period" value=(draft.period);
        input type="hidden" name="model" value=(draft.model);
    }
}

/// The rules in order, with buttons to move and to take away.
pub(super) fn own(viewer: &Viewer, draft: &Draft, decided: Option<DecidedBy>) -> Markup {
    let rules = draft.listed();
    if rules.is_empty() {
        return empty(
            "There are none yet.",
            "A rule of your own comes before the built-in ones: for brand campaigns, partners, or a poster's address.",
        );
    }
    html! {
        form method="post" action=(viewer.page("channels/preview")) {
            (carried(viewer, draft))
            input type="hidden" name="rules" value=(draft.text);
            div.scroll tabindex="0" role="region" aria-label="Table of the site's own rules" {
                table.data {
                    caption.unseen { "The site's own rules, in the order in which they are tried" }
                    thead { tr { th scope="col" { "Channel" } th scope="col" { "If" } th scope="col" { "Rule" } @if viewer.is_admin() { th scope="col" { span.unseen { "Change" } } } } }
                    tbody { @for (place, rule) in rules.iter().enumerate() { (row(viewer, rule, place, rules.len(), decided)) } }
                }
            }
        }
    }
}

fn row(viewer: &Viewer, rule: &Rule, place: usize, count: usize, decided: Option<DecidedBy>) -> Markup {
    let is_decisive = decided == Some(DecidedBy::Own(place));
    let button = |what: &str, sign: &str, told: &str, is_off: bool| {
        html! {
            button.small type="submit" name="edit" value=(format!("{what}:{place}")) disabled[is_off] title=(told) aria-label=(format!("{told}: {}", rule.name())) { (sign) }
        }
    };
    html! {
        tr.decides[is_decisive] {
            th scope="row" { (channel(rule)) (mark(is_decisive)) }
            td { (words(rule)) }
            td.quiet.rule { (rule.name()) }
            @if viewer.is_admin() {
                td.n {
                    span.moves {
                        (button("up", "↑", "Try it earlier", place == 0))
                        (button("down", "↓", "Try it later", place + 1 == count))
                        (button("remove", "Remove", "Remove it", false))
                    }
                }
            }
        }
    }
}

/// The form for one more rule.
pub(super) fn add(viewer: &Viewer, draft: &Draft) -> Markup {
    let new = &draft.new;
    let own = draft.listed();
    let channels: BTreeSet<&str> =
        ChannelRules::builtin_rules().iter().chain(&own).map(Rule::channel).collect();
    html! {
        form.form.apart.wide method="post" action=(viewer.page("channels/preview")) {
            h3 { "Add a rule" }
            (carried(viewer, draft))
            input type="hidden" name="rules" value=(draft.text);
            div.form-row {
                label.grow { span { "Channel" } input name="channel" value=(new.channel) maxlength="255" list="channels" placeholder="Brand Search" autocomplete="off"; }
                label.grow { span { "Name of the rule (optional)" } input name="name" value=(new.name) maxlength="255" placeholder="brand-search" autocomplete="off"; }
            }
            datalist #channels { @for channel in channels { option value=(channel) {} } }
            @for place in 0..NewRule::CONDITIONS { (condition(new, place)) }
            div { button type="submit" name="edit" value="add" { "See what would move" } }
        }
    }
}

fn condition(new: &NewRule, place: usize) -> Markup {
    let [field, operator, values] = &new.conditions[place];
    html! {
        fieldset {
            legend { @if place == 0 { "If" } @else { "And (optional)" } }
            div.form-row {
                label { span.unseen { "Field" }
                    select name=(format!("field-{place}")) { @for one in FIELDS { option selected[one.name() == field] { (one.name()) } } }
                }
                label { span.unseen { "Comparison" }
                    select name=(format!("operator-{place}")) { @for one in Operator::ALL { option selected[one.name() == operator] { (one.name()) } } }
                }
                label.grow { span.unseen { "Values, any of them, separated by commas" }
                    input name=(format!("values-{place}")) value=(values) placeholder="one value, or several with commas" autocomplete="off";
                }
            }
        }
    }
}

/// All rules as text.
pub(super) fn text(viewer: &Viewer, draft: &Draft) -> Markup {
    let is_wrong = draft.rules().is_none();
    let rows = draft.text.lines().count().clamp(4, 20);
    html! {
        details.as-text open[is_wrong] {
            summary { "Edit all of them as text" }
            form.stack method="post" action=(viewer.page("channels/preview")) {
                (carried(viewer, draft))
                label for="rules" { span { "One rule a line: NAME: CHANNEL if FIELD OPERATOR VALUE, VALUE and FIELD OPERATOR VALUE" } }
                textarea.code #rules name="rules" rows=(rows) spellcheck="false" aria-invalid=[is_wrong.then_some("true")] aria-describedby=[is_wrong.then_some("wrong-rules")]
                    placeholder="brand-search: Brand Search if source kind is search and campaign contains brand" { "\n" (draft.text) }
                p.hint {
                    "Fields: " @for (place, field) in FIELDS.into_iter().enumerate() { @if place > 0 { ", " } (field.name()) }
                    ". Comparisons: " @for (place, operator) in Operator::ALL.into_iter().enumerate() { @if place > 0 { ", " } (operator.name()) } "."
                }
                div { button.second type="submit" { "See what would move" } }
            }
        }
    }
}
