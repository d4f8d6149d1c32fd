//! Bodies that no honest client sends: each is answered for what it is, and the server goes on.

use crate::harness::{Reply, Server, opportunity, with};
use serde_json::{Value, json};

const UPLOAD: &str = "/v1/s/opportunity/upload";
const JSON: [(&str, &str); 1] = [("Content-Type", "application/json")];

/// Sends a body; whatever is answered, it is no mistake of the server's, and the next request is served.
fn send(server: &Server, body: &[u8]) -> Reply {
    let reply = server.request("PUT", UPLOAD, &JSON, body);
    assert!(reply.status < 500, "{reply:?}");
    assert!(reply.body.len() < 32_768, "an answer of {} bytes", reply.body.len());
    assert_eq!(server.get("/healthz").text(), "ok\n");
    reply
}

/// A body that is refused as a whole with this code.
fn assert_refused(server: &Server, body: &[u8], code: &str) {
    let start = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
    let reply = send(server, body);
    assert_eq!((reply.status, reply.code().as_str()), (400, code), "{start}: {}", reply.text());
}

/// A body of which exactly one thing is refused.
fn assert_problem(server: &Server, body: &[u8], pointer: &str, code: &str) {
    let start = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
    let reply = send(server, body);
    assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_body"), "{start}: {}", reply.text());
    assert_eq!(reply.problems(), [(pointer.to_owned(), code.to_owned())], "{start}");
}

fn valid() -> Value {
    opportunity("H", "Proposal", "5", "2024-01-15")
}

/// An otherwise valid body in which a member's value stands as this JSON.
fn body(member: &str, value: &str) -> Vec<u8> {
    let text = with(valid(), json!({ member: "@value@" })).to_string();
    text.replace("\"@value@\"", value).into_bytes()
}

fn nested(depth: usize) -> String {
    "[".repeat(depth) + &"]".repeat(depth)
}

#[test]
fn bytes_that_are_not_utf_8_are_refused() {
    let server = Server::start();
    for wrong in [&b"\xff"[..], b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe2\x82"] {
        let text = body("PipelineStage", "\"@\"");
        let at = text.iter().position(|byte| *byte == b'@').unwrap();
        let body = [&text[..at], wrong, &text[at + 1..]].concat();
        let reply = send(&server, &body);
        assert_eq!((reply.status, reply.code().as_str()), (400, "malformed_json"), "{wrong:?}");
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("UTF-8") && detail.contains(&at.to_string()), "{detail}");
    }
    let utf_16: Vec<u8> = valid().to_string().encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_refused(&server, &utf_16, "malformed_json");
}

#[test]
fn what_is_no_json_is_refused_with_its_place_and_not_repeated() {
    let server = Server::start();
    for body in [
        "",
        " ",
        "{",
        "{]",
        "{'a':1}",
        "{\"a\":1,}",
        "{\"a\":01}",
        "{\"a\":NaN}",
        "{\"a\":.5}",
        "secret",
        "{}{}",
        "// {}\n{}",
    ] {
        let reply = send(&server, body.as_bytes());
        assert_eq!((reply.status, reply.code().as_str()), (400, "malformed_json"), "{body}");
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("line 1") || detail.contains("line 2"), "{body}: {detail}");
        assert!(!detail.contains("secret"), "{detail}");
    }
}

#[test]
fn json_that_is_no_object_is_refused() {
    let server = Server::start();
    for body in ["null", "[]", "[{}]", "\"text\"", "5", "-0", "true"] {
        assert_problem(&server, body.as_bytes(), "", "wrong_type");
    }
    for body in ["{\"VisitorIdentifierOptions\":", "{\"Labels\":"] {
        let reply = send(&server, format!("{body}{{}}}}").as_bytes());
        assert!(reply.problems().iter().any(|(_, code)| code == "wrong_type"), "{reply:?}");
    }
}

#[test]
fn a_name_that_appears_twice_is_refused_whatever_its_case() {
    let server = Server::start();
    let twice = |other: &str| valid().to_string().replacen('{', &format!("{{{other},"), 1).into_bytes();
    // The pointer has the spelling of the second.
    let problem = |body: &[u8]| {
        let reply = send(&server, body);
        assert_eq!(reply.status, 400);
        reply.problems().into_iter().map(|(pointer, code)| (pointer.to_lowercase(), code)).collect::<Vec<_>>()
    };
    for name in ["PipelineStage", "pipelinestage", "PIPELINESTAGE", "Pipeline\\u0053tage"] {
        let expected = [("/pipelinestage".to_owned(), "duplicate_key".to_owned())];
        assert_eq!(problem(&twice(&format!("\"{name}\":\"Won\""))), expected, "{name}");
    }
    let unknown = [("/extra".to_owned(), "duplicate_key".to_owned())];
    assert_eq!(problem(&twice("\"extra\":1,\"EXTRA\":2")), unknown, "of members that are not known too");
    let options = body("VisitorIdentifierOptions", r#"[{"Key":"RaId","key":"RaId","Value":"v"}]"#);
    assert_eq!(
        problem(&options),
        [("/visitoridentifieroptions/0/key".to_owned(), "duplicate_key".to_owned())]
    );
    assert_eq!(server.get("/api/v1/sites/s/opportunities/H").status, 404);
}

#[test]
fn numbers_beyond_all_measure_are_refused_as_amounts_and_ignored_elsewhere() {
    let server = Server::start();
    let long = format!("1{}", "0".repeat(400));
    let longer = "9".repeat(100_000);
    for (value, code) in [
        ("1e308", "out_of_range"),
        ("-1e308", "out_of_range"),
        ("1e309", "out_of_range"),
        ("1e999999999", "out_of_range"),
        ("1e99999999999999999999", "not_a_number"),
        ("1e-99999", "too_many_decimals"),
        (long.as_str(), "not_a_number"),
        (longer.as_str(), "not_a_number"),
    ] {
        assert_problem(&server, &body("OpportunityValue", value), "/OpportunityValue", code);
        assert_problem(
            &server,
            &body("OpportunityValue", &format!("\"{value}\"")),
            "/OpportunityValue",
            code,
        );
        let reply = send(&server, &body("Unknown", value));
        assert_eq!(reply.status, 201, "{}", reply.text());
    }
}

#[test]
fn nul_is_refused_wherever_it_would_be_stored() {
    let server = Server::start();
    let nul = "\"a\\u0000b\"";
    assert_problem(&server, &body("PipelineStage", nul), "/PipelineStage", "contains_nul");
    assert_problem(&server, &body("Reference", nul), "/Reference", "contains_nul");
    assert_problem(&server, &body("Labels", &format!("[\"x\",{nul}]")), "/Labels/1", "contains_nul");
    let options = format!("[{{\"Key\":\"RaId\",\"Value\":{nul}}}]");
    let pointer = "/VisitorIdentifierOptions/0/Value";
    assert_problem(&server, &body("VisitorIdentifierOptions", &options), pointer, "contains_nul");
    for (property, pointer) in
        [("Name", "/AdditionalDataProperties/0/Name"), ("Value", "/AdditionalDataProperties/0/Value")]
    {
        let other = if property == "Name" { "Value" } else { "Name" };
        let properties = format!("[{{\"{property}\":{nul},\"{other}\":\"x\"}}]");
        assert_problem(&server, &body("AdditionalDataProperties", &properties), pointer, "contains_nul");
    }
    assert_problem(&server, &body("OpportunityValue", nul), "/OpportunityValue", "not_a_number");
    assert_problem(&server, &body("OpportunityDateTime", nul), "/OpportunityDateTime", "not_a_date");
    assert_problem(&server, &body("CurrencyCode", nul), "/CurrencyCode", "unknown_currency");
    assert_refused(&server, &body("PipelineStage", "\"a\0b\""), "malformed_json");
    assert_refused(&server, &[&valid().to_string().into_bytes()[..], b"\0"].concat(), "malformed_json");
}

#[test]
fn lone_surrogates_are_refused_where_they_would_be_stored() {
    let server = Server::start();
    for surrogate in ["\"\\ud800\"", "\"a\\udc00b\"", "\"\\ud800\\ud800\"", "\"\\ud83d\\u0020\""] {
        for field in ["PipelineStage", "Reference", "CurrencyCode", "OpportunityDateTime"] {
            let reply = send(&server, &body(field, surrogate));
            assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_body"), "{field} {surrogate}");
            assert!(reply.problems().iter().any(|(pointer, _)| *pointer == format!("/{field}")), "{reply:?}");
        }
        let name = valid().to_string().replacen('{', &format!("{{{surrogate}:1,"), 1);
        assert_eq!(send(&server, name.as_bytes()).status, 400, "as a name: {surrogate}");
    }
    assert_eq!(
        send(&server, &body("PipelineStage", "\"\\ud83e\\udd80\"")).status,
        201,
        "a pair is a character"
    );
    assert_eq!(server.opportunity("H")["stage"], "🦀");
}

#[test]
fn a_megabyte_of_text_is_too_long_for_every_field() {
    let server = Server::start_with(&[("TOUCHLINE_LIMITS_BODY_BYTES", "4194304")]);
    let megabyte = format!("\"{}\"", "x".repeat(1 << 20));
    let escaped = format!("\"{}\"", "\\u00e9".repeat(1 << 18));
    for text in [&megabyte, &escaped] {
        for (member, value, pointer, code) in [
            ("Reference", text.clone(), "/Reference", "too_long"),
            ("PipelineStage", text.clone(), "/PipelineStage", "too_long"),
            ("Labels", format!("[{text}]"), "/Labels/0", "too_long"),
            ("OpportunityValue", text.clone(), "/OpportunityValue", "not_a_number"),
            ("OpportunityDateTime", text.clone(), "/OpportunityDateTime", "not_a_date"),
            ("CurrencyCode", text.clone(), "/CurrencyCode", "unknown_currency"),
        ] {
            assert_problem(&server, &body(member, &value), pointer, code);
        }
        for (key, pointer, code) in [
            ("\"RaId\"", "/VisitorIdentifierOptions/0/Value", "too_long"),
            ("\"EmailAddress\"", "/VisitorIdentifierOptions/0/Value", "too_long"),
            ("\"PhoneNumber\"", "/VisitorIdentifierOptions/0/Value", "too_long"),
            ("\"CookieValue\"", "/VisitorIdentifierOptions/0/Value", "too_long"),
            (text.as_str(), "/VisitorIdentifierOptions/0/Key", "unknown_key"),
        ] {
            let value = if key.len() < 20 { text.as_str() } else { "\"v\"" };
            let options = format!("[{{\"Key\":{key},\"Value\":{value}}}]");
            assert_problem(&server, &body("VisitorIdentifierOptions", &options), pointer, code);
        }
        let properties = format!("[{{\"Name\":\"n\",\"Value\":{text}}}]");
        let pointer = "/AdditionalDataProperties/0/Value";
        assert_problem(&server, &body("AdditionalDataProperties", &properties), pointer, "too_long");
        assert_eq!(send(&server, &body("Unknown", text)).status, 201, "what is not stored may be long");
    }
}

#[test]
fn a_megabyte_is_more_than_the_default_limit_allows() {
    let server = Server::start();
    let megabyte = format!("\"{}\"", "x".repeat(1 << 20));
    for member in ["PipelineStage", "Unknown"] {
        let reply = send(&server, &body(member, &megabyte));
        assert_eq!((reply.status, reply.code().as_str()), (413, "body_too_large"));
        assert!(reply.text().contains("262144"), "the limit is named: {}", reply.text());
    }
}

#[test]
fn the_limits_of_texts_and_lists_are_exact() {
    let server = Server::start();
    let text = |length: usize| format!("\"{}\"", "é".repeat(length));
    let list = |length: usize, item: fn(usize) -> String| {
        format!("[{}]", (0..length).map(item).collect::<Vec<_>>().join(","))
    };
    let identifier = |number: usize| format!("{{\"Key\":\"RaId\",\"Value\":\"{number}\"}}");
    let label = |number: usize| number.to_string();
    let property = |number: usize| format!("{{\"Name\":\"{number}\",\"Value\":\"x\"}}");
    let long_property = |length: usize| format!("[{{\"Name\":\"n\",\"Value\":{}}}]", text(length));
    let long_identifier =
        |length: usize| format!("[{{\"Key\":\"PayloadValue\",\"Value\":{}}}]", text(length));
    for (member, allowed, refused, pointer, code) in [
        ("Reference", text(255), text(256), "/Reference", "too_long"),
        ("PipelineStage", text(255), text(256), "/PipelineStage", "too_long"),
        (
            "VisitorIdentifierOptions",
            long_identifier(512),
            long_identifier(513),
            "/VisitorIdentifierOptions/0/Value",
            "too_long",
        ),
        (
            "VisitorIdentifierOptions",
            list(50, identifier),
            list(51, identifier),
            "/VisitorIdentifierOptions",
            "too_many",
        ),
        ("Labels", list(100, label), list(101, label), "/Labels", "too_many"),
        (
            "AdditionalDataProperties",
            list(100, property),
            list(101, property),
            "/AdditionalDataProperties",
            "too_many",
        ),
        (
            "AdditionalDataProperties",
            long_property(4_096),
            long_property(4_097),
            "/AdditionalDataProperties/0/Value",
            "too_long",
        ),
    ] {
        let reply = send(&server, &body(member, &allowed));
        assert_eq!(reply.status, 201, "{member}: {}", reply.text());
        assert_problem(&server, &body(member, &refused), pointer, code);
    }
}

#[test]
fn nesting_costs_no_stack_wherever_it_stands() {
    let server = Server::start();
    let deep = nested(100_000);
    assert_problem(&server, deep.as_bytes(), "", "wrong_type");
    for member in ["Reference", "PipelineStage", "OpportunityValue", "OpportunityDateTime", "CurrencyCode"] {
        assert_problem(&server, &body(member, &deep), &format!("/{member}"), "wrong_type");
    }
    assert_problem(&server, &body("Labels", &deep), "/Labels/0", "wrong_type");
    for list in ["VisitorIdentifierOptions", "AdditionalDataProperties"] {
        assert_problem(&server, &body(list, &deep), &format!("/{list}/0"), "wrong_type");
    }
    assert_eq!(send(&server, &body("Unknown", &deep)).status, 201);
    let objects = "{\"\":".repeat(40_000) + "1" + &"}".repeat(40_000);
    assert_eq!(send(&server, &body("Unknown", &objects)).status, 201);
    assert_eq!(send(&server, objects.as_bytes()).code(), "invalid_body");
    assert_refused(&server, "[".repeat(100_000).as_bytes(), "malformed_json");
    assert_refused(&server, &body("Unknown", &"{\"a\":[".repeat(30_000)), "malformed_json");

    for item in [deep.clone(), String::from_utf8(body("Reference", &deep)).unwrap()] {
        let batch = format!("[{},{item},{}]", valid(), with(valid(), json!({ "Reference": "H2" })));
        let reply = server.request("POST", "/api/v1/sites/s/opportunities/batch", &JSON, batch.as_bytes());
        let answer = reply.json();
        assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(2), &json!(1)), "{answer}");
    }
}

#[test]
fn an_object_of_a_hundred_thousand_members_is_refused_at_once() {
    let server = Server::start_with(&[("TOUCHLINE_LIMITS_BODY_BYTES", "4194304")]);
    let members: Vec<_> = (0..100_000).map(|number| format!("\"m{number}\":0")).collect();
    let object = format!("{{{}}}", members.join(","));
    assert_problem(&server, object.as_bytes(), "", "too_many");
    let options = format!("[{object}]");
    assert_problem(
        &server,
        &body("VisitorIdentifierOptions", &options),
        "/VisitorIdentifierOptions/0",
        "too_many",
    );
    assert_eq!(send(&server, &body("Unknown", &object)).status, 201, "what is not read may have any shape");
    let labels = format!("[{}]", vec!["1"; 100_000].join(","));
    assert_problem(&server, &body("Labels", &labels), "/Labels", "too_many");
}
