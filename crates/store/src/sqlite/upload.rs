use super::writer::WriteTx;
use super::{names, records, rows};
use crate::{StoreError, Upload};
use rusqlite::params;
use touchline_domain::record::{UploadOutcome, Version};

/// Stores versions in order; see [`Store::upload`](crate::Store::upload).
pub(super) fn upload(tx: &mut WriteTx<'_>, uploads: &[Upload]) -> Result<Vec<UploadOutcome>, StoreError> {
    uploads.iter().map(|upload| one(tx, upload)).collect()
}

fn one(tx: &mut WriteTx<'_>, upload: &Upload) -> Result<UploadOutcome, StoreError> {
    let Upload { key, version, .. } = upload;
    let hash = names::record_hash(&key.site, key.kind, key.reference.as_str());
    let (record_exists, holding) = match tx.tail.any_in_writer(tx.connection, hash)? {
        None => (false, None),
        Some(change) => {
            let holding = holding_version(tx, upload, hash)?;
            (holding.is_some() || record_exists(tx, upload, change)?, holding)
        }
    };
    let outcome = UploadOutcome::decide(record_exists, holding.as_ref(), version);
    if outcome != UploadOutcome::Unchanged {
        tx.last_change += 1;
        insert(tx, upload, outcome == UploadOutcome::Created)?;
        let entries = names::record_entries(key, &version.identifiers, version.occurred.at, tx.last_change);
        tx.tail.add(&mut tx.draft, entries);
    }
    Ok(outcome)
}

/// The version received last at the upload's own instant.
fn holding_version(tx: &WriteTx<'_>, upload: &Upload, hash: i64) -> Result<Option<Version>, StoreError> {
    let at = upload.version.occurred.at;
    for change in tx.tail.find_in_writer(tx.connection, hash, names::second_of(at))?.into_iter().rev() {
        if let Some(stored) = records::version_of(tx.connection, &upload.key, change)?
            && stored.version.occurred.at == at
        {
            return Ok(Some(stored.version));
        }
    }
    Ok(None)
}

/// Whether the record exists, given a version whose name has its hash: nearly always one of its own.
fn record_exists(tx: &WriteTx<'_>, upload: &Upload, change: i64) -> Result<bool, StoreError> {
    if records::version_of(tx.connection, &upload.key, change)?.is_some() {
        return Ok(true);
    }
    Ok(!records::versions_in_writer(tx, &upload.key)?.is_empty())
}

fn insert(tx: &WriteTx<'_>, upload: &Upload, is_first: bool) -> Result<(), StoreError> {
    let sql = "INSERT INTO record_version (change, site_id, kind, reference, is_first, occurred_at,
        occurred_date_only, received_at, value_minor, currency, stage, details)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    let Upload { key, received_at, version } = upload;
    tx.connection.prepare_cached(sql)?.execute(params![
        tx.last_change,
        key.site.as_str(),
        rows::kind_number(key.kind),
        key.reference.as_str(),
        is_first,
        version.occurred.at.as_micros(),
        version.occurred.date_only,
        received_at.as_micros(),
        version.value.minor,
        version.value.currency.code(),
        version.stage(),
        rows::details(version)?,
    ])?;
    Ok(())
}
