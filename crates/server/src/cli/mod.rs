//! The command line: what it looks like, and which use case each command is.

mod ad_export;
mod attribute;
mod channels;
mod demo;
mod duration;
mod erase;
mod export;
mod maintenance;
mod person;
mod rates;
mod rebuild;
mod serve;
mod site;
mod site_settings;
mod snippet;
mod token;
mod whom;

use crate::config::{Config, ConfigError, Flags, LogFormat};
use clap::{Args, Parser, Subcommand};
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use touchline_store::sqlite::SqliteOptions;
use touchline_store::{SqliteStore, Store};

/// Touchline answers one question for the people who pay for marketing: which marketing brought this revenue?
///
/// Without a command it serves. Every command works beside a running server.
#[derive(Parser)]
#[command(name = "touchline", version, propagate_version = true, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Option<Command>,
}

const EXAMPLES: &str = "Examples:
  touchline                                       serve on 127.0.0.1:8080, data in ./touchline-data
  touchline demo                                  look around in a made-up site
  touchline --listen 0.0.0.0:80 --data /srv/tl    serve to others, behind your TLS proxy
  touchline site add --id shop --name 'My shop'   add a site
  touchline site snippet --site shop --address https://touchline.example.com --forms
  touchline token create --site shop --scope ingest --name CRM --expires 365d
  touchline rates import eurofxref-hist.csv       let reports convert currencies
  touchline attribute paths.csv --model markov    compare models on a file of paths
  touchline ads-export --site shop --platform google-ads --name 'CRM sale' --out sales.csv
  touchline backup /backups/touchline-$(date +%F).db

Every setting is also an environment variable (TOUCHLINE_LISTEN, TOUCHLINE_LIMITS_BODY_BYTES, …) and a line of
the settings file; `touchline settings` prints that file with its defaults.";

#[derive(Args)]
struct Settings {
    /// The folder that everything is kept in [default: ./touchline-data]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The store: `sqlite://PATH` [default: touchline.db in the data folder]
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// Where to listen; port 0 takes any free one [default: 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// A settings file; see `touchline settings`
    #[arg(long, global = true, value_name = "FILE", env = "TOUCHLINE_CONFIG")]
    config: Option<PathBuf>,
    /// How the log on standard error looks [default: text]
    #[arg(long, global = true, value_name = "FORMAT")]
    log: Option<LogFormat>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve (what happens without a command)
    Serve,
    /// Serve a made-up site of the last 90 days, for who only wants to look; it is gone at the end
    Demo(demo::DemoCommand),
    /// Add, list and change sites
    #[command(subcommand)]
    Site(Box<site::SiteCommand>),
    /// Create, list and revoke tokens
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Explain and list the rules that say what marketing a visit came from, and set a site's own
    #[command(subcommand)]
    Channels(channels::ChannelsCommand),
    /// Share the conversions of a plain file of paths, to compare our models with another program's
    Attribute(attribute::AttributeCommand),
    /// Import and list the reference rates by which reports convert money
    #[command(subcommand)]
    Rates(rates::RatesCommand),
    /// Write a consistent copy of everything to a new file, while the server runs
    Backup {
        /// The file to write; it must not exist
        destination: PathBuf,
    },
    /// Put a backup into an empty data folder (--data)
    Restore {
        /// The file that `touchline backup` wrote
        source: PathBuf,
    },
    /// Read everything and verify it; the exit code is 1 when something is wrong
    Check,
    /// Derive all journeys anew from the facts, or only compare them with those
    Rebuild(rebuild::RebuildCommand),
    /// Write all opportunities or revenue of a site to standard output
    Export(export::ExportCommand),
    /// Write conversions for Google Ads or Meta to a file, none of them twice
    AdsExport(Box<ad_export::AdExportCommand>),
    /// Print everything that is held on somebody, as JSON
    Person(whom::WhomArgs),
    /// Remove everything that is held on somebody, for good, and print what went
    Erase(erase::EraseCommand),
    /// Print the settings file with every setting, its meaning and its default
    Settings,
}

/// A command failed: one line for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct CliError(String);

impl CliError {
    pub(crate) fn new(why: impl ToString) -> Self {
        Self(why.to_string())
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self::new(error)
    }
}

impl From<touchline_store::StoreError> for CliError {
    fn from(error: touchline_store::StoreError) -> Self {
        Self::new(error)
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        Self::new(error)
    }
}

/// Runs the command that the arguments name.
pub(crate) fn main() -> ExitCode {
    let Cli { settings, command } = Cli::parse();
    match run(settings, command.unwrap_or(Command::Serve)) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "touchline: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(settings: Settings, command: Command) -> Result<ExitCode, CliError> {
    let Settings { data, database, listen, config: file, log } = settings;
    let flags = Flags { data, database, listen, log };
    let config = Config::load(file.as_deref(), |name| std::env::var(name).ok(), flags)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Serve => serve::serve(config).await,
            Command::Demo(command) => demo::run(config, &command).await,
            Command::Site(command) => site::run(&config, *command).await,
            Command::Token(command) => token::run(&config, command).await,
            Command::Channels(command) => channels::run(&config, command).await,
            Command::Attribute(command) => attribute::run(&command),
            Command::Rates(command) => rates::run(&config, command).await,
            Command::Backup { destination } => maintenance::backup(&config, &destination).await,
            Command::Restore { source } => maintenance::restore(&config, &source),
            Command::Check => maintenance::check(&config).await,
            Command::Rebuild(command) => rebuild::run(&config, command).await,
            Command::Export(command) => export::run(&config, command).await,
            Command::AdsExport(command) => ad_export::run(&config, *command).await,
            Command::Person(whom) => person::run(&config, whom).await,
            Command::Erase(command) => erase::run(&config, command).await,
            Command::Settings => print(crate::config::DEFAULT),
        }
    })
}

/// Opens the store, creating it when `may_create`.
fn open_store(config: &Config, may_create: bool) -> Result<Arc<dyn Store>, CliError> {
    let path = config.database_path()?;
    if !may_create && !path.exists() {
        let path = path.display();
        return Err(CliError(format!("{path}: there is no database here; name its folder with --data")));
    }
    let options = SqliteOptions {
        write_queue: config.limits.write_queue,
        readers: config.limits.readers,
        cache_kib: config.sqlite.cache_kib,
        checkpoint_pages: config.sqlite.checkpoint_pages,
        gathered_names: config.sqlite.gathered_names,
    };
    Ok(Arc::new(SqliteStore::open(&path, &options)?))
}

/// Writes to standard output; a reader that closed its end is no error.
fn print(text: &str) -> Result<ExitCode, CliError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}
