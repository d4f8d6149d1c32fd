//! Starts the real binary on a free port and speaks to it.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything that must happen may take to happen on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks until there is an answer. What does not come in time is a failure.
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Does something over and over in another thread while `work` runs, which is told how often so far.
pub fn beside<T>(mut load: impl FnMut(usize) + Send, work: impl FnOnce(&AtomicUsize) -> T) -> T {
    struct End<'a>(&'a AtomicBool);
    impl Drop for End<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let (is_over, done) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                load(done.load(Ordering::Relaxed));
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
        // It ends when the work fails, too.
        let _end = End(&is_over);
        work(&done)
    })
}

/// A command of the binary under test.
pub fn touchline() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchline"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TOUCHLINE_")) {
        command.env_remove(name);
    }
    command
}

/// Runs a command to its end beside whatever runs.
pub fn run(data: &Path, arguments: &[&str]) -> Output {
    touchline().args(arguments).arg("--data").arg(data).output().unwrap()
}

/// Runs a command that must succeed, and gives what it printed.
pub fn run_ok(data: &Path, arguments: &[&str]) -> String {
    let output = run(data, arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "touchline {arguments:?}: {error}{}",
        String::from_utf8_lossy(&output.stdout)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a command that must be refused with exit code 1, and gives what it said.
pub fn run_refused(data: &Path, arguments: &[&str]) -> String {
    let output = run(data, arguments);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "touchline {arguments:?}: {error}");
    assert!(
        error.starts_with("touchline: ") && error.lines().count() == 1,
        "one line for the operator: {error}"
    );
    error
}

/// Makes a token for a site, beside whatever runs.
pub fn new_token(data: &Path, site: &str, scope: &str) -> String {
    let printed = run_ok(data, &["token", "create", "--site", site, "--scope", scope]);
    let token = printed.strip_suffix('\n').expect("the token stands on a line of its own");
    assert!(token.starts_with("tl_") && !token.contains(char::is_whitespace), "{printed}");
    token.to_owned()
}

/// A server with a site `s` and a token that may do everything there.
pub struct Server {
    child: Child,
    pub address: String,
    pub data: TempDir,
    pub token: String,
    /// What it printed before it listened.
    pub screen: String,
}

impl Server {
    /// Starts on fresh data with the default settings.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts on fresh data with environment variables.
    pub fn start_with(environment: &[(&str, &str)]) -> Self {
        Self::start_after(environment, |_| {})
    }

    /// Starts on fresh data after something else was done to it.
    pub fn start_after(environment: &[(&str, &str)], prepare: impl FnOnce(&Path)) -> Self {
        let data = tempfile::tempdir().unwrap();
        run_ok(data.path(), &["site", "add", "--id", "s", "--name", "Site"]);
        let token = new_token(data.path(), "s", "ingest,read,admin");
        prepare(data.path());
        Self::start_on(data, token, environment)
    }

    /// Starts on data that is there already.
    pub fn start_on(data: TempDir, token: String, environment: &[(&str, &str)]) -> Self {
        Self::start_logging_to(Stdio::inherit(), data, token, environment)
    }

    /// As `start_on`; the log goes elsewhere.
    pub fn start_logging_to(log: Stdio, data: TempDir, token: String, environment: &[(&str, &str)]) -> Self {
        let mut command = touchline();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data.path());
        command.envs(environment.iter().copied()).stderr(log);
        Self::start_command(command, data, token)
    }

    /// Starts whatever serves, and waits until it listens.
    pub fn start_command(mut command: Command, data: TempDir, token: String) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut screen = String::new();
        let address = loop {
            let line = lines.next().expect("the server ended before it listened").unwrap();
            if let Some(address) = line.strip_prefix("listening on http://") {
                break address.to_owned();
            }
            screen.push_str(&line);
            screen.push('\n');
        };
        Self { child, address, data, token, screen }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends the process with SIGKILL and gives its data back.
    pub fn kill(mut self) -> (TempDir, String) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        (std::mem::replace(&mut self.data, tempfile::tempdir().unwrap()), self.token.clone())
    }

    /// Sends SIGTERM without waiting.
    pub fn terminate(&self) {
        let status = Command::new("kill").arg(self.pid().to_string()).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the process to end by itself; whether it ended well.
    pub fn wait(&mut self) -> bool {
        self.child.wait().unwrap().success()
    }

    /// Stops it with SIGTERM, and gives its data and token back.
    pub fn stop(mut self) -> (TempDir, String) {
        self.terminate();
        assert!(self.wait(), "the server ends with exit code 0");
        self.kill()
    }

    /// A new connection.
    pub fn connect(&self) -> Connection {
        Connection::open(&self.address)
    }

    /// One request with the all-powerful token on a connection of its own.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        self.request_as(&self.token, method, path, headers, body)
    }

    /// As `request`, with another token.
    pub fn request_as(
        &self,
        token: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        let bearer = format!("Bearer {token}");
        let mut all = vec![("Authorization", bearer.as_str())];
        all.extend(headers);
        self.connect().request(method, path, &all, body).unwrap()
    }

    pub fn get(&self, path: &str) -> Reply {
        self.request("GET", path, &[], b"")
    }

    /// The JSON that an address answers.
    pub fn json(&self, path: &str) -> Value {
        let reply = self.get(path);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.json()
    }

    /// An opportunity of site `s` with its history.
    pub fn opportunity(&self, reference: &str) -> Value {
        self.json(&format!("/api/v1/sites/s/opportunities/{reference}"))
    }

    /// Sends JSON.
    pub fn put(&self, path: &str, body: &Value) -> Reply {
        self.request("PUT", path, &[("Content-Type", "application/json")], body.to_string().as_bytes())
    }

    /// Uploads an opportunity to site `s`.
    pub fn upload(&self, body: &Value) -> Reply {
        self.put("/v1/s/opportunity/upload", body)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already ended, perhaps.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An opportunity as a CRM sends it.
pub fn opportunity(reference: &str, stage: &str, value: &str, at: &str) -> Value {
    serde_json::json!({
        "Reference": reference, "PipelineStage": stage, "OpportunityValue": value, "OpportunityDateTime": at,
        "CurrencyCode": "GBP", "VisitorIdentifierOptions": [{ "Key": "EmailAddress", "Value": "ann@example.com" }],
    })
}

/// An object with some members set to other values.
pub fn with(mut object: Value, members: Value) -> Value {
    let Value::Object(members) = members else { panic!("{members} is no object") };
    object.as_object_mut().unwrap().extend(members);
    object
}

/// An object without a member.
pub fn without(mut object: Value, member: &str) -> Value {
    object.as_object_mut().unwrap().remove(member).expect("there is such a member");
    object
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// What an upload did, of which only the headers tell.
    pub fn result(&self) -> &str {
        assert_eq!((self.status, self.text()), (201, ""), "{self:?}");
        self.header("touchline-result").unwrap()
    }

    /// The stable code of a failure.
    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        self.json()["code"].as_str().unwrap().to_owned()
    }

    /// Pointer and code of every problem of a failure.
    pub fn problems(&self) -> Vec<(String, String)> {
        let json = self.json();
        let problems = json["errors"].as_array().cloned().unwrap_or_default();
        let text = |problem: &Value, name: &str| problem[name].as_str().unwrap().to_owned();
        problems.iter().map(|problem| (text(problem, "pointer"), text(problem, "code"))).collect()
    }
}

/// A connection on which anything can be sent.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    /// Sends a request with its length and reads the answer.
    pub fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<Reply> {
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nHost: touchline\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += "\r\n";
        // A server that has heard enough answers, and stops reading.
        let sent = self.send(&[head.as_bytes(), body].concat());
        self.reply().map_err(|error| sent.err().unwrap_or(error))
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Says that nothing more will be sent.
    pub fn finish_sending(&mut self) {
        self.stream.get_mut().shutdown(std::net::Shutdown::Write).unwrap();
    }

    /// Reads an answer, with a length or in chunks.
    pub fn reply(&mut self) -> std::io::Result<Reply> {
        let line = self.line()?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| std::io::Error::other(format!("no status line: {line:?}")))?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut reply = Reply { status, headers, body: Vec::new() };
        if reply.header("transfer-encoding") == Some("chunked") {
            self.chunks(&mut reply.body)?;
        } else if let Some(length) = reply.header("content-length") {
            reply.body = vec![0; length.parse().unwrap()];
            self.stream.read_exact(&mut reply.body)?;
        }
        Ok(reply)
    }

    fn chunks(&mut self, body: &mut Vec<u8>) -> std::io::Result<()> {
        loop {
            let line = self.line()?;
            let length = usize::from_str_radix(line.trim(), 16).map_err(std::io::Error::other)?;
            let start = body.len();
            body.resize(start + length, 0);
            self.stream.read_exact(&mut body[start..])?;
            self.line()?;
            if length == 0 {
                return Ok(());
            }
        }
    }

    fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}
