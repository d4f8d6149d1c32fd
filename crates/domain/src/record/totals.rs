use crate::{Currency, Money};
use std::collections::BTreeMap;

/// How many records are in one stage and what they are worth together, in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageTotal {
    /// The stage as uploaded; `None` for revenue.
    pub stage: Option<String>,
    /// Never converted: each currency has its own total.
    pub currency: Currency,
    /// How many records.
    pub count: u64,
    /// Their exact sum, in minor units.
    pub minor: i128,
}

/// Adds records up by stage and currency.
#[derive(Debug, Default)]
pub struct StageTotals(BTreeMap<(Option<String>, Currency), (u64, i128)>);

impl StageTotals {
    /// Adds one record: its present stage and value.
    pub fn add(&mut self, stage: Option<&str>, value: Money) {
        let key = (stage.map(str::to_owned), value.currency);
        let (count, minor) = self.0.entry(key).or_default();
        *count += 1;
        *minor += i128::from(value.minor);
    }

    /// The totals, in order of stage and currency.
    pub fn into_totals(self) -> Vec<StageTotal> {
        let total = |((stage, currency), (count, minor))| StageTotal { stage, currency, count, minor };
        self.0.into_iter().map(total).collect()
    }
}
