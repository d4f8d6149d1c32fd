use super::names::{self, Tail};
use super::rows::{self, corrupt};
use super::writer::WriteTx;
use super::{decisions, journeys};
use crate::{ListedRecord, RecordsPage, RecordsQuery, StoreError};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use touchline_domain::record::{
    RecordKey, RecordKind, RecordState, Reference, StageTotal, StageTotals, StoredVersion, Version,
};
use touchline_domain::{Currency, Identifier, Money, SiteId};

/// How much of the log is read at a time while records are listed.
const LOG_PIECE: usize = 1_000;

/// How many records are added up at once: what bounds the memory of totals.
const TOTALS_RECORDS_MAX: u64 = 500_000;

/// The version with this change number, if it is one of the record's.
pub(super) fn version_of(
    connection: &Connection,
    key: &RecordKey,
    change: i64,
) -> Result<Option<StoredVersion>, StoreError> {
    let sql =
        "SELECT site_id, kind, reference, occurred_at, change, occurred_date_only, received_at, value_minor,
        currency, stage, details FROM record_version WHERE change = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query([change])?;
    let Some(row) = found.next()? else { return Ok(None) };
    let text =
        |column: usize| row.get_ref(column)?.as_str().map_err(|error| corrupt("record_version", error));
    let is_same = text(2)? == key.reference.as_str()
        && row.get::<_, i64>(1)? == rows::kind_number(key.kind)
        && text(0)? == key.site.as_str();
    if is_same { rows::version(row, 3).map(Some) } else { Ok(None) }
}

/// A record's versions, in order.
pub(super) fn versions(
    connection: &Connection,
    tail: &Tail,
    key: &RecordKey,
) -> Result<Vec<StoredVersion>, StoreError> {
    let hash = names::record_hash(&key.site, key.kind, key.reference.as_str());
    versions_among(connection, key, tail.names(connection)?.find(hash, usize::MAX)?)
}

/// As [`versions`], for the one writer.
pub(super) fn versions_in_writer(
    tx: &WriteTx<'_>,
    key: &RecordKey,
) -> Result<Vec<StoredVersion>, StoreError> {
    let hash = names::record_hash(&key.site, key.kind, key.reference.as_str());
    versions_among(tx.connection, key, tx.tail.all_in_writer(tx.connection, hash)?)
}

fn versions_among(
    connection: &Connection,
    key: &RecordKey,
    changes: Vec<i64>,
) -> Result<Vec<StoredVersion>, StoreError> {
    let versions = changes.into_iter().filter_map(|change| version_of(connection, key, change).transpose());
    let mut versions: Vec<StoredVersion> = versions.collect::<Result<_, _>>()?;
    versions.sort_unstable_by_key(StoredVersion::order);
    Ok(versions)
}

/// A page of records; see [`Store::records`](crate::Store::records).
pub(super) fn page(
    connection: &Connection,
    tail: &Tail,
    query: &RecordsQuery,
) -> Result<RecordsPage, StoreError> {
    let mut page = RecordsPage::default();
    let mut before = query.after.map_or(i64::MAX, u64::cast_signed);
    let mut examined = 0;
    loop {
        let firsts = match query.filter.identifiers.first() {
            Some(identifier) => naming(connection, tail, query, identifier, before)?,
            None => firsts(connection, query, before)?,
        };
        let is_last = firsts.len() < LOG_PIECE;
        for (change, reference) in firsts {
            let key = RecordKey { site: query.site.clone(), kind: query.kind, reference };
            let versions = versions(connection, tail, &key)?;
            examined += 1;
            before = change;
            let is_matched = journeys::is_matched(connection, &key)?;
            if RecordState::of(&versions).is_some_and(|state| query.filter.accepts(&state, is_matched)) {
                page.records.push(ListedRecord { reference: key.reference, versions, is_matched });
            }
            if page.records.len() == query.limit || examined == RecordsQuery::EXAMINED_MAX {
                page.next = Some(before.cast_unsigned());
                return Ok(page);
            }
        }
        if is_last {
            return Ok(page);
        }
    }
}

/// The next piece of a site's records, the newest first: each one's first change and reference.
fn firsts(
    connection: &Connection,
    query: &RecordsQuery,
    before: i64,
) -> Result<Vec<(i64, Reference)>, StoreError> {
    let sql = "SELECT change, site_id, kind, reference FROM record_version
        WHERE site_id = ?1 AND kind = ?2 AND change < ?3 AND is_first ORDER BY change DESC LIMIT ?4";
    let mut statement = connection.prepare_cached(sql)?;
    let limit = i64::try_from(LOG_PIECE).unwrap_or(i64::MAX);
    let mut found =
        statement.query(params![query.site.as_str(), rows::kind_number(query.kind), before, limit])?;
    let mut firsts = Vec::new();
    while let Some(row) = found.next()? {
        firsts.push((row.get(0)?, rows::key(row, 1)?.reference));
    }
    Ok(firsts)
}

/// The next piece of the records that name an identifier, likewise.
fn naming(
    connection: &Connection,
    tail: &Tail,
    query: &RecordsQuery,
    identifier: &Identifier,
    before: i64,
) -> Result<Vec<(i64, Reference)>, StoreError> {
    let hash = names::naming_hash(&query.site, identifier, names::NamedBy::Version);
    let sql = "SELECT site_id, kind, reference FROM record_version WHERE change = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut firsts = BTreeMap::new();
    let names = tail.names(connection)?;
    for change in names.find(hash, usize::MAX)? {
        let mut found = statement.query([change])?;
        let Some(row) = found.next()? else { continue };
        let key = rows::key(row, 0)?;
        drop(found);
        if key.site != query.site || key.kind != query.kind {
            continue;
        }
        let hash = names::record_hash(&key.site, key.kind, key.reference.as_str());
        let versions = versions_among(connection, &key, names.find(hash, usize::MAX)?)?;
        if let Some(first) = versions.iter().map(|stored| stored.change.cast_signed()).min() {
            firsts.insert(first, key.reference);
        }
    }
    Ok(firsts.into_iter().rev().filter(|(first, _)| *first < before).take(LOG_PIECE).collect())
}

/// Deletes a record and what is derived from it, and queues those whom it named.
pub(super) fn delete(tx: &mut WriteTx<'_>, key: &RecordKey) -> Result<bool, StoreError> {
    let versions = versions_in_writer(tx, key)?;
    if versions.is_empty() {
        return Ok(false);
    }
    forget(tx, key, &versions)?;
    let named = versions.iter().flat_map(|stored| &stored.version.identifiers);
    for identifier in named.collect::<BTreeSet<_>>() {
        decisions::touch(tx, &key.site, identifier)?;
    }
    tx.last_change += 1;
    let tell = "INSERT INTO record_deletion (change, site_id, kind, reference) VALUES (?1, ?2, ?3, ?4)";
    tx.connection.prepare_cached(tell)?.execute(params![
        tx.last_change,
        key.site.as_str(),
        rows::kind_number(key.kind),
        key.reference.as_str(),
    ])?;
    Ok(true)
}

/// Removes a record's versions and their names.
pub(super) fn forget(
    tx: &mut WriteTx<'_>,
    key: &RecordKey,
    versions: &[StoredVersion],
) -> Result<(), StoreError> {
    for stored in versions {
        let change = stored.change.cast_signed();
        let Version { identifiers, occurred, .. } = &stored.version;
        tx.forget(names::record_entries(key, identifiers, occurred.at, change))?;
        decisions::forget_cuts(tx, &key.site, change)?;
        tx.connection.prepare_cached("DELETE FROM record_version WHERE change = ?1")?.execute([change])?;
    }
    tx.keep_sequence()
}

/// Adds a site's records up by stage and currency, as they are now.
///
/// One pass over the site's part of the log, remembering of each record what counts; of more records than fit into
/// memory, several passes over a share of them each.
pub(super) fn stage_totals(
    connection: &Connection,
    site: &SiteId,
    kind: RecordKind,
) -> Result<Vec<StageTotal>, StoreError> {
    let sql = "SELECT count(*) FROM record_version WHERE site_id = ?1 AND kind = ?2";
    let parameters = params![site.as_str(), rows::kind_number(kind)];
    let versions: i64 = connection.prepare_cached(sql)?.query_row(parameters, |row| row.get(0))?;
    let shares = versions.cast_unsigned() / TOTALS_RECORDS_MAX + 1;
    let mut totals = StageTotals::default();
    for share in 0..shares {
        add_share(connection, site, kind, (share, shares), &mut totals)?;
    }
    Ok(totals.into_totals())
}

/// What of a record counts for totals, and when it was so.
struct Latest {
    order: (i64, i64),
    value: Money,
    stage: u32,
}

fn add_share(
    connection: &Connection,
    site: &SiteId,
    kind: RecordKind,
    (share, shares): (u64, u64),
    totals: &mut StageTotals,
) -> Result<(), StoreError> {
    let sql = "SELECT reference, occurred_at, change, value_minor, currency, stage FROM record_version
        WHERE site_id = ?1 AND kind = ?2 ORDER BY change";
    let mut statement = connection.prepare_cached(sql)?;
    let mut log = statement.query(params![site.as_str(), rows::kind_number(kind)])?;
    let mut latest: HashMap<Box<str>, Latest> = HashMap::new();
    let mut stages: Vec<Option<String>> = Vec::new();
    while let Some(row) = log.next()? {
        let text =
            |column: usize| row.get_ref(column)?.as_str().map_err(|error| corrupt("record_version", error));
        let reference = text(0)?;
        if shares > 1 && hash_of(reference) % shares != share {
            continue;
        }
        let order = (row.get(1)?, row.get(2)?);
        if latest.get(reference).is_some_and(|latest| latest.order > order) {
            continue;
        }
        let currency = Currency::parse(text(4)?).map_err(|error| corrupt("record_version", error))?;
        let stage = row.get_ref(5)?.as_str_or_null().map_err(|error| corrupt("record_version", error))?;
        let known = stages.iter().position(|known| known.as_deref() == stage);
        let stage = known.unwrap_or_else(|| {
            stages.push(stage.map(str::to_owned));
            stages.len() - 1
        });
        let stage = u32::try_from(stage).map_err(|error| corrupt("record_version", error))?;
        let value = Money { minor: row.get(3)?, currency };
        latest.insert(reference.into(), Latest { order, value, stage });
    }
    for Latest { value, stage, .. } in latest.into_values() {
        totals.add(stages[stage as usize].as_deref(), value);
    }
    Ok(())
}

fn hash_of(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
