//! What a page about numbers is asked, from its address: the API's own parameters, and periods that move with the day.

use super::address::Address;
use super::session::Viewer;
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::query::Query as Parameters;
use crate::http::reports::query_in;
use jiff::civil::Date;
use maud::{Markup, html};
use touchline_domain::attribution::Model;
use touchline_domain::record::RecordKind;
use touchline_domain::report::{Condition, Dimension, Filter, Period, Query};
use touchline_domain::{Day, Invalid};

/// What a link to another page keeps.
pub(crate) const CARRIED: [&str; 8] =
    ["period", "from", "to", "compare", "compareFrom", "compareTo", "kind", "where"];

/// A period that moves with the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preset {
    Days(i32),
    ThisMonth,
    LastMonth,
    ThisQuarter,
    ThisYear,
    All,
}

const PRESETS: [(&str, &str, Preset); 9] = [
    ("7d", "Last 7 days", Preset::Days(7)),
    ("30d", "Last 30 days", Preset::Days(30)),
    ("90d", "Last 90 days", Preset::Days(90)),
    ("365d", "Last 365 days", Preset::Days(365)),
    ("month", "This month", Preset::ThisMonth),
    ("last-month", "Last month", Preset::LastMonth),
    ("quarter", "This quarter", Preset::ThisQuarter),
    ("year", "This year", Preset::ThisYear),
    ("all", "All time", Preset::All),
];

const DEFAULT_PRESET: &str = "30d";

const COMPARISONS: [(&str, &str); 3] =
    [("previous", "Previous period"), ("year", "Year before"), ("none", "No comparison")];

/// What is asked.
pub(crate) struct Asked {
    pub(crate) query: Query,
    /// What it is compared with.
    pub(crate) compared: Option<Period>,
    preset: Option<&'static str>,
    /// `None` for days of its own.
    comparison: Option<&'static str>,
    address: Address,
}

impl Asked {
    /// Reads the page's address; `more` reads what else the page takes.
    pub(crate) fn read<T>(
        app: &App,
        viewer: &Viewer,
        more: impl FnOnce(&mut Parameters) -> T,
    ) -> Result<(Self, T), ApiError> {
        Self::at(app, viewer, &viewer.address, more)
    }

    /// The same of another address.
    pub(crate) fn at<T>(
        app: &App,
        viewer: &Viewer,
        address: &Address,
        more: impl FnOnce(&mut Parameters) -> T,
    ) -> Result<(Self, T), ApiError> {
        let mut parameters = Parameters::of_pairs(address.pairs().to_vec());
        let mut query = query_in::read(&mut parameters);
        let preset = parameters.optional("period", |raw| named(&PRESETS.map(|(name, _, _)| name), raw));
        // A period wins over days that were chosen before it.
        let is_open = query.period == Period::default();
        let preset = preset.or(is_open.then_some(DEFAULT_PRESET));
        let today = Day::of_in(app.clock.now(), &viewer.site.time_zone.zone());
        if let Some((_, _, preset)) = PRESETS.iter().find(|(name, _, _)| Some(*name) == preset) {
            query.period = preset.period(today);
        }
        let comparison = parameters.optional("compare", |raw| named(&COMPARISONS.map(|(name, _)| name), raw));
        let given = query_in::period(&mut parameters, "compareFrom", "compareTo");
        let more = more(&mut parameters);
        parameters.finish()?;
        let given = Some(given).filter(|given| *given != Period::default() && comparison.is_none());
        let comparison = comparison.or(given.is_none().then_some("previous"));
        let compared = match comparison {
            None => given,
            Some("none") => None,
            Some("year") => shifted(query.period, a_year_before),
            Some(_) => previous(query.period),
        };
        let asked = Self { query, compared, preset, comparison, address: address.clone() };
        Ok((asked, more))
    }

    /// The address of the page.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// How the period is called.
    pub(crate) fn period_title(&self, viewer: &Viewer) -> String {
        period_title(viewer, self.query.period)
    }

    /// The form that chooses period, comparison and kind; everything else that is asked stays.
    pub(crate) fn controls(&self, viewer: &Viewer) -> Markup {
        let kept = self.address.without(&["period", "compare", "kind", "page"]);
        let of_days = self.address.without(&["period", "from", "to", "page"]);
        let day = |day: Option<Day>| day.map(|day| day.to_string());
        let is_custom = self.preset.is_none();
        html! {
            div.controls {
            form.controls method="get" data-submit-on-change {
                @for (name, value) in kept.pairs() { input type="hidden" name=(name) value=(value); }
                label { span { "Records" }
                    select name="kind" {
                        @for kind in RecordKind::ALL {
                            option value=(kind.name()) selected[kind == self.query.kind] { (kind_title(kind)) }
                        }
                    }
                }
                label { span { "Period" }
                    select name="period" {
                        @for (name, title, _) in PRESETS {
                            option value=(name) selected[Some(name) == self.preset] { (title) }
                        }
                        @if is_custom { option value="" selected { (self.period_title(viewer)) } }
                    }
                }
                label { span { "Compared with" }
                    select name="compare" {
                        @for (name, title) in COMPARISONS {
                            option value=(name) selected[Some(name) == self.comparison] { (title) }
                        }
                        @if let (None, Some(compared)) = (self.comparison, self.compared) { option value="" selected { (period_title(viewer, compared)) } }
                    }
                }
                button.apply type="submit" { "Show" }
            }
            details.dates {
                summary { "Dates" }
                form.popover method="get" {
                    @for (name, value) in of_days.pairs() { input type="hidden" name=(name) value=(value); }
                    label { span { "From" } input type="date" name="from" value=[is_custom.then(|| day(self.query.period.from)).flatten()]; }
                    label { span { "To" } input type="date" name="to" value=[is_custom.then(|| day(self.query.period.to)).flatten()]; }
                    button type="submit" { "Show these days" }
                }
            }
            }
        }
    }

    /// The filters as chips, each with a link that takes it away.
    pub(crate) fn chips(&self) -> Markup {
        // Those that were read, each with what it was read from.
        let raws = self.address.all("where").filter(|raw| !raw.trim().is_empty());
        let filters: Vec<(&str, &Filter)> = raws.zip(&self.query.filters).collect();
        html! {
            @if !filters.is_empty() {
                ul.chips aria-label="Filters" {
                    @for (raw, filter) in &filters {
                        li.chip {
                            span {
                                (dimension_title(&filter.dimension.to_string()))
                                @if filter.condition == Condition::IsNot { " is not " } @else { " is " }
                                strong { (filter.values.join(" or ")) }
                            }
                            a href=(self.address.less("where", raw).without(&["page"])) aria-label=(format!("Remove the filter {raw}")) { "×" }
                        }
                    }
                    @if filters.len() > 1 { li { a href=(self.address.without(&["where", "page"])) { "Clear all" } } }
                }
            }
        }
    }
}

fn period_title(viewer: &Viewer, period: Period) -> String {
    match (period.from, period.to) {
        (Some(from), Some(to)) if from == to => viewer.locale.day(from),
        (Some(from), Some(to)) => format!("{} – {}", viewer.locale.day(from), viewer.locale.day(to)),
        (Some(from), None) => format!("from {}", viewer.locale.day(from)),
        (None, Some(to)) => format!("until {}", viewer.locale.day(to)),
        (None, None) => "all time".to_owned(),
    }
}

/// The value of `where` that leaves one value of a dimension.
pub(crate) fn only(dimension: Dimension, value: &str) -> String {
    query_in::filter_text(&Filter { dimension, condition: Condition::Is, values: vec![value.to_owned()] })
}

/// What people call a kind of records.
pub(crate) fn kind_title(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Opportunity => "Opportunities",
        RecordKind::Revenue => "Revenue",
    }
}

/// What people call a dimension.
pub(crate) fn dimension_title(name: &str) -> String {
    let fixed = match name {
        "landingPage" => "Landing page",
        "platform" => "Ad platform",
        "found" => "Matched by",
        "touchDay" => "Day of touch",
        "touchWeek" => "Week of touch",
        "touchMonth" => "Month of touch",
        "touchQuarter" => "Quarter of touch",
        "touchYear" => "Year of touch",
        _ => "",
    };
    if !fixed.is_empty() {
        return fixed.to_owned();
    }
    if let Some(property) = name.strip_prefix("property.") {
        return property.to_owned();
    }
    capitalized(name)
}

/// What people call a model: its name, and its parameters where they are not the usual ones.
pub(crate) fn model_title(model: &Model) -> String {
    let name = model.name();
    let title = match name {
        "last-non-direct" => capitalized("last non-direct"),
        "position-based" | "w-shaped" => capitalized(name),
        _ => capitalized(&name.replace('-', " ")),
    };
    let parameters: Vec<String> =
        model.parameters().into_iter().map(|(name, value)| format!("{name}\u{a0}{value}")).collect();
    if Model::with(name, &[]) == Ok(*model) { title } else { format!("{title} ({})", parameters.join(", ")) }
}

/// With a capital letter first.
pub(crate) fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn named<const N: usize>(names: &[&'static str; N], raw: &str) -> Result<&'static str, Invalid> {
    let found = names.iter().find(|name| **name == raw.trim()).copied();
    found.ok_or_else(|| Invalid::new("unknown_name", format!("must be one of {}", names.join(", "))))
}

impl Preset {
    fn period(self, today: Day) -> Period {
        let from = |from: Day| Period { from: Some(from), to: Some(today) };
        let Some(date) = date(today) else { return Period::default() };
        let first_of = |month: i8| Date::new(date.year(), month, 1).map_or(today, day);
        match self {
            Self::Days(days) => from(today.plus_days(1 - days)),
            Self::ThisMonth => from(first_of(date.month())),
            Self::LastMonth => {
                let end = first_of(date.month()).plus_days(-1);
                let begin = end.plus_days(1 - self::date(end).map_or(1, |end| i32::from(end.day())));
                Period { from: Some(begin), to: Some(end) }
            }
            Self::ThisQuarter => from(first_of((date.month() - 1) / 3 * 3 + 1)),
            Self::ThisYear => from(first_of(1)),
            Self::All => Period::default(),
        }
    }
}

/// As many days right before.
fn previous(period: Period) -> Option<Period> {
    let days = period.to?.number() - period.from?.number() + 1;
    shifted(period, |day| day.plus_days(-days))
}

fn shifted(period: Period, shift: impl Fn(Day) -> Day) -> Option<Period> {
    Some(Period { from: Some(shift(period.from?)), to: Some(shift(period.to?)) })
}

fn a_year_before(before: Day) -> Day {
    date(before).and_then(|date| date.checked_sub(jiff::Span::new().years(1)).ok()).map_or(before, day)
}

fn date(day: Day) -> Option<Date> {
    day.to_string().parse().ok()
}

fn day(date: Date) -> Day {
    Day::parse(&date.to_string()).unwrap_or(Day::from_number(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(period: Option<Period>) -> String {
        let day = |day: Option<Day>| day.map_or_else(String::new, |day| day.to_string());
        period.map_or_else(|| "none".to_owned(), |period| format!("{}/{}", day(period.from), day(period.to)))
    }

    #[test]
    fn periods_move_with_the_day_and_are_compared_with_as_many_days_before() {
        let today = Day::parse("2024-02-29").unwrap();
        for (name, period, before, year_before) in [
            ("7d", "2024-02-23/2024-02-29", "2024-02-16/2024-02-22", "2023-02-23/2023-02-28"),
            ("month", "2024-02-01/2024-02-29", "2024-01-03/2024-01-31", "2023-02-01/2023-02-28"),
            ("last-month", "2024-01-01/2024-01-31", "2023-12-01/2023-12-31", "2023-01-01/2023-01-31"),
            ("quarter", "2024-01-01/2024-02-29", "2023-11-02/2023-12-31", "2023-01-01/2023-02-28"),
            ("year", "2024-01-01/2024-02-29", "2023-11-02/2023-12-31", "2023-01-01/2023-02-28"),
            ("all", "/", "none", "none"),
        ] {
            let (_, _, preset) = PRESETS.iter().find(|(one, _, _)| *one == name).unwrap();
            let asked = preset.period(today);
            assert_eq!(told(Some(asked)), period, "{name}");
            assert_eq!(told(previous(asked)), before, "{name}");
            assert_eq!(told(shifted(asked, a_year_before)), year_before, "{name}");
        }
    }
}
