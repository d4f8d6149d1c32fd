//! Exports to advertising platforms from the command line, and what an erasure leaves of them.

use crate::ad_exports::{GOOGLE, META, day, deal, made, start};
use crate::erase::found_in;
use crate::harness::{Server, run_ok, run_refused};
use serde_json::json;
use std::fs;

/// Hers, as it is in files: click ids, her reference, and the hash of her address.
const HERS: [&str; 4] = [
    "gclid-marker",
    "fbclid-marker",
    "ANN-MARKER",
    "05316f20307a09600e7e40c2a1611bfa53642ce659ae430e709d69ce236ee9d7",
];

fn two(server: &Server) {
    let at = |ago| format!("{}T10:00:00Z", day(ago));
    for (name, click) in [
        ("ann-marker", "gclid=gclid-marker&fbclid=fbclid-marker"),
        ("bob", "gclid=bobs-gclid&fbclid=bobs-fbclid"),
    ] {
        deal(server, name, &[(at(9), click)], ("Won", &at(2)), "100 GBP");
    }
}

#[test]
fn nothing_of_an_erased_person_is_left_in_stored_exports() {
    let server = start();
    two(&server);
    for path in [format!("{GOOGLE}?name=Sale"), META.to_owned()] {
        let summary = made(&server, &path);
        assert_eq!(summary["conversions"].as_array().unwrap().len(), 2);
    }
    let held = found_in(server.data.path(), &HERS);
    assert!(HERS.iter().all(|text| held.iter().any(|found| found.starts_with(text))), "{held:?}");
    let document = server.get("/api/v1/sites/s/people/export?email=ann-marker@example.com");
    let exports = &document.json()["exports"];
    assert_eq!(exports.as_array().unwrap().len(), 2, "what is held of her");
    assert!(document.text().contains(HERS[3]) && !document.text().contains("bobs"));
    let path = "/api/v1/sites/s/people?email=ann-marker@example.com";
    let statement = server.request("DELETE", path, &[], b"").json();
    assert_eq!((&statement["exported"], &statement["records"]), (&json!(2), &json!(1)), "{statement}");
    assert_eq!(found_in(server.data.path(), &HERS), [""; 0], "while it runs");
    let detail = server.json("/api/v1/sites/s/exports/1");
    assert_eq!((&detail["erased"], &detail["exported"][0]["reference"]), (&json!(1), &json!("BOB")));
    let file = server.get("/api/v1/sites/s/exports/2/file");
    assert_eq!(file.json()["data"].as_array().unwrap().len(), 1, "it is a file still");
    assert!(server.get("/api/v1/sites/s/exports/1/file").text().contains("bobs-gclid"));
    let preview = server.json(&format!("{GOOGLE}?name=Sale"));
    assert_eq!(preview["conversions"], json!([]), "she is not exported again");
    run_ok(server.data.path(), &["check"]);
    let (data, _) = server.stop();
    assert_eq!(found_in(data.path(), &HERS), [""; 0], "after a stop");
}

#[test]
fn the_command_line_exports_the_same_beside_the_running_server() {
    let server = start();
    two(&server);
    let (data, folder) = (server.data.path(), tempfile::tempdir().unwrap());
    let out = folder.path().join("sales.csv");
    let out = out.to_str().unwrap();
    let export = ["ads-export", "--site", "s", "--platform", "google-ads", "--name", "Sale"];
    let with = |more: &[&'static str]| [&export[..], more].concat();
    let dry = run_ok(data, &with(&["--dry-run"]));
    assert_eq!(dry, "to export: 2 conversions\n");
    let told = run_ok(data, &[&export[..], &["--out", out]].concat());
    assert_eq!(told, format!("export 1: 2 conversions in {out}\n"));
    let written = fs::read_to_string(out).unwrap();
    assert_eq!(written, server.get("/api/v1/sites/s/exports/1/file").text());
    let refused = run_refused(data, &[&export[..], &["--out", out]].concat());
    assert!(refused.contains("exists"), "{refused}");
    let other = folder.path().join("other.csv");
    let other = other.to_str().unwrap();
    let nothing = run_ok(data, &[&export[..], &["--out", other]].concat());
    assert!(nothing.starts_with("there is nothing to export\n2 left out: An earlier"), "{nothing}");
    assert!(!fs::exists(other).unwrap(), "no empty file is left");
    run_ok(data, &["ads-export", "--site", "s", "--repeat", "1", "--out", other]);
    assert_eq!(fs::read_to_string(other).unwrap(), written);
    let meta = run_ok(data, &["ads-export", "--site", "s", "--platform", "meta", "--out", "-"]);
    assert_eq!(meta, server.get("/api/v1/sites/s/exports/2/file").text());
    assert!(
        run_refused(data, &["ads-export", "--site", "s", "--platform", "google-ads", "--out", "-"])
            .contains("--name")
    );
    assert!(
        run_refused(data, &["ads-export", "--site", "s", "--platform", "tv", "--out", "-"])
            .contains("--platform")
    );
    assert!(run_refused(data, &with(&["--event-days", "3", "--dry-run"])).contains("mean nothing"));
    assert!(
        run_refused(data, &["ads-export", "--site", "s", "--repeat", "9", "--out", "-"])
            .contains("no export 9")
    );
}

#[test]
fn without_a_server_the_command_follows_the_facts_itself() {
    let server = start();
    two(&server);
    let (data, _) = server.stop();
    let meta = run_ok(data.path(), &["ads-export", "--site", "s", "--platform", "meta", "--out", "-"]);
    assert!(meta.contains("fbclid-marker"), "{meta}");
}
