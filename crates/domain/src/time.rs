use crate::Invalid;
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::Offset;
use std::fmt;

const SECOND_US: i64 = 1_000_000;
const HOUR_US: i64 = 3_600 * SECOND_US;

/// How far a client's clock may run ahead of ours before its times are refused as lying in the future.
const CLOCK_SKEW_US: i64 = 5 * 60 * SECOND_US;

/// The easternmost time zone: a date may name a day that has begun there.
const EASTERNMOST_US: i64 = 14 * HOUR_US;

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// From microseconds since 1970, UTC. Anything outside the years 1970 to 9999 is clamped to them.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(0, Timestamp::MAX.as_microsecond()))
    }

    /// Microseconds since 1970, UTC.
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// This instant, `seconds` later.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_micros(self.0.saturating_add(seconds.saturating_mul(SECOND_US)))
    }
}

impl fmt::Display for Instant {
    /// RFC 3339 in UTC, with as many fraction digits as needed: `2024-01-15T09:30:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_microsecond(self.0) {
            Ok(timestamp) => write!(f, "{timestamp}"),
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

/// A time as a client gave it: an instant, and whether only a date was given.
///
/// A date alone orders as its midnight in UTC, so that a changed site setting never reorders facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// The instant; midnight UTC for a date without a time.
    pub at: Instant,
    /// Whether the client gave a date without a time.
    pub date_only: bool,
}

impl Moment {
    /// Parses `yyyy-MM-dd` or `yyyy-MM-ddTHH:mm:ss[.f…]`, one to nine fraction digits (cut to microseconds),
    /// with or without `Z` or `±HH:MM`; no zone means UTC. Codes: `not_a_date`, `out_of_range` (before 1970).
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let not_a_date = || {
            Invalid::new(
                "not_a_date",
                "must be a date as yyyy-MM-dd, yyyy-MM-ddTHH:mm:ss or yyyy-MM-ddTHH:mm:ss.ffffff, \
                 optionally followed by Z or ±HH:MM",
            )
        };
        let (micros, date_only) = scan(raw.trim().as_bytes()).ok_or_else(not_a_date)?;
        if micros < 0 {
            return Err(Invalid::new("out_of_range", "must not lie before 1970-01-01"));
        }
        let at = Instant::from_micros(micros);
        Ok(Self { at, date_only })
    }

    /// Refuses a moment after `now`: a time by more than five minutes (clocks differ), a date that has not yet
    /// begun anywhere on Earth. Code: `in_future`.
    pub fn not_after(self, now: Instant) -> Result<Self, Invalid> {
        let allowance_us = if self.date_only { EASTERNMOST_US } else { CLOCK_SKEW_US };
        if self.at.0 > now.0.saturating_add(allowance_us) {
            return Err(Invalid::new("in_future", "must not lie in the future"));
        }
        Ok(self)
    }
}

impl fmt::Display for Moment {
    /// `2024-01-15` for a date, RFC 3339 in UTC otherwise. [`Moment::parse`] reads both back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.date_only
            && let Ok(timestamp) = Timestamp::from_microsecond(self.at.0)
        {
            return write!(f, "{}", Offset::UTC.to_datetime(timestamp).date());
        }
        self.at.fmt(f)
    }
}

/// Microseconds since 1970 and whether it was a date alone. Stricter than the ISO 8601 that date libraries
/// read (no week dates, blanks or lower-case letters), because only what is documented may be relied upon.
fn scan(text: &[u8]) -> Option<(i64, bool)> {
    let (date, rest) = text.split_at_checked(10)?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = date else {
        return None;
    };
    let year = i16::try_from(number(&[*y1, *y2, *y3, *y4])?).ok()?;
    let date = civil::Date::new(year, small(*m1, *m2)?, small(*d1, *d2)?).ok()?;
    let (time, zone, date_only) = match rest {
        [] => (civil::Time::midnight(), &[][..], true),
        [b'T', rest @ ..] => {
            let (time, zone) = scan_time(rest)?;
            (time, zone, false)
        }
        _ => return None,
    };
    let offset_minutes = scan_zone(zone)?;
    let utc = Offset::UTC.to_timestamp(date.to_datetime(time)).ok()?;
    let micros = utc.as_microsecond() - i64::from(offset_minutes) * 60 * SECOND_US;
    Some((micros, date_only))
}

fn scan_time(text: &[u8]) -> Option<(civil::Time, &[u8])> {
    let [h1, h2, b':', m1, m2, b':', s1, s2, rest @ ..] = text else {
        return None;
    };
    let (nanos, rest) = match rest {
        [b'.', rest @ ..] => {
            let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
            if !(1..=9).contains(&digits) {
                return None;
            }
            let fraction = i32::try_from(number(&rest[..digits])?).ok()?;
            let nanos = fraction * 10i32.pow(u32::try_from(9 - digits).ok()?);
            (nanos, &rest[digits..])
        }
        _ => (0, rest),
    };
    let time = civil::Time::new(small(*h1, *h2)?, small(*m1, *m2)?, small(*s1, *s2)?, nanos).ok()?;
    Some((time, rest))
}

fn scan_zone(text: &[u8]) -> Option<i32> {
    match text {
        [] | [b'Z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (small(*h1, *h2)?, small(*m1, *m2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let total = i32::from(hours) * 60 + i32::from(minutes);
            Some(if *sign == b'-' { -total } else { total })
        }
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0u32, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
}

fn small(tens: u8, ones: u8) -> Option<i8> {
    i8::try_from(number(&[tens, ones])?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(raw: &str) -> Result<String, &'static str> {
        Moment::parse(raw).map(|m| m.to_string()).map_err(|e| e.code)
    }

    #[test]
    fn the_documented_forms_are_read() {
        let cases = [
            ("2024-01-15", "2024-01-15"),
            ("2024-01-15T09:30:00", "2024-01-15T09:30:00Z"),
            ("2024-01-15T09:30:00Z", "2024-01-15T09:30:00Z"),
            ("2024-01-15T09:30:00.123456", "2024-01-15T09:30:00.123456Z"),
            ("2024-01-15T09:30:00.1234567", "2024-01-15T09:30:00.123456Z"),
            ("2024-01-15T09:30:00.5+01:30", "2024-01-15T08:00:00.5Z"),
            ("2024-01-15T23:30:00-08:00", "2024-01-16T07:30:00Z"),
            ("2024-02-29", "2024-02-29"),
        ];
        for (raw, expected) in cases {
            assert_eq!(shown(raw).as_deref(), Ok(expected), "{raw}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let refused = [
            "",
            "2024-1-5",
            "15/01/2024",
            "2023-02-29",
            "2024-13-01",
            "2024-01-15 09:30:00",
            "2024-01-15T09:30",
            "2024-01-15T24:00:00",
            "2024-01-15T09:30:60",
            "2024-01-15T09:30:00.",
            "2024-01-15T09:30:00.1234567890",
            "2024-01-15T09:30:00z",
            "2024-01-15T09:30:00+0100",
            "2024-01-15Z",
            "20240115",
            "2024-W03-1",
        ];
        for raw in refused {
            assert_eq!(shown(raw), Err("not_a_date"), "{raw}");
        }
        assert_eq!(shown("0001-01-01T00:00:00"), Err("out_of_range"), "a .NET default is no date");
    }

    #[test]
    fn the_future_is_refused_with_an_allowance() {
        let now = Moment::parse("2024-01-15T20:00:00Z").unwrap().at;
        let ok = |raw: &str| Moment::parse(raw).unwrap().not_after(now).is_ok();
        assert!(ok("2024-01-15T20:04:59"));
        assert!(!ok("2024-01-15T20:05:01"));
        assert!(ok("2024-01-16"), "it is already the 16th in Auckland");
        assert!(!ok("2024-01-17"));
    }

    proptest! {
        #[test]
        fn writing_and_parsing_are_inverse(micros in 0i64..253_402_000_000_000_000) {
            let moment = Moment { at: Instant::from_micros(micros), date_only: false };
            prop_assert_eq!(Moment::parse(&moment.to_string()), Ok(moment));
        }

        #[test]
        fn any_text_is_a_moment_or_refused(raw in "\\PC*") {
            let _ = Moment::parse(&raw);
        }
    }
}
