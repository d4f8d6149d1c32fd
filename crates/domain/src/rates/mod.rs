//! Money of one currency in another, by dated reference rates.
//!
//! Rates are those of the European Central Bank: how many units of a currency one euro is worth, on working days. They
//! are of the whole installation. What was sent is never changed; conversion happens when a report is made.

mod rate;
mod sheet;

pub use rate::Rate;
pub use sheet::{RateSheet, SheetProblem};

use crate::{AMOUNT_MINOR_MAX, Currency, Day, Money};
use std::collections::{BTreeMap, BTreeSet};

/// Reference rates by currency and day, made for being looked up: a report does so once for every amount.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rates {
    /// The days that have any rate, in order: the rows of a table.
    days: Vec<Day>,
    /// For every calendar day from the first of them to the last: which row is its own, or the last one before it.
    rows: Vec<u32>,
    /// In order of code.
    currencies: Vec<Currency>,
    /// By [`Currency::place`]: which of them it is.
    places: Vec<Option<u16>>,
    /// Of the currency in the same place, for every row: the last rate up to there, and of which row it is.
    columns: Vec<Vec<Option<(u32, Rate)>>>,
}

/// A rate between two currencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// Of which day both rates are.
    pub day: Day,
    /// What is converted from, and how many of it make a euro.
    pub from: (Currency, Rate),
    /// What is converted to, and how many of it make a euro.
    pub to: (Currency, Rate),
}

/// An amount in another currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Converted {
    /// In the minor units of the currency that was asked for.
    pub minor: i64,
    /// Of which day the rate is; `None` when none was needed, because the currency is the same.
    pub rate_day: Option<Day>,
}

impl Rates {
    /// Rates in any order; of two of one currency and day the later one holds. The euro has none.
    pub fn collect(rates: impl IntoIterator<Item = (Currency, Day, Rate)>) -> Self {
        let mut sorted: BTreeMap<Day, BTreeMap<Currency, Rate>> = BTreeMap::new();
        let mut currencies = BTreeSet::new();
        for (currency, day, rate) in rates.into_iter().filter(|(currency, _, _)| !currency.is_euro()) {
            sorted.entry(day).or_default().insert(currency, rate);
            currencies.insert(currency);
        }
        let mut table = Self { currencies: currencies.into_iter().collect(), ..Self::default() };
        for (currency, place) in table.currencies.iter().zip(0..) {
            let length = table.places.len().max(currency.place() + 1);
            table.places.resize(length, None);
            table.places[currency.place()] = Some(place);
        }
        table.columns = vec![Vec::with_capacity(sorted.len()); table.currencies.len()];
        for ((day, rates), row) in sorted.into_iter().zip(0..) {
            let first = *table.days.first().unwrap_or(&day);
            // Days between the row before and this one belong to the row before.
            let place = usize::try_from(day.number().saturating_sub(first.number())).unwrap_or(0);
            table.rows.resize(place, row - u32::from(row > 0));
            table.rows.push(row);
            table.days.push(day);
            for (currency, column) in table.currencies.iter().zip(&mut table.columns) {
                let before = column.last().copied().flatten();
                column.push(rates.get(currency).map(|rate| (row, *rate)).or(before));
            }
        }
        table
    }

    /// The amount in another currency, by the rates of a day, over the euro.
    ///
    /// Where a day has no rate, it is the last one before it: rates are given on working days. Of two currencies it is
    /// the last day on which both have one, so that no day's rate is mixed with another's. Before the first rate, and for a
    /// currency that has none, there is no answer, and neither is there for what would be larger than an amount can be.
    ///
    /// It is rounded once, to the nearest minor unit, half of one away from zero: as Regulation (EC) 1103/97, article 5,
    /// has it, and so that a refund undoes its sale.
    pub fn convert(&self, money: Money, to: Currency, day: Day) -> Option<Converted> {
        if money.currency == to {
            return Some(Converted { minor: money.minor, rate_day: None });
        }
        let quote = self.quote(money.currency, to, day)?;
        Some(Converted { minor: quote.apply(money.minor)?, rate_day: Some(quote.day) })
    }

    /// The rate by which [`Rates::convert`] converts between two currencies that differ.
    pub fn quote(&self, from: Currency, to: Currency, day: Day) -> Option<Quote> {
        let mut row = self.row(day)?;
        let quote = |row: u32, from_rate, to_rate| {
            let day = *self.days.get(row as usize)?;
            Some(Quote { day, from: (from, from_rate), to: (to, to_rate) })
        };
        if from.is_euro() {
            let (row, rate) = up_to(self.column(to)?, row)?;
            return quote(row, Rate::ONE, rate);
        }
        if to.is_euro() {
            let (row, rate) = up_to(self.column(from)?, row)?;
            return quote(row, rate, Rate::ONE);
        }
        let (of_from, of_to) = (self.column(from)?, self.column(to)?);
        loop {
            let (from_row, from_rate) = up_to(of_from, row)?;
            let (to_row, to_rate) = up_to(of_to, from_row)?;
            if to_row == from_row {
                return quote(to_row, from_rate, to_rate);
            }
            row = to_row;
        }
    }

    /// The last rate of a currency up to a day, and of which day it is.
    pub fn latest(&self, currency: Currency, day: Day) -> Option<(Day, Rate)> {
        let (row, rate) = up_to(self.column(currency)?, self.row(day)?)?;
        Some((*self.days.get(row as usize)?, rate))
    }

    /// The currencies that have rates, in order of code. The euro, in which rates are given, is none of them.
    pub fn currencies(&self) -> &[Currency] {
        &self.currencies
    }

    /// The first and the last day that have a rate.
    pub fn span(&self) -> Option<(Day, Day)> {
        Some((*self.days.first()?, *self.days.last()?))
    }

    /// The row of a day, or the last one before it.
    fn row(&self, day: Day) -> Option<u32> {
        let place = usize::try_from(day.number().checked_sub(self.days.first()?.number())?).ok()?;
        self.rows.get(place).or(self.rows.last()).copied()
    }

    fn column(&self, currency: Currency) -> Option<&[Option<(u32, Rate)>]> {
        let place = (*self.places.get(currency.place())?)?;
        self.columns.get(usize::from(place)).map(Vec::as_slice)
    }
}

/// The last rate of a column up to a row, and of which row it is.
fn up_to(column: &[Option<(u32, Rate)>], row: u32) -> Option<(u32, Rate)> {
    *column.get(row as usize)?
}

impl Quote {
    /// An amount's minor units in the other currency's; `None` when it would be larger than an amount can be.
    pub fn apply(&self, minor: i64) -> Option<i64> {
        let ((from, from_rate), (to, to_rate)) = (self.from, self.to);
        let (from_decimals, to_decimals) = (from.decimals(), to.decimals());
        let power = |decimals: u32| 10i128.pow(decimals);
        // A rate has at most 57 bits.
        let dividend = i128::from(minor) * i128::from(to_rate.scaled());
        let dividend = dividend.checked_mul(power(to_decimals.saturating_sub(from_decimals)))?;
        let divisor = i128::from(from_rate.scaled()) * power(from_decimals.saturating_sub(to_decimals));
        let rounded = divide(dividend, divisor);
        i64::try_from(rounded).ok().filter(|minor| minor.abs() <= AMOUNT_MINOR_MAX)
    }
}

/// The nearest whole number, half of one away from zero. The divisor is greater than zero.
fn divide(dividend: i128, divisor: i128) -> i128 {
    // Nearly always 64 bits are enough, in which a processor divides by itself.
    if let (Ok(dividend), Ok(divisor)) = (i64::try_from(dividend), i64::try_from(divisor)) {
        let (whole, rest) = (dividend / divisor, dividend % divisor);
        // Twice the rest may be too large for the type; what is left of the divisor is not.
        let is_up = rest.abs() >= divisor - rest.abs();
        return i128::from(whole) + i128::from(if is_up { dividend.signum() } else { 0 });
    }
    let (whole, rest) = (dividend / divisor, dividend % divisor);
    whole + if rest.abs() >= divisor - rest.abs() { dividend.signum() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn rates(lines: &[(&str, &str, &str)]) -> Rates {
        let read =
            |(code, at, rate): &(&str, &str, &str)| (currency(code), day(at), Rate::parse(rate).unwrap());
        Rates::collect(lines.iter().map(read))
    }

    /// Published reference rates of a Friday and a Monday, and of the day on which the rouble's ended.
    fn published() -> Rates {
        rates(&[
            ("USD", "2024-01-12", "1.0942"),
            ("USD", "2024-01-15", "1.0945"),
            ("USD", "2022-03-01", "1.1162"),
            ("GBP", "2024-01-12", "0.85933"),
            ("GBP", "2024-01-15", "0.86005"),
            ("GBP", "2022-03-01", "0.83358"),
            ("JPY", "2024-01-15", "159.67"),
            ("RUB", "2022-03-01", "117.201"),
        ])
    }

    fn converted(amount: &str, to: &str, at: &str) -> Option<(String, Option<String>)> {
        let (amount, from) = amount.split_once(' ').unwrap();
        let money = Money::parse(amount, currency(from)).unwrap();
        let Converted { minor, rate_day } = published().convert(money, currency(to), day(at))?;
        let amount = Money { minor, currency: currency(to) }.amount();
        Some((amount, rate_day.map(|day| day.to_string())))
    }

    #[test]
    fn golden_amounts() {
        // Amount, day, result, and the day of its rate; worked out with an arbitrary-precision calculator.
        let cases = [
            // 100 × 1.0945
            ("100.00 EUR", "USD", "2024-01-15", "109.45", "2024-01-15"),
            // 100 ÷ 1.0945 = 91.366…
            ("100.00 USD", "EUR", "2024-01-15", "91.37", "2024-01-15"),
            // 1234.56 × 0.86005 ÷ 1.0945 = 970.108…
            ("1234.56 USD", "GBP", "2024-01-15", "970.11", "2024-01-15"),
            // Decimals differ: 100 × 159.67 ÷ 0.86005 = 18565.199…
            ("100.00 GBP", "JPY", "2024-01-15", "18565", "2024-01-15"),
            // 1000 × 0.86005 ÷ 159.67 = 5.38642…
            ("1000 JPY", "GBP", "2024-01-15", "5.39", "2024-01-15"),
            // A Sunday has the Friday's rate: 100 × 1.0942 ÷ 0.85933 = 127.331…
            ("100.00 GBP", "USD", "2024-01-14", "127.33", "2024-01-12"),
            // Half a cent goes away from zero: 0.10 × 1.0945 = 0.10945; 1 × 1.0945 = 1.0945; 10 × 1.0945 = 10.945.
            ("10.00 EUR", "USD", "2024-01-15", "10.95", "2024-01-15"),
            ("-10.00 EUR", "USD", "2024-01-15", "-10.95", "2024-01-15"),
            // Long after a currency's last rate, both are of the last day that had both: 117201 ÷ 117.201 × 1.1162.
            ("117201.00 RUB", "USD", "2024-01-15", "1116.20", "2022-03-01"),
        ];
        for (amount, to, at, expected, rate_day) in cases {
            let expected = Some((expected.to_owned(), Some(rate_day.to_owned())));
            assert_eq!(converted(amount, to, at), expected, "{amount} to {to} at {at}");
        }
    }

    #[test]
    fn without_a_rate_there_is_no_answer() {
        assert_eq!(converted("1.00 GBP", "USD", "2022-02-28"), None, "before the first rate");
        assert_eq!(converted("1 JPY", "USD", "2024-01-12"), None, "before one of the two");
        assert_eq!(converted("1.00 AED", "USD", "2024-01-15"), None, "a currency without rates");
        assert_eq!(converted("1.00 USD", "AED", "2024-01-15"), None);
        assert_eq!(converted("1.00 AED", "AED", "1970-01-01"), Some(("1.00".into(), None)), "none is needed");
        let most = Money { minor: AMOUNT_MINOR_MAX, currency: currency("EUR") };
        assert_eq!(published().convert(most, currency("USD"), day("2024-01-15")), None, "too large");
        assert_eq!(Rates::default().span(), None);
    }

    #[test]
    fn the_later_of_two_rates_holds_and_the_euro_has_none() {
        let both =
            rates(&[("USD", "2024-01-15", "2"), ("USD", "2024-01-15", "1.5"), ("EUR", "2024-01-15", "7")]);
        assert_eq!(both.currencies(), [currency("USD")]);
        assert_eq!(
            both.latest(currency("USD"), day("2024-02-01")),
            Some((day("2024-01-15"), Rate::parse("1.5").unwrap()))
        );
        assert_eq!(both.span(), Some((day("2024-01-15"), day("2024-01-15"))));
    }

    /// A guard against accidents, far above what a busy machine takes; run with `--release -- --nocapture` for the figure.
    #[test]
    fn a_conversion_costs_little() {
        let codes = Currency::all();
        let of_day = |number| codes.iter().take(30).map(move |code| (*code, number));
        let all = (10_000..17_000).flat_map(of_day);
        let rate = Rate::parse("1.2345").unwrap();
        let rates = Rates::collect(all.map(|(code, number)| (code, Day::from_number(number), rate)));
        let began = std::time::Instant::now();
        let mut converted = 0;
        for number in 0..200_000i32 {
            let (from, to) = (codes[7], codes[usize::try_from(number % 29).unwrap()]);
            let money = Money { minor: i64::from(number), currency: from };
            let at = Day::from_number(10_000 + number % 8_000);
            converted += i32::from(std::hint::black_box(rates.convert(money, to, at)).is_some());
        }
        let each = began.elapsed().as_secs_f64() * 1e9 / 2e5;
        println!("{each:.0} ns each");
        assert!(converted == 200_000 && each < 100_000.0, "{converted} in {each} ns each");
    }

    prop_compose! {
        fn any_rate()(scaled in 10_000i64..10_000_000_000_000) -> Rate {
            Rate::from_scaled(scaled).unwrap()
        }
    }

    proptest! {
        /// The result is the one whole number that is nearest.
        #[test]
        fn nothing_is_nearer(minor in -1_000_000_000i64..1_000_000_000, from in any_rate(), to in any_rate(),
            pair in proptest::sample::subsequence(vec!["USD", "JPY", "KWD", "EUR"], 2), at in 0i32..30_000)
        {
            let (from_currency, to_currency, day) = (currency(pair[0]), currency(pair[1]), Day::from_number(at));
            let rates = Rates::collect([(from_currency, day, from), (to_currency, day, to)]);
            let money = Money { minor, currency: from_currency };
            let Some(converted) = rates.convert(money, to_currency, day) else { return Ok(()) };
            let euro = |currency: Currency, rate: Rate| if currency.is_euro() { Rate::ONE } else { rate };
            // Both sides of minor ÷ 10^decimals ÷ rate, without dividing.
            let scale = |currency: Currency| 10i128.pow(currency.decimals());
            let exact = i128::from(minor) * i128::from(euro(to_currency, to).scaled()) * scale(to_currency);
            let unit = i128::from(euro(from_currency, from).scaled()) * scale(from_currency);
            let off = exact - i128::from(converted.minor) * unit;
            prop_assert!(off.abs() * 2 <= unit, "{off} of {unit}");
            prop_assert_eq!(converted.rate_day, Some(day));
            let refund = rates.convert(Money { minor: -minor, ..money }, to_currency, day);
            prop_assert_eq!(refund.map(|refund| refund.minor), Some(-converted.minor), "a refund undoes its sale");
        }

        /// What is found in the table is what is found by looking at every rate.
        #[test]
        fn the_rate_is_the_last_one_that_both_have(
            usd in proptest::collection::btree_map(0i32..60, any_rate(), 0..20),
            gbp in proptest::collection::btree_map(0i32..60, any_rate(), 0..20), asked in 0i32..70)
        {
            let all = usd.iter().map(|(at, rate)| ("USD", at, rate)).chain(gbp.iter().map(|(at, rate)| ("GBP", at, rate)));
            let rates = Rates::collect(all.map(|(code, at, rate)| (currency(code), Day::from_number(*at), *rate)));
            let both = (0..=asked).rev().find(|at| usd.contains_key(at) && gbp.contains_key(at));
            let found = rates.quote(currency("USD"), currency("GBP"), Day::from_number(asked));
            prop_assert_eq!(found.map(|quote| quote.day.number()), both);
            if let (Some(quote), Some(both)) = (found, both) {
                prop_assert_eq!((quote.from.1, quote.to.1), (usd[&both], gbp[&both]));
            }
            let one = (0..=asked).rev().find_map(|at| Some((at, *usd.get(&at)?)));
            let latest = rates.latest(currency("USD"), Day::from_number(asked));
            prop_assert_eq!(latest.map(|(day, rate)| (day.number(), rate)), one);
        }
    }
}
