use crate::Invalid;
use crate::money::{Decimal, ScaleMismatch};
use std::fmt;
use std::num::NonZeroI64;

/// How many units of a currency one euro is worth: exact, greater than nothing, with at most eight decimals.
///
/// The European Central Bank gives six significant digits; eight decimals hold them for every currency there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(NonZeroI64);

impl Rate {
    /// How many decimals are kept.
    pub const DECIMALS: u32 = 8;
    /// One unit.
    const UNIT: i64 = 100_000_000;
    /// The largest rate. It keeps every product of a conversion within 128 bits.
    const MAX: i64 = 1_000_000_000 * Self::UNIT;

    /// What the euro itself is worth.
    pub const ONE: Self = match NonZeroI64::new(Self::UNIT) {
        Some(unit) => Self(unit),
        None => unreachable!(),
    };

    /// Parses a decimal exactly: nothing is rounded. Codes: `not_a_number`, `too_many_decimals`, `out_of_range`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let scaled = Decimal::parse(raw)?.scaled(Self::DECIMALS).map_err(|mismatch| match mismatch {
            ScaleMismatch::TooManyDecimals => {
                Invalid::new("too_many_decimals", format!("must have at most {} decimals", Self::DECIMALS))
            }
            ScaleMismatch::OutOfRange => out_of_range(),
        })?;
        Self::from_scaled(scaled).ok_or_else(out_of_range)
    }

    /// From hundred-millionths of a unit; `None` for what is no rate.
    pub fn from_scaled(scaled: i64) -> Option<Self> {
        NonZeroI64::new(scaled).filter(|scaled| (1..=Self::MAX).contains(&scaled.get())).map(Self)
    }

    /// Hundred-millionths of a unit.
    pub fn scaled(self) -> i64 {
        self.0.get()
    }
}

fn out_of_range() -> Invalid {
    Invalid::new("out_of_range", "must be greater than 0 and at most 1000000000")
}

impl fmt::Display for Rate {
    /// With as many decimals as needed: `1.0945`, `157`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.scaled() / Self::UNIT, self.scaled() % Self::UNIT);
        if fraction == 0 {
            return f.pad(&whole.to_string());
        }
        let all = format!("{whole}.{fraction:08}");
        f.pad(all.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rates_are_exact() {
        let shown = |raw: &str| Rate::parse(raw).map(|rate| rate.to_string()).map_err(|e| e.code);
        assert_eq!(shown("1.0945").as_deref(), Ok("1.0945"));
        assert_eq!(shown(" 17504.4900 ").as_deref(), Ok("17504.49"));
        assert_eq!(shown("0.00000001").as_deref(), Ok("0.00000001"));
        assert_eq!(shown("1000000000").as_deref(), Ok("1000000000"));
        assert_eq!(shown("0.123456789"), Err("too_many_decimals"));
        for raw in ["0", "-1.2", "1000000000.1", "1e30"] {
            assert_eq!(shown(raw), Err("out_of_range"), "{raw}");
        }
        for raw in ["", "N/A", "1,0945", "1.09.4"] {
            assert_eq!(shown(raw), Err("not_a_number"), "{raw}");
        }
    }

    proptest! {
        #[test]
        fn writing_and_parsing_are_inverse(scaled in 1..=Rate::MAX) {
            let rate = Rate::from_scaled(scaled).unwrap();
            prop_assert_eq!(Rate::parse(&rate.to_string()), Ok(rate));
        }
    }
}
