//! Conversions for advertising platforms: the files as they stand, none of them twice, and none that would be refused.

use crate::harness::{Reply, Server, new_token, opportunity, run_ok, with};
use crate::sent::{email, phone, texts};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub const GOOGLE: &str = "/api/v1/sites/s/exports/google-ads";
pub const META: &str = "/api/v1/sites/s/exports/meta";

/// A day so many days ago, in UTC, by the server's own clock.
#[expect(clippy::disallowed_methods, reason = "what is recent is told from now")]
pub fn day(ago: i64) -> String {
    let then = jiff::Timestamp::now().as_second() - ago * 86_400;
    jiff::Timestamp::from_second(then).unwrap().strftime("%Y-%m-%d").to_string()
}

pub fn seconds(at: &str) -> i64 {
    at.parse::<jiff::Timestamp>().unwrap().as_second()
}

/// A server whose site knows what its stages mean.
pub fn start() -> Server {
    Server::start_after(&[], |data| {
        run_ok(data, &["site", "set", "--id", "s", "--stage", "Won=won", "--stage", "Lost=lost"]);
    })
}

/// Somebody who clicked, left an address, and whose deal is in a stage since.
pub fn deal(
    server: &Server,
    name: &str,
    clicks: &[(String, &str)],
    (stage, since): (&str, &str),
    value: &str,
) {
    let visitor = format!("v-{name}");
    for (at, query) in clicks {
        server.visit(&visitor, at, &format!("https://www.example.com/?{query}"));
    }
    let address = format!("{name}@example.com");
    server.form(name, &clicks.last().unwrap().0, &[crate::sent::ra_id(&visitor), email(&address)], &[]);
    let (amount, currency) = value.split_once(' ').unwrap();
    let body = opportunity(&name.to_uppercase(), stage, amount, since);
    let more = json!({ "CurrencyCode": currency, "VisitorIdentifierOptions": [email(&address)] });
    server.upload(&with(body, more)).result();
}

/// Ann, Bob and Cat, who clicked on Google's advertisements.
fn three(server: &Server) {
    let at = |ago| format!("{}T10:00:00Z", day(ago));
    let ann = [
        (at(40), "gclid=Cj0KCQ-Ann_1"),
        (at(30), "gbraid=0AAAAA-Ann&gclid=Cj0KCQ-Ann_2"),
        (at(5), "gclid=Cj0KCQ-Ann_3"),
    ];
    deal(server, "ann", &ann, ("Won", &format!("{}T09:30:00Z", day(10))), "1000.5 GBP");
    deal(server, "bob", &[(at(9), "gbraid=0AAAAA-Bob")], ("Won", &day(9)), "250 EUR");
    deal(
        server,
        "cat",
        &[(at(60), "wbraid=CjQKCQ-Cat")],
        ("Won", &format!("{}T09:30:00Z", day(8))),
        "1500 JPY",
    );
    deal(server, "dan", &[(at(20), "gclid=Dan")], ("Proposal", &day(9)), "250 GBP");
}

pub fn post(server: &Server, path: &str) -> Reply {
    server.request("POST", path, &[], b"")
}

/// Makes an export and gives its summary.
pub fn made(server: &Server, path: &str) -> Value {
    let reply = post(server, path);
    assert_eq!(reply.status, 201, "{}", reply.text());
    let summary = reply.json();
    let address = summary["export"]["file"].as_str().unwrap().strip_suffix("/file");
    assert_eq!(reply.header("location"), address);
    summary
}

fn file(server: &Server, summary: &Value) -> Reply {
    server.get(summary["export"]["file"].as_str().unwrap())
}

/// How many were left out for each reason.
fn left_out(summary: &Value) -> Vec<(&str, u64)> {
    let reasons = summary["leftOut"].as_array().unwrap().iter();
    reasons.map(|one| (one["reason"].as_str().unwrap(), one["count"].as_u64().unwrap())).collect()
}

fn references(summary: &Value) -> Vec<&str> {
    texts(&summary["conversions"], "reference")
}

const NAMED: &str = "?name=CRM+%22sale%22,+won";

#[test]
fn the_file_for_google_is_as_its_template() {
    let server = start();
    three(&server);
    let preview = server.json(&format!("{GOOGLE}{NAMED}"));
    assert_eq!((references(&preview), &preview["export"]), (vec!["ANN", "BOB", "CAT"], &Value::Null));
    let summary = made(&server, &format!("{GOOGLE}{NAMED}"));
    assert_eq!((&summary["conversions"], &summary["leftOut"]), (&preview["conversions"], &json!([])));
    assert_eq!(texts(&summary["conversions"], "clickId"), ["gclid", "gbraid", "wbraid"]);
    assert_eq!(summary["conversions"][0]["clickedAt"], format!("{}T10:00:00Z", day(30)));
    let mut golden = include_str!("../golden/google-ads.csv").to_owned();
    for ago in [8, 9, 10] {
        golden = golden.replace(&format!("{{-{ago}}}"), &day(ago));
    }
    let reply = file(&server, &summary);
    assert_eq!(reply.text(), golden);
    assert_eq!(reply.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(reply.header("content-disposition"), Some("attachment; filename=\"google-ads-1.csv\""));
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(reply.body.as_slice());
    for row in rows.records().map(Result::unwrap).skip(1) {
        assert_eq!(row.iter().take(3).filter(|id| !id.is_empty()).count(), 1, "one click id: {row:?}");
    }
    server.upload(&opportunity("ANN", "Won", "7", &day(3))).result();
    assert_eq!(file(&server, &summary).text(), golden, "whatever comes later");
    let (data, token) = server.stop();
    let server = Server::start_on(data, token, &[]);
    assert_eq!(file(&server, &summary).text(), golden);
    run_ok(server.data.path(), &["check"]);
}

#[test]
fn a_file_without_such_clicks_has_no_columns_for_them() {
    let server = start();
    three(&server);
    let query = format!("{GOOGLE}?name=Sale&clickIds=gclid&orderId=none&value=none");
    let summary = made(&server, &query);
    let expected = format!(
        "Parameters:TimeZone=+0000\r\nGoogle Click ID,Conversion Name,Conversion Time,Conversion Value,Conversion Currency\r\n\
         Cj0KCQ-Ann_2,Sale,{} 09:30:00+0000,,\r\n",
        day(10)
    );
    assert_eq!(file(&server, &summary).text(), expected);
    assert_eq!(left_out(&summary), [("no_click", 2)]);
    let credit = server.json(&format!("{GOOGLE}?name=Other&value=linear&orderId=reference&limit=1"));
    assert_eq!(credit["conversions"][0]["value"]["amount"], "1000.50", "both of her touches are clicks");
    assert_eq!((references(&credit), &credit["waiting"]), (vec!["ANN"], &json!(2)), "the oldest first");
}

#[test]
fn the_file_for_meta_is_as_its_api_takes_it() {
    let server = start();
    let at = |ago, time: &str| format!("{}T{time}Z", day(ago));
    let (ann, cat) =
        ([(at(40, "10:00:00.25"), "fbclid=IwAR-Ann_1")], [(at(4, "10:00:00"), "fbclid=IwAR-Cat")]);
    deal(&server, "ann", &ann, ("Won", &at(5, "09:30:00")), "1000.5 GBP");
    deal(&server, "cat", &cat, ("Won", &at(3, "09:30:00")), "1500 JPY");
    deal(&server, "old", &[(at(30, "10:00:00"), "fbclid=Old")], ("Won", &day(9)), "1 GBP");
    let numbered = json!({ "VisitorIdentifierOptions": [email("ann@example.com"), phone("020 7946 0018")] });
    server.upload(&with(opportunity("ANN", "Won", "1000.5", &at(5, "09:30:00")), numbered)).result();
    let summary = made(&server, META);
    assert_eq!((references(&summary), left_out(&summary)), (vec!["ANN", "CAT"], vec![("too_old", 1)]));
    let golden = include_str!("../golden/meta.json")
        .replace("{ANN.s}", &seconds(&at(5, "09:30:00")).to_string())
        .replace("{CAT.s}", &seconds(&at(3, "09:30:00")).to_string())
        .replace("{ANN.ms}", &format!("{}250", seconds(&at(40, "10:00:00"))))
        .replace("{CAT.ms}", &format!("{}000", seconds(&at(4, "10:00:00"))));
    let reply = file(&server, &summary);
    assert_eq!(reply.text(), golden);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.json()["data"].as_array().unwrap().len(), 2);
    let shop = server.json(&format!("{META}?name=StorePurchase&actionSource=physical_store&eventDays=62"));
    assert_eq!(references(&shop), ["OLD", "ANN", "CAT"]);
}

#[test]
fn a_conversion_is_exported_once_and_what_changes_is_told() {
    let server = start();
    three(&server);
    let sale = format!("{GOOGLE}?name=Sale");
    assert_eq!(references(&server.json(&sale)).len(), 3);
    made(&server, &format!("{sale}&limit=2"));
    let second = made(&server, &sale);
    assert_eq!((references(&second), left_out(&second)), (vec!["CAT"], vec![("already_exported", 2)]));
    let reply = post(&server, &sale);
    assert_eq!((reply.status, &reply.json()["export"]), (200, &Value::Null), "there is nothing left");
    assert_eq!(left_out(&server.json(&sale)), [("already_exported", 3)]);
    assert_eq!(server.json(&sale)["changed"]["count"], 0);
    let body = with(opportunity("ANN", "Won", "900", &day(2)), json!({ "CurrencyCode": "GBP" }));
    server.upload(&body).result();
    server
        .upload(&with(opportunity("BOB", "Lost", "250", &day(2)), json!({ "CurrencyCode": "EUR" })))
        .result();
    let changed = &server.json(&sale)["changed"];
    assert_eq!(changed["count"], 2);
    let ann = changed["records"].as_array().unwrap().iter().find(|one| one["reference"] == "ANN").unwrap();
    assert_eq!((&ann["exported"]["amount"], &ann["now"]["amount"]), (&json!("1000.50"), &json!("900.00")));
    let bob = changed["records"].as_array().unwrap().iter().find(|one| one["reference"] == "BOB").unwrap();
    assert_eq!((&bob["now"], &bob["export"]), (&Value::Null, &json!(1)));
    let again = made(&server, &format!("{sale}&again=true"));
    assert_eq!(references(&again), ["ANN", "CAT"], "what is won");
    assert_eq!(server.json(&sale)["changed"]["count"], 1, "Bob's alone");
    let listed = server.json("/api/v1/sites/s/exports?limit=2");
    assert_eq!(listed["exports"][0]["id"], 3);
    assert_eq!((&listed["exports"][1]["conversions"], &listed["nextCursor"]), (&json!(1), &json!("2")));
    let rest = server.json("/api/v1/sites/s/exports?limit=2&cursor=2");
    assert_eq!((&rest["exports"][0]["name"], &rest["nextCursor"]), (&json!("Sale"), &Value::Null));
    let detail = server.json("/api/v1/sites/s/exports/1");
    assert_eq!((texts(&detail["exported"], "reference"), &detail["erased"]), (vec!["ANN", "BOB"], &json!(0)));
    assert_eq!(references(&made(&server, &format!("{GOOGLE}?name=Other"))), ["ANN", "CAT"]);
}

#[test]
fn what_would_be_refused_is_left_out_with_its_reason() {
    let server = start();
    let at = |ago| format!("{}T10:00:00Z", day(ago));
    let won = format!("{}T11:00:00Z", day(1));
    deal(&server, "old", &[(at(91), "gclid=Old")], ("Won", &won), "1 GBP");
    deal(&server, "none", &[(at(9), "utm_source=news")], ("Won", &won), "1 GBP");
    deal(&server, "later", &[(at(1), "gclid=Later")], ("Won", &day(2)), "1 GBP");
    deal(&server, "refund", &[(at(9), "gclid=Refund")], ("Won", &won), "-1 GBP");
    server
        .upload(&with(
            opportunity("NOBODY", "Won", "1", &won),
            json!({ "VisitorIdentifierOptions": [email("x@example.com")] }),
        ))
        .result();
    deal(&server, "good", &[(at(9), "gclid=Good")], ("Won", &won), "1 GBP");
    let summary = server.json(&format!("{GOOGLE}?name=Sale"));
    assert_eq!(references(&summary), ["GOOD"]);
    let expected = [("unmatched", 1), ("no_click", 2), ("click_expired", 1), ("refund", 1)];
    assert_eq!(left_out(&summary), expected);
    let short = server.json(&format!("{GOOGLE}?name=Sale&clickDays=5"));
    assert_eq!(
        left_out(&short).iter().find(|(reason, _)| *reason == "click_expired"),
        Some(&("click_expired", 3))
    );
    let leads = server.json(&format!("{GOOGLE}?name=Lead&milestone=lead"));
    assert_eq!(references(&leads), ["GOOD"], "the form came in with the click: {leads}");
}

#[test]
fn parallel_exports_share_no_conversion() {
    let server = start();
    let at = format!("{}T10:00:00Z", day(9));
    for number in 0..20 {
        let name = format!("p{number}");
        deal(&server, &name, &[(at.clone(), &*format!("gclid=G{number}"))], ("Won", &day(5)), "1 GBP");
    }
    let path = format!("{GOOGLE}?name=Sale&limit=15");
    let replies: Vec<Reply> = std::thread::scope(|scope| {
        let tasks: Vec<_> = (0..6).map(|_| scope.spawn(|| post(&server, &path))).collect();
        tasks.into_iter().map(|task| task.join().unwrap()).collect()
    });
    let summaries: Vec<Value> = replies.iter().map(Reply::json).collect();
    let exported: Vec<&str> = summaries.iter().flat_map(references).collect();
    assert_eq!(exported.iter().collect::<BTreeSet<_>>().len(), exported.len(), "none twice");
    let listed = server.json("/api/v1/sites/s/exports");
    let stored: u64 =
        listed["exports"].as_array().unwrap().iter().map(|one| one["conversions"].as_u64().unwrap()).sum();
    assert_eq!(stored, exported.len() as u64);
    let rest = references(&server.json(&path)).len();
    assert_eq!(exported.len() + rest, 20, "and none lost");
    run_ok(server.data.path(), &["check"]);
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let (mut reader, mut sender) = (String::new(), String::new());
    let server = Server::start_after(&[], |data| {
        (reader, sender) = (new_token(data, "s", "read"), new_token(data, "s", "ingest"));
    });
    let problems = |path: &str| {
        let reply = server.get(path);
        assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_query"), "{path}");
        let told: Vec<String> =
            reply.problems().iter().map(|(name, code)| format!("{name} {code}")).collect();
        told.join(", ")
    };
    assert_eq!(problems(GOOGLE), "name required");
    assert_eq!(problems(&format!("{META}?milestone=opportunity")), "name required");
    assert_eq!(problems(&format!("{GOOGLE}?name=a&clickIds=fbclid")), "clickIds unknown_click_id");
    assert_eq!(
        problems(&format!("{GOOGLE}?name=a&clickDays=91&limit=0")),
        "clickDays out_of_range, limit out_of_range"
    );
    assert_eq!(problems(&format!("{GOOGLE}?name=a&eventDays=3")), "eventDays unknown_key");
    assert_eq!(problems(&format!("{META}?eventDays=8")), "eventDays out_of_range");
    assert_eq!(problems(&format!("{META}?value=none")), "value required");
    assert_eq!(problems(&format!("{META}?value=markov")), "value needs_all_paths");
    assert_eq!(problems(&format!("{META}?kind=revenue&milestone=lead")), "milestone unknown_milestone");
    assert_eq!(problems(&format!("{META}?milestone=lost&name=x")), "milestone unknown_milestone");
    assert_eq!(problems("/api/v1/sites/s/exports/x"), "exportId malformed");
    assert_eq!(server.get("/api/v1/sites/s/exports/1/file").code(), "export_not_found");
    let reply = server.request_as(&reader, "POST", META, &[], b"");
    assert_eq!((reply.status, reply.code().as_str()), (403, "insufficient_scope"));
    assert_eq!(server.request_as(&reader, "GET", META, &[], b"").status, 200);
    assert_eq!(server.request_as(&sender, "GET", META, &[], b"").status, 403);
}
