//! Who somebody is, and whom a record is about: from the first click to the deal.

use crate::harness::{Server, new_token, with};
use crate::sent::{email, payload_value, phone, ra_id, texts};
use serde_json::{Value, json};

const AD: &str =
    "https://www.example.com/offer?utm_source=google&utm_medium=cpc&utm_campaign=spring&gclid=abc";

/// An advertisement, a form on the same visit, and a deal by email a month later.
fn from_click_to_deal(server: &Server) {
    server.visit_with(
        "v-1",
        "2024-01-15T09:30:00Z",
        AD,
        json!({ "referrer": "https://www.google.com/", "title": "Offer", "screen": "1440x900", "cookie": "11.22" }),
    );
    server.visit("v-1", "2024-01-15T09:31:00Z", "https://www.example.com/contact");
    let payload = [("name", "Ann Example"), ("email", "Ann@Example.com")];
    server.form("form-1", "2024-01-15T09:32:00Z", &[ra_id("v-1")], &payload);
    server.deal("OPP-1", "2024-02-15", &[email("ann@example.com")]);
}

#[test]
fn a_deal_by_email_leads_back_to_the_advertisement() {
    let server = Server::start();
    from_click_to_deal(&server);
    let found = server.matching("OPP-1");
    assert_eq!(found["matchedBy"], json!({ "kind": "EmailAddress", "value": "ann@example.com" }));
    assert_eq!(
        (&found["reason"], &found["explanation"]),
        (&Value::Null, &json!("Found by its EmailAddress."))
    );
    let [first, second] = found["path"].as_array().unwrap().as_slice() else { panic!("{found}") };
    assert_eq!(first, &json!({ "kind": "EmailAddress", "value": "ann@example.com" }));
    assert_eq!((&second["kind"], &second["value"]), (&json!("RaId"), &json!("v-1")));
    let by = &second["by"];
    assert_eq!((&by["kind"], &by["reference"]), (&json!("webConversion"), &json!("form-1")));
    assert_eq!(by["happenedAt"], "2024-01-15T09:32:00Z");
    let [visit] = found["visits"].as_array().unwrap().as_slice() else { panic!("{found}") };
    assert_eq!((&visit["landingPage"], &visit["reports"]), (&json!(AD), &json!(2)), "two reports, one visit");
    let class = &visit["classification"];
    assert_eq!((&class["channel"], &class["campaign"]), (&json!("Paid Search"), &json!("spring")));
    assert_eq!(texts(&found["conversions"], "reference"), ["form-1"]);
    assert_eq!((&found["guarded"], &found["conflicts"]), (&json!([]), &json!([])));
    assert_eq!(server.matched(), ["OPP-1"], "the list says the same once it is settled");
}

#[test]
fn a_person_is_shown_whole_however_asked_for() {
    let server = Server::start();
    from_click_to_deal(&server);
    let person = server.person("email=%20ANN@example.com");
    assert_eq!((&person["isAmbiguous"], &person["isTruncated"]), (&json!(false), &json!(false)));
    let asked = &person["identifiers"][0];
    let expected = json!({ "kind": "EmailAddress", "value": "ann@example.com", "standing": "joins" });
    assert_eq!(asked, &expected, "what was asked for comes first, and was not reached");
    let reached = &person["identifiers"][1];
    assert_eq!(
        (&reached["value"], &reached["reached"]["from"]["value"]),
        (&json!("v-1"), &json!("ann@example.com"))
    );
    let [visitor] = person["visitors"].as_array().unwrap().as_slice() else { panic!("{person}") };
    assert_eq!((&visitor["raId"], &visitor["visits"]), (&json!("v-1"), &json!(1)));
    assert_eq!(visitor["firstSeenAt"], "2024-01-15T09:30:00Z");
    assert_eq!(visitor["lastSeenAt"], "2024-01-15T09:32:00Z");
    let visit = &person["visits"][0];
    let told = ["at", "visitor", "referrer", "title", "screen", "cookie"].map(|name| visit[name].as_str());
    let sent = ["2024-01-15T09:30:00Z", "v-1", "https://www.google.com/", "Offer", "1440x900", "11.22"];
    assert_eq!(told, sent.map(Some));
    let form = &person["conversions"][0];
    assert_eq!((&form["kind"], &form["at"]), (&json!("webConversion"), &json!("2024-01-15T09:32:00Z")));
    assert_eq!(form["payload"][0], json!({ "name": "name", "value": "Ann Example" }));
    let [record] = person["records"].as_array().unwrap().as_slice() else { panic!("{person}") };
    assert_eq!((&record["kind"], &record["reference"]), (&json!("opportunity"), &json!("OPP-1")));
    assert_eq!((&record["stage"], &record["value"]["amount"]), (&json!("Proposal"), &json!("100.00")));
    assert_eq!(record["matchedBy"]["value"], "ann@example.com");
    let evidence = person["evidence"].as_array().unwrap();
    let form = evidence.iter().find(|fact| fact["kind"] == "webConversion").unwrap();
    assert_eq!(form["fact"], reached["reached"]["fact"], "the step names its fact");
    assert_eq!((&form["reference"], &form["happenedAt"]), (&json!("form-1"), &json!("2024-01-15T09:32:00Z")));
    assert!(form["receivedAt"].as_str().unwrap() > "2024-01-15T09:32:00Z");
    let tied = texts(&form["identifiers"], "value");
    assert!(["v-1", "ann@example.com", "Ann Example"].iter().all(|one| tied.contains(one)), "{form}");
    for query in [
        "raId=v-1",
        "cookie=GA1.1.11.22",
        "payload=Ann+Example",
        "reference=OPP-1",
        "raId=v-1&email=ann@example.com",
    ] {
        let other = server.person(query);
        assert_eq!(other["visits"], person["visits"], "{query}");
        assert_eq!(other["records"], person["records"], "{query}");
    }
}

#[test]
fn an_upload_can_be_answered_with_whom_it_is_about() {
    let server = Server::start();
    from_click_to_deal(&server);
    let body = crate::harness::opportunity("OPP-2", "Won", "5", "2024-03-01");
    let headers = [("Content-Type", "application/json"), ("Prefer", "return=representation")];
    let reply =
        server.request("PUT", "/v1/s/opportunity/upload", &headers, body.to_string().as_bytes()).json();
    assert_eq!(reply["record"]["match"]["path"][1]["value"], "v-1");
    let plain = server.upload(&with(body, json!({ "Reference": "OPP-3" })));
    assert_eq!((plain.status, plain.text()), (201, ""), "the wire's own answer stays as it is");
}

#[test]
fn an_email_joins_two_devices() {
    let server = Server::start();
    server.visit("laptop", "2024-01-01T10:00:00Z", AD);
    server.form("1", "2024-01-01T10:01:00Z", &[ra_id("laptop"), email("ann@example.com")], &[]);
    server.visit("phone", "2024-01-05T10:00:00Z", "https://www.example.com/");
    server.form("2", "2024-01-05T10:01:00Z", &[ra_id("phone"), email("Ann@example.com ")], &[]);
    server.deal("OPP-1", "2024-02-01", &[ra_id("phone")]);
    let found = server.matching("OPP-1");
    assert_eq!(texts(&found["visits"], "visitor"), ["laptop", "phone"], "in order of time");
    let person = server.person("raId=phone");
    let steps: Vec<_> = person["identifiers"].as_array().unwrap().iter().map(|one| &one["value"]).collect();
    assert_eq!(steps, ["phone", "ann@example.com", "laptop"], "one step after the other");
    assert_eq!(person["identifiers"][2]["reached"]["from"]["value"], "ann@example.com");
}

#[test]
fn a_telephone_number_matches_and_does_not_chain() {
    let server = Server::start();
    let office = "020 7946 0018";
    for (visitor, address) in [("v-1", "ann@example.com"), ("v-2", "bob@example.com")] {
        server.visit(visitor, "2024-01-01T10:00:00Z", AD);
        let named = [ra_id(visitor), email(address), phone(office)];
        server.form(visitor, "2024-01-01T10:01:00Z", &named[..if visitor == "v-1" { 3 } else { 2 }], &[]);
    }
    server.deal("BY-PHONE", "2024-02-01", &[phone("+44 20 7946 0018")]);
    let found = server.matching("BY-PHONE");
    assert_eq!(found["matchedBy"]["kind"], "PhoneNumber");
    assert_eq!(texts(&found["path"], "value"), ["+442079460018", "v-1"]);
    assert_eq!(found["path"][1]["by"]["reference"], "v-1", "the form that names both");
    server.form("3", "2024-01-02T10:00:00Z", &[ra_id("v-2"), phone(office)], &[]);
    let found = server.matching("BY-PHONE");
    assert_eq!((&found["matched"], &found["reason"]), (&json!(false), &json!("ambiguous")));
    assert!(found["explanation"].as_str().unwrap().contains("several people"), "{found}");
    let person = server.person("email=ann@example.com");
    assert_eq!(texts(&person["visitors"], "raId"), ["v-1"], "the number makes nobody of the two one");
    let number = person["identifiers"].as_array().unwrap().iter().find(|one| one["kind"] == "PhoneNumber");
    assert_eq!(number.unwrap()["standing"], "matches");
    let both = server.person("phone=02079460018");
    assert_eq!((&both["isAmbiguous"], &both["visitors"]), (&json!(true), &json!([])), "nobody is picked");
    assert_eq!(texts(&both["conversions"], "reference"), ["v-1", "3"], "but what names it is shown");
    server.deal("BY-BOTH", "2024-02-01", &[phone(office), email("bob@example.com")]);
    assert_eq!(texts(&server.matching("BY-BOTH")["visitors"], "raId"), ["v-2"], "the email decides");
}

#[test]
fn a_payload_value_matches_only_one_person() {
    let server = Server::start();
    server.form("1", "2024-01-01T10:01:00Z", &[ra_id("v-1")], &[("order", "A-1001"), ("colour", "blue")]);
    server.form("2", "2024-01-01T10:01:00Z", &[ra_id("v-2")], &[("order", "A-1002"), ("colour", "blue")]);
    server.deal("ORDER", "2024-02-01", &[payload_value("A-1002")]);
    server.deal("COLOUR", "2024-02-01", &[payload_value("blue")]);
    assert_eq!(texts(&server.matching("ORDER")["visitors"], "raId"), ["v-2"]);
    assert_eq!(server.matching("COLOUR")["reason"], "ambiguous");
    assert_eq!(server.matched(), ["ORDER"]);
}

#[test]
fn a_weaker_identifier_that_points_elsewhere_is_shown_and_not_followed() {
    let server = Server::start();
    server.form("1", "2024-01-01T10:01:00Z", &[ra_id("v-1"), email("ann@example.com")], &[]);
    server.form("2", "2024-01-01T10:02:00Z", &[ra_id("v-2"), phone("020 7946 0018")], &[]);
    server.deal("OPP-1", "2024-02-01", &[email("ann@example.com"), phone("020 7946 0018")]);
    let found = server.matching("OPP-1");
    assert_eq!(texts(&found["visitors"], "raId"), ["v-1"]);
    assert_eq!(texts(&found["conflicts"], "value"), ["+442079460018"]);
    let other = server.person("raId=v-2");
    assert_eq!(found["conflicts"][0]["fact"], other["conversions"][0]["fact"]);
}

#[test]
fn a_deal_is_matched_when_the_form_comes_later() {
    let server = Server::start();
    server.deal("OPP-1", "2024-02-01", &[email("ann@example.com")]);
    let found = server.matching("OPP-1");
    assert_eq!((&found["reason"], &found["path"]), (&json!("nothing_found"), &json!([])));
    assert!(found["explanation"].as_str().unwrap().contains("as soon as one comes"), "{found}");
    assert_eq!(server.matched(), [""; 0]);
    let known = server.person("email=ann@example.com");
    assert_eq!(known["records"][0].get("matchedBy"), None, "the deal is known, nobody's visit is");
    server.visit("v-1", "2024-01-01T10:00:00Z", AD);
    server.form("form-1", "2024-01-01T10:01:00Z", &[ra_id("v-1"), email("ann@example.com")], &[]);
    assert_eq!(server.matching("OPP-1")["visits"].as_array().unwrap().len(), 1);
    assert_eq!(server.matched(), ["OPP-1"]);
}

#[test]
fn whoever_is_not_known_is_not_found() {
    let server = Server::start();
    from_click_to_deal(&server);
    assert_eq!(server.people("email=nobody@example.com").code(), "person_not_found");
    assert_eq!(server.people("reference=nothing").code(), "record_not_found");
    assert_eq!(server.people("reference=OPP-1&kind=revenue").code(), "record_not_found");
    assert_eq!(server.get("/api/v1/sites/s/people/export?raId=nobody").code(), "person_not_found");
    let reply = server.request("DELETE", "/api/v1/sites/s/people?raId=nobody", &[], b"");
    assert_eq!((reply.status, reply.code().as_str()), (404, "person_not_found"));
}

#[test]
fn every_parameter_that_is_wrong_is_named() {
    let server = Server::start();
    let long = "x".repeat(513);
    let long = format!("raId={long}");
    for (query, problems) in [
        ("", vec![("email", "required")]),
        ("email=+", vec![("email", "required")]),
        ("kind=revenue", vec![("email", "required")]),
        ("email=a@b.c&email=a@b.c", vec![("email", "duplicate_key")]),
        ("mail=a@b.c", vec![("mail", "unknown_key")]),
        ("email=a@b.c&records=delete", vec![("records", "unknown_key")]),
        ("reference=1&kind=deal&x=1", vec![("kind", "unknown_kind"), ("x", "unknown_key")]),
        (&long, vec![("raId", "too_long")]),
    ] {
        for path in ["people", "people/export"] {
            let reply = server.get(&format!("/api/v1/sites/s/{path}?{query}"));
            assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_query"), "{path}?{query}");
            let named = reply.problems();
            let named: Vec<_> = named.iter().map(|(name, code)| (name.as_str(), code.as_str())).collect();
            assert_eq!(named, problems, "{path}?{query}");
        }
    }
    let reply = server.request("DELETE", "/api/v1/sites/s/people?email=a@b.c&records=some", &[], b"");
    assert_eq!(reply.problems(), [("records".to_owned(), "unknown_value".to_owned())]);
}

#[test]
fn reading_and_deciding_take_different_scopes() {
    let (mut ingest, mut read, mut admin) = (String::new(), String::new(), String::new());
    let server = Server::start_after(&[], |data| {
        ingest = new_token(data, "s", "ingest");
        read = new_token(data, "s", "read");
        admin = new_token(data, "s", "admin");
    });
    for (scope, method, path) in [
        ("read", "GET", "people?email=a@b.c"),
        ("admin", "DELETE", "people?email=a@b.c"),
        ("admin", "GET", "people/export?email=a@b.c"),
        ("read", "GET", "identifiers/guarded"),
        ("read", "GET", "identifiers/allowed"),
        ("admin", "PUT", "identifiers/allowed"),
        ("admin", "DELETE", "identifiers/allowed?email=a@b.c"),
        ("admin", "PUT", "evidence/1/cut"),
        ("admin", "DELETE", "evidence/1/cut?email=a@b.c"),
    ] {
        for (held, token) in [("ingest", &ingest), ("read", &read), ("admin", &admin)] {
            let path = format!("/api/v1/sites/s/{path}");
            let headers = [("Content-Type", "application/json")];
            let reply = server.request_as(token, method, &path, &headers, b"{}");
            if held == scope {
                assert_ne!(reply.status, 403, "{held}: {method} {path}");
            } else {
                assert_eq!(reply.code(), "insufficient_scope", "{held}: {method} {path}");
            }
        }
    }
}
