//! What a report is limited to.

use super::world::{deal, encoded, report, rows, text, totals, world};
use serde_json::json;

fn limited(server: &crate::harness::Server, filters: &[&str]) -> serde_json::Value {
    let query: Vec<_> = filters.iter().map(|filter| format!("where={}", encoded(filter))).collect();
    report(server, &query.join("&"))
}

#[test]
fn filters_on_records_leave_out_records() {
    let server = world();
    #[rustfmt::skip]
    let cases: [(&[&str], &str); 19] = [
        (&["stage:Won"], "1127.77"),
        (&["!stage:Won"], "100.01 + 200.00 EUR"),
        (&["stage:Won|Lost"], "1227.78"),
        (&["!stage:Won|Lost"], "0.00 + 200.00 EUR"),
        (&["milestone:lost|opportunity"], "100.01 + 200.00 EUR"),
        (&["label:North"], "1000.00"),
        (&["label:Key, North"], "1000.00"),
        (&["label:South|Key"], "1100.01"),
        (&["!label:North"], "227.78 + 200.00 EUR"),
        (&["label:(not set)"], "127.77 + 200.00 EUR"),
        (&["property.Region:UK"], "1000.00"),
        (&["!property.Region:UK"], "227.78 + 200.00 EUR"),
        (&["property.Region:(not set)"], "227.78 + 200.00 EUR"),
        (&["currency:EUR"], "0.00 + 200.00 EUR"),
        (&["found:nothing_found"], "50.00"),
        (&["month:2024-02-01|2024-03-01"], "227.78 + 200.00 EUR"),
        (&["stage:Won", "!label:North"], "127.77"),
        (&["stage:Won", "stage:Lost"], "0.00"),
        (&["stage:No such stage"], "0.00"),
    ];
    for (filters, expected) in cases {
        let found = limited(&server, filters);
        let total = |total: &serde_json::Value| {
            let amount = text(&total["value"]);
            if total["currency"] == "GBP" { amount } else { format!("{amount} {}", text(&total["currency"])) }
        };
        let told: Vec<_> = found["totals"].as_array().unwrap().iter().map(total).collect();
        assert_eq!(told.join(" + "), expected, "{filters:?}");
        assert_eq!(found["query"]["filters"], json!(filters), "as they were given");
    }
}

#[test]
fn filters_on_touches_leave_out_their_credit() {
    let server = world();
    #[rustfmt::skip]
    let cases: [(&[&str], &[&str]); 9] = [
        (&["channel:Email"], &["Email | GBP 300.00"]),
        (&["channel:Email|Direct"], &["Email | GBP 300.00", "Direct | GBP 250.00", "Direct | EUR 200.00"]),
        (&["!channel:Email|Direct"],
            &["Organic Search | GBP 300.01", "Paid Search | GBP 250.00", "Offline | GBP 77.77", "(unattributed) | GBP 50.00"]),
        (&["source:google"], &["Paid Search | GBP 250.00", "Organic Search | GBP 50.01"]),
        (&["source:google", "!channel:Paid Search"], &["Organic Search | GBP 50.01"]),
        (&["channel:(unattributed)"], &["(unattributed) | GBP 50.00"]),
        (&["campaign:(not set)", "device:desktop"],
            &["Direct | GBP 250.00", "Organic Search | GBP 250.00", "Direct | EUR 200.00"]),
        (&["touchMonth:2023-12-01"], &["Paid Search | GBP 250.00"]),
        (&["!touchMonth:2024-01-01|2024-02-01", "stage:Won"],
            &["Paid Search | GBP 250.00", "Offline | GBP 77.77", "(unattributed) | GBP 50.00"]),
    ];
    for (filters, expected) in cases {
        let found = limited(&server, filters);
        assert_eq!(rows(&found), expected, "{filters:?}");
    }
    let found = limited(&server, &["channel:Email"]);
    let all = ["GBP 1227.78 1127.77 4.0 3.0 1.0 3", "EUR 200.00 0.00 1.0 0.0 0.0 1"];
    assert_eq!(totals(&found, "totals"), all, "the totals stay those of the records");
}

#[test]
fn a_period_is_of_the_records_dates_and_includes_both_its_days() {
    let server = world();
    for (period, expected) in [
        ("from=2024-01-22&to=2024-01-22", vec!["2024-01-22 | GBP 1000.00"]),
        ("from=2024-01-23&to=2024-02-19", vec!["2024-02-10 | EUR 200.00"]),
        ("from=2024-03-01", vec!["2024-03-05 | GBP 77.77", "2024-03-01 | GBP 50.00"]),
        ("to=2024-01-21", vec![]),
    ] {
        assert_eq!(rows(&report(&server, &format!("by=day&{period}"))), expected, "{period}");
    }
}

#[test]
fn another_period_stands_beside_each_row() {
    let server = world();
    let query =
        "from=2024-02-01&to=2024-02-29&compareFrom=2024-01-01&compareTo=2024-01-31&model=linear,last-touch";
    let found = report(&server, query);
    let told = rows(&found);
    let ours = ["Organic Search | GBP 50.01 0.00", "Email | GBP 50.00 100.01", "Direct | EUR 200.00 200.00"];
    for row in ours {
        assert!(told.contains(&row.to_owned()), "{told:?}");
    }
    let alone = report(&server, "from=2024-01-01&to=2024-01-31&model=linear,last-touch");
    for before in alone["rows"].as_array().unwrap() {
        let is_it = |row: &&serde_json::Value| {
            row["values"] == before["values"] && row["currency"] == before["currency"]
        };
        let row = found["rows"].as_array().unwrap().iter().find(is_it);
        let row = row.unwrap_or_else(|| panic!("what there was before is told too: {before}, {found}"));
        for member in ["models", "reached", "assisted", "cost"] {
            assert_eq!(row["previous"][member], before[member]);
        }
    }
    assert_eq!(found["previousTotals"], alone["totals"]);
    assert_eq!(found["query"]["comparedWith"], json!({ "from": "2024-01-01", "to": "2024-01-31" }));
    let of_now = report(&server, "from=2024-02-01&to=2024-02-29&model=linear,last-touch");
    assert_eq!(found["totals"], of_now["totals"]);
    assert_eq!(of_now.get("previousTotals"), None);
    let euros = found["rows"].as_array().unwrap().iter().find(|row| row["currency"] == "EUR").unwrap();
    assert_eq!(euros.get("previous"), None, "there were none");
}

/// A CRM calls its properties what it likes.
#[test]
fn names_and_values_may_have_the_characters_that_separate_them() {
    let server = world();
    let (name, value) = (r"Size, in m: W|H \ D", r"2|3, 4: \5");
    let more = json!({ "AdditionalDataProperties": [{ "Name": name, "Value": value }, { "Name": r"C:\", "Value": "x" }] });
    deal(&server, "D", "Won", "50.00 GBP", "2024-03-01", "dan", more);
    let by = encoded(r"stage,property.Size\, in m: W|H \\ D,property.C:\\");
    let found = report(&server, &format!("by={by}&from=2024-03-01"));
    assert_eq!(found["query"]["by"], json!(["stage", format!("property.{name}"), r"property.C:\"]));
    let expected = ["Won / (not set) / (not set) | GBP 77.77", r"Won / 2|3, 4: \5 / x | GBP 50.00"];
    assert_eq!(rows(&found), expected);
    for (filter, total) in [
        (r"property.Size, in m\: W|H \\ D:2\|3, 4: \\5", "50.00"),
        (r"!property.Size, in m\: W|H \\ D:2\|3, 4: \\5", "1177.78"),
        (r"property.Size, in m\: W|H \\ D:other|2\|3, 4: \\5", "50.00"),
        (r"property.C\:\\:x", "50.00"),
    ] {
        let found = limited(&server, &[filter, "currency:GBP"]);
        assert_eq!(found["totals"][0]["value"], total, "{filter}");
        assert_eq!(found["query"]["filters"][0], filter, "as it can be asked again");
    }
    // More may be escaped than must be, and what escapes nothing is itself.
    let generous = limited(&server, &[r"property.Size\, in m\: W\|H \ D:2\|3\, 4\: \5"]);
    let strict = r"property.Size, in m\: W|H \\ D:2\|3, 4: \\5";
    assert_eq!(generous["query"]["filters"], json!([strict]));
    let refused = server.get("/api/v1/sites/s/report?by=property.Size%2C%20in%20m");
    assert_eq!(refused.status, 400);
}
