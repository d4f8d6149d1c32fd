use super::rows;
use super::writer::WriteTx;
use crate::{RecordsPage, RecordsQuery, StoreError};
use rusqlite::{Connection, params};
use touchline_domain::record::{
    RecordKey, RecordKind, RecordState, Reference, StageTotal, StageTotals, StoredVersion,
};
use touchline_domain::{Currency, Money, SiteId};

/// A record's versions, in order.
pub(super) fn versions(connection: &Connection, key: &RecordKey) -> Result<Vec<StoredVersion>, StoreError> {
    let sql = "SELECT occurred_at, change, occurred_date_only, received_at, value_minor, currency, stage, details
        FROM record_version WHERE site_id = ?1 AND kind = ?2 AND reference = ?3
        ORDER BY occurred_at, change";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found =
        statement.query(params![key.site.as_str(), rows::kind_number(key.kind), key.reference.as_str()])?;
    let mut versions = Vec::new();
    while let Some(row) = found.next()? {
        versions.push(rows::version(row, 0)?);
    }
    Ok(versions)
}

/// A page of records; see [`Store::records`](crate::Store::records).
pub(super) fn page(connection: &Connection, query: &RecordsQuery) -> Result<RecordsPage, StoreError> {
    match &query.filter.identifier {
        Some(identifier) => page_by_identifier(connection, query, rows::identifier_hash(identifier)),
        None => page_by_scan(connection, query),
    }
}

fn page_by_scan(connection: &Connection, query: &RecordsQuery) -> Result<RecordsPage, StoreError> {
    let sql = "SELECT reference, occurred_at, change, occurred_date_only, received_at, value_minor, currency,
        stage, details
        FROM record_version WHERE site_id = ?1 AND kind = ?2 AND reference > ?3
        ORDER BY reference, occurred_at, change";
    let mut statement = connection.prepare_cached(sql)?;
    let after = query.after.as_ref().map_or("", Reference::as_str);
    let mut found = statement.query(params![query.site.as_str(), rows::kind_number(query.kind), after])?;
    let mut page = RecordsPage::default();
    let mut examined = 0;
    let mut current: Option<(Reference, Vec<StoredVersion>)> = None;
    while let Some(row) = found.next()? {
        let reference = row.get_ref(0)?.as_str().map_err(|error| rows::corrupt("record_version", error))?;
        let is_next_record = current.as_ref().is_none_or(|(current, _)| current.as_str() != reference);
        if is_next_record {
            let last = current.take();
            let stop_after = last.as_ref().map(|(reference, _)| reference.clone());
            keep_if_accepted(&mut page, query, last);
            if stop_after.is_some() && (page.records.len() >= query.limit || examined >= RecordsQuery::EXAMINED_MAX) {
                page.next = stop_after;
                return Ok(page);
            }
            current = Some((rows::reference(reference)?, Vec::new()));
        }
        if let Some((_, versions)) = &mut current {
            versions.push(rows::version(row, 1)?);
        }
        examined += 1;
    }
    keep_if_accepted(&mut page, query, current);
    Ok(page)
}

fn keep_if_accepted(page: &mut RecordsPage, query: &RecordsQuery, record: Option<(Reference, Vec<StoredVersion>)>) {
    if let Some((reference, versions)) = record
        && RecordState::of(&versions).is_some_and(|state| query.filter.accepts(&state))
    {
        page.records.push((reference, versions));
    }
}

fn page_by_identifier(connection: &Connection, query: &RecordsQuery, hash: i64) -> Result<RecordsPage, StoreError> {
    let sql = "SELECT reference FROM record_identifier
        WHERE site_id = ?1 AND hash = ?2 AND kind = ?3 AND reference > ?4 ORDER BY reference";
    let mut statement = connection.prepare_cached(sql)?;
    let after = query.after.as_ref().map_or("", Reference::as_str);
    let mut found = statement.query(params![query.site.as_str(), hash, rows::kind_number(query.kind), after])?;
    let mut page = RecordsPage::default();
    let mut examined = 0;
    let mut last = None;
    while let Some(row) = found.next()? {
        if page.records.len() >= query.limit || examined >= RecordsQuery::EXAMINED_MAX {
            page.next = last;
            return Ok(page);
        }
        let reference: String = row.get(0)?;
        let reference = rows::reference(&reference)?;
        let key = RecordKey { site: query.site.clone(), kind: query.kind, reference: reference.clone() };
        let versions = versions(connection, &key)?;
        examined += versions.len();
        keep_if_accepted(&mut page, query, Some((reference.clone(), versions)));
        last = Some(reference);
    }
    Ok(page)
}

/// Deletes a record and what is derived from it.
pub(super) fn delete(tx: &mut WriteTx<'_>, key: &RecordKey) -> Result<bool, StoreError> {
    let versions = versions(tx.connection, key)?;
    if versions.is_empty() {
        return Ok(false);
    }
    let (site, kind, reference) = (key.site.as_str(), rows::kind_number(key.kind), key.reference.as_str());
    let forget_change = "UPDATE change SET identifiers = NULL WHERE change = ?1";
    let forget_identifier =
        "DELETE FROM record_identifier WHERE site_id = ?1 AND hash = ?2 AND kind = ?3 AND reference = ?4";
    for stored in &versions {
        tx.connection.prepare_cached(forget_change)?.execute([stored.change.cast_signed()])?;
        for identifier in &stored.version.identifiers {
            let hash = rows::identifier_hash(identifier);
            tx.connection.prepare_cached(forget_identifier)?.execute(params![site, hash, kind, reference])?;
        }
    }
    // A stride under way may hold entries of this record: it begins again.
    *tx.indexing = None;
    let delete = "DELETE FROM record_version WHERE site_id = ?1 AND kind = ?2 AND reference = ?3";
    tx.connection.prepare_cached(delete)?.execute(params![site, kind, reference])?;
    tx.last_change += 1;
    let tell = "INSERT INTO change (change, site_id, kind, reference, identifiers) VALUES (?1, ?2, ?3, ?4, NULL)";
    tx.connection.prepare_cached(tell)?.execute(params![tx.last_change, site, kind, reference])?;
    Ok(true)
}

/// Adds a site's records up by stage and currency, as they are now.
pub(super) fn stage_totals(
    connection: &Connection,
    site: &SiteId,
    kind: RecordKind,
) -> Result<Vec<StageTotal>, StoreError> {
    let sql = "SELECT reference, value_minor, currency, stage FROM record_version
        WHERE site_id = ?1 AND kind = ?2 ORDER BY reference, occurred_at, change";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query(params![site.as_str(), rows::kind_number(kind)])?;
    let mut totals = StageTotals::default();
    // Stage and value are always the last version's.
    let mut last: Option<(String, Option<String>, Money)> = None;
    while let Some(row) = found.next()? {
        let reference = row.get_ref(0)?.as_str().map_err(|error| rows::corrupt("record_version", error))?;
        if let Some((last_reference, stage, value)) = &last
            && last_reference != reference
        {
            totals.add(stage.as_deref(), *value);
        }
        let currency = row.get_ref(2)?.as_str().map_err(|error| rows::corrupt("record_version", error))?;
        let currency = Currency::parse(currency).map_err(|error| rows::corrupt("record_version", error))?;
        last = Some((reference.to_owned(), row.get(3)?, Money { minor: row.get(1)?, currency }));
    }
    if let Some((_, stage, value)) = last {
        totals.add(stage.as_deref(), value);
    }
    Ok(totals.into_totals())
}
