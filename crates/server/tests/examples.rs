//! The documented curl lines work as they stand.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[expect(dead_code, unreachable_pub, reason = "shared with tests that need more of it")]
#[path = "it/harness.rs"]
mod harness;

use harness::Server;
use std::path::Path;
use std::process::Command;

fn read(relative: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(relative);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs every line of a script; the first that fails is the end.
fn run(server: &Server, script: &str) -> String {
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .env("TOUCHLINE", format!("http://{}", server.address))
        .env("SITE", "s")
        .env("TOKEN", &server.token)
        .output()
        .unwrap();
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}\n{out}\n{error}");
    out.into_owned()
}

/// The blocks of a document that are for a shell.
fn blocks(document: &str) -> Vec<&str> {
    document.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn those_of_the_api() {
    let document = read("../../docs/api.md");
    let blocks = blocks(&document);
    assert!(blocks.len() >= 4, "it has examples");
    let out = run(&Server::start(), &blocks.concat());
    assert!(out.contains("{\"result\":\"created\",\"ignored\":[]}") && out.contains("FORM-1"), "{out}");
}

#[test]
fn those_of_the_readme() {
    let readme = read("../../README.md");
    let blocks = blocks(&readme);
    assert!(blocks.len() >= 3, "the README has examples");
    let server = Server::start();
    let script: String = blocks.into_iter().filter(|block| block.contains("curl")).collect();
    let out = run(&server, &script);
    assert!(
        out.contains("\"stageHistory\"") && out.contains("OPP-1,2024-01-15T09:30:00Z,1000.00,GBP"),
        "{out}"
    );
}

#[test]
fn those_of_the_page_about_identity() {
    let page = read("../../docs/identity.md");
    let blocks = page.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let script: String = blocks.collect();
    assert!(script.contains("evidence/2/cut"), "it has its examples");
    let server = Server::start();
    let out = run(&server, &script);
    for told in
        ["\"explanation\":\"Found by its EmailAddress.\"", "\"fact\":2", "\"channel\":\"Paid Search\""]
    {
        assert!(out.contains(told), "{told}: {out}");
    }
    assert_eq!(server.opportunity("OPP-9")["matched"], true, "it was restored");
}

#[test]
fn those_of_the_page_about_reports() {
    let page = read("../../docs/reports.md");
    let blocks = blocks(&page);
    assert!(blocks.len() >= 6, "it has its examples");
    let out = run(&Server::start(), &blocks.concat());
    for told in [
        r#""values":{"campaign":"spring","channel":"Paid Search"}"#,
        "channel,currency,linear value",
        "Paid Search,GBP,500.00",
        r#""amount":"50.00","clicks":0"#,
        r#""reference":"OPP-7","date":"2024-03-20""#,
        r#""steps":["Paid Search","Email"]"#,
        r#""stage":"Won""#,
    ] {
        assert!(out.contains(told), "{told}: {out}");
    }
}

#[test]
fn those_of_the_page() {
    let examples = read("src/http/docs/examples.sh");
    let server = Server::start();
    let out = run(&server, &examples);
    assert!(out.contains("\"result\":\"rejected\"") && out.contains("\"amount\":\"1200.00\""), "{out}");
    assert_eq!(server.get("/api/v1/sites/s/opportunities/OPP-3").status, 404, "an example deletes it");
    let page = String::from_utf8(server.get("/docs").body).unwrap();
    for operation in ["report", "report/records", "report/paths", "report/funnel", "report/changes"] {
        assert!(page.contains(&format!("/api/v1/sites/{{siteId}}/{operation}<")), "{operation}");
    }
    for line in examples.lines().filter(|line| line.starts_with("curl")) {
        let shown = line.replace('&', "&amp;").replace('"', "&quot;");
        assert!(page.contains(&shown), "the page does not show {line}");
    }
}

#[test]
fn the_page_loads_nothing_from_elsewhere() {
    let server = Server::start();
    let reply = server.get("/docs");
    let page = reply.text();
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    for attribute in ["src=", "href="] {
        for target in page.split(attribute).skip(1).map(|rest| rest.trim_start_matches('"')) {
            let is_local = target.starts_with('/') || target.starts_with('#');
            assert!(is_local, "{attribute}{}", &target[..40.min(target.len())]);
        }
    }
    assert!(!page.contains("<script"), "it needs no script");
    let style = server.get("/docs/style.css");
    assert!(style.status == 200 && !style.text().contains("url("), "nor anything that its style would load");
    let policy = reply.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'"), "{policy}");
}

/// So that a change of the API shows in review, and a client can be made without a server.
#[test]
fn the_committed_description_is_what_is_served() {
    let server = Server::start();
    let served = server.get("/openapi.json");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    if std::env::var_os("TOUCHLINE_UPDATE_OPENAPI").is_some() {
        std::fs::write(&path, served.text()).unwrap();
        return;
    }
    assert!(
        committed == served.text(),
        "docs/openapi.json is stale: run TOUCHLINE_UPDATE_OPENAPI=1 cargo test -p touchline --test examples"
    );
}
