//! A report as it is answered.

use super::answer::{Answer, key};
use super::cell_out::{CellOut, FiguresOut, ReturnOut};
use super::query_in::filter_text;
use crate::app::reports::Engine;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::HashMap;
use touchline_domain::attribution::Model;
use touchline_domain::report::{CostRow, Counts, Period, Query, Row, Total};
use touchline_domain::{Currency, Day, format_minor};
use utoipa::ToSchema;

/// A report, with everything that it depends on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReportOut {
    pub(crate) query: QueryOut,
    /// The largest first, by the first model.
    pub(crate) rows: Vec<RowOut>,
    /// What the records come to, by currency; without filters on touches every model's rows add up to it exactly.
    pub(crate) totals: Vec<TotalOut>,
    /// What the records of the other period come to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) previous_totals: Option<Vec<TotalOut>>,
    pub(crate) rates: RatesUsedOut,
    pub(crate) data: DataOut,
}

/// What was asked, with all defaults and parameters.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QueryOut {
    #[schema(example = "opportunity")]
    kind: &'static str,
    #[schema(example = json!(["channel"]))]
    by: Vec<String>,
    models: Vec<ModelOut>,
    direct: DefinedOut,
    /// Null for all touches.
    lookback_days: Option<u32>,
    period: PeriodOut,
    #[serde(skip_serializing_if = "Option::is_none")]
    compared_with: Option<PeriodOut>,
    /// As they can be given again.
    filters: Vec<String>,
    /// What amounts are converted to.
    #[schema(example = "GBP")]
    currency: &'static str,
    /// Where days begin and end.
    #[schema(example = "Europe/London")]
    time_zone: String,
}

/// A model that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelOut {
    /// With its parameters, as it can be asked for again.
    #[schema(example = "time-decay:half-life=7d")]
    model: String,
    #[schema(example = "time-decay")]
    name: &'static str,
    /// By name.
    parameters: Map<String, Value>,
    /// What it does, in a sentence.
    definition: String,
}

/// A choice and what it means.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DefinedOut {
    #[schema(example = "keep")]
    name: &'static str,
    /// What it does, in a sentence.
    definition: &'static str,
}

/// Days, both included; null is open.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeriodOut {
    #[schema(example = "2024-01-01")]
    from: Option<String>,
    #[schema(example = "2024-03-31")]
    to: Option<String>,
}

/// One combination of values.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RowOut {
    /// By dimension. `(not set)` is a value that is missing, `(unattributed)` what no touch gets.
    #[schema(value_type = Object, example = json!({ "channel": "Paid Search" }))]
    pub(crate) values: Map<String, Value>,
    /// What the amounts are in: the currency asked for, or the records' own where there is no rate.
    #[schema(example = "GBP")]
    pub(crate) currency: &'static str,
    #[serde(flatten)]
    pub(crate) side: SideOut,
    /// The same row of the period that is compared with; null when it had none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<SideOut>,
}

/// What one period has in a row.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SideOut {
    /// In the order of the models asked for.
    pub(crate) models: Vec<CellOut>,
    /// Records whose journey has a touch here.
    pub(crate) reached: u64,
    /// Those of them whose last touch is elsewhere.
    pub(crate) assisted: u64,
    /// What advertising cost here; null when costs do not have these dimensions, or there were none.
    pub(crate) cost: Option<CostOut>,
    /// Visits and conversions of everybody, if they were asked for and have these dimensions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) traffic: Option<TrafficOut>,
}

/// Visits and conversions.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct TrafficOut {
    pub(crate) visits: u64,
    pub(crate) conversions: u64,
}

/// What advertising cost.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ReportCostOut)]
pub(crate) struct CostOut {
    #[schema(example = "250.00")]
    pub(crate) amount: String,
    pub(crate) clicks: u64,
    pub(crate) impressions: u64,
}

/// What records come to in one currency, and what was spent in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TotalOut {
    #[schema(example = "GBP")]
    pub(crate) currency: &'static str,
    #[serde(flatten)]
    pub(crate) figures: FiguresOut,
    /// How many of the records have a touch that counts.
    pub(crate) attributed: u64,
    /// What all advertising of the period cost, whether a record came of it or not: what the rows' costs add up to, without
    /// filters on touches. Null when costs do not have what is asked by, or there were none.
    pub(crate) cost: Option<CostOut>,
    #[serde(flatten)]
    pub(crate) returns: ReturnOut,
}

/// By which rates amounts were converted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RatesUsedOut {
    /// Grows with every import that changed something; 0 while there are none.
    version: u64,
    /// How many records were converted.
    converted: u64,
    /// The day of the oldest rate that was used.
    from: Option<String>,
    /// The day of the newest one.
    to: Option<String>,
}

impl RatesUsedOut {
    /// The same in a line.
    pub(super) fn in_a_line(&self) -> String {
        let day = |day: &Option<String>| day.clone().unwrap_or_else(|| "none".to_owned());
        format!("converted={}; from={}; to={}", self.converted, day(&self.from), day(&self.to))
    }
}

/// As of what the report is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DataOut {
    /// Grows with every journey that changes; two answers with the same version, costs, settings and rates are the same.
    pub(crate) version: u64,
    /// Grows with every cost that changes.
    pub(crate) costs: u64,
    /// The version of the reference rates; 0 while there are none.
    pub(crate) rates: u64,
    /// Everything that was stored before this moment is in it.
    #[schema(example = "2024-03-31T12:00:00Z")]
    pub(crate) as_of: String,
}

impl DataOut {
    /// Of an answer that holds everything that was stored before `as_of`.
    pub(super) fn new(engine: &Engine, as_of: String) -> Self {
        let (version, costs) = (engine.columns.through(), engine.costs_through());
        Self { version, costs, rates: engine.rates_version(), as_of }
    }
}

impl ReportOut {
    pub(super) fn new(
        engine: &Engine,
        query: &Query,
        answer: &Answer,
        previous: Option<(Period, &Answer)>,
        as_of: String,
    ) -> Self {
        let by: Vec<String> = query.by.iter().map(ToString::to_string).collect();
        let before: HashMap<_, _> =
            previous.iter().flat_map(|(_, answer)| &answer.report.rows).map(|row| (key(row), row)).collect();
        let side = |answer: &Answer, row: &Row| {
            let cost = answer.cost(row);
            SideOut {
                models: cells(query, row, cost),
                reached: row.reached,
                assisted: row.assisted,
                cost: cost.map(CostOut::from),
                traffic: answer.traffic(row).map(TrafficOut::from),
            }
        };
        let row = |row: &Row| RowOut {
            values: by.iter().cloned().zip(row.values.iter().cloned().map(Value::String)).collect(),
            currency: row.currency.code(),
            side: side(answer, row),
            previous: previous.as_ref().and_then(|(_, other)| Some(side(other, before.get(&key(row))?))),
        };
        let report = &answer.report;
        Self {
            query: QueryOut::new(query, engine, previous.as_ref().map(|(period, _)| *period)),
            rows: report.rows.iter().map(row).collect(),
            totals: TotalOut::all(answer),
            previous_totals: previous.as_ref().map(|(_, answer)| TotalOut::all(answer)),
            rates: RatesUsedOut {
                version: engine.rates_version(),
                converted: report.converted,
                from: report.rate_days.map(|(first, _)| first.to_string()),
                to: report.rate_days.map(|(_, last)| last.to_string()),
            },
            data: DataOut::new(engine, as_of),
        }
    }
}

fn cells(query: &Query, row: &Row, cost: Option<&CostRow>) -> Vec<CellOut> {
    let cells = query.models.iter().zip(&row.cells);
    cells.map(|(model, cell)| CellOut::new(model, cell, row.currency, cost.map(|cost| cost.minor))).collect()
}

impl QueryOut {
    pub(super) fn new(query: &Query, engine: &Engine, compared_with: Option<Period>) -> Self {
        Self {
            kind: query.kind.name(),
            by: query.by.iter().map(ToString::to_string).collect(),
            models: query.models.iter().map(ModelOut::from).collect(),
            direct: DefinedOut { name: query.direct.name(), definition: query.direct.definition() },
            lookback_days: query.lookback_days,
            period: query.period.into(),
            compared_with: compared_with.map(Into::into),
            filters: query.filters.iter().map(filter_text).collect(),
            currency: currency_of(query, engine).code(),
            time_zone: engine.view.site().time_zone.as_str().to_owned(),
        }
    }
}

impl QueryOut {
    /// The names of the dimensions.
    pub(super) fn by(&self) -> &[String] {
        &self.by
    }

    /// What was asked, in a line: kind, direct touches, lookback, period and currency.
    pub(super) fn in_a_line(&self) -> String {
        let day = |day: &Option<String>| day.clone().unwrap_or_else(|| "open".to_owned());
        let lookback = self.lookback_days.map_or_else(|| "all".to_owned(), |days| format!("{days}d"));
        let period = format!("{}/{}", day(&self.period.from), day(&self.period.to));
        let Self { kind, currency, direct, .. } = self;
        format!(
            "kind={kind}; direct={}; lookback={lookback}; period={period}; currency={currency}",
            direct.name
        )
    }

    /// The models with their parameters.
    pub(super) fn models(&self) -> impl Iterator<Item = &str> {
        self.models.iter().map(|model| model.model.as_str())
    }
}

/// What amounts of a report are converted to.
pub(super) fn currency_of(query: &Query, engine: &Engine) -> Currency {
    query.currency.unwrap_or(engine.view.currency())
}

impl From<&Model> for ModelOut {
    fn from(model: &Model) -> Self {
        let parameters = model.parameters().into_iter();
        Self {
            model: model.to_string(),
            name: model.name(),
            parameters: parameters.map(|(name, value)| (name.to_owned(), Value::String(value))).collect(),
            definition: model.definition(),
        }
    }
}

impl From<Period> for PeriodOut {
    fn from(period: Period) -> Self {
        let day = |day: Option<Day>| day.map(|day| day.to_string());
        Self { from: day(period.from), to: day(period.to) }
    }
}

impl From<&CostRow> for CostOut {
    fn from(cost: &CostRow) -> Self {
        Self {
            amount: format_minor(cost.minor, cost.currency),
            clicks: cost.clicks,
            impressions: cost.impressions,
        }
    }
}

impl From<Counts> for TrafficOut {
    fn from(counts: Counts) -> Self {
        Self { visits: counts.visits, conversions: counts.conversions }
    }
}

impl TotalOut {
    fn all(answer: &Answer) -> Vec<Self> {
        let total = |total: &Total| {
            let (currency, cost) = (total.currency, answer.total_cost(total));
            Self {
                currency: currency.code(),
                figures: FiguresOut::new(&total.cell, currency),
                attributed: total.attributed,
                cost: cost.map(CostOut::from),
                returns: ReturnOut::new(&total.cell, currency, cost.map(|cost| cost.minor)),
            }
        };
        answer.report.totals.iter().map(total).collect()
    }
}
