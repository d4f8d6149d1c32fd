//! What makes a number: the records of a report, and the touches of one record.

use super::classified::DIMENSIONS;
use super::dimension::TouchDimension;
use super::drill_page::RecordsAsked;
use super::fold::Fold;
use super::interner::place;
use super::journeys::Scratch;
use super::{Columns, Query, TooMuch, View};
use crate::attribution::apportion;
use crate::journey::Found;
use crate::record::RecordKind;
use crate::{Currency, Day, Milestone, Money};
use std::collections::BTreeMap;

/// What a record contributes to a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordCredit {
    /// The CRM's name for it.
    pub reference: String,
    /// Its date.
    pub day: Day,
    /// Its stage; revenue has none.
    pub stage: Option<String>,
    /// What that means.
    pub milestone: Option<Milestone>,
    /// Whether somebody was found for it.
    pub found: Found,
    /// What it is worth.
    pub value: Money,
    /// What the amounts below are in.
    pub currency: Currency,
    /// What it is worth in that currency.
    pub minor: i64,
    /// Of which day the rate is, when it was converted.
    pub rate_day: Option<Day>,
    /// How many touches its journey has, before any lookback.
    pub touches: usize,
    /// The channels of the first and the last of them.
    pub channels: Option<(String, String)>,
    /// How many conversions of the person lie within it.
    pub conversions: u32,
    /// Under each model, what the filters leave of it, in minor units.
    pub credit: Vec<i64>,
}

/// A page of records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordCredits {
    /// In the order that was asked for.
    pub records: Vec<RecordCredit>,
    /// How many there are in all.
    pub count: usize,
    /// What all of them come to, by currency.
    pub sums: BTreeMap<Currency, RecordsSum>,
}

/// What records come to in one currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordsSum {
    /// How many are counted in it.
    pub count: usize,
    /// What they are worth.
    pub minor: i128,
    /// Under each model, what the filters leave of that.
    pub credit: Vec<i128>,
}

/// How one record's value is shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The record. Its credit is of all its touches.
    pub record: RecordCredit,
    /// In order of time.
    pub touches: Vec<ReceiptTouch>,
}

/// What a touch is, and gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptTouch {
    /// When, in seconds, UTC.
    pub time: i64,
    /// What it is grouped by, in the order of [`TouchDimension::ALL`].
    pub values: [String; DIMENSIONS],
    /// Whether no marketing is known of it.
    pub is_direct: bool,
    /// Under each model its weight, the sum of all weights, and its share in minor units; `None` where the model does not
    /// get to see it.
    pub shares: Vec<Option<Share>>,
}

/// What a model gives a touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Its weight.
    pub weight: u64,
    /// All weights.
    pub of: u64,
    /// Its share, in minor units.
    pub minor: i64,
}

impl Query {
    /// The records of the report, with what each contributes under each model; of models that share the sum of all
    /// records, what [`Markov`](crate::attribution::Markov) gives. Records that contribute nothing are left out, unless
    /// nothing is filtered. The largest credit comes first, by the first model.
    pub fn records(
        &self,
        columns: &Columns,
        view: &View,
        skip: usize,
        limit: usize,
    ) -> Result<RecordCredits, TooMuch> {
        self.records_of(columns, view, &RecordsAsked { skip, limit, ..RecordsAsked::default() })
    }

    /// As [`Query::records`], of some of them, or in another order.
    pub fn records_of(
        &self,
        columns: &Columns,
        view: &View,
        asked: &RecordsAsked,
    ) -> Result<RecordCredits, TooMuch> {
        let fold = Fold::new(self, columns, view, 1)?;
        let mut scratch = Scratch::default();
        let is_named = |index: &usize| asked.names(&columns.details[*index].reference);
        let credit = |index: usize| Some((fold.credit(index, &mut scratch)?, index));
        let mut found: Vec<(Vec<i64>, usize)> = fold.records().filter(is_named).filter_map(credit).collect();
        let (count, sums) = (found.len(), fold.sums(&found));
        fold.sort(&mut found, asked.order);
        let page = found.into_iter().skip(asked.skip).take(asked.limit);
        let records = page.map(|(credit, index)| fold.record(index, credit)).collect();
        Ok(RecordCredits { records, count, sums })
    }

    /// How the value of one record is shared. Period and filters do not matter, but for the removal effects of the report.
    /// `None` if there is no such record.
    pub fn receipt(
        &self,
        columns: &Columns,
        view: &View,
        (kind, reference): (RecordKind, &str),
    ) -> Result<Option<Receipt>, TooMuch> {
        let is_it = |index: &usize| {
            let is_named = &*columns.details[*index].reference == reference;
            is_named && columns.records[*index].kind == Some(kind)
        };
        let Some(index) = (0..columns.records.len()).find(is_it) else { return Ok(None) };
        let fold = Fold::new(self, columns, view, 1)?;
        Ok(Some(fold.receipt(index)))
    }
}

impl Fold<'_> {
    /// What filters leave of a record's credit under each model. `None` when that is nothing, and something was filtered.
    fn credit(&self, index: usize, scratch: &mut Scratch) -> Option<Vec<i64>> {
        let minor = self.amount(index).minor;
        let admits_unattributed = self.spots.unattributed() != self.spots.left_out();
        let mut is_there = false;
        let mut credit = Vec::with_capacity(self.query().models.len());
        for model in &self.query().models {
            let Some(count) = scratch.weigh(self, model, index) else {
                is_there |= admits_unattributed;
                credit.push(if admits_unattributed { minor } else { 0 });
                continue;
            };
            let mut shares = vec![0; count];
            apportion(minor, &scratch.weights, &mut shares);
            let (times, origins) = scratch.kept(self.columns());
            let mut sum = 0;
            for (((share, weight), time), origin) in
                shares.iter().zip(&scratch.weights).zip(times).zip(origins)
            {
                if self.spots.of_touch(*time, *origin) != self.spots.left_out() {
                    sum += share;
                    is_there |= *weight > 0;
                }
            }
            credit.push(sum);
        }
        is_there.then_some(credit)
    }

    fn record(&self, index: usize, credit: Vec<i64>) -> RecordCredit {
        let (record, details) = (&self.columns().records[index], &self.columns().details[index]);
        let amount = self.amount(index);
        RecordCredit {
            reference: details.reference.to_string(),
            day: record.day,
            stage: record.stage().map(|stage| self.columns().stage_names.values()[place(stage)].to_string()),
            milestone: self.milestone(index),
            found: details.found,
            value: Money { minor: record.minor, currency: record.currency },
            currency: self.currency(amount),
            minor: amount.minor,
            rate_day: amount.rate_day,
            touches: record.touches().len(),
            channels: self.outer_channels(record.touches()),
            conversions: details.conversions,
            credit,
        }
    }

    fn receipt(&self, index: usize) -> Receipt {
        let columns = self.columns();
        let record = &columns.records[index];
        let amount = self.amount(index).minor;
        let mut touches: Vec<ReceiptTouch> = record.touches().map(|touch| self.touch(touch)).collect();
        let mut credit = Vec::new();
        let mut scratch = Scratch::default();
        for model in &self.query().models {
            let weighed = scratch.weigh(self, model, index);
            let mut shares = vec![0; weighed.unwrap_or(0)];
            if weighed.is_some() {
                apportion(amount, &scratch.weights, &mut shares);
            }
            credit.push(shares.iter().sum());
            let of = scratch.weights.iter().sum();
            // A model sees the latest touches, of these perhaps not the direct ones, in the same order.
            let skips_direct =
                weighed.is_some_and(|count| count != self.query().within_lookback(columns, record).len());
            let first = self.query().within_lookback(columns, record).start - record.touches().start;
            let mut seen = scratch.weights.iter().zip(&shares).take(weighed.unwrap_or(0));
            for (position, touch) in touches.iter_mut().enumerate() {
                let is_seen = weighed.is_some() && position >= first && !(skips_direct && touch.is_direct);
                let share = if is_seen { seen.next() } else { None };
                touch.shares.push(share.map(|(weight, minor)| Share { weight: *weight, of, minor: *minor }));
            }
        }
        Receipt { record: self.record(index, credit), touches }
    }

    fn touch(&self, touch: usize) -> ReceiptTouch {
        let origin = place(self.columns().touch_origins[touch]);
        let values = self.view().origins[origin];
        let value = |dimension: TouchDimension| {
            self.view().values.values()[place(values[dimension as usize])].to_string()
        };
        ReceiptTouch {
            time: self.columns().touch_times[touch],
            values: TouchDimension::ALL.map(value),
            is_direct: self.view().is_direct[origin],
            shares: Vec::new(),
        }
    }
}
