//! Costs of advertising: storing, restating, listing.

use crate::harness::{Server, new_token, run_ok, with, without};
use crate::stored::checked;
use serde_json::{Value, json};

const COSTS: &str = "/v1/s/adcosts";
const LIST: &str = "/api/v1/sites/s/costs";

fn cost(campaign: &str, day: &str, amount: &str) -> Value {
    json!({
        "CaptureDateIso": day, "MarketingSource": "Example News", "AdCostType": "Programmatic",
        "Cost": amount, "CurrencyCode": "GBP",
        "CampaignIdentifiers": [{ "IdentifierName": "Campaign", "IdentifierValue": campaign }],
    })
}

/// Campaign, day and amount of all pages.
fn listed(server: &Server, query: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = server.json(&format!("{LIST}?{query}{cursor}"));
        for cost in page["costs"].as_array().unwrap() {
            let text = |name: &str| cost[name].as_str().unwrap().to_owned();
            all.push(format!("{} {} {}", text("day"), text("campaign"), text("amount")));
        }
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[test]
fn a_restated_cost_replaces_the_one_before() {
    let server = Server::start();
    let first = cost("Spring", "2024-01-15", "10");
    assert_eq!(server.put(COSTS, &first).result(), "created");
    assert_eq!(server.put(COSTS, &first).result(), "unchanged");
    let as_number = with(first.clone(), json!({ "Cost": 10.0, "CaptureDateIso": "2024-01-15T09:00:00Z" }));
    assert_eq!(server.put(COSTS, &as_number).result(), "unchanged", "it says the same");
    assert_eq!(server.put(COSTS, &cost("Spring", "2024-01-15", "12.34")).result(), "updated");
    assert_eq!(server.put(COSTS, &cost("Spring", "2024-01-16", "5")).result(), "created");
    assert_eq!(server.put(COSTS, &cost("Summer", "2024-01-15", "-7")).result(), "created");
    let keyword = with(first.clone(), json!({ "Keyword": "shoes" }));
    assert_eq!(server.put(COSTS, &keyword).result(), "created", "a keyword's costs are its own");
    let mut days = listed(&server, "");
    days.sort();
    assert_eq!(
        days,
        [
            "2024-01-15 Spring 10.00",
            "2024-01-15 Spring 12.34",
            "2024-01-15 Summer -7.00",
            "2024-01-16 Spring 5.00"
        ]
    );
    let metrics = server.get("/metrics").text().to_owned();
    for line in [
        "touchline_ad_costs_total{result=\"created\"} 4\n",
        "touchline_ad_costs_total{result=\"updated\"} 1\n",
        "touchline_ad_costs_total{result=\"unchanged\"} 2\n",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    assert_eq!(checked(&server).costs, 5);
    let (data, token) = server.kill();
    let server = Server::start_on(data, token, &[]);
    assert_eq!(listed(&server, "").len(), 4, "what was answered is there after a crash");
    assert_eq!(server.put(COSTS, &cost("Spring", "2024-01-15", "12.34")).result(), "unchanged");
}

#[test]
fn many_are_stored_all_or_none() {
    let server = Server::start();
    let good =
        json!([cost("a", "2024-01-15", "1"), cost("b", "2024-01-15", "2"), cost("a", "2024-01-16", "3")]);
    let prefer = [("Content-Type", "application/json"), ("Prefer", "return=representation")];
    let reply = server.request("PUT", COSTS, &prefer, good.to_string().as_bytes());
    assert_eq!((reply.status, reply.header("touchline-result")), (201, Some("created")));
    let results = |answer: &Value| -> Vec<String> {
        let costs = answer["costs"].as_array().unwrap();
        costs.iter().map(|cost| format!("{} {}", cost["result"].as_str().unwrap(), cost["amount"])).collect()
    };
    assert_eq!(results(&reply.json()), ["created \"1.00\"", "created \"2.00\"", "created \"3.00\""]);
    assert_eq!(server.put(COSTS, &good).result(), "unchanged");
    let mixed = json!([cost("a", "2024-01-15", "1"), cost("b", "2024-01-15", "9")]);
    let reply = server.request("PUT", COSTS, &prefer, mixed.to_string().as_bytes());
    assert_eq!(reply.header("touchline-result"), Some("updated"));
    assert_eq!(results(&reply.json()), ["unchanged \"1.00\"", "updated \"9.00\""]);
    let bad = json!([cost("c", "2024-01-15", "1"), without(cost("d", "2024-01-15", "1"), "Cost"), 7]);
    let reply = server.put(COSTS, &bad);
    assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_body"));
    let expected = [("/1/Cost", "required"), ("/2", "wrong_type")].map(|(p, c)| (p.to_owned(), c.to_owned()));
    assert_eq!(reply.problems(), expected);
    assert_eq!(server.put(COSTS, &json!([])).problems(), [(String::new(), "required".to_owned())]);
    let many = vec![json!(1); 1_001];
    assert_eq!(server.put(COSTS, &json!(many)).problems(), [(String::new(), "too_many".to_owned())]);
    assert_eq!(listed(&server, "").len(), 3, "nothing of it was stored");
}

#[test]
fn lists_are_paged_and_filtered_by_day() {
    let server = Server::start();
    for day in 1..=5 {
        let costs: Vec<_> = ["a", "b", "c"].map(|name| cost(name, &format!("2024-01-0{day}"), "1")).into();
        assert_eq!(server.put(COSTS, &json!(costs)).result(), "created");
    }
    let all = listed(&server, "");
    assert_eq!(all.len(), 15);
    assert!(
        all.is_sorted_by_key(|line| std::cmp::Reverse(line[..10].to_owned())),
        "the newest first: {all:?}"
    );
    for limit in [1, 4, 15, 1000] {
        assert_eq!(listed(&server, &format!("limit={limit}")), all);
    }
    assert_eq!(listed(&server, "from=2024-01-02&to=2024-01-03&limit=2"), all[6..12]);
    assert_eq!(listed(&server, "from=2024-01-06"), [""; 0]);
    let invalid = server.get(&format!("{LIST}?from=2024-01-02T00:00:00Z&to=x&limit=0&cursor=1-2&day=1"));
    let problems: Vec<_> =
        invalid.problems().into_iter().map(|(name, code)| format!("{name} {code}")).collect();
    assert_eq!(invalid.code(), "invalid_query");
    let expected =
        ["from not_a_date", "to not_a_date", "limit out_of_range", "cursor malformed", "day unknown_key"];
    assert_eq!(problems, expected);
}

#[test]
fn who_may_do_what() {
    let mut tokens = [""; 3].map(str::to_owned);
    let server = Server::start_after(&[], |data| {
        run_ok(data, &["site", "add", "--id", "other", "--name", "Other"]);
        let made = [("s", "ingest"), ("s", "read"), ("other", "ingest,read")];
        tokens = made.map(|(site, scope)| new_token(data, site, scope));
    });
    let [ingest, read, elsewhere] = &tokens;
    let body = cost("a", "2024-01-15", "1").to_string();
    let put = |token: &str| {
        let headers = [("Content-Type", "application/json")];
        server.request_as(token, "PUT", COSTS, &headers, body.as_bytes()).status
    };
    let get = |token: &str| server.request_as(token, "GET", LIST, &[], b"").status;
    assert_eq!((put(ingest), put(read), put(elsewhere), put("x")), (201, 403, 403, 401));
    assert_eq!((get(ingest), get(read), get(elsewhere), get("x")), (403, 200, 403, 401));
    let theirs = server.request_as(elsewhere, "GET", "/api/v1/sites/other/costs", &[], b"").json();
    assert_eq!(theirs, json!({ "costs": [], "nextCursor": null }));
}
