//! Reading records: lists, one record, totals; and deleting one.

use super::auth::{Admin, Caller, Read};
use super::error::{ApiError, Code, ProblemDetails};
use super::export::{self, Format};
use super::query::Query;
use super::record_out::{RecordDetailOut, RecordOut};
use super::schema::{ReferenceParam, SiteIdParam};
use crate::app::App;
use axum::Json;
use axum::body::Body;
use axum::extract::{RawPathParams, RawQuery, State};
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use touchline_domain::record::{RecordFilter, RecordKey, RecordKind, Reference, StageTotal};
use touchline_domain::{
    Currency, Identifier, IdentifierKind, Instant, Invalid, Magnitude, Milestone, Moment, Site, Text,
    format_minor,
};
use touchline_store::RecordsQuery;
use utoipa::{IntoParams, ToSchema};

/// The most records on one page.
const PAGE_MAX: usize = 1_000;
const PAGE_DEFAULT: usize = 100;

/// A page of records.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecordsOut {
    /// The newest record first; a record keeps its place however often it is updated.
    records: Vec<RecordOut>,
    /// Give it as `cursor` for the next page; null on the last one. A page may hold fewer records than its limit, or
    /// none, and still not be the last, when a filter matches rarely.
    next_cursor: Option<String>,
}

/// Which records to list. A record is listed when it meets every condition.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the query; read by `query`")]
pub(crate) struct ListParams {
    /// In exactly this stage.
    #[param(max_length = 255, required = false, format = "touchline-text")]
    stage: String,
    /// Carrying exactly this label.
    #[param(max_length = 255, required = false, format = "touchline-text")]
    label: String,
    /// Not before this date or time.
    #[param(required = false, format = "touchline-moment")]
    from: String,
    /// Not after this time, or this whole day (in UTC).
    #[param(required = false, format = "touchline-moment")]
    to: String,
    /// In this currency.
    #[param(schema_with = super::schema::currency, required = false)]
    currency: String,
    /// Worth at least this, in its own currency.
    #[param(required = false, format = "touchline-amount")]
    value_min: String,
    /// Worth at most this, in its own currency.
    #[param(required = false, format = "touchline-amount")]
    value_max: String,
    /// Naming this visitor id.
    #[param(max_length = 512, required = false, format = "touchline-text")]
    ra_id: String,
    /// Naming this email address.
    #[param(max_length = 512, required = false, format = "touchline-text")]
    email: String,
    /// Naming this telephone number.
    #[param(max_length = 512, required = false, format = "touchline-text")]
    phone: String,
    /// Naming this payload value.
    #[param(max_length = 512, required = false, format = "touchline-text")]
    payload: String,
    /// Naming this Google Analytics client id.
    #[param(max_length = 512, required = false, format = "touchline-text")]
    cookie: String,
    /// Whether somebody was found for it.
    #[param(required = false)]
    matched: bool,
    /// Records on the page.
    #[param(minimum = 1, maximum = 1000, default = 100, required = false)]
    limit: u32,
    /// Where the page begins: the `nextCursor` of the one before.
    #[param(required = false, format = "touchline-cursor")]
    cursor: String,
}

/// List opportunities
///
/// As JSON a page at a time; with `Accept: text/csv` or `application/x-ndjson` all of them in one stream.
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/opportunities", tag = "Records", params(("siteId" = SiteIdParam, Path, description = "The site"), ListParams),
    responses((status = 200, description = "A page of opportunities, or all in one stream", content((RecordsOut = "application/json"), (String = "text/csv"), (String = "application/x-ndjson")))))]
pub(crate) async fn list_opportunities(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    list(app, caller.site, RecordKind::Opportunity, &headers, raw.as_deref()).await
}

/// List revenue
///
/// As JSON a page at a time; with `Accept: text/csv` or `application/x-ndjson` all of it in one stream.
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/revenue", tag = "Records", params(("siteId" = SiteIdParam, Path, description = "The site"), ListParams),
    responses((status = 200, description = "A page of revenue, or all in one stream", content((RecordsOut = "application/json"), (String = "text/csv"), (String = "application/x-ndjson")))))]
pub(crate) async fn list_revenue(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    list(app, caller.site, RecordKind::Revenue, &headers, raw.as_deref()).await
}

async fn list(
    app: Arc<App>,
    site: Arc<Site>,
    kind: RecordKind,
    headers: &HeaderMap,
    raw: Option<&str>,
) -> Result<Response, ApiError> {
    let query = query(&site, kind, raw)?;
    if query.filter.matched.is_some() {
        app.settled().await?;
    }
    if let Some(format) = export_format(headers) {
        return Ok(stream(&app, site, query, format));
    }
    let page = app.store.records(query).await?;
    let records = page.records.iter().filter_map(|record| RecordOut::listed(&site, record));
    let next_cursor = page.next.map(|next| next.to_string());
    Ok(Json(RecordsOut { records: records.collect(), next_cursor }).into_response())
}

fn query(site: &Site, kind: RecordKind, raw: Option<&str>) -> Result<RecordsQuery, ApiError> {
    let mut query = Query::read(raw)?;
    let identifiers = [
        ("raId", IdentifierKind::RaId),
        ("email", IdentifierKind::EmailAddress),
        ("phone", IdentifierKind::PhoneNumber),
        ("payload", IdentifierKind::PayloadValue),
        ("cookie", IdentifierKind::CookieValue),
    ]
    .map(|(name, kind)| query.optional(name, |raw| Identifier::parse(kind, raw, site.phone_country)));
    let text = |raw: &str| Text::<255>::parse(raw).map(|text| text.to_string());
    let filter = RecordFilter {
        stage: query.optional("stage", text),
        label: query.optional("label", text),
        from: query.optional("from", |raw| Moment::parse(raw).map(|moment| moment.at)),
        until: query.optional("to", |raw| Moment::parse(raw).map(just_after)),
        currency: query.optional("currency", Currency::parse),
        value_min: query.optional("valueMin", Magnitude::parse),
        value_max: query.optional("valueMax", Magnitude::parse),
        identifiers: identifiers.into_iter().flatten().collect(),
        matched: query.optional("matched", |raw| match raw {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Invalid::new("not_a_boolean", "must be true or false")),
        }),
    };
    let limit = query.optional("limit", |raw| {
        let limit = raw.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
        limit.ok_or_else(|| {
            Invalid::new("out_of_range", format!("must be a whole number from 1 to {PAGE_MAX}"))
        })
    });
    let after = query.optional("cursor", |raw| {
        raw.parse().map_err(|_| Invalid::new("malformed", "must be a nextCursor that was answered before"))
    });
    query.finish()?;
    Ok(RecordsQuery { site: site.id.clone(), kind, after, filter, limit: limit.unwrap_or(PAGE_DEFAULT) })
}

/// The first instant that is later than a moment: the next day's first for a date.
fn just_after(moment: Moment) -> Instant {
    if moment.date_only {
        return moment.at.plus_seconds(86_400);
    }
    Instant::from_micros(moment.at.as_micros() + 1)
}

/// The form that the client prefers; `None` is a page of JSON, which is also the answer to `*/*` and to what nobody
/// offers.
pub(super) fn export_format(headers: &HeaderMap) -> Option<Format> {
    let accept = headers.get(ACCEPT)?.to_str().ok()?;
    let mut preferred = (0.0, None);
    for one in accept.split(',') {
        let mut parts = one.split(';').map(str::trim);
        let format = match parts.next().unwrap_or("").to_ascii_lowercase().as_str() {
            "text/csv" => Some(Format::Csv),
            "application/x-ndjson" | "application/ndjson" => Some(Format::Ndjson),
            "application/json" | "application/*" | "*/*" => None,
            _ => continue,
        };
        let quality = parts.find_map(|parameter| parameter.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
        if quality > preferred.0 {
            preferred = (quality, format);
        }
    }
    preferred.1
}

fn stream(app: &Arc<App>, site: Arc<Site>, query: RecordsQuery, format: Format) -> Response {
    let (content_type, disposition) = match (format, query.kind) {
        (Format::Csv, RecordKind::Opportunity) => ("text/csv; charset=utf-8", "opportunities.csv"),
        (Format::Csv, RecordKind::Revenue) => ("text/csv; charset=utf-8", "revenue.csv"),
        (Format::Ndjson, RecordKind::Opportunity) => ("application/x-ndjson", "opportunities.ndjson"),
        (Format::Ndjson, RecordKind::Revenue) => ("application/x-ndjson", "revenue.ndjson"),
    };
    let pieces = export::pieces(Arc::clone(&app.store), site, query, format);
    let mut response = Response::new(Body::from_stream(pieces));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{disposition}\"")) {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    response
}

/// Get an opportunity with its versions and stage history
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/opportunities/{reference}", tag = "Records", params(("siteId" = SiteIdParam, Path, description = "The site"), ("reference" = ReferenceParam, Path, description = "The CRM's own name for it")),
    responses((status = 200, description = "The opportunity", body = RecordDetailOut), (status = 404, description = "There is none", body = inline(ProblemDetails<'static>), content_type = "application/problem+json")))]
pub(crate) async fn get_opportunity(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    params: RawPathParams,
) -> Result<Json<RecordDetailOut>, ApiError> {
    get(&app, &caller.site, RecordKind::Opportunity, &params).await
}

/// Get a revenue item with its versions
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/revenue/{reference}", tag = "Records", params(("siteId" = SiteIdParam, Path, description = "The site"), ("reference" = ReferenceParam, Path, description = "The CRM's own name for it")),
    responses((status = 200, description = "The revenue item", body = RecordDetailOut), (status = 404, description = "There is none", body = inline(ProblemDetails<'static>), content_type = "application/problem+json")))]
pub(crate) async fn get_revenue(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    params: RawPathParams,
) -> Result<Json<RecordDetailOut>, ApiError> {
    get(&app, &caller.site, RecordKind::Revenue, &params).await
}

async fn get(
    app: &App,
    site: &Site,
    kind: RecordKind,
    params: &RawPathParams,
) -> Result<Json<RecordDetailOut>, ApiError> {
    let key = key(site, kind, params)?;
    let versions = app.store.record(key.clone()).await?;
    let found = app.store.record_match(key.clone()).await?.ok_or_else(not_found)?;
    RecordDetailOut::new(site, &key.reference, &versions, &found).map(Json).ok_or_else(not_found)
}

/// Delete an opportunity with all its versions
#[utoipa::path(delete, path = "/api/v1/sites/{siteId}/opportunities/{reference}", tag = "Records", params(("siteId" = SiteIdParam, Path, description = "The site"), ("reference" = ReferenceParam, Path, description = "The CRM's own name for it")),
    responses((status = 204, description = "Deleted"), (status = 404, description = "There is none", body = inline(ProblemDetails<'static>), content_type = "application/problem+json")))]
pub(crate) async fn delete_opportunity(
    State(app): State<Arc<App>>,
    caller: Caller<Admin>,
    params: RawPathParams,
) -> Result<StatusCode, ApiError> {
    delete(&app, &caller.site, RecordKind::Opportunity, &params).await
}

/// Delete a revenue item with all its versions
#[utoipa::path(delete, path = "/api/v1/sites/{siteId}/revenue/{reference}", tag = "Records", params(("siteId" = SiteIdParam, Path, description = "The site"), ("reference" = ReferenceParam, Path, description = "The CRM's own name for it")),
    responses((status = 204, description = "Deleted"), (status = 404, description = "There is none", body = inline(ProblemDetails<'static>), content_type = "application/problem+json")))]
pub(crate) async fn delete_revenue(
    State(app): State<Arc<App>>,
    caller: Caller<Admin>,
    params: RawPathParams,
) -> Result<StatusCode, ApiError> {
    delete(&app, &caller.site, RecordKind::Revenue, &params).await
}

async fn delete(
    app: &App,
    site: &Site,
    kind: RecordKind,
    params: &RawPathParams,
) -> Result<StatusCode, ApiError> {
    let deleted = app.store.delete_record(key(site, kind, params)?).await?;
    if deleted { Ok(StatusCode::NO_CONTENT) } else { Err(not_found()) }
}

pub(crate) fn not_found() -> ApiError {
    ApiError::new(Code::RecordNotFound, "References are compared exactly, upper and lower case included.")
}

pub(crate) fn key(site: &Site, kind: RecordKind, params: &RawPathParams) -> Result<RecordKey, ApiError> {
    let raw = params.iter().find(|(name, _)| *name == "reference").map_or("", |(_, value)| value);
    let reference = Reference::parse(raw)
        .map_err(|invalid| super::query::invalid("reference", invalid.code, &invalid.must))?;
    Ok(RecordKey { site: site.id.clone(), kind, reference })
}

/// What a site's records are worth now.
#[derive(Serialize, ToSchema)]
pub(crate) struct PipelineOut {
    /// By stage and currency.
    opportunities: Vec<StageTotalOut>,
    /// By currency.
    revenue: Vec<StageTotalOut>,
}

/// Records of one stage in one currency.
#[derive(Serialize, ToSchema)]
pub(crate) struct StageTotalOut {
    /// The stage as uploaded; absent for revenue.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Proposal")]
    stage: Option<String>,
    /// What the site has configured the stage to mean, if it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    milestone: Option<&'static str>,
    /// ISO 4217. Amounts of different currencies are never added up.
    #[schema(example = "GBP")]
    currency: &'static str,
    /// How many records.
    count: u64,
    /// Their exact sum.
    #[schema(example = "12500.00")]
    amount: String,
}

/// Pipeline totals by stage and currency
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/pipeline", tag = "Records", params(("siteId" = SiteIdParam, Path, description = "The site")),
    responses((status = 200, description = "The totals", body = PipelineOut)))]
pub(crate) async fn pipeline(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
) -> Result<Json<PipelineOut>, ApiError> {
    let site = &caller.site;
    let out = |total: StageTotal| StageTotalOut {
        milestone: total.stage.as_deref().and_then(|stage| site.milestone(stage)).map(Milestone::name),
        stage: total.stage,
        currency: total.currency.code(),
        count: total.count,
        amount: format_minor(total.minor, total.currency),
    };
    let opportunities = app.store.stage_totals(site.id.clone(), RecordKind::Opportunity).await?;
    let revenue = app.store.stage_totals(site.id.clone(), RecordKind::Revenue).await?;
    Ok(Json(PipelineOut {
        opportunities: opportunities.into_iter().map(out).collect(),
        revenue: revenue.into_iter().map(out).collect(),
    }))
}
