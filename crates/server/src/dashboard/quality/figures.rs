//! What a site's reports say about its data.

use super::near;
use crate::app::reports::Engine;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use touchline_domain::report::{
    Bucket, BucketBy, Dimension, Metrics, NOT_SET, Period, Query, RecordDimension, TooMuch, TouchDimension,
    UNATTRIBUTED,
};
use touchline_domain::{Currency, Day, IdentifierKind};

/// Channels in which nobody but the site's own people makes the links: those can be tagged.
const NOT_TAGGED: [&str; 8] = [
    "Direct",
    "Organic Search",
    "Organic Social",
    "Organic Video",
    "Organic Shopping",
    "Referral",
    "AI Assistants",
    UNATTRIBUTED,
];

/// Of one kind of match: how many records, in millionths, and what they are worth.
#[derive(Debug, Clone, Default)]
pub(super) struct Matched {
    pub(super) records: i64,
    pub(super) minor: i128,
    /// By the first day of each bucket.
    pub(super) over_time: BTreeMap<Day, i64>,
}

/// Visits from one place.
#[derive(Debug, Clone, Default)]
pub(super) struct Visits {
    pub(super) all: u64,
    pub(super) untagged: u64,
}

/// A campaign by one name.
#[derive(Debug, Clone, Default)]
pub(super) struct Campaign {
    pub(super) name: String,
    pub(super) visits: u64,
    pub(super) records: i64,
    pub(super) minor: i128,
}

/// All of it.
pub(super) struct Figures {
    pub(super) currency: Currency,
    pub(super) period: Period,
    pub(super) bucket: Bucket,
    pub(super) matched: BTreeMap<String, Matched>,
    /// By channel and source.
    pub(super) visits: BTreeMap<(String, String), Visits>,
    /// The match rate and the share of untagged visits in the period that is compared with.
    pub(super) before: (Option<f64>, Option<f64>),
    /// Groups of names that are near each other.
    pub(super) near: Vec<Vec<Campaign>>,
}

impl Figures {
    pub(super) fn of(engine: &Engine, query: &Query, compared: Option<Period>) -> Result<Self, TooMuch> {
        let metrics = Metrics { records: true, reach: false };
        let query = Query { metrics, ..query.clone() };
        let currency = query.currency.unwrap_or(engine.view.currency());
        let bucket = bucket_of(query.period);
        let before = match compared.map(|period| Query { period, ..query.clone() }) {
            Some(query) => {
                let matched = matched(engine, &query, Bucket::Year, currency)?;
                (match_rate(&matched), untagged_share(&visits(engine, &query)))
            }
            None => (None, None),
        };
        Ok(Self {
            currency,
            period: query.period,
            bucket,
            matched: matched(engine, &query, bucket, currency)?,
            visits: visits(engine, &query),
            before,
            near: near_campaigns(engine, &query, currency)?,
        })
    }

    /// Whether a value of the dimension `found` says that somebody was found.
    pub(super) fn is_found(value: &str) -> bool {
        IdentifierKind::ALL.iter().any(|kind| kind.name() == value)
    }

    pub(super) fn match_rate(&self) -> Option<f64> {
        match_rate(&self.matched)
    }

    pub(super) fn unmatched(&self) -> u64 {
        whole(records(&self.matched, |value| !Self::is_found(value)))
    }

    /// Whether visits of a channel could be tagged.
    pub(super) fn is_taggable(channel: &str) -> bool {
        !NOT_TAGGED.contains(&channel)
    }

    pub(super) fn untagged_share(&self) -> Option<f64> {
        untagged_share(&self.visits)
    }
}

fn records(matched: &BTreeMap<String, Matched>, which: impl Fn(&str) -> bool) -> i64 {
    matched.iter().filter(|(value, _)| which(value)).map(|(_, matched)| matched.records).sum()
}

/// Of all records, those that have somebody.
#[expect(clippy::cast_precision_loss, reason = "a share")]
fn match_rate(matched: &BTreeMap<String, Matched>) -> Option<f64> {
    let all = records(matched, |_| true);
    (all > 0).then(|| records(matched, Figures::is_found) as f64 / all as f64)
}

/// Of the visits that could be tagged with a campaign, those that are not.
#[expect(clippy::cast_precision_loss, reason = "a share")]
fn untagged_share(visits: &BTreeMap<(String, String), Visits>) -> Option<f64> {
    let taggable = visits.iter().filter(|((channel, _), _)| Figures::is_taggable(channel));
    let (all, untagged) =
        taggable.fold((0, 0), |(all, untagged), (_, one)| (all + one.all, untagged + one.untagged));
    (all > 0).then(|| untagged as f64 / all as f64)
}

/// Records come in millionths.
pub(super) fn whole(millionths: i64) -> u64 {
    (millionths.unsigned_abs() + 500_000) / 1_000_000
}

/// Columns that can be told apart.
fn bucket_of(period: Period) -> Bucket {
    match (period.from, period.to) {
        (Some(from), Some(to)) if to.number() - from.number() < 62 => Bucket::Day,
        (Some(from), Some(to)) if to.number() - from.number() < 370 => Bucket::Week,
        _ => Bucket::Month,
    }
}

fn matched(
    engine: &Engine,
    query: &Query,
    bucket: Bucket,
    currency: Currency,
) -> Result<BTreeMap<String, Matched>, TooMuch> {
    let by = vec![Dimension::Record(RecordDimension::Found), Dimension::Time(BucketBy::Record, bucket)];
    let report = Query { by, ..query.clone() }.run(&engine.columns, &engine.view, engine.threads)?;
    let mut matched: BTreeMap<String, Matched> = BTreeMap::new();
    for row in report.rows {
        let ([found, begin], Some(cell)) = (&row.values[..], row.cells.first()) else { continue };
        let one = matched.entry(found.clone()).or_default();
        one.records += cell.records;
        one.minor += if row.currency == currency { cell.minor } else { 0 };
        if let Ok(begin) = Day::parse(begin) {
            *one.over_time.entry(begin).or_default() += cell.records;
        }
    }
    Ok(matched)
}

fn visits(engine: &Engine, query: &Query) -> BTreeMap<(String, String), Visits> {
    let by = [TouchDimension::Channel, TouchDimension::Source, TouchDimension::Campaign];
    let query = Query { by: by.map(Dimension::Touch).into(), ..query.clone() };
    let counts = engine.traffic().and_then(|traffic| query.traffic(&engine.view, traffic));
    let mut visits: BTreeMap<(String, String), Visits> = BTreeMap::new();
    for (values, counts) in counts.into_iter().flatten() {
        let [channel, source, campaign] = &values[..] else { continue };
        let one = visits.entry((channel.clone(), source.clone())).or_default();
        one.all += counts.visits;
        one.untagged += if campaign == NOT_SET { counts.visits } else { 0 };
    }
    visits.retain(|_, one| one.all > 0);
    visits
}

fn near_campaigns(engine: &Engine, query: &Query, currency: Currency) -> Result<Vec<Vec<Campaign>>, TooMuch> {
    let query = Query { by: vec![Dimension::Touch(TouchDimension::Campaign)], ..query.clone() };
    let report = query.run(&engine.columns, &engine.view, engine.threads)?;
    let counts = engine.traffic().and_then(|traffic| query.traffic(&engine.view, traffic));
    let mut campaigns: BTreeMap<String, Campaign> = BTreeMap::new();
    for row in report.rows {
        let (Some(name), Some(cell)) = (row.values.first(), row.cells.first()) else { continue };
        let one = campaigns.entry(name.clone()).or_default();
        one.records += cell.records;
        one.minor += if row.currency == currency { cell.minor } else { 0 };
    }
    for (values, counts) in counts.into_iter().flatten() {
        campaigns.entry(values.concat()).or_default().visits += counts.visits;
    }
    let is_name = |name: &str| name != NOT_SET && name != UNATTRIBUTED;
    let named = campaigns.into_iter().filter(|(name, _)| is_name(name));
    let mut campaigns: Vec<_> = named.map(|(name, one)| Campaign { name, ..one }).collect();
    campaigns.sort_by(|one, other| {
        (Reverse(one.minor), Reverse(one.visits), &one.name).cmp(&(
            Reverse(other.minor),
            Reverse(other.visits),
            &other.name,
        ))
    });
    let names: Vec<&str> = campaigns.iter().map(|campaign| campaign.name.as_str()).collect();
    let groups = near::groups(&names);
    Ok(groups
        .into_iter()
        .map(|group| group.into_iter().map(|place| campaigns[place].clone()).collect())
        .collect())
}
