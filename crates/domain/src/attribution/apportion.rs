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
    let (mut total, mut least, mut most) = (0, u64::MAX, 0);
    for &weight in weights {
        total += weight;
        least = least.min(weight);
        most = most.max(weight);
    }
    if total == most {
        // One touch gets everything, or there is no weight at all.
        for (share, &weight) in shares.iter_mut().zip(weights) {
            *share = if weight == 0 { 0 } else { amount };
        }
        return;
    }
    let positive = amount.unsigned_abs();
    if least == most {
        share_evenly(positive, shares);
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

fn share_evenly(amount: u64, shares: &mut [i64]) {
    let count = shares.len() as u64;
    let (each, left) = ((amount / count).cast_signed(), amount % count);
    for (share, place) in shares.iter_mut().zip(0..) {
        *share = each + i64::from(place < left);
    }
}

/// What is no more than an amount or a total of weights.
fn narrow(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// Up to so many shares the remainders stand on the stack.
const FEW: usize = 32;

/// `part` gives a weight's exact part as whole units and the remainder of that division.
fn share(amount: u64, weights: &[u64], shares: &mut [i64], part: impl Fn(u64) -> (u64, u64)) {
    if weights.len() > FEW {
        return share_among_many(amount, weights, shares, part);
    }
    let mut remainders = [0; FEW];
    let remainders = &mut remainders[..weights.len()];
    let mut left = amount;
    for ((share, remainder), &weight) in shares.iter_mut().zip(remainders.iter_mut()).zip(weights) {
        let (units, rest) = part(weight);
        (*share, *remainder) = (units.cast_signed(), rest);
        left -= units;
    }
    // Remainders that are not zero outnumber what is left: they add up to `left` totals, and each is less than one.
    for _ in 0..left {
        let (mut largest, mut place) = (0, 0);
        for (candidate, &remainder) in remainders.iter().enumerate() {
            if remainder > largest {
                (largest, place) = (remainder, candidate);
            }
        }
        shares[place] += 1;
        remainders[place] = 0;
    }
}

fn share_among_many(amount: u64, weights: &[u64], shares: &mut [i64], part: impl Fn(u64) -> (u64, u64)) {
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
        prop_oneof![Just(0), Just(1), 0..10_u64, 0..=1_u64 << 32, 0..=u64::MAX >> 13]
    }

    fn amount() -> impl Strategy<Value = i64> {
        prop_oneof![-100..100_i64, -AMOUNT_MINOR_MAX..=AMOUNT_MINOR_MAX]
    }

    proptest! {
        #[test]
        fn it_is_the_largest_remainder(amount in amount(), weights in prop::collection::vec(weight(), 1..80)) {
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
