use super::{CliError, open_store, print};
use crate::app::App;
use crate::app::directory::REFRESH_INTERVAL;
use crate::app::first_start::{FirstStart, first_start};
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, LogFormat, LogLevel};
use crate::{dashboard, http, worker};
use std::fs::File;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use touchline_domain::Day;
use touchline_store::Store;

/// "File size limit exceeded", on every Linux.
const SIGXFSZ: i32 = 25;

/// Serves until SIGTERM or SIGINT, then answers what is in flight.
pub(super) async fn serve(config: Config) -> Result<ExitCode, CliError> {
    start_log(&config);
    let listener = bind(config.listen).await?;
    let address = listener.local_addr()?;
    let _lock = lock(&config)?;
    let store = open_store(&config, true)?;
    let first = first_start(store.as_ref(), &SystemClock).await.map_err(CliError::new)?;
    serve_store(&config, listener, store, &welcome(&config.data, address, &first)).await
}

/// Serves a store on an address, once `screen` is printed.
pub(super) async fn serve_store(
    config: &Config,
    listener: TcpListener,
    store: Arc<dyn Store>,
    screen: &str,
) -> Result<ExitCode, CliError> {
    let address = listener.local_addr()?;
    let app = App::new(Arc::clone(&store), Arc::new(SystemClock), config.limits.clone()).await?;
    // Beyond a limit on the size of files, a write shall fail and be answered; it would end the process.
    let _file_size_limit = signal(SignalKind::from_raw(SIGXFSZ))?;
    let refresh = tokio::spawn(refresh_directory(Arc::clone(&app)));
    let mut work = worker::start(&app);
    let stop = stop_signal()?;
    print(screen)?;
    print(&format!("listening on http://{address}\n"))?;
    http::serve(listener, http::router(Arc::clone(&app), dashboard::routes(&app)), config, stop).await;
    refresh.abort();
    work.shutdown().await;
    app.write_intake().await;
    store.close().await?;
    tracing::info!("stopped; everything that was answered is stored");
    Ok(ExitCode::SUCCESS)
}

async fn refresh_directory(app: Arc<App>) {
    let mut interval = tokio::time::interval(REFRESH_INTERVAL);
    loop {
        interval.tick().await;
        app.collector.forget_rested();
        if let Err(error) = app.directory.refresh(app.store.as_ref()).await {
            tracing::warn!(%error, "sites and tokens could not be read again");
        }
    }
}

fn stop_signal() -> Result<impl Future<Output = ()>, CliError> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, CliError> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            let free = TcpListener::bind((address.ip(), 0)).await.and_then(|listener| listener.local_addr());
            let hint = free.map(|free| format!("; this one is free: --listen {free}")).unwrap_or_default();
            Err(CliError(format!("{address} is taken by another program{hint}")))
        }
        Err(error) => Err(CliError(format!("cannot listen on {address}: {error}"))),
    }
}

/// Keeps a second server off the same data: each would be right about every upload, but not about what to tell an
/// operator.
fn lock(config: &Config) -> Result<File, CliError> {
    let path = config.database_path()?.with_added_extension("lock");
    let refuse = |error: &dyn std::fmt::Display| CliError(format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        touchline_store::sqlite::create_folder(folder)?;
    }
    let file = File::options().create(true).append(true).open(&path).map_err(|error| refuse(&error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(refuse(&"another Touchline serves this data already")),
        Err(std::fs::TryLockError::Error(error)) => Err(refuse(&error)),
    }
}

pub(super) fn start_log(config: &Config) {
    let level = match config.log_level {
        LogLevel::Error => tracing::Level::ERROR,
        LogLevel::Warn => tracing::Level::WARN,
        LogLevel::Info => tracing::Level::INFO,
        LogLevel::Debug => tracing::Level::DEBUG,
    };
    let builder = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match config.log {
        LogFormat::Text => builder.with_target(false).init(),
        LogFormat::Json => builder.json().init(),
    }
}

/// The first screen: where it is, how to send to it, where to go next.
fn welcome(data: &Path, address: SocketAddr, first: &FirstStart) -> String {
    let version = env!("CARGO_PKG_VERSION");
    // As the operator called it, so that it can be called so again.
    let program = std::env::args().next().unwrap_or_else(|| "touchline".into());
    let data = data.display();
    let site = &first.site.id;
    // What is sent to try it is then on the pages, which begin with the last days.
    let today = Day::of(SystemClock.now());
    let snippet = crate::app::snippet::line(&format!("http://{address}"), &first.site, " data-forms=\"on\"");
    let (token_line, token) = match &first.token {
        Some(token) => {
            (format!("  token     {token}\n            shown this once: keep it now\n"), token.as_str())
        }
        None => (
            format!(
                "  token     shown at the first start; for another:
            {program} token create --site {site} --scope ingest,read
"
            ),
            "YOUR_TOKEN",
        ),
    };
    format!(
        r#"
  Touchline {version}: which marketing brought this revenue?

  address   http://{address}
  data      {data}
  site      {site}
{token_line}
  Open http://{address} in a browser, and sign in with the token.

  Send an opportunity, as a CRM does:

curl -i -X PUT http://{address}/v1/{site}/opportunity/upload \
  -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' \
  -d '{{"Reference":"OPP-1","OpportunityValue":"1000.00","CurrencyCode":"GBP","PipelineStage":"Proposal","OpportunityDateTime":"{today}","VisitorIdentifierOptions":[{{"Key":"EmailAddress","Value":"ann@example.com"}}]}}'

  See it with its history:

curl http://{address}/api/v1/sites/{site}/opportunities/OPP-1 -H 'Authorization: Bearer {token}'

  Let a site report its visits and forms, with this line in its pages:

{snippet}

  Next      http://{address}/docs   the API, with examples
            {program} --help   sites, tokens, backups, settings

"#
    )
}
