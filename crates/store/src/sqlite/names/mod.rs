//! The index of names: from a record's key, or an identifier, to the versions that carry it.
//!
//! Names are hashes, and hashes are random: writing each entry as it comes would dirty a page of its own, and the
//! store would slow down as the index grows. So entries are kept in memory first (the [`Tail`]) and written a
//! stretch of the index at a time, when many have gathered that share its pages; the stretches follow one another
//! around the index. Nothing is lost by a crash, because the log holds it all: the entries of versions after counter
//! `names_indexed_through` are read from there again.

mod entry;
mod log;
mod snapshot;

use crate::StoreError;
use entry::HASH_BITS;
use rusqlite::{Connection, params};
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) use entry::{
    Entry, NamedBy, conversion_entries, conversion_hash, naming_hash, record_entries, record_hash, second_of,
    visit_entries,
};
pub(super) use log::last_change;
pub(super) use snapshot::Names;

/// How many stretches the index is cut into, by the first bits of the hash.
const STRETCHES: usize = 1 << STRETCH_BITS;
const STRETCH_BITS: u32 = 10;

/// The entries that the index may lack, shared by the writer and the readers of a process.
///
/// It covers the versions after `after` up to `through`, both of them change numbers. It may also hold entries that
/// the index has, and entries of a transaction that is not committed; whoever follows an entry finds no version then.
pub(super) struct Tail(Mutex<TailState>);

struct TailState {
    stretches: Vec<Stretch>,
    after: i64,
    through: i64,
    /// Entries that are not written yet, and how many there may be.
    gathered: usize,
    gathered_max: usize,
    /// The stretch to be written next.
    cursor: usize,
    /// The last change when the cursor was at the first stretch: when it is there again, the index has all up to it.
    round_began: i64,
    /// Counter `erasures`, as of which the entries are: another process may erase facts whose entries are here.
    erasures: i64,
}

#[derive(Default)]
struct Stretch {
    entries: BTreeSet<Entry>,
    /// Entries up to this change are written.
    written_through: i64,
}

fn stretch_of(hash: i64) -> usize {
    // In the order of signed numbers, as the index is sorted.
    let from_least = hash + (1 << (HASH_BITS - 1));
    usize::try_from(from_least >> (HASH_BITS - STRETCH_BITS)).unwrap_or(0)
}

/// What a transaction did to the tail, to be kept or undone with it.
#[derive(Default)]
pub(super) struct Draft {
    /// Names of facts that it deleted.
    pub(super) deleted: BTreeSet<Entry>,
    added: Vec<Entry>,
    written: Vec<(usize, i64)>,
    cursor: usize,
    round_began: i64,
    after: i64,
    erasures: i64,
}

impl Draft {
    /// Counts an erasure, so that other processes read their tails again, and nobody writes what was found before it.
    pub(super) fn count_erasure(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let sql = "UPDATE counter SET value = value + 1 WHERE name = 'erasures'";
        connection.prepare_cached(sql)?.execute([])?;
        self.erasures = erasures(connection)?;
        Ok(())
    }
}

impl Tail {
    /// Begins where the index ends; the log after it is read when it is first needed.
    pub(super) fn open(connection: &Connection, gathered_max: usize) -> Result<Self, StoreError> {
        let after = indexed_through(connection)?;
        Ok(Self(Mutex::new(TailState {
            stretches: (0..STRETCHES).map(|_| Stretch::default()).collect(),
            after,
            through: after,
            gathered: 0,
            gathered_max,
            cursor: 0,
            round_began: after,
            erasures: erasures(connection)?,
        })))
    }

    fn state(&self) -> MutexGuard<'_, TailState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The index and this tail as one transaction sees them.
    pub(super) fn names<'a>(&'a self, connection: &'a Connection) -> Result<Names<'a>, StoreError> {
        // The index first: it fixes what the transaction sees. Then the tail must reach back far enough.
        let indexed_through = indexed_through(connection)?;
        let last_change = last_change(connection)?;
        let mut state = self.state();
        if state.after > indexed_through {
            return Err(StoreError::Interrupted);
        }
        if last_change > state.through {
            // A crash or another process left it behind.
            state.read_log(connection, last_change)?;
        }
        drop(state);
        Ok(Names { tail: self, connection, indexed_through, deleted: None })
    }

    /// As [`Names::find`], for the one writer, which added to the tail whatever its transaction wrote.
    pub(super) fn find_in_writer(
        &self,
        connection: &Connection,
        hash: i64,
        second: i64,
    ) -> Result<Vec<i64>, StoreError> {
        let mut found = entries_in_index(connection, hash, second, second, usize::MAX)?;
        found.extend(self.state().range(hash, second, second));
        Ok(found.into_iter().map(|entry| entry.change).collect())
    }

    /// Every version that carries a name, in order of when it was so and then of change, for the one writer.
    pub(super) fn all_in_writer(&self, connection: &Connection, hash: i64) -> Result<Vec<i64>, StoreError> {
        let mut found = entries_in_index(connection, hash, i64::MIN, i64::MAX, usize::MAX)?;
        found.extend(self.state().range(hash, i64::MIN, i64::MAX));
        Ok(found.into_iter().map(|entry| entry.change).collect())
    }

    /// Some version that carries a name, for the one writer.
    pub(super) fn any_in_writer(
        &self,
        connection: &Connection,
        hash: i64,
    ) -> Result<Option<i64>, StoreError> {
        let gathered = self.state().range(hash, i64::MIN, i64::MAX).next().map(|entry| entry.change);
        if gathered.is_some() {
            return Ok(gathered);
        }
        let mut statement = connection.prepare_cached("SELECT change FROM name WHERE hash = ?1 LIMIT 1")?;
        let mut rows = statement.query([hash])?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
    }

    /// Adds a version's entries, on behalf of a transaction that wrote it.
    pub(super) fn add(&self, draft: &mut Draft, entries: Vec<Entry>) {
        self.state().insert(&entries);
        draft.added.extend(entries);
    }

    /// Begins a transaction. `last_change` is the last one committed.
    pub(super) fn begin(&self, connection: &Connection, last_change: i64) -> Result<Draft, StoreError> {
        let erasures = erasures(connection)?;
        let mut state = self.state();
        if erasures != state.erasures {
            state.read_again(connection, last_change)?;
            state.erasures = erasures;
        } else if last_change > state.through {
            // A crash or another process left it behind.
            state.read_log(connection, last_change)?;
        }
        let TailState { cursor, round_began, after, .. } = *state;
        Ok(Draft { cursor, round_began, after, erasures, ..Draft::default() })
    }

    /// Says that the transaction's changes up to `through` are about to be committed.
    pub(super) fn cover(&self, through: i64) {
        self.state().through = through;
    }

    /// Writes stretches until few enough entries are left, `all` of them if asked.
    pub(super) fn write_stretches(
        &self,
        connection: &Connection,
        draft: &mut Draft,
        last_change: i64,
        all: bool,
    ) -> Result<(), StoreError> {
        let limit = if all { 0 } else { self.state().gathered_max };
        let mut turned = 0;
        while turned < STRETCHES && self.state().gathered > limit {
            self.write_stretch(connection, draft, last_change)?;
            turned += 1;
        }
        if all {
            set_indexed_through(connection, last_change)?;
            draft.after = last_change;
        }
        Ok(())
    }

    fn write_stretch(
        &self,
        connection: &Connection,
        draft: &mut Draft,
        last_change: i64,
    ) -> Result<(), StoreError> {
        if draft.cursor == 0 {
            draft.round_began = last_change;
        }
        let due = self.state().take_due(draft.cursor, last_change, &mut draft.written);
        let mut insert = connection
            .prepare_cached("INSERT OR IGNORE INTO name (hash, second, change) VALUES (?1, ?2, ?3)")?;
        for entry in due.into_iter().filter(|entry| !draft.deleted.contains(entry)) {
            insert.execute(params![entry.hash, entry.second, entry.change])?;
        }
        draft.cursor = (draft.cursor + 1) % STRETCHES;
        if draft.cursor == 0 {
            set_indexed_through(connection, draft.round_began)?;
            draft.after = draft.round_began;
        }
        Ok(())
    }

    /// The transaction is committed.
    pub(super) fn keep(&self, draft: Draft) {
        let mut state = self.state();
        state.cursor = draft.cursor;
        state.round_began = draft.round_began;
        state.erasures = draft.erasures;
        state.forget(&draft.deleted);
        if draft.after > state.after {
            state.after = draft.after;
            for stretch in &mut state.stretches {
                stretch.entries.retain(|entry| entry.change > draft.after);
            }
        }
    }

    /// The transaction is rolled back; `last_change` is the last one committed.
    pub(super) fn undo(&self, draft: Draft, last_change: i64) {
        let mut state = self.state();
        for entry in &draft.added {
            let stretch = &mut state.stretches[stretch_of(entry.hash)];
            let was_there = stretch.entries.remove(entry);
            let was_gathered = was_there && entry.change > stretch.written_through;
            state.gathered -= usize::from(was_gathered);
        }
        for (stretch, written_through) in draft.written.into_iter().rev() {
            let stretch = &mut state.stretches[stretch];
            let again = stretch
                .entries
                .iter()
                .filter(|entry| entry.change > written_through && entry.change <= stretch.written_through);
            let again = again.count();
            stretch.written_through = written_through;
            state.gathered += again;
        }
        state.through = last_change;
    }
}

impl TailState {
    fn forget(&mut self, deleted: &BTreeSet<Entry>) {
        for entry in deleted {
            let stretch = &mut self.stretches[stretch_of(entry.hash)];
            let was_gathered = stretch.entries.remove(entry) && entry.change > stretch.written_through;
            self.gathered -= usize::from(was_gathered);
        }
    }

    fn range(&self, hash: i64, from: i64, to: i64) -> impl Iterator<Item = &Entry> {
        let range = Entry { hash, second: from, change: 0 }..=Entry { hash, second: to, change: i64::MAX };
        self.stretches[stretch_of(hash)].entries.range(range)
    }

    fn insert(&mut self, entries: &[Entry]) {
        for entry in entries {
            let is_new = self.stretches[stretch_of(entry.hash)].entries.insert(*entry);
            self.gathered += usize::from(is_new);
        }
    }

    /// The entries of a stretch that are not written yet, which now count as written.
    fn take_due(&mut self, stretch: usize, last_change: i64, written: &mut Vec<(usize, i64)>) -> Vec<Entry> {
        let Stretch { entries, written_through } = &mut self.stretches[stretch];
        let due: Vec<Entry> =
            entries.iter().filter(|entry| entry.change > *written_through).copied().collect();
        written.push((stretch, *written_through));
        *written_through = last_change;
        self.gathered -= due.len();
        due
    }
}

fn entries_in_index(
    connection: &Connection,
    hash: i64,
    from: i64,
    to: i64,
    limit: usize,
) -> Result<BTreeSet<Entry>, StoreError> {
    let sql = "SELECT second, change FROM name WHERE hash = ?1 AND second >= ?2 AND second <= ?3
        ORDER BY second, change";
    // Without a bound LIMIT: SQLite plans a statement anew whenever one is bound.
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![hash, from, to])?;
    let mut found = BTreeSet::new();
    while found.len() < limit
        && let Some(row) = rows.next()?
    {
        found.insert(Entry { hash, second: row.get(0)?, change: row.get(1)? });
    }
    Ok(found)
}

/// Up to which change the index has everything.
pub(super) fn indexed_through(connection: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT value FROM counter WHERE name = 'names_indexed_through'";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// How often somebody was erased.
pub(super) fn erasures(connection: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT value FROM counter WHERE name = 'erasures'";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

fn set_indexed_through(connection: &Connection, change: i64) -> Result<(), StoreError> {
    let sql = "UPDATE counter SET value = ?1 WHERE name = 'names_indexed_through'";
    connection.prepare_cached(sql)?.execute([change])?;
    Ok(())
}
