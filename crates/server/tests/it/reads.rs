//! Reading one record, deleting it, and totals.

use crate::harness::{Server, opportunity, with};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn address(reference: &str) -> String {
    format!("/api/v1/sites/s/opportunities/{}", utf8_percent_encode(reference, NON_ALPHANUMERIC))
}

fn references(listed: &Value) -> Vec<&str> {
    listed["records"].as_array().unwrap().iter().map(|record| record["reference"].as_str().unwrap()).collect()
}

#[test]
fn a_record_is_read_with_every_version_as_it_was_sent() {
    let server = Server::start();
    let second = json!({
        "Labels": ["North"], "AdditionalDataProperties": [{ "Name": "Agent", "Value": "Ann" }],
        "VisitorIdentifierOptions": [{ "Key": "RaId", "Value": "visitor" }],
    });
    server.upload(&with(opportunity("OPP-1", "Won", "20", "2024-02-01T10:00:00Z"), second)).result();
    server.upload(&opportunity("OPP-1", "Proposal", "10", "2024-01-15")).result();
    let record = server.opportunity("OPP-1");
    let members: Vec<_> = record.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "firstReceivedAt",
        "history",
        "identifiers",
        "labels",
        "lastReceivedAt",
        "match",
        "matched",
        "occurredAt",
        "properties",
        "reference",
        "stage",
        "stageHistory",
        "value",
        "versions",
    ];
    assert_eq!(members, expected);
    let [first, second] = record["history"].as_array().unwrap().as_slice() else { panic!("{record}") };
    assert!(first["change"].as_u64() > second["change"].as_u64(), "it happened first, and was received last");
    assert_eq!((&first["occurredAt"], &first["stage"]), (&json!("2024-01-15"), &json!("Proposal")));
    assert_eq!(first["value"], json!({ "amount": "10.00", "currency": "GBP" }));
    assert_eq!(first["identifiers"], json!([{ "kind": "EmailAddress", "value": "ann@example.com" }]));
    assert_eq!((first.get("labels"), first.get("properties")), (None, None), "it said nothing of them");
    assert_eq!(
        (&second["labels"], &second["properties"]),
        (&json!(["North"]), &json!([{ "name": "Agent", "value": "Ann" }]))
    );
    assert_eq!(
        (&record["firstReceivedAt"], &record["lastReceivedAt"]),
        (&second["receivedAt"], &first["receivedAt"])
    );
    assert!(second["receivedAt"].as_str() <= first["receivedAt"].as_str());
    assert_eq!(record["matched"], false);
    assert_eq!(record["stageHistory"][0]["leftAt"], record["stageHistory"][1]["enteredAt"]);
}

#[test]
fn any_reference_can_be_addressed() {
    let server = Server::start();
    for reference in
        ["a/b", "a b", "ü 🦀", "100%", "%41", "a?b=c#d", "..", ".", "+", "a+b", "\"'<>&", "\\", ";", "\u{1}"]
    {
        assert_eq!(server.upload(&opportunity(reference, "Proposal", "5", "2024-01-15")).result(), "created");
        assert_eq!(server.json(&address(reference))["reference"], reference);
        assert_eq!(server.request("DELETE", &address(reference), &[], b"").status, 204, "{reference}");
        assert_eq!(server.get(&address(reference)).code(), "record_not_found");
    }
}

#[test]
fn what_is_deleted_is_gone_and_can_come_anew() {
    let server = Server::start();
    for (at, value) in [("2024-01-15", "10"), ("2024-02-01", "20"), ("2024-01-20", "15")] {
        server.upload(&opportunity("OPP-1", "Proposal", value, at)).result();
    }
    server.upload(&opportunity("OPP-2", "Proposal", "1", "2024-01-15")).result();
    let before = server.opportunity("OPP-1");
    let change_before =
        before["history"].as_array().unwrap().iter().map(|version| version["change"].as_u64()).max().unwrap();
    let reply = server.request("DELETE", &address("OPP-1"), &[], b"");
    assert_eq!((reply.status, reply.text()), (204, ""));
    assert_eq!(server.get(&address("OPP-1")).code(), "record_not_found");
    assert_eq!(server.request("DELETE", &address("OPP-1"), &[], b"").code(), "record_not_found");
    for query in ["", "?email=ann@example.com", "?stage=Proposal"] {
        assert_eq!(
            references(&server.json(&format!("/api/v1/sites/s/opportunities{query}"))),
            ["OPP-2"],
            "{query}"
        );
    }
    let total = json!([{ "stage": "Proposal", "currency": "GBP", "count": 1, "amount": "1.00" }]);
    assert_eq!(server.json("/api/v1/sites/s/pipeline")["opportunities"], total);

    let again = opportunity("OPP-1", "Lead", "5", "2024-01-10");
    assert_eq!(server.upload(&again).result(), "created");
    let record = server.opportunity("OPP-1");
    assert_eq!(
        (&record["versions"], &record["value"]["amount"]),
        (&json!(1), &json!("5.00")),
        "nothing of it came back"
    );
    assert!(record["history"][0]["change"].as_u64() > change_before, "change numbers are never used again");
    assert_eq!(
        references(&server.json("/api/v1/sites/s/opportunities")),
        ["OPP-1", "OPP-2"],
        "as the newest"
    );
}

#[test]
fn deletion_reaches_the_disk() {
    let server = Server::start();
    server.upload(&opportunity("OPP-1", "Proposal", "5", "2024-01-15")).result();
    server.upload(&opportunity("OPP-2", "Proposal", "5", "2024-01-15")).result();
    assert_eq!(server.request("DELETE", &address("OPP-1"), &[], b"").status, 204);
    let (data, token) = server.kill();
    let server = Server::start_on(data, token, &[]);
    assert_eq!(references(&server.json("/api/v1/sites/s/opportunities?email=ann@example.com")), ["OPP-2"]);
    assert_eq!(server.get(&address("OPP-1")).status, 404);
}

#[test]
fn revenue_is_read_and_deleted_likewise() {
    let server = Server::start();
    let own = json!({ "Value": 5, "RevenueClosedDate": "2024-01-15", "Labels": ["Sale"] });
    server.put("/v1/s/revenue/upload", &with(opportunity("R", "-", "5", "2024-01-15"), own)).result();
    server.upload(&opportunity("R", "Proposal", "5", "2024-01-15")).result();
    let record = "/api/v1/sites/s/revenue/R";
    assert_eq!(server.json(record)["history"].as_array().unwrap().len(), 1);
    assert_eq!(server.request("DELETE", record, &[], b"").status, 204);
    assert_eq!(server.get(record).code(), "record_not_found");
    assert_eq!(server.opportunity("R")["reference"], "R", "the opportunity of that name is another record");
}

/// Amounts in minor units, as the test adds them up.
fn decimal(minor: i128, decimals: usize) -> String {
    let digits = format!("{:0>width$}", minor.abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let sign = if minor < 0 { "-" } else { "" };
    if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[test]
fn pipeline_totals_are_the_sums_of_what_records_are_now() {
    let server = Server::start();
    let (stages, currencies) = (["Lead", "Proposal", "Won"], [("GBP", 2), ("JPY", 0), ("KWD", 3)]);
    let mut sums: BTreeMap<(&str, &str), (u64, i128, usize)> = BTreeMap::new();
    let mut items = Vec::new();
    for number in 0..300usize {
        let minor = (number as i128 * 7_919 - 900_000) * 1_000_003;
        let (stage, (currency, decimals)) = (stages[number % 3], currencies[number / 3 % 3]);
        let reference = format!("P{number}");
        let mut add = |at: &str, stage: &str, minor: i128| {
            let body = opportunity(&reference, stage, &decimal(minor, decimals), at);
            items.push(with(body, json!({ "CurrencyCode": currency })));
        };
        add("2024-02-01", stage, minor);
        if number % 2 == 0 {
            add("2024-01-01", "Lead", minor - 1);
        }
        if number % 5 == 0 {
            add("2024-03-01", "Lost", minor);
        }
        let sum =
            sums.entry((if number % 5 == 0 { "Lost" } else { stage }, currency)).or_insert((0, 0, decimals));
        *sum = (sum.0 + 1, sum.1 + minor, decimals);
    }
    let body = Value::from(items).to_string();
    let headers = [("Content-Type", "application/json")];
    let reply = server.request("POST", "/api/v1/sites/s/opportunities/batch", &headers, body.as_bytes());
    assert_eq!(reply.json()["rejected"], 0, "{}", reply.text());
    let expected: Vec<_> = sums
        .into_iter()
        .map(|((stage, currency), (count, minor, decimals))| {
            json!({ "stage": stage, "currency": currency, "count": count, "amount": decimal(minor, decimals) })
        })
        .collect();
    assert_eq!(expected.len(), 12);
    let totals = server.json("/api/v1/sites/s/pipeline");
    assert_eq!((&totals["opportunities"], &totals["revenue"]), (&Value::from(expected), &json!([])));
}

#[test]
fn totals_stay_exact_beyond_what_a_double_holds() {
    let server = Server::start();
    for number in 0..3 {
        let body = opportunity(&number.to_string(), "Won", "90071992547409.91", "2024-01-15");
        server.upload(&body).result();
    }
    let total = json!([{ "stage": "Won", "currency": "GBP", "count": 3, "amount": "270215977642229.73" }]);
    assert_eq!(server.json("/api/v1/sites/s/pipeline")["opportunities"], total);
}
