//! The real binary over real HTTP.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod access;
mod backup;
mod batch;
mod channels;
mod channels_cli;
mod cli;
mod convergence;
mod errors;
mod exports;
mod framing;
#[expect(unreachable_pub, reason = "shared with other targets")]
mod harness;
mod hostile;
mod lists;
mod log;
mod operation;
mod reads;
mod refusals;
mod revenue;
mod screen;
mod settings;
mod stages;
mod updates;
mod uploads;
