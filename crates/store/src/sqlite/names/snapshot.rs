//! Looking things up.

use super::entry::naming_hashes;
use super::{Entry, NamedBy, Tail, entries_in_index, naming_hash, stretch_of};
use crate::StoreError;
use rusqlite::{Connection, params};
use std::collections::BTreeSet;
use touchline_domain::{Identifier, SiteId};

/// How many facts are read in one look at an identifier.
const FEW: usize = 64;

/// The index with its tail, as one transaction sees them.
#[derive(Clone, Copy)]
pub(in super::super) struct Names<'a> {
    pub(super) tail: &'a Tail,
    pub(super) connection: &'a Connection,
    pub(super) indexed_through: i64,
    /// Names of facts that the looking transaction has deleted; the tail forgets them when it is committed.
    pub(in super::super) deleted: Option<&'a BTreeSet<Entry>>,
}

impl Names<'_> {
    fn is_there(&self, entry: &Entry) -> bool {
        self.deleted.is_none_or(|deleted| !deleted.contains(entry))
    }

    /// The changes of the facts that carry a name, in order of when they were so and then of change; at most `limit`.
    pub(in super::super) fn find(&self, hash: i64, limit: usize) -> Result<Vec<i64>, StoreError> {
        let mut found = entries_in_index(self.connection, hash, i64::MIN, i64::MAX, limit)?;
        let state = self.tail.state();
        if state.after > self.indexed_through {
            return Err(StoreError::Interrupted);
        }
        let there = state.range(hash, i64::MIN, i64::MAX).filter(|entry| self.is_there(entry));
        found.extend(there.take(limit));
        Ok(found.into_iter().take(limit).map(|entry| entry.change).collect())
    }

    /// The facts that name an identifier, by kind and then in order of when they were so, at most `limits` of each kind.
    pub(in super::super) fn naming(
        &self,
        site: &SiteId,
        identifier: &Identifier,
        limits: [usize; NamedBy::ALL.len()],
    ) -> Result<Vec<(NamedBy, i64)>, StoreError> {
        let few = self.few_naming(site, identifier)?;
        if let Some(few) = few {
            return Ok(few);
        }
        let mut found = Vec::new();
        for (by, limit) in NamedBy::ALL.into_iter().zip(limits) {
            let changes = self.find(naming_hash(site, identifier, by), limit)?;
            found.extend(changes.into_iter().map(|change| (by, change)));
        }
        Ok(found)
    }

    /// All of them in one look, as nearly always; `None` if there are many.
    fn few_naming(
        &self,
        site: &SiteId,
        identifier: &Identifier,
    ) -> Result<Option<Vec<(NamedBy, i64)>>, StoreError> {
        let (first, last) = naming_hashes(site, identifier);
        // Without a bound LIMIT: SQLite plans a statement anew whenever one is bound.
        let sql = "SELECT hash, second, change FROM name WHERE hash >= ?1 AND hash <= ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![first, last])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            if found.len() == FEW {
                return Ok(None);
            }
            found.push(Entry { hash: row.get(0)?, second: row.get(1)?, change: row.get(2)? });
        }
        let state = self.tail.state();
        if state.after > self.indexed_through {
            return Err(StoreError::Interrupted);
        }
        let range = Entry { hash: first, second: i64::MIN, change: 0 }..=Entry {
            hash: last,
            second: i64::MAX,
            change: i64::MAX,
        };
        let there =
            state.stretches[stretch_of(first)].entries.range(range).filter(|entry| self.is_there(entry));
        found.extend(there.take(FEW));
        drop(state);
        if found.len() >= FEW {
            return Ok(None);
        }
        found.sort_unstable();
        found.dedup();
        let kind = |entry: Entry| Some((NamedBy::of(entry.hash)?, entry.change));
        Ok(Some(found.into_iter().filter_map(kind).collect()))
    }
}
