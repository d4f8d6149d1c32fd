use super::App;
use crate::metrics::ReportMemory;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use touchline_domain::cost::CostKey;
use touchline_domain::report::{Columns, Traffic, View};
use touchline_domain::{AdCost, Day, Instant, Site, SiteId, StoredConversion, StoredCost, StoredVisit};
use touchline_store::{StoreError, StoredRates, TrafficPage};

/// How many rows of a log are read at a time.
const PIECE: usize = 5_000;

/// How many changes are looked at at a time when visits and conversions are counted.
pub(super) const TRAFFIC_PIECE: u64 = 20_000;

/// Sites' journeys in memory, for reports.
///
/// A site is loaded when it is first asked for and follows the store's logs from then on. When all of them together take
/// more memory than they may, those go that were not asked for the longest.
pub(crate) struct Reports {
    held: Mutex<HashMap<SiteId, Arc<Held>>>,
    permits: Arc<Semaphore>,
    bytes_max: usize,
    threads: usize,
    clock: AtomicU64,
    evictions: AtomicU64,
}

/// A site's place, loaded or not.
#[derive(Default)]
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
    traffic: Option<Counted>,
    site: Arc<Site>,
    rates_version: u64,
}

/// Traffic as it was counted.
struct Counted {
    traffic: Traffic,
    /// The store's number of deletions.
    deletions: u64,
    /// Under which settings visits were told apart.
    site: Arc<Site>,
}

/// What a report is to be made of.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asked {
    /// What was known at a past moment, instead of now.
    pub(crate) as_of: Option<Instant>,
    /// Also the visits and conversions of everybody.
    pub(crate) traffic: bool,
}

impl Engine {
    pub(super) fn new(site: Arc<Site>, rates: &StoredRates, threads: usize) -> Self {
        let columns = Columns::new(site.time_zone.zone());
        let view = View::of(&columns, Arc::clone(&site), Arc::clone(&rates.rates));
        Self {
            columns,
            view,
            threads,
            costs: BTreeMap::new(),
            costs_through: 0,
            traffic: None,
            site,
            rates_version: rates.version,
        }
    }

    /// What advertising cost, as it was received last.
    pub(crate) fn costs(&self) -> impl Iterator<Item = &AdCost> {
        self.costs.values()
    }

    /// The last change of costs that it has.
    pub(crate) fn costs_through(&self) -> u64 {
        self.costs_through
    }

    /// Visits and conversions of everybody, if they were asked for.
    pub(crate) fn traffic(&self) -> Option<&Traffic> {
        self.traffic.as_ref().map(|counted| &counted.traffic)
    }

    /// Counts what a page has. One from after a deletion begins the counting anew. Answers from where to go on, if that is
    /// not the end.
    pub(super) fn take_traffic(&mut self, page: TrafficPage, until: Option<Instant>) -> Option<u64> {
        let is_current = self.traffic.as_ref().is_some_and(|counted| {
            counted.deletions == page.deletions && counted.site.visits == self.site.visits
        });
        if !is_current {
            let traffic = Traffic::new(self.site.visits);
            let (deletions, site) = (page.deletions, Arc::clone(&self.site));
            let was_begun = self.traffic.replace(Counted { traffic, deletions, site }).is_some();
            if was_begun {
                return Some(0);
            }
        }
        let Some(Counted { traffic, .. }) = &mut self.traffic else { return None };
        let mut visits = page.visits.iter().peekable();
        let mut conversions = page.conversions.iter().peekable();
        let is_known = |at: Instant| until.is_none_or(|until| at <= until);
        loop {
            let change = |v: Option<&&StoredVisit>, c: Option<&&StoredConversion>| match (v, c) {
                (Some(visit), Some(conversion)) => Some(visit.change < conversion.change),
                (Some(_), None) => Some(true),
                (None, Some(_)) => Some(false),
                (None, None) => None,
            };
            match change(visits.peek(), conversions.peek()) {
                Some(true) => {
                    if let Some(visit) = visits.next().filter(|visit| is_known(visit.received_at)) {
                        traffic.visit(&mut self.columns, visit);
                    }
                }
                Some(false) => {
                    if let Some(one) = conversions.next().filter(|one| is_known(one.received_at)) {
                        traffic.conversion(&mut self.columns, one);
                    }
                }
                None => break,
            }
        }
        traffic.advance(page.through);
        self.view.catch_up(&self.columns);
        (!page.is_last).then_some(page.through)
    }

    /// Takes in costs, each in place of what was received before of its day and key.
    pub(super) fn take_costs(&mut self, costs: impl IntoIterator<Item = StoredCost>) {
        for stored in costs {
            self.costs_through = self.costs_through.max(stored.change);
            self.costs.insert((stored.cost.day, stored.cost.key()), stored.cost);
        }
    }

    /// Of which version the rates are.
    pub(crate) fn rates_version(&self) -> u64 {
        self.rates_version
    }

    fn bytes(&self) -> usize {
        let traffic = self.traffic.as_ref().map_or(0, |counted| counted.traffic.bytes());
        self.columns.bytes() + self.costs.len() * 1_024 + traffic
    }
}

/// Why there is no report.
#[derive(Debug)]
pub(crate) enum ReportError {
    /// The store failed, or has too much to do.
    Store(StoreError),
    /// As many reports are worked out as may be at once, and none ended in time.
    Busy,
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
            permits: Arc::new(Semaphore::new(at_once)),
            bytes_max,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            clock: AtomicU64::new(0),
            evictions: AtomicU64::new(0),
        }
    }

    fn held(&self, site: &SiteId) -> Arc<Held> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let one = held.entry(site.clone()).or_default();
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

    /// How many of a site's journeys are in memory, for who waits; 0 as well when that cannot be told at once.
    pub(crate) fn journeys_read(&self, site: &SiteId) -> usize {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).get(site).cloned();
        let read = |held: &Held| held.engine.try_read().ok()?.as_ref().map(|engine| engine.columns.len());
        held.and_then(|held| read(&held)).unwrap_or(0)
    }

    pub(super) fn threads(&self) -> usize {
        self.threads
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
    pub(super) async fn report_now<T: Send + 'static>(
        &self,
        site: &Arc<Site>,
        wants_traffic: bool,
        work: impl FnOnce(&Engine) -> T + Send + 'static,
    ) -> Result<T, ReportError> {
        self.settled().await?;
        let permit = self.permit().await?;
        let held = self.reports.held(&site.id);
        {
            let _loading = held.loading.lock().await;
            self.refresh(&held, site).await?;
            if wants_traffic {
                self.refresh_traffic(&held, site).await?;
            }
        }
        let ended_early = |error: tokio::task::JoinError| StoreError::Unavailable(error.to_string());
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let engine = held.engine.read().unwrap_or_else(PoisonError::into_inner);
            engine.as_ref().map(work)
        });
        Ok(done.await.map_err(ended_early)?.ok_or(StoreError::Overloaded)?)
    }

    /// Waits until a report may be worked out.
    pub(super) async fn permit(&self) -> Result<OwnedSemaphorePermit, ReportError> {
        let wait = Duration::from_secs(self.limits.request_seconds) / 2;
        let permit = tokio::time::timeout(wait, Arc::clone(&self.reports.permits).acquire_owned()).await;
        Ok(permit.map_err(|_| ReportError::Busy)?.map_err(|_| StoreError::Closing)?)
    }

    /// Reads what the store's logs have that the site's engine has not.
    async fn refresh(&self, held: &Arc<Held>, site: &Arc<Site>) -> Result<(), ReportError> {
        let rates = self.rates().await?;
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
                        engine.columns.apply(change.number, change.first, change.journey.as_ref());
                    }
                    engine.view.catch_up(&engine.columns);
                    engine.take_costs(costs);
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

    /// Counts visits and conversions that came in since.
    async fn refresh_traffic(&self, held: &Arc<Held>, site: &Arc<Site>) -> Result<(), ReportError> {
        let mut next = Some(held.traffic_through());
        while let Some(after) = next {
            let page = self.store.traffic(site.id.clone(), after, TRAFFIC_PIECE).await?;
            next = self
                .with_engine(held, move |place| {
                    place.as_mut().and_then(|engine| engine.take_traffic(page, None))
                })
                .await?;
            if held.bytes() > self.reports.bytes_max {
                // Reports without traffic go on.
                let without = |place: &mut Option<Engine>| place.as_mut().map(|engine| engine.traffic.take());
                self.with_engine(held, without).await?;
                return Err(ReportError::TooLarge);
            }
        }
        held.bytes.store(held.bytes(), Ordering::Relaxed);
        self.reports.evict(&site.id);
        Ok(())
    }

    async fn with_engine<T: Send + 'static>(
        &self,
        held: &Arc<Held>,
        change: impl FnOnce(&mut Option<Engine>) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let held = Arc::clone(held);
        let done = tokio::task::spawn_blocking(move || {
            change(&mut held.engine.write().unwrap_or_else(PoisonError::into_inner))
        });
        done.await.map_err(|error| StoreError::Unavailable(error.to_string()))
    }
}

impl Engine {
    fn see_under(&mut self, site: Arc<Site>, rates: &StoredRates) {
        if Arc::ptr_eq(&site, &self.site) && rates.version == self.rates_version {
            return;
        }
        let known = Arc::clone(&rates.rates);
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

    /// Up to which change traffic is counted.
    fn traffic_through(&self) -> u64 {
        let engine = self.engine.read().unwrap_or_else(PoisonError::into_inner);
        engine.as_ref().and_then(Engine::traffic).map_or(0, Traffic::through)
    }

    fn bytes(&self) -> usize {
        let engine = self.engine.read().unwrap_or_else(PoisonError::into_inner);
        engine.as_ref().map_or(0, Engine::bytes)
    }
}
