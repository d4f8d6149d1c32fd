//! How records look in the database: the rows' own types, and the ways between them and the domain.

use crate::StoreError;
use rusqlite::Row;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use touchline_domain::record::{
    Particulars, Property, RecordKey, RecordKind, Reference, StoredVersion, Version,
};
use touchline_domain::{
    ConversionKind, Currency, DeviceClass, Identifier, IdentifierKind, Instant, Moment, Money, SiteId, Text,
};

const TABLE: &str = "record_version";

pub(super) fn kind_number(kind: RecordKind) -> i64 {
    match kind {
        RecordKind::Opportunity => 1,
        RecordKind::Revenue => 2,
    }
}

pub(super) fn kind_of(number: i64) -> Result<RecordKind, StoreError> {
    RecordKind::ALL
        .into_iter()
        .find(|kind| kind_number(*kind) == number)
        .ok_or_else(|| corrupt(TABLE, format!("kind {number}")))
}

/// Text in a column, borrowed from the row.
pub(super) fn text_at<'a>(
    row: &'a Row<'_>,
    column: usize,
    table: &'static str,
) -> Result<&'a str, StoreError> {
    row.get_ref(column)?.as_str().map_err(|error| corrupt(table, error))
}

/// As [`text_at`], where there may be none.
pub(super) fn optional_text_at<'a>(
    row: &'a Row<'_>,
    column: usize,
    table: &'static str,
) -> Result<Option<&'a str>, StoreError> {
    row.get_ref(column)?.as_str_or_null().map_err(|error| corrupt(table, error))
}

pub(super) fn conversion_kind_number(kind: ConversionKind) -> u8 {
    match kind {
        ConversionKind::Web => 1,
        ConversionKind::Call => 2,
    }
}

pub(super) fn device_number(device: DeviceClass) -> u8 {
    match device {
        DeviceClass::Desktop => 1,
        DeviceClass::Mobile => 2,
        DeviceClass::Tablet => 3,
        DeviceClass::Other => 4,
    }
}

pub(super) fn device(number: u8) -> Result<DeviceClass, StoreError> {
    DeviceClass::ALL
        .into_iter()
        .find(|class| device_number(*class) == number)
        .ok_or_else(|| corrupt("visit", format!("device {number}")))
}

pub(super) fn corrupt(table: &'static str, what: impl ToString) -> StoreError {
    StoreError::Corrupt { table, what: what.to_string() }
}

/// The part of a version that is only ever read as a whole. Names are short because every row repeats them.
#[derive(Serialize, Deserialize)]
struct Details<'a> {
    #[serde(rename = "i", borrow)]
    identifiers: Vec<IdentifierRow<'a>>,
    #[serde(rename = "l", borrow, default, skip_serializing_if = "Option::is_none")]
    labels: Option<Vec<Cow<'a, str>>>,
    #[serde(rename = "p", borrow, default, skip_serializing_if = "Option::is_none")]
    properties: Option<Vec<(Cow<'a, str>, Cow<'a, str>)>>,
    /// Microseconds, and whether it was a date alone.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    lead: Option<(i64, bool)>,
}

/// Kind, value, and a telephone number as it was written.
#[derive(Serialize, Deserialize)]
pub(super) struct IdentifierRow<'a>(
    u8,
    #[serde(borrow)] Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")] Option<Cow<'a, str>>,
);

pub(super) fn identifier_number(kind: IdentifierKind) -> u8 {
    match kind {
        IdentifierKind::RaId => 1,
        IdentifierKind::EmailAddress => 2,
        IdentifierKind::PhoneNumber => 3,
        IdentifierKind::PayloadValue => 4,
        IdentifierKind::CookieValue => 5,
    }
}

/// The `details` column of a version.
pub(super) fn details(version: &Version) -> Result<String, StoreError> {
    let details = Details {
        identifiers: version.identifiers.iter().map(identifier_row).collect(),
        labels: version
            .labels
            .as_ref()
            .map(|labels| labels.iter().map(|l| Cow::Borrowed(l.as_str())).collect()),
        properties: version
            .properties
            .as_ref()
            .map(|properties| properties.iter().map(property_row).collect()),
        lead: match version.particulars {
            Particulars::Revenue { lead } => lead.map(|lead| (lead.at.as_micros(), lead.date_only)),
            Particulars::Opportunity { .. } => None,
        },
    };
    serde_json::to_string(&details).map_err(|error| corrupt(TABLE, error))
}

pub(super) fn identifier_row(identifier: &Identifier) -> IdentifierRow<'_> {
    IdentifierRow(
        identifier_number(identifier.kind()),
        Cow::Borrowed(identifier.value()),
        identifier.written().map(Cow::Borrowed),
    )
}

pub(super) fn property_row(property: &Property) -> (Cow<'_, str>, Cow<'_, str>) {
    (Cow::Borrowed(property.name.as_str()), Cow::Borrowed(&property.value))
}

/// Reads a version from the columns `occurred_at, change, occurred_date_only, received_at, value_minor, currency,
/// stage, details`, which begin at `first`.
pub(super) fn version(row: &Row<'_>, first: usize) -> Result<StoredVersion, StoreError> {
    let details: Details<'_> =
        serde_json::from_str(row.get_ref(first + 7)?.as_str().map_err(|error| corrupt(TABLE, error))?)
            .map_err(|error| corrupt(TABLE, error))?;
    let occurred = Moment { at: Instant::from_micros(row.get(first)?), date_only: row.get(first + 2)? };
    let currency = row.get_ref(first + 5)?.as_str().map_err(|error| corrupt(TABLE, error))?;
    let currency = Currency::parse(currency).map_err(|error| corrupt(TABLE, error))?;
    let particulars = match row.get_ref(first + 6)?.as_str_or_null().map_err(|error| corrupt(TABLE, error))? {
        Some(stage) => Particulars::Opportunity { stage: text(stage)? },
        None => Particulars::Revenue {
            lead: details
                .lead
                .map(|(micros, date_only)| Moment { at: Instant::from_micros(micros), date_only }),
        },
    };
    let version = Version {
        occurred,
        value: Money { minor: row.get(first + 4)?, currency },
        particulars,
        identifiers: details.identifiers.into_iter().map(identifier).collect::<Result<_, _>>()?,
        labels: details.labels.map(|labels| labels.iter().map(|label| text(label)).collect()).transpose()?,
        properties: details.properties.map(|rows| rows.into_iter().map(property).collect()).transpose()?,
    };
    let change: i64 = row.get(first + 1)?;
    Ok(StoredVersion {
        change: change.unsigned_abs(),
        received_at: Instant::from_micros(row.get(first + 3)?),
        version,
    })
}

/// The identifiers alone of the column `details`.
pub(super) fn identifiers(row: &Row<'_>, details: usize) -> Result<Vec<Identifier>, StoreError> {
    #[derive(Deserialize)]
    struct Identifiers<'a> {
        #[serde(rename = "i", borrow)]
        identifiers: Vec<IdentifierRow<'a>>,
    }
    let details = row.get_ref(details)?.as_str().map_err(|error| corrupt(TABLE, error))?;
    let details: Identifiers<'_> = serde_json::from_str(details).map_err(|error| corrupt(TABLE, error))?;
    details.identifiers.into_iter().map(identifier).collect()
}

pub(super) fn text(raw: &str) -> Result<Text<255>, StoreError> {
    Text::parse(raw).map_err(|error| corrupt(TABLE, error))
}

pub(super) fn property((name, value): (Cow<'_, str>, Cow<'_, str>)) -> Result<Property, StoreError> {
    Ok(Property { name: text(&name)?, value: value.into_owned() })
}

/// The kind with this number.
pub(super) fn identifier_kind(number: u8) -> Result<IdentifierKind, StoreError> {
    IdentifierKind::ALL
        .into_iter()
        .find(|kind| identifier_number(*kind) == number)
        .ok_or_else(|| corrupt(TABLE, format!("identifier kind {number}")))
}

fn identifier(row: IdentifierRow<'_>) -> Result<Identifier, StoreError> {
    let IdentifierRow(number, value, written) = row;
    let kind = identifier_kind(number)?;
    Ok(Identifier::stored(kind, value.into_owned(), written.map(Cow::into_owned)))
}

/// Reads a site's id.
pub(super) fn site(row: &Row<'_>, column: usize) -> Result<SiteId, StoreError> {
    SiteId::parse(text_at(row, column, "site")?).map_err(|error| corrupt("site", error))
}

/// Reads a record's key from the columns `site_id, kind, reference`, which begin at `first`.
pub(super) fn key(row: &Row<'_>, first: usize) -> Result<RecordKey, StoreError> {
    let text = |column: usize| row.get_ref(column)?.as_str().map_err(|error| corrupt(TABLE, error));
    let site = SiteId::parse(text(first)?).map_err(|error| corrupt(TABLE, error))?;
    let reference = Reference::parse(text(first + 2)?).map_err(|error| corrupt(TABLE, error))?;
    Ok(RecordKey { site, kind: kind_of(row.get(first + 1)?)?, reference })
}
