//! Many uploads in one request.

use crate::harness::{Reply, Server, opportunity, wait_for, with, without};
use serde_json::{Value, json};

const BATCH: &str = "/api/v1/sites/s/opportunities/batch";
const ARRAY: &str = "application/json";
const LINES: &str = "application/x-ndjson";

fn item(number: usize) -> Value {
    opportunity(&format!("B{number}"), "Proposal", "5.00", "2024-01-15")
}

fn send(server: &Server, form: &str, body: &[u8]) -> Reply {
    server.request("POST", BATCH, &[("Content-Type", form)], body)
}

/// The items in both forms of a batch.
fn both_forms(items: &[Value]) -> [(&'static str, Vec<u8>); 2] {
    let lines: String = items.iter().flat_map(|item| [item.to_string(), "\n".into()]).collect();
    [(ARRAY, Value::from(items).to_string().into_bytes()), (LINES, lines.into_bytes())]
}

/// The results of an answer or failure as `index result`.
fn results(answer: &Value) -> Vec<String> {
    let results = answer["results"].as_array().unwrap_or_else(|| panic!("no results: {answer}"));
    results.iter().map(|one| format!("{} {}", one["index"], one["result"].as_str().unwrap())).collect()
}

/// The references of everything stored, the oldest first.
fn stored(server: &Server) -> Vec<String> {
    let listed = server.json("/api/v1/sites/s/opportunities?limit=1000");
    assert_eq!(listed["nextCursor"], Value::Null);
    let references = listed["records"].as_array().unwrap().iter().rev();
    references.map(|record| record["reference"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_item_is_answered_with_its_place_its_trace_and_what_it_did() {
    let server = Server::start();
    let items = [
        with(item(1), json!({ "traceId": "t-1" })),
        with(item(2), json!({ "TRACEID": 17 })),
        with(item(1), json!({ "traceId": null })),
        with(item(1), json!({ "OpportunityValue": 6 })),
        with(without(item(3), "Reference"), json!({ "traceId": "x".repeat(500) })),
    ];
    for ((form, body), outcomes) in both_forms(&items).into_iter().zip([
        ["created", "created", "unchanged", "updated", "created"],
        // The first says again what held before the fourth: that is news.
        ["updated", "unchanged", "unchanged", "updated", "unchanged"],
    ]) {
        let reply = send(&server, form, &body);
        assert_eq!(reply.status, 200, "{}", reply.text());
        let answer = reply.json();
        assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(5), &json!(0)));
        let expected: Vec<_> =
            outcomes.iter().enumerate().map(|(index, result)| format!("{index} {result}")).collect();
        assert_eq!(results(&answer), expected, "{form}");
        let traces: Vec<_> =
            answer["results"].as_array().unwrap().iter().map(|one| one.get("traceId").cloned()).collect();
        assert_eq!(traces, [Some(json!("t-1")), Some(json!("17")), None, None, Some(json!("x".repeat(200)))]);
        assert_eq!(answer["results"][3]["reference"], "B1");
        assert!(answer["results"][4]["reference"].as_str().unwrap().starts_with("auto-"));
    }
    assert_eq!(stored(&server).len(), 3);
    assert_eq!(server.opportunity("B1")["value"]["amount"], "6.00");
}

#[test]
fn a_bad_item_never_spoils_the_others() {
    let server = Server::start();
    let bad = with(item(1), json!({ "traceId": "bad", "OpportunityValue": "x", "CurrencyCode": null }));
    let items = [item(0), bad, item(2), json!(null), json!([]), json!("text"), item(6), json!({}), item(8)];
    for (form, body) in both_forms(&items) {
        let reply = send(&server, form, &body);
        assert_eq!(reply.status, 200, "{}", reply.text());
        let answer = reply.json();
        assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(4), &json!(5)), "{form}");
        let bad = &answer["results"][1];
        assert_eq!(
            (&bad["index"], &bad["traceId"], &bad["result"]),
            (&json!(1), &json!("bad"), &json!("rejected"))
        );
        let mut problems: Vec<_> = bad["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["pointer"].as_str().unwrap())
            .collect();
        problems.sort_unstable();
        assert_eq!(problems, ["/CurrencyCode", "/OpportunityValue"]);
        assert_eq!(answer["results"][3]["errors"][0]["code"], "wrong_type");
        assert_eq!(stored(&server), ["B0", "B2", "B6", "B8"]);
    }
    let metrics = server.get("/metrics").text().to_owned();
    assert!(metrics.contains("touchline_rejected_total{code=\"invalid_body\"} 10\n"), "{metrics}");
}

#[test]
fn a_line_that_is_no_json_is_a_bad_item() {
    let server = Server::start();
    let lines = [
        item(0).to_string(),
        "{".into(),
        String::new(),
        "\u{feff}".into(),
        format!("  {}\r", item(4)),
        "{}}".into(),
        item(6).to_string(),
    ];
    let reply = send(&server, LINES, lines.join("\n").as_bytes());
    assert_eq!(reply.status, 200, "{}", reply.text());
    let answer = reply.json();
    let expected = ["0 created", "1 rejected", "2 rejected", "3 created", "4 rejected", "5 created"];
    assert_eq!(results(&answer), expected, "blank lines are nothing; the last needs no end");
    assert_eq!(answer["results"][1]["errors"][0]["code"], "malformed_json");
    let bytes = [item(7).to_string().as_bytes(), b"\n\"\xff\"\n", item(8).to_string().as_bytes()].concat();
    assert_eq!(results(&send(&server, LINES, &bytes).json()), ["0 created", "1 rejected", "2 created"]);
}

#[test]
fn an_element_that_is_no_json_is_a_bad_item() {
    let server = Server::start();
    let body = format!("[{}, nonsense, {}, {{\"a\":01}}, {}]", item(0), item(2), item(4));
    let answer = send(&server, ARRAY, body.as_bytes()).json();
    assert_eq!(results(&answer), ["0 created", "1 rejected", "2 created", "3 rejected", "4 created"]);
    assert_eq!(answer["results"][1]["errors"][0]["code"], "malformed_json");
}

#[test]
fn an_array_that_breaks_keeps_and_reports_what_came_before() {
    for (number, rest) in
        ["", ",", ",{\"Reference\":", "}", ",]", "] []", "],", " trailing", "]x"].into_iter().enumerate()
    {
        let server = Server::start();
        let body = format!("[{}, {{}}, {}{rest}", item(0), item(2));
        let reply = send(&server, ARRAY, body.as_bytes());
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (400, "malformed_json"),
            "{rest:?}: {}",
            reply.text()
        );
        let reported = results(&reply.json());
        // Where the second item is not ended by a comma or bracket, it is no item yet.
        let is_ended = rest.starts_with([',', ']']);
        let expected = if is_ended {
            &["0 created", "1 rejected", "2 created"][..]
        } else {
            &["0 created", "1 rejected"]
        };
        assert_eq!(reported, expected, "{number}: {rest:?}");
        assert_eq!(
            stored(&server).len(),
            reported.iter().filter(|one| one.ends_with("created")).count(),
            "{rest:?}"
        );
    }
}

#[test]
fn a_connection_that_breaks_keeps_and_reports_what_came_before() {
    let server = Server::start();
    let mut connection = server.connect();
    let head = format!(
        "POST {BATCH} HTTP/1.1\r\nHost: touchline\r\nAuthorization: Bearer {}\r\nContent-Type: {LINES}\r\nContent-Length: 100000\r\n\r\n",
        server.token
    );
    connection.send(format!("{head}{}\n{}\n{{\"Ref", item(0), item(1)).as_bytes()).unwrap();
    connection.finish_sending();
    let reply = connection.reply().unwrap();
    assert_eq!((reply.status, reply.code().as_str()), (400, "incomplete_body"));
    let reported = results(&reply.json());
    assert_eq!(
        reported.len(),
        stored(&server).len(),
        "{reported:?}: what is stored is reported, and nothing else"
    );
    assert_eq!(reported, ["0 created", "1 created"]);
}

#[test]
fn what_is_no_array_is_refused() {
    let server = Server::start();
    for body in ["", "  ", "{}", "null", "5", "\"[]\"", "[", "]"] {
        let reply = send(&server, ARRAY, body.as_bytes());
        assert_eq!((reply.status, reply.code().as_str()), (400, "malformed_json"), "{body:?}");
    }
    for (form, body) in [(ARRAY, "[]"), (ARRAY, " [ ] "), (LINES, ""), (LINES, "\n \r\n")] {
        let reply = send(&server, form, body.as_bytes());
        assert_eq!(
            (reply.status, reply.json()),
            (200, json!({ "accepted": 0, "rejected": 0, "results": [] })),
            "{body:?}"
        );
    }
}

#[test]
fn a_batch_that_is_only_validated_stores_nothing() {
    let server = Server::start();
    for (form, body) in both_forms(&[item(0), json!({}), item(2)]) {
        let path = format!("{BATCH}?validateOnly=true");
        let answer = server.request("POST", &path, &[("Content-Type", form)], &body).json();
        assert_eq!(results(&answer), ["0 valid", "1 rejected", "2 valid"]);
        assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(2), &json!(1)));
    }
    assert_eq!(stored(&server), [""; 0]);
    let path = format!("{BATCH}?validateOnly=perhaps");
    assert_eq!(server.request("POST", &path, &[("Content-Type", ARRAY)], b"[]").code(), "invalid_query");
}

#[test]
fn more_items_than_allowed_end_the_batch_after_those_that_are() {
    let server = Server::start_with(&[("TOUCHLINE_LIMITS_BATCH_ITEMS", "3")]);
    for (form, body) in both_forms(&[item(0), json!({}), item(2), item(3), item(4)]) {
        let reply = send(&server, form, &body);
        assert_eq!((reply.status, reply.code().as_str()), (413, "body_too_large"), "{form}");
        assert!(
            reply.json()["detail"].as_str().unwrap().contains('3'),
            "the limit is named: {}",
            reply.text()
        );
        assert_eq!(results(&reply.json()).len(), 3);
        assert_eq!(stored(&server), ["B0", "B2"]);
    }
    for (form, body) in both_forms(&[item(0), item(1), item(2)]) {
        assert_eq!(send(&server, form, &body).status, 200, "{form}: as many as allowed");
    }
}

#[test]
fn more_bytes_than_allowed_end_the_batch_and_what_is_stored_is_reported() {
    let items: Vec<_> = (0..100).map(item).collect();
    for (form, body) in both_forms(&items) {
        let limit = body.len().to_string();
        let server = Server::start_with(&[("TOUCHLINE_LIMITS_BATCH_BYTES", &limit)]);
        assert_eq!(send(&server, form, &body).status, 200, "{form}: as many as allowed");

        let limit = (body.len() - 1).to_string();
        let server = Server::start_with(&[("TOUCHLINE_LIMITS_BATCH_BYTES", &limit)]);
        let reply = send(&server, form, &body);
        assert_eq!((reply.status, reply.code().as_str()), (413, "body_too_large"), "{form}");
        let reported = results(&reply.json());
        assert!(reported.iter().all(|one| one.ends_with("created")), "{reported:?}");
        assert_eq!(
            stored(&server).len(),
            reported.len(),
            "{form}: what is stored is reported, and nothing else"
        );
    }
}

#[test]
fn an_item_that_is_too_long_ends_the_batch_after_those_before() {
    let server = Server::start_with(&[("TOUCHLINE_LIMITS_BODY_BYTES", "1000")]);
    let long = with(item(1), json!({ "Unknown": "x".repeat(5_000) }));
    for (form, body) in both_forms(&[item(0), long, item(2)]) {
        let reply = send(&server, form, &body);
        assert_eq!((reply.status, reply.code().as_str()), (413, "body_too_large"), "{form}");
        assert_eq!(results(&reply.json()).len(), 1, "{form}");
        assert_eq!(stored(&server), ["B0"]);
    }
}

#[test]
fn a_batch_that_comes_byte_by_byte_is_read() {
    let server = Server::start();
    for (form, body) in both_forms(&[item(0), json!({ "traceId": "ü\"],[\\" }), item(2)]) {
        let mut connection = server.connect();
        let head = format!(
            "POST {BATCH} HTTP/1.1\r\nHost: touchline\r\nAuthorization: Bearer {}\r\nContent-Type: {form}\r\nContent-Length: {}\r\n\r\n",
            server.token,
            body.len()
        );
        connection.send(head.as_bytes()).unwrap();
        for byte in body {
            connection.send(&[byte]).unwrap();
        }
        let answer = connection.reply().unwrap().json();
        assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(2), &json!(1)));
        assert_eq!(answer["results"][1]["traceId"], "ü\"],[\\");
    }
}

#[test]
fn ten_thousand_items_are_stored_and_one_more_is_refused() {
    let server = Server::start();
    let items: Vec<_> = (0..10_001).map(item).collect();
    let [_, (form, body)] = both_forms(&items[..10_000]);
    let answer = send(&server, form, &body).json();
    assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(10_000), &json!(0)));
    assert_eq!(answer["results"].as_array().unwrap().len(), 10_000);
    let places = answer["results"].as_array().unwrap().iter().enumerate();
    assert!(
        places.clone().all(|(index, one)| one["index"] == index && one["reference"] == format!("B{index}"))
    );
    let total = json!([{ "stage": "Proposal", "currency": "GBP", "count": 10_000, "amount": "50000.00" }]);
    assert_eq!(server.json("/api/v1/sites/s/pipeline")["opportunities"], total);

    let [(form, body), _] = both_forms(&items);
    let reply = send(&server, form, &body);
    assert_eq!((reply.status, reply.code().as_str()), (413, "body_too_large"));
    let reported = results(&reply.json());
    assert!(reported.len() == 10_000 && reported.iter().all(|one| one.ends_with("unchanged")));
    assert_eq!(server.get("/api/v1/sites/s/opportunities/B10000").status, 404);
}

#[test]
fn more_batches_at_once_than_allowed_are_told_to_wait() {
    let server = Server::start_with(&[("TOUCHLINE_LIMITS_BATCHES_AT_ONCE", "1")]);
    let mut first = server.connect();
    let body = both_forms(&[item(0)])[0].1.clone();
    let head = format!(
        "POST {BATCH} HTTP/1.1\r\nHost: touchline\r\nAuthorization: Bearer {}\r\nContent-Type: {ARRAY}\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        server.token,
        body.len()
    );
    first.send(head.as_bytes()).unwrap();
    assert_eq!(first.reply().unwrap().status, 100, "the first is being worked on");
    let refused = send(&server, ARRAY, &body);
    assert_eq!((refused.status, refused.code().as_str()), (503, "overloaded"));
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(server.upload(&item(1)).result(), "created", "single uploads go on");
    first.send(&body).unwrap();
    assert_eq!(results(&first.reply().unwrap().json()), ["0 created"]);
    let next = wait_for("the place is free again", || {
        Some(send(&server, ARRAY, &body)).filter(|reply| reply.status == 200)
    });
    assert_eq!(results(&next.json()), ["0 unchanged"]);
}

#[test]
fn revenue_comes_in_batches_too() {
    let server = Server::start();
    let revenue = |reference: &str, labels: Value| {
        let own = json!({ "Value": -5, "RevenueClosedDate": "2024-01-15", "Labels": labels, "Reference": reference });
        with(item(0), own)
    };
    let body = json!([revenue("R1", json!(["Sale"])), revenue("R2", json!([]))]).to_string();
    let reply =
        server.request("POST", "/api/v1/sites/s/revenue/batch", &[("Content-Type", ARRAY)], body.as_bytes());
    let answer = reply.json();
    assert_eq!(results(&answer), ["0 created", "1 rejected"]);
    assert_eq!(answer["results"][1]["errors"][0]["pointer"], "/Labels");
    assert_eq!(server.json("/api/v1/sites/s/revenue/R1")["value"]["amount"], "-5.00");
    assert_eq!(stored(&server), [""; 0], "no opportunity");
}

#[test]
fn a_record_named_batch_can_be_read_and_deleted() {
    let server = Server::start();
    let named = with(item(0), json!({ "Reference": "batch" }));
    assert_eq!(server.upload(&named).result(), "created");
    let address = "/api/v1/sites/s/opportunities/%62atch";
    assert_eq!(server.json(address)["reference"], "batch");
    assert_eq!(server.request("DELETE", address, &[], b"").status, 204);
    assert_eq!(server.get(address).code(), "record_not_found");
    assert_eq!(server.upload(&named).result(), "created");
}
