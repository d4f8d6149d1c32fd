//! The disk is full, or fails: uploads are refused in a way that says so, nothing acknowledged is lost, and the server
//! goes on by itself when it can.

use crate::crm::{Crm, compare_list, in_parallel};
use crate::dice::Dice;
use crate::harness::{Reply, Server, run, run_ok, touchline};
use crate::stop::{assert_ends_well, take_data};
use crate::{UNLIMITED, announce, assert_sound, eventually};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A file system of eight megabytes in memory, mounted on a folder of its own until this is dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// Fails with what is missing where that is not allowed.
    fn mount() -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=8m", "touchline-test"]).arg(folder.path());
        succeed(&mut mount)?;
        Ok(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn remount(&self, option: &str) {
        succeed(Command::new("mount").args(["-o", &format!("remount,{option}")]).arg(self.path())).unwrap();
    }

    /// A file that takes the space, all but so many bytes.
    fn fill(&self, but: usize) -> Ballast {
        let path = self.path().join("ballast");
        let mut length = 8 << 20;
        while length > 0 && fs::write(&path, vec![1; length]).is_err() {
            length -= 4096;
        }
        fs::write(&path, vec![1; length.saturating_sub(but)]).unwrap();
        Ballast(path)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the folder is to go even when a failed test left something open in it.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

struct Ballast(PathBuf);

impl Ballast {
    fn remove(self) {
        fs::remove_file(self.0).unwrap();
    }
}

/// Runs a command; what it said when it failed.
fn succeed(command: &mut Command) -> Result<(), String> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}

#[test]
fn a_full_disk_refuses_uploads_until_there_is_space_again() {
    let mut dice = Dice::thrown("full disk");
    let Some(disk) = mount_or_say_what_is_missing() else { return };
    let server = start_on(tempfile::tempdir_in(disk.path()).unwrap(), &UNLIMITED);
    let ballast = disk.fill(2 << 20);
    let mut team = refuse_for_lack_of_space(&server, &mut dice);
    assert_backup_is_refused(&server, &disk.path().join("backup.db"));
    ballast.remove();
    recover(server, &mut team);
}

#[test]
fn readiness_follows_the_disk() {
    let mut dice = Dice::thrown("readiness");
    let Some(disk) = mount_or_say_what_is_missing() else { return };
    let server = start_on(tempfile::tempdir_in(disk.path()).unwrap(), &UNLIMITED);
    assert_eq!(server.get("/readyz").status, 200);
    let ballast = disk.fill(1 << 20);
    let mut team = refuse_for_lack_of_space(&server, &mut dice);
    assert_not_ready(&server, &mut team);
    ballast.remove();
    // By itself: who is not ready is sent no uploads to try it with.
    eventually("the server is ready again", || server.get("/readyz").status == 200);
}

#[test]
fn writes_that_fail_refuse_uploads_until_they_succeed_again() {
    let mut dice = Dice::thrown("limited file size");
    let server = start_on(tempfile::tempdir().unwrap(), &checkpoint_often());
    limit_file_size(&server, "2000000");
    let mut team = refuse_for_lack_of_space(&server, &mut dice);
    assert_not_ready(&server, &mut team);
    limit_file_size(&server, "unlimited");
    recover(server, &mut team);
}

#[test]
fn a_server_that_stops_while_the_disk_is_full_loses_nothing() {
    let mut dice = Dice::thrown("stop on a full disk");
    let Some(disk) = mount_or_say_what_is_missing() else { return };
    let mut server = start_on(tempfile::tempdir_in(disk.path()).unwrap(), &checkpoint_often());
    let ballast = disk.fill(2 << 20);
    let mut team = refuse_for_lack_of_space(&server, &mut dice);
    server.terminate();
    assert_ends_well(&mut server);
    let data = take_data(&mut server);
    if let Err(refusal) = try_to_start(data.path()) {
        assert!(names(&refusal, data.path()), "{refusal}");
    }
    ballast.remove();
    recover(Server::start_on(data, server.token.clone(), &UNLIMITED), &mut team);
}

/// A disk that can be filled. Where none may be mounted, the limited file size alone stands for a full disk, and that
/// is said.
fn mount_or_say_what_is_missing() -> Option<SmallDisk> {
    let mounted = SmallDisk::mount();
    if let Err(missing) = &mounted {
        announce(&format!("no full disk was tested, only a limited file size; missing here: {missing}"));
    }
    mounted.ok()
}

/// A server with a site on a folder that is there.
fn start_on(data: TempDir, environment: &[(&str, &str)]) -> Server {
    run_ok(data.path(), &["site", "add", "--id", "s", "--name", "Site"]);
    let token = run_ok(data.path(), &["token", "create", "--site", "s", "--scope", "ingest,read,admin"]);
    Server::start_on(data, token.trim().to_owned(), environment)
}

/// Checkpoints so often that they meet the fault too.
fn checkpoint_often() -> Vec<(&'static str, &'static str)> {
    [&UNLIMITED[..], &[("TOUCHLINE_SQLITE_CHECKPOINT_PAGES", "20")]].concat()
}

/// No file of this server may grow beyond so many bytes.
fn limit_file_size(server: &Server, bytes: &str) {
    let mut prlimit = Command::new("prlimit");
    prlimit.arg("--pid").arg(server.pid().to_string()).arg(format!("--fsize={bytes}:"));
    let limited = succeed(&mut prlimit);
    limited.unwrap_or_else(|missing| panic!("missing here, to make writes fail: {missing}"));
}

/// Uploads until there is no more space, and further. Every refusal must be clean, and everything acknowledged be read.
fn refuse_for_lack_of_space(server: &Server, dice: &mut Dice) -> Vec<Crm> {
    let team = Crm::team(8, &server.token, dice);
    let mut team: Vec<_> = team.into_iter().map(Crm::with_long_notes).collect();
    in_parallel(
        &mut team,
        || server.connect(),
        |crm, connection| {
            let mut refused = 0;
            for _ in 0..5_000 {
                let reply = crm.upload(connection).expect("an answer");
                if reply.status != 201 {
                    assert_storage_is_unavailable(&reply);
                    refused += 1;
                }
                if refused == 20 {
                    return;
                }
            }
            panic!("there was space all the time");
        },
    );
    let stored: usize = team.iter().map(Crm::stored).sum();
    assert!(stored > 50, "only {stored} uploads were stored before the space was used up");
    in_parallel(&mut team, || server.connect(), Crm::compare_all);
    assert_eq!(server.get("/healthz").status, 200);
    let metrics = server.get("/metrics");
    let failed = metrics.text().lines().find(|line| line.starts_with("touchline_store_failed_commits_total"));
    assert!(failed.is_some_and(|line| !line.ends_with(" 0")), "{failed:?}");
    team
}

/// While uploads are refused, the server says that it is not ready.
fn assert_not_ready(server: &Server, team: &mut [Crm]) {
    let (crm, connection) = (&mut team[0], &mut server.connect());
    // There may be space yet for less than an upload.
    eventually("the server is not ready", || {
        let (stored, ready) = (crm.upload(connection).unwrap(), server.get("/readyz"));
        if ready.status != 200 {
            assert_storage_is_unavailable(&ready);
        }
        (stored.status, ready.status) == (503, 503)
    });
}

fn assert_storage_is_unavailable(reply: &Reply) {
    assert_eq!((reply.status, reply.code().as_str()), (503, "storage_unavailable"), "{reply:?}");
    let wait: u64 = reply.header("retry-after").expect("Retry-After").parse().unwrap();
    assert!((1..=60).contains(&wait), "{reply:?}");
}

/// Now that there is space, the same process takes uploads again, and a later one finds everything.
fn recover(server: Server, team: &mut [Crm]) {
    let (first, connection) = (&mut team[0], &mut server.connect());
    eventually("an upload is stored again", || first.upload(connection).unwrap().status == 201);
    in_parallel(
        team,
        || server.connect(),
        |crm, connection| {
            (0..20).for_each(|_| assert_eq!(crm.upload(connection).unwrap().status, 201));
            crm.compare_all(connection);
        },
    );
    compare_list(team, &mut server.connect());
    assert_sound(server.data.path());
    let (data, token) = server.kill();
    let server = Server::start_on(data, token, &UNLIMITED);
    in_parallel(team, || server.connect(), Crm::compare_all);
    assert_sound(server.data.path());
}

fn assert_backup_is_refused(server: &Server, destination: &Path) {
    let output = run(server.data.path(), &["backup", destination.to_str().unwrap()]);
    let refusal = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && names(&refusal, destination), "{refusal}");
    let left: Vec<_> = contents(destination.parent().unwrap()).into_keys().collect();
    assert!(
        !left.iter().any(|path| path.to_str().unwrap().contains("backup.db")),
        "it left something: {left:?}"
    );
}

/// Whether what a command said at its end names a path.
fn names(refusal: &str, path: &Path) -> bool {
    refusal.lines().last().is_some_and(|line| line.contains(path.to_str().unwrap()))
}

/// Starts a server and ends it when it listens. What it said if it refused.
fn try_to_start(data: &Path) -> Result<(), String> {
    let mut server = touchline();
    server.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data).envs(UNLIMITED);
    let mut server = server.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let screen = BufReader::new(server.stdout.take().unwrap()).lines();
    let listens = screen.map(Result::unwrap).any(|line| line.starts_with("listening on"));
    if listens {
        server.kill().unwrap();
    }
    let output = server.wait_with_output().unwrap();
    assert!(!output.status.success(), "it ended as if all were well");
    if listens { Ok(()) } else { Err(String::from_utf8(output.stderr).unwrap()) }
}

/// Every file of a folder and its folders, with what it holds.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.append(&mut contents(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            found.insert(path, bytes);
        }
    }
    found
}

#[test]
fn a_start_on_a_full_disk_is_refused_and_can_be_repeated_when_there_is_space() {
    let Some(disk) = mount_or_say_what_is_missing() else { return };
    let (new, existing) = (disk.path().join("new"), disk.path().join("existing"));
    run_ok(&existing, &["site", "add", "--id", "s", "--name", "Site"]);
    let database = existing.join("touchline.db");
    let before = fs::read(&database).unwrap();
    let ballast = disk.fill(0);
    let refusals: Vec<_> = [&new, &existing, &new, &existing].map(|data| (data, try_to_start(data))).into();
    let after = fs::read(&database).unwrap();
    ballast.remove();
    for data in [&new, &existing] {
        assert_eq!(try_to_start(data), Ok(()));
        assert_sound(data);
    }
    assert!(before == after, "it touched the database");
    for (data, started) in refusals {
        let refusal = started.expect_err("there is no space");
        assert!(names(&refusal, data) && refusal.contains("full"), "{refusal}");
    }
}

#[test]
fn a_read_only_data_folder_is_refused_and_not_touched() {
    let mut dice = Dice::thrown("read-only folder");
    let disk = SmallDisk::mount();
    let disk = disk.unwrap_or_else(|missing| panic!("missing here, to make a folder read-only: {missing}"));
    let mut server = start_on(tempfile::tempdir_in(disk.path()).unwrap(), &UNLIMITED);
    let mut team = Crm::team(4, &server.token, &mut dice);
    for ends_well in [false, true] {
        in_parallel(
            &mut team,
            || server.connect(),
            |crm, connection| {
                (0..20).for_each(|_| assert_eq!(crm.upload(connection).unwrap().status, 201));
            },
        );
        let token = server.token.clone();
        let data = if ends_well {
            server.terminate();
            assert_ends_well(&mut server);
            take_data(&mut server)
        } else {
            server.kill().0
        };
        let before = contents(data.path());
        disk.remount("ro");
        let started = try_to_start(data.path());
        let after = contents(data.path());
        disk.remount("rw");
        let refusal = started.expect_err("it must not start where it cannot write");
        assert!(names(&refusal, data.path()), "{refusal}");
        assert!(before == after, "it touched something");
        server = Server::start_on(data, token, &UNLIMITED);
    }
    in_parallel(&mut team, || server.connect(), Crm::compare_all);
}
