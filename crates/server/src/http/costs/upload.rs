//! `PUT /v1/{siteId}/adcosts` and its siblings for three platforms: costs, stored or replaced.

use super::cost_in::{CostsIn, Shape};
use super::cost_out::{CostNotes, CostOut, CostResultOut, CostsUploadOut, ValidatedCostsOut};
use super::schema::{AdCostsIn, BingAdCostsIn, FacebookAdCostsIn, GoogleAdCostsIn};
use crate::app::App;
use crate::http::auth::{Caller, Ingest};
use crate::http::body;
use crate::http::error::{ApiError, Code, ProblemDetails};
use crate::http::noted;
use crate::http::schema::{PreferParam, SiteIdParam, ValidateOnlyParam};
use crate::http::upload::{json, prefers_representation, validate_only};
use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use touchline_domain::Site;
use touchline_domain::record::UploadOutcome;
use touchline_store::{NewCost, Source};

/// Store or replace costs of advertising
///
/// What a campaign of any source cost on one day; or an array of up to 1,000 of them, which are stored all or none. A cost of
/// the same day with the same source, identifiers and keyword is replaced; the same again changes nothing. The wire's older
/// form, with `AdPlatformName` and `CaptureDateTime`, is taken too.
#[utoipa::path(
    put,
    path = "/v1/{siteId}/adcosts",
    tag = "Costs",
    params(("siteId" = SiteIdParam, Path, description = "The site"), ValidateOnlyParam, PreferParam),
    request_body(content = AdCostsIn, content_type = "application/json"),
    responses(
        (status = 201, description = "Stored, and on disk. The header `Touchline-Result` tells what it did. The body is empty; with `Prefer: return=representation` it is a `CostsUploadOut`.", headers(("Touchline-Result" = String, description = "`created`, `updated` or `unchanged`"))),
        (status = 200, description = "Valid; nothing was stored (`validateOnly`)", body = ValidatedCostsOut),
        (status = 400, description = "Something is wrong with the request; `errors` names every field", body = inline(ProblemDetails<'static>), content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn put_ad_costs(
    State(app): State<Arc<App>>,
    caller: Caller<Ingest>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    store(&app, &caller.site, Shape::General, query.as_deref(), &headers, body).await
}

/// Store or replace costs of Microsoft Advertising
///
/// A row of its performance reports; or an array of them. It names no currency: amounts are in the site's, unless `CurrencyCode`
/// says otherwise.
#[utoipa::path(
    put,
    path = "/v1/{siteId}/adcosts/bing",
    tag = "Costs",
    params(("siteId" = SiteIdParam, Path, description = "The site"), ValidateOnlyParam, PreferParam),
    request_body(content = BingAdCostsIn, content_type = "application/json"),
    responses(
        (status = 201, description = "As for other costs.", headers(("Touchline-Result" = String, description = "`created`, `updated` or `unchanged`"))),
        (status = 200, description = "Valid; nothing was stored (`validateOnly`)", body = ValidatedCostsOut),
        (status = 400, description = "Something is wrong with the request; `errors` names every field", body = inline(ProblemDetails<'static>), content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn put_bing_ad_costs(
    State(app): State<Arc<App>>,
    caller: Caller<Ingest>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    store(&app, &caller.site, Shape::Bing, query.as_deref(), &headers, body).await
}

/// Store or replace costs of Facebook and Instagram
///
/// A row of Meta's insights; or an array of them. A row of several days is shared out evenly over them.
#[utoipa::path(
    put,
    path = "/v1/{siteId}/adcosts/facebook",
    tag = "Costs",
    params(("siteId" = SiteIdParam, Path, description = "The site"), ValidateOnlyParam, PreferParam),
    request_body(content = FacebookAdCostsIn, content_type = "application/json"),
    responses(
        (status = 201, description = "As for other costs.", headers(("Touchline-Result" = String, description = "`created`, `updated` or `unchanged`"))),
        (status = 200, description = "Valid; nothing was stored (`validateOnly`)", body = ValidatedCostsOut),
        (status = 400, description = "Something is wrong with the request; `errors` names every field", body = inline(ProblemDetails<'static>), content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn put_facebook_ad_costs(
    State(app): State<Arc<App>>,
    caller: Caller<Ingest>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    store(&app, &caller.site, Shape::Facebook, query.as_deref(), &headers, body).await
}

/// Store or replace costs of Google Ads
///
/// A row of the Google Ads API with the period that it was asked for; or an array of them. A row of several days is shared out
/// evenly over them, unless its `segments.date` says of which day it is.
#[utoipa::path(
    put,
    path = "/v1/{siteId}/adcosts/google",
    tag = "Costs",
    params(("siteId" = SiteIdParam, Path, description = "The site"), ValidateOnlyParam, PreferParam),
    request_body(content = GoogleAdCostsIn, content_type = "application/json"),
    responses(
        (status = 201, description = "As for other costs.", headers(("Touchline-Result" = String, description = "`created`, `updated` or `unchanged`"))),
        (status = 200, description = "Valid; nothing was stored (`validateOnly`)", body = ValidatedCostsOut),
        (status = 400, description = "Something is wrong with the request; `errors` names every field", body = inline(ProblemDetails<'static>), content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn put_google_ad_costs(
    State(app): State<Arc<App>>,
    caller: Caller<Ingest>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    store(&app, &caller.site, Shape::Google, query.as_deref(), &headers, body).await
}

async fn store(
    app: &App,
    site: &Site,
    shape: Shape,
    query: Option<&str>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    body::require_json(headers)?;
    let taken = body::take(app, headers, body, app.limits.body_bytes).await?;
    let validate_only = validate_only(query)?;
    let now = app.clock.now();
    let CostsIn { costs, warnings, ignored } = CostsIn::parse(json(&taken)?, shape, site, now)
        .map_err(|problems| ApiError::with_problems(Code::InvalidBody, problems))?;
    let notes = CostNotes { warnings, ignored };
    let wants_body = validate_only || prefers_representation(headers);
    let shown: Vec<_> = costs.iter().filter(|_| wants_body).map(|cost| CostOut::new(cost, now)).collect();
    if validate_only {
        return Ok(Json(ValidatedCostsOut { valid: true, notes, costs: shown }).into_response());
    }
    let new = |cost| NewCost { site: site.id.clone(), received_at: now, cost };
    let count = costs.len();
    let outcomes = app.add_costs(costs.into_iter().map(new).collect()).await?;
    app.intake_log.saw(&site.id, source_of(shape), count, None, now);
    if count > 1 {
        noted::costs(app, site, route_of(shape), now, &outcomes);
    }
    let result = altogether(&outcomes).name();
    let mut response = if wants_body {
        let costs = outcomes.into_iter().zip(shown).map(|(outcome, cost)| CostResultOut::new(outcome, cost));
        (StatusCode::CREATED, Json(CostsUploadOut { result, notes, costs: costs.collect() })).into_response()
    } else {
        StatusCode::CREATED.into_response()
    };
    response.headers_mut().insert("touchline-result", HeaderValue::from_static(result));
    Ok(response)
}

fn route_of(shape: Shape) -> &'static str {
    match shape {
        Shape::General => "/v1/{siteId}/adcosts",
        Shape::Bing => "/v1/{siteId}/adcosts/bing",
        Shape::Facebook => "/v1/{siteId}/adcosts/facebook",
        Shape::Google => "/v1/{siteId}/adcosts/google",
    }
}

fn source_of(shape: Shape) -> Source {
    match shape {
        Shape::General => Source::Costs,
        Shape::Bing => Source::BingCosts,
        Shape::Facebook => Source::FacebookCosts,
        Shape::Google => Source::GoogleCosts,
    }
}

/// What several costs did, in one word.
fn altogether(outcomes: &[UploadOutcome]) -> UploadOutcome {
    let any = |outcome| outcomes.contains(&outcome);
    if any(UploadOutcome::Created) {
        UploadOutcome::Created
    } else if any(UploadOutcome::Updated) {
        UploadOutcome::Updated
    } else {
        UploadOutcome::Unchanged
    }
}
