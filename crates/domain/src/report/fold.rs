//! The fold itself: once over the records, a few steps per touch.

use super::amounts::{Amount, Amounts};
use super::classified::{View, milestone_of};
use super::columns::RecordColumns;
use super::filter::RecordFilters;
use super::interner::place;
use super::journeys::Scratch;
use super::record_groups::RecordGroups;
use super::record_values::RecordValues;
use super::spots::Spots;
use super::tally::{Outcome, Size, Tally, WHOLE};
use super::{Columns, Query, Report, TooMuch};
use crate::attribution::{Fit, FitBuilder, Model};
use crate::{Currency, Milestone};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many records a thread takes at a time; starting one takes about as long as folding so many.
const PIECE: usize = 2_000;

/// With more cells than this it pays to look first which groups of records there are.
const FEW_CELLS: usize = 20_000;

pub(super) fn run(query: &Query, columns: &Columns, view: &View, threads: usize) -> Result<Report, TooMuch> {
    let fold = Fold::new(query, columns, view, threads)?;
    let tallies = fold.in_parallel(|pieces| fold.tally(pieces));
    Ok(fold.report(&tallies))
}

/// A query with all that is worked out before records are looked at.
pub(super) struct Fold<'a> {
    query: &'a Query,
    columns: &'a Columns,
    view: &'a View,
    threads: usize,
    /// By stage.
    milestones: Vec<Option<Milestone>>,
    filters: RecordFilters,
    pub(super) spots: Spots,
    pub(super) record_groups: RecordGroups,
    pub(super) amounts: Amounts<'a>,
    /// Of each origin, the number of its channel, in order of name.
    pub(super) channels: Vec<u32>,
    fit: Option<Fit>,
}

impl<'a> Fold<'a> {
    pub(super) fn new(
        query: &'a Query,
        columns: &'a Columns,
        view: &'a View,
        threads: usize,
    ) -> Result<Self, TooMuch> {
        let milestones = view.milestones(columns);
        let of_records = |dimension| RecordValues::of(dimension, query.kind, columns, &milestones);
        let asked = query.currency.unwrap_or(view.currency());
        let mut fold = Self {
            query,
            columns,
            view,
            threads,
            filters: RecordFilters::of(query, columns, &milestones),
            spots: Spots::of(query, columns, view),
            record_groups: RecordGroups::of(query.by.iter().filter_map(of_records).collect()),
            amounts: Amounts::new(&view.rates, asked, columns.currencies()),
            channels: view.channels_by_name(),
            fit: None,
            milestones,
        };
        if fold.size().cells() > FEW_CELLS {
            let mut groups = std::mem::take(&mut fold.record_groups);
            groups.keep_present(columns, |record| fold.takes_part(record));
            fold.record_groups = groups;
        }
        if fold.size().cells().saturating_mul(query.models.len()) > Query::COMBINATIONS_MAX {
            return Err(TooMuch::Rows);
        }
        if query.models.iter().any(Model::needs_fit) {
            fold.fit = Some(fold.fitted()?);
        }
        Ok(fold)
    }

    /// How many cells there are.
    pub(super) fn size(&self) -> Size {
        let groups = self.amounts.currencies().len().saturating_mul(self.record_groups.len());
        Size { groups, spots: self.spots.len() }
    }

    fn is_of_period(&self, record: &RecordColumns) -> bool {
        record.kind == Some(self.query.kind) && self.query.period.includes(record.day)
    }

    /// Whether a record is in the report, by its place in the columns.
    pub(super) fn takes_part(&self, record: usize) -> bool {
        self.is_of_period(&self.columns.records[record]) && self.filters.admit(self.columns, record)
    }

    /// The places of all records that are in the report.
    pub(super) fn records(&self) -> impl Iterator<Item = usize> {
        (0..self.columns.records.len()).filter(|record| self.takes_part(*record))
    }

    pub(super) fn milestone(&self, record: usize) -> Option<Milestone> {
        let record = &self.columns.records[record];
        milestone_of(record.kind?, record.stage(), &self.milestones)
    }

    pub(super) fn outcome(&self, record: usize) -> Outcome {
        match self.milestone(record) {
            Some(Milestone::Won) => Outcome::Won,
            Some(Milestone::Lost) => Outcome::Lost,
            Some(Milestone::Lead | Milestone::Opportunity) | None => Outcome::Open,
        }
    }

    /// How channels follow each other in the journeys of the period's records. A journey converts when its record is won; where
    /// none is, every one does. Filters select and change nobody's share, so that what makes a row adds up to it.
    fn fitted(&self) -> Result<Fit, TooMuch> {
        let is_of_period = |record: &usize| self.is_of_period(&self.columns.records[*record]);
        let is_won = |record: usize| self.milestone(record) == Some(Milestone::Won);
        let any_won = (0..self.columns.records.len()).filter(is_of_period).any(is_won);
        let builders = self.in_parallel(|pieces| {
            let mut builder = FitBuilder::new();
            let mut scratch = Scratch::default();
            for record in pieces.flatten().filter(is_of_period) {
                let converts = !any_won || is_won(record);
                if scratch.choose(self, self.query.direct, record) {
                    let channels = scratch.kept(self.columns).1.iter().map(|origin| self.channel(*origin));
                    builder.add_each(channels, u64::from(converts), u64::from(!converts));
                }
            }
            builder
        });
        let merged = builders.into_iter().reduce(|mut merged, other| {
            merged.merge(&other);
            merged
        });
        merged.unwrap_or_default().fit().map_err(|_| TooMuch::Channels)
    }

    /// Does work on all records, in as many threads as there may be; each takes the next piece when it is done with one.
    fn in_parallel<T: Send>(
        &self,
        work: impl Fn(&mut dyn Iterator<Item = Range<usize>>) -> T + Sync,
    ) -> Vec<T> {
        let records = self.columns.records.len();
        let next = AtomicUsize::new(0);
        let work = || {
            let piece = || {
                let from = next.fetch_add(PIECE, Ordering::Relaxed);
                (from < records).then(|| from..records.min(from + PIECE))
            };
            work(&mut std::iter::from_fn(piece))
        };
        let threads = self.threads.clamp(1, records / PIECE + 1);
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut found = vec![work()];
            for other in others {
                match other.join() {
                    Ok(result) => found.push(result),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            found
        })
    }

    fn tally(&self, pieces: &mut dyn Iterator<Item = Range<usize>>) -> Tally {
        if self.spots.need_times() {
            self.tally_by(pieces, |time, origin| self.spots.of_touch(time, origin))
        } else {
            self.tally_by(pieces, |_, origin| self.spots.of_origin(origin))
        }
    }

    /// Adds up records; `spot` says where a touch is counted, by its time and origin.
    fn tally_by(
        &self,
        pieces: &mut dyn Iterator<Item = Range<usize>>,
        spot: impl Fn(i64, u32) -> usize + Copy,
    ) -> Tally {
        let (query, columns) = (self.query, self.columns);
        let counts = (query.metrics.records, query.metrics.reach);
        let currencies = self.amounts.currencies().len();
        let mut tally = Tally::new(self.size(), query.models.len(), currencies, counts);
        let mut scratch = Scratch::default();
        let mut seen = vec![usize::MAX; if query.metrics.reach { self.spots.len() } else { 0 }];
        for record in pieces.flatten().filter(|record| self.takes_part(*record)) {
            let (amount, outcome) = (self.amount(record), self.outcome(record));
            let days = self.days(record);
            tally.count(amount, outcome, days);
            let group = place(amount.currency) * self.record_groups.len();
            let group = group + self.record_groups.group(columns, record);
            let mut is_attributed = false;
            for (model, sums) in query.models.iter().zip(&mut tally.models) {
                let split = scratch.split(self, model, record);
                is_attributed |= split.is_some();
                let cells = sums.minor(outcome, group);
                match split {
                    None => cells[self.spots.unattributed()] += amount.minor,
                    Some(split) => scratch.give(columns, split, amount.minor, |time, origin, share| {
                        cells[spot(time, origin)] += share;
                    }),
                }
                if query.metrics.records {
                    let (records, won_days) = sums.records(outcome, group);
                    let days = if outcome == Outcome::Won { days } else { 0 };
                    let mut add = |spot: usize, share: i64| {
                        records[spot] += share;
                        won_days[spot] += i128::from(share) * days;
                    };
                    match split {
                        None => add(self.spots.unattributed(), WHOLE),
                        Some(split) => scratch.give(columns, split, WHOLE, |time, origin, share| {
                            add(spot(time, origin), share);
                        }),
                    }
                }
            }
            tally.totals[place(amount.currency)].attributed += u64::from(is_attributed);
            if query.metrics.reach && scratch.choose(self, query.direct, record) {
                let (times, origins) = scratch.kept(columns);
                let spots = times.iter().zip(origins).map(|(time, origin)| spot(*time, *origin));
                self.reach(record, group, spots, &mut seen, &mut tally);
            }
        }
        tally
    }

    /// The days from a record's first date to its last.
    fn days(&self, record: usize) -> i128 {
        let record = &self.columns.records[record];
        i128::from((record.day.number() - record.created.number()).max(0))
    }

    /// Counts in which cells a journey has a touch. `seen` has of each spot which record reached it last.
    fn reach(
        &self,
        record: usize,
        group: usize,
        spots: impl DoubleEndedIterator<Item = usize> + Clone,
        seen: &mut [usize],
        tally: &mut Tally,
    ) {
        let last = spots.clone().next_back();
        for spot in spots.filter(|spot| *spot != self.spots.left_out()) {
            if seen[spot] != record {
                seen[spot] = record;
                tally.reach(group, spot, Some(spot) == last);
            }
        }
    }

    /// What a record is worth in one of the report's currencies.
    pub(super) fn amount(&self, record: usize) -> Amount {
        self.amounts.of(&self.columns.records[record])
    }

    pub(super) fn currency(&self, amount: Amount) -> Currency {
        self.currency_at(amount.currency)
    }

    pub(super) fn currency_at(&self, currency: u32) -> Currency {
        self.amounts.currencies()[place(currency)]
    }

    pub(super) fn fit(&self) -> Option<&Fit> {
        self.fit.as_ref()
    }

    pub(super) fn columns(&self) -> &Columns {
        self.columns
    }

    pub(super) fn view(&self) -> &View {
        self.view
    }

    pub(super) fn query(&self) -> &Query {
        self.query
    }

    pub(super) fn milestones(&self) -> &[Option<Milestone>] {
        &self.milestones
    }

    pub(super) fn channel(&self, origin: u32) -> u32 {
        self.channels[place(origin)]
    }
}
