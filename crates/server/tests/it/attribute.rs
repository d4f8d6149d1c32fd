//! `touchline attribute`: our models on a plain file of paths, without any data of our own.

use crate::harness::{run, run_ok, run_refused, touchline};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use tempfile::TempDir;

/// The journeys of `docs/attribution.md`, with direct ones that convert beside them.
const PATHS: &str = "path,total_conversions,total_conversion_value,total_null
Paid Search,10,1000.5,30
Paid Search > Email,20,2000,20
Organic Search > Email,10,1000,10
Direct,10,500,90
";

struct Paths(TempDir);

impl Paths {
    fn new(content: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("paths.csv"), content).unwrap();
        Self(folder)
    }

    fn file(&self) -> String {
        self.0.path().join("paths.csv").to_str().unwrap().to_owned()
    }

    fn printed(&self, arguments: &[&str]) -> String {
        let printed = run_ok(&self.data(), &[&["attribute", &self.file()], arguments].concat());
        assert!(!self.data().exists(), "no data is needed, and none is made");
        printed
    }

    fn data(&self) -> std::path::PathBuf {
        self.0.path().join("data")
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.printed(&[&["--format", "json"], arguments].concat())).unwrap()
    }

    fn refused(&self, arguments: &[&str]) -> String {
        run_refused(&self.data(), &[&["attribute", &self.file()], arguments].concat())
    }
}

fn share(credit: &Value, channel: &str) -> (f64, f64) {
    let share = &credit["channels"][channel];
    (share["conversions"].as_f64().unwrap(), share["value"].as_f64().unwrap())
}

fn near((conversions, value): (f64, f64), expected: (f64, f64)) -> bool {
    (conversions - expected.0).abs() < 1e-6 && (value - expected.1).abs() < 1e-6
}

#[test]
fn programs_get_everything() {
    let paths = Paths::new(PATHS);
    let answer = paths.json(&[]);
    assert_eq!(answer["paths"], 4);
    assert_eq!((&answer["conversions"], &answer["nulls"]), (&50.into(), &150.into()));
    assert!((answer["baseRate"].as_f64().unwrap() - 0.25).abs() < 1e-9);
    for (channel, effect) in [("Paid Search", 0.6), ("Email", 0.6), ("Organic Search", 0.2), ("Direct", 0.2)]
    {
        assert!((answer["removalEffects"][channel].as_f64().unwrap() - effect).abs() < 1e-9, "{channel}");
    }
    let models = answer["models"].as_array().unwrap();
    let names: Vec<_> = models.iter().map(|credit| credit["model"].as_str().unwrap()).collect();
    assert_eq!(
        names.join(" "),
        "first-touch last-touch last-non-direct linear position-based w-shaped full-path markov markov-global shapley"
    );
    for credit in models {
        let sum = |of: fn((f64, f64)) -> f64| -> f64 {
            ["Paid Search", "Email", "Organic Search", "Direct"]
                .map(|channel| of(share(credit, channel)))
                .iter()
                .sum()
        };
        assert!(near((sum(|share| share.0), sum(|share| share.1)), (50.0, 4500.5)), "{credit}");
        assert!(credit["definition"].as_str().unwrap().ends_with('.'));
    }
    assert_eq!(models[4]["parameters"], serde_json::json!({"first": "40", "last": "40"}));
    assert!(near(share(&models[0], "Paid Search"), (30.0, 3000.5)));
    assert!(near(share(&models[3], "Email"), (15.0, 1500.0)));
    // In each journey 3 to 1, and 3 to 3; and over all records 6, 6, 2, 2 of 16.
    assert!(near(share(&models[7], "Organic Search"), (2.5, 250.0)));
    assert!(near(share(&models[8], "Organic Search"), (6.25, 4500.5 / 8.0)));
}

#[test]
fn people_get_tables() {
    let paths = Paths::new(PATHS);
    let text = paths.printed(&[]);
    for part in [
        "4 paths: 50 conversions worth 4500.50, and 150 that came to nothing. Direct touches count like any other.\n",
        "conversions        first-touch",
        "value              first-touch",
        "markov-global",
        "removal effects, of a base rate of 0.250000\n",
        "Organic Search        0.200000\n",
        "left out, for the file has no column 'times': time-decay\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.lines().all(|line| line.len() <= 110 && !line.contains("unattributed")), "{text}");
    let few = paths.printed(&["--model", "linear"]);
    assert!(!few.contains("removal effects") && !few.contains("left out"), "{few}");
}

#[test]
fn spreadsheets_get_lines() {
    let printed =
        Paths::new(PATHS).printed(&["--format", "csv", "--model", "markov", "--model", "position-based"]);
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines[0], "model,channel,conversions,value,removal_effect");
    assert_eq!(lines.len(), 1 + 2 * 4);
    assert!(lines[1].starts_with("markov,Direct,10.0,500.0,0.2"), "{printed}");
    assert_eq!(lines[5], "\"position-based:first=40,last=40\",Direct,10.0,500.0,");
}

#[test]
fn direct_is_kept_skipped_or_the_last_resort() {
    let paths = Paths::new("path,total_conversions\nA > Typed,8\nTyped,2\n");
    let of = |policy: &str, model: &str| {
        let arguments = ["--direct", policy, "--direct-channel", "Typed", "--model", model];
        let answer = paths.json(&arguments);
        let credit = &answer["models"][0];
        let of = |channel| share(credit, channel).0;
        (of("A"), of("Typed"), credit["unattributed"]["conversions"].as_f64().unwrap())
    };
    assert_eq!(of("keep", "linear"), (4.0, 6.0, 0.0));
    assert_eq!(of("skip", "linear"), (8.0, 0.0, 2.0));
    assert_eq!(of("last-resort", "linear"), (8.0, 2.0, 0.0));
    assert_eq!(of("keep", "last-touch"), (0.0, 10.0, 0.0));
    assert_eq!(of("keep", "last-non-direct"), (8.0, 2.0, 0.0));
    assert_eq!(of("skip", "last-non-direct"), (8.0, 0.0, 2.0));
    assert_eq!(of("skip", "markov-global"), (8.0, 0.0, 2.0));
    let text = paths.printed(&["--direct", "skip", "--direct-channel", "Typed", "--model", "linear"]);
    assert!(text.contains("(unattributed)") && !text.contains("\nvalue"), "{text}");
}

#[test]
fn times_make_it_decay() {
    let paths =
        Paths::new("path,total_conversions,times\nA > B,3,0 > 604800\nB > A > B,7,0 > 86400 > 172800\n");
    let names = paths.json(&[])["models"].as_array().unwrap().len();
    assert_eq!(names, 11, "all of them");
    let of = |model: &str| share(&paths.json(&["--model", model])["models"][0], "A").0;
    assert!((of("time-decay:half-life=1d") - (3.0 / 129.0 + 2.0)).abs() < 1e-6);
    let week = |days: f64| (-days / 7.0_f64).exp2();
    assert!((of("time-decay") - (1.0 + 7.0 * week(1.0) / (1.0 + week(1.0) + week(2.0)))).abs() < 1e-6);
}

#[test]
fn the_file_may_be_packed_or_come_through_a_pipe() {
    let plain = Paths::new(PATHS).printed(&[]);
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(PATHS.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    assert_eq!(Paths::new(&packed).printed(&[]), plain);
    let mut child =
        touchline().args(["attribute", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&packed).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), plain);
    let torn = Paths::new(&packed[..packed.len() / 2]);
    assert!(torn.refused(&[]).contains("paths.csv: "), "it does not end early in silence");
}

#[test]
fn a_mistake_is_named() {
    let good = Paths::new(PATHS);
    for (arguments, named) in [
        (&["--model", "median"][..], "--model 'median' must be one of first-touch"),
        (&["--model", "linear:half-life=7d"], "'half-life'; linear has none"),
        (&["--model", "time-decay:half-life=soon"], "a span of time such as 7d"),
        (&["--model", "time-decay"], "time-decay needs the column 'times'"),
        (&["--direct", "drop"], "--direct must be one of keep, skip, last-resort"),
    ] {
        let said = good.refused(arguments);
        assert!(said.contains(named), "{named}: {said}");
    }
    for (content, named) in [
        ("", "paths.csv: line 1: there is no column 'path'"),
        ("path,total_conversions\n", "no paths"),
        (
            "path,total_conversions\nA,1\nB,many\n",
            "paths.csv: line 3: 'total_conversions' must be a whole number",
        ),
        ("path,total_conversions\nA > ,1\n", "paths.csv: line 2: 'path'"),
        ("path,total_conversions\nA\n", "line 2: there are 1 columns, and 2 in the head"),
    ] {
        let said = Paths::new(content).refused(&[]);
        assert!(said.contains(named), "{named}: {said}");
    }
    let missing = run_refused(good.0.path(), &["attribute", "nowhere.csv"]);
    assert!(missing.contains("nowhere.csv"), "{missing}");
    let many: Vec<_> = (0..501).map(|number| format!("c{number},1")).collect();
    let said = Paths::new(format!("path,total_conversions\n{}", many.join("\n"))).refused(&[]);
    assert!(said.contains("at most 500 channels; choose others with --model"), "{said}");
    let linear = run(Path::new("."), &["attribute", &good.file(), "--format", "xml"]);
    assert_eq!(linear.status.code(), Some(2));
}
