use super::{CliError, open_store};
use crate::config::Config;
use crate::http::export::{Format, pieces};
use clap::{Args, ValueEnum};
use futures_util::StreamExt;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use touchline_domain::SiteId;
use touchline_domain::record::{RecordFilter, RecordKind};
use touchline_store::RecordsQuery;

#[derive(Args)]
pub(super) struct ExportCommand {
    /// What to export
    what: Exported,
    /// Whose
    #[arg(long)]
    site: String,
    /// How to write it
    #[arg(long, default_value = "csv")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Exported {
    Opportunities,
    Revenue,
}

pub(super) async fn run(config: &Config, command: ExportCommand) -> Result<ExitCode, CliError> {
    let kind = match command.what {
        Exported::Opportunities => RecordKind::Opportunity,
        Exported::Revenue => RecordKind::Revenue,
    };
    let id = SiteId::parse(&command.site).map_err(|error| CliError::new(format!("--site {}", error.must)))?;
    let store = open_store(config, false)?;
    let site = store.directory().await?.sites.into_iter().find(|site| site.id == id);
    let site = Arc::new(site.ok_or_else(|| CliError::new(format!("there is no site {id}")))?);
    let query = RecordsQuery { site: id, kind, after: None, filter: RecordFilter::default(), limit: 1 };
    let mut pieces = std::pin::pin!(pieces(Arc::clone(&store), site, query, command.format));
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    while let Some(piece) = pieces.next().await {
        let written = out.write_all(&piece.map_err(CliError::new)?);
        if written.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) {
            return Ok(ExitCode::SUCCESS);
        }
        written?;
    }
    out.flush()?;
    store.close().await?;
    Ok(ExitCode::SUCCESS)
}
