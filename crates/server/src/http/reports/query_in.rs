//! What a report is asked, from a request's parameters.

use super::super::error::{ApiError, Code};
use super::super::query::{self, Query as Parameters};
use crate::app::reports::ReportError;
use touchline_domain::attribution::{DirectPolicy, Model};
use touchline_domain::record::RecordKind;
use touchline_domain::report::{Condition, Dimension, Filter, Metrics, Period, Query, TooMuch};
use touchline_domain::{Currency, Day, Instant, Invalid, Moment};
use utoipa::IntoParams;

/// What a report is asked.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the query; read by `read`")]
pub(crate) struct ReportParams {
    /// Which records: `opportunity` or `revenue`.
    #[param(required = false, default = "opportunity", pattern = "^(opportunity|revenue)?$")]
    kind: String,
    /// Grouped by what, at most three, separated by commas: `channel`, `source`, `medium`, `campaign`, `term`, `content`,
    /// `landingPage`, `referrer`, `platform`, `device` of a touch; `stage`, `milestone`, `label`, `currency`, `found`,
    /// `property.NAME` of a record; `day`, `week`, `month`, `quarter`, `year` of the record's date, and `touchDay` … of the
    /// touch's. In a name, `\,` is a comma of its own: `\` before `,`, `:`, `|` or another `\` takes the character as it is.
    #[param(required = false, default = "channel", format = "touchline-dimensions")]
    by: String,
    /// A model, such as `linear` or `time-decay:half-life=14d`; several separated by commas, or by giving it several times.
    #[param(required = false, default = "linear", format = "touchline-model")]
    model: String,
    /// What becomes of direct touches: `keep`, `skip` or `last-resort`.
    #[param(required = false, default = "keep", pattern = "^(keep|skip|last-resort)?$")]
    direct: String,
    /// How many days before the record's date touches count; all of them when absent.
    #[param(required = false, format = "touchline-days")]
    lookback: String,
    /// Not of a record's day before this.
    #[param(required = false, format = "touchline-day")]
    from: String,
    /// Not of a record's day after this.
    #[param(required = false, format = "touchline-day")]
    to: String,
    /// In which currency; the site's when absent.
    #[param(schema_with = super::super::schema::currency, required = false)]
    currency: String,
    /// A filter: `channel:Email`, `source:google|bing`, or with `!` before it for all others; `\:` in a property's name and `\|` in a
    /// value are the characters themselves, as with `by`. Several by giving it several times; all must hold.
    #[param(required = false, format = "touchline-filter")]
    r#where: String,
}

/// As of when.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the query; read by `moment`")]
pub(crate) struct AsOfParams {
    /// As it was known at this moment (of a date, at the end of it in UTC): from what had been received by then, under the
    /// settings that the site had. Rates are today's. As of now when absent.
    #[param(required = false, format = "touchline-moment")]
    as_of: String,
}

/// The longest lookback, in days.
const LOOKBACK_MAX: u32 = 3_650;

/// The most filters, and values of one.
const FILTERS_MAX: usize = 20;
const VALUES_MAX: usize = 100;

/// Reads what a report is asked; whoever calls reads what else it takes, and finishes.
pub(crate) fn read(parameters: &mut Parameters) -> Query {
    read_with(parameters, Query::default().models)
}

/// As [`read`], with other models where none is named.
pub(crate) fn read_with(parameters: &mut Parameters, default_models: Vec<Model>) -> Query {
    let kind = parameters.optional("kind", |raw| {
        let found = RecordKind::ALL.into_iter().find(|kind| kind.name() == raw.trim());
        found.ok_or_else(|| Invalid::new("unknown_kind", "must be opportunity or revenue"))
    });
    let default = Query::default();
    let by = parameters.optional("by", dimensions);
    let models: Vec<Vec<Model>> = parameters.repeated("model", models);
    let models: Vec<Model> = models.into_iter().flatten().collect();
    let query = Query {
        kind: kind.unwrap_or(default.kind),
        by: by.unwrap_or(default.by),
        models: if models.is_empty() { default_models } else { models },
        direct: parameters.optional("direct", DirectPolicy::parse).unwrap_or_default(),
        lookback_days: parameters.optional("lookback", lookback),
        period: period(parameters, "from", "to"),
        filters: parameters.repeated("where", filter),
        currency: parameters.optional("currency", Currency::parse),
        metrics: Metrics { records: true, reach: true },
    };
    if query.filters.len() > FILTERS_MAX {
        let must = format!("must be given at most {FILTERS_MAX} times");
        parameters.refuse("where", &Invalid::new("too_many", must));
    }
    if let Err(invalid) = query.check() {
        let is_of_models = invalid.code == "too_many" && query.models.len() > Query::MODELS_MAX;
        parameters.refuse(if is_of_models { "model" } else { "by" }, &invalid);
    }
    query
}

/// A past moment, if it is given.
pub(crate) fn moment(parameters: &mut Parameters, name: &'static str, now: Instant) -> Option<Instant> {
    parameters.optional(name, |raw| parse_moment(raw, now))
}

/// A past moment; of a date alone, its end.
pub(crate) fn parse_moment(raw: &str, now: Instant) -> Result<Instant, Invalid> {
    let moment = Moment::parse(raw)?.not_after(now)?;
    Ok(if moment.date_only { moment.at.plus_seconds(86_399) } else { moment.at })
}

/// Takes `true` and `false`.
pub(crate) fn boolean(raw: &str) -> Result<bool, Invalid> {
    raw.trim().parse().map_err(|_| Invalid::new("not_a_boolean", "must be true or false"))
}

/// Two days, both included, the second not before the first.
pub(crate) fn period(parameters: &mut Parameters, from: &'static str, to: &'static str) -> Period {
    let period =
        Period { from: parameters.optional(from, Day::parse), to: parameters.optional(to, Day::parse) };
    if let (Some(first), Some(last)) = (period.from, period.to)
        && last < first
    {
        parameters.refuse(to, &Invalid::new("out_of_range", format!("must not lie before '{from}'")));
    }
    period
}

/// Takes `linear,time-decay:half-life=14d,position-based:first=30,last=50`: what has a value and names no model is one more
/// parameter of the model before it.
fn models(raw: &str) -> Result<Vec<Model>, Invalid> {
    let mut texts: Vec<String> = Vec::new();
    for part in raw.split(',') {
        match texts.last_mut().filter(|_| part.contains('=') && !part.contains(':')) {
            Some(model) => *model = format!("{model},{part}"),
            None => texts.push(part.to_owned()),
        }
    }
    texts.iter().map(|text| Model::parse(text)).collect()
}

fn lookback(raw: &str) -> Result<u32, Invalid> {
    let raw = raw.trim();
    let days = raw.strip_suffix('d').unwrap_or(raw).parse().ok();
    days.filter(|days| (1..=LOOKBACK_MAX).contains(days)).ok_or_else(|| {
        Invalid::new(
            "out_of_range",
            format!("must be a number of days from 1 to {LOOKBACK_MAX}, such as 90d"),
        )
    })
}

/// Takes `channel:Email|Display` and `!channel:Direct`.
fn filter(raw: &str) -> Result<Filter, Invalid> {
    let raw = raw.trim();
    let (condition, rest) = match raw.strip_prefix('!') {
        Some(rest) => (Condition::IsNot, rest),
        None => (Condition::Is, raw),
    };
    let malformed = || {
        let must = "must be a dimension and its values, such as channel:Email|Display or !channel:Direct";
        Invalid::new("malformed", must)
    };
    let dimension = pieces(rest, ':').next().unwrap_or(rest);
    let values = rest[dimension.len()..].strip_prefix(':').ok_or_else(malformed)?;
    let values: Vec<String> = pieces(values, '|').map(|value| unescaped(value).trim().to_owned()).collect();
    if values.len() > VALUES_MAX || values.iter().any(String::is_empty) {
        return Err(malformed());
    }
    Ok(Filter { dimension: Dimension::parse(&unescaped(dimension))?, condition, values })
}

fn dimensions(raw: &str) -> Result<Vec<Dimension>, Invalid> {
    pieces(raw, ',').map(|name| Dimension::parse(&unescaped(name))).collect()
}

/// What is told apart from a text by a `\` before it.
const ESCAPED: [char; 4] = [',', ':', '|', '\\'];

/// What stands between separators, as it is written.
fn pieces(raw: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_escaped = false;
    raw.split(move |character| {
        let is_taken_as_it_is = std::mem::take(&mut is_escaped);
        is_escaped = character == '\\' && !is_taken_as_it_is;
        character == separator && !is_taken_as_it_is
    })
}

/// What is meant: a `\` before anything else is a `\`.
fn unescaped(raw: &str) -> String {
    let mut meant = String::with_capacity(raw.len());
    let mut characters = raw.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = characters.next_if(|next| character == '\\' && ESCAPED.contains(next));
        meant.push(escaped.unwrap_or(character));
    }
    meant
}

/// A filter as [`filter`] reads it.
pub(crate) fn filter_text(filter: &Filter) -> String {
    let escaped = |text: &str, separator: char| {
        text.replace('\\', "\\\\").replace(separator, &format!("\\{separator}"))
    };
    let mark = if filter.condition == Condition::Is { "" } else { "!" };
    let dimension = escaped(&filter.dimension.to_string(), ':');
    let values: Vec<String> = filter.values.iter().map(|value| escaped(value, '|')).collect();
    format!("{mark}{dimension}:{}", values.join("|"))
}

impl From<ReportError> for ApiError {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Store(error) => error.into(),
            ReportError::Busy => Self::new(
                Code::Overloaded,
                "As many reports are being worked out as `limits.reports_at_once` allows; ask again.",
            ),
            ReportError::TooLarge => Self::new(
                Code::ReportTooLarge,
                "The site's journeys take more memory than `limits.report_bytes` allows.",
            ),
        }
    }
}

impl From<TooMuch> for ApiError {
    fn from(too_much: TooMuch) -> Self {
        let (code, must) = match too_much {
            TooMuch::Rows => {
                ("too_many_rows", "must have fewer combinations of values; group by less, or filter")
            }
            TooMuch::Channels => {
                ("too_many_channels", "must be of records with fewer channels under this model")
            }
        };
        query::invalid("by", code, must)
    }
}
