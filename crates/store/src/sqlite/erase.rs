use super::evidence::Evidence;
use super::names;
use super::rows;
use super::writer::WriteTx;
use super::{
    conversions, decisions, directory, exports, intake, journeys, people, records, site_history, visits,
};
use crate::{Erased, ErasedRecords, StoreError};
use rusqlite::{Connection, params};
use std::collections::BTreeSet;
use touchline_domain::identity::{EvidenceSource, FactSource, GuardSettings, Person, affected_by, look_up};
use touchline_domain::record::{RecordKey, Reference, StoredVersion, Version};
use touchline_domain::{Identifier, IdentifierKind, Instant, SiteId};

/// How often a person larger than one search is searched for again.
const ROUNDS_MAX: usize = 1_000;

/// Removes whom `seeds` belong to; see [`Store::erase`](crate::Store::erase).
pub(super) fn erase(
    tx: &mut WriteTx<'_>,
    site: &SiteId,
    seeds: &[Identifier],
    fate: ErasedRecords,
) -> Result<Erased, StoreError> {
    let mut erased = Erased::default();
    let Some(settings) = directory::site_with_id(tx.connection, site)? else { return Ok(erased) };
    let guards = &settings.guards;
    let (mut met, mut traces, mut named) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for _ in 0..ROUNDS_MAX {
        let (connection, tail) = (tx.connection, tx.tail);
        let mut evidence = Evidence::in_writer(tx, site.clone())?;
        let (mut person, _) = look_up(&mut evidence, guards, seeds)?;
        // A fact out of which somebody was cut says nothing of who they are, and still holds what names them.
        let theirs: Vec<_> = person.joined().cloned().chain(seeds.iter().cloned()).collect();
        for identifier in theirs {
            person.facts.extend(evidence.facts_without(&identifier)?);
        }
        let found = people::records_of(connection, tail, &mut evidence, guards, &person)?;
        traces.extend(people::traces_of(&person, seeds, found.iter().map(|record| &record.key)));
        named.extend(found.iter().map(|record| record.key.reference.as_str().to_owned()));
        named.extend(person.facts.iter().filter_map(|fact| match &fact.source {
            FactSource::Conversion(_, reference) => Some(reference.as_str().to_owned()),
            FactSource::Visit | FactSource::Record(..) => None,
        }));
        let removed = remove(tx, site, &person, found.into_iter().map(|r| (r.key, r.versions)), fate)?;
        met.extend(person.identifiers.iter().map(|reached| reached.identifier.clone()));
        erased.visits += removed.visits;
        erased.conversions += removed.conversions;
        erased.records += removed.records;
        erased.versions += removed.versions;
        queue_others(tx, site, guards, &person)?;
        // Whoever is larger than one search is not gone after the first.
        if removed.is_nothing() {
            break;
        }
    }
    erased.exported = exports::forget(tx, site, &traces)?;
    erased.identifiers = forget_decisions(tx, site, &met, !erased.is_nothing())?;
    let sought: BTreeSet<Identifier> = met.iter().chain(seeds).cloned().collect();
    tx.leaves_no_copy |= intake::forget(tx, &settings, &named, &sought)?;
    tx.leaves_no_copy |= site_history::forget_ignored(tx, &settings, &met)?;
    if !erased.is_nothing() {
        tx.keep_sequence()?;
        tx.leaves_no_copy = true;
        // At once: what was found before must not be written after it, not even in the same transaction.
        tx.draft.count_erasure(tx.connection)?;
    }
    Ok(erased)
}

fn remove(
    tx: &mut WriteTx<'_>,
    site: &SiteId,
    person: &Person,
    found: impl Iterator<Item = (RecordKey, Vec<StoredVersion>)>,
    fate: ErasedRecords,
) -> Result<Erased, StoreError> {
    let mut erased = Erased::default();
    for fact in &person.facts {
        let change = fact.change.cast_signed();
        match fact.source {
            FactSource::Visit => erased.visits += u64::from(visits::delete(tx, site, change)?),
            FactSource::Conversion(..) => {
                erased.conversions += u64::from(conversions::delete(tx, site, change)?);
            }
            FactSource::Record(..) => {}
        }
        decisions::forget_cuts(tx, site, change)?;
    }
    for (key, versions) in found {
        if versions.is_empty() {
            continue;
        }
        erased.records += 1;
        erased.versions += versions.len() as u64;
        match fate {
            ErasedRecords::Delete => records::forget(tx, &key, &versions)?,
            ErasedRecords::KeepTotals => keep_totals(tx, &key, &versions)?,
        }
        journeys::write(tx, &key, None)?;
        let parameters = (site.as_str(), rows::kind_number(key.kind), key.reference.as_str());
        let sql = "DELETE FROM touched WHERE site_id = ?1 AND kind = ?2 AND value = ?3";
        let number = decisions::RECORDS_FROM + rows::kind_number(key.kind);
        tx.connection.prepare_cached(sql)?.execute((site.as_str(), number, key.reference.as_str()))?;
        let sql = "DELETE FROM record_deletion WHERE site_id = ?1 AND kind = ?2 AND reference = ?3";
        tx.connection.prepare_cached(sql)?.execute(parameters)?;
    }
    Ok(erased)
}

/// A reference that nobody has given: by chance, so that it neither is one of the CRM's own nor tells whose record it was.
fn meaningless(connection: &Connection) -> Result<Reference, StoreError> {
    let sql = "SELECT 'erased-' || lower(hex(randomblob(16)))";
    let text: String = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Reference::parse(&text).map_err(|error| rows::corrupt("record_version", error))
}

/// Leaves of a record its dates, values and stages, under a name that means nothing.
fn keep_totals(tx: &mut WriteTx<'_>, key: &RecordKey, versions: &[StoredVersion]) -> Result<(), StoreError> {
    let reference = meaningless(tx.connection)?;
    let nameless = RecordKey { reference, ..key.clone() };
    let update = "UPDATE record_version SET reference = ?2, details = ?3 WHERE change = ?1";
    let name = "INSERT OR IGNORE INTO name (hash, second, change) VALUES (?1, ?2, ?3)";
    let mut before: Option<Version> = None;
    for stored in versions {
        let change = stored.change.cast_signed();
        let version = &stored.version;
        tx.forget(names::record_entries(key, &version.identifiers, version.occurred.at, change))?;
        let bare = Version { identifiers: Vec::new(), labels: None, properties: None, ..version.clone() };
        decisions::forget_cuts(tx, &key.site, change)?;
        if before.as_ref() == Some(&bare) {
            // What it said besides is gone: it is a repeat now.
            tx.connection
                .prepare_cached("DELETE FROM record_version WHERE change = ?1")?
                .execute([change])?;
            continue;
        }
        let details = rows::details(&bare)?;
        tx.connection.prepare_cached(update)?.execute(params![
            change,
            nameless.reference.as_str(),
            details
        ])?;
        for entry in names::record_entries(&nameless, &[], version.occurred.at, change) {
            tx.connection.prepare_cached(name)?.execute(params![entry.hash, entry.second, entry.change])?;
        }
        before = Some(bare);
    }
    // It has a journey still, with no touches.
    decisions::touch_record(tx, &nameless.site, nameless.kind, &nameless.reference)
}

/// Forgets what was decided and derived about identifiers that no fact names any more, and what is queued of them. Answers
/// how many were forgotten.
fn forget_decisions(
    tx: &WriteTx<'_>,
    site: &SiteId,
    met: &BTreeSet<Identifier>,
    had_facts: bool,
) -> Result<u64, StoreError> {
    let mut forgotten = 0;
    let mut evidence = Evidence::in_writer(tx, site.clone())?;
    for identifier in met {
        // What others are named by too stays as it was decided.
        if !evidence.naming(identifier)?.facts.is_empty() || !evidence.facts_without(identifier)?.is_empty() {
            continue;
        }
        let kind = rows::identifier_number(identifier.kind());
        let mut rows_deleted = 0;
        for table in ["evidence_cut", "identifier_allowed", "guarded", "touched"] {
            let sql = format!("DELETE FROM {table} WHERE site_id = ?1 AND kind = ?2 AND value = ?3");
            let parameters = params![site.as_str(), kind, identifier.value()];
            rows_deleted += tx.connection.prepare_cached(&sql)?.execute(parameters)?;
        }
        // One that led to nothing was only asked for.
        forgotten += u64::from(rows_deleted > 0 || had_facts);
    }
    Ok(forgotten)
}

/// Others may have named the same telephone number, share a guarded address, or be named beside what was erased: whom
/// their records are about may be another now.
fn queue_others(
    tx: &mut WriteTx<'_>,
    site: &SiteId,
    guards: &GuardSettings,
    person: &Person,
) -> Result<(), StoreError> {
    let reached = person.identifiers.iter().map(|reached| &reached.identifier);
    let named = person.facts.iter().flat_map(|fact| fact.identifiers.iter().chain(&fact.cut));
    let joined: BTreeSet<&Identifier> = person.joined().collect();
    let others: BTreeSet<&Identifier> = reached.chain(named).filter(|one| !joined.contains(one)).collect();
    for other in others {
        let mut evidence = Evidence::in_writer(tx, site.clone())?;
        let touched = BTreeSet::from([other.clone()]);
        let affected = affected_by(&mut evidence, guards, &touched, &touched)?;
        if !affected.records.is_empty() {
            decisions::touch(tx, site, other)?;
        }
    }
    Ok(())
}

/// The visits after a change number that may be deleted: before `before`, and of nobody who has a record. At most `limit`
/// are looked at. Answers them, and where to go on.
pub(super) fn expired(
    connection: &Connection,
    tail: &super::names::Tail,
    site: &SiteId,
    before: Instant,
    after: u64,
    limit: usize,
) -> Result<(Vec<i64>, Option<u64>), StoreError> {
    let Some(guards) = directory::guards(connection, site)? else { return Ok((Vec::new(), None)) };
    let mut evidence = Evidence::of(connection, tail, site.clone())?;
    let sql = "SELECT change, site_id, visitor, at FROM visit WHERE change > ?1 ORDER BY change LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut log = statement.query(params![after.cast_signed(), limit])?;
    let (mut expired, mut next, mut looked_at) = (Vec::new(), after, 0);
    while let Some(row) = log.next()? {
        looked_at += 1;
        let change: i64 = row.get(0)?;
        next = change.unsigned_abs();
        if rows::text_at(row, 1, "visit")? != site.as_str() || row.get::<_, i64>(3)? >= before.as_micros() {
            continue;
        }
        let visitor = Identifier::stored(IdentifierKind::RaId, row.get(2)?, None);
        if leads_nowhere(&mut evidence, &guards, visitor)? {
            expired.push(change);
        }
    }
    Ok((expired, (looked_at == limit).then_some(next)))
}

/// Whether no record is connected with a visitor.
fn leads_nowhere(
    evidence: &mut Evidence<'_>,
    guards: &GuardSettings,
    visitor: Identifier,
) -> Result<bool, StoreError> {
    let affected = affected_by(evidence, guards, &BTreeSet::from([visitor]), &BTreeSet::new())?;
    Ok(affected.records.is_empty())
}

/// Deletes visits, but for those that a record was connected with since they were found.
pub(super) fn expire(tx: &mut WriteTx<'_>, site: &SiteId, expired: &[i64]) -> Result<u64, StoreError> {
    let Some(guards) = directory::guards(tx.connection, site)? else { return Ok(0) };
    let mut deleted = 0;
    for change in expired {
        let Some(stored) = visits::visit(tx.connection, site, *change)? else { continue };
        let mut evidence = Evidence::in_writer(tx, site.clone())?;
        if !leads_nowhere(&mut evidence, &guards, stored.visit.visitor)? {
            continue;
        }
        deleted += u64::from(visits::delete(tx, site, *change)?);
        decisions::forget_cuts(tx, site, *change)?;
        // With fewer visitors a Google client id may join again.
        if let Some(cookie) = stored.visit.cookie
            && decisions::is_guarded(tx.connection, site, &cookie)?
        {
            decisions::touch(tx, site, &cookie)?;
        }
    }
    tx.keep_sequence()?;
    Ok(deleted)
}
