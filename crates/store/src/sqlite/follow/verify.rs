//! Whether what was derived is what the facts say.

use super::super::evidence::Evidence;
use super::super::names::{self, Tail};
use super::super::{directory, records, rows};
use super::{Following, Found, find_matches};
use crate::StoreError;
use rusqlite::Connection;
use std::collections::BTreeSet;
use touchline_domain::identity::GuardSettings;

/// Which matches are not as the facts have them, a sentence each, at most `most`. Nothing can be said while there are
/// facts to be followed.
pub(in super::super) fn wrong_matches(
    connection: &Connection,
    tail: &Tail,
    following: &Following,
    most: usize,
) -> Result<Vec<String>, StoreError> {
    let mut wrong = Vec::new();
    if following.from(connection)? < names::last_change(connection)? {
        return Ok(wrong);
    }
    let mut statement = connection.prepare("SELECT site_id, kind, reference FROM record_match")?;
    let mut stored = statement.query([])?;
    while let Some(row) = stored.next()?
        && wrong.len() < most
    {
        if records::versions(connection, tail, &rows::key(row, 0)?)?.is_empty() {
            wrong.push("there is a match of a record that does not exist".into());
        }
    }
    let sql = "SELECT site_id, kind, reference, change FROM record_version WHERE is_first ORDER BY site_id";
    let mut statement = connection.prepare(sql)?;
    let mut log = statement.query([])?;
    let mut current: Option<(Evidence<'_>, GuardSettings)> = None;
    while let Some(row) = log.next()?
        && wrong.len() < most
    {
        let key = rows::key(row, 0)?;
        if current.as_ref().is_none_or(|(evidence, _)| *evidence.site() != key.site) {
            let Some(guards) = directory::guards(connection, &key.site)? else { continue };
            current = Some((Evidence::of(connection, tail, key.site.clone())?, guards));
        }
        let Some((evidence, guards)) = &mut current else { continue };
        let mut found = Found::default();
        let due = BTreeSet::from([(key.kind, key.reference)]);
        find_matches(connection, tail, following, evidence, guards, due, &mut found)?;
        if !found.matches.is_empty() {
            let version: i64 = row.get(3)?;
            wrong.push(format!("the match of the record with version {version} is not what the facts say"));
        }
    }
    Ok(wrong)
}
