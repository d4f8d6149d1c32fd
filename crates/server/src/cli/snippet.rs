//! `touchline site snippet`: the line that goes into a site's pages.

use super::site_settings::wrong;
use super::{CliError, open_store, print};
use crate::app::snippet::line;
use crate::config::Config;
use clap::Args;
use std::process::ExitCode;
use touchline_domain::Origin;

#[derive(Args)]
pub(super) struct SnippetCommand {
    /// The site
    #[arg(long)]
    site: String,
    /// Where visitors' browsers reach Touchline, such as `https://touchline.example.com` [default: where it listens]
    #[arg(long, value_name = "URL")]
    address: Option<String>,
    /// Wait for the visitor's consent
    #[arg(long)]
    consent: bool,
    /// Report the forms that visitors send
    #[arg(long)]
    forms: bool,
}

pub(super) async fn run(config: &Config, command: SnippetCommand) -> Result<ExitCode, CliError> {
    let listens = format!("http://{}", config.listen);
    let address = Origin::parse(command.address.as_deref().unwrap_or(&listens))
        .map_err(|error| wrong("--address", &error))?;
    let store = open_store(config, false)?;
    let sites = store.directory().await?.sites;
    store.close().await?;
    let site = sites.iter().find(|site| site.id.as_str() == command.site);
    let site = site.ok_or_else(|| CliError::new(format!("there is no site {}", command.site)))?;
    let mut attributes = String::new();
    if command.consent {
        attributes += " data-consent=\"required\"";
    }
    if command.forms {
        attributes += " data-forms=\"on\"";
    }
    print(&format!("{}\n", line(address.as_str(), site, &attributes)))
}
