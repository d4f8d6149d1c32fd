use super::lanes::{float, nearest};
use super::rule::Rule;
use super::{Fit, Path};

/// The Shapley value of the channels: the same to every channel of the journey, within a channel the same to every touch.
///
/// Let a set of channels be worth the records whose journeys need no other channel. That game is a sum of games in which
/// a journey pays once all of its channels are there, and in such a game they are all alike: the Shapley value shares
/// it evenly. No sum over subsets is needed; a test holds this against one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Shapley;

/// Up to so many touches every touch is compared with every other, beyond they are sorted.
const COMPARED_MAX: usize = 32;

/// Beyond this, parts of a channel are rounded.
const COMMON_MULTIPLE_MAX: u64 = 1 << 32;

impl Rule for Shapley {
    const NAME: &'static str = "shapley";

    fn definition(&self) -> String {
        "Every channel of the journey gets the same, and within a channel every touch: the Shapley value of the channels, when \
         a set of channels is worth the records whose journeys need no other."
            .to_owned()
    }

    fn weigh(&self, path: &Path<'_>, _: Option<&Fit>, weights: &mut [u64]) {
        if path.channels.iter().all(|channel| *channel < SMALL) {
            count_by_number(path.channels, weights);
        } else if weights.len() <= COMPARED_MAX {
            count_by_comparing(path.channels, weights);
        } else {
            count_by_sorting(path.channels, weights);
        }
        match multiple_of_all(weights) {
            Some(multiple) => {
                // It divides without a rest, and so floats do it exactly, several at once.
                let multiple = float(multiple);
                for weight in weights {
                    *weight = nearest(multiple / float(*weight)).1;
                }
            }
            None => {
                for weight in weights {
                    *weight = (COMMON_MULTIPLE_MAX + *weight / 2) / *weight;
                }
            }
        }
    }
}

/// Channels with lower numbers are counted by their places in a table.
const SMALL: u32 = 64;

fn count_by_number(channels: &[u32], counts: &mut [u64]) {
    let mut table = [0_u32; SMALL as usize];
    for channel in channels {
        table[(channel % SMALL) as usize] += 1;
    }
    for (count, channel) in counts.iter_mut().zip(channels) {
        *count = u64::from(table[(channel % SMALL) as usize]);
    }
}

/// The least common multiple of all counts, as long as it is small.
fn multiple_of_all(counts: &[u64]) -> Option<u64> {
    // Each count once: they add up to no more than there are.
    let mut seen = 0_u64;
    let mut large = 1;
    for count in counts {
        if *count < 64 {
            seen |= 1 << count;
        } else if large % count != 0 {
            large = common_multiple(large, *count)?;
        }
    }
    // One is a divisor of everything.
    seen &= !2;
    while seen != 0 {
        large = common_multiple(large, u64::from(seen.trailing_zeros()))?;
        seen &= seen - 1;
    }
    Some(large)
}

/// Sets every count to how often the touch's channel appears.
fn count_by_comparing(channels: &[u32], counts: &mut [u64]) {
    for (count, channel) in counts.iter_mut().zip(channels) {
        *count = channels.iter().map(|other| u64::from(other == channel)).sum();
    }
}

fn count_by_sorting(channels: &[u32], counts: &mut [u64]) {
    let mut sorted: Vec<_> = channels.iter().copied().zip(0..).collect();
    sorted.sort_unstable();
    for same in sorted.chunk_by(|(one, _), (other, _)| one == other) {
        for (_, place) in same {
            let place: usize = *place;
            counts[place] = same.len() as u64;
        }
    }
}

/// The least common multiple, as long as it is small.
fn common_multiple(one: u64, other: u64) -> Option<u64> {
    if one.is_multiple_of(other) {
        return Some(one);
    }
    let (mut divisor, mut rest) = (one, other);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    Some(one / divisor * other).filter(|multiple| *multiple <= COMMON_MULTIPLE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_make_no_difference() {
        for counts in [vec![1, 2, 3], vec![7, 5, 4, 9, 1], vec![64, 3, 65], vec![63, 64]] {
            let channels: Vec<u32> =
                (0..).zip(counts).flat_map(|(channel, count)| vec![channel; count]).collect();
            let far: Vec<u32> = channels.iter().map(|channel| channel * 1_000 + 100).collect();
            assert_eq!(weights(&channels), weights(&far));
        }
    }

    fn weights(channels: &[u32]) -> Vec<u64> {
        let times = vec![0; channels.len()];
        let path = Path { times: &times, channels, lead: None, opportunity: None, closed: 0 };
        let mut weights = vec![0; channels.len()];
        Shapley.weigh(&path, None, &mut weights);
        weights
    }

    #[test]
    fn channels_get_the_same() {
        assert_eq!(weights(&[7]), [1]);
        assert_eq!(weights(&[1, 2, 3]), [1, 1, 1]);
        assert_eq!(weights(&[1, 2, 1, 1]), [1, 3, 1, 1]);
        assert_eq!(weights(&[1, 2, 1, 2, 1]), [2, 3, 2, 3, 2]);
    }

    #[test]
    fn long_journeys_are_counted_alike() {
        let channels: Vec<u32> = (0..2_000).map(|place| place * place % 31).collect();
        let (mut compared, mut sorted, mut numbered) = (vec![0; 2_000], vec![0; 2_000], vec![0; 2_000]);
        count_by_comparing(&channels, &mut compared);
        count_by_sorting(&channels, &mut sorted);
        count_by_number(&channels, &mut numbered);
        assert_eq!(compared, sorted);
        assert_eq!(compared, numbered);
        let weights = weights(&channels);
        let of = |channel| -> u64 {
            channels.iter().zip(&weights).filter(|(one, _)| **one == channel).map(|(_, weight)| weight).sum()
        };
        // Rounded, but to less than one part in ten million.
        for channel in &channels {
            assert!(of(*channel).abs_diff(of(0)) < 430, "{channel}");
        }
    }
}
