//! `PUT …/channels/rules`: a site's own rules, all of them.

use super::super::auth::{Admin, Caller};
use super::super::body;
use super::super::error::{ApiError, Code, ProblemDetails};
use super::super::query::Query;
use super::super::schema::{SiteIdParam, ValidateOnlyParam};
use super::super::upload::validate_only;
use super::rules_in::{self, ChannelRulesIn};
use super::rules_out::ChannelRulesOut;
use crate::app::App;
use crate::app::channels::{self, RulesSet};
use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The rules that hold from now on, or would.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChannelRulesSetOut {
    #[serde(flatten)]
    rules: ChannelRulesOut,
    /// JSON pointers to members of the body that Touchline does not know.
    ignored: Vec<String>,
}

/// Replace the site's own channel rules
///
/// They are tried before the built-in ones, and apply from the next request on to every visit, past ones included. When a
/// line is wrong, nothing changes.
#[utoipa::path(put, path = "/api/v1/sites/{siteId}/channels/rules", tag = "Channels",
    params(("siteId" = SiteIdParam, Path, description = "The site"), ValidateOnlyParam),
    request_body(content = ChannelRulesIn, content_type = "application/json"),
    responses(
        (status = 200, description = "The rules that hold now; with `validateOnly` those that would, and nothing was changed", body = ChannelRulesSetOut),
        (status = 400, description = "Something is wrong with the request; `errors` names every line", body = inline(ProblemDetails<'static>), content_type = "application/problem+json"),
    ))]
pub(crate) async fn set_channel_rules(
    State(app): State<Arc<App>>,
    caller: Caller<Admin>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ChannelRulesSetOut>, ApiError> {
    let validate_only = validate_only(raw.as_deref())?;
    refuse_unknown(raw.as_deref())?;
    body::require_json(&headers)?;
    let taken = body::take(&app, &headers, body, app.limits.body_bytes).await?;
    let text = body::text(&taken.bytes)?;
    let json = serde_json::from_str(text).map_err(|error| body::malformed(&error))?;
    let (rules, ignored) =
        rules_in::parse(json).map_err(|problems| ApiError::with_problems(Code::InvalidBody, problems))?;
    let out = ChannelRulesSetOut { rules: ChannelRulesOut::from(&rules), ignored };
    if !validate_only {
        let now = app.clock.now();
        let (store, site) = (app.store.as_ref(), &caller.site.id);
        let set = channels::set_channel_rules(store, site, rules, None, now).await?;
        if set != RulesSet::Done {
            return Err(ApiError::new(Code::SiteNotAllowed, "The site is gone."));
        }
        app.directory.refresh(app.store.as_ref()).await?;
    }
    Ok(Json(out))
}

/// A misspelt `validateOnly` must not change anything.
fn refuse_unknown(raw: Option<&str>) -> Result<(), ApiError> {
    let mut query = Query::read(raw)?;
    query.optional("validateOnly", |_| Ok(()));
    query.finish()
}
