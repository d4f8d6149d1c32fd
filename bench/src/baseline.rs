//! What a team would write instead: axum, a pool, and one upsert transaction per request on PostgreSQL.
//!
//! Plain on purpose, and fair: serde for the body, prepared statements, a token compared, 201 for the answer.
//! Usage: `baseline ADDRESS DATABASE_URL`.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::put;
use axum::{Json, Router};
use deadpool_postgres::{Config, Pool, Runtime};
use serde::Deserialize;
use tokio_postgres::NoTls;

const SCHEMA: &str = "
    CREATE TABLE opportunity (site text, reference text, value text, currency text, stage text, occurred_at text,
        labels text[], properties text, updated_at timestamptz DEFAULT now(), PRIMARY KEY (site, reference));
    CREATE TABLE identifier (site text, kind text, value text, reference text,
        PRIMARY KEY (site, kind, value, reference))";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Opportunity {
    opportunity_value: String,
    opportunity_date_time: String,
    pipeline_stage: String,
    currency_code: String,
    visitor_identifier_options: Vec<Identifier>,
    labels: Vec<String>,
    reference: String,
    additional_data_properties: Vec<Property>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Identifier {
    key: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Property {
    name: String,
    value: String,
}

async fn upload(
    State(pool): State<Pool>,
    Path(site): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Opportunity>,
) -> Result<StatusCode, StatusCode> {
    if headers.get("authorization").is_none_or(|token| token != "Bearer baseline") {
        return Err(StatusCode::UNAUTHORIZED);
    }
    store(&pool, &site, &body).await.map_err(|error| {
        eprintln!("baseline: {error:#}");
        StatusCode::INTERNAL_SERVER_ERROR
    })?;
    Ok(StatusCode::CREATED)
}

async fn store(pool: &Pool, site: &str, body: &Opportunity) -> anyhow::Result<()> {
    let mut client = pool.get().await?;
    let tx = client.transaction().await?;
    let properties: Vec<_> =
        body.additional_data_properties.iter().map(|p| format!("{}={}", p.name, p.value)).collect();
    let upsert = "INSERT INTO opportunity (site, reference, value, currency, stage, occurred_at, labels, properties)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (site, reference) DO UPDATE SET value = excluded.value,
        currency = excluded.currency, stage = excluded.stage, occurred_at = excluded.occurred_at,
        labels = excluded.labels, properties = excluded.properties, updated_at = now()
        WHERE opportunity.occurred_at <= excluded.occurred_at";
    let statement = tx.prepare_cached(upsert).await?;
    tx.execute(
        &statement,
        &[
            &site,
            &body.reference,
            &body.opportunity_value,
            &body.currency_code,
            &body.pipeline_stage,
            &body.opportunity_date_time,
            &body.labels,
            &properties.join(";"),
        ],
    )
    .await?;
    let name = "INSERT INTO identifier VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let statement = tx.prepare_cached(name).await?;
    for identifier in &body.visitor_identifier_options {
        tx.execute(&statement, &[&site, &identifier.key, &identifier.value, &body.reference]).await?;
    }
    tx.commit().await?;
    Ok(())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, url] = arguments.as_slice() else { anyhow::bail!("usage: baseline ADDRESS DATABASE_URL") };
    let mut config = Config { url: Some(url.clone()), ..Config::default() };
    config.pool = Some(deadpool_postgres::PoolConfig::new(16));
    let pool = config.create_pool(Some(Runtime::Tokio1), NoTls)?;
    pool.get().await?.batch_execute(SCHEMA).await?;
    let router = Router::new().route("/v1/{site}/opportunity/upload", put(upload)).with_state(pool);
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}
