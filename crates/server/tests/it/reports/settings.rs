//! Settings of the site and of the server: what changes shows in the next report.

use super::world::{rates, report, rows, text, totals, world};
use crate::harness::{Server, run_ok, wait_for};
use serde_json::json;

fn set(server: &Server, arguments: &[&str]) {
    run_ok(server.data.path(), &[&["site", "set", "--id", "s"][..], arguments].concat());
}

/// Waits until a report has such rows; settings from the command line reach a running server within a second.
fn shows(server: &Server, query: &str, expected: &[&str]) {
    let mut last = Vec::new();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while last != expected {
        assert!(std::time::Instant::now() < deadline, "{query}: {last:?}");
        last = rows(&report(server, query));
    }
}

#[test]
fn what_stages_mean_is_asked_anew() {
    let server = world();
    let before = report(&server, "by=milestone&where=currency:GBP");
    assert_eq!(totals(&before, "totals"), ["GBP 1227.78 1127.77 4.0 3.0 1.0 3"]);
    set(&server, &["--stage", "Proposal=lead", "--stage", "Won=opportunity", "--stage", "Lost=won"]);
    shows(&server, "by=milestone&where=currency:GBP", &["opportunity | GBP 1127.77", "won | GBP 100.01"]);
    let after = report(&server, "where=currency:GBP");
    assert_eq!(totals(&after, "totals"), ["GBP 1227.78 100.01 4.0 1.0 0.0 3"]);
    let funnel = server.json("/api/v1/sites/s/report/funnel");
    assert_eq!(text(&funnel["stages"][1]["milestone"]), "opportunity");
}

#[test]
fn a_channel_rule_shows_in_the_very_next_report() {
    let server = world();
    for round in 0..20 {
        let rule = format!(r#"news: News {round} if source is "newsletter""#);
        let reply = server.put("/api/v1/sites/s/channels/rules", &json!({ "rules": [rule] }));
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert!(rows(&report(&server, "")).contains(&format!("News {round} | GBP 300.00")));
        let receipt = server.json("/api/v1/sites/s/opportunities/A/receipt?model=linear");
        assert_eq!(receipt["touches"][1]["classification"]["channel"], format!("News {round}"));
    }
    let reply = server.put("/api/v1/sites/s/channels/rules", &json!({ "rules": [] }));
    assert_eq!(reply.status, 200);
    assert!(rows(&report(&server, "")).contains(&"Email | GBP 300.00".into()));
}

#[test]
fn days_begin_in_the_sites_time_zone() {
    let server = world();
    let query = "by=day&to=2024-01-31";
    assert_eq!(rows(&report(&server, query)), ["2024-01-22 | GBP 1000.00"], "at noon in London");
    set(&server, &["--time-zone", "Pacific/Auckland"]);
    shows(&server, query, &["2024-01-23 | GBP 1000.00"]);
    // Of a date without a time nothing changes.
    assert_eq!(rows(&report(&server, "by=day&where=stage:Lost")), ["2024-02-20 | GBP 100.01"]);
    assert_eq!(report(&server, "")["query"]["timeZone"], "Pacific/Auckland");
    set(&server, &["--time-zone", "America/Los_Angeles"]);
    shows(&server, query, &["2024-01-22 | GBP 1000.00"]);
    server.visit("v-bob", "2024-02-10T05:00:00Z", "https://www.shop.example/chairs");
    let days = ["2024-02-01 | GBP 33.34", "2024-02-08 | GBP 33.34", "2024-02-09 | GBP 33.33"];
    assert_eq!(
        rows(&report(&server, "by=touchDay&where=stage:Lost")),
        days,
        "five in the morning was yesterday"
    );
}

/// A visit late in the evening belongs to a deal of that date where it is still that day.
#[test]
fn a_journey_ends_with_the_day_of_the_sites_time_zone() {
    let server = world();
    server.visit("v-bob", "2024-02-20T23:30:00Z", "https://www.shop.example/?gclid=1");
    let query = "model=last-touch&where=stage:Lost";
    shows(&server, query, &["Paid Search | GBP 100.01", "Email | GBP 0.00", "Organic Search | GBP 0.00"]);
    set(&server, &["--time-zone", "Europe/Berlin"]);
    shows(&server, query, &["Email | GBP 100.01", "Organic Search | GBP 0.00"]);
    set(&server, &["--time-zone", "America/New_York"]);
    shows(&server, query, &["Paid Search | GBP 100.01", "Email | GBP 0.00", "Organic Search | GBP 0.00"]);
}

#[test]
fn the_sites_currency_is_that_of_reports_that_name_none() {
    let server = world();
    rates(&server);
    assert_eq!(report(&server, "")["query"]["currency"], "GBP");
    set(&server, &["--currency", "EUR"]);
    shows(&server, "by=currency", &["GBP | EUR 1430.76", "EUR | EUR 200.00"]);
    assert_eq!(report(&server, "")["query"]["currency"], "EUR");
    assert_eq!(totals(&report(&server, "currency=GBP"), "totals"), ["GBP 1397.78 1127.77 5.0 3.0 1.0 4"]);
}

#[test]
fn what_makes_a_visit_changes_journeys() {
    let server = world();
    for minute in [10, 20] {
        server.visit("v-cat", &format!("2024-02-06T09:{minute}:00Z"), "https://www.shop.example/chairs");
    }
    let touches = |server: &Server| {
        text(&server.json("/api/v1/sites/s/report/paths?where=currency:EUR")["paths"][0]["touches"])
    };
    assert_eq!(touches(&server), "2.0", "ten minutes apart: one visit");
    set(&server, &["--visit-timeout", "5"]);
    wait_for("journeys are derived anew", || (touches(&server) == "3.0").then_some(()));
}
