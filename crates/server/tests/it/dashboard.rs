//! The pages: who may see them, what protects their forms, and that the overview says what the API says.

use crate::browser::{Browser, encoded};
use crate::harness::{Server, new_token, opportunity, run_ok};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

fn anonymous(server: &Server, path: &str) -> (u16, String) {
    let reply = server.connect().request("GET", path, &[], b"").unwrap();
    (reply.status, reply.header("location").unwrap_or("").to_owned())
}

#[test]
fn whoever_is_not_signed_in_is_asked_to_and_comes_back() {
    let server = Server::start();
    assert_eq!(anonymous(&server, "/"), (303, "/sign-in?back=%2F".into()));
    let asked = "/sites/s/overview?period=90d";
    let (status, way_in) = anonymous(&server, asked);
    assert_eq!((status, way_in.as_str()), (303, "/sign-in?back=%2Fsites%2Fs%2Foverview%3Fperiod%3D90d"));
    let fields = encoded(&[("token", &server.token), ("back", asked)]);
    let reply = server.connect().request("POST", "/sign-in", &[FORM], fields.as_bytes()).unwrap();
    assert_eq!((reply.status, reply.header("location")), (303, Some(asked)));
    let cookie = reply.header("set-cookie").unwrap();
    assert!(cookie.contains("; HttpOnly; SameSite=Lax") && !cookie.contains("Secure"), "{cookie}");
    let by_tls = [FORM, ("X-Forwarded-Proto", "https")];
    let reply = server.connect().request("POST", "/sign-in", &by_tls, fields.as_bytes()).unwrap();
    assert!(reply.header("set-cookie").unwrap().ends_with("; Secure"));
    let elsewhere = encoded(&[("token", &server.token), ("back", "//evil.example/")]);
    let reply = server.connect().request("POST", "/sign-in", &[FORM], elsewhere.as_bytes()).unwrap();
    assert_eq!(reply.header("location"), Some("/"));
}

#[test]
fn what_opens_no_session_says_why() {
    let server = Server::start();
    let ingest = new_token(server.data.path(), "s", "ingest");
    for (token, why) in [("", "not known"), ("tl_no", "not known"), (ingest.as_str(), "may not read")] {
        let fields = encoded(&[("token", token)]);
        let reply = server.connect().request("POST", "/sign-in", &[FORM], fields.as_bytes()).unwrap();
        assert_eq!((reply.status, reply.header("set-cookie")), (401, None));
        assert!(reply.text().contains(why), "{}", reply.text());
    }
    let from_elsewhere = [FORM, ("Sec-Fetch-Site", "cross-site")];
    let fields = encoded(&[("token", &server.token)]);
    let reply = server.connect().request("POST", "/sign-in", &from_elsewhere, fields.as_bytes()).unwrap();
    assert_eq!((reply.status, reply.header("set-cookie")), (403, None));
}

#[test]
fn attempts_are_counted() {
    let server = Server::start();
    let attempt = || {
        let fields = encoded(&[("token", "tl_guess")]);
        server.connect().request("POST", "/sign-in", &[FORM], fields.as_bytes()).unwrap()
    };
    for number in 0..10 {
        assert_eq!(attempt().status, 401, "attempt {number}");
    }
    // One more comes every six seconds.
    let over = (0..3).map(|_| attempt()).find(|reply| reply.status != 401).expect("there is a bound");
    assert_eq!(over.status, 429);
    assert!(over.header("retry-after").is_some() && over.text().contains("too many attempts"));
}

#[test]
fn a_session_is_for_pages_alone_and_ends_with_its_token_and_by_signing_out() {
    let server = Server::start();
    let read = new_token(server.data.path(), "s", "read");
    let browser = Browser::with(&server, &read);
    browser.page("/sites/s/overview");
    let text = browser.cookie.split_once('=').unwrap().1.to_owned();
    let as_bearer = server.request_as(&text, "GET", "/api/v1/sites/s/report", &[], b"");
    assert_eq!((as_bearer.status, as_bearer.code().as_str()), (401, "token_invalid"));
    let list = run_ok(server.data.path(), &["token", "list"]);
    assert_eq!(list.lines().count(), 2, "sessions are not listed: {list}");

    let other = Browser::with(&server, &read);
    assert_eq!(other.request("POST", "/sign-out", &[FORM], "key=guessed").status, 403);
    other.page("/sites/s/overview");
    let gone = other.post("/sign-out", &[]);
    assert_eq!((gone.status, gone.header("location")), (303, Some("/sign-in")));
    assert!(gone.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(other.get("/sites/s/overview").status, 303, "the old cookie opens nothing");

    browser.page("/sites/s/overview");
    let id = list.lines().find(|line| line.contains(" read ")).unwrap().split(' ').next().unwrap();
    run_ok(server.data.path(), &["token", "revoke", id]);
    crate::harness::wait_for("the session ends", || {
        (browser.get("/sites/s/overview").status == 303).then_some(())
    });
}

#[test]
fn nobody_sees_another_site() {
    let server = Server::start_after(&[], |data| {
        run_ok(data, &["site", "add", "--id", "t", "--name", "Other"]);
    });
    let browser = Browser::with(&server, &server.token);
    for path in ["/sites/t/overview", "/sites/none/overview"] {
        let reply = browser.get(path);
        assert_eq!(reply.status, 403, "{path}");
        assert!(
            reply.header("content-type").unwrap().starts_with("text/html") && !reply.text().contains("Other")
        );
    }
}

#[test]
fn a_wrong_question_is_told_what_is_wrong_with_it() {
    let server = Server::start();
    let browser = Browser::with(&server, &server.token);
    let reply = browser.get("/sites/s/overview?period=yesterday&where=nothing&%3Cscript%3E=1");
    assert_eq!(reply.status, 400);
    for part in ["period", "where", "&lt;script&gt;"] {
        assert!(reply.text().contains(part), "{part}: {}", reply.text());
    }
    assert!(!reply.text().contains("<script>"));
}

#[test]
fn every_page_forbids_what_it_does_not_need() {
    let server = Server::start();
    let browser = Browser::with(&server, &server.token);
    let reply = browser.get("/sites/s/overview");
    let policy = reply.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(reply.header("cache-control"), Some("private, no-store"));
    let page = reply.text();
    assert!(!page.contains(" style=") && !page.contains("<script>") && !page.contains(" onclick"));
    for (mark, kind) in [("/assets/style-", "text/css"), ("/assets/script-", "text/javascript")] {
        let (_, rest) = page.split_once(mark).unwrap();
        let path = format!("{mark}{}", rest.split('"').next().unwrap());
        let asset = server.connect().request("GET", &path, &[], b"").unwrap();
        assert_eq!(asset.status, 200);
        assert!(asset.header("content-type").unwrap().starts_with(kind));
        assert!(asset.header("cache-control").unwrap().contains("immutable"));
    }
}

#[test]
fn the_overview_says_what_the_api_says() {
    let server = Server::start();
    for (reference, stage, value) in
        [("A", "Won", "1000.50"), ("B", "Proposal", "2000.25"), ("C", "Lost", "10")]
    {
        assert_eq!(server.upload(&opportunity(reference, stage, value, "2024-03-05")).status, 201);
    }
    run_ok(
        server.data.path(),
        &[
            "site",
            "set",
            "--id",
            "s",
            "--stage",
            "Proposal=opportunity",
            "--stage",
            "Won=won",
            "--stage",
            "Lost=lost",
        ],
    );
    let browser = Browser::with(&server, &server.token);
    let report = crate::harness::wait_for("the stages are known", || {
        let report = server.json("/api/v1/sites/s/report?from=2024-03-01&to=2024-03-31&by=channel");
        (report["totals"][0]["wonValue"] == "1000.50").then_some(report)
    });
    let page = browser.page("/sites/s/overview?from=2024-03-01&to=2024-03-31&compare=none");
    let money = |amount: &str| format!("value=\"{amount}\" data-currency=\"GBP\"");
    assert_eq!(report["totals"][0]["value"], "3010.75");
    for amount in ["1000.50", "2000.25", "3010.75"] {
        assert!(page.contains(&money(amount)), "{amount} {page}");
    }
    assert!(page.contains("<p class=\"figure\">50.0%</p>"), "the win rate: {page}");
    let nothing =
        browser.page("/sites/s/overview?from=2024-03-01&to=2024-03-31&compare=none&where=channel:Email");
    let figures = nothing.split("Just now").next().unwrap();
    assert!(!figures.contains(&money("1000.50")), "a filter on touches leaves what they brought");
    let global = browser.get("/sites/s/overview?from=2024-03-01&to=2024-03-31&model=markov-global");
    assert_eq!(global.status, 400, "it is not known over time");
    let all = browser.page("/sites/s/overview?from=2030-01-01&to=2030-01-31&period=all&compare=none");
    assert!(all.contains(&money("1000.50")), "a period wins over days that were chosen before it");
    let undecided = browser
        .page("/sites/s/overview?from=2024-03-01&to=2024-03-31&compareFrom=2023-01-01&compareTo=2023-01-31");
    assert!(!undecided.contains("100.0%"), "what there was none of has not changed");
    let german = browser.request(
        "GET",
        "/sites/s/overview?from=2024-03-01&to=2024-03-31",
        &[("Accept-Language", "de")],
        "",
    );
    assert!(german.text().contains("3.010,75\u{a0}£") && german.text().contains("01.03.2024"));
    assert!(browser.page("/sites/s/overview").contains("nothing in this period"));
}

#[test]
fn what_came_in_just_now_is_shown_and_is_text() {
    let server = Server::start();
    let browser = Browser::with(&server, &server.token);
    let hostile = "<img src=x onerror=alert(1)>";
    assert_eq!(server.upload(&opportunity(hostile, "<b>Won</b>", "5", "2024-03-05")).status, 201);
    let part = browser.page("/sites/s/overview/latest");
    assert!(part.contains("&lt;img src=x onerror=alert(1)&gt;") && part.contains("&lt;b&gt;Won"), "{part}");
    assert!(!part.contains("<img") && !part.contains("<b>"));
    assert!(part.contains("/sites/s/opportunities/%3Cimg%20src"));
}

#[test]
fn a_theme_is_remembered() {
    let server = Server::start();
    let browser = Browser::with(&server, &server.token);
    let fields = encoded(&[("theme", "dark"), ("back", "/sites/s/overview")]);
    let reply = browser.request("POST", "/theme", &[FORM], &fields);
    assert_eq!((reply.status, reply.header("location")), (303, Some("/sites/s/overview")));
    let theme = reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let both = Browser { server: &server, cookie: format!("{}; {theme}", browser.cookie) };
    assert!(both.page("/sites/s/overview").contains("data-theme=\"dark\""));
    assert!(!browser.page("/sites/s/overview").contains("data-theme"));
}

#[test]
fn a_session_is_over_when_its_token_is() {
    let server = Server::start();
    let create = ["token", "create", "--site", "s", "--scope", "read", "--expires", "15s"];
    let token = run_ok(server.data.path(), &create);
    let browser = Browser::with(&server, token.trim());
    browser.page("/sites/s/overview?period=7d");
    let over = crate::harness::wait_for("the session is over", || {
        let reply = browser.get("/sites/s/overview?period=7d");
        (reply.status != 200).then_some(reply)
    });
    assert_eq!(over.status, 303);
    assert_eq!(over.header("location"), Some("/sign-in?back=%2Fsites%2Fs%2Foverview%3Fperiod%3D7d"));
}
