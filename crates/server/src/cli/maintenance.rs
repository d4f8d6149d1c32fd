use super::{CliError, open_store, print};
use crate::config::Config;
use std::path::Path;
use std::process::ExitCode;

pub(super) async fn backup(config: &Config, destination: &Path) -> Result<ExitCode, CliError> {
    let store = open_store(config, false)?;
    store.backup(destination).await?;
    store.close().await?;
    print(&format!("backed up to {}\n", destination.display()))
}

pub(super) fn restore(config: &Config, source: &Path) -> Result<ExitCode, CliError> {
    let path = config.database_path()?;
    touchline_store::sqlite::restore(source, &path)?;
    print(&format!("restored into {}\n", path.display()))
}

pub(super) async fn check(config: &Config) -> Result<ExitCode, CliError> {
    let store = open_store(config, false)?;
    let report = store.check().await?;
    store.close().await?;
    for violation in &report.violations {
        print(&format!("{violation}\n"))?;
    }
    let found = format!("{} sites, {} records, {} versions", report.sites, report.records, report.versions);
    let behind = match report.changes_behind {
        0 => String::new(),
        behind => {
            format!(
                "journeys were not compared: {behind} changes are to be followed first, by a server or by \
                 `touchline rebuild`\n"
            )
        }
    };
    if report.violations.is_empty() {
        return print(&format!("all is well: {found}\n{behind}"));
    }
    print(&format!("{} violations in {found}\n{behind}", report.violations.len()))?;
    Ok(ExitCode::FAILURE)
}
