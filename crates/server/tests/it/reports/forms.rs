//! Reports as tables.

use super::world::{costs, report, text, world};
use crate::harness::{Reply, Server};
use serde_json::Value;

const QUERY: &str = "by=channel,stage&model=first-touch,time-decay&from=2024-02-01&compareFrom=2024-01-01&compareTo=2024-01-31";

fn asked(server: &Server, query: &str, accept: &str) -> Reply {
    let reply = server.request("GET", &format!("/api/v1/sites/s/report?{query}"), &[("Accept", accept)], b"");
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply
}

/// A table's lines, each by the names of its columns.
fn table(reply: &Reply) -> Vec<Vec<(String, String)>> {
    let mut reader = csv::Reader::from_reader(reply.body.as_slice());
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let lines = reader.records().map(Result::unwrap);
    lines.map(|line| names.iter().cloned().zip(line.iter().map(str::to_owned)).collect()).collect()
}

/// The same line, from the JSON of a row.
fn expected(report: &Value, row: &Value) -> Vec<(String, String)> {
    let plain = |value: &Value| if value.is_null() { String::new() } else { number(value) };
    let by = report["query"]["by"].as_array().unwrap().iter().map(text);
    let mut line: Vec<(String, String)> =
        by.map(|name| (name.clone(), text(&row["values"][&name]))).collect();
    line.push(("currency".into(), text(&row["currency"])));
    for (mark, side) in [("", row), ("previous ", &row["previous"])] {
        for model in ["first-touch", "time-decay:half-life=7d"] {
            let empty = Vec::new();
            let models = side["models"].as_array().unwrap_or(&empty);
            let given = models.iter().find(|one| one["model"] == model);
            for name in [
                "value",
                "wonValue",
                "records",
                "won",
                "lost",
                "winRate",
                "daysToClose",
                "roas",
                "costPerRecord",
            ] {
                line.push((
                    format!("{mark}{model} {name}"),
                    given.map(|given| plain(&given[name])).unwrap_or_default(),
                ));
            }
        }
        for name in ["reached", "assisted"] {
            line.push((format!("{mark}{name}"), plain(&side[name])));
        }
        for (name, member) in [("cost", "amount"), ("clicks", "clicks"), ("impressions", "impressions")] {
            line.push((format!("{mark}{name}"), plain(&side["cost"][member])));
        }
        for name in ["visits", "conversions"] {
            line.push((format!("{mark}{name}"), plain(&side["traffic"][name])));
        }
    }
    line
}

/// A number as tables have it: without a fraction that is none.
fn number(value: &Value) -> String {
    text(value).strip_suffix(".0").map_or_else(|| text(value), str::to_owned)
}

#[test]
fn a_table_says_the_same_as_json() {
    let server = world();
    costs(&server);
    let more = QUERY.replace("by=channel,stage", "by=channel,medium&traffic=true");
    for (query, format, accept) in
        [(QUERY, "", "text/csv"), (QUERY, "&format=csv", "application/json"), (&more, "", "text/csv")]
    {
        let json = report(&server, query);
        let lines: Vec<_> = json["rows"].as_array().unwrap().iter().map(|row| expected(&json, row)).collect();
        assert!(lines.len() > 5, "{json}");
        let reply = asked(&server, &format!("{query}{format}"), accept);
        assert_eq!(reply.header("content-type"), Some("text/csv; charset=utf-8"));
        assert_eq!(reply.header("content-disposition"), Some("attachment; filename=\"report.csv\""));
        assert!(reply.text().ends_with("\r\n"), "lines end as RFC 4180 has them");
        assert_eq!(table(&reply), lines);
    }
}

#[test]
fn lines_of_json_are_the_rows() {
    let server = world();
    costs(&server);
    for query in [QUERY, "by=campaign"] {
        let rows = report(&server, query)["rows"].as_array().unwrap().clone();
        for (query, accept) in [
            (query.to_owned(), "application/x-ndjson"),
            (query.to_owned(), "application/ndjson"),
            (format!("{query}&format=ndjson"), "text/csv"),
        ] {
            let reply = asked(&server, &query, accept);
            assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
            let lines: Vec<Value> =
                reply.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(lines, rows, "{query} {accept}");
        }
    }
}

#[test]
fn the_form_is_what_the_client_prefers() {
    let server = world();
    for (accept, form) in [
        ("*/*", "application/json"),
        ("text/html, application/xhtml+xml", "application/json"),
        ("application/json, text/csv;q=0.5", "application/json"),
        ("application/json;q=0.5, text/csv", "text/csv; charset=utf-8"),
        ("text/csv;q=0.1, application/x-ndjson;q=0.2", "application/x-ndjson"),
        ("TEXT/CSV", "text/csv; charset=utf-8"),
    ] {
        assert_eq!(asked(&server, "", accept).header("content-type"), Some(form), "{accept}");
    }
    assert_eq!(asked(&server, "format=json", "text/csv").header("content-type"), Some("application/json"));
}

#[test]
fn values_that_need_quotes_have_them() {
    let server = world();
    let page =
        "https://www.shop.example/?utm_source=a&utm_medium=email&utm_campaign=one%2C%20%22two%22%0Athree";
    server.visit("v-cat", "2024-02-06T09:00:00Z", page);
    let reply = asked(&server, "by=campaign&where=currency:EUR&format=csv", "*/*");
    let campaigns: Vec<_> = table(&reply).iter().map(|line| line[0].1.clone()).collect();
    let json = report(&server, "by=campaign&where=currency:EUR");
    let told: Vec<_> =
        json["rows"].as_array().unwrap().iter().map(|row| text(&row["values"]["campaign"])).collect();
    assert_eq!(campaigns, told);
    assert!(told.iter().any(|campaign| campaign.contains("one, \"two\"")), "{told:?}");
}
