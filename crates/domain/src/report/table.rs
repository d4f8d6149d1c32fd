use crate::{Currency, Day};

/// What one model gives one row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    /// Value, in minor units of the row's currency.
    pub minor: i128,
    /// The part of it that is of won records.
    pub won_minor: i128,
    /// Records, in millionths.
    pub records: i64,
    /// Won ones.
    pub won: i64,
    /// Lost ones.
    pub lost: i64,
    /// The days that won records took to close, from the record's first date to its last, each counted by its credit in
    /// millionths.
    pub days: i128,
}

/// One combination of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// One for each dimension asked.
    pub values: Vec<String>,
    /// What the amounts are in: the report's currency, or the records' own where there is no rate.
    pub currency: Currency,
    /// One for each model asked.
    pub cells: Vec<Cell>,
    /// Journeys that have a touch here that counts.
    pub reached: u64,
    /// Those of them whose last touch is elsewhere.
    pub assisted: u64,
}

/// What the records themselves come to, in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// What the amounts are in.
    pub currency: Currency,
    /// As a model that gives everything to one row would have it.
    pub cell: Cell,
    /// How many of the records have a touch that counts.
    pub attributed: u64,
}

/// The answer to a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The largest first, by the first model, amounts in the report's currency before others.
    pub rows: Vec<Row>,
    /// By currency, the report's first. Without filters on touches the cells of each model add up to it exactly.
    pub totals: Vec<Total>,
    /// How many records were converted, and from which to which day the rates are.
    pub converted: u64,
    /// The days of the oldest and the newest rate that was used.
    pub rate_days: Option<(Day, Day)>,
}
