//! Visits and visitors as they are answered.

use super::super::classification_out::ClassificationOut;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use touchline_domain::identity::{FactSource, Person};
use touchline_domain::{DeviceClass, Identifier, IdentifierKind, Instant, Site, StoredVisit, Text};
use utoipa::ToSchema;

/// A visit.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeldVisitOut {
    /// The fact's number: of the report that began the visit.
    pub(crate) fact: u64,
    /// When it began, in UTC.
    #[schema(example = "2024-01-15T09:30:00Z")]
    pub(crate) at: String,
    /// When that was received, in UTC.
    pub(crate) received_at: String,
    /// The visitor's `RaId`.
    #[schema(example = "v-1")]
    pub(crate) visitor: String,
    #[schema(example = "https://www.example.com/?utm_source=google&utm_medium=cpc")]
    pub(crate) landing_page: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://www.google.com/")]
    pub(crate) referrer: Option<String>,
    /// The landing page's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<String>,
    /// The Google Analytics client id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cookie: Option<String>,
    /// `desktop`, `mobile`, `tablet` or `other`.
    #[schema(example = "desktop")]
    pub(crate) device: &'static str,
    /// Its size in CSS pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1440x900")]
    pub(crate) screen: Option<String>,
    /// The crawler that it was, when it was one; reports leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) crawler: Option<String>,
    /// How many reports belong to it; absent where reports are listed one by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reports: Option<usize>,
    /// What marketing it came from.
    pub(crate) classification: ClassificationOut,
}

impl HeldVisitOut {
    fn new(site: &Site, stored: &StoredVisit, reports: Option<usize>) -> Self {
        let visit = &stored.visit;
        Self {
            fact: stored.change,
            at: visit.at.to_string(),
            received_at: stored.received_at.to_string(),
            visitor: visit.visitor.value().to_owned(),
            landing_page: visit.landing_page.to_string(),
            referrer: visit.referrer.as_ref().map(ToString::to_string),
            title: visit.title.as_ref().map(ToString::to_string),
            cookie: visit.cookie.as_ref().map(|cookie| cookie.value().to_owned()),
            device: visit.device.name(),
            screen: visit.screen.map(|screen| screen.to_string()),
            crawler: visit.crawler.as_ref().map(ToString::to_string),
            reports,
            classification: ClassificationOut::of(
                &site.channels,
                visit.landing_page.as_str(),
                visit.referrer.as_ref().map(Text::as_str),
            ),
        }
    }

    /// Visits, each with its reports counted.
    pub(super) fn folded(site: &Site, reports: &[StoredVisit]) -> Vec<Self> {
        site.visits
            .fold(reports)
            .iter()
            .map(|(visit, reports)| Self::new(site, visit, Some(*reports)))
            .collect()
    }

    /// Every report, as it is stored.
    pub(super) fn unfolded(site: &Site, reports: &[StoredVisit]) -> Vec<Self> {
        reports.iter().map(|report| Self::new(site, report, None)).collect()
    }
}

/// A visitor: one browser.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VisitorOut {
    #[schema(example = "v-1")]
    pub(crate) ra_id: String,
    /// The first visit or conversion, in UTC; absent when only a record names the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_seen_at: Option<String>,
    /// The last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_seen_at: Option<String>,
    /// How many visits.
    pub(crate) visits: usize,
    /// What was visited with: `desktop`, `mobile`, `tablet`, `other`.
    pub(crate) devices: Vec<&'static str>,
}

#[derive(Default)]
struct Seen {
    times: BTreeSet<Instant>,
    visits: usize,
    devices: BTreeSet<DeviceClass>,
}

impl VisitorOut {
    /// The visitors of a person: those that join, and those of visits that are shown with them.
    pub(super) fn all(site: &Site, person: &Person, reports: &[StoredVisit]) -> Vec<Self> {
        let mut seen: BTreeMap<&Identifier, Seen> =
            person.visitors().map(|visitor| (visitor, Seen::default())).collect();
        for report in reports {
            let seen = seen.entry(&report.visit.visitor).or_default();
            seen.times.insert(report.visit.at);
            seen.devices.insert(report.visit.device);
        }
        let visits = site.visits.fold(reports);
        for (visit, _) in &visits {
            if let Some(seen) = seen.get_mut(&visit.visit.visitor) {
                seen.visits += 1;
            }
        }
        for fact in person.facts.iter().filter(|fact| matches!(fact.source, FactSource::Conversion(..))) {
            for visitor in fact.identifiers.iter().filter(|i| i.kind() == IdentifierKind::RaId) {
                if let Some(seen) = seen.get_mut(visitor) {
                    seen.times.insert(fact.at);
                }
            }
        }
        let out = |(visitor, seen): (&Identifier, Seen)| Self {
            ra_id: visitor.value().to_owned(),
            first_seen_at: seen.times.first().map(ToString::to_string),
            last_seen_at: seen.times.last().map(ToString::to_string),
            visits: seen.visits,
            devices: seen.devices.into_iter().map(DeviceClass::name).collect(),
        };
        seen.into_iter().map(out).collect()
    }
}
