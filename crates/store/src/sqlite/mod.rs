//! The embedded store: one `SQLite` file in WAL mode.
//!
//! One writer thread applies queued units of work in shared transactions (group commit) and answers their
//! callers after the commit. Readers have connections of their own and never wait for the writer.
//!
//! Records are a log of versions. What finds a version by its record or by an identifier is an index of names, which
//! is derived from the log and written behind it.

mod backup;
mod check;
mod conversions;
mod costs;
mod decisions;
mod directory;
mod erase;
mod evidence;
mod exports;
mod follow;
mod journey_row;
mod journeys;
mod names;
mod open;
mod people;
mod rates;
mod readers;
mod rebuild;
mod records;
mod rows;
mod site_history;
mod traffic;
mod upload;
mod visits;
mod writer;

use crate::StoreError;
use crate::exports::{ExportOutcome, ExportRow, Ledger, NewExport, StoredExport};
use crate::money::{CostsPage, CostsQuery, NewCost, RatesImport, StoredRates};
use crate::people::{
    Erased, ErasedRecords, Followed, Guarded, JourneyChange, JourneysPage, NewConversion, NewVisit,
    PersonFacts, Rebuild, RecordMatch, TrafficPage, Verified,
};
use crate::store::{CheckReport, Directory, RecordsPage, RecordsQuery, Store, StoreStats, Upload};
use async_trait::async_trait;
use check::VIOLATIONS_MAX;
use follow::{Ahead, Following};
use names::Tail;
use readers::Readers;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use touchline_domain::ad_export::{ConversionKey, ExportPlatform};
use touchline_domain::record::{RecordKey, RecordKind, StageTotal, StoredVersion, UploadOutcome};
use touchline_domain::{Identifier, Instant, RateSheet, Site, SiteId, StoredCost, Text, Token, TokenId};
use writer::Writer;

pub use backup::restore;
pub use open::{SqliteOptions, create_folder, schema_version};

/// [`Store`] on an embedded database.
pub struct SqliteStore {
    path: PathBuf,
    writer: Writer,
    readers: Arc<Readers>,
    tail: Arc<Tail>,
    following: Arc<Following>,
}

impl SqliteStore {
    /// Opens the database at `path`, creating it with its folder when there is none, and brings an older one
    /// up to date. A file that is not Touchline's, or of a newer version, is refused and not touched.
    pub fn open(path: &Path, options: &SqliteOptions) -> Result<Self, StoreError> {
        let connection = open::writer(path, options)?;
        let readers = Arc::new(Readers::open(path, options)?);
        let tail = Arc::new(Tail::open(&connection, options.gathered_names)?);
        let writer = Writer::start(connection, Arc::clone(&tail), options)?;
        Ok(Self { path: path.to_owned(), writer, readers, tail, following: Arc::default() })
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn ready(&self) -> Result<(), StoreError> {
        self.writer.is_open()?;
        if self.writer.is_failing() {
            // Nobody may send uploads to try it with, so it is tried here.
            let path = self.path.clone();
            tokio::task::spawn_blocking(move || open::has_room(&path))
                .await
                .map_err(|error| StoreError::Unavailable(error.to_string()))??;
            self.writer.probe().await?;
        }
        self.readers.read(directory::version).await.map(drop)
    }

    async fn stats(&self) -> Result<StoreStats, StoreError> {
        let bytes = open::files(&self.path)
            .iter()
            .filter_map(|file| file.metadata().ok())
            .map(|metadata| metadata.len())
            .sum();
        let followed = self.followed().await?;
        let changes_behind = followed.last_change.saturating_sub(followed.through);
        Ok(StoreStats { changes_behind, ..self.writer.stats(bytes) })
    }

    async fn check(&self) -> Result<CheckReport, StoreError> {
        let following = Arc::clone(&self.following);
        self.readers.read(move |connection| check::check(connection, following.ahead())).await
    }

    async fn backup(&self, destination: &Path) -> Result<(), StoreError> {
        let (path, destination) = (self.path.clone(), destination.to_owned());
        tokio::task::spawn_blocking(move || backup::backup(&path, &destination))
            .await
            .map_err(|error| StoreError::Unavailable(format!("the backup ended early: {error}")))?
    }

    async fn close(&self) -> Result<(), StoreError> {
        // Should this fail, the next start follows some changes again.
        if let Some(unwritten) = self.following.unwritten() {
            let _ = self.writer.write(move |tx| follow::write(tx, &unwritten)).await;
        }
        self.writer.close().await
    }

    async fn directory_version(&self) -> Result<u64, StoreError> {
        self.readers.read(directory::version).await
    }

    async fn directory(&self) -> Result<Directory, StoreError> {
        self.readers.read(directory::load).await
    }

    async fn add_site(&self, site: Site) -> Result<bool, StoreError> {
        self.writer.write(move |tx| directory::add_site(tx, &site)).await
    }

    async fn set_site(&self, site: Site, at: Instant) -> Result<bool, StoreError> {
        self.writer.write(move |tx| directory::set_site(tx, &site, at)).await
    }

    async fn site_as_of(&self, site: SiteId, moment: Instant) -> Result<Option<Site>, StoreError> {
        self.readers.read(move |connection| site_history::as_of(connection, &site, moment)).await
    }

    async fn add_token(&self, token: Token) -> Result<(), StoreError> {
        self.writer.write(move |tx| directory::add_token(tx, &token)).await
    }

    async fn revoke_token(&self, id: TokenId, at: Instant) -> Result<bool, StoreError> {
        self.writer.write(move |tx| directory::revoke_token(tx, &id, at)).await
    }

    async fn upload(&self, uploads: Vec<Upload>) -> Result<Vec<UploadOutcome>, StoreError> {
        self.writer.try_write(move |tx| upload::upload(tx, &uploads)).await
    }

    async fn record(&self, key: RecordKey) -> Result<Vec<StoredVersion>, StoreError> {
        let tail = Arc::clone(&self.tail);
        self.readers.read(move |connection| records::versions(connection, &tail, &key)).await
    }

    async fn records(&self, query: RecordsQuery) -> Result<RecordsPage, StoreError> {
        let tail = Arc::clone(&self.tail);
        self.readers.read(move |connection| records::page(connection, &tail, &query)).await
    }

    async fn delete_record(&self, key: RecordKey) -> Result<bool, StoreError> {
        self.writer.write(move |tx| records::delete(tx, &key)).await
    }

    async fn stage_totals(&self, site: SiteId, kind: RecordKind) -> Result<Vec<StageTotal>, StoreError> {
        self.readers.read(move |connection| records::stage_totals(connection, &site, kind)).await
    }

    async fn add_visits(&self, visits: Vec<NewVisit>) -> Result<(), StoreError> {
        self.writer.try_write(move |tx| visits::add(tx, &visits)).await
    }

    async fn add_conversions(
        &self,
        conversions: Vec<NewConversion>,
    ) -> Result<Vec<UploadOutcome>, StoreError> {
        self.writer.try_write(move |tx| conversions::add(tx, &conversions)).await
    }

    async fn add_costs(&self, costs: Vec<NewCost>) -> Result<Vec<UploadOutcome>, StoreError> {
        self.writer.try_write(move |tx| costs::add(tx, &costs)).await
    }

    async fn costs(&self, query: CostsQuery) -> Result<CostsPage, StoreError> {
        self.readers.read(move |connection| costs::page(connection, &query)).await
    }

    async fn costs_since(
        &self,
        site: SiteId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredCost>, StoreError> {
        self.readers.read(move |connection| costs::since(connection, &site, after, limit)).await
    }

    async fn set_rates(&self, sheet: RateSheet, at: Instant) -> Result<RatesImport, StoreError> {
        self.writer.write(move |tx| rates::set(tx, &sheet, at)).await
    }

    async fn rates_version(&self) -> Result<u64, StoreError> {
        self.readers.read(rates::version).await
    }

    async fn rates(&self) -> Result<StoredRates, StoreError> {
        self.readers.read(rates::load).await
    }

    async fn ledger(
        &self,
        site: SiteId,
        platform: ExportPlatform,
        name: Text<100>,
        after: Option<ConversionKey>,
        limit: usize,
    ) -> Result<Ledger, StoreError> {
        self.readers
            .read(move |connection| {
                exports::ledger(connection, &site, (platform, name.as_str()), after, limit)
            })
            .await
    }

    async fn add_export(&self, export: NewExport) -> Result<ExportOutcome, StoreError> {
        self.writer.try_write(move |tx| exports::add(tx, &export)).await
    }

    async fn exports(
        &self,
        site: SiteId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<StoredExport>, StoreError> {
        self.readers.read(move |connection| exports::exports(connection, &site, before, limit)).await
    }

    async fn export(&self, site: SiteId, id: u64) -> Result<Option<StoredExport>, StoreError> {
        self.readers.read(move |connection| exports::export(connection, &site, id)).await
    }

    async fn export_rows(
        &self,
        site: SiteId,
        id: u64,
        from: u64,
        limit: usize,
    ) -> Result<Vec<ExportRow>, StoreError> {
        self.readers.read(move |connection| exports::rows(connection, &site, id, from, limit)).await
    }

    async fn person(&self, site: SiteId, seeds: Vec<Identifier>) -> Result<PersonFacts, StoreError> {
        let tail = Arc::clone(&self.tail);
        self.readers.read(move |connection| people::person(connection, &tail, &site, &seeds)).await
    }

    async fn record_match(&self, key: RecordKey) -> Result<Option<RecordMatch>, StoreError> {
        let tail = Arc::clone(&self.tail);
        self.readers.read(move |connection| people::record_match(connection, &tail, &key)).await
    }

    async fn journeys(
        &self,
        site: SiteId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<JourneyChange>, StoreError> {
        self.readers.read(move |connection| journeys::since(connection, &site, after, limit)).await
    }

    async fn traffic(&self, site: SiteId, after: u64, examined: u64) -> Result<TrafficPage, StoreError> {
        self.readers.read(move |connection| traffic::page(connection, &site, after, examined)).await
    }

    async fn journeys_as_of(
        &self,
        site: SiteId,
        moment: Instant,
        after: Option<u64>,
        limit: usize,
    ) -> Result<JourneysPage, StoreError> {
        let tail = Arc::clone(&self.tail);
        self.readers
            .read(move |connection| follow::journeys_as_of(connection, &tail, (&site, moment), after, limit))
            .await
    }

    async fn rebuild(&self, site: Option<SiteId>) -> Result<Rebuild, StoreError> {
        self.queue_all(site).await
    }

    async fn verify(&self, site: Option<SiteId>) -> Result<Verified, StoreError> {
        let (tail, following) = (Arc::clone(&self.tail), Arc::clone(&self.following));
        self.readers
            .read(move |connection| {
                follow::verify(connection, &tail, following.ahead(), site.as_ref(), VIOLATIONS_MAX)
            })
            .await
    }

    async fn set_cut(
        &self,
        site: SiteId,
        fact: u64,
        identifier: Identifier,
        is_cut: bool,
        at: Instant,
    ) -> Result<bool, StoreError> {
        self.writer.write(move |tx| decisions::set_cut(tx, &site, fact, &identifier, is_cut, at)).await
    }

    async fn set_allowed(
        &self,
        site: SiteId,
        identifier: Identifier,
        is_allowed: bool,
        at: Instant,
    ) -> Result<(), StoreError> {
        self.writer.write(move |tx| decisions::set_allowed(tx, &site, &identifier, is_allowed, at)).await
    }

    async fn guarded(
        &self,
        site: SiteId,
        after: Option<Identifier>,
        limit: usize,
    ) -> Result<Vec<Guarded>, StoreError> {
        self.readers
            .read(move |connection| decisions::guarded(connection, &site, after.as_ref(), limit))
            .await
    }

    async fn allowed(
        &self,
        site: SiteId,
        after: Option<Identifier>,
        limit: usize,
    ) -> Result<Vec<Identifier>, StoreError> {
        self.readers
            .read(move |connection| decisions::allowed(connection, &site, after.as_ref(), limit))
            .await
    }

    async fn follow(&self, limit: usize) -> Result<Followed, StoreError> {
        let (tail, following) = (Arc::clone(&self.tail), Arc::clone(&self.following));
        let found =
            self.readers.read(move |connection| follow::find(connection, &tail, &following, limit)).await?;
        let found = Arc::new(found);
        if !found.is_worth_writing() {
            self.following.advance(&found, found.ahead());
            return Ok(found.followed());
        }
        let writing = Arc::clone(&found);
        match self.writer.write(move |tx| follow::write(tx, &writing)).await? {
            Some(through) => {
                self.following.advance(&found, Ahead::written(through));
                Ok(Followed { through: through.unsigned_abs(), ..found.followed() })
            }
            None => self.followed().await,
        }
    }

    async fn followed(&self) -> Result<Followed, StoreError> {
        let following = Arc::clone(&self.following);
        self.readers.read(move |connection| follow::followed(connection, &following)).await
    }

    async fn erase(
        &self,
        site: SiteId,
        seeds: Vec<Identifier>,
        records: ErasedRecords,
    ) -> Result<Erased, StoreError> {
        self.writer.write(move |tx| erase::erase(tx, &site, &seeds, records)).await
    }

    async fn expire_visits(
        &self,
        site: SiteId,
        before: Instant,
        after: u64,
        limit: usize,
    ) -> Result<(u64, Option<u64>), StoreError> {
        let (tail, whose) = (Arc::clone(&self.tail), site.clone());
        let (expired, next) = self
            .readers
            .read(move |connection| erase::expired(connection, &tail, &whose, before, after, limit))
            .await?;
        if expired.is_empty() {
            return Ok((0, next));
        }
        let deleted = self.writer.write(move |tx| erase::expire(tx, &site, &expired)).await?;
        Ok((deleted, next))
    }
}
