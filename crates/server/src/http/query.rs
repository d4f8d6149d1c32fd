//! Reading query parameters: every one known, given once, and valid, or all that is wrong with them.

use super::error::{ApiError, Code, Problem};
use std::borrow::Cow;
use touchline_domain::Invalid;

/// The parameters of a request.
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
    known: Vec<&'static str>,
    problems: Vec<Problem>,
}

impl Query {
    /// The most parameters. One that was left out unseen could be the filter.
    const PAIRS_MAX: usize = 50;

    pub(crate) fn read(raw: Option<&str>) -> Result<Self, ApiError> {
        let given = || raw.unwrap_or("").split('&').filter(|pair| !pair.is_empty());
        if given().nth(Self::PAIRS_MAX).is_some() {
            let must = format!("must have at most {} parameters", Self::PAIRS_MAX);
            return Err(invalid("query", "too_many", &must));
        }
        let pairs: Vec<(String, String)> = given()
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Some((decode(name)?, decode(value)?))
            })
            .collect::<Option<_>>()
            .ok_or_else(|| invalid("query", "malformed", "must be UTF-8, percent-encoded"))?;
        Ok(Self::of_pairs(pairs))
    }

    /// Of parameters that were read before.
    pub(crate) fn of_pairs(pairs: Vec<(String, String)>) -> Self {
        Self { pairs, known: Vec::new(), problems: Vec::new() }
    }

    /// The parameters as they were given.
    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        self.pairs
    }

    /// A parameter's value, parsed. An empty or blank value is as good as none.
    pub(crate) fn optional<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        self.known.push(name);
        let mut values = self.pairs.iter().filter(|(n, _)| n == name);
        let (_, value) = values.next()?;
        if values.next().is_some() {
            self.problems.push(problem(name, "duplicate_key", "must be given only once"));
            return None;
        }
        if value.trim().is_empty() {
            return None;
        }
        parse(value).map_err(|invalid| self.problems.push(problem(name, invalid.code, &invalid.must))).ok()
    }

    /// All values of a parameter that may be given several times, parsed; blank ones are left out.
    pub(crate) fn repeated<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, Invalid>,
    ) -> Vec<T> {
        self.known.push(name);
        let mut parsed = Vec::new();
        for (_, value) in self.pairs.iter().filter(|(n, value)| n == name && !value.trim().is_empty()) {
            match parse(value) {
                Ok(value) => parsed.push(value),
                Err(invalid) => self.problems.push(problem(name, invalid.code, &invalid.must)),
            }
        }
        parsed
    }

    /// Adds what is wrong with parameters together.
    pub(crate) fn refuse(&mut self, name: &'static str, invalid: &Invalid) {
        self.problems.push(problem(name, invalid.code, &invalid.must));
    }

    /// As [`Query::optional`]; absence is a problem too (`required`).
    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let problems_before = self.problems.len();
        let value = self.optional(name, parse);
        if value.is_none() && self.problems.len() == problems_before {
            self.problems.push(problem(name, "required", "must be given"));
        }
        value
    }

    /// Refuses what was wrong, and parameters that nobody asked for: a misspelt filter must not list everything.
    pub(crate) fn finish(mut self) -> Result<(), ApiError> {
        for (name, _) in &self.pairs {
            if !self.known.contains(&name.as_str()) {
                let name: String = name.chars().take(100).collect();
                let must = format!("is not known here; there are {}", self.known.join(", "));
                self.problems.push(problem(&name, "unknown_key", &must));
            }
        }
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(ApiError::with_problems(Code::InvalidQuery, self.problems))
    }
}

fn problem(name: &str, code: &'static str, must: &str) -> Problem {
    Problem { pointer: name.to_owned(), code, detail: format!("'{name}' {must}.") }
}

/// A refusal of one parameter.
pub(crate) fn invalid(name: &str, code: &'static str, must: &str) -> ApiError {
    ApiError::with_problems(Code::InvalidQuery, vec![problem(name, code, must)])
}

/// `+` and percent-encoding, as forms send them.
fn decode(raw: &str) -> Option<String> {
    let spaced = raw.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8().ok().map(Cow::into_owned)
}
