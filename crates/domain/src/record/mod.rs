//! Records: opportunities and revenue items, keyed by their reference, as a set of accepted versions.
//!
//! Nothing about a record is stored but its versions. Its state and stage history are pure functions of
//! them ([`RecordState::of`], [`stage_history`]), so uploads that arrive out of order, twice or in parallel
//! end the same.

mod filter;
mod history;
mod key;
mod state;
mod totals;
mod version;

pub use filter::RecordFilter;
pub use history::{StageSpell, stage_history};
pub use key::{RecordKey, RecordKind, Reference};
pub use state::{RecordState, UploadOutcome};
pub use totals::{StageTotal, StageTotals};
pub use version::{Particulars, Property, StoredVersion, Version};
