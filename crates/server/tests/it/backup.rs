//! Backup beside the running server, restore, and the check of a database.

use crate::harness::{Server, beside, opportunity, run, run_ok, run_refused, wait_for};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use tempfile::TempDir;

const PAGE: usize = 4_096;

fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

/// Everything that the site holds, as it is exported.
fn exported(data: &Path) -> [String; 2] {
    let export = |what: &str| run_ok(data, &["export", what, "--site", "s", "--format", "ndjson"]);
    [export("opportunities"), export("revenue")]
}

fn upload(server: &Server, name: &str, count: usize) {
    let items: Vec<Value> = (0..count)
        .map(|number| opportunity(&format!("{name}-{number}"), "Proposal", "5", "2024-01-15"))
        .collect();
    let headers = [("Content-Type", "application/json")];
    let body = Value::from(items).to_string();
    let reply = server.request("POST", "/api/v1/sites/s/opportunities/batch", &headers, body.as_bytes());
    assert_eq!(reply.json()["accepted"], count, "{}", reply.text());
}

#[test]
fn a_backup_is_restored_elsewhere_and_served_there() {
    let server = Server::start();
    upload(&server, "OPP", 700);
    server.upload(&opportunity("OPP-5", "Won", "6", "2024-02-01")).result();
    let folder = tempfile::tempdir().unwrap();
    let copy = path(&folder, "copy.db");
    let said = run_ok(server.data.path(), &["backup", &copy]);
    assert!(said.contains(&copy), "{said}");
    let expected = (server.opportunity("OPP-5"), exported(server.data.path()));
    upload(&server, "later", 1);

    let restored = tempfile::tempdir().unwrap();
    run_ok(&restored.path().join("new"), &["restore", &copy]);
    assert_eq!(exported(&restored.path().join("new")), expected.1, "as of the backup");
    run_ok(restored.path(), &["restore", &copy]);
    let second = Server::start_on(restored, server.token.clone(), &[]);
    assert_eq!(second.opportunity("OPP-5"), expected.0, "with its history, by the same token");
    assert_eq!(second.get("/api/v1/sites/s/opportunities/later-0").status, 404);
    assert_eq!(second.upload(&opportunity("OPP-5", "Won", "6", "2024-02-01")).result(), "unchanged");
    assert_eq!(second.upload(&opportunity("OPP-new", "Won", "6", "2024-02-01")).result(), "created");
    assert!(run_ok(second.data.path(), &["check"]).starts_with("all is well"));
}

#[test]
fn a_backup_under_load_holds_everything_acknowledged_before_it() {
    let server = Server::start();
    upload(&server, "before", 500);
    let folder = tempfile::tempdir().unwrap();
    let load = |number| upload(&server, &format!("during-{number}"), 3);
    beside(load, |uploads| {
        for number in 0..3 {
            let copy = path(&folder, &format!("{number}.db"));
            wait_for("uploads come in", || (uploads.load(Ordering::Relaxed) > number).then_some(()));
            run_ok(server.data.path(), &["backup", &copy]);
        }
    });
    for number in 0..3 {
        let data = folder.path().join(format!("restored-{number}"));
        run_ok(&data, &["restore", &path(&folder, &format!("{number}.db"))]);
        assert!(run_ok(&data, &["check"]).starts_with("all is well"));
        let [opportunities, _] = exported(&data);
        assert_eq!(opportunities.matches("\"before-").count(), 500);
        assert_eq!(opportunities.matches("\"during-").count() % 3, 0, "each batch whole or not at all");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 6, "nothing is left behind");
}

#[test]
fn a_backup_never_overwrites() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let there = path(&folder, "there.db");
    fs::write(&there, "precious").unwrap();
    let said = run_refused(server.data.path(), &["backup", &there]);
    assert!(said.contains("exists already"), "{said}");
    assert_eq!(fs::read(&there).unwrap(), b"precious");
    let said = run_refused(server.data.path(), &["backup", &path(&folder, "nowhere/copy.db")]);
    assert!(said.contains("nowhere/copy.db"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
}

#[test]
fn a_restore_never_overwrites() {
    let server = Server::start();
    upload(&server, "OPP", 1);
    let folder = tempfile::tempdir().unwrap();
    let copy = path(&folder, "copy.db");
    run_ok(server.data.path(), &["backup", &copy]);
    upload(&server, "later", 1);
    let said = run_refused(server.data.path(), &["restore", &copy]);
    assert!(said.contains("exists already"), "{said}");
    assert_eq!(server.opportunity("later-0")["versions"], 1);
    let (data, _) = server.stop();
    let before = fs::read(data.path().join("touchline.db")).unwrap();
    run_refused(data.path(), &["restore", &copy]);
    assert_eq!(fs::read(data.path().join("touchline.db")).unwrap(), before);
}

#[test]
fn only_a_sound_backup_is_restored() {
    let server = Server::start();
    upload(&server, "OPP", 200);
    let folder = tempfile::tempdir().unwrap();
    let copy = path(&folder, "copy.db");
    run_ok(server.data.path(), &["backup", &copy]);
    let sound = fs::read(&copy).unwrap();
    let empty_page = {
        let mut bytes = sound.clone();
        bytes[PAGE..2 * PAGE].fill(0);
        bytes
    };
    for (name, bytes) in [
        ("empty", vec![]),
        ("text", b"Reference,OpportunityValue\n".repeat(100)),
        ("foreign", foreign_database()),
        ("cut", sound[..sound.len() / 2].to_vec()),
        ("damaged", empty_page),
    ] {
        let source = path(&folder, name);
        fs::write(&source, &bytes).unwrap();
        let data = folder.path().join("data");
        let said = run_refused(&data, &["restore", &source]);
        assert!(said.contains(&source), "{name}: {said}");
        assert!(!data.join("touchline.db").exists(), "{name} was put in place");
        assert_eq!(fs::read(&source).unwrap(), bytes, "{name} was touched");
    }
    run_refused(&folder.path().join("data"), &["restore", "/nowhere/copy.db"]);
    run_ok(&folder.path().join("data"), &["restore", &copy]);
}

/// A valid, empty `SQLite` database of another program: a header and the root of an empty schema.
fn foreign_database() -> Vec<u8> {
    let mut page = vec![0; PAGE];
    page[..16].copy_from_slice(b"SQLite format 3\0");
    page[16..24].copy_from_slice(&[0x10, 0, 1, 1, 0, 64, 32, 32]);
    page[27] = 1; // change counter
    page[31] = 1; // pages
    page[47] = 4; // schema format
    page[59] = 1; // UTF-8
    page[95] = 1; // version valid for
    page[100] = 0x0d; // leaf of a table
    page[105..107].copy_from_slice(&[0x10, 0]); // cells begin at the end
    page
}

/// A stopped server's database with some records, and its folder.
fn stopped() -> (TempDir, PathBuf) {
    let server = Server::start();
    upload(&server, "OPP", 300);
    server.upload(&opportunity("CHECK-ME", "Won", "6", "2024-02-01")).result();
    let (data, _) = server.stop();
    let file = data.path().join("touchline.db");
    (data, file)
}

#[test]
fn check_passes_beside_the_server_and_after_it() {
    let server = Server::start();
    upload(&server, "OPP", 300);
    let checked = run_ok(server.data.path(), &["check"]);
    assert_eq!(checked.lines().next(), Some("all is well: 1 sites, 300 records, 300 versions"));
    let (data, token) = server.stop();
    run_ok(data.path(), &["check"]);
    let (data, _) = Server::start_on(data, token, &[]).kill();
    run_ok(data.path(), &["check"]);
}

#[test]
fn check_finds_every_damaged_page() {
    let (data, file) = stopped();
    let sound = fs::read(&file).unwrap();
    assert_eq!(sound.len() % PAGE, 0);
    for page in 0..sound.len() / PAGE {
        // The first page begins with the file's header; the page's own comes after it.
        let header = if page == 0 { 100 } else { page * PAGE };
        let mut damaged = sound.clone();
        damaged[header..header + 8].copy_from_slice(&[0x0d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        fs::write(&file, &damaged).unwrap();
        let output = run(data.path(), &["check"]);
        assert_eq!(output.status.code(), Some(1), "page {page}: {output:?}");
    }
    fs::write(&file, &sound[..sound.len() - PAGE]).unwrap();
    assert_eq!(run(data.path(), &["check"]).status.code(), Some(1), "a page too few");
    fs::write(&file, &sound).unwrap();
    run_ok(data.path(), &["check"]);
}

#[test]
fn check_finds_a_record_that_its_name_no_longer_leads_to() {
    let (data, file) = stopped();
    let mut bytes = fs::read(&file).unwrap();
    // The version's own row, where its currency follows, and neither the journey's nor an index.
    let is_version =
        |at: &usize| bytes[at + 8] != b'{' && bytes[at + 8..at + 60].windows(3).any(|b| b == b"GBP");
    let places = (0..bytes.len() - 60).filter(|at| &bytes[*at..*at + 8] == b"CHECK-ME");
    let places: Vec<_> = places.filter(is_version).collect();
    assert!(!places.is_empty(), "the record is in the file");
    for place in places {
        bytes[place] = b'X';
    }
    fs::write(&file, &bytes).unwrap();
    let output = run(data.path(), &["check"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot be found by one of its names"), "{said}");
}
