//! Several currencies, and what advertising cost.

use super::world::{cost, costs, rates, report, rows, rows_with, text, totals, world};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[test]
fn what_cannot_be_converted_stays_in_its_own_currency() {
    let server = world();
    let found = report(&server, "currency=EUR");
    assert_eq!(
        totals(&found, "totals"),
        ["EUR 200.00 0.00 1.0 0.0 0.0 1", "GBP 1227.78 1127.77 4.0 3.0 1.0 3"],
        "the currency that was asked for first"
    );
    let told = rows(&found);
    assert_eq!((told[0].as_str(), told[1].as_str()), ("Direct | EUR 200.00", "Organic Search | GBP 300.01"));
    assert_eq!(found["rates"], json!({ "version": 0, "converted": 0, "from": null, "to": null }));
    let yen = report(&server, "currency=JPY&kind=revenue");
    assert_eq!(totals(&yen, "totals"), ["JPY 0 0 0.0 0.0 0.0 0", "GBP 900.00 900.00 1.0 1.0 0.0 1"]);
}

#[test]
fn rates_convert_by_the_records_dates() {
    let server = world();
    let before = report(&server, "");
    rates(&server);
    let found = report(&server, "");
    assert_eq!(totals(&found, "totals"), ["GBP 1397.78 1127.77 5.0 3.0 1.0 4"]);
    assert_eq!(rows(&found)[0], "Direct | GBP 420.00", "250.00, and 200.00 EUR at 0.85");
    let version = found["rates"]["version"].clone();
    assert_eq!(
        found["rates"],
        json!({ "version": version, "converted": 1, "from": "2024-02-09", "to": "2024-02-09" })
    );
    assert!(version.as_u64() > before["rates"]["version"].as_u64());
    let by_currency = report(&server, "by=currency");
    assert_eq!(rows(&by_currency), ["GBP | GBP 1227.78", "EUR | GBP 170.00"]);
    let euros = report(&server, "currency=EUR&by=currency");
    // 1000.00 of January by the rate of the 5th, the rest by that of February: each record rounded on its own.
    assert_eq!(rows(&euros), ["GBP | EUR 1430.76", "EUR | EUR 200.00"]);
    let records = server.json("/api/v1/sites/s/report/records?where=currency:EUR");
    let told = &records["records"][0];
    assert_eq!(
        (&told["value"], &told["counted"], &told["rateDay"]),
        (
            &json!({ "amount": "200.00", "currency": "EUR" }),
            &json!({ "amount": "170.00", "currency": "GBP" }),
            &json!("2024-02-09")
        )
    );
    let dollars = report(&server, "currency=USD&where=currency:EUR");
    assert_eq!(totals(&dollars, "totals"), ["USD 215.44 0.00 1.0 0.0 0.0 1"]);
}

fn cost_of(row: &Value) -> String {
    let figures = ["amount", "clicks", "impressions"];
    format!("{} {}", text(&row["currency"]), figures.map(|name| text(&row["cost"][name])).join(" "))
}

fn row<'a>(report: &'a Value, value: &str) -> &'a Value {
    let rows = report["rows"].as_array().unwrap();
    rows.iter().find(|row| row["values"].as_object().unwrap().values().any(|one| one == value)).unwrap()
}

#[test]
fn costs_stand_in_the_rows_of_the_visits_that_they_paid_for() {
    let server = world();
    costs(&server);
    let found = report(&server, "model=linear,first-touch");
    let paid = row(&found, "Paid Search");
    assert_eq!(cost_of(paid), "GBP 140.00 15 300");
    let figures = |row: &Value, name: &str| {
        let models = row["models"].as_array().unwrap();
        models.iter().map(|model| text(&model[name])).collect::<Vec<_>>()
    };
    assert_eq!(figures(paid, "roas"), ["1.7857", "7.1429"]);
    assert_eq!(
        figures(paid, "costPerRecord"),
        ["560.00", "140.00"],
        "of a quarter of a record, and of a whole one"
    );
    assert_eq!(row(&found, "Email")["cost"], json!(null));
    let social = row(&found, "Paid Social");
    assert_eq!(cost_of(social), "USD 30.00 5 100", "there is no rate");
    assert_eq!(
        (figures(social, "value"), figures(social, "roas")),
        (vec!["0.00".into(); 2], vec!["0.0".into(); 2])
    );
    assert_eq!(figures(social, "costPerRecord"), ["null", "null"]);
    let campaigns = report(&server, "by=campaign");
    let spring = row(&campaigns, "spring");
    assert_eq!((cost_of(spring), figures(spring, "roas")), ("GBP 100.00 10 200".into(), vec!["2.5".into()]));
    let desks = row(&campaigns, "desks");
    assert_eq!((cost_of(desks), figures(desks, "roas")), ("GBP 40.00 5 100".into(), vec!["0.0".into()]));
    let sources = report(&server, "by=source,medium");
    assert_eq!(cost_of(row(&sources, "cpc")), "GBP 100.00 10 200");
    assert_eq!(
        cost_of(row(&sources, "bing")),
        "GBP null null null",
        "what it brought is not what was paid for"
    );
    let months = report(&server, "by=touchMonth");
    assert_eq!(cost_of(row(&months, "2024-01-01")), "GBP 140.00 15 300");
    let currencies = rows_with(&months, |_| String::new());
    assert_eq!(
        currencies.last().unwrap().trim(),
        "2024-01-01 | USD",
        "and the amounts of other currencies come last"
    );
}

#[test]
fn costs_are_limited_and_converted_as_records_are() {
    let server = world();
    costs(&server);
    let paid = |query: &str| cost_of(row(&report(&server, query), "Paid Search"));
    assert_eq!(paid("from=2024-01-06"), "GBP 80.00 10 200");
    assert_eq!(
        paid("from=2024-01-05&to=2024-01-05&compareFrom=2024-01-01&compareTo=2024-12-31"),
        "GBP 60.00 5 100"
    );
    assert_eq!(paid("where=source:bing"), "GBP 40.00 5 100", "of a row that no record has");
    assert_eq!(paid("where=!source:bing"), "GBP 100.00 10 200");
    assert_eq!(paid("where=campaign:spring"), "GBP 100.00 10 200");
    // What costs do not have, they cannot be grouped or limited by.
    for query in ["by=landingPage", "by=device", "by=channel,stage", "where=stage:Won", "where=landingPage:x"]
    {
        for row in report(&server, query)["rows"].as_array().unwrap() {
            assert_eq!(row["cost"], json!(null), "{query}");
        }
    }
    rates(&server);
    let found = report(&server, "");
    assert_eq!(
        cost_of(row(&found, "Paid Social")),
        "GBP 23.62 5 100",
        "30.00 USD by the rate of the Friday before"
    );
    let euros = report(&server, "currency=EUR");
    assert_eq!(cost_of(row(&euros, "Paid Social")), "EUR 27.47 5 100");
}

#[test]
fn a_restated_cost_shows_at_once() {
    let server = world();
    costs(&server);
    assert_eq!(cost_of(row(&report(&server, ""), "Paid Search")), "GBP 140.00 15 300");
    cost(&server, "google", "PayPerClick", "Spring", "2024-01-05", "10.00 GBP");
    assert_eq!(cost_of(row(&report(&server, ""), "Paid Search")), "GBP 90.00 15 300");
}

/// Money that brought nothing is told where amounts of its currency are, largest value first.
#[test]
fn rows_of_costs_alone_are_in_their_place() {
    let server = world();
    costs(&server);
    let told = rows(&report(&server, "by=campaign"));
    assert_eq!(
        told,
        [
            "(not set) | GBP 627.78",
            "news | GBP 300.00",
            "spring | GBP 250.00",
            "(unattributed) | GBP 50.00",
            "desks | GBP 0.00",
            "(not set) | EUR 200.00",
            "managers | USD 0.00",
        ]
    );
}

/// Its totals: currency, won value, cost, clicks, impressions, ROAS and cost of a record.
fn returns(report: &Value, member: &str) -> Vec<String> {
    let total = |total: &Value| {
        let figures = ["currency", "wonValue"].map(|name| text(&total[name]));
        let cost = ["amount", "clicks", "impressions"].map(|name| text(&total["cost"][name]));
        let returns = ["roas", "costPerRecord"].map(|name| text(&total[name]));
        [figures.join(" "), cost.join(" "), returns.join(" ")].join(" | ")
    };
    report[member].as_array().unwrap().iter().map(total).collect()
}

#[test]
fn totals_tell_what_all_advertising_cost_and_brought() {
    let server = world();
    let none = |total: &Value| total["cost"].is_null() && total["roas"].is_null();
    assert!(report(&server, "")["totals"].as_array().unwrap().iter().all(none), "nothing was spent");
    costs(&server);
    let of_all = [
        "GBP 1127.77 | 140.00 15 300 | 8.0555 35.00",
        "EUR 0.00 | null null null | null null",
        "USD 0.00 | 30.00 5 100 | 0.0 null",
    ];
    assert_eq!(returns(&report(&server, ""), "totals"), of_all, "also in a currency of costs alone");
    let email = report(&server, "where=channel:Email&model=markov");
    assert_eq!(returns(&email, "totals"), of_all, "a filter on touches leaves totals as they are");
    let compared = report(&server, "from=2024-03-01&compareFrom=2024-01-06&compareTo=2024-01-31");
    assert_eq!(returns(&compared, "totals"), ["GBP 127.77 | null null null | null null"]);
    assert_eq!(
        returns(&compared, "previousTotals"),
        ["GBP 1000.00 | 80.00 10 200 | 12.5 80.00", "USD 0.00 | 30.00 5 100 | 0.0 null"]
    );
    for query in ["by=landingPage", "by=stage", "where=stage:Won", "where=landingPage:x"] {
        let found = report(&server, query);
        assert!(found["totals"].as_array().unwrap().iter().all(none), "{query}: as its rows");
    }
    rates(&server);
    let converted = returns(&report(&server, ""), "totals");
    assert_eq!(converted, ["GBP 1127.77 | 163.62 20 400 | 6.8926 32.72"]);
}

#[test]
fn the_costs_of_rows_add_up_to_those_of_the_totals() {
    let server = world();
    costs(&server);
    // Of a third of a penny each, when it is converted: what is rounded is a cost, not a sum.
    for campaign in ["one", "two", "three"] {
        cost(&server, "linkedin", "SocialMedia", campaign, "2024-01-07", "0.01 USD");
    }
    for with_rates in [false, true] {
        if with_rates {
            rates(&server);
        }
        for by in ["channel", "source,medium,campaign", "month", "touchDay", "platform,term,content"] {
            for currency in ["GBP", "EUR", "JPY"] {
                let found = report(&server, &format!("by={by}&currency={currency}&from=2024-01-05"));
                let sums = |member: &str| {
                    let mut sums = BTreeMap::new();
                    for one in found[member].as_array().unwrap().iter().filter(|one| !one["cost"].is_null()) {
                        let cost = &one["cost"];
                        let sum: &mut (i64, u64) = sums.entry(text(&one["currency"])).or_default();
                        sum.0 += text(&cost["amount"]).replace('.', "").parse::<i64>().unwrap();
                        sum.1 += cost["clicks"].as_u64().unwrap();
                    }
                    sums
                };
                assert_eq!(sums("rows"), sums("totals"), "by {by} in {currency}");
            }
        }
    }
}
