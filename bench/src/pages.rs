//! How long the server takes for each page of the demonstration, from the request's last byte to the answer's.

use anyhow::{Context, bail};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[derive(clap::Args)]
pub struct Options {
    /// The binary to measure
    #[arg(long)]
    touchline: PathBuf,
    /// How often each page is asked for; the median and the slowest are told
    #[arg(long, default_value_t = 50)]
    rounds: usize,
}

/// The demonstration, ended with this.
struct Demo {
    child: Child,
    address: String,
    token: String,
    reference: String,
    email: String,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Demo {
    fn start(options: &Options) -> anyhow::Result<Self> {
        let mut command = Command::new(&options.touchline);
        command.args(["demo", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut child = command.env("TOUCHLINE_LOG_LEVEL", "warn").spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let mut screen = String::new();
        let address = loop {
            let line = lines.next().context("the demonstration ended")??;
            if let Some(address) = line.strip_prefix("listening on http://") {
                break address.to_owned();
            }
            screen += &line;
            screen.push('\n');
        };
        let between = |before: &str, after: &[char]| {
            let (_, rest) = screen.split_once(before).with_context(|| format!("no {before}"))?;
            anyhow::Ok(rest.split(after).next().unwrap_or(rest).to_owned())
        };
        Ok(Self {
            token: between("sign-in?token=", &['\n'])?,
            reference: between("/opportunities/", &['/', '?', ' '])?,
            email: between("people?email=", &['\'', ' '])?,
            address,
            child,
        })
    }
}

/// An answer's head and how many bytes its body has.
fn ask(demo: &Demo, head: &str) -> anyhow::Result<(String, usize, Duration)> {
    let mut stream = TcpStream::connect(&demo.address)?;
    stream.set_nodelay(true)?;
    let began = Instant::now();
    write!(stream, "{head}\r\nHost: {}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n", demo.address)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let took = began.elapsed();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").context("no head")?;
    Ok((String::from_utf8_lossy(&answer[..end]).into_owned(), answer.len() - end - 4, took))
}

pub fn run(options: &Options) -> anyhow::Result<()> {
    let demo = Demo::start(options)?;
    let (head, _, _) = ask(&demo, &format!("GET /sign-in?token={} HTTP/1.1", demo.token))?;
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).context("no session")?;
    let cookie = cookie.split(';').next().unwrap_or(cookie);
    println!("pages of the demonstration, {} times each          median ms   slowest ms   bytes", options.rounds);
    for page in [
        "overview".to_owned(),
        "attribution".to_owned(),
        "paths".to_owned(),
        "opportunities".to_owned(),
        format!("opportunities/{}", demo.reference),
        "people".to_owned(),
        format!("people?email={}", demo.email),
        "quality".to_owned(),
        "channels".to_owned(),
        "set-up".to_owned(),
    ] {
        let mut times = Vec::new();
        let mut bytes = 0;
        // The first one fills what is kept in memory.
        for _ in 0..=options.rounds {
            let (head, length, took) =
                ask(&demo, &format!("GET /sites/demo/{page} HTTP/1.1\r\nCookie: {cookie}"))?;
            if !head.starts_with("HTTP/1.1 200") {
                bail!("{page}: {head}");
            }
            bytes = length;
            times.push(took.as_secs_f64() * 1_000.0);
        }
        times.remove(0);
        times.sort_by(f64::total_cmp);
        let (median, slowest) = (times[times.len() / 2], times[times.len() - 1]);
        println!("  {page:<48} {median:>11.2} {slowest:>12.2} {bytes:>7}");
    }
    Ok(())
}
