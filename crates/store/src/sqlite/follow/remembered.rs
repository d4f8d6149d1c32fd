//! What a process remembers between one piece of following and the next. Forgetting it costs time and nothing else.

use super::super::names;
use super::{Found, written};
use crate::StoreError;
use rusqlite::Connection;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use touchline_domain::identity::Affected;
use touchline_domain::{Identifier, SiteId};

/// The most visitors remembered of whom it is known that they have no record.
const STRANGERS_MAX: usize = 200_000;

/// How far a process has followed. What leads to nothing worth writing is not written, so it runs ahead of the number in
/// the database, by up to [`UNWRITTEN_MAX`](super::UNWRITTEN_MAX) changes; and means something only while that is the same:
/// what others write, or what of this process is written late, may have been found without what was followed since.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Ahead {
    /// The number in the database.
    pub(super) written: i64,
    /// The last change that was followed.
    pub(super) through: i64,
}

impl Ahead {
    /// Nothing is ahead of what is written.
    pub(in super::super) fn written(through: i64) -> Self {
        Self { written: through, through }
    }
}

/// What a process remembers of following.
#[derive(Default)]
pub(in super::super) struct Following(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    ahead: Ahead,
    /// Names of visitors and Google client ids of people without a record: more visits of theirs change nothing until
    /// something else names them.
    strangers: HashSet<i64>,
}

/// What a visitor or Google client id is remembered by.
fn stranger(site: &SiteId, identifier: &Identifier) -> i64 {
    names::naming_hash(site, identifier, names::NamedBy::Visit)
}

impl Following {
    /// One that knows nothing but how far following has come.
    pub(super) fn at(ahead: Ahead) -> Self {
        Self(Mutex::new(Memory { ahead, strangers: HashSet::new() }))
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far this process has followed, as far as it knows.
    pub(in super::super) fn ahead(&self) -> Ahead {
        self.memory().ahead
    }

    /// What was followed and may not be written yet.
    pub(in super::super) fn unwritten(&self) -> Option<Found> {
        let Ahead { written, through } = self.ahead();
        (through > written).then(|| Found {
            from: through,
            through,
            last_change: through,
            written,
            ..Found::default()
        })
    }

    /// The last change that was followed.
    pub(super) fn from(&self, connection: &Connection) -> Result<i64, StoreError> {
        let written = written(connection)?;
        let mut memory = self.memory();
        if memory.ahead.written < written {
            // Somebody else followed, and knows whom this process has not heard of.
            *memory = Memory { ahead: Ahead::written(written), strangers: HashSet::new() };
        }
        Ok(if memory.ahead.written == written { memory.ahead.through } else { written })
    }

    /// Says that what was found is worked off, which brought following so far.
    pub(in super::super) fn advance(&self, found: &Found, ahead: Ahead) {
        let mut memory = self.memory();
        // Of two that look at once, the one that ends later may have begun earlier, and know less.
        let is_latest = memory.ahead == Ahead { written: found.written, through: found.from };
        memory.ahead = memory.ahead.max(ahead);
        let Learned { strangers, known } = &found.learned;
        if is_latest {
            if memory.strangers.len() + strangers.len() > STRANGERS_MAX {
                memory.strangers.clear();
            }
            memory.strangers.extend(strangers);
        }
        for one in known {
            memory.strangers.remove(one);
        }
    }

    /// Whether all of these are known to have no record.
    pub(super) fn are_strangers(&self, site: &SiteId, identifiers: &[Identifier], learned: &Learned) -> bool {
        let memory = self.memory();
        identifiers
            .iter()
            .map(|identifier| stranger(site, identifier))
            .all(|one| memory.strangers.contains(&one) || learned.strangers.contains(&one))
    }
}

/// What one piece of following learned.
#[derive(Debug, Default)]
pub(super) struct Learned {
    /// Who has no record.
    strangers: HashSet<i64>,
    /// Who has one.
    known: HashSet<i64>,
}

impl Learned {
    pub(super) fn strangers<'a>(&mut self, site: &SiteId, people: impl IntoIterator<Item = &'a Identifier>) {
        self.strangers.extend(people.into_iter().map(|identifier| stranger(site, identifier)));
    }

    pub(super) fn no_strangers<'a>(
        &mut self,
        site: &SiteId,
        people: impl IntoIterator<Item = &'a Identifier>,
    ) {
        self.known.extend(people.into_iter().map(|identifier| stranger(site, identifier)));
    }

    pub(super) fn from(&mut self, site: &SiteId, affected: &Affected) {
        self.strangers(site, &affected.without_records);
        self.no_strangers(site, &affected.with_records);
    }
}
