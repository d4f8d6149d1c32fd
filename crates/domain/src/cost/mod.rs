//! What advertising cost: figures of one campaign, or of a part of one, on one day.

mod ad_cost;
mod identifier;
mod platform;

pub use ad_cost::{AdCost, CostKey, Figures, StoredCost, parse_count};
pub use identifier::{Campaign, CampaignIdentifier, Level};
pub use platform::{AdCostType, AdPlatform};
