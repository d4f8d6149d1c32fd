//! What it costs to follow facts as a site grows: the store alone, in this process, fed with a made-up site.

use anyhow::Context;
use std::time::{Duration, Instant};
use touchline_domain::SiteId;
use touchline_store::sample::{SampleFact, SampleSite};
use touchline_store::sqlite::SqliteOptions;
use touchline_store::{NewVisit, SqliteStore, Store};

/// How many facts are followed in one measurement.
const WINDOW: usize = 20_000;

/// How many facts are stored in one call while a store is filled.
const PIECE: usize = 2_000;

/// What one size came to.
struct Measured {
    visits: u64,
    micros_per_fact: f64,
    cpu_micros_per_fact: f64,
    bytes_per_visit: f64,
}

/// Fills one store to each of `sizes` (visits), and measures there.
pub async fn run(sizes: &[u64], rounds: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("touchline.db");
    let store = SqliteStore::open(&path, &SqliteOptions { gathered_names: 400_000, ..SqliteOptions::default() })?;
    let site = SiteId::parse("bench").map_err(anyhow::Error::msg)?;
    let now = touchline_domain::Instant::from_micros(1_750_000_000_000_000);
    store.add_site(SampleSite::settings(site.clone(), now).map_err(anyhow::Error::msg)?).await?;
    let mut feed = Feed { sample: SampleSite::new(1, site, now, 365), person: 0, visits: 0, facts: 0 };
    println!("identity: a store grows; {WINDOW} more facts of all kinds are followed at each size, median of {rounds}\n");
    println!("      visits    µs a fact    CPU µs a fact    bytes on disk a visit (with its share of all else)");
    let mut all = Vec::new();
    for size in sizes {
        while feed.visits < *size {
            feed.store_piece(&store, PIECE).await?;
            drain(&store).await?;
        }
        let (mut micros, mut cpu_micros) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let before = feed.facts;
            // A small store must not grow out of its size while it is measured.
            let window = WINDOW.min(usize::try_from(*size)?);
            while feed.facts - before < window {
                feed.store_piece(&store, PIECE.min(window)).await?;
            }
            let cpu_before = cpu_time()?;
            let took = drain(&store).await?;
            let facts = (feed.facts - before) as f64;
            micros.push(took.as_secs_f64() * 1e6 / facts);
            cpu_micros.push((cpu_time()? - cpu_before).as_secs_f64() * 1e6 / facts);
        }
        micros.sort_by(f64::total_cmp);
        cpu_micros.sort_by(f64::total_cmp);
        let bytes = store.stats().await?.bytes as f64 / feed.visits as f64;
        let measured = Measured {
            visits: feed.visits,
            micros_per_fact: micros[micros.len() / 2],
            cpu_micros_per_fact: cpu_micros[cpu_micros.len() / 2],
            bytes_per_visit: bytes,
        };
        println!(
            "  {:>10} {:>12.1} {:>16.1} {:>16.0}",
            measured.visits, measured.micros_per_fact, measured.cpu_micros_per_fact, measured.bytes_per_visit
        );
        all.push(measured);
    }
    let (first, last) = (all.first().context("no sizes")?, all.last().context("no sizes")?);
    println!(
        "\n  from {} to {} visits: ratio {:.2}, of CPU time {:.2}",
        first.visits,
        last.visits,
        last.micros_per_fact / first.micros_per_fact,
        last.cpu_micros_per_fact / first.cpu_micros_per_fact
    );
    store.close().await?;
    Ok(())
}

/// The made-up site, person after person.
struct Feed {
    sample: SampleSite,
    person: u64,
    visits: u64,
    facts: usize,
}

impl Feed {
    /// Stores about so many facts.
    async fn store_piece(&mut self, store: &SqliteStore, size: usize) -> anyhow::Result<()> {
        let (mut visits, mut conversions, mut uploads): (Vec<NewVisit>, Vec<_>, Vec<_>) = Default::default();
        while visits.len() + conversions.len() + uploads.len() < size {
            for fact in self.sample.person(self.person).map_err(anyhow::Error::msg)? {
                match fact {
                    SampleFact::Visit(visit) => visits.push(visit),
                    SampleFact::Conversion(conversion) => conversions.push(conversion),
                    SampleFact::Record(upload) => uploads.push(upload),
                }
            }
            self.person += 1;
        }
        self.visits += visits.len() as u64;
        self.facts += visits.len() + conversions.len() + uploads.len();
        store.add_visits(visits).await?;
        store.add_conversions(conversions).await?;
        store.upload(uploads).await?;
        Ok(())
    }
}

/// Follows everything and answers how long it took.
async fn drain(store: &SqliteStore) -> anyhow::Result<Duration> {
    let began = Instant::now();
    while !store.follow(2_000).await?.is_done() {}
    Ok(began.elapsed())
}

/// CPU time of this process. Unlike the clock's time it does not grow when the machine does other work too.
fn cpu_time() -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit_once(')').context("no name in /proc/self/stat")?.1;
    let ticks: Vec<u64> = after_name.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    // Linux counts them in hundredths of a second for programs.
    Ok(Duration::from_millis(ticks.iter().sum::<u64>() * 10))
}
