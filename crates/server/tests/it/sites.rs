//! A site's settings for visits and people, and the line for its pages, from the command line.

use crate::harness::{run, run_ok, run_refused};
use std::path::Path;

fn data() -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    run_ok(data.path(), &["site", "add", "--id", "s", "--name", "Site"]);
    data
}

fn set(data: &Path, arguments: &[&str]) -> String {
    run_ok(data, &[&["site", "set", "--id", "s"], arguments].concat());
    run_ok(data, &["site", "list"])
}

fn assert_lists(list: &str, parts: &[&str]) {
    for part in parts {
        assert!(list.contains(part), "{part}: {list}");
    }
}

const DEFAULTS: [&str; 2] = [
    "visits: from any origin; a new one after 30 minutes or another campaign; kept for ever\n",
    "guards: 25 visitors, 6 email addresses; no one's: nothing\n",
];

#[test]
fn every_setting_is_set_shown_kept_and_cleared() {
    let data = data();
    let data = data.path();
    assert_lists(&run_ok(data, &["site", "list"]), &DEFAULTS);
    let origins = ["--origin", "https://WWW.Example.com/prices?x", "--origin", "http://localhost:3000"];
    let visits =
        ["--visit-timeout", "60", "--campaign-begins-visit", "false", "--visit-retention-days", "400"];
    let guards =
        ["--guard-visitors", "40", "--guard-emails", "3", "--ignore", "Test@Example.com", "--ignore", "N/A"];
    let changed = [
        "visits: from http://localhost:3000, https://www.example.com; a new one after 60 minutes; kept 400 days\n",
        "guards: 40 visitors, 3 email addresses; no one's: N/A, test@example.com\n",
    ];
    assert_lists(&set(data, &[&origins[..], &visits, &guards].concat()), &changed);
    assert_lists(&set(data, &["--name", "Another"]), &changed);
    assert_lists(&set(data, &["--origin", "https://a.example"]), &["from https://a.example;"]);
    let clear = ["--origin", "", "--ignore", "", "--visit-retention-days", "0"];
    let usual = [
        "--visit-timeout",
        "30",
        "--campaign-begins-visit",
        "true",
        "--guard-visitors",
        "25",
        "--guard-emails",
        "6",
    ];
    assert_lists(&set(data, &[&clear[..], &usual].concat()), &DEFAULTS);
    let add = ["site", "add", "--id", "t", "--name", "T", "--visit-timeout", "5", "--ignore", "0000000000"];
    run_ok(data, &add);
    assert_lists(&run_ok(data, &["site", "list"]), &["after 5 minutes", "no one's: 0000000000\n"]);
}

#[test]
fn a_setting_that_is_wrong_is_named_and_changes_nothing() {
    let data = data();
    for (option, value) in [
        ("--origin", "example.com"),
        ("--origin", "data:,"),
        ("--visit-timeout", "0"),
        ("--visit-timeout", "1441"),
        ("--visit-timeout", "soon"),
        ("--guard-visitors", "0"),
        ("--guard-emails", "501"),
        ("--visit-retention-days", "-1"),
        ("--visit-retention-days", "36501"),
    ] {
        let arguments = ["site", "set", "--id", "s", "--name", "Changed", &format!("{option}={value}")];
        let said = run_refused(data.path(), &arguments);
        assert!(said.contains(option), "{option} {value}: {said}");
    }
    let long = "x".repeat(256);
    assert!(run_refused(data.path(), &["site", "set", "--id", "s", "--ignore", &long]).contains("--ignore"));
    let many = vec!["--origin=https://a.example"; 101];
    let said = run_refused(data.path(), &[&["site", "set", "--id", "s"][..], &many].concat());
    assert!(said.contains("--origin can be given at most 100 times"), "{said}");
    assert_eq!(
        run(data.path(), &["site", "set", "--id", "s", "--campaign-begins-visit", "perhaps"]).status.code(),
        Some(2)
    );
    let list = run_ok(data.path(), &["site", "list"]);
    assert_lists(&list, &DEFAULTS);
    assert!(!list.contains("Changed"), "{list}");
}

#[test]
fn the_line_for_a_page_has_what_the_site_needs() {
    let data = data();
    let snippet =
        |arguments: &[&str]| run_ok(data.path(), &[&["site", "snippet", "--site", "s"], arguments].concat());
    assert_eq!(
        snippet(&["--listen", "127.0.0.1:9000"]),
        "<script defer src=\"http://127.0.0.1:9000/tag.js\" data-site=\"s\"></script>\n"
    );
    set(data.path(), &["--visit-timeout", "45"]);
    assert_eq!(
        snippet(&["--address", "https://tl.example.com/", "--consent", "--forms"]),
        "<script defer src=\"https://tl.example.com/tag.js\" data-site=\"s\" data-consent=\"required\" data-forms=\"on\" data-timeout=\"45\"></script>\n"
    );
    for arguments in [["--site", "nosuch"], ["--site", "s\"onload=x"]] {
        let said = run_refused(data.path(), &[&["site", "snippet"][..], &arguments].concat());
        assert!(said.contains("there is no site"), "{said}");
    }
    let said = run_refused(data.path(), &["site", "snippet", "--site", "s", "--address", "tl.example.com"]);
    assert!(said.contains("--address"), "{said}");
}
