//! The ways that journeys took, and how records go through the stages.

use super::world::{rates, text, world};
use crate::harness::Server;
use serde_json::{Value, json};

/// Of each path: steps, records, won, touches, and what they are worth.
fn paths(server: &Server, query: &str) -> Vec<String> {
    let found = server.json(&format!("/api/v1/sites/s/report/paths?{query}"));
    let path = |path: &Value| {
        let steps: Vec<_> = path["steps"].as_array().unwrap().iter().map(text).collect();
        let figures = ["records", "won", "touches"].map(|name| text(&path[name])).join(" ");
        format!("{} | {figures} | {}", steps.join(" > "), worth(&path["values"]))
    };
    found["paths"].as_array().unwrap().iter().map(path).collect()
}

fn worth(values: &Value) -> String {
    let money = |money: &Value| format!("{} {}", text(&money["amount"]), text(&money["currency"]));
    values.as_array().unwrap().iter().map(money).collect::<Vec<_>>().join(" + ")
}

#[test]
fn paths_are_counted() {
    let server = world();
    assert_eq!(
        paths(&server, ""),
        [
            "Paid Search > Email > Organic Search > Direct | 1 1 4.0 | 1000.00 GBP",
            "Organic Search > Email | 1 0 2.0 | 100.01 GBP",
            "Offline | 1 1 1.0 | 77.77 GBP",
            " | 1 1 0.0 | 50.00 GBP",
            "Direct | 1 0 1.0 | 200.00 EUR",
        ]
    );
    let found = server.json("/api/v1/sites/s/report/paths?limit=2");
    assert_eq!((found["count"].as_u64(), found["paths"].as_array().unwrap().len()), (Some(5), 2));
    assert_eq!(found["paths"][0]["isCut"], false);
    // The device of three of Ann's four visits is the same, and so one step.
    assert_eq!(
        paths(&server, "by=device&where=stage:Won|Proposal"),
        [
            "desktop | 2 1 2.5 | 1000.00 GBP + 200.00 EUR",
            "(not set) | 1 1 1.0 | 77.77 GBP",
            " | 1 1 0.0 | 50.00 GBP"
        ]
    );
    assert_eq!(
        paths(&server, "lookback=15d&to=2024-01-31&by=landingPage"),
        ["shop.example/chairs > shop.example/ | 1 1 2.0 | 1000.00 GBP"]
    );
    assert_eq!(
        paths(&server, "kind=revenue&by=source"),
        ["google > newsletter > bing > (direct) | 1 1 4.0 | 900.00 GBP"]
    );
    rates(&server);
    assert_eq!(paths(&server, "where=currency:EUR"), ["Direct | 1 0 1.0 | 170.00 GBP"]);
}

#[test]
fn long_paths_are_cut_after_twelve_steps() {
    let server = world();
    for day in 1..=14 {
        let page =
            format!("https://www.shop.example/?utm_source=s{day}&utm_medium=email&utm_campaign=c{day}");
        server.visit("v-cat", &format!("2024-01-{day:02}T09:00:00Z"), &page);
    }
    let found = server.json("/api/v1/sites/s/report/paths?by=source&where=currency:EUR");
    let path = &found["paths"][0];
    assert_eq!((path["steps"].as_array().unwrap().len(), &path["isCut"]), (12, &json!(true)));
    assert_eq!((&path["steps"][11], &path["touches"]), (&json!("s12"), &json!(15.0)));
}

#[test]
fn the_funnel_counts_how_far_records_come() {
    let server = world();
    let stages = server.json("/api/v1/sites/s/report/funnel")["stages"].clone();
    let expected = json!([
        {
            "stage": "Proposal", "milestone": "opportunity", "reached": 3, "wentOn": 1, "current": 1,
            "values": [{ "amount": "200.00", "currency": "EUR" }], "medianDays": 12, "meanDays": 11.0,
        },
        {
            "stage": "Won", "milestone": "won", "reached": 3, "wentOn": 3, "current": 3,
            "values": [{ "amount": "1127.77", "currency": "GBP" }], "medianDays": null, "meanDays": null,
        },
        {
            "stage": "Lost", "milestone": "lost", "reached": 1, "wentOn": 0, "current": 1,
            "values": [{ "amount": "100.01", "currency": "GBP" }], "medianDays": null, "meanDays": null,
        },
    ]);
    assert_eq!(stages, expected);
    let of_january = server.json("/api/v1/sites/s/report/funnel?to=2024-01-31")["stages"].clone();
    let counts =
        |stage: &Value| (text(&stage["stage"]), stage["reached"].as_u64(), stage["medianDays"].as_u64());
    let told: Vec<_> = of_january.as_array().unwrap().iter().map(counts).collect();
    assert_eq!(told, [("Proposal".into(), Some(1), Some(12)), ("Won".into(), Some(1), None)]);
    let revenue = server.json("/api/v1/sites/s/report/funnel?kind=revenue");
    assert_eq!(revenue["stages"], json!([]), "revenue has no stages");
}

#[test]
fn a_record_that_comes_back_to_a_stage_reached_it_once() {
    let server = world();
    for (stage, day) in [("Proposal", 1), ("Review", 3), ("Proposal", 4), ("Review", 9), ("Lost", 10)] {
        super::world::deal(
            &server,
            "F",
            stage,
            "10.00 GBP",
            &format!("2024-04-{day:02}T10:00:00Z"),
            "fay",
            json!({}),
        );
    }
    let stages = server.json("/api/v1/sites/s/report/funnel?from=2024-04-01")["stages"].clone();
    let told = |stage: &Value| {
        let figures = ["stage", "reached", "wentOn", "current", "medianDays", "meanDays"];
        figures.map(|name| text(&stage[name])).join(" ")
    };
    let told: Vec<_> = stages.as_array().unwrap().iter().map(told).collect();
    // Two days and five in the one, one day and one in the other; stages that the site does not list come last.
    assert_eq!(told, ["Proposal 1 1 0 5 3.5", "Lost 1 0 1 null null", "Review 1 1 0 1 1.0"]);
}
