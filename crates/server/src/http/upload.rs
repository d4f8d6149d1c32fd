//! `PUT /v1/{siteId}/opportunity/upload` and its sibling for revenue: one record, stored or updated.

use super::auth::{self, Caller, Ingest};
use super::body::{self, TakenBody};
use super::error::{ApiError, Code, ProblemDetails};
use super::json::{Object, Problems};
use super::noted;
use super::record_in::{Context, Notes, RecordIn};
use super::record_out::RecordDetailOut;
use super::schema::{OpportunityIn, PreferParam, RevenueIn, SiteIdParam, ValidateOnlyParam};
use crate::app::App;
use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::value::RawValue;
use std::sync::Arc;
use touchline_domain::record::{RecordKey, RecordKind, UploadOutcome};
use touchline_domain::{Scope, Site, SiteId};
use touchline_store::Source;
use utoipa::ToSchema;

/// What an upload did, for those who ask with `Prefer: return=representation`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UploadOut {
    /// `created`, `updated` or `unchanged`; also in the header `Touchline-Result`.
    #[schema(example = "created")]
    result: &'static str,
    #[serde(flatten)]
    notes: Notes,
    /// The record as it is now.
    record: RecordDetailOut,
}

/// What was checked and not stored.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValidatedOut {
    /// Always true; what is not valid is answered 400.
    valid: bool,
    /// What it would be stored as.
    reference: String,
    #[serde(flatten)]
    notes: Notes,
}

impl ValidatedOut {
    pub(crate) fn new(reference: String, notes: Notes) -> Self {
        Self { valid: true, reference, notes }
    }
}

/// Store or update an opportunity
///
/// Compatible with the Ruler Analytics data API. Names are matched in any case; numbers may be JSON numbers or text;
/// text may be a JSON number or boolean; `null` and empty text are as good as absent; members that are not
/// known are ignored. The same upload again changes nothing. The record's state is the upload with the latest
/// `OpportunityDateTime`, in whatever order they arrive.
#[utoipa::path(
    put,
    path = "/v1/{siteId}/opportunity/upload",
    tag = "Uploads",
    params(
        ("siteId" = SiteIdParam, Path, description = "The site"),
        ValidateOnlyParam,
        PreferParam,
    ),
    request_body(content = OpportunityIn, content_type = "application/json"),
    responses(
        (status = 201, description = "Stored, and on disk. Created, updated and unchanged alike; the header `Touchline-Result` tells which. The body is empty; with `Prefer: return=representation` it is an `UploadOut`.", headers(("Touchline-Result" = String, description = "`created`, `updated` or `unchanged`"))),
        (status = 200, description = "Valid; nothing was stored (`validateOnly`)", body = ValidatedOut),
        (status = 400, description = "Something is wrong with the request; `errors` names every field", body = inline(ProblemDetails<'static>), content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn opportunity(
    State(app): State<Arc<App>>,
    caller: Caller<Ingest>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    upload(&app, &caller.site, RecordKind::Opportunity, query.as_deref(), &headers, body).await
}

/// Store or update revenue
///
/// As for opportunities, with a `Value`, the date of the sale, and at least one label instead of a stage.
#[utoipa::path(
    put,
    path = "/v1/{siteId}/revenue/upload",
    tag = "Uploads",
    params(
        ("siteId" = SiteIdParam, Path, description = "The site"),
        ValidateOnlyParam,
        PreferParam,
    ),
    request_body(content = RevenueIn, content_type = "application/json"),
    responses(
        (status = 201, description = "Stored, and on disk. Created, updated and unchanged alike; the header `Touchline-Result` tells which. The body is empty; with `Prefer: return=representation` it is an `UploadOut`.", headers(("Touchline-Result" = String, description = "`created`, `updated` or `unchanged`"))),
        (status = 200, description = "Valid; nothing was stored (`validateOnly`)", body = ValidatedOut),
        (status = 400, description = "Something is wrong with the request; `errors` names every field", body = inline(ProblemDetails<'static>), content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn revenue(
    State(app): State<Arc<App>>,
    caller: Caller<Ingest>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    upload(&app, &caller.site, RecordKind::Revenue, query.as_deref(), &headers, body).await
}

/// `PUT /v1/revenue/upload`: the oldest form, with the site in the body and, perhaps, no currency; it takes the
/// site's.
pub(crate) async fn revenue_by_site_in_body(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let (parts, body): (Parts, Body) = request.into_parts();
    let token = auth::token(&parts, &app)?;
    body::require_json(&parts.headers)?;
    let taken = body::take(&app, &parts.headers, body, app.limits.body_bytes).await?;
    let raw = json(&taken)?;
    let mut problems = Problems::default();
    let site_id = Object::read(raw, String::new(), "body", &mut problems)
        .and_then(|mut object| object.required("SiteId", &mut problems, SiteId::parse));
    if !problems.is_empty() {
        return Err(ApiError::with_problems(Code::InvalidBody, problems.into_vec()));
    }
    let site = auth::site(&app, &token, site_id, Scope::Ingest)?;
    let context = Context {
        kind: RecordKind::Revenue,
        site: &site,
        now: app.clock.now(),
        default_currency: Some(site.currency),
    };
    store(&app, context, query.as_deref(), &parts.headers, raw).await
}

async fn upload(
    app: &App,
    site: &Site,
    kind: RecordKind,
    query: Option<&str>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    body::require_json(headers)?;
    let taken = body::take(app, headers, body, app.limits.body_bytes).await?;
    let context = Context { kind, site, now: app.clock.now(), default_currency: None };
    store(app, context, query, headers, json(&taken)?).await
}

/// A body's JSON, unread.
pub(crate) fn json<'a>(taken: &'a TakenBody<'_>) -> Result<&'a RawValue, ApiError> {
    serde_json::from_str(body::text(&taken.bytes)?).map_err(|error| body::malformed(&error))
}

async fn store(
    app: &App,
    context: Context<'_>,
    query: Option<&str>,
    headers: &HeaderMap,
    raw: &RawValue,
) -> Result<Response, ApiError> {
    let validate_only = validate_only(query)?;
    let RecordIn { upload, notes } = RecordIn::parse(raw, "", context)
        .map_err(|problems| ApiError::with_problems(Code::InvalidBody, problems))
        .map_err(|error| error.about(&context.site.id, noted::reference(raw)))?;
    if validate_only {
        let reference = upload.key.reference.to_string();
        return Ok(Json(ValidatedOut::new(reference, notes)).into_response());
    }
    let key = upload.key.clone();
    let outcome = app.upload(upload).await?;
    count(app, outcome, &notes);
    app.intake_log.saw(&context.site.id, source_of(context.kind), 1, None, context.now);
    let mut response = if prefers_representation(headers) {
        representation(app, context.site, key, outcome, notes).await?
    } else {
        StatusCode::CREATED.into_response()
    };
    response.headers_mut().insert("touchline-result", HeaderValue::from_static(outcome.name()));
    Ok(response)
}

/// Where records of a kind come from.
pub(crate) fn source_of(kind: RecordKind) -> Source {
    match kind {
        RecordKind::Opportunity => Source::Opportunity,
        RecordKind::Revenue => Source::Revenue,
    }
}

/// Counts what a stored upload did.
pub(crate) fn count(app: &App, outcome: UploadOutcome, notes: &Notes) {
    app.metrics.uploaded(outcome.name());
    if notes.reference_generated {
        app.metrics.reference_generated();
    }
    if notes.warnings.iter().any(|warning| warning.code == "stage_case") {
        app.metrics.stage_case_mismatch();
    }
}

async fn representation(
    app: &App,
    site: &Site,
    key: RecordKey,
    outcome: UploadOutcome,
    notes: Notes,
) -> Result<Response, ApiError> {
    let versions = app.store.record(key.clone()).await?;
    let found = app.store.record_match(key.clone()).await?;
    let record = found.and_then(|found| RecordDetailOut::new(site, &key.reference, &versions, &found));
    let record =
        record.ok_or_else(|| ApiError::new(Code::RecordNotFound, "It was stored, and deleted since."))?;
    Ok((StatusCode::CREATED, Json(UploadOut { result: outcome.name(), notes, record })).into_response())
}

/// RFC 7240: preferences that are not known are ignored.
pub(crate) fn prefers_representation(headers: &HeaderMap) -> bool {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    preferences.flat_map(|value| value.split([',', ';'])).any(|one| {
        let one: String = one.chars().filter(|c| !c.is_whitespace() && *c != '"').collect();
        one.eq_ignore_ascii_case("return=representation")
    })
}

/// Parameters that are not known are left alone here: other clients of the wire may send some.
pub(crate) fn validate_only(query: Option<&str>) -> Result<bool, ApiError> {
    let mut validate_only = false;
    for pair in query.unwrap_or("").split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, "true"));
        if name == "validateOnly" {
            validate_only = match value {
                "true" | "1" => true,
                "false" | "0" => false,
                _ => {
                    return Err(super::query::invalid(
                        "validateOnly",
                        "not_a_boolean",
                        "must be true or false",
                    ));
                }
            };
        }
    }
    Ok(validate_only)
}
