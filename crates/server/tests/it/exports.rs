//! All records in one stream, as CSV and as NDJSON, over HTTP and from the command line.

use crate::harness::{Reply, Server, opportunity, run_ok, with};
use serde_json::{Value, json};

const LIST: &str = "/api/v1/sites/s/opportunities";
/// Text that a careless writer of CSV gets wrong.
const ODD: &str = "a, \"b\"\r\nc;\u{2028}=1+1 'd' ü";

fn export(server: &Server, accept: &str, query: &str) -> Reply {
    server.request("GET", &format!("{LIST}{query}"), &[("Accept", accept)], b"")
}

fn is_json(reply: &Reply) -> bool {
    reply.header("content-type") == Some("application/json")
}

/// More records than one piece of a stream holds, some of them odd.
fn start_with_many() -> Server {
    let server = Server::start_after(&[], |data| {
        run_ok(data, &["site", "set", "--id", "s", "--stage", "Won=won"]);
    });
    let items: Vec<Value> = (0..1_234)
        .map(|number| {
            let stage = if number % 3 == 0 { "Won" } else { "Proposal" };
            let own = json!({
                "Labels": [format!("L{number}"), ODD],
                "AdditionalDataProperties": [{ "Name": "Agent", "Value": ODD }, { "Name": "No", "Value": number }],
                "VisitorIdentifierOptions": [
                    { "Key": "EmailAddress", "Value": "ann@example.com" }, { "Key": "EmailAddress", "Value": "bob@example.com" },
                    { "Key": "PhoneNumber", "Value": "020 7946 0018" }, { "Key": "RaId", "Value": ODD },
                ],
            });
            with(opportunity(&format!("{ODD}{number}"), stage, "12.50", "2024-01-15"), own)
        })
        .collect();
    let body = Value::from(items).to_string();
    let headers = [("Content-Type", "application/json")];
    let reply = server.request("POST", "/api/v1/sites/s/opportunities/batch", &headers, body.as_bytes());
    assert_eq!(reply.json()["accepted"], 1_234, "{}", reply.text());
    server
}

/// Every record as the list answers it.
fn listed(server: &Server) -> Vec<Value> {
    let mut records = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = server.json(&format!("{LIST}?limit=1000&cursor={cursor}"));
        records.extend(page["records"].as_array().unwrap().iter().cloned());
        match page["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return records,
        }
    }
}

/// A record of the list as a row of the CSV.
fn row(record: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = |values: &Value, text: &dyn Fn(&Value) -> String| {
        values.as_array().unwrap().iter().map(text).collect::<Vec<_>>().join("; ")
    };
    let identifiers = |kind: &str| {
        let of_kind = record["identifiers"].as_array().unwrap().iter().filter(|one| one["kind"] == kind);
        of_kind.map(|one| text(&one["value"])).collect::<Vec<_>>().join("; ")
    };
    let property = |one: &Value| format!("{}={}", text(&one["name"]), text(&one["value"]));
    vec![
        text(&record["reference"]),
        text(&record["occurredAt"]),
        text(&record["value"]["amount"]),
        text(&record["value"]["currency"]),
        text(&record["stage"]),
        text(&record["milestone"]),
        text(&record["leadDate"]),
        identifiers("RaId"),
        identifiers("EmailAddress"),
        identifiers("PhoneNumber"),
        identifiers("PayloadValue"),
        identifiers("CookieValue"),
        all(&record["labels"], &text),
        all(&record["properties"], &property),
        record["matched"].to_string(),
        text(&record["firstReceivedAt"]),
        text(&record["lastReceivedAt"]),
    ]
}

#[test]
fn csv_reads_back_as_what_the_list_answers() {
    let server = start_with_many();
    let reply = export(&server, "text/csv", "?limit=5");
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/csv; charset=utf-8")));
    assert_eq!(reply.header("content-disposition"), Some("attachment; filename=\"opportunities.csv\""));
    let mut reader = csv::Reader::from_reader(reply.body.as_slice());
    let header = [
        "reference",
        "occurredAt",
        "amount",
        "currency",
        "stage",
        "milestone",
        "leadDate",
        "raId",
        "emailAddress",
        "phoneNumber",
        "payloadValue",
        "cookieValue",
        "labels",
        "properties",
        "matched",
        "firstReceivedAt",
        "lastReceivedAt",
    ];
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), header);
    let rows: Vec<Vec<String>> =
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    let expected: Vec<_> = listed(&server).iter().map(row).collect();
    assert_eq!(rows.len(), 1_234, "all of them, whatever the limit");
    assert_eq!(rows, expected);
    assert!(rows[0][8] == "ann@example.com; bob@example.com" && rows.iter().any(|row| row[5] == "won"));
}

#[test]
fn ndjson_reads_back_as_what_the_list_answers() {
    let server = start_with_many();
    for accept in ["application/x-ndjson", "application/ndjson"] {
        let reply = export(&server, accept, "");
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/x-ndjson")));
        assert_eq!(
            reply.header("content-disposition"),
            Some("attachment; filename=\"opportunities.ndjson\"")
        );
        assert!(reply.text().ends_with("}\n"));
        let lines: Vec<Value> =
            reply.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines, listed(&server));
    }
}

#[test]
fn an_export_holds_what_its_filters_list() {
    let server = start_with_many();
    let reply = export(&server, "text/csv", "?stage=Won&email=ann@example.com");
    let rows = csv::Reader::from_reader(reply.body.as_slice()).into_records().count();
    assert_eq!(rows, 412);
    let reply = export(&server, "application/x-ndjson", "?stage=Lost");
    assert_eq!((reply.status, reply.text()), (200, ""));
    let reply = export(&server, "text/csv", "?stage=Lost");
    assert_eq!(reply.text().lines().count(), 1, "the header alone");
    for accept in ["text/csv", "application/x-ndjson"] {
        let reply = export(&server, accept, "?stge=Won&from=x");
        assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_query"), "a failure is no file");
        assert_eq!(reply.problems().len(), 2);
    }
}

#[test]
fn revenue_is_exported_with_its_lead_date() {
    let server = Server::start();
    let body = json!({
        "Reference": "R1", "Value": -5, "CurrencyCode": "GBP", "RevenueClosedDate": "2024-03-01", "LeadDate": "2024-01-15",
        "Labels": ["Sale"], "VisitorIdentifierOptions": [{ "Key": "CookieValue", "Value": "5.6" }],
    });
    server.put("/v1/s/revenue/upload", &body).result();
    let reply = server.request("GET", "/api/v1/sites/s/revenue", &[("Accept", "text/csv")], b"");
    assert_eq!(reply.header("content-disposition"), Some("attachment; filename=\"revenue.csv\""));
    let rows: Vec<_> =
        csv::Reader::from_reader(reply.body.as_slice()).into_records().map(Result::unwrap).collect();
    let start: Vec<_> = rows[0].iter().take(7).collect();
    assert_eq!((rows.len(), start), (1, vec!["R1", "2024-03-01", "-5.00", "GBP", "", "", "2024-01-15"]));
}

#[test]
fn the_form_is_the_one_that_the_client_prefers() {
    let server = Server::start();
    server.upload(&opportunity("OPP-1", "Proposal", "5", "2024-01-15")).result();
    for accept in [
        "*/*",
        "application/json",
        "text/html, */*;q=0.8",
        "application/json, text/csv;q=0.5",
        "text/csv;q=0, */*",
        "",
    ] {
        assert!(is_json(&export(&server, accept, "")), "{accept}");
    }
    for accept in [
        "text/csv",
        "TEXT/CSV; charset=utf-8",
        "text/csv, application/json;q=0.5",
        "application/json;q=0.1, text/csv",
    ] {
        assert_eq!(
            export(&server, accept, "").header("content-type"),
            Some("text/csv; charset=utf-8"),
            "{accept}"
        );
    }
}

#[test]
fn the_command_line_exports_the_same_beside_the_running_server() {
    let server = start_with_many();
    let data = server.data.path();
    let csv = run_ok(data, &["export", "opportunities", "--site", "s"]);
    assert_eq!(csv, export(&server, "text/csv", "").text(), "CSV unless told otherwise");
    let ndjson = run_ok(data, &["export", "opportunities", "--site", "s", "--format", "ndjson"]);
    assert_eq!(ndjson, export(&server, "application/x-ndjson", "").text());
    assert_eq!(run_ok(data, &["export", "revenue", "--site", "s", "--format", "csv"]).lines().count(), 1);
    assert_eq!(run_ok(data, &["export", "revenue", "--site", "s", "--format", "ndjson"]), "");
}
