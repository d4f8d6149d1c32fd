//! Parsing a report of a visit that a server sends: its members in, a domain visit or every problem out.

use super::error::Problem;
use super::json::{Object, Problems};
use serde_json::value::RawValue;
use touchline_domain::{
    DeviceClass, Identifier, IdentifierKind, Instant, Moment, PageUrl, Screen, Site, Text, Visit,
};
use touchline_store::NewVisit;

/// A visit that can be stored.
#[derive(Debug)]
pub(crate) struct VisitIn {
    pub(crate) visit: NewVisit,
    /// JSON pointers to members that Touchline does not know and did not store.
    pub(crate) ignored: Vec<String>,
}

impl VisitIn {
    /// Reads one visit. The error holds every problem that it has.
    pub(crate) fn parse(raw: &RawValue, site: &Site, now: Instant) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let parsed = Object::read(raw, String::new(), "body", &mut problems)
            .and_then(|object| parse(object, site, now, &mut problems));
        match parsed {
            Some(parsed) if problems.is_empty() => Ok(parsed),
            _ => Err(problems.into_vec()),
        }
    }
}

fn parse(mut object: Object<'_>, site: &Site, now: Instant, problems: &mut Problems) -> Option<VisitIn> {
    let identifier = |kind| move |raw: &str| Identifier::parse(kind, raw, site.phone_country);
    let visitor = object.required("raId", problems, identifier(IdentifierKind::RaId));
    let at = object.optional("at", problems, |raw| Moment::parse(raw)?.not_after(now));
    let landing_page = object.required("url", problems, PageUrl::parse);
    let referrer = object.optional("referrer", problems, Text::parse);
    let title = object.optional("title", problems, Text::parse);
    let screen = object.optional("screen", problems, Screen::parse);
    let cookie = object.optional("cookie", problems, identifier(IdentifierKind::CookieValue));
    let user_agent = object.optional("userAgent", problems, Text::<1_024>::parse);
    let (device, crawler) = looked_at_with(user_agent.as_ref().map_or("", Text::as_str));
    let visit = Visit {
        visitor: visitor?,
        // What a forgiven clock or a date alone claims of the future has happened by now.
        at: at.map_or(now, |moment| moment.at.min(now)),
        landing_page: landing_page?,
        referrer,
        title,
        cookie,
        screen,
        device,
        crawler,
    };
    let visit = NewVisit { site: site.id.clone(), received_at: now, visit };
    Some(VisitIn { visit, ignored: object.ignored() })
}

/// What a `User-Agent` says of the device, and of which crawler it is.
pub(crate) fn looked_at_with(_user_agent: &str) -> (DeviceClass, Option<Text<255>>) {
    (DeviceClass::Other, None)
}
