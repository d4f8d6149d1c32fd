//! Reference rates: importing them beside a running server, and reading them.

use crate::harness::{Server, new_token, run_ok, run_refused, touchline};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

/// Published rates of a Friday and a Monday, in the bank's form.
const SHEET: &str = "Date,USD,JPY,CYP,\n2024-01-15,1.0945,159.67,N/A,\n2024-01-12,1.0942,159.17,0.58527,\n";

fn import(data: &Path, text: &str) -> String {
    let file = data.join("rates.csv");
    std::fs::write(&file, text).unwrap();
    run_ok(data, &["rates", "import", file.to_str().unwrap()])
}

/// What a refused import says, each line apart.
fn refused(data: &Path, bytes: &[u8]) -> Vec<String> {
    let file = data.join("rates.csv");
    std::fs::write(&file, bytes).unwrap();
    let output = touchline().args(["rates", "import"]).arg(&file).arg("--data").arg(data).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    said.replace(&file.display().to_string(), "FILE").lines().map(str::to_owned).collect()
}

#[test]
fn rates_are_imported_beside_a_running_server() {
    let server = Server::start();
    let data = server.data.path();
    let before = server.json("/api/v1/rates");
    let nothing = json!({
        "base": "EUR", "date": null, "rates": [], "from": null, "to": null, "changedAt": null, "version": 0,
    });
    assert_eq!(before, nothing);
    assert!(run_ok(data, &["rates", "list"]).starts_with("there are no rates"));
    let said = import(data, SHEET);
    assert_eq!(
        said,
        "2 days of 2 currencies: 2 added, 0 changed, 0 as they were\n\
         left out, because no amount can be in them any more: CYP\n"
    );
    let listed = run_ok(data, &["rates", "list"]);
    assert!(listed.starts_with("rates per euro from 2024-01-12 to 2024-01-15, last changed 20"), "{listed}");
    assert!(listed.ends_with("\n    JPY         159.67\n    USD         1.0945\n"), "{listed}");
    let usd = |answer: &Value| {
        let rates = answer["rates"].as_array().unwrap();
        rates.iter().find(|rate| rate["currency"] == "USD").cloned()
    };
    let latest = server.json("/api/v1/rates");
    assert_eq!(
        (&latest["date"], &latest["from"], &latest["to"]),
        (&json!("2024-01-15"), &json!("2024-01-12"), &json!("2024-01-15"))
    );
    assert_eq!(usd(&latest), Some(json!({ "currency": "USD", "rate": "1.0945", "day": "2024-01-15" })));
    let sunday = server.json("/api/v1/rates?date=2024-01-14");
    assert_eq!(usd(&sunday), Some(json!({ "currency": "USD", "rate": "1.0942", "day": "2024-01-12" })));
    assert_eq!(server.json("/api/v1/rates?date=2024-01-11")["rates"], json!([]));
    assert_eq!(import(data, SHEET).lines().next(), Some("2 days of 2 currencies: nothing in it is new"));
    assert_eq!(server.json("/api/v1/rates"), latest, "and nothing changed");
    let said = import(data, "Date,USD\n2024-01-16,1.0882\n2024-01-15,1.1");
    assert_eq!(said, "2 days of USD: 1 added, 1 changed, 0 as they were\n");
    let now = server.json("/api/v1/rates?date=2024-01-15");
    assert!(now["version"].as_u64() > latest["version"].as_u64());
    assert_eq!(usd(&now).unwrap()["rate"], "1.1");
    assert_eq!(now["rates"][0]["rate"], "159.67", "other currencies stay");
    let listed = run_ok(data, &["rates", "list"]);
    assert!(listed.contains("    JPY         159.67   the last one, of 2024-01-15\n"), "{listed}");
    let (data, token) = server.stop();
    run_ok(data.path(), &["check"]);
    assert_eq!(Server::start_on(data, token, &[]).json("/api/v1/rates?date=2024-01-15"), now);
}

#[test]
fn an_import_is_all_or_nothing_and_names_what_is_wrong() {
    let server = Server::start();
    let data = server.data.path();
    import(data, SHEET);
    let before = server.json("/api/v1/rates");
    assert_eq!(
        refused(
            data,
            b"Date,USD,JPY,\n2024-01-16,1.0882,160.15,\n2024-01-17,1.o877,N/A,\n2024-01-18,1.0875,\n"
        ),
        [
            "touchline: FILE: nothing was imported",
            "  line 3, column 2 (USD) must be a valid number",
            "  line 4 must have 4 columns as the first line has, not 3",
        ]
    );
    assert_eq!(
        refused(data, b"PK\x03\x04rest"),
        ["touchline: FILE: is a ZIP archive; unpack it and import the CSV file in it"]
    );
    assert_eq!(refused(data, b"Date,\xff"), ["touchline: FILE: is not a text file in UTF-8"]);
    assert!(refused(data, b"")[1].starts_with("  line 1 must name the columns"));
    assert!(run_refused(data, &["rates", "import", "/nowhere/rates.csv"]).contains("/nowhere/rates.csv: "));
    assert_eq!(server.json("/api/v1/rates"), before);
    let empty = tempfile::tempdir().unwrap();
    assert!(run_refused(empty.path(), &["rates", "list"]).contains("there is no database here"));
}

#[test]
fn rates_come_from_standard_input_too() {
    let server = Server::start();
    let mut child = touchline()
        .args(["rates", "import", "-", "--data"])
        .arg(server.data.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(SHEET.as_bytes()).unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(server.json("/api/v1/rates")["to"], "2024-01-15");
}

#[test]
fn who_may_read_rates() {
    let mut ingest = String::new();
    let server = Server::start_after(&[], |data| ingest = new_token(data, "s", "ingest"));
    let refused = server.request_as(&ingest, "GET", "/api/v1/rates", &[], b"");
    assert_eq!((refused.status, refused.code().as_str()), (403, "insufficient_scope"));
    assert_eq!(server.request_as("x", "GET", "/api/v1/rates", &[], b"").code(), "token_invalid");
    let wrong = server.get("/api/v1/rates?date=15.01.2024&day=1");
    let expected =
        [("date", "not_a_date"), ("day", "unknown_key")].map(|(n, c)| (n.to_owned(), c.to_owned()));
    assert_eq!((wrong.code().as_str(), wrong.problems()), ("invalid_query", expected.into()));
}
