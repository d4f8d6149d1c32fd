use super::writer::WriteTx;
use super::{journey_row, people, rows};
use crate::{JourneyChange, StoreError};
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
