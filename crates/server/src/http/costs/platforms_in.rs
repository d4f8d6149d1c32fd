//! `PUT …/adcosts/bing`, `…/facebook` and `…/google`: rows as these platforms' own interfaces give them.

use super::cost_in::{OfPeriod, Reading};
use super::general_in::platform_source;
use crate::http::json::{self, Object};
use touchline_domain::cost::{AdPlatform, Campaign, CampaignIdentifier, Figures, Level};
use touchline_domain::{AdCost, Currency, Day, Invalid, Text};

/// By what Meta can divide a campaign's figures, beside `publisher_platform`: rows that differ in these are different rows.
const META_BREAKDOWNS: [&str; 9] = [
    "platform_position",
    "impression_device",
    "device_platform",
    "age",
    "gender",
    "country",
    "region",
    "dma",
    "hourly_stats_aggregated_by_advertiser_time_zone",
];

/// Fields: <https://rulerapi.com/put-adcosts-bing>. It has no currency: the site's, unless one is given.
pub(super) fn bing(object: &mut Object<'_>, reading: &mut Reading<'_>) -> Option<OfPeriod> {
    let day = reading.day(object, "TimePeriod");
    let account = text(object, "AccountId", reading);
    let id = text(object, "CampaignId", reading);
    let name = text(object, "CampaignName", reading);
    // A campaign's state of today says nothing of what it cost.
    object.take("CampaignStatus");
    let currency = object.optional("CurrencyCode", &mut reading.problems, Currency::parse);
    let spent = reading.spent(object, "Spend", 0, Some(currency.unwrap_or(reading.site.currency)));
    let clicks = reading.required_count(object, "Clicks");
    let impressions = reading.count(object, "Impressions");
    let keyword = object.optional("Keyword", &mut reading.problems, Text::parse);
    let (day, id, platform) = (day?, id?, AdPlatform::Bing);
    let named = [("CampaignId", Some(id.clone())), ("AccountId", Some(account?))];
    let campaign = Campaign { campaign: Level { id: Some(id), name: Some(name?) }, ..Campaign::default() };
    let figures = Figures { spent: spent?, clicks: Some(clicks?), impressions, reach: None };
    Some((cost(day, platform, identifiers(named), campaign, keyword, figures)?, day))
}

/// Fields: <https://rulerapi.com/put-adcosts-facebook>, a row of Meta's insights.
pub(super) fn facebook(object: &mut Object<'_>, reading: &mut Reading<'_>) -> Option<OfPeriod> {
    let period = reading.period(object, "date_start", "date_stop");
    let mut level = |id: &str, name: &str| {
        let (id, name) = (text(object, id, reading), text(object, name, reading));
        Some(Level { id: Some(id?), name: Some(name?) })
    };
    let campaign = level("campaign_id", "campaign_name");
    let ad_group = level("adset_id", "adset_name");
    let ad = level("ad_id", "ad_name");
    let publisher = text(object, "publisher_platform", reading);
    let breakdowns =
        META_BREAKDOWNS.map(|name| (name, object.optional(name, &mut reading.problems, Text::<255>::parse)));
    let currency = object.required("account_currency", &mut reading.problems, Currency::parse);
    let spent = reading.spent(object, "spend", 0, currency);
    let clicks = reading.required_count(object, "clicks");
    let impressions = reading.required_count(object, "impressions");
    let reach = reading.required_count(object, "reach");
    // What can be computed from the others, and what Touchline knows better.
    for name in ["ctr", "cpc", "cost_per_conversion", "conversions"] {
        object.take(name);
    }
    let ((day, last), publisher) = (period?, publisher?);
    let is_instagram = publisher.as_str().eq_ignore_ascii_case("instagram");
    let platform = if is_instagram { AdPlatform::Instagram } else { AdPlatform::Facebook };
    let campaign = Campaign { campaign: campaign?, ad_group: ad_group?, ad: ad? };
    let levels = [
        ("CampaignId", campaign.campaign.id.clone()),
        ("AdSetId", campaign.ad_group.id.clone()),
        ("AdId", campaign.ad.id.clone()),
        ("publisher_platform", Some(publisher)),
    ];
    let named = identifiers(levels.into_iter().chain(breakdowns));
    let figures = Figures {
        spent: spent?,
        clicks: Some(clicks?),
        impressions: Some(impressions?),
        reach: Some(reach?),
    };
    Some((cost(day, platform, named, campaign, None, figures)?, last))
}

/// Fields: <https://rulerapi.com/put-adcosts-google>, a row of the Google Ads API with the period that it was asked for.
pub(super) fn google(object: &mut Object<'_>, reading: &mut Reading<'_>) -> Option<OfPeriod> {
    let period = reading.period(object, "StartDate", "EndDate");
    // Everything else stands in it.
    let mut row = part(object, "GoogleApiResponse", reading)?;
    let cost = google_row(&mut row, period, reading);
    reading.ignore(&row);
    cost
}

fn google_row(
    row: &mut Object<'_>,
    period: Option<(Day, Day)>,
    reading: &mut Reading<'_>,
) -> Option<OfPeriod> {
    let (customer, currency) = customer(row, reading).unwrap_or_default();
    let campaign = level(row, "campaign", true, reading);
    // Some campaigns have no ad groups.
    let ad_group = level(row, "adGroup", false, reading);
    let ad = ad(row, reading);
    let keyword = keyword(row, reading);
    let figures = metrics(row, currency, reading);
    let (segments, own_day) = segments(row, reading);
    let (day, last) = own_day.map(|day| (day, day)).or(period)?;
    let campaign =
        Campaign { campaign: campaign?, ad_group: ad_group.unwrap_or_default(), ad: ad.unwrap_or_default() };
    let levels = [
        ("CampaignId", campaign.campaign.id.clone()),
        ("AdGroupId", campaign.ad_group.id.clone()),
        ("AdId", campaign.ad.id.clone()),
        ("CustomerId", customer),
    ];
    let mut named = identifiers(levels);
    named.extend(segments);
    named.sort();
    named.dedup();
    Some((cost(day, AdPlatform::Google, named, campaign, keyword, figures?)?, last))
}

/// A member that holds an object and must be there.
fn part<'a>(object: &mut Object<'a>, name: &str, reading: &mut Reading<'_>) -> Option<Object<'a>> {
    if !object.has(name) {
        object.missing(name, &mut reading.problems);
        return None;
    }
    object.object(name, &mut reading.problems)
}

fn customer(
    row: &mut Object<'_>,
    reading: &mut Reading<'_>,
) -> Option<(Option<Text<255>>, Option<Currency>)> {
    let mut customer = part(row, "customer", reading)?;
    let id = resource_id(&mut customer, reading);
    let currency = customer.required("currencyCode", &mut reading.problems, Currency::parse);
    customer.take("descriptiveName");
    reading.ignore(&customer);
    Some((id, currency))
}

fn level(row: &mut Object<'_>, name: &str, is_required: bool, reading: &mut Reading<'_>) -> Option<Level> {
    if !is_required && !row.has(name) {
        return None;
    }
    let mut level = part(row, name, reading)?;
    let id = resource_id(&mut level, reading);
    let name = text(&mut level, "name", reading);
    // What a campaign is like today says nothing of what it cost.
    for name in ["status", "advertisingChannelType", "type"] {
        level.take(name);
    }
    reading.ignore(&level);
    Some(Level { id: Some(id?), name: Some(name?) })
}

/// Of `customers/1/campaigns/2` it is `2`.
fn resource_id(object: &mut Object<'_>, reading: &mut Reading<'_>) -> Option<Text<255>> {
    let id = object.optional("id", &mut reading.problems, Text::parse);
    let resource = object.required("resourceName", &mut reading.problems, |raw| {
        Text::parse(raw.rsplit_once('/').map_or(raw, |(_, id)| id))
    });
    id.or(resource)
}

fn ad(row: &mut Object<'_>, reading: &mut Reading<'_>) -> Option<Level> {
    let mut holder = row.object("adGroupAd", &mut reading.problems)?;
    holder.take("resourceName");
    holder.take("status");
    let ad = holder.object("ad", &mut reading.problems).map(|mut ad| {
        let id = ad.optional("id", &mut reading.problems, Text::parse);
        let name = ad.optional("name", &mut reading.problems, Text::parse);
        ad.take("resourceName");
        reading.ignore(&ad);
        Level { id, name }
    });
    reading.ignore(&holder);
    ad
}

fn keyword(row: &mut Object<'_>, reading: &mut Reading<'_>) -> Option<Text<255>> {
    let mut criterion = row.object("adGroupCriterion", &mut reading.problems)?;
    criterion.take("resourceName");
    let keyword = criterion.object("keyword", &mut reading.problems).and_then(|mut keyword| {
        keyword.take("matchType");
        let text = keyword.optional("text", &mut reading.problems, Text::parse);
        reading.ignore(&keyword);
        text
    });
    reading.ignore(&criterion);
    keyword
}

fn metrics(row: &mut Object<'_>, currency: Option<Currency>, reading: &mut Reading<'_>) -> Option<Figures> {
    let mut metrics = part(row, "metrics", reading)?;
    let spent = reading.spent(&mut metrics, "costMicros", 6, currency);
    let clicks = reading.count(&mut metrics, "clicks");
    let impressions = reading.count(&mut metrics, "impressions");
    reading.ignore(&metrics);
    Some(Figures { spent: spent?, clicks, impressions, reach: None })
}

/// By what else Google divides a campaign's figures, and of which day a row is, where it says so itself.
fn segments(row: &mut Object<'_>, reading: &mut Reading<'_>) -> (Vec<CampaignIdentifier>, Option<Day>) {
    let Some(raw) = row.take("segments") else { return (Vec::new(), None) };
    let pointer = row.pointer_to("segments");
    let Some(mut object) = Object::read(raw, pointer, "segments", &mut reading.problems) else {
        return (Vec::new(), None);
    };
    let day = if object.has("date") { reading.day(&mut object, "date") } else { None };
    let pairs = json::pairs(raw).unwrap_or_default();
    let others = pairs.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("date"));
    let named: Vec<_> = others
        .filter_map(|(name, value)| {
            let (name, value) = (Text::parse(name).ok()?, Text::parse(&json::scalar(value)?).ok()?);
            Some(CampaignIdentifier { importance: CampaignIdentifier::IMPORTANCE_MAX, name, value })
        })
        .collect();
    if named.len() > AdCost::IDENTIFIERS_MAX {
        let too_many =
            Invalid::new("too_many", format!("must have at most {} members", AdCost::IDENTIFIERS_MAX));
        reading.problems.add(&row.pointer_to("segments"), "segments", &too_many);
    }
    (named, day)
}

fn text(object: &mut Object<'_>, name: &str, reading: &mut Reading<'_>) -> Option<Text<255>> {
    object.required(name, &mut reading.problems, Text::parse)
}

/// Those that have a value, the most important first.
fn identifiers(
    named: impl IntoIterator<Item = (&'static str, Option<Text<255>>)>,
) -> Vec<CampaignIdentifier> {
    let identifiers = named.into_iter().zip(1..).filter_map(|((name, value), importance)| {
        Some(CampaignIdentifier { importance, name: Text::parse(name).ok()?, value: value? })
    });
    identifiers.collect()
}

fn cost(
    day: Day,
    platform: AdPlatform,
    identifiers: Vec<CampaignIdentifier>,
    campaign: Campaign,
    keyword: Option<Text<255>>,
    figures: Figures,
) -> Option<AdCost> {
    let (source, cost_type) = (platform_source(platform)?, platform.cost_type());
    Some(AdCost { day, platform: Some(platform), source, cost_type, identifiers, campaign, keyword, figures })
}
