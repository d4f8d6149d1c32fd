//! The table as both the page and the CSV file have it: columns, and of each row their figures.

use super::choices::{Choices, Order, Show, model_key};
use crate::app::reports::Engine;
use crate::http::reports::answer::{Answer, Sum, key};
use crate::http::reports::cell_out::{cost_per_record, count, roas, win_rate};
use crate::http::reports::report_out::currency_of;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use touchline_domain::attribution::Model;
use touchline_domain::record::RecordKind;
use touchline_domain::report::{BucketBy, Cell, Dimension, Period, Query, Row, TooMuch, Total};
use touchline_domain::{Currency, Day};

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// The figure chosen, under a model by its place.
    Under(usize),
    /// What a model gives more than the first.
    Difference(usize),
    /// The first model's figure in the period that is compared with.
    Previous,
    /// The change since then, as a share of it.
    Change,
    // Of the first model:
    Records,
    Won,
    WinRate,
    Cost,
    Roas,
    CostPerRecord,
    /// Journeys that have a touch here, and not their last one.
    Assisted,
}

/// What stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Figure {
    /// Minor units.
    Money(i128),
    /// Records, by credit, in millionths.
    Records(i64),
    Count(u64),
    /// Of one.
    Share(f64),
    Ratio(f64),
}

/// A row.
pub(super) struct Line {
    /// One for each dimension.
    pub(super) values: Vec<String>,
    pub(super) currency: Currency,
    /// One for each column.
    pub(super) figures: Vec<Option<Figure>>,
}

/// All that the page is made of.
pub(super) struct Table {
    pub(super) columns: Vec<Column>,
    pub(super) lines: Vec<Line>,
    /// What all rows come to, by currency, where filters on touches leave out some of the records' value.
    pub(super) sums: Vec<Line>,
    /// What the records come to, by currency.
    pub(super) totals: Vec<Line>,
    pub(super) basis: Basis,
}

/// What the report is made of.
pub(super) struct Basis {
    pub(super) currency: Currency,
    pub(super) journeys: u64,
    pub(super) costs: u64,
    pub(super) rates: u64,
    pub(super) converted: u64,
    pub(super) rate_days: Option<(Day, Day)>,
    /// What the site's records have beside the fixed dimensions.
    pub(super) properties: Vec<String>,
}

/// The most properties that the page offers.
const PROPERTIES_MAX: usize = 20;

/// One row of one period, as figures are taken of it.
#[derive(Clone, Copy)]
struct Side<'a> {
    cells: &'a [Cell],
    cost: Option<i128>,
    assisted: Option<u64>,
}

impl Show {
    fn of(self, cell: &Cell, cost: Option<i128>) -> Option<Figure> {
        match self {
            Self::Value => Some(Figure::Money(cell.minor)),
            Self::Won => Some(Figure::Money(cell.won_minor)),
            Self::Records => Some(Figure::Records(cell.records)),
            Self::Roas => roas(cell, cost).map(Figure::Ratio),
        }
    }
}

impl Figure {
    /// For what need not be exact.
    #[expect(clippy::cast_precision_loss, reason = "bars, changes in percent")]
    pub(super) fn rough(self) -> f64 {
        match self {
            Self::Money(minor) => minor as f64,
            Self::Records(millionths) => count(millionths),
            Self::Count(number) => number as f64,
            Self::Share(number) | Self::Ratio(number) => number,
        }
    }

    fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Money(one), Self::Money(other)) => one.cmp(&other),
            _ => self.rough().total_cmp(&other.rough()),
        }
    }

    /// How much more it is than another.
    fn less(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Money(one), Self::Money(other)) => Some(Self::Money(one - other)),
            (Self::Records(one), Self::Records(other)) => Some(Self::Records(one - other)),
            (Self::Ratio(one), Self::Ratio(other)) => Some(Self::Ratio(((one - other) * 1e4).round() / 1e4)),
            _ => None,
        }
    }
}

impl Column {
    /// The name in the address.
    pub(super) fn key(self, models: &[Model]) -> String {
        let named = |mark: &str, place: usize| format!("{mark}{}", model_key(&models[place]));
        match self {
            Self::Under(place) => named("", place),
            Self::Difference(place) => named("difference:", place),
            Self::Previous => "previous".to_owned(),
            Self::Change => "change".to_owned(),
            Self::Records => "records".to_owned(),
            Self::Won => "won".to_owned(),
            Self::WinRate => "winRate".to_owned(),
            Self::Cost => "cost".to_owned(),
            Self::Roas => "roas".to_owned(),
            Self::CostPerRecord => "costPerRecord".to_owned(),
            Self::Assisted => "assisted".to_owned(),
        }
    }

    fn figure(self, show: Show, now: Side<'_>, before: Option<Side<'_>>) -> Option<Figure> {
        let first = now.cells.first()?;
        let under = |side: Side<'_>, place: usize| show.of(side.cells.get(place)?, side.cost);
        let previous = || before.map_or(Some(Figure::Money(0)), |side| under(side, 0));
        match self {
            Self::Under(place) => under(now, place),
            Self::Difference(place) => under(now, place)?.less(under(now, 0)?),
            Self::Previous => before.and_then(|side| under(side, 0)),
            Self::Change => {
                let (now, before) = (under(now, 0)?.rough(), previous()?.rough());
                (before != 0.0).then(|| Figure::Share(((now - before) / before.abs() * 1e4).round() / 1e4))
            }
            Self::Records => Some(Figure::Records(first.records)),
            Self::Won => Some(Figure::Money(first.won_minor)),
            Self::WinRate => win_rate(first).map(Figure::Share),
            Self::Cost => now.cost.map(Figure::Money),
            Self::Roas => roas(first, now.cost).map(Figure::Ratio),
            Self::CostPerRecord => cost_per_record(first, now.cost).map(Figure::Money),
            Self::Assisted => now.assisted.map(Figure::Count),
        }
    }
}

impl Table {
    /// Asks, and puts the answer into columns.
    pub(super) fn of(
        engine: &Engine,
        query: &Query,
        compared: Option<Period>,
        choices: &Choices,
    ) -> Result<Self, TooMuch> {
        let mut answer = Answer::of(engine, query, false)?;
        let before = compared.map(|period| Answer::of(engine, &Query { period, ..query.clone() }, false));
        let before = before.transpose()?;
        if let Some(before) = &before {
            answer.add_rows_of(before);
        }
        let columns = columns(query, choices.show, &answer, before.is_some());
        let of_before: HashMap<_, _> =
            before.iter().flat_map(|answer| &answer.report.rows).map(|row| (key(row), row)).collect();
        let line = |row: &Row| {
            let old = of_before.get(&key(row)).zip(before.as_ref()).map(|(row, answer)| side(answer, row));
            let figure = |column: &Column| column.figure(choices.show, side(&answer, row), old);
            Line {
                values: row.values.clone(),
                currency: row.currency,
                figures: columns.iter().map(figure).collect(),
            }
        };
        let mut lines: Vec<Line> = answer.report.rows.iter().map(line).collect();
        let currency = currency_of(query, engine);
        if let Some(order) = &choices.order {
            sort(&mut lines, order, &columns, &query.models, currency);
        }
        let is_part = query.filters.iter().any(|filter| {
            matches!(filter.dimension, Dimension::Touch(_) | Dimension::Time(BucketBy::Touch, _))
        });
        let sums = |answer: &Answer| if is_part { answer.sums() } else { BTreeMap::new() };
        let models = query.models.len();
        let feet = |of: &dyn Fn(&Answer) -> BTreeMap<Currency, Sum>| {
            let old = before.as_ref().map(of);
            feet(&columns, choices.show, &of(&answer), old.as_ref(), currency)
        };
        Ok(Self {
            sums: feet(&sums),
            totals: feet(&|answer| totals(answer, models)),
            lines,
            basis: Basis {
                currency,
                journeys: engine.columns.through(),
                costs: engine.costs_through(),
                rates: engine.rates_version(),
                converted: answer.report.converted,
                rate_days: answer.report.rate_days,
                properties: engine
                    .columns
                    .property_names(PROPERTIES_MAX)
                    .into_iter()
                    .map(str::to_owned)
                    .collect(),
            },
            columns,
        })
    }
}

fn side<'a>(answer: &Answer, row: &'a Row) -> Side<'a> {
    let cost = answer.cost(row).map(|cost| cost.minor);
    Side { cells: &row.cells, cost, assisted: Some(row.assisted) }
}

/// Those that say something: nothing was compared, or cost, and what came in is always won.
fn columns(query: &Query, show: Show, answer: &Answer, is_compared: bool) -> Vec<Column> {
    let has_costs = answer.report.rows.iter().any(|row| answer.cost(row).is_some());
    let is_of_deals = query.kind == RecordKind::Opportunity;
    let mut columns = vec![Column::Under(0)];
    if is_compared {
        columns.extend([Column::Previous, Column::Change]);
    }
    for place in 1..query.models.len() {
        columns.extend([Column::Under(place), Column::Difference(place)]);
    }
    let more = [
        (Column::Records, show != Show::Records),
        (Column::Won, show != Show::Won && is_of_deals),
        (Column::WinRate, is_of_deals),
        (Column::Cost, has_costs),
        (Column::Roas, has_costs && show != Show::Roas),
        (Column::CostPerRecord, has_costs),
        (Column::Assisted, true),
    ];
    columns.extend(more.into_iter().filter(|(_, is_there)| *is_there).map(|(column, _)| column));
    columns
}

fn sort(lines: &mut [Line], order: &Order, columns: &[Column], models: &[Model], asked: Currency) {
    let place = columns.iter().position(|column| column.key(models) == order.by);
    let turned = |ordering: Ordering| if order.ascends { ordering } else { ordering.reverse() };
    lines.sort_by(|one, other| {
        // Amounts in different currencies do not compare.
        let currency = |line: &Line| (line.currency != asked, line.currency);
        let figures = || match place.map(|place| (one.figures[place], other.figures[place])) {
            Some((Some(one), Some(other))) => turned(one.compare(other)),
            Some((one, other)) => one.is_none().cmp(&other.is_none()),
            None if order.by == "name" => turned(one.values.cmp(&other.values)),
            None => Ordering::Equal,
        };
        currency(one).cmp(&currency(other)).then_with(figures)
    });
}

fn totals(answer: &Answer, models: usize) -> BTreeMap<Currency, Sum> {
    let foot = |total: &Total| {
        let cost = answer.total_cost(total).map(|cost| cost.minor);
        (total.currency, Sum { cells: vec![total.cell; models], cost })
    };
    answer.report.totals.iter().map(foot).collect()
}

fn feet(
    columns: &[Column],
    show: Show,
    now: &BTreeMap<Currency, Sum>,
    before: Option<&BTreeMap<Currency, Sum>>,
    asked: Currency,
) -> Vec<Line> {
    fn side(foot: &Sum) -> Side<'_> {
        Side { cells: &foot.cells, cost: foot.cost, assisted: None }
    }
    let line = |(currency, foot): (&Currency, &Sum)| {
        let old = before.and_then(|before| before.get(currency)).map(side);
        let figures = columns.iter().map(|column| column.figure(show, side(foot), old));
        Line { values: Vec::new(), currency: *currency, figures: figures.collect() }
    };
    let mut lines: Vec<Line> = now.iter().map(line).collect();
    lines.sort_by_key(|line| (line.currency != asked, line.currency));
    lines
}
