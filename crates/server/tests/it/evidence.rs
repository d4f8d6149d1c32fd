//! Guards and their review; evidence that is cut and restored.

use crate::harness::{Reply, Server, run_ok, wait_for};
use crate::sent::{email, ra_id, texts};
use serde_json::{Value, json};

const GUARDED: &str = "/api/v1/sites/s/identifiers/guarded";
const ALLOWED: &str = "/api/v1/sites/s/identifiers/allowed";
const JSON: [(&str, &str); 1] = [("Content-Type", "application/json")];

fn allow(server: &Server, body: &Value) -> Reply {
    server.request("PUT", ALLOWED, &JSON, body.to_string().as_bytes())
}

fn cut(server: &Server, method: &str, fact: &Value, query: &str, body: &Value) -> Reply {
    let path = format!("/api/v1/sites/s/evidence/{fact}/cut{query}");
    server.request(method, &path, &JSON, body.to_string().as_bytes())
}

/// As many visitors as asked for give one address, each with one visit.
fn shared(server: &Server, address: &str, visitors: usize) {
    for number in 0..visitors {
        let visitor = format!("shared-{number}");
        server.visit(&visitor, "2024-01-01T10:00:00Z", "https://www.example.com/");
        server.form(&visitor, "2024-01-01T10:01:00Z", &[ra_id(&visitor), email(address)], &[]);
    }
}

#[test]
fn a_role_mailbox_joins_nobody() {
    let server = Server::start();
    server.form("1", "2024-01-01T10:01:00Z", &[ra_id("v-1"), email("info@example.com")], &[]);
    server.deal("OPP-1", "2024-02-01", &[email("info@example.com")]);
    let one = server.matching("OPP-1");
    assert_eq!(one["matched"], true, "while it leads to one person, it finds that one");
    server.form("2", "2024-01-02T10:01:00Z", &[ra_id("v-2"), email("info@example.com")], &[]);
    let several = server.matching("OPP-1");
    assert_eq!((&several["matched"], &several["reason"]), (&json!(false), &json!("ambiguous")));
    let guard = &several["guarded"][0]["guard"];
    assert_eq!((&guard["code"], guard.get("count")), (&json!("role_mailbox"), None), "{several}");
    let person = server.person("raId=v-1");
    assert_eq!(texts(&person["visitors"], "raId"), ["v-1"]);
    let address = person["identifiers"].as_array().unwrap().iter().find(|one| one["kind"] == "EmailAddress");
    let address = address.unwrap();
    assert_eq!(
        (&address["standing"], &address["guard"]["code"]),
        (&json!("matches"), &json!("role_mailbox"))
    );
}

#[test]
fn too_many_visitors_are_guarded_listed_and_allowed() {
    let server = Server::start();
    shared(&server, "shop@example.com", 25);
    server.deal("OPP-1", "2024-02-01", &[email("shop@example.com")]);
    assert_eq!(server.matching("OPP-1")["visitors"].as_array().unwrap().len(), 25, "as many as are allowed");
    assert_eq!(server.json(GUARDED), json!({ "identifiers": [], "nextCursor": null }));
    server.form("one more", "2024-01-02T10:01:00Z", &[ra_id("v-26"), email("shop@example.com")], &[]);
    let found = server.matching("OPP-1");
    assert_eq!((&found["matched"], &found["reason"]), (&json!(false), &json!("ambiguous")));
    let listed = server.json(GUARDED);
    let [guarded] = listed["identifiers"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!(guarded["value"], "shop@example.com");
    let guard = json!({
        "code": "too_many_visitors", "count": 26, "detail": "26 visitors have it, and the site allows 25.",
    });
    assert_eq!(guarded["guard"], guard);
    assert!(guarded["since"].as_str().unwrap().ends_with('Z'));
    assert_eq!(found["guarded"][0]["guard"], guard, "the record says the same");

    assert_eq!(allow(&server, &json!({ "key": "Email", "value": " Shop@Example.com" })).status, 204);
    let allowed = json!({ "identifiers": [{ "kind": "EmailAddress", "value": "shop@example.com" }], "nextCursor": null });
    assert_eq!(server.json(ALLOWED), allowed);
    assert_eq!(server.matching("OPP-1")["visitors"].as_array().unwrap().len(), 26);
    assert_eq!(server.matched(), ["OPP-1"]);
    assert_eq!(server.json(GUARDED)["identifiers"], json!([]), "it is guarded no longer");
    for _ in 0..2 {
        let query = format!("{ALLOWED}?email=shop@example.com");
        assert_eq!(server.request("DELETE", &query, &[], b"").status, 204, "undoing twice is undoing");
    }
    assert_eq!(server.json(ALLOWED), json!({ "identifiers": [], "nextCursor": null }));
    assert_eq!(server.matched(), [""; 0]);
}

#[test]
fn guarded_and_allowed_identifiers_are_paged() {
    let server = Server::start();
    let names = ["admin", "billing", "info", "office", "sales"];
    for (number, name) in names.iter().enumerate() {
        let named = [ra_id(&format!("v-{number}")), email(&format!("{name}@example.com"))];
        server.form(name, "2024-01-01T10:01:00Z", &named, &[]);
    }
    let all = |list: &str| {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = server.json(&format!("{list}?limit=2{cursor}"));
            let values = texts(&page["identifiers"], "value");
            assert!(values.len() <= 2, "{page}");
            seen.extend(values.iter().map(ToString::to_string));
            let Some(next) = page["nextCursor"].as_str() else { return seen };
            cursor = format!("&cursor={next}");
        }
    };
    let named = names.map(|name| format!("{name}@example.com"));
    assert_eq!(all(GUARDED), named);
    assert_eq!(all(ALLOWED), [""; 0]);
    for address in named.iter().rev() {
        assert_eq!(allow(&server, &json!({ "key": "EmailAddress", "value": address })).status, 204);
    }
    assert_eq!((all(ALLOWED), all(GUARDED)), (named.to_vec(), Vec::new()));
    for (query, problem) in [
        ("limit=0", ("limit", "out_of_range")),
        ("cursor=zz", ("cursor", "malformed")),
        ("cursor=46617d", ("cursor", "malformed")),
        ("page=2", ("page", "unknown_key")),
    ] {
        for list in [GUARDED, ALLOWED] {
            let problems = server.get(&format!("{list}?{query}")).problems();
            assert_eq!(problems, [(problem.0.to_owned(), problem.1.to_owned())], "{list}?{query}");
        }
    }
}

#[test]
fn what_was_cut_is_as_if_it_had_never_been_and_comes_back() {
    let server = Server::start();
    server.visit("v-1", "2024-01-01T10:00:00Z", "https://www.example.com/");
    server.form("hers", "2024-01-01T10:01:00Z", &[ra_id("v-1"), email("ann@example.com")], &[]);
    server.visit("v-2", "2024-01-02T10:00:00Z", "https://www.example.com/");
    server.deal("OPP-1", "2024-02-01", &[email("ann@example.com")]);
    let would_be = server.matching("OPP-1");
    let address = json!({ "key": "EmailAddress", "value": "ann@example.com" });
    server.form("mistaken", "2024-01-02T10:01:00Z", &[ra_id("v-2"), email("ann@example.com")], &[]);
    let was = (server.matching("OPP-1"), server.person("email=ann@example.com"));
    assert_eq!(texts(&was.0["visitors"], "raId"), ["v-1", "v-2"]);
    let facts = was.1["evidence"].as_array().unwrap();
    let mistaken = facts.iter().find(|fact| fact["reference"] == "mistaken").unwrap();
    assert_eq!(mistaken["cut"], json!([]));
    for _ in 0..2 {
        assert_eq!(cut(&server, "PUT", &mistaken["fact"], "", &address).status, 204, "again is no different");
    }
    assert_eq!(server.matching("OPP-1"), would_be);
    let other = server.person("raId=v-2");
    assert_eq!(texts(&other["visitors"], "raId"), ["v-2"]);
    assert_eq!(texts(&other["evidence"][0]["cut"], "value"), ["ann@example.com"], "it says what was cut");
    let restore = |query: &str| cut(&server, "DELETE", &mistaken["fact"], query, &json!({}));
    assert_eq!(restore("?email=ANN@example.com").status, 204);
    assert_eq!((server.matching("OPP-1"), server.person("email=ann@example.com")), was);
    let absent = [
        cut(&server, "PUT", &json!(4_000_000), "", &address),
        cut(&server, "PUT", &mistaken["fact"], "", &json!({ "key": "RaId", "value": "v-1" })),
        restore("?phone=1"),
    ];
    for reply in absent {
        assert_eq!((reply.status, reply.code().as_str()), (404, "evidence_not_found"));
    }
}

#[test]
fn a_record_whose_every_identifier_was_cut_names_nobody() {
    let server = Server::start();
    server.form("1", "2024-01-01T10:01:00Z", &[ra_id("v-1"), email("ann@example.com")], &[]);
    server.deal("OPP-1", "2024-02-01", &[email("ann@example.com")]);
    let fact = server.opportunity("OPP-1")["history"][0]["change"].clone();
    let address = json!({ "key": "EmailAddress", "value": "ann@example.com" });
    assert_eq!(cut(&server, "PUT", &fact, "", &address).status, 204);
    let found = server.matching("OPP-1");
    assert_eq!((&found["matched"], &found["reason"]), (&json!(false), &json!("nothing_found")));
    assert!(found["explanation"].as_str().unwrap().contains("names nobody"), "{found}");
    assert_eq!(server.people("reference=OPP-1").code(), "person_not_found", "not somebody else in her stead");
    assert_eq!(server.person("email=ann@example.com")["records"], json!([]));
}

#[test]
fn an_ignored_value_is_no_ones() {
    let server = Server::start();
    server.form("1", "2024-01-01T10:01:00Z", &[ra_id("v-1"), email("test@example.com")], &[]);
    server.deal("OPP-1", "2024-02-01", &[email("test@example.com")]);
    assert_eq!(server.matched(), ["OPP-1"]);
    run_ok(server.data.path(), &["site", "set", "--id", "s", "--ignore", "test@example.com"]);
    let found = wait_for("the server follows the settings", || {
        let found = server.matching("OPP-1");
        (found["matched"] == false).then_some(found)
    });
    assert_eq!(
        (&found["reason"], &found["guarded"][0]["guard"]["code"]),
        (&json!("guarded"), &json!("ignored"))
    );
    assert!(found["explanation"].as_str().unwrap().contains("ignored"), "{found}");
}

#[test]
fn bodies_and_parameters_that_are_wrong_are_named() {
    let server = Server::start();
    let owned = |problems: &[(&str, &str)]| -> Vec<_> {
        problems.iter().map(|(name, code)| ((*name).to_owned(), (*code).to_owned())).collect()
    };
    for (body, problems) in [
        (json!({}), &[("/key", "required"), ("/value", "required")][..]),
        (json!({ "key": "Fax", "value": 1 }), &[("/key", "unknown_key")]),
        (json!({ "key": "RaId", "value": [] }), &[("/value", "wrong_type")]),
        (json!([]), &[("", "wrong_type")]),
    ] {
        assert_eq!(allow(&server, &body).problems(), owned(problems), "{body}");
        assert_eq!(cut(&server, "PUT", &json!(1), "", &body).problems(), owned(problems), "{body}");
    }
    for fact in ["0", "-1", "x", "9223372036854775808"] {
        let path = format!("/api/v1/sites/s/evidence/{fact}/cut?email=a@b.c");
        let reply = server.request("DELETE", &path, &[], b"");
        assert_eq!(reply.problems(), owned(&[("fact", "not_a_number")]), "{fact}");
    }
    for path in [ALLOWED, "/api/v1/sites/s/evidence/1/cut"] {
        for (query, code) in [("", "required"), ("?email=a@b.c&raId=v", "too_many")] {
            let reply = server.request("DELETE", &format!("{path}{query}"), &[], b"");
            assert_eq!(reply.problems(), owned(&[("email", code)]), "{path}{query}");
        }
    }
    let reply = server.request("PUT", ALLOWED, &[], b"{}");
    assert_eq!(reply.code(), "unsupported_media_type");
}
