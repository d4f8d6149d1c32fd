use crate::Invalid;
use phonenumber::country::Id;

/// A country whose telephone numbering plan is known: an ISO 3166-1 alpha-2 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country(Id);

impl Country {
    /// Longer texts are never telephone numbers, and are not looked at.
    const NUMBER_LENGTH_MAX: usize = 64;

    /// Any case. Code: `unknown_country`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        raw.trim()
            .to_ascii_uppercase()
            .parse()
            .map(Self)
            .map_err(|_| Invalid::new("unknown_country", "must be a two-letter country code, such as GB"))
    }

    /// The two-letter code, upper case.
    pub fn code(&self) -> &str {
        self.0.as_ref()
    }

    /// The number in E.164 (`+442079460018`), read as one of this country's when it carries no country code.
    /// `None` when it is no possible number. Rules: libphonenumber's.
    pub fn e164(self, raw: &str) -> Option<String> {
        if raw.len() > Self::NUMBER_LENGTH_MAX {
            return None;
        }
        let number = phonenumber::parse(Some(self.0), raw).ok()?;
        Some(number.format().mode(phonenumber::Mode::E164).to_string())
    }
}
