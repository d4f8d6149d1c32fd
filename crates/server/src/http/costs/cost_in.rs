//! Parsing costs of advertising: one or many in a body, each of a day or of several, all of them or every problem out.

use super::{general_in, platforms_in};
use crate::http::error::Problem;
use crate::http::json::{self, Object, Problems};
use serde_json::value::RawValue;
use touchline_domain::cost::parse_count;
use touchline_domain::{AdCost, Currency, Day, Instant, Invalid, Moment, Money, Site};

/// The most costs that one body can hold.
const COSTS_MAX: usize = 1_000;

/// The most days that they can be of, all together: a cost of a month is thirty.
const DAYS_MAX: i32 = 5_000;

/// Which of the wire's shapes a body has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Custom sources, and the same for named platforms in its older form: <https://rulerapi.com/put-adcosts>.
    General,
    /// <https://rulerapi.com/put-adcosts-bing>
    Bing,
    /// <https://rulerapi.com/put-adcosts-facebook>
    Facebook,
    /// <https://rulerapi.com/put-adcosts-google>
    Google,
}

/// Costs that can be stored, and what their sender should know.
#[derive(Debug)]
pub(crate) struct CostsIn {
    pub(crate) costs: Vec<AdCost>,
    /// What was accepted but looks like a mistake.
    pub(crate) warnings: Vec<Problem>,
    /// JSON pointers to members that Touchline does not know and did not store.
    pub(crate) ignored: Vec<String>,
}

/// A body that is being read: against what, and what was found so far.
pub(super) struct Reading<'a> {
    pub(super) site: &'a Site,
    pub(super) now: Instant,
    pub(super) problems: Problems,
    warnings: Vec<Problem>,
    ignored: Vec<String>,
}

/// A cost, and the last day that it is of.
pub(super) type OfPeriod = (AdCost, Day);

impl CostsIn {
    /// Reads one cost, or an array of them. The error holds every problem that they have.
    pub(crate) fn parse(
        raw: &RawValue,
        shape: Shape,
        site: &Site,
        now: Instant,
    ) -> Result<Self, Vec<Problem>> {
        let (problems, warnings, ignored) = (Problems::default(), Vec::new(), Vec::new());
        let mut reading = Reading { site, now, problems, warnings, ignored };
        let (mut costs, mut days) = (Vec::new(), 0);
        for (pointer, raw) in reading.bodies(raw) {
            if let Some((cost, last)) = reading.one(raw, pointer, shape) {
                days += last.number() - cost.day.number() + 1;
                if days <= DAYS_MAX {
                    costs.extend(cost.over(last));
                }
            }
        }
        if days > DAYS_MAX {
            reading.wrong("", "body", "too_many", format!("must be of at most {DAYS_MAX} days in all"));
        }
        let Reading { problems, warnings, ignored, .. } = reading;
        if problems.is_empty() { Ok(Self { costs, warnings, ignored }) } else { Err(problems.into_vec()) }
    }
}

impl Reading<'_> {
    /// What stands in a body, each with its pointer.
    fn bodies<'b>(&mut self, raw: &'b RawValue) -> Vec<(String, &'b RawValue)> {
        let Some(elements) = json::elements(raw) else { return vec![(String::new(), raw)] };
        if elements.is_empty() {
            self.wrong("", "body", "required", "must hold at least one cost".into());
        }
        if elements.len() > COSTS_MAX {
            self.wrong("", "body", "too_many", format!("must have at most {COSTS_MAX} elements"));
            return Vec::new();
        }
        elements.into_iter().enumerate().map(|(index, raw)| (format!("/{index}"), raw)).collect()
    }

    fn one(&mut self, raw: &RawValue, pointer: String, shape: Shape) -> Option<OfPeriod> {
        let mut object = Object::read(raw, pointer, "body", &mut self.problems)?;
        let cost = match shape {
            Shape::General => general_in::read(&mut object, self),
            Shape::Bing => platforms_in::bing(&mut object, self),
            Shape::Facebook => platforms_in::facebook(&mut object, self),
            Shape::Google => platforms_in::google(&mut object, self),
        };
        self.ignore(&object);
        cost
    }

    /// Remembers what nobody asked for.
    pub(super) fn ignore(&mut self, object: &Object<'_>) {
        self.ignored.extend(object.ignored());
    }

    fn wrong(&mut self, pointer: &str, name: &str, code: &'static str, must: String) {
        self.problems.add(pointer, name, &Invalid::new(code, must));
    }

    /// A day that has begun somewhere; of a time, the day in UTC.
    pub(super) fn day(&mut self, object: &mut Object<'_>, name: &str) -> Option<Day> {
        let now = self.now;
        let moment = object.required(name, &mut self.problems, |raw| Moment::parse(raw)?.not_after(now))?;
        Some(Day::of(moment.at))
    }

    /// The first and the last day of a period.
    pub(super) fn period(
        &mut self,
        object: &mut Object<'_>,
        first_name: &str,
        last_name: &str,
    ) -> Option<(Day, Day)> {
        let (first, last) = (self.day(object, first_name), self.day(object, last_name));
        let (first, last) = (first?, last?);
        let days = last.number() - first.number() + 1;
        let pointer = object.pointer_to(last_name);
        if days < 1 {
            self.wrong(&pointer, last_name, "before_start", format!("must not lie before '{first_name}'"));
            return None;
        }
        if days > AdCost::PERIOD_DAYS_MAX {
            let must = format!("must end a period of at most {} days", AdCost::PERIOD_DAYS_MAX);
            self.wrong(&pointer, last_name, "out_of_range", must);
            return None;
        }
        Some((first, last))
    }

    /// A whole number that is not less than nothing.
    pub(super) fn count(&mut self, object: &mut Object<'_>, name: &str) -> Option<u64> {
        object.optional(name, &mut self.problems, parse_count)
    }

    /// As [`Reading::count`]; it must be given.
    pub(super) fn required_count(&mut self, object: &mut Object<'_>, name: &str) -> Option<u64> {
        object.required(name, &mut self.problems, parse_count)
    }

    /// An amount in units of ten to minus `unit_decimals`. What the currency has no decimals for is rounded, since platforms
    /// send it; the sender is told.
    pub(super) fn spent(
        &mut self,
        object: &mut Object<'_>,
        name: &str,
        unit_decimals: u32,
        currency: Option<Currency>,
    ) -> Option<Money> {
        let Some(currency) = currency else {
            object.required(name, &mut self.problems, Money::check_number);
            return None;
        };
        let parse = |raw: &str| Money::parse_rounded(raw, unit_decimals, currency);
        let (money, is_rounded) = object.required(name, &mut self.problems, parse)?;
        if is_rounded {
            self.warnings.push(Problem {
                pointer: object.pointer_to(name),
                code: "rounded",
                detail: format!("'{name}' was rounded to {money}: the currency has no more decimals."),
            });
        }
        Some(money)
    }
}
