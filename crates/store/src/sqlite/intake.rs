use super::rows::{corrupt, optional_text_at, text, text_at};
use super::writer::WriteTx;
use crate::{
    IntakeEntry, IntakeKind, IntakeQuery, NewIntake, Seen, Sighting, Source, StoreError, StoredIntake,
};
use rusqlite::{Connection, params};
use std::collections::BTreeSet;
use touchline_domain::identity::Ignored;
use touchline_domain::{Identifier, Instant, Site, SiteId, Text};

const TABLE: &str = "intake_entry";

/// How many hours of a source are kept.
const HOURS: i64 = 25;

fn number(kind: IntakeKind) -> i64 {
    match kind {
        IntakeKind::Refusal => 1,
        IntakeKind::Report => 2,
        IntakeKind::Batch => 3,
    }
}

/// Notes what came in; see [`Store::note_intake`](crate::Store::note_intake).
pub(super) fn note(tx: &WriteTx<'_>, new: &NewIntake) -> Result<(), StoreError> {
    for sighting in &new.sightings {
        see(tx.connection, sighting)?;
    }
    let mut sites = BTreeSet::new();
    for entry in &new.entries {
        add(tx.connection, entry)?;
        sites.insert((&entry.site, entry.kind));
    }
    for (site, kind) in sites {
        let sql = "DELETE FROM intake_entry WHERE site_id = ?1 AND kind = ?2 AND entry_id <=
            (SELECT max(entry_id) FROM intake_entry WHERE site_id = ?1 AND kind = ?2) - ?3";
        let kept = kind.kept().cast_signed();
        tx.connection.prepare_cached(sql)?.execute(params![site.as_str(), number(kind), kept])?;
    }
    Ok(())
}

fn add(connection: &Connection, entry: &IntakeEntry) -> Result<(), StoreError> {
    let content = serde_json::to_string(&entry.content).map_err(|error| corrupt(TABLE, error))?;
    let sql = "INSERT INTO intake_entry (site_id, kind, entry_id, at, route, reference, content) VALUES (?1, ?2,
        (SELECT coalesce(max(entry_id), 0) + 1 FROM intake_entry WHERE site_id = ?1 AND kind = ?2), ?3, ?4, ?5, ?6)";
    connection.prepare_cached(sql)?.execute(params![
        entry.site.as_str(),
        number(entry.kind),
        entry.at.as_micros(),
        entry.route,
        entry.reference.as_ref().map(Text::as_str),
        content,
    ])?;
    Ok(())
}

fn see(connection: &Connection, sighting: &Sighting) -> Result<(), StoreError> {
    let (site, source) = (sighting.site.as_str(), sighting.source.name());
    let sql = "INSERT INTO intake_seen (site_id, source, hour, count, last_at, last_from) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (site_id, source, hour) DO UPDATE SET count = count + excluded.count,
        last_from = CASE WHEN excluded.last_at >= last_at THEN excluded.last_from ELSE last_from END,
        last_at = max(last_at, excluded.last_at)";
    connection.prepare_cached(sql)?.execute(params![
        site,
        source,
        sighting.hour(),
        sighting.count.cast_signed(),
        sighting.last_at.as_micros(),
        sighting.from.as_ref().map(Text::as_str),
    ])?;
    let sql = "DELETE FROM intake_seen WHERE site_id = ?1 AND source = ?2 AND hour <=
        (SELECT max(hour) FROM intake_seen WHERE site_id = ?1 AND source = ?2) - ?3";
    connection.prepare_cached(sql)?.execute(params![site, source, HOURS])?;
    Ok(())
}

/// A page of entries; see [`Store::intake`](crate::Store::intake).
pub(super) fn entries(connection: &Connection, query: &IntakeQuery) -> Result<Vec<StoredIntake>, StoreError> {
    let sql = "SELECT entry_id, at, route, reference, content FROM intake_entry
        WHERE site_id = ?1 AND kind = ?2 AND entry_id < ?3 ORDER BY entry_id DESC LIMIT ?4";
    let mut statement = connection.prepare_cached(sql)?;
    let IntakeQuery { site, kind, before, limit } = query;
    let before = before.map_or(i64::MAX, u64::cast_signed);
    let limit = i64::try_from(*limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![site.as_str(), number(*kind), before, limit])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let content = text_at(row, 4, TABLE)?;
        entries.push(StoredIntake {
            id: row.get::<_, i64>(0)?.unsigned_abs(),
            entry: IntakeEntry {
                site: site.clone(),
                kind: *kind,
                at: Instant::from_micros(row.get(1)?),
                route: text_at(row, 2, TABLE)?.to_owned(),
                reference: optional_text_at(row, 3, TABLE)?.map(text).transpose()?,
                content: serde_json::from_str(content).map_err(|error| corrupt(TABLE, error))?,
            },
        });
    }
    Ok(entries)
}

/// When each source was last heard of; see [`Store::seen`](crate::Store::seen).
pub(super) fn seen(connection: &Connection, site: &SiteId, since: Instant) -> Result<Vec<Seen>, StoreError> {
    let sql = "SELECT last_at, last_from, (SELECT coalesce(sum(count), 0) FROM intake_seen
            WHERE site_id = ?1 AND source = ?2 AND hour >= ?3)
        FROM intake_seen WHERE site_id = ?1 AND source = ?2 ORDER BY hour DESC LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let hour = since.as_micros().div_euclid(3_600_000_000);
    let mut all = Vec::new();
    for source in Source::ALL {
        let mut rows = statement.query(params![site.as_str(), source.name(), hour])?;
        if let Some(row) = rows.next()? {
            all.push(Seen {
                source,
                last_at: Instant::from_micros(row.get(0)?),
                from: optional_text_at(row, 1, "intake_seen")?.map(text).transpose()?,
                count: row.get::<_, i64>(2)?.unsigned_abs(),
            });
        }
    }
    Ok(all)
}

/// Removes the entries that name somebody who is erased: as a record or conversion that is, or by an identifier in any
/// spelling. Answers whether there were any.
pub(super) fn forget(
    tx: &WriteTx<'_>,
    site: &Site,
    names: &BTreeSet<String>,
    identifiers: &BTreeSet<Identifier>,
) -> Result<bool, StoreError> {
    let sql = "SELECT DISTINCT reference FROM intake_entry WHERE site_id = ?1 AND reference IS NOT NULL";
    let mut statement = tx.connection.prepare_cached(sql)?;
    let stored = statement.query_map([site.id.as_str()], |row| row.get::<_, String>(0))?;
    let stored: Vec<String> = stored.collect::<Result<_, _>>()?;
    let is_one = |reference: &&String| {
        let written = Ignored::parse(reference, site.phone_country);
        names.contains(*reference)
            || written.is_ok_and(|written| identifiers.iter().any(|one| written.is(one)))
    };
    let sql = "DELETE FROM intake_entry WHERE site_id = ?1 AND reference = ?2";
    let mut statement = tx.connection.prepare_cached(sql)?;
    let mut forgotten = 0;
    for reference in stored.iter().filter(is_one) {
        forgotten += statement.execute(params![site.id.as_str(), reference])?;
    }
    Ok(forgotten > 0)
}
