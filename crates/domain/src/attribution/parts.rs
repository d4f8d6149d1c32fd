//! The largest remainder for the usual case, several shares at once.

use super::lanes::{LANES, WHOLE_MAX, float, nearest};
use std::ops::Range;

/// The most groups of [`LANES`] shares.
pub(super) const GROUPS: usize = 8;

/// Below this, the quotient of floats is wrong by less than a sixteenth of a unit.
const AMOUNT_MAX: u64 = 1 << 48;

/// The largest fraction of a remainder. So small that as many are compared at once as there are lanes.
const KEY_MAX: f64 = 32_767.0;

/// What there is of every share, in groups.
type Groups<T> = [[T; LANES]];

/// Shares an amount as [`apportion`](super::apportion()) does, by at most [`GROUPS`] groups of weights.
pub(super) fn share(parts: Parts, weights: &Groups<u64>, shares: &mut Groups<i64>) {
    let mut keys = [[0; LANES]; GROUPS];
    let keys = &mut keys[..weights.len()];
    let left = divide(parts, weights, shares, keys);
    let mut ranks = [[0; LANES]; GROUPS];
    let ranks = &mut ranks[..weights.len()];
    rank(keys, ranks);
    let mut given = [0; LANES];
    for (shares, ranks) in shares.iter_mut().zip(&*ranks) {
        for ((share, rank), given) in shares.iter_mut().zip(ranks).zip(&mut given) {
            let is_one = *rank < left;
            *share += i64::from(is_one);
            *given += i16::from(is_one);
        }
    }
    let given = given.iter().sum();
    if given > left {
        take_back(
            left..given,
            parts,
            (weights.as_flattened(), ranks.as_flattened()),
            shares.as_flattened_mut(),
        );
    }
}

/// An amount to be divided by weights that add up to a total.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    amount: u64,
    total: u64,
    units_a_weight: f64,
}

/// A weight's exact part of an amount: whole units, and the remainder of that division by all weights.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Part {
    pub(super) units: u64,
    pub(super) rest: u64,
}

impl Parts {
    /// `None` where floats may not be exact enough. The total is not zero.
    pub(super) fn new(amount: u64, total: u64) -> Option<Self> {
        let is_usual = amount < AMOUNT_MAX && total < WHOLE_MAX;
        is_usual.then(|| Self { amount, total, units_a_weight: float(amount) / float(total) })
    }

    /// The part of a weight, without a division.
    #[inline]
    pub(super) fn of(self, weight: u64) -> Part {
        // The quotient or one more, and then the remainder is negative. What does not fit cancels out.
        let units = nearest(float(weight) * self.units_a_weight).1;
        let rest = self.amount.wrapping_mul(weight).wrapping_sub(units.wrapping_mul(self.total));
        let is_over = rest >> 63;
        Part { units: units - is_over, rest: rest.wrapping_add(self.total & is_over.wrapping_neg()) }
    }
}

/// Sets every share to its exact part without the fraction, and every key to that fraction, rounded; answers how many units
/// are left.
fn divide(parts: Parts, weights: &Groups<u64>, shares: &mut Groups<i64>, keys: &mut Groups<i16>) -> i16 {
    let key_a_rest = KEY_MAX / float(parts.total);
    let mut given = [0; LANES];
    for ((shares, keys), weights) in shares.iter_mut().zip(keys).zip(weights) {
        for (((share, key), weight), given) in shares.iter_mut().zip(keys).zip(weights).zip(&mut given) {
            let part = parts.of(*weight);
            *share = part.units.cast_signed();
            *given += part.units;
            *key = small(nearest(float(part.rest) * key_a_rest).1);
        }
    }
    small(parts.amount - given.iter().sum::<u64>())
}

#[expect(clippy::cast_possible_truncation, reason = "what is known to be at most KEY_MAX")]
#[inline]
fn small(value: u64) -> i16 {
    value as i16
}

/// Counts how many keys are larger than each. Every pair is compared: that is less work than finding an order.
fn rank(keys: &Groups<i16>, ranks: &mut Groups<i16>) {
    match keys.len() {
        1 => rank_groups::<1>(keys, ranks),
        2 => rank_groups::<2>(keys, ranks),
        3 => rank_groups::<3>(keys, ranks),
        4 => rank_groups::<4>(keys, ranks),
        5 => rank_groups::<5>(keys, ranks),
        6 => rank_groups::<6>(keys, ranks),
        7 => rank_groups::<7>(keys, ranks),
        _ => rank_groups::<8>(keys, ranks),
    }
}

/// [`rank`] of a number of groups that is known beforehand, so that all of them stay in registers.
fn rank_groups<const N: usize>(keys: &Groups<i16>, ranks: &mut Groups<i16>) {
    let (Some(keys), Some(ranks)) = (keys.first_chunk::<N>(), ranks.first_chunk_mut()) else { return };
    let mut larger = [[0_i16; LANES]; N];
    for key in keys.as_flattened() {
        if *key < 0 {
            break;
        }
        for (larger, lanes) in larger.iter_mut().zip(keys) {
            for (larger, lane) in larger.iter_mut().zip(lanes) {
                *larger += i16::from(key > lane);
            }
        }
    }
    *ranks = larger;
}

/// Of those that got the last units, too many have the same key. Takes units back from the smallest remainders among them, of
/// equal ones from the latest.
fn take_back(units: Range<i16>, parts: Parts, (weights, ranks): (&[u64], &[i16]), shares: &mut [i64]) {
    let last = ranks.iter().map(|rank| if *rank < units.start { *rank } else { 0 }).max().unwrap_or(0);
    // Without branches as well: touches of one channel often have the same weight.
    let (mut all, mut any) = (u64::MAX, 0);
    for (weight, rank) in weights.iter().zip(ranks) {
        all &= if *rank == last { *weight } else { u64::MAX };
        any |= if *rank == last { *weight } else { 0 };
    }
    if all == any {
        let mut too_many = units.end - units.start;
        for (share, rank) in shares.iter_mut().zip(ranks).rev() {
            let is_one = i16::from(*rank == last) & i16::from(too_many > 0);
            *share -= i64::from(is_one);
            too_many -= is_one;
        }
        return;
    }
    let tied = (0..ranks.len()).rev().filter(|place| ranks[*place] == last);
    let mut tied: Vec<_> = tied.map(|place| (parts.of(weights[place]).rest, place)).collect();
    // Stable, so of equal ones the latest stay first.
    tied.sort_by_key(|(rest, _)| *rest);
    for (_, (_, place)) in units.zip(tied) {
        shares[place] -= 1;
    }
}
