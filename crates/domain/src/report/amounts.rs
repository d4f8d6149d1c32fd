use super::columns::RecordColumns;
use crate::{Currency, Day, Money, Rates};

/// What records are worth in a report's currency; what cannot be converted stays in its own.
pub(super) struct Amounts<'a> {
    rates: &'a Rates,
    /// The report's currency first, then those that amounts are left in.
    currencies: Vec<Currency>,
}

/// An amount in one of the report's currencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) minor: i64,
    /// By its place among the currencies.
    pub(super) currency: u32,
    /// Of which day the rate is by which it was converted.
    pub(super) rate_day: Option<Day>,
}

impl<'a> Amounts<'a> {
    /// `present` are all currencies that records are in.
    pub(super) fn new(rates: &'a Rates, asked: Currency, present: impl Iterator<Item = Currency>) -> Self {
        let mut currencies = vec![asked];
        for currency in present {
            if !currencies.contains(&currency) {
                currencies.push(currency);
            }
        }
        currencies[1..].sort_unstable();
        Self { rates, currencies }
    }

    pub(super) fn currencies(&self) -> &[Currency] {
        &self.currencies
    }

    pub(super) fn of(&self, record: &RecordColumns) -> Amount {
        self.convert(Money { minor: record.minor, currency: record.currency }, record.day)
    }

    pub(super) fn convert(&self, money: Money, day: Day) -> Amount {
        if money.currency == self.currencies[0] {
            return Amount { minor: money.minor, currency: 0, rate_day: None };
        }
        match self.rates.convert(money, self.currencies[0], day) {
            Some(converted) => Amount { minor: converted.minor, currency: 0, rate_day: converted.rate_day },
            None => {
                let place = self.currencies.iter().position(|known| *known == money.currency).unwrap_or(0);
                Amount { minor: money.minor, currency: u32::try_from(place).unwrap_or(0), rate_day: None }
            }
        }
    }
}
