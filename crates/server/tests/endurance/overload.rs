//! More than the server can take: it says so at once, keeps answering, and stays within its memory.

use crate::crm::{Crm, compare_list, in_parallel};
use crate::dice::Dice;
use crate::harness::{Connection, Reply, Server};
use crate::{DEADLINE, UNLIMITED, announce, assert_sound, eventually, raise_open_files};
use serde_json::json;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

fn with_limits<'a>(limits: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&UNLIMITED[..], limits].concat()
}

fn assert_overloaded(reply: &Reply) {
    assert_eq!((reply.status, reply.code().as_str()), (503, "overloaded"), "{reply:?}");
    let wait: u64 = reply.header("retry-after").expect("Retry-After").parse().unwrap();
    assert!((1..=60).contains(&wait), "{reply:?}");
}

#[test]
fn a_full_queue_of_writes_refuses_uploads_and_stores_those_it_accepts() {
    let mut dice = Dice::thrown("full queue");
    let server = Server::start_with(&with_limits(&[("TOUCHLINE_LIMITS_WRITE_QUEUE", "1")]));
    let mut team = Crm::team(64, &server.token, &mut dice);
    let waiting = AtomicUsize::new(team.len());
    let deadline = Instant::now() + DEADLINE;
    in_parallel(
        &mut team,
        || server.connect(),
        |crm, connection| {
            let (mut stored, mut refused, mut has_enough) = (0, 0, false);
            // Whoever has seen enough goes on for the others: one alone fills no queue.
            while waiting.load(Ordering::Relaxed) > 0 {
                let reply = crm.upload(connection).expect("an answer");
                if reply.status == 201 {
                    stored += 1;
                } else {
                    assert_overloaded(&reply);
                    refused += 1;
                }
                if !has_enough && stored >= 5 && refused >= 5 {
                    has_enough = true;
                    waiting.fetch_sub(1, Ordering::Relaxed);
                }
                if Instant::now() >= deadline {
                    assert!(has_enough, "{stored} stored and {refused} refused");
                    break;
                }
            }
        },
    );
    in_parallel(&mut team, || server.connect(), Crm::compare_all);
    compare_list(&team, &mut server.connect());
    assert_sound(server.data.path());
}

const BODY_BYTES: usize = 16_384;

#[test]
fn bodies_beyond_the_memory_for_them_are_refused_until_there_is_room() {
    let in_flight = (4 * BODY_BYTES).to_string();
    let limits = [
        ("TOUCHLINE_LIMITS_BODY_BYTES", &*BODY_BYTES.to_string()),
        ("TOUCHLINE_LIMITS_IN_FLIGHT_BYTES", &*in_flight),
    ];
    let server = Server::start_with(&with_limits(&limits));
    let upload = |reference: &str| upload(&server, &large_upload(reference, BODY_BYTES));
    assert_eq!(upload("before").status, 201);
    let mut begun = begin_until_refused(&server);
    assert_overloaded(&upload("refused"));
    assert_eq!(server.get("/healthz").status, 200);
    assert_eq!(server.get("/api/v1/sites/s/opportunities/before").status, 200);
    assert_eq!(server.get("/api/v1/sites/s/opportunities/refused").status, 404);
    let finished = begun.iter_mut().map(|connection| {
        // One that was refused at its head may be closed.
        let _ = connection.send(b" ");
        connection.reply().unwrap()
    });
    let (stored, refused): (Vec<_>, Vec<_>) = finished.partition(|reply| reply.status == 201);
    assert_eq!(stored.len(), 4, "as many as there was room for");
    refused.iter().for_each(assert_overloaded);
    assert_eq!(upload("after").status, 201);
    // Clients that go away in the middle give their room back.
    drop(begin_until_refused(&server));
    eventually("an upload is accepted", || upload("accepted").status == 201);
}

/// Begins uploads, which all stop short of their last byte, until there is no room for another.
fn begin_until_refused(server: &Server) -> Vec<Connection> {
    let mut begun = Vec::new();
    eventually("an upload is refused", || {
        begun.push(begin_upload(server, &large_upload(&format!("begun {}", begun.len()), BODY_BYTES)));
        let reply = upload(server, &large_upload("another", BODY_BYTES));
        if reply.status != 201 {
            assert_overloaded(&reply);
        }
        reply.status != 201
    });
    begun
}

/// Sends an upload but for its last byte.
fn begin_upload(server: &Server, body: &str) -> Connection {
    let mut connection = server.connect();
    let head = format!(
        "PUT /v1/s/opportunity/upload HTTP/1.1\r\nHost: touchline\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        server.token,
        body.len()
    );
    connection.send(head.as_bytes()).unwrap();
    connection.send(&body.as_bytes()[..body.len() - 1]).unwrap();
    connection
}

/// An upload of exactly so many bytes: many notes, and blanks at the end.
fn large_upload(reference: &str, bytes: usize) -> String {
    let note = |number: usize| json!({ "Name": format!("Note {number}"), "Value": "n".repeat(3_000) });
    let notes: Vec<_> = (0..(bytes - 1_000) / 3_100).map(note).collect();
    let upload = json!({
        "Reference": reference, "PipelineStage": "Lead", "OpportunityValue": "1", "CurrencyCode": "GBP",
        "OpportunityDateTime": "2024-01-01", "AdditionalDataProperties": notes,
        "VisitorIdentifierOptions": [{ "Key": "EmailAddress", "Value": "ann@example.com" }],
    });
    padded(upload.to_string(), bytes)
}

fn padded(body: String, bytes: usize) -> String {
    let blanks = " ".repeat(bytes - body.len());
    body + &blanks
}

/// As many mistakes as fit into so many bytes.
fn wrong_upload(bytes: usize) -> String {
    let mistakes = vec!["{}"; (bytes - 100) / 3].join(",");
    padded(format!("{{\"Reference\":\"wrong\",\"VisitorIdentifierOptions\":[{mistakes}]}}"), bytes)
}

fn upload(server: &Server, body: &str) -> Reply {
    server.request(
        "PUT",
        "/v1/s/opportunity/upload",
        &[("Content-Type", "application/json")],
        body.as_bytes(),
    )
}

#[test]
fn idle_connections_and_slow_heads_are_closed_and_stop_nobody_else() {
    raise_open_files(8_192);
    let server = Server::start_with(&with_limits(&[("TOUCHLINE_LIMITS_HEAD_SECONDS", "1")]));
    let started = Instant::now();
    let mut strangers: Vec<Stranger> = (0..2_000).map(|number| Stranger::open(&server, number)).collect();
    let mut healthy = 0;
    eventually("all idle connections are closed", || {
        let asked = Instant::now();
        assert_eq!(server.get("/healthz").status, 200);
        assert!(asked.elapsed() < Duration::from_secs(5), "/healthz took {:?}", asked.elapsed());
        healthy += 1;
        strangers.retain_mut(Stranger::is_open);
        strangers.is_empty()
    });
    assert!(healthy > 5, "/healthz was asked {healthy} times in {:?}", started.elapsed());
    assert_eq!(upload(&server, &large_upload("afterwards", BODY_BYTES)).status, 201);
}

/// A client that never asks for anything: one in three is silent from the start, one in three sends a head that never
/// ends, a letter at a time, and one in three goes silent after a first request.
struct Stranger {
    stream: TcpStream,
    is_slow: bool,
}

impl Stranger {
    fn open(server: &Server, number: usize) -> Self {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        stream.set_nodelay(true).unwrap();
        match number % 3 {
            0 => {}
            1 => stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: touchline\r\nX-Slow: ").unwrap(),
            _ => {
                stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: touchline\r\n\r\n").unwrap();
                assert!(stream.read(&mut [0; 4_096]).unwrap() > 0);
            }
        }
        stream.set_nonblocking(true).unwrap();
        Self { stream, is_slow: number % 3 == 1 }
    }

    /// Whether the server has not yet closed the connection.
    fn is_open(&mut self) -> bool {
        if self.is_slow && self.stream.write(b"x").is_err() {
            return false;
        }
        match self.stream.read(&mut [0; 4_096]) {
            Ok(0) => false,
            // A last answer may say why.
            Ok(_) => true,
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        }
    }
}

#[test]
fn a_server_out_of_open_files_serves_those_it_knows_and_others_when_it_has_some_again() {
    raise_open_files(8_192);
    let mut dice = Dice::thrown("open files");
    let server = Server::start_with(&UNLIMITED);
    let mut team = Crm::team(8, &server.token, &mut dice);
    let mut known: Vec<_> = team.iter_mut().map(|crm| (crm, server.connect())).collect();
    let mut upload_some = || {
        for (crm, connection) in &mut known {
            (0..20).for_each(|_| assert_eq!(crm.upload(connection).unwrap().status, 201));
        }
    };
    upload_some();
    let crowd = exhaust_open_files(&server);
    upload_some();
    drop(crowd);
    in_parallel(&mut team, || server.connect(), Crm::compare_all);
    assert_eq!(server.get("/readyz").status, 200);
}

/// Connects until the server can open nothing more. It can again when the connections are dropped.
pub(crate) fn exhaust_open_files(server: &Server) -> Vec<TcpStream> {
    let pid = server.pid().to_string();
    let status = Command::new("prlimit").args(["--pid", &pid, "--nofile=100:"]).status();
    assert!(status.is_ok_and(|status| status.success()), "missing here: the command prlimit");
    let crowd = (0..120).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
    let open_files = format!("/proc/{pid}/fd");
    eventually("the server runs out of files", || fs::read_dir(&open_files).unwrap().count() >= 100);
    crowd
}

/// A byte less than the largest body that is allowed.
const JUST_UNDER: usize = 262_143;

/// What the server may take at most, in KiB.
const MEMORY_KIB_MAX: u64 = 200 * 1_024;

#[test]
fn memory_stays_within_bounds_under_the_largest_bodies() {
    let server = Server::start_with(&UNLIMITED);
    let (bodies, connections) = (3, 64);
    thread::scope(|scope| {
        for number in 0..connections {
            let mut connection = server.connect();
            let server = &server;
            scope.spawn(move || {
                let bearer = format!("Bearer {}", server.token);
                let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
                let mut send = |body: &str| {
                    let reply =
                        connection.request("PUT", "/v1/s/opportunity/upload", &headers, body.as_bytes());
                    reply.unwrap().status
                };
                for body in 0..bodies {
                    assert_eq!(send(&large_upload(&format!("large-{number}-{body}"), JUST_UNDER)), 201);
                    assert_eq!(send(&wrong_upload(JUST_UNDER)), 400);
                }
            });
        }
    });
    let peak = memory_kib(&server, "VmHWM:");
    let listed = server.get("/api/v1/sites/s/pipeline").json();
    assert_eq!(listed["opportunities"][0]["count"], bodies * connections);
    announce(&format!("memory under the largest bodies: {peak} KiB at its peak"));
    assert!(peak < MEMORY_KIB_MAX, "it took {peak} KiB at its peak");
}

fn memory_kib(server: &Server, what: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
