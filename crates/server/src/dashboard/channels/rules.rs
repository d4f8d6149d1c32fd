//! Rules in words.

use super::super::chart::dot;
use maud::{Markup, html};
use touchline_domain::channel::{ChannelRules, DecidedBy, Operator, Rule};

/// What must hold, in words.
pub(super) fn words(rule: &Rule) -> Markup {
    html! {
        span.words {
            @for (place, condition) in rule.conditions().iter().enumerate() {
                @if place > 0 { " and " }
                (condition.field().name()) " "
                span.quiet { (condition.operator().name()) @if condition.operator() == Operator::Is && condition.values().len() > 1 { " one of" } }
                " "
                @for (place, value) in condition.values().iter().enumerate() {
                    @if place > 0 { ", " }
                    code { (value) }
                }
            }
        }
    }
}

/// The channel that a rule gives.
pub(super) fn channel(rule: &Rule) -> Markup {
    html! { (dot(rule.channel())) (rule.channel()) }
}

/// What tells the rule that decided about the address that is tried.
pub(super) fn mark(is_decisive: bool) -> Markup {
    html! { @if is_decisive { " " span.badge.accent { "decides" } } }
}

/// The built-in rules, in their order.
pub(super) fn builtin(decided: Option<DecidedBy>) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Table of the built-in rules" {
            table.data {
                caption.unseen { "The built-in rules, in the order in which they are tried" }
                thead { tr { th scope="col" { "Channel" } th scope="col" { "If" } th scope="col" { "Rule" } } }
                tbody {
                    @for (place, rule) in ChannelRules::builtin_rules().iter().enumerate() {
                        @let is_decisive = decided == Some(DecidedBy::Builtin(place));
                        tr.decides[is_decisive] {
                            th scope="row" { (channel(rule)) (mark(is_decisive)) }
                            td { (words(rule)) }
                            td.quiet.rule { (rule.name()) }
                        }
                    }
                    @let is_decisive = decided == Some(DecidedBy::NoRule);
                    tr.decides[is_decisive] {
                        th scope="row" { (dot(ChannelRules::UNASSIGNED)) (ChannelRules::UNASSIGNED) (mark(is_decisive)) }
                        td { span.quiet { "no rule holds" } }
                        td.quiet.rule { "unassigned" }
                    }
                }
            }
        }
    }
}
