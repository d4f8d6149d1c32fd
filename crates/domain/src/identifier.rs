use crate::{Country, Invalid, Text};
use std::cmp::Ordering;
use std::fmt;

/// What kind of thing names a visitor, in order of precedence: the strongest first.
///
/// Source of the kinds: <https://docs.rulerapi.com/store-opportunity>; of the precedence: the one published
/// rule, <https://rulerapi.com/put-inboundcallconversion>, extended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentifierKind {
    /// The visitor id that the tag sets.
    RaId,
    /// An email address.
    EmailAddress,
    /// A telephone number.
    PhoneNumber,
    /// A value that a conversion's payload carries, such as an order id.
    PayloadValue,
    /// A Google Analytics client id.
    CookieValue,
}

impl IdentifierKind {
    /// Every kind, strongest first.
    pub const ALL: [Self; 5] =
        [Self::RaId, Self::EmailAddress, Self::PhoneNumber, Self::PayloadValue, Self::CookieValue];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::RaId => "RaId",
            Self::EmailAddress => "EmailAddress",
            Self::PhoneNumber => "PhoneNumber",
            Self::PayloadValue => "PayloadValue",
            Self::CookieValue => "CookieValue",
        }
    }

    /// Any case; the older names `Email` and `Phone` too. Code: `unknown_key`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let raw = raw.trim();
        let alias = match () {
            () if raw.eq_ignore_ascii_case("Email") => Some(Self::EmailAddress),
            () if raw.eq_ignore_ascii_case("Phone") => Some(Self::PhoneNumber),
            () => None,
        };
        Self::ALL.into_iter().find(|kind| raw.eq_ignore_ascii_case(kind.name())).or(alias).ok_or_else(|| {
            Invalid::new(
                "unknown_key",
                "must be one of EmailAddress, PhoneNumber, RaId, PayloadValue, CookieValue",
            )
        })
    }
}

/// A (kind, value) that names a visitor. Two identifiers are equal when kind and normalised value are.
#[derive(Debug, Clone)]
pub struct Identifier {
    kind: IdentifierKind,
    value: String,
    written: Option<String>,
}

impl Identifier {
    /// The longest value, in characters.
    pub const LENGTH_MAX: usize = 512;

    /// Normalises `raw`: emails are lower-cased; telephone numbers become E.164, read as a number of `country`
    /// when they carry no country code (one that cannot be read is kept as written, since it can still be
    /// shown); a `GA1.x.` prefix of a cookie value is dropped; everything is trimmed.
    /// Codes: those of [`Text::parse`].
    pub fn parse(kind: IdentifierKind, raw: &str, country: Country) -> Result<Self, Invalid> {
        let text = Text::<{ Self::LENGTH_MAX }>::parse(raw)?;
        let text = text.as_str();
        let value = match kind {
            IdentifierKind::EmailAddress => text.to_lowercase(),
            IdentifierKind::PhoneNumber => country.e164(text).unwrap_or_else(|| text.to_owned()),
            IdentifierKind::CookieValue => without_ga_prefix(text).to_owned(),
            IdentifierKind::RaId | IdentifierKind::PayloadValue => text.to_owned(),
        };
        let written = (kind == IdentifierKind::PhoneNumber && value != text).then(|| text.to_owned());
        Ok(Self::stored(kind, value, written))
    }

    /// An identifier that was parsed before and kept by a store.
    pub fn stored(kind: IdentifierKind, value: String, written: Option<String>) -> Self {
        Self { kind, value, written }
    }

    /// What kind of identifier it is.
    pub fn kind(&self) -> IdentifierKind {
        self.kind
    }

    /// The normalised value.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// A telephone number as the client wrote it, when that differs from the value. Kept so that a corrected
    /// country can be applied to it later.
    pub fn written(&self) -> Option<&str> {
        self.written.as_deref()
    }

    fn key(&self) -> (IdentifierKind, &str) {
        (self.kind, &self.value)
    }
}

impl PartialEq for Identifier {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Identifier {}

impl PartialOrd for Identifier {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Identifier {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.kind.name(), self.value)
    }
}

/// `GA1.1.101961087.1756204614` is sent and stored as `101961087.1756204614`
/// (<https://docs.rulerapi.com/store-opportunity>).
fn without_ga_prefix(value: &str) -> &str {
    let client_id = || {
        let depth_and_id = value.strip_prefix("GA1.")?;
        let (depth, client_id) = depth_and_id.split_once('.')?;
        let is_depth = !depth.is_empty() && depth.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        (is_depth && client_id.contains('.')).then_some(client_id)
    };
    client_id().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(kind: IdentifierKind, raw: &str) -> String {
        let country = Country::parse("GB").unwrap();
        Identifier::parse(kind, raw, country).unwrap().value().to_owned()
    }

    #[test]
    fn values_are_normalised_by_kind() {
        use IdentifierKind::*;
        assert_eq!(normal(EmailAddress, " Ann@Example.COM "), "ann@example.com");
        assert_eq!(normal(PhoneNumber, "020 7946 0018"), "+442079460018");
        assert_eq!(normal(PhoneNumber, "+49 30 901820"), "+4930901820");
        assert_eq!(normal(PhoneNumber, "ask for Ann"), "ask for Ann");
        assert_eq!(normal(CookieValue, "GA1.1.101961087.1756204614"), "101961087.1756204614");
        assert_eq!(normal(CookieValue, "GA1.2-2.101961087.1756204614"), "101961087.1756204614");
        assert_eq!(normal(CookieValue, "101961087.1756204614"), "101961087.1756204614");
        assert_eq!(normal(CookieValue, "GA1.1"), "GA1.1");
        assert_eq!(normal(RaId, " AbC "), "AbC");
    }

    #[test]
    fn a_number_is_the_same_however_it_was_written() {
        let country = Country::parse("GB").unwrap();
        let parse = |raw| Identifier::parse(IdentifierKind::PhoneNumber, raw, country).unwrap();
        assert_eq!(parse("020 7946 0018"), parse("+442079460018"));
        assert_eq!(parse("020 7946 0018").written(), Some("020 7946 0018"));
        assert_eq!(parse("+442079460018").written(), None);
    }

    #[test]
    fn names_are_matched_in_any_case_and_by_their_older_spelling() {
        assert_eq!(IdentifierKind::parse("raid"), Ok(IdentifierKind::RaId));
        assert_eq!(IdentifierKind::parse("Email"), Ok(IdentifierKind::EmailAddress));
        assert_eq!(IdentifierKind::parse("PHONE"), Ok(IdentifierKind::PhoneNumber));
        assert_eq!(IdentifierKind::parse("Fax").map_err(|e| e.code), Err("unknown_key"));
    }
}
