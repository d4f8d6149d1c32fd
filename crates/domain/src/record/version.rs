use super::RecordKind;
use crate::{Identifier, Instant, Moment, Money, Text};

/// A named value that the CRM added to a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Property {
    /// Free, compared exactly.
    pub name: Text<255>,
    /// Free; may be empty.
    pub value: String,
}

/// What only one kind of record has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Particulars {
    /// A deal in the pipeline.
    Opportunity {
        /// The pipeline stage, as the CRM spells it.
        stage: Text<255>,
    },
    /// Money that came in.
    Revenue {
        /// When the lead came in; kept from an earlier version when absent.
        lead: Option<Moment>,
    },
}

/// One accepted upload of a record: what the CRM said was so at `occurred`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// `OpportunityDateTime` or `RevenueClosedDate`.
    pub occurred: Moment,
    /// What it is worth.
    pub value: Money,
    /// What only its kind has.
    pub particulars: Particulars,
    /// Who it is about: sorted, without repeats, at least one.
    pub identifiers: Vec<Identifier>,
    /// Free labels: sorted, without repeats. `None` leaves the record's labels as they are.
    pub labels: Option<Vec<Text<255>>>,
    /// Free properties: sorted by name, without repeats. `None` leaves the record's properties as they are.
    pub properties: Option<Vec<Property>>,
}

impl Version {
    /// The most identifiers one upload can carry.
    pub const IDENTIFIERS_MAX: usize = 50;
    /// The most labels one upload can carry.
    pub const LABELS_MAX: usize = 100;
    /// The most properties one upload can carry.
    pub const PROPERTIES_MAX: usize = 100;
    /// The longest property value, in characters.
    pub const PROPERTY_LENGTH_MAX: usize = 4_096;

    /// Opportunity or revenue.
    pub fn kind(&self) -> RecordKind {
        match self.particulars {
            Particulars::Opportunity { .. } => RecordKind::Opportunity,
            Particulars::Revenue { .. } => RecordKind::Revenue,
        }
    }

    /// The pipeline stage; revenue has none.
    pub fn stage(&self) -> Option<&str> {
        match &self.particulars {
            Particulars::Opportunity { stage } => Some(stage.as_str()),
            Particulars::Revenue { .. } => None,
        }
    }
}

/// A version with what the store knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredVersion {
    /// The store's change number: unique, and growing in the order in which versions were accepted.
    pub change: u64,
    /// When it was received.
    pub received_at: Instant,
    /// What was received.
    pub version: Version,
}

impl StoredVersion {
    /// Versions apply in the order in which they happened; of two at the same instant, in the order in which
    /// they were received.
    pub fn order(&self) -> (Instant, u64) {
        (self.version.occurred.at, self.change)
    }
}
