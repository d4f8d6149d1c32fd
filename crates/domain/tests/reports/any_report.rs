//! What holds for any report.

use crate::asked::{asked, channel, is_of_touches, unfiltered};
use crate::made_up::{World, world};
use crate::slow::{self, Gathered, Rows};
use crate::steps::plus;
use proptest::prelude::*;
use std::collections::BTreeMap;
use touchline_domain::Currency;
use touchline_domain::attribution::{DirectPolicy, Model};
use touchline_domain::report::{Cell, Dimension, Period, Query, Report, Row, TouchDimension, UNATTRIBUTED};

fn report(world: &World, query: &Query) -> Report {
    let columns = world.columns();
    query.run(&columns, &world.view(&columns), 1).unwrap()
}

/// Rows as the slow way has them. No two have the same values.
fn rows(report: &Report) -> Rows {
    let row = |row: &Row| {
        let Row { values, currency, cells, reached, assisted } = row.clone();
        ((currency, values), Gathered { cells, reached, assisted })
    };
    let rows: Rows = report.rows.iter().map(row).collect();
    assert_eq!(rows.len(), report.rows.len(), "two rows with the same values");
    rows
}

/// What the rows of each currency add up to, under each model.
fn sums(report: &Report, models: usize) -> BTreeMap<Currency, Vec<Cell>> {
    let mut sums = BTreeMap::new();
    for row in &report.rows {
        let sums: &mut Vec<Cell> = sums.entry(row.currency).or_insert_with(|| vec![Cell::default(); models]);
        for (sum, cell) in sums.iter_mut().zip(&row.cells) {
            *sum = plus(*sum, cell);
        }
    }
    sums
}

fn with_records(mut query: Query) -> Query {
    query.metrics.records = true;
    query
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_slower_way_comes_to_the_same(world in world(), asked in asked()) {
        let query = asked.of(&world);
        let (report, slow) = (report(&world, &query), slow::report(&world, &query));
        prop_assert_eq!(rows(&report), slow.rows);
        let totals: BTreeMap<_, _> =
            report.totals.iter().map(|total| (total.currency, (total.cell, total.attributed))).collect();
        prop_assert_eq!(totals, slow.totals);
        prop_assert_eq!(report.converted, slow.converted);
        let days = report.rate_days.map(|(first, last)| (first.number(), last.number()));
        let expected = slow.rate_days.first().zip(slow.rate_days.last()).map(|(first, last)| (*first, *last));
        prop_assert_eq!(days, expected);
    }

    #[test]
    fn rows_add_up_to_the_totals(world in world(), asked in asked()) {
        let mut query = with_records(asked.of(&world));
        query.filters.retain(|filter| !is_of_touches(&filter.dimension));
        let report = report(&world, &query);
        let mut sums = sums(&report, query.models.len());
        for total in &report.totals {
            let none = || vec![Cell::default(); query.models.len()];
            let sums = sums.remove(&total.currency).unwrap_or_else(none);
            for (model, sum) in query.models.iter().zip(sums) {
                prop_assert_eq!(sum, total.cell, "{} in {}", model, total.currency);
            }
        }
        prop_assert!(sums.is_empty(), "rows in a currency without a total");
    }

    #[test]
    fn totals_are_those_of_the_journeys(world in world(), asked in asked()) {
        let query = unfiltered(&asked.of(&world));
        let asked = query.currency.unwrap_or(world.site.currency);
        let query = Query { period: Period::default(), currency: Some(asked), ..query };
        let report = report(&world, &query);
        let journeys = || world.journeys.iter().filter(|journey| journey.kind == query.kind);
        let counted: i64 = report.totals.iter().map(|total| total.cell.records).sum();
        prop_assert_eq!(counted, 1_000_000 * i64::try_from(journeys().count()).unwrap());
        for total in report.totals.iter().filter(|total| total.currency != asked) {
            // What is left in its own currency is what has no rate, and counts as it was sent.
            let own = journeys().filter(|journey| journey.value.currency == total.currency);
            prop_assert!(total.cell.records <= 1_000_000 * i64::try_from(own.count()).unwrap());
        }
        if report.converted == 0 {
            for total in &report.totals {
                let own = journeys().filter(|journey| journey.value.currency == total.currency);
                prop_assert_eq!(total.cell.minor, own.map(|journey| i128::from(journey.value.minor)).sum::<i128>());
            }
        }
    }

    #[test]
    fn a_channel_has_the_same_by_campaign_and_by_source(world in world(), asked in asked()) {
        let query = with_records(asked.of(&world));
        let models: Vec<_> = query.models.iter().filter(|model| !model.shares_the_total()).copied().collect();
        prop_assume!(!models.is_empty());
        let by = |second: TouchDimension| {
            let by = vec![channel(), Dimension::Touch(second)];
            let report = report(&world, &Query { by, models: models.clone(), ..query.clone() });
            by_channel(&report)
        };
        let alone = report(&world, &Query { by: vec![channel()], models: models.clone(), ..query.clone() });
        let alone = by_channel(&alone);
        prop_assert_eq!(&by(TouchDimension::Campaign), &alone);
        prop_assert_eq!(&by(TouchDimension::Source), &alone);
        prop_assert_eq!(&by(TouchDimension::LandingPage), &alone);
    }

    #[test]
    fn the_largest_come_first(world in world(), asked in asked()) {
        let query = asked.of(&world);
        let report = report(&world, &query);
        let asked = query.currency.unwrap_or(world.site.currency);
        for pair in report.rows.windows(2) {
            let place = |row: &Row| {
                (row.currency != asked, row.currency, -row.cells[0].minor, row.values.clone())
            };
            prop_assert!(place(&pair[0]) < place(&pair[1]));
        }
        prop_assert_eq!(report.totals.first().map(|total| total.currency), Some(asked));
    }

    #[test]
    fn leaving_out_direct_shares_its_part_among_the_others(world in world(), asked in asked()) {
        let query = Query { by: vec![channel()], ..with_records(unfiltered(&asked.of(&world))) };
        let under = |direct| report(&world, &Query { direct, ..query.clone() });
        let (kept, skipped) = (under(DirectPolicy::Keep), under(DirectPolicy::Skip));
        let last_resort = under(DirectPolicy::LastResort);
        let models = query.models.len();
        for other in [&skipped, &last_resort] {
            let totals = |report: &Report| -> Vec<_> {
                report.totals.iter().map(|total| (total.currency, total.cell)).collect()
            };
            prop_assert_eq!(totals(&kept), totals(other));
            prop_assert_eq!(sums(&kept, models), sums(other, models), "nothing is lost");
        }
        prop_assert!(!skipped.rows.iter().any(|row| row.values == ["Direct"]));
        // What is unattributed more is what direct is the last resort of.
        for row in rows(&last_resort).iter().filter(|((_, values), _)| values == &["Direct"]) {
            let ((currency, _), gathered) = row;
            let unattributed = |report: &Report| {
                let key = (*currency, vec![UNATTRIBUTED.to_owned()]);
                rows(report).remove(&key).map_or(0, |row| row.cells[0].records)
            };
            let more = unattributed(&skipped) - unattributed(&last_resort);
            if !query.models[0].shares_the_total() {
                prop_assert_eq!(gathered.cells[0].records, more);
            }
        }
    }

    #[test]
    fn a_journey_of_direct_touches_alone_keeps_direct_unless_it_is_left_out(world in world(), asked in asked()) {
        let mut world = world;
        for journey in &mut world.journeys {
            journey.touches.retain(|touch| {
                touch.origin.classify(&world.site.channels).is_some_and(|c| c.channel == "Direct")
            });
        }
        let query = Query { by: vec![channel()], ..with_records(unfiltered(&asked.of(&world))) };
        for direct in DirectPolicy::ALL {
            let report = report(&world, &Query { direct, ..query.clone() });
            let attributed: u64 = report.totals.iter().map(|total| total.attributed).sum();
            let expected = if direct == DirectPolicy::Skip { UNATTRIBUTED } else { "Direct" };
            let is_expected = |row: &Row| row.values == [expected] || row.values == [UNATTRIBUTED];
            prop_assert!(report.rows.iter().all(is_expected));
            prop_assert_eq!(attributed == 0, !report.rows.iter().any(|row| row.values == ["Direct"]));
            if direct == DirectPolicy::Skip {
                prop_assert_eq!(attributed, 0);
            }
        }
    }

    #[test]
    fn rows_are_what_records_and_their_touches_get(world in world(), asked in asked()) {
        let mut query = asked.of(&world);
        query.models.retain(|model| !model.shares_the_total());
        prop_assume!(!query.models.is_empty());
        let columns = world.columns();
        let view = world.view(&columns);
        let mut credits: BTreeMap<Currency, Vec<i128>> = BTreeMap::new();
        let found = query.records(&columns, &view, 0, usize::MAX).unwrap();
        let told: BTreeMap<_, _> = found.sums.iter().map(|(currency, sum)| (*currency, sum.credit.clone())).collect();
        for record in found.records {
            let none = || vec![0; record.credit.len()];
            let sums = credits.entry(record.currency).or_insert_with(none);
            for (sum, minor) in sums.iter_mut().zip(&record.credit) {
                *sum += i128::from(*minor);
            }
            let receipt = query.receipt(&columns, &view, (query.kind, &record.reference)).unwrap().unwrap();
            for (place, credit) in receipt.record.credit.iter().enumerate() {
                let shares = receipt.touches.iter().filter_map(|touch| touch.shares[place]);
                prop_assert_eq!(shares.map(|share| share.minor).sum::<i64>(), *credit);
                prop_assert!(*credit == record.minor || *credit == 0, "all of it, or it is unattributed");
            }
        }
        prop_assert_eq!(&told, &credits);
        let report = report(&world, &query);
        let minor = |cells: Vec<Cell>| cells.iter().map(|cell| cell.minor).collect::<Vec<_>>();
        let mut rows: BTreeMap<_, _> = sums(&report, query.models.len())
            .into_iter()
            .map(|(currency, cells)| (currency, minor(cells)))
            .collect();
        for sums in [&mut rows, &mut credits] {
            sums.retain(|_, sums| sums.iter().any(|sum| *sum != 0));
        }
        prop_assert_eq!(rows, credits);
    }

    #[test]
    fn the_only_touch_gets_everything(world in world(), asked in asked()) {
        let mut world = world;
        for journey in &mut world.journeys {
            journey.touches.truncate(1);
        }
        let models: Vec<_> = Model::all().filter(|model| !model.shares_the_total()).collect();
        let query = Query { models, direct: DirectPolicy::Keep, ..with_records(asked.of(&world)) };
        for row in report(&world, &query).rows {
            prop_assert!(row.cells.iter().all(|cell| *cell == row.cells[0]), "{row:?}");
        }
    }
}

/// The rows of a report by channel and something else, added up by channel.
fn by_channel(report: &Report) -> BTreeMap<(Currency, String), Vec<Cell>> {
    let mut channels: BTreeMap<(Currency, String), Vec<Cell>> = BTreeMap::new();
    for row in &report.rows {
        let key = (row.currency, row.values[0].clone());
        let sums = channels.entry(key).or_insert_with(|| vec![Cell::default(); row.cells.len()]);
        for (sum, cell) in sums.iter_mut().zip(&row.cells) {
            *sum = plus(*sum, cell);
        }
    }
    let none = Cell::default();
    channels.retain(|_, cells| cells.iter().any(|cell| *cell != none));
    channels
}
