//! What one model gives, as it is answered.

use serde::Serialize;
use touchline_domain::attribution::Model;
use touchline_domain::report::Cell;
use touchline_domain::{Currency, format_minor};
use utoipa::ToSchema;

/// What a row gets under one model.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CellOut {
    /// The model, with its parameters.
    #[schema(example = "time-decay:half-life=7d")]
    pub(crate) model: String,
    #[serde(flatten)]
    pub(crate) figures: FiguresOut,
    #[serde(flatten)]
    pub(crate) returns: ReturnOut,
}

/// What comes of a cost.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReturnOut {
    /// Won value for each unit of cost; null without a cost.
    #[schema(example = 4.25)]
    pub(crate) roas: Option<f64>,
    /// What one record cost; null without a cost or records.
    #[schema(example = "125.00")]
    pub(crate) cost_per_record: Option<String>,
}

/// Value and records.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FiguresOut {
    /// A decimal with exactly the currency's decimals, as text so that no client rounds it.
    #[schema(example = "1000.00")]
    pub(crate) value: String,
    /// The part of it that is of won records.
    #[schema(example = "400.00")]
    pub(crate) won_value: String,
    /// How many records, by credit: half of a record's credit is half a record.
    #[schema(example = 12.5)]
    pub(crate) records: f64,
    /// Of them won.
    pub(crate) won: f64,
    /// Of them lost.
    pub(crate) lost: f64,
    /// Won ones of those that are won or lost; null while none is.
    #[schema(example = 0.4)]
    pub(crate) win_rate: Option<f64>,
    /// How many days won ones took, from the record's first date to its last, on average; null when none is won.
    #[schema(example = 31.5)]
    pub(crate) days_to_close: Option<f64>,
}

/// A number of digits after the point that people can do with.
#[expect(clippy::cast_precision_loss, reason = "ratios for people; what must be exact is text")]
fn ratio(dividend: i128, divisor: i128, decimals: i32) -> Option<f64> {
    let scale = 10f64.powi(decimals);
    (divisor != 0).then(|| (dividend as f64 / divisor as f64 * scale).round() / scale)
}

fn count(millionths: i64) -> f64 {
    ratio(i128::from(millionths), 1_000_000, 6).unwrap_or(0.0)
}

impl FiguresOut {
    pub(crate) fn new(cell: &Cell, currency: Currency) -> Self {
        Self {
            value: format_minor(cell.minor, currency),
            won_value: format_minor(cell.won_minor, currency),
            records: count(cell.records),
            won: count(cell.won),
            lost: count(cell.lost),
            win_rate: ratio(i128::from(cell.won), i128::from(cell.won + cell.lost), 4),
            days_to_close: ratio(cell.days, i128::from(cell.won), 2),
        }
    }
}

impl CellOut {
    /// `cost` in minor units of the same currency.
    pub(crate) fn new(model: &Model, cell: &Cell, currency: Currency, cost: Option<i128>) -> Self {
        Self {
            model: model.to_string(),
            figures: FiguresOut::new(cell, currency),
            returns: ReturnOut::new(cell, currency, cost),
        }
    }
}

impl ReturnOut {
    /// `cost` in minor units of the same currency.
    pub(crate) fn new(cell: &Cell, currency: Currency, cost: Option<i128>) -> Self {
        let per_record = cost.filter(|_| cell.records > 0).map(|cost| {
            let (dividend, divisor) = (cost * 1_000_000, i128::from(cell.records));
            format_minor((dividend + divisor / 2).div_euclid(divisor), currency)
        });
        Self { roas: cost.and_then(|cost| ratio(cell.won_minor, cost, 4)), cost_per_record: per_record }
    }
}
