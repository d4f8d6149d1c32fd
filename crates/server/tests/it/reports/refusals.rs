//! What reports refuse, and whom.

use super::world::encoded;
use crate::harness::{Server, new_token, run_ok};

const REPORT: &str = "/api/v1/sites/s/report";

fn assert_refused(server: &Server, path: &str, problems: &[(&str, &str)]) {
    let reply = server.get(path);
    assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_query"), "{path}: {}", reply.text());
    let expected: Vec<_> =
        problems.iter().map(|(name, code)| ((*name).to_owned(), (*code).to_owned())).collect();
    assert_eq!(reply.problems(), expected, "{path}: {}", reply.text());
}

#[test]
fn every_wrong_question_is_named() {
    let server = Server::start();
    let thirteen = vec!["linear"; 13].join(",");
    let filters = vec!["where=channel:Email"; 21].join("&");
    let values = format!("where=channel:{}", vec!["x"; 101].join("%7C"));
    #[rustfmt::skip]
    let cases: &[(&str, &str, &str)] = &[
        ("kind=deals", "kind", "unknown_kind"),
        ("by=colour", "by", "unknown_dimension"),
        ("by=channel,", "by", "unknown_dimension"),
        ("by=Channel", "by", "unknown_dimension"),
        ("by=property.", "by", "empty"),
        ("by=channel,channel", "by", "repeated"),
        ("by=touchDay,touchMonth", "by", "repeated"),
        ("by=channel,source,medium,campaign", "by", "too_many"),
        ("by=channel&by=source", "by", "duplicate_key"),
        ("model=best", "model", "unknown_model"),
        ("model=linear,", "model", "unknown_model"),
        ("model=linear:half-life=7d", "model", "unknown_parameter"),
        ("model=time-decay:half-life=soon", "model", "not_a_span"),
        ("model=position-based:first=90,last=90", "model", "out_of_range"),
        ("model=position-based:first=x", "model", "not_a_percentage"),
        (&format!("model={thirteen}"), "model", "too_many"),
        ("model=markov-global&by=source", "by", "not_by_channel"),
        ("model=linear,markov-global&by=channel,month", "by", "not_by_channel"),
        ("model=markov-global&where=source:google", "by", "not_by_channel"),
        ("model=markov-global&where=touchMonth:2024-01-01", "by", "not_by_channel"),
        ("direct=maybe", "direct", "unknown_direct_policy"),
        ("lookback=0", "lookback", "out_of_range"),
        ("lookback=3651", "lookback", "out_of_range"),
        ("lookback=-7d", "lookback", "out_of_range"),
        ("lookback=7h", "lookback", "out_of_range"),
        ("from=15.01.2024", "from", "not_a_date"),
        ("to=2024-02-30", "to", "not_a_date"),
        ("from=2024-02-02&to=2024-02-01", "to", "out_of_range"),
        ("currency=XXQ", "currency", "unknown_currency"),
        ("where=channel", "where", "malformed"),
        ("where=channel:", "where", "malformed"),
        ("where=channel:a%7C%7Cb", "where", "malformed"),
        ("where=colour:red", "where", "unknown_dimension"),
        (&filters, "where", "too_many"),
        (&values, "where", "malformed"),
        ("group=channel", "group", "unknown_key"),
    ];
    for (query, pointer, code) in cases {
        for path in ["report", "report/records", "report/funnel", "opportunities/A/receipt"] {
            assert_refused(&server, &format!("/api/v1/sites/s/{path}?{query}"), &[(pointer, code)]);
        }
    }
    let several = "by=colour&model=best&where=x&lookback=0&currency=1&colour=red";
    let expected = [
        ("by", "unknown_dimension"),
        ("model", "unknown_model"),
        ("lookback", "out_of_range"),
        ("where", "malformed"),
        ("currency", "unknown_currency"),
        ("colour", "unknown_key"),
    ];
    assert_refused(&server, &format!("{REPORT}?{several}"), &expected);
}

#[test]
fn each_operation_has_its_own_refusals() {
    let server = Server::start();
    for (path, pointer, code) in [
        ("report?compareFrom=x", "compareFrom", "not_a_date"),
        ("report?compareFrom=2024-02-02&compareTo=2024-02-01", "compareTo", "out_of_range"),
        ("report?format=xml", "format", "unknown_format"),
        ("report?limit=5", "limit", "unknown_key"),
        ("report/records?limit=0", "limit", "out_of_range"),
        ("report/records?limit=1001", "limit", "out_of_range"),
        ("report/records?offset=-1", "offset", "out_of_range"),
        ("report/records?format=csv", "format", "unknown_key"),
        ("report/records?compareFrom=2024-01-01", "compareFrom", "unknown_key"),
        ("report/paths?by=stage", "by", "not_of_touches"),
        ("report/paths?by=channel,source", "by", "not_of_touches"),
        ("report/paths?limit=1001", "limit", "out_of_range"),
        ("report/funnel?limit=1", "limit", "unknown_key"),
        ("opportunities/A/receipt?format=csv", "format", "unknown_key"),
    ] {
        assert_refused(&server, &format!("/api/v1/sites/s/{path}"), &[(pointer, code)]);
    }
}

/// A filter that was left out for there being too many parameters would answer about everything.
#[test]
fn no_parameter_is_left_out_silently() {
    let server = Server::start();
    let query = format!("{REPORT}?{}where=stage:Won", "from=&".repeat(1) + &"where=&".repeat(60));
    assert_refused(&server, &query, &[("query", "too_many")]);
}

#[test]
fn blank_parameters_are_as_good_as_none() {
    let server = super::world::world();
    let plain = super::world::report(&server, "");
    let blank = super::world::report(
        &server,
        "by=&model=&where=&lookback=+&from=&currency=&kind=&direct=&format=&compareFrom=",
    );
    assert_eq!((&blank["rows"], &blank["query"]), (&plain["rows"], &plain["query"]));
    let spaced = format!("by={}&where={}", encoded(" channel , stage "), encoded(" ! stage : Won | Lost "));
    let reply = server.get(&format!("{REPORT}?{spaced}"));
    assert_eq!(reply.status, 200, "spaces round names and values do no harm: {}", reply.text());
    assert_eq!(super::world::totals(&reply.json(), "totals")[0], "GBP 0.00 0.00 0.0 0.0 0.0 0");
}

#[test]
fn reading_takes_the_scope_read_and_the_site() {
    let mut tokens = [""; 4].map(str::to_owned);
    let server = Server::start_after(&[], |data| {
        run_ok(data, &["site", "add", "--id", "other", "--name", "Other"]);
        let made = [("s", "ingest"), ("s", "read"), ("s", "admin"), ("other", "ingest,read,admin")];
        tokens = made.map(|(site, scope)| new_token(data, site, scope));
    });
    server.upload(&crate::harness::opportunity("A", "Won", "5", "2024-01-15")).result();
    let [ingest, read, admin, elsewhere] = &tokens;
    for path in [
        "report",
        "report/records",
        "report/paths",
        "report/funnel",
        "opportunities/A/receipt",
        "revenue/R/receipt",
    ] {
        let asked = |token: &str, site: &str| {
            let reply = server.request_as(token, "GET", &format!("/api/v1/sites/{site}/{path}"), &[], b"");
            let code = if reply.status == 200 { String::new() } else { reply.code() };
            (reply.status, code)
        };
        assert_eq!(asked(ingest, "s"), (403, "insufficient_scope".into()), "{path}");
        assert_eq!(asked(admin, "s"), (403, "insufficient_scope".into()), "{path}");
        assert_eq!(asked(elsewhere, "s"), (403, "site_not_allowed".into()), "{path}");
        assert_eq!(asked(read, "nowhere"), (403, "site_not_allowed".into()), "{path}");
        assert_eq!(asked("x", "s"), (401, "token_invalid".into()), "{path}");
        let status = if path.starts_with("revenue") { 404 } else { 200 };
        assert_eq!(asked(read, "s").0, status, "{path}");
    }
    let theirs = server.request_as(elsewhere, "GET", "/api/v1/sites/other/report", &[], b"").json();
    assert_eq!((&theirs["rows"], &theirs["totals"][0]["value"]), (&serde_json::json!([]), &"0.00".into()));
}
