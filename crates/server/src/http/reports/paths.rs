//! `GET …/report/paths`: the ways that journeys took.

use super::super::auth::{Caller, Read};
use super::super::error::ApiError;
use super::super::query::Query as Parameters;
use super::super::record_out::MoneyOut;
use super::super::schema::SiteIdParam;
use super::drill::number;
use super::query_in::{self, AsOfParams, ReportParams};
use super::report_out::{DataOut, QueryOut};
use crate::app::App;
use crate::app::reports::Asked;
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use std::sync::Arc;
use touchline_domain::report::{CommonPath, Dimension, TouchDimension};
use touchline_domain::{Invalid, format_minor};
use utoipa::{IntoParams, ToSchema};

const PATHS_MAX: usize = 1_000;
const PATHS_DEFAULT: usize = 50;

/// Which paths.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; read by `list_paths`")]
pub(crate) struct PathsParams {
    /// How many.
    #[param(minimum = 1, maximum = 1000, default = 50, required = false)]
    limit: u32,
}

/// The most common paths.
#[derive(Serialize, ToSchema)]
pub(crate) struct PathsOut {
    query: QueryOut,
    /// How many different ones there are.
    count: usize,
    /// The most frequent first.
    paths: Vec<PathOut>,
    data: DataOut,
}

/// A way that journeys took.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReportPathOut)]
pub(crate) struct PathOut {
    /// In order of time, repeats of one step counted once. Empty for records without touches.
    #[schema(example = json!(["Paid Search", "Email", "Direct"]))]
    steps: Vec<String>,
    /// Whether some of the records took more steps than are told.
    is_cut: bool,
    /// How many records took it.
    records: u64,
    /// How many of them were won.
    won: u64,
    /// How many of them were lost.
    lost: u64,
    /// How many touches a record had on average.
    #[schema(example = 4.2)]
    touches: f64,
    /// What the records are worth together, by currency.
    values: Vec<MoneyOut>,
}

/// List the most common paths
///
/// The ways from first to last touch, by the first dimension of `by`, which must be one of touches. Period, lookback and
/// filters on records apply.
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/report/paths", tag = "Reports",
    params(("siteId" = SiteIdParam, Path, description = "The site"), ReportParams, AsOfParams, PathsParams),
    responses((status = 200, description = "The paths", body = PathsOut)))]
pub(crate) async fn list_paths(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    RawQuery(raw): RawQuery,
) -> Result<Json<PathsOut>, ApiError> {
    let mut parameters = Parameters::read(raw.as_deref())?;
    let query = query_in::read(&mut parameters);
    let as_of = query_in::moment(&mut parameters, "asOf", app.clock.now());
    let limit = parameters.optional("limit", |raw| number(raw, 1, PATHS_MAX)).unwrap_or(PATHS_DEFAULT);
    let dimension = match query.by.as_slice() {
        [] => TouchDimension::Channel,
        [Dimension::Touch(dimension)] => *dimension,
        _ => {
            let must = "must be one dimension of touches here, such as channel";
            parameters.refuse("by", &Invalid::new("not_of_touches", must));
            TouchDimension::Channel
        }
    };
    parameters.finish()?;
    let now = as_of.unwrap_or(app.clock.now()).to_string();
    let answer = app.report(&caller.site, Asked { as_of, ..Asked::default() }, move |engine| {
        let (paths, count) = query.paths(dimension, &engine.columns, &engine.view, limit)?;
        Ok::<_, touchline_domain::report::TooMuch>(PathsOut {
            query: QueryOut::new(&query, engine, None),
            count,
            paths: paths.into_iter().map(PathOut::from).collect(),
            data: DataOut::new(engine, now),
        })
    });
    Ok(Json(answer.await??))
}

impl From<CommonPath> for PathOut {
    #[expect(clippy::cast_precision_loss, reason = "an average for people")]
    fn from(path: CommonPath) -> Self {
        let touches = path.touches as f64 / path.records.max(1) as f64;
        Self {
            steps: path.steps,
            is_cut: path.is_cut,
            records: path.records,
            won: path.won,
            lost: path.lost,
            touches: (touches * 100.0).round() / 100.0,
            values: path
                .values
                .into_iter()
                .map(|(currency, minor)| MoneyOut {
                    amount: format_minor(minor, currency),
                    currency: currency.code(),
                })
                .collect(),
        }
    }
}
