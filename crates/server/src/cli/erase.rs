use super::whom::WhomArgs;
use super::{CliError, open_store, print};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::http::people::erase::{ErasureOut, erase};
use clap::{Args, ValueEnum};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use touchline_store::ErasedRecords;

#[derive(Args)]
pub(super) struct EraseCommand {
    #[command(flatten)]
    whom: WhomArgs,
    /// What becomes of their records: only dates, values and stages stay, so that totals do; or they are deleted
    #[arg(long, value_enum, default_value = "keep-totals")]
    records: Fate,
    /// How to print the statement of what went
    #[arg(long, value_enum, default_value = "text")]
    format: StatementFormat,
    /// Do not ask first
    #[arg(long)]
    yes: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Fate {
    KeepTotals,
    Delete,
}

#[derive(Clone, Copy, ValueEnum)]
enum StatementFormat {
    Text,
    Json,
}

/// Erases somebody, after asking on a terminal, and prints what went.
pub(super) async fn run(config: &Config, command: EraseCommand) -> Result<ExitCode, CliError> {
    let fate = match command.records {
        Fate::KeepTotals => ErasedRecords::KeepTotals,
        Fate::Delete => ErasedRecords::Delete,
    };
    let store = open_store(config, false)?;
    let (site, whom) = command.whom.read(store.as_ref()).await?;
    if !command.yes {
        let held = whom.clone().held(store.as_ref(), &site.id).await.map_err(CliError::new)?.facts;
        let (visits, conversions, records) = (held.visits.len(), held.conversions.len(), held.records.len());
        confirm(&format!(
            "Erase {visits} reports of visits, {conversions} of conversions, and what is personal in {records} records, \
             for good? [y/N] "
        ))?;
    }
    let statement =
        erase(store.as_ref(), &site.id, whom, fate, SystemClock.now()).await.map_err(CliError::new)?;
    store.close().await?;
    match command.format {
        StatementFormat::Text => print(&text(&statement)),
        StatementFormat::Json => {
            print(&format!("{}\n", serde_json::to_string_pretty(&statement).map_err(CliError::new)?))
        }
    }
}

/// A script must say that it means it.
fn confirm(question: &str) -> Result<(), CliError> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(CliError::new("nobody can be asked here; add --yes to erase without asking"));
    }
    let mut error = std::io::stderr();
    error.write_all(question.as_bytes())?;
    error.flush()?;
    let mut answer = String::new();
    stdin.read_line(&mut answer)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(CliError::new("nothing was erased")),
    }
}

fn text(statement: &ErasureOut) -> String {
    let kept = if statement.records_kept { "stripped of everything personal" } else { "deleted" };
    format!(
        "erased at {}\n  visits       {} reports deleted\n  conversions  {} reports deleted\n  records      {} {kept}, with \
         {} versions\n  identifiers  {} forgotten\n  exports      {} conversions deleted\n{}\n",
        statement.erased_at,
        statement.visits,
        statement.conversions,
        statement.records,
        statement.versions,
        statement.identifiers,
        statement.exported,
        statement.note,
    )
}
