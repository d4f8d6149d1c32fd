//! What each model gives each channel.

use super::world::{report, rows, rows_with, text, totals, world};
use serde_json::json;

/// The page on which every number is worked out.
const PAGE: &str = include_str!("../../../../../docs/report-example.md");

/// A model, and what it gives [`CHANNELS`] of the records in pounds, as the page has it.
fn given() -> Vec<(&'static str, Vec<&'static str>)> {
    let lines = PAGE.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
    let given: Vec<_> = lines
        .map(|line| {
            let (model, values) = line.split_once("` | ").unwrap();
            (model, values.split(" | ").collect())
        })
        .collect();
    assert_eq!(given.len(), 11, "every model");
    given
}

const CHANNELS: [&str; 5] = ["Paid Search", "Email", "Organic Search", "Direct", "Offline"];

#[test]
fn each_model_shares_by_its_definition_and_to_the_penny() {
    let server = world();
    for (model, given) in given() {
        let found = report(&server, &format!("model={model}"));
        let mut expected: Vec<String> =
            CHANNELS.iter().zip(given).map(|(channel, value)| format!("{channel} | GBP {value}")).collect();
        expected.push("(unattributed) | GBP 50.00".into());
        if model == "markov-global" {
            let euros = ["11.43", "17.14", "34.29", "68.57", "68.57"];
            expected.extend(
                CHANNELS.iter().zip(euros).map(|(channel, value)| format!("{channel} | EUR {value}")),
            );
        } else {
            expected.push("Direct | EUR 200.00".into());
        }
        let mut told = rows(&found);
        told.sort();
        expected.sort();
        assert_eq!(told, expected, "{model}");
        assert_eq!(found["query"]["models"][0]["model"], model, "with all its parameters");
        assert!(found["query"]["models"][0]["definition"].as_str().unwrap().len() > 20);
        let expected = ["GBP 1227.78 1127.77 4.0 3.0 1.0 3", "EUR 200.00 0.00 1.0 0.0 0.0 1"];
        assert_eq!(totals(&found, "totals"), expected, "{model}");
    }
}

#[test]
fn models_stand_side_by_side_and_say_the_same_as_alone() {
    let server = world();
    let names: Vec<&str> = given().into_iter().map(|(model, _)| model).collect();
    let together = report(&server, &format!("model={}", names.join(",")));
    let apart = report(&server, &format!("model={}", names.join("&model=")));
    assert_eq!(together["rows"], apart["rows"], "separated by commas, or given several times");
    for (place, model) in names.iter().enumerate() {
        let alone = report(&server, &format!("model={model}"));
        for row in alone["rows"].as_array().unwrap() {
            let is_it = |other: &&serde_json::Value| {
                other["values"] == row["values"] && other["currency"] == row["currency"]
            };
            let beside = together["rows"].as_array().unwrap().iter().find(is_it).unwrap();
            assert_eq!(beside["models"][place], row["models"][0], "{model}");
        }
    }
}

#[test]
fn rows_come_in_order_with_all_their_figures() {
    let server = world();
    let found = report(&server, "");
    assert_eq!(
        rows(&found),
        [
            "Organic Search | GBP 300.01",
            "Email | GBP 300.00",
            "Direct | GBP 250.00",
            "Paid Search | GBP 250.00",
            "Offline | GBP 77.77",
            "(unattributed) | GBP 50.00",
            "Direct | EUR 200.00",
        ],
        "the largest first, amounts in the report's currency before others"
    );
    let figures = |name: &str| rows_with(&found, |model| text(&model[name]));
    let email = json!({
        "values": { "channel": "Email" }, "currency": "GBP", "reached": 2, "assisted": 1, "cost": null,
        "models": [{
            "model": "linear", "value": "300.00", "wonValue": "250.00", "records": 0.75, "won": 0.25, "lost": 0.5,
            "winRate": 0.3333, "daysToClose": 12.0, "roas": null, "costPerRecord": null,
        }],
    });
    assert_eq!(found["rows"][1], email);
    let row = |values: &str, figure: &str| format!("{values} {figure}");
    assert_eq!(figures("records")[5], row("(unattributed) | GBP", "1.0"));
    assert_eq!(figures("daysToClose")[4], row("Offline | GBP", "0.0"), "won with its first version");
    assert_eq!(figures("winRate")[6], row("Direct | EUR", "null"), "neither won nor lost");
    let reach: Vec<_> =
        found["rows"].as_array().unwrap().iter().map(|row| (&row["reached"], &row["assisted"])).collect();
    let counts = [(2, 2), (2, 1), (1, 0), (1, 1), (1, 0), (0, 0), (1, 0)];
    assert_eq!(format!("{reach:?}"), format!("{:?}", counts.map(|(r, a)| (json!(r), json!(a)))));
}

#[test]
fn direct_touches_are_kept_skipped_or_a_last_resort() {
    let server = world();
    for (direct, expected) in [
        ("keep", ["Organic Search | GBP 300.01", "Direct | GBP 250.00", "Direct | EUR 200.00"]),
        ("skip", ["Email | GBP 383.33", "Organic Search | GBP 383.34", "(unattributed) | EUR 200.00"]),
        ("last-resort", ["Email | GBP 383.33", "Organic Search | GBP 383.34", "Direct | EUR 200.00"]),
    ] {
        let found = report(&server, &format!("direct={direct}"));
        let told = rows(&found);
        for row in expected {
            assert!(told.contains(&row.to_owned()), "{direct}: {row}: {told:?}");
        }
        assert_eq!(found["query"]["direct"]["name"], direct);
        let reaches = told.iter().any(|row| row.starts_with("Direct | GBP"));
        assert_eq!(reaches, direct == "keep", "what does not count reaches nothing: {told:?}");
    }
    let last = report(&server, "direct=skip&model=last-non-direct");
    assert!(rows(&last).contains(&"(unattributed) | EUR 200.00".into()), "skipping is skipping: {last}");
}

#[test]
fn touches_older_than_the_lookback_do_not_count() {
    let server = world();
    // A ends on the 22nd at noon, and its last touch was on the 15th at ten.
    for (lookback, expected) in [
        ("8d", vec!["Direct | GBP 1000.00"]),
        ("15", vec!["Direct | GBP 500.00", "Organic Search | GBP 500.00"]),
        (
            "3650d",
            vec![
                "Direct | GBP 250.00",
                "Email | GBP 250.00",
                "Organic Search | GBP 250.00",
                "Paid Search | GBP 250.00",
            ],
        ),
        ("7d", vec!["(unattributed) | GBP 1000.00"]),
    ] {
        let found = report(&server, &format!("to=2024-01-31&lookback={lookback}"));
        assert_eq!(rows(&found), expected, "{lookback}");
    }
    assert_eq!(report(&server, "lookback=7d")["query"]["lookbackDays"], 7);
    assert_eq!(report(&server, "")["query"]["lookbackDays"], json!(null));
}

/// What a model learns from, it learns from all records of the period: a filter selects, and changes nobody's share.
#[test]
fn filters_do_not_change_what_markov_gives() {
    let server = world();
    let given = |query: &str| rows(&report(&server, query));
    let won = [
        "Direct | GBP 521.74",
        "Organic Search | GBP 260.87",
        "Email | GBP 130.43",
        "Paid Search | GBP 86.96",
    ];
    assert_eq!(given("model=markov&where=label:North"), won);
    assert_eq!(given("model=markov&where=stage:Won&where=property.Region:UK"), won);
    // Of January alone there is but one journey, and so every channel is needed.
    let alone = [
        "Direct | GBP 250.00",
        "Email | GBP 250.00",
        "Organic Search | GBP 250.00",
        "Paid Search | GBP 250.00",
    ];
    assert_eq!(given("model=markov&to=2024-01-31"), alone);
    // None of February is won: every journey counts as converting.
    let lost = ["Organic Search | GBP 50.01", "Email | GBP 50.00", "Direct | EUR 200.00"];
    assert_eq!(given("model=markov&from=2024-02-01&to=2024-02-29"), lost);
    let global = report(&server, "model=markov-global&where=label:North");
    let sum: i64 = global["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| super::world::minor(&row["models"][0]["value"]))
        .sum();
    assert_eq!(sum, 100_000, "{global}");
}

#[test]
fn revenue_has_reports_of_its_own() {
    let server = world();
    let found = report(&server, "kind=revenue&model=first-touch");
    let expected =
        ["Paid Search | GBP 900.00", "Direct | GBP 0.00", "Email | GBP 0.00", "Organic Search | GBP 0.00"];
    assert_eq!(rows(&found), expected);
    assert_eq!(totals(&found, "totals"), ["GBP 900.00 900.00 1.0 1.0 0.0 1"], "what came in is won");
}
