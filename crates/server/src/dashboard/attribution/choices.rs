//! What the page takes beyond a report's own parameters: which figure stands in the models' columns, the order of rows,
//! and which page of them.

use crate::http::query::Query as Parameters;
use touchline_domain::Invalid;
use touchline_domain::attribution::{FirstTouch, LastTouch, Linear, Model};

/// Which figure the models are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Show {
    Value,
    Won,
    Records,
    Roas,
}

impl Show {
    pub(super) const ALL: [Self; 4] = [Self::Value, Self::Won, Self::Records, Self::Roas];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Won => "won",
            Self::Records => "records",
            Self::Roas => "roas",
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Value => "Value",
            Self::Won => "Revenue (won)",
            Self::Records => "Records",
            Self::Roas => "ROAS",
        }
    }
}

/// In which order rows stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    /// The key of a column.
    pub(super) by: String,
    pub(super) ascends: bool,
}

/// All of it.
pub(super) struct Choices {
    pub(super) show: Show,
    /// `None` for the report's own order.
    pub(super) order: Option<Order>,
    /// From 1.
    pub(super) page: usize,
}

/// The longest key of a column; a model's text is one.
const KEY_MAX: usize = 100;

const PAGE_MAX: usize = 100_000;

impl Choices {
    pub(super) fn read(parameters: &mut Parameters) -> Self {
        let show = parameters.optional("show", |raw| {
            let found = Show::ALL.into_iter().find(|show| show.name() == raw.trim());
            found.ok_or_else(|| Invalid::new("unknown_name", "must be one of value, won, records, roas"))
        });
        let by = parameters.optional("sort", |raw| {
            let is_short = raw.len() <= KEY_MAX;
            is_short
                .then(|| raw.trim().to_owned())
                .ok_or_else(|| Invalid::new("too_long", "must name a column"))
        });
        let ascends = parameters.optional("order", |raw| match raw.trim() {
            "up" => Ok(true),
            "down" => Ok(false),
            _ => Err(Invalid::new("unknown_name", "must be up or down")),
        });
        let page = parameters.optional("page", |raw| {
            let page = raw.trim().parse().ok().filter(|page| (1..=PAGE_MAX).contains(page));
            let must =
                || Invalid::new("out_of_range", format!("must be a whole number from 1 to {PAGE_MAX}"));
            page.ok_or_else(must)
        });
        Self {
            show: show.unwrap_or(Show::Value),
            order: by.map(|by| Order { by, ascends: ascends.unwrap_or(false) }),
            page: page.unwrap_or(1),
        }
    }
}

/// What stands side by side where no model is named.
pub(super) fn default_models() -> Vec<Model> {
    vec![Model::FirstTouch(FirstTouch), Model::LastTouch(LastTouch), Model::Linear(Linear)]
}

/// A model as short as an address can have it.
pub(super) fn model_key(model: &Model) -> String {
    let name = model.name();
    if Model::with(name, &[]) == Ok(*model) { name.to_owned() } else { model.to_string() }
}
