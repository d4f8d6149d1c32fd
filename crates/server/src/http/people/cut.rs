//! `/api/v1/sites/{siteId}/evidence/{fact}/cut`: one piece of evidence is taken out, or put back.

use super::identifier_in::{self, IdentifierIn};
use super::whom::{IdentifierParams, read_one};
use crate::app::App;
use crate::http::auth::{Admin, Caller};
use crate::http::error::{ApiError, Code};
use crate::http::query::invalid;
use crate::http::schema::{self, SiteIdParam};
use axum::body::Body;
use axum::extract::{RawPathParams, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use std::sync::Arc;
use touchline_domain::{Identifier, Site};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

/// The number of a fact in a path.
struct FactParam;

impl PartialSchema for FactParam {
    fn schema() -> RefOr<Schema> {
        schema::schema(&serde_json::json!({ "type": "integer", "minimum": 1, "maximum": i64::MAX }))
    }
}

impl ToSchema for FactParam {}

/// Cut an identifier out of a fact
///
/// The fact stays as it was sent, but is evidence of that identifier no longer: people and matches are what they would be
/// had it never named it. Doing it again changes nothing.
#[utoipa::path(put, path = "/api/v1/sites/{siteId}/evidence/{fact}/cut", tag = "People", params(("siteId" = SiteIdParam, Path, description = "The site"), ("fact" = inline(FactParam), Path, description = "The number of the fact, as people and matches tell it")),
    request_body(content = IdentifierIn, content_type = "application/json"),
    responses((status = 204, description = "It is cut")))]
pub(crate) async fn cut_evidence(
    State(app): State<Arc<App>>,
    caller: Caller<Admin>,
    params: RawPathParams,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let fact = fact(&params)?;
    let identifier = identifier_in::read(&app, &caller.site, &headers, body).await?;
    set(&app, &caller.site, fact, identifier, true).await
}

/// Restore what was cut out of a fact
#[utoipa::path(delete, path = "/api/v1/sites/{siteId}/evidence/{fact}/cut", tag = "People", params(("siteId" = SiteIdParam, Path, description = "The site"), ("fact" = inline(FactParam), Path, description = "The number of the fact"), IdentifierParams),
    responses((status = 204, description = "It is evidence again")))]
pub(crate) async fn restore_evidence(
    State(app): State<Arc<App>>,
    caller: Caller<Admin>,
    params: RawPathParams,
    RawQuery(raw): RawQuery,
) -> Result<StatusCode, ApiError> {
    let fact = fact(&params)?;
    let identifier = read_one(raw.as_deref(), &caller.site)?;
    set(&app, &caller.site, fact, identifier, false).await
}

fn fact(params: &RawPathParams) -> Result<u64, ApiError> {
    let raw = params.iter().find(|(name, _)| *name == "fact").map_or("", |(_, value)| value);
    // The store counts in 63 bits.
    let fact = raw.parse().ok().filter(|fact| (1..=i64::MAX.cast_unsigned()).contains(fact));
    fact.ok_or_else(|| invalid("fact", "not_a_number", "must be the number of a fact"))
}

async fn set(
    app: &App,
    site: &Site,
    fact: u64,
    identifier: Identifier,
    is_cut: bool,
) -> Result<StatusCode, ApiError> {
    if app.store.set_cut(site.id.clone(), fact, identifier, is_cut, app.clock.now()).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    let detail = "No visit, conversion or version of a record with this number names this identifier.";
    Err(ApiError::new(Code::EvidenceNotFound, detail))
}
