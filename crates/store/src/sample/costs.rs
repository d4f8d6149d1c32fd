//! What the sample's advertising cost, day by day.

use super::marketing::PaidCampaign;
use crate::NewCost;
use crate::dice::Dice;
use touchline_domain::cost::{AdCostType, Campaign, CampaignIdentifier, Figures};
use touchline_domain::{AdCost, Currency, Day, Invalid, Money, SiteId, Text};

/// Ad platforms count every click, and most visitors do not let themselves be measured.
const CLICKS_PER_VISIT: u64 = 3;

/// One campaign's figures of one day, as its platform gives them the next morning.
pub(super) fn of_day(
    site: &SiteId,
    campaign: &PaidCampaign,
    day: Day,
    people: u64,
    days: u64,
    dice: &mut Dice,
) -> Result<NewCost, Invalid> {
    // Offices buy on working days; 1970-01-01 was a Thursday.
    let is_weekend = matches!((day.number() + 3).rem_euclid(7), 5 | 6);
    let percent = (75 + dice.roll(51)) * if is_weekend { 40 } else { 124 } / 100;
    let clicks = CLICKS_PER_VISIT * people * campaign.visits * percent / (100_000 * days);
    let pence = clicks * (campaign.pence_per_click * (90 + dice.roll(21))) / 100;
    let name = Text::parse(campaign.name)?;
    let identifiers = vec![CampaignIdentifier { importance: 1, name: Text::parse("Campaign")?, value: name }];
    let is_display = campaign.is_display;
    let cost = AdCost {
        day,
        platform: Some(campaign.platform).filter(|_| !is_display),
        source: Text::parse(campaign.platform.source())?,
        cost_type: if is_display { AdCostType::Programmatic } else { campaign.platform.cost_type() },
        campaign: Campaign::of(&identifiers),
        identifiers,
        keyword: None,
        figures: Figures {
            spent: Money { minor: pence.cast_signed(), currency: Currency::parse("GBP")? },
            clicks: Some(clicks),
            impressions: Some(clicks * (campaign.shown_per_click + dice.roll(10))),
            reach: None,
        },
    };
    let morning = day.plus_days(1).start().plus_seconds(6 * 3_600);
    Ok(NewCost { site: site.clone(), received_at: morning, cost })
}
