use super::classified::View;
use super::columns::Columns;
use super::dimension::Dimension;
use super::filter::admitted_origins;
use super::interner::place;
use super::{Condition, Query};
use crate::channel::campaign_signature;
use crate::journey::Origin;
use crate::{Day, Identifier, IdentifierKind, Instant, StoredConversion, StoredVisit, VisitSettings};
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{Hash, Hasher};

/// How many visits and conversions came from where on each day: of everybody, also of those who never became a record.
///
/// Facts are counted in the order in which they came in. A report that continues its visitor's last visit is none of its
/// own, crawlers are left out, and a conversion belongs to its visitor's last visit.
#[derive(Debug, Clone)]
pub struct Traffic {
    settings: VisitSettings,
    counts: HashMap<(Day, Option<u32>), Counts>,
    visitors: HashMap<u64, LastVisit>,
    conversions: HashSet<u64>,
    newest: Instant,
    through: u64,
}

/// Visits and conversions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Visits.
    pub visits: u64,
    /// Conversions.
    pub conversions: u64,
}

#[derive(Debug, Clone, Copy)]
struct LastVisit {
    at: Instant,
    /// Of the campaign that it came from; 0 without one.
    campaign: u64,
    origin: u32,
}

/// How many visitors are remembered, and for how long after their last visit when there are more.
const VISITORS_MAX: usize = 500_000;
const REMEMBERED_SECONDS: i64 = 30 * 86_400;

fn hashed(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Traffic {
    /// None yet, of a site whose visits begin so.
    pub fn new(settings: VisitSettings) -> Self {
        Self {
            settings,
            counts: HashMap::new(),
            visitors: HashMap::new(),
            conversions: HashSet::new(),
            newest: Instant::from_micros(0),
            through: 0,
        }
    }

    /// Up to which change everything is counted.
    pub fn through(&self) -> u64 {
        self.through
    }

    /// Says that everything up to a change is counted.
    pub fn advance(&mut self, through: u64) {
        self.through = self.through.max(through);
    }

    /// About how many bytes of memory are taken up.
    pub fn bytes(&self) -> usize {
        self.counts.len() * 48 + self.visitors.len() * 56 + self.conversions.len() * 16
    }

    /// Counts a report of a visit; its origin is numbered in the columns.
    pub fn visit(&mut self, columns: &mut Columns, stored: &StoredVisit) {
        let visit = &stored.visit;
        if visit.crawler.is_some() {
            return;
        }
        let campaign = campaign_signature(visit.landing_page.as_str()).map_or(0, hashed);
        let visitor = hashed(visit.visitor.value());
        let timeout = i64::from(self.settings.timeout_minutes) * 60;
        let last = self.visitors.get(&visitor).filter(|last| {
            let is_near =
                visit.at <= last.at.plus_seconds(timeout) && last.at <= visit.at.plus_seconds(timeout);
            let is_same = campaign == 0 || campaign == last.campaign || !self.settings.campaign_begins_visit;
            is_near && is_same
        });
        let continued = match last {
            Some(last) => LastVisit { at: last.at.max(visit.at), ..*last },
            None => {
                let origin = columns.origins.number_of(&Origin::of_visit(visit));
                let day = Day::of_in(visit.at, &columns.zone);
                self.counts.entry((day, Some(origin))).or_default().visits += 1;
                LastVisit { at: visit.at, campaign, origin }
            }
        };
        self.visitors.insert(visitor, continued);
        self.newest = self.newest.max(visit.at);
        if self.visitors.len() > VISITORS_MAX {
            self.forget_visitors();
        }
    }

    fn forget_visitors(&mut self) {
        let since = self.newest.plus_seconds(-REMEMBERED_SECONDS);
        self.visitors.retain(|_, last| last.at >= since);
        if self.visitors.len() > VISITORS_MAX {
            // The site has more visitors than that: who came today is enough to tell visits apart.
            let since = self.newest.plus_seconds(-86_400);
            self.visitors.retain(|_, last| last.at >= since);
        }
    }

    /// Counts a report of a conversion, if it is the first of its conversion.
    pub fn conversion(&mut self, columns: &mut Columns, stored: &StoredConversion) {
        let conversion = &stored.conversion;
        if !self.conversions.insert(hashed((conversion.kind, conversion.reference.as_str()))) {
            return;
        }
        let own = Origin::of_overrides(&conversion.overrides);
        let is_visitor = |identifier: &&Identifier| identifier.kind() == IdentifierKind::RaId;
        let visitor = conversion.identifiers.iter().find(is_visitor);
        let last = visitor.and_then(|visitor| self.visitors.get(&hashed(visitor.value())));
        let origin = match own {
            Some(origin) => Some(columns.origins.number_of(&origin)),
            None => last.map(|last| last.origin),
        };
        let occurred = conversion.occurred;
        let day =
            if occurred.date_only { Day::of(occurred.at) } else { Day::of_in(occurred.at, &columns.zone) };
        self.counts.entry((day, origin)).or_default().conversions += 1;
    }
}

impl Query {
    /// How many visits and conversions there were in the rows of the report: those of its period, by their own day. `None`
    /// when it groups or filters by what only records have.
    pub fn traffic(&self, view: &View, traffic: &Traffic) -> Option<BTreeMap<Vec<String>, Counts>> {
        let has = |dimension: &Dimension| !matches!(dimension, Dimension::Record(_));
        if !self.by.iter().all(has) || !self.filters.iter().all(|filter| has(&filter.dimension)) {
            return None;
        }
        let admitted = admitted_origins(&self.filters, view);
        let value = |dimension: &Dimension, day: Day, origin: Option<u32>| match dimension {
            Dimension::Touch(touch) => origin.map_or_else(
                || super::UNATTRIBUTED.to_owned(),
                |origin| {
                    view.values.values()[place(view.origins[place(origin)][*touch as usize])].to_string()
                },
            ),
            Dimension::Time(_, bucket) => bucket.begin(day).to_string(),
            Dimension::Record(_) => String::new(),
        };
        let mut rows: BTreeMap<Vec<String>, Counts> = BTreeMap::new();
        for ((day, origin), counts) in &traffic.counts {
            let is_admitted = self.filters.iter().all(|filter| match &filter.dimension {
                Dimension::Touch(_) if origin.is_some() => true,
                dimension => {
                    let value = value(dimension, *day, *origin);
                    filter.values.contains(&value) == (filter.condition == Condition::Is)
                }
            });
            let is_from_there = origin.is_none_or(|origin| admitted[place(origin)]);
            if !is_admitted || !is_from_there || !self.period.includes(*day) {
                continue;
            }
            let values = self.by.iter().map(|dimension| value(dimension, *day, *origin)).collect();
            let row = rows.entry(values).or_default();
            row.visits += counts.visits;
            row.conversions += counts.conversions;
        }
        Some(rows)
    }
}
