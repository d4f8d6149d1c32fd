//! Visits as marketing: the one place where channel rules meet people.

use serde::Serialize;
use touchline_domain::channel::{Arrival, Classification, campaign_signature};
use touchline_domain::{Site, StoredVisit, Visit};
use utoipa::ToSchema;

/// What marketing a visit came from, and which rule said so.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClassificationOut {
    #[schema(example = "Paid Search")]
    channel: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "google")]
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "cpc")]
    medium: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    term: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    /// The name of the rule.
    rule: String,
}

impl From<Classification> for ClassificationOut {
    fn from(classification: Classification) -> Self {
        let Classification { channel, source, medium, campaign, term, content, rule, .. } = classification;
        Self { channel, source, medium, campaign, term, content, rule }
    }
}

/// What marketing a visit came from, by the site's rules.
pub(super) fn classified(site: &Site, visit: &Visit) -> ClassificationOut {
    let referrer = visit.referrer.as_ref().map(touchline_domain::Text::as_str);
    let arrival = Arrival { landing_page: visit.landing_page.as_str(), referrer };
    site.channels.classify(&arrival).into()
}

/// The visits among reports, each with how many belong to it.
pub(super) fn folded(site: &Site, reports: &[StoredVisit]) -> Vec<(StoredVisit, usize)> {
    site.visits.fold(reports, |page| campaign_signature(page.as_str()))
}
