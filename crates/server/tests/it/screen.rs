//! The first screen: what a stranger sees, and that it works as it stands.

use crate::harness::{Server, run_ok};
use std::process::Command;

/// A server on a folder as it is, which is to make its own site and token.
fn start(data: tempfile::TempDir) -> Server {
    Server::start_on(data, String::new(), &[])
}

/// The value that stands after a name on the screen.
fn shown<'a>(screen: &'a str, name: &str) -> &'a str {
    let line = screen.lines().find_map(|line| line.strip_prefix(&format!("  {name} ")));
    line.unwrap_or_else(|| panic!("{name} is not on the screen: {screen}")).trim()
}

/// The commands on the screen that begin with `curl`, each with the lines that it goes on in.
fn curl_lines(screen: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in screen.lines() {
        if line.starts_with("curl ") {
            commands.push(String::new());
        } else if !goes_on {
            continue;
        }
        let command = commands.last_mut().unwrap();
        *command += line;
        *command += "\n";
        goes_on = line.ends_with('\\');
    }
    commands
}

fn bash(command: &str) -> String {
    let output = Command::new("bash").args(["-c", command]).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_first_screen_shows_all_that_is_needed_and_its_lines_work() {
    let server = start(tempfile::tempdir().unwrap());
    let screen = &server.screen;
    assert_eq!(shown(screen, "address"), format!("http://{}", server.address));
    assert_eq!(shown(screen, "data"), server.data.path().to_str().unwrap());
    let (site, token) = (shown(screen, "site"), shown(screen, "token"));
    assert!(site.len() == 13 && site.bytes().all(|byte| byte.is_ascii_hexdigit()), "{site}");
    assert!(token.starts_with("tl_") && screen.contains("shown this once"), "{screen}");
    assert!(
        screen.contains(&format!("http://{}/docs", server.address)) && screen.lines().count() < 40,
        "{screen}"
    );

    let snippet = format!(
        r#"<script defer src="http://{}/tag.js" data-site="{site}" data-forms="on"></script>"#,
        server.address
    );
    assert!(screen.lines().any(|line| line == snippet), "{screen}");

    let [send, see] = curl_lines(screen).try_into().expect("two commands");
    let answer = bash(&send);
    assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
    assert!(answer.contains("touchline-result: created\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
    let record: serde_json::Value = serde_json::from_str(&bash(&see)).unwrap();
    assert_eq!((&record["reference"], &record["value"]["amount"]), (&"OPP-1".into(), &"1000.00".into()));
    assert!(bash(&send).contains("touchline-result: unchanged\r\n"), "again, it does no harm");
    let docs =
        Command::new("curl").args(["-sf", &format!("http://{}/docs", server.address)]).output().unwrap();
    assert!(docs.status.success());
}

#[test]
fn the_second_start_shows_the_same_without_the_token() {
    let first = start(tempfile::tempdir().unwrap());
    let token = shown(&first.screen, "token").to_owned();
    let (site, first_screen) = (shown(&first.screen, "site").to_owned(), first.screen.clone());
    let (data, _) = first.stop();
    let second = start(data);
    assert_eq!(shown(&second.screen, "site"), site, "no second site is made");
    assert!(!second.screen.contains("tl_"), "{}", second.screen);
    assert!(second.screen.contains("touchline token create"), "how to get another: {}", second.screen);
    assert_eq!(curl_lines(&second.screen).len(), curl_lines(&first_screen).len());
    let path = format!("/api/v1/sites/{site}/pipeline");
    assert_eq!(
        second.request_as(&token, "GET", &path, &[], b"").status,
        200,
        "the token of the first start still works"
    );
    assert_eq!(run_ok(second.data.path(), &["token", "list"]).lines().count(), 1);
}

#[test]
fn a_first_start_that_was_cut_between_site_and_token_is_made_good() {
    let data = tempfile::tempdir().unwrap();
    run_ok(data.path(), &["site", "add", "--id", "half", "--name", "Half"]);
    let server = start(data);
    assert_eq!(shown(&server.screen, "site"), "half");
    let token = shown(&server.screen, "token");
    assert_eq!(server.request_as(token, "GET", "/api/v1/sites/half/pipeline", &[], b"").status, 200);
    assert!(bash(&curl_lines(&server.screen)[0]).starts_with("HTTP/1.1 201 Created\r\n"));
    assert_eq!(run_ok(server.data.path(), &["site", "list"]).matches("since").count(), 1);
}

#[test]
fn a_first_start_that_is_killed_at_any_moment_ends_with_one_site_and_one_token() {
    let data = tempfile::tempdir().unwrap();
    let (data, _) = start(data).kill();
    let server = start(data);
    assert!(!server.screen.contains("tl_"), "the token was shown: {}", server.screen);
    let path = server.data.path();
    assert_eq!(
        (
            run_ok(path, &["site", "list"]).matches("since").count(),
            run_ok(path, &["token", "list"]).lines().count()
        ),
        (1, 1)
    );
}
