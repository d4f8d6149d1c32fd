//! What Touchline does, free of HTTP and of the command line: each use case over the store and the domain.

pub(crate) mod ad_exports;
pub(crate) mod channels;
mod collector;
pub(crate) mod directory;
pub(crate) mod first_start;
mod following;
mod ingest;
pub(crate) mod intake;
pub(crate) mod past;
mod rates;
pub(crate) mod receipt;
pub(crate) mod reports;
pub(crate) mod secret;
pub(crate) mod site_settings;
pub(crate) mod snippet;
pub(crate) mod upload;
pub(crate) mod whom;

use crate::clock::Clock;
use crate::config::Limits;
use crate::metrics::Metrics;
use collector::Collector;
use directory::DirectoryCopy;
use following::Following;
use intake::IntakeLog;
use rates::RatesCopy;
use reports::Reports;
use std::sync::Arc;
use tokio::sync::Semaphore;
use touchline_store::{Store, StoreError};

/// The running product: the store, and what every use case shares.
pub(crate) struct App {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) directory: DirectoryCopy,
    pub(crate) collector: Collector,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    pub(crate) following: Following,
    pub(crate) reports: Reports,
    pub(crate) intake_log: IntakeLog,
    rates: RatesCopy,
    /// Bytes of request bodies that may still be taken into memory.
    pub(crate) in_flight_bytes: Semaphore,
    /// Batches that may still begin.
    pub(crate) batches: Semaphore,
}

impl App {
    /// Takes the store into service. Fails when its directory cannot be read.
    pub(crate) async fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Result<Arc<Self>, StoreError> {
        let directory = DirectoryCopy::new(store.directory().await?, &limits);
        Ok(Arc::new(Self {
            in_flight_bytes: Semaphore::new(limits.in_flight_bytes.min(Semaphore::MAX_PERMITS)),
            batches: Semaphore::new(limits.batches_at_once),
            collector: Collector::new(&limits),
            metrics: Metrics::new(),
            following: Following::new(),
            reports: Reports::new(limits.report_bytes, limits.reports_at_once),
            intake_log: IntakeLog::default(),
            rates: RatesCopy::default(),
            store,
            clock,
            directory,
            limits,
        }))
    }
}
