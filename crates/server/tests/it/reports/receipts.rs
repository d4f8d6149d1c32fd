//! How one record's value is shared, and why.

use super::world::{minor, rates, report, text, world};
use crate::harness::Server;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn receipt(server: &Server, reference: &str, query: &str) -> Value {
    server.json(&format!("/api/v1/sites/s/opportunities/{reference}/receipt?{query}"))
}

/// Of each touch: time, channel, and what each model gives.
fn touches(receipt: &Value) -> Vec<String> {
    let touch = |touch: &Value| {
        let given = touch["credit"].as_array().unwrap().iter().map(|given| {
            let seen = if given["seen"] == true { text(&given["weight"]) } else { "unseen".to_owned() };
            format!("{seen} {}", text(&given["amount"]["amount"]))
        });
        let given: Vec<_> = given.collect();
        format!(
            "{} {} | {}",
            &text(&touch["at"])[..10],
            text(&touch["classification"]["channel"]),
            given.join(", ")
        )
    };
    receipt["touches"].as_array().unwrap().iter().map(touch).collect()
}

#[test]
fn a_receipt_tells_each_touchs_weight_and_share() {
    let server = world();
    let found = receipt(&server, "A", "model=linear,time-decay,position-based,last-non-direct");
    assert_eq!(
        touches(&found),
        [
            "2023-12-25 Paid Search | 0.25 250.00, 0.066666667 66.67, 0.4 400.00, 0.0 0.00",
            "2024-01-01 Email | 0.25 250.00, 0.133333333 133.33, 0.1 100.00, 0.0 0.00",
            "2024-01-08 Organic Search | 0.25 250.00, 0.266666667 266.67, 0.1 100.00, 1.0 1000.00",
            "2024-01-15 Direct | 0.25 250.00, 0.533333333 533.33, 0.4 400.00, unseen 0.00",
        ]
    );
    assert_eq!(found["record"]["reference"], "A");
    assert_eq!(found["record"]["counted"], json!({ "amount": "1000.00", "currency": "GBP" }));
    let names = ["first touch", "lead", "opportunity", "created", "won"];
    let told: BTreeMap<_, _> = found["milestones"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (text(&one["name"]), text(&one["at"])))
        .collect();
    let at = names.map(|name| told[name].as_str());
    let expected = [
        "2023-12-25T10:00:00Z",
        "2024-01-01T10:05:00Z",
        "2024-01-10T12:00:00Z",
        "2024-01-10T12:00:00Z",
        "2024-01-22T12:00:00Z",
    ];
    assert_eq!((at, told.len()), (expected, 5));
    assert!(found["rounding"].as_str().unwrap().contains("largest fractions"));
}

#[test]
fn a_receipt_tells_why() {
    let server = world();
    let found = receipt(&server, "A", "model=linear");
    let first = &found["touches"][0];
    assert_eq!((&first["kind"], &first["isDirect"]), (&json!("visit"), &json!(false)));
    assert_eq!(first["classification"]["rule"]["name"], "paid-search");
    assert_eq!(first["referrer"], "https://www.google.com/");
    let page = first["landingPage"].as_str().unwrap();
    assert!(page.starts_with("https://www.shop.example/offer?") && page.contains("gclid=abc"), "{page}");
    assert!(first["because"].as_str().unwrap().contains("utm_medium"), "{first}");
    assert!(first["fact"].as_u64().unwrap() > 0);
    assert_eq!(found["touches"][3]["isDirect"], true);
    let record = server.opportunity("A");
    assert_eq!(found["match"], record["match"], "whom it is about, as the record says");
    assert!(found["match"].to_string().contains("form-ann"), "with the evidence: {}", found["match"]);
    let offline = receipt(&server, "E", "model=linear");
    let touch = &offline["touches"][0];
    assert_eq!(
        (&touch["kind"], &touch["classification"]["channel"]),
        (&json!("conversion"), &json!("Offline"))
    );
    assert_eq!((touch.get("landingPage"), touch.get("because")), (None, None), "it was no visit");
}

#[test]
fn touches_that_a_model_does_not_see_are_told_as_such() {
    let server = world();
    let found = receipt(&server, "A", "model=linear,last-non-direct&lookback=15d");
    assert_eq!(
        touches(&found),
        [
            "2023-12-25 Paid Search | unseen 0.00, unseen 0.00",
            "2024-01-01 Email | unseen 0.00, unseen 0.00",
            "2024-01-08 Organic Search | 0.5 500.00, 1.0 1000.00",
            "2024-01-15 Direct | 0.5 500.00, unseen 0.00",
        ]
    );
    let skipped = receipt(&server, "A", "model=linear&direct=skip");
    assert_eq!(touches(&skipped)[3], "2024-01-15 Direct | unseen 0.00");
    let none = receipt(&server, "C", "model=linear,last-non-direct,linear&direct=skip");
    assert_eq!(touches(&none), ["2024-02-05 Direct | unseen 0.00, unseen 0.00, unseen 0.00"]);
    assert_eq!(none["record"]["credit"][0]["amount"], "0.00", "it is unattributed");
    let last = receipt(&server, "C", "model=linear&direct=last-resort");
    assert_eq!(touches(&last), ["2024-02-05 Direct | 1.0 200.00"]);
    let nobody = receipt(&server, "D", "");
    assert_eq!((&nobody["touches"], &nobody["match"]["matched"]), (&json!([]), &json!(false)));
    assert!(nobody["record"]["credit"].as_array().unwrap().iter().all(|credit| credit["amount"] == "0.00"));
}

#[test]
fn every_model_is_told_when_none_is_named_and_shares_add_up() {
    let server = world();
    rates(&server);
    for currency in ["GBP", "EUR", "USD", "JPY"] {
        for reference in ["A", "B", "C", "D", "E"] {
            for more in ["", "&direct=skip", "&lookback=10d", "&where=channel:Email&from=2024-02-01&model="] {
                let found = receipt(&server, reference, &format!("currency={currency}{more}"));
                let models: Vec<_> = found["query"]["models"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|one| text(&one["model"]))
                    .collect();
                assert_eq!(models.len(), 10, "all but the one that traces nothing to records: {models:?}");
                let credit = found["record"]["credit"].as_array().unwrap();
                for (place, model) in models.iter().enumerate() {
                    let touches = found["touches"].as_array().unwrap();
                    let shares = touches.iter().map(|touch| &touch["credit"][place]);
                    let sum: i64 = shares.clone().map(|share| minor(&share["amount"]["amount"])).sum();
                    assert_eq!(sum, minor(&credit[place]["amount"]), "{reference} {model}{more}");
                    let weights: f64 = shares.clone().map(|share| share["weight"].as_f64().unwrap()).sum();
                    let is_shared = shares.clone().any(|share| share["seen"] == true);
                    assert!(
                        (weights - f64::from(u8::from(is_shared))).abs() < 1e-6,
                        "{reference} {model}: {weights}"
                    );
                    let all = if is_shared { minor(&found["record"]["counted"]["amount"]) } else { 0 };
                    assert_eq!(sum, all, "{reference} {model}{more}");
                }
            }
        }
    }
}

/// What receipts say of single records, added up, is what reports say.
#[test]
fn receipts_reports_and_records_agree() {
    let server = world();
    for more in ["", "&direct=skip", "&lookback=10d", "&direct=last-resort&lookback=8d"] {
        let models = receipt(&server, "A", &more.replacen('&', "", 1))["query"]["models"].clone();
        for model in models.as_array().unwrap().iter().map(|one| text(&one["model"])) {
            let query = format!("model={model}{more}");
            let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
            for reference in ["A", "B", "C", "D", "E"] {
                let found = receipt(&server, reference, &query);
                let counted = &found["record"]["counted"];
                let mut rest = minor(&counted["amount"]);
                for touch in found["touches"].as_array().unwrap() {
                    let share = minor(&touch["credit"][0]["amount"]["amount"]);
                    rest -= share;
                    *sums
                        .entry((text(&touch["classification"]["channel"]), text(&counted["currency"])))
                        .or_default() += share;
                }
                *sums.entry(("(unattributed)".into(), text(&counted["currency"]))).or_default() += rest;
                let drilled = server
                    .json(&format!("/api/v1/sites/s/report/records?{query}&where=!channel:(unattributed)"));
                let listed = drilled["records"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .find(|record| record["reference"] == reference);
                let credit = listed.map_or(0, |record| minor(&record["credit"][0]["amount"]));
                assert_eq!(credit, minor(&found["record"]["credit"][0]["amount"]), "{reference} {query}");
            }
            sums.retain(|_, sum| *sum != 0);
            let rows = report(&server, &query)["rows"].as_array().unwrap().clone();
            let row = |row: &Value| {
                ((text(&row["values"]["channel"]), text(&row["currency"])), minor(&row["models"][0]["value"]))
            };
            let told: BTreeMap<_, _> = rows.iter().map(row).filter(|(_, value)| *value != 0).collect();
            assert_eq!(sums, told, "{query}");
        }
    }
}

#[test]
fn revenue_has_receipts() {
    let server = world();
    let found = server.json("/api/v1/sites/s/revenue/INV-A/receipt?model=w-shaped");
    let told: Vec<_> = touches(&found);
    // Of revenue no opportunity is known: its share goes to first, lead and the others in proportion.
    assert_eq!(told.len(), 4);
    assert_eq!(found["query"]["kind"], "revenue");
    assert_eq!(found["record"]["credit"][0]["amount"], "900.00");
    assert!(told[1].ends_with("0.428571429 385.71"), "{told:?}");
    for path in ["opportunities/INV-A", "revenue/A", "opportunities/none"] {
        let reply = server.get(&format!("/api/v1/sites/s/{path}/receipt"));
        assert_eq!((reply.status, reply.code().as_str()), (404, "record_not_found"), "{path}");
    }
}
