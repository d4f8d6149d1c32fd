use super::whom::WhomArgs;
use super::{CliError, open_store, print};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::http::people::export::document;
use std::process::ExitCode;

/// Prints everything that is held on somebody.
pub(super) async fn run(config: &Config, whom: WhomArgs) -> Result<ExitCode, CliError> {
    let store = open_store(config, false)?;
    let (site, whom) = whom.read(store.as_ref()).await?;
    let document = document(store.as_ref(), &site, whom, SystemClock.now()).await.map_err(CliError::new)?;
    store.close().await?;
    print(&format!("{}\n", serde_json::to_string_pretty(&document).map_err(CliError::new)?))
}
