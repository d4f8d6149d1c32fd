//! What is measured: the product, and the baseline on its PostgreSQL. Each stops when it is dropped.

use anyhow::{Context, bail};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A process that prints `listening on http://ADDRESS` once it accepts.
pub struct Server {
    child: Child,
    pub address: String,
    /// From the start of the process until it accepted.
    pub start_up: Duration,
}

impl Server {
    fn start(mut command: Command) -> anyhow::Result<Self> {
        let began = Instant::now();
        let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("{command:?}"))?;
        let out = child.stdout.take().context("no standard output")?;
        for line in BufReader::new(out).lines() {
            if let Some(address) = line?.strip_prefix("listening on http://") {
                return Ok(Self { child, address: address.to_owned(), start_up: began.elapsed() });
            }
        }
        bail!("{command:?} ended before it listened")
    }

    /// A figure of `/proc/PID/status`, in MiB.
    pub fn memory_mib(&self, name: &str) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with(name)).context("no such figure")?;
        let kib: f64 = line.split_whitespace().nth(1).context("no value")?.parse()?;
        Ok(kib / 1024.0)
    }

    /// Ends the process as an operator does, and waits for it.
    pub fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        let status = self.child.wait()?;
        if !status.success() {
            bail!("the server ended with {status}");
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Stopped already, perhaps.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The product on a folder of its own.
pub struct Touchline {
    binary: PathBuf,
    pub data: TempDir,
    pub token: String,
}

impl Touchline {
    pub fn new(binary: &Path) -> anyhow::Result<Self> {
        let data = tempfile::tempdir()?;
        let run = |arguments: &[&str]| -> anyhow::Result<String> {
            let output = Command::new(binary).args(arguments).arg("--data").arg(data.path()).output()?;
            if !output.status.success() {
                bail!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            }
            Ok(String::from_utf8(output.stdout)?.trim().to_owned())
        };
        run(&["site", "add", "--id", "bench", "--name", "Bench"])?;
        let token = run(&["token", "create", "--site", "bench", "--scope", "ingest,read,admin"])?;
        Ok(Self { binary: binary.to_owned(), data, token })
    }

    pub fn serve(&self) -> anyhow::Result<Server> {
        let mut command = Command::new(&self.binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(self.data.path());
        command.env("TOUCHLINE_LIMITS_REQUESTS_PER_SECOND", "10000000");
        command.env("TOUCHLINE_LIMITS_REQUEST_BURST", "10000000").env("TOUCHLINE_LOG_LEVEL", "warn");
        Server::start(command)
    }

    pub fn disk_mib(&self) -> anyhow::Result<f64> {
        let mut bytes = 0;
        for entry in std::fs::read_dir(self.data.path())? {
            bytes += entry?.metadata()?.len();
        }
        Ok(bytes as f64 / 1024.0 / 1024.0)
    }
}

/// A throwaway PostgreSQL cluster with its default settings, fsync on.
pub struct Postgres {
    child: Child,
    _folder: TempDir,
    pub url: String,
}

impl Postgres {
    pub fn start() -> anyhow::Result<Self> {
        let programs = newest_programs()?;
        let folder = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        run("chown", &["postgres", path(folder.path())?])?;
        let cluster = folder.path().join("cluster");
        let (initdb, server) = (programs.join("initdb"), programs.join("postgres"));
        let cluster = path(&cluster)?;
        run("runuser", &["-u", "postgres", "--", path(&initdb)?, "-D", cluster, "-A", "trust", "-U", "bench"])?;
        let port_text = port.to_string();
        let child = Command::new("setpriv")
            .args(["--reuid=postgres", "--regid=postgres", "--init-groups", path(&server)?, "-D", cluster])
            .args(["-p", &port_text, "-k", path(folder.path())?, "-c", "listen_addresses=127.0.0.1"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let url = format!("postgres://bench@127.0.0.1:{port}/postgres");
        let postgres = Self { child, _folder: folder, url };
        postgres.wait_until_ready(&programs, &port_text)?;
        Ok(postgres)
    }

    fn wait_until_ready(&self, programs: &Path, port: &str) -> anyhow::Result<()> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            let ready = Command::new(programs.join("pg_isready")).args(["-q", "-t", "1", "-h", "127.0.0.1", "-p", port]).status()?;
            if ready.success() {
                return Ok(());
            }
        }
        bail!("PostgreSQL did not become ready")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A fast shutdown, so that its children go too.
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// The baseline service beside this program.
pub fn baseline(postgres: &Postgres) -> anyhow::Result<Server> {
    let beside = std::env::current_exe()?.with_file_name("baseline");
    let mut command = Command::new(beside);
    command.args(["127.0.0.1:0", &postgres.url]);
    Server::start(command)
}

fn newest_programs() -> anyhow::Result<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .context("PostgreSQL is missing; scripts/bench installs it")?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|folder| folder.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().context("no initdb in /usr/lib/postgresql")
}

fn path(path: &Path) -> anyhow::Result<&str> {
    path.to_str().context("a path that is not UTF-8")
}

fn run(program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let output = Command::new(program).args(arguments).output().with_context(|| program.to_owned())?;
    if !output.status.success() {
        bail!("{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
