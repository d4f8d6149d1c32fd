//! The wire's input as JSON Schema, for the API description. `RecordIn::parse` is what reads it; a test holds the two
//! together.

use serde_json::{Value, json};
use touchline_domain::Currency;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// An opportunity as the wire has it.
pub(crate) struct OpportunityIn;

/// Revenue as the wire has it.
pub(crate) struct RevenueIn;

/// A batch of opportunities.
pub(crate) struct OpportunitiesIn;

/// A batch of revenue.
pub(crate) struct RevenuesIn;

/// The id of a site in a path.
pub(crate) struct SiteIdParam;

/// The reference of a record in a path.
pub(crate) struct ReferenceParam;

impl PartialSchema for OpportunityIn {
    fn schema() -> RefOr<Schema> {
        let own = json!({
            "OpportunityValue": amount("Exact, with at most the decimals that the currency has."),
            "OpportunityDateTime": moment("When this state of the opportunity began. UTC unless it says otherwise; not in the future."),
            "PipelineStage": text(255, "The stage in the CRM's pipeline.", "Proposal"),
            "Labels": { "type": ["array", "null"], "maxItems": 100, "items": label(), "description": "Replace the opportunity's labels when given." },
        });
        let required = [
            "OpportunityValue",
            "OpportunityDateTime",
            "PipelineStage",
            "VisitorIdentifierOptions",
            "CurrencyCode",
        ];
        schema(&record(own, &required, "An opportunity"))
    }
}

impl ToSchema for OpportunityIn {}

impl PartialSchema for RevenueIn {
    fn schema() -> RefOr<Schema> {
        let own = json!({
            "Value": amount("Exact, with at most the decimals that the currency has; negative for a refund."),
            "RevenueClosedDate": moment("When the sale was closed. UTC unless it says otherwise; not in the future."),
            "LeadDate": { "type": ["string", "null"], "format": "touchline-moment", "description": "When the lead came in." },
            "Labels": { "type": "array", "minItems": 1, "maxItems": 100, "items": optional_text(255, "A label.", "Invoice"), "description": "At least one. They replace the labels of the revenue item." },
        });
        let required = ["Value", "RevenueClosedDate", "VisitorIdentifierOptions", "CurrencyCode", "Labels"];
        schema(&record(own, &required, "A revenue item"))
    }
}

impl ToSchema for RevenueIn {}

impl PartialSchema for OpportunitiesIn {
    fn schema() -> RefOr<Schema> {
        batch("OpportunityIn")
    }
}

impl ToSchema for OpportunitiesIn {}

impl PartialSchema for RevenuesIn {
    fn schema() -> RefOr<Schema> {
        batch("RevenueIn")
    }
}

impl ToSchema for RevenuesIn {}

/// Anything may stand in a batch: what is wrong with an item is answered for that item.
pub(super) fn batch(item: &str) -> RefOr<Schema> {
    let each = format!("A `{item}`, with an optional `traceId` that is echoed.");
    schema(&json!({ "type": "array", "items": { "description": each } }))
}

/// Whether an upload is only checked.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the query; read by `upload::validate_only`")]
pub(crate) struct ValidateOnlyParam {
    /// Check everything and store nothing.
    #[param(required = false)]
    validate_only: bool,
}

/// How an upload is answered.
#[derive(IntoParams)]
#[into_params(parameter_in = Header, rename_all = "PascalCase")]
#[expect(dead_code, reason = "describes the header; read by `upload::prefers_representation`")]
pub(crate) struct PreferParam {
    /// `return=representation` asks for a body in the answer; anything else is ignored.
    #[param(required = false)]
    prefer: String,
}

impl PartialSchema for SiteIdParam {
    fn schema() -> RefOr<Schema> {
        schema(&json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" }))
    }
}

impl ToSchema for SiteIdParam {}

impl PartialSchema for ReferenceParam {
    fn schema() -> RefOr<Schema> {
        schema(&json!({ "type": "string", "minLength": 1, "maxLength": 255, "format": "touchline-text" }))
    }
}

impl ToSchema for ReferenceParam {}

/// An ISO 4217 code, in a query.
pub(crate) fn currency() -> RefOr<Schema> {
    schema(&json!({ "type": "string", "enum": currency_codes() }))
}

pub(super) fn currency_codes() -> Vec<&'static str> {
    Currency::all().into_iter().map(Currency::code).collect()
}

/// What both kinds of record have, with what only one has.
fn record(own: Value, required: &[&str], description: &str) -> Value {
    let mut properties = json!({
        "CurrencyCode": { "type": "string", "enum": currency_codes(), "description": "ISO 4217, in any case.", "example": "GBP" },
        "VisitorIdentifierOptions": {
            "type": "array", "minItems": 1, "maxItems": 50, "description": "Who it is about.",
            "items": {
                "type": "object", "required": ["Key", "Value"],
                "properties": {
                    "Key": { "type": "string", "enum": ["EmailAddress", "PhoneNumber", "RaId", "PayloadValue", "CookieValue"] },
                    "Value": optional_text(512, "Emails are compared in lower case, telephone numbers as E.164; a `GA1.x.` prefix of a cookie value is dropped.", "ann@example.com"),
                },
            },
        },
        "Reference": { "type": ["string", "number", "boolean", "null"], "maxLength": 255, "format": "touchline-text", "description": "The CRM's own name for it, unique per site. Old clients may leave it out; then one is computed from the rest.", "example": "OPP-1" },
        "AdditionalDataProperties": {
            "type": ["array", "null"], "maxItems": 100, "description": "Replace the properties when given.",
            "items": {
                "type": "object", "required": ["Name"],
                "properties": {
                    "Name": text(255, "Compared exactly.", "Agent"),
                    "Value": { "type": ["string", "number", "boolean", "null"], "maxLength": 4096, "format": "touchline-text", "example": "Ann" },
                },
            },
        },
    });
    if let (Value::Object(properties), Value::Object(own)) = (&mut properties, own) {
        properties.extend(own);
    }
    json!({ "type": "object", "description": description, "required": required, "properties": properties })
}

pub(super) fn amount(description: &str) -> Value {
    json!({
        "anyOf": [
            { "type": "number", "minimum": -90_071_992_547_409_i64, "maximum": 90_071_992_547_409_i64 },
            { "type": "string", "format": "touchline-amount" },
        ],
        "description": description,
        "example": "1000.00",
    })
}

pub(super) fn moment(description: &str) -> Value {
    json!({ "type": "string", "format": "touchline-moment", "description": description, "example": "2024-01-15T09:30:00Z" })
}

/// Text, or a number or boolean that is taken for its text.
pub(super) fn text(length_max: usize, description: &str, example: &str) -> Value {
    json!({
        "type": ["string", "number", "boolean"], "minLength": 1, "maxLength": length_max,
        "format": "touchline-text", "description": description, "example": example,
    })
}

/// As [`text`]; empty is as good as absent.
pub(super) fn optional_text(length_max: usize, description: &str, example: &str) -> Value {
    json!({
        "type": ["string", "number", "boolean"], "maxLength": length_max, "format": "touchline-text",
        "description": description, "example": example,
    })
}

fn label() -> Value {
    json!({ "type": ["string", "number", "boolean", "null"], "maxLength": 255, "format": "touchline-text", "example": "North" })
}

pub(super) fn schema(value: &Value) -> RefOr<Schema> {
    // The literals above are schemas; a test reads the whole description back.
    serde_json::from_value(value.clone()).unwrap_or_else(|_| RefOr::T(Schema::default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::record_in::{Context, RecordIn};
    use serde_json::value::RawValue;
    use touchline_domain::record::RecordKind;
    use touchline_domain::{Instant, Site, SiteId, Text};

    fn site() -> Site {
        let (id, name) = (SiteId::parse("s").unwrap(), Text::parse("Site").unwrap());
        Site::new(id, name, Instant::from_micros(0)).unwrap()
    }

    /// Pointers of what was ignored, or of what was wrong.
    fn read(kind: RecordKind, body: &Value) -> Result<Vec<String>, Vec<String>> {
        let raw = RawValue::from_string(body.to_string()).unwrap();
        let now = Instant::from_micros(1_800_000_000_000_000);
        let context = Context { kind, site: &site(), now, default_currency: None };
        RecordIn::parse(&raw, "", context)
            .map(|parsed| parsed.notes.ignored)
            .map_err(|problems| problems.into_iter().map(|problem| problem.pointer).collect())
    }

    /// Every member, with the values that its schema gives as examples.
    fn complete(schema: &Value) -> Value {
        let mut body = json!({
            "VisitorIdentifierOptions": [{ "Key": "EmailAddress", "Value": "ann@example.com" }],
            "AdditionalDataProperties": [{ "Name": "Agent", "Value": "Ann" }],
            "Labels": ["North"],
            "LeadDate": "2024-01-15",
        });
        for (name, property) in schema["properties"].as_object().unwrap() {
            if !property["example"].is_null() {
                body[name] = property["example"].clone();
            }
        }
        let members = body.as_object_mut().unwrap();
        members.retain(|name, _| !schema["properties"][name].is_null());
        body
    }

    #[test]
    fn what_is_described_is_what_is_read() {
        for (kind, schema) in
            [(RecordKind::Opportunity, OpportunityIn::schema()), (RecordKind::Revenue, RevenueIn::schema())]
        {
            let schema = serde_json::to_value(schema).unwrap();
            let body = complete(&schema);
            let described = schema["properties"].as_object().unwrap();
            assert_eq!(body.as_object().unwrap().len(), described.len(), "an example of every member");
            assert_eq!(read(kind, &body), Ok(Vec::new()), "no described member is unknown to the parser");
            for name in described.keys() {
                let mut without = body.clone();
                without.as_object_mut().unwrap().remove(name);
                let is_required =
                    schema["required"].as_array().unwrap().iter().any(|required| required == name);
                let expected = if is_required { Err(vec![format!("/{name}")]) } else { Ok(Vec::new()) };
                assert_eq!(read(kind, &without), expected, "{kind:?} without {name}");
            }
        }
    }
}
