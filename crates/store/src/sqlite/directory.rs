use super::rows::corrupt;
use super::writer::WriteTx;
use super::{decisions, site_history};
use crate::{Directory, StoreError};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use touchline_domain::channel::{ChannelRules, Rule};
use touchline_domain::identity::{GuardSettings, Ignored};
use touchline_domain::journey::JourneySettings;
use touchline_domain::{
    Country, Currency, Instant, Invalid, Milestone, Origin, Scopes, Site, SiteId, Stage, Text, TimeZoneName,
    Token, TokenHash, TokenId, VisitSettings,
};

/// The directory's version.
pub(super) fn version(connection: &Connection) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT value FROM counter WHERE name = 'directory'")?;
    let version: i64 = statement.query_row([], |row| row.get(0))?;
    Ok(version.unsigned_abs())
}

/// In `site` and in `site_history`.
pub(super) const SITE_COLUMNS: &str =
    "site_id, name, currency, phone_country, time_zone, stages, strict_stages, created_at, settings";

/// All sites and tokens.
pub(super) fn load(connection: &Connection) -> Result<Directory, StoreError> {
    let mut directory = Directory { version: version(connection)?, ..Directory::default() };
    let mut sites =
        connection.prepare_cached(&format!("SELECT {SITE_COLUMNS} FROM site ORDER BY site_id"))?;
    let mut rows = sites.query([])?;
    while let Some(row) = rows.next()? {
        directory.sites.push(site(row)?);
    }
    let mut tokens = connection.prepare_cached(
        "SELECT token_id, name, hash, sites, scopes, created_at, expires_at, revoked_at, session_of
         FROM token ORDER BY created_at, token_id",
    )?;
    let mut rows = tokens.query([])?;
    while let Some(row) = rows.next()? {
        directory.tokens.push(token(row)?);
    }
    Ok(directory)
}

/// Reads a site from [`SITE_COLUMNS`].
pub(super) fn site(row: &Row<'_>) -> Result<Site, StoreError> {
    let bad = |error: Invalid| corrupt("site", error);
    let text = |column: usize| row.get::<_, String>(column);
    let stages: Vec<(String, String)> =
        serde_json::from_str(&text(5)?).map_err(|error| corrupt("site", error))?;
    let settings: SettingsRow = serde_json::from_str(&text(8)?).map_err(|error| corrupt("site", error))?;
    let stage = |(name, milestone): (String, String)| {
        Ok(Stage { name: Text::parse(&name)?, milestone: Milestone::parse(&milestone)? })
    };
    let phone_country = Country::parse(&text(3)?).map_err(bad)?;
    Ok(Site {
        id: SiteId::parse(&text(0)?).map_err(bad)?,
        name: Text::parse(&text(1)?).map_err(bad)?,
        currency: Currency::parse(&text(2)?).map_err(bad)?,
        phone_country,
        time_zone: TimeZoneName::parse(&text(4)?).map_err(bad)?,
        stages: stages.into_iter().map(stage).collect::<Result<_, Invalid>>().map_err(bad)?,
        strict_stages: row.get(6)?,
        created_at: Instant::from_micros(row.get(7)?),
        origins: settings
            .origins
            .iter()
            .map(|origin| Origin::parse(origin))
            .collect::<Result<_, _>>()
            .map_err(bad)?,
        visits: VisitSettings {
            timeout_minutes: settings.visit_timeout_minutes,
            campaign_begins_visit: settings.campaign_begins_visit,
        },
        guards: GuardSettings {
            visitors_max: settings.visitors_max,
            emails_max: settings.emails_max,
            ignored: settings
                .ignored
                .iter()
                .map(|value| Ignored::parse(value, phone_country))
                .collect::<Result<_, _>>()
                .map_err(bad)?,
        },
        channels: settings
            .channel_rules
            .iter()
            .map(|rule| Rule::parse(rule))
            .collect::<Result<_, _>>()
            .and_then(ChannelRules::with)
            .map_err(bad)?,
        visit_retention_days: settings.visit_retention_days,
    })
}

/// The column `settings`: what is only ever read with the whole site. A setting that an older version did not write has
/// its default.
#[derive(Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SettingsRow {
    origins: Vec<String>,
    visit_timeout_minutes: u32,
    campaign_begins_visit: bool,
    visitors_max: u32,
    emails_max: u32,
    pub(super) ignored: Vec<String>,
    /// In their text form, in order.
    channel_rules: Vec<String>,
    visit_retention_days: Option<u32>,
}

impl Default for SettingsRow {
    fn default() -> Self {
        let (visits, guards) = (VisitSettings::default(), GuardSettings::default());
        Self {
            origins: Vec::new(),
            visit_timeout_minutes: visits.timeout_minutes,
            campaign_begins_visit: visits.campaign_begins_visit,
            visitors_max: guards.visitors_max,
            emails_max: guards.emails_max,
            ignored: Vec::new(),
            channel_rules: Vec::new(),
            visit_retention_days: None,
        }
    }
}

/// When an identifier of a site evidently belongs to many. `None` if there is no such site.
pub(super) fn guards(connection: &Connection, id: &SiteId) -> Result<Option<GuardSettings>, StoreError> {
    Ok(site_with_id(connection, id)?.map(|site| site.guards))
}

/// One site.
pub(super) fn site_with_id(connection: &Connection, id: &SiteId) -> Result<Option<Site>, StoreError> {
    let sql = format!("SELECT {SITE_COLUMNS} FROM site WHERE site_id = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id.as_str()])?;
    rows.next()?.map(site).transpose()
}

fn settings(site: &Site) -> Result<String, StoreError> {
    let row = SettingsRow {
        origins: site.origins.iter().map(|origin| origin.as_str().to_owned()).collect(),
        visit_timeout_minutes: site.visits.timeout_minutes,
        campaign_begins_visit: site.visits.campaign_begins_visit,
        visitors_max: site.guards.visitors_max,
        emails_max: site.guards.emails_max,
        ignored: site.guards.ignored.iter().map(|ignored| ignored.as_str().to_owned()).collect(),
        channel_rules: site.channels.own().iter().map(ToString::to_string).collect(),
        visit_retention_days: site.visit_retention_days,
    };
    serde_json::to_string(&row).map_err(|error| corrupt("site", error))
}

fn token(row: &Row<'_>) -> Result<Token, StoreError> {
    let bad = |error: Invalid| corrupt("token", error);
    let text = |column: usize| row.get::<_, String>(column);
    let sites: Vec<String> = serde_json::from_str(&text(3)?).map_err(|error| corrupt("token", error))?;
    Ok(Token {
        id: TokenId(text(0)?),
        name: Text::parse(&text(1)?).map_err(bad)?,
        hash: TokenHash(row.get(2)?),
        sites: sites.iter().map(|id| SiteId::parse(id)).collect::<Result<_, _>>().map_err(bad)?,
        scopes: Scopes::parse(&text(4)?).map_err(bad)?,
        created_at: Instant::from_micros(row.get(5)?),
        expires_at: row.get::<_, Option<i64>>(6)?.map(Instant::from_micros),
        revoked_at: row.get::<_, Option<i64>>(7)?.map(Instant::from_micros),
        session_of: row.get::<_, Option<String>>(8)?.map(TokenId),
    })
}

pub(super) fn add_site(tx: &mut WriteTx<'_>, site: &Site) -> Result<bool, StoreError> {
    let sql = "INSERT INTO site (site_id, name, currency, phone_country, time_zone, stages, strict_stages,
        created_at, settings) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING";
    let added = tx.connection.execute(
        sql,
        params![
            site.id.as_str(),
            site.name.as_str(),
            site.currency.code(),
            site.phone_country.code(),
            site.time_zone.as_str(),
            stages(site)?,
            site.strict_stages,
            site.created_at.as_micros(),
            settings(site)?,
        ],
    )?;
    if added == 1 {
        bump(tx)?;
        site_history::remember(tx, &site.id, site.created_at)?;
    }
    Ok(added == 1)
}

pub(super) fn set_site(tx: &mut WriteTx<'_>, site: &Site, at: Instant) -> Result<bool, StoreError> {
    let before = site_with_id(tx.connection, &site.id)?;
    let sql = "UPDATE site SET name = ?2, currency = ?3, phone_country = ?4, time_zone = ?5, stages = ?6,
        strict_stages = ?7, settings = ?8 WHERE site_id = ?1";
    let changed = tx.connection.execute(
        sql,
        params![
            site.id.as_str(),
            site.name.as_str(),
            site.currency.code(),
            site.phone_country.code(),
            site.time_zone.as_str(),
            stages(site)?,
            site.strict_stages,
            settings(site)?,
        ],
    )?;
    if changed == 1 {
        bump(tx)?;
    }
    // Read again: another country makes other telephone numbers of what is ignored.
    let after = site_with_id(tx.connection, &site.id)?;
    if after != before {
        site_history::remember(tx, &site.id, at)?;
    }
    let derives_alike = |before: &Site, after: &Site| {
        before.guards == after.guards && JourneySettings::of(before) == JourneySettings::of(after)
    };
    if before.zip(after).is_some_and(|(before, after)| !derives_alike(&before, &after)) {
        decisions::touch_site(tx, &site.id)?;
    }
    Ok(changed == 1)
}

fn stages(site: &Site) -> Result<String, StoreError> {
    let pairs: Vec<_> =
        site.stages.iter().map(|stage| (stage.name.as_str(), stage.milestone.name())).collect();
    serde_json::to_string(&pairs).map_err(|error| corrupt("site", error))
}

/// How many sessions one token has at most; the oldest goes first.
const SESSIONS_MAX: u32 = 100;

pub(super) fn add_token(tx: &mut WriteTx<'_>, token: &Token) -> Result<(), StoreError> {
    if let Some(parent) = &token.session_of {
        let over = "DELETE FROM token WHERE session_of IS NOT NULL AND expires_at <= ?1";
        tx.connection.execute(over, [token.created_at.as_micros()])?;
        let surplus = "DELETE FROM token WHERE token_id IN (SELECT token_id FROM token WHERE session_of = ?1
            ORDER BY created_at DESC, token_id LIMIT -1 OFFSET ?2)";
        tx.connection.execute(surplus, params![parent.0, SESSIONS_MAX - 1])?;
    }
    let sites: Vec<_> = token.sites.iter().map(SiteId::as_str).collect();
    let sites = serde_json::to_string(&sites).map_err(|error| corrupt("token", error))?;
    let sql = "INSERT INTO token (token_id, hash, name, sites, scopes, created_at, expires_at, revoked_at,
        session_of) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    tx.connection.execute(
        sql,
        params![
            token.id.0,
            token.hash.0,
            token.name.as_str(),
            sites,
            token.scopes.to_string(),
            token.created_at.as_micros(),
            token.expires_at.map(Instant::as_micros),
            token.revoked_at.map(Instant::as_micros),
            token.session_of.as_ref().map(|id| &id.0),
        ],
    )?;
    bump(tx)
}

pub(super) fn revoke_token(tx: &mut WriteTx<'_>, id: &TokenId, at: Instant) -> Result<bool, StoreError> {
    let sql = "UPDATE token SET revoked_at = coalesce(revoked_at, ?2) WHERE token_id = ?1 OR session_of = ?1";
    let changed = tx.connection.execute(sql, params![id.0, at.as_micros()])?;
    if changed > 0 {
        bump(tx)?;
    }
    Ok(changed > 0)
}

/// Tells everyone who holds a copy of the directory that it is out of date.
fn bump(tx: &WriteTx<'_>) -> Result<(), StoreError> {
    tx.connection.execute("UPDATE counter SET value = value + 1 WHERE name = 'directory'", [])?;
    Ok(())
}
