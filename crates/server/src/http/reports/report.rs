//! `GET /api/v1/sites/{siteId}/report`: credit by any dimensions, under any models.

use super::super::auth::{Caller, Read};
use super::super::error::ApiError;
use super::super::query::Query as Parameters;
use super::super::schema::SiteIdParam;
use super::answer::{Answer, Costs};
use super::query_in::{self, AsOfParams, ReportParams};
use super::report_out::{ReportOut, currency_of};
use super::table::{self, Form};
use crate::app::App;
use crate::app::reports::{Asked, Engine};
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use touchline_domain::report::{Period, Query, TooMuch};
use utoipa::IntoParams;

/// What else a report takes.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the query; read by `get_report`")]
pub(crate) struct CompareParams {
    /// Beside each row the same row of records from this day (rows of that period alone are added) …
    #[param(required = false, format = "touchline-day")]
    compare_from: String,
    /// … to this day.
    #[param(required = false, format = "touchline-day")]
    compare_to: String,
    /// `true` counts visits and conversions too, of everybody. The first time it takes a look through all of them.
    #[param(required = false, default = false)]
    traffic: bool,
    /// `json`, `csv` or `ndjson`; what `Accept` prefers when absent.
    #[param(required = false, pattern = "^(json|csv|ndjson)?$")]
    format: String,
}

/// Report which marketing brought the revenue
///
/// Shares the value of records among the touches that led to them, and adds it up by any dimensions, under one model or
/// several side by side. Every model's rows add up to the records' totals, to the minor unit. A report holds everything
/// that was stored before it was asked for.
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/report", tag = "Reports",
    params(("siteId" = SiteIdParam, Path, description = "The site"), ReportParams, AsOfParams, CompareParams),
    responses((status = 200, description = "The report", content((ReportOut = "application/json"), (String = "text/csv"), (String = "application/x-ndjson")))))]
pub(crate) async fn get_report(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let mut parameters = Parameters::read(raw.as_deref())?;
    let query = query_in::read(&mut parameters);
    let as_of = query_in::moment(&mut parameters, "asOf", app.clock.now());
    let traffic = parameters.optional("traffic", query_in::boolean).unwrap_or(false);
    let compared = query_in::period(&mut parameters, "compareFrom", "compareTo");
    let form = Form::asked(&mut parameters, &headers);
    parameters.finish()?;
    let compared = Some(compared).filter(|period| *period != Period::default());
    let now = as_of.unwrap_or(app.clock.now()).to_string();
    let report = app
        .report(&caller.site, Asked { as_of, traffic }, move |engine| {
            answer(engine, &query, traffic, compared, now)
        })
        .await??;
    match form {
        Form::Json => Ok(Json(report).into_response()),
        form => table::respond(&report, form),
    }
}

fn answer(
    engine: &Engine,
    query: &Query,
    wants_traffic: bool,
    compared: Option<Period>,
    now: String,
) -> Result<ReportOut, TooMuch> {
    let ask = |query: &Query| {
        let report = query.run(&engine.columns, &engine.view, engine.threads)?;
        let costs = Costs {
            rows: query.costs(&engine.view, engine.costs()),
            totals: query.cost_totals(&engine.view, engine.costs()),
        };
        let traffic = engine.traffic().filter(|_| wants_traffic);
        let traffic = traffic.and_then(|traffic| query.traffic(&engine.view, traffic));
        Ok(Answer::new(report, costs, traffic, query.models.len(), currency_of(query, engine)))
    };
    let mut this = ask(query)?;
    let other = match compared {
        Some(period) => {
            let other = ask(&Query { period, ..query.clone() })?;
            this.add_rows_of(&other);
            Some((period, other))
        }
        None => None,
    };
    let previous = other.as_ref().map(|(period, answer)| (*period, answer));
    Ok(ReportOut::new(engine, query, &this, previous, now))
}
