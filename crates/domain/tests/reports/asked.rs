//! Queries, made up.

use crate::made_up::{DAYS, FIRST_DAY, World, currency};
use crate::slow;
use proptest::prelude::*;
use proptest::sample::Index;
use touchline_domain::Day;
use touchline_domain::attribution::{DirectPolicy, Model};
use touchline_domain::record::RecordKind;
use touchline_domain::report::{
    BucketBy, Condition, Dimension, Filter, Metrics, Period, Query, TouchDimension,
};

pub(crate) fn dimensions() -> Vec<Dimension> {
    let names =
        Dimension::names().into_iter().chain(["property.Region", "property.Owner", "property.Colour"]);
    names.map(|name| Dimension::parse(name).unwrap()).collect()
}

pub(crate) fn channel() -> Dimension {
    Dimension::Touch(TouchDimension::Channel)
}

/// Whether a dimension is about touches.
pub(crate) fn is_of_touches(dimension: &Dimension) -> bool {
    matches!(dimension, Dimension::Touch(_) | Dimension::Time(BucketBy::Touch, _))
}

/// Every model as it comes, and some with other parameters.
fn model() -> impl Strategy<Value = Model> {
    let listed = prop::sample::select(Model::all().collect::<Vec<_>>());
    let others = [
        "time-decay:half-life=36h",
        "position-based:first=0,last=70",
        "w-shaped:first=20,lead=0,opportunity=80",
        "full-path:first=10,lead=20,opportunity=30,closed=40",
    ];
    let others = prop::sample::select(others.map(|text| Model::parse(text).unwrap()).to_vec());
    prop_oneof![4 => listed, 1 => others]
}

fn by() -> impl Strategy<Value = Vec<Dimension>> {
    let any = prop::sample::subsequence(dimensions(), 0..=3).prop_shuffle();
    let by = any.prop_filter("touches' time once", |by| {
        by.iter().filter(|one| matches!(one, Dimension::Time(BucketBy::Touch, _))).count() < 2
    });
    prop_oneof![1 => Just(vec![channel()]), 3 => by]
}

fn period() -> impl Strategy<Value = Period> {
    let day = || prop::option::of((0..DAYS).prop_map(|day| Day::from_number(FIRST_DAY + day)));
    prop_oneof![
        2 => Just(Period::default()),
        1 => (day(), day()).prop_map(|(from, to)| Period { from, to }),
    ]
}

/// A filter whose values are chosen when it is known what there is.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    dimension: Dimension,
    condition: Condition,
    values: Vec<Index>,
}

fn choice() -> impl Strategy<Value = Choice> {
    let dimension = prop::sample::select(dimensions());
    let condition = prop::sample::select(vec![Condition::Is, Condition::IsNot]);
    (dimension, condition, prop::collection::vec(any::<Index>(), 0..3))
        .prop_map(|(dimension, condition, values)| Choice { dimension, condition, values })
}

/// A query but for the values of its filters.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    query: Query,
    choices: Vec<Choice>,
}

pub(crate) fn asked() -> impl Strategy<Value = Asked> {
    let kind = prop::sample::select(RecordKind::ALL.to_vec());
    let models = prop::collection::vec(model(), 1..4);
    let direct = prop::sample::select(DirectPolicy::ALL.to_vec());
    let lookback = prop::option::of(0..150_u32);
    let code = prop::option::of(prop::sample::select(vec!["GBP", "EUR", "USD", "JPY", "AED"]));
    let metrics = (any::<bool>(), any::<bool>()).prop_map(|(records, reach)| Metrics { records, reach });
    let choices = prop_oneof![1 => Just(Vec::new()), 1 => prop::collection::vec(choice(), 1..4)];
    (kind, by(), models, direct, lookback, period(), code, metrics, choices).prop_map(
        |(kind, by, models, direct, lookback_days, period, code, metrics, choices)| {
            let currency = code.map(currency);
            let filters = Vec::new();
            let query = Query { kind, by, models, direct, lookback_days, period, filters, currency, metrics };
            Asked { query, choices }
        },
    )
}

impl Asked {
    /// The query, with filters that something may pass.
    pub(crate) fn of(self, world: &World) -> Query {
        let mut query = self.query;
        let filter = |choice: Choice| {
            let known = slow::values_of(world, &choice.dimension);
            let values = choice.values.iter().map(|index| index.get(&known).clone()).collect();
            Filter { dimension: choice.dimension, condition: choice.condition, values }
        };
        query.filters = self.choices.into_iter().map(filter).collect();
        if query.check().is_err() {
            query.models.retain(|model| !model.shares_the_total());
        }
        if query.models.is_empty() {
            query.models = Query::default().models;
        }
        assert_eq!(query.check(), Ok(()));
        query
    }
}

/// The same without filters.
pub(crate) fn unfiltered(query: &Query) -> Query {
    Query { filters: Vec::new(), ..query.clone() }
}
