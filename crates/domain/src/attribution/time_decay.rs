use super::lanes::{WHOLE_MAX, float, nearest};
use super::parameters::{Parameters, Span};
use super::rule::Rule;
use super::{Fit, Path};
use crate::Invalid;
use std::f64::consts::LN_2;

/// The older a touch, the less: half as much for every half-life between it and the last touch.
///
/// Measuring from the last touch and not from the close changes no share: all weights differ by one factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeDecay {
    half_life: Span,
}

impl Default for TimeDecay {
    fn default() -> Self {
        Self { half_life: Span::days(7) }
    }
}

impl Rule for TimeDecay {
    const NAME: &'static str = "time-decay";
    const NEEDS_TIMES: bool = true;

    fn read(parameters: &mut Parameters<'_>) -> Result<Self, Invalid> {
        Ok(Self { half_life: parameters.span("half-life", Self::default().half_life)? })
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("half-life", self.half_life.to_string())]
    }

    fn definition(&self) -> String {
        format!("Every touch gets half of what a touch {} later gets.", self.half_life)
    }

    fn weigh(&self, path: &Path<'_>, _: Option<&Fit>, weights: &mut [u64]) {
        let steps_a_second = self.steps_a_second();
        let [first, .., last] = path.times else { return weights.fill(1 << 32) };
        if last.abs_diff(*first) >= WHOLE_MAX || first > last {
            for (weight, time) in weights.iter_mut().zip(path.times) {
                *weight = decayed(last.saturating_sub(*time), steps_a_second);
            }
        } else {
            weigh_several(path.times, *last, steps_a_second, weights);
        }
    }
}

impl TimeDecay {
    #[expect(clippy::cast_precision_loss, reason = "it is small")]
    fn steps_a_second(self) -> f64 {
        STEPS as f64 / f64::from(self.half_life.seconds())
    }
}

/// How finely powers are looked up; what is left is less than a hundredth.
const STEPS: usize = 64;

/// As many powers as are looked up stand for each step.
const FINER: usize = 16;

/// One half to the power of each part of a step.
const POWERS: [f64; STEPS * FINER] = {
    let mut powers = [1.0; STEPS * FINER];
    let (mut step, mut exponent) = (1, 0.0);
    while step < powers.len() {
        exponent += 1.0 / 1_024.0;
        powers[step] = exp::<24>(-exponent * LN_2);
        step += 1;
    }
    powers
};

/// So many terms of the exponential series.
const fn exp<const TERMS: usize>(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, TERMS);
    while term > 0 {
        sum = 1.0 + x * RECIPROCALS[term] * sum;
        term -= 1;
    }
    sum
}

/// One by every number but zero.
const RECIPROCALS: [f64; 25] = {
    let mut reciprocals = [0.0; 25];
    let (mut place, mut number) = (1, 1.0);
    while place < reciprocals.len() {
        reciprocals[place] = 1.0 / number;
        (place, number) = (place + 1, number + 1.0);
    }
    reciprocals
};

/// After so many steps less than half a unit is left.
const STEPS_MAX: f64 = 33.5 * 64.0;

/// 2^32, halved once per half-life; nothing after so many that less than half a unit is left.
///
/// Additions and multiplications alone: those are exact to the bit everywhere, which the `exp2` of a system is not, and
/// weights must not depend on the machine.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "ages of millions of years are as good as for ever; what is cast back lies between 0 and 2^32"
)]
fn decayed(age: i64, steps_a_second: f64) -> u64 {
    let steps = age.max(0) as f64 * steps_a_second;
    if steps > STEPS_MAX {
        return 0;
    }
    let step = steps as usize;
    let rest = (step as f64 - steps) * (LN_2 / STEPS as f64);
    // A float that is a power of two is its exponent.
    let whole = f64::from_bits((1_023 + 32 - (step / STEPS) as u64) << 52);
    (whole * POWERS[step % STEPS * FINER] * exp::<5>(rest) + 0.5) as u64
}

/// How many touches are weighed side by side.
const SIDE_BY_SIDE: usize = 4;

/// Weighs touches in ascending order, each as [`decayed`] does.
fn weigh_several(times: &[i64], last: i64, steps_a_second: f64, weights: &mut [u64]) {
    let Some(last_start) = times.len().checked_sub(SIDE_BY_SIDE) else {
        for (time, weight) in times.iter().zip(weights) {
            *weight = decayed(last - time, steps_a_second);
        }
        return;
    };
    let mut from = 0;
    while from < times.len() {
        // The last ones are weighed together with some of those before them.
        let start = from.min(last_start);
        if let (Some(times), Some(weights)) =
            (times[start..].first_chunk(), weights[start..].first_chunk_mut())
        {
            let (nearest, is_sure) = nearly_decayed::<SIDE_BY_SIDE>(times, last, steps_a_second);
            *weights = if is_sure { nearest } else { times.map(|time| decayed(last - time, steps_a_second)) };
        }
        from += SIDE_BY_SIDE;
    }
}

/// A weight that lies so near to the middle between two whole numbers may be rounded to the other one by [`decayed`].
const UNSURE: f64 = 1e-4;

/// What [`decayed`] answers for several times, and whether that is sure. Fewer terms do, because more powers are looked up.
#[inline]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "all that is cast is small: numbers of powers and of steps"
)]
fn nearly_decayed<const N: usize>(times: &[i64; N], last: i64, steps_a_second: f64) -> ([u64; N], bool) {
    let parts = times.map(|time| {
        let exact = (float((last - time).cast_unsigned()) * steps_a_second).min(STEPS_MAX) * FINER as f64;
        let (whole, number) = nearest(exact);
        ((whole - exact) * (LN_2 / (STEPS * FINER) as f64), number)
    });
    let powers = parts.map(|(_, number)| POWERS[number as usize % POWERS.len()]);
    let (mut weights, mut distances) = ([0; N], [0.0; N]);
    for (place, (x, number)) in parts.into_iter().enumerate() {
        // A float that is a power of two is its exponent.
        let whole = f64::from_bits((1_023 + 32 - number / POWERS.len() as u64) << 52);
        let series = (1.0 + x) + x * x * (0.5 + x * (1.0 / 6.0));
        let exact = whole * powers[place] * series;
        let (rounded, weight) = nearest(exact);
        (weights[place], distances[place]) = (weight, (exact - rounded).abs());
    }
    (weights, distances.iter().all(|distance| *distance < 0.5 - UNSURE))
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn steps(half_life: f64) -> f64 {
        64.0 / half_life
    }

    #[test]
    fn powers_are_those_of_the_system() {
        for age in 0..34_000_u32 {
            let expected = (32.0 - f64::from(age) / 1_000.0).exp2();
            let weight = decayed(age.into(), steps(1_000.0));
            assert!((weight as f64 - expected).abs() < 0.50001, "{age}: {weight} {expected}");
        }
        for (step, power) in POWERS.iter().enumerate() {
            assert!((power / (step as f64 / -1_024.0).exp2() - 1.0).abs() < 4e-16, "{step}");
        }
    }

    #[test]
    fn whole_halvings_are_exact() {
        let weights = |half_life: i64| {
            [0, 1, 2, 31, 32, 33, 34].map(|halvings| decayed(halvings * half_life, steps(half_life as f64)))
        };
        for half_life in [1, 3, 7, 86_400, 604_800, 3_155_760_000] {
            assert_eq!(weights(half_life), [1 << 32, 1 << 31, 1 << 30, 2, 1, 1, 0], "{half_life}");
        }
        assert_eq!((decayed(-5, steps(1.0)), decayed(i64::MAX, steps(1.0))), (1 << 32, 0));
    }

    proptest! {
        #[test]
        fn several_are_weighed_as_one_is(
            half_life in prop_oneof![1..100_000_u32, 1..=3_155_760_000_u32],
            ages in prop::collection::vec(prop_oneof![0..1_000_000_i64, 0..400_000_000_i64, 0..200_000_000_000_i64], 1..40),
        ) {
            let mut times: Vec<i64> = ages.iter().map(|age| 1_700_000_000 - age).collect();
            times.sort_unstable();
            let (last, steps) = (times[times.len() - 1], steps(f64::from(half_life)));
            let mut weights = vec![7; times.len()];
            weigh_several(&times, last, steps, &mut weights);
            let expected: Vec<_> = times.iter().map(|time| decayed(last - time, steps)).collect();
            prop_assert_eq!(weights, expected);
        }
    }

    #[test]
    fn what_is_sure_is_right() {
        let mut unsure = 0;
        for (age, half_life) in (0..2_000_000_i64).map(|place| (place * 7_919 % 30_000_000, 604_800.0)) {
            let ([nearest], is_sure) =
                nearly_decayed(&[1_700_000_000 - age], 1_700_000_000, steps(half_life));
            assert!(!is_sure || nearest == decayed(age, steps(half_life)), "{age}");
            unsure += u32::from(!is_sure);
        }
        assert!(unsure < 1_000, "{unsure}");
    }
}
