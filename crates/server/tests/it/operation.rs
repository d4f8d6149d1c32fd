//! For whoever keeps it running: health, figures, the description, and an end that loses nothing.

use crate::harness::{Connection, Server, opportunity, run_ok, wait_for, without};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

const HEALTHZ_OK: &str = "touchline_http_requests_total{route=\"/healthz\",method=\"GET\",status=\"200\"}";

/// A figure of `/metrics`, by its name with labels, as it is written.
fn figure(server: &Server, name: &str) -> Option<String> {
    let metrics = server.get("/metrics").text().to_owned();
    metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).map(str::to_owned)
}

/// A counter, which is not written before it counts.
fn count(server: &Server, name: &str) -> i64 {
    figure(server, name).map_or(0, |value| value.parse().unwrap())
}

#[test]
fn health_and_readiness_need_no_token() {
    let server = Server::start();
    for (path, text) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let reply = server.connect().request("GET", path, &[], b"").unwrap();
        assert_eq!((reply.status, reply.text()), (200, text));
    }
}

#[test]
fn every_figure_is_there_and_moves_with_what_happens() {
    let server = Server::start_after(&[], |data| {
        run_ok(data, &["site", "set", "--id", "s", "--stage", "Proposal=opportunity"]);
    });
    let upload = "{route=\"/v1/{siteId}/opportunity/upload\",method=\"PUT\"";
    let names = [
        (format!("touchline_http_requests_total{upload},status=\"201\"}}"), 5),
        (format!("touchline_http_requests_total{upload},status=\"400\"}}"), 2),
        (format!("touchline_http_request_duration_seconds_count{upload}}}"), 7),
        ("touchline_rejected_total{code=\"invalid_body\"}".into(), 1),
        ("touchline_rejected_total{code=\"malformed_json\"}".into(), 1),
        ("touchline_rejected_total{code=\"route_not_found\"}".into(), 1),
        ("touchline_uploads_total{result=\"created\"}".into(), 3),
        ("touchline_uploads_total{result=\"updated\"}".into(), 1),
        ("touchline_uploads_total{result=\"unchanged\"}".into(), 1),
        ("touchline_generated_references_total".into(), 1),
        ("touchline_stage_case_mismatches_total".into(), 1),
    ];
    let before: Vec<i64> = names.iter().map(|(name, _)| count(&server, name)).collect();
    let (commits, writes) = ("touchline_store_commits_total", "touchline_store_committed_writes_total");
    let store_before = (count(&server, commits), count(&server, writes));
    for value in ["1", "2", "2"] {
        assert_eq!(server.upload(&opportunity("OPP-1", "Proposal", value, "2024-01-15")).status, 201);
    }
    let anonymous = without(opportunity("", "Proposal", "1", "2024-01-15"), "Reference");
    assert_eq!(server.upload(&anonymous).result(), "created");
    assert_eq!(server.upload(&opportunity("OPP-2", "PROPOSAL", "1", "2024-01-15")).result(), "created");
    server.upload(&json!({}));
    server.request("PUT", "/v1/s/opportunity/upload", &[("Content-Type", "application/json")], b"{");
    server.get("/nowhere");
    for ((name, moved), before) in names.iter().zip(before) {
        assert_eq!(count(&server, name) - before, *moved, "{name}");
    }
    let store = (count(&server, commits) - store_before.0, count(&server, writes) - store_before.1);
    // Journeys are written behind them, in commits of their own or in those of uploads.
    assert!(store.0 >= 5 && store.1 >= store.0, "one at a time, each is a commit of its own: {store:?}");
    let seconds: f64 = figure(&server, "touchline_store_commit_seconds_total").unwrap().parse().unwrap();
    assert!(seconds > 0.0);
    assert_eq!(figure(&server, "touchline_store_failed_commits_total").as_deref(), Some("0"));
    assert!(count(&server, "touchline_store_size_bytes") > 10_000);
    let metrics = server.get("/metrics");
    assert!(
        metrics.header("content-type").unwrap().starts_with("application/openmetrics-text; version=1.0.0")
    );
    assert!(metrics.text().ends_with("# EOF\n"));
    wait_for("nothing waits to be written", || {
        (figure(&server, "touchline_store_queue_depth").as_deref() == Some("0")).then_some(())
    });
}

#[test]
fn strangers_cannot_make_new_figures() {
    let server = Server::start();
    server.get("/healthz");
    let count = || server.get("/metrics").text().lines().count();
    for warm_up in ["/nowhere", "/api/v1/sites/x/opportunities/y"] {
        server.request("BREW", warm_up, &[], b"");
    }
    count();
    let before = count();
    for number in 0..50 {
        server.request(&format!("BREW{number}"), &format!("/nowhere/{number}"), &[], b"");
        server.request("BREW", &format!("/api/v1/sites/x{number}/opportunities/{number}"), &[], b"");
    }
    assert_eq!(count(), before);
}

#[test]
fn every_address_of_the_description_is_served() {
    let server = Server::start();
    let reply = server.connect().request("GET", "/openapi.json", &[], b"").unwrap();
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    let description = reply.json();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"), "{}", description["openapi"]);
    let mut served = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        let address = path.replace("{siteId}", "s").replace("{reference}", "OPP-1").replace("{fact}", "1");
        let address = address.replace("{exportId}", "1");
        assert!(!address.contains('{'), "{path} has a parameter that this test does not know");
        for method in ["get", "put", "post", "delete", "patch"] {
            let Some(operation) = item.get(method) else { continue };
            let reply = server.request(
                &method.to_uppercase(),
                &address,
                &[("Content-Type", "application/json")],
                b"{}",
            );
            let is_failure = reply.header("content-type") == Some("application/problem+json");
            let code = if is_failure { reply.code() } else { String::new() };
            assert!(
                code != "route_not_found" && code != "method_not_allowed" && reply.status < 500,
                "{method} {path}: {reply:?}"
            );
            let documented = operation["responses"].as_object().unwrap();
            assert!(
                documented.contains_key(&reply.status.to_string()),
                "{method} {path} answers {}",
                reply.status
            );
            served.insert(path.clone());
        }
    }
    for path in [
        "/v1/{siteId}/opportunity/upload",
        "/v1/{siteId}/revenue/upload",
        "/api/v1/sites/{siteId}/opportunities/batch",
    ] {
        assert!(served.contains(path), "{path} is described");
    }
    assert!(served.len() >= 12, "{served:?}");
}

#[test]
fn the_page_of_the_api_loads_nothing_from_elsewhere() {
    let server = Server::start();
    let page = server.get("/docs");
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let description = server.json("/openapi.json");
    for path in description["paths"].as_object().unwrap().keys() {
        assert!(page.text().contains(path.as_str()), "{path} is on the page");
    }
    for attribute in ["src=\"", "href=\""] {
        for target in page.text().split(attribute).skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let (address, anchor) = target.split_once('#').unwrap_or((target, ""));
            assert!(
                anchor.is_empty() || page.text().contains(&format!("id=\"{anchor}\"")),
                "{target} leads nowhere"
            );
            assert!(
                address.is_empty() || (address.starts_with('/') && server.get(address).status == 200),
                "{target}"
            );
        }
    }
    assert!(!page.text().contains("<script") && !page.text().contains("@import"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
}

#[test]
fn answers_carry_headers_that_keep_browsers_out_of_trouble() {
    let server = Server::start();
    for path in ["/healthz", "/docs", "/nowhere", "/api/v1/sites/s/opportunities"] {
        let reply = server.get(path);
        for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer")] {
            assert_eq!(reply.header(name), Some(value), "{path}");
        }
    }
}

/// Connections whose requests have reached their handlers, which wait for the bodies.
fn in_flight(server: &Server, count: usize) -> Vec<(Connection, String)> {
    (0..count)
        .map(|number| {
            let body = opportunity(&format!("OPP-{number}"), "Proposal", "5", "2024-01-15").to_string();
            let mut connection = server.connect();
            let head = format!(
                "PUT /v1/s/opportunity/upload HTTP/1.1\r\nHost: touchline\r\nAuthorization: Bearer {}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
                server.token,
                body.len()
            );
            connection.send(head.as_bytes()).unwrap();
            assert_eq!(connection.reply().unwrap().status, 100, "the handler asks for the body");
            (connection, body)
        })
        .collect()
}

#[test]
fn told_to_stop_it_answers_what_is_in_flight_and_takes_nothing_new() {
    let mut server = Server::start();
    let requests = in_flight(&server, 50);
    let mut idle = server.connect();
    assert_eq!(idle.request("GET", "/healthz", &[], b"").unwrap().status, 200);
    server.terminate();
    wait_for("new connections are refused", || TcpStream::connect(&server.address).err());
    assert!(idle.request("GET", "/healthz", &[], b"").is_err(), "an idle connection is closed");
    for (connection, body) in requests {
        let mut connection = connection;
        connection.send(body.as_bytes()).unwrap();
        assert_eq!(connection.reply().unwrap().result(), "created");
    }
    assert!(server.wait(), "exit code 0");
    let (data, token) = server.kill();
    let server = Server::start_on(data, token, &[]);
    let listed = server.json("/api/v1/sites/s/opportunities?limit=1000");
    assert_eq!(listed["records"].as_array().map(Vec::len), Some(50), "every answered upload is stored");
}

#[test]
fn told_to_stop_it_ends_although_clients_keep_coming() {
    let mut server = Server::start();
    let deadline = Instant::now() + Duration::from_mins(1);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Ok(mut stream) = TcpStream::connect(&server.address) {
                    // Nobody listens for the answer.
                    let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: touchline\r\n\r\n");
                    assert!(Instant::now() < deadline, "connections are refused in the end");
                }
            });
        }
        wait_for("clients are served", || (count(&server, HEALTHZ_OK) > 200).then_some(()));
        server.terminate();
    });
    assert!(server.wait(), "exit code 0");
}

#[test]
fn it_can_be_told_to_stop_from_the_moment_it_says_that_it_listens() {
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut data = tempfile::tempdir().unwrap();
                for _ in 0..3 {
                    data = Server::start_on(data, String::new(), &[]).stop().0;
                }
            });
        }
    });
}

#[test]
fn an_interrupt_from_the_keyboard_is_a_clean_end_too() {
    let mut server = Server::start();
    server.upload(&opportunity("OPP-1", "Proposal", "5", "2024-01-15")).result();
    let pid = server.pid().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert!(server.wait(), "exit code 0");
    let (data, token) = server.kill();
    let beside: Vec<_> =
        std::fs::read_dir(data.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        beside.iter().all(|name| name != "touchline.db-wal"),
        "the log is copied into the database: {beside:?}"
    );
    let server = Server::start_on(data, token, &[]);
    assert_eq!(server.opportunity("OPP-1")["versions"], Value::from(1));
}
