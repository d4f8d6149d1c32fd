use super::names;
use super::rows::{self, corrupt};
use super::writer::WriteTx;
use crate::{
    ExportOutcome, ExportRow, Ledger, LedgerEntry, NewExport, NewExportRow, StoreError, StoredExport,
};
use rusqlite::{Connection, Row, params};
use std::collections::BTreeSet;
use touchline_domain::ad_export::{ConversionKey, ExportPlatform, Trace};
use touchline_domain::record::{RecordKey, Reference};
use touchline_domain::{Currency, Instant, Invalid, Milestone, Money, SiteId, Text};

const COLUMNS: &str = "export_id, platform, name, kind, milestone, valued, created_at, conversions, header";
const ROW_COLUMNS: &str = "export_id, place, kind, reference, conversion_key, worth_minor, currency, content";

/// A page of the ledger; see [`Store::ledger`](crate::Store::ledger).
pub(super) fn ledger(
    connection: &Connection,
    site: &SiteId,
    (platform, name): (ExportPlatform, &str),
    after: Option<ConversionKey>,
    limit: usize,
) -> Result<Ledger, StoreError> {
    let sql = "SELECT conversion_key, export_id, exported_at, worth_minor, currency FROM export_ledger
        WHERE site_id = ?1 AND platform = ?2 AND name = ?3 AND conversion_key > ?4 ORDER BY conversion_key LIMIT ?5";
    let mut statement = connection.prepare_cached(sql)?;
    // An empty key comes before every other.
    let after = after.map(|key| key.0.to_vec()).unwrap_or_default();
    let mut found = statement.query(params![site.as_str(), platform.name(), name, after, bound(limit)])?;
    let mut ledger = Ledger { erasures: names::erasures(connection)?.unsigned_abs(), entries: Vec::new() };
    while let Some(row) = found.next()? {
        ledger.entries.push(LedgerEntry {
            key: ConversionKey(row.get(0)?),
            export: row.get::<_, i64>(1)?.unsigned_abs(),
            exported_at: Instant::from_micros(row.get(2)?),
            worth: money(row, 3, "export_ledger")?,
        });
    }
    Ok(ledger)
}

/// Stores an export; see [`Store::add_export`](crate::Store::add_export).
pub(super) fn add(tx: &mut WriteTx<'_>, new: &NewExport) -> Result<ExportOutcome, StoreError> {
    if names::erasures(tx.connection)?.unsigned_abs() != new.erasures {
        return Ok(ExportOutcome::Overtaken);
    }
    let (mut rows, mut had_before) = (Vec::with_capacity(new.rows.len()), Vec::new());
    for row in &new.rows {
        if !new.again && is_exported(tx.connection, new, row.key)? {
            had_before.push(row.key);
        } else {
            rows.push(row);
        }
    }
    if rows.is_empty() {
        return Ok(ExportOutcome::Nothing);
    }
    let sql = "SELECT coalesce(max(export_id), 0) + 1 FROM export WHERE site_id = ?1";
    let id: i64 = tx.connection.prepare_cached(sql)?.query_row([new.site.as_str()], |row| row.get(0))?;
    let sql = "INSERT INTO export (site_id, export_id, platform, name, kind, milestone, valued, created_at, conversions, header)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    tx.connection.prepare_cached(sql)?.execute(params![
        new.site.as_str(),
        id,
        new.platform.name(),
        new.name.as_str(),
        rows::kind_number(new.kind),
        new.milestone.name(),
        new.valued.as_str(),
        new.created_at.as_micros(),
        bound(rows.len()),
        new.header,
    ])?;
    for (place, row) in (0i64..).zip(&rows) {
        add_row(tx, new, id, place, row)?;
    }
    let export = export(tx.connection, &new.site, id.unsigned_abs())?;
    let export = export.ok_or_else(|| corrupt("export", "what was just written is not there"))?;
    Ok(ExportOutcome::Made { export, had_before })
}

fn is_exported(connection: &Connection, new: &NewExport, key: ConversionKey) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM export_ledger WHERE site_id = ?1 AND platform = ?2 AND name = ?3 AND conversion_key = ?4";
    let parameters = params![new.site.as_str(), new.platform.name(), new.name.as_str(), key.0];
    Ok(connection.prepare_cached(sql)?.exists(parameters)?)
}

fn add_row(
    tx: &WriteTx<'_>,
    new: &NewExport,
    id: i64,
    place: i64,
    row: &NewExportRow,
) -> Result<(), StoreError> {
    let site = new.site.as_str();
    let sql = "INSERT INTO export_row (site_id, export_id, place, kind, reference, conversion_key, worth_minor, currency, content,
        traces) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    tx.connection.prepare_cached(sql)?.execute(params![
        site,
        id,
        place,
        rows::kind_number(row.record.kind),
        row.record.reference.as_str(),
        row.key.0,
        row.worth.minor,
        row.worth.currency.code(),
        row.content,
        row.traces.iter().flat_map(|trace| trace.0).collect::<Vec<u8>>(),
    ])?;
    let sql = "INSERT INTO export_trace (site_id, trace, export_id, place) VALUES (?1, ?2, ?3, ?4)";
    let mut trace_it = tx.connection.prepare_cached(sql)?;
    for trace in &row.traces {
        trace_it.execute(params![site, trace.0, id, place])?;
    }
    let sql = "INSERT INTO export_ledger
        (site_id, platform, name, conversion_key, export_id, exported_at, worth_minor, currency)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        ON CONFLICT (site_id, platform, name, conversion_key) DO UPDATE SET export_id = excluded.export_id,
        exported_at = excluded.exported_at, worth_minor = excluded.worth_minor, currency = excluded.currency";
    tx.connection.prepare_cached(sql)?.execute(params![
        site,
        new.platform.name(),
        new.name.as_str(),
        row.key.0,
        id,
        new.created_at.as_micros(),
        row.worth.minor,
        row.worth.currency.code(),
    ])?;
    Ok(())
}

/// A site's exports, the newest first; see [`Store::exports`](crate::Store::exports).
pub(super) fn exports(
    connection: &Connection,
    site: &SiteId,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<StoredExport>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM export WHERE site_id = ?1 AND export_id < ?2 ORDER BY export_id DESC LIMIT ?3"
    );
    let before = before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(params![site.as_str(), before, bound(limit)])?;
    let mut exports = Vec::new();
    while let Some(row) = found.next()? {
        exports.push(stored(row)?);
    }
    Ok(exports)
}

/// One export; see [`Store::export`](crate::Store::export).
pub(super) fn export(
    connection: &Connection,
    site: &SiteId,
    id: u64,
) -> Result<Option<StoredExport>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM export WHERE site_id = ?1 AND export_id = ?2");
    let Ok(id) = i64::try_from(id) else { return Ok(None) };
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(params![site.as_str(), id])?;
    found.next()?.map(stored).transpose()
}

/// An export's conversions; see [`Store::export_rows`](crate::Store::export_rows).
pub(super) fn rows(
    connection: &Connection,
    site: &SiteId,
    id: u64,
    from: u64,
    limit: usize,
) -> Result<Vec<ExportRow>, StoreError> {
    let sql = format!(
        "SELECT {ROW_COLUMNS} FROM export_row WHERE site_id = ?1 AND export_id = ?2 AND place >= ?3
        ORDER BY place LIMIT ?4"
    );
    let (Ok(id), Ok(from)) = (i64::try_from(id), i64::try_from(from)) else { return Ok(Vec::new()) };
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(params![site.as_str(), id, from, bound(limit)])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(stored_row(site, row)?);
    }
    Ok(rows)
}

/// Where the rows stand that hold something of whom these traces are.
fn places(
    connection: &Connection,
    site: &SiteId,
    traces: &BTreeSet<Trace>,
) -> Result<BTreeSet<(i64, i64)>, StoreError> {
    let sql = "SELECT export_id, place FROM export_trace WHERE site_id = ?1 AND trace = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut places = BTreeSet::new();
    for trace in traces {
        let mut found = statement.query(params![site.as_str(), trace.0])?;
        while let Some(row) = found.next()? {
            places.insert((row.get(0)?, row.get(1)?));
        }
    }
    Ok(places)
}

/// The rows that hold something of whom these traces are, in order, at most so many.
pub(super) fn traced(
    connection: &Connection,
    site: &SiteId,
    traces: &BTreeSet<Trace>,
    limit: usize,
) -> Result<Vec<ExportRow>, StoreError> {
    let sql =
        format!("SELECT {ROW_COLUMNS} FROM export_row WHERE site_id = ?1 AND export_id = ?2 AND place = ?3");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = Vec::new();
    for (id, place) in places(connection, site, traces)?.into_iter().take(limit) {
        let mut found = statement.query(params![site.as_str(), id, place])?;
        if let Some(row) = found.next()? {
            rows.push(stored_row(site, row)?);
        }
    }
    Ok(rows)
}

/// Deletes the rows that hold something of whom these traces are. What they are keeps from being exported again stays.
/// Answers how many there were.
pub(super) fn forget(tx: &WriteTx<'_>, site: &SiteId, traces: &BTreeSet<Trace>) -> Result<u64, StoreError> {
    let places = places(tx.connection, site, traces)?;
    for (id, place) in &places {
        let at = params![site.as_str(), id, place];
        let sql =
            "DELETE FROM export_row WHERE site_id = ?1 AND export_id = ?2 AND place = ?3 RETURNING traces";
        let all: Vec<u8> = tx.connection.prepare_cached(sql)?.query_row(at, |row| row.get(0))?;
        let sql =
            "DELETE FROM export_trace WHERE site_id = ?1 AND trace = ?4 AND export_id = ?2 AND place = ?3";
        let mut delete = tx.connection.prepare_cached(sql)?;
        for trace in all.chunks_exact(16) {
            delete.execute(params![site.as_str(), id, place, trace])?;
        }
    }
    Ok(places.len() as u64)
}

/// Reads everything of every export; what is wrong with one does not keep the others from being read. Answers how many there are.
pub(super) fn check(connection: &Connection, mut wrong: impl FnMut(String)) -> Result<u64, StoreError> {
    let sql = format!("SELECT {COLUMNS}, site_id FROM export ORDER BY site_id, export_id");
    let mut statement = connection.prepare(&sql)?;
    let mut found = statement.query([])?;
    let mut count = 0;
    while let Some(row) = found.next()? {
        count += 1;
        let (id, site): (i64, String) = (row.get(0)?, row.get(9)?);
        let read = || -> Result<(), StoreError> {
            let export = stored(row)?;
            let site = SiteId::parse(&site).map_err(|error| corrupt("export", error))?;
            let rows = rows(connection, &site, export.id, 0, usize::MAX)?;
            if rows.len() as u64 > export.conversions {
                return Err(corrupt("export_row", "it has more rows than it had when it was made"));
            }
            let name = export.name.as_str();
            for row in rows {
                let sql = "SELECT 1 FROM export_ledger
                    WHERE site_id = ?1 AND platform = ?2 AND name = ?3 AND conversion_key = ?4 AND export_id >= ?5";
                let parameters = params![site.as_str(), export.platform.name(), name, row.key.0, id];
                if !connection.prepare_cached(sql)?.exists(parameters)? {
                    return Err(corrupt("export_ledger", "a conversion that it has is missing"));
                }
            }
            Ok(())
        };
        if let Err(error) = read() {
            wrong(format!("export {id} of site {site}: {error}"));
        }
    }
    let sql = "SELECT count(*) FROM export_trace t WHERE NOT EXISTS (SELECT 1 FROM export_row r
        WHERE r.site_id = t.site_id AND r.export_id = t.export_id AND r.place = t.place)";
    let lost: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    if lost > 0 {
        wrong(format!("{lost} traces of exported conversions lead nowhere"));
    }
    Ok(count)
}

fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn money(row: &Row<'_>, column: usize, table: &'static str) -> Result<Money, StoreError> {
    let currency = Currency::parse(rows::text_at(row, column + 1, table)?);
    Ok(Money { minor: row.get(column)?, currency: currency.map_err(|error| corrupt(table, error))? })
}

/// Reads an export from [`COLUMNS`].
fn stored(row: &Row<'_>) -> Result<StoredExport, StoreError> {
    let text = |column| rows::text_at(row, column, "export");
    let (platform, name, milestone, valued) = (text(1)?, text(2)?, text(4)?, text(5)?);
    let parsed = || {
        Ok((
            ExportPlatform::parse(platform)?,
            Text::parse(name)?,
            Milestone::parse(milestone)?,
            Text::parse(valued)?,
        ))
    };
    let (platform, name, milestone, valued) = parsed().map_err(|error: Invalid| corrupt("export", error))?;
    Ok(StoredExport {
        id: row.get::<_, i64>(0)?.unsigned_abs(),
        platform,
        name,
        kind: rows::kind_of(row.get(3)?)?,
        milestone,
        valued,
        created_at: Instant::from_micros(row.get(6)?),
        conversions: row.get::<_, i64>(7)?.unsigned_abs(),
        header: row.get(8)?,
    })
}

/// Reads a conversion from [`ROW_COLUMNS`].
fn stored_row(site: &SiteId, row: &Row<'_>) -> Result<ExportRow, StoreError> {
    let reference = Reference::parse(rows::text_at(row, 3, "export_row")?);
    let reference = reference.map_err(|error| corrupt("export_row", error))?;
    Ok(ExportRow {
        export: row.get::<_, i64>(0)?.unsigned_abs(),
        place: row.get::<_, i64>(1)?.unsigned_abs(),
        key: ConversionKey(row.get(4)?),
        record: RecordKey { site: site.clone(), kind: rows::kind_of(row.get(2)?)?, reference },
        worth: money(row, 5, "export_row")?,
        content: row.get(7)?,
    })
}
