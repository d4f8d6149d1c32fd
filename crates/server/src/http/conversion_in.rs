//! Parsing reports of conversions: the wire's fields in, a domain conversion or every problem out.
//!
//! Fields: <https://rulerapi.com/put-webconversion>, <https://rulerapi.com/put-inboundcallconversion>.

use super::error::Problem;
use super::identifiers_in::{self, IDENTIFIERS};
use super::json::{Object, Problems};
use super::record_in::Notes;
use serde_json::value::RawValue;
use touchline_domain::record::{Property, Reference};
use touchline_domain::{
    Call, Conversion, ConversionKind, Identifier, IdentifierKind, Instant, Invalid, Moment, Overrides,
    PageUrl, Site, Text,
};
use touchline_store::NewConversion;

const REFERENCE: &str = "Reference";
const CAPTURED: &str = "CaptureDateTime";
const PAYLOAD: &str = "Payload";
const STARTED: &str = "StartDateTimeISO";
const ENDED: &str = "EndDateTimeISO";
const CALLED: &str = "CalledNumber";
const CALLER: &str = "CallerNumber";

/// What may name a conversion's visitor. Its payload values name it by themselves.
const KINDS: [IdentifierKind; 4] = [
    IdentifierKind::EmailAddress,
    IdentifierKind::PhoneNumber,
    IdentifierKind::RaId,
    IdentifierKind::CookieValue,
];

/// Texts with fewer digits (`anonymous`, `withheld`, an extension) are nobody's telephone number.
const CALLER_DIGITS_MIN: usize = 5;

/// The last second of a day, after its midnight.
const DAY_END_SECONDS: i64 = 86_399;

/// A conversion that can be stored, and what its sender should know.
#[derive(Debug)]
pub(crate) struct ConversionIn {
    pub(crate) conversion: NewConversion,
    pub(crate) notes: Notes,
}

impl ConversionIn {
    /// Reads one report. The error holds every problem that it has.
    pub(crate) fn parse(
        raw: &RawValue,
        kind: ConversionKind,
        site: &Site,
        now: Instant,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let mut notes = Notes::default();
        let object = Object::read(raw, String::new(), "body", &mut problems);
        let conversion = object.and_then(|mut object| {
            let conversion = match kind {
                ConversionKind::Web => web(&mut object, site, now, &mut notes, &mut problems),
                ConversionKind::Call => call(&mut object, site, now, &mut notes, &mut problems),
            };
            notes.ignored = object.ignored();
            conversion
        });
        match conversion {
            Some(conversion) if problems.is_empty() => {
                let conversion = NewConversion { site: site.id.clone(), received_at: now, conversion };
                Ok(Self { conversion, notes })
            }
            _ => Err(problems.into_vec()),
        }
    }
}

fn web(
    object: &mut Object<'_>,
    site: &Site,
    now: Instant,
    notes: &mut Notes,
    problems: &mut Problems,
) -> Option<Conversion> {
    let occurred = object.required(CAPTURED, problems, |raw| Moment::parse(raw)?.not_after(now));
    let given = identifiers_in::required(object, site, &KINDS, problems);
    let payload = payload(object, problems);
    let overrides = overrides(object, problems);
    let reference = object.optional(REFERENCE, problems, Reference::parse);
    let (occurred, payload) = (occurred?, payload?);
    let mut identifiers = given?;
    identifiers.extend(Conversion::named_in(&payload, site.phone_country));
    notes.reference_generated = reference.is_none();
    Some(conversion(ConversionKind::Web, reference, occurred, identifiers, payload, overrides, None))
}

fn call(
    object: &mut Object<'_>,
    site: &Site,
    now: Instant,
    notes: &mut Notes,
    problems: &mut Problems,
) -> Option<Conversion> {
    let not_after_now = |raw: &str| Moment::parse(raw)?.not_after(now);
    let started = object.required(STARTED, problems, not_after_now);
    let ended = object.required(ENDED, problems, not_after_now);
    if let (Some(started), Some(ended)) = (started, ended)
        && ends_before(ended, started)
    {
        let before = Invalid::new("before_start", format!("must not lie before '{STARTED}'"));
        problems.add(&object.pointer_to(ENDED), ENDED, &before);
    }
    let called = object.required(CALLED, problems, Text::<64>::parse);
    let caller = object.required(CALLER, problems, Text::<64>::parse);
    let mut identifiers = identifiers_in::optional(object, site, &KINDS, problems);
    drop_outranked_cookies(&mut identifiers, object, notes);
    let referrer_label = object.optional("RefererLabel", problems, Text::parse);
    let answer_time = object.optional("AnswerTime", problems, Text::parse);
    let result = object.optional("Result", problems, Text::parse);
    let overrides = overrides(object, problems);
    let reference = object.required(REFERENCE, problems, Reference::parse);
    let caller = caller?;
    identifiers.extend(caller_number(&caller, site));
    let call = Call { ended: ended?, called: called?, caller, referrer_label, answer_time, result };
    let reference = Some(reference?);
    Some(conversion(
        ConversionKind::Call,
        reference,
        started?,
        identifiers,
        Vec::new(),
        overrides,
        Some(call),
    ))
}

fn conversion(
    kind: ConversionKind,
    reference: Option<Reference>,
    occurred: Moment,
    mut identifiers: Vec<Identifier>,
    payload: Vec<Property>,
    overrides: Overrides,
    call: Option<Call>,
) -> Conversion {
    identifiers.sort();
    identifiers.dedup();
    let generated = || Conversion::generated_reference(occurred, &identifiers, &payload);
    let reference = reference.unwrap_or_else(generated);
    Conversion { kind, reference, occurred, identifiers, page: None, name: None, payload, overrides, call }
}

/// A date alone is the whole of its day.
fn ends_before(ended: Moment, started: Moment) -> bool {
    let latest = if ended.date_only { ended.at.plus_seconds(DAY_END_SECONDS) } else { ended.at };
    latest < started.at
}

/// The number that called, unless it was withheld.
fn caller_number(caller: &Text<64>, site: &Site) -> Option<Identifier> {
    let digits = caller.as_str().chars().filter(char::is_ascii_digit).count();
    let number = || Identifier::parse(IdentifierKind::PhoneNumber, caller.as_str(), site.phone_country).ok();
    (digits >= CALLER_DIGITS_MIN).then(number).flatten()
}

/// A call's cookie is taken when it stands alone: `EmailAddress` and `RaId` win over it.
fn drop_outranked_cookies(identifiers: &mut Vec<Identifier>, object: &Object<'_>, notes: &mut Notes) {
    let is_cookie = |identifier: &Identifier| identifier.kind() == IdentifierKind::CookieValue;
    let outranks = |identifier: &Identifier| {
        matches!(identifier.kind(), IdentifierKind::EmailAddress | IdentifierKind::RaId)
    };
    if identifiers.iter().any(outranks) && identifiers.iter().any(is_cookie) {
        identifiers.retain(|identifier| !is_cookie(identifier));
        notes.warnings.push(Problem {
            pointer: object.pointer_to(IDENTIFIERS),
            code: "cookie_outranked",
            detail: "'CookieValue' was left out: EmailAddress and RaId win over it.".into(),
        });
    }
}

fn payload(object: &mut Object<'_>, problems: &mut Problems) -> Option<Vec<Property>> {
    let problems_before = problems.count();
    let Some(elements) = object.array(PAYLOAD, Conversion::PAYLOAD_MAX, problems) else {
        if problems.count() == problems_before {
            object.missing(PAYLOAD, problems);
        }
        return None;
    };
    let pointer = object.pointer_to(PAYLOAD);
    let mut payload = Vec::new();
    for (index, raw) in elements.into_iter().enumerate() {
        let Some(mut pair) = Object::read(raw, format!("{pointer}/{index}"), PAYLOAD, problems) else {
            continue;
        };
        let count = problems.count();
        let mut name = pair.optional("Key", problems, Text::parse);
        // Records' properties are called so, and clients share their code.
        name = name.or_else(|| pair.optional("Name", problems, Text::parse));
        if name.is_none() && problems.count() == count {
            pair.missing("Key", problems);
        }
        let value = pair.optional("Value", problems, payload_value);
        if let Some(name) = name {
            payload.push(Property { name, value: value.unwrap_or_default() });
        }
    }
    Some(payload)
}

/// What was filled in, which may be long.
pub(crate) fn payload_value(raw: &str) -> Result<String, Invalid> {
    Text::<{ Conversion::PAYLOAD_LENGTH_MAX }>::parse(raw).map(|text| text.as_str().to_owned())
}

fn overrides(object: &mut Object<'_>, problems: &mut Problems) -> Overrides {
    let overrides = Overrides {
        marketing_channel: object.optional("MarketingChannelOverride", problems, Text::parse),
        source_category: object.optional("SourceCategoryOverride", problems, Text::parse),
        landing_page: object.optional("LandingPageUrlOverride", problems, PageUrl::parse),
        referrer: object.optional("ReferrerUrlOverride", problems, PageUrl::parse),
    };
    for (field, invalid) in check_overrides(&overrides) {
        problems.add(&object.pointer_to(field), field, &invalid);
    }
    overrides
}

/// What is wrong with a channel and source that a sender claims, by field.
fn check_overrides(_overrides: &Overrides) -> Vec<(&'static str, Invalid)> {
    Vec::new()
}
