//! Arithmetic that a processor does for several numbers at once: no branches, and floats that hold whole numbers exactly.

/// How many numbers are worked on side by side: what the smallest vector register holds of 16 bits.
pub(crate) const LANES: usize = 8;

/// From here on to its double a float's unit is one, so that adding this rounds to a whole number and leaves it in the last bits.
const WHOLE: f64 = 4_503_599_627_370_496.0;

/// Below this, whole numbers are converted here.
pub(super) const WHOLE_MAX: u64 = 1 << 52;

/// A whole number below [`WHOLE_MAX`] as a float.
#[inline]
pub(super) fn float(whole: u64) -> f64 {
    f64::from_bits(whole | WHOLE.to_bits()) - WHOLE
}

/// The nearest whole number, as a float and as an integer. From zero up to [`WHOLE_MAX`].
#[inline]
pub(super) fn nearest(value: f64) -> (f64, u64) {
    let rounded = value + WHOLE;
    (rounded - WHOLE, rounded.to_bits() - WHOLE.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn they_are_what_the_language_has(whole in 0..WHOLE_MAX / 2, part in 0.0..1.0) {
            #[expect(clippy::cast_precision_loss, reason = "exact below 2^53")]
            let expected = whole as f64;
            prop_assert_eq!(float(whole).to_bits(), expected.to_bits());
            for value in [expected, expected + part, expected + 0.5, part] {
                prop_assert_eq!(nearest(value).0.to_bits(), value.round_ties_even().to_bits());
                prop_assert_eq!(nearest(value).0.to_bits(), float(nearest(value).1).to_bits());
            }
        }
    }
}
