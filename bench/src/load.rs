//! The load: keep-alive connections that send the next upload as soon as the last one is answered.
//!
//! It shares two cores with what it measures, so it does as little as it can: bodies are written into one buffer per
//! connection, and of an answer only the status line and the length are looked at.

use crate::histogram::Histogram;
use crate::uploads::Uploads;
use anyhow::{Context, bail};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Where to send, and what every request says.
#[derive(Clone)]
pub struct Target {
    pub address: String,
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
pub async fn run(target: &Target, connections: usize, uploads: &Arc<Uploads>, until: Until) -> anyhow::Result<Window> {
    let sent = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(&target.address).await.context("connecting")?;
        stream.set_nodelay(true)?;
        let worker = Worker {
            stream,
            target: target.clone(),
            uploads: Arc::clone(uploads),
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

struct Worker {
    stream: TcpStream,
    target: Target,
    uploads: Arc<Uploads>,
    sent: Arc<AtomicU64>,
    until: Until,
    began: Instant,
}

impl Worker {
    fn is_over(&self) -> bool {
        match self.until {
            Until::Elapsed(limit) => self.began.elapsed() >= limit,
            Until::Sent(limit) => self.sent.fetch_add(1, Ordering::Relaxed) >= limit,
        }
    }

    async fn run(mut self) -> anyhow::Result<Histogram> {
        let mut latency = Histogram::default();
        let (mut request, mut body, mut answer) = (Vec::new(), Vec::new(), vec![0u8; 16 * 1024]);
        let head = format!(
            "PUT {} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n",
            self.target.path, self.target.token
        );
        while !self.is_over() {
            body.clear();
            self.uploads.write_next(&mut body);
            request.clear();
            request.extend_from_slice(head.as_bytes());
            request.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
            request.extend_from_slice(&body);
            let began = Instant::now();
            self.stream.write_all(&request).await?;
            self.answer(&mut answer).await?;
            latency.record(began.elapsed());
        }
        Ok(latency)
    }

    async fn answer(&mut self, buffer: &mut [u8]) -> anyhow::Result<()> {
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut buffer[filled..]).await?;
            if read == 0 {
                bail!("the server closed the connection");
            }
            filled += read;
            let text = &buffer[..filled];
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
            if status != self.target.expected_status {
                bail!("status {status}: {}", String::from_utf8_lossy(&text[end + 4..]));
            }
            return Ok(());
        }
    }
}
