//! The closed form, against the definition: a sum over all subsets of channels.
#![expect(clippy::cast_precision_loss, reason = "small counts")]

use proptest::prelude::*;
use touchline_domain::attribution::{Model, Path};

const CHANNELS: u32 = 5;

/// What a set of channels is worth: the journeys that need no other.
fn worth(journeys: &[(Vec<u32>, u32)], set: u32) -> f64 {
    let lies_within = |channels: &[u32]| channels.iter().all(|channel| set & (1 << channel) != 0);
    journeys.iter().filter(|(channels, _)| lies_within(channels)).map(|(_, value)| f64::from(*value)).sum()
}

fn factorial(number: u32) -> f64 {
    (1..=number).map(f64::from).product()
}

fn by_definition(journeys: &[(Vec<u32>, u32)], channel: u32) -> f64 {
    let without = (0..1_u32 << CHANNELS).filter(|set| set & (1 << channel) == 0);
    without
        .map(|set| {
            let others = set.count_ones();
            let weight = factorial(others) * factorial(CHANNELS - others - 1) / factorial(CHANNELS);
            weight * (worth(journeys, set | (1 << channel)) - worth(journeys, set))
        })
        .sum()
}

fn by_weights(journeys: &[(Vec<u32>, u32)]) -> [f64; CHANNELS as usize] {
    let model = Model::parse("shapley").unwrap();
    let mut credit = [0.0; CHANNELS as usize];
    let mut weights = Vec::new();
    for (channels, value) in journeys {
        let times = vec![0; channels.len()];
        let path = Path { times: &times, channels, lead: None, opportunity: None, closed: 0 };
        model.weigh(&path, None, &mut weights);
        let total: u64 = weights.iter().sum();
        for (channel, weight) in channels.iter().zip(&weights) {
            credit[*channel as usize] += f64::from(*value) * *weight as f64 / total as f64;
        }
    }
    credit
}

proptest! {
    #[test]
    fn it_is_the_shapley_value(
        journeys in prop::collection::vec((prop::collection::vec(0..CHANNELS, 1..9), 0..100_u32), 1..10)
    ) {
        for (channel, credit) in (0..).zip(by_weights(&journeys)) {
            let expected = by_definition(&journeys, channel);
            prop_assert!((credit - expected).abs() < 1e-9, "{}: {} {}", channel, credit, expected);
        }
    }
}
