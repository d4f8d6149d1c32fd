//! Uploads of revenue, in today's form and in the oldest.

use crate::harness::{Reply, Server, new_token, run_ok, with, without};
use serde_json::{Value, json};

/// Revenue as a CRM sends it today.
fn revenue(reference: &str) -> Value {
    json!({
        "Reference": reference, "Value": "250.00", "CurrencyCode": "GBP", "RevenueClosedDate": "2024-03-01",
        "Labels": ["Invoice"], "VisitorIdentifierOptions": [{ "Key": "EmailAddress", "Value": "ann@example.com" }],
    })
}

/// Revenue as the oldest clients send it.
fn oldest() -> Value {
    json!({
        "SiteId": "s", "Value": 250, "RevenueClosedDate": "2024-03-01", "Labels": ["Invoice"],
        "VisitorIdentifierOptions": [{ "Key": "Email", "Value": "ann@example.com" }, { "Key": "Phone", "Value": "020 7946 0018" }],
    })
}

fn upload(server: &Server, body: &Value) -> Reply {
    server.put("/v1/s/revenue/upload", body)
}

fn stored(server: &Server, reference: &str) -> Value {
    server.json(&format!("/api/v1/sites/s/revenue/{reference}"))
}

#[test]
fn revenue_is_stored_with_its_lead_date_and_without_a_stage() {
    let server = Server::start();
    let body = with(revenue("R1"), json!({ "LeadDate": "2024-01-15T09:30:00", "PipelineStage": "Won" }));
    assert_eq!(upload(&server, &body).result(), "created");
    assert_eq!(upload(&server, &body).result(), "unchanged");
    let record = stored(&server, "R1");
    assert_eq!(record["value"], json!({ "amount": "250.00", "currency": "GBP" }));
    assert_eq!(
        (&record["occurredAt"], &record["leadDate"]),
        (&json!("2024-03-01"), &json!("2024-01-15T09:30:00Z"))
    );
    assert_eq!(record["labels"], json!(["Invoice"]));
    assert_eq!((record.get("stage"), &record["stageHistory"]), (None, &json!([])));
    assert_eq!(server.get("/api/v1/sites/s/opportunities/R1").status, 404, "it is no opportunity");
}

#[test]
fn a_lead_date_may_be_left_out_and_then_stays_what_it_was() {
    let server = Server::start();
    for (number, empty) in [json!(null), json!(""), json!(" ")].into_iter().enumerate() {
        let reference = format!("R{number}");
        assert_eq!(
            upload(&server, &with(revenue(&reference), json!({ "LeadDate": empty }))).result(),
            "created"
        );
        assert_eq!(stored(&server, &reference).get("leadDate"), None);
    }
    upload(
        &server,
        &with(revenue("R1"), json!({ "LeadDate": "2024-01-15", "RevenueClosedDate": "2024-03-02" })),
    )
    .result();
    upload(&server, &with(revenue("R1"), json!({ "Value": 300, "RevenueClosedDate": "2024-03-03" })))
        .result();
    let record = stored(&server, "R1");
    assert_eq!((&record["leadDate"], &record["value"]["amount"]), (&json!("2024-01-15"), &json!("300.00")));
    let wrong = upload(&server, &with(revenue("R1"), json!({ "LeadDate": "15/01/2024" })));
    assert_eq!(wrong.problems(), [("/LeadDate".into(), "not_a_date".into())]);
    let future = upload(&server, &with(revenue("R1"), json!({ "LeadDate": "2999-01-15" })));
    assert_eq!(future.problems(), [("/LeadDate".into(), "in_future".into())]);
}

#[test]
fn revenue_needs_at_least_one_label() {
    let server = Server::start();
    for labels in [json!(null), json!([]), json!([""]), json!([null, "  "])] {
        let reply = upload(&server, &with(revenue("R1"), json!({ "Labels": labels })));
        assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_body"), "{labels}");
        assert_eq!(reply.problems(), [("/Labels".into(), "required".into())], "{labels}");
    }
    let reply = upload(&server, &without(revenue("R1"), "Labels"));
    assert_eq!(reply.problems(), [("/Labels".into(), "required".into())]);
    let reply = upload(&server, &with(revenue("R1"), json!({ "Labels": "Invoice" })));
    assert_eq!(reply.problems(), [("/Labels".into(), "wrong_type".into())]);
}

#[test]
fn a_refund_is_negative_revenue() {
    let server = Server::start();
    assert_eq!(upload(&server, &with(revenue("R1"), json!({ "Value": -19.99 }))).result(), "created");
    assert_eq!(upload(&server, &with(revenue("R2"), json!({ "Value": "-0.01" }))).result(), "created");
    assert_eq!(upload(&server, &with(revenue("R3"), json!({ "Value": "100" }))).result(), "created");
    assert_eq!(stored(&server, "R1")["value"]["amount"], "-19.99");
    let totals = server.json("/api/v1/sites/s/pipeline")["revenue"].clone();
    assert_eq!(totals, json!([{ "currency": "GBP", "count": 3, "amount": "80.00" }]));
}

#[test]
fn revenue_without_a_reference_gets_one_from_who_what_and_when() {
    let server = Server::start();
    let body = without(revenue("R1"), "Reference");
    assert_eq!(upload(&server, &body).result(), "created");
    assert_eq!(upload(&server, &body).result(), "unchanged");
    assert_eq!(upload(&server, &with(body, json!({ "Value": 1 }))).result(), "created", "another sale");
}

#[test]
fn what_is_wrong_with_revenue_is_all_named() {
    let server = Server::start();
    let reply =
        upload(&server, &json!({ "Value": "x", "RevenueClosedDate": "2999-01-01", "CurrencyCode": "?" }));
    let mut problems = reply.problems();
    problems.sort();
    let expected = [
        ("/CurrencyCode", "unknown_currency"),
        ("/Labels", "required"),
        ("/RevenueClosedDate", "in_future"),
        ("/Value", "not_a_number"),
        ("/VisitorIdentifierOptions", "required"),
    ];
    assert_eq!(problems, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    let reply = upload(&server, &without(revenue("R1"), "CurrencyCode"));
    assert_eq!(
        reply.problems(),
        [("/CurrencyCode".into(), "required".into())],
        "only the oldest form may omit it"
    );
}

#[test]
fn the_oldest_form_names_the_site_in_the_body_and_needs_no_currency() {
    let server = Server::start_after(&[], |data| {
        run_ok(data, &["site", "set", "--id", "s", "--currency", "EUR"]);
    });
    let put = |body: &Value| server.put("/v1/revenue/upload", body);
    assert_eq!(put(&oldest()).result(), "created");
    let lower_case = with(without(oldest(), "SiteId"), json!({ "siteid": "s" }));
    assert_eq!(put(&lower_case).result(), "unchanged");
    let records = server.json("/api/v1/sites/s/revenue")["records"].clone();
    assert_eq!(records.as_array().unwrap().len(), 1);
    assert_eq!(records[0]["value"], json!({ "amount": "250.00", "currency": "EUR" }), "the site's currency");
    let identifiers = json!([
        { "kind": "EmailAddress", "value": "ann@example.com" }, { "kind": "PhoneNumber", "value": "+442079460018", "written": "020 7946 0018" },
    ]);
    assert_eq!(records[0]["identifiers"], identifiers);
    assert_eq!(put(&with(oldest(), json!({ "Reference": "R1", "CurrencyCode": "USD" }))).result(), "created");
    assert_eq!(stored(&server, "R1")["value"]["currency"], "USD", "its own, when it has one");
    let reply =
        server.put("/v1/revenue/upload?validateOnly=true", &with(oldest(), json!({ "Reference": "R2" })));
    assert_eq!((reply.status, reply.json()["valid"].clone()), (200, json!(true)));
    let reply = put(&with(oldest(), json!({ "Value": null, "CurrencyCode": "?" })));
    assert_eq!(
        reply.problems(),
        [("/CurrencyCode".into(), "unknown_currency".into()), ("/Value".into(), "required".into())]
    );
}

#[test]
fn the_oldest_form_keeps_who_may_send_where() {
    let (mut other, mut reader) = (String::new(), String::new());
    let server = Server::start_after(&[], |data| {
        run_ok(data, &["site", "add", "--id", "other", "--name", "Other"]);
        other = new_token(data, "other", "ingest,read,admin");
        reader = new_token(data, "s", "read");
    });
    let put = |token: &str, body: &Value| {
        let headers = [("Content-Type", "application/json"), ("X-Request-Id", "same")];
        server.request_as(token, "PUT", "/v1/revenue/upload", &headers, body.to_string().as_bytes())
    };
    let not_there = put(&server.token, &with(oldest(), json!({ "SiteId": "nowhere" })));
    assert_eq!((not_there.status, not_there.code().as_str()), (403, "site_not_allowed"));
    let not_mine = put(&server.token, &with(oldest(), json!({ "SiteId": "other" })));
    assert_eq!(not_mine.text(), not_there.text(), "which sites there are stays unknown");
    assert_eq!(put(&other, &oldest()).code(), "site_not_allowed");
    assert_eq!(put(&reader, &oldest()).code(), "insufficient_scope");
    assert_eq!(put("tl_wrong", &oldest()).code(), "token_invalid");
    for (site, code) in [
        (json!(null), "required"),
        (json!(""), "required"),
        (json!("a b"), "not_a_site_id"),
        (json!([]), "wrong_type"),
    ] {
        let reply = put(&server.token, &with(oldest(), json!({ "SiteId": site })));
        assert_eq!((reply.status, reply.problems()), (400, vec![("/SiteId".into(), code.into())]), "{site}");
    }
    assert_eq!(server.json("/api/v1/sites/s/revenue")["records"], json!([]));
}
