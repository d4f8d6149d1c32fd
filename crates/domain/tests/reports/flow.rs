//! From first touch to last: the same records as the report has.

use crate::asked::{asked, is_of_touches};
use crate::made_up::{World, world};
use proptest::prelude::*;
use std::collections::BTreeMap;
use touchline_domain::Currency;
use touchline_domain::attribution::{DirectPolicy, FirstTouch, LastTouch, Model};
use touchline_domain::report::{Cell, Dimension, Flow, Metrics, Outcome, Query, Report, TouchDimension};

/// Value and records in millionths, by currency and a value of the dimension.
type Sums = BTreeMap<(Currency, String), (i128, i64)>;

fn sums_of(flows: &[Flow], side: impl Fn(&Flow) -> &str) -> Sums {
    let mut sums = Sums::new();
    for flow in flows {
        let sum = sums.entry((flow.currency, side(flow).to_owned())).or_default();
        sum.0 += flow.minor;
        sum.1 += 1_000_000 * i64::try_from(flow.records).unwrap();
    }
    sums
}

fn sums_under(report: &Report, model: usize) -> Sums {
    let of_row = |cell: Cell| (cell.minor, cell.records);
    let rows =
        report.rows.iter().map(|row| ((row.currency, row.values[0].clone()), of_row(row.cells[model])));
    rows.filter(|(_, sum)| sum.1 != 0).collect()
}

fn flows_and_report(world: &World, query: &Query, dimension: TouchDimension) -> (Vec<Flow>, Report) {
    let columns = world.columns();
    let view = world.view(&columns);
    (query.flows(dimension, &columns, &view).unwrap(), query.run(&columns, &view, 1).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn flows_add_up_to_first_touch_last_touch_and_the_totals(
        world in world(), asked in asked(), dimension in prop::sample::select(TouchDimension::ALL.to_vec())
    ) {
        let mut query = Query {
            by: vec![Dimension::Touch(dimension)],
            models: vec![Model::FirstTouch(FirstTouch), Model::LastTouch(LastTouch)],
            direct: DirectPolicy::Keep,
            metrics: Metrics { records: true, reach: false },
            ..asked.of(&world)
        };
        query.filters.retain(|filter| !is_of_touches(&filter.dimension));
        let (flows, report) = flows_and_report(&world, &query, dimension);
        prop_assert_eq!(sums_of(&flows, |flow| &flow.first), sums_under(&report, 0));
        prop_assert_eq!(sums_of(&flows, |flow| &flow.last), sums_under(&report, 1));
        for total in &report.totals {
            let own = || flows.iter().filter(|flow| flow.currency == total.currency);
            let won = || own().filter(|flow| flow.outcome == Outcome::Won);
            let records = |records: u64| 1_000_000 * i64::try_from(records).unwrap();
            prop_assert_eq!(own().map(|flow| flow.minor).sum::<i128>(), total.cell.minor);
            prop_assert_eq!(won().map(|flow| flow.minor).sum::<i128>(), total.cell.won_minor);
            prop_assert_eq!(records(own().map(|flow| flow.records).sum()), total.cell.records);
            prop_assert_eq!(records(won().map(|flow| flow.records).sum()), total.cell.won);
        }
    }
}
