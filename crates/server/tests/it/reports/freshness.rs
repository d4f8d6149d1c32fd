//! A report has everything that was stored before it was asked for.

use super::world::{costs, deal, rates, report, rows, text, totals, world};
use crate::harness::{Server, beside};
use crate::sent::{email, ra_id};
use serde_json::{Value, json};

#[test]
fn a_client_reads_its_own_write_while_visits_come_in() {
    let server = world();
    deal(&server, "MINE-0", "Won", "1.00 GBP", "2024-06-01", "ann", json!({}));
    let load = |number: usize| {
        let page = "https://www.shop.example/?utm_source=load&utm_medium=email";
        server.visit(&format!("load-{}", number % 50), "2024-05-01T09:00:00Z", page);
    };
    beside(load, |done| {
        for number in 1..=200 {
            deal(&server, &format!("MINE-{number}"), "Won", "1.00 GBP", "2024-06-01", "ann", json!({}));
            let found = report(&server, "from=2024-06-01&model=last-touch");
            let count = number + 1;
            assert_eq!(rows(&found)[0], format!("Direct | GBP {count}.00"));
            assert_eq!(
                totals(&found, "totals"),
                [format!("GBP {count}.00 {count}.00 {count}.0 {count}.0 0.0 {count}")]
            );
        }
        assert!(done.load(std::sync::atomic::Ordering::Relaxed) > 100, "visits came in meanwhile");
    });
}

#[test]
fn what_comes_late_shows_at_once() {
    let server = world();
    let unattributed = |server: &Server| rows(&report(server, "where=channel:(unattributed)"));
    assert_eq!(unattributed(&server), ["(unattributed) | GBP 50.00"]);
    server.visit("v-dan", "2024-02-20T09:00:00Z", "https://www.shop.example/?utm_source=a&utm_medium=email");
    assert_eq!(unattributed(&server), ["(unattributed) | GBP 50.00"], "nobody knows whose it is");
    server.form("form-dan", "2024-05-20T09:00:00Z", &[ra_id("v-dan"), email("dan@example.com")], &[]);
    assert_eq!(unattributed(&server), [""; 0]);
    assert!(rows(&report(&server, "")).contains(&"Email | GBP 350.00".into()));
    deal(&server, "D", "Won", "75.00 GBP", "2024-03-01", "dan", json!({}));
    assert!(rows(&report(&server, "")).contains(&"Email | GBP 375.00".into()), "a corrected value");
    server.visit("v-dan", "2024-02-21T09:00:00Z", "https://www.shop.example/?gclid=1");
    assert!(
        rows(&report(&server, "")).contains(&"Paid Search | GBP 287.50".into()),
        "a visit that was reported late"
    );
}

fn fact(server: &Server, query: &str, reference: &str) -> Value {
    let person = server.person(query);
    let facts = person["evidence"].as_array().unwrap();
    facts.iter().find(|fact| fact["reference"] == reference).unwrap()["fact"].clone()
}

#[test]
fn cut_evidence_is_gone_from_the_next_report_and_comes_back() {
    let server = world();
    let before = report(&server, "by=channel,found");
    let fact = fact(&server, "email=bob@example.com", "form-bob");
    let cut = |method: &str, query: &str, body: &Value| {
        let headers = [("Content-Type", "application/json")];
        let path = format!("/api/v1/sites/s/evidence/{fact}/cut{query}");
        let reply = server.request(method, &path, &headers, body.to_string().as_bytes());
        assert_eq!(reply.status, 204, "{}", reply.text());
    };
    cut("PUT", "", &json!({ "key": "EmailAddress", "value": "bob@example.com" }));
    let without = report(&server, "by=channel,found");
    assert!(rows(&without).contains(&"(unattributed) / nothing_found | GBP 150.01".into()), "{without}");
    assert_eq!(totals(&without, "totals")[0], "GBP 1227.78 1127.77 4.0 3.0 1.0 2");
    cut("DELETE", "?email=bob@example.com", &json!({}));
    let restored = report(&server, "by=channel,found");
    assert_eq!((&restored["rows"], &restored["totals"]), (&before["rows"], &before["totals"]));
    assert!(restored["data"]["version"].as_u64() > before["data"]["version"].as_u64());
}

#[test]
fn what_is_deleted_or_erased_is_gone_from_the_next_report() {
    let server = world();
    let value = |query: &str| text(&report(&server, query)["totals"][0]["value"]);
    assert_eq!(value(""), "1227.78");
    let path = "/api/v1/sites/s/opportunities/B";
    assert_eq!(server.request("DELETE", path, &[], b"").status, 204);
    assert_eq!(value(""), "1127.77");
    assert_eq!(server.get(&format!("{path}/receipt")).status, 404);
    let erase = |query: &str| {
        let reply = server.request("DELETE", &format!("/api/v1/sites/s/people?{query}"), &[], b"");
        assert_eq!(reply.status, 200, "{}", reply.text());
    };
    erase("email=cat@example.com&records=keepTotals");
    let nameless = report(&server, "where=currency:EUR");
    assert_eq!(
        rows(&nameless),
        ["(unattributed) | EUR 200.00"],
        "what it came to stays, whose it was does not"
    );
    erase("email=ann@example.com&records=delete");
    assert_eq!((value(""), value("kind=revenue")), ("127.77".into(), "0.00".into()));
    let told = rows(&report(&server, "by=campaign"));
    assert_eq!(told, ["(not set) | GBP 77.77", "(unattributed) | GBP 50.00", "(unattributed) | EUR 200.00"]);
    assert_eq!(server.json("/api/v1/sites/s/report/paths")["count"], 2);
    deal(&server, "B", "Won", "5.00 GBP", "2024-02-10", "bob", json!({}));
    assert_eq!(value("where=channel:Email"), "132.77", "and it may come again");
}

#[test]
fn a_restart_changes_nothing() {
    let server = world();
    costs(&server);
    rates(&server);
    let paths = [
        "report?by=channel,stage&model=linear,time-decay,markov&compareTo=2024-01-31",
        "report?model=markov-global,shapley",
        "report?by=campaign&format=csv",
        "report?by=touchWeek,label,property.Region&format=ndjson&currency=EUR",
        "report/records?model=linear,w-shaped",
        "report/paths?by=source",
        "report/funnel",
        "opportunities/A/receipt",
        "revenue/INV-A/receipt",
    ];
    let asked = |server: &Server| -> Vec<String> {
        let answers = paths.iter().map(|path| server.get(&format!("/api/v1/sites/s/{path}")));
        let plain = |text: &str| match text.split_once("\"asOf\":\"") {
            Some((before, rest)) => format!("{before}{}", rest.split_once('"').unwrap().1),
            None => text.to_owned(),
        };
        answers.map(|reply| plain(reply.text())).collect()
    };
    let before = asked(&server);
    assert!(before.iter().all(|text| text.len() > 100), "{before:?}");
    assert_eq!(asked(&server), before, "the same question has the same answer");
    let (data, token) = server.stop();
    let server = Server::start_on(data, token, &[]);
    assert_eq!(asked(&server), before);
    let (data, token) = server.kill();
    let server = Server::start_on(data, token, &[]);
    assert_eq!(asked(&server), before, "after a crash, too");
}

/// What a client remembers an answer by changes with everything that the answer is made of.
#[test]
fn the_versions_change_with_journeys_and_costs() {
    let server = world();
    let version = |server: &Server| {
        let data = report(server, "")["data"].clone();
        (data["version"].as_u64().unwrap(), data["costs"].as_u64().unwrap())
    };
    let first = version(&server);
    assert_eq!(version(&server), first);
    costs(&server);
    let second = version(&server);
    assert!(second.0 == first.0 && second.1 > first.1, "{first:?} {second:?}");
    deal(&server, "D", "Won", "55.00 GBP", "2024-03-01", "dan", json!({}));
    let third = version(&server);
    assert!(third.0 > second.0 && third.1 == second.1, "{second:?} {third:?}");
}
