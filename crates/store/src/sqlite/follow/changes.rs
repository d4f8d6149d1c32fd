//! What some changes touched, read from the logs.

use super::super::decisions::{RECORDS_FROM, WHOLE_SITE};
use super::super::names::{NamedBy, Names, Tail};
use super::super::{conversions, rows, visits};
use super::{Following, Learned};
use crate::StoreError;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use touchline_domain::record::{RecordKind, Reference};
use touchline_domain::{Identifier, SiteId};

/// What some changes of one site touched.
#[derive(Default)]
pub(super) struct Touched {
    pub(super) identifiers: BTreeSet<Identifier>,
    pub(super) records: BTreeSet<(RecordKind, Reference)>,
}

/// Reads what changes after the first number and up to the second touched, by site. Visits that cannot affect a record are
/// left out.
pub(super) fn read(
    connection: &Connection,
    tail: &Tail,
    following: &Following,
    range: (i64, i64),
    learned: &mut Learned,
) -> Result<BTreeMap<SiteId, Touched>, StoreError> {
    let mut sites: BTreeMap<SiteId, Touched> = BTreeMap::new();
    read_visits(connection, range, tail.names(connection)?, (following, learned), &mut sites)?;
    conversions::each_between(connection, range, |site, stored| {
        let touched = sites.entry(site.clone()).or_default();
        touched.identifiers.extend(stored.conversion.identifiers.iter().cloned());
        Ok(())
    })?;
    read_records(connection, range, &mut sites)?;
    read_touched(connection, range, &mut sites)?;
    Ok(sites)
}

fn read_visits(
    connection: &Connection,
    range: (i64, i64),
    names: Names<'_>,
    (following, learned): (&Following, &mut Learned),
    sites: &mut BTreeMap<SiteId, Touched>,
) -> Result<(), StoreError> {
    let sql = "SELECT site_id, visitor, cookie, change FROM visit
        WHERE change > ?1 AND change <= ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut log = statement.query(range)?;
    while let Some(row) = log.next()? {
        let site = rows::site(row, 0)?;
        let identifiers = visits::identifiers(row, 1)?;
        if following.are_strangers(&site, &identifiers, learned) {
            continue;
        }
        if is_first_trace(names, &site, &identifiers, row.get(3)?)? {
            learned.strangers(&site, &identifiers);
        } else {
            let touched = sites.entry(site).or_default();
            touched.identifiers.extend(identifiers);
        }
    }
    Ok(())
}

/// Whether nothing else names a visit's identifiers: most visits are somebody's first, and lead to no record.
fn is_first_trace(
    names: Names<'_>,
    site: &SiteId,
    identifiers: &[Identifier],
    change: i64,
) -> Result<bool, StoreError> {
    for identifier in identifiers {
        // Of two facts one is another.
        if names.naming(site, identifier, [2, 1, 1])? != [(NamedBy::Visit, change)] {
            return Ok(false);
        }
    }
    Ok(true)
}

fn read_records(
    connection: &Connection,
    range: (i64, i64),
    sites: &mut BTreeMap<SiteId, Touched>,
) -> Result<(), StoreError> {
    let sql = "SELECT site_id, kind, reference, details FROM record_version
        WHERE change > ?1 AND change <= ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut log = statement.query(range)?;
    while let Some(row) = log.next()? {
        let key = rows::key(row, 0)?;
        let touched = sites.entry(key.site).or_default();
        touched.identifiers.extend(rows::identifiers(row, 3)?);
        touched.records.insert((key.kind, key.reference));
    }
    let sql = "SELECT site_id, kind, reference FROM record_deletion WHERE change > ?1 AND change <= ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut log = statement.query(range)?;
    while let Some(row) = log.next()? {
        let key = rows::key(row, 0)?;
        sites.entry(key.site).or_default().records.insert((key.kind, key.reference));
    }
    Ok(())
}

fn read_touched(
    connection: &Connection,
    range: (i64, i64),
    sites: &mut BTreeMap<SiteId, Touched>,
) -> Result<(), StoreError> {
    let sql = "SELECT site_id, kind, value FROM touched WHERE change > ?1 AND change <= ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut log = statement.query(range)?;
    while let Some(row) = log.next()? {
        let touched = sites.entry(rows::site(row, 0)?).or_default();
        let kind: i64 = row.get(1)?;
        let value = rows::text_at(row, 2, "touched")?;
        if kind > RECORDS_FROM {
            let reference = Reference::parse(value).map_err(|error| rows::corrupt("touched", error))?;
            touched.records.insert((rows::kind_of(kind - RECORDS_FROM)?, reference));
        } else if kind != WHOLE_SITE {
            let kind = rows::identifier_kind(u8::try_from(kind).unwrap_or(0))?;
            touched.identifiers.insert(Identifier::stored(kind, value.to_owned(), None));
        }
    }
    Ok(())
}

/// Whether changes are of the kinds that are deleted once they are followed.
pub(super) fn are_spent(connection: &Connection, range: (i64, i64)) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM touched WHERE change > ?1 AND change <= ?2)
        OR EXISTS (SELECT 1 FROM record_deletion WHERE change > ?1 AND change <= ?2)";
    Ok(connection.prepare_cached(sql)?.query_row(range, |row| row.get(0))?)
}
