//! Reports from outside: what holds for any of them, and a slower way to the same rows.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod any_report;
mod asked;
mod flow;
mod made_up;
mod same_report;
mod slow;
mod steps;
