//! What holds for any journey.

use proptest::prelude::*;
use touchline_domain::AMOUNT_MINOR_MAX;
use touchline_domain::attribution::{Fit, FitBuilder, Model, Path, apportion};

const DAY: i64 = 86_400;

/// A journey that owns what a [`Path`] borrows.
#[derive(Debug, Clone)]
struct Journey {
    times: Vec<i64>,
    channels: Vec<u32>,
    lead: Option<i64>,
    opportunity: Option<i64>,
    closed: i64,
}

impl Journey {
    fn of(times: Vec<i64>, channels: Vec<u32>) -> Self {
        let closed = times.last().copied().unwrap_or_default();
        Self { times, channels, lead: None, opportunity: None, closed }
    }

    fn weights(&self, model: &Model, fit: Option<&Fit>) -> Vec<u64> {
        let Self { times, channels, lead, opportunity, closed } = self;
        let (lead, opportunity, closed) = (*lead, *opportunity, *closed);
        // What stood there before must make no difference.
        let mut weights = vec![u64::MAX; 3];
        model.weigh(&Path { times, channels, lead, opportunity, closed }, fit, &mut weights);
        weights
    }

    fn shares(&self, model: &Model, fit: Option<&Fit>, amount: i64) -> Vec<i64> {
        let mut shares = vec![0; self.times.len()];
        apportion(amount, &self.weights(model, fit), &mut shares);
        shares
    }
}

fn journey(touches: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Journey> {
    let milestone = || prop::option::of(-10 * DAY..400 * DAY);
    let touch = (0..365 * DAY, 0..7_u32);
    (prop::collection::vec(touch, touches), milestone(), milestone(), 0..400 * DAY).prop_map(
        |(mut touches, lead, opportunity, closed)| {
            touches.sort_unstable();
            let (times, channels) = touches.into_iter().unzip();
            Journey { times, channels, lead, opportunity, closed }
        },
    )
}

/// Every model as it comes, and some with other parameters.
fn model() -> impl Strategy<Value = Model> {
    let listed = prop::sample::select(Model::all().collect::<Vec<_>>());
    let percent = || 0..=10_000_u32;
    let shaped = (percent(), percent(), percent()).prop_filter_map("more than all", |(one, other, third)| {
        let text = |part: u32| format!("{}.{:02}", part / 100, part % 100);
        let (first, lead, opportunity) = (text(one), text(other), text(third));
        Model::parse(&format!("w-shaped:first={first},lead={lead},opportunity={opportunity}")).ok()
    });
    let positions = (percent(), percent()).prop_filter_map("more than all", |(first, last)| {
        let text = format!("position-based:first={},last={}", first / 100, last / 100);
        Model::parse(&text).ok()
    });
    let decay =
        (1..40_000_u32).prop_map(|hours| Model::parse(&format!("time-decay:half-life={hours}h")).unwrap());
    prop_oneof![4 => listed, 1 => shaped, 1 => positions, 1 => decay]
}

fn fit() -> impl Strategy<Value = Fit> {
    let journeys = prop::collection::vec((prop::collection::vec(0..6_u32, 1..6), 0..5_u64, 0..5_u64), 0..8);
    journeys.prop_map(|journeys| {
        let mut builder = FitBuilder::new();
        for (channels, conversions, nulls) in journeys {
            builder.add(&channels, conversions, nulls);
        }
        builder.fit().unwrap()
    })
}

fn amount() -> impl Strategy<Value = i64> {
    prop_oneof![-1_000..1_000_i64, -AMOUNT_MINOR_MAX..=AMOUNT_MINOR_MAX]
}

fn named(text: &str) -> Model {
    Model::parse(text).unwrap()
}

proptest! {
    #[test]
    fn the_shares_add_up(
        model in model(), journey in journey(1..60), fit in prop::option::of(fit()), amount in amount()
    ) {
        let weights = journey.weights(&model, fit.as_ref());
        prop_assert_eq!(weights.len(), journey.times.len());
        let total: u128 = weights.iter().copied().map(u128::from).sum();
        prop_assert!(total > 0 && total < 1 << 63, "{:?}", weights);
        let shares = journey.shares(&model, fit.as_ref(), amount);
        prop_assert_eq!(shares.iter().sum::<i64>(), amount);
        let mirrored: Vec<_> = journey.shares(&model, fit.as_ref(), -amount).into_iter().map(|share| -share).collect();
        prop_assert_eq!(shares, mirrored, "a refund mirrors the sale");
    }

    #[test]
    fn the_only_touch_gets_everything(
        model in model(), journey in journey(1), fit in prop::option::of(fit()), amount in amount()
    ) {
        prop_assert_eq!(journey.shares(&model, fit.as_ref(), amount), [amount]);
    }

    #[test]
    fn of_two_touches_each_position_gets_half(journey in journey(2), amount in amount()) {
        let half = amount / 2;
        let expected = [amount - half, half];
        prop_assert_eq!(journey.shares(&named("position-based"), None, amount), expected);
    }

    #[test]
    fn a_very_long_half_life_is_linear(channels in prop::collection::vec(0..7_u32, 1..20), amount in -100_000..100_000_i64) {
        let times = (0..).take(channels.len()).collect();
        let journey = Journey::of(times, channels);
        let decayed = journey.shares(&named("time-decay:half-life=36500d"), None, amount);
        let linear = journey.shares(&named("linear"), None, amount);
        // Whoever came last gets the odd unit, and not whoever came first.
        for (one, other) in decayed.iter().zip(&linear) {
            prop_assert!((one - other).abs() <= 1, "{:?} {:?}", decayed, linear);
        }
    }

    #[test]
    fn a_very_short_half_life_is_the_last_touch(channels in prop::collection::vec(0..7_u32, 1..20), amount in amount()) {
        let times = (0..).step_by(60).take(channels.len()).collect();
        let journey = Journey::of(times, channels);
        let last = journey.shares(&named("last-touch"), None, amount);
        prop_assert_eq!(journey.shares(&named("time-decay:half-life=1s"), None, amount), last);
    }

    #[test]
    fn later_and_earlier_make_no_difference(model in model(), journey in journey(1..20), by in -DAY * 9_999..DAY * 9_999) {
        let moved = Journey {
            times: journey.times.iter().map(|time| time + by).collect(),
            lead: journey.lead.map(|time| time + by),
            opportunity: journey.opportunity.map(|time| time + by),
            closed: journey.closed + by,
            channels: journey.channels.clone(),
        };
        prop_assert_eq!(moved.weights(&model, None), journey.weights(&model, None));
    }
}

#[test]
fn no_touches_have_no_weights() {
    for model in Model::all() {
        assert_eq!(Journey::of(vec![], vec![]).weights(&model, None), [0; 0], "{model}");
    }
}

/// A case computed by hand by `PostHog`: a window of four days, touches on the last three, a half-life of a day.
#[test]
fn four_two_and_one_sevenths() {
    let journey = Journey::of(vec![0, DAY, 2 * DAY], vec![0, 1, 2]);
    let weights = journey.weights(&named("time-decay:half-life=1d"), None);
    assert_eq!(weights, [1 << 30, 1 << 31, 1 << 32]);
    assert_eq!(journey.shares(&named("time-decay:half-life=1d"), None, 700), [100, 200, 400]);
}

#[test]
fn a_milestone_belongs_to_the_last_touch_before_it() {
    let mut journey = Journey::of(vec![10, 20, 20, 30], vec![0; 4]);
    for (lead, place) in [(5, 0), (10, 0), (19, 0), (20, 2), (29, 2), (30, 3), (99, 3)] {
        journey.lead = Some(lead);
        let weights = journey.weights(&named("w-shaped:first=0,lead=100,opportunity=0"), None);
        assert_eq!(weights.iter().position(|weight| *weight > 0), Some(place), "{lead}");
    }
}
