//! The settings that sites had.

use super::directory::{self, SITE_COLUMNS, SettingsRow};
use super::rows::{self, corrupt};
use super::writer::WriteTx;
use crate::StoreError;
use rusqlite::{Connection, params};
use std::collections::BTreeSet;
use touchline_domain::identity::Ignored;
use touchline_domain::{Country, Identifier, Instant, Site, SiteId};

/// A site with the settings of a past moment; see [`Store::site_as_of`](crate::Store::site_as_of).
pub(super) fn as_of(
    connection: &Connection,
    id: &SiteId,
    moment: Instant,
) -> Result<Option<Site>, StoreError> {
    let sql = format!(
        "SELECT {SITE_COLUMNS} FROM site_history WHERE site_id = ?1 AND since <= ?2 ORDER BY version DESC LIMIT 1"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![id.as_str(), moment.as_micros()])?;
    rows.next()?.map(directory::site).transpose()
}

/// Remembers the settings that a site has from now on. The directory's version is that of this change.
pub(super) fn remember(tx: &WriteTx<'_>, id: &SiteId, since: Instant) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO site_history (version, since, {SITE_COLUMNS})
        SELECT (SELECT value FROM counter WHERE name = 'directory'), ?2, {SITE_COLUMNS} FROM site WHERE site_id = ?1"
    );
    tx.connection.prepare_cached(&sql)?.execute(params![id.as_str(), since.as_micros()])?;
    Ok(())
}

/// Forgets that the site ever ignored these identifiers, but for those that it ignores now, which is its operator's to
/// change. Whether it remembered one.
pub(super) fn forget_ignored(
    tx: &WriteTx<'_>,
    site: &Site,
    identifiers: &BTreeSet<Identifier>,
) -> Result<bool, StoreError> {
    let is_kept = |text: &str| site.guards.ignored.iter().any(|now| now.as_str() == text);
    let sql = "SELECT version, settings, phone_country FROM site_history WHERE site_id = ?1";
    let mut statement = tx.connection.prepare_cached(sql)?;
    let mut history = statement.query([site.id.as_str()])?;
    let mut changed = Vec::new();
    while let Some(row) = history.next()? {
        let bad = |error: serde_json::Error| corrupt("site_history", error);
        let mut settings: SettingsRow =
            serde_json::from_str(rows::text_at(row, 1, "site_history")?).map_err(bad)?;
        let country = Country::parse(rows::text_at(row, 2, "site_history")?);
        let country = country.map_err(|error| corrupt("site_history", error))?;
        let is_forgotten = |text: &String| {
            let ignored = Ignored::parse(text, country);
            let is_one = |ignored: &Ignored| identifiers.iter().any(|one| ignored.is(one));
            !is_kept(text) && ignored.as_ref().is_ok_and(is_one)
        };
        let before = settings.ignored.len();
        settings.ignored.retain(|text| !is_forgotten(text));
        if settings.ignored.len() < before {
            changed.push((row.get::<_, i64>(0)?, serde_json::to_string(&settings).map_err(bad)?));
        }
    }
    let sql = "UPDATE site_history SET settings = ?3 WHERE site_id = ?1 AND version = ?2";
    for (version, settings) in &changed {
        tx.connection.prepare_cached(sql)?.execute(params![site.id.as_str(), version, settings])?;
    }
    Ok(!changed.is_empty())
}
