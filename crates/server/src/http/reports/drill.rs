//! `GET …/report/records`: the records that make a number.

use super::super::auth::{Caller, Read};
use super::super::error::ApiError;
use super::super::query::Query as Parameters;
use super::super::record_out::MoneyOut;
use super::super::schema::SiteIdParam;
use super::query_in::{self, AsOfParams, ReportParams};
use super::report_out::{DataOut, QueryOut};
use crate::app::App;
use crate::app::reports::{Asked, Engine};
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use std::sync::Arc;
use touchline_domain::report::{Query, RecordCredit, TooMuch};
use touchline_domain::{Currency, Invalid, format_minor};
use utoipa::{IntoParams, ToSchema};

const PAGE_MAX: usize = 1_000;
const PAGE_DEFAULT: usize = 100;

/// Which page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; read by `list_report_records`")]
pub(crate) struct PageParams {
    /// Records on the page.
    #[param(minimum = 1, maximum = 1000, default = 100, required = false)]
    limit: u32,
    /// How many records to skip.
    #[param(minimum = 0, maximum = 1_000_000_000, default = 0, required = false)]
    offset: u32,
}

/// The records that make a number.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportRecordsOut {
    query: QueryOut,
    /// How many there are in all.
    count: usize,
    /// The largest credit first, by the first model.
    records: Vec<RecordCreditOut>,
    data: DataOut,
}

/// What a record contributes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecordCreditOut {
    /// The CRM's own name for it.
    #[schema(example = "OPP-1")]
    reference: String,
    /// The record's date, in the site's time zone.
    #[schema(example = "2024-01-15")]
    date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Proposal")]
    stage: Option<String>,
    /// As it was sent.
    value: MoneyOut,
    /// As it is counted.
    counted: MoneyOut,
    /// Of which day the rate is by which it was converted; absent when it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_day: Option<String>,
    /// How many touches its journey has.
    touches: usize,
    /// How many forms and calls of the person lie within it.
    conversions: u32,
    /// What of it is in the report, under each model; without filters on touches, all.
    credit: Vec<CreditOut>,
}

/// Credit under a model.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreditOut {
    #[schema(example = "linear")]
    model: String,
    #[schema(example = "400.00")]
    amount: String,
}

pub(super) fn money(minor: i64, currency: Currency) -> MoneyOut {
    MoneyOut { amount: format_minor(i128::from(minor), currency), currency: currency.code() }
}

impl RecordCreditOut {
    pub(super) fn new(query: &Query, record: RecordCredit) -> Self {
        let credit = query.models.iter().zip(&record.credit).map(|(model, minor)| CreditOut {
            model: model.to_string(),
            amount: format_minor(i128::from(*minor), record.currency),
        });
        Self {
            credit: credit.collect(),
            reference: record.reference,
            date: record.day.to_string(),
            stage: record.stage,
            value: record.value.into(),
            counted: money(record.minor, record.currency),
            rate_day: record.rate_day.map(|day| day.to_string()),
            touches: record.touches,
            conversions: record.conversions,
        }
    }
}

/// List the records that make a number
///
/// The same question as the report's, limited to a row by `where`: each record with what it contributes under each model.
/// Their credit adds up to the row.
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/report/records", tag = "Reports",
    params(("siteId" = SiteIdParam, Path, description = "The site"), ReportParams, AsOfParams, PageParams),
    responses((status = 200, description = "The records", body = ReportRecordsOut)))]
pub(crate) async fn list_report_records(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    RawQuery(raw): RawQuery,
) -> Result<Json<ReportRecordsOut>, ApiError> {
    let mut parameters = Parameters::read(raw.as_deref())?;
    let query = query_in::read(&mut parameters);
    let as_of = query_in::moment(&mut parameters, "asOf", app.clock.now());
    let limit = parameters.optional("limit", |raw| number(raw, 1, PAGE_MAX)).unwrap_or(PAGE_DEFAULT);
    let offset = parameters.optional("offset", |raw| number(raw, 0, 1_000_000_000)).unwrap_or(0);
    parameters.finish()?;
    let now = as_of.unwrap_or(app.clock.now()).to_string();
    let records = app
        .report(&caller.site, Asked { as_of, ..Asked::default() }, move |engine| {
            answer(engine, &query, (offset, limit), now)
        })
        .await??;
    Ok(Json(records))
}

pub(crate) fn number(raw: &str, least: usize, most: usize) -> Result<usize, Invalid> {
    let number = raw.trim().parse().ok().filter(|number| (least..=most).contains(number));
    number
        .ok_or_else(|| Invalid::new("out_of_range", format!("must be a whole number from {least} to {most}")))
}

fn answer(
    engine: &Engine,
    query: &Query,
    (offset, limit): (usize, usize),
    now: String,
) -> Result<ReportRecordsOut, TooMuch> {
    let found = query.records(&engine.columns, &engine.view, offset, limit)?;
    Ok(ReportRecordsOut {
        query: QueryOut::new(query, engine, None),
        count: found.count,
        records: found.records.into_iter().map(|record| RecordCreditOut::new(query, record)).collect(),
        data: DataOut::new(engine, now),
    })
}
