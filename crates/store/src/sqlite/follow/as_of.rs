//! Journeys as they were known at a past moment: derived as following derives them, from what had been received by then.

use super::super::evidence::Evidence;
use super::super::names::Tail;
use super::super::{directory, rows};
use super::Deriving;
use crate::{JourneysPage, StoreError};
use rusqlite::{Connection, params};
use touchline_domain::journey::JourneySettings;
use touchline_domain::{Instant, SiteId};

/// A page of a site's journeys as of a moment; see [`Store::journeys_as_of`](crate::Store::journeys_as_of).
pub(in super::super) fn journeys_as_of(
    connection: &Connection,
    tail: &Tail,
    (site, moment): (&SiteId, Instant),
    after: Option<u64>,
    limit: usize,
) -> Result<JourneysPage, StoreError> {
    let mut page = JourneysPage::default();
    let Some(site) = directory::site_as_of(connection, site, moment)? else { return Ok(page) };
    let evidence = Evidence::as_of(connection, tail, site.id.clone(), moment)?;
    let settings = JourneySettings::of(&site);
    let mut deriving = Deriving { connection, tail, evidence, guards: site.guards, settings };
    let sql = "SELECT site_id, kind, reference, change FROM record_version
        WHERE change > ?1 AND site_id = ?2 AND is_first ORDER BY change";
    let mut statement = connection.prepare_cached(sql)?;
    let mut log = statement.query(params![after.unwrap_or(0).cast_signed(), site.id.as_str()])?;
    let mut examined = 0;
    while let Some(row) = log.next()? {
        page.journeys.extend(deriving.journey(&rows::key(row, 0)?)?.0);
        examined += 1;
        if page.journeys.len() >= limit.max(1) || examined == JourneysPage::EXAMINED_MAX {
            page.next = Some(row.get::<_, i64>(3)?.unsigned_abs());
            break;
        }
    }
    Ok(page)
}
