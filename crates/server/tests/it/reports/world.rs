//! A site that is small enough to work its reports out by hand.
//!
//! | record | worth | stages | touches |
//! |---|---|---|---|
//! | A, Ann's | 1000.00 GBP | Proposal 01-10, Won 01-22 | Paid Search 12-25, Email 01-01 (form), Organic Search 01-08, Direct 01-15 |
//! | B, Bob's | 100.01 GBP | Proposal 02-10, Lost 02-20 | Organic Search 02-01, Email 02-08 (form) |
//! | C, Cat's | 200.00 EUR | Proposal 02-10 | Direct 02-05 (form) |
//! | D | 50.00 GBP | Won 03-01 | nobody is known |
//! | E, Eve's | 77.77 GBP | Won 03-05 | a conversion that is said to be offline, 03-04 |
//!
//! Ann's touches lie a week apart, and so do Bob's. Revenue: INV-A, 900.00 GBP of Ann's, 01-25.

use crate::harness::{Server, opportunity, run_ok, with};
use crate::sent::{email, ra_id};
use serde_json::{Value, json};

const STAGES: [&str; 8] = [
    "--stage",
    "Enquiry=lead",
    "--stage",
    "Proposal=opportunity",
    "--stage",
    "Won=won",
    "--stage",
    "Lost=lost",
];

const DESKTOP: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36";
const MOBILE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/17.0 Mobile/15E148 Safari/604.1";

const AD: &str = "https://www.shop.example/offer?utm_source=google&utm_medium=cpc&utm_campaign=spring&utm_term=shoes\
                  &utm_content=banner&gclid=abc";
const MAIL: &str = "https://www.shop.example/news?utm_source=newsletter&utm_medium=email&utm_campaign=news";

/// The site without what advertising cost, and without rates.
pub fn world() -> Server {
    world_with(&[])
}

/// As `world`, with other settings of the server.
pub fn world_with(environment: &[(&str, &str)]) -> Server {
    let server = Server::start_after(environment, |data| {
        run_ok(data, &[&["site", "set", "--id", "s"][..], &STAGES].concat());
    });
    ann(&server);
    let bob = json!({ "userAgent": MOBILE, "referrer": "https://www.google.com/" });
    server.visit_with("v-bob", "2024-02-01T09:00:00Z", "https://www.shop.example/chairs", bob);
    server.visit_with("v-bob", "2024-02-08T09:00:00Z", MAIL, json!({ "userAgent": MOBILE }));
    server.form("form-bob", "2024-02-08T09:05:00Z", &[ra_id("v-bob"), email("bob@example.com")], &[]);
    deal(&server, "B", "Proposal", "100.01 GBP", "2024-02-10", "bob", json!({ "Labels": ["South"] }));
    deal(&server, "B", "Lost", "100.01 GBP", "2024-02-20", "bob", json!({}));
    server.visit_with(
        "v-cat",
        "2024-02-05T09:00:00Z",
        "https://www.shop.example/",
        json!({ "userAgent": DESKTOP }),
    );
    server.form("form-cat", "2024-02-05T09:05:00Z", &[ra_id("v-cat"), email("cat@example.com")], &[]);
    deal(&server, "C", "Proposal", "200.00 EUR", "2024-02-10", "cat", json!({}));
    deal(&server, "D", "Won", "50.00 GBP", "2024-03-01", "dan", json!({}));
    offline(&server, "2024-03-04T12:00:00Z");
    deal(&server, "E", "Won", "77.77 GBP", "2024-03-05", "eve", json!({}));
    server
}

fn ann(server: &Server) {
    let from_google = json!({ "userAgent": DESKTOP, "referrer": "https://www.google.com/" });
    server.visit_with("v-ann", "2023-12-25T10:00:00Z", AD, from_google);
    server.visit_with("v-ann", "2024-01-01T10:00:00Z", MAIL, json!({ "userAgent": DESKTOP }));
    server.form("form-ann", "2024-01-01T10:05:00Z", &[ra_id("v-ann"), email("ann@example.com")], &[]);
    let from_bing = json!({ "userAgent": DESKTOP, "referrer": "https://www.bing.com/" });
    server.visit_with("v-ann", "2024-01-08T10:00:00Z", "https://www.shop.example/chairs", from_bing);
    server.visit_with(
        "v-ann",
        "2024-01-15T10:00:00Z",
        "https://www.shop.example/",
        json!({ "userAgent": DESKTOP }),
    );
    let more = json!({
        "Labels": ["North", "Key"], "AdditionalDataProperties": [{ "Name": "Region", "Value": "UK" }],
    });
    deal(server, "A", "Proposal", "800.00 GBP", "2024-01-10T12:00:00Z", "ann", more);
    deal(server, "A", "Won", "1000.00 GBP", "2024-01-22T12:00:00Z", "ann", json!({}));
    let revenue = json!({
        "Reference": "INV-A", "Value": "900.00", "CurrencyCode": "GBP", "RevenueClosedDate": "2024-01-25", "Labels": ["Invoice"],
        "VisitorIdentifierOptions": [email("ann@example.com")],
    });
    server.put("/v1/s/revenue/upload", &revenue).result();
}

/// A version of somebody's deal.
pub fn deal(server: &Server, reference: &str, stage: &str, worth: &str, at: &str, whose: &str, more: Value) {
    let (amount, currency) = worth.split_once(' ').unwrap();
    let named = json!({
        "CurrencyCode": currency, "VisitorIdentifierOptions": [email(&format!("{whose}@example.com"))],
    });
    server.upload(&with(with(opportunity(reference, stage, amount, at), named), more)).result();
}

/// Eve's conversion, of which its sender says that it was offline.
pub fn offline(server: &Server, at: &str) {
    let body = json!({
        "Reference": "form-eve", "CaptureDateTime": at, "VisitorIdentifierOptions": [email("eve@example.com")],
        "Payload": [], "MarketingChannelOverride": "Offline", "SourceCategoryOverride": "NotApplicable",
    });
    assert_eq!(server.put("/v1/s/webconversion", &body).status, 201);
}

/// What a campaign cost on a day.
pub fn cost(server: &Server, source: &str, kind: &str, campaign: &str, day: &str, worth: &str) {
    let (amount, currency) = worth.split_once(' ').unwrap();
    let body = json!({
        "CaptureDateIso": day, "MarketingSource": source, "AdCostType": kind, "Cost": amount, "CurrencyCode": currency,
        "Clicks": 5, "Impressions": 100,
        "CampaignIdentifiers": [{ "IdentifierName": "Campaign", "IdentifierValue": campaign }],
    });
    assert_eq!(server.put("/v1/s/adcosts", &body).status, 201);
}

/// Advertising of Ann's campaign, of one that brought nobody, and of one in a currency of its own.
pub fn costs(server: &Server) {
    cost(server, "google", "PayPerClick", "Spring", "2024-01-05", "60.00 GBP");
    cost(server, "google", "PayPerClick", "Spring", "2024-01-06", "40.00 GBP");
    cost(server, "bing", "PayPerClick", "desks", "2024-01-06", "40.00 GBP");
    cost(server, "linkedin", "SocialMedia", "managers", "2024-01-07", "30.00 USD");
}

/// Rates of two Fridays: C's Saturday is converted by the second, the Sunday of a cost by the first.
pub fn rates(server: &Server) {
    let file = server.data.path().join("rates.csv");
    std::fs::write(&file, "Date,USD,GBP\n2024-01-05,1.0921,0.86\n2024-02-09,1.0772,0.85\n").unwrap();
    run_ok(server.data.path(), &["rates", "import", file.to_str().unwrap()]);
}

/// A report of site `s`.
pub fn report(server: &Server, query: &str) -> Value {
    server.json(&format!("/api/v1/sites/s/report?{query}"))
}

/// Its rows: values, currency, and what each model gives.
pub fn rows(report: &Value) -> Vec<String> {
    rows_with(report, |model| text(&model["value"]))
}

/// As `rows`, with something else of each model.
pub fn rows_with(report: &Value, figure: impl Fn(&Value) -> String) -> Vec<String> {
    let row = |row: &Value| {
        let by = report["query"]["by"].as_array().unwrap();
        let values: Vec<_> = by.iter().map(|name| text(&row["values"][name.as_str().unwrap()])).collect();
        let figures: Vec<_> = row["models"].as_array().unwrap().iter().map(&figure).collect();
        format!("{} | {} {}", values.join(" / "), text(&row["currency"]), figures.join(" "))
    };
    report["rows"].as_array().unwrap().iter().map(row).collect()
}

/// Its totals: currency, value, won value, records, won and lost ones, and how many are attributed.
pub fn totals(report: &Value, member: &str) -> Vec<String> {
    let total = |total: &Value| {
        let figures = ["currency", "value", "wonValue", "records", "won", "lost", "attributed"];
        figures.map(|name| text(&total[name])).join(" ")
    };
    report[member].as_array().unwrap().iter().map(total).collect()
}

/// A text without its quotes; other values as JSON.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Minor units of an amount with two decimals.
pub fn minor(amount: &Value) -> i64 {
    amount.as_str().unwrap().replace('.', "").parse().unwrap()
}

/// A value of a query.
pub fn encoded(raw: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    raw.bytes().map(one).collect()
}
