//! What the page's forms send, made into the address that says the same: forms name parts of a filter, of a model and of
//! the dimensions as fields of their own.

use super::super::address::Address;
use super::choices::model_key;
use crate::dashboard::asked::model_title;
use crate::http::reports::query_in::{self, dimensions_text, filter_text};
use touchline_domain::Invalid;
use touchline_domain::attribution::Model;
use touchline_domain::report::{Condition, Dimension, Filter};

/// The fields of the filter.
pub(super) const FILTER: [&str; 3] = ["filterBy", "filterIs", "filterValue"];

/// The field of one more dimension.
pub(super) const THEN: &str = "then";

/// What a filter compares by, where it is not `is`.
pub(super) const IS_NOT: &str = "not";

/// One of the page's forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Filter,
    Models,
    Dimensions,
}

/// What was wrong with a form.
pub(super) struct Refused {
    pub(super) form: Form,
    pub(super) must: String,
}

impl Refused {
    fn of(form: Form, what: &str, invalid: &Invalid) -> Self {
        Self { form, must: format!("{what} {}.", invalid.must) }
    }
}

/// What a form sent.
pub(super) struct Sent {
    /// The page without what the form changes.
    pub(super) before: Address,
    pub(super) form: Form,
    /// The page that it asks for.
    pub(super) asked: Result<Address, Refused>,
}

impl Sent {
    /// What a form sent, if one did.
    pub(super) fn of(address: &Address) -> Option<Self> {
        let has = |name: &str| address.get(name).is_some();
        let plain = without_blanks(&address.without(&FILTER).without(&[THEN]).without(&parameter_names()));
        if FILTER.iter().any(|name| has(name)) {
            let asked = filter(address).map(|raw| plain.and("where", raw).without(&["page"]));
            return Some(Self { asked, form: Form::Filter, before: plain });
        }
        if parameter_names().iter().any(|name| has(name)) {
            let before = plain.without(&["model"]);
            let chosen: Result<Vec<_>, _> = address.all("model").map(|raw| model(address, raw)).collect();
            let with = |address: Address, model: String| address.and("model", model);
            let asked = chosen.map(|models| models.into_iter().fold(before.clone(), with));
            return Some(Self { asked, form: Form::Models, before });
        }
        if has(THEN) {
            let first = address.get("by").filter(|by| !by.trim().is_empty()).unwrap_or("channel");
            let asked = dimensions(first, address.all(THEN));
            let asked = asked.map(|by| plain.with("by", by));
            return Some(Self { asked, form: Form::Dimensions, before: plain });
        }
        if plain.pairs().len() != address.pairs().len() {
            return Some(Self { asked: Ok(plain.clone()), form: Form::Dimensions, before: plain });
        }
        None
    }
}

/// `time-decay.half-life` and so on.
pub(super) fn parameter_name(model: &Model, parameter: &str) -> String {
    format!("{}.{parameter}", model.name())
}

fn parameter_names() -> Vec<&'static str> {
    static NAMES: std::sync::LazyLock<Vec<String>> = std::sync::LazyLock::new(|| {
        let of = |model: Model| {
            let parameters = model.parameters().into_iter();
            parameters.map(move |(name, _)| parameter_name(&model, name)).collect::<Vec<_>>()
        };
        Model::all().flat_map(of).collect()
    });
    NAMES.iter().map(String::as_str).collect()
}

fn without_blanks(address: &Address) -> Address {
    let filled = address.pairs().iter().filter(|(_, value)| !value.trim().is_empty());
    Address::with_pairs(address.path(), filled.cloned().collect())
}

/// The dimensions that there were and those that were chosen, each once.
fn dimensions<'a>(first: &str, more: impl Iterator<Item = &'a str>) -> Result<String, Refused> {
    let more = more.filter(|raw| !raw.trim().is_empty()).map(Dimension::parse);
    let all = query_in::dimensions(first).and_then(|mut all| {
        for one in more {
            let one = one?;
            if !all.contains(&one) {
                all.push(one);
            }
        }
        Ok(all)
    });
    all.map(|all| dimensions_text(&all))
        .map_err(|invalid| Refused::of(Form::Dimensions, "A dimension", &invalid))
}

fn filter(address: &Address) -> Result<String, Refused> {
    let [by, is, value] = FILTER.map(|name| address.get(name).unwrap_or("").trim());
    if by.is_empty() || value.is_empty() {
        let must = if by.is_empty() { "Choose what to filter by." } else { "Give a value to filter by." };
        return Err(Refused { form: Form::Filter, must: must.to_owned() });
    }
    let condition = if is == IS_NOT { Condition::IsNot } else { Condition::Is };
    let dimension =
        Dimension::parse(by).map_err(|invalid| Refused::of(Form::Filter, "What is filtered by", &invalid))?;
    Ok(filter_text(&Filter { dimension, condition, values: vec![value.to_owned()] }))
}

/// A model that was checked, with the parameters that were filled in beside it.
fn model(address: &Address, raw: &str) -> Result<String, Refused> {
    let known = Model::all().find(|model| model.name() == raw.trim());
    // With its parameters behind it, or unknown: the report says so.
    let Some(known) = known else { return Ok(raw.to_owned()) };
    let given: Vec<(&str, &str)> = known
        .parameters()
        .iter()
        .filter_map(|(name, _)| {
            let value = address.get(&parameter_name(&known, name))?.trim();
            (!value.is_empty()).then_some((*name, value))
        })
        .collect();
    let model = Model::with(known.name(), &given);
    model
        .map(|model| model_key(&model))
        .map_err(|invalid| Refused::of(Form::Models, &model_title(&known), &invalid))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(pairs: &[(&str, &str)]) -> Option<Result<String, String>> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let sent = Sent::of(&Address::with_pairs("/p", pairs))?;
        Some(sent.asked.map(|address| address.to_string()).map_err(|refused| refused.must))
    }

    fn asked(pairs: &[(&str, &str)], expected: &str) {
        assert_eq!(sent(pairs), Some(Ok(expected.to_owned())), "{pairs:?}");
    }

    #[test]
    fn forms_become_addresses() {
        assert_eq!(sent(&[("by", "channel,source"), ("model", "linear")]), None, "a link is left alone");
        asked(&[("by", "source"), ("direct", "")], "/p?by=source");
        asked(&[("by", "source"), ("then", "channel"), ("then", "")], "/p?by=source,channel");
        asked(&[("then", "channel"), ("then", "source")], "/p?by=channel,source");
        let filter = [("page", "2"), ("filterBy", "label"), ("filterIs", "not"), ("filterValue", "a|b")];
        asked(&filter, "/p?where=!label:a%5C%7Cb");
        let models = [
            ("model", "linear"),
            ("model", "time-decay"),
            ("time-decay.half-life", "14d"),
            ("position-based.first", "30"),
            ("model", "w-shaped:first=10"),
        ];
        asked(&models, "/p?model=linear&model=time-decay:half-life%3D14d&model=w-shaped:first%3D10");
        asked(&[("model", "linear"), ("time-decay.half-life", "7d")], "/p?model=linear");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refused = |pairs: &[(&str, &str)]| sent(pairs).and_then(Result::err).unwrap_or_default();
        assert!(refused(&[("filterBy", "channel"), ("filterValue", " ")]).contains("value"));
        let must = refused(&[("model", "time-decay"), ("time-decay.half-life", "soon")]);
        assert!(
            must.starts_with("Time decay ") && must.contains("half-life") && must.contains("soon"),
            "{must}"
        );
    }
}
