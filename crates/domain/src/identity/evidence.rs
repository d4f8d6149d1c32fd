use crate::record::{RecordKind, Reference};
use crate::{ConversionKind, Identifier, Instant};

/// What kind of fact, and its name where it has one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactSource {
    /// A visit.
    Visit,
    /// A conversion.
    Conversion(ConversionKind, Reference),
    /// A version of a record.
    Record(RecordKind, Reference),
}

impl FactSource {
    /// The name in answers.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Visit => "visit",
            Self::Conversion(kind, _) => kind.name(),
            Self::Record(kind, _) => kind.name(),
        }
    }

    /// Whether it shows that somebody was there: a visit or a conversion.
    pub fn is_touch(&self) -> bool {
        !matches!(self, Self::Record(..))
    }
}

/// A fact as evidence: the identifiers that it ties together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The store's change number, which names the fact.
    pub change: u64,
    /// What it is.
    pub source: FactSource,
    /// When it happened.
    pub at: Instant,
    /// When it was received.
    pub received_at: Instant,
    /// Whom it names, without what was cut: sorted.
    pub identifiers: Vec<Identifier>,
    /// Whom it names according to its sender, but no longer to the operator: sorted.
    pub cut: Vec<Identifier>,
}

/// The facts that name one identifier.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Naming {
    /// In no particular order, at most [`Naming::FACTS_MAX`] and visits.
    pub facts: Vec<Fact>,
    /// Whether there are more conversions and records than that.
    pub has_more: bool,
    /// Whether there may be more visits than [`Naming::VISITS_MAX`]. They guard nothing; a person is incomplete without.
    pub has_more_visits: bool,
    /// Whether the operator allowed the identifier to join whatever a guard says.
    pub is_allowed: bool,
}

impl Naming {
    /// The most conversions and record versions that are looked at for one identifier.
    pub const FACTS_MAX: usize = 1_000;
    /// The most visits that are looked at for one identifier: its first.
    pub const VISITS_MAX: usize = 5_000;
}

/// Where evidence is looked up: a store, at one moment.
pub trait EvidenceSource {
    /// Why it could not be looked up.
    type Error;

    /// The facts that name `identifier`, but for those in which that was cut.
    fn naming(&mut self, identifier: &Identifier) -> Result<Naming, Self::Error>;

    /// The records that name `identifier` in any version, at most [`Naming::FACTS_MAX`].
    fn records_naming(
        &mut self,
        identifier: &Identifier,
    ) -> Result<Vec<(RecordKind, Reference)>, Self::Error>;
}
