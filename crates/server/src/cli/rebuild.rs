use super::{CliError, open_store, print};
use crate::config::Config;
use clap::Args;
use std::io::Write;
use std::process::ExitCode;
use touchline_domain::SiteId;
use touchline_store::{Store, StoreError, Verified};

/// How many changes are followed at a time.
const PIECE: usize = 2_000;

/// How many rows of the log of journeys are read at a time.
const PAGE: usize = 1_000;

/// How often journeys that cannot be compared yet are followed first.
const TRIES: usize = 10;

#[derive(Args)]
pub(super) struct RebuildCommand {
    /// Whose journeys; without it those of all sites
    #[arg(long)]
    site: Option<String>,
    /// Change nothing: only compare the journeys with the facts; the exit code is 1 when one differs
    #[arg(long)]
    verify: bool,
}

pub(super) async fn run(config: &Config, command: RebuildCommand) -> Result<ExitCode, CliError> {
    let site = command.site.as_deref().map(SiteId::parse).transpose();
    let site = site.map_err(|error| CliError::new(format!("--site {}", error.must)))?;
    let store = open_store(config, false)?;
    let sites: Vec<SiteId> = store.directory().await?.sites.into_iter().map(|known| known.id).collect();
    if let Some(id) = site.as_ref().filter(|id| !sites.contains(id)) {
        return Err(CliError::new(format!("there is no site {id}; `touchline site list` shows all")));
    }
    let asked = site.clone().map_or(sites, |site| vec![site]);
    let done =
        if command.verify { String::new() } else { rebuild(store.as_ref(), site.as_ref(), &asked).await? };
    let verified = compare(store.as_ref(), site.as_ref()).await?;
    store.close().await?;
    report(&done, &verified)
}

/// Derives all journeys anew, with whatever a running server does of it. Says what became of them.
async fn rebuild(store: &dyn Store, site: Option<&SiteId>, asked: &[SiteId]) -> Result<String, CliError> {
    let rebuild = store.rebuild(site.cloned()).await?;
    follow(store).await?;
    let mut changed = 0;
    for site in asked {
        let mut after = rebuild.last_row;
        loop {
            let rows = store.journeys(site.clone(), after, PAGE).await?;
            changed += rows.len();
            match rows.last() {
                Some(last) => after = last.number,
                None => break,
            }
        }
    }
    Ok(format!("{} journeys derived anew, {changed} changed\n", rebuild.journeys))
}

/// Follows all changes that there are now; more may come meanwhile.
async fn follow(store: &dyn Store) -> Result<(), StoreError> {
    let wanted = store.followed().await?.last_change;
    loop {
        match store.follow(PIECE).await {
            Ok(followed) if followed.through >= wanted => return Ok(()),
            // Overtaken by writes: it is tried again.
            Ok(_) | Err(StoreError::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Compares, and follows first what has to be.
async fn compare(store: &dyn Store, site: Option<&SiteId>) -> Result<Verified, CliError> {
    for _ in 0..TRIES {
        let verified = store.verify(site.cloned()).await?;
        if verified.changes_behind == 0 {
            return Ok(verified);
        }
        let behind = verified.changes_behind;
        writeln!(std::io::stderr(), "{behind} changes are still to be followed; following them first")?;
        follow(store).await?;
    }
    Err(CliError::new(
        "journeys cannot be compared: more changes come in than can be followed; try again later",
    ))
}

fn report(done: &str, verified: &Verified) -> Result<ExitCode, CliError> {
    let Verified { journeys, differences, .. } = verified;
    if differences.is_empty() {
        return print(&format!("{done}all is well: {journeys} journeys are what the facts say\n"));
    }
    let told = differences.iter().fold(String::new(), |told, difference| told + difference + "\n");
    let count = differences.len();
    print(&format!("{done}{told}{count} differences; `touchline rebuild` derives journeys anew\n"))?;
    Ok(ExitCode::FAILURE)
}
