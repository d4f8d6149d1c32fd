//! What the verbs about costs of advertising and reference rates take and answer.

use std::sync::Arc;
use touchline_domain::cost::CostKey;
use touchline_domain::{AdCost, Day, Instant, Rates, SiteId, StoredCost};

/// A cost of advertising, to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCost {
    /// Who paid it.
    pub site: SiteId,
    /// When it was received.
    pub received_at: Instant,
    /// What was received.
    pub cost: AdCost,
}

/// Which costs to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostsQuery {
    /// Whose costs.
    pub site: SiteId,
    /// Not of a day before this.
    pub from: Option<Day>,
    /// Not of a day after this.
    pub to: Option<Day>,
    /// Only costs that come after this one in the list.
    pub after: Option<(Day, CostKey)>,
    /// At most this many.
    pub limit: usize,
}

/// A page of costs, the newest day first. A cost keeps its place however often it is restated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CostsPage {
    /// Each as it was received last.
    pub costs: Vec<StoredCost>,
    /// Where the next page begins: after this one. `None` when there is nothing more.
    pub next: Option<(Day, CostKey)>,
}

/// The reference rates that are stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredRates {
    /// Grows with every import that changed something.
    pub version: u64,
    /// When the last one was; `None` before the first.
    pub changed_at: Option<Instant>,
    /// The rates: a few megabytes, shared by all who convert.
    pub rates: Arc<Rates>,
}

/// What an import of rates did, in days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RatesImport {
    /// That had no rates.
    pub added: u64,
    /// Whose rates were others.
    pub changed: u64,
    /// That said nothing new.
    pub unchanged: u64,
}
