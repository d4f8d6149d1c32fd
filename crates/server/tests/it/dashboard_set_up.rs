//! The page about setting a site up: what it shows works as it stands, and its forms do what they say.

use crate::browser::{Browser, between, encoded};
use crate::harness::{Server, new_token, run_ok};
use serde_json::json;

const PAGE: &str = "/sites/s/set-up";

#[test]
fn what_is_to_be_copied_names_the_site_and_the_address_that_the_browser_used() {
    let server = Server::start();
    let browser = Browser::with(&server, &server.token);
    let line =
        "&lt;script defer src=&quot;http://touchline/tag.js&quot; data-site=&quot;s&quot;&gt;&lt;/script&gt;";
    let page = browser.page(PAGE);
    assert!(page.contains(line), "{page}");
    assert!(page.contains("http://touchline/v1/s/opportunity/upload"));
    let page = browser.page(&format!("{PAGE}?forms=on"));
    assert!(page.contains("data-site=&quot;s&quot; data-forms=&quot;on&quot;&gt;"), "{page}");
    assert!(page.contains("No rates are loaded."));
}

#[test]
fn the_tag_is_seen_as_soon_as_it_reports_and_still_after_a_restart() {
    let server = Server::start_after(&[], |data| {
        run_ok(data, &["site", "set", "--id", "s", "--origin", "https://shop.example"]);
    });
    let report = |server: &Server, origin: &str| {
        let body =
            json!({ "raId": "8d3c8f52-6f0c-4f0e-9d0e-1f2a3b4c5d6e", "url": format!("{origin}/sale?x") });
        let headers = [("Content-Type", "application/json"), ("Origin", origin)];
        server
            .connect()
            .request("POST", "/tag/s/visit", &headers, body.to_string().as_bytes())
            .unwrap()
            .status
    };
    let browser = Browser::with(&server, &server.token);
    let seen = |browser: &Browser<'_>| {
        // Whoever opens the page sees what came in before; what it asks for while it is open is a second behind at most.
        browser.page(PAGE);
        browser.page(&format!("{PAGE}/seen"))
    };
    assert!(seen(&browser).contains("No visit has come in yet."));
    assert_eq!(report(&server, "https://other.example"), 403);
    assert!(seen(&browser).contains("<strong>other.example</strong>"));
    assert_eq!(report(&server, "https://shop.example"), 204);
    let told = seen(&browser);
    assert!(told.contains("We see your site.") && told.contains("<dd>shop.example</dd>"), "{told}");
    assert!(browser.page(PAGE).contains(&told), "the page has the part as it is asked for alone");
    let (data, token) = server.stop();
    let server = Server::start_on(data, token, &[]);
    let browser = Browser::with(&server, &server.token);
    assert!(seen(&browser).contains("<dd>shop.example</dd>"));
}

#[test]
fn a_token_is_made_and_shown_once_works_and_is_revoked() {
    let server = Server::start();
    let browser = Browser::with(&server, &server.token);
    let made =
        browser.post(&format!("{PAGE}/tokens"), &[("name", "<b>CRM"), ("scope", "read"), ("expires", "30")]);
    assert_eq!(made.status, 200, "{}", made.text());
    let token = format!("tl_{}", between(made.text(), "data-copy>tl_", "</pre>"));
    assert!(made.text().contains("&lt;b&gt;CRM") && !made.text().contains("<b>CRM"));
    let ask = || server.request_as(&token, "GET", "/api/v1/sites/s/pipeline", &[], b"").status;
    assert_eq!(ask(), 200);
    let page = browser.page(PAGE);
    assert!(!page.contains(&token) && page.contains("&lt;b&gt;CRM"), "listed, and its text is gone");
    let row = between(&page, "&lt;b&gt;CRM", "</tr>");
    let id = between(row, "name=\"token\" value=\"", "\"");
    let gone = browser.post(&format!("{PAGE}/tokens/revoke"), &[("token", id)]);
    assert_eq!((gone.status, gone.header("location")), (303, Some("/sites/s/set-up?done=revoked")));
    assert_eq!(ask(), 401);
    let nothing = browser.post(&format!("{PAGE}/tokens"), &[("name", " "), ("expires", "5")]);
    assert_eq!(nothing.status, 400);
    for named in ["wrong-name", "wrong-scope", "wrong-expires"] {
        assert!(nothing.text().contains(&format!("id=\"{named}\"")), "{named}: {}", nothing.text());
    }
}

#[test]
fn settings_are_saved_or_everything_wrong_is_named_and_kept() {
    let server = Server::start();
    let browser = Browser::with(&server, &server.token);
    let post = |fields: &[(&str, &str)]| browser.post(&format!("{PAGE}/settings"), fields);
    let saved = post(&[
        ("name", "Shop & Co"),
        ("currency", "EUR"),
        ("time-zone", "europe/berlin"),
        ("stages", "New=lead\r\n\r\nClosed = won=won\r\n"),
        ("origins", "https://shop.example/x"),
        ("retention", ""),
        ("ignored", "Test@Example.com"),
        ("sent", "strict-stages"),
        ("strict-stages", "on"),
    ]);
    assert_eq!((saved.status, saved.header("location")), (303, Some("/sites/s/set-up?done=settings")));
    let list = run_ok(server.data.path(), &["site", "list"]);
    for part in ["Shop & Co", "currency EUR", "of GB", "Europe/Berlin", "New=lead, Closed = won=won (others"]
    {
        assert!(list.contains(part), "{part}: {list}");
    }
    assert!(
        list.contains("from https://shop.example;") && list.contains("no one's: test@example.com"),
        "{list}"
    );
    let page = browser.page(PAGE);
    assert!(page.contains("Closed = won = won") && page.contains("Shop &amp; Co"), "{page}");
    let wrong = post(&[
        ("name", "Changed"),
        ("time-zone", "Mars"),
        ("stages", "New=lead\r\nnothing\r\nWon=victory"),
        ("guard-emails", "0"),
    ]);
    assert_eq!(wrong.status, 400);
    for part in [
        "Line 2 must be",
        "Line 3 must be",
        "Time zone must be",
        "Addresses of one visitor must be",
        "Changed",
        "nothing\r\nWon=victory",
    ] {
        assert!(wrong.text().contains(part), "{part}: {}", wrong.text());
    }
    assert_eq!(run_ok(server.data.path(), &["site", "list"]), list, "nothing is half done");
}

#[test]
fn only_an_administrator_changes_anything_and_only_from_a_page_of_ours() {
    let server = Server::start();
    let reader = Browser::with(&server, &new_token(server.data.path(), "s", "read"));
    let page = reader.page(PAGE);
    assert!(!page.contains("id=\"tokens\"") && !page.contains("id=\"settings\""));
    let admin = Browser::with(&server, &server.token);
    let list = |what: &str| run_ok(server.data.path(), &[what, "list"]);
    let before = (list("site"), list("token"));
    let token = before.1.lines().next().unwrap().split(' ').next().unwrap().to_owned();
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    for path in ["settings", "tokens", "tokens/revoke"] {
        let path = format!("{PAGE}/{path}");
        let fields = [("name", "x"), ("scope", "admin"), ("expires", ""), ("token", token.as_str())];
        assert_eq!(reader.post(&path, &fields).status, 403, "{path}");
        for key in [reader.key(), "wrong".to_owned()] {
            let body = encoded(&[&[("key", key.as_str())][..], &fields].concat());
            assert_eq!(admin.request("POST", &path, &form, &body).status, 403, "{path}");
        }
    }
    assert_eq!((list("site"), list("token")), before);
}
