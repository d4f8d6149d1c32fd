//! Memory for journeys, and how many reports are worked out at once.

use super::world::{report, rows, world, world_with};
use crate::harness::{Server, new_token, run_ok};

const BYTES: &str = "TOUCHLINE_LIMITS_REPORT_BYTES";

/// A figure of the server's own.
fn metric(server: &Server, name: &str) -> u64 {
    let metrics = server.get("/metrics").text().to_owned();
    let line = metrics.lines().find_map(|line| line.strip_prefix(&format!("touchline_{name} ")));
    line.unwrap_or_else(|| panic!("{name}: {metrics}")).parse().unwrap()
}

#[test]
fn a_site_that_needs_more_memory_than_there_is_has_no_reports() {
    let server = world_with(&[(BYTES, "1000")]);
    for path in [
        "report",
        "report?format=csv",
        "report/records",
        "report/paths",
        "report/funnel",
        "opportunities/A/receipt",
        "revenue/INV-A/receipt",
    ] {
        let reply = server.get(&format!("/api/v1/sites/s/{path}"));
        assert_eq!((reply.status, reply.code().as_str()), (507, "report_too_large"), "{path}");
        assert!(reply.text().contains("limits.report_bytes"), "{}", reply.text());
    }
    assert_eq!(metric(&server, "report_memory_bytes"), 0, "nothing is kept of it");
    assert_eq!(server.opportunity("A")["match"]["matched"], true, "all else goes on");
    let (data, token) = server.stop();
    let server = Server::start_on(data, token, &[]);
    assert_eq!(rows(&report(&server, ""))[0], "Organic Search | GBP 300.01", "with more memory it has");
}

/// As many deals of a site, each with a visit.
fn fill(server: &Server, site: &str, token: &str, deals: usize) {
    let json = [("Content-Type", "application/json")];
    for number in 0..deals {
        let visit = format!(
            r#"{{"raId":"v-{number}","at":"2024-01-01T10:00:00Z","url":"https://{site}.example/?utm_source=s{number}&utm_medium=email"}}"#
        );
        let path = format!("/api/v1/sites/{site}/visits");
        assert_eq!(server.request_as(token, "POST", &path, &json, visit.as_bytes()).status, 201);
        let deal = format!(
            r#"{{"Reference":"{site}-{number}","PipelineStage":"Won","OpportunityValue":"1.00","CurrencyCode":"GBP",
               "OpportunityDateTime":"2024-01-02","VisitorIdentifierOptions":[{{"Key":"RaId","Value":"v-{number}"}}]}}"#
        );
        let path = format!("/v1/{site}/opportunity/upload");
        assert_eq!(server.request_as(token, "PUT", &path, &json, deal.as_bytes()).status, 201);
    }
}

#[test]
fn the_site_that_was_not_asked_for_the_longest_goes() {
    let sites = ["a", "b", "c"];
    let mut tokens = Vec::new();
    let server = Server::start_after(&[], |data| {
        for site in sites {
            run_ok(data, &["site", "add", "--id", site, "--name", site]);
            tokens.push(new_token(data, site, "ingest,read"));
        }
    });
    let value = |server: &Server, site: usize| {
        let path = format!("/api/v1/sites/{}/report?model=last-touch", sites[site]);
        let reply = server.request_as(&tokens[site], "GET", &path, &[], b"");
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()["totals"][0]["value"].as_str().unwrap().to_owned()
    };
    for (site, token) in sites.iter().zip(&tokens) {
        fill(&server, site, token, 20);
    }
    assert_eq!(value(&server, 0), "20.00");
    let one = metric(&server, "report_memory_bytes");
    assert_eq!((value(&server, 1), value(&server, 2)), ("20.00".into(), "20.00".into()));
    assert_eq!(
        (metric(&server, "report_memory_bytes"), metric(&server, "report_memory_sites")),
        (3 * one, 3)
    );
    let (data, token) = server.stop();
    let room = (2 * one + one / 2).to_string();
    let server = Server::start_on(data, token, &[(BYTES, &room)]);
    for (site, expected) in [(0, 1), (1, 2), (0, 2), (2, 2), (0, 2), (1, 2), (1, 2)] {
        assert_eq!(value(&server, site), "20.00", "whatever was let go of is read again");
        assert_eq!(metric(&server, "report_memory_sites"), expected);
        assert!(metric(&server, "report_memory_bytes") <= 2 * one);
    }
    // In that order a, b and c were loaded once, and b once more after c came in its place.
    assert_eq!(metric(&server, "report_memory_evictions_total"), 2);
}

#[test]
fn more_reports_than_may_run_at_once_wait() {
    let server = world_with(&[("TOUCHLINE_LIMITS_REPORTS_AT_ONCE", "1")]);
    let expected = report(&server, "by=campaign&model=linear,markov");
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let found = report(&server, "by=campaign&model=linear,markov");
                    assert_eq!((&found["rows"], &found["totals"]), (&expected["rows"], &expected["totals"]));
                }
            });
        }
    });
    let data = tempfile::tempdir().unwrap();
    let mut command = crate::harness::touchline();
    command.args(["settings", "--data"]).arg(data.path()).env("TOUCHLINE_LIMITS_REPORTS_AT_ONCE", "0");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("limits.reports_at_once must be at least 1"), "{said}");
}

/// A question with more combinations than a report looks at is refused, and not answered by using up memory.
#[test]
fn too_many_combinations_are_refused() {
    let server = world();
    for week in 0..50 {
        let at = touchline_domain::Day::parse("2023-01-02").unwrap().plus_days(7 * week);
        let page = format!("https://www.shop.example/?utm_source=s{week}&utm_medium=email");
        server.visit("v-cat", &format!("{at}T09:00:00Z"), &page);
    }
    let json = [("Content-Type", "application/json")];
    let deal = |number: usize| {
        format!(
            r#"{{"Reference":"MANY-{number}","PipelineStage":"Won","OpportunityValue":"1.00","CurrencyCode":"GBP",
               "OpportunityDateTime":"2024-03-02","AdditionalDataProperties":[{{"Name":"Id","Value":"{number}"}}],
               "VisitorIdentifierOptions":[{{"Key":"EmailAddress","Value":"bob@example.com"}}]}}"#
        )
    };
    let body = format!("[{}]", (0..200).map(deal).collect::<Vec<_>>().join(","));
    let reply = server.request("POST", "/api/v1/sites/s/opportunities/batch", &json, body.as_bytes());
    assert_eq!(reply.status, 200, "{}", reply.text());
    let reply = server.get("/api/v1/sites/s/report?by=property.Id,source,touchDay");
    assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_query"));
    assert_eq!(reply.problems(), [("by".to_owned(), "too_many_rows".to_owned())]);
    let models = vec!["linear"; 12].join(",");
    let reply =
        server.get(&format!("/api/v1/sites/s/report?by=property.Id,source,touchMonth&model={models}"));
    assert_eq!(reply.problems(), [("by".to_owned(), "too_many_rows".to_owned())], "each model counts");
    assert_eq!(server.get("/api/v1/sites/s/report?by=property.Id,source,touchMonth").status, 200);
    let found = report(&server, "by=property.Id&where=currency:GBP");
    assert_eq!(found["rows"].as_array().unwrap().len(), 201, "less is answered");
}
