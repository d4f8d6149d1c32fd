//! The ways from first touch to last: a picture of where they begin and end, and the most common ones.

mod draw;
mod picture;

use super::asked::Asked;
use super::page::page;
use super::session::Viewer;
use crate::app::App;
use crate::app::reports::{self, Engine};
use crate::http::error::ApiError;
use crate::http::query::{self, Query as Parameters};
use crate::http::reports::report_out::currency_of;
use axum::extract::State;
use draw::Page;
use maud::Markup;
use std::sync::Arc;
use touchline_domain::report::{CommonPath, Dimension, Flow, Period, Query, TooMuch, Total, TouchDimension};
use touchline_domain::{Currency, Invalid};

/// How many paths stand on a page, and how many of these there are: as many paths as the API lists.
const PER_PAGE: usize = 25;
const PAGES_MAX: usize = 40;

/// What ribbons lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Towards {
    LastTouch,
    Outcome,
}

/// What makes ribbons broad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weigh {
    Value,
    Records,
}

/// What the page takes beside a report's own parameters.
struct Choices {
    towards: Towards,
    weigh: Weigh,
    /// From 1.
    page: usize,
}

/// What is known of the period's journeys.
struct Journeys {
    paths: Vec<CommonPath>,
    /// How many different ones there are.
    count: usize,
    flows: Vec<Flow>,
    /// What the records come to, by currency.
    totals: Vec<Total>,
    before: Option<Vec<Total>>,
    currency: Currency,
}

/// `GET /sites/{siteId}/paths`.
pub(super) async fn show(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Markup, ApiError> {
    let (asked, choices) = Asked::read(&app, &viewer, Choices::read)?;
    let dimension = match asked.query.by.as_slice() {
        [Dimension::Touch(dimension)] => *dimension,
        _ => {
            let must = "must be one dimension of touches here, such as channel";
            return Err(query::invalid("by", "not_of_touches", must));
        }
    };
    let (query, compared, limit) = (asked.query.clone(), asked.compared, choices.page * PER_PAGE);
    let work = move |engine: &Engine| Journeys::of(engine, &query, compared, (dimension, limit));
    let journeys = app.report(&viewer.site, reports::Asked::default(), work).await??;
    let drawn = Page { viewer: &viewer, asked: &asked, choices: &choices, journeys: &journeys };
    Ok(page(&viewer, "paths", "Paths", &drawn.draw()))
}

impl Choices {
    fn read(parameters: &mut Parameters) -> Self {
        let towards = parameters.optional("end", |raw| match raw.trim() {
            "touch" => Ok(Towards::LastTouch),
            "outcome" => Ok(Towards::Outcome),
            _ => Err(Invalid::new("unknown_name", "must be touch or outcome")),
        });
        let weigh = parameters.optional("weigh", |raw| match raw.trim() {
            "value" => Ok(Weigh::Value),
            "records" => Ok(Weigh::Records),
            _ => Err(Invalid::new("unknown_name", "must be value or records")),
        });
        let page = parameters.optional("page", |raw| {
            let page = raw.trim().parse().ok().filter(|page| (1..=PAGES_MAX).contains(page));
            let must =
                || Invalid::new("out_of_range", format!("must be a whole number from 1 to {PAGES_MAX}"));
            page.ok_or_else(must)
        });
        Self {
            towards: towards.unwrap_or(Towards::LastTouch),
            weigh: weigh.unwrap_or(Weigh::Value),
            page: page.unwrap_or(1),
        }
    }
}

impl Journeys {
    fn of(
        engine: &Engine,
        query: &Query,
        compared: Option<Period>,
        (dimension, limit): (TouchDimension, usize),
    ) -> Result<Self, TooMuch> {
        let whole = Query { by: Vec::new(), models: Query::default().models, ..query.clone() };
        let totals = |query: &Query| {
            query.run(&engine.columns, &engine.view, engine.threads).map(|report| report.totals)
        };
        let (paths, count) = query.paths(dimension, &engine.columns, &engine.view, limit)?;
        Ok(Self {
            paths: paths.into_iter().skip(limit - PER_PAGE).collect(),
            count,
            flows: query.flows(dimension, &engine.columns, &engine.view)?,
            totals: totals(&whole)?,
            before: compared.map(|period| totals(&Query { period, ..whole.clone() })).transpose()?,
            currency: currency_of(query, engine),
        })
    }
}
