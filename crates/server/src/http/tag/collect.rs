//! `POST /tag/{siteId}/visit` and `…/conversion`: what the tag reports from a visitor's browser.

use super::report_in::{self, Report};
use crate::app::App;
use crate::http::body;
use crate::http::client::ClientAddress;
use crate::http::error::{ApiError, Code, Problem};
use crate::http::upload::json;
use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams, State};
use axum::http::header::{ORIGIN, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde_json::value::RawValue;
use std::sync::Arc;
use touchline_domain::{Conversion, Site, SiteId};
use touchline_store::Source;

/// A page that may report to the site that the path names. A handler that takes one cannot run for any other.
pub(super) struct Page {
    site: Arc<Site>,
}

impl FromRequestParts<Arc<App>> for Page {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Ok(ClientAddress(address)) = ClientAddress::from_request_parts(parts, app).await;
        app.collector.admit(address).map_err(|wait| {
            let detail =
                format!("An address may report {} times a second.", app.limits.tag_requests_per_second);
            ApiError::new(Code::RateLimited, detail).retry_after(wait)
        })?;
        let params = RawPathParams::from_request_parts(parts, app).await.ok();
        let site_id = params.as_ref().and_then(|params| params.iter().find(|(name, _)| *name == "siteId"));
        let site_id = site_id.and_then(|(_, site_id)| SiteId::parse(site_id).ok());
        let site = site_id.and_then(|site_id| app.directory.site(&site_id));
        // A site that does not exist is answered as one that does not admit the page.
        let admitted = site.filter(|site| {
            let is_admitted = admits(site, &parts.headers);
            if !is_admitted {
                // Whoever set the site up wants to know.
                let origin = parts.headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
                app.intake_log.saw(&site.id, Source::TagNotAdmitted, 1, origin, app.clock.now());
            }
            is_admitted
        });
        let site = admitted.ok_or_else(|| {
            ApiError::new(Code::OriginNotAllowed, "Check the site's id, and add the page's origin to it.")
        })?;
        Ok(Self { site })
    }
}

/// Browsers name the origin of every report; where origins are listed, whoever names none is no page of theirs.
fn admits(site: &Site, headers: &HeaderMap) -> bool {
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    site.origins.is_empty() || origin.is_some_and(|origin| site.admits(origin))
}

/// A visit began.
pub(super) async fn visit(
    State(app): State<Arc<App>>,
    page: Page,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("");
    let report = Report { site: &page.site, now: app.clock.now() };
    let visit = read(&app, &headers, body, |raw| report_in::visit(raw, report, user_agent)).await?;
    let (now, url) = (visit.received_at, visit.visit.landing_page.clone());
    app.add_visits(vec![visit]).await?;
    app.intake_log.saw(&page.site.id, Source::TagVisit, 1, Some(url.as_str()), now);
    Ok(StatusCode::NO_CONTENT)
}

/// A form was sent, or whatever else the page calls a conversion.
pub(super) async fn conversion(
    State(app): State<Arc<App>>,
    page: Page,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let report = Report { site: &page.site, now: app.clock.now() };
    let mut new = read(&app, &headers, body, |raw| report_in::conversion(raw, report)).await?;
    let Conversion { reference, occurred, .. } = &mut new.conversion;
    occurred.at = app.collector.first_heard(&new.site, reference, occurred.at);
    let now = new.received_at;
    app.add_conversion(new).await?;
    app.intake_log.saw(&page.site.id, Source::TagConversion, 1, None, now);
    Ok(StatusCode::NO_CONTENT)
}

async fn read<T>(
    app: &App,
    headers: &HeaderMap,
    body: Body,
    parse: impl FnOnce(&RawValue) -> Result<T, Vec<Problem>>,
) -> Result<T, ApiError> {
    // What a browser sends by itself while a page goes away (`sendBeacon`) is text.
    if body::media_type(headers) != "text/plain" {
        body::require_json(headers)?;
    }
    let taken = body::take(app, headers, body, app.limits.tag_body_bytes).await?;
    parse(json(&taken)?).map_err(|problems| ApiError::with_problems(Code::InvalidBody, problems))
}
