//! Many uploads in one request: valid items are stored, bad ones reported, each by its place.

mod intake;
mod items;
mod split;

use super::auth::{Caller, Ingest};
use super::body;
use super::error::{ApiError, Code, Problem};
use super::ingest_schema::VisitsIn;
use super::record_in::Context;
use super::schema::{OpportunitiesIn, RevenuesIn, SiteIdParam, ValidateOnlyParam};
use super::upload::validate_only;
use crate::app::App;
use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use intake::Intake;
use items::{Items, Records, Visits};
use serde::Serialize;
use split::{Form, Splitter};
use std::sync::Arc;
use touchline_domain::record::RecordKind;
use utoipa::ToSchema;

/// What became of a batch.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchOut {
    /// Items that are stored (or, with `validateOnly`, valid).
    accepted: usize,
    /// Items that are not.
    rejected: usize,
    /// One for every item, in its order.
    results: Vec<ItemOut>,
}

/// What became of one item.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ItemOut {
    /// Its place, counted from 0.
    index: usize,
    /// The item's own `traceId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    /// The record's reference, when the item is valid. Visits have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// `created`, `updated`, `unchanged`; `valid` with `validateOnly`; `rejected`.
    #[schema(example = "created")]
    result: &'static str,
    /// What is wrong with it; pointers begin at the item.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<Problem>,
}

/// Store or update many opportunities
///
/// A JSON array, or NDJSON (`application/x-ndjson`), of opportunities as in the single upload, each with an optional
/// `traceId` that is echoed. Valid items are stored; a bad one never spoils the rest. If the body breaks off or the store
/// fails, the answer is an error whose `results` tell what was stored; sending everything again is safe.
#[utoipa::path(post, path = "/api/v1/sites/{siteId}/opportunities/batch", tag = "Uploads",
    params(("siteId" = SiteIdParam, Path, description = "The site"), ValidateOnlyParam),
    request_body(content = OpportunitiesIn, content_type = "application/json"),
    responses((status = 200, description = "What became of each item", body = BatchOut)))]
pub(crate) async fn opportunities(
    State(app): State<Arc<App>>,
    caller: Caller<Ingest>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<BatchOut>, ApiError> {
    let items = Records(records(&app, &caller, RecordKind::Opportunity));
    batch(&app, items, query.as_deref(), &headers, body).await
}

/// Store or update much revenue
///
/// As for opportunities.
#[utoipa::path(post, path = "/api/v1/sites/{siteId}/revenue/batch", tag = "Uploads",
    params(("siteId" = SiteIdParam, Path, description = "The site"), ValidateOnlyParam),
    request_body(content = RevenuesIn, content_type = "application/json"),
    responses((status = 200, description = "What became of each item", body = BatchOut)))]
pub(crate) async fn revenue(
    State(app): State<Arc<App>>,
    caller: Caller<Ingest>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<BatchOut>, ApiError> {
    let items = Records(records(&app, &caller, RecordKind::Revenue));
    batch(&app, items, query.as_deref(), &headers, body).await
}

/// Store many visits
///
/// A JSON array, or NDJSON (`application/x-ndjson`), of visits as in the single report, each with an optional `traceId`
/// that is echoed. A visit that is sent again counts once.
#[utoipa::path(post, path = "/api/v1/sites/{siteId}/visits/batch", tag = "Uploads",
    params(("siteId" = SiteIdParam, Path, description = "The site"), ValidateOnlyParam),
    request_body(content = VisitsIn, content_type = "application/json"),
    responses((status = 200, description = "What became of each item", body = BatchOut)))]
pub(crate) async fn visits(
    State(app): State<Arc<App>>,
    caller: Caller<Ingest>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<BatchOut>, ApiError> {
    let items = Visits { site: &caller.site, now: app.clock.now() };
    batch(&app, items, query.as_deref(), &headers, body).await
}

fn records<'a>(app: &App, caller: &'a Caller<Ingest>, kind: RecordKind) -> Context<'a> {
    Context { kind, site: &caller.site, now: app.clock.now(), default_currency: None }
}

async fn batch(
    app: &App,
    items: impl Items,
    query: Option<&str>,
    headers: &HeaderMap,
    mut body: Body,
) -> Result<Json<BatchOut>, ApiError> {
    let form = form(headers)?;
    body::refuse_encoding(headers)?;
    let validate_only = validate_only(query)?;
    let _turn = app
        .batches
        .try_acquire()
        .map_err(|_| ApiError::new(Code::Overloaded, "As many batches as allowed are being worked on."))?;
    let mut intake = Intake { app, items, validate_only, out: BatchOut::default(), chunk: Vec::new() };
    let began = app.clock.now();
    let read = intake.read(Splitter::new(form, app.limits.body_bytes), &mut body).await;
    intake.note(began, read.as_ref().err());
    match read {
        Ok(()) => Ok(Json(intake.out)),
        Err(mut error) => {
            error.results = serde_json::to_value(&intake.out.results).ok();
            Err(error)
        }
    }
}

fn form(headers: &HeaderMap) -> Result<Form, ApiError> {
    match body::media_type(headers).as_str() {
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Ok(Form::Lines),
        "application/json" => Ok(Form::Array),
        _ => Err(ApiError::new(
            Code::UnsupportedMediaType,
            "The header Content-Type must be application/json or application/x-ndjson.",
        )),
    }
}
