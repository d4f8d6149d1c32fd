//! The fold itself: once over the records, a few steps per touch.

use super::amounts::{Amount, Amounts};
use super::classified::{View, milestone_of};
use super::columns::RecordColumns;
use super::dimension::{BucketBy, Dimension};
use super::filter::{RecordFilters, admitted_origins, last_stage};
use super::grouping::{RecordGroups, TouchBuckets, TouchGroups};
use super::interner::place;
use super::journeys::Scratch;
use super::{Cell, Columns, Filter, Query, Report, Row, TooMuch, table::Total};
use crate::attribution::{Fit, FitBuilder, Model, apportion};
use crate::{Currency, Day, Milestone};
use std::collections::BTreeMap;
use std::ops::Range;

/// Starting a thread takes about as long as folding so many records.
const WORTH_A_THREAD: usize = 2_000;

/// A record's credit, in millionths of a record.
const WHOLE: i64 = 1_000_000;

pub(super) fn run(query: &Query, columns: &Columns, view: &View, threads: usize) -> Result<Report, TooMuch> {
    let milestones = view.milestones(columns);
    let fold = Fold::new(query, columns, view, &milestones)?;
    Ok(fold.report(fold.in_parallel(threads)))
}

/// A query with all that is worked out before records are looked at.
pub(super) struct Fold<'a> {
    query: &'a Query,
    columns: &'a Columns,
    view: &'a View,
    milestones: &'a [Option<Milestone>],
    filters: RecordFilters<'a>,
    admitted: Vec<bool>,
    touch_times: Vec<(TouchBuckets, Vec<bool>)>,
    touch_groups: TouchGroups,
    record_groups: RecordGroups,
    buckets: Option<TouchBuckets>,
    amounts: Amounts<'a>,
    /// Of each origin, the number of its channel, in order of name.
    channels: Vec<u32>,
    fit: Option<Fit>,
}

/// What was found so far.
struct Tally {
    /// Of each model, of each cell.
    cells: Vec<Vec<Cell>>,
    reached: Vec<u64>,
    assisted: Vec<u64>,
    /// By currency.
    totals: Vec<(Cell, u64)>,
    converted: u64,
    rate_days: Option<(Day, Day)>,
}

impl<'a> Fold<'a> {
    pub(super) fn new(
        query: &'a Query,
        columns: &'a Columns,
        view: &'a View,
        milestones: &'a [Option<Milestone>],
    ) -> Result<Self, TooMuch> {
        let filters = RecordFilters::new(&query.filters, columns, milestones);
        let takes_part = |record: &RecordColumns| {
            record.kind == Some(query.kind)
                && query.period.includes(record.day)
                && filters.admit(columns, record)
        };
        let record_groups = RecordGroups::of(&query.by, columns, milestones, takes_part);
        let present = columns.records.iter().filter(|record| record.kind.is_some()).map(|r| r.currency);
        let amounts = Amounts::new(&view.rates, query.currency.unwrap_or(view.currency()), present);
        let bucket = query.by.iter().find_map(|one| match one {
            Dimension::Time(BucketBy::Touch, bucket) => Some(*bucket),
            _ => None,
        });
        let touch_time = |filter: &Filter| match filter.dimension {
            Dimension::Time(BucketBy::Touch, bucket) => {
                let buckets = TouchBuckets::of(bucket, columns);
                let admits = |place| {
                    let is_one = filter.values.iter().any(|value| value == buckets.name(place));
                    is_one == (filter.condition == super::Condition::Is)
                };
                let admitted = (0..buckets.len()).map(admits).collect();
                Some((buckets, admitted))
            }
            _ => None,
        };
        let mut fold = Self {
            query,
            columns,
            view,
            milestones,
            admitted: admitted_origins(&query.filters, view),
            touch_times: query.filters.iter().filter_map(touch_time).collect(),
            touch_groups: TouchGroups::of(&query.by, view),
            record_groups,
            buckets: bucket.map(|bucket| TouchBuckets::of(bucket, columns)),
            amounts,
            channels: view.channels_by_name(),
            fit: None,
            filters,
        };
        if fold.size().saturating_mul(query.models.len()) > Query::COMBINATIONS_MAX {
            return Err(TooMuch::Rows);
        }
        if query.models.iter().any(Model::needs_fit) {
            fold.fit = fold.fitted()?;
        }
        Ok(fold)
    }

    fn bucket_count(&self) -> usize {
        self.buckets.as_ref().map_or(1, TouchBuckets::len)
    }

    /// How many cells there are.
    fn size(&self) -> usize {
        let groups = self.amounts.currencies().len().saturating_mul(self.record_groups.len());
        groups.saturating_mul(self.bucket_count()).saturating_mul(self.touch_groups.len())
    }

    pub(super) fn takes_part(&self, record: &RecordColumns) -> bool {
        record.kind == Some(self.query.kind)
            && self.query.period.includes(record.day)
            && self.filters.admit(self.columns, record)
    }

    pub(super) fn milestone(&self, record: &RecordColumns) -> Option<Milestone> {
        milestone_of(record.kind?, last_stage(self.columns, record), self.milestones)
    }

    /// How channels follow each other in the journeys of the period's records. A journey converts when its record is won; where
    /// none is, every one does. Filters select and change nobody's share, so that what makes a row adds up to it.
    fn fitted(&self) -> Result<Option<Fit>, TooMuch> {
        let is_of_period = |record: &&RecordColumns| {
            record.kind == Some(self.query.kind) && self.query.period.includes(record.day)
        };
        let records = || self.columns.records.iter().filter(is_of_period);
        let is_won = |record: &RecordColumns| self.milestone(record) == Some(Milestone::Won);
        let any_won = records().any(is_won);
        let mut builder = FitBuilder::new();
        let (mut scratch, mut channels) = (Scratch::default(), Vec::new());
        for record in records() {
            let converts = !any_won || is_won(record);
            if scratch.choose(self.columns, self.view, self.query, self.query.direct, record) {
                channels.clear();
                channels.extend(scratch.kept(self.columns).1.iter().map(|origin| self.channel(*origin)));
                builder.add(&channels, u64::from(converts), u64::from(!converts));
            }
        }
        builder.fit().map(Some).map_err(|_| TooMuch::Channels)
    }

    fn in_parallel(&self, threads: usize) -> Tally {
        let records = self.columns.records.len();
        let threads = threads.clamp(1, records / WORTH_A_THREAD + 1);
        let piece = records.div_ceil(threads).max(1);
        let mut tallies = std::thread::scope(|scope| {
            let fold =
                |part: usize| scope.spawn(move || self.fold(part * piece..records.min((part + 1) * piece)));
            let others: Vec<_> = (1..threads).map(fold).collect();
            let mut tallies = vec![self.fold(0..records.min(piece))];
            for other in others {
                match other.join() {
                    Ok(tally) => tallies.push(tally),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            tallies.into_iter()
        });
        let first = tallies.next().unwrap_or_else(|| self.empty());
        tallies.fold(first, Tally::plus)
    }

    fn empty(&self) -> Tally {
        let (size, reach) = (self.size(), if self.query.metrics.reach { self.size() } else { 0 });
        Tally {
            cells: vec![vec![Cell::default(); size]; self.query.models.len()],
            reached: vec![0; reach],
            assisted: vec![0; reach],
            totals: vec![(Cell::default(), 0); self.amounts.currencies().len()],
            converted: 0,
            rate_days: None,
        }
    }

    fn fold(&self, range: Range<usize>) -> Tally {
        let mut tally = self.empty();
        let mut scratch = Scratch::default();
        let mut seen_by = vec![usize::MAX; tally.reached.len()];
        for index in range {
            let record = &self.columns.records[index];
            if !self.takes_part(record) {
                continue;
            }
            let amount = self.amounts.of(record);
            let whole = self.whole(record, amount);
            tally.count(amount, &whole);
            let currency_part = place(amount.currency) * self.record_groups.len();
            let base = (currency_part + self.record_groups.group(index)) * self.bucket_count();
            let mut is_attributed = false;
            for (model, cells) in self.query.models.iter().zip(&mut tally.cells) {
                is_attributed |= self.share(model, record, &whole, base, &mut scratch, cells);
            }
            tally.totals[place(amount.currency)].1 += u64::from(is_attributed);
            if self.query.metrics.reach {
                self.reach(index, base, &mut scratch, &mut seen_by, &mut tally);
            }
        }
        tally
    }

    /// All of a record.
    fn whole(&self, record: &RecordColumns, amount: Amount) -> Cell {
        let milestone = self.milestone(record);
        let is_won = milestone == Some(Milestone::Won);
        let days = i128::from((record.day.number() - record.created.number()).max(0));
        Cell {
            minor: i128::from(amount.minor),
            won_minor: if is_won { i128::from(amount.minor) } else { 0 },
            records: WHOLE,
            won: if is_won { WHOLE } else { 0 },
            lost: if milestone == Some(Milestone::Lost) { WHOLE } else { 0 },
            days: if is_won { i128::from(WHOLE) * days } else { 0 },
        }
    }

    /// Shares a record among the cells of its touches. Answers whether any touch got something.
    fn share(
        &self,
        model: &Model,
        record: &RecordColumns,
        whole: &Cell,
        base: usize,
        scratch: &mut Scratch,
        cells: &mut [Cell],
    ) -> bool {
        let direct = model.direct(self.query.direct);
        let Some(count) = scratch.weigh(self, model, direct, record) else {
            let none = self.buckets.as_ref().map_or(0, TouchBuckets::none);
            if self.admits_unattributed() {
                let value = Cell { minor: whole.minor, won_minor: whole.won_minor, ..Cell::default() };
                let counted = if self.query.metrics.records { *whole } else { value };
                cells[(base + none) * self.touch_groups.len()].add(&counted);
            }
            return false;
        };
        let minor = i64::try_from(whole.minor).unwrap_or(i64::MAX);
        let is_won = whole.won > 0;
        let mut shares = std::mem::take(&mut scratch.shares);
        shares.resize(count, 0);
        apportion(minor, &scratch.weights, &mut shares);
        let (times, origins) = scratch.kept(self.columns);
        for ((share, time), origin) in shares.iter().zip(times).zip(origins) {
            if *share != 0
                && let Some(cell) = self.cell(base, *time, *origin)
            {
                cells[cell].minor += i128::from(*share);
                if is_won {
                    cells[cell].won_minor += i128::from(*share);
                }
            }
        }
        if self.query.metrics.records {
            apportion(WHOLE, &scratch.weights, &mut shares);
            let days = whole.days / i128::from(WHOLE);
            for ((share, time), origin) in shares.iter().zip(times).zip(origins) {
                if let Some(cell) = self.cell(base, *time, *origin) {
                    let cell = &mut cells[cell];
                    cell.records += share;
                    cell.won += if is_won { *share } else { 0 };
                    cell.lost += if whole.lost > 0 { *share } else { 0 };
                    cell.days += i128::from(*share) * days;
                }
            }
        }
        scratch.shares = shares;
        true
    }

    /// Whether value that no touch gets is in the report: filters on touches are about touches.
    pub(super) fn admits_unattributed(&self) -> bool {
        self.query.filters.iter().all(|filter| {
            let of_touch =
                matches!(filter.dimension, Dimension::Touch(_) | Dimension::Time(BucketBy::Touch, _));
            let is_one = || filter.values.iter().any(|value| value == super::UNATTRIBUTED);
            !of_touch || is_one() == (filter.condition == super::Condition::Is)
        })
    }

    /// Where the credit of a touch is counted, if it is.
    pub(super) fn cell(&self, base: usize, time: i64, origin: u32) -> Option<usize> {
        let is_in_time = self.touch_times.iter().all(|(buckets, admitted)| admitted[buckets.bucket(time)]);
        if !self.admitted[place(origin)] || !is_in_time {
            return None;
        }
        let bucket = self.buckets.as_ref().map_or(0, |buckets| buckets.bucket(time));
        Some((base + bucket) * self.touch_groups.len() + place(self.touch_groups.of_origin[place(origin)]))
    }

    /// Counts in which cells a journey has a touch.
    fn reach(
        &self,
        index: usize,
        base: usize,
        scratch: &mut Scratch,
        seen_by: &mut [usize],
        tally: &mut Tally,
    ) {
        let record = &self.columns.records[index];
        if !scratch.choose(self.columns, self.view, self.query, self.query.direct, record) {
            return;
        }
        let (times, origins) = scratch.kept(self.columns);
        let cells = || times.iter().zip(origins).map(|(time, origin)| self.cell(base, *time, *origin));
        let last = cells().next_back().flatten();
        for cell in cells().flatten() {
            if seen_by[cell] != index {
                seen_by[cell] = index;
                tally.reached[cell] += 1;
                tally.assisted[cell] += u64::from(Some(cell) != last);
            }
        }
    }

    /// What a record is worth in one of the report's currencies.
    pub(super) fn amount(&self, record: &RecordColumns) -> Amount {
        self.amounts.of(record)
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
        self.milestones
    }

    pub(super) fn channel(&self, origin: u32) -> u32 {
        self.channels[place(origin)]
    }

    fn report(&self, mut tally: Tally) -> Report {
        for (model, cells) in self.query.models.iter().zip(&mut tally.cells) {
            if let Some(fit) = self.fit.as_ref().filter(|_| model.shares_the_total()) {
                self.share_totals(fit, cells);
            }
        }
        let groups = self.touch_groups.len();
        let mut rows = Vec::new();
        for index in 0..self.size() {
            let cells: Vec<Cell> = tally.cells.iter().map(|cells| cells[index]).collect();
            let reached = tally.reached.get(index).copied().unwrap_or(0);
            if reached == 0 && cells.iter().all(|cell| *cell == Cell::default()) {
                continue;
            }
            let (rest, touch_group) = (index / groups, index % groups);
            let (rest, bucket) = (rest / self.bucket_count(), rest % self.bucket_count());
            let (currency, record_group) = (rest / self.record_groups.len(), rest % self.record_groups.len());
            rows.push(Row {
                values: self.values(touch_group, bucket, record_group),
                currency: self.amounts.currencies()[currency],
                cells,
                reached,
                assisted: tally.assisted.get(index).copied().unwrap_or(0),
            });
        }
        let asked = self.amounts.currencies()[0];
        let order = |row: &Row| {
            let first = row.cells.first().map_or(0, |cell| cell.minor);
            (row.currency != asked, row.currency, std::cmp::Reverse(first), row.values.clone())
        };
        rows.sort_by_cached_key(order);
        let totals = self.amounts.currencies().iter().zip(tally.totals);
        let totals =
            totals.map(|(currency, (cell, attributed))| Total { currency: *currency, cell, attributed });
        let totals = totals.filter(|total| total.cell.records > 0 || total.currency == asked).collect();
        Report { rows, totals, converted: tally.converted, rate_days: tally.rate_days }
    }

    /// Shares what touches got in all over the channels that they came from, by their removal effects.
    fn share_totals(&self, fit: &Fit, cells: &mut [Cell]) {
        let groups: BTreeMap<u32, usize> = (self.channels.iter().copied())
            .zip(self.touch_groups.of_origin.iter().map(|group| place(*group)))
            .collect();
        let channels: Vec<u32> = fit.removal_effects().map(|(channel, _)| channel).collect();
        for cells in cells.chunks_exact_mut(self.touch_groups.len()) {
            let mut sum = Cell::default();
            for cell in &mut cells[1..] {
                sum.add(&std::mem::take(cell));
            }
            let shares = |total: i128| global_shares(fit, total, &channels);
            let (minor, won_minor) = (shares(sum.minor), shares(sum.won_minor));
            let (records, won) = (shares(sum.records.into()), shares(sum.won.into()));
            let (lost, days) = (shares(sum.lost.into()), shares(sum.days));
            let count = |share: i128| i64::try_from(share).unwrap_or(i64::MAX);
            for (place, channel) in channels.iter().enumerate() {
                cells[groups[channel]].add(&Cell {
                    minor: minor[place],
                    won_minor: won_minor[place],
                    records: count(records[place]),
                    won: count(won[place]),
                    lost: count(lost[place]),
                    days: days[place],
                });
            }
        }
    }

    /// The values of a row, in the order of the query's dimensions.
    fn values(&self, touch_group: usize, bucket: usize, record_group: usize) -> Vec<String> {
        let mut of_touch = self.touch_groups.values(touch_group, self.view).into_iter();
        let mut of_record = self.record_groups.values(record_group).iter();
        let value = |dimension: &Dimension| match dimension {
            Dimension::Touch(_) => of_touch.next().map(|value| value.to_string()),
            Dimension::Time(BucketBy::Touch, _) => {
                self.buckets.as_ref().map(|buckets| buckets.name(bucket).to_owned())
            }
            Dimension::Record(_) | Dimension::Time(BucketBy::Record, _) => of_record.next().cloned(),
        };
        self.query.by.iter().map(value).map(Option::unwrap_or_default).collect()
    }
}

/// [`Fit::global_shares`] of a sum that may be larger than one amount can be: then it is shared in parts.
fn global_shares(fit: &Fit, total: i128, channels: &[u32]) -> Vec<i128> {
    let mut shares = vec![0; channels.len()];
    let mut left = total;
    while left != 0 {
        let part = i64::try_from(left).unwrap_or(if left > 0 { i64::MAX } else { -i64::MAX });
        for (share, more) in shares.iter_mut().zip(fit.global_shares(part, channels)) {
            *share += i128::from(more);
        }
        left -= i128::from(part);
    }
    shares
}

impl Cell {
    fn add(&mut self, other: &Self) {
        self.minor += other.minor;
        self.won_minor += other.won_minor;
        self.records += other.records;
        self.won += other.won;
        self.lost += other.lost;
        self.days += other.days;
    }
}

impl Tally {
    fn count(&mut self, amount: Amount, whole: &Cell) {
        self.totals[place(amount.currency)].0.add(whole);
        if let Some(day) = amount.rate_day {
            self.converted += 1;
            let (first, last) = self.rate_days.unwrap_or((day, day));
            self.rate_days = Some((first.min(day), last.max(day)));
        }
    }

    fn plus(mut self, other: Self) -> Self {
        for (cells, others) in self.cells.iter_mut().zip(&other.cells) {
            cells.iter_mut().zip(others).for_each(|(cell, other)| cell.add(other));
        }
        self.reached.iter_mut().zip(other.reached).for_each(|(count, other)| *count += other);
        self.assisted.iter_mut().zip(other.assisted).for_each(|(count, other)| *count += other);
        for ((cell, count), (other, more)) in self.totals.iter_mut().zip(&other.totals) {
            cell.add(other);
            *count += more;
        }
        self.converted += other.converted;
        let days = [self.rate_days, other.rate_days];
        self.rate_days = days.into_iter().flatten().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        self
    }
}
