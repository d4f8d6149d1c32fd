//! The pages about opportunities: what they list makes the number, and what they tell of one is what the API tells.

use crate::browser::Browser;
use crate::harness::Server;
use crate::reports::world::{deal, encoded, minor, report, world};
use crate::sent::{email, phone, ra_id};
use serde_json::{Value, json};

const PAGE: &str = "/sites/s/opportunities";

/// The exact amounts of a page's elements for money, in order.
fn amounts(html: &str) -> Vec<String> {
    let values = html.split("<data class=\"money\" value=\"").skip(1);
    values.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before}: {text}"));
    rest.split_once(after).unwrap_or_else(|| panic!("no {after}: {rest}")).0
}

/// The references of a list, in order.
fn references(html: &str) -> Vec<&str> {
    let rows = html.split("<th scope=\"row\"><a href=\"").skip(1);
    rows.map(|row| row.split_once('>').unwrap().1.split('<').next().unwrap()).collect()
}

#[test]
fn a_cell_of_a_report_opens_as_the_records_that_make_it() {
    let server = world();
    let browser = Browser::with(&server, &server.token);
    for (query, cell) in [
        ("where=channel:Email&from=2024-01-01", "by=channel"),
        ("where=channel:Email&where=stage:Won&from=2024-01-01&model=position-based", "by=channel"),
        ("where=channel:%28unattributed%29&period=all&model=markov", "by=channel"),
    ] {
        let html = browser.page(&format!("{PAGE}?{query}"));
        let asked = query.replace("&period=all", "");
        let records = server.json(&format!("/api/v1/sites/s/report/records?{asked}"));
        let row = &report(&server, &format!("{asked}&{cell}"))["rows"][0];
        let told: Vec<&str> = records["records"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["reference"].as_str().unwrap())
            .collect();
        assert_eq!(references(&html), told, "{query}");
        assert!(!told.is_empty(), "{query}");
        let sums = amounts(between(&html, "<p class=\"sums\">", "</p>"));
        let worth: i64 =
            records["records"].as_array().unwrap().iter().map(|one| minor(&one["counted"]["amount"])).sum();
        assert_eq!(minor(&json!(sums[0])), worth, "{query}");
        assert_eq!(json!(sums[1]), row["models"][0]["value"], "{query}");
        for (row, record) in html.split("<tr>").skip(2).zip(records["records"].as_array().unwrap()) {
            let told = amounts(row);
            assert_eq!([&told[0], &told[1]], [&record["counted"]["amount"], &record["credit"][0]["amount"]]);
        }
    }
}

#[test]
fn the_list_is_filtered_sorted_and_paged_by_its_address() {
    let server = world();
    let browser = Browser::with(&server, &server.token);
    let list = |query: &str| browser.page(&format!("{PAGE}?period=all&{query}"));
    let names = |query: &str| references(&list(query)).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names("sort=largest"), ["A", "B", "E", "D", "C"], "pounds first, then what has no rate");
    assert_eq!(names("sort=oldest"), ["A", "C", "B", "D", "E"]);
    assert_eq!(names("sort=newest"), ["E", "D", "B", "C", "A"]);
    assert_eq!(names("sort=touches")[0], "A");
    assert_eq!(names("where=found:nothing_found"), ["D"]);
    assert_eq!(names("where=stage:Won&sort=oldest"), ["A", "D", "E"]);
    assert_eq!(names("kind=revenue"), ["INV-A"]);
    let label = browser.get(&format!("{PAGE}?period=all&label=South&where=stage:Lost"));
    assert_eq!(label.status, 303);
    let to = label.header("location").unwrap();
    assert_eq!(to, "/sites/s/opportunities?period=all&where=stage:Lost&where=label:South");
    assert_eq!(references(&browser.page(to)), ["B"]);
    for number in 0..52 {
        deal(&server, &format!("N-{number:02}"), "Proposal", "1.00 GBP", "2024-04-01", "nobody", json!({}));
    }
    let first = list("where=day:2024-04-01");
    assert_eq!(references(&first).len(), 50);
    assert!(first.contains("1 to 50 of 52"), "{first}");
    let next = between(&first, "rel=\"next\" href=\"", "\"").replace("&amp;", "&");
    assert_eq!(references(&browser.page(&next)), ["N-50", "N-51"]);
    for wrong in ["sort=up", "page=0", "where=x", "colour=red"] {
        let reply = browser.get(&format!("{PAGE}?{wrong}"));
        assert_eq!(reply.status, 400, "{wrong}");
        let name = wrong.split('=').next().unwrap();
        assert!(reply.text().contains(&format!("'{name}'")), "{}", reply.text());
    }
}

#[test]
fn a_search_goes_to_a_record_or_lists_what_begins_so_or_names_it() {
    let server = world();
    deal(&server, "OPP-1", "Won", "10.00 GBP", "2020-01-01", "fay", json!({}));
    deal(&server, "OPP-2", "Won", "10.00 GBP", "2020-01-01", "fay", json!({}));
    server.deal("BY-PHONE", "2020-01-01", &[phone("020 7946 0018")]);
    server.deal("BY-VISITOR", "2020-01-01", &[ra_id("v-7")]);
    let browser = Browser::with(&server, &server.token);
    let search = |sought: &str| browser.get(&format!("{PAGE}?q={}", encoded(sought)));
    let to = |sought: &str| search(sought).header("location").unwrap_or("").to_owned();
    assert_eq!(to("OPP-1"), "/sites/s/opportunities/OPP-1");
    assert_eq!(to("INV-A"), "/sites/s/revenue/INV-A", "of the other kind, too");
    for (sought, found) in [
        ("OPP-", vec!["OPP-1", "OPP-2"]),
        ("Fay@Example.com", vec!["OPP-1", "OPP-2"]),
        ("+44 20 7946 0018", vec!["BY-PHONE"]),
        ("v-7", vec!["BY-VISITOR"]),
        ("opp-", vec![]),
    ] {
        let reply = search(sought);
        assert_eq!((reply.status, references(reply.text())), (200, found), "{sought}");
    }
    assert!(search("nothing").text().contains("No record is called so, or names it."));
}

/// The amounts of the grid's rows, without its head.
fn grid(html: &str) -> Vec<Vec<String>> {
    let table = between(html, "<table class=\"data credit\">", "</table>");
    table.split("<tr>").skip(2).map(amounts).collect()
}

#[test]
fn one_record_is_told_as_its_receipt_tells_it() {
    let server = world();
    let browser = Browser::with(&server, &server.token);
    for (path, reference) in
        [("opportunities", "A"), ("opportunities", "B"), ("opportunities", "E"), ("revenue", "INV-A")]
    {
        let html = browser.page(&format!("/sites/s/{path}/{reference}?period=all"));
        let receipt = server.json(&format!("/api/v1/sites/s/{path}/{reference}/receipt"));
        let touches = receipt["touches"].as_array().unwrap();
        let rows = grid(&html);
        assert_eq!(rows.len(), touches.len() + 1, "{reference}: {html}");
        let credit = |touch: &Value| -> Vec<String> {
            let seen = touch["credit"].as_array().unwrap().iter().filter(|given| given["seen"] == true);
            seen.map(|given| given["amount"]["amount"].as_str().unwrap().to_owned()).collect()
        };
        let told: Vec<Vec<String>> = touches.iter().map(credit).collect();
        assert_eq!(rows[..touches.len()], told, "{reference}");
        let value = receipt["record"]["counted"]["amount"].as_str().unwrap();
        let models = receipt["record"]["credit"].as_array().unwrap().len();
        assert_eq!(rows[touches.len()], vec![value; models], "{reference}: every model adds up");
        for model in receipt["record"]["credit"].as_array().unwrap() {
            assert_eq!(model["amount"], value);
        }
        let pages = touches.iter().filter_map(|touch| touch["landingPage"].as_str());
        for page in pages.chain(touches.iter().filter_map(|touch| touch["because"].as_str())) {
            let shown: String = page.replace('&', "&amp;").replace('"', "&quot;").chars().take(60).collect();
            assert!(html.contains(&shown), "{reference}: {shown}");
        }
        for milestone in receipt["milestones"].as_array().unwrap() {
            let name = milestone["name"].as_str().unwrap();
            let at = &milestone["at"].as_str().unwrap()[..10];
            assert!(
                between(&html, "<ol class=\"timeline\">", "</ol>").contains(at),
                "{reference}: {name} {at}"
            );
        }
    }
    let narrow = browser.page("/sites/s/opportunities/A?model=linear,time-decay:half-life=7d");
    assert_eq!(grid(&narrow)[0], ["250.00", "66.67"]);
    assert!(narrow.contains("Found by its email address.") && narrow.contains("form-ann"));
    assert_eq!(browser.get("/sites/s/opportunities/nothing").status, 404);
    let revenue = browser.page("/sites/s/revenue/INV-A?period=all");
    assert!(revenue.contains("href=\"/sites/s/opportunities?period=all&amp;kind=revenue\""), "the way back");
}

#[test]
fn a_long_journey_is_told_in_parts_that_add_up() {
    let server = Server::start();
    for day in 1..=25 {
        server.visit("v-1", &format!("2024-01-{day:02}T10:00:00Z"), "https://www.shop.example/");
    }
    server.deal("LONG", "2024-02-01", &[ra_id("v-1")]);
    let browser = Browser::with(&server, &server.token);
    let first = grid(&browser.page("/sites/s/opportunities/LONG?model=linear"));
    assert_eq!(first.len(), 22, "20 touches, the others, and the sum");
    assert_eq!(
        (&first[0][0], &first[20][0], &first[21][0]),
        (&"4.00".into(), &"20.00".into(), &"100.00".into())
    );
    let second = grid(&browser.page("/sites/s/opportunities/LONG?model=linear&page=2"));
    assert_eq!((second.len(), &second[5][0], &second[6][0]), (7, &"80.00".into(), &"100.00".into()));
}

#[test]
fn why_nobody_was_found_is_told_with_what_to_do() {
    let server = world();
    server.form("1", "2024-01-01T10:01:00Z", &[ra_id("v-1"), phone("020 7946 0018")], &[]);
    server.form("2", "2024-01-01T10:02:00Z", &[ra_id("v-2"), phone("020 7946 0018")], &[]);
    server.deal("TWO", "2024-02-01", &[phone("020 7946 0018")]);
    let browser = Browser::with(&server, &server.token);
    let nobody = browser.page("/sites/s/opportunities/D");
    assert!(
        nobody.contains("Nobody was found for it.") && nobody.contains("all of it is unattributed"),
        "{nobody}"
    );
    assert!(browser.page("/sites/s/opportunities/TWO").contains("leads to several people"));
    let html = browser.page("/sites/s/opportunities/D");
    assert!(
        html.contains("/sites/s/people?by=email&amp;value=dan%40example.com"),
        "the way to what it names"
    );
}

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

#[test]
fn stored_values_are_text_and_nothing_else() {
    let server = Server::start();
    let page = "https://www.shop.example/?utm_source=<script>s&utm_medium=\"><b>m&utm_campaign=<img src=x>";
    server.visit_with("<b>v", "2024-01-01T10:00:00Z", page, json!({ "title": HOSTILE }));
    server.form(
        HOSTILE,
        "2024-01-01T10:01:00Z",
        &[ra_id("<b>v"), email("<i>@example.com")],
        &[(HOSTILE, HOSTILE)],
    );
    let more = json!({
        "VisitorIdentifierOptions": [email("<i>@example.com")], "Labels": [HOSTILE],
        "AdditionalDataProperties": [{ "Name": HOSTILE, "Value": HOSTILE }],
    });
    let body = crate::harness::opportunity(HOSTILE, HOSTILE, "5", "2024-02-01");
    server.upload(&crate::harness::with(body, more)).result();
    let browser = Browser::with(&server, &server.token);
    let where_label = encoded(&format!("label:{}", HOSTILE.replace('|', "\\|")));
    let own = format!("/sites/s/opportunities/{}", encoded(HOSTILE));
    for path in [
        format!("{PAGE}?period=all"),
        format!("{PAGE}?period=all&where={where_label}"),
        format!("{PAGE}?q={}", encoded("<script>")),
        own.clone(),
        format!("/sites/s/people?by=opportunity&value={}", encoded(HOSTILE)),
        format!("/sites/s/people/erase?by=opportunity&value={}", encoded(HOSTILE)),
    ] {
        let html = browser.page(&path);
        for raw in ["<script>alert", "<script>s", "<img src=x", "<b>", "<i>@", "onerror=alert(2)>\""] {
            assert!(!html.contains(raw), "{path}: {raw}");
        }
    }
    let html = browser.page(&own);
    for shown in ["&lt;script&gt;alert(1)", "&lt;i&gt;@example.com", "utm_campaign=&lt;img"] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
}
