//! Visits and conversions as JSON Schema, for the API description. `VisitIn::parse` and `ConversionIn::parse` are what
//! reads them; a test holds the two together.

use super::schema::{batch, moment, optional_text, schema, text};
use serde_json::{Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

/// A visit that a server reports.
pub(crate) struct VisitIn;

/// A batch of visits.
pub(crate) struct VisitsIn;

/// A web conversion as the wire has it.
pub(crate) struct WebConversionIn;

/// An inbound call as the wire has it.
pub(crate) struct InboundCallIn;

impl PartialSchema for VisitIn {
    fn schema() -> RefOr<Schema> {
        schema(&json!({
            "type": "object", "description": "A visit", "required": ["raId", "url"],
            "properties": {
                "raId": text(512, "The visitor's id: the same for one browser, always.", "v-1"),
                "at": { "type": ["string", "null"], "format": "touchline-moment", "description": "When; now when it is not given. UTC unless it says otherwise; not in the future.", "example": "2024-01-15T09:30:00Z" },
                "url": url("The page, with its UTM parameters and click ids.", "https://example.com/?utm_source=google&utm_medium=cpc"),
                "referrer": optional(2_048, "The page that led there.", "https://www.google.com/"),
                "title": optional(255, "The page's title.", "Prices"),
                "screen": { "type": ["string", "null"], "format": "touchline-screen", "description": "The size of the screen in CSS pixels.", "example": "1440x900" },
                "cookie": optional(512, "The Google Analytics client id; a `GA1.x.` prefix is dropped.", "101961087.1756204614"),
                "userAgent": optional(1_024, "The browser's `User-Agent`: tells the device, and crawlers, which are left out of reports.", "Mozilla/5.0"),
            },
        }))
    }
}

impl ToSchema for VisitIn {}

impl PartialSchema for VisitsIn {
    fn schema() -> RefOr<Schema> {
        batch("VisitIn")
    }
}

impl ToSchema for VisitsIn {}

impl PartialSchema for WebConversionIn {
    fn schema() -> RefOr<Schema> {
        let own = json!({
            "CaptureDateTime": moment("When it happened. UTC unless it says otherwise; not in the future."),
            "VisitorIdentifierOptions": identifiers(1, "Whom it is about; at least one."),
            "Payload": {
                "type": "array", "maxItems": 100, "description": "What was filled in. `Name` is read as `Key`.",
                "items": {
                    "type": "object", "required": ["Key"],
                    "properties": {
                        "Key": text(255, "What the field is called.", "email"),
                        "Value": { "type": ["string", "number", "boolean", "null"], "maxLength": 4096, "format": "touchline-text", "example": "ann@example.com" },
                    },
                },
            },
            "LandingPageUrlOverride": optional_url("The page that its journey began with, for attribution when no channel is given."),
            "ReferrerUrlOverride": optional_url("What led to that page."),
            "Reference": optional(255, "Its sender's own name for it, unique per site. When it is not given, one is computed from the rest.", "FORM-1"),
        });
        schema(&conversion(
            own,
            &["CaptureDateTime", "VisitorIdentifierOptions", "Payload"],
            "A web conversion",
        ))
    }
}

impl ToSchema for WebConversionIn {}

impl PartialSchema for InboundCallIn {
    fn schema() -> RefOr<Schema> {
        let own = json!({
            "StartDateTimeISO": moment("When it began. UTC unless it says otherwise; not in the future."),
            "EndDateTimeISO": moment("When it ended; not before it began."),
            "CalledNumber": text(64, "The number that was called.", "020 7946 0000"),
            "CallerNumber": text(64, "The number that called; it names the visitor, unless it was withheld.", "020 7946 0018"),
            "Reference": text(255, "Its sender's own name for it, unique per site.", "CALL-1"),
            "VisitorIdentifierOptions": identifiers(0, "Whom it is about, where more is known than the number. `CookieValue` is taken when it stands alone: `EmailAddress` and `RaId` win over it."),
            "RefererLabel": optional(255, "Spelt as the wire has it.", "Brochure"),
            "AnswerTime": optional(255, "Kept as written.", "12"),
            "Result": optional(255, "Kept as written.", "Answered"),
            "LandingPageUrlOverride": optional_url("As for web conversions."),
            "ReferrerUrlOverride": optional_url("As for web conversions."),
        });
        let required = ["StartDateTimeISO", "EndDateTimeISO", "CalledNumber", "CallerNumber", "Reference"];
        schema(&conversion(own, &required, "An inbound call"))
    }
}

impl ToSchema for InboundCallIn {}

/// What both kinds of conversion have, with what only one has.
fn conversion(own: Value, required: &[&str], description: &str) -> Value {
    let mut properties = json!({
        "MarketingChannelOverride": optional(255, "Where it came from, when its sender knows better than the journey.", "Google"),
        "SourceCategoryOverride": optional(255, "How, beside `MarketingChannelOverride`.", "Paid"),
    });
    if let (Value::Object(properties), Value::Object(own)) = (&mut properties, own) {
        properties.extend(own);
    }
    json!({ "type": "object", "description": description, "required": required, "properties": properties })
}

fn identifiers(least: usize, description: &str) -> Value {
    let kind = if least == 0 { json!(["array", "null"]) } else { json!("array") };
    json!({
        "type": kind, "minItems": least, "maxItems": 50, "description": description,
        "items": {
            "type": "object", "required": ["Key", "Value"],
            "properties": {
                "Key": { "type": "string", "enum": ["EmailAddress", "PhoneNumber", "RaId", "CookieValue"] },
                "Value": optional_text(512, "Emails are compared in lower case, telephone numbers as E.164; a `GA1.x.` prefix of a cookie value is dropped.", "ann@example.com"),
            },
        },
    })
}

fn url(description: &str, example: &str) -> Value {
    json!({ "type": "string", "format": "touchline-url", "maxLength": 2048, "description": description, "example": example })
}

fn optional_url(description: &str) -> Value {
    json!({
        "type": ["string", "null"], "format": "touchline-url", "maxLength": 2048, "description": description,
        "example": "https://example.com/prices",
    })
}

/// Text that may be left out, empty or null.
fn optional(length_max: usize, description: &str, example: &str) -> Value {
    json!({
        "type": ["string", "number", "boolean", "null"], "maxLength": length_max, "format": "touchline-text",
        "description": description, "example": example,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{conversion_in::ConversionIn, error::Problem, visit_in};
    use serde_json::value::RawValue;
    use touchline_domain::{ConversionKind, Instant, Site, SiteId, Text};

    type Read = fn(&RawValue, &Site, Instant) -> Result<Vec<String>, Vec<Problem>>;

    /// Pointers of what was ignored, or of what was wrong.
    fn read(read: Read, body: &Value) -> Result<Vec<String>, Vec<String>> {
        let (id, name) = (SiteId::parse("s").unwrap(), Text::parse("Site").unwrap());
        let site = Site::new(id, name, Instant::from_micros(0)).unwrap();
        let raw = RawValue::from_string(body.to_string()).unwrap();
        read(&raw, &site, Instant::from_micros(1_800_000_000_000_000))
            .map_err(|problems| problems.into_iter().map(|problem| problem.pointer).collect())
    }

    #[test]
    fn what_is_described_is_what_is_read() {
        let web: Read = |raw, site, now| {
            ConversionIn::parse(raw, ConversionKind::Web, site, now).map(|c| c.notes.ignored)
        };
        let call: Read = |raw, site, now| {
            ConversionIn::parse(raw, ConversionKind::Call, site, now).map(|c| c.notes.ignored)
        };
        let visit: Read =
            |raw, site, now| visit_in::VisitIn::parse(raw, site, now).map(|visit| visit.ignored);
        let cases =
            [(VisitIn::schema(), visit), (WebConversionIn::schema(), web), (InboundCallIn::schema(), call)];
        for (schema, parse) in cases {
            let schema = serde_json::to_value(schema).unwrap();
            let described = schema["properties"].as_object().unwrap();
            let mut body = json!({});
            for (name, property) in described {
                body[name] = match name.as_str() {
                    "VisitorIdentifierOptions" => json!([{ "Key": "RaId", "Value": "v-1" }]),
                    "Payload" => json!([{ "Key": "email", "Value": "ann@example.com" }]),
                    _ => property["example"].clone(),
                };
            }
            assert_eq!(read(parse, &body), Ok(Vec::new()), "no described member is unknown to the parser");
            for name in described.keys() {
                let mut without = body.clone();
                without.as_object_mut().unwrap().remove(name);
                let is_required =
                    schema["required"].as_array().unwrap().iter().any(|required| required == name);
                let expected = if is_required { Err(vec![format!("/{name}")]) } else { Ok(Vec::new()) };
                assert_eq!(read(parse, &without), expected, "without {name}");
            }
        }
    }
}
