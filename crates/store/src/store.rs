use crate::StoreError;
use crate::exports::{ExportOutcome, ExportRow, Ledger, NewExport, StoredExport};
use crate::money::{CostsPage, CostsQuery, NewCost, RatesImport, StoredRates};
use crate::people::{
    Erased, ErasedRecords, Followed, Guarded, JourneyChange, JourneysPage, NewConversion, NewVisit,
    PersonFacts, Rebuild, RecordMatch, TrafficPage, Verified,
};
use async_trait::async_trait;
use std::path::Path;
use touchline_domain::ad_export::{ConversionKey, ExportPlatform};
use touchline_domain::record::{
    RecordFilter, RecordKey, RecordKind, Reference, StageTotal, StoredVersion, UploadOutcome, Version,
};
use touchline_domain::{Identifier, Instant, RateSheet, Site, SiteId, StoredCost, Text, Token, TokenId};

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

/// A record in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRecord {
    /// The CRM's name for it.
    pub reference: Reference,
    /// In [order](StoredVersion::order).
    pub versions: Vec<StoredVersion>,
    /// Whether somebody was found for it, as of the facts that were [followed](Store::follow).
    pub is_matched: bool,
}

/// A page of records, the newest first; a record keeps its place however often it is updated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordsPage {
    /// Each record with all its versions.
    pub records: Vec<ListedRecord>,
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
    /// Changes that no match has followed yet.
    pub changes_behind: u64,
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
    /// How many visits there are.
    pub visits: u64,
    /// How many conversions there are.
    pub conversions: u64,
    /// How many costs of advertising there are, every version of each.
    pub costs: u64,
    /// How many exports to advertising platforms there are.
    pub exports: u64,
    /// How many changes have to be followed before journeys can be compared with the facts; 0 when they were.
    pub changes_behind: u64,
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

    /// Replaces the settings of the site with this id, from `at` on. `false` if there is none.
    async fn set_site(&self, site: Site, at: Instant) -> Result<bool, StoreError>;

    /// A site with the settings that it had at a past moment. `None` if there was no such site yet.
    async fn site_as_of(&self, site: SiteId, moment: Instant) -> Result<Option<Site>, StoreError>;

    /// Adds a token, whose id and hash are new. With a session, sessions that are over go, and of very many of one token the
    /// oldest.
    async fn add_token(&self, token: Token) -> Result<(), StoreError>;

    /// Marks a token and its sessions revoked; one that is already stays as it is. `false` if there is none with this id.
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

    /// Stores visits, all or none. A repeated report is stored again and
    /// [folded](touchline_domain::VisitSettings::fold) when it is read. [`StoreError::Overloaded`] when the write
    /// queue is full.
    async fn add_visits(&self, visits: Vec<NewVisit>) -> Result<(), StoreError>;

    /// Stores conversions, all or none, in the order given. Outcomes are in the same order: a repeat of the last report
    /// under its reference changes nothing; any other is one more report. [`StoreError::Overloaded`] when the write
    /// queue is full.
    async fn add_conversions(
        &self,
        conversions: Vec<NewConversion>,
    ) -> Result<Vec<UploadOutcome>, StoreError>;

    /// Everything held on whom `seeds` belong to, as of this moment. A seed that merely matches (a telephone number, a
    /// guarded address) finds whom it leads to, if that is one person.
    async fn person(&self, site: SiteId, seeds: Vec<Identifier>) -> Result<PersonFacts, StoreError>;

    /// Whom a record is about, as of this moment. `None` if there is no such record.
    async fn record_match(&self, key: RecordKey) -> Result<Option<RecordMatch>, StoreError>;

    /// What became of a site's journeys after a row number, in order of number, at most `limit`: each record's journey as
    /// of the facts that were [followed](Store::follow). Only the last row of a record is there. Whoever takes rows in, from
    /// 0 on and whenever he likes, and keeps of those with the same [first](JourneyChange::first) the last, has every
    /// record's journey once.
    async fn journeys(
        &self,
        site: SiteId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<JourneyChange>, StoreError>;

    /// The visits and conversions among a site's facts after a change, looking at `examined` changes at most.
    async fn traffic(&self, site: SiteId, after: u64, examined: u64) -> Result<TrafficPage, StoreError>;

    /// A page of a site's journeys as they were known at a past moment, in the order in which their records were first
    /// accepted, going on after a position.
    ///
    /// Versions, visits and conversions count that were received by then, cuts and allowances that were decided by then, and
    /// the site has the settings that it had. What is gone by now is not told: deleted records, expired visits, whoever was
    /// erased; and a decision that was taken back counts as never made.
    async fn journeys_as_of(
        &self,
        site: SiteId,
        moment: Instant,
        after: Option<u64>,
        limit: usize,
    ) -> Result<JourneysPage, StoreError>;

    /// Queues all records of one site, or of all, to have their journeys derived anew by [`Store::follow`]. Journeys that come
    /// out as they are stored keep their rows. However many there are, who writes meanwhile does not wait for it; broken off, it
    /// can be begun again.
    async fn rebuild(&self, site: Option<SiteId>) -> Result<Rebuild, StoreError>;

    /// Derives the journeys of one site, or of all, from the facts and compares them with those that are stored, as far as
    /// they are not to be followed anyway. When very many changes are, or all journeys of a site, nothing is compared.
    async fn verify(&self, site: Option<SiteId>) -> Result<Verified, StoreError>;

    /// Cuts an identifier out of what one fact is evidence of, or restores it. `false` if no fact with this change
    /// number names it. Doing it again changes nothing.
    async fn set_cut(
        &self,
        site: SiteId,
        fact: u64,
        identifier: Identifier,
        is_cut: bool,
        at: Instant,
    ) -> Result<bool, StoreError>;

    /// Lets an identifier join whatever a guard says (but for the site's list of ignored values), or no longer.
    async fn set_allowed(
        &self,
        site: SiteId,
        identifier: Identifier,
        is_allowed: bool,
        at: Instant,
    ) -> Result<(), StoreError>;

    /// The site's guarded identifiers after one, in order of kind and value, as of the facts that were
    /// [followed](Store::follow).
    async fn guarded(
        &self,
        site: SiteId,
        after: Option<Identifier>,
        limit: usize,
    ) -> Result<Vec<Guarded>, StoreError>;

    /// The identifiers after one that the operator allowed, in order of kind and value.
    async fn allowed(
        &self,
        site: SiteId,
        after: Option<Identifier>,
        limit: usize,
    ) -> Result<Vec<Identifier>, StoreError>;

    /// Takes some of the changes that no match has followed yet, in order, finds the records that they affect, and
    /// brings their matches up to date. At most about `limit` changes; repeat until [`Followed::is_done`]. It can be
    /// stopped at any instant and goes on where it was; one caller at a time makes progress.
    async fn follow(&self, limit: usize) -> Result<Followed, StoreError>;

    /// How far [`Store::follow`] has come; a point read.
    async fn followed(&self) -> Result<Followed, StoreError>;

    /// Removes whom `seeds` belong to: visits, conversions, evidence, decisions, and records' personal fields, and
    /// leaves no copy of them in the store's files.
    async fn erase(
        &self,
        site: SiteId,
        seeds: Vec<Identifier>,
        records: ErasedRecords,
    ) -> Result<Erased, StoreError>;

    /// Deletes those of a site's visits from before `before` that belong to nobody who has a record, going on after the
    /// change `after`; at most about `limit` visits are looked at. Answers how many were deleted, and where to go on,
    /// if there is more.
    async fn expire_visits(
        &self,
        site: SiteId,
        before: Instant,
        after: u64,
        limit: usize,
    ) -> Result<(u64, Option<u64>), StoreError>;

    /// Stores costs of advertising, all or none, in the order given. Outcomes are in the same order: what was received last
    /// of the same day and [key](touchline_domain::AdCost::key) changes nothing when it is repeated, and is replaced by
    /// anything else. [`StoreError::Overloaded`] when the write queue is full.
    async fn add_costs(&self, costs: Vec<NewCost>) -> Result<Vec<UploadOutcome>, StoreError>;

    /// A page of costs, each as it was received last. A cost that exists throughout is listed exactly once over all pages.
    async fn costs(&self, query: CostsQuery) -> Result<CostsPage, StoreError>;

    /// A site's costs with a change number after `after`, in its order, every version of each; at most `limit`. Whoever keeps
    /// the last of each day and [key](touchline_domain::AdCost::key) has what [`Store::costs`] lists.
    async fn costs_since(
        &self,
        site: SiteId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredCost>, StoreError>;

    /// Replaces the reference rates of the days and currencies that a sheet has, and leaves all others as they are. A sheet
    /// that says nothing new changes nothing. Rates are of the whole installation.
    async fn set_rates(&self, sheet: RateSheet, at: Instant) -> Result<RatesImport, StoreError>;

    /// The version that [`Store::rates`] would have; a point read.
    async fn rates_version(&self) -> Result<u64, StoreError>;

    /// All reference rates, as of one moment.
    async fn rates(&self) -> Result<StoredRates, StoreError>;

    /// A page of what was exported to a platform under a name, after a key.
    async fn ledger(
        &self,
        site: SiteId,
        platform: ExportPlatform,
        name: Text<100>,
        after: Option<ConversionKey>,
        limit: usize,
    ) -> Result<Ledger, StoreError>;

    /// Stores an export and enters its conversions into the ledger, without those that another export under the same name has
    /// by then, unless it may have them [again](NewExport::again).
    async fn add_export(&self, export: NewExport) -> Result<ExportOutcome, StoreError>;

    /// A site's exports, the newest first, before a number; at most `limit`.
    async fn exports(
        &self,
        site: SiteId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<StoredExport>, StoreError>;

    /// An export. `None` if there is none with this number.
    async fn export(&self, site: SiteId, id: u64) -> Result<Option<StoredExport>, StoreError>;

    /// An export's conversions in the order of the file, from a place on; at most `limit`. Those of whoever was erased are gone.
    async fn export_rows(
        &self,
        site: SiteId,
        id: u64,
        from: u64,
        limit: usize,
    ) -> Result<Vec<ExportRow>, StoreError>;

    /// How many of a site's records are in each stage now, and what they are worth, by currency.
    async fn stage_totals(&self, site: SiteId, kind: RecordKind) -> Result<Vec<StageTotal>, StoreError>;
}
