//! The server ends at the worst instants: what it acknowledged is there afterwards, and nothing is half there.

use crate::crm::{Crm, compare_list, in_parallel};
use crate::crowd::Crowd;
use crate::dice::Dice;
use crate::harness::{Connection, Reply, Server, run_ok, touchline};
use crate::stop::{assert_ends_well, is_clean_refusal, take_data};
use crate::{DEADLINE, UNLIMITED, announce, assert_journeys_true, assert_sound, eventually};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};
use tempfile::TempDir;

/// How often each test kills the server.
pub(crate) fn crashes() -> usize {
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
    kill_often("kills among checkpoints", &environment, crashes().div_ceil(2));
}

#[test]
fn nothing_acknowledged_is_lost_when_kills_hit_the_index_of_names() {
    // By default an index of so few records stays in memory; so every commit writes a part of it.
    let environment = [&UNLIMITED[..], &[("TOUCHLINE_SQLITE_GATHERED_NAMES", "200")]].concat();
    kill_often("kills among writes of the index", &environment, crashes().div_ceil(2));
}

/// Sends, and remembers what was acknowledged.
pub(crate) trait Client: Send {
    /// Sends one request and hears its answer.
    fn exchange(&mut self, connection: &mut Connection) -> std::io::Result<Reply>;
}

impl Client for Crm {
    fn exchange(&mut self, connection: &mut Connection) -> std::io::Result<Reply> {
        self.upload(connection)
    }
}

/// Visits, forms and deals survive kills too, and the journeys of deals follow them from wherever they were.
#[test]
fn visits_forms_and_journeys_survive_however_often_the_server_is_killed() {
    let started = Instant::now();
    let mut dice = Dice::thrown("kills among visits");
    let environment = [&UNLIMITED[..], &[("TOUCHLINE_SQLITE_GATHERED_NAMES", "500")]].concat();
    let mut server = Server::start_with(&environment);
    let mut team = Crowd::team(16, &server.token, &mut dice);
    let crashes = crashes().div_ceil(2);
    for crash in 1..=crashes {
        let plan = Crash::draw(&mut dice, Duration::from_millis(500));
        let (data, token) = load_until_killed(server, &mut team, &plan);
        assert_journeys_true(data.path());
        if crash % 10 == 0 {
            assert_sound(data.path());
        }
        server = Server::start_on(data, token, &environment);
        in_parallel(&mut team, || server.connect(), Crowd::compare_touched);
    }
    in_parallel(&mut team, || server.connect(), Crowd::compare_all);
    let server = end_well_and_restart(server, &environment);
    assert_sound(server.data.path());
    assert_journeys_true(server.data.path());
    let rebuilt = run_ok(server.data.path(), &["rebuild"]);
    assert!(rebuilt.contains(" derived anew, 0 changed\nall is well"), "{rebuilt}");
    let people: usize = team.iter().map(Crowd::size).sum();
    announce(&format!("kills among visits: {crashes} kills, {people} people, {:.1?}", started.elapsed()));
}

/// Loads and kills the server again and again on one data folder, and compares after each restart.
fn kill_often(test: &str, environment: &[(&str, &str)], crashes: usize) {
    let started = Instant::now();
    let mut dice = Dice::thrown(test);
    let mut server = Server::start_with(environment);
    let mut team = Crm::team(16, &server.token, &mut dice);
    for crash in 1..=crashes {
        let plan = Crash::draw(&mut dice, Duration::from_millis(500));
        let (data, token) = load_until_killed(server, &mut team, &plan);
        // Often at first; a long run has much to compare.
        let is_milestone = crash % (if crash <= 100 { 10 } else { 100 }) == 0;
        if is_milestone {
            assert_sound(data.path());
        }
        server = Server::start_on(data, token, environment);
        in_parallel(&mut team, || server.connect(), Crm::compare_touched);
        if is_milestone || crash == crashes {
            compare_list(&team, &mut server.connect());
            server = end_well_and_restart(server, environment);
        }
    }
    in_parallel(&mut team, || server.connect(), Crm::compare_all);
    assert_sound(server.data.path());
    let records: usize = team.iter().map(Crm::stored).sum();
    announce(&format!("{test}: {crashes} kills, {records} records compared, {:.1?}", started.elapsed()));
}

/// Lets clients upload until so many uploads were acknowledged, and kills the server in the middle of the others.
fn load_until_killed(server: Server, team: &mut [impl Client], crash: &Crash) -> (TempDir, String) {
    let team = &mut team[..crash.clients];
    let connections: Vec<_> = team.iter().map(|_| server.connect()).collect();
    let (acknowledge, acknowledged) = mpsc::channel();
    thread::scope(|scope| {
        for (client, mut connection) in team.iter_mut().zip(connections) {
            let acknowledge = acknowledge.clone();
            scope.spawn(move || {
                while let Ok(reply) = client.exchange(&mut connection) {
                    if reply.status != 201 {
                        return assert!(crash.stops_first && is_clean_refusal(&reply), "{reply:?}");
                    }
                    // Whoever kills may have heard enough.
                    let _ = acknowledge.send(());
                }
            });
        }
        for _ in 0..crash.acknowledgements {
            acknowledged.recv_timeout(DEADLINE).expect("uploads are answered");
        }
        if crash.stops_first {
            server.terminate();
        }
        // This waits for nothing: it puts the kill anywhere between two commits, or into the server's own end.
        thread::sleep(crash.pause);
        server.kill()
    })
}

/// How one life of the server goes.
struct Crash {
    clients: usize,
    acknowledgements: usize,
    /// Whether it is told to stop, and killed while it does.
    stops_first: bool,
    pause: Duration,
}

impl Crash {
    fn draw(dice: &mut Dice, stopping_takes: Duration) -> Self {
        let (stops_first, most) = (dice.one_in(5), 1 + dice.below(400));
        let pause_max = if stops_first { stopping_takes } else { Duration::from_millis(3) };
        Self {
            clients: 8 + dice.below(9),
            // Mostly few, so that kills come soon after starts too.
            acknowledgements: 1 + dice.below(most),
            stops_first,
            pause: pause_max.mul_f64(dice.below(1_000) as f64 / 1_000.0),
        }
    }
}

/// A proper end writes what crashes leave to be made good, so that later crashes meet a store with and without it.
fn end_well_and_restart(mut server: Server, environment: &[(&str, &str)]) -> Server {
    server.terminate();
    assert_ends_well(&mut server);
    Server::start_on(take_data(&mut server), server.token.clone(), environment)
}

#[test]
fn a_backup_that_is_killed_leaves_nothing_under_its_name() {
    let mut dice = Dice::thrown("killed backups");
    let server = Server::start_with(&UNLIMITED);
    let mut team: Vec<_> =
        Crm::team(8, &server.token, &mut dice).into_iter().map(Crm::with_long_notes).collect();
    in_parallel(
        &mut team,
        || server.connect(),
        |crm, connection| {
            (0..200).for_each(|_| assert_eq!(crm.upload(connection).unwrap().status, 201));
        },
    );
    let folder = tempfile::tempdir().unwrap();
    let destination = folder.path().join("backup.db");
    let mut killed = 0;
    while killed < crashes().div_ceil(5) {
        kill_backup(server.data.path(), &destination, &mut dice);
        if destination.exists() {
            // It was faster than the kill: then it must be whole.
            assert_holds_all(&destination, &mut team);
            fs::remove_file(&destination).unwrap();
        } else {
            killed += 1;
        }
    }
    run_ok(server.data.path(), &["backup", destination.to_str().unwrap()]);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["backup.db"], "a backup after killed ones leaves itself alone");
    assert_holds_all(&destination, &mut team);
}

/// Begins a backup, over what earlier ones left, and kills it at a random instant after its first write.
fn kill_backup(data: &Path, destination: &Path, dice: &mut Dice) {
    let folder = destination.parent().unwrap();
    let before = listing(folder);
    let mut backup = touchline();
    backup.arg("backup").arg(destination).arg("--data").arg(data).stdout(Stdio::null());
    let mut backup = backup.spawn().unwrap();
    eventually("the backup writes something", || listing(folder) != before);
    // This waits for nothing: it chooses how much of the backup is written.
    thread::sleep(Duration::from_micros(dice.below(10_000) as u64));
    backup.kill().unwrap();
    backup.wait().unwrap();
}

/// What there is in a folder, how long and how old.
fn listing(folder: &Path) -> Vec<(PathBuf, u64, SystemTime)> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let described = |path: PathBuf| {
        let metadata = path.metadata().ok()?;
        Some((path, metadata.len(), metadata.modified().unwrap()))
    };
    paths.filter_map(described).collect()
}

/// A backup, once restored, serves every record.
fn assert_holds_all(backup: &Path, team: &mut [Crm]) {
    let data = tempfile::tempdir().unwrap();
    run_ok(data.path(), &["restore", backup.to_str().unwrap()]);
    let server = Server::start_on(data, String::new(), &UNLIMITED);
    in_parallel(team, || server.connect(), Crm::compare_all);
}
