//! What the index is derived from: the logs of facts.

use super::super::{conversions, rows, visits};
use super::{TailState, conversion_entries, record_entries, visit_entries};
use crate::StoreError;
use rusqlite::Connection;
use touchline_domain::Instant;

impl TailState {
    /// Reads everything again that the index may lack: what was erased elsewhere is in the logs no longer, and its names
    /// must not be written.
    pub(super) fn read_again(&mut self, connection: &Connection, through: i64) -> Result<(), StoreError> {
        for stretch in &mut self.stretches {
            stretch.entries.clear();
        }
        self.through = self.after;
        self.read_log(connection, through)?;
        let due = |stretch: &super::Stretch| {
            stretch.entries.iter().filter(|entry| entry.change > stretch.written_through).count()
        };
        self.gathered = self.stretches.iter().map(due).sum();
        Ok(())
    }

    /// Reads the logs after what is covered, up to `through`.
    pub(super) fn read_log(&mut self, connection: &Connection, through: i64) -> Result<(), StoreError> {
        let range = (self.through, through);
        let sql = "SELECT site_id, kind, reference, occurred_at, change, details FROM record_version
            WHERE change > ?1 AND change <= ?2";
        let mut statement = connection.prepare_cached(sql)?;
        let mut log = statement.query(range)?;
        while let Some(row) = log.next()? {
            let key = rows::key(row, 0)?;
            let identifiers = rows::identifiers(row, 5)?;
            let occurred = Instant::from_micros(row.get(3)?);
            self.insert(&record_entries(&key, &identifiers, occurred, row.get(4)?));
        }
        visits::each_between(connection, range, |site, stored| {
            self.insert(&visit_entries(site, &stored.visit, stored.change.cast_signed()));
            Ok(())
        })?;
        conversions::each_between(connection, range, |site, stored| {
            self.insert(&conversion_entries(site, &stored.conversion, stored.change.cast_signed()));
            Ok(())
        })?;
        self.through = through;
        Ok(())
    }
}

/// The last change number given out: all logs share one sequence, those too that name nobody (costs, deletions).
pub(in super::super) fn last_change(connection: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT max(
        coalesce((SELECT max(change) FROM record_version), 0),
        coalesce((SELECT max(change) FROM record_deletion), 0),
        coalesce((SELECT max(change) FROM visit), 0),
        coalesce((SELECT max(change) FROM conversion), 0),
        coalesce((SELECT max(change) FROM ad_cost), 0),
        coalesce((SELECT max(change) FROM touched), 0),
        (SELECT value FROM counter WHERE name = 'deleted_through'))";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}
