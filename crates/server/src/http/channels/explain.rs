//! `GET …/channels/explain`: what a visit would be counted as, and why.

use super::super::auth::{Caller, Read};
use super::super::classification_out::ClassificationOut;
use super::super::error::ApiError;
use super::super::query::Query;
use super::super::schema::SiteIdParam;
use axum::Json;
use axum::extract::RawQuery;
use serde::Serialize;
use touchline_domain::channel::Arrival;
use touchline_domain::{PageUrl, Text};
use utoipa::{IntoParams, ToSchema};

/// The visit to explain.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; read by `explain_channel`")]
pub(crate) struct ExplainParams {
    /// The landing page with its query, as one percent-encoded value.
    #[param(max_length = 2048, format = "touchline-url", example = "https://www.example.com/?gclid=abc")]
    url: String,
    /// The page before it, percent-encoded. One that cannot be read counts for nothing, as in a visit.
    #[param(max_length = 2048, required = false, format = "touchline-url")]
    referrer: String,
}

/// What a visit would be counted as, and why.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExplanationOut {
    #[serde(flatten)]
    classification: ClassificationOut,
    /// The evidence, and which rule holds why, in two sentences.
    #[schema(
        example = "The landing page carries gclid, a click id of Google Ads: google / cpc. The built-in rule paid-search is the first that holds, because source kind is \"search\" and medium \"cpc\" matches \"*cp*\": Paid Search."
    )]
    because: String,
}

/// Explain a visit's channel
///
/// What a visit with this landing page and referrer is counted as by the site's rules, and why. Nothing is stored.
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/channels/explain", tag = "Channels",
    params(("siteId" = SiteIdParam, Path, description = "The site"), ExplainParams),
    responses((status = 200, description = "The classification", body = ExplanationOut)))]
pub(crate) async fn explain_channel(
    caller: Caller<Read>,
    RawQuery(raw): RawQuery,
) -> Result<Json<ExplanationOut>, ApiError> {
    let mut query = Query::read(raw.as_deref())?;
    let url = query.required("url", PageUrl::parse);
    let referrer = query.optional("referrer", Text::<{ PageUrl::LENGTH_MAX }>::parse);
    query.finish()?;
    let landing_page = url.as_ref().map_or("", PageUrl::as_str);
    let referrer = referrer.as_ref().map(Text::as_str);
    let rules = &caller.site.channels;
    Ok(Json(ExplanationOut {
        classification: ClassificationOut::of(rules, landing_page, referrer),
        because: rules.because(&Arrival { landing_page, referrer }),
    }))
}
