//! The index of identifiers, derived from the change log.
//!
//! Identifiers are random, so indexing each as it comes would touch a page of its own, and the store would slow
//! down as it grows. Instead the log is followed in large strides: many entries are sorted, so that neighbours
//! share pages, and worked in slice by slice beside the uploads. Whoever looks an identifier up has the rest of
//! the log indexed first, and so reads its own writes.

use super::rows;
use super::writer::WriteTx;
use crate::StoreError;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};

/// How many changes are left unindexed before a stride begins.
const STRIDE_CHANGES: i64 = 50_000;

/// How many entries one transaction works in: a few milliseconds.
const SLICE_ENTRIES: usize = 4_096;

/// A stride under way: entries sorted as the index is, and how many of them are in.
pub(super) struct Indexing {
    entries: Vec<Entry>,
    done: usize,
    through_change: i64,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    site_id: String,
    hash: i64,
    kind: i64,
    reference: String,
}

/// Works in the next slice, beginning a stride when one is due.
pub(super) fn index_slice(tx: &mut WriteTx<'_>) -> Result<(), StoreError> {
    if tx.indexing.is_none() {
        let indexed_through = indexed_through(tx.connection)?;
        if tx.last_change - indexed_through >= STRIDE_CHANGES {
            *tx.indexing = Some(stride(tx.connection, indexed_through, tx.last_change)?);
        }
    }
    let Some(indexing) = tx.indexing.as_mut() else { return Ok(()) };
    let end = indexing.entries.len().min(indexing.done + SLICE_ENTRIES);
    insert(tx.connection, &indexing.entries[indexing.done..end])?;
    indexing.done = end;
    if indexing.done == indexing.entries.len() {
        set_indexed_through(tx.connection, indexing.through_change)?;
        *tx.indexing = None;
    }
    Ok(())
}

/// Indexes everything that is not indexed yet.
pub(super) fn index_all(tx: &mut WriteTx<'_>) -> Result<(), StoreError> {
    let indexed_through = indexed_through(tx.connection)?;
    if indexed_through == tx.last_change {
        return Ok(());
    }
    let stride = stride(tx.connection, indexed_through, tx.last_change)?;
    insert(tx.connection, &stride.entries)?;
    set_indexed_through(tx.connection, tx.last_change)?;
    *tx.indexing = None;
    Ok(())
}

/// Up to which change identifiers are indexed.
pub(super) fn indexed_through(connection: &Connection) -> Result<i64, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT value FROM counter WHERE name = 'identifiers_indexed_through'")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

fn set_indexed_through(connection: &Connection, change: i64) -> Result<(), StoreError> {
    let sql = "UPDATE counter SET value = ?1 WHERE name = 'identifiers_indexed_through'";
    connection.prepare_cached(sql)?.execute([change])?;
    Ok(())
}

fn stride(connection: &Connection, after: i64, through_change: i64) -> Result<Indexing, StoreError> {
    let sql = "SELECT site_id, kind, reference, identifiers FROM change
        WHERE change > ?1 AND change <= ?2 AND identifiers IS NOT NULL";
    let mut statement = connection.prepare_cached(sql)?;
    let mut changes = statement.query([after, through_change])?;
    let mut entries = Vec::new();
    while let Some(row) = changes.next()? {
        for hash in hashes(row.get_ref(3)?)? {
            entries.push(Entry { site_id: row.get(0)?, hash, kind: row.get(1)?, reference: row.get(2)? });
        }
    }
    entries.sort_unstable();
    entries.dedup();
    Ok(Indexing { entries, done: 0, through_change })
}

/// The hashes in the `identifiers` column of a change.
pub(super) fn hashes(column: ValueRef<'_>) -> Result<impl Iterator<Item = i64>, StoreError> {
    let bytes = column.as_blob().map_err(|error| rows::corrupt("change", error))?;
    let (hashes, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(rows::corrupt("change", "identifiers of a broken length"));
    }
    Ok(hashes.iter().map(|hash| i64::from_be_bytes(*hash)))
}

fn insert(connection: &Connection, entries: &[Entry]) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO record_identifier (site_id, hash, kind, reference) VALUES (?1, ?2, ?3, ?4)";
    let mut statement = connection.prepare_cached(sql)?;
    for entry in entries {
        statement.execute(params![entry.site_id, entry.hash, entry.kind, entry.reference])?;
    }
    Ok(())
}
