//! What a fold found, and the report that becomes of it.

use super::super::dimension::{BucketBy, Dimension};
use super::super::interner::place;
use super::super::{Cell, Report, Row, table::Total};
use super::{Amount, Fold};
use crate::Day;
use crate::attribution::Fit;
use std::collections::BTreeMap;

/// What was found so far.
pub(super) struct Tally {
    /// Of each model, of each cell.
    pub(super) cells: Vec<Vec<Cell>>,
    pub(super) reached: Vec<u64>,
    pub(super) assisted: Vec<u64>,
    /// By currency.
    pub(super) totals: Vec<(Cell, u64)>,
    converted: u64,
    rate_days: Option<(Day, Day)>,
}

impl Fold<'_> {
    pub(super) fn empty(&self) -> Tally {
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

    pub(super) fn report(&self, mut tally: Tally) -> Report {
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
    pub(super) fn add(&mut self, other: &Self) {
        self.minor += other.minor;
        self.won_minor += other.won_minor;
        self.records += other.records;
        self.won += other.won;
        self.lost += other.lost;
        self.days += other.days;
    }
}

impl Tally {
    pub(super) fn count(&mut self, amount: Amount, whole: &Cell) {
        self.totals[place(amount.currency)].0.add(whole);
        if let Some(day) = amount.rate_day {
            self.converted += 1;
            let (first, last) = self.rate_days.unwrap_or((day, day));
            self.rate_days = Some((first.min(day), last.max(day)));
        }
    }

    pub(super) fn plus(mut self, other: Self) -> Self {
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
