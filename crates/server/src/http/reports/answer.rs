//! A report of one period, with what its rows cost and who visited.

use super::report_out::currency_of;
use crate::app::reports::Engine;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use touchline_domain::Currency;
use touchline_domain::report::{Cell, CostRow, Counts, Query, Report, Row, TooMuch, Total};

/// By what rows are told apart.
pub(crate) type Key = (Currency, Vec<String>);

/// That of a row.
pub(crate) fn key(row: &Row) -> Key {
    (row.currency, row.values.clone())
}

/// What advertising cost in a period; neither is known when costs do not have what is asked by.
#[derive(Default)]
pub(crate) struct Costs {
    pub(crate) rows: Option<Vec<CostRow>>,
    pub(crate) totals: Option<Vec<CostRow>>,
}

/// What rows or records come to in one currency.
#[derive(Default)]
pub(crate) struct Sum {
    /// One for each model.
    pub(crate) cells: Vec<Cell>,
    /// In minor units, where anything was spent.
    pub(crate) cost: Option<i128>,
}

/// What is answered of one period.
pub(crate) struct Answer {
    pub(crate) report: Report,
    costs: BTreeMap<Key, CostRow>,
    cost_totals: Vec<CostRow>,
    traffic: Option<BTreeMap<Vec<String>, Counts>>,
    models: usize,
    asked: Currency,
}

impl Answer {
    /// What a query is answered with.
    pub(crate) fn of(engine: &Engine, query: &Query, wants_traffic: bool) -> Result<Self, TooMuch> {
        let report = query.run(&engine.columns, &engine.view, engine.threads)?;
        let costs = Costs {
            rows: query.costs(&engine.view, engine.costs()),
            totals: query.cost_totals(&engine.view, engine.costs()),
        };
        let traffic = engine.traffic().filter(|_| wants_traffic);
        let traffic = traffic.and_then(|traffic| query.traffic(&engine.view, traffic));
        Ok(Self::new(report, costs, traffic, query.models.len(), currency_of(query, engine)))
    }

    /// A report under so many models in the currency that was asked for. Costs and visits of which no record has a part are
    /// rows too: money and effort that brought nothing.
    pub(crate) fn new(
        report: Report,
        costs: Costs,
        traffic: Option<BTreeMap<Vec<String>, Counts>>,
        models: usize,
        asked: Currency,
    ) -> Self {
        let cost_totals = costs.totals.unwrap_or_default();
        let of_cost = |cost: CostRow| ((cost.currency, cost.values.clone()), cost);
        let costs: BTreeMap<Key, CostRow> = costs.rows.into_iter().flatten().map(of_cost).collect();
        let of_traffic = traffic.iter().flat_map(BTreeMap::keys).map(|values| (asked, values.clone()));
        let keys = costs.keys().cloned().chain(of_traffic).collect();
        let mut answer = Self { report, costs, cost_totals, traffic, models, asked };
        answer.add_rows(keys);
        answer.add_totals();
        answer
    }

    pub(crate) fn cost(&self, row: &Row) -> Option<&CostRow> {
        self.costs.get(&key(row))
    }

    pub(crate) fn total_cost(&self, total: &Total) -> Option<&CostRow> {
        self.cost_totals.iter().find(|cost| cost.currency == total.currency)
    }

    /// Counted in the row of the report's currency, so that nothing is there twice. `None` if it was not asked for.
    pub(crate) fn traffic(&self, row: &Row) -> Option<Counts> {
        let counts = self.traffic.as_ref()?.get(&row.values).copied();
        Some(counts.filter(|_| row.currency == self.asked).unwrap_or_default())
    }

    /// What was spent in a currency that no record is in has a total too, or its rows would add up to nothing.
    fn add_totals(&mut self) {
        for cost in &self.cost_totals {
            if !self.report.totals.iter().any(|total| total.currency == cost.currency) {
                let cell = Cell::default();
                self.report.totals.push(Total { currency: cost.currency, cell, attributed: 0 });
            }
        }
        self.report.totals.sort_by_key(|total| (total.currency != self.asked, total.currency));
    }

    /// What rows add up to, by currency: with filters on touches what those leave, and otherwise the totals.
    pub(crate) fn sums(&self) -> BTreeMap<Currency, Sum> {
        let mut sums: BTreeMap<Currency, Sum> = BTreeMap::new();
        for row in &self.report.rows {
            let none = || Sum { cells: vec![Cell::default(); self.models], cost: None };
            let sum = sums.entry(row.currency).or_insert_with(none);
            sum.cells.iter_mut().zip(&row.cells).for_each(|(sum, cell)| sum.add(cell));
            if let Some(cost) = self.cost(row) {
                *sum.cost.get_or_insert(0) += cost.minor;
            }
        }
        sums
    }

    /// The rows that another period has and this one has not: what fell to nothing is what a comparison is for.
    pub(crate) fn add_rows_of(&mut self, other: &Self) {
        self.add_rows(other.report.rows.iter().map(key).collect());
    }

    /// Adds rows without value, where there are none, and puts all in order: amounts in the report's currency first, then
    /// the largest by the first model.
    fn add_rows(&mut self, mut keys: BTreeSet<Key>) {
        for row in &self.report.rows {
            keys.remove(&key(row));
        }
        if keys.is_empty() {
            return;
        }
        self.report.rows.extend(keys.into_iter().map(|(currency, values)| Row {
            values,
            currency,
            cells: vec![Cell::default(); self.models],
            reached: 0,
            assisted: 0,
        }));
        self.report.rows.sort_by_cached_key(|row| {
            let first = row.cells.first().map_or(0, |cell| cell.minor);
            (row.currency != self.asked, row.currency, Reverse(first), row.values.clone())
        });
    }
}
