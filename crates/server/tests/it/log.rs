//! What the log says, and what it never says.

use crate::harness::{Server, new_token, opportunity, run_ok, with};
use serde_json::{Value, json};
use std::fs;
use std::process::Stdio;
use tempfile::TempDir;

/// A server that logs into a file, and the file's folder.
fn start_logging(environment: &[(&str, &str)]) -> (Server, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let log = fs::File::create(folder.path().join("log")).unwrap();
    let data = tempfile::tempdir().unwrap();
    run_ok(data.path(), &["site", "add", "--id", "s", "--name", "Site"]);
    let token = new_token(data.path(), "s", "ingest,read,admin");
    (Server::start_logging_to(Stdio::from(log), data, token, environment), folder)
}

/// Stops the server and gives what it logged.
fn logged(server: Server, folder: &TempDir) -> String {
    let _data = server.stop();
    fs::read_to_string(folder.path().join("log")).unwrap()
}

/// Sends personal data in every place where there is one.
fn send_personal_data(server: &Server) {
    let json = [("Content-Type", "application/json")];
    let person = with(
        opportunity("ref.secret@example.com", "Proposal", "5", "2024-01-15"),
        json!({
            "VisitorIdentifierOptions": [
                { "Key": "EmailAddress", "Value": "ann.secret@example.com" }, { "Key": "PhoneNumber", "Value": "020 7946 0018" },
            ],
            "AdditionalDataProperties": [{ "Name": "Note", "Value": "secret note" }],
        }),
    );
    assert_eq!(server.upload(&person).status, 201);
    for field in ["OpportunityValue", "OpportunityDateTime", "CurrencyCode", "ann.secret@example.com"] {
        let wrong = with(person.clone(), json!({ field: "ann.secret@example.com" }));
        assert!([201, 400].contains(&server.upload(&wrong).status));
    }
    for body in ["{\"ann.secret@example.com\":", "ann.secret@example.com", "[\"ann.secret@example.com\"]"] {
        assert_eq!(server.request("PUT", "/v1/s/opportunity/upload", &json, body.as_bytes()).status, 400);
        server.request("POST", "/api/v1/sites/s/opportunities/batch", &json, body.as_bytes());
    }
    for address in [
        "/api/v1/sites/s/opportunities/ref.secret@example.com",
        "/api/v1/sites/s/opportunities?email=ann.secret@example.com&phone=%2B442079460018",
        "/api/v1/sites/s/people?email=ann.secret@example.com&phone=020+7946+0018",
        "/api/v1/sites/s/people/export?reference=ref.secret@example.com",
        "/api/v1/sites/s/people?ann.secret@example.com=1",
        "/api/v1/sites/s/identifiers/guarded?cursor=ann.secret@example.com",
        "/api/v1/sites/s/evidence/ann.secret@example.com/cut",
        "/api/v1/sites/s/opportunities?ann.secret@example.com=1",
        "/api/v1/sites/ann.secret@example.com/opportunities",
        "/ann.secret@example.com",
    ] {
        server.get(address);
        server.request("BREW", address, &[], b"");
    }
    let in_query = format!("/api/v1/sites/s/opportunities?access_token={}", server.token);
    assert_eq!(server.get(&in_query).status, 400);
    server.request_as(
        "tl_secret_wrong",
        "GET",
        "/api/v1/sites/s/pipeline",
        &[("X-Request-Id", "ann.secret@example.com")],
        b"",
    );
    let allowed = r#"{"key": "EmailAddress", "value": "ann.secret@example.com"}"#;
    for address in ["/api/v1/sites/s/identifiers/allowed", "/api/v1/sites/s/evidence/1/cut"] {
        server.request("PUT", address, &json, allowed.as_bytes());
        server.request("DELETE", &format!("{address}?email=ann.secret@example.com"), &[], b"");
    }
    server.request("DELETE", "/api/v1/sites/s/people?phone=020+7946+0018", &[], b"");
    server.request("DELETE", "/api/v1/sites/s/opportunities/ref.secret@example.com", &[], b"");
}

#[test]
fn tokens_and_personal_data_are_never_logged_or_counted() {
    for format in ["text", "json"] {
        let (server, folder) = start_logging(&[("TOUCHLINE_LOG_LEVEL", "debug"), ("TOUCHLINE_LOG", format)]);
        send_personal_data(&server);
        let metrics = server.get("/metrics").text().to_owned();
        let token = server.token.clone();
        let log = logged(server, &folder);
        assert!(log.lines().count() > 20, "every request is logged: {log}");
        for secret in ["secret", "020 7946 0018", "2079460018", "tl_", token.trim_start_matches("tl_")] {
            assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
            assert!(!metrics.contains(secret), "{secret} is in the metrics:\n{metrics}");
        }
    }
}

#[test]
fn a_request_is_found_in_the_log_by_its_id() {
    let (server, folder) = start_logging(&[("TOUCHLINE_LOG_LEVEL", "debug"), ("TOUCHLINE_LOG", "json")]);
    let reply =
        server.request("GET", "/api/v1/sites/s/opportunities/nothing", &[("X-Request-Id", "find-me")], b"");
    assert_eq!(reply.status, 404);
    let log = logged(server, &folder);
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found: Vec<_> = lines.iter().filter(|line| line.to_string().contains("find-me")).collect();
    assert_eq!(found.len(), 1, "{log}");
    let line = found[0].to_string();
    assert!(
        line.contains("404") && line.contains("/api/v1/sites/{siteId}/opportunities/{reference}"),
        "{line}"
    );
}

#[test]
fn an_ordinary_day_is_quiet() {
    let (server, folder) = start_logging(&[]);
    send_personal_data(&server);
    let log = logged(server, &folder);
    let noisy: Vec<_> = log
        .lines()
        .filter(|line| line.contains("ERROR") || line.contains("WARN") || line.contains("DEBUG"))
        .collect();
    assert_eq!(noisy, [""; 0], "clients' mistakes are not the operator's");
}
