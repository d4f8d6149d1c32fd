//! `touchline`: a self-hosted server that answers which marketing brought this revenue.

mod app;
mod cli;
mod clock;
mod config;
mod dashboard;
mod http;
mod metrics;
mod worker;

use std::process::ExitCode;

/// Uploads are made on one thread and freed on another, which glibc's allocator pays for with locks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
