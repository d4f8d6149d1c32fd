//! From sums to rows.

use super::dimension::{BucketBy, Dimension};
use super::fold::Fold;
use super::tally::{Tally, TotalSums};
use super::{Cell, Report, Row, Total};
use crate::attribution::Fit;
use std::cmp::Reverse;
use std::collections::BTreeMap;

impl Fold<'_> {
    /// The report of what threads found.
    pub(super) fn report(&self, tallies: &[Tally]) -> Report {
        let mut rows = Vec::new();
        for group in 0..self.size().groups {
            self.add_rows(tallies, group, &mut rows);
        }
        let asked = self.currency_at(0);
        rows.sort_by_cached_key(|row: &Row| {
            let first = row.cells.first().map_or(0, |cell| cell.minor);
            (row.currency != asked, row.currency, Reverse(first), row.values.clone())
        });
        let total = |(currency, place): (_, usize)| {
            let mut all = TotalSums::default();
            for tally in tallies {
                all.add(&tally.totals[place]);
            }
            Total { currency, cell: all.cell(), attributed: all.attributed }
        };
        let totals = self.amounts.currencies().iter().copied().zip(0..).map(total);
        let rate_days = tallies.iter().filter_map(|tally| tally.rate_days);
        Report {
            rows,
            totals: totals.filter(|total| total.cell.records > 0 || total.currency == asked).collect(),
            converted: tallies.iter().map(|tally| tally.converted).sum(),
            rate_days: rate_days.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1))),
        }
    }

    /// Adds the rows of a group of records: one for each spot where there is anything.
    fn add_rows(&self, tallies: &[Tally], group: usize, rows: &mut Vec<Row>) {
        let (spots, models) = (self.size().spots, self.query().models.len());
        let cell = |model: usize, spot: usize| {
            let mut cell = Cell::default();
            for tally in tallies {
                cell.add(&tally.models[model].cell(group * spots + spot));
            }
            cell
        };
        let shares_total =
            |model: usize| self.fit().filter(|_| self.query().models[model].shares_the_total());
        let shared = |model: usize| {
            let fit = shares_total(model)?;
            let mut cells: Vec<Cell> = (0..spots).map(|spot| cell(model, spot)).collect();
            self.share_total(fit, &mut cells);
            Some(cells)
        };
        let shared: Vec<Option<Vec<Cell>>> = (0..models).map(shared).collect();
        for spot in (0..spots).filter(|spot| *spot != self.spots.left_out()) {
            let of_model =
                |model: usize| shared[model].as_ref().map_or_else(|| cell(model, spot), |cells| cells[spot]);
            let of_tally = |tally: &Tally| tally.reached(group * spots + spot);
            let (reached, assisted) =
                tallies.iter().map(of_tally).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
            if reached == 0 && (0..models).all(|model| of_model(model) == Cell::default()) {
                continue;
            }
            let currency = self.amounts.currencies()[group / self.record_groups.len()];
            let values = self.values(group % self.record_groups.len(), spot);
            let cells = (0..models).map(of_model).collect();
            rows.push(Row { values, currency, cells, reached, assisted });
        }
    }

    /// Shares what touches got in all over the channels that journeys came by, by their removal effects.
    fn share_total(&self, fit: &Fit, cells: &mut [Cell]) {
        let spot = |(origin, channel): (u32, &u32)| (*channel, self.spots.of_origin(origin));
        let spots = (0..).zip(&self.channels).map(spot).filter(|(_, spot)| *spot != self.spots.left_out());
        let spots: BTreeMap<u32, usize> = spots.collect();
        let channels: Vec<u32> = fit.removal_effects().map(|(channel, _)| channel).collect();
        let mut sum = Cell::default();
        let none = self.spots.unattributed();
        for (_, cell) in cells.iter_mut().enumerate().filter(|(spot, _)| *spot != none) {
            sum.add(&std::mem::take(cell));
        }
        let shares = |total: i128| global_shares(fit, total, &channels);
        let (minor, won_minor) = (shares(sum.minor), shares(sum.won_minor));
        let (records, won) = (shares(sum.records.into()), shares(sum.won.into()));
        let (lost, days) = (shares(sum.lost.into()), shares(sum.days));
        let count = |share: i128| i64::try_from(share).unwrap_or(i64::MAX);
        for (place, channel) in channels.iter().enumerate() {
            cells[spots[channel]].add(&Cell {
                minor: minor[place],
                won_minor: won_minor[place],
                records: count(records[place]),
                won: count(won[place]),
                lost: count(lost[place]),
                days: days[place],
            });
        }
    }

    /// The values of a row, in the order of the query's dimensions.
    fn values(&self, record_group: usize, spot: usize) -> Vec<String> {
        let mut of_touch = self.spots.values(spot, self.view()).into_iter();
        let mut of_record = self.record_groups.values(record_group).into_iter();
        let value = |dimension: &Dimension| match dimension {
            Dimension::Touch(_) => of_touch.next().map(|value| value.to_string()),
            Dimension::Time(BucketBy::Touch, _) => Some(self.spots.time(spot).to_owned()),
            Dimension::Record(_) | Dimension::Time(BucketBy::Record, _) => {
                of_record.next().map(str::to_owned)
            }
        };
        self.query().by.iter().map(value).map(Option::unwrap_or_default).collect()
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
    /// Adds another in the same currency.
    pub fn add(&mut self, other: &Self) {
        self.minor += other.minor;
        self.won_minor += other.won_minor;
        self.records += other.records;
        self.won += other.won;
        self.lost += other.lost;
        self.days += other.days;
    }
}
