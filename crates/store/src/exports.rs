//! What the verbs about exports to advertising platforms take and answer.

use touchline_domain::ad_export::{ConversionKey, ExportPlatform, Trace};
use touchline_domain::record::{RecordKey, RecordKind};
use touchline_domain::{Instant, Milestone, Money, SiteId, Text};

/// A conversion in an export that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewExportRow {
    /// What names the conversion.
    pub key: ConversionKey,
    /// The record that it is; of the export's site.
    pub record: RecordKey,
    /// What the record was worth.
    pub worth: Money,
    /// Its part of the file.
    pub content: String,
    /// By what it is found when somebody is erased of whom it holds something; without repeats.
    pub traces: Vec<Trace>,
}

/// An export that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewExport {
    /// Whose.
    pub site: SiteId,
    /// For whom.
    pub platform: ExportPlatform,
    /// What they call the conversions.
    pub name: Text<100>,
    /// Of which records they are.
    pub kind: RecordKind,
    /// What these reached.
    pub milestone: Milestone,
    /// What conversions are said to be worth, as text.
    pub valued: Text<255>,
    /// When it is made.
    pub created_at: Instant,
    /// Whether it may have what an export before had.
    pub again: bool,
    /// How often somebody had been erased when its rows were gathered: [`Ledger::erasures`].
    pub erasures: u64,
    /// How the file begins.
    pub header: String,
    /// In the order of the file.
    pub rows: Vec<NewExportRow>,
}

/// What became of an export that was to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportOutcome {
    /// It is stored, without the conversions that another export had by then.
    Made {
        /// The export.
        export: StoredExport,
        /// What it does not have.
        had_before: Vec<ConversionKey>,
    },
    /// Other exports have all of it: there is nothing to store.
    Nothing,
    /// Somebody was erased since its rows were gathered, who may be in them: they must be gathered again.
    Overtaken,
}

/// An export that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredExport {
    /// Its number, counted within the site from 1.
    pub id: u64,
    /// For whom.
    pub platform: ExportPlatform,
    /// What they call the conversions.
    pub name: Text<100>,
    /// Of which records they are.
    pub kind: RecordKind,
    /// What these reached.
    pub milestone: Milestone,
    /// What conversions are said to be worth.
    pub valued: Text<255>,
    /// When it was made.
    pub created_at: Instant,
    /// How many conversions it had when it was made. Fewer are left when somebody was erased.
    pub conversions: u64,
    /// How the file begins.
    pub header: String,
}

/// A conversion of a stored export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRow {
    /// Of which export.
    pub export: u64,
    /// Where it stands in it, from 0.
    pub place: u64,
    /// What names the conversion.
    pub key: ConversionKey,
    /// The record that it is.
    pub record: RecordKey,
    /// What the record was worth.
    pub worth: Money,
    /// Its part of the file.
    pub content: String,
}

/// A conversion that was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// What names it.
    pub key: ConversionKey,
    /// The last export that has it.
    pub export: u64,
    /// When that was made.
    pub exported_at: Instant,
    /// What the record was worth then.
    pub worth: Money,
}

/// A page of the ledger of what was exported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// How often somebody has been erased.
    pub erasures: u64,
    /// In order of key.
    pub entries: Vec<LedgerEntry>,
}
