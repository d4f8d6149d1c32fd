use super::rows::{self, corrupt};
use super::writer::WriteTx;
use crate::{CostsPage, CostsQuery, NewCost, StoreError};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use touchline_domain::cost::{AdCostType, AdPlatform, Campaign, CampaignIdentifier, CostKey, Figures, Level};
use touchline_domain::record::UploadOutcome;
use touchline_domain::{AdCost, Currency, Day, Instant, Invalid, Money, SiteId, StoredCost, Text};

const TABLE: &str = "ad_cost";
const COLUMNS: &str =
    "change, day, cost_key, received_at, platform, source, cost_type, keyword, spent_minor, currency,
    clicks, impressions, reach, details";

/// The part of a cost that is only ever read as a whole. Names are short because every row repeats them.
#[derive(Serialize, Deserialize)]
struct Details<'a> {
    /// Importance, name, value.
    #[serde(rename = "i", borrow)]
    identifiers: Vec<(u32, Cow<'a, str>, Cow<'a, str>)>,
    /// Of the campaign, of the ad group, and of the advertisement.
    #[serde(rename = "c", borrow)]
    campaign: [LevelRow<'a>; 3],
}

/// Id and name.
type LevelRow<'a> = (Option<Cow<'a, str>>, Option<Cow<'a, str>>);

/// Stores costs in order; see [`Store::add_costs`](crate::Store::add_costs).
pub(super) fn add(tx: &mut WriteTx<'_>, costs: &[NewCost]) -> Result<Vec<UploadOutcome>, StoreError> {
    costs.iter().map(|new| one(tx, new)).collect()
}

fn one(tx: &mut WriteTx<'_>, new: &NewCost) -> Result<UploadOutcome, StoreError> {
    let NewCost { site, received_at, cost } = new;
    let key = cost.key();
    let outcome = match last(tx.connection, site, cost.day, key)? {
        None => UploadOutcome::Created,
        Some(last) if last.cost == *cost => return Ok(UploadOutcome::Unchanged),
        Some(_) => UploadOutcome::Updated,
    };
    tx.last_change += 1;
    let sql = "INSERT INTO ad_cost (change, site_id, day, cost_key, received_at, platform, source, cost_type, keyword,
        spent_minor, currency, clicks, impressions, reach, details)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
    let Figures { spent, clicks, impressions, reach } = cost.figures;
    tx.connection.prepare_cached(sql)?.execute(params![
        tx.last_change,
        site.as_str(),
        cost.day.number(),
        key.0,
        received_at.as_micros(),
        cost.platform.map(AdPlatform::name),
        cost.source.as_str(),
        cost.cost_type.name(),
        cost.keyword.as_ref().map(Text::as_str),
        spent.minor,
        spent.currency.code(),
        clicks.map(u64::cast_signed),
        impressions.map(u64::cast_signed),
        reach.map(u64::cast_signed),
        details(cost)?,
    ])?;
    Ok(outcome)
}

fn details(cost: &AdCost) -> Result<String, StoreError> {
    fn texts(level: &Level) -> LevelRow<'_> {
        let text = |text: &Option<Text<255>>| text.as_ref().map(|text| text.to_string().into());
        (text(&level.id), text(&level.name))
    }
    let identifier = |identifier: &CampaignIdentifier| {
        let CampaignIdentifier { importance, name, value } = identifier;
        (*importance, name.to_string().into(), value.to_string().into())
    };
    let Campaign { campaign, ad_group, ad } = &cost.campaign;
    let details = Details {
        identifiers: cost.identifiers.iter().map(identifier).collect(),
        campaign: [campaign, ad_group, ad].map(texts),
    };
    serde_json::to_string(&details).map_err(|error| corrupt(TABLE, error))
}

fn last(
    connection: &Connection,
    site: &SiteId,
    day: Day,
    key: CostKey,
) -> Result<Option<StoredCost>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ad_cost WHERE site_id = ?1 AND day = ?2 AND cost_key = ?3 ORDER BY change DESC LIMIT 1"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(params![site.as_str(), day.number(), key.0])?;
    found.next()?.map(stored).transpose()
}

/// A page of costs; see [`Store::costs`](crate::Store::costs).
pub(super) fn page(connection: &Connection, query: &CostsQuery) -> Result<CostsPage, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ad_cost
        WHERE site_id = ?1 AND day >= ?2 AND day <= ?3 AND (day, cost_key) < (?4, ?5)
        ORDER BY day DESC, cost_key DESC, change DESC"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let from = query.from.map_or(i32::MIN, Day::number);
    // Where the page begins bounds the days, too: the index finds it by them.
    let to = query.after.map(|(day, _)| day).into_iter().chain(query.to).min();
    let to = to.map_or(i32::MAX, Day::number);
    let (day, key) = match query.after {
        Some((day, CostKey(key))) => (i64::from(day.number()), key),
        // A day after every other.
        None => (i64::MAX, [0; 16]),
    };
    let mut rows = statement.query(params![query.site.as_str(), from, to, day, key])?;
    let mut page = CostsPage::default();
    let mut place: Option<(Day, CostKey)> = None;
    while let Some(row) = rows.next()? {
        let here = (Day::from_number(row.get(1)?), CostKey(row.get(2)?));
        if place == Some(here) {
            // What was received before does not hold any more.
            continue;
        }
        if page.costs.len() == query.limit {
            page.next = place;
            break;
        }
        page.costs.push(stored(row)?);
        place = Some(here);
    }
    Ok(page)
}

/// A site's costs after a change; see [`Store::costs_since`](crate::Store::costs_since).
pub(super) fn since(
    connection: &Connection,
    site: &SiteId,
    after: u64,
    limit: usize,
) -> Result<Vec<StoredCost>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM ad_cost WHERE site_id = ?1 AND change > ?2 ORDER BY change LIMIT ?3");
    let mut statement = connection.prepare_cached(&sql)?;
    let (after, limit) = (i64::try_from(after).unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX));
    let mut rows = statement.query(params![site.as_str(), after, limit])?;
    let mut costs = Vec::new();
    while let Some(row) = rows.next()? {
        costs.push(stored(row)?);
    }
    Ok(costs)
}

/// Reads every cost there is; what is wrong with one does not keep the others from being read. Answers how many there are.
pub(super) fn check(connection: &Connection, mut wrong: impl FnMut(String)) -> Result<u64, StoreError> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM ad_cost ORDER BY change"))?;
    let mut rows = statement.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        let change: i64 = row.get(0)?;
        match stored(row) {
            Ok(stored) if row.get::<_, [u8; 16]>(2)? != stored.cost.key().0 => {
                wrong(format!("cost {change} cannot be found by its key"));
            }
            Ok(_) => {}
            Err(error) => wrong(format!("cost {change}: {error}")),
        }
    }
    Ok(count)
}

/// Reads a cost from [`COLUMNS`].
fn stored(row: &Row<'_>) -> Result<StoredCost, StoreError> {
    let details: Details<'_> =
        serde_json::from_str(rows::text_at(row, 13, TABLE)?).map_err(|error| corrupt(TABLE, error))?;
    let platform = rows::optional_text_at(row, 4, TABLE)?;
    let (source, cost_type) = (rows::text_at(row, 5, TABLE)?, rows::text_at(row, 6, TABLE)?);
    let (keyword, currency) = (rows::optional_text_at(row, 7, TABLE)?, rows::text_at(row, 9, TABLE)?);
    let (day, minor): (i32, i64) = (row.get(1)?, row.get(8)?);
    let count = |column| Ok::<_, StoreError>(row.get::<_, Option<i64>>(column)?.map(i64::unsigned_abs));
    let (clicks, impressions, reach) = (count(10)?, count(11)?, count(12)?);
    let read = || -> Result<AdCost, Invalid> {
        let [campaign, ad_group, ad] = details.campaign;
        Ok(AdCost {
            day: Day::from_number(day),
            platform: platform.map(AdPlatform::parse).transpose()?,
            source: Text::parse(source)?,
            cost_type: AdCostType::parse(cost_type)?,
            identifiers: details.identifiers.into_iter().map(identifier).collect::<Result<_, _>>()?,
            campaign: Campaign { campaign: level(campaign)?, ad_group: level(ad_group)?, ad: level(ad)? },
            keyword: keyword.map(Text::parse).transpose()?,
            figures: Figures {
                spent: Money { minor, currency: Currency::parse(currency)? },
                clicks,
                impressions,
                reach,
            },
        })
    };
    let change: i64 = row.get(0)?;
    Ok(StoredCost {
        change: change.unsigned_abs(),
        received_at: Instant::from_micros(row.get(3)?),
        cost: read().map_err(|error| corrupt(TABLE, error))?,
    })
}

fn identifier(
    (importance, name, value): (u32, Cow<'_, str>, Cow<'_, str>),
) -> Result<CampaignIdentifier, Invalid> {
    Ok(CampaignIdentifier { importance, name: Text::parse(&name)?, value: Text::parse(&value)? })
}

fn level((id, name): LevelRow<'_>) -> Result<Level, Invalid> {
    let text = |text: Option<Cow<'_, str>>| text.map(|text| Text::parse(&text)).transpose();
    Ok(Level { id: text(id)?, name: text(name)? })
}
