//! The server ends at the worst instants: what it acknowledged is there afterwards, and nothing is half there.

use crate::crm::{Crm, compare_in_parallel, compare_list};
use crate::dice::Dice;
use crate::harness::{Reply, Server, run_ok, touchline};
use crate::{DEADLINE, UNLIMITED, announce, assert_sound, eventually};
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

type Environment<'a> = Vec<(&'a str, &'a str)>;

/// How often each test kills the server.
fn crashes() -> usize {
    match std::env::var("TOUCHLINE_TEST_CRASHES") {
        Ok(number) => number.parse().expect("TOUCHLINE_TEST_CRASHES is a number"),
        Err(_) => 50,
    }
}

#[test]
fn nothing_acknowledged_is_lost_however_often_the_server_is_killed() {
    kill_often("kills", &UNLIMITED, crashes());
}

#[test]
fn nothing_acknowledged_is_lost_when_kills_hit_checkpoints() {
    let environment = [&UNLIMITED[..], &[("TOUCHLINE_SQLITE_CHECKPOINT_PAGES", "20")]].concat();
    kill_often("kills among checkpoints", &environment, crashes() / 2);
}

/// Loads and kills the server again and again on one data folder, and compares after each restart.
fn kill_often(test: &str, environment: &[(&str, &str)], crashes: usize) {
    let started = Instant::now();
    let mut dice = Dice::thrown(test);
    let mut server = Server::start_with(environment);
    let mut team = Crm::team(16, &server.token, &mut dice);
    for crash in 1..=crashes {
        let (data, token) = load_until_killed(server, &mut team, &mut dice);
        let is_tenth = crash % 10 == 0;
        if is_tenth {
            assert_sound(data.path());
        }
        server = Server::start_on(data, token, environment);
        compare_in_parallel(&mut team, || server.connect(), Crm::compare_touched);
        if is_tenth || crash == crashes {
            compare_list(&team, &mut server.connect());
            server = end_well_and_restart(server, environment);
        }
    }
    compare_in_parallel(&mut team, || server.connect(), Crm::compare_all);
    assert_sound(server.data.path());
    let records: usize = team.iter().map(Crm::stored).sum();
    announce(&format!("{test}: {crashes} kills, {records} records compared, {:.1?}", started.elapsed()));
}

/// Lets clients upload until so many uploads were acknowledged, and kills the server in the middle of the others.
fn load_until_killed(server: Server, team: &mut [Crm], dice: &mut Dice) -> (TempDir, String) {
    let (clients, acknowledgements) = (8 + dice.below(team.len() - 7), 1 + dice.below(400));
    let ending = if dice.one_in(5) { Ending::KilledWhileStopping } else { Ending::Killed };
    let team = &mut team[..clients];
    let connections: Vec<_> = team.iter().map(|_| server.connect()).collect();
    let (acknowledge, acknowledged) = mpsc::channel();
    thread::scope(|scope| {
        for (crm, mut connection) in team.iter_mut().zip(connections) {
            let acknowledge = acknowledge.clone();
            scope.spawn(move || {
                while let Ok(reply) = crm.upload(&mut connection) {
                    if reply.status != 201 {
                        assert!(ending == Ending::KilledWhileStopping && is_clean_refusal(&reply), "{reply:?}");
                        break;
                    }
                    // Whoever kills may have heard enough.
                    let _ = acknowledge.send(());
                }
            });
        }
        for _ in 0..acknowledgements {
            acknowledged.recv_timeout(DEADLINE).expect("uploads are answered");
        }
        if ending == Ending::KilledWhileStopping {
            server.terminate();
        }
        // This waits for nothing: it puts the kill anywhere between two commits, or into the server's own end.
        thread::sleep(Duration::from_micros(dice.below(3_000) as u64));
        server.kill()
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Ending {
    Killed,
    KilledWhileStopping,
}

/// The answer of a server that is stopping.
fn is_clean_refusal(reply: &Reply) -> bool {
    reply.status == 503 && reply.code() == "shutting_down" && reply.header("retry-after").is_some()
}

/// A proper end writes what crashes leave to be made good, so that later crashes meet a store with and without it.
fn end_well_and_restart(mut server: Server, environment: &[(&str, &str)]) -> Server {
    server.terminate();
    assert_ends_well(&mut server);
    let token = server.token.clone();
    let data = std::mem::replace(&mut server.data, tempfile::tempdir().unwrap());
    Server::start_on(data, token, environment)
}

/// The process ends by itself within the deadline, with exit code 0.
fn assert_ends_well(server: &mut Server) {
    let stat = format!("/proc/{}/stat", server.pid());
    let has_ended = || fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
    eventually("the server ends", has_ended);
    assert!(server.wait(), "the server ends with exit code 0");
}

#[test]
fn a_stopping_server_answers_every_request_that_was_sent_before() {
    let mut dice = Dice::thrown("stops");
    let mut server = Server::start_with(&UNLIMITED);
    let mut team = Crm::team(16, &server.token, &mut dice);
    for _ in 0..10 {
        stop_under_load(&mut server, &mut team, &mut dice);
        server = Server::start_on(take_data(&mut server), server.token.clone(), &UNLIMITED);
        compare_in_parallel(&mut team, || server.connect(), Crm::compare_touched);
    }
    compare_list(&team, &mut server.connect());
    assert_sound(server.data.path());
}

fn take_data(server: &mut Server) -> TempDir {
    std::mem::replace(&mut server.data, tempfile::tempdir().unwrap())
}

/// Sends SIGTERM among uploads. Those sent before it must be answered: stored, or refused in a way that says so.
fn stop_under_load(server: &mut Server, team: &mut [Crm], dice: &mut Dice) {
    let is_stopping = &AtomicBool::new(false);
    let connections: Vec<_> = team.iter().map(|_| server.connect()).collect();
    let (acknowledge, acknowledged) = mpsc::channel();
    thread::scope(|scope| {
        for (crm, mut connection) in team.iter_mut().zip(connections) {
            let acknowledge = acknowledge.clone();
            scope.spawn(move || {
                loop {
                    let sent_before = !is_stopping.load(Ordering::SeqCst);
                    match crm.upload(&mut connection) {
                        Ok(reply) if reply.status == 201 => drop(acknowledge.send(())),
                        Ok(reply) => return assert!(is_clean_refusal(&reply), "{reply:?}"),
                        Err(error) => return assert!(!sent_before, "sent before SIGTERM and not answered: {error}"),
                    }
                }
            });
        }
        for _ in 0..1 + dice.below(300) {
            acknowledged.recv_timeout(DEADLINE).expect("uploads are answered");
        }
        is_stopping.store(true, Ordering::SeqCst);
        server.terminate();
    });
    assert_ends_well(server);
}
