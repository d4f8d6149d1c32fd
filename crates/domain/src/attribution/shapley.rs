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
        if weights.len() <= COMPARED_MAX {
            count_by_comparing(path.channels, weights);
        } else {
            count_by_sorting(path.channels, weights);
        }
        let multiple = weights.iter().try_fold(1, |multiple, count| common_multiple(multiple, *count));
        let (multiple, is_exact) = multiple.map_or((COMMON_MULTIPLE_MAX, false), |multiple| (multiple, true));
        for weight in weights {
            let half = if is_exact { 0 } else { *weight / 2 };
            *weight = (multiple + half) / *weight;
        }
    }
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
        let (mut compared, mut sorted) = (vec![0; 2_000], vec![0; 2_000]);
        count_by_comparing(&channels, &mut compared);
        count_by_sorting(&channels, &mut sorted);
        assert_eq!(compared, sorted);
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
