use super::names;
use super::rows::{self, IdentifierRow, corrupt};
use super::writer::WriteTx;
use crate::{NewConversion, StoreError};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use touchline_domain::record::{Property, Reference, UploadOutcome};
use touchline_domain::{
    Call, Conversion, ConversionKind, Instant, Invalid, Moment, Overrides, PageUrl, SiteId, StoredConversion,
    Text,
};

const TABLE: &str = "conversion";
const COLUMNS: &str =
    "site_id, change, kind, reference, occurred_at, occurred_date_only, received_at, details";

/// The part of a conversion that is only ever read as a whole. Names are short because every row repeats them.
#[derive(Serialize, Deserialize)]
struct Details<'a> {
    #[serde(rename = "i", borrow)]
    identifiers: Vec<IdentifierRow<'a>>,
    #[serde(rename = "p", borrow, default, skip_serializing_if = "Vec::is_empty")]
    payload: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    #[serde(rename = "u", borrow, default, skip_serializing_if = "Option::is_none")]
    page: Option<Cow<'a, str>>,
    #[serde(rename = "n", borrow, default, skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'a, str>>,
    /// Marketing channel, source category, landing page, referrer.
    #[serde(rename = "o", borrow, default, skip_serializing_if = "Option::is_none")]
    overrides: Option<[Option<Cow<'a, str>>; 4]>,
    #[serde(rename = "c", borrow, default, skip_serializing_if = "Option::is_none")]
    call: Option<CallRow<'a>>,
}

/// End (microseconds, date only), called, caller, referrer label, answer time, result.
#[derive(Serialize, Deserialize)]
struct CallRow<'a>(
    (i64, bool),
    #[serde(borrow)] Cow<'a, str>,
    #[serde(borrow)] Cow<'a, str>,
    #[serde(borrow)] Option<Cow<'a, str>>,
    #[serde(borrow)] Option<Cow<'a, str>>,
    #[serde(borrow)] Option<Cow<'a, str>>,
);

/// Stores conversions in order; see [`Store::add_conversions`](crate::Store::add_conversions).
pub(super) fn add(
    tx: &mut WriteTx<'_>,
    conversions: &[NewConversion],
) -> Result<Vec<UploadOutcome>, StoreError> {
    conversions.iter().map(|new| one(tx, new)).collect()
}

fn one(tx: &mut WriteTx<'_>, new: &NewConversion) -> Result<UploadOutcome, StoreError> {
    let NewConversion { site, received_at, conversion } = new;
    let hash = names::conversion_hash(site, conversion.kind, conversion.reference.as_str());
    let mut changes = tx.tail.all_in_writer(tx.connection, hash)?;
    // The newest report of all that share the hash is nearly always the one: others need not be read.
    changes.sort_unstable_by(|a, b| b.cmp(a));
    let mut last: Option<StoredConversion> = None;
    for change in changes {
        let same = |stored: &StoredConversion| {
            (stored.conversion.kind, &stored.conversion.reference) == (conversion.kind, &conversion.reference)
        };
        last = self::conversion(tx.connection, site, change)?.filter(same);
        if last.is_some() {
            break;
        }
    }
    let outcome = match last {
        None => UploadOutcome::Created,
        Some(last) if last.conversion == *conversion => return Ok(UploadOutcome::Unchanged),
        Some(_) => UploadOutcome::Updated,
    };
    tx.last_change += 1;
    let sql = "INSERT INTO conversion (change, site_id, kind, reference, occurred_at, occurred_date_only, received_at,
        details) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    tx.connection.prepare_cached(sql)?.execute(params![
        tx.last_change,
        site.as_str(),
        rows::conversion_kind_number(conversion.kind),
        conversion.reference.as_str(),
        conversion.occurred.at.as_micros(),
        conversion.occurred.date_only,
        received_at.as_micros(),
        details(conversion)?,
    ])?;
    tx.tail.add(&mut tx.draft, names::conversion_entries(site, conversion, tx.last_change));
    Ok(outcome)
}

fn details(conversion: &Conversion) -> Result<String, StoreError> {
    let text = |text: &Text<255>| text.to_string().into();
    let url = |url: &PageUrl| url.to_string().into();
    let Overrides { marketing_channel, source_category, landing_page, referrer } = &conversion.overrides;
    let overrides = [
        marketing_channel.as_ref().map(text),
        source_category.as_ref().map(text),
        landing_page.as_ref().map(url),
        referrer.as_ref().map(url),
    ];
    let details = Details {
        identifiers: conversion.identifiers.iter().map(rows::identifier_row).collect(),
        payload: conversion.payload.iter().map(rows::property_row).collect(),
        page: conversion.page.as_ref().map(url),
        name: conversion.name.as_ref().map(text),
        overrides: overrides.iter().any(Option::is_some).then_some(overrides),
        call: conversion.call.as_ref().map(|call| {
            CallRow(
                (call.ended.at.as_micros(), call.ended.date_only),
                call.called.as_str().into(),
                call.caller.as_str().into(),
                call.referrer_label.as_ref().map(text),
                call.answer_time.as_ref().map(text),
                call.result.as_ref().map(text),
            )
        }),
    };
    serde_json::to_string(&details).map_err(|error| corrupt(TABLE, error))
}

/// The conversion with this change number, if it is one of the site's.
pub(super) fn conversion(
    connection: &Connection,
    site: &SiteId,
    change: i64,
) -> Result<Option<StoredConversion>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM conversion WHERE change = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query([change])?;
    let Some(row) = found.next()? else { return Ok(None) };
    if rows::text_at(row, 0, TABLE)? != site.as_str() {
        return Ok(None);
    }
    stored(row).map(Some)
}

/// Every conversion with a change number after the first and up to the second, in order.
pub(super) fn each_between(
    connection: &Connection,
    (after, through): (i64, i64),
    mut each: impl FnMut(&SiteId, &StoredConversion) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM conversion WHERE change > ?1 AND change <= ?2 ORDER BY change");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut log = statement.query([after, through])?;
    while let Some(row) = log.next()? {
        let site = SiteId::parse(rows::text_at(row, 0, TABLE)?).map_err(|error| corrupt(TABLE, error))?;
        each(&site, &stored(row)?)?;
    }
    Ok(())
}

/// Reads a conversion from [`COLUMNS`].
fn stored(row: &Row<'_>) -> Result<StoredConversion, StoreError> {
    let details: Details<'_> =
        serde_json::from_str(rows::text_at(row, 7, TABLE)?).map_err(|error| corrupt(TABLE, error))?;
    let kind: u8 = row.get(2)?;
    let kind = ConversionKind::ALL
        .into_iter()
        .find(|known| rows::conversion_kind_number(*known) == kind)
        .ok_or_else(|| corrupt(TABLE, format!("kind {kind}")))?;
    let occurred = Moment { at: Instant::from_micros(row.get(4)?), date_only: row.get(5)? };
    let reference = rows::text_at(row, 3, TABLE)?;
    let change: i64 = row.get(1)?;
    let read = |details: Details<'_>| -> Result<Conversion, Invalid> {
        let [marketing_channel, source_category, landing_page, referrer] =
            details.overrides.unwrap_or_default();
        let text = |text: Option<Cow<'_, str>>| text.map(|text| Text::parse(&text)).transpose();
        let url = |url: Option<Cow<'_, str>>| url.map(|url| PageUrl::stored(&url)).transpose();
        Ok(Conversion {
            kind,
            reference: Reference::parse(reference)?,
            occurred,
            identifiers: Vec::new(),
            page: url(details.page)?,
            name: text(details.name)?,
            payload: details.payload.into_iter().map(property).collect::<Result<_, _>>()?,
            overrides: Overrides {
                marketing_channel: text(marketing_channel)?,
                source_category: text(source_category)?,
                landing_page: url(landing_page)?,
                referrer: url(referrer)?,
            },
            call: details.call.map(call).transpose()?,
        })
    };
    let identifiers = rows::identifiers(row, 7)?;
    let conversion = read(details).map_err(|error| corrupt(TABLE, error))?;
    Ok(StoredConversion {
        change: change.unsigned_abs(),
        received_at: Instant::from_micros(row.get(6)?),
        conversion: Conversion { identifiers, ..conversion },
    })
}

fn property((name, value): (Cow<'_, str>, Cow<'_, str>)) -> Result<Property, Invalid> {
    Ok(Property { name: Text::parse(&name)?, value: value.into_owned() })
}

fn call(row: CallRow<'_>) -> Result<Call, Invalid> {
    let CallRow((ended, date_only), called, caller, referrer_label, answer_time, result) = row;
    let text = |text: Option<Cow<'_, str>>| text.map(|text| Text::parse(&text)).transpose();
    Ok(Call {
        ended: Moment { at: Instant::from_micros(ended), date_only },
        called: Text::parse(&called)?,
        caller: Text::parse(&caller)?,
        referrer_label: text(referrer_label)?,
        answer_time: text(answer_time)?,
        result: text(result)?,
    })
}

/// Deletes a report of a conversion and what is derived from it. `false` if there is none of the site's with this number.
pub(super) fn delete(tx: &mut WriteTx<'_>, site: &SiteId, change: i64) -> Result<bool, StoreError> {
    let Some(stored) = conversion(tx.connection, site, change)? else { return Ok(false) };
    tx.forget(names::conversion_entries(site, &stored.conversion, change))?;
    tx.connection.prepare_cached("DELETE FROM conversion WHERE change = ?1")?.execute([change])?;
    Ok(true)
}
