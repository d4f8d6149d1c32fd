//! Channels from outside: tables of what visits and user agents must lead to, and what holds for any of them.

mod any_visit;
mod speed;
mod tables;
