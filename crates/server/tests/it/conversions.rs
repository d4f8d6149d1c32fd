//! Web conversions and inbound calls, as other systems send them.

use crate::harness::{Reply, Server, opportunity, with, without};
use crate::stored::{checked, person};
use serde_json::{Value, json};
use touchline_domain::{Conversion, IdentifierKind};

const WEB: &str = "/v1/s/webconversion";
const CALL: &str = "/v1/s/inboundcallconversion";

fn form(reference: &str) -> Value {
    json!({
        "CaptureDateTime": "2024-01-15",
        "VisitorIdentifierOptions": [{ "Key": "RaId", "Value": "v-1" }],
        "Payload": [{ "Key": "Your email", "Value": "Ann@Example.com" }, { "Key": "order", "Value": "A-1001" }],
        "LandingPageUrlOverride": "https://example.com/?utm_source=bing",
        "ReferrerUrlOverride": "https://www.bing.com/",
        "MarketingChannelOverride": "Google", "SourceCategoryOverride": "Paid",
        "Reference": reference,
    })
}

fn call(reference: &str) -> Value {
    json!({
        "StartDateTimeISO": "2024-01-15T09:30:00", "EndDateTimeISO": "2024-01-15T09:35:00",
        "CalledNumber": "020 7946 0000", "CallerNumber": "020 7946 0018", "Reference": reference,
        "VisitorIdentifierOptions": [{ "Key": "EmailAddress", "Value": "ann@example.com" }],
        "RefererLabel": "Brochure", "AnswerTime": "12", "Result": "Answered",
        "MarketingChannelOverride": "Offline", "SourceCategoryOverride": "NotApplicable",
    })
}

/// A conversion's identifiers in words.
fn named(conversion: &Conversion) -> Vec<String> {
    conversion.identifiers.iter().map(ToString::to_string).collect()
}

fn only(server: &Server, kind: IdentifierKind, value: &str) -> Conversion {
    let mut found = person(server, kind, value).conversions;
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0).conversion
}

fn problems(reply: &Reply) -> Vec<String> {
    assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_body"), "{reply:?}");
    let mut problems: Vec<_> =
        reply.problems().into_iter().map(|(pointer, code)| format!("{pointer} {code}")).collect();
    problems.sort();
    problems
}

#[test]
fn a_form_is_stored_with_every_field() {
    let server = Server::start();
    assert_eq!(server.put(WEB, &form("F-1")).result(), "created");
    let stored = only(&server, IdentifierKind::RaId, "v-1");
    assert_eq!((stored.reference.as_str(), stored.occurred.to_string().as_str()), ("F-1", "2024-01-15"));
    assert_eq!(
        named(&stored),
        ["RaId=v-1", "EmailAddress=ann@example.com", "PayloadValue=A-1001", "PayloadValue=Ann@Example.com"]
    );
    let payload: Vec<_> =
        stored.payload.iter().map(|pair| (pair.name.as_str(), pair.value.as_str())).collect();
    assert_eq!(payload, [("Your email", "Ann@Example.com"), ("order", "A-1001")], "in its order");
    let overrides = &stored.overrides;
    assert_eq!(
        (
            overrides.landing_page.as_ref().map(ToString::to_string).as_deref(),
            overrides.referrer.as_ref().map(ToString::to_string).as_deref(),
            overrides.marketing_channel.as_ref().map(ToString::to_string).as_deref(),
            overrides.source_category.as_ref().map(ToString::to_string).as_deref(),
        ),
        (
            Some("https://example.com/?utm_source=bing"),
            Some("https://www.bing.com/"),
            Some("Google"),
            Some("Paid")
        )
    );
}

#[test]
fn a_call_is_stored_with_every_field() {
    let server = Server::start();
    assert_eq!(server.put(CALL, &call("C-1")).result(), "created");
    let stored = only(&server, IdentifierKind::EmailAddress, "ann@example.com");
    assert_eq!(named(&stored), ["EmailAddress=ann@example.com", "PhoneNumber=+442079460018"]);
    assert_eq!(stored.occurred.to_string(), "2024-01-15T09:30:00Z");
    let details = stored.call.unwrap();
    assert_eq!(details.ended.to_string(), "2024-01-15T09:35:00Z");
    assert_eq!((details.called.as_str(), details.caller.as_str()), ("020 7946 0000", "020 7946 0018"));
    let texts =
        [details.referrer_label, details.answer_time, details.result].map(|text| text.unwrap().to_string());
    assert_eq!(texts, ["Brochure", "12", "Answered"]);
    assert_eq!(stored.overrides.marketing_channel.unwrap().as_str(), "Offline");
}

#[test]
fn the_same_again_changes_nothing_and_a_reference_is_one_per_kind() {
    let server = Server::start();
    for (path, body) in [(WEB, form("X-1")), (CALL, call("X-1"))] {
        assert_eq!(server.put(path, &body).result(), "created");
        assert_eq!(server.put(path, &body).result(), "unchanged");
        let other = with(body.clone(), json!({ "ReferrerUrlOverride": "https://other.example/" }));
        assert_eq!(server.put(path, &other).result(), "updated");
        assert_eq!(server.put(path, &other).result(), "unchanged");
    }
    let unnamed = without(form("X-1"), "Reference");
    assert_eq!(server.put(WEB, &unnamed).result(), "created");
    assert_eq!(server.put(WEB, &unnamed).result(), "unchanged", "it is given the same name again");
    let metrics = server.get("/metrics").text().to_owned();
    for line in [
        "touchline_conversions_total{kind=\"webConversion\",result=\"created\"} 2\n",
        "touchline_conversions_total{kind=\"webConversion\",result=\"unchanged\"} 3\n",
        "touchline_conversions_total{kind=\"inboundCall\",result=\"updated\"} 1\n",
        "touchline_generated_references_total 2\n",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
}

#[test]
fn every_address_answers_alike() {
    let server = Server::start();
    for (paths, body) in [
        ([WEB, "/v1/s/webconversion/upload"], form("F-1")),
        ([CALL, "/v1/s/inboundcallconversion/upload"], call("C-1")),
    ] {
        assert_eq!(server.put(paths[0], &body).result(), "created");
        assert_eq!(server.put(paths[1], &body).result(), "unchanged");
        let reply = server.request("GET", paths[1], &[], b"");
        assert_eq!((reply.status, reply.header("allow")), (405, Some("PUT")));
    }
}

#[test]
fn everything_that_is_wrong_with_a_form_is_named_at_once() {
    let server = Server::start();
    assert_eq!(
        problems(&server.put(WEB, &json!({}))),
        ["/CaptureDateTime required", "/Payload required", "/VisitorIdentifierOptions required"]
    );
    let wrong = json!({
        "capturedatetime": "2999-01-01",
        "VisitorIdentifierOptions": [
            { "Key": "PayloadValue", "Value": "A-1001" },
            { "Key": "Cookie", "Value": "x" },
            { "Key": "EmailAddress", "Value": "x".repeat(513) },
            "ann@example.com",
        ],
        "Payload": [{ "Value": "x" }, { "Key": "a", "Value": {} }, { "Key": "b", "Value": "x".repeat(4_097) }, 1],
        "LandingPageUrlOverride": "/prices", "ReferrerUrlOverride": "bing",
        "MarketingChannelOverride": "x".repeat(256), "SourceCategoryOverride": [],
        "Reference": "x".repeat(256),
    });
    let reply = server.put(WEB, &wrong);
    assert_eq!(
        problems(&reply),
        [
            "/LandingPageUrlOverride not_a_url",
            "/MarketingChannelOverride too_long",
            "/Payload/0/Key required",
            "/Payload/1/Value wrong_type",
            "/Payload/2/Value too_long",
            "/Payload/3 wrong_type",
            "/Reference too_long",
            "/ReferrerUrlOverride not_a_url",
            "/SourceCategoryOverride wrong_type",
            "/VisitorIdentifierOptions/0/Key key_not_allowed",
            "/VisitorIdentifierOptions/1/Key unknown_key",
            "/VisitorIdentifierOptions/2/Value too_long",
            "/VisitorIdentifierOptions/3 wrong_type",
            "/capturedatetime in_future",
        ]
    );
    let details = reply.text();
    assert!(details.contains(
        "'Key' must be one of EmailAddress, PhoneNumber, RaId, CookieValue here, not PayloadValue."
    ));
    let many = vec![json!({ "Key": "a", "Value": "b" }); 101];
    let reply = server.put(WEB, &with(form("F-1"), json!({ "Payload": many })));
    assert_eq!(problems(&reply), ["/Payload too_many"]);
    assert_eq!(checked(&server).conversions, 0);
}

#[test]
fn everything_that_is_wrong_with_a_call_is_named_at_once() {
    let server = Server::start();
    assert_eq!(
        problems(&server.put(CALL, &json!({}))),
        [
            "/CalledNumber required",
            "/CallerNumber required",
            "/EndDateTimeISO required",
            "/Reference required",
            "/StartDateTimeISO required",
        ]
    );
    let wrong = json!({
        "StartDateTimeISO": "2024-01-15T09:30:00", "EndDateTimeISO": "2024-01-15T09:29:59",
        "CalledNumber": "0".repeat(65), "CallerNumber": {}, "Reference": "C-1",
        "VisitorIdentifierOptions": [{ "Key": "PayloadValue", "Value": "A-1001" }],
        "RefererLabel": "x".repeat(256), "AnswerTime": [], "Result": "x".repeat(256),
    });
    assert_eq!(
        problems(&server.put(CALL, &wrong)),
        [
            "/AnswerTime wrong_type",
            "/CalledNumber too_long",
            "/CallerNumber wrong_type",
            "/EndDateTimeISO before_start",
            "/RefererLabel too_long",
            "/Result too_long",
            "/VisitorIdentifierOptions/0/Key key_not_allowed",
        ]
    );
    let dates = json!({ "StartDateTimeISO": "2024-01-15T09:30:00", "EndDateTimeISO": "2024-01-15" });
    assert_eq!(server.put(CALL, &with(call("C-1"), dates)).result(), "created", "a date is its whole day");
}

#[test]
fn overrides_are_read_together_and_refused_by_field() {
    let server = Server::start();
    for (channel, category, expected) in [
        (json!("google"), json!("Places"), &[][..]),
        (json!("Paid"), json!("Bing"), &[]),
        (json!("Direct"), json!(null), &[]),
        (json!("Journey"), json!("NotApplicable"), &[]),
        (json!(""), json!(null), &[]),
        (json!("Google"), json!(null), &["/SourceCategoryOverride required"]),
        (json!(null), json!("Paid"), &["/MarketingChannelOverride required"]),
        (json!("Outbrain"), json!("Organic"), &["/SourceCategoryOverride override_pair"]),
        (json!("Gogle"), json!("Paid"), &["/MarketingChannelOverride unknown_override"]),
    ] {
        let pair = json!({ "MarketingChannelOverride": channel, "SourceCategoryOverride": category });
        for (path, body) in [(WEB, form("F-1")), (CALL, call("C-1"))] {
            let reply = server.put(path, &with(body, pair.clone()));
            match expected {
                [] => assert_eq!(reply.status, 201, "{pair}: {reply:?}"),
                some => assert_eq!(problems(&reply), some, "{pair}"),
            }
        }
    }
}

#[test]
fn a_cookie_counts_for_a_call_when_it_stands_alone() {
    let server = Server::start();
    let cookie = json!({ "Key": "CookieValue", "Value": "GA1.2.7.8" });
    let send = |reference: &str, others: &[Value]| {
        let identifiers = [&[cookie.clone()][..], others].concat();
        let body = with(call(reference), json!({ "VisitorIdentifierOptions": identifiers }));
        let prefer = [("Content-Type", "application/json"), ("Prefer", "return=representation")];
        server.request("PUT", CALL, &prefer, body.to_string().as_bytes()).json()
    };
    let alone = send("C-1", &[]);
    assert_eq!(alone["warnings"], json!([]));
    assert_eq!(alone["identifiers"][1], json!({ "kind": "CookieValue", "value": "7.8" }));
    for stronger in
        [json!({ "Key": "RaId", "Value": "v" }), json!({ "Key": "Email", "Value": "b@example.com" })]
    {
        let beside = send("C-2", &[stronger]);
        assert_eq!(beside["warnings"][0]["code"], "cookie_outranked", "{beside}");
        assert_eq!(beside["warnings"][0]["pointer"], "/VisitorIdentifierOptions");
        assert!(!beside["identifiers"].to_string().contains("CookieValue"), "{beside}");
    }
}

#[test]
fn a_number_that_was_withheld_is_nobodys() {
    let server = Server::start();
    for caller in ["anonymous", "Withheld", "1234"] {
        let body = with(call(caller), json!({ "CallerNumber": caller, "VisitorIdentifierOptions": null }));
        assert_eq!(server.put(CALL, &body).result(), "created");
        assert_eq!(person(&server, IdentifierKind::PhoneNumber, caller).conversions.len(), 0, "{caller}");
    }
    assert_eq!(checked(&server).conversions, 3);
}

#[test]
fn names_are_read_in_any_case_and_pairs_by_either_name() {
    let server = Server::start();
    let body = json!({
        "capturedatetime": "2024-01-15T09:30:00.5+01:00",
        "VISITORIDENTIFIEROPTIONS": [{ "key": "email", "value": "ANN@example.com" }, { "key": "RaId", "value": "" }],
        "payload": [{ "name": "order", "value": 1001 }, { "KEY": "agree", "VALUE": true }, { "key": "note" }],
        "Extra": 1,
    });
    let prefer = [("Content-Type", "application/json"), ("Prefer", "return=representation")];
    let reply = server.request("PUT", WEB, &prefer, body.to_string().as_bytes());
    assert_eq!((reply.status, reply.header("touchline-result")), (201, Some("created")));
    let answer = reply.json();
    assert_eq!(answer["result"], "created");
    assert_eq!((&answer["referenceGenerated"], &answer["ignored"]), (&json!(true), &json!(["/Extra"])));
    assert_eq!(answer["occurredAt"], "2024-01-15T08:30:00.5Z");
    let stored = only(&server, IdentifierKind::EmailAddress, "ann@example.com");
    assert_eq!(answer["reference"], stored.reference.as_str());
    let payload: Vec<_> = stored.payload.iter().map(|p| format!("{}={}", p.name, p.value)).collect();
    assert_eq!(payload, ["order=1001", "agree=true", "note="]);
}

#[test]
fn a_conversion_can_be_checked_without_being_stored() {
    let server = Server::start();
    for (path, body) in [(WEB, form("F-1")), (CALL, call("C-1"))] {
        let reply = server.put(&format!("{path}?validateOnly=true"), &body);
        assert_eq!((reply.status, &reply.json()["valid"]), (200, &json!(true)));
        assert_eq!(problems(&server.put(&format!("{path}?validateOnly=true"), &json!([]))), [" wrong_type"]);
    }
    assert_eq!(checked(&server).conversions, 0);
}

#[test]
fn a_record_is_matched_through_what_a_form_said() {
    let server = Server::start();
    let visit = json!({ "raId": "v-1", "url": "https://example.com/", "at": "2024-01-14" }).to_string();
    let json = [("Content-Type", "application/json")];
    assert_eq!(server.request("POST", "/api/v1/sites/s/visits", &json, visit.as_bytes()).status, 201);
    server.put(WEB, &form("F-1")).result();
    let deal = opportunity("OPP-1", "Proposal", "5", "2024-01-16").to_string();
    let prefer = [json[0], ("Prefer", "return=representation")];
    let reply = server.request("PUT", "/v1/s/opportunity/upload", &prefer, deal.as_bytes());
    assert_eq!(reply.json()["record"]["matched"], true, "{}", reply.text());
    assert_eq!(person(&server, IdentifierKind::EmailAddress, "ann@example.com").visits.len(), 1);
}

#[test]
fn an_answered_conversion_survives_a_kill() {
    let server = Server::start();
    for number in 0..10 {
        assert_eq!(server.put(WEB, &form(&format!("F-{number}"))).result(), "created");
        assert_eq!(server.put(CALL, &call(&format!("C-{number}"))).result(), "created");
    }
    let (data, token) = server.kill();
    let server = Server::start_on(data, token, &[]);
    assert_eq!(checked(&server).conversions, 20);
    assert_eq!(server.put(WEB, &form("F-3")).result(), "unchanged");
}
