//! Visits: who came, when, to which page, and from where.

use crate::channel::campaign_signature;
use crate::{DeviceClass, Identifier, Instant, Invalid, PageUrl, Text};
use std::fmt;

/// A screen's size in CSS pixels, as the tag reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// Pixels from left to right.
    pub width: u16,
    /// Pixels from top to bottom.
    pub height: u16,
}

impl Screen {
    /// Parses `1440x900`. Code: `not_a_screen`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let size = raw.trim().split_once('x').and_then(|(width, height)| {
            Some(Self { width: width.parse().ok()?, height: height.parse().ok()? })
        });
        size.ok_or_else(|| Invalid::new("not_a_screen", "must be a width and height such as 1440x900"))
    }
}

impl fmt::Display for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// One arrival of a visitor at a site: a fact, as it was reported.
///
/// The tag reports one when a visit begins. A server may report every page; what belongs to one visit is told by
/// [`VisitSettings::fold`], so that a repeated or doubled report never counts twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The visitor's `RaId`.
    pub visitor: Identifier,
    /// When.
    pub at: Instant,
    /// Where the visit began, with its UTM parameters and click ids.
    pub landing_page: PageUrl,
    /// The page that led there, as the browser tells it.
    pub referrer: Option<Text<2048>>,
    /// The landing page's title.
    pub title: Option<Text<255>>,
    /// The Google Analytics client id (`CookieValue`) that the browser has for this site.
    pub cookie: Option<Identifier>,
    /// The size of the screen.
    pub screen: Option<Screen>,
    /// What it was looked at with.
    pub device: DeviceClass,
    /// The crawler that it was, when it was one. Kept, and left out of reports.
    pub crawler: Option<Text<255>>,
}

/// A visit with what the store knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredVisit {
    /// The store's change number, which names the fact.
    pub change: u64,
    /// When it was received.
    pub received_at: Instant,
    /// What was reported.
    pub visit: Visit,
}

/// When a new visit begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitSettings {
    /// After so many minutes without a report.
    pub timeout_minutes: u32,
    /// Whether also when a report comes from another campaign.
    pub campaign_begins_visit: bool,
}

impl Default for VisitSettings {
    /// Thirty minutes, and a change of campaign: what Google Analytics taught everyone to expect
    /// (<https://support.google.com/analytics/answer/2731565>).
    fn default() -> Self {
        Self { timeout_minutes: 30, campaign_begins_visit: true }
    }
}

impl VisitSettings {
    /// The longest timeout: a day.
    pub const TIMEOUT_MINUTES_MAX: u32 = 1_440;

    /// A timeout in minutes, from 1 to a day. Code: `out_of_range`.
    pub fn parse_timeout(raw: &str) -> Result<u32, Invalid> {
        let minutes = raw.trim().parse().ok().filter(|m| (1..=Self::TIMEOUT_MINUTES_MAX).contains(m));
        minutes.ok_or_else(|| {
            let must = format!("must be a whole number of minutes from 1 to {}", Self::TIMEOUT_MINUTES_MAX);
            Invalid::new("out_of_range", must)
        })
    }

    /// The visits among reports, given in any order: each is the report that began it, with how many reports belong to
    /// it. In order of time, then visitor.
    ///
    /// A report continues the visitor's visit when it comes within the timeout of the one before and names no campaign,
    /// or the visit's own ([`campaign_signature`]).
    pub fn fold(self, reports: &[StoredVisit]) -> Vec<(StoredVisit, usize)> {
        let mut ordered: Vec<_> = reports.iter().collect();
        ordered.sort_by(|a, b| {
            let order = |stored: &StoredVisit| (stored.visit.visitor.clone(), stored.visit.at);
            (order(a), a.visit.landing_page.as_str(), a.change).cmp(&(
                order(b),
                b.visit.landing_page.as_str(),
                b.change,
            ))
        });
        let mut visits: Vec<(StoredVisit, usize)> = Vec::new();
        let mut last: Option<(Instant, Option<String>)> = None;
        for report in ordered {
            let named = campaign_signature(report.visit.landing_page.as_str());
            let current = visits.last_mut().filter(|(visit, _)| visit.visit.visitor == report.visit.visitor);
            let continues = match (&current, &last) {
                (Some(_), Some((last_at, visit_campaign))) => {
                    let is_recent =
                        report.visit.at <= last_at.plus_seconds(i64::from(self.timeout_minutes) * 60);
                    let is_same = named.is_none() || named == *visit_campaign || !self.campaign_begins_visit;
                    is_recent && is_same
                }
                _ => false,
            };
            match current.filter(|_| continues) {
                Some((_, reports)) => {
                    *reports += 1;
                    last = last.map(|(_, campaign)| (report.visit.at, campaign));
                }
                None => {
                    visits.push((report.clone(), 1));
                    last = Some((report.visit.at, named));
                }
            }
        }
        visits.sort_by(|(a, _), (b, _)| {
            (a.visit.at, &a.visit.visitor, a.change).cmp(&(b.visit.at, &b.visit.visitor, b.change))
        });
        visits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Country, IdentifierKind};
    use proptest::prelude::*;

    fn report(change: u64, visitor: &str, minute: i64, campaign: &str) -> StoredVisit {
        let country = Country::parse("GB").unwrap();
        let page = format!("https://example.com/?utm_campaign={campaign}");
        StoredVisit {
            change,
            received_at: Instant::from_micros(0),
            visit: Visit {
                visitor: Identifier::parse(IdentifierKind::RaId, visitor, country).unwrap(),
                at: Instant::from_micros(minute * 60_000_000),
                landing_page: PageUrl::parse(&page).unwrap(),
                referrer: None,
                title: None,
                cookie: None,
                screen: None,
                device: DeviceClass::Desktop,
                crawler: None,
            },
        }
    }

    fn folded(settings: VisitSettings, reports: &[StoredVisit]) -> Vec<(u64, usize)> {
        settings.fold(reports).into_iter().map(|(visit, n)| (visit.change, n)).collect()
    }

    #[test]
    fn a_visit_ends_with_inactivity_or_another_campaign() {
        let settings = VisitSettings::default();
        let reports = [
            report(1, "a", 0, "spring"),
            report(2, "a", 29, ""),
            report(3, "a", 58, ""),
            report(4, "a", 60, "spring"),
            report(5, "a", 61, "summer"),
            report(6, "a", 91, ""),
            report(7, "a", 122, ""),
            report(8, "b", 61, ""),
        ];
        assert_eq!(folded(settings, &reports), [(1, 4), (5, 2), (8, 1), (7, 1)]);
        let alike = VisitSettings { campaign_begins_visit: false, ..settings };
        assert_eq!(folded(alike, &reports), [(1, 6), (8, 1), (7, 1)]);
        let short = VisitSettings { timeout_minutes: 5, ..settings };
        assert_eq!(folded(short, &reports).len(), 8);
    }

    #[test]
    fn screens_are_two_numbers() {
        assert_eq!(Screen::parse("1440x900").map(|s| s.to_string()).as_deref(), Ok("1440x900"));
        for raw in ["", "1440", "1440x", "x900", "-1x5", "99999x1"] {
            assert_eq!(Screen::parse(raw).map_err(|e| e.code), Err("not_a_screen"), "{raw}");
        }
    }

    proptest! {
        #[test]
        fn order_and_repeats_do_not_make_visits(
            minutes in prop::collection::vec((0i64..200, "[xy]?", "[ab]"), 1..12),
            picks in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let reports: Vec<_> = (1..).zip(&minutes).map(|(n, (m, c, v))| report(n, v, *m, c)).collect();
            let mut more = reports.clone();
            more.extend(picks.iter().map(|pick| pick.get(&reports).clone()));
            more.reverse();
            let begun = |reports: &[StoredVisit]| -> Vec<_> {
                let settings = VisitSettings::default();
                settings.fold(reports).into_iter().map(|(visit, _)| visit.change).collect()
            };
            prop_assert_eq!(begun(&more), begun(&reports));
        }
    }
}
