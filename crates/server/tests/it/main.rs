//! The real binary over real HTTP.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod access;
#[expect(unreachable_pub, reason = "as the harness")]
mod ad_exports;
mod ad_exports_cli;
mod attribute;
mod backup;
mod batch;
#[expect(unreachable_pub, reason = "as the harness")]
mod browser;
mod channels;
mod channels_cli;
mod cli;
mod collect;
mod convergence;
mod conversions;
mod cost_shapes;
mod costs;
mod dashboard;
mod dashboard_attribution;
mod dashboard_channels;
mod dashboard_opportunities;
mod dashboard_paths;
mod dashboard_people;
mod dashboard_quality;
mod dashboard_set_up;
mod demo;
#[expect(unreachable_pub, reason = "as the harness")]
mod erase;
mod errors;
mod evidence;
mod exports;
mod framing;
#[expect(unreachable_pub, reason = "shared with other targets")]
mod harness;
mod hostile;
mod lists;
mod log;
mod operation;
mod people;
mod rates;
mod reads;
mod rebuild;
mod refusals;
mod reports;
mod retention;
mod revenue;
mod screen;
#[expect(unreachable_pub, reason = "as the harness")]
mod sent;
mod settings;
mod sites;
mod stages;
#[expect(unreachable_pub, reason = "as in the harness")]
mod stored;
mod updates;
mod uploads;
mod visits;
