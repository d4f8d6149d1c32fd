//! Parsing what the tag reports. Only what makes a report useless refuses it: who, and on which page. The rest is cut to
//! fit, or left out, because nobody is there to correct it.

use crate::http::conversion_in::payload_value;
use crate::http::error::Problem;
use crate::http::json::{Object, Problems, is_null, pairs, scalar};
use crate::http::visit_in::looked_at_with;
use serde_json::value::RawValue;
use touchline_domain::record::{Property, Reference};
use touchline_domain::{
    Conversion, ConversionKind, Identifier, IdentifierKind, Instant, Invalid, Moment, Overrides, PageUrl,
    Screen, Site, Text, Visit,
};
use touchline_store::{NewConversion, NewVisit};

/// The most payload values that one report can carry.
const PAYLOAD_MAX: usize = 50;

/// Begins the names of what browsers report. A page can be made to send anything; it shall not be able to say something
/// else of a conversion that the CRM named.
const REFERENCE_PREFIX: &str = "tag-";

/// What a report is read against.
#[derive(Clone, Copy)]
pub(super) struct Report<'a> {
    pub(super) site: &'a Site,
    pub(super) now: Instant,
}

impl Report<'_> {
    fn identifier(self, kind: IdentifierKind, raw: &str) -> Result<Identifier, Invalid> {
        Identifier::parse(kind, raw, self.site.phone_country)
    }

    fn visitor(self, object: &mut Object<'_>, problems: &mut Problems) -> Option<Identifier> {
        object.required("raId", problems, |raw| self.identifier(IdentifierKind::RaId, raw))
    }

    fn cookie(self, object: &mut Object<'_>) -> Option<Identifier> {
        let raw = object.take("cookie").and_then(scalar)?;
        self.identifier(IdentifierKind::CookieValue, &raw).ok()
    }
}

/// A visit that began now.
pub(super) fn visit(raw: &RawValue, report: Report<'_>, user_agent: &str) -> Result<NewVisit, Vec<Problem>> {
    read(raw, |object, problems| {
        let visitor = report.visitor(object, problems);
        let landing_page = object.required("url", problems, PageUrl::parse);
        let (device, crawler) = looked_at_with(user_agent);
        let visit = Visit {
            visitor: visitor?,
            at: report.now,
            landing_page: landing_page?,
            referrer: cut(object, "referrer"),
            title: cut(object, "title"),
            cookie: report.cookie(object),
            screen: object.take("screen").and_then(scalar).and_then(|raw| Screen::parse(&raw).ok()),
            device,
            crawler,
        };
        Some(NewVisit { site: report.site.id.clone(), received_at: report.now, visit })
    })
}

/// A conversion that happened now. Its `id` names it, so that a report that is sent again counts once.
pub(super) fn conversion(raw: &RawValue, report: Report<'_>) -> Result<NewConversion, Vec<Problem>> {
    read(raw, |object, problems| {
        let reference = object.required("id", problems, reference);
        let visitor = report.visitor(object, problems);
        let page = object.required("url", problems, PageUrl::parse);
        let payload = payload(object, problems);
        let title = cut(object, "title");
        let mut identifiers = Conversion::named_in(&payload, report.site.phone_country);
        identifiers.extend(report.cookie(object));
        identifiers.push(visitor?);
        identifiers.sort();
        identifiers.dedup();
        let conversion = Conversion {
            kind: ConversionKind::Web,
            reference: reference?,
            occurred: Moment { at: report.now, date_only: false },
            identifiers,
            page: Some(page?),
            name: cut(object, "name").or(title),
            payload,
            overrides: Overrides::default(),
            call: None,
        };
        Some(NewConversion { site: report.site.id.clone(), received_at: report.now, conversion })
    })
}

fn read<T>(
    raw: &RawValue,
    parse: impl FnOnce(&mut Object<'_>, &mut Problems) -> Option<T>,
) -> Result<T, Vec<Problem>> {
    let mut problems = Problems::default();
    let parsed = Object::read(raw, String::new(), "body", &mut problems)
        .and_then(|mut object| parse(&mut object, &mut problems));
    match parsed {
        Some(parsed) if problems.is_empty() => Ok(parsed),
        _ => Err(problems.into_vec()),
    }
}

/// Random characters, enough that no two reports have the same.
fn reference(raw: &str) -> Result<Reference, Invalid> {
    let is_plain = raw.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if !is_plain || !(16..=64).contains(&raw.len()) {
        return Err(Invalid::new("not_an_id", "must be 16 to 64 characters of A-Z, a-z, 0-9, _ and -"));
    }
    Reference::parse(&format!("{REFERENCE_PREFIX}{raw}"))
}

/// What a person can see, cut to what is kept of it.
fn cut<const MAX: usize>(object: &mut Object<'_>, name: &str) -> Option<Text<MAX>> {
    let raw = object.take(name).and_then(scalar)?;
    let kept: String = raw.trim().chars().filter(|c| *c != '\0').take(MAX).collect();
    Text::parse(&kept).ok()
}

fn payload(object: &mut Object<'_>, problems: &mut Problems) -> Vec<Property> {
    let Some(raw) = object.take("payload") else { return Vec::new() };
    let pointer = object.pointer_to("payload");
    let mut wrong = |pointer: &str, invalid: Invalid| problems.add(pointer, "payload", &invalid);
    let Some(members) = pairs(raw) else {
        wrong(&pointer, Invalid::new("wrong_type", "must be a JSON object"));
        return Vec::new();
    };
    if members.len() > PAYLOAD_MAX {
        wrong(&pointer, Invalid::new("too_many", format!("must have at most {PAYLOAD_MAX} members")));
        return Vec::new();
    }
    let mut payload = Vec::new();
    for (name, raw) in members {
        let place = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        let value = match scalar(raw) {
            Some(text) if text.trim().is_empty() => Ok(String::new()),
            Some(text) => payload_value(&text),
            None if is_null(raw) => Ok(String::new()),
            None => Err(Invalid::new("wrong_type", "must hold texts")),
        };
        match (Text::parse(&name), value) {
            (Ok(name), Ok(value)) => payload.push(Property { name, value }),
            // A field without a name is not sent by forms either.
            (Err(invalid), _) if invalid.code == "empty" => {}
            (Err(invalid), _) | (_, Err(invalid)) => wrong(&place, invalid),
        }
    }
    payload
}
