//! Journeys are derived anew, and compared with the facts, beside the server and without it.

use crate::harness::{Server, beside, opportunity, run, run_ok, run_refused, with};
use crate::sent::{email, ra_id};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;

const WELL: &str = "all is well: 3 journeys are what the facts say\n";

/// Ann's way from a visit to three deals.
fn ann(server: &Server) {
    server.visit("v-1", "2024-01-15T09:30:00Z", "https://www.example.com/?utm_source=news");
    server.form("form-1", "2024-01-15T09:32:00Z", &[ra_id("v-1"), email("ann@example.com")], &[]);
    for number in 1..=3 {
        server.deal(&format!("OPP-{number}"), "2024-02-15", &[email("ann@example.com")]);
    }
}

/// Says in the file that a journey was found by another kind of identifier than it was.
fn tamper(data: &Path) {
    let file = data.join("touchline.db");
    let mut bytes = fs::read(&file).unwrap();
    let found = bytes.windows(6).position(|bytes| bytes == b"\"f\":2,").expect("a journey is in the file");
    bytes[found + 4] = b'1';
    fs::write(&file, &bytes).unwrap();
}

#[test]
fn journeys_that_are_right_stay_as_they_are() {
    let server = Server::start();
    ann(&server);
    let data = server.data.path();
    assert_eq!(run_ok(data, &["rebuild", "--verify"]), WELL);
    let all = format!("3 journeys derived anew, 0 changed\n{WELL}");
    assert_eq!(run_ok(data, &["rebuild"]), all);
    assert_eq!(run_ok(data, &["rebuild", "--site", "s"]), all);
    run_ok(data, &["site", "add", "--id", "other", "--name", "Other"]);
    assert_eq!(
        run_ok(data, &["rebuild", "--site", "other"]),
        "0 journeys derived anew, 0 changed\nall is well: 0 journeys are what the facts say\n"
    );
    let refused = run_refused(data, &["rebuild", "--site", "nobody"]);
    assert!(refused.contains("there is no site nobody"), "{refused}");
    assert!(run_refused(data, &["rebuild", "--site", "no body"]).contains("--site must be"));
}

#[test]
fn a_journey_that_is_wrong_is_told_and_put_right() {
    let server = Server::start();
    ann(&server);
    assert_eq!(server.matched().len(), 3);
    let (data, token) = server.stop();
    tamper(data.path());
    let output = run(data.path(), &["rebuild", "--verify"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let lines: Vec<_> = said.lines().collect();
    assert!(lines[0].starts_with("the journey of the record with version ") && lines.len() == 2, "{said}");
    assert!(lines[1].starts_with("1 differences"), "{said}");
    assert_eq!(run(data.path(), &["check"]).status.code(), Some(1));
    let server = Server::start_on(data, token, &[]);
    let data = server.data.path();
    assert_eq!(run(data, &["rebuild", "--verify"]).status.code(), Some(1), "no server looks at it again");
    assert_eq!(run_ok(data, &["rebuild"]), format!("3 journeys derived anew, 1 changed\n{WELL}"));
    assert_eq!(run_ok(data, &["rebuild", "--verify"]), WELL);
}

#[test]
fn what_is_still_to_be_followed_is_followed_first() {
    let server = Server::start();
    ann(&server);
    let (data, _) = server.stop();
    // Every journey is to be derived anew, and nobody is there to do it.
    run_ok(data.path(), &["site", "set", "--id", "s", "--time-zone", "Asia/Tokyo"]);
    assert!(run_ok(data.path(), &["check"]).contains("journeys were not compared: "));
    let output = run(data.path(), &["rebuild", "--verify"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stdout).unwrap().as_str()), (Some(0), WELL));
    assert!(error.contains("changes are still to be followed"), "{error}");
    assert!(!run_ok(data.path(), &["check"]).contains("not compared"));
}

#[test]
fn a_server_goes_on_while_journeys_are_derived_anew_and_compared() {
    let server = Server::start();
    ann(&server);
    let load = |round: usize| {
        let visitor = format!("w-{round}");
        server.visit(&visitor, "2024-01-10T10:00:00Z", "https://www.example.com/");
        let address = format!("{visitor}@example.com");
        server.form(&visitor, "2024-01-11T10:00:00Z", &[ra_id(&visitor), email(&address)], &[]);
        let deal = opportunity(&visitor, "Won", "5", "2024-02-15");
        let deal = with(deal, json!({ "VisitorIdentifierOptions": [email(&address)] }));
        assert_eq!(server.upload(&deal).status, 201);
    };
    let data = server.data.path();
    beside(load, |done| {
        for _ in 0..3 {
            let before = done.load(Ordering::Relaxed);
            let said = run_ok(data, &["rebuild"]);
            assert!(said.contains("all is well"), "{said}");
            run_ok(data, &["rebuild", "--verify"]);
            run_ok(data, &["check"]);
            assert!(done.load(Ordering::Relaxed) > before, "the server goes on");
        }
    });
    run_ok(data, &["rebuild", "--verify"]);
    let matched = server.json("/api/v1/sites/s/opportunities?matched=false&limit=5");
    assert_eq!(matched["records"], json!([]));
}
