//! Visits that servers report, one by one and many at once.

use crate::harness::{Reply, Server, new_token, run_ok, with, without};
use crate::stored::{checked, person};
use serde_json::{Value, json};
use touchline_domain::{Identifier, IdentifierKind};

const VISITS: &str = "/api/v1/sites/s/visits";
const BATCH: &str = "/api/v1/sites/s/visits/batch";
const JSON: (&str, &str) = ("Content-Type", "application/json");

fn visit(visitor: &str) -> Value {
    json!({
        "raId": visitor, "at": "2024-01-15T09:30:00Z", "url": "https://example.com/?utm_source=google",
        "referrer": "https://www.google.com/", "title": "Prices", "screen": "1440x900",
        "cookie": "GA1.1.101961087.1756204614", "userAgent": "Mozilla/5.0",
    })
}

fn post(server: &Server, path: &str, body: &Value) -> Reply {
    server.request("POST", path, &[JSON], body.to_string().as_bytes())
}

fn problems(reply: &Reply) -> Vec<(String, String)> {
    assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_body"));
    let mut problems = reply.problems();
    problems.sort();
    problems
}

#[test]
fn a_visit_is_stored_as_it_was_reported() {
    let server = Server::start();
    let reply = post(&server, VISITS, &visit("v-1"));
    assert_eq!((reply.status, reply.json()), (201, json!({ "result": "created", "ignored": [] })));
    let found = person(&server, IdentifierKind::RaId, "v-1");
    let [stored] = found.visits.as_slice() else { panic!("{found:?}") };
    let kept = &stored.visit;
    assert_eq!(kept.at.to_string(), "2024-01-15T09:30:00Z");
    assert!(stored.received_at > kept.at);
    assert_eq!(kept.landing_page.as_str(), "https://example.com/?utm_source=google");
    assert_eq!(kept.referrer.as_ref().map(ToString::to_string).as_deref(), Some("https://www.google.com/"));
    assert_eq!(kept.title.as_ref().map(ToString::to_string).as_deref(), Some("Prices"));
    assert_eq!(kept.screen.map(|screen| screen.to_string()).as_deref(), Some("1440x900"));
    assert_eq!(kept.cookie.as_ref().map(Identifier::value), Some("101961087.1756204614"));
}

#[test]
fn only_who_and_where_are_needed_and_it_is_now() {
    let server = Server::start();
    let least =
        json!({ "RAID": "v-1", "Url": "http://localhost:3000/", "title": "", "screen": null, "x": 1 });
    let reply = post(&server, VISITS, &least);
    assert_eq!((reply.status, reply.json()), (201, json!({ "result": "created", "ignored": ["/x"] })));
    let found = person(&server, IdentifierKind::RaId, "v-1");
    assert_eq!(found.visits[0].visit.at, found.visits[0].received_at);
    assert_eq!((&found.visits[0].visit.title, found.visits[0].visit.screen), (&None, None));
}

#[test]
fn everything_that_is_wrong_is_named_at_once() {
    let server = Server::start();
    let wrong = json!({
        "at": "2999-01-01", "url": "ftp://example.com/", "referrer": "x".repeat(2_049), "title": "x".repeat(256),
        "screen": "wide", "cookie": "x".repeat(513), "userAgent": { "a": 1 },
    });
    let expected = [
        ("/at", "in_future"),
        ("/cookie", "too_long"),
        ("/raId", "required"),
        ("/referrer", "too_long"),
        ("/screen", "not_a_screen"),
        ("/title", "too_long"),
        ("/url", "not_a_url"),
        ("/userAgent", "wrong_type"),
    ]
    .map(|(pointer, code)| (pointer.to_owned(), code.to_owned()));
    assert_eq!(problems(&post(&server, VISITS, &wrong)), expected);
    assert_eq!(problems(&post(&server, &format!("{VISITS}?validateOnly=true"), &wrong)), expected);
    assert_eq!(problems(&post(&server, VISITS, &json!([]))), [(String::new(), "wrong_type".into())]);
    assert_eq!(checked(&server).visits, 0);
}

#[test]
fn a_visit_can_be_checked_without_being_stored() {
    let server = Server::start();
    let reply = post(&server, &format!("{VISITS}?validateOnly=true"), &visit("v-1"));
    assert_eq!((reply.status, reply.json()), (200, json!({ "result": "valid", "ignored": [] })));
    assert_eq!(checked(&server).visits, 0);
}

#[test]
fn a_batch_stores_what_is_right_and_names_what_is_not() {
    let server = Server::start();
    let items = [
        with(visit("v-1"), json!({ "traceId": "row-1" })),
        with(without(visit("v-2"), "raId"), json!({ "traceId": "row-2", "screen": "wide" })),
        json!(null),
        visit("v-3"),
        visit("v-3"),
    ];
    let lines: String = items.iter().flat_map(|item| [item.to_string(), "\n".into()]).collect();
    let array = Value::from(&items[..]).to_string();
    for (form, body) in [("application/json", array), ("application/x-ndjson", lines)] {
        let reply = server.request("POST", BATCH, &[("Content-Type", form)], body.as_bytes());
        assert_eq!(reply.status, 200, "{}", reply.text());
        let answer = reply.json();
        assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(3), &json!(2)));
        assert_eq!(answer["results"][0], json!({ "index": 0, "traceId": "row-1", "result": "created" }));
        assert_eq!(answer["results"][1]["traceId"], "row-2");
        let pointers: Vec<_> =
            answer["results"][1]["errors"].as_array().unwrap().iter().map(|e| &e["pointer"]).collect();
        assert_eq!(pointers, ["/raId", "/screen"]);
        assert_eq!(answer["results"][2]["result"], "rejected");
        assert_eq!(answer["results"][4]["result"], "created", "a repeat counts once when it is read");
    }
    assert_eq!(person(&server, IdentifierKind::RaId, "v-3").visits.len(), 6, "one cookie, one person");
    assert_eq!(checked(&server).visits, 6);
    let metrics = server.get("/metrics").text().to_owned();
    assert!(metrics.contains("touchline_visits_total{crawler=\"no\"} 6\n"), "{metrics}");
    let only = server.request("POST", &format!("{BATCH}?validateOnly=true"), &[JSON], b"[{},{}]");
    assert_eq!((&only.json()["accepted"], &only.json()["rejected"]), (&json!(0), &json!(2)));
}

#[test]
fn a_batch_of_visits_has_the_limits_of_batches() {
    let server = Server::start_with(&[("TOUCHLINE_LIMITS_BATCH_ITEMS", "2")]);
    let items = Value::from(vec![visit("v-1"), visit("v-2"), visit("v-3")]);
    let reply = post(&server, BATCH, &items);
    assert_eq!((reply.status, reply.code().as_str()), (413, "body_too_large"));
    assert_eq!(reply.json()["results"].as_array().map(Vec::len), Some(2), "what was stored is said");
    assert_eq!(checked(&server).visits, 2);
}

#[test]
fn visits_take_a_token_that_may_send_to_this_site() {
    let server = Server::start();
    run_ok(server.data.path(), &["site", "add", "--id", "other", "--name", "Other"]);
    let (reads, other) =
        (new_token(server.data.path(), "s", "read,admin"), new_token(server.data.path(), "other", "ingest"));
    let body = visit("v-1").to_string();
    for path in [VISITS, BATCH, "/v1/s/webconversion", "/v1/s/inboundcallconversion"] {
        let method = if path.starts_with("/api") { "POST" } else { "PUT" };
        let none = server.connect().request(method, path, &[JSON], body.as_bytes()).unwrap();
        assert_eq!((none.status, none.code().as_str()), (401, "token_missing"), "{path}");
        for (token, code) in [(&reads, "insufficient_scope"), (&other, "site_not_allowed")] {
            let reply = crate::harness::wait_for("the server knows the token", || {
                let reply = server.request_as(token, method, path, &[JSON], body.as_bytes());
                (reply.status != 401).then_some(reply)
            });
            assert_eq!((reply.status, reply.code().as_str()), (403, code), "{path}");
        }
    }
    assert_eq!(checked(&server).visits, 0);
}

#[test]
fn an_answered_visit_survives_a_kill() {
    let server = Server::start();
    for number in 0..20 {
        assert_eq!(post(&server, VISITS, &visit(&format!("v-{number}"))).status, 201);
    }
    let (data, token) = server.kill();
    let server = Server::start_on(data, token, &[]);
    assert_eq!(checked(&server).visits, 20);
}
