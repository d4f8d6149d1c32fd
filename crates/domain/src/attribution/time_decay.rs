use super::parameters::Parameters;
use super::rule::Rule;
use super::{Fit, Path, Span};
use crate::Invalid;
use std::f64::consts::LN_2;

/// The older a touch, the less: half as much for every half-life between it and the last touch.
///
/// Measuring from the last touch and not from the close changes no share: all weights differ by one factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeDecay {
    half_life: Span,
}

/// The weight of the last touch.
const WHOLE: f64 = 4_294_967_296.0;

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
        let half_life = f64::from(self.half_life.seconds());
        let last = path.times.last().copied().unwrap_or_default();
        for (weight, time) in weights.iter_mut().zip(path.times) {
            *weight = decayed(last.saturating_sub(*time), half_life);
        }
    }
}

/// The whole, halved once per half-life; nothing after so many that less than half a unit is left.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "ages of millions of years are as good as for ever, and what is cast back lies between 0 and 2^32"
)]
fn decayed(age: i64, half_life: f64) -> u64 {
    let halvings = age.max(0) as f64 / half_life;
    if halvings > 34.0 { 0 } else { (WHOLE * half_to_the(halvings) + 0.5) as u64 }
}

const STEPS: usize = 16;

/// One half to the power of sixteenths.
const HALF_TO_SIXTEENTHS: [f64; STEPS] = {
    let mut powers = [1.0; STEPS];
    let (mut step, mut sixteenths) = (1, 1.0);
    while step < STEPS {
        powers[step] = exp_of_small(sixteenths / -16.0 * LN_2, 24.0);
        (step, sixteenths) = (step + 1, sixteenths + 1.0);
    }
    powers
};

/// So many terms of the exponential series.
const fn exp_of_small(x: f64, terms: f64) -> f64 {
    let (mut sum, mut term) = (1.0, terms);
    while term > 0.0 {
        sum = 1.0 + x * (1.0 / term) * sum;
        term -= 1.0;
    }
    sum
}

/// One half to the power of `x`, for `x` from 0 to 34.
///
/// Additions, multiplications and divisions alone: those are exact to the bit everywhere, which the `exp2` of a system
/// is not, and weights must not depend on the machine.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to 34 by contract, and powers of two are exact"
)]
fn half_to_the(x: f64) -> f64 {
    let sixteenths = (x * 16.0) as usize;
    let rest = (sixteenths as f64 / 16.0 - x) * LN_2;
    let whole = 1.0 / (1_u64 << (sixteenths / STEPS)) as f64;
    whole * HALF_TO_SIXTEENTHS[sixteenths % STEPS] * exp_of_small(rest, 7.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_those_of_the_system() {
        for step in 0..34_000 {
            let x = f64::from(step) / 1_000.0;
            let expected = (-x).exp2();
            assert!((half_to_the(x) / expected - 1.0).abs() < 1e-14, "{x}");
        }
    }

    #[test]
    fn whole_halvings_are_exact() {
        assert_eq!(
            [0, 1, 2, 32, 33, 34, 35].map(|age| decayed(age, 1.0)),
            [1 << 32, 1 << 31, 1 << 30, 1, 1, 0, 0]
        );
        assert_eq!([3, 6, 9].map(|age| decayed(age, 3.0)), [1 << 31, 1 << 30, 1 << 29]);
        assert_eq!((decayed(-5, 1.0), decayed(i64::MAX, 1.0)), (1 << 32, 0));
    }
}
