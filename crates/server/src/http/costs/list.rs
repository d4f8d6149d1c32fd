//! `GET /api/v1/sites/{siteId}/costs`: what advertising cost, as it was received last.

use super::cost_out::CostOut;
use crate::app::App;
use crate::http::auth::{Caller, Read};
use crate::http::error::ApiError;
use crate::http::query::Query;
use crate::http::schema::SiteIdParam;
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use std::fmt::Write as _;
use std::sync::Arc;
use touchline_domain::cost::CostKey;
use touchline_domain::{Day, Invalid};
use touchline_store::CostsQuery;
use utoipa::{IntoParams, ToSchema};

const PAGE_MAX: usize = 1_000;
const PAGE_DEFAULT: usize = 100;

/// A page of costs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CostsOut {
    /// The newest day first; a cost keeps its place however often it is restated.
    costs: Vec<CostOut>,
    /// Give it as `cursor` for the next page; null on the last one.
    next_cursor: Option<String>,
}

/// Which costs to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the query; read by `list_costs`")]
struct CostsParams {
    /// Not of a day before this.
    #[param(required = false, format = "touchline-day")]
    from: String,
    /// Not of a day after this.
    #[param(required = false, format = "touchline-day")]
    to: String,
    /// Costs on the page.
    #[param(minimum = 1, maximum = 1000, default = 100, required = false)]
    limit: u32,
    /// Where the page begins: the `nextCursor` of the one before.
    #[param(required = false, format = "touchline-cost-cursor")]
    cursor: String,
}

/// List costs of advertising
///
/// Each as it was received last. Amounts are in the currencies that they were sent in.
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/costs", tag = "Costs", params(("siteId" = SiteIdParam, Path, description = "The site"), CostsParams),
    responses((status = 200, description = "A page of them", body = CostsOut)))]
pub(crate) async fn list_costs(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    RawQuery(raw): RawQuery,
) -> Result<Json<CostsOut>, ApiError> {
    let mut query = Query::read(raw.as_deref())?;
    let (from, to) = (query.optional("from", Day::parse), query.optional("to", Day::parse));
    let limit = query.optional("limit", |raw| {
        let limit = raw.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
        limit.ok_or_else(|| {
            Invalid::new("out_of_range", format!("must be a whole number from 1 to {PAGE_MAX}"))
        })
    });
    let after = query.optional("cursor", |raw| {
        let malformed = || Invalid::new("malformed", "must be a nextCursor that was answered before");
        position(raw).ok_or_else(malformed)
    });
    query.finish()?;
    let site = caller.site.id.clone();
    let query = CostsQuery { site, from, to, after, limit: limit.unwrap_or(PAGE_DEFAULT) };
    let page = app.store.costs(query).await?;
    let costs = page.costs.iter().map(|stored| CostOut::new(&stored.cost, stored.received_at));
    Ok(Json(CostsOut { costs: costs.collect(), next_cursor: page.next.map(cursor) }))
}

/// A place in the list as text that needs no encoding in an address: the day's number, and the key in hexadecimal digits.
fn cursor((day, CostKey(key)): (Day, CostKey)) -> String {
    let mut cursor = format!("{}-", day.number());
    for byte in key {
        let _ = write!(cursor, "{byte:02x}");
    }
    cursor
}

/// The place that a cursor means.
fn position(cursor: &str) -> Option<(Day, CostKey)> {
    let (day, digits) = cursor.split_once('-')?;
    let is_day = !day.is_empty() && day.bytes().all(|b| b.is_ascii_digit());
    let is_key = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_day || !is_key {
        return None;
    }
    let key = u128::from_str_radix(digits, 16).ok()?;
    Some((Day::from_number(day.parse().ok()?), CostKey(key.to_be_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_leads_back_to_its_place(day in 0i32..3_000_000, key in proptest::array::uniform16(0u8..)) {
            let place = (Day::from_number(day), CostKey(key));
            prop_assert_eq!(position(&cursor(place)), Some(place));
        }

        #[test]
        fn anything_else_is_refused(raw in "[0-9a-f-]{0,40}|\\PC*") {
            let found = position(&raw);
            prop_assert!(found.is_none_or(|found| cursor(found).trim_start_matches('0') == raw.trim_start_matches('0')));
        }
    }
}
