//! Many uploads in one request: valid items are stored, bad ones reported, each by its place.

mod split;

use super::auth::{Caller, Ingest};
use super::body;
use super::error::{ApiError, Code, Problem};
use super::json::{Object, Problems, scalar};
use super::record_in::{Context, RecordIn};
use super::schema::{OpportunitiesIn, RevenuesIn, SiteIdParam, ValidateOnlyParam};
use super::upload::{count, validate_only};
use crate::app::App;
use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use split::{Form, SplitError, Splitter};
use std::sync::Arc;
use std::time::Duration;
use touchline_domain::Site;
use touchline_domain::record::RecordKind;
use touchline_store::StoreError;
use utoipa::ToSchema;

/// How many items are stored together.
const CHUNK_ITEMS: usize = 500;

/// How often a full write queue is tried again, and how long apart, before the batch is broken off.
const QUEUE_TRIES: u32 = 100;
const QUEUE_WAIT: Duration = Duration::from_millis(50);

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
    /// The record's reference, when the item is valid.
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
    batch(&app, &caller.site, RecordKind::Opportunity, query.as_deref(), &headers, body).await
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
    batch(&app, &caller.site, RecordKind::Revenue, query.as_deref(), &headers, body).await
}

async fn batch(
    app: &App,
    site: &Site,
    kind: RecordKind,
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
    let context = Context { kind, site, now: app.clock.now(), default_currency: None };
    let mut intake = Intake { app, context, validate_only, out: BatchOut::default(), chunk: Vec::new() };
    match intake.read(Splitter::new(form, app.limits.body_bytes), &mut body).await {
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

/// A batch on its way in.
struct Intake<'a> {
    app: &'a App,
    context: Context<'a>,
    validate_only: bool,
    out: BatchOut,
    chunk: Vec<(RecordIn, Option<String>)>,
}

impl Intake<'_> {
    async fn read(&mut self, mut splitter: Splitter, body: &mut Body) -> Result<(), ApiError> {
        let mut bytes = 0;
        while let Some(piece) = self.piece(body).await? {
            bytes += piece.len();
            if bytes > self.app.limits.batch_bytes {
                self.flush().await?;
                return Err(body::too_large(self.app.limits.batch_bytes));
            }
            splitter.push(&piece);
            loop {
                match splitter.next() {
                    Ok(Some(item)) => self.item(&item).await?,
                    Ok(None) => break,
                    Err(error) => return self.broken(error).await,
                }
            }
        }
        match splitter.finish() {
            Ok(Some(item)) => self.item(&item).await?,
            Ok(None) => {}
            Err(error) => return self.broken(error).await,
        }
        self.flush().await
    }

    /// The next piece of the body. When it breaks off, what came before is stored first.
    async fn piece(&mut self, body: &mut Body) -> Result<Option<Bytes>, ApiError> {
        let piece = body::piece(body).await;
        if piece.is_err() {
            self.flush().await?;
        }
        piece
    }

    /// What came before the break is stored, and said to be.
    async fn broken(&mut self, error: SplitError) -> Result<(), ApiError> {
        self.flush().await?;
        let (index, limit) = (self.out.results.len(), self.app.limits.body_bytes);
        Err(match error {
            SplitError::NotAnArray => ApiError::new(
                Code::MalformedJson,
                format!("The body must be a JSON array; see item {index}."),
            ),
            SplitError::Unfinished => {
                ApiError::new(Code::MalformedJson, format!("The JSON array ends within item {index}."))
            }
            SplitError::ItemTooLong => {
                ApiError::new(Code::BodyTooLarge, format!("Item {index} must be at most {limit} bytes."))
            }
        })
    }

    async fn item(&mut self, item: &[u8]) -> Result<(), ApiError> {
        let index = self.out.results.len() + self.chunk.len();
        if index == self.app.limits.batch_items {
            self.flush().await?;
            let limit = self.app.limits.batch_items;
            return Err(ApiError::new(
                Code::BodyTooLarge,
                format!("A batch must have at most {limit} items."),
            ));
        }
        match parse(item, self.context) {
            Ok(parsed) => self.chunk.push(parsed),
            Err((errors, trace_id)) => {
                // Results are in the order of the items.
                self.flush().await?;
                self.app.metrics.rejected(Code::InvalidBody.name());
                self.out.rejected += 1;
                self.out.results.push(ItemOut {
                    index,
                    trace_id,
                    reference: None,
                    result: "rejected",
                    errors,
                });
            }
        }
        if self.chunk.len() == CHUNK_ITEMS {
            self.flush().await?;
        }
        Ok(())
    }

    /// Stores the valid items gathered so far.
    async fn flush(&mut self) -> Result<(), ApiError> {
        let chunk = std::mem::take(&mut self.chunk);
        if chunk.is_empty() {
            return Ok(());
        }
        let uploads: Vec<_> = chunk.iter().map(|(parsed, _)| parsed.upload.clone()).collect();
        let outcomes = if self.validate_only { None } else { Some(self.store(uploads).await?) };
        for (place, (parsed, trace_id)) in chunk.into_iter().enumerate() {
            let outcome = outcomes.as_ref().and_then(|outcomes| outcomes.get(place));
            if let Some(outcome) = outcome {
                count(self.app, *outcome, &parsed.notes);
            }
            self.out.accepted += 1;
            self.out.results.push(ItemOut {
                index: self.out.results.len(),
                trace_id,
                reference: Some(parsed.upload.key.reference.to_string()),
                result: outcome.map_or("valid", |outcome| outcome.name()),
                errors: Vec::new(),
            });
        }
        Ok(())
    }

    /// A batch gives way to single uploads: it waits while the queue is full.
    async fn store(
        &self,
        uploads: Vec<touchline_store::Upload>,
    ) -> Result<Vec<touchline_domain::record::UploadOutcome>, ApiError> {
        for _ in 0..QUEUE_TRIES {
            match self.app.store.upload(uploads.clone()).await {
                Err(StoreError::Overloaded) => tokio::time::sleep(QUEUE_WAIT).await,
                done => return Ok(done?),
            }
        }
        Err(StoreError::Overloaded.into())
    }
}

type Refused = (Vec<Problem>, Option<String>);

fn parse(item: &[u8], context: Context<'_>) -> Result<(RecordIn, Option<String>), Refused> {
    let malformed = |error: ApiError| {
        let problem =
            Problem { pointer: String::new(), code: error.code.name(), detail: error.detail.into_owned() };
        (vec![problem], None)
    };
    let text = body::text(item).map_err(malformed)?;
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| malformed(body::malformed(&error)))?;
    let trace_id = trace_id(raw);
    match RecordIn::parse(raw, "", context) {
        Ok(mut parsed) => {
            parsed.notes.ignored.retain(|pointer| !pointer.eq_ignore_ascii_case("/traceId"));
            Ok((parsed, trace_id))
        }
        Err(problems) => Err((problems, trace_id)),
    }
}

/// Whatever the caller calls the item; echoed, cut to 200 characters, never stored.
fn trace_id(raw: &RawValue) -> Option<String> {
    let mut unread = Problems::default();
    let mut object = Object::read(raw, String::new(), "item", &mut unread)?;
    let text = scalar(object.take("traceId")?)?;
    Some(text.chars().take(200).collect())
}
