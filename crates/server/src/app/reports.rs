use super::App;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Semaphore;
use touchline_domain::cost::CostKey;
use touchline_domain::report::{Columns, View};
use touchline_domain::{AdCost, Day, Rates, Site, SiteId};
use touchline_store::{StoreError, StoredRates};

/// How many rows of a log are read at a time.
const PIECE: usize = 5_000;

/// Sites' journeys in memory, for reports.
///
/// A site is loaded when it is first asked for and follows the store's logs from then on. When all of them together take
/// more memory than they may, those go that were not asked for the longest.
pub(crate) struct Reports {
    held: Mutex<HashMap<SiteId, Arc<Held>>>,
    rates: RwLock<Arc<StoredRates>>,
    permits: Arc<Semaphore>,
    bytes_max: usize,
    threads: usize,
    clock: AtomicU64,
    evictions: AtomicU64,
}

/// What reports keep in memory.
pub(crate) struct ReportMemory {
    /// How many sites' journeys.
    pub(crate) sites: u64,
    /// How many bytes they take.
    pub(crate) bytes: u64,
    /// How often a site was let go of.
    pub(crate) evictions: u64,
}

/// A site's place, loaded or not.
struct Held {
    engine: RwLock<Option<Engine>>,
    /// Held by whoever reads the logs.
    loading: tokio::sync::Mutex<()>,
    last_used: AtomicU64,
    bytes: AtomicUsize,
}

/// All that reports of one site are made of.
pub(crate) struct Engine {
    pub(crate) columns: Columns,
    pub(crate) view: View,
    pub(crate) threads: usize,
    costs: BTreeMap<(Day, CostKey), AdCost>,
    costs_through: u64,
    site: Arc<Site>,
    rates_version: u64,
}

impl Engine {
    fn new(site: Arc<Site>, rates: &StoredRates, threads: usize) -> Self {
        let columns = Columns::new(site.time_zone.zone());
        let view = View::of(&columns, Arc::clone(&site), Arc::new(rates.rates.clone()));
        let (costs, costs_through) = (BTreeMap::new(), 0);
        Self { columns, view, threads, costs, costs_through, site, rates_version: rates.version }
    }

    /// What advertising cost, as it was received last.
    pub(crate) fn costs(&self) -> impl Iterator<Item = &AdCost> {
        self.costs.values()
    }

    /// The last change of costs that it has.
    pub(crate) fn costs_through(&self) -> u64 {
        self.costs_through
    }

    /// Of which version the rates are.
    pub(crate) fn rates_version(&self) -> u64 {
        self.rates_version
    }

    fn bytes(&self) -> usize {
        self.columns.bytes() + self.costs.len() * 1_024
    }
}

/// Why there is no report.
#[derive(Debug)]
pub(crate) enum ReportError {
    /// The store failed, or there is too much to do.
    Store(StoreError),
    /// The site's journeys take more memory than reports may take.
    TooLarge,
}

impl From<StoreError> for ReportError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Reports {
    pub(super) fn new(bytes_max: usize, at_once: usize) -> Self {
        Self {
            held: Mutex::default(),
            rates: RwLock::default(),
            permits: Arc::new(Semaphore::new(at_once)),
            bytes_max,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            clock: AtomicU64::new(0),
            evictions: AtomicU64::new(0),
        }
    }

    fn held(&self, site: &SiteId) -> Arc<Held> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            Arc::new(Held {
                engine: RwLock::new(None),
                loading: tokio::sync::Mutex::new(()),
                last_used: AtomicU64::new(0),
                bytes: AtomicUsize::new(0),
            })
        };
        let one = held.entry(site.clone()).or_insert_with(new);
        one.last_used.store(self.clock.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        Arc::clone(one)
    }

    /// Lets sites go, the least recently used first, until the rest fits; not the one that was just asked for.
    fn evict(&self, asked: &SiteId) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes: usize = held.values().map(|one| one.bytes.load(Ordering::Relaxed)).sum();
        let mut others: Vec<_> = held
            .iter()
            .filter(|(site, _)| *site != asked)
            .map(|(site, one)| (one.last_used.load(Ordering::Relaxed), site.clone()))
            .collect();
        others.sort_unstable_by_key(|(last_used, _)| *last_used);
        for (_, site) in others {
            if bytes <= self.bytes_max {
                break;
            }
            if let Some(gone) = held.remove(&site) {
                bytes -= gone.bytes.load(Ordering::Relaxed);
                self.evictions.fetch_add(1, Ordering::Relaxed);
                tracing::debug!(site = %site, "a site's journeys were let go of, for memory");
            }
        }
    }

    /// What is in memory now.
    pub(crate) fn memory(&self) -> ReportMemory {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = held.values().map(|one| one.bytes.load(Ordering::Relaxed) as u64);
        let (sites, bytes) =
            bytes.filter(|bytes| *bytes > 0).fold((0, 0), |(sites, sum), bytes| (sites + 1, sum + bytes));
        ReportMemory { sites, bytes, evictions: self.evictions.load(Ordering::Relaxed) }
    }
}

impl App {
    /// Runs `work` over a site's journeys, as of all facts that are stored now, on a thread of its own.
    pub(crate) async fn report<T: Send + 'static>(
        &self,
        site: &Arc<Site>,
        work: impl FnOnce(&Engine) -> T + Send + 'static,
    ) -> Result<T, ReportError> {
        self.settled().await?;
        let wait = Duration::from_secs(self.limits.request_seconds) / 2;
        let permit = tokio::time::timeout(wait, Arc::clone(&self.reports.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| StoreError::Overloaded)?.map_err(|_| StoreError::Closing)?;
        let held = self.reports.held(&site.id);
        {
            let _loading = held.loading.lock().await;
            self.refresh(&held, site).await?;
        }
        let ended_early = |error: tokio::task::JoinError| StoreError::Unavailable(error.to_string());
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let engine = held.engine.read().unwrap_or_else(PoisonError::into_inner);
            engine.as_ref().map(work)
        });
        Ok(done.await.map_err(ended_early)?.ok_or(StoreError::Overloaded)?)
    }

    /// Reads what the store's logs have that the site's engine has not.
    async fn refresh(&self, held: &Arc<Held>, site: &Arc<Site>) -> Result<(), ReportError> {
        let rates = self.current_rates().await?;
        let threads = self.reports.threads;
        self.with_engine(held, {
            let (site, rates) = (Arc::clone(site), Arc::clone(&rates));
            move |place| {
                // Days begin and end with the zone: everything is put in its place again.
                let is_usable =
                    place.as_ref().is_some_and(|engine: &Engine| engine.site.time_zone == site.time_zone);
                if !is_usable {
                    *place = Some(Engine::new(site, &rates, threads));
                } else if let Some(engine) = place {
                    engine.see_under(site, &rates);
                }
            }
        })
        .await?;
        loop {
            let after = held.through();
            let changes = self.store.journeys(site.id.clone(), after.0, PIECE).await?;
            let costs = self.store.costs_since(site.id.clone(), after.1, PIECE).await?;
            let is_last = changes.len() < PIECE && costs.len() < PIECE;
            if !(changes.is_empty() && costs.is_empty()) {
                self.with_engine(held, move |place| {
                    let Some(engine) = place else { return };
                    for change in changes {
                        engine.columns.apply(change.number, change.replaces, change.journey.as_ref());
                    }
                    engine.view.catch_up(&engine.columns);
                    for stored in costs {
                        engine.costs_through = engine.costs_through.max(stored.change);
                        engine.costs.insert((stored.cost.day, stored.cost.key()), stored.cost);
                    }
                })
                .await?;
            }
            let bytes = held.bytes();
            held.bytes.store(bytes, Ordering::Relaxed);
            if bytes > self.reports.bytes_max {
                self.with_engine(held, |place| *place = None).await?;
                held.bytes.store(0, Ordering::Relaxed);
                return Err(ReportError::TooLarge);
            }
            self.reports.evict(&site.id);
            if is_last {
                return Ok(());
            }
        }
    }

    async fn with_engine(
        &self,
        held: &Arc<Held>,
        change: impl FnOnce(&mut Option<Engine>) + Send + 'static,
    ) -> Result<(), StoreError> {
        let held = Arc::clone(held);
        let done = tokio::task::spawn_blocking(move || {
            change(&mut held.engine.write().unwrap_or_else(PoisonError::into_inner));
        });
        done.await.map_err(|error| StoreError::Unavailable(error.to_string()))
    }

    /// The reference rates, read again when they changed.
    pub(crate) async fn current_rates(&self) -> Result<Arc<StoredRates>, StoreError> {
        let version = self.store.rates_version().await?;
        let known = Arc::clone(&self.reports.rates.read().unwrap_or_else(PoisonError::into_inner));
        if known.version == version {
            return Ok(known);
        }
        let read = Arc::new(self.store.rates().await?);
        *self.reports.rates.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&read);
        Ok(read)
    }
}

impl Engine {
    fn see_under(&mut self, site: Arc<Site>, rates: &StoredRates) {
        if Arc::ptr_eq(&site, &self.site) && rates.version == self.rates_version {
            return;
        }
        let known: Arc<Rates> = Arc::new(rates.rates.clone());
        self.view = self.view.clone().under(&self.columns, Arc::clone(&site), known);
        (self.site, self.rates_version) = (site, rates.version);
    }
}

impl Held {
    /// Up to which row of the logs of journeys and costs the engine has everything.
    fn through(&self) -> (u64, u64) {
        let engine = self.engine.read().unwrap_or_else(PoisonError::into_inner);
        engine.as_ref().map_or((0, 0), |engine| (engine.columns.through(), engine.costs_through))
    }

    fn bytes(&self) -> usize {
        let engine = self.engine.read().unwrap_or_else(PoisonError::into_inner);
        engine.as_ref().map_or(0, Engine::bytes)
    }
}
