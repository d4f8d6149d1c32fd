use super::site_settings::{SiteSettings, describe, wrong};
use super::snippet::SnippetCommand;
use super::{CliError, open_store, print};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use clap::Subcommand;
use std::process::ExitCode;
use touchline_domain::{Site, SiteId, Text};

#[derive(Subcommand)]
pub(super) enum SiteCommand {
    /// Add a site
    Add {
        /// Its name in addresses: 1 to 64 of A-Z, a-z, 0-9, _ and -
        #[arg(long)]
        id: String,
        /// Its name for people
        #[arg(long)]
        name: String,
        #[command(flatten)]
        settings: SiteSettings,
    },
    /// List all sites with their settings
    List,
    /// Print the line that goes into a site's pages
    Snippet(SnippetCommand),
    /// Change settings of a site; what is not named stays as it is
    Set {
        /// The site
        #[arg(long)]
        id: String,
        /// Its name for people
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        settings: SiteSettings,
    },
}

pub(super) async fn run(config: &Config, command: SiteCommand) -> Result<ExitCode, CliError> {
    match command {
        SiteCommand::Add { id, name, settings } => add(config, &id, &name, &settings).await,
        SiteCommand::List => list(config).await,
        SiteCommand::Snippet(command) => super::snippet::run(config, command).await,
        SiteCommand::Set { id, name, settings } => set(config, &id, name.as_deref(), &settings).await,
    }
}

async fn add(config: &Config, id: &str, name: &str, settings: &SiteSettings) -> Result<ExitCode, CliError> {
    let id_parsed = SiteId::parse(id).map_err(|error| wrong("--id", &error))?;
    let name = Text::parse(name).map_err(|error| wrong("--name", &error))?;
    let mut site =
        Site::new(id_parsed, name, SystemClock.now()).map_err(|error| wrong("the defaults", &error))?;
    settings.apply(&mut site)?;
    let store = open_store(config, true)?;
    let added = store.add_site(site).await?;
    store.close().await?;
    if !added {
        return Err(CliError::new(format!(
            "there is a site {id} already; change it with `touchline site set`"
        )));
    }
    print(&format!("site {id} added\n"))
}

async fn set(
    config: &Config,
    id: &str,
    name: Option<&str>,
    settings: &SiteSettings,
) -> Result<ExitCode, CliError> {
    let store = open_store(config, false)?;
    let directory = store.directory().await?;
    let found = directory.sites.into_iter().find(|site| site.id.as_str() == id);
    let mut site = found.ok_or_else(|| CliError::new(format!("there is no site {id}")))?;
    if let Some(name) = name {
        site.name = Text::parse(name).map_err(|error| wrong("--name", &error))?;
    }
    settings.apply(&mut site)?;
    store.set_site(site, SystemClock.now()).await?;
    store.close().await?;
    print(&format!("site {id} changed; a running server follows within a second\n"))
}

async fn list(config: &Config) -> Result<ExitCode, CliError> {
    let store = open_store(config, false)?;
    let mut text = String::new();
    for site in store.directory().await?.sites {
        text += &describe(&site);
    }
    store.close().await?;
    print(&text)
}
