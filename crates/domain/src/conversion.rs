//! Conversions: forms, calls and other leads, as they were reported.

use crate::record::{Property, Reference};
use crate::{Country, Identifier, IdentifierKind, Instant, Moment, PageUrl, Text};

/// How a lead came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConversionKind {
    /// A form, or anything else that a page or a system reports with a payload.
    Web,
    /// A telephone call that came in.
    Call,
}

impl ConversionKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Web, Self::Call];

    /// The name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Web => "webConversion",
            Self::Call => "inboundCall",
        }
    }
}

/// What its sender knows better than the visitor's journey.
///
/// Fields: <https://rulerapi.com/put-webconversion>.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `MarketingChannelOverride`.
    pub marketing_channel: Option<Text<255>>,
    /// `SourceCategoryOverride`.
    pub source_category: Option<Text<255>>,
    /// `LandingPageUrlOverride`.
    pub landing_page: Option<PageUrl>,
    /// `ReferrerUrlOverride`.
    pub referrer: Option<PageUrl>,
}

/// What only a call has.
///
/// Fields: <https://rulerapi.com/put-inboundcallconversion>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// When it ended.
    pub ended: Moment,
    /// The number that was called, as written.
    pub called: Text<64>,
    /// The number that called, as written; also an identifier.
    pub caller: Text<64>,
    /// `RefererLabel`.
    pub referrer_label: Option<Text<255>>,
    /// `AnswerTime`, as written.
    pub answer_time: Option<Text<255>>,
    /// `Result`, such as `Answered`.
    pub result: Option<Text<255>>,
}

/// One report of a conversion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    /// Form or call.
    pub kind: ConversionKind,
    /// Its sender's name for it, or [`Conversion::generated_reference`]. Unique per site and kind.
    pub reference: Reference,
    /// When: of a call, its start.
    pub occurred: Moment,
    /// Who it names, in its own fields and in its payload: sorted, without repeats.
    pub identifiers: Vec<Identifier>,
    /// The page that it happened on.
    pub page: Option<PageUrl>,
    /// What the page calls it.
    pub name: Option<Text<255>>,
    /// What was filled in, in its order.
    pub payload: Vec<Property>,
    /// What its sender says of its origin.
    pub overrides: Overrides,
    /// What only a call has.
    pub call: Option<Call>,
}

impl Conversion {
    /// The most payload values one conversion can carry.
    pub const PAYLOAD_MAX: usize = 100;
    /// The longest payload value, in characters.
    pub const PAYLOAD_LENGTH_MAX: usize = 4_096;
    /// Payload values of these lengths, in characters, can be named by a record (`PayloadValue`). Shorter ones
    /// (`yes`, `Mr`) tell nobody apart; longer ones are prose.
    pub const NAMING_LENGTHS: std::ops::RangeInclusive<usize> = 4..=128;

    /// A reference for a conversion that carries none: the same report always gets the same one.
    pub fn generated_reference(
        occurred: Moment,
        identifiers: &[Identifier],
        payload: &[Property],
    ) -> Reference {
        let mut fields = vec![occurred.to_string()];
        for identifier in identifiers {
            fields.extend([identifier.kind().name().to_owned(), identifier.value().to_owned()]);
        }
        for Property { name, value } in payload {
            fields.extend([name.to_string(), value.clone()]);
        }
        Reference::hashed(&fields)
    }

    /// Whom a payload names: the first email address and the first telephone number under a name that says so, and
    /// every value that a record could name it by. Sorted, without repeats.
    ///
    /// One of each, because a form that asks for a friend's address must not make the two one person.
    pub fn named_in(payload: &[Property], country: Country) -> Vec<Identifier> {
        let first = |kind, names: &[&str], is_one: &dyn Fn(&Identifier) -> bool| {
            let named = payload.iter().filter(|property| is_named(property, names));
            named.filter_map(|property| Identifier::parse(kind, &property.value, country).ok()).find(is_one)
        };
        let email =
            first(IdentifierKind::EmailAddress, &EMAIL_NAMES, &|email| looks_like_email(email.value()));
        let phone = first(IdentifierKind::PhoneNumber, &PHONE_NAMES, &|phone| phone.value().starts_with('+'));
        let values = payload.iter().filter_map(|property| {
            let length = property.value.trim().chars().count();
            let can_name = Self::NAMING_LENGTHS.contains(&length);
            can_name
                .then(|| Identifier::parse(IdentifierKind::PayloadValue, &property.value, country).ok())?
        });
        let mut named: Vec<_> = values.chain(email).chain(phone).collect();
        named.sort();
        named.dedup();
        named
    }
}

const EMAIL_NAMES: [&str; 5] = ["email", "emailaddress", "youremail", "workemail", "mail"];
const PHONE_NAMES: [&str; 8] =
    ["phone", "phonenumber", "telephone", "tel", "mobile", "yourphone", "workphone", "mobilephone"];

/// Whether a payload's name is one of `names`, in any case and whatever stands between its words.
fn is_named(property: &Property, names: &[&str]) -> bool {
    let letters = property.name.as_str().chars().filter(|c| c.is_alphanumeric());
    let plain: String = letters.flat_map(char::to_lowercase).collect();
    names.contains(&plain.as_str())
}

fn looks_like_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !text.contains(char::is_whitespace)
    })
}

/// A conversion with what the store knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredConversion {
    /// The store's change number, which names the fact.
    pub change: u64,
    /// When it was received.
    pub received_at: Instant,
    /// What was reported.
    pub conversion: Conversion,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(pairs: &[(&str, &str)]) -> Vec<String> {
        let payload: Vec<_> = pairs
            .iter()
            .map(|(name, value)| Property { name: Text::parse(name).unwrap(), value: (*value).into() })
            .collect();
        let country = Country::parse("GB").unwrap();
        Conversion::named_in(&payload, country).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_payload_names_one_email_and_one_phone() {
        assert_eq!(
            named(&[
                ("Your-Email", " Ann@Example.com "),
                ("friend_email", "bob@example.com"),
                ("email", "carl@example.com"),
                ("Phone number", "020 7946 0018"),
                ("title", "Ms"),
                ("order", "A-1001"),
            ]),
            [
                "EmailAddress=ann@example.com",
                "PhoneNumber=+442079460018",
                "PayloadValue=020 7946 0018",
                "PayloadValue=A-1001",
                "PayloadValue=Ann@Example.com",
                "PayloadValue=bob@example.com",
                "PayloadValue=carl@example.com",
            ]
        );
        assert_eq!(
            named(&[("email", "ask me"), ("phone", "none")]),
            ["PayloadValue=ask me", "PayloadValue=none"]
        );
    }
}
