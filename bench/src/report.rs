//! Reports over columns in memory: each model alone and four at once, as a site grows, and against DuckDB answering the same
//! from tables of the same rows.

use crate::made_up::{MadeUp, sites_settings};
use anyhow::{Context, ensure};
use serde::Deserialize;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use touchline_domain::Rates;
use touchline_domain::attribution::Model;
use touchline_domain::report::{Columns, Dimension, Metrics, Query, Report, UNATTRIBUTED, View};

#[derive(clap::Args)]
pub struct Options {
    /// How many records; about ten touches each
    #[arg(long, default_value_t = 1_000_000)]
    records: u32,
    /// How often each measurement is repeated; the median counts
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// How many threads; all cores when it is not given
    #[arg(long)]
    threads: Option<usize>,
    /// A Python that has DuckDB; without one there is no comparison
    #[arg(long)]
    python: Option<PathBuf>,
    /// What is asked of a running server
    #[command(flatten)]
    pub served: crate::freshness::Options,
}

/// What is compared with SQL, each alone and all at once.
const COMPARED: [&str; 4] = ["linear", "last-touch", "position-based", "time-decay"];

pub fn run(options: &Options) -> anyhow::Result<()> {
    let threads = options.threads.map_or_else(|| std::thread::available_parallelism().map(usize::from), Ok)?;
    println!("reports: {threads} threads, median of {}", options.rounds);
    let small = Site::made_up(options.records / 10)?;
    let large = Site::made_up(options.records)?;
    let queries = queries()?;
    println!("\n{:<46} {:>10} {:>10}   a touch costs", "", small.size(), large.size());
    for (name, query) in &queries {
        let (mut at_small, mut at_large) = (Vec::new(), Vec::new());
        for _ in 0..options.rounds {
            at_small.push(small.time(query, threads)?.0);
            at_large.push(large.time(query, threads)?.0);
        }
        let (at_small, at_large) = (median(at_small)?, median(at_large)?);
        let per_touch = |took: Duration, site: &Site| took.as_secs_f64() / site.columns.touches() as f64;
        let growth = per_touch(at_large, &large) / per_touch(at_small, &small);
        println!("  {name:<44} {:>7.1} ms {:>7.1} ms   {growth:.2} times as much", ms(at_small), ms(at_large));
    }
    match &options.python {
        Some(python) => compare(&large, threads, options.rounds, python),
        None => Ok(println!("\nno Python with DuckDB: nothing is compared")),
    }
}

fn query(models: &[&str]) -> anyhow::Result<Query> {
    let models: Result<Vec<_>, _> = models.iter().map(|name| Model::parse(name)).collect();
    Ok(Query { models: models.map_err(anyhow::Error::msg)?, ..Query::default() })
}

fn queries() -> anyhow::Result<Vec<(String, Query)>> {
    let mut queries = Vec::new();
    for model in Model::all() {
        queries.push((format!("by channel, {}", model.name()), query(&[model.name()])?));
    }
    let four = query(&COMPARED)?;
    let everything = Metrics { records: true, reach: true };
    let by = |names: &[&str]| names.iter().map(|name| Dimension::parse(name)).collect::<Result<Vec<_>, _>>();
    let months = by(&["channel", "month"]).map_err(anyhow::Error::msg)?;
    let touch_months = by(&["channel", "touchMonth"]).map_err(anyhow::Error::msg)?;
    queries.push(("by channel, four models".to_owned(), four.clone()));
    queries.push(("the same with records and reach".to_owned(), Query { metrics: everything, ..four.clone() }));
    queries.push(("by channel and month, linear".to_owned(), Query { by: months, ..Query::default() }));
    let direct = touchline_domain::attribution::DirectPolicy::Skip;
    let linear = Query { by: touch_months, direct, lookback_days: Some(30), ..Query::default() };
    queries.push(("by channel and touches' month, 30 days, no direct".to_owned(), linear));
    Ok(queries)
}

fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1e3
}

fn median(mut times: Vec<Duration>) -> anyhow::Result<Duration> {
    times.sort_unstable();
    times.get(times.len() / 2).copied().context("no rounds")
}

/// A site's journeys in memory.
struct Site {
    made_up: MadeUp,
    columns: Columns,
    view: View,
}

impl Site {
    fn made_up(records: u32) -> anyhow::Result<Self> {
        let made_up = MadeUp { seed: 1, records };
        let settings = sites_settings()?;
        let mut columns = Columns::new(settings.time_zone.zone());
        let (before, began, mut making) = (resident_mib()?, Instant::now(), Duration::ZERO);
        for number in 0..records {
            let began = Instant::now();
            let journey = made_up.journey(number)?;
            making += began.elapsed();
            let row = u64::from(number) + 1;
            columns.apply(row, row, Some(&journey));
        }
        let took = began.elapsed().saturating_sub(making);
        let view = View::of(&columns, Arc::new(settings), Arc::new(Rates::default()));
        println!(
            "  {} records, {} touches: {:.0} MB by their own count, resident memory grew by {:.0} MB; taken in in {:.1} s",
            columns.len(),
            columns.touches(),
            columns.bytes() as f64 / 1e6,
            (resident_mib()? - before) * 1.048_576,
            took.as_secs_f64()
        );
        Ok(Self { made_up, columns, view })
    }

    fn size(&self) -> String {
        format!("{:.1} M", self.columns.touches() as f64 / 1e6)
    }

    fn time(&self, query: &Query, threads: usize) -> anyhow::Result<(Duration, Report)> {
        let began = Instant::now();
        let report = query.run(&self.columns, &self.view, threads).ok().context("too much")?;
        Ok((began.elapsed(), report))
    }
}

fn resident_mib() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    let kib: f64 = line.split_whitespace().nth(1).context("no value")?.parse()?;
    Ok(kib / 1024.0)
}

/// The same models in turns here and in DuckDB.
fn compare(site: &Site, threads: usize, rounds: usize, python: &Path) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    site.made_up.write(folder.path(), &site.view)?;
    let mut database = DuckDb::start(python, folder.path(), threads)?;
    println!("\n{}, the same threads, the same rows as tables", database.version);
    println!("prepared: with positions, counts and ages worked out beforehand; a difference is of a penny's share a record");
    println!("{:<26} {:>10} {:>10} {:>6} {:>10} {:>6}   largest difference", "", "Touchline", "DuckDB", "ratio", "prepared", "ratio");
    let mut all: Vec<Vec<&str>> = COMPARED.iter().map(|name| vec![*name]).collect();
    all.push(COMPARED.to_vec());
    for models in all {
        let query = query(&models)?;
        let (mut ours, mut theirs, mut difference) = (Vec::new(), [Vec::new(), Vec::new()], 0.0);
        for _ in 0..rounds {
            let (took, report) = site.time(&query, threads)?;
            ours.push(took);
            for (is_prepared, theirs) in [false, true].into_iter().zip(&mut theirs) {
                let answer = database.ask(&models, is_prepared)?;
                theirs.push(Duration::from_secs_f64(answer.seconds));
                difference = f64::max(difference, largest_difference(&report, &answer, site.columns.len())?);
            }
        }
        let [plain, prepared] = theirs;
        let (ours, plain, prepared) = (median(ours)?, median(plain)?, median(prepared)?);
        let name = if models.len() == 1 { models[0] } else { "all four in one query" };
        let ratio = |theirs: Duration| theirs.as_secs_f64() / ours.as_secs_f64();
        println!(
            "  {name:<24} {:>7.1} ms {:>7.0} ms {:>6.1} {:>7.0} ms {:>6.1}   {difference:.2}",
            ms(ours),
            ms(plain),
            ratio(plain),
            ms(prepared),
            ratio(prepared)
        );
    }
    database.stop()
}

/// Pennies a record, of the channel where it is most; every record may be rounded by one.
fn largest_difference(report: &Report, answer: &Answer, records: usize) -> anyhow::Result<f64> {
    let rows = report.rows.iter().filter(|row| row.values != [UNATTRIBUTED]);
    let mut largest = 0.0;
    let mut count = 0;
    for row in rows {
        let theirs = answer.channels.get(&row.values[0]).with_context(|| format!("no {}", row.values[0]))?;
        for (cell, theirs) in row.cells.iter().zip(theirs) {
            largest = f64::max(largest, (cell.minor as f64 - theirs).abs() / records as f64);
        }
        count += 1;
    }
    ensure!(count == answer.channels.len(), "{count} channels and {}", answer.channels.len());
    ensure!(largest <= 1.0, "the results differ by {largest} pennies a record");
    Ok(largest)
}

/// A process that answers models by SQL, one line of JSON for each.
struct DuckDb {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    version: String,
}

#[derive(Deserialize)]
struct Answer {
    seconds: f64,
    /// Of each channel, what each model gives it, in minor units.
    channels: std::collections::BTreeMap<String, Vec<f64>>,
}

impl DuckDb {
    fn start(python: &Path, folder: &Path, threads: usize) -> anyhow::Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql_report.py");
        let mut command = Command::new(python);
        command.arg(script).arg(folder).arg(threads.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("{command:?}"))?;
        let questions = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().context("no standard output")?);
        let mut database = Self { child, questions, answers, version: String::new() };
        database.version = database.line()?;
        Ok(database)
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        ensure!(line.ends_with('\n'), "DuckDB's process ended");
        Ok(line.trim_end().to_owned())
    }

    fn ask(&mut self, models: &[&str], prepared: bool) -> anyhow::Result<Answer> {
        let questions = self.questions.as_mut().context("it was stopped")?;
        writeln!(questions, "{}", serde_json::json!({ "models": models, "prepared": prepared }))?;
        questions.flush()?;
        Ok(serde_json::from_str(&self.line()?)?)
    }

    fn stop(mut self) -> anyhow::Result<()> {
        drop(self.questions.take());
        ensure!(self.child.wait()?.success(), "DuckDB's process failed");
        Ok(())
    }
}
