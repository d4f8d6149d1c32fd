use super::{conversions, names, visits};
use crate::{StoreError, TrafficPage};
use rusqlite::Connection;
use touchline_domain::SiteId;

/// Visits and conversions of a site; see [`Store::traffic`](crate::Store::traffic).
pub(super) fn page(
    connection: &Connection,
    site: &SiteId,
    after: u64,
    examined: u64,
) -> Result<TrafficPage, StoreError> {
    let last_change = names::last_change(connection)?.unsigned_abs();
    let through = last_change.min(after.saturating_add(examined.max(1)));
    let mut page = TrafficPage {
        through,
        is_last: through == last_change,
        deletions: deletions(connection)?,
        ..TrafficPage::default()
    };
    let range = (after.cast_signed(), through.cast_signed());
    visits::each_between(connection, range, |whose, stored| {
        if whose == site {
            page.visits.push(stored.clone());
        }
        Ok(())
    })?;
    conversions::each_between(connection, range, |whose, stored| {
        if whose == site {
            page.conversions.push(stored.clone());
        }
        Ok(())
    })?;
    Ok(page)
}

/// A number that is another one after facts were deleted.
fn deletions(connection: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT sum(value) FROM counter WHERE name IN ('erasures', 'deleted_through')";
    let sum: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(sum.unsigned_abs())
}
