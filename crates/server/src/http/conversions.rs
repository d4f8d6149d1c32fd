//! `PUT …/webconversion` and `PUT …/inboundcallconversion`: one conversion, stored or updated.

use super::auth::{Caller, Ingest};
use super::body;
use super::conversion_in::ConversionIn;
use super::error::{ApiError, Code, ProblemDetails};
use super::ingest_schema::{InboundCallIn, WebConversionIn};
use super::noted;
use super::record_in::Notes;
use super::record_out::IdentifierOut;
use super::schema::{PreferParam, SiteIdParam, ValidateOnlyParam};
use super::upload::{ValidatedOut, json, prefers_representation, validate_only};
use crate::app::App;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::put;
use axum::{Json, Router};
use serde::Serialize;
use std::sync::Arc;
use touchline_domain::{Conversion, ConversionKind, Site};
use touchline_store::Source;
use utoipa::ToSchema;

/// Where conversions are sent. The vendor's pages do not show the paths; the first are ours, and what clients are seen to
/// use can be added.
const WEB_PATHS: [&str; 2] = ["/v1/{siteId}/webconversion", "/v1/{siteId}/webconversion/upload"];
const CALL_PATHS: [&str; 2] =
    ["/v1/{siteId}/inboundcallconversion", "/v1/{siteId}/inboundcallconversion/upload"];

/// The routes of both.
pub(super) fn routes() -> Router<Arc<App>> {
    let web = WEB_PATHS.iter().fold(Router::new(), |router, path| router.route(path, put(web)));
    CALL_PATHS.iter().fold(web, |router, path| router.route(path, put(call)))
}

/// What a report of a conversion did, for those who ask with `Prefer: return=representation`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConversionOut {
    /// `created`, `updated` or `unchanged`; also in the header `Touchline-Result`.
    #[schema(example = "created")]
    result: &'static str,
    #[serde(flatten)]
    notes: Notes,
    /// Its name.
    #[schema(example = "FORM-1")]
    reference: String,
    /// When it happened: a date, or a time in UTC.
    #[schema(example = "2024-01-15T09:30:00Z")]
    occurred_at: String,
    /// Whom it names, in its own fields and in its payload.
    identifiers: Vec<IdentifierOut>,
}

/// Store or update a web conversion
///
/// A form, a chat, a booking: anything by which somebody gets in touch. Names are matched in any case. The payload's values
/// name the visitor too: the first email address and telephone number under a name that says so, and every value of 4 to
/// 128 characters as a `PayloadValue`. The same report again changes nothing. Also at
/// `/v1/{siteId}/webconversion/upload`.
#[utoipa::path(
    put,
    path = "/v1/{siteId}/webconversion",
    tag = "Uploads",
    params(
        ("siteId" = SiteIdParam, Path, description = "The site"),
        ValidateOnlyParam,
        PreferParam,
    ),
    request_body(content = WebConversionIn, content_type = "application/json"),
    responses(
        (status = 201, description = "Stored, and on disk. The header `Touchline-Result` tells what it did. The body is empty; with `Prefer: return=representation` it is a `ConversionOut`.", headers(("Touchline-Result" = String, description = "`created`, `updated` or `unchanged`"))),
        (status = 200, description = "Valid; nothing was stored (`validateOnly`)", body = ValidatedOut),
        (status = 400, description = "Something is wrong with the request; `errors` names every field", body = inline(ProblemDetails<'static>), content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn web(
    State(app): State<Arc<App>>,
    caller: Caller<Ingest>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    store(&app, &caller.site, ConversionKind::Web, query.as_deref(), &headers, body).await
}

/// Store or update an inbound call
///
/// The number that called names the visitor, unless it was withheld. A `CookieValue` is taken when it stands alone:
/// `EmailAddress` and `RaId` win over it. The same report again changes nothing. Also at
/// `/v1/{siteId}/inboundcallconversion/upload`.
#[utoipa::path(
    put,
    path = "/v1/{siteId}/inboundcallconversion",
    tag = "Uploads",
    params(
        ("siteId" = SiteIdParam, Path, description = "The site"),
        ValidateOnlyParam,
        PreferParam,
    ),
    request_body(content = InboundCallIn, content_type = "application/json"),
    responses(
        (status = 201, description = "Stored, and on disk. The header `Touchline-Result` tells what it did. The body is empty; with `Prefer: return=representation` it is a `ConversionOut`.", headers(("Touchline-Result" = String, description = "`created`, `updated` or `unchanged`"))),
        (status = 200, description = "Valid; nothing was stored (`validateOnly`)", body = ValidatedOut),
        (status = 400, description = "Something is wrong with the request; `errors` names every field", body = inline(ProblemDetails<'static>), content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn call(
    State(app): State<Arc<App>>,
    caller: Caller<Ingest>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    store(&app, &caller.site, ConversionKind::Call, query.as_deref(), &headers, body).await
}

async fn store(
    app: &App,
    site: &Site,
    kind: ConversionKind,
    query: Option<&str>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    body::require_json(headers)?;
    let taken = body::take(app, headers, body, app.limits.body_bytes).await?;
    let validate_only = validate_only(query)?;
    let (raw, now) = (json(&taken)?, app.clock.now());
    let ConversionIn { conversion, notes } = ConversionIn::parse(raw, kind, site, now)
        .map_err(|problems| ApiError::with_problems(Code::InvalidBody, problems))
        .map_err(|error| error.about(&site.id, noted::reference(raw)))?;
    let Conversion { reference, occurred, identifiers, .. } = &conversion.conversion;
    let reference = reference.to_string();
    if validate_only {
        return Ok(Json(ValidatedOut::new(reference, notes)).into_response());
    }
    let occurred_at = occurred.to_string();
    let identifiers = identifiers.iter().map(IdentifierOut::from).collect();
    let is_generated = notes.reference_generated;
    let outcome = app.add_conversion(conversion).await?;
    let source = match kind {
        ConversionKind::Web => Source::WebConversion,
        ConversionKind::Call => Source::Call,
    };
    app.intake_log.saw(&site.id, source, 1, None, now);
    if is_generated {
        app.metrics.reference_generated();
    }
    let result = outcome.name();
    let mut response = if prefers_representation(headers) {
        let stored = ConversionOut { result, notes, reference, occurred_at, identifiers };
        (StatusCode::CREATED, Json(stored)).into_response()
    } else {
        StatusCode::CREATED.into_response()
    };
    response.headers_mut().insert("touchline-result", HeaderValue::from_static(result));
    Ok(response)
}
