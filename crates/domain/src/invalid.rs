use std::borrow::Cow;
use std::fmt;

/// Why a value from outside was refused.
///
/// `code` is stable and made for programs; `must` completes the sentence "`'Field'` …" for people, in the
/// wording of the wire we are compatible with (`'Value' must be a valid number.`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Stable, lower-case, `snake_case`.
    pub code: &'static str,
    /// A phrase such as `must be a valid number`.
    pub must: Cow<'static, str>,
}

impl Invalid {
    /// `must` is a phrase without the field's name and without a full stop.
    pub fn new(code: &'static str, must: impl Into<Cow<'static, str>>) -> Self {
        Self { code, must: must.into() }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.must)
    }
}

impl std::error::Error for Invalid {}
