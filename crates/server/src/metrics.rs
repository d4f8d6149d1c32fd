//! What Touchline counts about itself, for Prometheus. Nothing here names a site, token or person.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::time::Duration;
use touchline_store::StoreStats;

/// Half a millisecond to ten seconds.
const LATENCY_BUCKETS: [f64; 13] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    method: &'static str,
    status: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
    method: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabels {
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VisitLabels {
    crawler: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ConversionLabels {
    kind: &'static str,
    result: &'static str,
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

/// The counters that requests move.
pub(crate) struct Metrics {
    requests: Family<RequestLabels, Counter>,
    latency: Family<RouteLabels, Histogram, fn() -> Histogram>,
    rejected: Family<CodeLabels, Counter>,
    uploads: Family<OutcomeLabels, Counter>,
    generated_references: Counter,
    stage_case_mismatches: Counter,
    visits: Family<VisitLabels, Counter>,
    conversions: Family<ConversionLabels, Counter>,
    costs: Family<OutcomeLabels, Counter>,
    collector_refusals: Family<CodeLabels, Counter>,
    intake_dropped: Counter,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let latency: fn() -> Histogram = || Histogram::new(LATENCY_BUCKETS);
        Self {
            requests: Family::default(),
            latency: Family::new_with_constructor(latency),
            rejected: Family::default(),
            uploads: Family::default(),
            generated_references: Counter::default(),
            stage_case_mismatches: Counter::default(),
            visits: Family::default(),
            conversions: Family::default(),
            costs: Family::default(),
            collector_refusals: Family::default(),
            intake_dropped: Counter::default(),
        }
    }

    /// An answered request. `route` is the route's pattern, never the path itself.
    pub(crate) fn answered(&self, route: &str, method: &'static str, status: u16, took: Duration) {
        let labels = RequestLabels { route: route.to_owned(), method, status: u32::from(status) };
        self.requests.get_or_create(&labels).inc();
        let labels = RouteLabels { route: labels.route, method };
        self.latency.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// A request, or an item of a batch, that was refused.
    pub(crate) fn rejected(&self, code: &'static str) {
        self.rejected.get_or_create(&CodeLabels { code }).inc();
    }

    /// A stored or repeated upload.
    pub(crate) fn uploaded(&self, result: &'static str) {
        self.uploads.get_or_create(&OutcomeLabels { result }).inc();
    }

    /// An upload without a reference, which was given one.
    pub(crate) fn reference_generated(&self) {
        self.generated_references.inc();
    }

    /// An upload whose stage is configured in another case.
    pub(crate) fn stage_case_mismatch(&self) {
        self.stage_case_mismatches.inc();
    }

    /// Stored visits.
    pub(crate) fn visited(&self, people: usize, crawlers: usize) {
        for (crawler, count) in [("no", people), ("yes", crawlers)] {
            if count > 0 {
                self.visits.get_or_create(&VisitLabels { crawler }).inc_by(count as u64);
            }
        }
    }

    /// A stored or repeated conversion.
    pub(crate) fn converted(&self, kind: &'static str, result: &'static str) {
        self.conversions.get_or_create(&ConversionLabels { kind, result }).inc();
    }

    /// A stored or repeated cost of advertising.
    pub(crate) fn cost(&self, result: &'static str) {
        self.costs.get_or_create(&OutcomeLabels { result }).inc();
    }

    /// A browser's report that was refused.
    pub(crate) fn collector_refused(&self, code: &'static str) {
        self.collector_refusals.get_or_create(&CodeLabels { code }).inc();
    }

    /// Refusals and batches that were not noted.
    pub(crate) fn intake_dropped(&self, entries: usize) {
        self.intake_dropped.inc_by(entries as u64);
    }

    /// Everything in the `OpenMetrics` text format, with the store's own figures.
    pub(crate) fn encode(
        &self,
        stats: Option<StoreStats>,
        reports: &ReportMemory,
    ) -> Result<String, std::fmt::Error> {
        let mut registry = Registry::with_prefix("touchline");
        registry.register("http_requests", "Requests answered", self.requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time from a request's head to its answer",
            Unit::Seconds,
            self.latency.clone(),
        );
        registry.register(
            "rejected",
            "Requests and batch items refused, by error code",
            self.rejected.clone(),
        );
        registry.register("uploads", "Uploads of records, by what they did", self.uploads.clone());
        registry.register(
            "generated_references",
            "Uploads without a reference that were given one",
            self.generated_references.clone(),
        );
        registry.register(
            "stage_case_mismatches",
            "Uploads whose stage is configured in another case",
            self.stage_case_mismatches.clone(),
        );
        self.register_ingest(&mut registry);
        register_reports(&mut registry, reports);
        if let Some(stats) = stats {
            register_store(&mut registry, stats);
        }
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }

    fn register_ingest(&self, registry: &mut Registry) {
        registry.register(
            "visits",
            "Reports of visits stored, by whether a crawler made them",
            self.visits.clone(),
        );
        registry.register(
            "conversions",
            "Reports of conversions, by kind and by what they did",
            self.conversions.clone(),
        );
        registry.register("ad_costs", "Costs of advertising, by what they did", self.costs.clone());
        registry.register(
            "collector_refusals",
            "Reports of browsers refused, by error code",
            self.collector_refusals.clone(),
        );
        let help = "Refusals and batches that the intake log has no note of, because too many came or it could not be written";
        registry.register("intake_dropped", help, self.intake_dropped.clone());
    }
}

fn register_reports(registry: &mut Registry, memory: &ReportMemory) {
    let mut gauge =
        |name, help, value: u64| registry.register(name, help, ConstGauge::new(value.cast_signed()));
    gauge("report_memory_bytes", "Memory that journeys take for reports", memory.bytes);
    gauge("report_memory_sites", "Sites whose journeys are in memory", memory.sites);
    let help = "Sites whose journeys were let go of, for memory";
    registry.register("report_memory_evictions", help, ConstCounter::new(memory.evictions));
}

/// The store counts for itself; its figures are copied in when they are asked for. Batch size is
/// `store_committed_writes / store_commits`, commit time `store_commit_seconds / store_commits`.
#[expect(clippy::cast_precision_loss, reason = "microseconds of commits stay far below 2^52")]
fn register_store(registry: &mut Registry, stats: StoreStats) {
    let mut gauge =
        |name, help, value: u64| registry.register(name, help, ConstGauge::new(value.cast_signed()));
    gauge("store_size_bytes", "Bytes on disk, the write-ahead log included", stats.bytes);
    gauge("store_queue_depth", "Units of work waiting to be written", stats.queue_depth);
    gauge("store_changes_behind", "Facts that records are not matched by yet", stats.changes_behind);
    let mut counter = |name, help, value: u64| registry.register(name, help, ConstCounter::new(value));
    counter("store_commits", "Transactions committed", stats.commits);
    counter("store_committed_writes", "Units of work in those transactions", stats.committed_writes);
    counter("store_failed_commits", "Transactions that failed and were rolled back", stats.failed_commits);
    let seconds = stats.commit_micros as f64 / 1e6;
    let help = "Time spent in those transactions";
    registry.register_with_unit("store_commit", help, Unit::Seconds, ConstCounter::new(seconds));
}
