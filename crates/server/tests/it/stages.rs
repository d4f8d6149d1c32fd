//! Pipeline stages that a site has configured: what they mean, and what becomes of others.

use crate::harness::{Reply, Server, opportunity, run_ok, wait_for};
use serde_json::json;

const STAGES: [&str; 6] =
    ["--stage", "Proposal=opportunity", "--stage", "Closed = won=won", "--stage", "New=lead"];

/// A server whose site has stages configured.
fn start(strict: &str) -> Server {
    Server::start_after(&[], |data| {
        run_ok(data, &[&["site", "set", "--id", "s", "--strict-stages", strict][..], &STAGES].concat());
    })
}

fn upload(server: &Server, reference: &str, stage: &str) -> Reply {
    let headers = [("Content-Type", "application/json"), ("Prefer", "return=representation")];
    let body = opportunity(reference, stage, "5", "2024-01-15").to_string();
    server.request("PUT", "/v1/s/opportunity/upload", &headers, body.as_bytes())
}

#[test]
fn configured_stages_have_a_meaning_in_answers() {
    let server = start("false");
    for (reference, stage, milestone) in
        [("A", "Proposal", "opportunity"), ("B", "Closed = won", "won"), ("C", "New", "lead")]
    {
        assert_eq!(upload(&server, reference, stage).status, 201);
        let record = server.opportunity(reference);
        assert_eq!((&record["stage"], &record["milestone"]), (&json!(stage), &json!(milestone)));
    }
    assert_eq!(upload(&server, "D", "Anything").status, 201);
    assert_eq!(
        server.opportunity("D").get("milestone"),
        None,
        "a stage that is not configured means nothing yet"
    );
    let totals = server.json("/api/v1/sites/s/pipeline")["opportunities"].clone();
    let expected = json!([
        { "stage": "Anything", "currency": "GBP", "count": 1, "amount": "5.00" },
        { "stage": "Closed = won", "milestone": "won", "currency": "GBP", "count": 1, "amount": "5.00" },
        { "stage": "New", "milestone": "lead", "currency": "GBP", "count": 1, "amount": "5.00" },
        { "stage": "Proposal", "milestone": "opportunity", "currency": "GBP", "count": 1, "amount": "5.00" },
    ]);
    assert_eq!(totals, expected);
}

#[test]
fn a_stage_in_another_case_is_kept_as_sent_with_a_warning() {
    for strict in ["false", "true"] {
        let server = start(strict);
        let reply = upload(&server, "A", "PROPOSAL");
        assert_eq!(reply.status, 201, "{}", reply.text());
        let answer = reply.json();
        let warnings = answer["warnings"].as_array().unwrap();
        assert_eq!(warnings.len(), 1, "{answer}");
        assert_eq!(
            (&warnings[0]["code"], &warnings[0]["pointer"]),
            (&json!("stage_case"), &json!("/PipelineStage"))
        );
        assert!(warnings[0]["detail"].as_str().unwrap().contains("'Proposal'"), "{answer}");
        let record = &answer["record"];
        assert_eq!((&record["stage"], &record["milestone"]), (&json!("PROPOSAL"), &json!("opportunity")));
        assert_eq!(upload(&server, "B", "Proposal").json()["warnings"], json!([]));
    }
}

#[test]
fn a_strict_site_refuses_stages_that_are_not_configured() {
    let server = start("true");
    assert_eq!(upload(&server, "A", "Proposal").status, 201);
    let reply = upload(&server, "B", "Anything");
    assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_body"));
    assert_eq!(reply.problems(), [("/PipelineStage".into(), "unknown_stage".into())]);
    assert_eq!(server.get("/api/v1/sites/s/opportunities/B").status, 404);
    let batch =
        json!([opportunity("B", "Anything", "5", "2024-01-15"), opportunity("C", "New", "5", "2024-01-15")]);
    let headers = [("Content-Type", "application/json")];
    let reply =
        server.request("POST", "/api/v1/sites/s/opportunities/batch", &headers, batch.to_string().as_bytes());
    let answer = reply.json();
    assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(1), &json!(1)), "{answer}");
    assert_eq!(answer["results"][0]["errors"][0]["code"], "unknown_stage");
}

#[test]
fn a_running_server_follows_what_is_set() {
    let server = Server::start();
    assert_eq!(upload(&server, "A", "Anything").status, 201);
    run_ok(
        server.data.path(),
        &["site", "set", "--id", "s", "--stage", "Proposal=opportunity", "--strict-stages", "true"],
    );
    wait_for("the running server refuses other stages", || {
        (upload(&server, "A", "Anything").status == 400).then_some(())
    });
    assert_eq!(server.opportunity("A")["stage"], "Anything", "what was stored before stays");
    run_ok(server.data.path(), &["site", "set", "--id", "s", "--strict-stages", "false"]);
    wait_for("the running server accepts them again", || {
        (upload(&server, "A", "Anything").status == 201).then_some(())
    });
    assert_eq!(
        upload(&server, "B", "Proposal").json()["record"]["milestone"],
        "opportunity",
        "the stages are still set"
    );
}
