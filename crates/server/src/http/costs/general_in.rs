//! `PUT …/adcosts`: costs of any source, in either of the forms that the wire has had.
//!
//! Fields: <https://rulerapi.com/put-adcosts>. The newer form names a custom source and its type; the older one a platform.

use super::cost_in::{OfPeriod, Reading};
use crate::http::json::Object;
use touchline_domain::cost::{AdCostType, AdPlatform, Campaign, CampaignIdentifier, Figures};
use touchline_domain::{AdCost, Currency, Text};

const DAY: &str = "CaptureDateIso";
const OLD_DAY: &str = "CaptureDateTime";
const SOURCE: &str = "MarketingSource";
const TYPE: &str = "AdCostType";
const PLATFORM: &str = "AdPlatformName";
const IDENTIFIERS: &str = "CampaignIdentifiers";

/// Where advertising was, and what kind of it.
type Place = (Option<AdPlatform>, Text<255>, AdCostType);

pub(super) fn read(object: &mut Object<'_>, reading: &mut Reading<'_>) -> Option<OfPeriod> {
    let is_old = is_old(object);
    let day = reading.day(object, if is_old { OLD_DAY } else { DAY });
    let place = if is_old { platform(object, reading) } else { source(object, reading) };
    let currency = object.required("CurrencyCode", &mut reading.problems, Currency::parse);
    let spent = reading.spent(object, "Cost", 0, currency);
    let clicks = reading.count(object, "Clicks");
    let impressions = reading.count(object, "Impressions");
    let reach = if is_old { reading.required_count(object, "Reach") } else { reading.count(object, "Reach") };
    let keyword = object.optional("Keyword", &mut reading.problems, Text::parse);
    let identifiers = identifiers(object, is_old, reading);
    let (day, (platform, source, cost_type), identifiers) = (day?, place?, identifiers?);
    let cost = AdCost {
        day,
        platform,
        source,
        cost_type,
        campaign: Campaign::of(&identifiers),
        identifiers,
        keyword,
        figures: Figures { spent: spent?, clicks, impressions, reach },
    };
    Some((cost, day))
}

/// What names a platform in place of a source is of the older form, and so is what has its time and nothing of the newer one.
fn is_old(object: &Object<'_>) -> bool {
    let is_new = [DAY, SOURCE, TYPE].into_iter().any(|name| object.has(name));
    !object.has(SOURCE) && (object.has(PLATFORM) || (object.has(OLD_DAY) && !is_new))
}

fn platform(object: &mut Object<'_>, reading: &mut Reading<'_>) -> Option<Place> {
    let platform = object.required(PLATFORM, &mut reading.problems, AdPlatform::parse)?;
    Some((Some(platform), platform_source(platform)?, platform.cost_type()))
}

/// The source that visits from a platform have.
pub(super) fn platform_source(platform: AdPlatform) -> Option<Text<255>> {
    Text::parse(platform.source()).ok()
}

/// A custom source, which may be a platform's name all the same.
fn source(object: &mut Object<'_>, reading: &mut Reading<'_>) -> Option<Place> {
    let source = object.required(SOURCE, &mut reading.problems, Text::<255>::parse);
    let cost_type = object.required(TYPE, &mut reading.problems, AdCostType::parse);
    let (source, cost_type) = (source?, cost_type?);
    let platform = AdPlatform::parse(source.as_str()).ok();
    let source = platform.and_then(platform_source).unwrap_or(source);
    Some((platform, source, cost_type))
}

fn identifiers(
    object: &mut Object<'_>,
    is_old: bool,
    reading: &mut Reading<'_>,
) -> Option<Vec<CampaignIdentifier>> {
    let problems_before = reading.problems.count();
    let elements = object.array(IDENTIFIERS, AdCost::IDENTIFIERS_MAX, &mut reading.problems);
    let pointer = object.pointer_to(IDENTIFIERS);
    let mut identifiers = Vec::new();
    for (index, raw) in elements.unwrap_or_default().into_iter().enumerate() {
        let element = Object::read(raw, format!("{pointer}/{index}"), IDENTIFIERS, &mut reading.problems);
        if let Some(mut element) = element {
            identifiers.extend(identifier(&mut element, is_old, reading));
            reading.ignore(&element);
        }
    }
    if identifiers.is_empty() && reading.problems.count() == problems_before {
        object.missing(IDENTIFIERS, &mut reading.problems);
    }
    identifiers.sort();
    identifiers.dedup();
    (!identifiers.is_empty()).then_some(identifiers)
}

/// The newer form's pages do not show whether importance is still sent.
fn identifier(
    element: &mut Object<'_>,
    is_old: bool,
    reading: &mut Reading<'_>,
) -> Option<CampaignIdentifier> {
    let problems = &mut reading.problems;
    let name = element.required("IdentifierName", problems, Text::parse);
    let value = element.required("IdentifierValue", problems, Text::parse);
    let parse = CampaignIdentifier::parse_importance;
    let importance = if is_old {
        element.required("Importance", problems, parse)?
    } else {
        element.optional("Importance", problems, parse).unwrap_or(CampaignIdentifier::IMPORTANCE_MAX)
    };
    Some(CampaignIdentifier { importance, name: name?, value: value? })
}
