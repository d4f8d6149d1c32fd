use super::{CliError, duration, open_store, print};
use crate::app::secret::NewToken;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use clap::Subcommand;
use std::process::ExitCode;
use touchline_domain::{Scopes, SiteId, Text, Token, TokenId};

#[derive(Subcommand)]
pub(super) enum TokenCommand {
    /// Create a token and print it, alone, on standard output; it cannot be shown again
    Create {
        /// The site that it reaches; repeat for several
        #[arg(long, required = true)]
        site: Vec<String>,
        /// What it allows there: ingest, read, admin, separated by commas
        #[arg(long)]
        scope: String,
        /// What people call it
        #[arg(long, default_value = "unnamed")]
        name: String,
        /// When it stops working, from now: 90d, 12h, … [default: never]
        #[arg(long, value_name = "SPAN")]
        expires: Option<String>,
    },
    /// List all tokens, without their text
    List,
    /// Revoke a token; a running server refuses it within a second
    Revoke {
        /// Its id, as `touchline token list` shows it
        id: String,
    },
}

pub(super) async fn run(config: &Config, command: TokenCommand) -> Result<ExitCode, CliError> {
    match command {
        TokenCommand::Create { site, scope, name, expires } => {
            create(config, &site, &scope, &name, expires.as_deref()).await
        }
        TokenCommand::List => list(config).await,
        TokenCommand::Revoke { id } => revoke(config, id).await,
    }
}

async fn create(
    config: &Config,
    sites: &[String],
    scope: &str,
    name: &str,
    expires: Option<&str>,
) -> Result<ExitCode, CliError> {
    let wrong =
        |option: &str, error: touchline_domain::Invalid| CliError::new(format!("{option} {}", error.must));
    let scopes = Scopes::parse(scope).map_err(|error| wrong("--scope", error))?;
    let name = Text::parse(name).map_err(|error| wrong("--name", error))?;
    let now = SystemClock.now();
    let expires_at = expires
        .map(|raw| duration::seconds("--expires", raw))
        .transpose()?
        .map(|seconds| now.plus_seconds(seconds));
    let sites: Vec<SiteId> = sites
        .iter()
        .map(|raw| SiteId::parse(raw).map_err(|error| wrong("--site", error)))
        .collect::<Result<_, _>>()?;
    let store = open_store(config, false)?;
    let directory = store.directory().await?;
    if let Some(missing) = sites.iter().find(|id| !directory.sites.iter().any(|site| site.id == **id)) {
        return Err(CliError::new(format!("there is no site {missing}; `touchline site list` shows all")));
    }
    let new = NewToken::generate().map_err(CliError::new)?;
    let token = Token {
        id: new.id,
        name,
        hash: new.hash,
        sites,
        scopes,
        created_at: now,
        expires_at,
        revoked_at: None,
        session_of: None,
    };
    store.add_token(token).await?;
    store.close().await?;
    print(&format!("{}\n", new.text))
}

async fn list(config: &Config) -> Result<ExitCode, CliError> {
    let store = open_store(config, false)?;
    let now = SystemClock.now();
    let mut text = String::new();
    let tokens = store.directory().await?.tokens;
    for token in tokens.into_iter().filter(|token| token.session_of.is_none()) {
        let sites: Vec<_> = token.sites.iter().map(SiteId::as_str).collect();
        let state = match (token.revoked_at, token.expires_at) {
            (Some(at), _) => format!("revoked {at}"),
            (None, Some(at)) if at <= now => format!("expired {at}"),
            (None, Some(at)) => format!("good until {at}"),
            (None, None) => "good".to_owned(),
        };
        text += &format!("{}  {}  {}  {}  {state}\n", token.id.0, sites.join(","), token.scopes, token.name);
    }
    store.close().await?;
    print(&text)
}

async fn revoke(config: &Config, id: String) -> Result<ExitCode, CliError> {
    let store = open_store(config, false)?;
    let found = store.revoke_token(TokenId(id.clone()), SystemClock.now()).await?;
    store.close().await?;
    if !found {
        return Err(CliError::new(format!("there is no token {id}; `touchline token list` shows all")));
    }
    print(&format!("token {id} revoked\n"))
}
