use crate::StoreError;
use async_trait::async_trait;
use std::path::Path;
use touchline_domain::record::{
    RecordFilter, RecordKey, RecordKind, Reference, StageTotal, StoredVersion, UploadOutcome, Version,
};
use touchline_domain::{Instant, Site, SiteId, Token, TokenId};

/// A version of a record, to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Which record it is a version of. Its kind is the version's.
    pub key: RecordKey,
    /// When it was received.
    pub received_at: Instant,
    /// What was received.
    pub version: Version,
}

/// All sites and tokens: small, and read as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// Grows with every change to a site or token.
    pub version: u64,
    /// In order of id.
    pub sites: Vec<Site>,
    /// In order of creation; revoked and expired ones too.
    pub tokens: Vec<Token>,
}

/// Which records to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordsQuery {
    /// Whose records.
    pub site: SiteId,
    /// Of which kind.
    pub kind: RecordKind,
    /// Only records that come after this position.
    pub after: Option<u64>,
    /// Which of them.
    pub filter: RecordFilter,
    /// At most this many.
    pub limit: usize,
}

impl RecordsQuery {
    /// How many records one page may look at before it stops short of its limit: what bounds a rare filter.
    pub const EXAMINED_MAX: usize = 20_000;
}

/// A page of records, the newest first; a record keeps its place however often it is updated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordsPage {
    /// Each record with all its versions, in [order](StoredVersion::order).
    pub records: Vec<(Reference, Vec<StoredVersion>)>,
    /// Where the next page begins: after this position. `None` when there is nothing more. A page that
    /// stopped at [`RecordsQuery::EXAMINED_MAX`] may hold fewer records than its limit, even none, and go on.
    pub next: Option<u64>,
}

/// What a store holds and how busy it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StoreStats {
    /// Bytes on disk, including what is not yet checkpointed.
    pub bytes: u64,
    /// Units of work waiting to be written.
    pub queue_depth: u64,
    /// Transactions committed since the store was opened.
    pub commits: u64,
    /// Units of work in those transactions.
    pub committed_writes: u64,
    /// Time spent in those transactions, in microseconds.
    pub commit_micros: u64,
    /// Transactions that failed and were rolled back.
    pub failed_commits: u64,
}

/// What [`Store::check`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// How many sites there are.
    pub sites: u64,
    /// How many records there are.
    pub records: u64,
    /// How many versions they have.
    pub versions: u64,
    /// What is wrong, a sentence each; empty when all is well. At most a hundred.
    pub violations: Vec<String>,
}

/// The durable home of facts, sites and tokens.
///
/// Every verb is a whole unit of work: it happens entirely or, when it returns an error, not at all. One
/// exception: after [`StoreError::Unavailable`] from a write the outcome may be unknown to the store itself
/// (the connection broke during a commit); every write can be repeated safely.
///
/// A write that returned `Ok` is durable, and visible to every read that begins afterwards.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Whether reads and writes can be expected to succeed now.
    async fn ready(&self) -> Result<(), StoreError>;

    /// Size and load; cheap enough to be asked every second.
    async fn stats(&self) -> Result<StoreStats, StoreError>;

    /// Reads everything and verifies what must hold. Works beside a running server.
    async fn check(&self) -> Result<CheckReport, StoreError>;

    /// Writes a consistent copy of everything to `destination`, which must not exist. Works beside writers.
    async fn backup(&self, destination: &Path) -> Result<(), StoreError>;

    /// Finishes queued writes and releases everything. Later writes fail with [`StoreError::Closing`].
    async fn close(&self) -> Result<(), StoreError>;

    /// The version that [`Store::directory`] would have; a point read.
    async fn directory_version(&self) -> Result<u64, StoreError>;

    /// All sites and tokens, as of one moment.
    async fn directory(&self) -> Result<Directory, StoreError>;

    /// Adds a site. `false` if the id is taken; then nothing changed.
    async fn add_site(&self, site: Site) -> Result<bool, StoreError>;

    /// Replaces the settings of the site with this id. `false` if there is none.
    async fn set_site(&self, site: Site) -> Result<bool, StoreError>;

    /// Adds a token, whose id and hash are new.
    async fn add_token(&self, token: Token) -> Result<(), StoreError>;

    /// Marks a token revoked; one that is already stays as it is. `false` if there is none with this id.
    async fn revoke_token(&self, id: TokenId, at: Instant) -> Result<bool, StoreError>;

    /// Stores versions, all or none, in the order given, each decided by
    /// [`UploadOutcome::decide`] against what is stored when its turn comes. Outcomes are in the same order.
    /// [`StoreError::Overloaded`] when the write queue is full.
    async fn upload(&self, uploads: Vec<Upload>) -> Result<Vec<UploadOutcome>, StoreError>;

    /// A record's versions, in [order](StoredVersion::order); empty if there is no such record.
    async fn record(&self, key: RecordKey) -> Result<Vec<StoredVersion>, StoreError>;

    /// A page of records. A record that exists throughout is listed exactly once over all pages, however many
    /// uploads happen between them.
    async fn records(&self, query: RecordsQuery) -> Result<RecordsPage, StoreError>;

    /// Deletes a record with all its versions. `false` if there was none.
    async fn delete_record(&self, key: RecordKey) -> Result<bool, StoreError>;

    /// How many of a site's records are in each stage now, and what they are worth, by currency.
    async fn stage_totals(&self, site: SiteId, kind: RecordKind) -> Result<Vec<StageTotal>, StoreError>;
}
