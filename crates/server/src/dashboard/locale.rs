//! Numbers, money and dates as the viewer writes them (`Accept-Language`), days in the site's time zone.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use icu_calendar::Iso;
use icu_datetime::DateTimeFormatter;
use icu_datetime::fieldsets::{MD, YM, YMD, YMDT};
use icu_datetime::input::{Date, DateTime, Time};
use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_decimal::options::DecimalFormatterOptions;
use icu_locale_core::{Locale as Language, locale};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use touchline_domain::{Currency, Day, Instant, format_minor};

/// How numbers, money and dates look.
pub(crate) struct Locale {
    decimal: DecimalFormatter,
    day: DateTimeFormatter<YMD>,
    short_day: DateTimeFormatter<MD>,
    month: DateTimeFormatter<YM>,
    moment: DateTimeFormatter<YMDT>,
    zone: TimeZone,
    puts_symbol_last: bool,
}

/// Languages that write `12 €`, by CLDR's standard currency pattern.
const SYMBOL_LAST: [&str; 33] = [
    "be", "bg", "bs", "ca", "cs", "da", "de", "el", "es", "et", "eu", "fi", "fr", "gl", "hr", "hu", "hy",
    "is", "it", "ka", "kk", "lt", "lv", "mk", "nb", "no", "pl", "ro", "ru", "sk", "sl", "sv", "uk",
];

/// The most of a header that is looked at.
const LANGUAGES_MAX: usize = 20;

impl Locale {
    /// What a browser prefers, of what is understood.
    pub(crate) fn of(headers: &HeaderMap, zone: TimeZone) -> Self {
        let header = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let mut preferred: Option<(f32, Language)> = None;
        for one in header.split(',').take(LANGUAGES_MAX) {
            let (tag, weight) = one.split_once(";q=").unwrap_or((one, "1"));
            let weight: f32 = weight.trim().parse().unwrap_or(0.0);
            let Ok(language) = tag.trim().parse::<Language>() else { continue };
            if weight > 0.0 && preferred.as_ref().is_none_or(|(most, _)| weight > *most) {
                preferred = Some((weight, language));
            }
        }
        let preferred = preferred.map_or(locale!("en-GB"), |(_, language)| language);
        Self::new(&preferred, zone.clone())
            .or_else(|| Self::new(&locale!("en-GB"), zone))
            .unwrap_or_else(|| unreachable!())
    }

    fn new(language: &Language, zone: TimeZone) -> Option<Self> {
        Some(Self {
            decimal: DecimalFormatter::try_new(language.into(), DecimalFormatterOptions::default()).ok()?,
            day: DateTimeFormatter::try_new(language.into(), YMD::medium()).ok()?,
            short_day: DateTimeFormatter::try_new(language.into(), MD::medium()).ok()?,
            month: DateTimeFormatter::try_new(language.into(), YM::medium()).ok()?,
            moment: DateTimeFormatter::try_new(language.into(), YMD::medium().with_time_hm()).ok()?,
            zone,
            puts_symbol_last: SYMBOL_LAST.contains(&language.id.language.as_str())
                || language.to_string().starts_with("pt-PT"),
        })
    }

    /// A plain decimal text, such as `-1234.50`.
    fn plain(&self, text: &str) -> String {
        text.parse::<Decimal>()
            .map_or_else(|_| text.to_owned(), |decimal| self.decimal.format(&decimal).to_string())
    }

    /// A whole number.
    pub(crate) fn count(&self, count: u64) -> String {
        self.decimal.format(&Decimal::from(count)).to_string()
    }

    /// A number with so many decimals.
    pub(crate) fn number(&self, number: f64, decimals: usize) -> String {
        self.plain(&format!("{number:.decimals$}"))
    }

    /// A share of one, as a percentage with one decimal.
    pub(crate) fn percent(&self, share: f64) -> String {
        let number = self.number(share * 100.0, 1);
        if self.puts_symbol_last { format!("{number}\u{a0}%") } else { format!("{number}%") }
    }

    /// An amount to the minor unit: `£1,234.50`.
    pub(crate) fn amount(&self, minor: i128, currency: Currency) -> String {
        self.with_symbol(&self.plain(&format_minor(minor.abs(), currency)), minor < 0, currency)
    }

    /// An amount in three digits or so, for an axis: `£1.2k`.
    pub(crate) fn short_amount(&self, minor: i128, currency: Currency) -> String {
        #[expect(clippy::cast_precision_loss, reason = "a label of an axis")]
        let units = minor.abs() as f64 / 10_f64.powi(i32::try_from(currency.decimals()).unwrap_or(0));
        let text = self.short(units);
        self.with_symbol(&text, minor < 0, currency)
    }

    /// A number in three digits or so: `1.2k`.
    pub(crate) fn short(&self, number: f64) -> String {
        let (scaled, mark) = match number {
            n if n >= 999_500_000.0 => (n / 1e9, "bn"),
            n if n >= 999_500.0 => (n / 1e6, "m"),
            n if n >= 1_000.0 => (n / 1e3, "k"),
            n => (n, ""),
        };
        let decimals = usize::from(scaled < 100.0 && (scaled - scaled.round()).abs() > 0.05);
        format!("{}{mark}", self.number(scaled, decimals))
    }

    fn with_symbol(&self, number: &str, is_negative: bool, currency: Currency) -> String {
        let sign = if is_negative { "\u{2212}" } else { "" };
        let symbol = currency.symbol();
        if self.puts_symbol_last {
            return format!("{sign}{number}\u{a0}{symbol}");
        }
        let gap = if symbol.chars().all(|letter| letter.is_ascii_alphabetic()) { "\u{a0}" } else { "" };
        format!("{sign}{symbol}{gap}{number}")
    }

    /// An amount as an element that programs can read too.
    pub(crate) fn money(&self, minor: i128, currency: Currency) -> Markup {
        html! {
            data.money value=(format_minor(minor, currency)) data-currency=(currency.code()) { (self.amount(minor, currency)) }
        }
    }

    /// A day: `24 Nov 2026`.
    pub(crate) fn day(&self, day: Day) -> String {
        date(day).map_or_else(|| day.to_string(), |date| self.day.format(&date).to_string())
    }

    /// A day of a year that is plain from where it stands: `24 Nov`.
    pub(crate) fn short_day(&self, day: Day) -> String {
        date(day).map_or_else(|| day.to_string(), |date| self.short_day.format(&date).to_string())
    }

    /// The month of a day: `Nov 2026`.
    pub(crate) fn month(&self, day: Day) -> String {
        date(day).map_or_else(|| day.to_string(), |date| self.month.format(&date).to_string())
    }

    /// An instant in the site's time zone, to the minute.
    pub(crate) fn moment(&self, instant: Instant) -> String {
        self.civil(instant)
            .map_or_else(|| instant.to_string(), |civil| self.moment.format(&civil).to_string())
    }

    /// An instant as an element that programs can read too.
    pub(crate) fn time(&self, instant: Instant) -> Markup {
        html! { time datetime=(instant) { (self.moment(instant)) } }
    }

    fn civil(&self, instant: Instant) -> Option<DateTime<Iso>> {
        let timestamp = jiff::Timestamp::from_microsecond(instant.as_micros()).ok()?;
        let civil = self.zone.to_datetime(timestamp);
        let date = date(Day::of_in(instant, &self.zone))?;
        let unsigned = |part: i8| u8::try_from(part).unwrap_or(0);
        let time = Time::try_new(unsigned(civil.hour()), unsigned(civil.minute()), 0, 0).ok()?;
        Some(DateTime { date, time })
    }
}

fn date(day: Day) -> Option<Date<Iso>> {
    let civil: jiff::civil::Date = day.to_string().parse().ok()?;
    let (month, day) = (u8::try_from(civil.month()).ok()?, u8::try_from(civil.day()).ok()?);
    Date::try_new_iso(civil.year().into(), month, day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn locale(header: &'static str) -> Locale {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(header));
        Locale::of(&headers, TimeZone::get("Europe/Berlin").unwrap())
    }

    #[test]
    fn everybody_reads_their_own_form() {
        let (pounds, yen, francs) = ["GBP", "JPY", "CHF"].map(|code| Currency::parse(code).unwrap()).into();
        let day = Day::parse("2026-11-24").unwrap();
        for (header, amount, other, short, date) in [
            ("en-GB", "£1,234,567.89", "\u{2212}CHF\u{a0}5.00", "£1.2m", "24 Nov 2026"),
            ("en-US,en;q=0.5", "$1,234,567.89", "\u{2212}CHF\u{a0}5.00", "£1.2m", "Nov 24, 2026"),
            (
                "xx;q=0.1, de;q=0.9",
                "1.234.567,89\u{a0}£",
                "\u{2212}5,00\u{a0}CHF",
                "1,2m\u{a0}£",
                "24.11.2026",
            ),
            ("*", "£1,234,567.89", "\u{2212}CHF\u{a0}5.00", "£1.2m", "24 Nov 2026"),
        ] {
            let locale = locale(header);
            assert_eq!(locale.amount(123_456_789, pounds), amount.replace('$', "£"), "{header}");
            assert_eq!(locale.amount(-500, francs), other);
            assert_eq!(locale.short_amount(123_456_789, pounds), short);
            assert_eq!(locale.day(day), date);
        }
        assert_eq!(locale("en").amount(1_234, yen), "¥1,234");
        assert_eq!(locale("en").short(999.0), "999");
        assert_eq!(locale("en").percent(0.1234), "12.3%");
    }

    #[test]
    fn a_moment_is_told_in_the_site_s_time_zone() {
        let late = touchline_domain::Moment::parse("2026-11-24T23:30:00Z").unwrap().at;
        assert_eq!(locale("en-GB").moment(late), "25 Nov 2026, 00:30");
    }
}
