//! Parsing a site's own channel rules: lines in, rules or every problem out.

use super::super::error::Problem;
use super::super::json::{Object, Problems, scalar};
use serde_json::value::RawValue;
use touchline_domain::Invalid;
use touchline_domain::channel::{ChannelRules, Rule};
use utoipa::ToSchema;

/// A site's own channel rules.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; read by `parse`")]
pub(crate) struct ChannelRulesIn {
    /// In the order in which they are tried, each `NAME: CHANNEL if FIELD OPERATOR VALUE, … and …`. They replace the ones
    /// before; none leaves the built-in rules alone. Empty text and text that begins with `#` is left out.
    #[schema(max_items = 200, value_type = Vec<ChannelRuleLine>)]
    rules: Vec<String>,
}

/// A rule as text.
#[derive(ToSchema)]
#[schema(value_type = String, format = "touchline-rule", example = "brand-search: Brand Search if source kind is search and campaign contains brand")]
#[expect(dead_code, reason = "describes the body; read by `parse`")]
struct ChannelRuleLine(String);

/// Own rules that can be stored, and pointers to members that are not known.
pub(super) type Parsed = (ChannelRules, Vec<String>);

/// Reads a body. The error holds every problem that it has.
pub(super) fn parse(raw: &RawValue) -> Result<Parsed, Vec<Problem>> {
    let mut problems = Problems::default();
    let parsed = Object::read(raw, String::new(), "body", &mut problems)
        .and_then(|object| members(object, &mut problems));
    match parsed {
        Some(parsed) if problems.is_empty() => Ok(parsed),
        _ => Err(problems.into_vec()),
    }
}

fn members(mut object: Object<'_>, problems: &mut Problems) -> Option<Parsed> {
    let problems_before = problems.count();
    let lines = object.array("rules", ChannelRules::OWN_MAX, problems);
    let pointer = object.pointer_to("rules");
    if lines.is_none() && problems.count() == problems_before {
        object.missing("rules", problems);
    }
    let mut rules = Vec::new();
    for (index, line) in lines?.into_iter().enumerate() {
        match rule(line) {
            Ok(rule) => rules.extend(rule),
            Err(invalid) => problems.add(&format!("{pointer}/{index}"), &format!("rules[{index}]"), &invalid),
        }
    }
    let rules =
        ChannelRules::with(rules).map_err(|invalid| problems.add(&pointer, "rules", &invalid)).ok()?;
    Some((rules, object.ignored()))
}

/// A line; none when it says nothing, as in a file of rules.
fn rule(line: &RawValue) -> Result<Option<Rule>, Invalid> {
    let text = scalar(line).ok_or_else(|| Invalid::new("wrong_type", "must be text"))?;
    let text = text.trim();
    if text.contains(['\n', '\r']) {
        return Err(Invalid::new("not_a_rule", "must be one line"));
    }
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    Rule::parse(text).map(Some)
}
