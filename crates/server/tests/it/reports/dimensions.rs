//! Everything that a report groups by.

use super::world::{report, rows, world};
use crate::harness::run_ok;

/// Of each dimension the rows under `linear`: first those in pounds, then those in euros.
#[rustfmt::skip]
const ROWS: [(&str, &[&str], &[&str]); 19] = [
    ("source", &["google 300.01", "newsletter 300.00", "(direct) 250.00", "bing 250.00", "(not set) 77.77", "(unattributed) 50.00"],
        &["(direct) 200.00"]),
    ("medium", &["organic 300.01", "email 300.00", "(none) 250.00", "cpc 250.00", "offline 77.77", "(unattributed) 50.00"],
        &["(none) 200.00"]),
    ("campaign", &["(not set) 627.78", "news 300.00", "spring 250.00", "(unattributed) 50.00"], &["(not set) 200.00"]),
    ("term", &["(not set) 927.78", "shoes 250.00", "(unattributed) 50.00"], &["(not set) 200.00"]),
    ("content", &["(not set) 927.78", "banner 250.00", "(unattributed) 50.00"], &["(not set) 200.00"]),
    ("landingPage", &["shop.example/chairs 300.01", "shop.example/news 300.00", "shop.example/ 250.00",
        "shop.example/offer 250.00", "(not set) 77.77", "(unattributed) 50.00"], &["shop.example/ 200.00"]),
    ("referrer", &["(not set) 627.77", "google.com 300.01", "bing.com 250.00", "(unattributed) 50.00"], &["(not set) 200.00"]),
    ("platform", &["(not set) 927.78", "Google Ads 250.00", "(unattributed) 50.00"], &["(not set) 200.00"]),
    ("device", &["desktop 1000.00", "mobile 100.01", "(not set) 77.77", "(unattributed) 50.00"], &["desktop 200.00"]),
    ("stage", &["Won 1127.77", "Lost 100.01"], &["Proposal 200.00"]),
    ("milestone", &["won 1127.77", "lost 100.01"], &["opportunity 200.00"]),
    ("label", &["Key, North 1000.00", "(not set) 127.77", "South 100.01"], &["(not set) 200.00"]),
    ("property.Region", &["UK 1000.00", "(not set) 227.78"], &["(not set) 200.00"]),
    ("currency", &["GBP 1227.78"], &["EUR 200.00"]),
    ("found", &["EmailAddress 1177.78", "nothing_found 50.00"], &["EmailAddress 200.00"]),
    ("month", &["2024-01-01 1000.00", "2024-03-01 127.77", "2024-02-01 100.01"], &["2024-02-01 200.00"]),
    ("quarter", &["2024-01-01 1227.78"], &["2024-01-01 200.00"]),
    ("touchMonth", &["2024-01-01 750.00", "2023-12-01 250.00", "2024-02-01 100.01", "2024-03-01 77.77", "(unattributed) 50.00"],
        &["2024-02-01 200.00"]),
    ("touchYear", &["2024-01-01 927.78", "2023-01-01 250.00", "(unattributed) 50.00"], &["2024-01-01 200.00"]),
];

fn expected(pounds: &[&str], euros: &[&str]) -> Vec<String> {
    let with = |currency: &'static str| {
        move |row: &&str| {
            let (value, amount) = row.rsplit_once(' ').unwrap();
            format!("{value} | {currency} {amount}")
        }
    };
    pounds.iter().map(with("GBP")).chain(euros.iter().map(with("EUR"))).collect()
}

#[test]
fn each_dimension_has_its_values() {
    let server = world();
    for (by, pounds, euros) in ROWS {
        let found = report(&server, &format!("by={by}"));
        assert_eq!(rows(&found), expected(pounds, euros), "{by}");
        assert_eq!(found["query"]["by"], serde_json::json!([by]));
    }
}

#[test]
fn days_and_weeks_are_the_sites() {
    let server = world();
    let weeks = ["2024-01-22 1000.00", "2024-02-19 100.01", "2024-03-04 77.77", "2024-02-26 50.00"];
    assert_eq!(rows(&report(&server, "by=week")), expected(&weeks, &["2024-02-05 200.00"]));
    let days = ["2024-01-22 1000.00", "2024-02-20 100.01", "2024-03-05 77.77", "2024-03-01 50.00"];
    assert_eq!(rows(&report(&server, "by=day")), expected(&days, &["2024-02-10 200.00"]));
    let days = rows(&report(&server, "by=touchDay&to=2024-01-31"));
    let touches = ["2023-12-25 250.00", "2024-01-01 250.00", "2024-01-08 250.00", "2024-01-15 250.00"];
    assert_eq!(days, expected(&touches, &[]));
    let weeks = rows(&report(&server, "by=touchWeek&to=2024-01-31"));
    assert_eq!(weeks, days, "all of them Mondays");
}

#[test]
fn dimensions_are_combined_in_the_order_in_which_they_are_asked() {
    let server = world();
    let found = rows(&report(
        &server,
        "by=stage,channel,touchMonth&to=2024-02-29&model=first-touch&where=currency:GBP",
    ));
    assert_eq!(
        found,
        [
            "Won / Paid Search / 2023-12-01 | GBP 1000.00",
            "Lost / Organic Search / 2024-02-01 | GBP 100.01",
            "Lost / Email / 2024-02-01 | GBP 0.00",
            "Won / Direct / 2024-01-01 | GBP 0.00",
            "Won / Email / 2024-01-01 | GBP 0.00",
            "Won / Organic Search / 2024-01-01 | GBP 0.00",
        ]
    );
    let other = rows(&report(&server, "by=month,found&where=currency:GBP"));
    let expected = [
        "2024-01-01 / EmailAddress | GBP 1000.00",
        "2024-02-01 / EmailAddress | GBP 100.01",
        "2024-03-01 / EmailAddress | GBP 77.77",
        "2024-03-01 / nothing_found | GBP 50.00",
    ];
    assert_eq!(other, expected);
}

/// Whatever is asked, nothing is lost and nothing counted twice.
#[test]
fn every_models_rows_add_up_to_the_totals() {
    let server = world();
    let models = "first-touch,last-touch,last-non-direct,linear,position-based,time-decay,w-shaped,full-path,markov,shapley";
    for (by, _, _) in
        ROWS.into_iter().chain([("channel", &[][..], &[][..]), ("device,stage,touchWeek", &[], &[])])
    {
        for more in
            ["", "&direct=skip", "&lookback=10d", "&direct=last-resort&lookback=8d", "&where=!stage:Won"]
        {
            let found = report(&server, &format!("by={by}&model={models}{more}"));
            for total in found["totals"].as_array().unwrap() {
                let rows = found["rows"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|row| row["currency"] == total["currency"]);
                let rows: Vec<_> = rows.collect();
                for model in 0..10 {
                    for figure in ["value", "wonValue"] {
                        let sum: i64 =
                            rows.iter().map(|row| super::world::minor(&row["models"][model][figure])).sum();
                        assert_eq!(
                            sum,
                            super::world::minor(&total[figure]),
                            "{by}{more} {model} {figure}: {found}"
                        );
                    }
                    for figure in ["records", "won", "lost"] {
                        let sum: f64 =
                            rows.iter().map(|row| row["models"][model][figure].as_f64().unwrap()).sum();
                        let total = total[figure].as_f64().unwrap();
                        assert!((sum - total).abs() < 1e-9, "{by}{more} {model} {figure}: {sum} {total}");
                    }
                }
            }
        }
    }
}

#[test]
fn channels_of_the_sites_own_are_dimensions_too() {
    let server = world();
    let rule = r#"chairs: Chair Pages if landing path contains "chairs""#;
    let body = serde_json::json!({ "rules": [rule] });
    let reply = server.put("/api/v1/sites/s/channels/rules", &body);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let found = rows(&report(&server, "where=currency:GBP"));
    assert_eq!(found[0], "Chair Pages | GBP 300.01", "{found:?}");
    assert!(!found.iter().any(|row| row.starts_with("Organic Search")), "{found:?}");
    run_ok(server.data.path(), &["channels", "rules", "--site", "s"]);
}
