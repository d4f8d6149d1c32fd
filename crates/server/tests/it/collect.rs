//! What browsers report: anybody may, within bounds.

use crate::harness::{Reply, Server, run_ok, wait_for, with};
use crate::stored::{checked, person};
use serde_json::{Value, json};
use touchline_domain::{Identifier, IdentifierKind};

const VISIT: &str = "/tag/s/visit";
const CONVERSION: &str = "/tag/s/conversion";
const TEXT: (&str, &str) = ("Content-Type", "text/plain;charset=UTF-8");
const JSON: (&str, &str) = ("Content-Type", "application/json");
const PAGE: (&str, &str) = ("Origin", "https://www.example.com");

fn visit(visitor: &str) -> Value {
    json!({
        "raId": visitor, "url": "https://www.example.com/?gclid=x", "referrer": "https://www.google.com/",
        "title": "Prices", "screen": "1440x900", "cookie": "GA1.1.7.8",
    })
}

fn conversion(id: &str, visitor: &str) -> Value {
    json!({
        "id": id, "raId": visitor, "cookie": "7.8", "url": "https://www.example.com/contact", "title": "Contact us",
        "name": "contact", "payload": { "email": "Ann@example.com", "phone": "020 7946 0018", "Email": "x", "": "y" },
    })
}

/// A report as a browser sends it: without a token.
fn report(server: &Server, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    server.connect().request("POST", path, headers, body).unwrap()
}

fn send(server: &Server, path: &str, body: &Value) -> Reply {
    report(server, path, &[TEXT, PAGE], body.to_string().as_bytes())
}

fn assert_taken(reply: &Reply) {
    assert_eq!((reply.status, reply.text()), (204, ""), "{reply:?}");
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
}

fn assert_refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.code().as_str()), (status, code), "{reply:?}");
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"), "a page can read what went wrong");
}

#[test]
fn a_visit_is_stored_before_it_is_answered() {
    let server = Server::start();
    assert_taken(&send(&server, VISIT, &visit("v-1")));
    assert_taken(&report(&server, VISIT, &[JSON], visit("v-2").to_string().as_bytes()));
    let (data, token) = server.kill();
    let server = Server::start_on(data, token, &[]);
    assert_eq!(checked(&server).visits, 2);
    let found = person(&server, IdentifierKind::RaId, "v-1");
    let stored = &found.visits[0];
    assert_eq!(stored.visit.at, stored.received_at, "the server's clock counts");
    assert_eq!(stored.visit.landing_page.as_str(), "https://www.example.com/?gclid=x");
    assert_eq!(stored.visit.cookie.as_ref().map(Identifier::value), Some("7.8"));
    assert_eq!(stored.visit.screen.map(|screen| screen.width), Some(1_440));
}

#[test]
fn what_is_long_or_odd_does_not_lose_a_visit() {
    let server = Server::start();
    let odd = json!({
        "title": format!("\0{}", "ü".repeat(1_000)), "referrer": "x".repeat(5_000), "screen": "wide",
        "cookie": "x".repeat(600), "at": "1999-01-01",
    });
    assert_taken(&send(&server, VISIT, &with(visit("v-1"), odd)));
    assert_taken(&send(
        &server,
        VISIT,
        &json!({ "raId": "v-1", "url": "http://x/", "title": [], "cookie": {} }),
    ));
    let found = person(&server, IdentifierKind::RaId, "v-1");
    let kept = &found.visits[0].visit;
    assert_eq!(kept.title.as_ref().map(|title| title.as_str().chars().count()), Some(255));
    assert_eq!(kept.referrer.as_ref().map(|referrer| referrer.as_str().len()), Some(2_048));
    assert_eq!((kept.screen, &kept.cookie), (None, &None));
    assert_eq!(kept.at, found.visits[0].received_at);
}

#[test]
fn crawlers_are_told_from_people() {
    let server = Server::start();
    let agents = [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", None, true),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148 Safari/604.1",
            Some("mobile"),
            false,
        ),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0 Safari/537.36", Some("desktop"), false),
        ("", Some("other"), false),
    ];
    for (number, (agent, device, is_crawler)) in agents.into_iter().enumerate() {
        let visitor = format!("v-{number}");
        let body = json!({ "raId": visitor, "url": "https://www.example.com/" }).to_string();
        assert_taken(&report(&server, VISIT, &[TEXT, ("User-Agent", agent)], body.as_bytes()));
        let found = person(&server, IdentifierKind::RaId, &visitor);
        let stored = &found.visits[0].visit;
        assert_eq!(stored.crawler.is_some(), is_crawler, "{agent}: {:?}", stored.crawler);
        assert!(device.is_none_or(|device| stored.device.name() == device), "{agent}: {:?}", stored.device);
    }
    let metrics = server.get("/metrics").text().to_owned();
    assert!(metrics.contains("touchline_visits_total{crawler=\"yes\"} 1\n"), "{metrics}");
    assert!(metrics.contains("touchline_visits_total{crawler=\"no\"} 3\n"), "{metrics}");
}

#[test]
fn a_conversion_names_whom_its_form_names() {
    let server = Server::start();
    assert_taken(&send(&server, CONVERSION, &conversion("AAAAAAAAAAAAAAA1", "v-1")));
    let found = person(&server, IdentifierKind::EmailAddress, "ann@example.com");
    let stored = &found.conversions[0].conversion;
    let named: Vec<_> = stored.identifiers.iter().map(ToString::to_string).collect();
    assert_eq!(
        named,
        [
            "RaId=v-1",
            "EmailAddress=ann@example.com",
            "PhoneNumber=+442079460018",
            "PayloadValue=020 7946 0018",
            "PayloadValue=Ann@example.com",
            "CookieValue=7.8",
        ]
    );
    assert_eq!(stored.payload.len(), 3, "a field without a name is left out");
    assert_eq!(stored.name.as_ref().map(ToString::to_string).as_deref(), Some("contact"));
    assert_eq!(
        stored.page.as_ref().map(ToString::to_string).as_deref(),
        Some("https://www.example.com/contact")
    );
    assert_eq!(
        stored.reference.as_str(),
        "tag-AAAAAAAAAAAAAAA1",
        "it cannot be taken for one that a CRM named"
    );
}

#[test]
fn a_conversion_that_is_sent_again_is_the_same_one() {
    let server = Server::start();
    let body = conversion("AAAAAAAAAAAAAAA1", "v-1");
    assert_taken(&send(&server, CONVERSION, &body));
    assert_taken(&send(&server, CONVERSION, &body));
    assert_taken(&send(&server, CONVERSION, &conversion("AAAAAAAAAAAAAAA2", "v-1")));
    let found = person(&server, IdentifierKind::RaId, "v-1");
    let references: Vec<_> = found.conversions.iter().map(|c| c.conversion.reference.as_str()).collect();
    assert_eq!(references, ["tag-AAAAAAAAAAAAAAA1", "tag-AAAAAAAAAAAAAAA2"]);
    let metrics = server.get("/metrics").text().to_owned();
    assert!(
        metrics.contains("conversions_total{kind=\"webConversion\",result=\"created\"} 2\n"),
        "{metrics}"
    );
}

#[test]
fn a_report_without_who_and_where_is_refused_by_name() {
    let server = Server::start();
    let problems = |path: &str, body: &Value| {
        let reply = send(&server, path, body);
        assert_refused(&reply, 400, "invalid_body");
        let problems = reply.problems().into_iter().map(|(pointer, code)| format!("{pointer} {code}"));
        problems.collect::<Vec<_>>()
    };
    assert_eq!(problems(VISIT, &json!({})), ["/raId required", "/url required"]);
    let wrong = json!({ "raId": "x".repeat(513), "url": "file:///etc/passwd" });
    assert_eq!(problems(VISIT, &wrong), ["/raId too_long", "/url not_a_url"]);
    let long = json!({ "url": format!("https://example.com/{}", "x".repeat(2_048)) });
    assert_eq!(problems(VISIT, &with(visit("v"), long)), ["/url too_long"]);
    assert_eq!(problems(CONVERSION, &json!({})), ["/id required", "/raId required", "/url required"]);
    let wrong = json!({ "id": "short", "payload": { "a/b": [1], "c": "x".repeat(4_097) } });
    assert_eq!(
        problems(CONVERSION, &with(conversion("", "v"), wrong)),
        ["/id not_an_id", "/payload/a~1b wrong_type", "/payload/c too_long"]
    );
    let id = "A".repeat(16);
    let many: Value = (0..51)
        .map(|number| (number.to_string(), Value::from("x")))
        .collect::<serde_json::Map<_, _>>()
        .into();
    for (payload, expected) in [(many, "/payload too_many"), (json!([]), "/payload wrong_type")] {
        assert_eq!(
            problems(CONVERSION, &with(conversion(&id, "v"), json!({ "payload": payload }))),
            [expected]
        );
    }
    assert_refused(&report(&server, VISIT, &[TEXT], b"{"), 400, "malformed_json");
    assert_refused(&report(&server, VISIT, &[TEXT], b"\xff"), 400, "malformed_json");
    for media_type in ["text/html", "application/x-www-form-urlencoded", ""] {
        let body = visit("v").to_string();
        let reply = report(&server, VISIT, &[("Content-Type", media_type)], body.as_bytes());
        assert_refused(&reply, 415, "unsupported_media_type");
    }
    assert_eq!((checked(&server).visits, checked(&server).conversions), (0, 0));
    let metrics = server.get("/metrics").text().to_owned();
    assert!(metrics.contains("touchline_collector_refusals_total{code=\"malformed_json\"} 2\n"), "{metrics}");
}

#[test]
fn only_listed_origins_may_report_when_there_are_any() {
    let server = Server::start_after(&[], |data| {
        let origins = ["--origin", "https://www.example.com/prices", "--origin", "http://localhost:3000"];
        run_ok(data, &[&["site", "set", "--id", "s"][..], &origins].concat());
    });
    let body = visit("v-1").to_string();
    let with_origin = |origin: &str| report(&server, VISIT, &[TEXT, ("Origin", origin)], body.as_bytes());
    for origin in ["https://www.example.com", "http://localhost:3000"] {
        assert_taken(&with_origin(origin));
    }
    for origin in [
        "https://example.com",
        "http://www.example.com",
        "https://www.example.com:8443",
        "https://www.example.com.evil.example",
        "null",
        "",
    ] {
        assert_refused(&with_origin(origin), 403, "origin_not_allowed");
    }
    assert_refused(&report(&server, VISIT, &[TEXT], body.as_bytes()), 403, "origin_not_allowed");
    assert_eq!(checked(&server).visits, 2);
    run_ok(server.data.path(), &["site", "set", "--id", "s", "--origin", ""]);
    wait_for("any origin may report again", || {
        (with_origin("https://x.example").status == 204).then_some(())
    });
}

#[test]
fn a_site_that_does_not_exist_is_answered_as_one_that_does_not_admit_the_page() {
    let server = Server::start_after(&[], |data| {
        run_ok(data, &["site", "set", "--id", "s", "--origin", "https://www.example.com"]);
    });
    let seen = |method: &str, path: &str, body: &[u8]| {
        let headers = [("Origin", "https://evil.example"), ("X-Request-Id", "same"), ("Content-Type", "x/y")];
        let reply = server.connect().request(method, path, &headers, body).unwrap();
        let headers: Vec<_> = reply.headers.iter().filter(|(name, _)| name != "date").cloned().collect();
        (reply.status, headers, reply.text().to_owned())
    };
    let large = vec![b' '; 20_000];
    for what in ["visit", "conversion"] {
        for (method, body) in [("POST", &b"{"[..]), ("POST", &large), ("OPTIONS", b""), ("GET", b"")] {
            let known = seen(method, &format!("/tag/s/{what}"), body);
            for unknown in ["nosuch", "%00", "a%20b", &"x".repeat(65)] {
                assert_eq!(
                    seen(method, &format!("/tag/{unknown}/{what}"), body),
                    known,
                    "{method} {unknown}"
                );
            }
            assert_eq!(
                known.0,
                match method {
                    "POST" => 403,
                    "OPTIONS" => 204,
                    _ => 405,
                }
            );
        }
    }
}

#[test]
fn a_browser_may_ask_first_and_only_here() {
    let server = Server::start();
    let ask = |path: &str| {
        let headers = [
            PAGE,
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "content-type"),
        ];
        server.connect().request("OPTIONS", path, &headers, b"").unwrap()
    };
    for path in [VISIT, CONVERSION, "/tag/nosuch/visit"] {
        let reply = ask(path);
        assert_eq!((reply.status, reply.text()), (204, ""));
        for (name, value) in [
            ("access-control-allow-origin", Some("*")),
            ("access-control-allow-methods", Some("POST")),
            ("access-control-allow-headers", Some("Content-Type, X-Request-Id")),
            ("access-control-allow-credentials", None),
            ("vary", Some("Origin")),
        ] {
            assert_eq!(reply.header(name), value, "{name}");
        }
    }
    for path in ["/v1/s/opportunity/upload", "/api/v1/sites/s/visits", "/metrics", "/", "/tagged"] {
        assert_eq!(ask(path).header("access-control-allow-origin"), None, "{path}");
        assert_eq!(server.get(path).header("access-control-allow-origin"), None, "{path}");
    }
}

#[test]
fn a_report_is_small() {
    let server = Server::start();
    let padded = |bytes: usize| {
        let body = with(visit("v"), json!({ "pad": "" })).to_string();
        body.replace("\"pad\":\"\"", &format!("\"pad\":\"{}\"", "x".repeat(bytes - body.len())))
    };
    assert_taken(&report(&server, VISIT, &[TEXT], padded(16_384).as_bytes()));
    assert_refused(&report(&server, VISIT, &[TEXT], padded(16_385).as_bytes()), 413, "body_too_large");
    let server = Server::start_with(&[("TOUCHLINE_LIMITS_TAG_BODY_BYTES", "400")]);
    assert_refused(&report(&server, VISIT, &[TEXT], padded(401).as_bytes()), 413, "body_too_large");
}

const SLOW: [(&str, &str); 2] =
    [("TOUCHLINE_LIMITS_TAG_REQUESTS_PER_SECOND", "1"), ("TOUCHLINE_LIMITS_TAG_REQUEST_BURST", "3")];

#[test]
fn an_address_that_reports_too_often_is_told_to_wait() {
    let server = Server::start_with(&SLOW);
    let replies: Vec<_> = (0..30).map(|_| send(&server, VISIT, &visit("v"))).collect();
    let taken = replies.iter().filter(|reply| reply.status == 204).count();
    let refused: Vec<_> = replies.iter().filter(|reply| reply.status != 204).collect();
    assert!(taken >= 3 && !refused.is_empty(), "{taken}");
    for reply in refused {
        assert_refused(reply, 429, "rate_limited");
        let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=3).contains(&wait), "{wait}");
    }
    assert_eq!(checked(&server).visits, taken as u64);
    assert_eq!(server.get("/api/v1/sites/s/pipeline").status, 200, "nobody else is slowed");
    wait_for("the address may report again", || {
        (send(&server, VISIT, &visit("v")).status == 204).then_some(())
    });
}

#[test]
fn a_trusted_proxy_tells_who_reports_and_nobody_else_does() {
    let from = |server: &Server, forwarded: &str| {
        let headers = [TEXT, ("X-Forwarded-For", forwarded)];
        (0..20)
            .filter(|_| report(server, VISIT, &headers, visit("v").to_string().as_bytes()).status == 429)
            .count()
    };
    let behind =
        Server::start_with(&[SLOW[0], SLOW[1], ("TOUCHLINE_TRUSTED_PROXIES", "192.0.2.1, 127.0.0.0/8")]);
    assert!(from(&behind, "198.51.100.7") > 0);
    let reply = report(
        &behind,
        VISIT,
        &[TEXT, ("X-Forwarded-For", "198.51.100.7, 198.51.100.8, 192.0.2.1")],
        visit("v").to_string().as_bytes(),
    );
    assert_eq!(reply.status, 204, "another address");
    let open = Server::start_with(&SLOW);
    assert!(from(&open, "198.51.100.7") > 0);
    let made_up = (0..20).filter(|n| {
        let address = format!("198.51.100.{n}");
        let headers = [TEXT, ("X-Forwarded-For", address.as_str())];
        report(&open, VISIT, &headers, visit("v").to_string().as_bytes()).status == 429
    });
    assert!(made_up.count() > 0, "who is not trusted cannot make up addresses");
}

#[test]
fn the_script_is_served_to_any_page_and_kept() {
    let server = Server::start();
    let get = |headers: &[(&str, &str)]| server.connect().request("GET", "/tag.js", headers, b"").unwrap();
    let reply = get(&[PAGE]);
    assert_eq!(reply.status, 200);
    for (name, value) in [
        ("content-type", "text/javascript; charset=utf-8"),
        ("cache-control", "public, max-age=3600, stale-while-revalidate=86400"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("access-control-allow-origin", "*"),
        ("vary", "Accept-Encoding"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name}");
    }
    assert_eq!(reply.header("content-encoding"), None);
    let etag = reply.header("etag").unwrap();
    for known in [etag, "*", &format!("\"x\", {etag}")] {
        let again = get(&[("If-None-Match", known)]);
        assert_eq!((again.status, again.text(), again.header("etag")), (304, "", Some(etag)), "{known}");
    }
    assert_eq!(get(&[("If-None-Match", "\"x\"")]).status, 200);
    let packed = get(&[("Accept-Encoding", "gzip, deflate, br")]);
    assert_eq!((packed.header("content-encoding"), packed.header("etag")), (Some("gzip"), Some(etag)));
    assert!(packed.body.starts_with(&[0x1f, 0x8b]) && packed.body.len() < 4_096);
}
