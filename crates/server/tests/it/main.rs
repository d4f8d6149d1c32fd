//! The real binary over real HTTP.

mod harness;
