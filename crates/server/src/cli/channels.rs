use super::{CliError, open_store, print};
use crate::app::channels::{RulesSet, set_channel_rules};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use clap::Subcommand;
use std::fs::File;
use std::io::Read;
use std::process::ExitCode;
use touchline_domain::channel::{Arrival, ChannelRules, Classification, DecidedBy, Rule};
use touchline_domain::{Invalid, PageUrl, Site, SiteId, Text};

#[derive(Subcommand)]
pub(super) enum ChannelsCommand {
    /// Say what a visit is counted as, and why
    Explain {
        /// The landing page's address, with its query
        url: String,
        /// The address of the page before it
        #[arg(long, value_name = "URL")]
        referrer: Option<String>,
        /// Whose rules; without it the built-in ones alone
        #[arg(long)]
        site: Option<String>,
    },
    /// List a site's own rules, and the built-in ones behind them as comments
    Rules {
        /// Whose
        #[arg(long)]
        site: String,
    },
    /// Replace a site's own rules; a running server follows within a second
    Set {
        /// Whose
        #[arg(long)]
        site: String,
        /// The rules, one a line as `touchline channels rules` lists them; `-` is standard input, and an empty file
        /// leaves the built-in rules alone
        #[arg(long)]
        file: String,
    },
}

pub(super) async fn run(config: &Config, command: ChannelsCommand) -> Result<ExitCode, CliError> {
    match command {
        ChannelsCommand::Explain { url, referrer, site } => {
            explain(config, &url, referrer.as_deref(), site.as_deref()).await
        }
        ChannelsCommand::Rules { site } => rules(config, &site).await,
        ChannelsCommand::Set { site, file } => set(config, &site, &file).await,
    }
}

async fn explain(
    config: &Config,
    url: &str,
    referrer: Option<&str>,
    site: Option<&str>,
) -> Result<ExitCode, CliError> {
    let landing_page = PageUrl::parse(url).map_err(|invalid| wrong("URL", &invalid))?;
    let referrer = referrer.filter(|raw| !raw.trim().is_empty()).map(Text::<{ PageUrl::LENGTH_MAX }>::parse);
    let referrer = referrer.transpose().map_err(|invalid| wrong("--referrer", &invalid))?;
    let rules = match site {
        Some(site) => stored(config, site).await?.channels,
        None => ChannelRules::builtin(),
    };
    let referrer = referrer.as_ref().map(Text::as_str);
    let arrival = Arrival { landing_page: landing_page.as_str(), referrer };
    print(&explanation(&rules, &rules.classify(&arrival), &rules.because(&arrival)))
}

fn explanation(rules: &ChannelRules, found: &Classification, because: &str) -> String {
    let mut lines = vec![found.channel.clone()];
    let fields = [
        ("source", &found.source),
        ("medium", &found.medium),
        ("campaign", &found.campaign),
        ("term", &found.term),
        ("content", &found.content),
        ("campaign id", &found.campaign_id),
        ("source platform", &found.source_platform),
    ];
    let mut field = |name: &str, value: &str| lines.push(format!("    {name:<16}{value}"));
    for (name, value) in fields.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
        field(name, value);
    }
    for click_id in &found.click_ids {
        field("click id", &format!("{}={}", click_id.kind.name(), click_id.value));
    }
    if let Some(platform) = found.platform {
        field("platform", platform);
    }
    let whose = match found.decided_by {
        DecidedBy::Own(_) => "the site's own",
        DecidedBy::Builtin(_) => "built-in",
        DecidedBy::NoRule | DecidedBy::Override => "none holds",
    };
    field("rule", &format!("{} ({whose})", found.rule));
    if let Some(rule) = rules.rule(found.decided_by) {
        field("", &rule.to_string());
    }
    format!("{}\n\n{because}\n", lines.join("\n"))
}

async fn rules(config: &Config, site: &str) -> Result<ExitCode, CliError> {
    let site = stored(config, site).await?;
    let own = site.channels.own();
    let mut text = format!("# Own rules of {}, tried first: {}\n", site.id, own.len());
    text.extend(own.iter().map(|rule| format!("{rule}\n")));
    text += "\n# Built-in rules, tried after them\n";
    text.extend(ChannelRules::builtin_rules().iter().map(|rule| format!("# {rule}\n")));
    print(&text)
}

async fn set(config: &Config, site: &str, file: &str) -> Result<ExitCode, CliError> {
    let id = SiteId::parse(site).map_err(|invalid| wrong("--site", &invalid))?;
    let text = read(file, config.limits.body_bytes)?;
    let rules =
        Rule::parse_lines(text.trim_start_matches('\u{feff}')).map_err(|lines| wrong_lines(file, &lines))?;
    let rules =
        ChannelRules::with(rules).map_err(|invalid| wrong(&format!("{file}: the rules"), &invalid))?;
    let count = rules.own().len();
    let store = open_store(config, false)?;
    let set = set_channel_rules(store.as_ref(), &id, rules, None, SystemClock.now()).await?;
    store.close().await?;
    if set != RulesSet::Done {
        return Err(no_site(site));
    }
    let rules = if count == 1 { "1 rule" } else { &format!("{count} rules") };
    print(&format!("site {site} has {rules} of its own; a running server follows within a second\n"))
}

/// A whole file, or standard input, of at most so many bytes: as many as over HTTP.
fn read(file: &str, most: usize) -> Result<String, CliError> {
    let mut text = String::new();
    let limit = most as u64 + 1;
    let read = match file {
        "-" => std::io::stdin().take(limit).read_to_string(&mut text),
        path => File::open(path).and_then(|file| file.take(limit).read_to_string(&mut text)),
    };
    match read {
        Ok(bytes) if bytes > most => Err(CliError::new(format!("{file}: must be at most {most} bytes"))),
        Ok(_) => Ok(text),
        Err(error) => Err(CliError::new(format!("{file}: {error}"))),
    }
}

fn wrong_lines(file: &str, lines: &[(usize, Invalid)]) -> CliError {
    let file = if file == "-" { "standard input" } else { file };
    let told = lines.iter().map(|(line, invalid)| format!("\n  line {line} {}", invalid.must));
    CliError::new(format!("{file}: nothing was changed{}", told.collect::<String>()))
}

/// A site with its settings, as stored now.
async fn stored(config: &Config, site: &str) -> Result<Site, CliError> {
    let id = SiteId::parse(site).map_err(|invalid| wrong("--site", &invalid))?;
    let store = open_store(config, false)?;
    let sites = store.directory().await?.sites;
    store.close().await?;
    sites.into_iter().find(|site| site.id == id).ok_or_else(|| no_site(site))
}

fn no_site(site: &str) -> CliError {
    CliError::new(format!("there is no site {site}; `touchline site list` shows all"))
}

fn wrong(what: &str, invalid: &Invalid) -> CliError {
    CliError::new(format!("{what} {}", invalid.must))
}
