use super::{CliError, open_store, print};
use crate::app::ad_exports::{self, ActionSource, Changed, Gathered, OrderId, Wanted};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use clap::Args;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use touchline_domain::ad_export::{ExportPlatform, ExportQuery, ExportedValue};
use touchline_domain::record::RecordKind;
use touchline_domain::{Invalid, Milestone, Site, SiteId, Text};
use touchline_store::{Store, StoreError, StoredExport};

#[derive(Args)]
pub(super) struct AdExportCommand {
    /// Whose conversions
    #[arg(long)]
    site: String,
    /// For whom: `google-ads` or `meta`
    #[arg(long, required_unless_present = "repeat")]
    platform: Option<String>,
    /// The file to write; it must not exist. `-` is standard output
    #[arg(long, required_unless_present = "dry_run")]
    out: Option<PathBuf>,
    /// What the platform calls the conversion: in Google Ads the conversion action's name, with Meta the event's
    #[arg(long)]
    name: Option<String>,
    /// Of which records: `opportunity` or `revenue`
    #[arg(long, default_value = "opportunity")]
    kind: String,
    /// What an opportunity must have reached: `lead`, `opportunity` or `won`
    #[arg(long, default_value = "won")]
    milestone: String,
    /// What a conversion is said to be worth: `whole`, `none`, or what a model such as `linear` gives to the platform's clicks
    #[arg(long, default_value = "whole")]
    value: String,
    /// How many days ago the click may have been
    #[arg(long, default_value_t = ExportQuery::CLICK_DAYS_MAX, value_parser = clap::value_parser!(u32).range(1..=90))]
    click_days: u32,
    /// Meta: how many days ago the conversion may have happened [default: 7]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=62))]
    event_days: Option<u32>,
    /// Meta: where conversions happen, as Meta puts it [default: `system_generated`]
    #[arg(long)]
    action_source: Option<String>,
    /// Google: which click ids, separated by commas [default: gclid,wbraid,gbraid]
    #[arg(long)]
    click_ids: Option<String>,
    /// By what the platform knows a conversion again: `key`, `reference` or `none`
    #[arg(long, default_value = "key")]
    order_id: String,
    /// At most this many, the oldest first [default: as many as one request to the platform takes]
    #[arg(long)]
    limit: Option<usize>,
    /// Export again what was exported before
    #[arg(long)]
    again: bool,
    /// Only say what there is to export
    #[arg(long)]
    dry_run: bool,
    /// Write the file of an export that was made before, by its number
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["platform", "dry_run", "again", "name"])]
    repeat: Option<u64>,
}

/// How many changes are followed at a time.
const PIECE: usize = 2_000;

/// Makes an export and writes its file, and says what it has and what it left out.
pub(super) async fn run(config: &Config, command: AdExportCommand) -> Result<ExitCode, CliError> {
    let id = SiteId::parse(&command.site).map_err(|invalid| wrong("--site", &invalid))?;
    let store = open_store(config, false)?;
    let site = store.directory().await?.sites.into_iter().find(|site| site.id == id);
    let site = Arc::new(site.ok_or_else(|| CliError::new(format!("there is no site {id}")))?);
    let done = match command.repeat {
        Some(number) => repeat(store.as_ref(), &site, number, command.out.as_deref()).await,
        None => export(store.as_ref(), &site, &command).await,
    };
    store.close().await?;
    done
}

async fn export(
    store: &dyn Store,
    site: &Arc<Site>,
    command: &AdExportCommand,
) -> Result<ExitCode, CliError> {
    let wanted = command.wanted()?;
    follow(store).await?;
    let now = SystemClock.now();
    let Some(out) = command.out.as_deref().filter(|_| !command.dry_run) else {
        let gathered = ad_exports::gather(store, site, &wanted, now).await?;
        return print(&format!("to export: {}\n{}", counted(gathered.rows.len()), summary(&gathered)));
    };
    // Before anything is entered into the ledger.
    let mut file = create(out)?;
    let made = ad_exports::make(store, site, &wanted, now).await?;
    let Some(export) = &made.export else {
        discard(out);
        return say(out, &format!("there is nothing to export\n{}", summary(&made.gathered)));
    };
    let text = ad_exports::file(export.platform, &export.header, made.gathered.contents());
    write(&mut file, &text).map_err(|error| {
        let number = export.id;
        CliError::new(format!(
            "{}: {error}; export {number} is made: get its file with --repeat {number}",
            out.display()
        ))
    })?;
    say(out, &format!("{}{}", told(export, made.gathered.rows.len(), out), summary(&made.gathered)))
}

/// Brings journeys up to date; beside a running server there is little left to do.
async fn follow(store: &dyn Store) -> Result<(), CliError> {
    loop {
        match store.follow(PIECE).await {
            Ok(followed) if followed.is_done() => return Ok(()),
            // Overtaken by writes: it is tried again.
            Ok(_) | Err(StoreError::Interrupted) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

async fn repeat(
    store: &dyn Store,
    site: &Site,
    number: u64,
    out: Option<&Path>,
) -> Result<ExitCode, CliError> {
    let found = ad_exports::stored(store, &site.id, number).await?;
    let (export, rows) = found.ok_or_else(|| CliError::new(format!("there is no export {number}")))?;
    let out = out.ok_or_else(|| CliError::new("--out names no file"))?;
    let contents = rows.iter().map(|row| row.content.as_str());
    write(&mut create(out)?, &ad_exports::file(export.platform, &export.header, contents))?;
    say(out, &told(&export, rows.len(), out))
}

impl AdExportCommand {
    fn wanted(&self) -> Result<Wanted, CliError> {
        let platform = ExportPlatform::parse(self.platform.as_deref().unwrap_or_default());
        let platform = platform.map_err(|invalid| wrong("--platform", &invalid))?;
        let milestone =
            Milestone::parse(&self.milestone).map_err(|invalid| wrong("--milestone", &invalid))?;
        let name = self.name.as_deref().or(platform.conversion_name(milestone));
        let name =
            name.ok_or_else(|| CliError::new("--name must say what the platform calls the conversion"))?;
        let name = Text::parse(name).map_err(|invalid| wrong("--name", &invalid))?;
        let mut query = ExportQuery { milestone, ..ExportQuery::new(platform, name) };
        let kind = RecordKind::ALL.into_iter().find(|kind| kind.name() == self.kind);
        query.kind = kind.ok_or_else(|| CliError::new("--kind must be opportunity or revenue"))?;
        query.value = ExportedValue::parse(&self.value).map_err(|invalid| wrong("--value", &invalid))?;
        query.click_days = self.click_days;
        query.again = self.again;
        query.limit = self.limit.unwrap_or(query.limit);
        if !(1..=platform.limit_max()).contains(&query.limit) {
            let max = platform.limit_max();
            return Err(CliError::new(format!("--limit must be a whole number from 1 to {max}")));
        }
        self.only_of(platform)?;
        if let Some(raw) = &self.click_ids {
            let click_ids = crate::http::ad_exports::click_ids(platform, raw);
            query.click_ids = click_ids.map_err(|invalid| wrong("--click-ids", &invalid))?;
        }
        query.event_days = self.event_days.or(query.event_days);
        let mut wanted = Wanted::new(query);
        wanted.order_id = OrderId::parse(&self.order_id).map_err(|invalid| wrong("--order-id", &invalid))?;
        if let Some(raw) = &self.action_source {
            wanted.action_source =
                ActionSource::parse(raw).map_err(|invalid| wrong("--action-source", &invalid))?;
        }
        let argument = |parameter| match parameter {
            "eventDays" => "--event-days",
            "milestone" => "--milestone",
            _ => "--value",
        };
        wanted.check().map_err(|(parameter, invalid)| wrong(argument(parameter), &invalid))?;
        Ok(wanted)
    }

    /// Refuses what means nothing for a platform.
    fn only_of(&self, platform: ExportPlatform) -> Result<(), CliError> {
        let (meant, other) = match platform {
            ExportPlatform::GoogleAds => (
                self.event_days.is_none() && self.action_source.is_none(),
                "--event-days and --action-source",
            ),
            ExportPlatform::Meta => (self.click_ids.is_none(), "--click-ids"),
        };
        let why = || CliError::new(format!("{other} mean nothing for {}", platform.name()));
        meant.then_some(()).ok_or_else(why)
    }
}

fn wrong(argument: &str, invalid: &Invalid) -> CliError {
    CliError::new(format!("{argument} {}", invalid.must))
}

fn is_stdout(out: &Path) -> bool {
    out.as_os_str() == "-"
}

/// Where the file goes. One that is there is not overwritten: it may not have been uploaded yet.
fn create(out: &Path) -> Result<Box<dyn Write>, CliError> {
    if is_stdout(out) {
        return Ok(Box::new(std::io::stdout()));
    }
    let file = File::create_new(out).map_err(|error| CliError::new(format!("{}: {error}", out.display())))?;
    Ok(Box::new(file))
}

fn discard(out: &Path) {
    if !is_stdout(out) {
        // It is empty; that it stays harms nobody.
        let _ = std::fs::remove_file(out);
    }
}

fn write(file: &mut Box<dyn Write>, text: &str) -> std::io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.flush()
}

/// Says it where it is not in the file's way.
fn say(out: &Path, text: &str) -> Result<ExitCode, CliError> {
    if !is_stdout(out) {
        return print(text);
    }
    std::io::stderr().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn told(export: &StoredExport, conversions: usize, out: &Path) -> String {
    format!("export {}: {} in {}\n", export.id, counted(conversions), out.display())
}

fn counted(conversions: usize) -> String {
    format!("{conversions} {}", if conversions == 1 { "conversion" } else { "conversions" })
}

fn summary(gathered: &Gathered) -> String {
    let mut text = String::new();
    if gathered.waiting > 0 {
        text += &format!("{} more are waiting for the next export\n", gathered.waiting);
    }
    for (reason, count) in &gathered.left_out {
        text += &format!("{count} left out: {}\n", reason.explanation());
    }
    if gathered.changed_count > 0 {
        text += &format!(
            "{} are not what they were when they were exported; restate or retract them:\n",
            gathered.changed_count
        );
    }
    for Changed { reference, exported, now } in gathered.changed.iter().take(20) {
        let now = now.map_or_else(|| "not reached any more".to_owned(), |now| now.to_string());
        text += &format!("  {reference} ({}): {}, now {now}\n", exported.key, exported.worth);
    }
    text
}
