use super::interner::{Interner, place};
use crate::journey::{Found, Journey, Origin};
use crate::record::{Property, RecordKind};
use crate::{Currency, Day, Instant, Moment, Text};
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

/// A site's journeys as columns, kept up to date change by change.
///
/// Times are whole seconds, UTC. What belongs to nobody any more (of a journey that was replaced) is cleared away when it
/// is half of all; names of stages and origins alone stay, because views know them by number.
#[derive(Debug, Clone)]
pub struct Columns {
    pub(super) zone: TimeZone,
    pub(super) records: Vec<RecordColumns>,
    /// In the same places as the records.
    pub(super) details: Vec<RecordDetails>,
    pub(super) touch_times: Vec<i64>,
    pub(super) touch_origins: Vec<u32>,
    /// Stage, and the second up to which what happened came before it.
    stages: Vec<(u32, i64)>,
    pub(super) stage_names: Interner<str>,
    pub(super) origins: Interner<Origin>,
    pub(super) label_sets: Interner<[Text<255>]>,
    pub(super) property_sets: Interner<[Property]>,
    /// In which currencies records are, and how many in each.
    currencies: BTreeMap<Currency, usize>,
    /// How many touches came from each origin.
    origin_touches: Vec<u32>,
    /// No record's date lies outside, and no touch.
    pub(super) days: Option<(Day, Day)>,
    pub(super) touch_span: Option<(i64, i64)>,
    /// By the number of the first row that a record's journey had.
    slots: HashMap<u64, u32>,
    free: Vec<u32>,
    cleared: Cleared,
    through: u64,
}

/// How much belongs to nobody any more.
#[derive(Debug, Clone, Copy, Default)]
struct Cleared {
    records: usize,
    touches: usize,
    stages: usize,
}

/// What every fold reads of a record: few bytes, because all of them are read for every report.
#[derive(Debug, Clone)]
pub(super) struct RecordColumns {
    pub(super) minor: i64,
    /// The last second that belongs to the journey.
    pub(super) end: i64,
    touches: (u32, u32),
    /// The record's date.
    pub(super) day: Day,
    pub(super) created: Day,
    stage: u32,
    /// `None` where there is no record (any more).
    pub(super) kind: Option<RecordKind>,
    pub(super) currency: Currency,
}

/// What else is known of a record.
#[derive(Debug, Clone)]
pub(super) struct RecordDetails {
    pub(super) reference: Arc<str>,
    pub(super) found: Found,
    pub(super) conversions: u32,
    pub(super) labels: u32,
    pub(super) properties: u32,
    pub(super) created_end: i64,
    pub(super) lead: Option<i64>,
    stages: (u32, u32),
}

/// What stands for the stage of a record that has none.
const NO_STAGE: u32 = u32::MAX;

impl RecordColumns {
    /// The stage that it is in.
    pub(super) fn stage(&self) -> Option<u32> {
        (self.stage != NO_STAGE).then_some(self.stage)
    }

    /// Where its touches stand.
    pub(super) fn touches(&self) -> Range<usize> {
        place(self.touches.0)..place(self.touches.1)
    }
}

fn seconds(at: Instant) -> i64 {
    at.as_micros().div_euclid(1_000_000)
}

fn end_of<T>(column: &[T]) -> u32 {
    // Fewer than 2^32 touches fit into memory.
    u32::try_from(column.len()).unwrap_or(u32::MAX)
}

impl Columns {
    /// Less than this is not worth clearing away.
    const CLEARED_MIN: usize = 1_000;
    /// Records of one site mostly have properties of the same names.
    const SETS_LOOKED_AT: usize = 10_000;

    /// Columns without journeys, of a site in this time zone.
    pub fn new(zone: TimeZone) -> Self {
        Self {
            zone,
            records: Vec::new(),
            details: Vec::new(),
            touch_times: Vec::new(),
            touch_origins: Vec::new(),
            stages: Vec::new(),
            stage_names: Interner::default(),
            origins: Interner::default(),
            label_sets: Interner::default(),
            property_sets: Interner::default(),
            currencies: BTreeMap::new(),
            origin_touches: Vec::new(),
            days: None,
            touch_span: None,
            slots: HashMap::new(),
            free: Vec::new(),
            cleared: Cleared::default(),
            through: 0,
        }
    }

    /// Takes in the row with this number of the log of journeys: what came of the same `first` row before goes, and its
    /// journey comes, if the record is still there.
    pub fn apply(&mut self, number: u64, first: u64, journey: Option<&Journey>) {
        self.through = self.through.max(number);
        if let Some(slot) = self.slots.remove(&first) {
            self.clear(slot);
        }
        if let Some(journey) = journey {
            let (record, details) = self.record(journey);
            let slot = self.free.pop().unwrap_or_else(|| end_of(&self.records));
            if let Some(free) = self.records.get_mut(place(slot)) {
                *free = record;
                self.details[place(slot)] = details;
            } else {
                self.records.push(record);
                self.details.push(details);
            }
            self.slots.insert(first, slot);
        }
        let Cleared { records, touches, stages } = self.cleared;
        let cleared = records + touches + stages;
        let all = self.slots.len() + records + self.touch_times.len() + self.stages.len();
        if cleared > Self::CLEARED_MIN && cleared > all / 2 {
            self.compact();
        }
    }

    /// The last row that was taken in.
    pub fn through(&self) -> u64 {
        self.through
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// How many touches there are.
    pub fn touches(&self) -> usize {
        self.touch_times.len() - self.cleared.touches
    }

    /// What the properties of records are called, by name: at most `limit`, of as many different sets as are quickly looked
    /// through.
    pub fn property_names(&self, limit: usize) -> Vec<&str> {
        let sets = self.property_sets.values().iter().take(Self::SETS_LOOKED_AT);
        let names: BTreeSet<&str> = sets.flat_map(|set| set.iter()).map(|one| one.name.as_str()).collect();
        names.into_iter().take(limit).collect()
    }

    /// About how many bytes of memory are taken up.
    pub fn bytes(&self) -> usize {
        // A reference has some 16 characters beside its two counts.
        let record = size_of::<RecordColumns>() + size_of::<RecordDetails>() + 32;
        let records = self.records.capacity() * record + self.slots.capacity() * 17;
        let touches = self.touch_times.capacity() * 8 + self.touch_origins.capacity() * 4;
        let sets = self.property_sets.len() * 128 + self.label_sets.len() * 64;
        records + touches + self.stages.capacity() * 16 + self.origins.len() * 320 + sets
    }

    /// The stages that a record went through, each with the second up to which what happened came before it.
    pub(super) fn stages(&self, record: usize) -> &[(u32, i64)] {
        let (from, to) = self.details[record].stages;
        &self.stages[place(from)..place(to)]
    }

    /// In which currencies records are.
    pub(super) fn currencies(&self) -> impl Iterator<Item = Currency> {
        self.currencies.keys().copied()
    }

    /// Whether a touch came from there.
    pub(super) fn is_from(&self, origin: usize) -> bool {
        self.origin_touches.get(origin).is_some_and(|touches| *touches > 0)
    }

    fn record(&mut self, journey: &Journey) -> (RecordColumns, RecordDetails) {
        let stages_from = end_of(&self.stages);
        for spell in &journey.stages {
            let stage = self.stage_names.number(spell.stage.as_str());
            let entered = self.last_second(spell.entered);
            self.stages.push((stage, entered));
        }
        let touches_from = end_of(&self.touch_times);
        for touch in &journey.touches {
            self.touch_times.push(seconds(touch.at));
            self.touch_origins.push(self.origins.number_of(&touch.origin));
        }
        let record = RecordColumns {
            minor: journey.value.minor,
            end: self.last_second(journey.occurred),
            touches: (touches_from, end_of(&self.touch_times)),
            day: self.day(journey.occurred),
            created: self.day(journey.created),
            stage: self.stages[place(stages_from)..].last().map_or(NO_STAGE, |(stage, _)| *stage),
            kind: Some(journey.kind),
            currency: journey.value.currency,
        };
        let details = RecordDetails {
            reference: Arc::from(journey.reference.as_str()),
            found: journey.found,
            conversions: journey.conversions,
            labels: self.label_sets.number(journey.labels.as_slice()),
            properties: self.property_sets.number(journey.properties.as_slice()),
            created_end: self.last_second(journey.created),
            lead: journey.lead.map(seconds),
            stages: (stages_from, end_of(&self.stages)),
        };
        self.span(&record);
        *self.currencies.entry(record.currency).or_default() += 1;
        self.origin_touches.resize(self.origins.len(), 0);
        for origin in &self.touch_origins[record.touches()] {
            self.origin_touches[place(*origin)] += 1;
        }
        (record, details)
    }

    /// Widens the spans of time to what a record has.
    fn span(&mut self, record: &RecordColumns) {
        let (first, last) = self.days.unwrap_or((record.day, record.day));
        self.days = Some((first.min(record.day), last.max(record.day)));
        if let [earliest, .., latest] | [earliest @ latest] = &self.touch_times[record.touches()] {
            let (first, last) = self.touch_span.unwrap_or((*earliest, *latest));
            self.touch_span = Some((first.min(*earliest), last.max(*latest)));
        }
    }

    fn day(&self, moment: Moment) -> Day {
        if moment.date_only { Day::of(moment.at) } else { Day::of_in(moment.at, &self.zone) }
    }

    /// The last second that came before something, or was it: a date without a time ends with its day.
    fn last_second(&self, moment: Moment) -> i64 {
        if moment.date_only {
            seconds(Day::of(moment.at).plus_days(1).begins_in(&self.zone)) - 1
        } else {
            seconds(moment.at)
        }
    }

    fn clear(&mut self, slot: u32) {
        let record = &mut self.records[place(slot)];
        let details = &mut self.details[place(slot)];
        for origin in &self.touch_origins[record.touches()] {
            self.origin_touches[place(*origin)] -= 1;
        }
        if let Some(count) = self.currencies.get_mut(&record.currency) {
            *count -= 1;
            if *count == 0 {
                self.currencies.remove(&record.currency);
            }
        }
        self.cleared.records += 1;
        self.cleared.touches += record.touches().len();
        self.cleared.stages += place(details.stages.1) - place(details.stages.0);
        record.kind = None;
        record.touches = (0, 0);
        details.stages = (0, 0);
        details.reference = Arc::from("");
        self.free.push(slot);
    }

    /// Moves what is there together, and forgets values that no record has any more.
    fn compact(&mut self) {
        let (mut times, mut origins, mut stages) = (Vec::new(), Vec::new(), Vec::new());
        let (mut label_sets, mut property_sets) = (Interner::default(), Interner::default());
        for (record, details) in self.records.iter_mut().zip(&mut self.details) {
            if record.kind.is_none() {
                continue;
            }
            let touches = record.touches();
            let from = end_of(&times);
            times.extend_from_slice(&self.touch_times[touches.clone()]);
            origins.extend_from_slice(&self.touch_origins[touches]);
            record.touches = (from, end_of(&times));
            let (from, to) = details.stages;
            details.stages.0 = end_of(&stages);
            stages.extend_from_slice(&self.stages[place(from)..place(to)]);
            details.stages.1 = end_of(&stages);
            details.labels = label_sets.number(&*self.label_sets.values()[place(details.labels)]);
            let properties = &self.property_sets.values()[place(details.properties)];
            details.properties = property_sets.number(&**properties);
        }
        (self.touch_times, self.touch_origins, self.stages) = (times, origins, stages);
        (self.label_sets, self.property_sets) = (label_sets, property_sets);
        (self.days, self.touch_span) = (None, None);
        for index in 0..self.records.len() {
            if self.records[index].kind.is_some() {
                let record = self.records[index].clone();
                self.span(&record);
            }
        }
        self.cleared = Cleared::default();
    }
}
