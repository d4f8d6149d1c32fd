//! The page about channels: an address is explained as by the API, and a preview is what the report says once it is saved.

use crate::browser::{Browser, between, encoded};
use crate::harness::{Server, new_token, opportunity};
use serde_json::{Value, json};

const PAGE: &str = "/sites/s/channels";
const RULE: &str = "brand: Brand <b>Search if campaign contains brand";

/// Two visitors from campaigns, each with an opportunity.
fn with_journeys() -> Server {
    let server = Server::start();
    for (number, campaign) in [(1, "brand-uk"), (2, "other")] {
        let visitor = format!("8d3c8f52-6f0c-4f0e-9d0e-1f2a3b4c5d6{number}");
        let url = format!("https://shop.example/?gclid=x&utm_campaign={campaign}");
        server.visit(&visitor, "2024-01-10T10:00:00Z", &url);
        let mut upload = opportunity(&format!("OPP-{number}"), "Won", "100.10", "2024-01-12");
        upload["VisitorIdentifierOptions"] = json!([{ "Key": "RaId", "Value": visitor }]);
        assert_eq!(server.upload(&upload).status, 201);
    }
    server
}

fn by_channel(server: &Server) -> Value {
    server.json("/api/v1/sites/s/report?by=channel&model=last-touch")["rows"].clone()
}

#[test]
fn an_address_is_explained_as_by_the_api_and_its_rule_is_marked() {
    let server = Server::start();
    let browser = Browser::with(&server, &server.token);
    let asked =
        encoded(&[("url", "https://a.example/?utm_term=<i>"), ("referrer", "https://www.google.com/")]);
    let told = server.json(&format!("/api/v1/sites/s/channels/explain?{asked}"));
    let page = browser.page(&format!("{PAGE}?{asked}"));
    assert!(page.contains(told["channel"].as_str().unwrap()));
    let because = told["because"]
        .as_str()
        .unwrap()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    assert!(page.contains(&because), "{because}: {page}");
    assert_eq!(page.matches("class=\"decides\"").count(), 1);
    assert!(!page.contains("<i>"));
    assert!(browser.page(&format!("{PAGE}?url=nonsense")).contains("must be an absolute http or https URL"));
}

#[test]
fn a_preview_changes_nothing_and_is_what_the_report_says_once_saved() {
    let server = with_journeys();
    let browser = Browser::with(&server, &server.token);
    let before = by_channel(&server);
    let base = between(&browser.page(PAGE), "name=\"base\" value=\"", "\"").to_owned();
    let fields = [("rules", RULE), ("base", base.as_str()), ("period", "all"), ("model", "last-touch")];
    let shown = browser.post(&format!("{PAGE}/preview"), &fields);
    assert_eq!(shown.status, 200, "{}", shown.text());
    let table = between(shown.text(), "Value by channel under the present", "</table>");
    assert!(!table.contains("<b>Search") && table.contains("Brand &lt;b&gt;Search"), "{table}");
    assert!(shown.text().contains("1 of 2") && table.contains("+<data"), "{table}");
    assert_eq!(by_channel(&server), before, "nothing is stored");
    let kept = between(shown.text(), "name=\"rules\" value=\"", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"");
    let saved = browser.post(&format!("{PAGE}/save"), &[("rules", kept.as_str()), ("base", base.as_str())]);
    assert_eq!(
        (saved.status, saved.header("location")),
        (303, Some("/sites/s/channels?done=saved")),
        "{}",
        saved.text()
    );
    let after = by_channel(&server);
    assert_ne!(after, before);
    for row in after.as_array().unwrap() {
        let channel = row["values"]["channel"].as_str().unwrap().replace('<', "&lt;").replace('>', "&gt;");
        let in_table = between(table, &format!("{channel}</th>"), "</tr>");
        let value = row["models"][0]["value"].as_str().unwrap();
        let then = in_table.split("<td").nth(2).unwrap();
        assert!(then.contains(&format!("value=\"{value}\"")), "{row}: {in_table}");
    }
}

#[test]
fn rules_are_added_moved_and_removed_and_what_is_wrong_is_named() {
    let server = Server::start();
    let browser = Browser::with(&server, &server.token);
    let rules = "a: A if source is x\r\nb: B if source is y";
    let edit = |fields: &[(&str, &str)]| browser.post(&format!("{PAGE}/preview"), fields);
    let kept = |reply: &crate::harness::Reply| {
        between(reply.text(), "name=\"rules\" value=\"", "\"").replace("&quot;", "\"")
    };
    let moved = edit(&[("rules", rules), ("edit", "up:1")]);
    assert_eq!(kept(&moved), "b: B if source is \"y\"\na: A if source is \"x\"");
    assert_eq!(kept(&edit(&[("rules", rules), ("edit", "remove:0")])), "b: B if source is \"y\"");
    let new = [
        ("channel", "My Partners"),
        ("field-0", "referrer host"),
        ("operator-0", "is"),
        ("values-0", "p.example, Q.example"),
    ];
    let added = edit(&[&[("rules", ""), ("edit", "add")][..], &new].concat());
    assert_eq!(
        kept(&added),
        "my-partners: My Partners if referrer host is one of \"p.example\", \"q.example\""
    );
    let wrong = edit(&[("rules", "a: A if source is x\r\nnothing\r\nc: C if colour is red")]);
    assert_eq!(wrong.status, 400);
    assert!(wrong.text().contains("Line 2 must") && wrong.text().contains("Line 3 must"), "{}", wrong.text());
    assert!(wrong.text().contains("c: C if colour is red"), "the input is kept");
    let none = edit(&[("rules", ""), ("edit", "add"), ("name", "kept")]);
    assert!(
        none.status == 400
            && none.text().contains("The channel must be given.")
            && none.text().contains("value=\"kept\"")
    );
}

#[test]
fn rules_that_somebody_else_changed_meanwhile_are_not_undone() {
    let server = Server::start();
    let browser = Browser::with(&server, &server.token);
    let base = between(&browser.page(PAGE), "name=\"base\" value=\"", "\"").to_owned();
    let theirs = json!({ "rules": ["theirs: Theirs if source is x"] });
    assert_eq!(server.put("/api/v1/sites/s/channels/rules", &theirs).status, 200);
    // The page that was open all the while: what is made from it is told of, before the next page is made from it.
    let preview = browser.post(&format!("{PAGE}/preview"), &[("rules", RULE), ("base", base.as_str())]);
    assert_eq!(preview.status, 409);
    assert!(preview.text().contains("somebody changed the rules"), "{}", preview.text());
    let refused = browser.post(&format!("{PAGE}/save"), &[("rules", RULE), ("base", base.as_str())]);
    assert_eq!(refused.status, 409);
    assert!(refused.text().contains("somebody changed the rules"), "{}", refused.text());
    let own = || server.json("/api/v1/sites/s/channels/rules")["rules"][0]["name"].clone();
    assert_eq!(own(), "theirs");
    let base = between(refused.text(), "name=\"base\" value=\"", "\"").to_owned();
    assert_eq!(
        browser.post(&format!("{PAGE}/save"), &[("rules", RULE), ("base", base.as_str())]).status,
        303
    );
    assert_eq!(own(), "brand");
}

#[test]
fn a_read_token_sees_the_rules_and_changes_none() {
    let server = Server::start();
    let reader = Browser::with(&server, &new_token(server.data.path(), "s", "read"));
    let page = reader.page(PAGE);
    assert!(page.contains("The built-in rules") && !page.contains("channels/preview"));
    for path in ["preview", "save"] {
        assert_eq!(reader.post(&format!("{PAGE}/{path}"), &[("rules", RULE)]).status, 403);
    }
}
