//! Reports over real HTTP, on a site that is worked out by hand.

mod bounds;
mod dimensions;
mod drill;
mod filters;
mod forms;
mod freshness;
mod models;
mod money;
mod past;
mod receipts;
mod refusals;
mod settings;
mod stages;
#[expect(unreachable_pub, reason = "as the harness")]
pub mod world;
