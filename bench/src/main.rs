//! Measures the release binary over HTTP. Ratios are the result; absolute figures only say on what machine.

mod freshness;
mod histogram;
mod identity;
mod load;
mod made_up;
mod pages;
mod report;
mod servers;
mod uploads;
mod visits;

use anyhow::Context;
use clap::{Parser, Subcommand};
use load::{Target, Until, Window};
use servers::{Postgres, Server, Touchline};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use uploads::{References, Uploads};

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Durable uploads a second, against parsing alone and against what a team would write instead
    Upload(Options),
    /// Durable visits a second, against parsing alone; bytes of a visit; time from an upload to its match
    Visits(visits::Options),
    /// What it costs to follow facts as a site grows
    Identity(IdentityOptions),
    /// Reports over a million journeys in memory, against SQL over the same rows
    Report(report::Options),
    /// How long the server takes for each page of the demonstration
    Pages(pages::Options),
}

#[derive(clap::Args)]
struct IdentityOptions {
    /// Not needed here; scripts/bench names it always
    #[arg(long)]
    touchline: Option<PathBuf>,
    /// Visits in the store at which it is measured
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000,10000000")]
    sizes: Vec<u64>,
    /// How often each measurement is repeated; the median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

#[derive(clap::Args)]
struct Options {
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
    /// How many opportunities "full" means
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
    /// How opportunities are named
    #[arg(long, value_enum, default_value = "random")]
    references: References,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Upload(options) => upload(&options).await,
        Command::Visits(options) => visits::run(&options).await,
        Command::Identity(options) => identity::run(&options.sizes, options.rounds).await,
        Command::Pages(options) => pages::run(&options),
        Command::Report(options) => {
            report::run(&options)?;
            freshness::run(&options.served).await
        }
    }
}

async fn upload(options: &Options) -> anyhow::Result<()> {
    println!("uploads: {:?} references, windows of {} s, median of {}\n", options.references, options.seconds, options.rounds);
    for connections in &options.connections {
        compare(options, *connections).await?;
    }
    grow(options).await
}

fn target(server: &Server, token: &str, query: &str, expected_status: u16) -> Target {
    Target {
        address: server.address.clone(),
        method: "PUT",
        path: format!("/v1/bench/opportunity/upload{query}"),
        token: token.to_owned(),
        expected_status,
    }
}

/// Parsing alone, durable uploads, and the baseline, one after another and again, each on an empty store.
async fn compare(options: &Options, connections: usize) -> anyhow::Result<()> {
    let until = Until::Elapsed(Duration::from_secs(options.seconds));
    let (mut parse_only, mut durable, mut baseline) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        let touchline = Touchline::new(&options.touchline)?;
        let server = touchline.serve()?;
        let uploads = Arc::new(Uploads::new(options.references));
        let checked = target(&server, &touchline.token, "?validateOnly=true", 200);
        parse_only.push(load::run(&checked, connections, &uploads, until).await?);
        let uploads = Arc::new(Uploads::new(options.references));
        let stored = target(&server, &touchline.token, "", 201);
        durable.push(load::run(&stored, connections, &uploads, until).await?);
        server.stop()?;
        let postgres = Postgres::start()?;
        let server = servers::baseline(&postgres)?;
        let uploads = Arc::new(Uploads::new(options.references));
        let stored = target(&server, "baseline", "", 201);
        baseline.push(load::run(&stored, connections, &uploads, until).await?);
    }
    let (parse_only, durable, baseline) = (median(parse_only)?, median(durable)?, median(baseline)?);
    println!("{connections} connections, empty store          uploads/s      p50 ms      p99 ms");
    for (name, window) in [
        ("(a) parse and validate only", &parse_only),
        ("(b) durable", &durable),
        ("(c) axum + tokio-postgres", &baseline),
    ] {
        let (p50, p99) = (window.latency.quantile_ms(0.5), window.latency.quantile_ms(0.99));
        println!("  {name:<32} {:>12.0} {p50:>11.2} {p99:>11.2}", window.per_second());
    }
    println!("  (b)/(a) {:.2}    (b)/(c) {:.1}\n", ratio(&durable, &parse_only), ratio(&durable, &baseline));
    Ok(())
}

/// An empty store against a full one, in turns; memory and start-up with the full one.
async fn grow(options: &Options) -> anyhow::Result<()> {
    let connections = options.connections.iter().copied().max().context("no connections")?;
    let full = Touchline::new(&options.touchline)?;
    let full_uploads = Arc::new(Uploads::new(options.references));
    fill(options, &full, &full_uploads, connections).await?;
    let until = Until::Elapsed(Duration::from_secs(options.seconds));
    let (mut at_empty, mut at_full) = (Vec::new(), Vec::new());
    let (mut start_up, mut resident) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        let empty = Touchline::new(&options.touchline)?;
        let server = empty.serve()?;
        let uploads = Arc::new(Uploads::new(options.references));
        at_empty.push(load::run(&target(&server, &empty.token, "", 201), connections, &uploads, until).await?);
        server.stop()?;
        let server = full.serve()?;
        start_up.push(server.start_up);
        at_full.push(load::run(&target(&server, &full.token, "", 201), connections, &full_uploads, until).await?);
        resident.push((server.memory_mib("VmRSS:")?, server.memory_mib("VmHWM:")?));
        server.stop()?;
    }
    start_up.sort();
    let (at_empty, at_full) = (median(at_empty)?, median(at_full)?);
    let (rss, peak) = resident.iter().fold((0f64, 0f64), |(rss, peak), (r, p)| (rss.max(*r), peak.max(*p)));
    println!("{connections} connections                  from empty    from {} records", options.records);
    println!("  (e) durable uploads/s  {:>14.0} {:>16.0}    ratio {:.2}", at_empty.per_second(), at_full.per_second(), ratio(&at_full, &at_empty));
    println!("      p99 ms             {:>14.2} {:>16.2}", at_empty.latency.quantile_ms(0.99), at_full.latency.quantile_ms(0.99));
    println!("  (f) at {} records in the end: RSS {rss:.0} MiB, peak {peak:.0} MiB, {:.0} MiB on disk, start-up {} ms",
        full_uploads.records(), full.disk_mib()?, start_up[start_up.len() / 2].as_millis());
    Ok(())
}

/// Fills a store, printing the curve.
async fn fill(options: &Options, touchline: &Touchline, uploads: &Arc<Uploads>, connections: usize) -> anyhow::Result<()> {
    let server = touchline.serve()?;
    let stored = target(&server, &touchline.token, "", 201);
    let slice = Until::Sent((options.records / 8).max(1));
    println!("filling a store over {connections} connections: records, uploads/s of the slice, RSS");
    while uploads.records() < options.records {
        let window = load::run(&stored, connections, uploads, slice).await?;
        println!("  {:>9} {:>8.0} {:>5.0} MiB", uploads.records(), window.per_second(), server.memory_mib("VmRSS:")?);
    }
    println!();
    server.stop()
}

pub(crate) fn ratio(measured: &Window, against: &Window) -> f64 {
    measured.per_second() / against.per_second()
}

pub(crate) fn median(mut windows: Vec<Window>) -> anyhow::Result<Window> {
    windows.sort_by(|a, b| a.per_second().total_cmp(&b.per_second()));
    let middle = windows.len() / 2;
    windows.into_iter().nth(middle).context("no windows")
}
