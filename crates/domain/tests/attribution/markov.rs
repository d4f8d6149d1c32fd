//! Removal effects, against a chain that is taken apart and solved again for every channel.
#![expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "small counts")]

use proptest::prelude::*;
use touchline_domain::attribution::{Fit, FitBuilder};

type Journeys = Vec<(Vec<u32>, u64, u64)>;

const CHANNELS: usize = 6;

fn journeys() -> impl Strategy<Value = Journeys> {
    let channels = prop::collection::vec(0..CHANNELS as u32, 1..9);
    prop::collection::vec((channels, 0..6_u64, 0..6_u64), 1..12)
        .prop_filter("nothing converts", |all| all.iter().any(|(_, conversions, _)| *conversions > 0))
}

fn gathered(journeys: &[(Vec<u32>, u64, u64)]) -> FitBuilder {
    let mut builder = FitBuilder::new();
    for (channels, conversions, nulls) in journeys {
        builder.add(channels, *conversions, *nulls);
    }
    builder
}

fn fit(journeys: &Journeys) -> Fit {
    gathered(journeys).fit().unwrap()
}

/// The probability to convert from the start, over probabilities and with steps from a channel to itself; whoever comes
/// to `removed` is lost.
fn rate(journeys: &Journeys, removed: Option<usize>) -> f64 {
    const START: usize = CHANNELS;
    const CONVERTED: usize = CHANNELS + 1;
    const SIZE: usize = CHANNELS + 1;
    let mut counts = [[0.0; SIZE + 2]; SIZE];
    for (channels, conversions, nulls) in journeys {
        let mut before = START;
        for channel in channels {
            counts[before][*channel as usize] += (conversions + nulls) as f64;
            before = *channel as usize;
        }
        counts[before][CONVERTED] += *conversions as f64;
        counts[before][CONVERTED + 1] += *nulls as f64;
    }
    let mut rows = [[0.0; SIZE + 1]; SIZE];
    for (state, row) in rows.iter_mut().enumerate() {
        row[state] = 1.0;
        let total: f64 = counts[state].iter().sum();
        if total > 0.0 && Some(state) != removed {
            for (entry, count) in row.iter_mut().zip(&counts[state][..SIZE]) {
                *entry -= count / total;
            }
            row[SIZE] = counts[state][CONVERTED] / total;
        }
    }
    // Gauss, with the largest pivot.
    for pivot in 0..SIZE {
        let largest = (pivot..SIZE).max_by(|a, b| rows[*a][pivot].abs().total_cmp(&rows[*b][pivot].abs()));
        rows.swap(pivot, largest.unwrap());
        let pivot_row = rows[pivot];
        for (place, row) in rows.iter_mut().enumerate().filter(|(place, _)| *place != pivot) {
            let factor = row[pivot] / pivot_row[pivot];
            assert!(factor.is_finite(), "{place}");
            row.iter_mut().zip(pivot_row).for_each(|(entry, pivot_entry)| *entry -= factor * pivot_entry);
        }
    }
    rows[START][SIZE] / rows[START][START]
}

fn same(one: &Fit, other: &Fit) -> bool {
    one.base_rate().to_bits() == other.base_rate().to_bits()
        && one.removal_effects().zip(other.removal_effects()).all(
            |((channel, one), (same_channel, other))| {
                channel == same_channel && one.to_bits() == other.to_bits()
            },
        )
}

proptest! {
    #[test]
    fn effects_are_what_is_lost_without_the_channel(journeys in journeys()) {
        let fit = fit(&journeys);
        let base = rate(&journeys, None);
        prop_assert!((fit.base_rate() - base).abs() < 1e-9);
        for channel in 0..CHANNELS {
            let expected = 1.0 - rate(&journeys, Some(channel)) / base;
            let effect = fit.removal_effect(channel as u32);
            prop_assert!((effect - expected).abs() < 1e-9, "{}: {} {}", channel, effect, expected);
        }
    }

    #[test]
    fn the_base_rate_is_that_of_the_journeys(journeys in journeys()) {
        let conversions: u64 = journeys.iter().map(|(_, conversions, _)| conversions).sum();
        let nulls: u64 = journeys.iter().map(|(_, _, nulls)| nulls).sum();
        let expected = conversions as f64 / (conversions + nulls) as f64;
        prop_assert!((fit(&journeys).base_rate() - expected).abs() < 1e-12);
    }

    #[test]
    fn steps_from_a_channel_to_itself_change_nothing(journeys in journeys()) {
        let mut dropped = journeys.clone();
        for (channels, _, _) in &mut dropped {
            channels.dedup();
        }
        prop_assert!(same(&fit(&dropped), &fit(&journeys)));
    }

    #[test]
    fn one_row_of_many_is_as_good_as_many_of_one(journeys in journeys()) {
        let split = journeys.iter().flat_map(|(channels, conversions, nulls)| {
            let converted = (0..*conversions).map(|_| (channels.clone(), 1, 0));
            converted.chain((0..*nulls).map(|_| (channels.clone(), 0, 1)))
        });
        let mut split: Journeys = split.collect();
        split.reverse();
        // Journeys that nobody made name a channel all the same.
        split.extend(journeys.iter().map(|(channels, _, _)| (channels.clone(), 0, 0)));
        prop_assert!(same(&fit(&split), &fit(&journeys)));
    }

    #[test]
    fn builders_can_be_merged(journeys in journeys(), at in 0..12_usize) {
        let (some, others) = journeys.split_at(at.min(journeys.len()));
        let [one, mut other] = [some, others].map(gathered);
        other.merge(&one);
        prop_assert!(same(&other.fit().unwrap(), &fit(&journeys)));
    }

    #[test]
    fn the_global_shares_add_up(journeys in journeys(), total in -1_000_000..1_000_000_i64) {
        let fit = fit(&journeys);
        let channels: Vec<_> = fit.removal_effects().map(|(channel, _)| channel).collect();
        prop_assert_eq!(fit.global_shares(total, &channels).iter().sum::<i64>(), total);
    }
}

#[test]
fn without_conversions_nothing_depends_on_anything() {
    let lost = fit(&vec![(vec![1, 2], 0, 3)]);
    assert_eq!((lost.base_rate(), lost.removal_effect(1)), (0.0, 0.0));
    assert_eq!(lost.global_shares(5, &[1, 2]), [3, 2]);
    let empty = FitBuilder::new().fit().unwrap();
    assert_eq!((empty.base_rate(), empty.removal_effects().count()), (0.0, 0));
    assert_eq!(empty.global_shares(5, &[]), [0; 0]);
}

#[test]
fn as_many_channels_as_there_may_be_are_solved() {
    let most = u32::try_from(FitBuilder::CHANNELS_MAX).unwrap();
    let mut builder = FitBuilder::new();
    for channel in 0..most {
        builder.add(
            &[channel, (channel * 7 + 1) % most, (channel * 31 + 5) % most],
            1,
            1 + u64::from(channel % 3),
        );
    }
    let fit = builder.fit().unwrap();
    let rate = f64::from(most)
        / (1..=3).map(|nulls| 1.0 + f64::from(nulls)).cycle().take(most as usize).sum::<f64>();
    assert!((fit.base_rate() - rate).abs() < 1e-12);
    assert!(fit.removal_effects().all(|(_, effect)| effect > 0.0 && effect <= 1.0));
}
