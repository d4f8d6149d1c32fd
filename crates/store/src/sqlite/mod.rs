//! The embedded store: one `SQLite` file in WAL mode.
//!
//! One writer thread applies queued units of work in shared transactions (group commit) and answers their
//! callers after the commit. Readers have connections of their own and never wait for the writer.
//!
//! Records are a log of versions. What finds a version by its record or by an identifier is an index of names, which
//! is derived from the log and written behind it.

mod backup;
mod check;
mod directory;
mod names;
mod open;
mod readers;
mod records;
mod rows;
mod upload;
mod writer;

use crate::StoreError;
use crate::people::{
    Erased, ErasedRecords, Followed, Guarded, NewConversion, NewVisit, PersonFacts, RecordMatch,
};
use crate::store::{CheckReport, Directory, RecordsPage, RecordsQuery, Store, StoreStats, Upload};
use async_trait::async_trait;
use names::Tail;
use readers::Readers;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use touchline_domain::record::{RecordKey, RecordKind, StageTotal, StoredVersion, UploadOutcome};
use touchline_domain::{Identifier, Instant, Site, SiteId, Token, TokenId};
use writer::Writer;

pub use backup::restore;
pub use open::{SqliteOptions, create_folder, schema_version};

/// [`Store`] on an embedded database.
pub struct SqliteStore {
    path: PathBuf,
    writer: Writer,
    readers: Arc<Readers>,
    tail: Arc<Tail>,
}

impl SqliteStore {
    /// Opens the database at `path`, creating it with its folder when there is none, and brings an older one
    /// up to date. A file that is not Touchline's, or of a newer version, is refused and not touched.
    pub fn open(path: &Path, options: &SqliteOptions) -> Result<Self, StoreError> {
        let connection = open::writer(path, options)?;
        let readers = Arc::new(Readers::open(path, options)?);
        let tail = Arc::new(Tail::open(&connection, options.gathered_names)?);
        let writer = Writer::start(connection, Arc::clone(&tail), options)?;
        Ok(Self { path: path.to_owned(), writer, readers, tail })
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
        Ok(self.writer.stats(bytes))
    }

    async fn check(&self) -> Result<CheckReport, StoreError> {
        self.readers.read(check::check).await
    }

    async fn backup(&self, destination: &Path) -> Result<(), StoreError> {
        let (path, destination) = (self.path.clone(), destination.to_owned());
        tokio::task::spawn_blocking(move || backup::backup(&path, &destination))
            .await
            .map_err(|error| StoreError::Unavailable(format!("the backup ended early: {error}")))?
    }

    async fn close(&self) -> Result<(), StoreError> {
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

    async fn set_site(&self, site: Site) -> Result<bool, StoreError> {
        self.writer.write(move |tx| directory::set_site(tx, &site)).await
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

    async fn add_visits(&self, _visits: Vec<NewVisit>) -> Result<(), StoreError> {
        Err(StoreError::Closing)
    }
    async fn add_conversions(
        &self,
        _conversions: Vec<NewConversion>,
    ) -> Result<Vec<UploadOutcome>, StoreError> {
        Err(StoreError::Closing)
    }
    async fn person(&self, _site: SiteId, _seeds: Vec<Identifier>) -> Result<PersonFacts, StoreError> {
        Err(StoreError::Closing)
    }
    async fn record_match(&self, _key: RecordKey) -> Result<Option<RecordMatch>, StoreError> {
        Ok(None)
    }
    async fn set_cut(
        &self,
        _site: SiteId,
        _fact: u64,
        _identifier: Identifier,
        _is_cut: bool,
        _at: Instant,
    ) -> Result<bool, StoreError> {
        Err(StoreError::Closing)
    }
    async fn set_allowed(
        &self,
        _site: SiteId,
        _identifier: Identifier,
        _is_allowed: bool,
        _at: Instant,
    ) -> Result<(), StoreError> {
        Err(StoreError::Closing)
    }
    async fn guarded(
        &self,
        _site: SiteId,
        _after: Option<Identifier>,
        _limit: usize,
    ) -> Result<Vec<Guarded>, StoreError> {
        Err(StoreError::Closing)
    }
    async fn allowed(&self, _site: SiteId) -> Result<Vec<Identifier>, StoreError> {
        Err(StoreError::Closing)
    }
    async fn follow(&self, _limit: usize) -> Result<Followed, StoreError> {
        Ok(Followed::default())
    }
    async fn followed(&self) -> Result<Followed, StoreError> {
        Ok(Followed::default())
    }
    async fn erase(
        &self,
        _site: SiteId,
        _seeds: Vec<Identifier>,
        _records: ErasedRecords,
    ) -> Result<Erased, StoreError> {
        Err(StoreError::Closing)
    }
    async fn expire_visits(
        &self,
        _site: SiteId,
        _before: Instant,
        _limit: usize,
    ) -> Result<(u64, bool), StoreError> {
        Err(StoreError::Closing)
    }
}
