//! Attribution from outside: the examples of its page, what holds for any journey, and slower ways to the same numbers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod any_journey;
mod markov;
mod page;
mod shapley;
mod speed;
