use super::{directory, identifiers, open, rows};
use crate::{CheckReport, StoreError};
use rusqlite::{Connection, params};
use touchline_domain::record::{StoredVersion, UploadOutcome};

const VIOLATIONS_MAX: usize = 100;

/// Reads everything and verifies what must hold; see [`Store::check`](crate::Store::check).
pub(super) fn check(connection: &Connection) -> Result<CheckReport, StoreError> {
    let mut report = CheckReport::default();
    file(connection, &mut report)?;
    if !report.violations.is_empty() {
        // A damaged file makes every further finding doubtful.
        return Ok(report);
    }
    match directory::load(connection) {
        Ok(directory) => report.sites = directory.sites.len() as u64,
        Err(error) => violation(&mut report, error.to_string()),
    }
    records(connection, &mut report)?;
    changes(connection, &mut report)?;
    index(connection, &mut report)?;
    Ok(report)
}

fn violation(report: &mut CheckReport, what: String) {
    if report.violations.len() < VIOLATIONS_MAX {
        report.violations.push(what);
    }
}

fn file(connection: &Connection, report: &mut CheckReport) -> Result<(), StoreError> {
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({VIOLATIONS_MAX})"))?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let line: String = row.get(0)?;
        if line != "ok" {
            violation(report, format!("the database file is damaged: {line}"));
        }
    }
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version != open::schema_version() {
        violation(report, format!("the schema is version {version}, not {}", open::schema_version()));
    }
    Ok(())
}

/// Every version can be read, belongs to a site, has its change, and says something that the one before it at
/// the same instant did not.
fn records(connection: &Connection, report: &mut CheckReport) -> Result<(), StoreError> {
    let sql = "SELECT v.site_id, v.kind, v.reference, v.occurred_at, v.change, v.occurred_date_only, v.received_at,
        v.value_minor, v.currency, v.stage, v.details,
        EXISTS (SELECT 1 FROM site s WHERE s.site_id = v.site_id),
        EXISTS (SELECT 1 FROM change c WHERE c.change = v.change AND c.site_id = v.site_id AND c.kind = v.kind
            AND c.reference = v.reference AND c.identifiers IS NOT NULL)
        FROM record_version v ORDER BY v.site_id, v.kind, v.reference, v.occurred_at, v.change";
    let mut statement = connection.prepare(sql)?;
    let mut found = statement.query([])?;
    let mut last: Option<((String, i64, String), StoredVersion)> = None;
    while let Some(row) = found.next()? {
        report.versions += 1;
        let key: (String, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let name = format!("record {}/{}/{}", key.0, key.1, key.2);
        let is_first = last.as_ref().is_none_or(|(last_key, _)| *last_key != key);
        report.records += u64::from(is_first);
        let readable = rows::version(row, 3).and_then(|version| {
            let kind = rows::kind_of(key.1)?;
            rows::reference(&key.2)?;
            if version.version.kind() != kind {
                return Err(rows::corrupt("record_version", "a stage where none belongs, or none where one does"));
            }
            Ok(version)
        });
        if !row.get::<_, bool>(11)? {
            violation(report, format!("{name} belongs to a site that does not exist"));
        }
        if !row.get::<_, bool>(12)? {
            violation(report, format!("{name} has a version without its change"));
        }
        let version = match readable {
            Ok(version) => version,
            Err(error) => {
                violation(report, format!("{name}: {error}"));
                continue;
            }
        };
        let same_instant = |previous: &StoredVersion| previous.version.occurred.at == version.version.occurred.at;
        if let Some((_, previous)) = last.as_ref().filter(|(_, previous)| !is_first && same_instant(previous))
            && UploadOutcome::decide(true, Some(&previous.version), &version.version) == UploadOutcome::Unchanged
        {
            violation(report, format!("{name} holds the same version twice"));
        }
        last = Some((key, version));
    }
    Ok(())
}

/// Every change that tells of a version has one.
fn changes(connection: &Connection, report: &mut CheckReport) -> Result<(), StoreError> {
    let sql = "SELECT count(*) FROM change c WHERE c.identifiers IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM record_version v WHERE v.site_id = c.site_id AND v.kind = c.kind
        AND v.reference = c.reference AND v.change = c.change)";
    let orphans: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    if orphans > 0 {
        violation(report, format!("{orphans} changes tell of versions that are not there"));
    }
    Ok(())
}

/// The identifier index holds what the change log says, no more and, up to where it claims to be, no less.
fn index(connection: &Connection, report: &mut CheckReport) -> Result<(), StoreError> {
    let indexed_through = identifiers::indexed_through(connection)?;
    let last: i64 = connection.query_row("SELECT coalesce(max(change), 0) FROM change", [], |row| row.get(0))?;
    if indexed_through > last {
        violation(report, "the identifier index claims changes that never happened".into());
    }
    let mut changes = connection.prepare("SELECT site_id, kind, reference, identifiers, change FROM change
        WHERE identifiers IS NOT NULL ORDER BY change")?;
    let mut is_indexed = connection.prepare("SELECT EXISTS (SELECT 1 FROM record_identifier
        WHERE site_id = ?1 AND hash = ?2 AND kind = ?3 AND reference = ?4)")?;
    let mut found = changes.query([])?;
    while let Some(row) = found.next()? {
        let (site, kind, reference): (String, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let is_due = row.get::<_, i64>(4)? <= indexed_through;
        for hash in identifiers::hashes(row.get_ref(3)?)? {
            let is_indexed: bool = is_indexed.query_row(params![site, hash, kind, reference], |row| row.get(0))?;
            if is_due && !is_indexed {
                violation(report, format!("record {site}/{kind}/{reference} is missing from the identifier index"));
            }
        }
    }
    let sql = "SELECT count(*) FROM record_identifier i WHERE NOT EXISTS (SELECT 1 FROM record_version v
        WHERE v.site_id = i.site_id AND v.kind = i.kind AND v.reference = i.reference)";
    let orphans: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    if orphans > 0 {
        violation(report, format!("the identifier index holds {orphans} entries of records that do not exist"));
    }
    Ok(())
}
