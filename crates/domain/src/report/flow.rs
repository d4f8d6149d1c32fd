use super::classified::UNATTRIBUTED_NUMBER;
use super::dimension::TouchDimension;
use super::fold::Fold;
use super::interner::place;
use super::tally::Outcome;
use super::{Columns, Query, TooMuch, View};
use crate::Currency;
use std::cmp::Reverse;
use std::collections::HashMap;

/// Records whose journeys began and ended in the same places, with one outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// The value of the first touch; of records without touches, [`UNATTRIBUTED`](super::UNATTRIBUTED).
    pub first: String,
    /// That of the last touch.
    pub last: String,
    /// What became of them.
    pub outcome: Outcome,
    /// What the amount is in: the report's currency, or the records' own where there is no rate.
    pub currency: Currency,
    /// How many records.
    pub records: u64,
    /// What they are worth together, in minor units.
    pub minor: i128,
}

impl Query {
    /// From which first touch to which last touch records flowed, by one dimension of touches, the most worth first, amounts
    /// in the report's currency before others. Period, lookback and filters on records apply, as to
    /// [paths](Query::paths); all flows add up to the report's totals.
    pub fn flows(
        &self,
        dimension: TouchDimension,
        columns: &Columns,
        view: &View,
    ) -> Result<Vec<Flow>, TooMuch> {
        let fold = Fold::new(self, columns, view, 1)?;
        let mut gathered: HashMap<(u32, u32, Outcome, u32), (u64, i128)> = HashMap::new();
        for record in fold.records() {
            let origins = &columns.touch_origins[self.within_lookback(columns, &columns.records[record])];
            let value = |origin: Option<&u32>| {
                origin.map_or(UNATTRIBUTED_NUMBER, |origin| view.origins[place(*origin)][dimension as usize])
            };
            let outcome = fold.outcome(record);
            let amount = fold.amount(record);
            let key = (value(origins.first()), value(origins.last()), outcome, amount.currency);
            let (records, minor) = gathered.entry(key).or_default();
            *records += 1;
            *minor += i128::from(amount.minor);
        }
        let name = |value: u32| view.values.values()[place(value)].to_string();
        let flow = |((first, last, outcome, currency), (records, minor))| Flow {
            first: name(first),
            last: name(last),
            outcome,
            currency: fold.currency_at(currency),
            records,
            minor,
        };
        let mut flows: Vec<Flow> = gathered.into_iter().map(flow).collect();
        let asked = fold.currency_at(0);
        flows.sort_by(|one, other| {
            let place = |flow: &Flow| {
                (flow.currency != asked, flow.currency, Reverse(flow.minor), Reverse(flow.records))
            };
            let names = |flow: &'_ Flow| (flow.first.clone(), flow.last.clone(), flow.outcome);
            place(one).cmp(&place(other)).then_with(|| names(one).cmp(&names(other)))
        });
        Ok(flows)
    }
}
