//! The pages about people: they tell what the API tells, and what an administrator decides there is done.

use crate::browser::Browser;
use crate::harness::{Server, new_token};
use crate::sent::{email, ra_id, texts};
use serde_json::{Value, json};

const AD: &str = "https://www.shop.example/?utm_source=google&utm_medium=cpc";

/// Ann, who used a laptop and a telephone, and has a deal.
fn ann(server: &Server) {
    server.visit("laptop", "2024-01-01T10:00:00Z", AD);
    let payload = [("name", "Ann Example")];
    server.form("1", "2024-01-01T10:01:00Z", &[ra_id("laptop"), email("ann@example.com")], &payload);
    server.visit("phone", "2024-01-05T10:00:00Z", "https://www.shop.example/");
    server.form("2", "2024-01-05T10:01:00Z", &[ra_id("phone"), email("ann@example.com")], &[]);
    server.deal("OPP-1", "2024-02-01", &[ra_id("phone")]);
}

const ANN: &str = "/sites/s/people?by=email&value=ann%40example.com";

fn visitors(server: &Server) -> Vec<String> {
    let person = server.person("email=ann@example.com");
    texts(&person["visitors"], "raId").iter().map(ToString::to_string).collect()
}

/// The fact of a form.
fn fact(server: &Server, reference: &str) -> String {
    let person = server.person("email=ann@example.com");
    let forms = person["conversions"].as_array().unwrap();
    forms.iter().find(|form| form["reference"] == reference).unwrap()["fact"].to_string()
}

#[test]
fn a_person_is_found_by_whatever_names_them() {
    let server = Server::start();
    ann(&server);
    let browser = Browser::with(&server, &server.token);
    assert!(browser.page("/sites/s/people?period=7d&kind=revenue").contains("Find somebody"));
    let person = server.person("email=ann@example.com");
    for asked in [
        "by=email&value=ANN@example.com%20",
        "by=visitor&value=phone",
        "by=payload&value=Ann+Example",
        "by=opportunity&value=OPP-1",
        "email=ann@example.com",
        "raId=phone",
    ] {
        let html = browser.page(&format!("/sites/s/people?{asked}"));
        for one in person["identifiers"].as_array().unwrap() {
            assert!(html.contains(one["value"].as_str().unwrap()), "{asked}: {one}");
        }
        for visit in person["visits"].as_array().unwrap() {
            let class = &visit["classification"];
            assert!(html.contains(class["channel"].as_str().unwrap()));
            assert!(html.contains(&visit["landingPage"].as_str().unwrap().replace('&', "&amp;")), "{visit}");
        }
        for evidence in person["evidence"].as_array().unwrap() {
            assert!(html.contains(&format!("fact {}", evidence["fact"])), "{asked}: {evidence}");
        }
        assert!(html.contains("href=\"/sites/s/opportunities/OPP-1\""), "{asked}");
        assert!(html.contains("<data class=\"money\" value=\"100.00\""), "{asked}");
    }
    for (asked, status, told) in [
        ("by=email&value=nobody%40example.com", 404, "Nothing is held on them."),
        ("by=opportunity&value=nothing", 404, "There is no record with this reference."),
        (&format!("by=visitor&value={}", "x".repeat(513)), 400, "What it is must"),
    ] {
        let reply = browser.get(&format!("/sites/s/people?{asked}"));
        assert_eq!((reply.status, reply.text().contains(told)), (status, true), "{asked}: {}", reply.text());
    }
}

#[test]
fn evidence_is_cut_and_restored() {
    let server = Server::start();
    ann(&server);
    assert_eq!(visitors(&server), ["laptop", "phone"]);
    let browser = Browser::with(&server, &server.token);
    let evidence = format!("{} EmailAddress=ann@example.com", fact(&server, "2"));
    assert!(
        browser.page(ANN).contains(&format!("name=\"cut\" value=\"{evidence}\"")),
        "{}",
        browser.page(ANN)
    );
    let asked = [("by", "email"), ("value", "ann@example.com")];
    let decide = |name: &str| {
        let fields = [&asked[..], &[(name, evidence.as_str())]].concat();
        let reply = browser.post("/sites/s/people/evidence", &fields);
        assert_eq!(reply.status, 303, "{}", reply.text());
        reply.header("location").unwrap().to_owned()
    };
    let back = decide("cut");
    assert_eq!(back, "/sites/s/people?by=email&value=ann%40example.com&done=cut");
    assert_eq!(visitors(&server), ["laptop"]);
    assert_eq!(server.matching("OPP-1")["visits"].as_array().unwrap().len(), 1);
    assert!(browser.page(&back).contains("It is cut."));
    let html = browser.page("/sites/s/people?by=visitor&value=phone");
    assert!(html.contains(&format!("name=\"restore\" value=\"{evidence}\"")), "{html}");
    assert!(decide("restore").ends_with("&done=restored"));
    assert_eq!(visitors(&server), ["laptop", "phone"]);
    let only = format!("{} PayloadValue=Ann Example", fact(&server, "1"));
    let asked = [("by", "payload"), ("value", "Ann Example"), ("cut", only.as_str())];
    let back = browser.post("/sites/s/people/evidence", &asked);
    let page = browser.get(back.header("location").unwrap());
    assert_eq!(page.status, 404, "nothing else names this value");
    assert!(page.text().contains("It is cut.") && page.text().contains("To restore what was cut"));
    for wrong in ["", "x", "7 EmailAddress", "0 EmailAddress=a@b.c", "1 Fax=7"] {
        let reply = browser.post("/sites/s/people/evidence", &[("cut", wrong)]);
        assert_eq!(reply.status, 400, "{wrong}");
    }
    let nothing = browser.post("/sites/s/people/evidence", &[("cut", "999999 EmailAddress=a@b.c")]);
    assert_eq!(nothing.status, 404);
}

#[test]
fn a_guarded_identifier_is_allowed_and_no_longer() {
    let server = Server::start();
    server.visit("v-1", "2024-01-01T10:00:00Z", AD);
    server.form("1", "2024-01-01T10:01:00Z", &[ra_id("v-1"), email("info@example.com")], &[]);
    let browser = Browser::with(&server, &server.token);
    let page = "/sites/s/people?by=email&value=info%40example.com";
    let named = "EmailAddress=info@example.com";
    let allowed =
        || server.json("/api/v1/sites/s/identifiers/allowed")["identifiers"].as_array().unwrap().len();
    let decide = |name: &str| {
        let asked = [("by", "email"), ("value", "info@example.com"), (name, named)];
        assert_eq!(browser.post("/sites/s/people/identifier", &asked).status, 303);
    };
    let html = browser.page(page);
    assert!(
        html.contains("Its name says that several people read it.")
            && html.contains(&format!("name=\"allow\" value=\"{named}\"")),
        "{html}"
    );
    decide("allow");
    assert_eq!(allowed(), 1);
    assert!(browser.page(page).contains(&format!("name=\"disallow\" value=\"{named}\"")));
    decide("disallow");
    assert_eq!(allowed(), 0);
}

#[test]
fn a_person_is_exported_and_erased() {
    let server = Server::start();
    ann(&server);
    let browser = Browser::with(&server, &server.token);
    let export = browser.get("/sites/s/people/export?by=email&value=ann%40example.com");
    assert_eq!(export.header("content-disposition"), Some("attachment; filename=\"person.json\""));
    let same = |mut document: Value| {
        document["exportedAt"] = json!("");
        document
    };
    assert_eq!(same(export.json()), same(server.json("/api/v1/sites/s/people/export?email=ann@example.com")));
    let question = browser.page("/sites/s/people/erase?by=email&value=ann%40example.com");
    for would in ["visits</dt><dd>2", "calls</dt><dd>2", "Records</dt><dd>1", "too</dt><dd>4"] {
        assert!(question.contains(would), "{would}: {question}");
    }
    let asked = [("by", "email"), ("value", "ann@example.com")];
    for (fields, wrong) in [
        (vec![("records", "delete")], "Tick the box"),
        (vec![("sure", "yes"), ("records", "some")], "Choose what becomes"),
    ] {
        let reply = browser.post("/sites/s/people/erase", &[&asked[..], &fields].concat());
        assert_eq!((reply.status, reply.text().contains(wrong)), (400, true), "{}", reply.text());
        let kept = "value=\"delete\" checked";
        assert_eq!(reply.text().contains(kept), fields[0].0 == "records", "what was chosen is kept");
    }
    assert_eq!(visitors(&server), ["laptop", "phone"], "nothing is half done");
    let sure = [&asked[..], &[("records", "keepTotals"), ("sure", "yes")]].concat();
    let gone = browser.post("/sites/s/people/erase", &sure);
    assert_eq!(gone.status, 200, "{}", gone.text());
    for went in
        ["visits deleted</dt><dd>2", "calls deleted</dt><dd>2", "personal</dt><dd>1", "forgotten</dt><dd>4"]
    {
        assert!(gone.text().contains(went), "{went}: {}", gone.text());
    }
    assert!(!gone.text().contains("ann@example.com"), "the statement repeats nothing");
    assert_eq!(server.people("email=ann@example.com").code(), "person_not_found");
    assert_eq!(server.json("/api/v1/sites/s/opportunities")["records"].as_array().unwrap().len(), 1);
    assert_eq!(browser.post("/sites/s/people/erase", &sure).status, 404);
}

#[test]
fn who_may_only_read_decides_nothing() {
    let mut read = String::new();
    let server = Server::start_after(&[], |data| read = new_token(data, "s", "read"));
    ann(&server);
    let browser = Browser::with(&server, &read);
    let html = browser.page(ANN);
    assert!(html.contains("OPP-1"));
    for tool in ["name=\"cut\"", "people/evidence\"", "people/identifier\"", "people/erase", "people/export"]
    {
        assert!(!html.contains(tool), "{tool}");
    }
    let evidence = format!("{} EmailAddress=ann@example.com", fact(&server, "2"));
    let asked = [("by", "email"), ("value", "ann@example.com")];
    for (path, fields) in [
        ("evidence", vec![("cut", evidence.as_str())]),
        ("identifier", vec![("allow", "EmailAddress=ann@example.com")]),
        ("erase", vec![("records", "delete"), ("sure", "yes")]),
    ] {
        let path = format!("/sites/s/people/{path}");
        let fields = [&asked[..], &fields].concat();
        assert_eq!(browser.post(&path, &fields).status, 403, "{path}");
        let admin = Browser::with(&server, &server.token);
        let form = ("Content-Type", "application/x-www-form-urlencoded");
        let forged = crate::browser::encoded(&[&[("key", "forged")][..], &fields].concat());
        assert_eq!(admin.request("POST", &path, &[form], &forged).status, 403, "{path} with another key");
    }
    for path in ["erase", "export"] {
        let path = format!("/sites/s/people/{path}?by=email&value=ann%40example.com");
        assert_eq!(browser.get(&path).status, 403, "{path}");
    }
    assert_eq!(visitors(&server), ["laptop", "phone"]);
    assert_eq!(server.json("/api/v1/sites/s/identifiers/allowed")["identifiers"], json!([]));
}
