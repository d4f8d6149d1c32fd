//! Reports as they were known at a past moment, what changed since and why, and the traffic of everybody.

use super::world::{deal, encoded, report, rows, text, world};
use crate::harness::Server;
use crate::sent::{email, ra_id};
use serde_json::{Value, json};

/// A moment between what was stored so far and what comes next.
fn moment(server: &Server) -> String {
    text(&report(server, "")["data"]["asOf"])
}

/// What is different since a moment.
fn changes(server: &Server, since: &str, query: &str) -> Value {
    server.json(&format!("/api/v1/sites/s/report/changes?since={}&{query}", encoded(since)))
}

/// Records that count otherwise: reference, then and now under the first model, and the reasons.
fn told(changes: &Value) -> Vec<String> {
    let record = |record: &Value| {
        let credit = &record["credit"][0];
        let reasons = record["reasons"].as_array().unwrap().iter();
        let reasons: Vec<_> = reasons.map(|reason| text(&reason["reason"])).collect();
        let reference = text(&record["reference"]);
        format!(
            "{reference} {} -> {}: {}",
            text(&credit["before"]),
            text(&credit["after"]),
            reasons.join(", ")
        )
    };
    changes["records"].as_array().unwrap().iter().map(record).collect()
}

const SOCIAL: &str =
    "https://www.shop.example/?utm_source=facebook&utm_medium=paid_social&utm_campaign=reels";

#[test]
fn a_report_can_be_asked_as_it_was_known() {
    let server = world();
    let query = "by=channel,month&model=linear,last-touch";
    let (before, then) = (report(&server, query), moment(&server));
    server.visit("v-ann", "2024-01-16T10:00:00Z", SOCIAL);
    deal(&server, "B", "Won", "111.11 GBP", "2024-02-25", "bob", json!({}));
    deal(&server, "NEW", "Proposal", "5.00 GBP", "2024-02-25", "bob", json!({}));
    let rule = json!({ "rules": ["news: News if source is newsletter"] });
    assert_eq!(server.put("/api/v1/sites/s/channels/rules", &rule).status, 200);
    let now = report(&server, query);
    assert_ne!(now["rows"], before["rows"]);
    let known = |server: &Server, at: &str| report(server, &format!("{query}&asOf={}", encoded(at)));
    let as_of_then = known(&server, &then);
    assert_eq!((&as_of_then["rows"], &as_of_then["totals"]), (&before["rows"], &before["totals"]));
    assert_eq!(text(&as_of_then["data"]["asOf"]), then);
    let as_of_now = known(&server, &text(&now["data"]["asOf"]));
    assert_eq!((&as_of_now["rows"], &as_of_now["totals"]), (&now["rows"], &now["totals"]));
    let records = format!("/api/v1/sites/s/report/records?asOf={}", encoded(&then));
    assert_eq!(server.json(&records)["count"], 5, "NEW was not known");
    let (data, token) = server.stop();
    let server = Server::start_on(data, token, &[]);
    assert_eq!(known(&server, &then)["rows"], before["rows"], "also by another process");
}

#[test]
fn what_changed_is_told_with_its_reasons() {
    let server = world();
    // Somebody whom nobody knows yet came twice, before Bob's deal was lost.
    server.visit("v-bob-2", "2024-02-02T09:00:00Z", SOCIAL);
    let since = moment(&server);
    assert_eq!(changes(&server, &since, "")["count"], 0);
    server.visit("v-ann", "2024-01-16T10:00:00Z", SOCIAL);
    server.form("form-bob-2", "2024-02-09T09:00:00Z", &[ra_id("v-bob-2"), email("bob@example.com")], &[]);
    deal(&server, "C", "Won", "300.00 GBP", "2024-02-12", "cat", json!({}));
    deal(&server, "NEW", "Proposal", "5.00 GBP", "2024-02-25", "bob", json!({}));
    let removed = server.request("DELETE", "/api/v1/sites/s/opportunities/D", &[], b"");
    assert_eq!(removed.status, 204, "{}", removed.text());
    let found = changes(&server, &since, "");
    assert_eq!(
        told(&found),
        [
            "C 200.00 -> 300.00: value, stage, date",
            "NEW 0.00 -> 5.00: new_record",
            "A 1000.00 -> 1000.00: late_touches",
            "B 100.01 -> 100.01: new_evidence",
        ]
    );
    let row = |channel: &str| {
        let rows = found["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["values"]["channel"] == channel && row["currency"] == "GBP");
        row.map(|row| text(&row["models"][0]["difference"]))
    };
    assert_eq!(row("Paid Social").as_deref(), Some("235.01"), "200.00 of A, 33.34 of B, 1.67 of NEW");
    let of_row = changes(&server, &since, "where=channel%3APaid+Social&model=linear");
    assert_eq!(
        told(&of_row),
        ["A 0.00 -> 200.00: late_touches", "B 0.00 -> 33.34: new_evidence", "NEW 0.00 -> 1.67: new_record",]
    );
    let until = moment(&server);
    let rule = json!({ "rules": ["news: News if source is newsletter"] });
    assert_eq!(server.put("/api/v1/sites/s/channels/rules", &rule).status, 200);
    let by_rule = changes(&server, &until, "where=channel%3ANews");
    assert_eq!(
        told(&by_rule),
        ["A 0.00 -> 200.00: rules", "B 0.00 -> 33.33: rules", "NEW 0.00 -> 1.66: rules"]
    );
    let between = changes(&server, &since, &format!("until={}&where=channel%3ANews", encoded(&until)));
    assert_eq!((between["count"].clone(), &between["rows"]), (json!(0), &json!([])));
}

#[test]
fn moments_are_checked() {
    let server = world();
    for (path, name, code) in [
        ("report?asOf=yesterday", "asOf", "not_a_date"),
        ("report?asOf=2999-01-01", "asOf", "in_future"),
        ("report/changes", "since", "required"),
        ("report/changes?since=2999-01-01", "since", "in_future"),
        ("report/changes?since=2024-02-01&until=2024-01-01", "until", "out_of_range"),
        ("report?traffic=perhaps", "traffic", "not_a_boolean"),
    ] {
        let reply = server.get(&format!("/api/v1/sites/s/{path}"));
        assert_eq!(reply.problems(), [(name.to_owned(), code.to_owned())], "{path}");
    }
    // Before the site there was nothing.
    assert_eq!(rows(&report(&server, "asOf=2001-01-01")), [""; 0]);
}

/// Rows with visits and conversions.
fn traffic(report: &Value) -> Vec<String> {
    let row = |row: &Value| {
        let traffic = &row["traffic"];
        let channel = text(&row["values"]["channel"]);
        format!("{channel} {} {}", text(&traffic["visits"]), text(&traffic["conversions"]))
    };
    let mut rows: Vec<_> = report["rows"].as_array().unwrap().iter().map(row).collect();
    rows.sort();
    rows
}

#[test]
fn visits_and_conversions_of_everybody_are_counted() {
    let server = world();
    let gbp = "traffic=true&currency=GBP&where=!currency%3AEUR";
    assert_eq!(report(&server, "")["rows"][0]["traffic"], json!(null), "only when they are asked for");
    assert_eq!(report(&server, gbp)["rows"][0]["traffic"], json!(null), "visits have no currency");
    let query = "traffic=true&where=!channel%3A(unattributed)";
    let expected =
        ["Direct 0 0", "Direct 2 1", "Email 2 2", "Offline 0 1", "Organic Search 2 0", "Paid Search 1 0"];
    assert_eq!(traffic(&report(&server, query)), expected, "Cat's euros are a row of their own");
    // A stranger, who goes on to another page, and a crawler.
    let since = moment(&server);
    server.visit("v-stranger", "2024-03-01T10:00:00Z", SOCIAL);
    server.visit("v-stranger", "2024-03-01T10:10:00Z", "https://www.shop.example/chairs");
    let crawler =
        json!({ "userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)" });
    server.visit_with("v-crawler", "2024-03-01T10:00:00Z", SOCIAL, crawler);
    server.form("form-stranger", "2024-03-01T10:20:00Z", &[ra_id("v-stranger")], &[]);
    server.form("form-stranger", "2024-03-01T10:21:00Z", &[ra_id("v-stranger")], &[]);
    let more: Vec<_> =
        expected.iter().map(|row| (*row).to_owned()).chain(["Paid Social 1 1".to_owned()]).collect();
    assert_eq!(traffic(&report(&server, query)), more);
    let then = format!("{query}&asOf={}", encoded(&since));
    assert_eq!(traffic(&report(&server, &then)), expected);
    let march = format!("{query}&from=2024-03-01&to=2024-03-31");
    assert_eq!(traffic(&report(&server, &march)), ["Offline 0 1", "Paid Social 1 1"]);
    let (data, token) = server.stop();
    let server = Server::start_on(data, token, &[]);
    assert_eq!(traffic(&report(&server, query)), more, "counted again after a restart");
    let erased = server.request("DELETE", "/api/v1/sites/s/people?raId=v-stranger", &[], b"");
    assert_eq!(erased.status, 200, "{}", erased.text());
    assert_eq!(traffic(&report(&server, query)), expected, "who is erased is not counted");
    let csv = server.get("/api/v1/sites/s/report?traffic=true&format=csv").text().to_owned();
    assert!(csv.lines().next().unwrap().ends_with(",visits,conversions"), "{csv}");
    assert!(csv.lines().any(|line| line.starts_with("Email,") && line.ends_with(",2,2")), "{csv}");
}
