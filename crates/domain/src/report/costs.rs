use super::classified::View;
use super::dimension::{Dimension, TouchDimension};
use super::{Condition, NOT_SET, Query};
use crate::channel::{Arrival, Classification};
use crate::cost::AdCostType;
use crate::{AdCost, Currency, Text};
use std::collections::BTreeMap;

/// What advertising cost in one row of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostRow {
    /// One for each dimension asked, as rows of the report have it.
    pub values: Vec<String>,
    /// What the amount is in: the report's currency, or the cost's own where there is no rate.
    pub currency: Currency,
    /// In minor units.
    pub minor: i128,
    /// How often it was clicked.
    pub clicks: u64,
    /// How often it was shown.
    pub impressions: u64,
}

#[derive(Default)]
struct Spent {
    minor: i128,
    clicks: u64,
    impressions: u64,
}

impl Query {
    /// What advertising cost, in the rows of the report, in order of currency and values: costs of its period, by their own
    /// day. `None` when it groups or filters by what a cost does not have (a landing page, a stage).
    ///
    /// A cost stands where a visit would that came from it: its channel is what the site's rules say of a visit with its
    /// source, campaign and keyword. Its campaign is the one that visits name alike, in any case, or by the same id.
    pub fn costs<'c>(
        &self,
        view: &View,
        costs: impl IntoIterator<Item = &'c AdCost>,
    ) -> Option<Vec<CostRow>> {
        if !self.costs_apply() {
            return None;
        }
        let campaigns = Campaigns::of(view);
        let mut rows: BTreeMap<(bool, Currency, Vec<String>), Spent> = BTreeMap::new();
        for cost in costs.into_iter().filter(|cost| self.period.includes(cost.day)) {
            let placed = Placed::of(cost, view, &campaigns);
            let is_admitted = self.filters.iter().all(|filter| {
                let value = placed.value(&filter.dimension, cost);
                filter.values.contains(&value) == (filter.condition == Condition::Is)
            });
            if !is_admitted {
                continue;
            }
            let (is_other, currency, minor) = self.spent(view, cost);
            let values = self.by.iter().map(|dimension| placed.value(dimension, cost)).collect();
            rows.entry((is_other, currency, values)).or_default().add(minor, cost);
        }
        let row = |((_, currency, values), spent): (_, Spent)| spent.row(currency, values);
        Some(rows.into_iter().map(row).collect())
    }

    /// What all advertising of the period cost, by currency, the report's first: what [`Self::costs`] adds up to. As totals
    /// of records do, it stays when a filter on touches leaves some out.
    pub fn cost_totals<'c>(
        &self,
        view: &View,
        costs: impl IntoIterator<Item = &'c AdCost>,
    ) -> Option<Vec<CostRow>> {
        if !self.costs_apply() {
            return None;
        }
        let mut totals: BTreeMap<(bool, Currency), Spent> = BTreeMap::new();
        for cost in costs.into_iter().filter(|cost| self.period.includes(cost.day)) {
            let (is_other, currency, minor) = self.spent(view, cost);
            totals.entry((is_other, currency)).or_default().add(minor, cost);
        }
        let total = |((_, currency), spent): (_, Spent)| spent.row(currency, Vec::new());
        Some(totals.into_iter().map(total).collect())
    }

    /// Whether a cost has everything that is asked by.
    fn costs_apply(&self) -> bool {
        let has = |dimension: &Dimension| match dimension {
            Dimension::Touch(touch) => !matches!(
                touch,
                TouchDimension::LandingPage | TouchDimension::Referrer | TouchDimension::Device
            ),
            Dimension::Time(..) => true,
            Dimension::Record(_) => false,
        };
        self.by.iter().chain(self.filters.iter().map(|filter| &filter.dimension)).all(has)
    }

    /// What a cost comes to: whether that is in another currency than the report's, in which, and how much of it.
    fn spent(&self, view: &View, cost: &AdCost) -> (bool, Currency, i64) {
        let (spent, asked) = (cost.figures.spent, self.currency.unwrap_or(view.currency()));
        match view.rates.convert(spent, asked, cost.day) {
            Some(converted) => (false, asked, converted.minor),
            None => (spent.currency != asked, spent.currency, spent.minor),
        }
    }
}

impl Spent {
    fn add(&mut self, minor: i64, cost: &AdCost) {
        self.minor += i128::from(minor);
        self.clicks += cost.figures.clicks.unwrap_or(0);
        self.impressions += cost.figures.impressions.unwrap_or(0);
    }

    fn row(self, currency: Currency, values: Vec<String>) -> CostRow {
        let Self { minor, clicks, impressions } = self;
        CostRow { values, currency, minor, clicks, impressions }
    }
}

/// The campaigns that visits name: by name in lower case, and by id.
struct Campaigns<'a> {
    by_name: BTreeMap<String, &'a str>,
    by_id: BTreeMap<&'a str, &'a str>,
}

impl<'a> Campaigns<'a> {
    fn of(view: &'a View) -> Self {
        let campaign = TouchDimension::Campaign as usize;
        let text = |number: u32| &*view.values.values()[number as usize];
        let mut by_name = BTreeMap::new();
        for origin in &view.origins {
            let name = text(origin[campaign]);
            by_name.entry(name.to_lowercase()).or_insert(name);
        }
        let by_id = view.campaign_ids.iter().map(|(id, name)| (&**id, text(*name))).collect();
        Self { by_name, by_id }
    }

    fn name(&self, cost: &AdCost) -> String {
        let level = &cost.campaign.campaign;
        let name = level.name.as_ref().map(Text::as_str);
        let id = level.id.as_ref().map(Text::as_str);
        let by_id = id.and_then(|id| self.by_id.get(id));
        let by_name = || name.and_then(|name| self.by_name.get(&name.to_lowercase()));
        let known = by_id.or_else(by_name).copied();
        known.or(name).or(id).unwrap_or(NOT_SET).to_owned()
    }
}

/// Where a cost stands among touches.
struct Placed {
    classification: Classification,
    campaign: String,
}

impl Placed {
    fn of(cost: &AdCost, view: &View, campaigns: &Campaigns<'_>) -> Self {
        let campaign = campaigns.name(cost);
        let medium = match cost.cost_type {
            AdCostType::Affiliate => "affiliate",
            AdCostType::PayPerClick | AdCostType::ContentDiscovery => "cpc",
            AdCostType::SocialMedia => "paid_social",
            AdCostType::Programmatic | AdCostType::DemandSidePlatform => "display",
            AdCostType::Retargeting => "retargeting",
        };
        let mut query = url::form_urlencoded::Serializer::new(String::from("/?"));
        query.append_pair("utm_source", cost.source.as_str()).append_pair("utm_medium", medium);
        if campaign != NOT_SET {
            query.append_pair("utm_campaign", &campaign);
        }
        let page = query.finish();
        let arrival = Arrival { landing_page: &page, referrer: None };
        Self { classification: view.site().channels.classify(&arrival), campaign }
    }

    fn value(&self, dimension: &Dimension, cost: &AdCost) -> String {
        let c = &self.classification;
        let value = match dimension {
            Dimension::Touch(TouchDimension::Channel) => Some(c.channel.clone()),
            Dimension::Touch(TouchDimension::Source) => c.source.clone(),
            Dimension::Touch(TouchDimension::Medium) => c.medium.clone(),
            Dimension::Touch(TouchDimension::Campaign) => Some(self.campaign.clone()),
            Dimension::Touch(TouchDimension::Term) => cost.keyword.as_ref().map(ToString::to_string),
            Dimension::Touch(TouchDimension::Content) => {
                let ad = &cost.campaign.ad;
                ad.name.as_ref().or(ad.id.as_ref()).map(ToString::to_string)
            }
            Dimension::Touch(TouchDimension::Platform) => {
                cost.platform.map(|platform| platform.source().to_owned())
            }
            Dimension::Time(_, bucket) => Some(bucket.begin(cost.day).to_string()),
            Dimension::Touch(_) | Dimension::Record(_) => None,
        };
        value.unwrap_or_else(|| NOT_SET.to_owned())
    }
}
