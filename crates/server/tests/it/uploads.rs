//! One upload of an opportunity: every form in which it is accepted, and what is stored of it.

use crate::harness::{Reply, Server, opportunity, run_ok, with, without};
use serde_json::{Value, json};

/// Uploads an opportunity whose value stands in the JSON exactly so.
fn upload_value(server: &Server, reference: &str, currency: &str, value: &str) -> Reply {
    let body =
        with(opportunity(reference, "Proposal", "@", "2024-01-15"), json!({ "CurrencyCode": currency }));
    let body = body.to_string().replace("\"@\"", value);
    server.request(
        "PUT",
        "/v1/s/opportunity/upload",
        &[("Content-Type", "application/json")],
        body.as_bytes(),
    )
}

/// An opportunity with some members set to other values.
fn changed(reference: &str, members: Value) -> Value {
    with(opportunity(reference, "Proposal", "1000.00", "2024-01-15"), members)
}

/// Uploads identifiers, and gives those of the stored record as `Kind=value`.
fn stored_identifiers(server: &Server, reference: &str, identifiers: Value) -> Vec<String> {
    let reply = server.upload(&changed(reference, json!({ "VisitorIdentifierOptions": identifiers })));
    assert_eq!(reply.status, 201, "{identifiers}: {}", reply.text());
    let record = server.opportunity(reference);
    let stored = record["identifiers"].as_array().unwrap();
    let text = |one: &Value| format!("{}={}", one["kind"].as_str().unwrap(), one["value"].as_str().unwrap());
    stored.iter().map(text).collect()
}

#[test]
fn amounts_are_numbers_or_their_text_and_stay_exact() {
    let server = Server::start();
    let cases = [
        ("1000", "GBP", "1000.00"),
        ("\"1000\"", "GBP", "1000.00"),
        ("\"1000.00\"", "GBP", "1000.00"),
        ("\" 12.5 \"", "GBP", "12.50"),
        ("1000.5", "GBP", "1000.50"),
        ("19.99", "GBP", "19.99"),
        ("0.29", "USD", "0.29"),
        ("1.50000", "GBP", "1.50"),
        ("1e3", "GBP", "1000.00"),
        ("\"1.5E2\"", "GBP", "150.00"),
        ("0", "GBP", "0.00"),
        ("-0", "GBP", "0.00"),
        ("-0.0", "GBP", "0.00"),
        ("\"-0\"", "GBP", "0.00"),
        ("90071992547409.91", "GBP", "90071992547409.91"),
        ("\"90071992547409.91\"", "EUR", "90071992547409.91"),
        ("1500", "JPY", "1500"),
        ("\"1500.00\"", "JPY", "1500"),
        ("9007199254740991", "JPY", "9007199254740991"),
        ("1.234", "KWD", "1.234"),
        ("\"5\"", "KWD", "5.000"),
        ("1.2345", "CLF", "1.2345"),
    ];
    for (number, (value, currency, expected)) in cases.into_iter().enumerate() {
        let reference = format!("A{number}");
        let reply = upload_value(&server, &reference, currency, value);
        assert_eq!(reply.status, 201, "{value} {currency}: {}", reply.text());
        let stored = server.opportunity(&reference)["value"].clone();
        assert_eq!(stored, json!({ "amount": expected, "currency": currency }), "{value} {currency}");
    }
}

#[test]
fn amounts_that_would_have_to_be_guessed_or_rounded_are_refused() {
    let server = Server::start();
    let cases = [
        ("\"1,000\"", "GBP", "not_a_number"),
        ("\"£5\"", "GBP", "not_a_number"),
        ("\"5 GBP\"", "GBP", "not_a_number"),
        ("\"NaN\"", "GBP", "not_a_number"),
        ("\"Infinity\"", "GBP", "not_a_number"),
        ("\"0x10\"", "GBP", "not_a_number"),
        ("\"1.\"", "GBP", "not_a_number"),
        ("\"--1\"", "GBP", "not_a_number"),
        ("true", "GBP", "not_a_number"),
        ("1.234", "GBP", "too_many_decimals"),
        ("1.5", "JPY", "too_many_decimals"),
        ("\"1.2345\"", "KWD", "too_many_decimals"),
        ("1e-308", "GBP", "too_many_decimals"),
        ("90071992547409.92", "GBP", "out_of_range"),
        ("9007199254740992", "JPY", "out_of_range"),
        ("1e308", "GBP", "out_of_range"),
        ("[1]", "GBP", "wrong_type"),
        ("{}", "GBP", "wrong_type"),
        ("null", "GBP", "required"),
        ("\"\"", "GBP", "required"),
    ];
    for (value, currency, expected) in cases {
        let reply = upload_value(&server, "A", currency, value);
        assert_eq!(reply.status, 400, "{value} {currency}");
        assert_eq!(reply.problems(), [("/OpportunityValue".into(), expected.into())], "{value} {currency}");
    }
    assert_eq!(server.get("/api/v1/sites/s/opportunities/A").status, 404, "nothing of them is stored");
}

#[test]
fn every_documented_form_of_a_date_is_read() {
    let server = Server::start();
    let cases = [
        ("2024-01-15", "2024-01-15"),
        ("2024-02-29", "2024-02-29"),
        (" 2024-01-15 ", "2024-01-15"),
        ("2024-01-15T09:30:00", "2024-01-15T09:30:00Z"),
        ("2024-01-15T09:30:00Z", "2024-01-15T09:30:00Z"),
        ("2024-01-15T09:30:00.5", "2024-01-15T09:30:00.5Z"),
        ("2024-01-15T09:30:00.123456", "2024-01-15T09:30:00.123456Z"),
        ("2024-01-15T09:30:00.123456789Z", "2024-01-15T09:30:00.123456Z"),
        ("2024-01-15T09:30:00+01:00", "2024-01-15T08:30:00Z"),
        ("2024-01-15T23:30:00.25-08:00", "2024-01-16T07:30:00.25Z"),
    ];
    for (number, (raw, expected)) in cases.into_iter().enumerate() {
        let reference = format!("D{number}");
        assert_eq!(
            server.upload(&changed(&reference, json!({ "OpportunityDateTime": raw }))).result(),
            "created"
        );
        assert_eq!(server.opportunity(&reference)["occurredAt"], expected, "{raw}");
    }
}

#[test]
fn dates_in_other_forms_or_in_the_future_are_refused() {
    let server = Server::start();
    let cases = [
        ("15/01/2024", "not_a_date"),
        ("2024-1-5", "not_a_date"),
        ("2023-02-29", "not_a_date"),
        ("2024-01-15 09:30:00", "not_a_date"),
        ("2024-01-15T09:30", "not_a_date"),
        ("2024-01-15T24:00:00", "not_a_date"),
        ("2024-01-15T09:30:00.1234567890", "not_a_date"),
        ("1705276800", "not_a_date"),
        ("yesterday", "not_a_date"),
        ("0001-01-01T00:00:00", "out_of_range"),
        ("2999-01-01", "in_future"),
        ("2999-01-01T00:00:00Z", "in_future"),
    ];
    for (raw, expected) in cases {
        let reply = server.upload(&changed("D", json!({ "OpportunityDateTime": raw })));
        assert_eq!(reply.problems(), [("/OpportunityDateTime".into(), expected.into())], "{raw}");
    }
}

#[test]
fn names_are_matched_in_any_case() {
    let server = Server::start();
    let spellings: [fn(&str) -> String; 2] = [|name| name.to_lowercase(), |name| name.to_uppercase()];
    for (number, spell) in spellings.into_iter().enumerate() {
        let body = json!({
            spell("Reference"): format!("C{number}"),
            spell("OpportunityValue"): 5,
            spell("OpportunityDateTime"): "2024-01-15",
            spell("PipelineStage"): "Proposal",
            spell("CurrencyCode"): "GBP",
            spell("VisitorIdentifierOptions"): [{ spell("Key"): spell("RaId"), spell("Value"): "Visitor" }],
            spell("Labels"): ["North"],
            spell("AdditionalDataProperties"): [{ spell("Name"): "Agent", spell("Value"): "Ann" }],
        });
        assert_eq!(server.upload(&body).result(), "created");
        let record = server.opportunity(&format!("C{number}"));
        assert_eq!(record["identifiers"], json!([{ "kind": "RaId", "value": "Visitor" }]));
        assert_eq!(record["labels"], json!(["North"]));
        assert_eq!(record["properties"], json!([{ "name": "Agent", "value": "Ann" }]));
    }
}

#[test]
fn identifiers_are_known_by_older_names_and_stored_normalised() {
    let server = Server::start();
    let stored = stored_identifiers(
        &server,
        "I1",
        json!([
            { "Key": "Email", "Value": " Ann@Example.COM " },
            { "Key": "Phone", "Value": "020 7946 0018" },
            { "Key": "CookieValue", "Value": "GA1.1.101961087.1756204614" },
            { "Key": "PayloadValue", "Value": " Order 5 " },
            { "Key": "RaId", "Value": 12345 },
        ]),
    );
    let expected = [
        "RaId=12345",
        "EmailAddress=ann@example.com",
        "PhoneNumber=+442079460018",
        "PayloadValue=Order 5",
        "CookieValue=101961087.1756204614",
    ];
    assert_eq!(stored, expected, "the strongest first");
    let cookies = json!([
        { "Key": "CookieValue", "Value": "GA1.2.101961087.1756204614" },
        { "Key": "CookieValue", "Value": "101961087.1756204614" },
    ]);
    assert_eq!(stored_identifiers(&server, "I2", cookies), ["CookieValue=101961087.1756204614"], "once");
    let unknown = json!([{ "Key": "Fax", "Value": "1" }]);
    let reply = server.upload(&changed("I3", json!({ "VisitorIdentifierOptions": unknown })));
    assert_eq!(reply.problems(), [("/VisitorIdentifierOptions/0/Key".into(), "unknown_key".into())]);
    assert!(reply.text().contains("EmailAddress, PhoneNumber, RaId, PayloadValue, CookieValue"), "{reply:?}");
}

#[test]
fn telephone_numbers_without_a_country_code_are_of_the_sites_country() {
    let server = Server::start_after(&[], |data| {
        run_ok(data, &["site", "set", "--id", "s", "--phone-country", "DE"]);
    });
    let phones = json!([{ "Key": "PhoneNumber", "Value": "030 901820" }]);
    assert_eq!(stored_identifiers(&server, "P1", phones), ["PhoneNumber=+4930901820"]);
    let phones = json!([{ "Key": "PhoneNumber", "Value": "+44 20 7946 0018" }]);
    assert_eq!(stored_identifiers(&server, "P2", phones), ["PhoneNumber=+442079460018"]);
}

#[test]
fn null_and_empty_text_are_as_good_as_absent() {
    let server = Server::start();
    let empties = [json!(null), json!(""), json!("  ")];
    for (number, empty) in empties.iter().enumerate() {
        let reference = format!("N{number}");
        let body = changed(
            &reference,
            json!({
                "Labels": [empty, "North"],
                "VisitorIdentifierOptions": [
                    { "Key": "RaId", "Value": empty }, { "Key": "EmailAddress", "Value": "ann@example.com" },
                ],
                "AdditionalDataProperties": [{ "Name": "Agent", "Value": empty }],
            }),
        );
        assert_eq!(server.upload(&body).result(), "created");
        let record = server.opportunity(&reference);
        assert_eq!(record["labels"], json!(["North"]));
        assert_eq!(record["identifiers"], json!([{ "kind": "EmailAddress", "value": "ann@example.com" }]));
        assert_eq!(record["properties"], json!([{ "name": "Agent", "value": "" }]));

        let reply = server.upload(&changed("N", json!({ "PipelineStage": empty, "CurrencyCode": empty })));
        let missing =
            [("/CurrencyCode".into(), "required".into()), ("/PipelineStage".into(), "required".into())];
        assert_eq!(reply.problems(), missing);
        let nobody = json!({ "VisitorIdentifierOptions": [{ "Key": "RaId", "Value": empty }] });
        let reply = server.upload(&changed("N", nobody));
        assert_eq!(reply.problems(), [("/VisitorIdentifierOptions".into(), "required".into())]);
    }
    let absent = json!({ "Labels": null, "AdditionalDataProperties": null });
    assert_eq!(server.upload(&changed("N9", absent)).result(), "created");
}

#[test]
fn a_currency_is_known_in_any_case_and_only_if_it_exists() {
    let server = Server::start();
    for (number, raw) in ["gbp", "Gbp", " GBP "].into_iter().enumerate() {
        let reference = format!("G{number}");
        assert_eq!(server.upload(&changed(&reference, json!({ "CurrencyCode": raw }))).result(), "created");
        assert_eq!(server.opportunity(&reference)["value"]["currency"], "GBP", "{raw}");
    }
    for raw in ["GBX", "POUND", "£", "826"] {
        let reply = server.upload(&changed("G", json!({ "CurrencyCode": raw })));
        assert_eq!(reply.problems(), [("/CurrencyCode".into(), "unknown_currency".into())], "{raw}");
    }
}

#[test]
fn an_upload_without_a_reference_gets_the_same_one_each_time() {
    let server = Server::start();
    let body = without(changed("R", json!({})), "Reference");
    assert_eq!(server.upload(&body).result(), "created");
    for again in [
        body.clone(),
        with(body.clone(), json!({ "Reference": null })),
        with(body.clone(), json!({ "Reference": "" })),
    ] {
        assert_eq!(server.upload(&again).result(), "unchanged", "{again}");
    }
    assert_eq!(
        server.upload(&with(body.clone(), json!({ "OpportunityValue": 2000 }))).result(),
        "updated",
        "a corrected value"
    );
    assert_eq!(
        server.upload(&with(body.clone(), json!({ "PipelineStage": "Won" }))).result(),
        "created",
        "another statement"
    );
    assert_eq!(
        server.upload(&with(body, json!({ "OpportunityDateTime": "2024-01-16" }))).result(),
        "created"
    );
    let listed = server.json("/api/v1/sites/s/opportunities");
    let references: Vec<_> = listed["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| record["reference"].as_str().unwrap())
        .collect();
    assert_eq!(references.len(), 3);
    assert!(references.iter().all(|reference| reference.starts_with("auto-")), "{references:?}");
}

#[test]
fn texts_are_taken_as_they_are_however_odd() {
    let server = Server::start();
    let odd = "Æon — “q” 'x'; DROP TABLE -- 🦀 \u{202e}rtl \\ / %2F <b>\t|\u{1}";
    let body = changed(
        "T",
        json!({
            "Reference": odd, "PipelineStage": odd, "Labels": [odd],
            "AdditionalDataProperties": [{ "Name": odd, "Value": odd }, { "Name": "n", "Value": 1.50 }, { "Name": "b", "Value": true }],
        }),
    );
    assert_eq!(server.upload(&body).result(), "created");
    let listed = server.json("/api/v1/sites/s/opportunities");
    let record = &listed["records"][0];
    assert_eq!(
        (&record["reference"], &record["stage"], &record["labels"][0]),
        (&json!(odd), &json!(odd), &json!(odd))
    );
    let properties = json!([{ "name": "b", "value": "true" }, { "name": "n", "value": "1.5" }, { "name": odd, "value": odd }]);
    assert_eq!(record["properties"], properties);
    assert_eq!(server.upload(&body).result(), "unchanged");
}
