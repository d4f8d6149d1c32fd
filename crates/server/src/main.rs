//! `touchline`: a self-hosted server that answers which marketing brought this revenue.

mod app;
mod cli;
mod clock;
mod config;
mod http;
mod metrics;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
