//! Costs of advertising as JSON Schema, for the API description. `CostsIn::parse` is what reads them; a test holds the two
//! together.

use crate::http::schema::{amount, currency_codes, optional_text, schema, text};
use serde_json::{Value, json};
use touchline_domain::AMOUNT_MINOR_MAX;
use touchline_domain::cost::{AdCostType, AdPlatform};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

/// One cost of any source, or many.
pub(crate) struct AdCostsIn;

/// A cost of any source.
pub(crate) struct AdCostIn;

/// A cost of a named platform, as older clients send it.
pub(crate) struct OldAdCostIn;

/// One row of Microsoft Advertising's, or many.
pub(crate) struct BingAdCostsIn;

/// A row of Microsoft Advertising's reports.
pub(crate) struct BingAdCostIn;

/// One row of Meta's, or many.
pub(crate) struct FacebookAdCostsIn;

/// A row of Meta's insights.
pub(crate) struct FacebookAdCostIn;

/// One row of Google's, or many.
pub(crate) struct GoogleAdCostsIn;

/// A row of the Google Ads API.
pub(crate) struct GoogleAdCostIn;

impl PartialSchema for AdCostsIn {
    fn schema() -> RefOr<Schema> {
        one_or_many(&["AdCostIn", "OldAdCostIn"])
    }
}

impl ToSchema for AdCostsIn {}

impl PartialSchema for AdCostIn {
    fn schema() -> RefOr<Schema> {
        schema(&json!({
            "type": "object", "description": "A cost of any source",
            "required": ["CaptureDateIso", "MarketingSource", "AdCostType", "Cost", "CurrencyCode", "CampaignIdentifiers"],
            "properties": {
                "CaptureDateIso": day("On which day; of a time, the day in UTC. Not in the future."),
                "MarketingSource": text(255, "Where it was: any name, or a platform's. Visits of the same source are its visits.", "Example News"),
                "AdCostType": words(&AdCostType::ALL.map(AdCostType::name), "What kind of advertising it was.", "Programmatic"),
                "Cost": amount("What it cost. More decimals than the currency has are rounded, and a warning says so."),
                "CurrencyCode": currency(),
                "Clicks": optional_count("How often it was clicked."),
                "Impressions": optional_count("How often it was shown."),
                "Reach": optional_count("How many people saw it."),
                "Keyword": optional("The keyword that was bought.", "running shoes"),
                "CampaignIdentifiers": identifiers(&["IdentifierName", "IdentifierValue"], optional_importance()),
            },
        }))
    }
}

impl ToSchema for AdCostIn {}

impl PartialSchema for OldAdCostIn {
    fn schema() -> RefOr<Schema> {
        schema(&json!({
            "type": "object", "description": "A cost of a named platform, as older clients send it",
            "required": ["CaptureDateTime", "AdPlatformName", "Cost", "CurrencyCode", "Reach", "CampaignIdentifiers"],
            "properties": {
                "CaptureDateTime": day("On which day: that of this time in UTC. Not in the future."),
                "AdPlatformName": words(&AdPlatform::ALL.map(AdPlatform::name), "Where it was.", "LinkedInAds"),
                "Cost": amount("What it cost. More decimals than the currency has are rounded, and a warning says so."),
                "CurrencyCode": currency(),
                "Clicks": optional_count("How often it was clicked."),
                "Impressions": optional_count("How often it was shown."),
                "Reach": count("How many people saw it."),
                "Keyword": optional("The keyword that was bought.", "running shoes"),
                "CampaignIdentifiers": identifiers(&["IdentifierName", "IdentifierValue", "Importance"], importance()),
            },
        }))
    }
}

impl ToSchema for OldAdCostIn {}

impl PartialSchema for BingAdCostsIn {
    fn schema() -> RefOr<Schema> {
        one_or_many(&["BingAdCostIn"])
    }
}

impl ToSchema for BingAdCostsIn {}

impl PartialSchema for BingAdCostIn {
    fn schema() -> RefOr<Schema> {
        schema(&json!({
            "type": "object", "description": "A row of Microsoft Advertising's reports",
            "required": ["TimePeriod", "AccountId", "CampaignId", "CampaignName", "Clicks", "Spend"],
            "properties": {
                "TimePeriod": day("On which day; of a time, the day in UTC. Not in the future."),
                "AccountId": text(255, "The account.", "1001"),
                "CampaignId": text(255, "The campaign.", "77"),
                "CampaignName": text(255, "What it is called now.", "Spring"),
                "CampaignStatus": not_kept(&json!("Active")),
                "Clicks": count("How often it was clicked."),
                "Spend": amount("What it cost. More decimals than the currency has are rounded, and a warning says so."),
                "CurrencyCode": optional_currency("ISO 4217, in any case; the site's currency when it is not given."),
                "Impressions": optional_count("How often it was shown."),
                "Keyword": optional("The keyword that was bought.", "running shoes"),
            },
        }))
    }
}

impl ToSchema for BingAdCostIn {}

impl PartialSchema for FacebookAdCostsIn {
    fn schema() -> RefOr<Schema> {
        one_or_many(&["FacebookAdCostIn"])
    }
}

impl ToSchema for FacebookAdCostsIn {}

impl PartialSchema for FacebookAdCostIn {
    fn schema() -> RefOr<Schema> {
        schema(&json!({
            "type": "object", "description": "A row of Meta's insights. Rows that differ in a breakdown (`age`, `country`, `platform_position`, …) are different rows.",
            "required": [
                "account_currency", "campaign_id", "campaign_name", "adset_id", "adset_name", "ad_id", "ad_name", "clicks",
                "spend", "impressions", "reach", "date_start", "date_stop", "publisher_platform",
            ],
            "properties": {
                "account_currency": currency(),
                "campaign_id": text(255, "The campaign.", "77"),
                "campaign_name": text(255, "What it is called now.", "Spring"),
                "adset_id": text(255, "The ad set.", "5"),
                "adset_name": text(255, "What it is called now.", "North"),
                "ad_id": text(255, "The advertisement.", "9"),
                "ad_name": text(255, "What it is called now.", "Banner"),
                "clicks": count("How often it was clicked."),
                "spend": amount("What it cost. More decimals than the currency has are rounded, and a warning says so."),
                "impressions": count("How often it was shown."),
                "reach": count("How many people saw it; left out when it is of several days."),
                "date_start": day("The first day. Not in the future."),
                "date_stop": day("The last day, at most a year later. What is of several days is shared out evenly over them."),
                "publisher_platform": text(255, "Where it was shown: `instagram` is counted as that, everything else as Facebook.", "facebook"),
                "platform_position": optional("A breakdown.", "feed"),
                "country": optional("A breakdown.", "GB"),
                "ctr": not_kept(&json!("1.2")),
                "cpc": not_kept(&json!("0.4")),
                "conversions": not_kept(&json!([])),
                "cost_per_conversion": not_kept(&json!(3.1)),
            },
        }))
    }
}

impl ToSchema for FacebookAdCostIn {}

impl PartialSchema for GoogleAdCostsIn {
    fn schema() -> RefOr<Schema> {
        one_or_many(&["GoogleAdCostIn"])
    }
}

impl ToSchema for GoogleAdCostsIn {}

impl PartialSchema for GoogleAdCostIn {
    fn schema() -> RefOr<Schema> {
        schema(&json!({
            "type": "object", "description": "A row of the Google Ads API",
            "required": ["StartDate", "EndDate", "GoogleApiResponse"],
            "properties": {
                "StartDate": day("The first day that was asked for. Not in the future."),
                "EndDate": day("The last day, at most a year later. What is of several days is shared out evenly over them."),
                "GoogleApiResponse": google_row(),
            },
        }))
    }
}

impl ToSchema for GoogleAdCostIn {}

fn google_row() -> Value {
    let named = |own: Value, resource: &str, description: &str| {
        let mut properties = json!({
            "resourceName": text(255, "The platform's name; its last part is the id, unless `id` says it.", resource),
            "id": optional("The platform's id.", "77"),
            "name": text(255, "What it is called now.", "Spring"),
            "status": not_kept(&json!("ENABLED")),
        });
        if let (Value::Object(properties), Value::Object(own)) = (&mut properties, own) {
            properties.extend(own);
        }
        let required = ["resourceName", "name"];
        json!({ "type": "object", "description": description, "required": required, "properties": properties })
    };
    let mut ad_group = named(json!({}), "customers/1/adGroups/5", "The ad group; some campaigns have none.");
    ad_group["type"] = json!(["object", "null"]);
    let kind = json!({ "advertisingChannelType": not_kept(&json!("SEARCH")) });
    json!({
        "type": "object", "description": "A row as the Google Ads API gives it.",
        "required": ["customer", "campaign", "metrics"],
        "properties": {
            "customer": {
                "type": "object", "description": "The account.", "required": ["resourceName", "currencyCode"],
                "properties": {
                    "resourceName": text(255, "Its name.", "customers/1"),
                    "currencyCode": currency(),
                    "descriptiveName": not_kept(&json!("Example Ltd")),
                },
            },
            "campaign": named(kind, "customers/1/campaigns/77", "The campaign."),
            "adGroup": ad_group,
            "metrics": {
                "type": "object", "description": "Its figures.", "required": ["costMicros"],
                "properties": {
                    "costMicros": { "type": ["integer", "string"], "format": "touchline-count", "description": "What it cost, in millionths of the currency's unit. What the currency has no decimals for is rounded, and a warning says so.", "example": "12340000" },
                    "clicks": optional_count("How often it was clicked."),
                    "impressions": optional_count("How often it was shown."),
                },
            },
            "segments": { "type": ["object", "null"], "description": "What else its figures are divided by: rows that differ here are different rows. `date` says of which day it is.", "example": { "date": "2024-01-15", "device": "MOBILE" } },
            "adGroupAd": { "type": ["object", "null"], "description": "Its `ad` has the `id` and the `name` of the advertisement.", "example": { "ad": { "id": "9", "name": "Banner" } } },
            "adGroupCriterion": { "type": ["object", "null"], "description": "The `text` of its `keyword` is the keyword that was bought.", "example": { "keyword": { "text": "running shoes" } } },
        },
    })
}

/// What the wire has, or an array of it: a thousand at most, but the bound on the body's size comes first.
fn one_or_many(names: &[&str]) -> RefOr<Schema> {
    let mut any: Vec<_> =
        names.iter().map(|name| json!({ "$ref": format!("#/components/schemas/{name}") })).collect();
    let items = if let [one] = any.as_slice() { one.clone() } else { json!({ "anyOf": any }) };
    any.push(json!({ "type": "array", "minItems": 1, "items": items }));
    schema(&json!({ "anyOf": any }))
}

/// Whatever it is, it is left alone.
fn not_kept(example: &Value) -> Value {
    let any = ["string", "number", "boolean", "array", "object", "null"];
    json!({ "type": any, "description": "Not kept.", "example": example })
}

fn day(description: &str) -> Value {
    json!({ "type": "string", "format": "touchline-moment", "description": description, "example": "2024-01-15" })
}

fn words(words: &[&str], description: &str, example: &str) -> Value {
    json!({ "type": "string", "enum": words, "description": description, "example": example })
}

fn currency() -> Value {
    json!({ "type": "string", "enum": currency_codes(), "description": "ISO 4217, in any case.", "example": "GBP" })
}

fn optional_currency(description: &str) -> Value {
    let codes: Vec<_> = currency_codes().into_iter().map(Value::from).chain([Value::Null]).collect();
    json!({ "type": ["string", "null"], "enum": codes, "description": description, "example": "GBP" })
}

fn optional(description: &str, example: &str) -> Value {
    let mut optional = optional_text(255, description, example);
    optional["type"] = json!(["string", "number", "boolean", "null"]);
    optional
}

fn count(description: &str) -> Value {
    json!({
        "anyOf": [
            { "type": "integer", "minimum": 0, "maximum": AMOUNT_MINOR_MAX },
            { "type": "string", "format": "touchline-count" },
        ],
        "description": description, "example": "120",
    })
}

fn optional_count(description: &str) -> Value {
    let mut count = count(description);
    if let Some(forms) = count["anyOf"].as_array_mut() {
        forms.push(json!({ "type": "null" }));
    }
    count
}

fn importance() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": 1000, "description": "1 is the most important.", "example": 1 })
}

fn optional_importance() -> Value {
    let mut importance = importance();
    importance["type"] = json!(["integer", "null"]);
    importance
}

fn identifiers(required: &[&str], importance: Value) -> Value {
    json!({
        "type": "array", "minItems": 1, "maxItems": 50,
        "description": "What names the campaign, or the part of one. A name such as `Campaign`, `CampaignId`, `AdGroup`, `AdSet` or `Ad` says which level it names; without one that names the campaign, the most important does.",
        "items": {
            "type": "object", "required": required,
            "properties": {
                "IdentifierName": text(255, "What it is.", "Campaign"),
                "IdentifierValue": text(255, "Its value.", "Spring"),
                "Importance": importance,
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::cost_in::{CostsIn, Shape};
    use super::*;
    use serde_json::value::RawValue;
    use touchline_domain::{Instant, Site, SiteId, Text};

    /// Pointers of what was ignored, or of what was wrong.
    fn read(shape: Shape, body: &Value) -> Result<Vec<String>, Vec<String>> {
        let (id, name) = (SiteId::parse("s").unwrap(), Text::parse("Site").unwrap());
        let site = Site::new(id, name, Instant::from_micros(0)).unwrap();
        let raw = RawValue::from_string(body.to_string()).unwrap();
        CostsIn::parse(&raw, shape, &site, Instant::from_micros(1_800_000_000_000_000))
            .map(|costs| costs.ignored)
            .map_err(|problems| problems.into_iter().map(|problem| problem.pointer).collect())
    }

    /// A value with every member that its schema describes.
    fn complete(schema: &Value) -> Value {
        if let Some(properties) = schema["properties"].as_object() {
            let members = properties.iter().map(|(name, property)| (name.clone(), complete(property)));
            return Value::Object(members.collect());
        }
        if !schema["items"].is_null() {
            return json!([complete(&schema["items"])]);
        }
        assert!(!schema["example"].is_null(), "no example: {schema}");
        schema["example"].clone()
    }

    /// Every member that is described, by its pointer, and whether it is required.
    fn members(schema: &Value, pointer: &str, found: &mut Vec<(String, bool)>) {
        if !schema["items"].is_null() {
            members(&schema["items"], &format!("{pointer}/0"), found);
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let pointer = format!("{pointer}/{name}");
            let required = schema["required"].as_array().unwrap();
            found.push((pointer.clone(), required.iter().any(|one| one == name)));
            members(property, &pointer, found);
        }
    }

    #[test]
    fn what_is_described_is_what_is_read() {
        let cases = [
            (Shape::General, AdCostIn::schema()),
            (Shape::General, OldAdCostIn::schema()),
            (Shape::Bing, BingAdCostIn::schema()),
            (Shape::Facebook, FacebookAdCostIn::schema()),
            (Shape::Google, GoogleAdCostIn::schema()),
        ];
        for (shape, schema) in cases {
            let schema = serde_json::to_value(schema).unwrap();
            let body = complete(&schema);
            assert_eq!(read(shape, &body), Ok(Vec::new()), "no described member is unknown: {body}");
            assert_eq!(read(shape, &json!([body, body])), Ok(Vec::new()), "nor in an array");
            let mut described = Vec::new();
            members(&schema, "", &mut described);
            for (pointer, is_required) in described {
                let (parent, name) = pointer.rsplit_once('/').unwrap();
                let mut without = body.clone();
                without.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
                let expected = if is_required { Err(vec![pointer.clone()]) } else { Ok(Vec::new()) };
                assert_eq!(read(shape, &without), expected, "{shape:?} without {pointer}");
            }
        }
    }
}
