//! Uploads that meet a record that is there: what they do to it, and what they answer.

use crate::harness::{Server, new_token, opportunity, run_ok, with};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::thread;

/// The stages of a record's history as `stage from-to value`.
fn spells(record: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("…").to_owned();
    let spell = |spell: &Value| {
        let (entered, left) = (text(&spell["enteredAt"]), text(&spell["leftAt"]));
        format!("{} {entered}–{left} {}", text(&spell["stage"]), text(&spell["value"]["amount"]))
    };
    record["stageHistory"].as_array().unwrap().iter().map(spell).collect()
}

#[test]
fn the_answer_is_an_empty_201_whose_header_tells_what_happened() {
    let server = Server::start();
    let first = opportunity("OPP-1", "Proposal", "1000", "2024-01-15");
    assert_eq!(server.upload(&first).result(), "created");
    assert_eq!(server.upload(&first).result(), "unchanged");
    let same = with(first.clone(), json!({ "OpportunityValue": 1000.0, "CurrencyCode": "gbp" }));
    assert_eq!(server.upload(&same).result(), "unchanged", "the same, written in another way");
    assert_eq!(
        server.upload(&with(first.clone(), json!({ "OpportunityValue": "1000.01" }))).result(),
        "updated"
    );
    assert_eq!(server.upload(&first).result(), "updated", "a return to what was said before is news");
    assert_eq!(server.opportunity("OPP-1")["versions"], 3);
}

#[test]
fn a_preference_for_a_representation_is_answered_with_the_record() {
    let server = Server::start();
    let prefer = |preference: &str, body: &Value| {
        let headers = [("Content-Type", "application/json"), ("Prefer", preference)];
        server.request("PUT", "/v1/s/opportunity/upload", &headers, body.to_string().as_bytes())
    };
    let body =
        with(opportunity("OPP-1", "Proposal", "1000", "2024-01-15"), json!({ "Colour": "red", "a/b": 1 }));
    let reply = prefer("return=representation", &body);
    assert_eq!((reply.status, reply.header("touchline-result")), (201, Some("created")));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let answer = reply.json();
    assert_eq!((&answer["result"], &answer["referenceGenerated"]), (&json!("created"), &json!(false)));
    assert_eq!(answer["warnings"], json!([]));
    let mut ignored: Vec<_> =
        answer["ignored"].as_array().unwrap().iter().map(|pointer| pointer.as_str().unwrap()).collect();
    ignored.sort_unstable();
    assert_eq!(ignored, ["/Colour", "/a~1b"], "members that are not known");
    assert_eq!(answer["record"], server.opportunity("OPP-1"));
    assert_eq!(answer["record"]["matched"], false);

    let anonymous = with(body.clone(), json!({ "Reference": null }));
    let answer = prefer("respond-async, return = \"representation\"", &anonymous).json();
    assert_eq!(answer["referenceGenerated"], true);
    let reference = answer["record"]["reference"].as_str().unwrap();
    assert_eq!(server.opportunity(reference), answer["record"]);
    for other in ["return=minimal", "handling=lenient", "representation"] {
        assert_eq!(prefer(other, &body).text(), "", "{other}");
    }
}

#[test]
fn an_upload_that_is_only_validated_stores_nothing() {
    let server = Server::start();
    let body = opportunity("OPP-1", "Proposal", "1000", "2024-01-15");
    for query in ["validateOnly=true", "validateOnly=1", "validateOnly", "x=y&validateOnly=true"] {
        let reply = server.put(&format!("/v1/s/opportunity/upload?{query}"), &body);
        assert_eq!(reply.status, 200, "{query}");
        assert_eq!(reply.header("touchline-result"), None);
        let answer = reply.json();
        assert_eq!((&answer["valid"], &answer["reference"]), (&json!(true), &json!("OPP-1")), "{query}");
    }
    assert_eq!(server.get("/api/v1/sites/s/opportunities/OPP-1").status, 404);
    let wrong = with(body.clone(), json!({ "OpportunityValue": "x" }));
    let reply = server.put("/v1/s/opportunity/upload?validateOnly=true", &wrong);
    assert_eq!(reply.problems(), [("/OpportunityValue".into(), "not_a_number".into())]);
    let reply = server.put("/v1/s/opportunity/upload?validateOnly=maybe", &body);
    assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_query"));
    assert_eq!(reply.problems(), [("validateOnly".into(), "not_a_boolean".into())]);
    assert_eq!(server.put("/v1/s/opportunity/upload?validateOnly=false", &body).result(), "created");
}

#[test]
fn uploads_out_of_order_end_in_the_same_record() {
    let server = Server::start();
    let uploads = [
        ("Won", "1200.00", "2024-03-01"),
        ("Proposal", "1000.00", "2024-01-15T09:30:00Z"),
        ("Negotiation", "1100.00", "2024-02-10"),
        ("Proposal", "1050.00", "2024-01-20"),
        ("Lead", "0", "2024-01-02"),
    ];
    for (number, (stage, value, at)) in uploads.into_iter().enumerate() {
        let result = if number == 0 { "created" } else { "updated" };
        assert_eq!(server.upload(&opportunity("OPP-1", stage, value, at)).result(), result);
        assert_eq!(
            server.opportunity("OPP-1")["stage"],
            "Won",
            "the latest date holds, not the latest arrival"
        );
    }
    let record = server.opportunity("OPP-1");
    assert_eq!(record["value"], json!({ "amount": "1200.00", "currency": "GBP" }));
    assert_eq!((&record["occurredAt"], &record["versions"]), (&json!("2024-03-01"), &json!(5)));
    let expected = [
        "Lead 2024-01-02–2024-01-15T09:30:00Z 0.00",
        "Proposal 2024-01-15T09:30:00Z–2024-02-10 1000.00",
        "Negotiation 2024-02-10–2024-03-01 1100.00",
        "Won 2024-03-01–… 1200.00",
    ];
    assert_eq!(spells(&record), expected);
    let history: Vec<_> = record["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version["occurredAt"].as_str().unwrap())
        .collect();
    assert_eq!(history, ["2024-01-02", "2024-01-15T09:30:00Z", "2024-01-20", "2024-02-10", "2024-03-01"]);
}

#[test]
fn a_stage_that_a_deal_returns_to_appears_again() {
    let server = Server::start();
    for (stage, at) in [("Won", "2024-01-01"), ("Lost", "2024-01-02"), ("Won", "2024-01-03")] {
        server.upload(&opportunity("OPP-1", stage, "5", at)).result();
    }
    let record = server.opportunity("OPP-1");
    assert_eq!(
        spells(&record),
        ["Won 2024-01-01–2024-01-02 5.00", "Lost 2024-01-02–2024-01-03 5.00", "Won 2024-01-03–… 5.00"]
    );
}

#[test]
fn of_two_uploads_at_the_same_instant_the_one_received_last_holds() {
    let server = Server::start();
    server.upload(&opportunity("OPP-1", "Proposal", "1", "2024-01-15")).result();
    let same_instant = opportunity("OPP-1", "Proposal", "2", "2024-01-15T00:00:00Z");
    assert_eq!(server.upload(&same_instant).result(), "updated");
    assert_eq!(server.opportunity("OPP-1")["value"]["amount"], "2.00");
}

#[test]
fn labels_and_properties_are_replaced_only_when_present() {
    let server = Server::start();
    let upload = |at: &str, extra: Value| {
        server.upload(&with(opportunity("OPP-1", "Proposal", "5", at), extra)).result();
        let record = server.opportunity("OPP-1");
        (record["labels"].clone(), record["properties"].clone())
    };
    let properties = |value: &str| json!([{ "name": "Agent", "value": value }]);
    let given = json!({ "Labels": ["South", "North", "South"], "AdditionalDataProperties": [{ "Name": "Agent", "Value": "Ann" }] });
    assert_eq!(upload("2024-01-01", given), (json!(["North", "South"]), properties("Ann")));
    assert_eq!(upload("2024-01-02", json!({})), (json!(["North", "South"]), properties("Ann")), "kept");
    assert_eq!(upload("2024-01-03", json!({ "Labels": ["East"] })), (json!(["East"]), properties("Ann")));
    let agent = json!({ "AdditionalDataProperties": [{ "Name": "Agent", "Value": "Bob" }] });
    assert_eq!(upload("2024-01-04", agent), (json!(["East"]), properties("Bob")));
    let late = json!({ "Labels": ["West"], "AdditionalDataProperties": [] });
    assert_eq!(upload("2024-01-02T12:00:00", late), (json!(["East"]), properties("Bob")), "later dates win");
    assert_eq!(
        upload("2024-01-05", json!({ "Labels": [] })),
        (json!([]), properties("Bob")),
        "emptied on purpose"
    );
}

#[test]
fn identifiers_add_up() {
    let server = Server::start();
    for (at, key, value) in [
        ("2024-01-03", "EmailAddress", "ann@example.com"),
        ("2024-01-01", "RaId", "visitor-1"),
        ("2024-01-02", "EmailAddress", "ANN@example.com"),
        ("2024-01-04", "EmailAddress", "bob@example.com"),
    ] {
        let identifiers = json!({ "VisitorIdentifierOptions": [{ "Key": key, "Value": value }] });
        server.upload(&with(opportunity("OPP-1", "Proposal", "5", at), identifiers)).result();
    }
    let expected = json!([
        { "kind": "RaId", "value": "visitor-1" },
        { "kind": "EmailAddress", "value": "ann@example.com" },
        { "kind": "EmailAddress", "value": "bob@example.com" },
    ]);
    assert_eq!(server.opportunity("OPP-1")["identifiers"], expected);
}

#[test]
fn records_are_told_apart_by_site_kind_and_exact_reference() {
    let mut other_token = String::new();
    let server = Server::start_after(&[], |data| {
        run_ok(data, &["site", "add", "--id", "other", "--name", "Other"]);
        other_token = new_token(data, "other", "ingest,read");
    });
    let upload = opportunity("OPP-1", "Proposal", "1", "2024-01-15");
    assert_eq!(server.upload(&upload).result(), "created");
    assert_eq!(
        server.upload(&with(upload.clone(), json!({ "Reference": "opp-1" }))).result(),
        "created",
        "case counts"
    );
    assert_eq!(
        server.upload(&with(upload.clone(), json!({ "Reference": " OPP-1 " }))).result(),
        "unchanged",
        "blanks do not"
    );
    let revenue =
        with(upload.clone(), json!({ "Value": 1, "RevenueClosedDate": "2024-01-15", "Labels": ["Sale"] }));
    assert_eq!(server.put("/v1/s/revenue/upload", &revenue).result(), "created");
    let (json, bytes) = ([("Content-Type", "application/json")], upload.to_string());
    let reply =
        server.request_as(&other_token, "PUT", "/v1/other/opportunity/upload", &json, bytes.as_bytes());
    assert_eq!(reply.result(), "created");
    assert_eq!(server.json("/api/v1/sites/s/opportunities")["records"].as_array().unwrap().len(), 2);
    assert_eq!(server.json("/api/v1/sites/s/revenue")["records"].as_array().unwrap().len(), 1);
}

#[test]
fn the_same_upload_from_many_clients_at_once_creates_one_record() {
    let server = Server::start();
    let body = opportunity("OPP-1", "Proposal", "1", "2024-01-15");
    let results: Vec<String> = thread::scope(|scope| {
        let clients: Vec<_> =
            (0..24).map(|_| scope.spawn(|| server.upload(&body).result().to_owned())).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let mut counts = BTreeMap::new();
    for result in &results {
        *counts.entry(result.as_str()).or_insert(0) += 1;
    }
    assert_eq!(counts, BTreeMap::from([("created", 1), ("unchanged", 23)]));
    assert_eq!(server.opportunity("OPP-1")["versions"], 1);
}
