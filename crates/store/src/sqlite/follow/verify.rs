//! Whether what was derived is what the facts say.

use super::super::names::{self, Tail};
use super::super::{journeys, records, rows};
use super::{Deriving, Following};
use crate::StoreError;
use rusqlite::Connection;
use touchline_domain::SiteId;

/// Which journeys are not, byte by byte, as the facts have them, a sentence each, at most `most`. Nothing can be said
/// while there are facts to be followed.
pub(in super::super) fn wrong_journeys(
    connection: &Connection,
    tail: &Tail,
    following: &Following,
    only: Option<&SiteId>,
    most: usize,
) -> Result<Vec<String>, StoreError> {
    let mut wrong = Vec::new();
    if following.from(connection)? < names::last_change(connection)? {
        return Ok(wrong);
    }
    let is_asked = |site: &SiteId| only.is_none_or(|only| only == site);
    let mut statement = connection
        .prepare("SELECT site_id, kind, reference, number FROM journey WHERE reference IS NOT NULL")?;
    let mut stored = statement.query([])?;
    while let Some(row) = stored.next()?
        && wrong.len() < most
    {
        let key = rows::key(row, 0)?;
        if is_asked(&key.site) && records::versions(connection, tail, &key)?.is_empty() {
            wrong.push("there is a journey of a record that does not exist".into());
        }
    }
    let sql = "SELECT site_id, kind, reference, change FROM record_version WHERE is_first ORDER BY site_id";
    let mut statement = connection.prepare(sql)?;
    let mut log = statement.query([])?;
    let mut current: Option<Deriving<'_>> = None;
    while let Some(row) = log.next()?
        && wrong.len() < most
    {
        let key = rows::key(row, 0)?;
        if !is_asked(&key.site) {
            continue;
        }
        if current.as_ref().is_none_or(|deriving| *deriving.evidence.site() != key.site) {
            current = Deriving::of(connection, tail, following, &key.site)?;
        }
        let Some(deriving) = &mut current else { continue };
        let journey = deriving.derived(&key)?;
        if journey != journeys::stored(connection, &key)?.map(|(_, stored)| stored) {
            let version: i64 = row.get(3)?;
            wrong.push(format!("the journey of the record with version {version} is not what the facts say"));
        }
    }
    Ok(wrong)
}
