//! Reports of a running server: how soon a report shows what was uploaded, beside a load of uploads, and how long the
//! first report of a large site takes, which loads its journeys.

use crate::histogram::Histogram;
use crate::load::{self, Bodies, Connection, Target};
use crate::servers::{Server, Touchline};
use crate::uploads::{References, Uploads};
use anyhow::Context;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use touchline_domain::record::{Particulars, RecordKey, RecordKind, Reference, Version};
use touchline_domain::{
    Conversion, ConversionKind, Country, Currency, DeviceClass, Identifier, IdentifierKind, Moment, Money, Overrides,
    PageUrl, SiteId, Text, Visit,
};
use touchline_store::sqlite::SqliteOptions;
use touchline_store::{NewConversion, NewVisit, SqliteStore, Store, Upload};

/// Uploads a second beside those that are waited for.
const BACKGROUND_PER_SECOND: u64 = 1_000;

/// Visits of each person of the large site.
const VISITS: u64 = 9;

/// How many people are stored in one call.
const PIECE: u64 = 500;

#[derive(clap::Args)]
pub struct Options {
    /// The binary to measure
    #[arg(long)]
    touchline: PathBuf,
    /// How many uploads are waited for until a report shows them
    #[arg(long, default_value_t = 1_000)]
    uploads: usize,
    /// How many records, each with ten visits, a store has whose first report is waited for
    #[arg(long, default_value_t = 1_000_000)]
    stored: u64,
}

pub async fn run(options: &Options) -> anyhow::Result<()> {
    shown(options).await?;
    loaded(options).await
}

fn target(server: &Server, touchline: &Touchline, method: &'static str, path: &str, expected_status: u16) -> Target {
    let (address, token) = (server.address.clone(), touchline.token.clone());
    Target { address, method, path: path.to_owned(), token, expected_status }
}

/// From an upload's answer until the answer to a report that holds it.
async fn shown(options: &Options) -> anyhow::Result<()> {
    let touchline = Touchline::new(&options.touchline)?;
    let server = touchline.serve()?;
    let uploads = Arc::new(Uploads::new(References::Random));
    let background = target(&server, &touchline, "PUT", "/v1/bench/opportunity/upload", 201);
    let steady = tokio::spawn(async move { pace(&background, uploads.as_ref()).await });
    let mut connection = Connection::open(&server.address).await?;
    let upload = load::head(&target(&server, &touchline, "PUT", "/v1/bench/revenue/upload", 201));
    let report = load::head(&target(&server, &touchline, "GET", "/api/v1/sites/bench/report?kind=revenue", 200));
    let mut latency = Histogram::default();
    for number in 1..=options.uploads {
        let body = json!({ "Reference": format!("R{number}"), "Value": 1, "CurrencyCode": "GBP",
            "RevenueClosedDate": "2024-02-15", "Labels": ["bench"],
            "VisitorIdentifierOptions": [{ "Key": "EmailAddress", "Value": format!("person{number}@example.com") }] });
        connection.send(&upload, body.to_string().as_bytes(), 201).await?;
        let began = Instant::now();
        let answer = String::from_utf8_lossy(connection.send(&report, b"", 200).await?).into_owned();
        latency.record(began.elapsed());
        let expected = format!("\"value\":\"{number}.00\"");
        anyhow::ensure!(answer.contains(&expected), "the report does not show upload {number}: {answer}");
    }
    steady.abort();
    println!(
        "\n{} uploads beside {BACKGROUND_PER_SECOND} uploads/s: shown by a report p50 {:.1} ms, p99 {:.1} ms after the answer (goal 100)",
        options.uploads,
        latency.quantile_ms(0.5),
        latency.quantile_ms(0.99)
    );
    server.stop()
}

/// A steady load, ten at a time.
async fn pace(target: &Target, uploads: &Uploads) -> anyhow::Result<()> {
    let mut connection = Connection::open(&target.address).await?;
    let head = load::head(target);
    let mut interval = tokio::time::interval(Duration::from_millis(10_000 / BACKGROUND_PER_SECOND));
    let mut body = Vec::new();
    loop {
        interval.tick().await;
        for _ in 0..10 {
            body.clear();
            uploads.write_next(&mut body);
            connection.send(&head, &body, 201).await?;
        }
    }
}

/// The first report after a start, and the ones after it.
async fn loaded(options: &Options) -> anyhow::Result<()> {
    let touchline = Touchline::new(&options.touchline)?;
    let path = touchline.data.path().join("touchline.db");
    let store = SqliteStore::open(&path, &SqliteOptions { gathered_names: 400_000, ..SqliteOptions::default() })?;
    let began = Instant::now();
    for first in (0..options.stored).step_by(usize::try_from(PIECE)?) {
        store_people(&store, first..options.stored.min(first + PIECE)).await?;
        while !store.follow(2_000).await?.is_done() {}
    }
    store.close().await?;
    println!(
        "\n{} records with {} touches each stored and followed in {:.0} s; {:.0} MiB",
        options.stored,
        VISITS + 1,
        began.elapsed().as_secs_f64(),
        touchline.disk_mib()?
    );
    drop(store);
    let server = touchline.serve()?;
    let report = load::head(&target(&server, &touchline, "GET", "/api/v1/sites/bench/report", 200));
    let mut connection = Connection::open(&server.address).await?;
    for name in ["first report, which loads them", "second", "third"] {
        let before = Instant::now();
        connection.send(&report, b"", 200).await?;
        println!("  {name:<32} {:>8.0} ms", before.elapsed().as_secs_f64() * 1e3);
    }
    println!("  memory                           {:>8.0} MiB", server.memory_mib("VmRSS:")?);
    server.stop()
}

async fn store_people(store: &SqliteStore, people: std::ops::Range<u64>) -> anyhow::Result<()> {
    let site = SiteId::parse("bench").map_err(anyhow::Error::msg)?;
    let named = |kind, value: &str| {
        let country = Country::parse("GB").map_err(anyhow::Error::msg)?;
        Identifier::parse(kind, value, country).map_err(anyhow::Error::msg)
    };
    let (mut visits, mut forms, mut deals) = (Vec::new(), Vec::new(), Vec::new());
    for person in people {
        let visitor = named(IdentifierKind::RaId, &format!("visitor-{person}"))?;
        let email = named(IdentifierKind::EmailAddress, &format!("person{person}@example.com"))?;
        let first = touchline_domain::Instant::from_micros(1_700_000_000_000_000);
        for visit in 0..=VISITS {
            let at = first.plus_seconds(i64::try_from(person % 1_000_000 + visit * 86_400)?);
            visits.push(NewVisit { site: site.clone(), received_at: at, visit: made_up(&visitor, at, person + visit)? });
        }
        let sent = first.plus_seconds(i64::try_from(person % 1_000_000 + 43_200)?);
        let mut identifiers = vec![visitor, email.clone()];
        identifiers.sort();
        let occurred = Moment { at: sent, date_only: false };
        let conversion = Conversion {
            kind: ConversionKind::Web,
            reference: Reference::parse(&format!("F{person}")).map_err(anyhow::Error::msg)?,
            occurred,
            identifiers,
            page: None,
            name: None,
            payload: Vec::new(),
            overrides: Overrides::default(),
            call: None,
        };
        forms.push(NewConversion { site: site.clone(), received_at: sent, conversion });
        let reference = Reference::parse(&format!("OPP-{person}")).map_err(anyhow::Error::msg)?;
        let at = first.plus_seconds(i64::try_from(person % 1_000_000 + 40 * 86_400)?);
        let version = Version {
            occurred: Moment { at, date_only: false },
            value: Money {
                minor: i64::try_from(1_000 + person % 1_000_000)?,
                currency: Currency::parse("GBP").map_err(anyhow::Error::msg)?,
            },
            particulars: Particulars::Opportunity { stage: Text::parse("Won").map_err(anyhow::Error::msg)? },
            identifiers: vec![email],
            labels: None,
            properties: None,
        };
        let key = RecordKey { site: site.clone(), kind: RecordKind::Opportunity, reference };
        deals.push(Upload { key, received_at: at, version });
    }
    store.add_visits(visits).await.context("visits")?;
    store.add_conversions(forms).await.context("forms")?;
    store.upload(deals).await.context("records")?;
    Ok(())
}

/// A visit from one of some hundred places.
fn made_up(visitor: &Identifier, at: touchline_domain::Instant, number: u64) -> anyhow::Result<Visit> {
    let (source, medium) = [("google", "cpc"), ("newsletter", "email"), ("facebook", "paid_social"), ("bing", "organic")]
        [usize::try_from(number % 4)?];
    let page = format!(
        "https://www.shop.example/page-{}?utm_source={source}&utm_medium={medium}&utm_campaign=campaign-{}",
        number % 7,
        number % 25
    );
    Ok(Visit {
        visitor: visitor.clone(),
        at,
        landing_page: PageUrl::parse(&page).map_err(anyhow::Error::msg)?,
        referrer: None,
        title: None,
        cookie: None,
        screen: None,
        device: DeviceClass::Desktop,
        crawler: None,
    })
}
