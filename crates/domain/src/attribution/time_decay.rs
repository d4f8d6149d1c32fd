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
        let last = path.times.last().copied().unwrap_or_default();
        for (weight, time) in weights.iter_mut().zip(path.times) {
            *weight = decayed(last.saturating_sub(*time), steps_a_second);
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

/// One half to the power of each step.
const POWERS: [f64; STEPS] = {
    let mut powers = [1.0; STEPS];
    let (mut step, mut exponent) = (1, 0.0);
    while step < STEPS {
        exponent += 1.0 / 64.0;
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
    if steps > 33.5 * STEPS as f64 {
        return 0;
    }
    let step = steps as usize;
    let rest = (step as f64 - steps) * (LN_2 / STEPS as f64);
    // A float that is a power of two is its exponent.
    let whole = f64::from_bits((1_023 + 32 - (step / STEPS) as u64) << 52);
    (whole * POWERS[step % STEPS] * exp::<5>(rest) + 0.5) as u64
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
mod tests {
    use super::*;

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
            assert!((power / (step as f64 / -64.0).exp2() - 1.0).abs() < 4e-16, "{step}");
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
}
