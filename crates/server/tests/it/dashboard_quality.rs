//! The page about data quality: what it counts is what the API counts, and what was refused is there with its problems and
//! without what was sent.

use crate::browser::{Browser, between};
use crate::harness::{Server, new_token, opportunity, run_ok, with};
use crate::sent::{email, ra_id};
use serde_json::{Value, json};

const PAGE: &str = "/sites/s/quality?period=all";

fn visit(server: &Server, visitor: u32, url: &str) {
    server.visit(&raid(visitor), "2024-01-10T10:00:00Z", url);
}

fn raid(visitor: u32) -> String {
    format!("8d3c8f52-6f0c-4f0e-9d0e-1f2a3b4c{visitor:04}")
}

fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}: {page}"));
    rest.split("<div class=\"section\"").next().unwrap()
}

#[test]
fn the_match_rate_is_what_the_report_says() {
    let server = Server::start();
    visit(&server, 1, "https://shop.example/?utm_source=x&utm_medium=email");
    for (number, key, value) in [(1, "RaId", raid(1)), (2, "EmailAddress", "nobody@example.com".to_owned())] {
        let mut upload = opportunity(&format!("OPP-{number}"), "Won", "1000.10", "2024-01-12");
        upload["VisitorIdentifierOptions"] = json!([{ "Key": key, "Value": value }]);
        assert_eq!(server.upload(&upload).status, 201);
    }
    let page = Browser::with(&server, &server.token).page(PAGE);
    let report = server.json("/api/v1/sites/s/report?by=found");
    assert_eq!(report["rows"].as_array().unwrap().len(), 2);
    for row in report["rows"].as_array().unwrap() {
        let found = row["values"]["found"].as_str().unwrap();
        let told = between(section(&page, "matched"), &format!("where=found:{found}"), "</tr>");
        let value = row["models"][0]["value"].as_str().unwrap();
        assert!(told.contains("50.0%") && told.contains(&format!("value=\"{value}\"")), "{row}: {told}");
    }
    assert!(section(&page, "untagged").contains("1 of 1 visits"), "no campaign: {page}");
    assert!(section(&page, "sources").contains("the CRM"));
}

#[test]
fn campaigns_with_nearly_one_name_stand_side_by_side() {
    let server = Server::start();
    for (visitor, campaign) in
        [(1, "Spring%20Sale"), (2, "spring_sale"), (3, "%3Cb%3Eother"), (4, "autumn"), (5, "%3Cb%3EOther")]
    {
        visit(
            &server,
            visitor,
            &format!("https://shop.example/?utm_source=x&utm_medium=email&utm_campaign={campaign}"),
        );
    }
    let page = Browser::with(&server, &server.token).page(PAGE);
    let campaigns = section(&page, "campaigns");
    assert!(campaigns.contains(">Spring Sale<") && campaigns.contains(">spring_sale<"), "{campaigns}");
    assert!(campaigns.contains("where=campaign:Spring%20Sale%7Cspring_sale"), "{campaigns}");
    assert!(campaigns.contains("&lt;b&gt;other") && !page.contains("<b>other") && !page.contains("<b>Other"));
    assert!(!campaigns.contains("autumn"));
}

#[test]
fn a_refused_upload_is_there_with_its_problems_and_without_what_was_sent() {
    let server = Server::start();
    let browser = Browser::with(&server, &server.token);
    let secret = "ann.secret@example.com";
    let mut wrong = with(opportunity("<OPP>", "Won", "a-secret-value", "never"), json!({}));
    wrong["VisitorIdentifierOptions"] = json!([{ "Key": "EmailAddress", "Value": secret }]);
    assert_eq!(server.upload(&wrong).status, 400);
    let tried = server.put(
        "/v1/s/opportunity/upload?validateOnly=true",
        &with(wrong.clone(), json!({ "Reference": "TRIED" })),
    );
    assert_eq!(tried.status, 400);
    let batch: Value = json!([
        opportunity("OPP-1", "Won", "1", "2024-01-12"),
        with(wrong, json!({ "Reference": "IN-BATCH" }))
    ]);
    let headers = [("Content-Type", "application/json")];
    let sent =
        server.request("POST", "/api/v1/sites/s/opportunities/batch", &headers, batch.to_string().as_bytes());
    assert_eq!(sent.json()["rejected"], 1);
    let page = browser.page(PAGE);
    let refused = section(&page, "refused");
    assert!(
        refused.contains("&lt;OPP&gt;")
            && refused.contains("IN-BATCH")
            && refused.contains("item 1 of a batch"),
        "{refused}"
    );
    assert!(refused.contains("/OpportunityValue") && refused.contains("/OpportunityDateTime"), "{refused}");
    assert!(!refused.contains("secret") && !page.contains(secret) && !refused.contains("TRIED"), "{refused}");
    let batches = section(&page, "batches");
    assert!(batches.contains("With refusals"), "{batches}");
    let unknown = server.request_as("tl_wrong", "PUT", "/v1/s/opportunity/upload", &headers, b"{");
    assert_eq!(unknown.status, 401);
    assert!(
        section(&browser.page(PAGE), "refused").matches("<td class=\"when\">").count() == 2,
        "strangers leave nothing"
    );
}

#[test]
fn an_erasure_takes_references_out_of_the_log() {
    let server = Server::start();
    assert_eq!(server.upload(&opportunity("OPP-GONE", "Won", "1", "2024-01-12")).status, 201);
    assert_eq!(server.upload(&opportunity("OPP-GONE", "Won", "x", "2024-01-13")).status, 400);
    let gone = server.request("DELETE", "/api/v1/sites/s/people?email=ann@example.com", &[], b"");
    assert_eq!(gone.status, 200, "{}", gone.text());
    assert!(!Browser::with(&server, &server.token).page(PAGE).contains("OPP-GONE"));
}

#[test]
fn a_guarded_identifier_is_allowed_and_left_to_the_guards_again_by_an_administrator() {
    let server = Server::start_after(&[], |data| {
        run_ok(data, &["site", "set", "--id", "s", "--guard-visitors", "1"]);
    });
    for visitor in ["v-1", "v-2"] {
        let named = [ra_id(visitor), email("info@example.com")];
        server.form(visitor, "2024-01-01T10:01:00Z", &named, &[]);
    }
    server.deal("OPP-1", "2024-02-01", &[email("info@example.com")]);
    assert_eq!(
        server.json("/api/v1/sites/s/identifiers/guarded")["identifiers"].as_array().unwrap().len(),
        1
    );
    let browser = Browser::with(&server, &server.token);
    let told = |browser: &Browser<'_>| section(&browser.page(PAGE), "guarded").to_owned();
    assert!(told(&browser).contains("info@example.com"), "{}", told(&browser));
    let reader = Browser::with(&server, &new_token(server.data.path(), "s", "read"));
    assert!(!told(&reader).contains("<form"));
    let fields = |allow| [("kind", "EmailAddress"), ("value", "info@example.com"), ("allow", allow)];
    assert_eq!(reader.post("/sites/s/quality/allowed", &fields("yes")).status, 403);
    let allowed =
        || server.json("/api/v1/sites/s/identifiers/allowed")["identifiers"].as_array().unwrap().len();
    for (allow, count) in [("yes", 1), ("no", 0)] {
        assert_eq!(browser.post("/sites/s/quality/allowed", &fields(allow)).status, 303);
        assert_eq!(allowed(), count);
    }
    assert_eq!(browser.post("/sites/s/quality/allowed", &[("kind", "Nothing"), ("value", "x")]).status, 400);
}
