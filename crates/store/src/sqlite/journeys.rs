use super::writer::WriteTx;
use super::{decisions, directory, journey_row, names, people, rows};
use crate::{JourneyChange, Rebuild, StoreError};
use rusqlite::{Connection, params};
use touchline_domain::SiteId;
use touchline_domain::identity::Matching;
use touchline_domain::journey::{Found, Journey, JourneySettings};
use touchline_domain::record::{RecordKey, Reference, StoredVersion};

/// A journey as it is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Derived {
    is_matched: bool,
    body: String,
}

/// Derives the journey of a record with these versions, of whom `matching` found. `None` if there are no versions.
pub(super) fn derive(
    connection: &Connection,
    settings: &JourneySettings,
    key: &RecordKey,
    versions: &[StoredVersion],
    matching: &Matching,
) -> Result<Option<Journey>, StoreError> {
    let (mut visits, mut conversions) = (Vec::new(), Vec::new());
    if matching.is_matched() {
        (visits, conversions) = people::touches(connection, &key.site, &matching.person)?;
    }
    let record = (key.kind, &key.reference);
    Ok(Journey::derive(settings, record, versions, matching, &visits, &conversions))
}

/// A journey as a row has it.
pub(super) fn derived(journey: &Journey) -> Result<Derived, StoreError> {
    let is_matched = matches!(journey.found, Found::By(_));
    Ok(Derived { is_matched, body: journey_row::encode(journey)? })
}

/// The number of a record's row, and of the first that it had.
fn row_of(connection: &Connection, key: &RecordKey) -> Result<Option<(i64, i64)>, StoreError> {
    let sql = "SELECT number, coalesce(first, number) FROM journey
        WHERE site_id = ?1 AND kind = ?2 AND reference = ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let parameters = params![key.site.as_str(), rows::kind_number(key.kind), key.reference.as_str()];
    let mut found = statement.query(parameters)?;
    found.next()?.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// The journey that is stored for a record.
pub(super) fn stored(connection: &Connection, key: &RecordKey) -> Result<Option<Derived>, StoreError> {
    let sql = "SELECT is_matched, body FROM journey WHERE site_id = ?1 AND kind = ?2 AND reference = ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let parameters = params![key.site.as_str(), rows::kind_number(key.kind), key.reference.as_str()];
    let mut found = statement.query(parameters)?;
    let Some(row) = found.next()? else { return Ok(None) };
    Ok(Some(Derived { is_matched: row.get(0)?, body: row.get(1)? }))
}

/// Whether somebody was found for a record, as far as the facts were followed.
pub(super) fn is_matched(connection: &Connection, key: &RecordKey) -> Result<bool, StoreError> {
    let sql = "SELECT is_matched FROM journey WHERE site_id = ?1 AND kind = ?2 AND reference = ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let parameters = params![key.site.as_str(), rows::kind_number(key.kind), key.reference.as_str()];
    let mut found = statement.query(parameters)?;
    Ok(found.next()?.map(|row| row.get(0)).transpose()?.unwrap_or(false))
}

/// Writes the journey of a record in place of the one that is stored, or that there is none.
pub(super) fn write(tx: &WriteTx<'_>, key: &RecordKey, journey: Option<&Derived>) -> Result<(), StoreError> {
    let (site, kind) = (key.site.as_str(), rows::kind_number(key.kind));
    let known = row_of(tx.connection, key)?;
    if let Some((number, _)) = known {
        tx.connection.prepare_cached("DELETE FROM journey WHERE number = ?1")?.execute([number])?;
    }
    let sql = "INSERT INTO journey (site_id, first, kind, reference, is_matched, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let first = known.map(|(_, first)| first);
    let mut insert = tx.connection.prepare_cached(sql)?;
    match journey {
        Some(Derived { is_matched, body }) => {
            insert.execute(params![site, first, kind, key.reference.as_str(), is_matched, body])?
        }
        None if known.is_none() => return Ok(()),
        None => {
            insert.execute(params![site, first, None::<i64>, None::<&str>, None::<bool>, None::<&str>])?
        }
    };
    Ok(())
}

/// Queues all records to have their journeys derived anew; see [`Store::rebuild`](crate::Store::rebuild).
pub(super) fn rebuild(tx: &mut WriteTx<'_>, site: Option<&SiteId>) -> Result<Rebuild, StoreError> {
    let sql = "SELECT coalesce(max(number), 0) FROM journey";
    let last_row: i64 = tx.connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    let mut rebuild = Rebuild { journeys: 0, last_row: last_row.unsigned_abs() };
    for known in directory::load(tx.connection)?.sites {
        if site.is_none_or(|site| *site == known.id) {
            rebuild.journeys += forget_orphans(tx, &known.id)?;
            decisions::touch_site(tx, &known.id)?;
        }
    }
    Ok(rebuild)
}

/// Journeys of records that are not there are none of following's, which goes by the records that are. Answers how many
/// others there are.
fn forget_orphans(tx: &WriteTx<'_>, site: &SiteId) -> Result<u64, StoreError> {
    let sql = "SELECT site_id, kind, reference FROM journey WHERE site_id = ?1 AND reference IS NOT NULL";
    let mut statement = tx.connection.prepare_cached(sql)?;
    let mut stored = statement.query([site.as_str()])?;
    let (mut orphans, mut others) = (Vec::new(), 0);
    while let Some(row) = stored.next()? {
        let key = rows::key(row, 0)?;
        if tx
            .tail
            .any_in_writer(tx.connection, names::record_hash(&key.site, key.kind, key.reference.as_str()))?
            .is_none()
        {
            orphans.push(key);
        } else {
            others += 1;
        }
    }
    orphans.iter().try_for_each(|key| write(tx, key, None))?;
    Ok(others)
}

/// What became of a site's journeys after a row; see [`Store::journeys`](crate::Store::journeys).
pub(super) fn since(
    connection: &Connection,
    site: &SiteId,
    after: u64,
    limit: usize,
) -> Result<Vec<JourneyChange>, StoreError> {
    let sql = "SELECT number, first, kind, reference, body FROM journey WHERE site_id = ?1 AND number > ?2
        ORDER BY number";
    let mut statement = connection.prepare_cached(sql)?;
    let mut log = statement.query(params![site.as_str(), after.cast_signed()])?;
    let mut changes = Vec::new();
    while changes.len() < limit
        && let Some(row) = log.next()?
    {
        let number: i64 = row.get(0)?;
        let first: Option<i64> = row.get(1)?;
        let journey = match rows::optional_text_at(row, 4, "journey")? {
            Some(body) => {
                let reference = Reference::parse(rows::text_at(row, 3, "journey")?)
                    .map_err(|error| rows::corrupt("journey", error))?;
                Some(journey_row::decode(rows::kind_of(row.get(2)?)?, reference, body)?)
            }
            None => None,
        };
        changes.push(JourneyChange {
            number: number.unsigned_abs(),
            first: first.unwrap_or(number).unsigned_abs(),
            journey,
        });
    }
    Ok(changes)
}
