//! `touchline attribute`: our models on a plain file of paths, so that anyone can compare them with another program's.

mod credit;
mod print;
mod read;

use super::{CliError, print as write};
use clap::{Args, ValueEnum};
use credit::Attribution;
use read::PathFile;
use std::process::ExitCode;
use touchline_domain::attribution::{DirectPolicy, Model};

#[derive(Args)]
pub(super) struct AttributeCommand {
    /// A CSV file, plain or gzipped, or `-` for standard input, with the columns `path` (channels joined by ` > `),
    /// `total_conversions` and, where known, `total_conversion_value`, `total_null` and `times` (seconds, joined like
    /// the path)
    paths: String,
    /// A model, its parameters after a colon: `time-decay:half-life=14d`; can be repeated [default: all]
    #[arg(long, value_name = "MODEL")]
    model: Vec<String>,
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    format: AttributionFormat,
    /// What becomes of direct touches: `keep`, `skip` or `last-resort`
    #[arg(long, value_name = "POLICY", default_value = "keep")]
    direct: String,
    /// The channel that is direct
    #[arg(long, value_name = "NAME", default_value = "Direct")]
    direct_channel: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum AttributionFormat {
    Text,
    Csv,
    Json,
}

/// Shares the conversions of all paths, and what they are worth, over the channels.
pub(super) fn run(command: &AttributeCommand) -> Result<ExitCode, CliError> {
    let direct = DirectPolicy::parse(&command.direct)
        .map_err(|invalid| CliError::new(format!("--direct {}", invalid.must)))?;
    let named = command.model.iter().map(|raw| {
        Model::parse(raw).map_err(|invalid| CliError::new(format!("--model '{raw}' {}", invalid.must)))
    });
    let named = named.collect::<Result<Vec<_>, _>>()?;
    let file = PathFile::read(&command.paths)?;
    let lacks = |model: &Model| model.needs_times() && !file.has_times();
    if let Some(model) = named.iter().find(|model| lacks(model)) {
        let name = model.name();
        return Err(CliError::new(format!("{}: {name} needs the column 'times'", command.paths)));
    }
    let (left_out, models) =
        if named.is_empty() { Model::all().partition(lacks) } else { (Vec::new(), named) };
    let left_out: Vec<_> = left_out.iter().map(Model::name).collect();
    let attribution = Attribution::of(&file, models, direct, &command.direct_channel)
        .map_err(|error| CliError::new(format!("{}: {error}; choose others with --model", command.paths)))?;
    write(&match command.format {
        AttributionFormat::Text => print::text(&file, &attribution, &left_out),
        AttributionFormat::Csv => print::csv(&file, &attribution)?,
        AttributionFormat::Json => print::json(&file, &attribution)?,
    })
}
