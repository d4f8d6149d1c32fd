//! Starts that are refused: what stands in the way is named, and left as it is.

use crate::harness::{Server, run, run_ok, run_refused};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// A folder whose database is these bytes.
fn folder_with(bytes: &[u8]) -> TempDir {
    let data = tempfile::tempdir().unwrap();
    fs::write(data.path().join("touchline.db"), bytes).unwrap();
    data
}

/// The bytes of a database with a site.
fn database() -> Vec<u8> {
    let data = tempfile::tempdir().unwrap();
    run_ok(data.path(), &["site", "add", "--id", "s", "--name", "Site"]);
    fs::read(data.path().join("touchline.db")).unwrap()
}

/// Every command refuses this database, says so, and changes nothing.
fn assert_refused(data: &Path, why: &str) {
    let file = data.join("touchline.db");
    let before = fs::read(&file).unwrap();
    let copy = data.join("copy.db");
    for arguments in [
        &SERVE[..],
        &["site", "add", "--id", "new", "--name", "New"],
        &["site", "list"],
        &["token", "list"],
        &["check"],
        &["backup", copy.to_str().unwrap()],
        &["export", "opportunities", "--site", "s"],
    ] {
        let said = run_refused(data, arguments);
        assert!(said.contains("touchline.db") && said.contains(why), "{arguments:?}: {said}");
        assert_eq!(fs::read(&file).unwrap(), before, "{arguments:?} changed the file");
    }
    let mut beside: Vec<_> = fs::read_dir(data).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    beside.retain(|name| name != "touchline.db" && name != "touchline.db.lock");
    assert_eq!(beside, [""; 0], "nothing was made beside it");
}

#[test]
fn a_database_of_another_program_is_not_touched() {
    let mut other = database();
    other[68..72].copy_from_slice(&0x4750_4B47_i32.to_be_bytes());
    assert_refused(folder_with(&other).path(), "is not a Touchline database");
    other[68..72].fill(0);
    assert_refused(folder_with(&other).path(), "is not a Touchline database");
}

#[test]
fn a_file_that_is_no_database_is_not_touched() {
    let letter = "Dear Ann,\n\nthis is not a database.\n".repeat(50);
    assert_refused(folder_with(letter.as_bytes()).path(), "is not a Touchline database");
    assert_refused(folder_with(b"short").path(), "is not a Touchline database");
    assert_refused(folder_with(&[0; 8_192]).path(), "is not a Touchline database");
}

#[test]
fn a_database_of_a_newer_version_is_not_touched() {
    let mut newer = database();
    let schema = i32::from_be_bytes(newer[60..64].try_into().unwrap());
    assert!(schema >= 1);
    newer[60..64].copy_from_slice(&(schema + 1).to_be_bytes());
    let data = folder_with(&newer);
    assert_refused(data.path(), "newer Touchline");
    newer[60..64].copy_from_slice(&schema.to_be_bytes());
    fs::write(data.path().join("touchline.db"), newer).unwrap();
    assert!(run_ok(data.path(), &["site", "list"]).contains("s  Site"), "the version was all that was wrong");
}

#[test]
fn a_folder_in_the_databases_place_is_refused() {
    let data = tempfile::tempdir().unwrap();
    fs::create_dir(data.path().join("touchline.db")).unwrap();
    assert!(run_refused(data.path(), &SERVE).contains("touchline.db"));
    assert!(run_refused(data.path(), &["site", "list"]).contains("touchline.db"));
    let file = data.path().join("file");
    fs::write(&file, "precious").unwrap();
    let said = run_refused(&file, &SERVE);
    assert!(said.contains("file"), "{said}");
    assert_eq!(fs::read(&file).unwrap(), b"precious");
}

#[test]
fn a_port_that_is_taken_is_named_with_one_that_is_free() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let said = run_refused(&data, &["serve", "--listen", &server.address]);
    assert!(said.contains(&format!("{} is taken", server.address)), "{said}");
    let free = said.split("--listen ").nth(1).expect("another is suggested").trim();
    assert_ne!(free, server.address);
    let suggested: std::net::SocketAddr = free.parse().unwrap();
    assert!(
        suggested.ip().is_loopback() && std::net::TcpListener::bind(suggested).is_ok(),
        "it is free: {free}"
    );
    assert!(!data.exists(), "nothing was made");
}

#[test]
fn an_address_that_is_not_ours_is_named() {
    let data = tempfile::tempdir().unwrap();
    let said = run_refused(data.path(), &["serve", "--listen", "192.0.2.1:80"]);
    assert!(said.contains("192.0.2.1:80"), "{said}");
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let server = Server::start();
    let data = server.data.path().to_owned();
    let output = run(&data, &SERVE);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{error}");
    assert!(error.contains("another Touchline serves this data already"), "{error}");
    assert_eq!(server.get("/readyz").status, 200, "the first goes on");
    let (data, token) = server.kill();
    let server = Server::start_on(data, token, &[]);
    assert_eq!(server.get("/readyz").status, 200, "a lock does not outlive its server");
}
