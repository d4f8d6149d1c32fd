//! What the verbs about visitors and people take and answer.

use crate::ExportRow;
use touchline_domain::identity::{Guard, Matching, Person};
use touchline_domain::journey::Journey;
use touchline_domain::record::{RecordKey, StoredVersion};
use touchline_domain::{Conversion, Identifier, Instant, SiteId, StoredConversion, StoredVisit, Visit};

/// A visit, to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVisit {
    /// Whose page was visited.
    pub site: SiteId,
    /// When it was received.
    pub received_at: Instant,
    /// What was received.
    pub visit: Visit,
}

/// A conversion, to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConversion {
    /// Whose lead it is.
    pub site: SiteId,
    /// When it was received.
    pub received_at: Instant,
    /// What was received.
    pub conversion: Conversion,
}

/// A record of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRecord {
    /// Which.
    pub key: RecordKey,
    /// In [order](StoredVersion::order).
    pub versions: Vec<StoredVersion>,
    /// The identifier by which it found the person; `None` while it has found nobody's visits or conversions.
    pub matched_by: Option<Identifier>,
}

/// Everything that is held on somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonFacts {
    /// What connects it.
    pub person: Person,
    /// Whether a seed that merely matches leads to several people, of whom then only the facts that name it are here.
    pub is_ambiguous: bool,
    /// In order of time; every report, crawlers' too.
    pub visits: Vec<StoredVisit>,
    /// In order of time; every report.
    pub conversions: Vec<StoredConversion>,
    /// Those that evidence ties to this person or that match it, in order of kind and reference; at most [`PersonFacts::RECORDS_MAX`].
    pub records: Vec<PersonRecord>,
    /// What stored exports to advertising platforms hold of them, in order; at most [`PersonFacts::EXPORTS_MAX`].
    pub exports: Vec<ExportRow>,
}

impl PersonFacts {
    /// The most records that are read of one person.
    pub const RECORDS_MAX: usize = 1_000;
    /// The most exported conversions that are read of one person.
    pub const EXPORTS_MAX: usize = 1_000;
}

/// Whom a record is about, with what was found of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordMatch {
    /// Whether somebody was found, and why.
    pub matching: Matching,
    /// The visits among the person's facts, in order of time.
    pub visits: Vec<StoredVisit>,
    /// The conversions among them, in order of time.
    pub conversions: Vec<StoredConversion>,
}

/// A row of the log of journeys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JourneyChange {
    /// The row's number, which grows.
    pub number: u64,
    /// The number of the first row of this record's journey, whether or not that is there still: of rows with the same one,
    /// the last holds.
    pub first: u64,
    /// The journey; `None` when its record is gone.
    pub journey: Option<Journey>,
}

/// What [`Store::rebuild`](crate::Store::rebuild) queued.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rebuild {
    /// How many journeys there were.
    pub journeys: u64,
    /// The last row of the log of journeys, of all sites: what becomes of them comes after it.
    pub last_row: u64,
}

/// What [`Store::verify`](crate::Store::verify) found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many records' journeys were compared with the facts.
    pub journeys: u64,
    /// How many changes have to be followed before anything can be compared; 0 when it was.
    pub changes_behind: u64,
    /// A sentence for each journey that is not what the facts say; at most a hundred.
    pub differences: Vec<String>,
}

/// Visits and conversions of a site, in the order in which they came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrafficPage {
    /// Reports of visits.
    pub visits: Vec<StoredVisit>,
    /// Reports of conversions.
    pub conversions: Vec<StoredConversion>,
    /// Up to which change they were read.
    pub through: u64,
    /// Whether there is nothing after that.
    pub is_last: bool,
    /// Another number when facts were deleted: whoever counts must count again.
    pub deletions: u64,
}

/// A page of journeys as they were known at a past moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JourneysPage {
    /// Each record's, once over all pages.
    pub journeys: Vec<Journey>,
    /// Where the next page begins: after this position. `None` when there is nothing more. A page that stopped at
    /// [`JourneysPage::EXAMINED_MAX`] may hold fewer journeys than its limit, even none, and go on.
    pub next: Option<u64>,
}

impl JourneysPage {
    /// How many records one page may look at: most of today's were not there at a moment long past.
    pub const EXAMINED_MAX: usize = 5_000;
}

/// An identifier that a guard keeps from joining, for an operator to review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guarded {
    /// Which.
    pub identifier: Identifier,
    /// Why.
    pub guard: Guard,
    /// Since when it has been seen to be so.
    pub since: Instant,
}

/// How far the matching of records has followed the facts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Followed {
    /// Every change up to this one is worked off.
    pub through: u64,
    /// The last change there is.
    pub last_change: u64,
}

impl Followed {
    /// Whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        self.through >= self.last_change
    }
}

/// What becomes of an erased person's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasedRecords {
    /// They stay with their dates, values and stages only, under a name that means nothing, so that totals stay.
    KeepTotals,
    /// They are deleted.
    Delete,
}

/// What an erasure removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// Visits deleted.
    pub visits: u64,
    /// Conversions deleted.
    pub conversions: u64,
    /// Records deleted or stripped of everything personal.
    pub records: u64,
    /// Their versions.
    pub versions: u64,
    /// Identifiers forgotten: of the person, with decisions about them.
    pub identifiers: u64,
    /// Conversions deleted from stored exports to advertising platforms.
    pub exported: u64,
}

impl Erased {
    /// Whether there was anything to remove.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}
