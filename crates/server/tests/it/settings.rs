//! Settings: the file, the environment, flags, and who wins.

use crate::harness::{Server, opportunity, run, run_ok, run_refused, touchline, with};
use serde_json::json;
use std::fs;
use std::path::Path;

/// The status of an upload of so many bytes.
fn upload_of(server: &Server, bytes: usize) -> u16 {
    let body = opportunity("OPP-1", "Proposal", "5", "2024-01-15");
    let pad = bytes - with(body.clone(), json!({ "Pad": "" })).to_string().len();
    let body = with(body, json!({ "Pad": "x".repeat(pad) }));
    assert_eq!(body.to_string().len(), bytes);
    server.upload(&body).status
}

fn write(folder: &Path, text: &str) -> String {
    let path = folder.join("touchline.toml");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_environment_wins_over_the_file_and_that_over_the_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "[limits]\nbody_bytes = 600\n");
    for (environment, allowed) in [
        (vec![], 262_144),
        (vec![("TOUCHLINE_CONFIG", file.as_str())], 600),
        (vec![("TOUCHLINE_LIMITS_BODY_BYTES", "700")], 700),
        (vec![("TOUCHLINE_CONFIG", file.as_str()), ("TOUCHLINE_LIMITS_BODY_BYTES", "800")], 800),
    ] {
        let server = Server::start_with(&environment);
        assert_eq!(
            (upload_of(&server, allowed), upload_of(&server, allowed + 1)),
            (201, 413),
            "{environment:?}"
        );
        assert!(server.get("/docs").text().contains(&allowed.to_string()), "the page shows what holds");
    }
}

#[test]
fn flags_win_over_the_environment() {
    let (named, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let run_with_both = |arguments: &[&str]| {
        let output = touchline()
            .args(arguments)
            .env("TOUCHLINE_DATA", other.path())
            .args(["--data", named.path().to_str().unwrap()])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    run_with_both(&["site", "add", "--id", "x", "--name", "X"]);
    assert!(run_ok(named.path(), &["site", "list"]).contains("x  X"));
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0);
    let output = touchline().args(["site", "list"]).env("TOUCHLINE_DATA", named.path()).output().unwrap();
    assert!(
        String::from_utf8(output.stdout).unwrap().contains("x  X"),
        "the environment names the folder too"
    );
}

#[test]
fn a_mistake_in_the_file_is_named_and_nothing_starts() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (text, named) in [
        ("lisen = \"127.0.0.1:0\"", "there is no setting lisen"),
        ("[limits]\nbody_byte = 5", "there is no setting limits.body_byte"),
        ("[limit]\nbody_bytes = 5", "there is no setting limit"),
        ("[limits]\nbody_bytes = \"5\"", "limits.body_bytes must be of type integer"),
        ("limits = 5", "limits must be of type table"),
        ("[limits]\nreaders = 0", "limits.readers must be at least 1"),
        ("[limits]\nbody_bytes = -5", "body_bytes"),
        ("log = \"loud\"", "loud"),
        ("listen = \"everywhere\"", "listen"),
        ("trusted_proxies = \"10.0.0.1\"", "trusted_proxies must be of type array"),
        ("trusted_proxies = [\"10.0.0.0/99\"]", "trusted_proxies"),
        ("[limits]\ntag_body_bytes = 0", "limits.tag_body_bytes must be at least 1"),
        ("[limits]\ntag_requests_per_second = 0", "limits.tag_requests_per_second must be at least 1"),
        ("listen", "touchline.toml"),
        ("database = \"mysql://x\"", "sqlite://"),
    ] {
        let file = write(folder.path(), text);
        for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["site", "list"]] {
            let output = run(data.path(), &[command, &["--config", &file]].concat());
            let error = String::from_utf8(output.stderr).unwrap();
            assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{text}: {error}");
            assert!(error.contains(named) && error.starts_with("touchline: "), "{text}: {error}");
        }
        assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0, "{text}: nothing was made");
    }
    let said = run_refused(data.path(), &["site", "list", "--config", "/nowhere/touchline.toml"]);
    assert!(said.contains("/nowhere/touchline.toml"), "{said}");
}

#[test]
fn a_mistake_in_the_environment_is_named() {
    let data = tempfile::tempdir().unwrap();
    for (name, value) in [
        ("TOUCHLINE_LIMITS_BODY_BYTES", "many"),
        ("TOUCHLINE_LISTEN", "everywhere"),
        ("TOUCHLINE_LOG_LEVEL", "loud"),
        ("TOUCHLINE_LIMITS_CONNECTIONS", "0"),
    ] {
        let output =
            touchline().args(["serve", "--data"]).arg(data.path()).env(name, value).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap().to_lowercase();
        assert_eq!(output.status.code(), Some(1), "{name}: {error}");
        let last = name.rsplit('_').next().unwrap().to_lowercase();
        assert!(error.contains(&last) || error.contains(value), "{name}: {error}");
    }
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn the_printed_settings_are_the_defaults_as_a_file() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let printed = run_ok(data.path(), &["settings"]);
    assert!(printed.contains("listen = \"127.0.0.1:8080\"") && printed.contains("[limits]"), "{printed}");
    let file = write(folder.path(), &printed);
    run_ok(data.path(), &["site", "add", "--id", "x", "--name", "X", "--config", &file]);
    for line in printed.lines().filter(|line| line.contains(" = ") && !line.starts_with('#')) {
        let (name, _) = line.split_once(" = ").unwrap();
        let said = run_refused(
            data.path(),
            &[
                "site",
                "list",
                "--config",
                &write(folder.path(), &printed.replace(line, &format!("{name} = {{}}"))),
            ],
        );
        assert!(said.contains(name), "{name} is checked: {said}");
    }
}

#[test]
fn another_file_can_be_the_database() {
    let (data, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let url = format!("sqlite://{}", elsewhere.path().join("deep/er/my.db").display());
    run_ok(data.path(), &["site", "add", "--id", "x", "--name", "X", "--database", &url]);
    assert!(run_ok(data.path(), &["site", "list", "--database", &url]).contains("x  X"));
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0);
    for url in ["postgres://localhost/touchline", "sqlite://", "my.db"] {
        let said = run_refused(data.path(), &["site", "list", "--database", url]);
        assert!(said.contains("--database"), "{url}: {said}");
    }
}
