//! `POST /api/v1/sites/{siteId}/visits`: a visit that a server reports.

use super::auth::{Caller, Ingest};
use super::body;
use super::error::{ApiError, Code, ProblemDetails};
use super::ingest_schema::VisitIn as VisitSchema;
use super::schema::{SiteIdParam, ValidateOnlyParam};
use super::upload::{json, validate_only};
use super::visit_in::VisitIn;
use crate::app::App;
use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use touchline_store::Source;
use utoipa::ToSchema;

/// What became of a visit.
#[derive(Serialize, ToSchema)]
pub(crate) struct VisitOut {
    /// `created`; `valid` with `validateOnly`.
    #[schema(example = "created")]
    result: &'static str,
    /// JSON pointers to members that Touchline does not know and did not store.
    ignored: Vec<String>,
}

/// Store a visit
///
/// For servers that report what their pages see; browsers report with the tag, without a token. Every page may be
/// reported: reports that belong to one visit are told by the site's settings, so that a repeated one counts once.
#[utoipa::path(
    post,
    path = "/api/v1/sites/{siteId}/visits",
    tag = "Uploads",
    params(("siteId" = SiteIdParam, Path, description = "The site"), ValidateOnlyParam),
    request_body(content = VisitSchema, content_type = "application/json"),
    responses(
        (status = 201, description = "Stored, and on disk", body = VisitOut),
        (status = 200, description = "Valid; nothing was stored (`validateOnly`)", body = VisitOut),
        (status = 400, description = "Something is wrong with the request; `errors` names every field", body = inline(ProblemDetails<'static>), content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn visit(
    State(app): State<Arc<App>>,
    caller: Caller<Ingest>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    body::require_json(&headers)?;
    let taken = body::take(&app, &headers, body, app.limits.body_bytes).await?;
    let validate_only = validate_only(query.as_deref())?;
    let VisitIn { visit, ignored } = VisitIn::parse(json(&taken)?, &caller.site, app.clock.now())
        .map_err(|problems| ApiError::with_problems(Code::InvalidBody, problems))?;
    if validate_only {
        return Ok(Json(VisitOut { result: "valid", ignored }).into_response());
    }
    let (now, page) = (visit.received_at, visit.visit.landing_page.clone());
    app.add_visits(vec![visit]).await?;
    app.intake_log.saw(&caller.site.id, Source::ServerVisit, 1, Some(page.as_str()), now);
    Ok((StatusCode::CREATED, Json(VisitOut { result: "created", ignored })).into_response())
}
