//! Reports: the credit of many journeys, grouped and filtered, as a fold over columns in memory.
//!
//! [`Columns`] holds a site's journeys so that a fold touches as few bytes as it can: a touch is when it was and the number
//! of its origin. What depends on settings that may change ([`View`]: channel rules, stages, rates) is worked out once
//! per origin, stage and report, not once per touch. A [`Query`] names dimensions, models, filters and a period;
//! [`Query::run`] answers with a [`Report`] whose cells add up to the records' values exactly, under every model.

mod amounts;
mod answer;
mod classified;
mod columns;
mod costs;
mod dimension;
mod drill;
mod drill_page;
mod filter;
mod flow;
mod fold;
mod funnel;
mod interner;
mod journeys;
mod moved;
mod paths;
mod query;
mod record_groups;
mod record_values;
mod spots;
mod table;
mod tally;
mod traffic;

pub use classified::View;
pub use columns::Columns;
pub use costs::CostRow;
pub use dimension::{Bucket, BucketBy, Dimension, RecordDimension, TouchDimension};
pub use drill::{Receipt, ReceiptTouch, RecordCredit, RecordCredits, RecordsSum, Share};
pub use drill_page::{RecordNames, RecordOrder, RecordsAsked};
pub use filter::{Condition, Filter};
pub use flow::Flow;
pub use funnel::FunnelStage;
pub use moved::Moved;
pub use paths::CommonPath;
pub use query::{Metrics, Period, Query, TooMuch};
pub use table::{Cell, Report, Row, Total};
pub use tally::Outcome;
pub use traffic::{Counts, Traffic};

/// What stands for a value that a touch or record does not have.
pub const NOT_SET: &str = "(not set)";

/// What stands for the marketing of value that no touch gets: nobody was found, or nothing of them lies within the
/// journey.
pub const UNATTRIBUTED: &str = "(unattributed)";
