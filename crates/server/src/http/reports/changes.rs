//! `GET …/report/changes`: what is different from what was known before, and why.

use super::super::auth::{Caller, Read};
use super::super::error::ApiError;
use super::super::query::Query as Parameters;
use super::super::schema::SiteIdParam;
use super::drill::number;
use super::query_in::{self, ReportParams};
use super::report_out::{DataOut, QueryOut};
use crate::app::App;
use crate::app::past::Changed;
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use touchline_domain::journey::Reason;
use touchline_domain::report::{Cell, Query, RecordCredit, Report, Row, TooMuch};
use touchline_domain::{Currency, Invalid, format_minor};
use utoipa::{IntoParams, ToSchema};

const RECORDS_MAX: usize = 1_000;
const RECORDS_DEFAULT: usize = 100;

/// Between which moments.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; read by `get_changes`")]
pub(crate) struct ChangesParams {
    /// The earlier moment; of a date, its end in UTC.
    #[param(format = "touchline-moment")]
    since: String,
    /// The later one; now when absent.
    #[param(required = false, format = "touchline-moment")]
    until: String,
    /// How many records to tell.
    #[param(minimum = 1, maximum = 1000, default = 100, required = false)]
    limit: u32,
}

/// What is different, and why.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangesOut {
    query: QueryOut,
    #[schema(example = "2024-03-01T00:00:00Z")]
    since: String,
    #[schema(example = "2024-03-08T00:00:00Z")]
    until: String,
    /// Every row that is not as it was, the largest difference first, by the first model.
    rows: Vec<ChangedRowOut>,
    /// Why records count otherwise, the most frequent first.
    reasons: Vec<ReasonOut>,
    /// How many records count otherwise.
    count: usize,
    /// The largest difference first, by the first model.
    records: Vec<MovedRecordOut>,
    /// Of the later moment.
    data: DataOut,
}

/// A row then and now.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangedRowOut {
    /// By dimension.
    #[schema(value_type = Object, example = json!({ "channel": "Paid Search" }))]
    values: Map<String, Value>,
    #[schema(example = "GBP")]
    currency: &'static str,
    /// In the order of the models asked for.
    models: Vec<DifferenceOut>,
}

/// An amount then and now.
#[derive(Serialize, ToSchema)]
pub(crate) struct DifferenceOut {
    #[schema(example = "linear")]
    model: String,
    #[schema(example = "100.00")]
    before: String,
    #[schema(example = "150.00")]
    after: String,
    #[schema(example = "50.00")]
    difference: String,
}

/// Why records count otherwise.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReasonOut {
    /// `new_record`, `gone_record`, `value`, `stage`, `date`, `description`, `matched`, `unmatched`, `late_touches`,
    /// `new_evidence`, `lost_touches`, `rules` or `milestones`.
    #[schema(example = "new_evidence")]
    reason: &'static str,
    /// How many records have it.
    records: usize,
}

/// A record that counts otherwise.
#[derive(Serialize, ToSchema)]
pub(crate) struct MovedRecordOut {
    #[schema(example = "OPP-1")]
    reference: String,
    #[schema(example = "GBP")]
    currency: &'static str,
    /// What of it is in the report, under each model.
    credit: Vec<DifferenceOut>,
    reasons: Vec<RecordReasonOut>,
}

/// Why a record counts otherwise.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecordReasonOut {
    #[schema(example = "new_evidence")]
    reason: &'static str,
    #[schema(example = "2 touches that were there are known to be this person's since.")]
    text: String,
}

/// Show what changed in a report, and why
///
/// The same question answered as it was known at two moments: which rows differ, which records make the difference, and what
/// happened to them. Limited to a row by `where`, it tells why that row moved.
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/report/changes", tag = "Reports",
    params(("siteId" = SiteIdParam, Path, description = "The site"), ReportParams, ChangesParams),
    responses((status = 200, description = "The changes", body = ChangesOut)))]
pub(crate) async fn get_changes(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    RawQuery(raw): RawQuery,
) -> Result<Json<ChangesOut>, ApiError> {
    let mut parameters = Parameters::read(raw.as_deref())?;
    let now = app.clock.now();
    let query = query_in::read(&mut parameters);
    let since = parameters.required("since", |raw| query_in::parse_moment(raw, now));
    let until = query_in::moment(&mut parameters, "until", now).unwrap_or(now);
    let limit = parameters.optional("limit", |raw| number(raw, 1, RECORDS_MAX)).unwrap_or(RECORDS_DEFAULT);
    let since = since.unwrap_or(until);
    if until < since {
        parameters.refuse("until", &Invalid::new("out_of_range", "must not lie before 'since'"));
    }
    parameters.finish()?;
    let moments = (since, until);
    let changes = app.changed(&caller.site, moments, move |changed| answer(changed, &query, limit));
    let mut out = changes.await??;
    (out.since, out.until, out.data.as_of) = (since.to_string(), until.to_string(), until.to_string());
    Ok(Json(out))
}

fn answer(changed: &Changed, query: &Query, limit: usize) -> Result<ChangesOut, TooMuch> {
    let Changed { before, after, .. } = changed;
    let then = query.run(&before.columns, &before.view, before.threads)?;
    let now = query.run(&after.columns, &after.view, after.threads)?;
    let credit_then = query.records(&before.columns, &before.view, 0, usize::MAX)?.records;
    let credit_now = query.records(&after.columns, &after.view, 0, usize::MAX)?.records;
    let mut records = changed_records(changed, query, credit_then, credit_now);
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (_, record) in &records {
        for reason in &record.reasons {
            *counts.entry(reason.reason).or_default() += 1;
        }
    }
    let mut reasons: Vec<_> =
        counts.into_iter().map(|(reason, records)| ReasonOut { reason, records }).collect();
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.records));
    let count = records.len();
    records.truncate(limit);
    Ok(ChangesOut {
        query: QueryOut::new(query, after, None),
        since: String::new(),
        until: String::new(),
        rows: changed_rows(query, &then, &now),
        reasons,
        count,
        records: records.into_iter().map(|(_, record)| record).collect(),
        data: DataOut::new(after, String::new()),
    })
}

fn changed_rows(query: &Query, then: &Report, now: &Report) -> Vec<ChangedRowOut> {
    type Sides<'a> = (Option<&'a Row>, Option<&'a Row>);
    let mut rows: BTreeMap<(Currency, &[String]), Sides<'_>> = BTreeMap::new();
    for row in &then.rows {
        rows.entry((row.currency, &row.values)).or_default().0 = Some(row);
    }
    for row in &now.rows {
        rows.entry((row.currency, &row.values)).or_default().1 = Some(row);
    }
    let minor = |row: Option<&Row>, model: usize| {
        row.and_then(|row| row.cells.get(model)).map_or(0, |cell: &Cell| cell.minor)
    };
    let mut changed: Vec<_> = rows
        .into_iter()
        .filter(|(_, (then, now))| then.map(|row| &row.cells) != now.map(|row| &row.cells))
        .map(|((currency, values), (then, now))| {
            let by = query.by.iter().map(ToString::to_string);
            let models = query.models.iter().enumerate();
            let models = models.map(|(place, model)| {
                DifferenceOut::new(model.to_string(), minor(then, place), minor(now, place), currency)
            });
            let out = ChangedRowOut {
                values: by.zip(values.iter().cloned().map(Value::String)).collect(),
                currency: currency.code(),
                models: models.collect(),
            };
            ((minor(now, 0) - minor(then, 0)).abs(), out)
        })
        .collect();
    changed.sort_by_key(|(difference, _)| std::cmp::Reverse(*difference));
    changed.into_iter().map(|(_, row)| row).collect()
}

/// Records with another credit, or another reason, with the size of the difference.
fn changed_records(
    changed: &Changed,
    query: &Query,
    then: Vec<RecordCredit>,
    now: Vec<RecordCredit>,
) -> Vec<(u64, MovedRecordOut)> {
    let mut then: HashMap<String, RecordCredit> =
        then.into_iter().map(|record| (record.reference.clone(), record)).collect();
    let mut sides: Vec<(Option<RecordCredit>, Option<RecordCredit>)> =
        now.into_iter().map(|record| (then.remove(&record.reference), Some(record))).collect();
    sides.extend(then.into_values().map(|record| (Some(record), None)));
    let mut records: Vec<_> =
        sides.into_iter().filter_map(|(then, now)| changed_record(changed, query, then, now)).collect();
    records.sort_by(|(difference, record), (other_difference, other)| {
        other_difference.cmp(difference).then_with(|| record.reference.cmp(&other.reference))
    });
    records
}

fn changed_record(
    changed: &Changed,
    query: &Query,
    then: Option<RecordCredit>,
    now: Option<RecordCredit>,
) -> Option<(u64, MovedRecordOut)> {
    let either = now.as_ref().or(then.as_ref())?;
    let (reference, currency) = (either.reference.clone(), either.currency);
    let credit = |side: &Option<RecordCredit>, model: usize| {
        side.as_ref().and_then(|record| record.credit.get(model)).copied().unwrap_or(0)
    };
    let models = 0..query.models.len();
    let is_otherwise = models.clone().any(|model| credit(&then, model) != credit(&now, model));
    let mut reasons = changed.reasons.get(&(query.kind, reference.clone())).cloned().unwrap_or_default();
    if !is_otherwise && reasons.is_empty() {
        return None;
    }
    if reasons.is_empty() {
        // The facts are the same, so it is what the site's settings make of them.
        reasons.push(Reason::Milestones);
    }
    let differences = models.zip(&query.models).map(|(place, model)| {
        let (then, now) = (i128::from(credit(&then, place)), i128::from(credit(&now, place)));
        DifferenceOut::new(model.to_string(), then, now, currency)
    });
    let out = MovedRecordOut {
        reference,
        currency: currency.code(),
        credit: differences.collect(),
        reasons: reasons
            .iter()
            .map(|reason| RecordReasonOut { reason: reason.name(), text: reason.sentence() })
            .collect(),
    };
    Some((credit(&now, 0).abs_diff(credit(&then, 0)), out))
}

impl DifferenceOut {
    fn new(model: String, before: i128, after: i128, currency: Currency) -> Self {
        Self {
            model,
            before: format_minor(before, currency),
            after: format_minor(after, currency),
            difference: format_minor(after - before, currency),
        }
    }
}
