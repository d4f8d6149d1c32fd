//! Erasing somebody: nothing of them is left in any file, and nothing of others is gone. And handing out what is held.

use crate::harness::{Server, run_ok, run_refused, with};
use crate::sent::{email, phone, ra_id, texts};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Everything of Ann's that could be found in a file.
const HERS: [&str; 12] = [
    "ann.marker@example.com",
    "Ann.Marker@example.com",
    "442079460018",
    "020 7946 0018",
    "visitor-marker",
    "778899.112233",
    "Annabel Marker",
    "marker-campaign",
    "OPP-MARKER",
    "INV-MARKER",
    "agent-marker",
    "label-marker",
];

fn ann(server: &Server) {
    let page = "https://www.example.com/?utm_campaign=marker-campaign";
    server.visit_with("visitor-marker", "2024-01-01T10:00:00Z", page, json!({ "cookie": "778899.112233" }));
    let payload =
        [("name", "Annabel Marker"), ("email", "Ann.Marker@example.com"), ("phone", "020 7946 0018")];
    server.form("form-marker", "2024-01-01T10:01:00Z", &[ra_id("visitor-marker")], &payload);
    let more = json!({
        "VisitorIdentifierOptions": [email("Ann.Marker@example.com"), phone("020 7946 0018")],
        "AdditionalDataProperties": [{ "Name": "Agent", "Value": "agent-marker" }], "Labels": ["label-marker"],
    });
    for (stage, at) in [("Proposal", "2024-02-01"), ("Won", "2024-03-01")] {
        let body = crate::harness::opportunity("OPP-MARKER", stage, "100", at);
        server.upload(&with(body, more.clone())).result();
    }
    let revenue = json!({
        "Reference": "INV-MARKER", "Value": 100, "CurrencyCode": "GBP", "RevenueClosedDate": "2024-03-01",
        "VisitorIdentifierOptions": [email("ann.marker@example.com")], "Labels": ["label-marker"],
    });
    server.put("/v1/s/revenue/upload", &revenue).result();
}

fn bob(server: &Server) {
    server.visit("bobs-visitor", "2024-01-01T10:00:00Z", "https://www.example.com/");
    let payload = [("name", "Bob Other"), ("email", "bob@example.com")];
    server.form("bobs-form", "2024-01-01T10:01:00Z", &[ra_id("bobs-visitor")], &payload);
    server.deal("BOB", "2024-02-01", &[email("bob@example.com")]);
}

/// Which of the texts stand in which files below a folder.
pub fn found_in(folder: &Path, texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(found_in(&path, texts));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let holds = |text: &&&str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        found.extend(texts.iter().filter(holds).map(|text| format!("{text} in {name}")));
    }
    found
}

fn is_sound(data: &Path) {
    assert!(run_ok(data, &["check"]).starts_with("all is well"));
}

#[test]
fn nothing_of_an_erased_person_is_left_in_any_file() {
    let server = Server::start();
    bob(&server);
    ann(&server);
    assert_eq!(server.matched(), ["OPP-MARKER", "BOB"], "everything was followed");
    let others = (server.person("email=bob@example.com"), server.opportunity("BOB"));
    let held = found_in(server.data.path(), &HERS);
    for text in &HERS {
        let is_held = held.iter().any(|found| found.starts_with(text));
        assert!(is_held, "{text} was there: {held:?}");
    }
    let path = "/api/v1/sites/s/people?email=ann.marker@example.com&records=delete";
    let reply = server.request("DELETE", path, &[], b"");
    let statement = reply.json();
    assert_eq!(reply.status, 200, "{statement}");
    let counts =
        ["visits", "conversions", "records", "versions"].map(|name| statement[name].as_u64().unwrap());
    assert_eq!((counts, &statement["recordsKept"]), ([1, 1, 2, 3], &json!(false)));
    assert!(statement["identifiers"].as_u64().unwrap() >= 4 && statement["erasedAt"].is_string());
    assert!(statement["note"].as_str().unwrap().contains("ackups"));
    assert!(HERS.iter().all(|text| !reply.text().contains(text)), "it repeats nothing: {statement}");
    assert_eq!(found_in(server.data.path(), &HERS), [""; 0], "while it runs");
    for query in ["email=ann.marker@example.com", "raId=visitor-marker", "phone=02079460018"] {
        assert_eq!(server.people(query).code(), "person_not_found", "{query}");
    }
    assert_eq!(
        server.request("DELETE", path, &[], b"").code(),
        "person_not_found",
        "there is no more of her"
    );
    assert_eq!((server.person("email=bob@example.com"), server.opportunity("BOB")), others);
    assert_eq!(server.matched(), ["BOB"]);
    is_sound(server.data.path());
    let (data, token) = server.stop();
    assert_eq!(found_in(data.path(), &HERS), [""; 0], "after a stop");
    is_sound(data.path());
    let server = Server::start_on(data, token, &[]);
    ann(&server);
    assert_eq!(server.matched(), ["OPP-MARKER", "BOB"], "she can come again");
}

#[test]
fn totals_stay_when_they_are_to_be_kept() {
    let server = Server::start();
    bob(&server);
    ann(&server);
    let totals = server.json("/api/v1/sites/s/pipeline");
    let reply =
        server.request("DELETE", "/api/v1/sites/s/people?reference=INV-MARKER&kind=revenue", &[], b"");
    assert_eq!(reply.json()["recordsKept"], true, "{}", reply.text());
    assert_eq!(server.json("/api/v1/sites/s/pipeline"), totals);
    assert_eq!(found_in(server.data.path(), &HERS), [""; 0]);
    let listed = server.json("/api/v1/sites/s/opportunities");
    let kept = listed["records"].as_array().unwrap().iter().find(|one| one["reference"] != "BOB").unwrap();
    let kept = server.opportunity(kept["reference"].as_str().unwrap());
    assert_eq!(
        (&kept["identifiers"], &kept["labels"], &kept["properties"]),
        (&json!([]), &json!([]), &json!([]))
    );
    assert_eq!(texts(&kept["stageHistory"], "stage"), ["Proposal", "Won"]);
    assert_eq!((&kept["matched"], &kept["match"]["reason"]), (&json!(false), &json!("nothing_found")));
    is_sound(server.data.path());
}

#[test]
fn whoever_operates_it_can_erase_beside_a_running_server() {
    let server = Server::start();
    bob(&server);
    ann(&server);
    let data = server.data.path();
    let refused = run_refused(data, &["erase", "--site", "s", "--phone", "020 7946 0018"]);
    assert!(refused.contains("--yes"), "nobody can be asked: {refused}");
    assert!(run_refused(data, &["erase", "--site", "s", "--yes"]).contains("--email"));
    assert!(run_refused(data, &["erase", "--site", "x", "--email", "a@b.c", "--yes"]).contains("no site x"));
    let nothing = run_refused(data, &["erase", "--site", "s", "--email", "a@b.c", "--yes"]);
    assert!(nothing.contains("nothing is held"), "{nothing}");
    let erase = ["erase", "--site", "s", "--ra-id", "visitor-marker", "--records", "delete", "--yes"];
    let text = run_ok(data, &erase);
    assert!(text.contains("1 reports deleted") && text.contains("Backups"), "{text}");
    assert!(HERS.iter().all(|hers| !text.contains(hers)), "{text}");
    assert_eq!(found_in(data, &HERS), [""; 0], "while the server runs");
    assert_eq!(server.people("email=ann.marker@example.com").code(), "person_not_found");
    assert_eq!(server.matched(), ["BOB"]);
    let json = run_ok(
        data,
        &[
            "erase",
            "--site",
            "s",
            "--reference",
            "BOB",
            "--records",
            "keep-totals",
            "--format",
            "json",
            "--yes",
        ],
    );
    let statement: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&statement["records"], &statement["recordsKept"]), (&json!(1), &json!(true)));
    server.deal("NEXT", "2024-02-01", &[email("next@example.com")]);
    let (data, _) = server.stop();
    assert_eq!(found_in(data.path(), &HERS), [""; 0], "what the server held in memory does not come back");
    is_sound(data.path());
}

#[test]
fn an_export_holds_everything() {
    let server = Server::start();
    bob(&server);
    ann(&server);
    server.visit("visitor-marker", "2024-01-01T10:02:00Z", "https://www.example.com/second");
    let address = json!({ "key": "EmailAddress", "value": "ann.marker@example.com" }).to_string();
    let allowed = "/api/v1/sites/s/identifiers/allowed";
    let headers = [("Content-Type", "application/json")];
    assert_eq!(server.request("PUT", allowed, &headers, address.as_bytes()).status, 204);
    let number = server.person("raId=visitor-marker")["conversions"][0]["fact"].clone();
    let caller = json!({ "key": "PayloadValue", "value": "Annabel Marker" }).to_string();
    let path = format!("/api/v1/sites/s/evidence/{number}/cut");
    assert_eq!(server.request("PUT", &path, &headers, caller.as_bytes()).status, 204);

    let reply = server.get("/api/v1/sites/s/people/export?email=ann.marker@example.com");
    assert_eq!(reply.header("content-disposition"), Some("attachment; filename=\"person.json\""));
    let document = reply.json();
    let missing: Vec<_> = HERS.iter().filter(|text| !reply.text().contains(*text)).collect();
    assert_eq!(missing, [&""; 0], "everything that would be erased");
    assert!(!reply.text().contains("bob"), "and nobody else");
    let versions = document["records"][0]["history"][0]["identifiers"].as_array().unwrap();
    assert_eq!(versions[1]["written"], "020 7946 0018", "the number as the CRM sent it");
    assert_eq!(document["visits"].as_array().unwrap().len(), 2, "every report");
    assert_eq!(document["askedFor"], json!([{ "kind": "EmailAddress", "value": "ann.marker@example.com" }]));
    let records = document["records"].as_array().unwrap();
    let versions: Vec<_> = records.iter().map(|record| record["history"].as_array().unwrap().len()).collect();
    assert_eq!(
        (texts(&document["records"], "reference"), versions),
        (vec!["OPP-MARKER", "INV-MARKER"], vec![2, 1])
    );
    assert_eq!(document["evidence"].as_array().unwrap().len(), 6, "two visits, a form, three versions");
    assert_eq!(texts(&document["decisions"]["allowed"], "value"), ["ann.marker@example.com"]);
    let cut = json!([{ "fact": number, "kind": "PayloadValue", "value": "Annabel Marker" }]);
    assert_eq!(document["decisions"]["cut"], cut);

    let printed = run_ok(server.data.path(), &["person", "--site", "s", "--email", "ann.marker@example.com"]);
    let mut printed: Value = serde_json::from_str(&printed).unwrap();
    printed["exportedAt"] = document["exportedAt"].clone();
    assert_eq!(printed, document, "the command prints the same");
}

#[test]
fn a_record_is_erased_with_whom_it_is_about_and_nobody_else() {
    let server = Server::start();
    let office = [("phone", "020 7946 0018")];
    server.form("ann", "2024-01-15T10:00:00Z", &[ra_id("v-ann"), email("ann@example.com")], &[]);
    server.form("bob", "2024-01-15T11:00:00Z", &[ra_id("v-bob"), email("bob@example.com")], &office);
    server.deal("OPP-ANN", "2024-02-15", &[email("ann@example.com"), phone("020 7946 0018")]);
    server.deal("OPP-BOB", "2024-02-15", &[email("bob@example.com")]);
    let before = server.person("email=bob@example.com");
    let about_ann = server.person("reference=OPP-ANN");
    assert_eq!(texts(&about_ann["conversions"], "reference"), ["ann"], "of Ann alone");
    let reply = server.request("DELETE", "/api/v1/sites/s/people?reference=OPP-ANN", &[], b"");
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(server.people("email=ann@example.com").status, 404);
    assert_eq!(server.person("email=bob@example.com"), before);
    assert_eq!(server.matched(), ["OPP-BOB"]);
}
