//! From a number to the records that make it.

use super::world::{encoded, minor, rates, report, text, world};
use crate::harness::Server;
use serde_json::Value;
use std::fmt::Write;

const MODELS: &str = "first-touch,last-touch,last-non-direct,linear,position-based,time-decay,w-shaped,full-path,markov,shapley";

/// Filters that leave of a report what makes one of its rows.
fn filters_of(row: &Value) -> String {
    let mut query = String::new();
    for (dimension, value) in row["values"].as_object().unwrap() {
        let value = text(value).replace('\\', "\\\\").replace('|', "\\|");
        write!(query, "&where={}", encoded(&format!("{dimension}:{value}"))).unwrap();
    }
    query
}

fn records(server: &Server, query: &str) -> Value {
    server.json(&format!("/api/v1/sites/s/report/records?limit=1000&{query}"))
}

/// Every row of a report is what its records contribute, under every model.
fn assert_rows_are_their_records(server: &Server, query: &str) {
    let found = report(server, query);
    assert!(!found["rows"].as_array().unwrap().is_empty(), "{query}");
    for row in found["rows"].as_array().unwrap() {
        let drilled = records(server, &format!("{query}{}", filters_of(row)));
        let told = drilled["records"].as_array().unwrap();
        assert_eq!(drilled["count"], told.len());
        let ours: Vec<_> =
            told.iter().filter(|record| record["counted"]["currency"] == row["currency"]).collect();
        for (place, model) in row["models"].as_array().unwrap().iter().enumerate() {
            let sum: i64 = ours.iter().map(|record| minor(&record["credit"][place]["amount"])).sum();
            assert_eq!(sum, minor(&model["value"]), "{query} {row} {drilled}");
            assert!(ours.iter().all(|record| record["credit"][place]["model"] == model["model"]));
        }
    }
}

#[test]
fn the_records_credit_adds_up_to_the_row() {
    let server = world();
    let is_there = |report: &Value, value: &str| report["rows"].to_string().contains(value);
    assert!(
        is_there(&report(&server, "by=campaign"), "(not set)")
            && is_there(&report(&server, ""), "(unattributed)")
    );
    for by in [
        "channel",
        "found",
        "campaign",
        "landingPage",
        "label",
        "month",
        "touchMonth",
        "stage,channel,touchWeek",
    ] {
        for more in ["", "&direct=skip", "&lookback=10d&where=!stage:Lost", "&from=2024-02-01"] {
            assert_rows_are_their_records(&server, &format!("by={by}&model={MODELS}{more}"));
        }
    }
    rates(&server);
    assert_rows_are_their_records(&server, &format!("by=channel&model={MODELS}"));
    assert_rows_are_their_records(&server, &format!("by=found,currency&model={MODELS}&currency=EUR"));
}

#[test]
fn values_with_signs_of_filters_are_found_too() {
    let server = world();
    let campaigns =
        ["one|two", "back\\slash", "back\\|both", "!not", "a:b", "x, y", "(not set)", "100%+1 & more"];
    for (number, campaign) in campaigns.iter().enumerate() {
        let page = format!(
            "https://www.shop.example/?utm_source=a&utm_medium=email&utm_campaign={}",
            encoded(campaign)
        );
        server.visit("v-cat", &format!("2024-02-06T0{number}:00:00Z"), &page);
    }
    let found = report(&server, "by=campaign&where=currency:EUR");
    assert_eq!(found["rows"].as_array().unwrap().len(), campaigns.len(), "each a visit of its own: {found}");
    assert_rows_are_their_records(&server, "by=campaign");
    let asked = "where=campaign:one%5C%7Ctwo%7Ca:b";
    let filtered = report(&server, &format!("by=campaign&{asked}"));
    assert_eq!(filtered["rows"].as_array().unwrap().len(), 2, "{filtered}");
    let again = encoded(filtered["query"]["filters"][0].as_str().unwrap());
    assert_eq!(
        report(&server, &format!("by=campaign&where={again}"))["rows"],
        filtered["rows"],
        "as it is answered"
    );
}

#[test]
fn records_are_told_with_what_they_are() {
    let server = world();
    let found = records(&server, "where=channel:Email&model=first-touch,linear");
    let expected = serde_json::json!([
        {
            "reference": "A", "date": "2024-01-22", "stage": "Won", "touches": 4, "conversions": 1,
            "value": { "amount": "1000.00", "currency": "GBP" }, "counted": { "amount": "1000.00", "currency": "GBP" },
            "credit": [{ "model": "first-touch", "amount": "0.00" }, { "model": "linear", "amount": "250.00" }],
        },
        {
            "reference": "B", "date": "2024-02-20", "stage": "Lost", "touches": 2, "conversions": 1,
            "value": { "amount": "100.01", "currency": "GBP" }, "counted": { "amount": "100.01", "currency": "GBP" },
            "credit": [{ "model": "first-touch", "amount": "0.00" }, { "model": "linear", "amount": "50.00" }],
        },
    ]);
    assert_eq!(found["records"], expected, "the largest credit first");
    assert_eq!(found["query"]["filters"], serde_json::json!(["channel:Email"]));
    let all = records(&server, "");
    assert_eq!(all["count"], 5, "those that nobody was found for too: {all}");
    let credit = |record: &Value| text(&record["credit"][0]["amount"]);
    let told: Vec<_> =
        all["records"].as_array().unwrap().iter().map(|r| (text(&r["reference"]), credit(r))).collect();
    let expected = [("A", "1000.00"), ("C", "200.00"), ("B", "100.01"), ("E", "77.77"), ("D", "50.00")]
        .map(|(r, c)| (r.into(), c.into()));
    assert_eq!(told, expected);
}

#[test]
fn records_come_in_pages() {
    let server = world();
    let all = records(&server, "model=last-touch")["records"].clone();
    for limit in [1, 2, 5] {
        let mut pages = Vec::new();
        for offset in (0..6).step_by(limit) {
            let page = server.json(&format!(
                "/api/v1/sites/s/report/records?model=last-touch&limit={limit}&offset={offset}"
            ));
            assert_eq!(page["count"], 5);
            pages.extend(page["records"].as_array().unwrap().clone());
        }
        assert_eq!(Value::Array(pages), all, "{limit}");
    }
}
