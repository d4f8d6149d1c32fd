use super::evidence::Evidence;
use super::rows::{self, corrupt};
use super::writer::WriteTx;
use crate::{Guarded, StoreError};
use rusqlite::{Connection, params};
use touchline_domain::identity::{FactSource, Guard};
use touchline_domain::record::{RecordKind, Reference};
use touchline_domain::{Identifier, Instant, SiteId};

/// Cuts a piece of evidence, or restores it; see [`Store::set_cut`](crate::Store::set_cut).
pub(super) fn set_cut(
    tx: &mut WriteTx<'_>,
    site: &SiteId,
    fact: u64,
    identifier: &Identifier,
    is_cut: bool,
    at: Instant,
) -> Result<bool, StoreError> {
    let change = fact.cast_signed();
    let evidence = Evidence::of(tx.connection, tx.tail, site.clone())?;
    let Some(found) = evidence.fact(change)? else { return Ok(false) };
    if !found.identifiers.contains(identifier) && !found.cut.contains(identifier) {
        return Ok(false);
    }
    let kind = rows::identifier_number(identifier.kind());
    let changed = if is_cut {
        let sql = "INSERT INTO evidence_cut (site_id, fact, kind, value, cut_at) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO NOTHING";
        let parameters = params![site.as_str(), change, kind, identifier.value(), at.as_micros()];
        tx.connection.prepare_cached(sql)?.execute(parameters)?
    } else {
        let sql = "DELETE FROM evidence_cut WHERE site_id = ?1 AND fact = ?2 AND kind = ?3 AND value = ?4";
        let parameters = params![site.as_str(), change, kind, identifier.value()];
        tx.connection.prepare_cached(sql)?.execute(parameters)?
    };
    if changed > 0 {
        for touched in found.identifiers.iter().chain(&found.cut) {
            touch(tx, site, touched)?;
        }
        if let FactSource::Record(kind, reference) = &found.source {
            touch_record(tx, site, *kind, reference)?;
        }
    }
    Ok(true)
}

/// Forgets what was cut out of a fact that is deleted.
pub(super) fn forget_cuts(tx: &WriteTx<'_>, site: &SiteId, change: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM evidence_cut WHERE site_id = ?1 AND fact = ?2";
    tx.connection.prepare_cached(sql)?.execute(params![site.as_str(), change])?;
    Ok(())
}

/// Lets an identifier join, or no longer; see [`Store::set_allowed`](crate::Store::set_allowed).
pub(super) fn set_allowed(
    tx: &mut WriteTx<'_>,
    site: &SiteId,
    identifier: &Identifier,
    is_allowed: bool,
    at: Instant,
) -> Result<(), StoreError> {
    let kind = rows::identifier_number(identifier.kind());
    let changed = if is_allowed {
        let sql = "INSERT INTO identifier_allowed (site_id, kind, value, allowed_at) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO NOTHING";
        let parameters = params![site.as_str(), kind, identifier.value(), at.as_micros()];
        tx.connection.prepare_cached(sql)?.execute(parameters)?
    } else {
        let sql = "DELETE FROM identifier_allowed WHERE site_id = ?1 AND kind = ?2 AND value = ?3";
        tx.connection.prepare_cached(sql)?.execute(params![site.as_str(), kind, identifier.value()])?
    };
    if changed > 0 {
        touch(tx, site, identifier)?;
    }
    Ok(())
}

/// Queues an identifier whose evidence or standing changed without a fact that names it.
pub(super) fn touch(tx: &mut WriteTx<'_>, site: &SiteId, identifier: &Identifier) -> Result<(), StoreError> {
    let kind = rows::identifier_number(identifier.kind());
    queue(tx, site, i64::from(kind), identifier.value())
}

/// Queues a record that names others than it did.
pub(super) fn touch_record(
    tx: &mut WriteTx<'_>,
    site: &SiteId,
    kind: RecordKind,
    reference: &Reference,
) -> Result<(), StoreError> {
    queue(tx, site, RECORDS_FROM + rows::kind_number(kind), reference.as_str())
}

/// Queues all of a site's records.
pub(super) fn touch_site(tx: &mut WriteTx<'_>, site: &SiteId) -> Result<(), StoreError> {
    queue(tx, site, WHOLE_SITE, "")
}

/// What stands in `touched.kind` for a whole site, and above what the kinds of records stand.
pub(super) const WHOLE_SITE: i64 = 0;
pub(super) const RECORDS_FROM: i64 = 10;

fn queue(tx: &mut WriteTx<'_>, site: &SiteId, kind: i64, value: &str) -> Result<(), StoreError> {
    tx.last_change += 1;
    let sql = "INSERT INTO touched (change, site_id, kind, value) VALUES (?1, ?2, ?3, ?4)";
    tx.connection.prepare_cached(sql)?.execute(params![tx.last_change, site.as_str(), kind, value])?;
    Ok(())
}

/// The site's guarded identifiers; see [`Store::guarded`](crate::Store::guarded).
pub(super) fn guarded(
    connection: &Connection,
    site: &SiteId,
    after: Option<&Identifier>,
    limit: usize,
) -> Result<Vec<Guarded>, StoreError> {
    let sql = "SELECT kind, value, guard, count, since FROM guarded
        WHERE site_id = ?1 AND (kind, value) > (?2, ?3) ORDER BY kind, value LIMIT ?4";
    let mut statement = connection.prepare_cached(sql)?;
    let (kind, value) = position(after);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = statement.query(params![site.as_str(), kind, value, limit])?;
    let mut guarded = Vec::new();
    while let Some(row) = found.next()? {
        let kind = rows::identifier_kind(row.get(0)?)?;
        guarded.push(Guarded {
            identifier: Identifier::stored(kind, row.get(1)?, None),
            guard: guard_of(rows::text_at(row, 2, "guarded")?, row.get(3)?)?,
            since: Instant::from_micros(row.get(4)?),
        });
    }
    Ok(guarded)
}

/// Whether an identifier is among the site's guarded ones.
pub(super) fn is_guarded(
    connection: &Connection,
    site: &SiteId,
    identifier: &Identifier,
) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM guarded WHERE site_id = ?1 AND kind = ?2 AND value = ?3)";
    let kind = rows::identifier_number(identifier.kind());
    let parameters = params![site.as_str(), kind, identifier.value()];
    Ok(connection.prepare_cached(sql)?.query_row(parameters, |row| row.get(0))?)
}

/// A guard's name and count, as they are stored.
pub(super) fn guard_columns(guard: Guard) -> (&'static str, u32) {
    let count = match guard {
        Guard::TooManyVisitors(count) | Guard::TooManyEmails(count) => count,
        Guard::Ignored | Guard::RoleMailbox | Guard::TooManyFacts => 0,
    };
    (guard.name(), count)
}

fn guard_of(name: &str, count: u32) -> Result<Guard, StoreError> {
    let all = [
        Guard::Ignored,
        Guard::RoleMailbox,
        Guard::TooManyVisitors(count),
        Guard::TooManyEmails(count),
        Guard::TooManyFacts,
    ];
    let found = all.into_iter().find(|guard| guard.name() == name);
    found.ok_or_else(|| corrupt("guarded", format!("guard {name}")))
}

/// The identifiers that the operator allowed; see [`Store::allowed`](crate::Store::allowed).
pub(super) fn allowed(
    connection: &Connection,
    site: &SiteId,
    after: Option<&Identifier>,
    limit: usize,
) -> Result<Vec<Identifier>, StoreError> {
    let sql = "SELECT kind, value FROM identifier_allowed
        WHERE site_id = ?1 AND (kind, value) > (?2, ?3) ORDER BY kind, value LIMIT ?4";
    let mut statement = connection.prepare_cached(sql)?;
    let (kind, value) = position(after);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = statement.query(params![site.as_str(), kind, value, limit])?;
    let mut allowed = Vec::new();
    while let Some(row) = found.next()? {
        let kind = rows::identifier_kind(row.get(0)?)?;
        allowed.push(Identifier::stored(kind, row.get(1)?, None));
    }
    Ok(allowed)
}

/// After which row a list of identifiers begins.
fn position(after: Option<&Identifier>) -> (u8, &str) {
    after.map_or((0, ""), |after| (rows::identifier_number(after.kind()), after.value()))
}
