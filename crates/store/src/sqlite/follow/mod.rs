//! Keeping the matches of records current: the logs of facts are followed, in order, by whoever calls.
//!
//! The logs are the queue. A fact is queued by being stored, in the transaction that stores it, at no further cost; what
//! was followed is a number in the database, which moves in the transaction that writes what was found. So a crash
//! at any instant only leaves something to be followed again.

mod as_of;
mod changes;
#[cfg(test)]
mod races;
mod remembered;
mod rescan;
mod verify;

pub(super) use as_of::journeys_as_of;
use remembered::Learned;
pub(super) use remembered::{Ahead, Following};
pub(super) use verify::verify;

use super::decisions::guard_columns;
use super::evidence::Evidence;
use super::journeys::{self, Derived};
use super::names::{self, Tail};
use super::writer::WriteTx;
use super::{directory, people, records, rows};
use crate::{Followed, StoreError};
use rusqlite::{Connection, params};
use std::collections::BTreeSet;
use touchline_domain::identity::{EvidenceSource, Guard, GuardSettings, Matching, affected_by};
use touchline_domain::journey::{Journey, JourneySettings};
use touchline_domain::record::{RecordKey, RecordKind, Reference};
use touchline_domain::{Identifier, Instant, SiteId};

/// How many changes that led to nothing are followed again after a crash, at most.
const UNWRITTEN_MAX: i64 = 20_000;

/// What was found by following some changes, to be written.
#[derive(Debug, Default)]
pub(super) struct Found {
    from: i64,
    through: i64,
    last_change: i64,
    /// Where the number in the database was.
    written: i64,
    /// How often somebody had been erased.
    erasures: i64,
    /// Of a site whose guards changed, how far its records were looked at again; 0 when there is no more to look at.
    rescanned: Option<i64>,
    /// Whether rows were worked off that name somebody and have no further use.
    has_spent: bool,
    journeys: Vec<(RecordKey, Option<Derived>)>,
    guards: Vec<(SiteId, Identifier, Option<Guard>, Instant)>,
    /// What was learned of visitors.
    learned: Learned,
}

impl Found {
    /// Whether all there is was followed before.
    fn is_nothing(&self) -> bool {
        self.from == self.last_change
    }

    /// Whether it has to be written: what changes nothing may be followed again after a crash.
    pub(super) fn is_worth_writing(&self) -> bool {
        self.has_news() || self.through - self.written > UNWRITTEN_MAX
    }

    fn has_news(&self) -> bool {
        !self.journeys.is_empty() || !self.guards.is_empty() || self.rescanned.is_some() || self.has_spent
    }

    /// How far it brings following when it is not worth writing.
    pub(super) fn ahead(&self) -> Ahead {
        Ahead { written: self.written, through: self.through }
    }

    /// How far following has come.
    pub(super) fn followed(&self) -> Followed {
        Followed { through: self.through.unsigned_abs(), last_change: self.last_change.unsigned_abs() }
    }
}

/// How far following has come.
pub(super) fn followed(connection: &Connection, following: &Following) -> Result<Followed, StoreError> {
    let (through, last_change) = (following.from(connection)?, names::last_change(connection)?);
    Ok(Followed { through: through.unsigned_abs(), last_change: last_change.unsigned_abs() })
}

fn written(connection: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT value FROM counter WHERE name = 'followed_through'";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Follows some changes and finds what they affect; see [`Store::follow`](crate::Store::follow).
pub(super) fn find(
    connection: &Connection,
    tail: &Tail,
    following: &Following,
    limit: usize,
) -> Result<Found, StoreError> {
    let (from, last_change) = (following.from(connection)?, names::last_change(connection)?);
    let limit = i64::try_from(limit.max(1)).unwrap_or(i64::MAX);
    let through = last_change.min(from.saturating_add(limit));
    let (written, erasures) = (written(connection)?, names::erasures(connection)?);
    let mut found = Found { from, through, last_change, written, erasures, ..Found::default() };
    if found.is_nothing() {
        return Ok(found);
    }
    match rescan::next(connection, (from, through))? {
        Some((change, site)) if change == from + 1 => {
            found.through = change;
            rescan::find(connection, tail, &site, &mut found)?;
            return Ok(found);
        }
        // What came before goes first.
        Some((change, _)) => found.through = change - 1,
        None => {}
    }
    let range = (from, found.through);
    let sites = changes::read(connection, tail, following, range, &mut found.learned)?;
    found.has_spent = changes::are_spent(connection, range)?;
    for (site, touched) in sites {
        // A site that is gone has no records.
        if let Some(mut deriving) = Deriving::of(connection, tail, &site)? {
            let changed = standings(&mut deriving, &touched.identifiers, &mut found)?;
            let Deriving { evidence, guards, .. } = &mut deriving;
            let affected = affected_by(evidence, guards, &touched.identifiers, &changed)?;
            found.learned.from(&site, &affected);
            let due = touched.records.into_iter().chain(affected.records).collect();
            find_journeys(&mut deriving, due, &mut found)?;
        }
    }
    Ok(found)
}

/// What deriving the journeys of one site takes.
struct Deriving<'a> {
    connection: &'a Connection,
    tail: &'a Tail,
    evidence: Evidence<'a>,
    guards: GuardSettings,
    settings: JourneySettings,
}

impl<'a> Deriving<'a> {
    /// `None` if there is no such site.
    fn of(connection: &'a Connection, tail: &'a Tail, site: &SiteId) -> Result<Option<Self>, StoreError> {
        let Some(site) = directory::site_with_id(connection, site)? else { return Ok(None) };
        let evidence = Evidence::of(connection, tail, site.id.clone())?;
        let settings = JourneySettings::of(&site);
        Ok(Some(Self { connection, tail, evidence, guards: site.guards, settings }))
    }

    /// Answers also whom the record is about.
    fn journey(&mut self, key: &RecordKey) -> Result<(Option<Journey>, Matching), StoreError> {
        let mut versions = records::versions(self.connection, self.tail, key)?;
        versions.retain(|stored| self.evidence.counts(stored.received_at));
        let matching = people::matching(&mut self.evidence, &self.guards, key, &versions)?;
        let journey = journeys::derive(self.connection, &self.settings, key, &versions, &matching)?;
        Ok((journey, matching))
    }

    /// As it is to be stored.
    fn derived(&mut self, key: &RecordKey) -> Result<(Option<Derived>, Matching), StoreError> {
        let (journey, matching) = self.journey(key)?;
        Ok((journey.as_ref().map(journeys::derived).transpose()?, matching))
    }
}

/// Derives the journeys of records anew, and keeps those that are not as they are stored.
fn find_journeys(
    deriving: &mut Deriving<'_>,
    due: BTreeSet<(RecordKind, Reference)>,
    found: &mut Found,
) -> Result<(), StoreError> {
    for (kind, reference) in due {
        let key = RecordKey { site: deriving.evidence.site().clone(), kind, reference };
        let (journey, matching) = deriving.derived(&key)?;
        // A weak identifier leads here without having led from here.
        found.learned.no_strangers(&key.site, matching.person.joined());
        let stored = journeys::stored(deriving.connection, &key)?;
        if journey != stored {
            found.journeys.push((key, journey));
        }
    }
    Ok(())
}

/// Which identifiers began or ceased to join since they were last followed.
fn standings(
    deriving: &mut Deriving<'_>,
    identifiers: &BTreeSet<Identifier>,
    found: &mut Found,
) -> Result<BTreeSet<Identifier>, StoreError> {
    let Deriving { connection, evidence, guards, .. } = deriving;
    let mut changed = BTreeSet::new();
    let sql = "SELECT EXISTS (SELECT 1 FROM guarded WHERE site_id = ?1)";
    let has_guarded: bool =
        connection.prepare_cached(sql)?.query_row([evidence.site().as_str()], |row| row.get(0))?;
    for identifier in identifiers {
        let standing = match guards.standing_by_itself(identifier) {
            Some(standing) => standing,
            None => guards.standing(identifier, &evidence.naming(identifier)?),
        };
        let stored = if has_guarded { stored_guard(connection, evidence.site(), identifier)? } else { None };
        let guard = standing.guard();
        if guard.map(guard_columns) != stored.as_ref().map(|(name, count)| (name.as_str(), *count)) {
            // Since the last fact that named it; an operator's decision names none.
            let facts = evidence.naming(identifier)?.facts;
            let since = facts.iter().map(|fact| fact.received_at).max().unwrap_or(Instant::from_micros(0));
            found.guards.push((evidence.site().clone(), identifier.clone(), guard, since));
        }
        if guard.is_some() != stored.is_some() {
            changed.insert(identifier.clone());
        }
    }
    Ok(changed)
}

fn stored_guard(
    connection: &Connection,
    site: &SiteId,
    identifier: &Identifier,
) -> Result<Option<(String, u32)>, StoreError> {
    let sql = "SELECT guard, count FROM guarded WHERE site_id = ?1 AND kind = ?2 AND value = ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let kind = rows::identifier_number(identifier.kind());
    let mut found = statement.query(params![site.as_str(), kind, identifier.value()])?;
    found.next()?.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// Writes what was found. Answers up to which change everything is followed then; `None` if it was not written, because
/// others wrote or somebody was erased since it was looked for.
pub(super) fn write(tx: &mut WriteTx<'_>, found: &Found) -> Result<Option<i64>, StoreError> {
    // It was right when it was looked for. What has come since is followed after it by whoever goes on from the number that
    // is written now; were that another's, it might be followed already.
    if written(tx.connection)? != found.written {
        return Ok(None);
    }
    if found.has_news() && names::erasures(tx.connection)? != found.erasures {
        // What was found may name somebody who is erased since.
        return Ok(None);
    }
    for (key, journey) in &found.journeys {
        journeys::write(tx, key, journey.as_ref())?;
    }
    for (site, identifier, guard, at) in &found.guards {
        write_guard(tx, site, identifier, *guard, *at)?;
    }
    let through = rescan::write(tx, found)?;
    for sql in ["DELETE FROM touched WHERE change <= ?1", "DELETE FROM record_deletion WHERE change <= ?1"] {
        if tx.connection.prepare_cached(sql)?.execute([through])? > 0 {
            tx.keep_sequence()?;
        }
    }
    let sql = "UPDATE counter SET value = ?1 WHERE name = 'followed_through'";
    tx.connection.prepare_cached(sql)?.execute([through])?;
    Ok(Some(through))
}

fn write_guard(
    tx: &WriteTx<'_>,
    site: &SiteId,
    identifier: &Identifier,
    guard: Option<Guard>,
    at: Instant,
) -> Result<(), StoreError> {
    let key = (site.as_str(), rows::identifier_number(identifier.kind()), identifier.value());
    let Some(guard) = guard else {
        let sql = "DELETE FROM guarded WHERE site_id = ?1 AND kind = ?2 AND value = ?3";
        tx.connection.prepare_cached(sql)?.execute(key)?;
        return Ok(());
    };
    let (name, count) = guard_columns(guard);
    let sql =
        "INSERT INTO guarded (site_id, kind, value, guard, count, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT DO UPDATE SET guard = excluded.guard, count = excluded.count";
    tx.connection.prepare_cached(sql)?.execute(params![key.0, key.1, key.2, name, count, at.as_micros()])?;
    Ok(())
}
