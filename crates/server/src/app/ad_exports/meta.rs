//! A request of Meta's Conversions API, as a file.
//!
//! Parameters: <https://developers.facebook.com/docs/marketing-api/conversions-api/parameters>. An event's id is the same
//! however often it is sent, and Meta takes it once (within 48 hours, with the event's name). Whoever it is about is named by
//! hashes, and by the click, which must not be hashed.

use super::source::Source;
use super::{OrderId, Wanted};
use serde::Serialize;
use serde_json::value::RawValue;
use touchline_domain::ad_export::{click_cookie, hashed, hashed_phone};

#[derive(Serialize)]
struct Event<'a> {
    #[serde(rename = "event_name")]
    name: &'a str,
    /// Seconds since 1970.
    #[serde(rename = "event_time")]
    time: i64,
    #[serde(rename = "event_id")]
    id: String,
    action_source: &'static str,
    user_data: UserData,
    custom_data: CustomData,
}

#[derive(Serialize)]
struct UserData {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    em: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ph: Vec<String>,
    external_id: Vec<String>,
    fbc: String,
}

#[derive(Serialize)]
struct CustomData {
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'static str>,
    /// A number with the currency's decimals, which never was a float.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
}

/// The header and each conversion's event.
pub(super) fn write(wanted: &Wanted, sources: &[Source]) -> Result<(String, Vec<String>), String> {
    let events = sources.iter().map(|source| {
        let event = event(wanted, source).map_err(|error| error.to_string())?;
        serde_json::to_string(&event).map_err(|error| error.to_string())
    });
    Ok(("{\"data\":[".to_owned(), events.collect::<Result<_, _>>()?))
}

fn event<'a>(wanted: &'a Wanted, source: &Source) -> Result<Event<'a>, serde_json::Error> {
    let conversion = &source.conversion;
    let value = conversion.value.map(|value| RawValue::from_string(value.amount())).transpose()?;
    Ok(Event {
        name: wanted.query.name.as_str(),
        time: conversion.at.as_micros().div_euclid(1_000_000),
        id: conversion.key.to_string(),
        action_source: wanted.action_source.0,
        user_data: UserData {
            em: source.emails.iter().map(hashed).collect(),
            ph: source.phones.iter().filter_map(hashed_phone).collect(),
            external_id: vec![hashed(&source.visitor)],
            fbc: click_cookie(&source.click_id, conversion.clicked_at),
        },
        custom_data: CustomData {
            currency: conversion.value.map(|value| value.currency.code()),
            value,
            order_id: match wanted.order_id {
                OrderId::Key => Some(conversion.key.to_string()),
                OrderId::Reference => Some(conversion.record.reference.to_string()),
                OrderId::Omitted => None,
            },
        },
    })
}

pub(super) fn file<'a>(header: &str, events: impl Iterator<Item = &'a str>) -> String {
    let events: Vec<&str> = events.collect();
    format!("{header}\n{}\n]}}\n", events.join(",\n"))
}
