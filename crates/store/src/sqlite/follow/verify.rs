//! Whether what was derived is what the facts say.

use super::super::journeys::{self, Derived};
use super::super::names::{self, Tail};
use super::super::{records, rows};
use super::{Ahead, Deriving, Following, UNWRITTEN_MAX, rescan};
use crate::{StoreError, Verified};
use rusqlite::Connection;
use std::collections::BTreeMap;
use touchline_domain::SiteId;
use touchline_domain::record::RecordKey;

/// How many changes may be still to be followed: more than a server beside this process has followed and not written.
const BEHIND_MAX: i64 = 2 * UNWRITTEN_MAX;

/// Compares journeys, byte by byte, with what the facts say; see [`Store::verify`](crate::Store::verify). At most `most`
/// differences are told. `ahead` was so before the transaction began: what was followed since is not in what that sees.
pub(in super::super) fn verify(
    connection: &Connection,
    tail: &Tail,
    ahead: Ahead,
    only: Option<&SiteId>,
    most: usize,
) -> Result<Verified, StoreError> {
    let following = &Following::at(ahead);
    let (from, last_change) = (following.from(connection)?, names::last_change(connection)?);
    if last_change - from > BEHIND_MAX || rescan::next(connection, (from, last_change))?.is_some() {
        return Ok(Verified { changes_behind: last_change.abs_diff(from), ..Verified::default() });
    }
    let due = super::find(connection, tail, following, usize::MAX)?;
    let comparing = Comparing { connection, tail, only, due: due.journeys.into_iter().collect() };
    let mut verified = Verified::default();
    comparing.orphans(most, &mut verified)?;
    comparing.records(most, &mut verified)?;
    Ok(verified)
}

struct Comparing<'a> {
    connection: &'a Connection,
    tail: &'a Tail,
    only: Option<&'a SiteId>,
    /// What following is about to write.
    due: BTreeMap<RecordKey, Option<Derived>>,
}

impl Comparing<'_> {
    fn is_asked(&self, site: &SiteId) -> bool {
        self.only.is_none_or(|only| only == site)
    }

    /// The journey that a record has once everything is followed.
    fn followed(&self, key: &RecordKey) -> Result<Option<Derived>, StoreError> {
        match self.due.get(key) {
            Some(due) => Ok(due.clone()),
            None => journeys::stored(self.connection, key),
        }
    }

    /// Journeys whose record is gone.
    fn orphans(&self, most: usize, verified: &mut Verified) -> Result<(), StoreError> {
        let sql = "SELECT site_id, kind, reference FROM journey WHERE reference IS NOT NULL";
        let mut statement = self.connection.prepare(sql)?;
        let mut stored = statement.query([])?;
        while let Some(row) = stored.next()?
            && verified.differences.len() < most
        {
            let key = rows::key(row, 0)?;
            if self.is_asked(&key.site)
                && self.followed(&key)?.is_some()
                && records::versions(self.connection, self.tail, &key)?.is_empty()
            {
                verified.differences.push("there is a journey of a record that does not exist".into());
            }
        }
        Ok(())
    }

    fn records(&self, most: usize, verified: &mut Verified) -> Result<(), StoreError> {
        let sql =
            "SELECT site_id, kind, reference, change FROM record_version WHERE is_first ORDER BY site_id";
        let mut statement = self.connection.prepare(sql)?;
        let mut log = statement.query([])?;
        let mut current: Option<Deriving<'_>> = None;
        while let Some(row) = log.next()?
            && verified.differences.len() < most
        {
            let key = rows::key(row, 0)?;
            if !self.is_asked(&key.site) {
                continue;
            }
            if current.as_ref().is_none_or(|deriving| *deriving.evidence.site() != key.site) {
                current = Deriving::of(self.connection, self.tail, &key.site)?;
            }
            let Some(deriving) = &mut current else { continue };
            verified.journeys += 1;
            if deriving.derived(&key)?.0 != self.followed(&key)? {
                let version: i64 = row.get(3)?;
                let what =
                    format!("the journey of the record with version {version} is not what the facts say");
                verified.differences.push(what);
            }
        }
        Ok(())
    }
}
