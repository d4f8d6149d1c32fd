use crate::{Instant, Invalid, Moment};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use std::fmt;

const DAY_US: i64 = 86_400 * 1_000_000;

/// A calendar day, by how many days after 1970-01-01 it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

impl Day {
    /// Parses `yyyy-MM-dd`. Codes: `not_a_date`, `out_of_range` (before 1970).
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let not_a_date = || Invalid::new("not_a_date", "must be a date as yyyy-MM-dd");
        match Moment::parse(raw) {
            Ok(moment) if moment.date_only => Ok(Self::of(moment.at)),
            Err(invalid) if invalid.code == "out_of_range" => Err(invalid),
            _ => Err(not_a_date()),
        }
    }

    /// The day in which an instant lies, in UTC.
    pub fn of(instant: Instant) -> Self {
        // An instant lies between the years 1970 and 9999.
        Self(i32::try_from(instant.as_micros() / DAY_US).unwrap_or(i32::MAX))
    }

    /// From a number of days after 1970-01-01.
    pub fn from_number(days: i32) -> Self {
        Self(days)
    }

    /// How many days after 1970-01-01 it is.
    pub fn number(self) -> i32 {
        self.0
    }

    /// This day, `days` later.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The day in which an instant lies, in a time zone.
    pub fn of_in(instant: Instant, zone: &TimeZone) -> Self {
        let Ok(timestamp) = Timestamp::from_microsecond(instant.as_micros()) else {
            return Self::of(instant);
        };
        let offset = i64::from(zone.to_offset(timestamp).seconds());
        Self(i32::try_from((instant.as_micros() + offset * 1_000_000).div_euclid(DAY_US)).unwrap_or(i32::MAX))
    }

    /// Its first instant in a time zone.
    pub fn begins_in(self, zone: &TimeZone) -> Instant {
        let begins = Timestamp::from_microsecond(self.start().as_micros())
            .ok()
            .and_then(|midnight| zone.to_timestamp(Offset::UTC.to_datetime(midnight)).ok());
        begins.map_or(self.start(), |begins| Instant::from_micros(begins.as_microsecond()))
    }

    /// Its first instant, in UTC.
    pub fn start(self) -> Instant {
        Instant::from_micros(i64::from(self.0) * DAY_US)
    }
}

impl fmt::Display for Day {
    /// `2024-01-15`; [`Day::parse`] reads it back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Moment { at: self.start(), date_only: true }.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_a_date_is_a_day() {
        assert_eq!(Day::parse(" 1970-01-02 "), Ok(Day(1)));
        assert_eq!(Day::parse("2024-01-15").map(Day::number), Ok(19_737));
        for raw in ["", "2024-1-15", "2023-02-29", "2024-01-15T00:00:00Z", "15/01/2024"] {
            assert_eq!(Day::parse(raw).map_err(|e| e.code), Err("not_a_date"), "{raw}");
        }
        assert_eq!(Day::parse("1969-12-31").map_err(|e| e.code), Err("out_of_range"));
        let late = Moment::parse("2024-01-15T23:59:59.999999Z").unwrap().at;
        assert_eq!(Day::of(late).to_string(), "2024-01-15");
    }

    proptest! {
        #[test]
        fn a_day_begins_where_the_one_before_ends(number in 3i32..40_000, zone in 0usize..4) {
            let zones = ["Europe/London", "Pacific/Apia", "America/Sao_Paulo", "UTC"];
            let zone = TimeZone::get(zones[zone]).unwrap();
            let day = Day::from_number(number);
            let begins = day.begins_in(&zone);
            prop_assert!(Day::of_in(begins, &zone) >= day);
            let before = Instant::from_micros(begins.as_micros() - 1);
            prop_assert!(Day::of_in(before, &zone) < day);
        }

        #[test]
        fn writing_and_parsing_are_inverse(number in 0i32..2_900_000) {
            let day = Day::from_number(number);
            prop_assert_eq!(Day::parse(&day.to_string()), Ok(day));
            prop_assert_eq!(Day::of(day.start()), day);
        }
    }
}
