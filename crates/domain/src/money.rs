use crate::Invalid;
use iso_currency::IntoEnumIterator;
use std::fmt;

/// The largest amount, in minor units, in either direction: 2^53 - 1, so that every amount survives a
/// client that reads JSON numbers as doubles.
pub const AMOUNT_MINOR_MAX: i64 = 9_007_199_254_740_991;

/// An ISO 4217 currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Any case, surrounding blanks allowed. Code: `unknown_currency`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let trimmed = raw.trim();
        let unknown = || Invalid::new("unknown_currency", "must be an ISO 4217 currency code, such as GBP");
        if trimmed.len() != 3 || !trimmed.is_ascii() {
            return Err(unknown());
        }
        iso_currency::Currency::from_code(&trimmed.to_ascii_uppercase()).map(Self).ok_or_else(unknown)
    }

    /// The three-letter code, upper case.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Its place among all currencies, in no particular order: for tables by currency.
    pub(crate) fn place(self) -> usize {
        self.0 as usize
    }

    /// What stands beside an amount where only this currency can be meant: `£`, `CA$`; the code where nothing is as short and
    /// as clear.
    pub fn symbol(self) -> &'static str {
        match self.code() {
            "AUD" => "A$",
            "BRL" => "R$",
            "CAD" => "CA$",
            "CNY" => "CN¥",
            "EUR" => "€",
            "GBP" => "£",
            "HKD" => "HK$",
            "ILS" => "₪",
            "INR" => "₹",
            "JPY" => "¥",
            "KRW" => "₩",
            "MXN" => "MX$",
            "NZD" => "NZ$",
            "USD" => "$",
            code => code,
        }
    }

    /// Whether it is the euro, in which reference rates are given.
    pub fn is_euro(self) -> bool {
        self.0 == iso_currency::Currency::EUR
    }

    /// How many decimals an amount has: 2 for GBP, 0 for JPY, 3 for KWD. Currencies for which ISO 4217 gives
    /// none (metals, test codes) have 0.
    pub fn decimals(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(0))
    }

    /// Every currency this build knows, in order of code.
    pub fn all() -> Vec<Self> {
        let mut all: Vec<_> = iso_currency::Currency::iter().map(Self).collect();
        all.sort_unstable_by_key(|c| c.code());
        all
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

/// An exact amount of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money {
    /// In minor units (pence, cents, whole yen), at most [`AMOUNT_MINOR_MAX`] in either direction.
    pub minor: i64,
    /// What the minor units are units of.
    pub currency: Currency,
}

impl Money {
    /// Parses a decimal text exactly: `1000`, `-12.5`, `1e3`, ` 10.00 `. Decimals beyond what the currency has
    /// must be zeros. Nothing is ever rounded. Codes: `not_a_number`, `too_many_decimals`, `out_of_range`.
    pub fn parse(raw: &str, currency: Currency) -> Result<Self, Invalid> {
        let decimal = Decimal::parse(raw)?;
        let minor = decimal.to_minor(currency)?;
        Ok(Self { minor, currency })
    }

    /// As [`Money::parse`], for amounts that come with more decimals than the currency has, as advertising platforms' do: they
    /// are rounded to the nearest minor unit, half of one away from zero. `raw` is in units of ten to minus `unit_decimals`:
    /// 6 for micros, which are whole. Also answers whether anything was rounded. Codes: `not_a_number`, `not_whole`,
    /// `out_of_range`.
    pub fn parse_rounded(raw: &str, unit_decimals: u32, currency: Currency) -> Result<(Self, bool), Invalid> {
        let mut decimal = Decimal::parse(raw)?;
        if unit_decimals > 0 && decimal.exponent < 0 {
            return Err(Invalid::new("not_whole", "must be a whole number"));
        }
        decimal.exponent = decimal.exponent.saturating_sub(i64::from(unit_decimals));
        let is_rounded = decimal.round(currency.decimals());
        Ok((Self { minor: decimal.to_minor(currency)?, currency }, is_rounded))
    }

    /// Whether `raw` is a number at all: what can be said of an amount whose currency is not known.
    pub fn check_number(raw: &str) -> Result<(), Invalid> {
        Decimal::parse(raw).map(drop)
    }

    /// How many units of its currency it is, comparable across currencies of different decimals.
    pub fn magnitude(self) -> Magnitude {
        let scale = 10i128.pow(Magnitude::DECIMALS.saturating_sub(self.currency.decimals()));
        Magnitude(i128::from(self.minor) * scale)
    }

    /// The amount alone, as a decimal with exactly the currency's decimals: `1000.00`.
    pub fn amount(self) -> String {
        format_minor(i128::from(self.minor), self.currency)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

/// A number of units of no particular currency, exact to four decimals: the most that ISO 4217 gives any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Magnitude(i128);

impl Magnitude {
    const DECIMALS: u32 = 4;

    /// Parses a decimal as [`Money::parse`] does, with at most four decimals.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let decimal = Decimal::parse(raw)?;
        let scaled = decimal.scaled(Self::DECIMALS).map_err(|mismatch| match mismatch {
            ScaleMismatch::TooManyDecimals => {
                Invalid::new("too_many_decimals", "must have at most 4 decimals")
            }
            ScaleMismatch::OutOfRange => Invalid::new("out_of_range", "must be a number of ordinary size"),
        })?;
        Ok(Self(i128::from(scaled)))
    }
}

/// Writes minor units (a sum of many amounts, perhaps) as a decimal with exactly the currency's decimals.
pub fn format_minor(minor: i128, currency: Currency) -> String {
    let decimals = currency.decimals() as usize;
    let sign = if minor < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// A decimal as written: digits without leading or trailing zeros, times ten to `exponent`.
pub(crate) struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    /// Longer numerals are refused before they are looked at.
    const TEXT_BYTES_MAX: usize = 400;

    pub(crate) fn parse(raw: &str) -> Result<Self, Invalid> {
        let not_a_number = || Invalid::new("not_a_number", "must be a valid number");
        let raw = raw.trim();
        if raw.len() > Self::TEXT_BYTES_MAX {
            return Err(not_a_number());
        }
        let (negative, unsigned) = match raw.as_bytes().first() {
            Some(b'-') => (true, &raw[1..]),
            Some(b'+') => (false, &raw[1..]),
            _ => (false, raw),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => {
                let exponent: i64 = exponent.parse().map_err(|_| not_a_number())?;
                (mantissa, exponent)
            }
            None => (unsigned, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return Err(not_a_number()),
            None => (mantissa, ""),
        };
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(not_a_number());
        }
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0').collect();
        let scale = i64::try_from(fraction.len()).map_err(|_| not_a_number())?;
        let mut exponent = exponent.saturating_sub(scale);
        while digits.last() == Some(&0) {
            digits.pop();
            exponent = exponent.saturating_add(1);
        }
        let leading = digits.iter().take_while(|d| **d == 0).count();
        digits.drain(..leading);
        Ok(Self { negative, digits, exponent })
    }

    /// Rounds to so many decimals, half away from zero. Answers whether anything was lost.
    fn round(&mut self, decimals: u32) -> bool {
        let excess = self.exponent.saturating_add(i64::from(decimals)).saturating_neg();
        if excess <= 0 || self.digits.is_empty() {
            return false;
        }
        let excess = usize::try_from(excess).unwrap_or(usize::MAX);
        let kept = self.digits.len().checked_sub(excess);
        // The first digit that goes decides: it stands for nothing when all that is there lies behind it.
        let is_up = kept.is_some_and(|kept| self.digits[kept] >= 5);
        self.digits.truncate(kept.unwrap_or(0));
        self.exponent = -i64::from(decimals);
        if is_up {
            self.increment();
        }
        true
    }

    /// Adds one to the last digit.
    fn increment(&mut self) {
        for digit in self.digits.iter_mut().rev() {
            if *digit < 9 {
                *digit += 1;
                return;
            }
            *digit = 0;
        }
        self.digits.insert(0, 1);
    }

    /// The decimal times ten to `decimals`, if that is a whole number that fits.
    pub(crate) fn scaled(&self, decimals: u32) -> Result<i64, ScaleMismatch> {
        if self.digits.is_empty() {
            return Ok(0);
        }
        let shift = self.exponent.saturating_add(i64::from(decimals));
        if shift < 0 {
            return Err(ScaleMismatch::TooManyDecimals);
        }
        let power = u32::try_from(shift).ok().and_then(|shift| 10i64.checked_pow(shift));
        let digits = self
            .digits
            .iter()
            .try_fold(0i64, |number, digit| number.checked_mul(10)?.checked_add(i64::from(*digit)));
        let scaled = power.and_then(|power| digits?.checked_mul(power)).ok_or(ScaleMismatch::OutOfRange)?;
        Ok(if self.negative { -scaled } else { scaled })
    }

    fn to_minor(&self, currency: Currency) -> Result<i64, Invalid> {
        let out_of_range = || {
            let max = format_minor(i128::from(AMOUNT_MINOR_MAX), currency);
            Invalid::new("out_of_range", format!("must be between -{max} and {max}"))
        };
        let minor = self.scaled(currency.decimals()).map_err(|mismatch| match mismatch {
            ScaleMismatch::OutOfRange => out_of_range(),
            ScaleMismatch::TooManyDecimals => Invalid::new(
                "too_many_decimals",
                match currency.decimals() {
                    0 => format!("must be a whole number, because {currency} has no decimals"),
                    n => format!("must have at most {n} decimals, because {currency} has no more"),
                },
            ),
        })?;
        if minor.abs() > AMOUNT_MINOR_MAX {
            return Err(out_of_range());
        }
        Ok(minor)
    }
}

/// Why a decimal is no whole number of some unit.
pub(crate) enum ScaleMismatch {
    TooManyDecimals,
    OutOfRange,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn minor(raw: &str, currency: &str) -> Result<i64, &'static str> {
        let currency = Currency::parse(currency).map_err(|e| e.code)?;
        Money::parse(raw, currency).map(|m| m.minor).map_err(|e| e.code)
    }

    #[test]
    fn amounts_are_exact_in_the_currency_s_own_decimals() {
        assert_eq!(minor("1000", "GBP"), Ok(100_000));
        assert_eq!(minor("0.1", "GBP"), Ok(10));
        assert_eq!(minor("12.340", "GBP"), Ok(1234), "trailing zeros say nothing");
        assert_eq!(minor("12.345", "KWD"), Ok(12_345));
        assert_eq!(minor("500", "JPY"), Ok(500));
        assert_eq!(minor("500.0", "jpy"), Ok(500));
        assert_eq!(minor("1.5e3", "GBP"), Ok(150_000));
        assert_eq!(minor(" +7 ", "GBP"), Ok(700));
        assert_eq!(minor("-0", "GBP"), Ok(0));
        assert_eq!(minor("-0.00", "GBP"), Ok(0));
        assert_eq!(minor("0e999999999999", "GBP"), Ok(0));
        assert_eq!(minor("-19.99", "EUR"), Ok(-1999));
        assert_eq!(minor("90071992547409.91", "GBP"), Ok(AMOUNT_MINOR_MAX));
    }

    #[test]
    fn what_is_not_an_exact_amount_is_refused() {
        for raw in ["", "abc", "1,000", "1.", ".5", "--1", "1e", "1e1.5", "0x10", "NaN", "1 000", "١"] {
            assert_eq!(minor(raw, "GBP"), Err("not_a_number"), "{raw}");
        }
        assert_eq!(minor("12.345", "GBP"), Err("too_many_decimals"));
        assert_eq!(minor("0.5", "JPY"), Err("too_many_decimals"));
        assert_eq!(minor("1e-9", "GBP"), Err("too_many_decimals"));
        assert_eq!(minor("90071992547409.92", "GBP"), Err("out_of_range"));
        assert_eq!(minor("1e308", "GBP"), Err("out_of_range"));
        assert_eq!(minor("1e9223372036854775807", "GBP"), Err("out_of_range"));
        assert_eq!(minor(&"9".repeat(1_000_000), "GBP"), Err("not_a_number"));
        assert_eq!(minor("1", "GBX"), Err("unknown_currency"));
        assert_eq!(minor("1", "£££"), Err("unknown_currency"));
    }

    #[test]
    fn amounts_with_too_many_decimals_can_be_rounded() {
        let rounded = |raw: &str, unit, code: &str| {
            let currency = Currency::parse(code).unwrap();
            Money::parse_rounded(raw, unit, currency).map(|(m, is)| (m.minor, is)).map_err(|e| e.code)
        };
        assert_eq!(rounded("12.5", 0, "GBP"), Ok((1_250, false)));
        assert_eq!(rounded("12.345", 0, "GBP"), Ok((1_235, true)));
        assert_eq!(rounded("-12.345", 0, "GBP"), Ok((-1_235, true)));
        assert_eq!(rounded("0.30000000000000004", 0, "GBP"), Ok((30, true)));
        assert_eq!(rounded("9.995", 0, "GBP"), Ok((1_000, true)));
        assert_eq!(rounded("0.005", 0, "GBP"), Ok((1, true)));
        assert_eq!(rounded("0.0049999", 0, "GBP"), Ok((0, true)));
        assert_eq!(rounded("0.0009", 0, "GBP"), Ok((0, true)));
        assert_eq!(rounded("1234567", 6, "GBP"), Ok((123, true)));
        assert_eq!(rounded("1234567.5", 6, "GBP"), Err("not_whole"));
        assert_eq!(rounded("1230000", 6, "GBP"), Ok((123, false)));
        assert_eq!(rounded("1500000", 6, "JPY"), Ok((2, true)));
        assert_eq!(rounded("1e-999999999", 0, "GBP"), Ok((0, true)));
        assert_eq!(rounded("0", 6, "GBP"), Ok((0, false)));
        assert_eq!(rounded("90071992547409.914", 0, "GBP"), Ok((AMOUNT_MINOR_MAX, true)));
        assert_eq!(rounded("90071992547409.915", 0, "GBP"), Err("out_of_range"));
        assert_eq!(rounded("much", 0, "GBP"), Err("not_a_number"));
    }

    proptest! {
        #[test]
        fn rounding_takes_the_nearest(scaled in -10_000_000i64..10_000_000, unit in 0u32..8) {
            let gbp = Currency::parse("GBP").unwrap();
            let (money, is_rounded) = Money::parse_rounded(&scaled.to_string(), unit, gbp).unwrap();
            // Compared in units of 10^-8, two decimals being 10^6 of them.
            let (exact, got) = (i128::from(scaled) * 10i128.pow(8 - unit), i128::from(money.minor) * 1_000_000);
            prop_assert!((exact - got).abs() * 2 <= 1_000_000);
            prop_assert_eq!(is_rounded, exact != got);
        }

        #[test]
        fn writing_and_parsing_are_inverse(minor in -AMOUNT_MINOR_MAX..=AMOUNT_MINOR_MAX, code in "GBP|JPY|KWD") {
            let currency = Currency::parse(&code).unwrap();
            let money = Money { minor, currency };
            prop_assert_eq!(Money::parse(&money.amount(), currency), Ok(money));
        }

        #[test]
        fn any_text_is_an_amount_or_refused(raw in "\\PC*") {
            let _ = Money::parse(&raw, Currency::parse("GBP").unwrap());
        }
    }
}
