use super::{CliError, open_store, print};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use clap::{Args, Subcommand};
use std::process::ExitCode;
use touchline_domain::{Country, Currency, Invalid, Milestone, Site, SiteId, Stage, Text, TimeZoneName};

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

#[derive(Args)]
pub(super) struct SiteSettings {
    /// What reports are in, ISO 4217 [default: GBP]
    #[arg(long)]
    currency: Option<String>,
    /// Whose telephone numbers come without a country code [default: GB]
    #[arg(long, value_name = "COUNTRY")]
    phone_country: Option<String>,
    /// Where its days begin and end [default: Europe/London]
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// What a CRM stage means (lead, opportunity, won, lost); repeat for all stages, in their order
    #[arg(long, value_name = "NAME=MILESTONE")]
    stage: Vec<String>,
    /// Refuse uploads with a stage that is not listed with --stage
    #[arg(long, value_name = "true|false")]
    strict_stages: Option<bool>,
}

pub(super) async fn run(config: &Config, command: SiteCommand) -> Result<ExitCode, CliError> {
    match command {
        SiteCommand::Add { id, name, settings } => add(config, &id, &name, &settings).await,
        SiteCommand::List => list(config).await,
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
    store.set_site(site).await?;
    store.close().await?;
    print(&format!("site {id} changed; a running server follows within a second\n"))
}

impl SiteSettings {
    fn apply(&self, site: &mut Site) -> Result<(), CliError> {
        if let Some(raw) = &self.currency {
            site.currency = Currency::parse(raw).map_err(|error| wrong("--currency", &error))?;
        }
        if let Some(raw) = &self.phone_country {
            site.phone_country = Country::parse(raw).map_err(|error| wrong("--phone-country", &error))?;
        }
        if let Some(raw) = &self.time_zone {
            site.time_zone = TimeZoneName::parse(raw).map_err(|error| wrong("--time-zone", &error))?;
        }
        if self.stage.len() > Site::STAGES_MAX {
            return Err(CliError::new(format!("--stage can be given at most {} times", Site::STAGES_MAX)));
        }
        if !self.stage.is_empty() {
            site.stages = self.stage.iter().map(|raw| stage(raw)).collect::<Result<_, _>>()?;
        }
        site.strict_stages = self.strict_stages.unwrap_or(site.strict_stages);
        Ok(())
    }
}

fn stage(raw: &str) -> Result<Stage, CliError> {
    let (name, milestone) = raw.rsplit_once('=').ok_or_else(|| {
        CliError::new(format!("--stage {raw}: must be NAME=MILESTONE, such as 'Closed won=won'"))
    })?;
    Ok(Stage {
        name: Text::parse(name).map_err(|error| wrong("--stage", &error))?,
        milestone: Milestone::parse(milestone).map_err(|error| wrong("--stage", &error))?,
    })
}

fn wrong(option: &str, invalid: &Invalid) -> CliError {
    CliError::new(format!("{option} {}", invalid.must))
}

async fn list(config: &Config) -> Result<ExitCode, CliError> {
    let store = open_store(config, false)?;
    let mut text = String::new();
    for site in store.directory().await?.sites {
        let stages: Vec<_> =
            site.stages.iter().map(|s| format!("{}={}", s.name, s.milestone.name())).collect();
        let strict = if site.strict_stages { " (others refused)" } else { "" };
        text += &format!(
            "{}  {}\n    currency {}, telephone numbers of {}, days of {}, since {}\n    stages: {}{strict}\n",
            site.id,
            site.name,
            site.currency,
            site.phone_country.code(),
            site.time_zone.as_str(),
            site.created_at,
            if stages.is_empty() { "any".to_owned() } else { stages.join(", ") },
        );
    }
    store.close().await?;
    print(&text)
}
