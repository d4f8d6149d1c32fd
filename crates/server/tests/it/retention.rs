//! Visits that led to nothing are deleted when they have had their time; those behind a record stay.

use crate::harness::{Server, run_ok, wait_for};
use crate::sent::{email, ra_id};

#[test]
fn old_visits_go_unless_they_led_to_a_record() {
    let server = Server::start();
    for visitor in ["v-buyer", "v-passer-by"] {
        server.visit(visitor, "2024-01-15T09:30:00Z", "https://www.example.com/");
    }
    server.form("form-1", "2024-01-15T09:32:00Z", &[ra_id("v-buyer")], &[("email", "ann@example.com")]);
    server.deal("OPP-1", "2024-02-15", &[email("ann@example.com")]);
    let (data, token) = server.stop();
    run_ok(data.path(), &["site", "set", "--id", "s", "--visit-retention-days", "30"]);
    // It is looked at the start, and hourly from then on.
    let server = Server::start_on(data, token, &[]);
    wait_for("the passer-by to be forgotten", || {
        (server.people("raId=v-passer-by").status == 404).then_some(())
    });
    let buyer = server.person("raId=v-buyer");
    assert_eq!(buyer["visits"].as_array().unwrap().len(), 1);
    assert_eq!(server.matched(), ["OPP-1"]);
    let (data, _) = server.stop();
    run_ok(data.path(), &["check"]);
}

#[test]
fn guards_that_change_reach_the_records_of_a_running_server() {
    let server = Server::start();
    server.visit("v-1", "2024-01-15T09:30:00Z", "https://www.example.com/");
    server.form("form-1", "2024-01-15T09:32:00Z", &[ra_id("v-1")], &[("email", "ann@example.com")]);
    server.deal("OPP-1", "2024-02-15", &[email("ann@example.com")]);
    assert_eq!(server.matched(), ["OPP-1"]);
    run_ok(server.data.path(), &["site", "set", "--id", "s", "--ignore", "ann@example.com"]);
    assert_eq!(server.matched(), [""; 0]);
    assert_eq!(server.matching("OPP-1")["reason"], "guarded");
    run_ok(server.data.path(), &["site", "set", "--id", "s", "--ignore", ""]);
    assert_eq!(server.matched(), ["OPP-1"]);
}
