//! The load: keep-alive connections that send the next upload as soon as the last one is answered.
//!
//! It shares two cores with what it measures, so it does as little as it can: bodies are written into one buffer per
//! connection, and of an answer only the status line and the length are looked at.

use crate::histogram::Histogram;
use anyhow::{Context, bail};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What is sent, one body after another, to all connections.
pub trait Bodies: Send + Sync + 'static {
    /// Writes the next body.
    fn write_next(&self, body: &mut Vec<u8>);
}

/// Where to send, and what every request says.
#[derive(Clone)]
pub struct Target {
    pub address: String,
    pub method: &'static str,
    pub path: String,
    pub token: String,
    pub expected_status: u16,
}

/// When to stop.
#[derive(Clone, Copy)]
pub enum Until {
    Elapsed(Duration),
    Sent(u64),
}

/// What a window of load came to.
pub struct Window {
    pub requests: u64,
    pub elapsed: Duration,
    pub latency: Histogram,
}

impl Window {
    pub fn per_second(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64()
    }
}

/// Runs the load over `connections`.
pub async fn run<B: Bodies>(target: &Target, connections: usize, bodies: &Arc<B>, until: Until) -> anyhow::Result<Window> {
    let sent = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let worker = Worker {
            connection: Connection::open(&target.address).await?,
            target: target.clone(),
            bodies: Arc::clone(bodies),
            sent: Arc::clone(&sent),
            until,
            began,
        };
        tasks.push(tokio::spawn(worker.run()));
    }
    let mut latency = Histogram::default();
    for task in tasks {
        latency.add(&task.await??);
    }
    Ok(Window { requests: latency.count(), elapsed: began.elapsed(), latency })
}

struct Worker<B> {
    connection: Connection,
    target: Target,
    bodies: Arc<B>,
    sent: Arc<AtomicU64>,
    until: Until,
    began: Instant,
}

impl<B: Bodies> Worker<B> {
    fn is_over(&self) -> bool {
        match self.until {
            Until::Elapsed(limit) => self.began.elapsed() >= limit,
            Until::Sent(limit) => self.sent.fetch_add(1, Ordering::Relaxed) >= limit,
        }
    }

    async fn run(mut self) -> anyhow::Result<Histogram> {
        let mut latency = Histogram::default();
        let mut body = Vec::new();
        let head = head(&self.target);
        while !self.is_over() {
            body.clear();
            self.bodies.write_next(&mut body);
            let began = Instant::now();
            self.connection.send(&head, &body, self.target.expected_status).await?;
            latency.record(began.elapsed());
        }
        Ok(latency)
    }
}

/// What every request to a target begins with.
pub fn head(target: &Target) -> String {
    format!(
        "{} {} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n",
        target.method, target.path, target.token
    )
}

/// A keep-alive connection.
pub struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.context("connecting")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, request: Vec::new(), buffer: vec![0; 64 * 1024] })
    }

    /// Sends a request and answers with the answer's body.
    pub async fn send(&mut self, head: &str, body: &[u8], expected_status: u16) -> anyhow::Result<&[u8]> {
        self.request.clear();
        self.request.extend_from_slice(head.as_bytes());
        self.request.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        self.request.extend_from_slice(body);
        self.stream.write_all(&self.request).await?;
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            if read == 0 {
                bail!("the server closed the connection, or answered more than is read here");
            }
            filled += read;
            let text = &self.buffer[..filled];
            let Some(end) = text.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = std::str::from_utf8(&text[..end])?;
            let length = head
                .lines()
                .find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
                })
                .transpose()?
                .unwrap_or(0);
            if filled < end + 4 + length {
                continue;
            }
            let status: u16 = head.get(9..12).context("no status line")?.parse()?;
            if status != expected_status {
                bail!("status {status}: {}", String::from_utf8_lossy(&text[end + 4..]));
            }
            return Ok(&self.buffer[end + 4..end + 4 + length]);
        }
    }
}
