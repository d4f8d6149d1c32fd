use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use touchline_domain::ad_export::{AdConversion, ConversionKey, ExportQuery, LeftOut};
use touchline_domain::record::{RecordKey, Reference};
use touchline_domain::{Instant, Money, Site};
use touchline_store::{JourneyChange, LedgerEntry};

/// A record that is not what it was when it was exported. Platforms are not told: it is for whoever reads the summary to
/// restate or retract the conversion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) reference: Reference,
    pub(crate) exported: LedgerEntry,
    /// What it is worth now; `None` when it has not reached the milestone any more.
    pub(crate) now: Option<Money>,
}

/// The most changed records that are listed; all are counted.
const CHANGED_MAX: usize = 1_000;

/// Goes through the log of journeys and picks what can be exported, the oldest first.
pub(super) struct Scan<'a> {
    site: &'a Arc<Site>,
    query: &'a ExportQuery,
    now: Instant,
    exported: &'a HashMap<ConversionKey, LedgerEntry>,
    /// In order of time, with the first row of the log that each record has.
    ready: BTreeMap<(Instant, ConversionKey), (u64, AdConversion)>,
    /// Where the conversion stands that a record's row led to.
    places: HashMap<u64, (Instant, ConversionKey)>,
    pub(super) left_out: BTreeMap<LeftOut, u64>,
    /// How many more there are than one file takes.
    pub(super) waiting: u64,
    pub(super) changed: Vec<Changed>,
    pub(super) changed_count: u64,
}

impl<'a> Scan<'a> {
    pub(super) fn new(
        site: &'a Arc<Site>,
        query: &'a ExportQuery,
        now: Instant,
        exported: &'a HashMap<ConversionKey, LedgerEntry>,
    ) -> Self {
        Self {
            site,
            query,
            now,
            exported,
            ready: BTreeMap::new(),
            places: HashMap::new(),
            left_out: BTreeMap::new(),
            waiting: 0,
            changed: Vec::new(),
            changed_count: 0,
        }
    }

    /// Takes in a row of the log.
    pub(super) fn take(&mut self, change: JourneyChange) {
        // A record that changes while the log is read stands in it twice.
        if let Some(place) = self.places.remove(&change.first) {
            self.ready.remove(&place);
        }
        let Some(journey) = change.journey.filter(|journey| journey.kind == self.query.kind) else { return };
        let judged = self.query.judge(self.site, &journey, self.now);
        let (site, kind) = (self.site.id.clone(), journey.kind);
        let record = RecordKey { site, kind, reference: journey.reference.clone() };
        if let Some(entry) = self.exported.get(&ConversionKey::of(&record, self.query.milestone)) {
            let now = judged.is_some().then_some(journey.value);
            self.compare(record.reference, entry, now);
            if !self.query.again {
                if judged.is_some() {
                    self.leave_out(LeftOut::AlreadyExported);
                }
                return;
            }
        }
        match judged {
            None => {}
            Some(Err(reason)) => self.leave_out(reason),
            Some(Ok(conversion)) => self.add(change.first, conversion),
        }
    }

    fn leave_out(&mut self, reason: LeftOut) {
        *self.left_out.entry(reason).or_default() += 1;
    }

    fn compare(&mut self, reference: Reference, entry: &LedgerEntry, now: Option<Money>) {
        if now == Some(entry.worth) {
            return;
        }
        self.changed_count += 1;
        if self.changed.len() < CHANGED_MAX {
            self.changed.push(Changed { reference, exported: entry.clone(), now });
        }
    }

    fn add(&mut self, first: u64, conversion: AdConversion) {
        let place = (conversion.at, conversion.key);
        self.places.insert(first, place);
        self.ready.insert(place, (first, conversion));
        if self.ready.len() > self.query.limit
            && let Some((_, (first, _))) = self.ready.pop_last()
        {
            self.places.remove(&first);
            self.waiting += 1;
        }
    }

    /// What was picked, the oldest first.
    pub(super) fn take_ready(&mut self) -> Vec<AdConversion> {
        std::mem::take(&mut self.ready).into_values().map(|(_, conversion)| conversion).collect()
    }
}
