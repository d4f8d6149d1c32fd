//! Lists of records: filters, and pages that stay true while uploads come in.

use crate::harness::{Server, beside, opportunity, wait_for, with};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

const LIST: &str = "/api/v1/sites/s/opportunities";

fn references(listed: &Value) -> Vec<String> {
    let records = listed["records"].as_array().unwrap();
    records.iter().map(|record| record["reference"].as_str().unwrap().to_owned()).collect()
}

/// References of what a query lists, in alphabetical order, joined.
fn found(server: &Server, query: &str) -> String {
    let listed = server.json(&format!("{LIST}?{query}"));
    assert_eq!(listed["nextCursor"], Value::Null);
    let mut references = references(&listed);
    references.sort_unstable();
    references.join(" ")
}

/// A server with five records that differ in everything.
fn start_with_five() -> Server {
    let server = Server::start();
    let who = |key: &str, value: &str| json!([{ "Key": key, "Value": value }]);
    for (reference, stage, value, currency, at, labels, visitor) in [
        (
            "A",
            "Proposal",
            "10",
            "GBP",
            "2024-01-10",
            json!(["North"]),
            who("EmailAddress", "ann@example.com"),
        ),
        (
            "B",
            "Proposal",
            "20.5",
            "GBP",
            "2024-01-15T12:00:00Z",
            json!(["North", "A & B"]),
            who("PhoneNumber", "020 7946 0018"),
        ),
        ("C", "proposal", "30", "JPY", "2024-01-15T23:59:59.999999", json!([]), who("RaId", "Visitor-1")),
        ("D", "Won", "-5", "GBP", "2024-01-16", json!(["South"]), who("CookieValue", "GA1.1.5.6")),
        ("E", "Won", "20.500", "KWD", "2024-02-01", json!(["south"]), who("PayloadValue", "Order 5")),
    ] {
        let own = json!({ "CurrencyCode": currency, "Labels": labels, "VisitorIdentifierOptions": visitor });
        server.upload(&with(opportunity(reference, stage, value, at), own)).result();
    }
    // What they were before is not what they are: D was a proposal, and of Ann.
    let before = opportunity("D", "Proposal", "1000", "2023-12-01");
    server.upload(&with(before, json!({ "Labels": ["North"] }))).result();
    server
}

#[test]
fn each_filter_lists_what_it_says() {
    let server = start_with_five();
    for (query, expected) in [
        ("", "A B C D E"),
        ("stage=Proposal", "A B"),
        ("stage=proposal", "C"),
        ("stage=Lost", ""),
        ("label=North", "A B"),
        ("label=A+%26+B", "B"),
        ("label=A%20%26%20B", "B"),
        ("label=south", "E"),
        ("from=2024-01-15", "B C D E"),
        ("from=2024-01-15T12:00:00", "B C D E"),
        ("from=2024-01-15T12:00:00.000001Z", "C D E"),
        ("from=2024-01-15T13:00:00%2B01:00", "B C D E"),
        ("to=2024-01-15", "A B C"),
        ("to=2024-01-15T12:00:00Z", "A B"),
        ("to=2024-01-15T11:59:59.999999Z", "A"),
        ("to=2024-01-14", "A"),
        ("from=2024-01-15&to=2024-01-15", "B C"),
        ("from=2024-02-02", ""),
        ("currency=GBP", "A B D"),
        ("currency=jpy", "C"),
        ("currency=USD", ""),
        ("valueMin=20.5", "B C E"),
        ("valueMin=20.5001", "C"),
        ("valueMax=10", "A D"),
        ("valueMax=-5", "D"),
        ("valueMin=-5&valueMax=9.99", "D"),
        ("valueMin=1e1&valueMax=20.50", "A B E"),
        ("email=ann@example.com", "A D"),
        ("email=%20ANN%40Example.com", "A D"),
        ("email=bob@example.com", ""),
        ("phone=%2B442079460018", "B"),
        ("phone=020+7946+0018", "B"),
        ("raId=Visitor-1", "C"),
        ("raId=visitor-1", ""),
        ("cookie=GA1.2.5.6", "D"),
        ("cookie=5.6", "D"),
        ("payload=Order+5", "E"),
        ("matched=false", "A B C D E"),
        ("matched=true", ""),
    ] {
        assert_eq!(found(&server, query), expected, "{query}");
    }
}

#[test]
fn filters_narrow_one_another_and_empty_ones_are_none() {
    let server = start_with_five();
    for (query, expected) in [
        ("stage=Proposal&label=A+%26+B", "B"),
        ("stage=Won&currency=GBP", "D"),
        ("email=ann@example.com&stage=Won", "D"),
        ("email=ann@example.com&cookie=5.6", "D"),
        ("email=ann@example.com&phone=020+7946+0018", ""),
        ("stage=Won&valueMax=0&to=2024-01-31&matched=false&email=ann@example.com", "D"),
        ("stage=&label=+&from=&valueMin=&email=&matched=&limit=&cursor=", "A B C D E"),
        ("&&stage=Won&", "D E"),
    ] {
        assert_eq!(found(&server, query), expected, "{query}");
    }
    assert_eq!(
        references(&server.json(LIST)),
        ["E", "D", "C", "B", "A"],
        "the newest first, wherever it was updated"
    );
    assert_eq!(server.json("/api/v1/sites/s/revenue")["records"], json!([]));
}

#[test]
fn everything_that_is_wrong_with_a_query_is_named() {
    let server = Server::start();
    let long = "x".repeat(600);
    let query = format!(
        "stage=%00&label={long}&from=15/01/2024&to=2024-02-30&currency=GBX&valueMin=ten&valueMax=1.23456&raId={long}\
         &matched=maybe&limit=1001&cursor=nonsense&stge=Won&email=a@b.c&email=d@e.f"
    );
    let reply = server.get(&format!("{LIST}?{query}"));
    assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_query"));
    let mut problems = reply.problems();
    problems.sort();
    let expected = [
        ("currency", "unknown_currency"),
        ("cursor", "malformed"),
        ("email", "duplicate_key"),
        ("from", "not_a_date"),
        ("label", "too_long"),
        ("limit", "out_of_range"),
        ("matched", "not_a_boolean"),
        ("raId", "too_long"),
        ("stage", "contains_nul"),
        ("stge", "unknown_key"),
        ("to", "not_a_date"),
        ("valueMax", "too_many_decimals"),
        ("valueMin", "not_a_number"),
    ];
    assert_eq!(problems, expected.map(|(name, code)| (name.to_owned(), code.to_owned())));
}

#[test]
fn a_parameter_that_is_not_known_lists_nothing() {
    let server = start_with_five();
    for (query, name) in [
        ("stag=Won", "stag"),
        ("Stage=Won", "Stage"),
        ("x", "x"),
        ("offset=5", "offset"),
        ("%73tag%65s=1", "stages"),
    ] {
        let reply = server.get(&format!("{LIST}?{query}"));
        assert_eq!(reply.problems(), [(name.to_owned(), "unknown_key".to_owned())], "{query}");
        assert!(
            reply.text().contains("stage, label, from"),
            "those that are known are named: {}",
            reply.text()
        );
    }
    for query in ["%ff=1", "stage=%ff", "stage=%c0%80"] {
        assert_eq!(server.get(&format!("{LIST}?{query}")).code(), "invalid_query", "{query}");
    }
    for limit in ["0", "1001", "-1", "1.5", "ten", "99999999999999999999"] {
        assert_eq!(
            server.get(&format!("{LIST}?limit={limit}")).problems(),
            [("limit".to_owned(), "out_of_range".to_owned())]
        );
    }
    for limit in ["1", "1000"] {
        assert_eq!(server.get(&format!("{LIST}?limit={limit}")).status, 200);
    }
}

/// Every page of a list from its beginning.
fn pages(server: &Server, query: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = server.json(&format!("{LIST}?{query}&cursor={cursor}"));
        pages.push(references(&page));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return pages,
        }
    }
}

fn store(server: &Server, count: usize) -> Vec<String> {
    let references: Vec<_> = (0..count).map(|number| format!("L{number}")).collect();
    let items: Vec<_> =
        references.iter().map(|reference| opportunity(reference, "Proposal", "5", "2024-01-15")).collect();
    let headers = [("Content-Type", "application/json")];
    let body = Value::from(items).to_string();
    let reply = server.request("POST", "/api/v1/sites/s/opportunities/batch", &headers, body.as_bytes());
    assert_eq!(reply.json()["accepted"], count);
    references
}

#[test]
fn pages_follow_one_another_to_the_end() {
    let server = Server::start();
    let mut expected = store(&server, 250);
    expected.reverse();
    for (query, sizes) in [
        ("", &[100, 100, 50][..]),
        ("limit=125", &[125, 125]),
        ("limit=249", &[249, 1]),
        ("limit=1000", &[250]),
    ] {
        let mut pages = pages(&server, query);
        // Whether the last page says so or an empty one follows is the server's choice.
        pages.retain(|page| !page.is_empty());
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), sizes, "{query}");
        assert_eq!(pages.concat(), expected, "{query}");
    }
    assert_eq!(pages(&server, "email=ann@example.com&limit=60").concat(), expected);
    assert_eq!(pages(&server, "stage=Won").concat(), [""; 0]);
}

#[test]
fn pages_stay_true_while_uploads_come_in() {
    let server = Server::start();
    let mut expected = store(&server, 250);
    expected.reverse();
    let upload = |number: usize| {
        server.upload(&opportunity(&format!("new-{number}"), "Proposal", "1", "2024-01-15")).result();
        let known = format!("L{}", number * 7 % 250);
        let at = format!("2024-{:02}-{:02}", 2 + number / 28 % 10, 1 + number % 28);
        server.upload(&opportunity(&known, "Won", &number.to_string(), &at)).result();
    };
    beside(upload, |uploads| {
        wait_for("uploads come in", || {
            for query in ["limit=7", "limit=30&email=ann@example.com", "limit=11&currency=GBP"] {
                let listed: Vec<_> = pages(&server, query).concat();
                let known: Vec<_> = listed.iter().filter(|one| one.starts_with('L')).cloned().collect();
                assert_eq!(known, expected, "{query}: each once, and each in its place");
            }
            (uploads.load(Ordering::Relaxed) > 20).then_some(())
        });
    });
}

#[test]
fn a_page_goes_on_where_a_deleted_record_was() {
    let server = Server::start();
    let mut expected = store(&server, 30);
    expected.reverse();
    let first = server.json(&format!("{LIST}?limit=10"));
    assert_eq!(references(&first), expected[..10]);
    for deleted in &expected[8..12] {
        assert_eq!(server.request("DELETE", &format!("{LIST}/{deleted}"), &[], b"").status, 204);
    }
    let rest = server.json(&format!("{LIST}?limit=100&cursor={}", first["nextCursor"].as_str().unwrap()));
    assert_eq!(references(&rest), expected[12..]);
}
