//! The demonstration: a site that is made up, whose screen works as it stands, and that leaves nothing behind.

use crate::harness::{Server, touchline};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

fn json(command: &str) -> Value {
    let output = Command::new("bash").args(["-c", &format!("{command} --silent --fail")]).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn elements(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}

#[test]
fn a_stranger_looks_around_and_nothing_is_left() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = touchline();
    command.args(["demo", "--people", "600", "--listen", "127.0.0.1:0"]).env("TMPDIR", temporary.path());
    let server = Server::start_command(command, tempfile::tempdir().unwrap(), String::new());
    let folders = || std::fs::read_dir(temporary.path()).unwrap().count();
    assert_eq!(folders(), 1);
    let lines: Vec<_> = server.screen.lines().filter(|line| line.starts_with("curl ")).collect();
    let [report, receipt, deal, person, deals, pipeline, explain] = lines.as_slice() else {
        panic!("{}", server.screen)
    };
    let report = json(report);
    let named: Vec<_> =
        report["query"]["models"].as_array().unwrap().iter().map(|one| &one["model"]).collect();
    assert_eq!(named, ["first-touch", "linear"]);
    let rows = report["rows"].as_array().unwrap();
    let row = |channel: &str| rows.iter().find(|row| row["values"]["channel"] == channel).unwrap();
    for channel in ["Paid Search", "Paid Social", "Display"] {
        let (cost, roas) = (&row(channel)["cost"]["amount"], &row(channel)["models"][1]["roas"]);
        assert!(cost.is_string() && roas.is_number(), "{channel}: {report}");
    }
    assert!(row("Offline")["reached"].as_u64() > Some(0) && row("Email")["cost"].is_null(), "{report}");
    let receipt = json(receipt);
    assert!(elements(&receipt["touches"]) > 1 && receipt["match"]["matched"] == true, "{receipt}");
    let deal = json(deal);
    assert_eq!((&deal["stage"], &deal["match"]["matched"]), (&"Won".into(), &true.into()));
    assert!(
        elements(&deal["match"]["visits"]) > 1 && deal["match"]["visits"][0]["classification"].is_object()
    );
    let person = json(person);
    assert!(elements(&person["visitors"]) > 0 && elements(&person["evidence"]) > 0, "{person}");
    assert_eq!(elements(&json(deals)["records"]), 10);
    assert!(elements(&json(pipeline)["opportunities"]) > 3);
    assert_eq!(json(explain)["channel"], "Paid Search");
    server.stop();
    assert_eq!(folders(), 0, "its folder is removed");
}

#[test]
fn it_never_touches_data_that_is_there() {
    let server = Server::start();
    let data = server.data.path().to_owned();
    let mut command = touchline();
    command.args(["demo", "--people", "5", "--listen", "127.0.0.1:0", "--data"]).arg(&data);
    let before = modified(&data);
    let demo = Server::start_command(command, tempfile::tempdir().unwrap(), String::new());
    demo.stop();
    assert_eq!(modified(&data), before);
}

fn modified(folder: &Path) -> Vec<(std::ffi::OsString, u64)> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut files: Vec<_> =
        entries.map(|entry| (entry.file_name(), entry.metadata().unwrap().len())).collect();
    files.sort();
    files
}
