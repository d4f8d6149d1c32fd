use crate::Invalid;
use std::fmt;

/// The parameters that a request gives a model; each is taken once, and what is left over is refused.
pub(super) struct Parameters<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Parameters<'a> {
    pub(super) fn new(given: &[(&'a str, &'a str)]) -> Self {
        Self(given.to_vec())
    }

    fn take(&mut self, name: &str) -> Option<&'a str> {
        let place = self.0.iter().position(|(given, _)| *given == name)?;
        Some(self.0.remove(place).1)
    }

    pub(super) fn percent(&mut self, name: &str, default: Percent) -> Result<Percent, Invalid> {
        self.take(name).map_or(Ok(default), |raw| Percent::parse(name, raw))
    }

    pub(super) fn span(&mut self, name: &str, default: Span) -> Result<Span, Invalid> {
        self.take(name).map_or(Ok(default), |raw| Span::parse(name, raw))
    }

    /// Refuses what no one took. Code: `unknown_parameter`.
    pub(super) fn finish(self, model: &str, known: &[(&'static str, String)]) -> Result<(), Invalid> {
        let Some((left, _)) = self.0.first() else { return Ok(()) };
        let known: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        let must = match (known.contains(left), known.is_empty()) {
            (true, _) => format!("must not name the parameter '{left}' twice"),
            (_, true) => format!("must not have the parameter '{left}'; {model} has none"),
            _ => format!("must not have the parameter '{left}'; {model} has {}", known.join(", ")),
        };
        Err(Invalid::new("unknown_parameter", must))
    }
}

/// A part of the whole, in hundredths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Percent(u32);

impl Percent {
    /// The whole.
    const HUNDRED: u32 = 10_000;

    /// So many hundredths of a percent.
    pub(super) const fn hundredths(count: u32) -> Self {
        Self(count)
    }

    /// Takes `40`, `22.5` and `22.25`. Code: `not_a_percentage`.
    fn parse(name: &str, raw: &str) -> Result<Self, Invalid> {
        let (whole, part) = raw.split_once('.').unwrap_or((raw, "0"));
        let is_number = |text: &str, longest| {
            (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let read = || {
            let known = is_number(whole, 3) && is_number(part, 2);
            let hundredths = format!("{whole}{part:0<2}").parse().ok()?;
            (known && hundredths <= Self::HUNDRED).then_some(Self(hundredths))
        };
        read().ok_or_else(|| {
            let must = format!("must give '{name}' a percentage from 0 to 100 such as 22.5, not '{raw}'");
            Invalid::new("not_a_percentage", must)
        })
    }

    /// What is left of the whole. Code: `out_of_range`.
    pub(super) fn rest(all: &[Self]) -> Result<Self, Invalid> {
        let sum: u32 = all.iter().map(|one| one.0).sum();
        let rest = Self::HUNDRED.checked_sub(sum).map(Self);
        rest.ok_or_else(|| Invalid::new("out_of_range", "must have percentages that add up to at most 100"))
    }

    /// As a weight.
    pub(super) fn weight(self) -> u64 {
        u64::from(self.0)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        match part {
            0 => write!(f, "{whole}"),
            part if part % 10 == 0 => write!(f, "{whole}.{}", part / 10),
            part => write!(f, "{whole}.{part:02}"),
        }
    }
}

/// A span of time in whole seconds, at least one and at most a century.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Span(u32);

const UNITS: [(char, u32); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl Span {
    /// As good as for ever.
    const CENTURY: u32 = 3_155_760_000;

    pub(super) const fn days(count: u32) -> Self {
        Self(count * 86_400)
    }

    /// The span in seconds.
    pub(super) fn seconds(self) -> u32 {
        self.0
    }

    /// Takes `7d`, `36h`, `30m` and `45s`. Codes: `not_a_span`, `out_of_range`.
    fn parse(name: &str, raw: &str) -> Result<Self, Invalid> {
        let wrong = || {
            let must = format!("must give '{name}' a span of time such as 7d, 36h, 30m or 45s, not '{raw}'");
            Invalid::new("not_a_span", must)
        };
        let read = UNITS.iter().find_map(|&(mark, unit)| Some((raw.strip_suffix(mark)?, unit)));
        let (number, unit) = read.ok_or_else(wrong)?;
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        // Digits that do not fit are a number that is too large.
        let seconds = number.parse::<u32>().ok().and_then(|number| number.checked_mul(unit));
        let seconds = seconds.filter(|seconds| (1..=Self::CENTURY).contains(seconds));
        seconds.map(Self).ok_or_else(|| {
            let must = format!("must give '{name}' at least a second and at most a century, not '{raw}'");
            Invalid::new("out_of_range", must)
        })
    }
}

/// In the largest unit that says it exactly.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = UNITS.iter().find(|(_, unit)| self.0.is_multiple_of(*unit));
        let (mark, unit) = exact.unwrap_or(&('s', 1));
        write!(f, "{}{mark}", self.0 / unit)
    }
}
