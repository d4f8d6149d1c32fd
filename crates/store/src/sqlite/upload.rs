use super::rows;
use super::writer::WriteTx;
use crate::{StoreError, Upload};
use rusqlite::OptionalExtension;
use rusqlite::params;
use touchline_domain::record::{UploadOutcome, Version};

/// Stores versions in order; see [`Store::upload`](crate::Store::upload).
pub(super) fn upload(tx: &mut WriteTx<'_>, uploads: &[Upload]) -> Result<Vec<UploadOutcome>, StoreError> {
    uploads.iter().map(|upload| one(tx, upload)).collect()
}

fn one(tx: &mut WriteTx<'_>, upload: &Upload) -> Result<UploadOutcome, StoreError> {
    let holding = holding_version(tx, upload)?;
    let record_exists = holding.is_some() || record_exists(tx, upload)?;
    let outcome = UploadOutcome::decide(record_exists, holding.as_ref(), &upload.version);
    if outcome != UploadOutcome::Unchanged {
        tx.last_change += 1;
        insert_version(tx, upload)?;
        insert_change(tx, upload)?;
    }
    Ok(outcome)
}

/// The version received last at the upload's own instant.
fn holding_version(tx: &WriteTx<'_>, upload: &Upload) -> Result<Option<Version>, StoreError> {
    let sql = "SELECT occurred_at, change, occurred_date_only, received_at, value_minor, currency, stage, details
        FROM record_version WHERE site_id = ?1 AND kind = ?2 AND reference = ?3 AND occurred_at = ?4
        ORDER BY change DESC LIMIT 1";
    let mut statement = tx.connection.prepare_cached(sql)?;
    let key = &upload.key;
    let at = upload.version.occurred.at.as_micros();
    let mut found =
        statement.query(params![key.site.as_str(), rows::kind_number(key.kind), key.reference.as_str(), at])?;
    match found.next()? {
        Some(row) => Ok(Some(rows::version(row, 0)?.version)),
        None => Ok(None),
    }
}

fn record_exists(tx: &WriteTx<'_>, upload: &Upload) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM record_version WHERE site_id = ?1 AND kind = ?2 AND reference = ?3 LIMIT 1";
    let mut statement = tx.connection.prepare_cached(sql)?;
    let key = &upload.key;
    let found = statement
        .query_row(params![key.site.as_str(), rows::kind_number(key.kind), key.reference.as_str()], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

fn insert_version(tx: &WriteTx<'_>, upload: &Upload) -> Result<(), StoreError> {
    let sql = "INSERT INTO record_version (site_id, kind, reference, occurred_at, change, occurred_date_only,
        received_at, value_minor, currency, stage, details)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let Upload { key, received_at, version } = upload;
    tx.connection.prepare_cached(sql)?.execute(params![
        key.site.as_str(),
        rows::kind_number(key.kind),
        key.reference.as_str(),
        version.occurred.at.as_micros(),
        tx.last_change,
        version.occurred.date_only,
        received_at.as_micros(),
        version.value.minor,
        version.value.currency.code(),
        version.stage(),
        rows::details(version)?,
    ])?;
    Ok(())
}

fn insert_change(tx: &WriteTx<'_>, upload: &Upload) -> Result<(), StoreError> {
    let sql = "INSERT INTO change (change, site_id, kind, reference, identifiers) VALUES (?1, ?2, ?3, ?4, ?5)";
    let identifiers = &upload.version.identifiers;
    let hashes: Vec<u8> = identifiers.iter().flat_map(|i| rows::identifier_hash(i).to_be_bytes()).collect();
    let key = &upload.key;
    tx.connection.prepare_cached(sql)?.execute(params![
        tx.last_change,
        key.site.as_str(),
        rows::kind_number(key.kind),
        key.reference.as_str(),
        hashes,
    ])?;
    Ok(())
}
