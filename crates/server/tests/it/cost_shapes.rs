//! Costs of advertising in every shape that the wire has for them, and everything that can be wrong with each.

use crate::harness::{Reply, Server, with, without};
use crate::stored::checked;
use serde_json::{Value, json};

const COSTS: &str = "/v1/s/adcosts";
const BING: &str = "/v1/s/adcosts/bing";
const FACEBOOK: &str = "/v1/s/adcosts/facebook";
const GOOGLE: &str = "/v1/s/adcosts/google";

fn custom() -> Value {
    json!({
        "CaptureDateIso": "2024-01-15", "MarketingSource": "Example News", "AdCostType": "contentdiscovery",
        "Cost": "12.5", "CurrencyCode": "gbp", "Clicks": "7", "Impressions": 900, "Keyword": "shoes",
        "CampaignIdentifiers": [
            { "IdentifierName": "Ad Group", "IdentifierValue": "North", "Importance": "2" },
            { "IdentifierName": "Campaign", "IdentifierValue": "Spring", "Importance": 1 },
        ],
    })
}

fn platform() -> Value {
    json!({
        "CaptureDateTime": "2024-01-15T23:59:59", "AdPlatformName": "linkedinads", "Cost": 3, "CurrencyCode": "JPY",
        "Reach": "40",
        "CampaignIdentifiers": [{ "IdentifierName": "Publisher", "IdentifierValue": "P-1", "Importance": 1 }],
    })
}

fn bing() -> Value {
    json!({
        "TimePeriod": "2024-01-15T00:00:00Z", "AccountId": 1001, "CampaignId": 77, "CampaignName": "Spring",
        "CampaignStatus": "Active", "Clicks": 7, "Spend": 12.5, "Impressions": 900, "Keyword": "shoes",
    })
}

fn facebook() -> Value {
    json!({
        "account_currency": "EUR", "campaign_id": "77", "campaign_name": "Spring", "adset_id": "5", "adset_name": "North",
        "ad_id": "9", "ad_name": "Banner", "clicks": "10", "ctr": "1.2", "spend": "10.00", "cpc": "0.4",
        "impressions": "900", "conversions": [], "cost_per_conversion": 3.1, "reach": 500,
        "date_start": "2024-01-15", "date_stop": "2024-01-15", "publisher_platform": "instagram",
    })
}

fn google() -> Value {
    json!({
        "StartDate": "2024-01-15", "EndDate": "2024-01-15",
        "GoogleApiResponse": {
            "customer": { "resourceName": "customers/1", "descriptiveName": "Example", "currencyCode": "USD" },
            "campaign": {
                "resourceName": "customers/1/campaigns/77", "status": "ENABLED", "advertisingChannelType": "SEARCH",
                "name": "Spring",
            },
            "adGroup": { "resourceName": "customers/1/adGroups/5", "name": "North" },
            "metrics": { "costMicros": "12345678", "clicks": "7", "impressions": "900" },
        },
    })
}

/// Stores a body and answers what it says of it.
fn stored(server: &Server, path: &str, body: &Value) -> Value {
    let prefer = [("Content-Type", "application/json"), ("Prefer", "return=representation")];
    let reply = server.request("PUT", path, &prefer, body.to_string().as_bytes());
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()
}

/// The one cost in an answer, without what every answer has.
fn only(answer: &Value) -> Value {
    let costs = answer["costs"].as_array().unwrap();
    assert_eq!(costs.len(), 1, "{answer}");
    without(without(costs[0].clone(), "receivedAt"), "result")
}

fn problems(reply: &Reply) -> Vec<String> {
    assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_body"), "{reply:?}");
    let mut problems: Vec<_> =
        reply.problems().into_iter().map(|(pointer, code)| format!("{pointer} {code}")).collect();
    problems.sort();
    problems
}

#[test]
fn a_custom_source_is_stored_with_every_field() {
    let server = Server::start();
    let answer = stored(&server, COSTS, &custom());
    assert_eq!(
        (&answer["result"], &answer["warnings"], &answer["ignored"]),
        (&json!("created"), &json!([]), &json!([]))
    );
    assert_eq!(
        only(&answer),
        json!({
            "day": "2024-01-15", "source": "Example News", "type": "ContentDiscovery", "campaign": "Spring",
            "adGroup": "North", "keyword": "shoes", "amount": "12.50", "currency": "GBP", "clicks": 7,
            "impressions": 900,
            "identifiers": [
                { "name": "Campaign", "value": "Spring", "importance": 1 },
                { "name": "Ad Group", "value": "North", "importance": 2 },
            ],
        })
    );
    let listed = server.json("/api/v1/sites/s/costs");
    assert_eq!(without(listed["costs"][0].clone(), "receivedAt"), only(&answer), "and so it is listed");
    let named = with(custom(), json!({ "MarketingSource": "GoogleAds", "Extra": 1 }));
    let answer = stored(&server, COSTS, &named);
    assert_eq!(
        (&only(&answer)["source"], &only(&answer)["platform"]),
        (&json!("google"), &json!("GoogleAds"))
    );
    assert_eq!(answer["ignored"], json!(["/Extra"]));
}

#[test]
fn the_older_form_is_stored_too() {
    let server = Server::start();
    let cost = only(&stored(&server, COSTS, &platform()));
    assert_eq!(
        cost,
        json!({
            "day": "2024-01-15", "source": "linkedin", "platform": "LinkedInAds", "type": "SocialMedia",
            "campaign": "P-1", "amount": "3", "currency": "JPY", "reach": 40,
            "identifiers": [{ "name": "Publisher", "value": "P-1", "importance": 1 }],
        })
    );
}

#[test]
fn rows_of_the_platforms_are_stored() {
    let server = Server::start_after(&[], |data| {
        crate::harness::run_ok(data, &["site", "set", "--id", "s", "--currency", "GBP"]);
    });
    let row = only(&stored(&server, BING, &bing()));
    let campaign = json!({ "campaign": "Spring", "campaignId": "77", "keyword": "shoes" });
    let figures = json!({ "amount": "12.50", "currency": "GBP", "clicks": 7, "impressions": 900 });
    let place =
        json!({ "day": "2024-01-15", "source": "bing", "platform": "BingAds", "type": "PayPerClick" });
    let identifiers = json!({ "identifiers": [
        { "name": "CampaignId", "value": "77", "importance": 1 }, { "name": "AccountId", "value": "1001", "importance": 2 },
    ]});
    assert_eq!(row, with(with(with(place, campaign), figures), identifiers));
    let dollars = with(bing(), json!({ "CurrencyCode": "USD", "CampaignId": 78 }));
    assert_eq!(only(&stored(&server, BING, &dollars))["currency"], "USD");

    let row = only(&stored(&server, FACEBOOK, &facebook()));
    assert_eq!((&row["source"], &row["platform"]), (&json!("instagram"), &json!("InstagramAds")));
    assert_eq!((&row["adGroupId"], &row["ad"], &row["reach"]), (&json!("5"), &json!("Banner"), &json!(500)));
    assert_eq!(
        row["identifiers"][3],
        json!({ "name": "publisher_platform", "value": "instagram", "importance": 4 })
    );
    let elsewhere = with(facebook(), json!({ "publisher_platform": "audience_network", "age": "18-24" }));
    let row = only(&stored(&server, FACEBOOK, &elsewhere));
    assert_eq!((&row["source"], row["identifiers"].as_array().unwrap().len()), (&json!("facebook"), 5));

    let answer = stored(&server, GOOGLE, &google());
    let row = only(&answer);
    assert_eq!(
        (&row["amount"], &row["currency"], &row["campaignId"]),
        (&json!("12.35"), &json!("USD"), &json!("77"))
    );
    assert_eq!((&row["adGroup"], &row["adGroupId"]), (&json!("North"), &json!("5")));
    let warning = &answer["warnings"][0];
    assert_eq!(
        (&warning["pointer"], &warning["code"]),
        (&json!("/GoogleApiResponse/metrics/costMicros"), &json!("rounded"))
    );
    assert_eq!(
        warning["detail"],
        "'costMicros' was rounded to 12.35 USD: the currency has no more decimals."
    );
    assert_eq!(checked(&server).costs, 5);
}

#[test]
fn a_renamed_campaign_is_the_same_one() {
    let server = Server::start();
    for (path, body, renamed) in [
        (BING, bing(), json!({ "CampaignName": "Summer" })),
        (FACEBOOK, facebook(), json!({ "campaign_name": "Summer", "adset_name": "South" })),
    ] {
        assert_eq!(server.put(path, &body).result(), "created");
        assert_eq!(server.put(path, &body).result(), "unchanged");
        assert_eq!(server.put(path, &with(body, renamed)).result(), "updated");
    }
    let mut renamed = google();
    assert_eq!(server.put(GOOGLE, &renamed).result(), "created");
    renamed["GoogleApiResponse"]["campaign"]["name"] = json!("Summer");
    assert_eq!(server.put(GOOGLE, &renamed).result(), "updated");
    renamed["GoogleApiResponse"]["segments"] = json!({ "device": "MOBILE" });
    assert_eq!(server.put(GOOGLE, &renamed).result(), "created", "a segment's figures are its own");
    assert_eq!(server.json("/api/v1/sites/s/costs")["costs"].as_array().unwrap().len(), 4);
}

#[test]
fn a_period_is_shared_out_over_its_days() {
    let server = Server::start();
    let week = with(facebook(), json!({ "date_start": "2024-01-10", "date_stop": "2024-01-12" }));
    let answer = stored(&server, FACEBOOK, &week);
    let days: Vec<_> = answer["costs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cost| format!("{} {} {} {}", cost["day"], cost["amount"], cost["clicks"], cost["reach"]))
        .collect();
    assert_eq!(
        days,
        [
            "\"2024-01-10\" \"3.34\" 4 null",
            "\"2024-01-11\" \"3.33\" 3 null",
            "\"2024-01-12\" \"3.33\" 3 null"
        ]
    );
    assert_eq!(server.put(FACEBOOK, &week).result(), "unchanged");
    let mut dated = with(google(), json!({ "StartDate": "2024-01-01" }));
    dated["GoogleApiResponse"]["segments"] = json!({ "date": "2024-01-07" });
    assert_eq!(
        only(&stored(&server, GOOGLE, &dated))["day"],
        "2024-01-07",
        "a row that is of one day says so"
    );
    let long = vec![with(facebook(), json!({ "date_start": "2023-01-15" })); 14];
    assert_eq!(problems(&server.put(FACEBOOK, &json!(long))), [" too_many"]);
}

#[test]
fn everything_that_is_wrong_with_a_cost_is_named_at_once() {
    let server = Server::start();
    assert_eq!(
        problems(&server.put(COSTS, &json!({}))),
        [
            "/AdCostType required",
            "/CampaignIdentifiers required",
            "/CaptureDateIso required",
            "/Cost required",
            "/CurrencyCode required",
            "/MarketingSource required",
        ]
    );
    let wrong = json!({
        "capturedateiso": "2999-01-01", "MarketingSource": "x".repeat(256), "AdCostType": "Radio", "Cost": "much",
        "CurrencyCode": "GBX", "Clicks": -1, "Impressions": 1.5, "Reach": "many", "Keyword": {},
        "CampaignIdentifiers": [
            {}, "Spring", { "IdentifierName": "a", "IdentifierValue": "x".repeat(256), "Importance": 0 },
        ],
    });
    assert_eq!(
        problems(&server.put(COSTS, &wrong)),
        [
            "/AdCostType unknown_ad_cost_type",
            "/CampaignIdentifiers/0/IdentifierName required",
            "/CampaignIdentifiers/0/IdentifierValue required",
            "/CampaignIdentifiers/1 wrong_type",
            "/CampaignIdentifiers/2/IdentifierValue too_long",
            "/CampaignIdentifiers/2/Importance out_of_range",
            "/Clicks out_of_range",
            "/Cost not_a_number",
            "/CurrencyCode unknown_currency",
            "/Impressions not_whole",
            "/Keyword wrong_type",
            "/MarketingSource too_long",
            "/Reach not_a_number",
            "/capturedateiso in_future",
        ]
    );
    assert_eq!(
        problems(
            &server
                .put(COSTS, &json!({ "AdPlatformName": "RadioAds", "Cost": "1e30", "CurrencyCode": "GBP" }))
        ),
        [
            "/AdPlatformName unknown_ad_platform",
            "/CampaignIdentifiers required",
            "/CaptureDateTime required",
            "/Cost out_of_range",
            "/Reach required",
        ]
    );
    let unranked = json!({ "CampaignIdentifiers": [{ "IdentifierName": "a", "IdentifierValue": "b" }] });
    assert_eq!(
        problems(&server.put(COSTS, &with(platform(), unranked))),
        ["/CampaignIdentifiers/0/Importance required"]
    );
    let none = json!({ "CampaignIdentifiers": [] });
    assert_eq!(problems(&server.put(COSTS, &with(custom(), none))), ["/CampaignIdentifiers required"]);
    assert_eq!(checked(&server).costs, 0);
}

#[test]
fn everything_that_is_wrong_with_a_platform_s_row_is_named_at_once() {
    let server = Server::start();
    assert_eq!(
        problems(&server.put(BING, &json!({ "Spend": {}, "CurrencyCode": "GBX", "Impressions": "x" }))),
        [
            "/AccountId required",
            "/CampaignId required",
            "/CampaignName required",
            "/Clicks required",
            "/CurrencyCode unknown_currency",
            "/Impressions not_a_number",
            "/Spend wrong_type",
            "/TimePeriod required",
        ]
    );
    let required = [
        "account_currency",
        "ad_id",
        "ad_name",
        "adset_id",
        "adset_name",
        "campaign_id",
        "campaign_name",
        "clicks",
        "date_start",
        "date_stop",
        "impressions",
        "publisher_platform",
        "reach",
        "spend",
    ];
    let expected: Vec<_> = required.iter().map(|name| format!("/{name} required")).collect();
    assert_eq!(problems(&server.put(FACEBOOK, &json!({}))), expected);
    let backwards = json!({ "date_start": "2024-01-15", "date_stop": "2024-01-14" });
    assert_eq!(problems(&server.put(FACEBOOK, &with(facebook(), backwards))), ["/date_stop before_start"]);
    let endless = json!({ "date_start": "2020-01-15", "date_stop": "2024-01-14" });
    assert_eq!(problems(&server.put(FACEBOOK, &with(facebook(), endless))), ["/date_stop out_of_range"]);
    assert_eq!(
        problems(&server.put(GOOGLE, &json!({ "EndDate": "15/01/2024" }))),
        ["/EndDate not_a_date", "/GoogleApiResponse required", "/StartDate required"]
    );
    let hollow = json!({ "GoogleApiResponse": {
        "customer": {}, "campaign": { "name": "Spring" }, "adGroup": [], "metrics": { "clicks": -1 }, "segments": 7,
    }});
    assert_eq!(
        problems(&server.put(GOOGLE, &with(google(), hollow))),
        [
            "/GoogleApiResponse/adGroup wrong_type",
            "/GoogleApiResponse/campaign/resourceName required",
            "/GoogleApiResponse/customer/currencyCode required",
            "/GoogleApiResponse/customer/resourceName required",
            "/GoogleApiResponse/metrics/clicks out_of_range",
            "/GoogleApiResponse/metrics/costMicros required",
            "/GoogleApiResponse/segments wrong_type",
        ]
    );
    let empty = json!({ "GoogleApiResponse": {} });
    assert_eq!(
        problems(&server.put(GOOGLE, &with(google(), empty))),
        [
            "/GoogleApiResponse/campaign required",
            "/GoogleApiResponse/customer required",
            "/GoogleApiResponse/metrics required",
        ]
    );
    assert_eq!(checked(&server).costs, 0);
}

#[test]
fn costs_can_be_checked_without_being_stored() {
    let server = Server::start();
    for (path, body) in
        [(COSTS, custom()), (COSTS, platform()), (BING, bing()), (FACEBOOK, facebook()), (GOOGLE, google())]
    {
        let reply = server.put(&format!("{path}?validateOnly=true"), &body);
        assert_eq!((reply.status, &reply.json()["valid"]), (200, &json!(true)), "{path}: {reply:?}");
        assert_eq!(reply.json()["costs"].as_array().unwrap().len(), 1);
        let reply = server.request("PUT", path, &[("Content-Type", "text/plain")], b"x");
        assert_eq!(reply.code(), "unsupported_media_type");
        let reply = server.request("GET", path, &[], b"");
        assert_eq!((reply.status, reply.header("allow")), (405, Some("PUT")));
    }
    assert_eq!(checked(&server).costs, 0);
}
