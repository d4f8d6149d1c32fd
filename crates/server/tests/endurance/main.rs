//! The real binary under what production does to it: kills, full disks, overload, and a real CRM's data.
//!
//! `TOUCHLINE_TEST_CRASHES=N` kills more often than the default 50 times, `TOUCHLINE_TEST_SEED=N` repeats the random
//! choices of an earlier run, and `TOUCHLINE_TEST_DATA=DIR` adds the tests on real data.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::from_iter_instead_of_collect,
    reason = "a test fails by panicking, says what it drew, and is free in its form"
)]

mod crash;
mod crm;
mod crowd;
mod dice;
mod faults;
#[expect(dead_code, unreachable_pub, reason = "shared with the target `it`; each uses its own part of it")]
#[path = "../it/harness.rs"]
mod harness;
mod model;
mod overload;
mod real_data;
mod stop;

use std::path::Path;
use std::time::{Duration, Instant};

/// Limits that no load of these tests reaches.
const UNLIMITED: [(&str, &str); 3] = [
    ("TOUCHLINE_LIMITS_REQUESTS_PER_SECOND", "1000000"),
    ("TOUCHLINE_LIMITS_REQUEST_BURST", "1000000"),
    ("TOUCHLINE_LOG_LEVEL", "warn"),
];

/// How long anything that must happen may take to happen on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

/// Asks until the answer is yes. What does not come true in time is a failure.
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}: not within {DEADLINE:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// `touchline check` finds nothing wrong with this data.
fn assert_sound(data: &Path) {
    let found = harness::run_ok(data, &["check"]);
    assert!(found.starts_with("all is well"), "{found}");
}

/// `touchline rebuild --verify` finds every journey to be what the facts say, however much of them is still to be followed.
fn assert_journeys_true(data: &Path) {
    let found = harness::run_ok(data, &["rebuild", "--verify"]);
    assert!(found.starts_with("all is well"), "{found}");
}

/// Says something that is seen although the test passes, when the test harness would swallow its output.
fn announce(what: &str) {
    use std::io::Write;
    let line = format!("endurance: {what}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// Raises a limit of this process, which the servers that it starts inherit.
fn raise_open_files(wanted: u32) {
    let prlimit = |limit: &str| {
        let this = std::process::id().to_string();
        std::process::Command::new("prlimit")
            .args(["--pid", &this, limit])
            .status()
            .is_ok_and(|status| status.success())
    };
    let raised = prlimit(&format!("--nofile={wanted}:")) || prlimit(&format!("--nofile={wanted}:{wanted}"));
    assert!(
        raised,
        "missing here: the right to open {wanted} files (`ulimit -n`), or the command prlimit to ask for it"
    );
}
