use crate::{Day, Invalid, Text};
use jiff::civil::{Date, Weekday};
use std::fmt;

/// What a touch is grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TouchDimension {
    /// The channel, such as `Paid Search`.
    Channel,
    /// Who sent the visit.
    Source,
    /// By what means.
    Medium,
    /// The campaign's name.
    Campaign,
    /// The paid keyword.
    Term,
    /// Which advertisement or link.
    Content,
    /// The landing page's host and path.
    LandingPage,
    /// The referrer's host.
    Referrer,
    /// The advertising platform that a click id names.
    Platform,
    /// What it was looked at with.
    Device,
}

impl TouchDimension {
    /// Every one.
    pub const ALL: [Self; 10] = [
        Self::Channel,
        Self::Source,
        Self::Medium,
        Self::Campaign,
        Self::Term,
        Self::Content,
        Self::LandingPage,
        Self::Referrer,
        Self::Platform,
        Self::Device,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Source => "source",
            Self::Medium => "medium",
            Self::Campaign => "campaign",
            Self::Term => "term",
            Self::Content => "content",
            Self::LandingPage => "landingPage",
            Self::Referrer => "referrer",
            Self::Platform => "platform",
            Self::Device => "device",
        }
    }
}

/// What a record is grouped by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordDimension {
    /// The CRM's stage.
    Stage,
    /// What the stage means.
    Milestone,
    /// The labels, all of a record's together, so that nothing is counted twice.
    Label,
    /// The currency that the record is in.
    Currency,
    /// Whether somebody was found, and by what kind of identifier or why not.
    Found,
    /// A property that the CRM added.
    Property(Text<255>),
}

/// A span of days that time is divided into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// A day.
    Day,
    /// A week, from Monday.
    Week,
    /// A month.
    Month,
    /// A quarter.
    Quarter,
    /// A year.
    Year,
}

/// Whose date is put into buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BucketBy {
    /// The record's.
    Record,
    /// The touch's.
    Touch,
}

/// What a report groups by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// Something of the touch.
    Touch(TouchDimension),
    /// Something of the record.
    Record(RecordDimension),
    /// A span of time, in the site's time zone.
    Time(BucketBy, Bucket),
}

const RECORD_NAMES: [(&str, RecordDimension); 5] = [
    ("stage", RecordDimension::Stage),
    ("milestone", RecordDimension::Milestone),
    ("label", RecordDimension::Label),
    ("currency", RecordDimension::Currency),
    ("found", RecordDimension::Found),
];

const TIME_NAMES: [(&str, BucketBy, Bucket); 10] = [
    ("day", BucketBy::Record, Bucket::Day),
    ("week", BucketBy::Record, Bucket::Week),
    ("month", BucketBy::Record, Bucket::Month),
    ("quarter", BucketBy::Record, Bucket::Quarter),
    ("year", BucketBy::Record, Bucket::Year),
    ("touchDay", BucketBy::Touch, Bucket::Day),
    ("touchWeek", BucketBy::Touch, Bucket::Week),
    ("touchMonth", BucketBy::Touch, Bucket::Month),
    ("touchQuarter", BucketBy::Touch, Bucket::Quarter),
    ("touchYear", BucketBy::Touch, Bucket::Year),
];

const PROPERTY: &str = "property.";

impl Dimension {
    /// Takes `channel`, `stage`, `property.Region`, `month`, `touchMonth`, … Code: `unknown_dimension`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let raw = raw.trim();
        if let Some(name) = raw.strip_prefix(PROPERTY) {
            return Text::parse(name).map(|name| Self::Record(RecordDimension::Property(name)));
        }
        let touch = TouchDimension::ALL.into_iter().find(|one| one.name() == raw).map(Self::Touch);
        let record = || {
            let found = RECORD_NAMES.iter().find(|(name, _)| *name == raw);
            found.map(|(_, one)| Self::Record(one.clone()))
        };
        let time = || {
            let found = TIME_NAMES.iter().find(|(name, _, _)| *name == raw);
            found.map(|(_, by, bucket)| Self::Time(*by, *bucket))
        };
        touch.or_else(record).or_else(time).ok_or_else(|| {
            let must = format!("must be one of {}, {PROPERTY}NAME", Self::names().join(", "));
            Invalid::new("unknown_dimension", must)
        })
    }

    /// The names that [`Dimension::parse`] takes, but for those of properties.
    pub fn names() -> Vec<&'static str> {
        let touch = TouchDimension::ALL.into_iter().map(TouchDimension::name);
        let record = RECORD_NAMES.iter().map(|(name, _)| *name);
        touch.chain(record).chain(TIME_NAMES.iter().map(|(name, _, _)| *name)).collect()
    }
}

impl fmt::Display for Dimension {
    /// The name, which [`Dimension::parse`] reads back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Touch(touch) => f.write_str(touch.name()),
            Self::Record(RecordDimension::Property(name)) => write!(f, "{PROPERTY}{name}"),
            Self::Record(record) => {
                let found = RECORD_NAMES.iter().find(|(_, one)| one == record);
                f.write_str(found.map_or("", |(name, _)| name))
            }
            Self::Time(by, bucket) => {
                let found = TIME_NAMES.iter().find(|(_, one, other)| (one, other) == (by, bucket));
                f.write_str(found.map_or("", |(name, _, _)| name))
            }
        }
    }
}

impl Bucket {
    /// The first day of the bucket that a day lies in.
    pub fn begin(self, day: Day) -> Day {
        let Some(date) = date(day) else { return day };
        let begin = match self {
            Self::Day => Some(date),
            Self::Week => {
                let since_monday = date.weekday().since(Weekday::Monday);
                return day.plus_days(-i32::from(since_monday));
            }
            Self::Month => Date::new(date.year(), date.month(), 1).ok(),
            Self::Quarter => Date::new(date.year(), (date.month() - 1) / 3 * 3 + 1, 1).ok(),
            Self::Year => Date::new(date.year(), 1, 1).ok(),
        };
        begin.map_or(day, |begin| {
            day.plus_days(i32::from(begin.day_of_year()) - i32::from(date.day_of_year()))
        })
    }
}

impl Bucket {
    /// The first day of the bucket after the one that begins on a day.
    pub fn next(self, begin: Day) -> Day {
        let at_most = match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 31,
            Self::Quarter => 92,
            Self::Year => 366,
        };
        self.begin(begin.plus_days(at_most))
    }
}

fn date(day: Day) -> Option<Date> {
    let timestamp = jiff::Timestamp::from_microsecond(day.start().as_micros()).ok()?;
    Some(jiff::tz::Offset::UTC.to_datetime(timestamp).date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_again() {
        for name in Dimension::names().into_iter().chain(["property.Region", "property.a.b"]) {
            assert_eq!(Dimension::parse(name).map(|one| one.to_string()).as_deref(), Ok(name));
        }
        assert_eq!(Dimension::parse("Channel").map_err(|e| e.code), Err("unknown_dimension"));
        assert_eq!(Dimension::parse("property.").map_err(|e| e.code), Err("empty"));
    }

    #[test]
    fn days_lie_in_buckets() {
        let begin = |bucket: Bucket, day: &str| bucket.begin(Day::parse(day).unwrap()).to_string();
        assert_eq!(begin(Bucket::Day, "2024-02-29"), "2024-02-29");
        assert_eq!(begin(Bucket::Week, "2024-03-03"), "2024-02-26");
        assert_eq!(begin(Bucket::Week, "2024-03-04"), "2024-03-04");
        assert_eq!(begin(Bucket::Month, "2024-02-29"), "2024-02-01");
        assert_eq!(begin(Bucket::Quarter, "2024-12-31"), "2024-10-01");
        assert_eq!(begin(Bucket::Year, "2024-12-31"), "2024-01-01");
    }

    #[test]
    fn a_bucket_ends_where_the_next_begins() {
        for bucket in [Bucket::Day, Bucket::Week, Bucket::Month, Bucket::Quarter, Bucket::Year] {
            let mut begin = bucket.begin(Day::from_number(10_000));
            for number in begin.number() + 1..13_000 {
                let day = Day::from_number(number);
                let is_next = bucket.begin(day) != begin;
                assert_eq!(bucket.next(begin) == day, is_next, "{bucket:?} {day}");
                begin = bucket.begin(day);
            }
        }
    }
}
