use super::{CliError, open_store, print};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use clap::Subcommand;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use touchline_domain::{Currency, RateSheet, SheetProblem};
use touchline_store::RatesImport;

/// The bank's file has under a megabyte.
const FILE_BYTES_MAX: usize = 32 << 20;

/// How a ZIP archive begins.
const ZIP: &[u8] = b"PK\x03\x04";

#[derive(Subcommand)]
pub(super) enum RatesCommand {
    /// Import reference rates; a running server converts by them from the next report on
    Import {
        /// The European Central Bank's eurofxref-hist.csv, unpacked, or a file in its form; `-` is standard input
        file: PathBuf,
    },
    /// Say which days and currencies have rates, and when an import last changed something
    List,
}

pub(super) async fn run(config: &Config, command: RatesCommand) -> Result<ExitCode, CliError> {
    match command {
        RatesCommand::Import { file } => import(config, &file).await,
        RatesCommand::List => list(config).await,
    }
}

async fn import(config: &Config, file: &Path) -> Result<ExitCode, CliError> {
    let text = read(file)?;
    let sheet = RateSheet::parse(&text).map_err(|problems| wrong(file, &problems))?;
    let days = sheet.days.len();
    let left_out = match sheet.left_out.as_slice() {
        [] => String::new(),
        codes => format!("left out, because no amount can be in them any more: {}\n", codes.join(", ")),
    };
    let currencies = codes(&sheet.currencies);
    let store = open_store(config, false)?;
    let import = store.set_rates(sheet, SystemClock.now()).await?;
    store.close().await?;
    let RatesImport { added, changed, unchanged } = import;
    let what = match added + changed {
        0 => "nothing in it is new".to_owned(),
        _ => format!("{added} added, {changed} changed, {unchanged} as they were"),
    };
    print(&format!("{days} days of {currencies}: {what}\n{left_out}"))
}

async fn list(config: &Config) -> Result<ExitCode, CliError> {
    let store = open_store(config, false)?;
    let stored = store.rates().await?;
    store.close().await?;
    let (Some((first, last)), Some(changed_at)) = (stored.rates.span(), stored.changed_at) else {
        return print(
            "there are no rates: money stays in the currency it came in\n\
             `touchline rates import eurofxref-hist.csv` takes the European Central Bank's file in, from\n\
             https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip\n",
        );
    };
    let mut text = format!("rates per euro from {first} to {last}, last changed {changed_at}\n");
    for currency in stored.rates.currencies() {
        if let Some((day, rate)) = stored.rates.latest(*currency, last) {
            // One that is older than the others has ended.
            let since = if day == last { String::new() } else { format!("   the last one, of {day}") };
            text += &format!("    {currency} {rate:>14}{since}\n");
        }
    }
    print(&text)
}

fn codes(currencies: &[Currency]) -> String {
    match currencies {
        [one] => one.to_string(),
        many => format!("{} currencies", many.len()),
    }
}

/// A whole file, or standard input.
fn read(file: &Path) -> Result<String, CliError> {
    let refused = |why: &str| CliError::new(format!("{}: {why}", file.display()));
    let limit = FILE_BYTES_MAX as u64 + 1;
    let mut bytes = Vec::new();
    let read = match file.to_str() {
        Some("-") => std::io::stdin().take(limit).read_to_end(&mut bytes),
        _ => File::open(file).and_then(|file| file.take(limit).read_to_end(&mut bytes)),
    };
    read.map_err(|error| refused(&error.to_string()))?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(refused(&format!("must be at most {FILE_BYTES_MAX} bytes")));
    }
    if bytes.starts_with(ZIP) {
        return Err(refused("is a ZIP archive; unpack it and import the CSV file in it"));
    }
    String::from_utf8(bytes).map_err(|_| refused("is not a text file in UTF-8"))
}

fn wrong(file: &Path, problems: &[SheetProblem]) -> CliError {
    let told = problems.iter().map(|problem| format!("\n  {problem}"));
    CliError::new(format!("{}: nothing was imported{}", file.display(), told.collect::<String>()))
}
