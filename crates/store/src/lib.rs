//! Where Touchline keeps its facts.
//!
//! [`Store`] is the whole boundary: each verb is one unit of work, and no transaction, connection or row type
//! crosses it. [`SqliteStore`] implements it on an embedded database. [`conformance`] is the suite that every
//! implementation must pass, unchanged.

pub mod conformance;
mod dice;
mod error;
mod exports;
mod intake;
mod money;
mod people;
pub mod sample;
pub mod sqlite;
mod store;

pub use error::StoreError;
pub use exports::{ExportOutcome, ExportRow, Ledger, LedgerEntry, NewExport, NewExportRow, StoredExport};
pub use intake::{
    BatchCounts, IntakeContent, IntakeEntry, IntakeKind, IntakeProblem, IntakeQuery, NewIntake, Seen,
    Sighting, Source, StoredIntake,
};
pub use money::{CostsPage, CostsQuery, NewCost, RatesImport, StoredRates};
pub use people::{
    Erased, ErasedRecords, Followed, Guarded, JourneyChange, JourneysPage, NewConversion, NewVisit,
    PersonFacts, PersonRecord, Rebuild, RecordMatch, TrafficPage, Verified,
};
pub use sqlite::SqliteStore;
pub use store::{CheckReport, Directory, ListedRecord, RecordsPage, RecordsQuery, Store, StoreStats, Upload};
