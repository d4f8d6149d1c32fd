use super::lanes::LANES;
use super::parts::{self, GROUPS, Parts};

/// Shares an amount by weights, exactly: the shares add up to the amount, and none is a whole unit away from its exact
/// part.
///
/// Largest remainder: each share is its exact part without the fraction, and the units that are left go to the largest
/// fractions, of equal ones to the earliest. A negative amount is shared as the positive one, with the sign turned, so a
/// refund takes back what the sale gave. A weight of zero gets nothing; when all are zero, nothing is shared.
///
/// `shares` is as long as `weights`; the weights add up to less than 2^63, and the amount lies within
/// ±[`AMOUNT_MINOR_MAX`](crate::AMOUNT_MINOR_MAX) (it may be as large as `i64` has it, except for its minimum).
pub fn apportion(amount: i64, weights: &[u64], shares: &mut [i64]) {
    debug_assert_eq!(weights.len(), shares.len(), "one share per weight");
    let total = weights.iter().sum();
    if total == 0 {
        // There is nobody to give it to.
        return shares.fill(0);
    }
    let positive = amount.unsigned_abs();
    let are_few = weights.len() <= LANES * GROUPS;
    if let Some(parts) = Parts::new(positive, total).filter(|_| are_few) {
        share_padded(parts, weights, shares);
    } else if positive.checked_mul(total).is_some() {
        share(positive, weights, shares, |weight| (positive * weight / total, positive * weight % total));
    } else {
        let (positive_wide, total) = (u128::from(positive), u128::from(total));
        share(positive, weights, shares, |weight| {
            let product = positive_wide * u128::from(weight);
            (narrow(product / total), narrow(product % total))
        });
    }
    if amount < 0 {
        for share in shares {
            *share = -*share;
        }
    }
}

/// Weights of zero get nothing, so as many are added as fill the lanes.
fn share_padded(parts: Parts, weights: &[u64], shares: &mut [i64]) {
    let ((groups, rest), (shared, _)) = (weights.as_chunks(), shares.as_chunks_mut());
    if rest.is_empty() {
        return parts::share(parts, groups, shared);
    }
    let (mut padded, mut padded_shares) = ([[0; LANES]; GROUPS], [[0; LANES]; GROUPS]);
    padded.as_flattened_mut()[..weights.len()].copy_from_slice(weights);
    let groups = weights.len().div_ceil(LANES);
    parts::share(parts, &padded[..groups], &mut padded_shares[..groups]);
    shares.copy_from_slice(&padded_shares.as_flattened()[..weights.len()]);
}

/// What is no more than an amount or a total of weights.
fn narrow(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// `part` gives a weight's exact part as whole units and the remainder of that division.
fn share(amount: u64, weights: &[u64], shares: &mut [i64], part: impl Fn(u64) -> (u64, u64)) {
    let mut left = amount;
    let mut remainders = Vec::with_capacity(weights.len());
    for ((share, &weight), place) in shares.iter_mut().zip(weights).zip(0_usize..) {
        let (units, rest) = part(weight);
        *share = units.cast_signed();
        left -= units;
        // Ascending, the largest remainder comes first, and of equal ones the earliest.
        remainders.push((u64::MAX - rest, place));
    }
    let Some(left) = usize::try_from(left).ok().filter(|left| *left > 0) else { return };
    if left < remainders.len() {
        remainders.select_nth_unstable(left);
    }
    for (_, place) in &remainders[..left] {
        shares[*place] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AMOUNT_MINOR_MAX;
    use proptest::prelude::*;

    fn shares(amount: i64, weights: &[u64]) -> Vec<i64> {
        let mut shares = vec![i64::MIN; weights.len()];
        apportion(amount, weights, &mut shares);
        shares
    }

    #[test]
    fn what_is_left_goes_to_the_largest_remainders_and_of_equal_ones_to_the_earliest() {
        assert_eq!(shares(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(shares(101, &[1, 1, 1]), [34, 34, 33]);
        assert_eq!(shares(100, &[1, 2, 4]), [14, 29, 57]);
        assert_eq!(shares(10, &[1, 3, 1, 3]), [1, 4, 1, 4]);
        assert_eq!(shares(1, &[0, 1, 2, 2, 0]), [0, 0, 1, 0, 0]);
        assert_eq!(shares(-100, &[1, 1, 1]), [-34, -33, -33]);
        assert_eq!(shares(7, &[0, 0, 5]), [0, 0, 7]);
        assert_eq!(shares(0, &[3, 1]), [0, 0]);
        assert_eq!(shares(5, &[]), []);
        assert_eq!(shares(5, &[0, 0]), [0, 0], "there is nobody to give it to");
    }

    /// The definition, without any care for speed.
    fn by_definition(amount: i64, weights: &[u64]) -> Vec<i64> {
        let total: u128 = weights.iter().copied().map(u128::from).sum();
        let product = |weight: u64| u128::from(amount.unsigned_abs()) * u128::from(weight);
        let mut shares: Vec<u128> = weights.iter().map(|weight| product(*weight) / total).collect();
        let mut places: Vec<usize> = (0..weights.len()).collect();
        places.sort_by_key(|place| std::cmp::Reverse(product(weights[*place]) % total));
        let left = u128::from(amount.unsigned_abs()) - shares.iter().sum::<u128>();
        for place in places.into_iter().take(usize::try_from(left).unwrap()) {
            shares[place] += 1;
        }
        shares.into_iter().map(|share| i64::try_from(share).unwrap() * amount.signum()).collect()
    }

    fn weight() -> impl Strategy<Value = u64> {
        prop_oneof![Just(0), Just(1), 0..10_u64, 0..40_000_u64, 0..=1_u64 << 32]
    }

    /// Of all sizes, of one alone, so large that they must be shared one by one, and of few different ones.
    fn weights() -> impl Strategy<Value = Vec<u64>> {
        let of = |one| prop::collection::vec(one, 1..80);
        let few = prop::collection::vec(0..=1_u64 << 32, 1..4)
            .prop_flat_map(|few| prop::collection::vec(prop::sample::select(few), 1..80));
        prop_oneof![
            of(weight().boxed()),
            of((0..=1_u64 << 32).boxed()),
            of((0..=u64::MAX >> 13).boxed()),
            few
        ]
    }

    fn amount() -> impl Strategy<Value = i64> {
        // Of these, all but the largest are shared several at once.
        let usual = -(1_i64 << 48)..1 << 48;
        prop_oneof![-100..100_i64, -10_000_000..10_000_000_i64, usual, -AMOUNT_MINOR_MAX..=AMOUNT_MINOR_MAX]
    }

    proptest! {
        #[test]
        fn it_is_the_largest_remainder(amount in amount(), weights in weights()) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let shares = shares(amount, &weights);
            prop_assert_eq!(shares.iter().sum::<i64>(), amount);
            prop_assert_eq!(shares, by_definition(amount, &weights));
        }

        #[test]
        fn a_refund_mirrors_the_sale(amount in amount(), weights in prop::collection::vec(weight(), 0..40)) {
            let mirrored: Vec<_> = shares(-amount, &weights).into_iter().map(|share| -share).collect();
            prop_assert_eq!(shares(amount, &weights), mirrored);
        }
    }
}
