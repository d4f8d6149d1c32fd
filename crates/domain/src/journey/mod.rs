//! Journeys: the ordered touches of one person up to one record's date, with what the record is.
//!
//! A journey is derived from facts and nothing else: [`Journey::derive`] is a pure function of a record's versions, of
//! whom it is about, and of that person's visits and conversions. What depends on a site's settings and may be seen
//! differently tomorrow (which channel a touch belongs to, what a stage means) is not in it: a touch keeps its
//! [`Origin`], and rules are applied when it is read.

mod change;
mod derive;
mod origin;
#[cfg(test)]
mod tests;

pub use change::{Reason, reasons};
pub use derive::JourneySettings;
pub use origin::Origin;

use crate::identity::Unmatched;
use crate::record::{Property, RecordKind, Reference, StageSpell};
use crate::{IdentifierKind, Instant, Moment, Money, Text};

/// A visit, or a conversion whose sender named its marketing, seen as marketing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// When it began.
    pub at: Instant,
    /// When that was received.
    pub received_at: Instant,
    /// The change number of the fact that began it.
    pub fact: u64,
    /// Where it came from.
    pub origin: Origin,
}

/// Whether somebody was found for a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Found {
    /// By an identifier of this kind.
    By(IdentifierKind),
    /// Nobody.
    Nobody(Unmatched),
}

/// One record with the touches that led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey {
    /// Opportunity or revenue.
    pub kind: RecordKind,
    /// The CRM's name for it.
    pub reference: Reference,
    /// The record's date: touches up to it belong to the journey, up to the end of its day in the site's zone when it
    /// was given without a time.
    pub occurred: Moment,
    /// What the record is worth now.
    pub value: Money,
    /// The stages that it went through, in order; empty for revenue.
    pub stages: Vec<StageSpell>,
    /// When its lead came in: what the record says, or else the person's first conversion.
    pub lead: Option<Instant>,
    /// The date of its first version.
    pub created: Moment,
    /// Free labels, sorted.
    pub labels: Vec<Text<255>>,
    /// Free properties, sorted by name.
    pub properties: Vec<Property>,
    /// Whether somebody was found for it.
    pub found: Found,
    /// How many conversions of the person lie within the journey.
    pub conversions: u32,
    /// In order of time, then of fact.
    pub touches: Vec<Touch>,
}
