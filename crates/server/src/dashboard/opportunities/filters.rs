//! The forms above the list: search, and what it is limited to.

use super::super::address::Address;
use super::super::asked::{Asked, only};
use super::super::session::Viewer;
use super::words::{STAGE_SHOWN, cut, identifier_title};
use crate::dashboard::asked::model_title;
use maud::{Markup, html};
use touchline_domain::IdentifierKind;
use touchline_domain::attribution::Model;
use touchline_domain::record::RecordKind;
use touchline_domain::report::{BucketBy, Condition, Dimension, Filter, RecordDimension};

/// The values of `found` of records for which nobody was found.
const NOBODY: &str = "found:nothing_found|ambiguous|guarded";

/// The most stages that can be chosen from.
const STAGES_MAX: usize = 60;

/// The box for searching.
pub(super) fn search(viewer: &Viewer, kind: RecordKind, sought: Option<&str>) -> Markup {
    html! {
        form.form-row.search method="get" role="search" {
            input type="hidden" name="kind" value=(kind.name());
            label.grow { span { "Reference, email address, telephone number or visitor id" }
                input type="search" name="q" value=[sought] maxlength="255" required;
            }
            button.second type="submit" { "Search" }
            @if sought.is_some() { a.button.second href=(viewer.page("opportunities").with("kind", kind.name())) { "All records" } }
        }
    }
}

/// What the list is limited to by stage, match and label, and the model of the credit.
pub(super) fn form(asked: &Asked, stages: &[String]) -> Markup {
    let address = asked.address();
    let stages: Vec<(String, String)> = stages
        .iter()
        .take(STAGES_MAX)
        .map(|stage| (only(Dimension::Record(RecordDimension::Stage), stage), cut(stage, STAGE_SHOWN)))
        .collect();
    let matched = matched();
    let chosen = |options: &[(String, String)]| {
        let held = |option: &&(String, String)| address.all("where").any(|held| held == option.0);
        options.iter().find(held).map(|(value, _)| value.clone())
    };
    let (stage, match_chosen) = (chosen(&stages), chosen(&matched));
    let has_models = of_touches(&asked.query.filters).next().is_some();
    let mut kept = address.without(&["page", "label", "q"]);
    for chosen in [&stage, &match_chosen].into_iter().flatten() {
        kept = kept.less("where", chosen);
    }
    if has_models {
        kept = kept.without(&["model"]);
    }
    html! {
        form.form-row.filters method="get" data-submit-on-change {
            @for (name, value) in kept.pairs() { input type="hidden" name=(name) value=(value); }
            @if asked.query.kind == RecordKind::Opportunity { (select("Stage", "where", "Any stage", &stages, stage.as_deref())) }
            (select("Matched", "where", "Matched or not", &matched, match_chosen.as_deref()))
            label { span { "Label" } input type="text" name="label" maxlength="255" placeholder="Exactly this label"; }
            @if has_models { (models(&asked.query.models)) }
            button.second type="submit" { "Filter" }
        }
    }
}

/// The same address, limited to a label instead of asking for it.
pub(super) fn with_label(address: &Address, label: &str) -> Address {
    address
        .without(&["label", "page"])
        .and("where", only(Dimension::Record(RecordDimension::Label), label.trim()))
}

fn select(title: &str, name: &str, any: &str, options: &[(String, String)], chosen: Option<&str>) -> Markup {
    html! {
        label { span { (title) }
            select name=(name) {
                option value="" { (any) }
                @for (value, text) in options { option value=(value) selected[Some(value.as_str()) == chosen] { (text) } }
            }
        }
    }
}

fn matched() -> Vec<(String, String)> {
    let mut options =
        vec![(format!("!{NOBODY}"), "Matched".to_owned()), (NOBODY.to_owned(), "Not matched".to_owned())];
    let by = |kind: IdentifierKind| {
        (format!("found:{}", kind.name()), format!("By {}", identifier_title(kind.name()).to_lowercase()))
    };
    options.extend(IdentifierKind::ALL.map(by));
    options
}

fn models(asked: &[Model]) -> Markup {
    let is_one = asked.len() == 1;
    html! {
        label { span { "Model" }
            select name="model" {
                @if !is_one { option value=(asked.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")) selected { (asked.len()) " models" } }
                @for model in Model::all().filter(|model| !model.shares_the_total()) {
                    option value=(model.name()) selected[is_one && asked[0] == model] { (model_title(&model)) }
                }
                @if is_one && !Model::all().any(|model| model == asked[0]) { option value=(asked[0].to_string()) selected { (model_title(&asked[0])) } }
            }
        }
    }
}

/// The filters that leave out credit, and not records.
pub(super) fn of_touches(filters: &[Filter]) -> impl Iterator<Item = &Filter> {
    filters.iter().filter(|filter| {
        matches!(filter.dimension, Dimension::Touch(_) | Dimension::Time(BucketBy::Touch, _))
    })
}

/// To what filters on touches leave credit: `Email`, `not Direct and google`.
pub(super) fn credited_to(filters: &[Filter]) -> String {
    let one = |filter: &Filter| {
        let not = if filter.condition == Condition::IsNot { "not " } else { "" };
        format!("{not}{}", filter.values.join(" or "))
    };
    of_touches(filters).map(one).collect::<Vec<_>>().join(" and ")
}
