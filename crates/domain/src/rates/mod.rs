//! Money of one currency in another, by dated reference rates.
//!
//! Rates are those of the European Central Bank: how many units of a currency one euro is worth, on working days. They
//! are of the whole installation. What was sent is never changed; conversion happens when a report is made.

mod rate;
mod sheet;

pub use rate::Rate;
pub use sheet::{RateSheet, SheetProblem};

use crate::{AMOUNT_MINOR_MAX, Currency, Day, Money};
use std::collections::BTreeMap;

/// Reference rates by currency and day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rates {
    /// In order of code. Apart from the rates, so that finding one's place touches few bytes.
    currencies: Vec<Currency>,
    /// Of the currency in the same place.
    series: Vec<Series>,
}

/// One currency's rates, in order of day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Series {
    days: Vec<Day>,
    rates: Vec<Rate>,
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
        let mut sorted: BTreeMap<Currency, BTreeMap<Day, Rate>> = BTreeMap::new();
        for (currency, day, rate) in rates.into_iter().filter(|(currency, _, _)| !currency.is_euro()) {
            sorted.entry(currency).or_default().insert(day, rate);
        }
        let (currencies, series) =
            sorted.into_iter().map(|(currency, rates)| (currency, rates.into_iter().collect())).unzip();
        Self { currencies, series }
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
        let quote = |day, from_rate, to_rate| Quote { day, from: (from, from_rate), to: (to, to_rate) };
        match (from.is_euro(), to.is_euro()) {
            (true, _) => self.of(to)?.at(day).map(|(day, rate)| quote(day, Rate::ONE, rate)),
            (_, true) => self.of(from)?.at(day).map(|(day, rate)| quote(day, rate, Rate::ONE)),
            _ => {
                let (of_from, of_to) = (self.of(from)?, self.of(to)?);
                let mut asked = day;
                loop {
                    let (from_day, from_rate) = of_from.at(asked)?;
                    let (to_day, to_rate) = of_to.at(from_day)?;
                    if to_day == from_day {
                        return Some(quote(to_day, from_rate, to_rate));
                    }
                    asked = to_day;
                }
            }
        }
    }

    /// The last rate of a currency up to a day, and of which day it is.
    pub fn latest(&self, currency: Currency, day: Day) -> Option<(Day, Rate)> {
        self.of(currency)?.at(day)
    }

    /// The currencies that have rates, in order of code. The euro, in which rates are given, is none of them.
    pub fn currencies(&self) -> &[Currency] {
        &self.currencies
    }

    /// The first and the last day that have a rate.
    pub fn span(&self) -> Option<(Day, Day)> {
        let first = self.series.iter().filter_map(|series| series.days.first()).min()?;
        let last = self.series.iter().filter_map(|series| series.days.last()).max()?;
        Some((*first, *last))
    }

    fn of(&self, currency: Currency) -> Option<&Series> {
        let place = self.currencies.iter().position(|known| *known == currency)?;
        self.series.get(place)
    }
}

impl Series {
    /// The last rate up to a day.
    fn at(&self, day: Day) -> Option<(Day, Rate)> {
        let place = self.days.partition_point(|known| *known <= day).checked_sub(1)?;
        Some((*self.days.get(place)?, *self.rates.get(place)?))
    }
}

impl FromIterator<(Day, Rate)> for Series {
    /// In order of day.
    fn from_iter<T: IntoIterator<Item = (Day, Rate)>>(rates: T) -> Self {
        let (days, rates) = rates.into_iter().unzip();
        Self { days, rates }
    }
}

impl Quote {
    /// An amount's minor units in the other currency's; `None` when it would be larger than an amount can be.
    pub fn apply(&self, minor: i64) -> Option<i64> {
        let scale = |currency: Currency| 10i128.pow(currency.decimals());
        let ((from, from_rate), (to, to_rate)) = (self.from, self.to);
        let dividend = i128::from(minor).checked_mul(i128::from(to_rate.scaled()))?.checked_mul(scale(to))?;
        let divisor = i128::from(from_rate.scaled()) * scale(from);
        let (whole, rest) = (dividend / divisor, dividend % divisor);
        let rounded = if rest.abs() * 2 >= divisor { whole + dividend.signum() } else { whole };
        i64::try_from(rounded).ok().filter(|minor| minor.abs() <= AMOUNT_MINOR_MAX)
    }
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

        /// What is found by halving is what is found by looking at every rate.
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
