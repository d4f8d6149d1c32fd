//! What the table is asked: models, filters, and how touches count.

use super::super::asked::dimension_title;
use super::choices::Show;
use super::draw::Page;
use super::sent::{FILTER, Form, IS_NOT, THEN, parameter_name};
use super::table::Line;
use crate::dashboard::asked::model_title;
use crate::http::reports::query_in::dimensions_text;
use maud::{Markup, html};
use std::collections::BTreeSet;
use touchline_domain::attribution::{DirectPolicy, Model};

const LOOKBACKS: [u32; 6] = [7, 14, 30, 60, 90, 365];

/// The most suggestions, and the longest.
const SUGGESTIONS_MAX: usize = 50;
const SUGGESTION_MAX: usize = 100;

impl Page<'_> {
    pub(super) fn toolbar(&self, lines: &[Line]) -> Markup {
        html! {
            div.toolbar {
                (self.models())
                (self.filter(lines))
                (self.how())
            }
            (self.refused_of(Form::Dimensions))
        }
    }

    fn refused_of(&self, form: Form) -> Markup {
        let refused = self.refused.filter(|refused| refused.form == form);
        html! { @if let Some(refused) = refused { p.error role="alert" { (refused.must) } } }
    }

    fn is_refused(&self, form: Form) -> bool {
        self.refused.is_some_and(|refused| refused.form == form)
    }

    /// Fields for everything that a form does not have.
    fn kept(&self, but: &[&str]) -> Markup {
        let kept = self.asked.address().without(but);
        html! { @for (name, value) in kept.pairs() { input type="hidden" name=(name) value=(value); } }
    }

    fn models(&self) -> Markup {
        let chosen = &self.asked.query.models;
        let others = chosen
            .iter()
            .enumerate()
            .filter(|(place, model)| chosen[..*place].iter().any(|before| before.name() == model.name()));
        html! {
            details.menu open[self.is_refused(Form::Models)] {
                summary.button.second { "Models" span.badge.accent { (chosen.len()) } }
                form.popover.wide method="get" {
                    (self.kept(&["model", "page"]))
                    (self.refused_of(Form::Models))
                    fieldset.choices {
                        legend.unseen { "Models side by side" }
                        @for model in Model::all() { (self.model(&model)) }
                        @for (place, model) in others {
                            @let id = format!("model-{place}");
                            div.choice {
                                input type="checkbox" id=(id) name="model" value=(model) checked;
                                label for=(id) { (model_title(model)) }
                            }
                        }
                    }
                    p.quiet { "The others are compared with the first." }
                    button type="submit" { "Compare" }
                }
            }
        }
    }

    /// A model with what it can be given: as it is chosen, or as it was filled in when that was refused.
    fn model(&self, model: &Model) -> Markup {
        let chosen = self.asked.query.models.iter().find(|one| one.name() == model.name());
        let is_refused = self.is_refused(Form::Models);
        let is_checked = if is_refused {
            self.filled_in.all("model").any(|raw| raw == model.name())
        } else {
            chosen.is_some()
        };
        let parameters = chosen.unwrap_or(model).parameters();
        let id = format!("model-{}", model.name());
        html! {
            div.choice {
                input type="checkbox" id=(id) name="model" value=(model.name()) checked[is_checked];
                label for=(id) { (model_title(model)) }
                @if !parameters.is_empty() {
                    span.parameters {
                        @for (name, value) in &parameters {
                            @let field = parameter_name(model, name);
                            @let filled_in = self.filled_in.get(&field).filter(|_| is_refused);
                            label { span { (name) } input type="text" name=(field) value=(filled_in.unwrap_or(value)) maxlength="20" autocomplete="off"; }
                        }
                    }
                }
                p.quiet { (model.definition()) }
            }
        }
    }

    fn filter(&self, lines: &[Line]) -> Markup {
        let [by, is, value] = FILTER;
        let is_refused = self.is_refused(Form::Filter);
        let current = self.asked.query.by.first().map(ToString::to_string).unwrap_or_default();
        let chosen = self.filled_in.get(by).filter(|_| is_refused).unwrap_or(&current);
        let is_not = is_refused && self.filled_in.get(is) == Some(IS_NOT);
        let suggestions: BTreeSet<&str> = lines
            .iter()
            .flat_map(|line| &line.values)
            .map(String::as_str)
            .filter(|value| value.len() <= SUGGESTION_MAX)
            .take(SUGGESTIONS_MAX)
            .collect();
        html! {
            details.menu open[is_refused] {
                summary.button.second { "Filter" }
                form.popover method="get" {
                    (self.kept(&["page"]))
                    (self.refused_of(Form::Filter))
                    div.form-row {
                        label { span { "What" }
                            select name=(by) { @for name in self.dimensions() { option value=(name) selected[name == chosen] { (dimension_title(&name)) } } }
                        }
                        label { span { "Compared" }
                            select name=(is) { option value="is" { "is" } option value=(IS_NOT) selected[is_not] { "is not" } }
                        }
                        label.grow { span { "Value" }
                            input type="text" name=(value) list="values" required maxlength="1000" autocomplete="off" aria-invalid=[is_refused.then_some("true")] value=[self.filled_in.get(value).filter(|_| is_refused)];
                        }
                        datalist #values { @for suggestion in suggestions { option value=(suggestion) {} } }
                        button type="submit" { "Add the filter" }
                    }
                }
            }
        }
    }

    /// How rows are told apart further, what is shown of them, and which touches count.
    fn how(&self) -> Markup {
        let query = &self.asked.query;
        let mut lookbacks = LOOKBACKS.to_vec();
        lookbacks.extend(query.lookback_days.filter(|days| !LOOKBACKS.contains(days)));
        lookbacks.sort_unstable();
        html! {
            form.how method="get" data-submit-on-change {
                (self.kept(&["by", "show", "direct", "lookback", "page"]))
                (self.then_by())
                label { span { "Figure" }
                    select name="show" { @for show in Show::ALL { option value=(if show == Show::Value { "" } else { show.name() }) selected[show == self.choices.show] { (show.title()) } } }
                }
                label { span { "Direct touches" }
                    select name="direct" {
                        @for policy in DirectPolicy::ALL {
                            option value=(if policy == DirectPolicy::Keep { "" } else { policy.name() }) selected[policy == query.direct] title=(policy.definition()) { (policy_title(policy)) }
                        }
                    }
                }
                label { span { "Lookback" }
                    select name="lookback" {
                        option value="" { "All touches" }
                        @for days in lookbacks { option value=(days) selected[Some(days) == query.lookback_days] { (days) " days" } }
                    }
                }
                button.apply type="submit" { "Show" }
            }
        }
    }

    fn then_by(&self) -> Markup {
        let by: Vec<String> = self.asked.query.by.iter().map(ToString::to_string).collect();
        let dimensions = self.dimensions();
        let selected = |place: usize| by.get(place).map_or("", String::as_str);
        // The third is offered once there is a second.
        html! {
            input type="hidden" name="by" value=(dimensions_text(&self.asked.query.by[..1]));
            @for place in 1..=by.len().min(2) {
                label { span { "Then by" }
                    select name=(THEN) {
                        option value="" { "–" }
                        @for name in dimensions.iter().filter(|name| !by.contains(name) || *name == selected(place)) {
                            option value=(name) selected[name == selected(place)] { (dimension_title(name)) }
                        }
                        @if !selected(place).is_empty() && !dimensions.iter().any(|name| name == selected(place)) {
                            option value=(selected(place)) selected { (dimension_title(selected(place))) }
                        }
                    }
                }
            }
        }
    }
}

fn policy_title(policy: DirectPolicy) -> &'static str {
    match policy {
        DirectPolicy::Keep => "Count",
        DirectPolicy::Skip => "Get nothing",
        DirectPolicy::LastResort => "Last resort",
    }
}
