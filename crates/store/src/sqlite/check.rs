use super::follow::Ahead;
use super::names::{Entry, Tail};
use super::{conversions, costs, directory, exports, follow, names, open, rates, rows, site_history, visits};
use crate::{CheckReport, StoreError};
use rusqlite::{Connection, params};
use touchline_domain::Instant;
use touchline_domain::record::{RecordKey, StoredVersion, UploadOutcome, Version};

pub(super) const VIOLATIONS_MAX: usize = 100;

/// Reads everything and verifies what must hold; see [`Store::check`](crate::Store::check).
/// `ahead` was so before the transaction began.
pub(super) fn check(connection: &Connection, ahead: Ahead) -> Result<CheckReport, StoreError> {
    let mut report = CheckReport::default();
    file(connection, &mut report)?;
    if !report.violations.is_empty() {
        // A damaged file makes every further finding doubtful.
        return Ok(report);
    }
    if let Err(error) = sites(connection, &mut report) {
        violation(&mut report, error.to_string());
    }
    records(connection, &mut report)?;
    touches(connection, &mut report)?;
    money(connection, &mut report)?;
    index(connection, &mut report)?;
    journeys(connection, ahead, &mut report)?;
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

/// Sites and tokens can be read, and what is remembered of a site's settings ends with those that it has.
fn sites(connection: &Connection, report: &mut CheckReport) -> Result<(), StoreError> {
    let sites = directory::load(connection)?.sites;
    report.sites = sites.len() as u64;
    for site in sites {
        let id = site.id.clone();
        if site_history::as_of(connection, &id, Instant::from_micros(i64::MAX))? != Some(site) {
            violation(
                report,
                format!("what is remembered of the settings of site {id} is not what they are"),
            );
        }
    }
    Ok(())
}

/// Every version can be read, belongs to a site, says something that the one before it at the same instant did not,
/// and can be found by its names.
fn records(connection: &Connection, report: &mut CheckReport) -> Result<(), StoreError> {
    let indexed_through = names::indexed_through(connection)?;
    let sql =
        "SELECT v.site_id, v.kind, v.reference, v.occurred_at, v.change, v.occurred_date_only, v.received_at,
        v.value_minor, v.currency, v.stage, v.details, v.is_first,
        EXISTS (SELECT 1 FROM site s WHERE s.site_id = v.site_id)
        FROM record_version v ORDER BY v.site_id, v.kind, v.reference, v.occurred_at, v.change";
    let mut statement = connection.prepare(sql)?;
    let mut found = statement.query([])?;
    let mut record: Option<OneRecord> = None;
    while let Some(row) = found.next()? {
        report.versions += 1;
        let change: i64 = row.get(4)?;
        let (key, stored) = match rows::key(row, 0).and_then(|key| Ok((key, rows::version(row, 3)?))) {
            Ok(readable) => readable,
            Err(error) => {
                violation(report, format!("version {change}: {error}"));
                continue;
            }
        };
        if stored.version.kind() != key.kind {
            violation(
                report,
                format!("version {change} has a stage where none belongs, or none where one does"),
            );
        }
        if !row.get::<_, bool>(12)? {
            violation(report, format!("version {change} belongs to a site that does not exist"));
        }
        if change <= indexed_through {
            indexed(connection, &key, &stored, report)?;
        }
        if record.as_ref().is_none_or(|record| record.key != key) {
            finish(record.take(), report);
            record = Some(OneRecord { key, versions: Vec::new(), firsts: Vec::new() });
        }
        if let Some(record) = &mut record {
            record.add(stored, row.get(11)?, report);
        }
    }
    finish(record, report);
    Ok(())
}

/// The versions of the record that is being read.
struct OneRecord {
    key: RecordKey,
    /// Only the last one.
    versions: Vec<StoredVersion>,
    firsts: Vec<(u64, bool)>,
}

impl OneRecord {
    fn add(&mut self, stored: StoredVersion, is_first: bool, report: &mut CheckReport) {
        let same_instant =
            |previous: &&StoredVersion| previous.version.occurred.at == stored.version.occurred.at;
        if let Some(previous) = self.versions.last().filter(same_instant)
            && UploadOutcome::decide(true, Some(&previous.version), &stored.version)
                == UploadOutcome::Unchanged
        {
            violation(report, format!("version {} says what the one before it said", stored.change));
        }
        self.firsts.push((stored.change, is_first));
        self.versions = vec![stored];
    }
}

/// Exactly the version that was accepted first is marked so.
fn finish(record: Option<OneRecord>, report: &mut CheckReport) {
    let Some(record) = record else { return };
    report.records += 1;
    let first = record.firsts.iter().map(|(change, _)| *change).min();
    let marked: Vec<u64> =
        record.firsts.iter().filter(|(_, is_first)| *is_first).map(|(change, _)| *change).collect();
    if first.is_none_or(|first| marked != [first]) {
        violation(
            report,
            format!("of the record with version {first:?}, {marked:?} are marked as its first"),
        );
    }
}

fn indexed(
    connection: &Connection,
    key: &RecordKey,
    stored: &StoredVersion,
    report: &mut CheckReport,
) -> Result<(), StoreError> {
    let Version { identifiers, occurred, .. } = &stored.version;
    for entry in names::record_entries(key, identifiers, occurred.at, stored.change.cast_signed()) {
        if !is_indexed(connection, &entry)? {
            violation(report, format!("version {} cannot be found by one of its names", stored.change));
        }
    }
    Ok(())
}

/// Every visit and conversion can be read, belongs to a site, and can be found by its names.
fn touches(connection: &Connection, report: &mut CheckReport) -> Result<(), StoreError> {
    let indexed_through = names::indexed_through(connection)?;
    let everything = (i64::MIN, i64::MAX);
    let mut violations = Vec::new();
    let unindexed = |change: u64, entries: &[Entry]| -> Result<bool, StoreError> {
        for entry in entries.iter().filter(|_| change.cast_signed() <= indexed_through) {
            if !is_indexed(connection, entry)? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    let visits = visits::each_between(connection, everything, |site, stored| {
        report.visits += 1;
        let entries = names::visit_entries(site, &stored.visit, stored.change.cast_signed());
        if unindexed(stored.change, &entries)? {
            violations.push(format!("visit {} cannot be found by one of its names", stored.change));
        }
        Ok(())
    });
    let conversions = conversions::each_between(connection, everything, |site, stored| {
        report.conversions += 1;
        let entries = names::conversion_entries(site, &stored.conversion, stored.change.cast_signed());
        if unindexed(stored.change, &entries)? {
            violations.push(format!("conversion {} cannot be found by one of its names", stored.change));
        }
        Ok(())
    });
    // A row that cannot be read ends the reading.
    violations.extend([visits, conversions].into_iter().filter_map(Result::err).map(|e| e.to_string()));
    for what in violations {
        violation(report, what);
    }
    have_homes(connection, &["visit", "conversion"], report)
}

/// Every row of these tables belongs to a site.
fn have_homes(connection: &Connection, tables: &[&str], report: &mut CheckReport) -> Result<(), StoreError> {
    for table in tables {
        let sql = format!(
            "SELECT count(*) FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM site s WHERE s.site_id = t.site_id)"
        );
        let homeless: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
        if homeless > 0 {
            violation(report, format!("{homeless} rows of {table} belong to a site that does not exist"));
        }
    }
    Ok(())
}

/// Every cost can be read and found again, and belongs to a site; every rate can be read.
fn money(connection: &Connection, report: &mut CheckReport) -> Result<(), StoreError> {
    report.costs = costs::check(connection, |what| violation(report, what))?;
    have_homes(connection, &["ad_cost"], report)?;
    if let Err(error) = rates::load(connection) {
        violation(report, error.to_string());
    }
    report.exports = exports::check(connection, |what| violation(report, what))?;
    have_homes(connection, &["export"], report)?;
    Ok(())
}

fn is_indexed(connection: &Connection, entry: &Entry) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM name WHERE hash = ?1 AND second = ?2 AND change = ?3)";
    let parameters = params![entry.hash, entry.second, entry.change];
    Ok(connection.prepare_cached(sql)?.query_row(parameters, |row| row.get(0))?)
}

/// What was derived by following the facts is what they say.
fn journeys(connection: &Connection, ahead: Ahead, report: &mut CheckReport) -> Result<(), StoreError> {
    let tail = Tail::open(connection, usize::MAX)?;
    match follow::verify(connection, &tail, ahead, None, VIOLATIONS_MAX) {
        Ok(verified) => {
            report.changes_behind = verified.changes_behind;
            verified.differences.into_iter().for_each(|what| violation(report, what));
        }
        // What cannot be read was reported before.
        Err(error) => violation(report, format!("journeys cannot be verified: {error}")),
    }
    Ok(())
}

/// The index holds no names of facts that are gone.
fn index(connection: &Connection, report: &mut CheckReport) -> Result<(), StoreError> {
    if names::indexed_through(connection)? > names::last_change(connection)? {
        violation(report, "the index of names claims changes that never happened".into());
    }
    let sql = "SELECT count(*) FROM name n WHERE
        NOT EXISTS (SELECT 1 FROM record_version v
            WHERE v.change = n.change AND v.occurred_at / 1000000 = n.second)
        AND NOT EXISTS (SELECT 1 FROM visit v WHERE v.change = n.change AND v.at / 1000000 = n.second)
        AND NOT EXISTS (SELECT 1 FROM conversion c
            WHERE c.change = n.change AND c.occurred_at / 1000000 = n.second)";
    let orphans: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    if orphans > 0 {
        violation(report, format!("the index of names holds {orphans} entries of facts that do not exist"));
    }
    Ok(())
}
