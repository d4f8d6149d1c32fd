//! Sites and tokens from the command line, beside the running server.

use crate::harness::{Server, new_token, opportunity, run, run_ok, run_refused, touchline, wait_for};
use std::path::Path;
use std::time::{Duration, Instant};

/// What is promised of a changed token.
const PROMISE: Duration = Duration::from_secs(1);

fn status(server: &Server, token: &str) -> u16 {
    server.request_as(token, "GET", "/api/v1/sites/s/pipeline", &[], b"").status
}

/// How long it takes until a token is answered so.
fn time_until(server: &Server, token: &str, expected: u16) -> Duration {
    let began = Instant::now();
    wait_for("the running server follows", || (status(server, token) == expected).then(|| began.elapsed()))
}

/// The line of a token in the list.
fn listed(data: &Path, name: &str) -> String {
    let list = run_ok(data, &["token", "list"]);
    let line = list.lines().find(|line| line.contains(name));
    line.unwrap_or_else(|| panic!("{name} is not in {list}")).to_owned()
}

fn id_of(line: &str) -> &str {
    line.split_whitespace().next().unwrap()
}

#[test]
fn a_new_token_works_and_a_revoked_one_is_refused_within_a_second() {
    let server = Server::start();
    let data = server.data.path();
    for round in 0..3 {
        let name = format!("round-{round}");
        let printed = run_ok(data, &["token", "create", "--site", "s", "--scope", "read", "--name", &name]);
        let token = printed.trim();
        let took = time_until(&server, token, 200);
        assert!(took < PROMISE, "a new token took {took:?}");
        let line = listed(data, &name);
        assert!(line.contains("read") && line.ends_with("good"), "{line}");
        assert!(!run_ok(data, &["token", "list"]).contains(token), "its text is never shown again");
        assert_eq!(
            run_ok(data, &["token", "revoke", id_of(&line)]),
            format!("token {} revoked\n", id_of(&line))
        );
        let took = time_until(&server, token, 401);
        assert!(took < PROMISE, "a revoked token took {took:?}");
        assert!(listed(data, &name).contains("revoked 20"), "{}", listed(data, &name));
        assert_eq!(status(&server, &server.token), 200, "no other token is touched");
    }
}

#[test]
fn a_token_expires_when_it_was_told_to() {
    let server = Server::start();
    let data = server.data.path();
    let create = |name: &str, span: &str| {
        let arguments =
            ["token", "create", "--site", "s", "--scope", "read", "--name", name, "--expires", span];
        run_ok(data, &arguments).trim().to_owned()
    };
    let short = create("short", "2s");
    let long = create("long", "90d");
    time_until(&server, &long, 200);
    wait_for("it expires", || listed(data, "short").contains("expired 20").then_some(()));
    assert_eq!((status(&server, &short), status(&server, &long)), (401, 200));
    assert!(listed(data, "long").contains("good until 20"), "{}", listed(data, "long"));
}

#[test]
fn a_site_added_beside_the_server_takes_uploads() {
    let server = Server::start();
    let data = server.data.path();
    let settings = ["--currency", "eur", "--phone-country", "de", "--time-zone", "europe/berlin"];
    let stages = ["--stage", "Neu=lead", "--stage", "Gewonnen=WON", "--strict-stages", "true"];
    let add = [&["site", "add", "--id", "shop-1_B", "--name", "Mein Laden"][..], &settings, &stages].concat();
    assert_eq!(run_ok(data, &add), "site shop-1_B added\n");
    let list = run_ok(data, &["site", "list"]);
    for part in [
        "shop-1_B  Mein Laden",
        "EUR",
        "DE",
        "Europe/Berlin",
        "Neu=lead, Gewonnen=won",
        "s  Site",
        "GBP",
        "Europe/London",
    ] {
        assert!(list.contains(part), "{part}: {list}");
    }
    let token = new_token(data, "shop-1_B", "ingest");
    let upload = |stage: &str| {
        let body = opportunity("OPP-1", stage, "5", "2024-01-15").to_string();
        let json = [("Content-Type", "application/json")];
        server.request_as(&token, "PUT", "/v1/shop-1_B/opportunity/upload", &json, body.as_bytes()).status
    };
    wait_for("the running server knows the site", || (upload("Neu") == 201).then_some(()));
    assert_eq!(upload("Anders"), 400);
}

#[test]
fn what_is_not_named_stays_as_it_is() {
    let server = Server::start();
    let data = server.data.path();
    run_ok(
        data,
        &["site", "set", "--id", "s", "--currency", "USD", "--stage", "New=lead", "--stage", "Won=won"],
    );
    run_ok(data, &["site", "set", "--id", "s", "--name", "Another name"]);
    let list = run_ok(data, &["site", "list"]);
    for part in ["Another name", "USD", "numbers of GB", "Europe/London", "New=lead, Won=won"] {
        assert!(list.contains(part), "{part}: {list}");
    }
    run_ok(data, &["site", "set", "--id", "s", "--stage", "Only=won"]);
    let list = run_ok(data, &["site", "list"]);
    assert!(list.contains("Only=won") && !list.contains("New=lead"), "stages are replaced together: {list}");
}

#[test]
fn a_mistake_is_named_and_changes_nothing() {
    let server = Server::start();
    let data = server.data.path();
    let before = (run_ok(data, &["site", "list"]), run_ok(data, &["token", "list"]));
    let long = "x".repeat(256);
    let add =
        |rest: &[&str]| run_refused(data, &[&["site", "add", "--id", "new", "--name", "New"], rest].concat());
    let create = |rest: &[&str]| run_refused(data, &[&["token", "create"], rest].concat());
    for (said, named) in [
        (run_refused(data, &["site", "add", "--id", "a b", "--name", "N"]), "--id"),
        (run_refused(data, &["site", "add", "--id", "new", "--name", " "]), "--name"),
        (run_refused(data, &["site", "add", "--id", "new", "--name", &long]), "--name"),
        (run_refused(data, &["site", "add", "--id", "s", "--name", "N"]), "s already"),
        (add(&["--currency", "GBX"]), "--currency"),
        (add(&["--phone-country", "XX"]), "--phone-country"),
        (add(&["--time-zone", "Europe/Nowhere"]), "--time-zone"),
        (add(&["--stage", "Won"]), "--stage"),
        (add(&["--stage", "Won=victory"]), "--stage"),
        (add(&["--stage", "=won"]), "--stage"),
        (run_refused(data, &["site", "set", "--id", "nowhere", "--name", "N"]), "nowhere"),
        (
            run_refused(data, &["site", "set", "--id", "s", "--name", "New", "--currency", "GBX"]),
            "--currency",
        ),
        (create(&["--site", "nowhere", "--scope", "read"]), "nowhere"),
        (create(&["--site", "a b", "--scope", "read"]), "--site"),
        (create(&["--site", "s", "--scope", "write"]), "--scope"),
        (create(&["--site", "s", "--scope", ""]), "--scope"),
        (create(&["--site", "s", "--scope", "read", "--name", ""]), "--name"),
        (create(&["--site", "s", "--scope", "read", "--expires", "soon"]), "--expires"),
        (create(&["--site", "s", "--scope", "read", "--expires", "0s"]), "--expires"),
        (run_refused(data, &["token", "revoke", "nobody"]), "nobody"),
        (run_refused(data, &["export", "opportunities", "--site", "nowhere"]), "nowhere"),
        (run_refused(data, &["export", "opportunities", "--site", "a b"]), "--site"),
    ] {
        assert!(said.contains(named), "{named}: {said}");
    }
    assert_eq!((run_ok(data, &["site", "list"]), run_ok(data, &["token", "list"])), before);
}

#[test]
fn a_command_that_cannot_be_understood_is_refused_with_code_2() {
    let data = tempfile::tempdir().unwrap();
    for (arguments, named) in [
        (&["site", "add", "--id", "x"][..], "--name"),
        (&["token", "create", "--site", "s"], "--scope"),
        (&["token", "create", "--scope", "read"], "--site"),
        (&["export", "visitors", "--site", "s"], "opportunities"),
        (&["export", "opportunities", "--site", "s", "--format", "xml"], "ndjson"),
        (&["site", "set", "--id", "s", "--strict-stages", "maybe"], "--strict-stages"),
        (&["--listen", "everywhere"], "--listen"),
        (&["--log", "loud"], "--log"),
        (&["wash"], "wash"),
        (&["--verbose"], "--verbose"),
    ] {
        let output = run(data.path(), arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {error}");
        assert!(error.contains(named), "{named}: {error}");
    }
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn commands_on_a_folder_without_a_database_make_none() {
    let data = tempfile::tempdir().unwrap();
    for arguments in [
        &["site", "list"][..],
        &["site", "set", "--id", "s", "--name", "N"],
        &["token", "list"],
        &["token", "create", "--site", "s", "--scope", "read"],
        &["token", "revoke", "x"],
        &["channels", "explain", "https://a.example/", "--site", "s"],
        &["channels", "rules", "--site", "s"],
        &["channels", "set", "--site", "s", "--file", "/dev/null"],
        &["check"],
        &["export", "opportunities", "--site", "s"],
        &["backup", "copy.db"],
    ] {
        let said = run_refused(data.path(), arguments);
        assert!(said.contains("there is no database here") && said.contains("--data"), "{said}");
    }
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0, "nothing was made");
}

/// The commands that a help text lists.
fn subcommands(help: &str) -> Vec<String> {
    let listed = help.split("\nCommands:\n").nth(1).unwrap_or_default();
    let lines = listed.lines().take_while(|line| !line.is_empty());
    // A name stands two blanks in; longer descriptions go on further in.
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_command_helps() {
    let mut left = vec![Vec::new()];
    let mut seen = Vec::new();
    while let Some(command) = left.pop() {
        let output = touchline().args(&command).arg("--help").output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{command:?}");
        assert!(help.contains("Usage: touchline") && help.contains("--data <DIR>"), "{command:?}: {help}");
        let first = help.lines().next().unwrap();
        assert!(first.len() > 5 && !first.starts_with("Usage"), "{command:?} says what it is for: {first}");
        left.extend(subcommands(&help).into_iter().map(|name| [command.clone(), vec![name]].concat()));
        seen.push(command.join(" "));
    }
    seen.sort_unstable();
    let expected = [
        "",
        "ads-export",
        "attribute",
        "backup",
        "channels",
        "channels explain",
        "channels rules",
        "channels set",
        "check",
        "demo",
        "erase",
        "export",
        "person",
        "rates",
        "rates import",
        "rates list",
        "rebuild",
        "restore",
        "serve",
        "settings",
        "site",
        "site add",
        "site list",
        "site set",
        "site snippet",
        "token",
        "token create",
        "token list",
        "token revoke",
    ];
    assert_eq!(seen, expected);
    let version = touchline().arg("--version").output().unwrap();
    assert_eq!(
        String::from_utf8(version.stdout).unwrap(),
        format!("touchline {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let server = Server::start();
    for number in 0..50 {
        server.upload(&opportunity(&format!("OPP-{number}"), "Proposal", "5", "2024-01-15")).result();
    }
    let script = "set -o pipefail; \"$0\" export opportunities --site s --data \"$1\" | head -c 1";
    let output = std::process::Command::new("bash")
        .args(["-c", script, env!("CARGO_BIN_EXE_touchline")])
        .arg(server.data.path())
        .output()
        .unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    assert_eq!(output.stdout, b"r");
}
