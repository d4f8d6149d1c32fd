use super::{Found, Journey, Origin, Touch};
use crate::identity::{Matching, Outcome};
use crate::record::{Particulars, RecordKind, RecordState, Reference, StoredVersion, stage_history};
use crate::{ConversionKind, Day, Instant, Moment, Site, StoredConversion, StoredVisit, VisitSettings};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// The settings of a site that journeys depend on. When one of them changes, journeys are derived anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JourneySettings {
    visits: VisitSettings,
    zone: TimeZone,
}

impl JourneySettings {
    /// Those of a site.
    pub fn of(site: &Site) -> Self {
        Self { visits: site.visits, zone: site.time_zone.zone() }
    }

    /// Whether something that happened at `at` belongs to a journey that ends with `end`: a date without a time ends
    /// with its day, in the site's zone.
    pub(super) fn includes(&self, end: Moment, at: Instant) -> bool {
        if end.date_only { at < Day::of(end.at).plus_days(1).begins_in(&self.zone) } else { at <= end.at }
    }

    /// Whether something that happened at `when` belongs to a journey that ends with `end`.
    pub fn counts(&self, end: Moment, when: Moment) -> bool {
        self.includes(end, self.instant(when))
    }

    /// When something happened: of a date without a time, the beginning of its day in the site's zone.
    pub fn instant(&self, when: Moment) -> Instant {
        if when.date_only { Day::of(when.at).begins_in(&self.zone) } else { when.at }
    }
}

impl Journey {
    /// Derives the journey of a record from its versions, whom it is about, and the visits and conversions among that
    /// person's facts, each in any order. `None` if there are no versions.
    ///
    /// Reports of one visit are [folded](VisitSettings::fold) into one touch, crawlers' are left out, and of several
    /// reports of one conversion the last counts. A conversion is a touch if its sender said what marketing it came from.
    pub fn derive(
        settings: &JourneySettings,
        (kind, reference): (RecordKind, &Reference),
        versions: &[StoredVersion],
        matching: &Matching,
        visits: &[StoredVisit],
        conversions: &[StoredConversion],
    ) -> Option<Self> {
        let state = RecordState::of(versions)?;
        let created = versions.iter().min_by_key(|stored| stored.order())?.version.occurred;
        let belongs = |at| settings.includes(state.occurred, at);
        let conversions: Vec<_> = last_reports(conversions)
            .map(|stored| (stored, settings.instant(stored.conversion.occurred)))
            .filter(|(_, at)| belongs(*at))
            .collect();
        let first_conversion = conversions.iter().map(|(_, at)| *at).min();
        let lead = match &state.particulars {
            Particulars::Revenue { lead: Some(lead) } => Some(settings.instant(*lead)),
            _ => first_conversion,
        };
        let people: Vec<_> = visits.iter().filter(|stored| stored.visit.crawler.is_none()).cloned().collect();
        let folded = settings.visits.fold(&people).into_iter().map(|(stored, _)| Touch {
            at: stored.visit.at,
            received_at: stored.received_at,
            fact: stored.change,
            origin: Origin::of_visit(&stored.visit),
        });
        let overridden = conversions.iter().filter_map(|(stored, at)| {
            let origin = Origin::of_overrides(&stored.conversion.overrides)?;
            Some(Touch { at: *at, received_at: stored.received_at, fact: stored.change, origin })
        });
        let mut touches: Vec<_> = folded.filter(|touch| belongs(touch.at)).chain(overridden).collect();
        touches.sort_by_key(|touch| (touch.at, touch.fact));
        Some(Self {
            kind,
            reference: reference.clone(),
            occurred: state.occurred,
            value: state.value,
            stages: stage_history(versions),
            lead,
            created,
            labels: state.labels,
            properties: state.properties,
            found: match &matching.outcome {
                Outcome::Matched(by) => Found::By(by.kind()),
                Outcome::Unmatched(reason) => Found::Nobody(*reason),
            },
            conversions: u32::try_from(conversions.len()).unwrap_or(u32::MAX),
            touches,
        })
    }
}

/// Of the reports of each conversion the one received last.
fn last_reports(reports: &[StoredConversion]) -> impl Iterator<Item = &StoredConversion> {
    let mut last: BTreeMap<(ConversionKind, &Reference), &StoredConversion> = BTreeMap::new();
    for report in reports {
        let current = last.entry((report.conversion.kind, &report.conversion.reference)).or_insert(report);
        if report.change > current.change {
            *current = report;
        }
    }
    last.into_values()
}
