//! Rules of a site's own that are being changed, as forms carry them.

use super::super::session::Form;
use crate::app::channels::as_text;
use maud::{Markup, html};
use touchline_domain::Invalid;
use touchline_domain::channel::{ChannelRules, Condition, Field, Operator, Rule};

/// A new rule as it is filled in.
#[derive(Default)]
pub(super) struct NewRule {
    pub(super) name: String,
    pub(super) channel: String,
    /// Field, operator and values of each condition.
    pub(super) conditions: [[String; 3]; NewRule::CONDITIONS],
}

impl NewRule {
    /// How many conditions the form has room for.
    pub(super) const CONDITIONS: usize = 2;

    fn given(form: &Form) -> Self {
        let text = |name: &str| form.get(name).unwrap_or("").to_owned();
        let condition =
            |place: usize| ["field", "operator", "values"].map(|part| text(&format!("{part}-{place}")));
        Self { name: text("name"), channel: text("channel"), conditions: [0, 1].map(condition) }
    }

    fn rule(&self) -> Result<Rule, Vec<String>> {
        let mut wrong = Vec::new();
        if self.channel.is_empty() {
            wrong.push("The channel must be given.".to_owned());
        }
        let mut conditions = Vec::new();
        for [field, operator, values] in self.conditions.iter().filter(|[_, _, values]| !values.is_empty()) {
            let field = Field::ALL.into_iter().find(|one| one.name() == field);
            let operator = Operator::ALL.into_iter().find(|one| one.name() == operator);
            let values = values.split(',').map(str::trim).filter(|value| !value.is_empty());
            match field.zip(operator).map(|(field, operator)| Condition::new(field, operator, values)) {
                Some(Ok(condition)) => conditions.push(condition),
                Some(Err(invalid)) => wrong.push(sentence("The condition", &invalid)),
                None => {
                    wrong
                        .push("The condition must have a field and a comparison of those listed.".to_owned());
                }
            }
        }
        if conditions.is_empty() && wrong.is_empty() {
            wrong.push("The first condition must have a value to compare with.".to_owned());
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let name = if self.name.is_empty() { named_after(&self.channel) } else { self.name.clone() };
        Rule::new(&name, &self.channel, conditions).map_err(|invalid| vec![sentence("The rule", &invalid)])
    }
}

/// `Brand Search` is decided by `brand-search`, unless somebody says otherwise.
fn named_after(channel: &str) -> String {
    channel.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-")
}

fn sentence(what: &str, invalid: &Invalid) -> String {
    format!("{what} {}.", invalid.must)
}

/// The rules that would be, and how the preview is to be made.
pub(super) struct Draft {
    rules: Option<ChannelRules>,
    /// As it was written.
    pub(super) text: String,
    pub(super) new: NewRule,
    wrong: Vec<String>,
    is_outdated: bool,
    pub(super) period: String,
    pub(super) model: String,
}

impl Draft {
    /// The site's rules as they are.
    pub(super) fn of(rules: &ChannelRules, (period, model): (&str, &str)) -> Self {
        Self {
            text: as_text(rules),
            rules: Some(rules.clone()),
            new: NewRule::default(),
            wrong: Vec::new(),
            is_outdated: false,
            period: period.to_owned(),
            model: model.to_owned(),
        }
    }

    /// What a form makes of them.
    pub(super) fn given(form: &Form, present: &ChannelRules) -> Self {
        let defaults = super::preview::DEFAULTS;
        let asked = (form.get("period").unwrap_or(defaults.0), form.get("model").unwrap_or(defaults.1));
        let mut draft = Self::of(present, asked);
        if let Some(text) = form.all("rules").next() {
            text.clone_into(&mut draft.text);
            draft.read();
        }
        let edit = form.get("edit").unwrap_or("");
        if edit == "add" {
            draft.new = NewRule::given(form);
            draft.add();
        } else if let Some((what, place)) = edit.split_once(':')
            && let (Some(rules), Ok(place)) = (&draft.rules, place.parse::<usize>())
        {
            draft.rules = edited(rules, what, place).or(draft.rules);
            draft.text = draft.rules.as_ref().map_or_else(String::new, as_text);
        }
        draft
    }

    fn read(&mut self) {
        let parsed = Rule::parse_lines(&self.text).map_err(|wrong| {
            wrong.iter().map(|(line, invalid)| sentence(&format!("Line {line}"), invalid)).collect()
        });
        let rules = parsed.and_then(|rules| {
            ChannelRules::with(rules).map_err(|invalid| vec![sentence("The list", &invalid)])
        });
        match rules {
            Ok(rules) => self.rules = Some(rules),
            Err(wrong) => (self.rules, self.wrong) = (None, wrong),
        }
    }

    /// Adds the new rule behind the others.
    fn add(&mut self) {
        let Some(rules) = &self.rules else { return };
        let added = self.new.rule().and_then(|rule| {
            let all = rules.own().iter().cloned().chain([rule]).collect();
            ChannelRules::with(all).map_err(|invalid| vec![sentence("The list", &invalid)])
        });
        match added {
            Ok(rules) => {
                self.text = as_text(&rules);
                (self.rules, self.new) = (Some(rules), NewRule::default());
            }
            Err(wrong) => (self.rules, self.wrong) = (None, wrong),
        }
    }

    /// The same, to be looked at again: the site's rules are others by now.
    pub(super) fn outdated(self) -> Self {
        Self { is_outdated: true, ..self }
    }

    pub(super) fn is_outdated(&self) -> bool {
        self.is_outdated
    }

    /// The rules, if nothing is wrong with them.
    pub(super) fn rules(&self) -> Option<&ChannelRules> {
        self.rules.as_ref()
    }

    /// The rules to show in a list: those that can be read.
    pub(super) fn listed(&self) -> Vec<Rule> {
        match &self.rules {
            Some(rules) => rules.own().to_vec(),
            None => self.text.lines().filter_map(|line| Rule::parse(line.trim()).ok()).collect(),
        }
    }

    /// What is wrong with them.
    pub(super) fn problems(&self) -> Markup {
        html! {
            @if !self.wrong.is_empty() {
                div.error #wrong-rules role="alert" {
                    p { strong { "Nothing was changed." } }
                    ul { @for wrong in self.wrong.iter().take(20) { li { (wrong) } } }
                }
            }
        }
    }
}

/// Rules with one moved or taken away.
fn edited(rules: &ChannelRules, what: &str, place: usize) -> Option<ChannelRules> {
    let mut own = rules.own().to_vec();
    match what {
        "up" if (1..own.len()).contains(&place) => own.swap(place - 1, place),
        "down" if place + 1 < own.len() => own.swap(place, place + 1),
        "remove" if place < own.len() => drop(own.remove(place)),
        _ => return None,
    }
    ChannelRules::with(own).ok()
}
