//! Which of a report's records are told, in which order, and what all of them come to.

use super::drill::RecordsSum;
use super::fold::Fold;
use super::interner::place;
use super::{Columns, TouchDimension};
use crate::Currency;
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Which of a report's records to tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordsAsked {
    /// Which comes first.
    pub order: RecordOrder,
    /// Only some.
    pub only: Option<RecordNames>,
    /// How many to pass over.
    pub skip: usize,
    /// How many to tell at most.
    pub limit: usize,
}

/// Records by their references.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordNames {
    /// Those whose reference begins so.
    pub beginning: Option<String>,
    /// These as well.
    pub named: BTreeSet<String>,
}

/// In which order records are told. What is equal is in order of reference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RecordOrder {
    /// The largest credit first, by the first model.
    #[default]
    Credit,
    /// The most worth first, by currency.
    Largest,
    /// The least worth first, by currency.
    Smallest,
    /// The latest date first.
    Newest,
    /// The earliest date first.
    Oldest,
    /// The longest journey first.
    Touches,
}

impl RecordsAsked {
    pub(super) fn names(&self, reference: &str) -> bool {
        self.only.as_ref().is_none_or(|only| {
            let begins = only.beginning.as_ref().is_some_and(|begin| reference.starts_with(begin.as_str()));
            begins || only.named.contains(reference)
        })
    }
}

impl Fold<'_> {
    /// What records come to, given the credit and the place of each.
    pub(super) fn sums(&self, found: &[(Vec<i64>, usize)]) -> BTreeMap<Currency, RecordsSum> {
        let mut sums: BTreeMap<Currency, RecordsSum> = BTreeMap::new();
        for (credit, index) in found {
            let amount = self.amount(*index);
            let sum = sums.entry(self.currency(amount)).or_default();
            sum.count += 1;
            sum.minor += i128::from(amount.minor);
            sum.credit.resize(credit.len(), 0);
            for (sum, credit) in sum.credit.iter_mut().zip(credit) {
                *sum += i128::from(*credit);
            }
        }
        sums
    }

    pub(super) fn sort(&self, found: &mut [(Vec<i64>, usize)], order: RecordOrder) {
        let columns: &Columns = self.columns();
        let day = |index: usize| columns.records[index].day;
        let worth = |index: usize| {
            let amount = self.amount(index);
            (amount.currency, amount.minor)
        };
        let compare = |(credit, index): &(Vec<i64>, usize), (other_credit, other): &(Vec<i64>, usize)| {
            let (index, other) = (*index, *other);
            match order {
                RecordOrder::Credit => other_credit.cmp(credit),
                RecordOrder::Largest => {
                    let key = |(currency, minor): (u32, i64)| (currency, Reverse(minor));
                    key(worth(index)).cmp(&key(worth(other)))
                }
                RecordOrder::Smallest => worth(index).cmp(&worth(other)),
                RecordOrder::Newest => day(other).cmp(&day(index)),
                RecordOrder::Oldest => day(index).cmp(&day(other)),
                RecordOrder::Touches => {
                    let touches = |index: usize| columns.records[index].touches().len();
                    touches(other).cmp(&touches(index))
                }
            }
        };
        let reference = |index: usize| &columns.details[index].reference;
        found.sort_by(|one, other| -> Ordering {
            compare(one, other).then_with(|| reference(one.1).cmp(reference(other.1)))
        });
    }

    /// The channels of the first and the last of some touches.
    pub(super) fn outer_channels(&self, touches: Range<usize>) -> Option<(String, String)> {
        let origins = &self.columns().touch_origins[touches];
        let channel = |origin: &u32| {
            let value = self.view().origins[place(*origin)][TouchDimension::Channel as usize];
            self.view().values.values()[place(value)].to_string()
        };
        Some((channel(origins.first()?), channel(origins.last()?)))
    }
}
