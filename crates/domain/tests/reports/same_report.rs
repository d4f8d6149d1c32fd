//! What makes no difference to a report.

use crate::asked::{Asked, asked};
use crate::made_up::{Sketch, World, columns, rates, site, sketch, world};
use proptest::prelude::*;
use proptest::sample::Index;
use touchline_domain::journey::Journey;
use touchline_domain::report::{
    Columns, CommonPath, Flow, FunnelStage, Query, RecordCredits, Report, TooMuch, TouchDimension, View,
};

/// All that a query is answered with.
type Answers = (
    Result<Report, TooMuch>,
    Result<RecordCredits, TooMuch>,
    Result<(Vec<CommonPath>, usize), TooMuch>,
    Result<Vec<Flow>, TooMuch>,
    Result<Vec<FunnelStage>, TooMuch>,
);

fn answers(query: &Query, columns: &Columns, view: &View) -> Answers {
    (
        query.run(columns, view, 1),
        query.records(columns, view, 0, 10_000),
        query.paths(TouchDimension::Channel, columns, view, 10_000),
        query.flows(TouchDimension::Channel, columns, view),
        query.funnel(columns, view),
    )
}

fn expected(query: &Query, world: &World) -> Answers {
    let columns = world.columns();
    answers(query, &columns, &world.view(&columns))
}

/// The same sketches again and again, each time another record.
fn many(sketches: &[Sketch], count: usize, world: &World) -> Vec<Journey> {
    let zone = world.zone();
    (0..count).map(|number| sketches[number % sketches.len()].journey(number, &zone)).collect()
}

fn a_few() -> impl Strategy<Value = Vec<Sketch>> {
    prop::collection::vec(sketch(), 1..6)
}

fn empty_world() -> impl Strategy<Value = World> {
    (site(), rates()).prop_map(|(site, rates)| World { site, rates, journeys: Vec::new() })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn the_order_of_journeys(world in world(), asked in asked(), order in any::<u64>()) {
        let query = asked.of(&world);
        let mut shuffled = world.clone();
        shuffled.journeys.sort_by_key(|journey| {
            let number: u64 = journey.reference.as_str()[2..].parse().unwrap();
            (number + 1).wrapping_mul(order | 1)
        });
        prop_assert_eq!(expected(&query, &shuffled), expected(&query, &world));
    }

    #[test]
    fn what_was_replaced_and_removed(
        world in world(), asked in asked(), others in prop::collection::vec((sketch(), any::<Index>(), any::<bool>()), 1..12)
    ) {
        let query = asked.of(&world);
        let columns = with_others(&world, &others);
        prop_assert_eq!(columns.len(), world.journeys.len());
        let touches: usize = world.journeys.iter().map(|journey| journey.touches.len()).sum();
        prop_assert_eq!(columns.touches(), touches);
        prop_assert_eq!(answers(&query, &columns, &world.view(&columns)), expected(&query, &world));
    }

    #[test]
    fn whether_a_view_was_made_before_or_after(
        world in world(), asked in asked(), before in any::<Index>(), other in site(), other_rates in rates()
    ) {
        let query = asked.of(&world);
        let expected = expected(&query, &world);
        let before = before.index(world.journeys.len() + 1);
        let mut columns = columns(world.zone(), &world.journeys[..before]);
        let mut caught_up = world.view(&columns);
        let elsewhere = View::of(&columns, other.into(), other_rates.into());
        for (number, journey) in (1..).zip(&world.journeys).skip(before) {
            columns.apply(number, number, Some(journey));
        }
        caught_up.catch_up(&columns);
        prop_assert_eq!(&answers(&query, &columns, &caught_up), &expected);
        let changed = elsewhere.under(&columns, world.site.clone().into(), world.rates.clone().into());
        prop_assert_eq!(&answers(&query, &columns, &changed), &expected);
    }
}

/// Columns in which each of some other journeys stood for a while, in the place of one of the world's or of none.
fn with_others(world: &World, others: &[(Sketch, Index, bool)]) -> Columns {
    let zone = world.zone();
    let mut columns = Columns::new(zone.clone());
    let mut numbers = 1..;
    let mut next = || numbers.next().unwrap_or_default();
    let mut firsts = vec![None; world.journeys.len()];
    for (place, (other, index, is_replaced)) in others.iter().enumerate() {
        let number = next();
        if *is_replaced && !world.journeys.is_empty() {
            let first = firsts[index.index(world.journeys.len())].get_or_insert(number);
            columns.apply(number, *first, Some(&other.journey(place, &zone)));
        } else {
            columns.apply(number, number, Some(&other.journey(1_000 + place, &zone)));
            columns.apply(next(), number, None);
        }
    }
    for (journey, first) in world.journeys.iter().zip(firsts) {
        let number = next();
        columns.apply(number, first.unwrap_or(number), Some(journey));
    }
    columns
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_number_of_threads(sketches in a_few(), world in empty_world(), asked in asked()) {
        let world = World { journeys: many(&sketches, 5_000, &world), ..world };
        let query = Asked::of(asked, &world);
        let columns = world.columns();
        let view = world.view(&columns);
        let alone = query.run(&columns, &view, 1);
        for threads in [0, 2, 3, 64] {
            prop_assert_eq!(&query.run(&columns, &view, threads), &alone, "{} threads", threads);
        }
    }

    /// Every journey is replaced by itself again and again, so that what was cleared is soon more than half of all.
    #[test]
    fn clearing_away(sketches in a_few(), world in empty_world(), asked in asked()) {
        let world = World { journeys: many(&sketches, 40, &world), ..world };
        let query = Asked::of(asked, &world);
        let (mut columns, mut number) = (world.columns(), 40);
        let before = columns.bytes();
        for _ in 0..120 {
            for (first, journey) in (1..).zip(&world.journeys) {
                number += 1;
                columns.apply(number, first, Some(journey));
            }
        }
        prop_assert!(columns.bytes() < before + 100_000, "{} bytes after {before}", columns.bytes());
        prop_assert_eq!(answers(&query, &columns, &world.view(&columns)), expected(&query, &world));
    }
}
