//! Visits over HTTP: how many a second, how large on disk, and how soon an uploaded opportunity is matched.

use crate::histogram::Histogram;
use crate::load::{self, Bodies, Connection, Target, Until};
use crate::servers::{Server, Touchline};
use crate::{median, ratio};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use touchline_domain::{Identifier, SiteId, Text};
use touchline_store::sample::{SampleFact, SampleSite};

/// How many different bodies there are; they come round again.
const BODIES: usize = 400_000;

/// Visits a second beside the uploads whose match is waited for.
const BACKGROUND_PER_SECOND: u64 = 1_000;

#[derive(clap::Args)]
pub struct Options {
    /// The binary to measure
    #[arg(long)]
    touchline: PathBuf,
    /// Keep-alive connections
    #[arg(long, value_delimiter = ',', default_value = "64,256")]
    connections: Vec<usize>,
    /// How long each window of load is
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How often each window is repeated; the median counts
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How many visits "full" means
    #[arg(long, default_value_t = 1_000_000)]
    visits: u64,
    /// How many uploads are waited for until they are matched
    #[arg(long, default_value_t = 2_000)]
    uploads: usize,
}

pub async fn run(options: &Options) -> anyhow::Result<()> {
    let visits = Arc::new(Visits::made_up()?);
    println!("visits: bodies of {} bytes on average, windows of {} s, median of {}\n", visits.size(), options.seconds, options.rounds);
    for connections in &options.connections {
        compare(options, &visits, *connections).await?;
    }
    size(options, &visits).await?;
    freshness(options, &visits).await
}

fn target(server: &Server, token: &str, query: &str, expected_status: u16) -> Target {
    let path = format!("/api/v1/sites/bench/visits{query}");
    Target { address: server.address.clone(), method: "POST", path, token: token.to_owned(), expected_status }
}

/// Parsing alone and durable visits, in turns, each on an empty store.
async fn compare(options: &Options, visits: &Arc<Visits>, connections: usize) -> anyhow::Result<()> {
    let until = Until::Elapsed(Duration::from_secs(options.seconds));
    let (mut parse_only, mut durable) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        let touchline = Touchline::new(&options.touchline)?;
        let server = touchline.serve()?;
        let checked = target(&server, &touchline.token, "?validateOnly=true", 200);
        parse_only.push(load::run(&checked, connections, visits, until).await?);
        let stored = target(&server, &touchline.token, "", 201);
        durable.push(load::run(&stored, connections, visits, until).await?);
        server.stop()?;
    }
    let (parse_only, durable) = (median(parse_only)?, median(durable)?);
    println!("{connections} connections, empty store           visits/s      p50 ms      p99 ms");
    for (name, window) in [("(a) parse and validate only", &parse_only), ("(b) durable", &durable)] {
        let (p50, p99) = (window.latency.quantile_ms(0.5), window.latency.quantile_ms(0.99));
        println!("  {name:<32} {:>12.0} {p50:>11.2} {p99:>11.2}", window.per_second());
    }
    println!("  (b)/(a) {:.2}\n", ratio(&durable, &parse_only));
    Ok(())
}

/// A store of visits alone, after a clean stop.
async fn size(options: &Options, visits: &Arc<Visits>) -> anyhow::Result<()> {
    let touchline = Touchline::new(&options.touchline)?;
    let server = touchline.serve()?;
    let stored = target(&server, &touchline.token, "", 201);
    let window = load::run(&stored, 256, visits, Until::Sent(options.visits)).await?;
    let peak = server.memory_mib("VmHWM:")?;
    server.stop()?;
    let bytes = touchline.disk_mib()? * 1024.0 * 1024.0 / window.requests as f64;
    println!("(c) {} visits: {bytes:.0} bytes on disk each, after a clean stop; memory peak {peak:.0} MiB\n", window.requests);
    Ok(())
}

/// From the answer to an upload until a list that waits for matches shows it matched, beside a load of visits.
async fn freshness(options: &Options, visits: &Arc<Visits>) -> anyhow::Result<()> {
    let touchline = Touchline::new(&options.touchline)?;
    let server = touchline.serve()?;
    let background = target(&server, &touchline.token, "", 201);
    let visits = Arc::clone(visits);
    let steady = tokio::spawn(async move { pace(&background, visits.as_ref()).await });
    let mut connection = Connection::open(&server.address).await?;
    let to = |method, path: String, expected_status| Target {
        address: server.address.clone(),
        method,
        path,
        token: touchline.token.clone(),
        expected_status,
    };
    let form = load::head(&to("PUT", "/v1/bench/webconversion".into(), 201));
    let deal = load::head(&to("PUT", "/v1/bench/opportunity/upload".into(), 201));
    let mut latency = Histogram::default();
    for number in 0..options.uploads {
        let email = format!("person{number}@example.com");
        let body = json!({ "Reference": format!("F{number}"), "CaptureDateTime": "2024-01-15T09:30:00",
            "VisitorIdentifierOptions": [{ "Key": "RaId", "Value": format!("visitor-{number}") }],
            "Payload": [{ "Key": "email", "Value": email }] });
        connection.send(&form, body.to_string().as_bytes(), 201).await?;
        let body = json!({ "Reference": format!("D{number}"), "OpportunityValue": 100, "CurrencyCode": "GBP",
            "PipelineStage": "New", "OpportunityDateTime": "2024-02-15",
            "VisitorIdentifierOptions": [{ "Key": "EmailAddress", "Value": email }] });
        connection.send(&deal, body.to_string().as_bytes(), 201).await?;
        let path = format!("/api/v1/sites/bench/opportunities?matched=true&email={email}");
        let list = load::head(&to("GET", path, 200));
        let began = Instant::now();
        let answer = connection.send(&list, b"", 200).await?;
        latency.record(began.elapsed());
        anyhow::ensure!(String::from_utf8_lossy(answer).contains(&format!("\"D{number}\"")), "it was not matched");
    }
    steady.abort();
    println!(
        "(d) {} uploads beside {BACKGROUND_PER_SECOND} visits/s: matched p50 {:.1} ms, p99 {:.1} ms after the answer",
        options.uploads,
        latency.quantile_ms(0.5),
        latency.quantile_ms(0.99)
    );
    server.stop()
}

/// A steady load, ten at a time.
async fn pace(target: &Target, visits: &Visits) -> anyhow::Result<()> {
    let mut connection = Connection::open(&target.address).await?;
    let head = load::head(target);
    let mut interval = tokio::time::interval(Duration::from_millis(10_000 / BACKGROUND_PER_SECOND));
    let mut body = Vec::new();
    loop {
        interval.tick().await;
        for _ in 0..10 {
            body.clear();
            visits.write_next(&mut body);
            connection.send(&head, &body, 201).await?;
        }
    }
}

/// Bodies of the made-up site's visits: some visitors come once, others come back; most have a Google client id.
struct Visits {
    bodies: Vec<Vec<u8>>,
    next: AtomicUsize,
}

impl Visits {
    fn made_up() -> anyhow::Result<Self> {
        let site = SiteId::parse("bench").map_err(anyhow::Error::msg)?;
        let now = touchline_domain::Instant::from_micros(1_750_000_000_000_000);
        let sample = SampleSite::new(1, site, now, 365);
        let (mut bodies, mut person) = (Vec::with_capacity(BODIES), 0);
        while bodies.len() < BODIES {
            for fact in sample.person(person).map_err(anyhow::Error::msg)? {
                let SampleFact::Visit(new) = fact else { continue };
                let visit = new.visit;
                let body = json!({
                    "raId": visit.visitor.value(), "at": visit.at.to_string(), "url": visit.landing_page.as_str(),
                    "referrer": visit.referrer.as_ref().map(Text::as_str), "title": visit.title.as_ref().map(Text::as_str),
                    "cookie": visit.cookie.as_ref().map(Identifier::value),
                    "screen": visit.screen.map(|screen| screen.to_string()),
                    "userAgent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36",
                });
                bodies.push(body.to_string().into_bytes());
            }
            person += 1;
        }
        Ok(Self { bodies, next: AtomicUsize::new(0) })
    }

    fn size(&self) -> usize {
        self.bodies.iter().map(Vec::len).sum::<usize>() / self.bodies.len()
    }
}

impl Bodies for Visits {
    fn write_next(&self, body: &mut Vec<u8>) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        body.extend_from_slice(&self.bodies[number % self.bodies.len()]);
    }
}
