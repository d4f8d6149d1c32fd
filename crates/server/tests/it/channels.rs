//! Which marketing a visit is counted to, why, and a site's own rules: over HTTP.

use crate::harness::{Reply, Server, new_token, run_ok, wait_for};
use serde_json::{Value, json};

const RULES: &str = "/api/v1/sites/s/channels/rules";
const BRAND: &str = r#"brand: Brand Search if source kind is "search" and campaign contains "brand""#;

/// A value of a query, every byte that could mean something encoded.
fn encoded(raw: &str) -> String {
    raw.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

fn address(url: &str, referrer: &str) -> String {
    format!("/api/v1/sites/s/channels/explain?url={}&referrer={}", encoded(url), encoded(referrer))
}

fn explained(server: &Server, url: &str, referrer: &str) -> Value {
    server.json(&address(url, referrer))
}

fn put(server: &Server, path: &str, rules: &[&str]) -> Reply {
    server.put(path, &json!({ "rules": rules }))
}

/// The site's own rules, as text.
fn own(server: &Server) -> Vec<String> {
    let listed = server.json(RULES);
    let rules = listed["rules"].as_array().unwrap().iter().filter(|rule| rule["own"] == true);
    rules.map(|rule| rule["text"].as_str().unwrap().to_owned()).collect()
}

/// Query of the landing page, referrer, and what must be answered: channel, source, medium, basis, rule, words of the
/// reason.
#[rustfmt::skip]
const ARRIVALS: [[&str; 8]; 15] = [
    ["", "", "Direct", "(direct)", "(none)", "nothing", "direct", "no referrer"],
    ["", "https://shop.example/b", "Direct", "(direct)", "(none)", "nothing", "direct", "the site itself"],
    ["", "https://www.paypal.com/", "Direct", "(direct)", "(none)", "nothing", "direct", "payment"],
    ["", "rubbish", "Direct", "(direct)", "(none)", "nothing", "direct", "no web address"],
    ["", "https://www.google.co.uk/", "Organic Search", "google", "organic", "referrer", "organic-search", "a search engine"],
    ["", "https://chatgpt.com/", "AI Assistants", "chatgpt", "ai-assistant", "referrer", "ai-assistants", "an AI assistant"],
    ["", "https://partner.example/x", "Referral", "partner.example", "referral", "referrer", "referral", "on no list"],
    ["?gclid=A", "https://www.google.com/", "Paid Search", "google", "cpc", "click_id", "paid-search", "gclid, a click id of Google Ads"],
    ["?msclkid=1", "", "Paid Search", "bing", "cpc", "click_id", "paid-search", "Microsoft Advertising"],
    ["?ttclid=1", "", "Paid Social", "tiktok", "cpc", "click_id", "paid-social", "TikTok Ads"],
    ["?fbclid=1", "", "Organic Social", "facebook", "social", "click_id", "organic-social", "paid for or not"],
    ["?utm_source=News&utm_medium=email", "https://mail.google.com/", "Email", "news", "email", "tags", "email", "utm_source=News"],
    ["?utm_source=google&gclid=1", "", "Paid Search", "google", "cpc", "tags", "paid-search", "adds medium cpc"],
    ["?utm_campaign=Cross-network", "", "Cross-network", "", "", "tags", "cross-network", "no source and no medium"],
    ["?utm_source=flyer", "", "Unassigned", "flyer", "", "tags", "unassigned", "No rule holds"],
];

#[test]
fn an_arrival_is_explained() {
    let server = Server::start();
    for [query, referrer, channel, source, medium, basis, rule, words] in ARRIVALS {
        let found = explained(&server, &format!("https://www.shop.example/{query}"), referrer);
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        let told =
            [&found["channel"], &found["source"], &found["medium"], &found["basis"], &found["rule"]["name"]];
        assert_eq!(told.map(text), [channel, source, medium, basis, rule], "{query} {referrer}: {found}");
        let because = text(&found["because"]);
        assert!(because.contains(words) && because.ends_with('.'), "{query} {referrer}: {because}");
        assert_eq!(found["rule"]["own"], false);
        let begins_with_name = text(&found["rule"]["text"]).starts_with(&format!("{rule}: {channel} if "));
        assert_eq!(begins_with_name, rule != "unassigned", "the rule that holds, as text: {found}");
    }
}

#[test]
fn everything_that_an_address_says_is_answered() {
    let server = Server::start();
    let url = "https://shop.example/?utm_source=Google&utm_medium=CPC&utm_campaign=Spring+Sale&utm_term=shoes\
               &utm_content=Blue&utm_id=42&utm_source_platform=SA360&fbclid=f&GCLID=Ab";
    let mut found = explained(&server, url, "");
    let members = found.as_object_mut().unwrap();
    assert!(members.remove("because").is_some() && members["rule"]["text"].is_string());
    members["rule"].as_object_mut().unwrap().remove("text");
    assert_eq!(
        found,
        json!({
            "channel": "Paid Search", "source": "google", "medium": "cpc", "campaign": "Spring Sale", "term": "shoes",
            "content": "Blue", "campaignId": "42", "sourcePlatform": "SA360", "platform": "Google Ads",
            "clickIds": [{ "kind": "gclid", "value": "Ab" }, { "kind": "fbclid", "value": "f" }],
            "basis": "tags", "rule": { "name": "paid-search", "own": false },
        })
    );
}

#[test]
fn a_wrong_question_is_named() {
    let server = Server::start();
    let long = format!("https://shop.example/{}", "x".repeat(2_048));
    let page = encoded("https://shop.example/?a=b");
    for (query, pointer, code) in [
        (String::new(), "url", "required"),
        ("url=".into(), "url", "required"),
        ("url=shop.example".into(), "url", "not_a_url"),
        ("url=%2Fpath%3Fgclid%3D1".into(), "url", "not_a_url"),
        ("url=ftp%3A%2F%2Fshop.example".into(), "url", "not_a_url"),
        (format!("url={long}"), "url", "too_long"),
        (format!("url={page}&url={page}"), "url", "duplicate_key"),
        (format!("url={page}&referrer={long}"), "referrer", "too_long"),
        // An address that was not encoded falls apart; that must not be answered as if it were whole.
        ("url=https://shop.example/?utm_source=a&utm_medium=b".into(), "utm_medium", "unknown_key"),
    ] {
        let reply = server.get(&format!("/api/v1/sites/s/channels/explain?{query}"));
        assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_query"), "{query}");
        assert_eq!(reply.problems(), [(pointer.to_owned(), code.to_owned())], "{query}");
    }
}

#[test]
fn a_rule_of_the_site_wins_at_once_and_after_a_restart() {
    let server = Server::start();
    let visit = "https://shop.example/?gclid=1&utm_campaign=My+Brand";
    assert_eq!(explained(&server, visit, "")["channel"], "Paid Search");
    for round in 0..20 {
        let (name, channel) = (format!("brand-{round}"), format!("Brand {round}"));
        let rule = format!("{name}: {channel} if source kind is search and campaign contains brand");
        let reply =
            put(&server, RULES, &["# ours", &rule, "", "flyers: Print if medium is one of qr, flyer"]);
        assert_eq!(reply.status, 200, "{reply:?}");
        // No waiting: the very next request.
        let found = explained(&server, visit, "");
        assert_eq!((&found["channel"], &found["rule"]["name"]), (&json!(channel), &json!(name)));
        assert_eq!(found["rule"]["own"], true);
        assert!(found["because"].as_str().unwrap().contains("The site's own rule"), "{found}");
        assert_eq!(
            reply.json()["rules"],
            server.json(RULES)["rules"],
            "the answer is what holds from now on"
        );
    }
    let before = (server.json(RULES), explained(&server, visit, ""));
    let (data, token) = server.stop();
    let server = Server::start_on(data, token, &[]);
    assert_eq!((server.json(RULES), explained(&server, visit, "")), before);
    let empty = put(&server, RULES, &[]);
    assert_eq!((empty.status, own(&server).len()), (200, 0));
    assert_eq!(explained(&server, visit, "")["channel"], "Paid Search");
}

#[test]
fn the_rules_are_listed_in_the_order_in_which_they_are_tried() {
    let server = Server::start();
    let builtin = server.json(RULES)["rules"].as_array().unwrap().clone();
    assert!(builtin.len() > 20 && builtin.iter().all(|rule| rule["own"] == false));
    assert_eq!((&builtin[0]["name"], &builtin[0]["channel"]), (&json!("direct"), &json!("Direct")));
    put(&server, RULES, &["b: B if source is x", "a: A if source is x"]);
    let all = server.json(RULES)["rules"].as_array().unwrap().clone();
    assert_eq!(
        all[..2],
        [
            json!({ "name": "b", "channel": "B", "text": "b: B if source is \"x\"", "own": true }),
            json!({ "name": "a", "channel": "A", "text": "a: A if source is \"x\"", "own": true }),
        ]
    );
    assert_eq!(all[2..], builtin);
    assert_eq!(
        explained(&server, "https://a.example/?utm_source=x", "")["channel"],
        "B",
        "the first decides"
    );
}

#[test]
fn every_wrong_line_is_named_and_nothing_changes() {
    let server = Server::start();
    put(&server, RULES, &[BRAND]);
    let reply = server.put(
        RULES,
        &json!({ "rules": [BRAND, "no colon", "# a remark", "a: B if colour is red", 5, null, "a: B if source is x\nc: D if source is y",
                           "a: B if source kind is news", "a: B if source matches \"[x\"", "ok: B if source is x"] }),
    );
    assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_body"));
    let expected = [
        ("/rules/1", "not_a_rule"),
        ("/rules/3", "not_a_rule"),
        ("/rules/4", "not_a_rule"),
        ("/rules/5", "wrong_type"),
        ("/rules/6", "not_a_rule"),
        ("/rules/7", "unknown_source_kind"),
        ("/rules/8", "not_a_pattern"),
    ];
    assert_eq!(reply.problems(), expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    let detail = reply.json()["errors"][1]["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("'rules[3]' must") && detail.contains("referrer host"), "{detail}");
    for (body, pointer, code) in [
        (json!({}), "/rules", "required"),
        (json!({ "rules": null }), "/rules", "required"),
        (json!({ "rules": BRAND }), "/rules", "wrong_type"),
        (json!({ "rules": vec![BRAND; 201] }), "/rules", "too_many"),
        (json!([BRAND]), "", "wrong_type"),
    ] {
        let reply = server.put(RULES, &body);
        assert_eq!(reply.problems(), [(pointer.to_owned(), code.to_owned())], "{body}");
    }
    assert_eq!(server.request("PUT", RULES, &[], b"{\"rules\":[]}").code(), "unsupported_media_type");
    assert_eq!(own(&server), [BRAND]);
}

#[test]
fn rules_can_be_checked_without_being_set() {
    let server = Server::start();
    put(&server, RULES, &[BRAND]);
    let checked = server.put(
        &format!("{RULES}?validateOnly=true"),
        &json!({ "rules": ["a: A if source is x"], "comment": 1, "Rules2": [] }),
    );
    assert_eq!(checked.status, 200, "{checked:?}");
    assert_eq!(checked.json()["rules"][0]["text"], "a: A if source is \"x\"");
    assert_eq!(checked.json()["ignored"], json!(["/Rules2", "/comment"]));
    assert_eq!(put(&server, &format!("{RULES}?validateOnly=true"), &["a"]).status, 400);
    for misspelt in ["validateonly=true", "validate=1", "validateOnly=perhaps"] {
        let reply = put(&server, &format!("{RULES}?{misspelt}"), &[]);
        assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_query"), "{misspelt}");
    }
    assert_eq!(own(&server), [BRAND]);
}

#[test]
fn reading_takes_read_and_setting_takes_admin() {
    let server = Server::start();
    let data = server.data.path();
    let tokens = ["ingest", "read", "admin"].map(|scope| new_token(data, "s", scope));
    run_ok(data, &["site", "add", "--id", "other", "--name", "Other"]);
    let explain = address("https://shop.example/", "");
    let json = [("Content-Type", "application/json")];
    for (token, expected) in tokens.iter().zip([[403, 403, 403], [200, 200, 403], [403, 403, 200]]) {
        wait_for("the token is known", || {
            (server.request_as(token, "GET", RULES, &[], b"").status != 401).then_some(())
        });
        let statuses = [("GET", explain.as_str()), ("GET", RULES), ("PUT", RULES)]
            .map(|(method, path)| server.request_as(token, method, path, &json, b"{\"rules\":[]}").status);
        assert_eq!(statuses, expected);
    }
    for site in ["other", "nowhere"] {
        for (method, path) in [("GET", explain.as_str()), ("GET", RULES), ("PUT", RULES)] {
            let path = path.replace("/s/", &format!("/{site}/"));
            let reply = server.request(method, &path, &json, b"{\"rules\":[]}");
            assert_eq!((reply.status, reply.code().as_str()), (403, "site_not_allowed"), "{method} {path}");
        }
    }
}

#[test]
fn settings_and_rules_are_changed_beside_each_other() {
    let server = Server::start();
    let data = server.data.path();
    for round in 0..10 {
        // The running server has not heard of the name yet when the rules come.
        run_ok(data, &["site", "set", "--id", "s", "--name", &format!("Name {round}")]);
        let rule = format!("r: Round {round} if source is \"x\"");
        assert_eq!(put(&server, RULES, &[&rule]).status, 200);
        assert!(run_ok(data, &["site", "list"]).contains(&format!("Name {round}")), "round {round}");
        run_ok(data, &["site", "set", "--id", "s", "--currency", "EUR"]);
        assert!(run_ok(data, &["channels", "rules", "--site", "s"]).contains(&rule), "round {round}");
    }
}
