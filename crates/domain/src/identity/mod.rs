//! Identity: which visitors are one person, and whom a record is about.
//!
//! Nothing here is stored. A fact that names several identifiers is **evidence** that they belong together. A
//! [`person()`] is what evidence connects, searched breadth first, within bounds, in a fixed order; so every connection
//! can be explained, and undone by removing the evidence.
//!
//! Visitor ids, email addresses and Google client ids **join**: whatever they name is one person. Telephone numbers
//! and payload values **match**: they find a person for a record, and nothing is reached through them. An identifier
//! that joins is **guarded**, and then only matches, when it evidently belongs to many ([`GuardSettings`]).

mod evidence;
mod guard;
mod ignored;
mod matching;
mod person;

pub use evidence::{EvidenceSource, Fact, FactSource, Naming};
pub use guard::{Guard, GuardSettings, Standing};
pub use ignored::Ignored;
pub use matching::{Affected, Conflict, Matching, Outcome, Unmatched, affected_by, look_up, match_record};
pub use person::{Person, Reached, Step, person};

#[cfg(test)]
mod model;
