//! Looking at all records of a site again, a piece at a time, when its guards changed.

use super::super::names::Tail;
use super::super::writer::WriteTx;
use super::super::{decisions, rows};
use super::{Deriving, Found, find_journeys, standings};
use crate::StoreError;
use rusqlite::{Connection, params};
use std::collections::BTreeSet;
use touchline_domain::{Identifier, SiteId};

/// How many versions of records are looked at in one piece.
const PIECE: i64 = 500;

/// The first change in a range that is a site's, as a whole.
pub(super) fn next(connection: &Connection, range: (i64, i64)) -> Result<Option<(i64, SiteId)>, StoreError> {
    let sql = "SELECT change, site_id FROM touched WHERE change > ?1 AND change <= ?2 AND kind = 0
        ORDER BY change LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query(range)?;
    let Some(row) = found.next()? else { return Ok(None) };
    Ok(Some((row.get(0)?, rows::site(row, 1)?)))
}

/// Finds the next piece of a site's matches anew.
pub(super) fn find(
    connection: &Connection,
    tail: &Tail,
    site: &SiteId,
    found: &mut Found,
) -> Result<(), StoreError> {
    found.rescanned = Some(0);
    let Some(mut deriving) = Deriving::of(connection, tail, site)? else { return Ok(()) };
    let after: i64 = connection
        .prepare_cached("SELECT value FROM counter WHERE name = 'rescanned_through'")?
        .query_row([], |row| row.get(0))?;
    let sql = "SELECT site_id, kind, reference, details, change FROM record_version
        WHERE change > ?1 AND site_id = ?2 ORDER BY change LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let mut log = statement.query(params![after, site.as_str(), PIECE])?;
    let (mut due, mut identifiers, mut read) = (BTreeSet::new(), BTreeSet::new(), 0);
    while let Some(row) = log.next()? {
        let key = rows::key(row, 0)?;
        due.insert((key.kind, key.reference));
        identifiers.extend(rows::identifiers(row, 3)?);
        read += 1;
        found.rescanned = Some(row.get(4)?);
    }
    if read < PIECE {
        found.rescanned = Some(0);
    }
    if after == 0 {
        let guarded = decisions::guarded(connection, site, None, usize::MAX)?;
        identifiers.extend(guarded.into_iter().map(|guarded| guarded.identifier));
    }
    let identifiers: BTreeSet<Identifier> = identifiers;
    standings(&mut deriving, &identifiers, found)?;
    find_journeys(&mut deriving, due, found)
}

/// Remembers how far the records were looked at. Answers up to which change everything is followed now.
pub(super) fn write(tx: &WriteTx<'_>, found: &Found) -> Result<i64, StoreError> {
    let Some(rescanned) = found.rescanned else { return Ok(found.through) };
    let sql = "UPDATE counter SET value = ?1 WHERE name = 'rescanned_through'";
    tx.connection.prepare_cached(sql)?.execute([rescanned])?;
    Ok(if rescanned == 0 { found.through } else { found.through - 1 })
}
