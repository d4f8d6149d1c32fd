//! SIGTERM: what was sent before is answered, what was acknowledged is stored, and the exit code is 0.

use crate::crash::crashes;
use crate::crm::{Crm, compare_list, in_parallel};
use crate::dice::Dice;
use crate::harness::{Connection, Reply, Server};
use crate::overload::exhaust_open_files;
use crate::{DEADLINE, UNLIMITED, assert_sound, eventually};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use tempfile::TempDir;

#[test]
fn a_stopping_server_answers_every_request_that_was_sent_before() {
    let mut dice = Dice::thrown("stops");
    let mut server = Server::start_with(&UNLIMITED);
    let mut team = Crm::team(16, &server.token, &mut dice);
    for _ in 0..crashes().div_ceil(5) {
        stop_under_load(&mut server, &mut team, &mut dice);
        server = Server::start_on(take_data(&mut server), server.token.clone(), &UNLIMITED);
        in_parallel(&mut team, || server.connect(), Crm::compare_touched);
    }
    compare_list(&team, &mut server.connect());
    assert_sound(server.data.path());
}

pub(crate) fn take_data(server: &mut Server) -> TempDir {
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
                while crm.send(&mut connection).is_ok() {
                    let was_sent_before = !is_stopping.load(Ordering::SeqCst);
                    match crm.hear(&mut connection) {
                        Ok(reply) if reply.status == 201 => drop(acknowledge.send(())),
                        Ok(reply) => return assert!(is_clean_refusal(&reply), "{reply:?}"),
                        Err(error) => {
                            return assert!(!was_sent_before, "sent before SIGTERM, not answered: {error}");
                        }
                    }
                }
            });
        }
        for _ in 0..=dice.below(300) {
            acknowledged.recv_timeout(DEADLINE).expect("uploads are answered");
        }
        is_stopping.store(true, Ordering::SeqCst);
        server.terminate();
    });
    assert_ends_well(server);
}

#[test]
fn a_request_that_arrives_together_with_the_signal_to_stop_is_answered() {
    let mut dice = Dice::thrown("arrivals with the signal");
    let mut server = Server::start_with(&UNLIMITED);
    let mut team = Crm::team(32, &server.token, &mut dice);
    for _ in 0..crashes().div_ceil(10) {
        let unanswered = stop_among_arrivals(&mut server, &mut team);
        server = Server::start_on(take_data(&mut server), server.token.clone(), &UNLIMITED);
        in_parallel(&mut team, || server.connect(), Crm::compare_touched);
        assert_eq!(unanswered, (0, 0), "of 16 requests on kept connections and 16 on new ones, not answered");
    }
}

/// Has requests and SIGTERM wait for the process together. How many of them it does not answer: on connections that it
/// knows, and on new ones.
fn stop_among_arrivals(server: &mut Server, team: &mut [Crm]) -> (usize, usize) {
    let (kept, new) = team.split_at_mut(16);
    let mut kept: Vec<_> = kept.iter_mut().map(|crm| (crm, server.connect())).collect();
    for (crm, connection) in &mut kept {
        assert_eq!(crm.upload(connection).unwrap().status, 201);
    }
    // While the process stands still, what is sent waits in the kernel, and the signal with it.
    signal(server, "STOP");
    let mut new: Vec<_> = new.iter_mut().map(|crm| (crm, server.connect())).collect();
    for (crm, connection) in kept.iter_mut().chain(&mut new) {
        crm.send(connection).unwrap();
    }
    signal(server, "TERM");
    signal(server, "CONT");
    let is_answered = |(crm, connection): &mut (&mut Crm, Connection)| {
        crm.hear(connection).is_ok_and(|reply| reply.status == 201 || is_clean_refusal(&reply))
    };
    let unanswered =
        |clients: &mut [_]| clients.iter_mut().map(is_answered).filter(|is_answered| !is_answered).count();
    let unanswered = (unanswered(&mut kept), unanswered(&mut new));
    assert_ends_well(server);
    unanswered
}

#[test]
fn a_server_out_of_open_files_stops_when_it_is_told_to() {
    // None of those who hold them is sent away.
    let environment = [&UNLIMITED[..], &[("TOUCHLINE_LIMITS_HEAD_SECONDS", "3600")]].concat();
    let mut server = Server::start_with(&environment);
    let crowd = exhaust_open_files(&server);
    server.terminate();
    assert_ends_well(&mut server);
    drop(crowd);
}

#[test]
fn a_server_stops_when_it_is_told_to_although_new_clients_keep_coming() {
    let mut server = Server::start_with(&UNLIMITED);
    let address = &server.address.clone();
    let (answer, answered) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..16 {
            let answer = answer.clone();
            scope.spawn(move || {
                while let Ok(mut stream) = TcpStream::connect(address) {
                    let asked = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: touchline\r\n\r\n");
                    if asked.is_ok() && stream.read(&mut [0; 1_024]).is_ok_and(|length| length > 0) {
                        let _ = answer.send(());
                    }
                }
            });
        }
        for _ in 0..100 {
            answered.recv_timeout(DEADLINE).expect("new clients are answered");
        }
        server.terminate();
        assert_ends_well(&mut server);
    });
}

fn signal(server: &Server, name: &str) {
    let status = Command::new("kill").arg(format!("-{name}")).arg(server.pid().to_string()).status().unwrap();
    assert!(status.success(), "kill -{name}");
}

/// The answer of a server that is stopping.
pub(crate) fn is_clean_refusal(reply: &Reply) -> bool {
    reply.status == 503 && reply.code() == "shutting_down" && reply.header("retry-after").is_some()
}

/// The process ends by itself within the deadline, with exit code 0.
pub(crate) fn assert_ends_well(server: &mut Server) {
    let stat = format!("/proc/{}/stat", server.pid());
    let has_ended = || fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
    eventually("the server ends", has_ended);
    assert!(server.wait(), "the server ends with exit code 0");
}
