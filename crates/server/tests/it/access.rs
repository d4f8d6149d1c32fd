//! Who may do what: tokens, scopes, sites and rates.

use crate::harness::{Reply, Server, new_token, opportunity, run_ok, wait_for};
use serde_json::json;

const UPLOAD: &str = "/v1/s/opportunity/upload";

/// Everything of an answer that a client can tell it by; the date moves on by itself.
fn seen(reply: &Reply) -> (u16, Vec<(String, String)>, String) {
    let headers = reply.headers.iter().filter(|(name, _)| name != "date").cloned().collect();
    (reply.status, headers, reply.text().to_owned())
}

fn upload_as(server: &Server, token: &str, path: &str) -> Reply {
    let headers = [("Content-Type", "application/json"), ("X-Request-Id", "same")];
    let body = opportunity("OPP-1", "Proposal", "5", "2024-01-15").to_string();
    server.request_as(token, "PUT", path, &headers, body.as_bytes())
}

fn assert_refused(reply: &Reply, status: u16, code: &str, challenge: &str) {
    assert_eq!((reply.status, reply.code().as_str()), (status, code), "{reply:?}");
    assert_eq!(reply.header("www-authenticate"), Some(challenge));
}

const REALM: &str = "Bearer realm=\"touchline\"";
const INVALID: &str = "Bearer realm=\"touchline\", error=\"invalid_token\"";
const INSUFFICIENT: &str = "Bearer realm=\"touchline\", error=\"insufficient_scope\"";

#[test]
fn without_a_token_the_challenge_names_no_error() {
    let server = Server::start();
    let ask = |headers: &[(&str, &str)]| {
        server.connect().request("GET", "/api/v1/sites/s/opportunities", headers, b"").unwrap()
    };
    assert_refused(&ask(&[]), 401, "token_missing", REALM);
    let basic = format!("Basic {}", server.token);
    for other in ["", "Bearer", &basic, &server.token] {
        assert_refused(&ask(&[("Authorization", other)]), 401, "token_missing", REALM);
    }
    for path in [UPLOAD, "/v1/s/revenue/upload", "/v1/revenue/upload"] {
        let reply =
            server.connect().request("PUT", path, &[("Content-Type", "application/json")], b"{}").unwrap();
        assert_refused(&reply, 401, "token_missing", REALM);
    }
    let scheme_in_any_case = format!("bEARER   {}", server.token);
    assert_eq!(ask(&[("Authorization", &scheme_in_any_case)]).status, 200);
    let in_query = format!("/api/v1/sites/s/opportunities?access_token={}", server.token);
    assert_refused(
        &server.connect().request("GET", &in_query, &[], b"").unwrap(),
        401,
        "token_missing",
        REALM,
    );
}

#[test]
fn a_wrong_token_is_refused_as_invalid() {
    let server = Server::start();
    let (start, upper) = (&server.token[..server.token.len() - 1], server.token.to_uppercase());
    let longer = format!("{}0", server.token);
    for wrong in ["x", "tl_", start, &upper, &longer, &"x".repeat(10_000), "a b"] {
        assert_refused(&upload_as(&server, wrong, UPLOAD), 401, "token_invalid", INVALID);
    }
    assert_eq!(server.get("/api/v1/sites/s/opportunities/OPP-1").status, 404);
}

#[test]
fn an_expired_or_revoked_token_is_answered_as_one_that_never_was() {
    let mut expired = String::new();
    let mut revoked = String::new();
    let server = Server::start_after(&[], |data| {
        let create = ["token", "create", "--site", "s", "--scope", "ingest", "--name", "short"];
        expired = run_ok(data, &[&create[..], &["--expires", "1s"]].concat()).trim().to_owned();
        revoked = new_token(data, "s", "ingest");
        let listed = run_ok(data, &["token", "list"]);
        let id = listed.lines().last().unwrap().split("  ").next().unwrap();
        run_ok(data, &["token", "revoke", id]);
    });
    wait_for("the token expires", || (upload_as(&server, &expired, UPLOAD).status == 401).then_some(()));
    let never = seen(&upload_as(&server, "tl_never", UPLOAD));
    assert_eq!(seen(&upload_as(&server, &expired, UPLOAD)), never);
    assert_eq!(seen(&upload_as(&server, &revoked, UPLOAD)), never);
    assert_refused(&upload_as(&server, &revoked, UPLOAD), 401, "token_invalid", INVALID);
}

#[test]
fn nobody_can_find_out_which_sites_there_are() {
    let server = Server::start_after(&[], |data| {
        run_ok(data, &["site", "add", "--id", "other", "--name", "Other"]);
    });
    let sites = ["other", "nowhere", "S", "a%20b", "%00", &"x".repeat(65)];
    let asked = |token: &str, site: &str, what: (&str, &str)| {
        let headers = [("Content-Type", "application/json"), ("X-Request-Id", "same")];
        let path = what.1.replace("{site}", site);
        seen(&server.request_as(token, what.0, &path, &headers, b"{}"))
    };
    for what in [
        ("PUT", "/v1/{site}/opportunity/upload"),
        ("PUT", "/v1/{site}/revenue/upload"),
        ("PUT", "/v1/{site}/adcosts"),
        ("PUT", "/v1/{site}/adcosts/google"),
        ("GET", "/api/v1/sites/{site}/costs"),
        ("POST", "/api/v1/sites/{site}/opportunities/batch"),
        ("GET", "/api/v1/sites/{site}/opportunities"),
        ("GET", "/api/v1/sites/{site}/revenue/x"),
        ("DELETE", "/api/v1/sites/{site}/opportunities/x"),
        ("GET", "/api/v1/sites/{site}/pipeline"),
        ("GET", "/api/v1/sites/{site}/people?email=ann@example.com"),
        ("DELETE", "/api/v1/sites/{site}/people"),
        ("GET", "/api/v1/sites/{site}/identifiers/guarded"),
        ("PUT", "/api/v1/sites/{site}/evidence/x/cut"),
    ] {
        let unknown = asked(&server.token, "unknown", what);
        assert_eq!(unknown.0, 403, "{what:?}");
        assert!(
            unknown.2.contains("site_not_allowed")
                && unknown.1.contains(&("www-authenticate".into(), INSUFFICIENT.into()))
        );
        for site in sites {
            assert_eq!(asked(&server.token, site, what), unknown, "{what:?} on {site}");
        }
        let wrong_token = asked("tl_wrong", "s", what);
        assert_eq!(wrong_token.0, 401, "{what:?}");
        for site in sites {
            assert_eq!(asked("tl_wrong", site, what), wrong_token, "{what:?} on {site}");
        }
    }
}

#[test]
fn a_token_does_what_its_scopes_say_and_nothing_else() {
    let (mut ingest, mut read, mut admin) = (String::new(), String::new(), String::new());
    let server = Server::start_after(&[], |data| {
        ingest = new_token(data, "s", "ingest");
        read = new_token(data, "s", "READ");
        admin = new_token(data, "s", "admin");
    });
    let json = [("Content-Type", "application/json")];
    let body = opportunity("OPP-1", "Proposal", "5", "2024-01-15").to_string();
    let batch = format!("[{body}]");
    let record = "/api/v1/sites/s/opportunities/OPP-1";
    let requests = [
        ("ingest", "PUT", UPLOAD, body.as_bytes()),
        ("ingest", "PUT", "/v1/s/revenue/upload?validateOnly=true", b"{}"),
        ("ingest", "POST", "/api/v1/sites/s/opportunities/batch", batch.as_bytes()),
        ("ingest", "POST", "/api/v1/sites/s/revenue/batch", b"[]"),
        ("read", "GET", "/api/v1/sites/s/opportunities", b""),
        ("read", "GET", "/api/v1/sites/s/revenue", b""),
        ("read", "GET", record, b""),
        ("read", "GET", "/api/v1/sites/s/revenue/x", b""),
        ("read", "GET", "/api/v1/sites/s/pipeline", b""),
        ("admin", "DELETE", "/api/v1/sites/s/revenue/x", b""),
        ("admin", "DELETE", record, b""),
    ];
    for (scope, method, path, body) in requests {
        for (held, token) in [("ingest", &ingest), ("read", &read), ("admin", &admin)] {
            let reply = server.request_as(token, method, path, &json, body);
            if held == scope {
                assert_ne!(reply.status, 403, "{held} allows {method} {path}");
                continue;
            }
            assert_refused(&reply, 403, "insufficient_scope", &format!("{INSUFFICIENT}, scope=\"{scope}\""));
            assert!(reply.json()["detail"].as_str().unwrap().contains(held), "{reply:?}");
        }
    }
}

#[test]
fn a_token_reaches_every_site_that_it_was_made_for() {
    let mut token = String::new();
    let server = Server::start_after(&[], |data| {
        for id in ["a", "b", "c"] {
            run_ok(data, &["site", "add", "--id", id, "--name", id]);
        }
        let printed =
            run_ok(data, &["token", "create", "--site", "a", "--site", "b", "--scope", "ingest,read"]);
        token = printed.trim().to_owned();
    });
    for (site, status) in [("a", 201), ("b", 201), ("c", 403), ("s", 403)] {
        assert_eq!(
            upload_as(&server, &token, &format!("/v1/{site}/opportunity/upload")).status,
            status,
            "{site}"
        );
    }
    let listed = server.request_as(&token, "GET", "/api/v1/sites/a/opportunities", &[], b"").json();
    assert_eq!(listed["records"].as_array().unwrap().len(), 1, "each site has its own");
}

#[test]
fn who_calls_too_often_waits_as_long_as_it_is_told() {
    let mut other = String::new();
    let limits = [("TOUCHLINE_LIMITS_REQUESTS_PER_SECOND", "1"), ("TOUCHLINE_LIMITS_REQUEST_BURST", "2")];
    let server = Server::start_after(&limits, |data| other = new_token(data, "s", "read"));
    let pipeline = "/api/v1/sites/s/pipeline";
    assert_eq!((server.get(pipeline).status, server.get(pipeline).status), (200, 200), "the burst");
    let over_rate = |reply: Reply| (reply.status == 429).then_some(reply);
    let limited = wait_for("more than one a second is too much", || over_rate(server.get(pipeline)));
    assert_eq!(limited.code(), "rate_limited");
    let wait: u64 = limited.header("retry-after").unwrap().parse().unwrap();
    assert_eq!(wait, 1);
    assert_eq!(
        server.request_as(&other, "GET", pipeline, &[], b"").status,
        200,
        "each token has its own rate"
    );
    assert_eq!(server.get("/healthz").status, 200);
    for _ in 0..5 {
        assert_eq!(server.request_as("tl_wrong", "GET", pipeline, &[], b"").status, 401);
    }
    wait_for("the token may call again", || (server.get(pipeline).status == 200).then_some(()));
    let upload = json!({}).to_string();
    let limited = wait_for("every route counts", || {
        over_rate(server.request("PUT", UPLOAD, &[("Content-Type", "application/json")], upload.as_bytes()))
    });
    assert_eq!(limited.code(), "rate_limited");
}
