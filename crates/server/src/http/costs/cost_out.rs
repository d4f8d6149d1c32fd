//! Costs as they are answered.

use crate::http::error::Problem;
use serde::Serialize;
use touchline_domain::cost::{AdPlatform, Campaign, CampaignIdentifier, Figures};
use touchline_domain::record::UploadOutcome;
use touchline_domain::{AdCost, Instant, Text};
use utoipa::ToSchema;

/// What a campaign, or a part of one, cost on one day.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CostOut {
    /// On which day.
    #[schema(example = "2024-01-15")]
    day: String,
    /// Where: a platform's source as visits have it, or the name that was sent.
    #[schema(example = "google")]
    source: String,
    /// Where, if it is a platform that the wire knows by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "GoogleAds")]
    platform: Option<&'static str>,
    /// What kind of advertising it is.
    #[schema(example = "PayPerClick")]
    r#type: &'static str,
    #[serde(flatten)]
    campaign: CampaignOut,
    /// The keyword that was bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "running shoes")]
    keyword: Option<String>,
    /// What it cost: a decimal with exactly the currency's decimals.
    #[schema(example = "12.34")]
    amount: String,
    /// ISO 4217.
    #[schema(example = "GBP")]
    currency: &'static str,
    /// How often it was clicked.
    #[serde(skip_serializing_if = "Option::is_none")]
    clicks: Option<u64>,
    /// How often it was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    impressions: Option<u64>,
    /// How many people saw it, as the platform estimates.
    #[serde(skip_serializing_if = "Option::is_none")]
    reach: Option<u64>,
    /// What names it: a cost of the same day with the same source, identifiers and keyword replaces it.
    identifiers: Vec<CampaignIdentifierOut>,
    /// When it was received, in UTC.
    received_at: String,
}

/// The levels of a campaign, as far as they are known.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CampaignOut {
    /// The campaign's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Spring")]
    campaign: Option<String>,
    /// Its id on the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign_id: Option<String>,
    /// The name of the ad group or ad set.
    #[serde(skip_serializing_if = "Option::is_none")]
    ad_group: Option<String>,
    /// Its id on the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    ad_group_id: Option<String>,
    /// The name of the advertisement.
    #[serde(skip_serializing_if = "Option::is_none")]
    ad: Option<String>,
    /// Its id on the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    ad_id: Option<String>,
}

/// A piece of what names a campaign.
#[derive(Serialize, ToSchema)]
pub(crate) struct CampaignIdentifierOut {
    #[schema(example = "Campaign")]
    name: String,
    #[schema(example = "Spring")]
    value: String,
    /// 1 is the most important.
    #[schema(example = 1)]
    importance: u32,
}

impl CostOut {
    pub(super) fn new(cost: &AdCost, received_at: Instant) -> Self {
        let Figures { spent, clicks, impressions, reach } = cost.figures;
        Self {
            day: cost.day.to_string(),
            source: cost.source.to_string(),
            platform: cost.platform.map(AdPlatform::name),
            r#type: cost.cost_type.name(),
            campaign: (&cost.campaign).into(),
            keyword: cost.keyword.as_ref().map(Text::to_string),
            amount: spent.amount(),
            currency: spent.currency.code(),
            clicks,
            impressions,
            reach,
            identifiers: cost.identifiers.iter().map(Into::into).collect(),
            received_at: received_at.to_string(),
        }
    }
}

impl From<&Campaign> for CampaignOut {
    fn from(Campaign { campaign, ad_group, ad }: &Campaign) -> Self {
        let text = |text: &Option<Text<255>>| text.as_ref().map(Text::to_string);
        Self {
            campaign: text(&campaign.name),
            campaign_id: text(&campaign.id),
            ad_group: text(&ad_group.name),
            ad_group_id: text(&ad_group.id),
            ad: text(&ad.name),
            ad_id: text(&ad.id),
        }
    }
}

impl From<&CampaignIdentifier> for CampaignIdentifierOut {
    fn from(CampaignIdentifier { importance, name, value }: &CampaignIdentifier) -> Self {
        Self { name: name.to_string(), value: value.to_string(), importance: *importance }
    }
}

/// What an upload of costs did, for those who ask with `Prefer: return=representation`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CostsUploadOut {
    /// `created` if any cost is new, else `updated` if any was restated, else `unchanged`; also in the header
    /// `Touchline-Result`.
    #[schema(example = "created")]
    pub(super) result: &'static str,
    #[serde(flatten)]
    pub(super) notes: CostNotes,
    /// Each cost, a period's as one of each day.
    pub(super) costs: Vec<CostResultOut>,
}

/// What is worth telling the sender of costs that were accepted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CostNotes {
    /// What was accepted but looks like a mistake.
    pub(super) warnings: Vec<Problem>,
    /// JSON pointers to members that Touchline does not know and did not store.
    pub(super) ignored: Vec<String>,
}

/// A cost, and what sending it did.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CostResultOut {
    /// `created`, `updated` or `unchanged`.
    #[schema(example = "created")]
    result: &'static str,
    #[serde(flatten)]
    cost: CostOut,
}

impl CostResultOut {
    pub(super) fn new(outcome: UploadOutcome, cost: CostOut) -> Self {
        Self { result: outcome.name(), cost }
    }
}

/// What was checked and not stored.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValidatedCostsOut {
    /// Always true; what is not valid is answered 400.
    pub(super) valid: bool,
    #[serde(flatten)]
    pub(super) notes: CostNotes,
    /// What would be stored: a period's costs as one of each day.
    pub(super) costs: Vec<CostOut>,
}
