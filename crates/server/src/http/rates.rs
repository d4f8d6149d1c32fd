//! `GET /api/v1/rates`: the reference rates by which reports convert money.

use super::auth::{AnyCaller, Read};
use super::error::ApiError;
use super::query::Query;
use crate::app::App;
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use std::sync::Arc;
use touchline_domain::{Day, Instant};
use utoipa::{IntoParams, ToSchema};

/// The rates that hold on one day.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RatesOut {
    /// In what they are given: a rate says how many units of its currency one of these is worth.
    #[schema(example = "EUR")]
    base: &'static str,
    /// The day that was asked for, or the last one that has rates; null when there are none.
    #[schema(example = "2024-01-14")]
    date: Option<String>,
    /// In order of currency.
    rates: Vec<RateOut>,
    /// The first day that has rates.
    #[schema(example = "1999-01-04")]
    from: Option<String>,
    /// The last day that has rates.
    #[schema(example = "2024-01-15")]
    to: Option<String>,
    /// When an import last changed something, in UTC.
    changed_at: Option<String>,
    /// Grows with every import that changes something; reports name it.
    version: u64,
}

/// What one euro is worth in a currency.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RateOut {
    /// ISO 4217.
    #[schema(example = "USD")]
    currency: &'static str,
    /// Exact, as text so that no client rounds it.
    #[schema(example = "1.0942")]
    rate: String,
    /// Of which day it is: that of `date`, or the last one before it that has a rate.
    #[schema(example = "2024-01-12")]
    day: String,
}

/// Of which day.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the query; read by `get_rates`")]
struct RatesParams {
    /// The day; without it the last one that has rates.
    #[param(required = false, format = "touchline-day")]
    date: String,
}

/// Reference rates of a day
///
/// Those of the European Central Bank, as the operator imported them: of the whole installation, not of a site. A currency
/// whose first rate is later than the day is absent.
#[utoipa::path(get, path = "/api/v1/rates", tag = "Costs", params(RatesParams),
    responses((status = 200, description = "The rates", body = RatesOut)))]
pub(crate) async fn get_rates(
    State(app): State<Arc<App>>,
    _caller: AnyCaller<Read>,
    RawQuery(raw): RawQuery,
) -> Result<Json<RatesOut>, ApiError> {
    let mut query = Query::read(raw.as_deref())?;
    let asked = query.optional("date", Day::parse);
    query.finish()?;
    let stored = app.rates().await?;
    let span = stored.rates.span();
    let date = asked.or(span.map(|(_, last)| last));
    let of_day = stored.rates.currencies().iter().filter_map(|currency| {
        let (day, rate) = stored.rates.latest(*currency, date?)?;
        Some(RateOut { currency: currency.code(), rate: rate.to_string(), day: day.to_string() })
    });
    let shown = |day: Day| day.to_string();
    Ok(Json(RatesOut {
        base: "EUR",
        date: date.map(shown),
        rates: of_day.collect(),
        from: span.map(|(first, _)| shown(first)),
        to: span.map(|(_, last)| shown(last)),
        changed_at: stored.changed_at.as_ref().map(Instant::to_string),
        version: stored.version,
    }))
}
