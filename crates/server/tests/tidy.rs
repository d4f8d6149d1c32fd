//! The rules of the house that the compiler does not hold.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const FILE_LINES_MAX: usize = 400;

/// Licences that a dependency may have.
const LICENCES: [&str; 12] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "ISC",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "0BSD",
    "CC0-1.0",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file below a folder, build results left out.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let is_output = path.ends_with("target") || entry.file_name().to_string_lossy().starts_with(".test");
        if path.is_dir() && !is_output {
            found.extend(files(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}

fn rust_files(folder: &str) -> Vec<PathBuf> {
    let all = files(&root().join(folder));
    let rust: Vec<_> = all.into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs")).collect();
    assert!(!rust.is_empty(), "{folder} holds no Rust");
    rust
}

#[test]
fn no_file_is_too_long_and_none_is_a_drawer() {
    let mut wrong = Vec::new();
    for path in rust_files("crates") {
        let lines = read(&path).lines().count();
        if lines > FILE_LINES_MAX {
            wrong.push(format!("{}: {lines} lines; at most {FILE_LINES_MAX}", path.display()));
        }
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        if ["utils", "util", "helpers", "helper", "common", "misc"].contains(&stem.as_str()) {
            wrong.push(format!(
                "{}: a drawer; things belong to the module that owns their meaning",
                path.display()
            ));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn each_layer_knows_only_those_below() {
    let forbidden = [
        (
            "crates/domain/src",
            &[
                "std::fs",
                "std::net",
                "std::env",
                "thread::spawn",
                "thread::sleep",
                "thread::current",
                "serde",
                "tokio",
                "rusqlite",
            ][..],
        ),
        ("crates/store/src", &["axum", "hyper", "touchline::"]),
        (
            "crates/server/src/app",
            &["crate::http", "crate::cli", "crate::dashboard", "crate::worker", "axum", "hyper", "rusqlite"],
        ),
        ("crates/server/src/http", &["crate::cli", "crate::dashboard", "crate::worker", "rusqlite"]),
        ("crates/server/src/dashboard", &["crate::cli", "crate::worker", "rusqlite"]),
        ("crates/server/src/worker", &["crate::cli", "crate::dashboard", "crate::http", "rusqlite"]),
    ];
    let mut wrong = Vec::new();
    for (folder, words) in forbidden {
        for path in rust_files(folder) {
            let code = read(&path);
            let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            let code: String = lines.collect::<Vec<_>>().join("\n");
            let found = words.iter().filter(|word| code.contains(*word));
            wrong.extend(found.map(|word| format!("{}: {word}", path.display())));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn every_verb_of_the_store_is_in_the_conformance_suite() {
    let contract = read(&root().join("crates/store/src/store.rs"));
    let verbs = contract.lines().filter_map(|line| line.trim().strip_prefix("async fn ")?.split('(').next());
    let suite: String = rust_files("crates/store/src/conformance").iter().map(|path| read(path)).collect();
    let missing: Vec<_> = verbs.filter(|verb| !suite.contains(&format!(".{verb}("))).collect();
    assert_eq!(missing, ["stats"], "stats is about a process, not about facts, and is tested over HTTP");
}

#[test]
fn the_map_is_true() {
    let map = read(&root().join("ARCHITECTURE.md"));
    let quoted: Vec<&str> = map.split('`').skip(1).step_by(2).collect();
    let paths = quoted.iter().filter(|text| text.contains('/') && !text.contains([' ', '{', '…']));
    let known = ["crates/", "docs/", "scripts/", "bench/"];
    let missing: Vec<_> = paths
        .filter(|path| known.iter().any(|start| path.starts_with(start)) && !root().join(path).exists())
        .collect();
    assert_eq!(missing, [&""; 0], "ARCHITECTURE.md names what does not exist");
    for path in rust_files("crates") {
        let relative = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        let folder = relative.rsplit_once('/').unwrap().0;
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let is_named = quoted.iter().any(|text| {
            let text = text.trim_end_matches('/');
            text == folder
                || text.ends_with(&name)
                || (folder.starts_with(text) && text.matches('/').count() > 2)
        });
        let goes_without_saying = ["lib.rs", "main.rs", "mod.rs", "tidy.rs"].contains(&name.as_str());
        assert!(is_named || goes_without_saying, "ARCHITECTURE.md does not name {relative}");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut wrong = Vec::new();
    let markdown = files(&root()).into_iter().filter(|path| path.extension().is_some_and(|e| e == "md"));
    for path in markdown {
        for link in
            read(&path).split("](").skip(1).filter_map(|rest| rest.split(')').next().map(str::to_owned))
        {
            let target = link.split('#').next().unwrap_or("");
            let is_ours = !target.is_empty() && !target.contains("://");
            if is_ours && !path.parent().unwrap().join(target).exists() {
                wrong.push(format!("{}: {target}", path.display()));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn every_setting_is_documented_where_it_has_its_default() {
    let settings = read(&root().join("crates/server/src/config/default.toml"));
    let mut commented = false;
    for line in settings.lines() {
        if line.contains(" = ") && !line.starts_with('#') {
            assert!(commented, "no comment before {line}");
        }
        // Settings that belong together share a comment.
        commented = line.starts_with('#') || (commented && line.contains(" = "));
    }
}

#[test]
fn dependencies_have_licences_that_ours_allow() {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--filter-platform",
            "x86_64-unknown-linux-gnu",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let licence = package["license"].as_str().unwrap_or("none stated").replace('/', " OR ");
        // Of alternatives one must do; of requirements all.
        let plain = licence.replace(['(', ')'], "");
        let one_does = plain.split(" OR ").any(|alternative| {
            let mut needed = alternative.split(" AND ").map(str::trim);
            needed.all(|needed| LICENCES.contains(&needed.split(" WITH ").next().unwrap_or("")))
        });
        if !one_does {
            wrong.push(format!("{}: {licence}", package["name"]));
        }
    }
    assert_eq!(wrong, [""; 0]);
}
