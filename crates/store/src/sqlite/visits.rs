use super::names::{self, Entry};
use super::rows::{self, corrupt};
use super::writer::WriteTx;
use crate::{NewVisit, StoreError};
use rusqlite::{Connection, Row, params};
use touchline_domain::{
    Identifier, IdentifierKind, Instant, PageUrl, Screen, SiteId, StoredVisit, Text, Visit,
};

const TABLE: &str = "visit";
const COLUMNS: &str =
    "site_id, change, visitor, at, received_after, landing_page, referrer, title, cookie, screen,
    device, crawler";

/// Stores visits; see [`Store::add_visits`](crate::Store::add_visits).
pub(super) fn add(tx: &mut WriteTx<'_>, visits: &[NewVisit]) -> Result<(), StoreError> {
    let sql = "INSERT INTO visit (change, site_id, visitor, at, received_after, landing_page, referrer, title, cookie,
        screen, device, crawler) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    let mut insert = tx.connection.prepare_cached(sql)?;
    for NewVisit { site, received_at, visit } in visits {
        tx.last_change += 1;
        insert.execute(params![
            tx.last_change,
            site.as_str(),
            visit.visitor.value(),
            visit.at.as_micros(),
            received_at.as_micros() - visit.at.as_micros(),
            visit.landing_page.as_str(),
            visit.referrer.as_ref().map(Text::as_str),
            visit.title.as_ref().map(Text::as_str),
            visit.cookie.as_ref().map(Identifier::value),
            visit.screen.map(|screen| screen.to_string()),
            rows::device_number(visit.device),
            visit.crawler.as_ref().map(Text::as_str),
        ])?;
        tx.tail.add(&mut tx.draft, names::visit_entries(site, visit, tx.last_change));
    }
    Ok(())
}

/// The visit with this change number, if it is one of the site's.
pub(super) fn visit(
    connection: &Connection,
    site: &SiteId,
    change: i64,
) -> Result<Option<StoredVisit>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM visit WHERE change = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query([change])?;
    let Some(row) = found.next()? else { return Ok(None) };
    if rows::text_at(row, 0, TABLE)? != site.as_str() {
        return Ok(None);
    }
    stored(row).map(Some)
}

/// What ties a visit's identifiers together, without the rest of it: visitor, Google client id, time, and when it was
/// received.
pub(super) fn evidence(
    connection: &Connection,
    site: &SiteId,
    change: i64,
) -> Result<Option<(Vec<Identifier>, Instant, Instant)>, StoreError> {
    let sql = "SELECT site_id, visitor, cookie, at, received_after FROM visit WHERE change = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query([change])?;
    let Some(row) = found.next()? else { return Ok(None) };
    if rows::text_at(row, 0, TABLE)? != site.as_str() {
        return Ok(None);
    }
    let at: i64 = row.get(3)?;
    let received_at = Instant::from_micros(at + row.get::<_, i64>(4)?);
    Ok(Some((identifiers(row, 1)?, Instant::from_micros(at), received_at)))
}

/// Visitor and Google client id, from the columns that begin at `first`.
pub(super) fn identifiers(row: &Row<'_>, first: usize) -> Result<Vec<Identifier>, StoreError> {
    let stored = |kind, value: &str| Identifier::stored(kind, value.to_owned(), None);
    let mut identifiers = vec![stored(IdentifierKind::RaId, rows::text_at(row, first, TABLE)?)];
    if let Some(cookie) = rows::optional_text_at(row, first + 1, TABLE)? {
        identifiers.push(stored(IdentifierKind::CookieValue, cookie));
    }
    Ok(identifiers)
}

/// Every visit with a change number after the first and up to the second, in order.
pub(super) fn each_between(
    connection: &Connection,
    (after, through): (i64, i64),
    mut each: impl FnMut(&SiteId, &StoredVisit) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM visit WHERE change > ?1 AND change <= ?2 ORDER BY change");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut log = statement.query([after, through])?;
    while let Some(row) = log.next()? {
        let site = SiteId::parse(rows::text_at(row, 0, TABLE)?).map_err(|error| corrupt(TABLE, error))?;
        each(&site, &stored(row)?)?;
    }
    Ok(())
}

/// Reads a visit from [`COLUMNS`].
fn stored(row: &Row<'_>) -> Result<StoredVisit, StoreError> {
    let bad = |error| corrupt(TABLE, error);
    let text = |column| rows::text_at(row, column, TABLE);
    let optional = |column| rows::optional_text_at(row, column, TABLE);
    let at: i64 = row.get(3)?;
    let change: i64 = row.get(1)?;
    let identifier = |kind, value: &str| Identifier::stored(kind, value.to_owned(), None);
    let visit = Visit {
        visitor: identifier(IdentifierKind::RaId, text(2)?),
        at: Instant::from_micros(at),
        landing_page: PageUrl::stored(text(5)?).map_err(bad)?,
        referrer: optional(6)?.map(Text::parse).transpose().map_err(bad)?,
        title: optional(7)?.map(Text::parse).transpose().map_err(bad)?,
        cookie: optional(8)?.map(|value| identifier(IdentifierKind::CookieValue, value)),
        screen: optional(9)?.map(Screen::parse).transpose().map_err(bad)?,
        device: rows::device(row.get(10)?)?,
        crawler: optional(11)?.map(Text::parse).transpose().map_err(bad)?,
    };
    let received_at = Instant::from_micros(at + row.get::<_, i64>(4)?);
    Ok(StoredVisit { change: change.unsigned_abs(), received_at, visit })
}

/// Deletes a visit and what is derived from it. `false` if there is none of the site's with this number.
pub(super) fn delete(tx: &mut WriteTx<'_>, site: &SiteId, change: i64) -> Result<bool, StoreError> {
    let Some(stored) = visit(tx.connection, site, change)? else { return Ok(false) };
    let entries: Vec<Entry> = names::visit_entries(site, &stored.visit, change);
    tx.forget(entries)?;
    tx.connection.prepare_cached("DELETE FROM visit WHERE change = ?1")?.execute([change])?;
    Ok(true)
}
