//! Failures: their shape, and that each names everything that is wrong.

use crate::harness::{Reply, Server, opportunity, with};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const UPLOAD: &str = "/v1/s/opportunity/upload";
const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A failure has the members of RFC 9457 and ours, and agrees with its own headers.
fn assert_problem(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.code().as_str()), (status, code), "{reply:?}");
    let problem = reply.json();
    let members: BTreeSet<_> = problem.as_object().unwrap().keys().map(String::as_str).collect();
    let required = BTreeSet::from(["type", "title", "status", "code", "detail", "requestId"]);
    let optional = BTreeSet::from(["errors", "results"]);
    assert!(members.is_superset(&required), "{problem}");
    assert!(members.difference(&required).all(|member| optional.contains(member)), "{problem}");
    assert_eq!(problem["type"], format!("/docs#{code}"));
    assert_eq!(problem["status"], status);
    assert_eq!(problem["requestId"], reply.header("x-request-id").unwrap());
    for text in ["title", "detail"] {
        assert!(problem[text].as_str().unwrap().len() > 10, "{text}: {problem}");
    }
    for error in problem.get("errors").and_then(Value::as_array).into_iter().flatten() {
        let members: Vec<_> = error.as_object().unwrap().keys().collect();
        assert_eq!(members, ["code", "detail", "pointer"]);
    }
}

/// Pointers and codes in order, for comparing.
fn sorted(reply: &Reply) -> Vec<(String, String)> {
    let mut problems = reply.problems();
    problems.sort();
    problems
}

fn owned<const N: usize>(problems: [(&str, &str); N]) -> Vec<(String, String)> {
    problems.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
}

#[test]
fn an_empty_object_is_told_everything_that_it_lacks() {
    let server = Server::start();
    let reply = server.upload(&json!({}));
    assert_problem(&reply, 400, "invalid_body");
    let expected = [
        ("/CurrencyCode", "required"),
        ("/OpportunityDateTime", "required"),
        ("/OpportunityValue", "required"),
        ("/PipelineStage", "required"),
        ("/VisitorIdentifierOptions", "required"),
    ];
    assert_eq!(sorted(&reply), owned(expected));
    let in_the_words_of_the_wire = "at least one visitor identifier must be provided.";
    assert!(reply.text().to_lowercase().contains(in_the_words_of_the_wire), "{}", reply.text());
}

#[test]
fn every_problem_of_a_request_is_reported_at_once() {
    let server = Server::start();
    let body = json!({
        "Reference": "x".repeat(256), "OpportunityValue": "ten", "OpportunityDateTime": "15/01/2024", "PipelineStage": [],
        "CurrencyCode": "GBX", "Labels": ["good", {}, "y".repeat(256)],
        "VisitorIdentifierOptions": [
            { "Key": "EmailAddress", "Value": "ann@example.com" },
            { "Key": "Fax", "Value": "1" },
            { "Value": "1" },
            { "Key": "RaId", "Value": {} },
            "ann@example.com",
            { "Key": "RaId", "Value": "z".repeat(513) },
        ],
        "AdditionalDataProperties": [{ "Value": "no name" }, { "Name": "n", "Value": [] }, 7],
    });
    let reply = server.upload(&body);
    assert_problem(&reply, 400, "invalid_body");
    let expected = [
        ("/AdditionalDataProperties/0/Name", "required"),
        ("/AdditionalDataProperties/1/Value", "wrong_type"),
        ("/AdditionalDataProperties/2", "wrong_type"),
        ("/CurrencyCode", "unknown_currency"),
        ("/Labels/1", "wrong_type"),
        ("/Labels/2", "too_long"),
        ("/OpportunityDateTime", "not_a_date"),
        ("/OpportunityValue", "not_a_number"),
        ("/PipelineStage", "wrong_type"),
        ("/Reference", "too_long"),
        ("/VisitorIdentifierOptions/1/Key", "unknown_key"),
        ("/VisitorIdentifierOptions/2/Key", "required"),
        ("/VisitorIdentifierOptions/3/Value", "wrong_type"),
        ("/VisitorIdentifierOptions/4", "wrong_type"),
        ("/VisitorIdentifierOptions/5/Value", "too_long"),
    ];
    assert_eq!(sorted(&reply), owned(expected));
    for error in reply.json()["errors"].as_array().unwrap() {
        let detail = error["detail"].as_str().unwrap();
        assert!(detail.starts_with('\'') && detail.contains("' must") && detail.ends_with('.'), "{detail}");
    }
}

#[test]
fn pointers_have_the_spelling_that_was_sent() {
    let server = Server::start();
    let body = opportunity("E", "Proposal", "5", "2024-01-15").to_string();
    let body = body
        .replace("OpportunityValue\":\"5\"", "opportunityVALUE\":\"x\"")
        .replace("\"Key\":\"Email", "\"KEY\":\"Fax");
    let reply = server.request("PUT", UPLOAD, &[JSON], body.as_bytes());
    assert_eq!(
        sorted(&reply),
        owned([("/VisitorIdentifierOptions/0/KEY", "unknown_key"), ("/opportunityVALUE", "not_a_number")])
    );
    let body = opportunity("E", "Proposal", "5", "2024-01-15").to_string().replacen(
        '{',
        r#"{"a/b~c":1,"a/b~c":2,"#,
        1,
    );
    let reply = server.request("PUT", UPLOAD, &[JSON], body.as_bytes());
    assert_eq!(reply.problems(), owned([("/a~1b~0c", "duplicate_key")]), "escaped as RFC 6901 says");
}

#[test]
fn there_is_an_end_to_the_problems_of_one_answer() {
    let server = Server::start_with(&[("TOUCHLINE_LIMITS_BODY_BYTES", "4194304")]);
    let options: Vec<Value> = (0..50).map(|_| json!({ "Key": "?", "Value": [] })).collect();
    let labels = vec![json!([]); 100];
    let body =
        with(opportunity("E", "", "", ""), json!({ "VisitorIdentifierOptions": options, "Labels": labels }));
    let reply = server.upload(&body);
    assert_problem(&reply, 400, "invalid_body");
    assert_eq!(reply.problems().len(), 100);
}

#[test]
fn a_plain_request_id_is_echoed_and_any_other_replaced() {
    let server = Server::start();
    let ask = |id: &str| server.request("GET", "/nowhere", &[("X-Request-Id", id)], b"");
    for id in ["a", "3fa85f64-5717-4562-b3fc-2c963f66afa6", "crm:sync_1.2", &"x".repeat(64)] {
        let reply = ask(id);
        assert_eq!(reply.header("x-request-id"), Some(id));
        assert_problem(&reply, 404, "route_not_found");
    }
    for id in ["", "a b", "<script>", "{}", "é", "a\tb", "a,b", &"x".repeat(65)] {
        let reply = ask(id);
        let own = reply.header("x-request-id").unwrap();
        assert!(
            own != id && own.len() == 16 && own.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{own:?} for {id:?}"
        );
        assert_problem(&reply, 404, "route_not_found");
    }
    let (one, other) = (server.get("/healthz"), server.get("/healthz"));
    assert_eq!(one.status, 200);
    assert_ne!(one.header("x-request-id").unwrap(), other.header("x-request-id").unwrap());
}

#[test]
fn what_is_not_there_is_not_found() {
    let server = Server::start();
    for path in [
        "/nowhere",
        "/v1",
        "/v1/s",
        "/v1/s/opportunity",
        "/v1/s/opportunity/upload/",
        "/V1/s/opportunity/upload",
        "/api/v1/sites",
        "/api/v1/sites/s",
        "/api/v2/sites/s/pipeline",
        "/docs/nothing",
    ] {
        for method in ["GET", "PUT", "DELETE", "BREW"] {
            assert_problem(&server.request(method, path, &[], b""), 404, "route_not_found");
        }
    }
    assert_eq!(server.upload(&opportunity("E", "Proposal", "5", "2024-01-15")).status, 201);
    for path in
        ["opportunities/nothing", "opportunities/e", "opportunities/E%20E", "revenue/E", "revenue/nothing"]
    {
        for method in ["GET", "DELETE"] {
            assert_problem(
                &server.request(method, &format!("/api/v1/sites/s/{path}"), &[], b""),
                404,
                "record_not_found",
            );
        }
    }
}

#[test]
fn a_reference_in_an_address_must_be_one() {
    let server = Server::start();
    let long = "x".repeat(256);
    for (reference, code) in [("%00", "contains_nul"), ("%20", "empty"), (long.as_str(), "too_long")] {
        let reply = server.get(&format!("/api/v1/sites/s/opportunities/{reference}"));
        assert_problem(&reply, 400, "invalid_query");
        assert_eq!(reply.problems(), owned([("reference", code)]));
    }
    for reference in ["%ff", "%c0%af", "a%ed%a0%80"] {
        let reply = server.get(&format!("/api/v1/sites/s/opportunities/{reference}"));
        assert_problem(&reply, 400, "invalid_query");
    }
}

#[test]
fn a_method_that_is_not_served_is_answered_with_those_that_are() {
    let server = Server::start();
    for (path, method, allowed) in [
        ("/v1/s/opportunity/upload", "GET", "PUT"),
        ("/v1/s/opportunity/upload", "POST", "PUT"),
        ("/v1/s/revenue/upload", "DELETE", "PUT"),
        ("/v1/revenue/upload", "PATCH", "PUT"),
        ("/api/v1/sites/s/opportunities", "PUT", "GET,HEAD"),
        ("/api/v1/sites/s/opportunities", "DELETE", "GET,HEAD"),
        ("/api/v1/sites/s/opportunities/batch", "PUT", "POST"),
        ("/api/v1/sites/s/opportunities/x", "PUT", "DELETE,GET,HEAD"),
        ("/api/v1/sites/s/revenue/x", "POST", "DELETE,GET,HEAD"),
        ("/api/v1/sites/s/pipeline", "POST", "GET,HEAD"),
        ("/healthz", "DELETE", "GET,HEAD"),
        ("/openapi.json", "POST", "GET,HEAD"),
        ("/docs", "BREW", "GET,HEAD"),
    ] {
        let reply = server.request(method, path, &[], b"");
        assert_problem(&reply, 405, "method_not_allowed");
        let mut allow: Vec<_> = reply.header("allow").unwrap().split(',').map(str::trim).collect();
        allow.sort_unstable();
        assert_eq!(allow.join(","), allowed, "{method} {path}");
    }
}

#[test]
fn only_json_is_read_and_only_if_it_says_so() {
    let server = Server::start();
    let body = opportunity("E", "Proposal", "5", "2024-01-15").to_string();
    let put = |headers: &[(&str, &str)]| server.request("PUT", UPLOAD, headers, body.as_bytes());
    for media_type in [
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/xml",
        "",
        "json",
    ] {
        assert_problem(&put(&[("Content-Type", media_type)]), 415, "unsupported_media_type");
    }
    assert_problem(&put(&[]), 415, "unsupported_media_type");
    assert_eq!(server.get("/api/v1/sites/s/opportunities/E").status, 404);
    for media_type in [
        "application/json",
        "APPLICATION/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"",
        "application/vnd.crm+json",
    ] {
        assert_eq!(put(&[("Content-Type", media_type)]).status, 201, "{media_type}");
    }
    for media_type in ["text/csv", "multipart/form-data", ""] {
        let reply = server.request(
            "POST",
            "/api/v1/sites/s/opportunities/batch",
            &[("Content-Type", media_type)],
            b"[]",
        );
        assert_problem(&reply, 415, "unsupported_media_type");
    }
}

#[test]
fn every_code_leads_to_its_place_in_the_docs() {
    let server = Server::start();
    let docs = server.get("/docs");
    let failures = [
        server.get("/nowhere"),
        server.get("/api/v1/sites/s/opportunities/nothing"),
        server.get("/api/v1/sites/x/opportunities"),
        server.get("/api/v1/sites/s/opportunities?x=y"),
        server.request_as("tl_wrong", "GET", "/api/v1/sites/s/opportunities", &[], b""),
        server.request("DELETE", "/healthz", &[], b""),
        server.request("PUT", UPLOAD, &[], b"{}"),
        server.request("PUT", UPLOAD, &[JSON], b"{"),
        server.request("PUT", UPLOAD, &[JSON], b"{}"),
        server.request("PUT", UPLOAD, &[JSON], &vec![b' '; 300_000]),
    ];
    let types: BTreeSet<String> =
        failures.iter().map(|reply| reply.json()["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(types.len(), failures.len(), "each is another");
    for anchor in types {
        let id = anchor.strip_prefix("/docs#").unwrap();
        assert!(docs.text().contains(&format!("id=\"{id}\"")), "{anchor} leads nowhere");
    }
}
