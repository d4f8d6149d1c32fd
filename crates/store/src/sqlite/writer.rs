use super::SqliteOptions;
use super::identifiers::{self, Indexing};
use crate::{StoreError, StoreStats};
use rusqlite::Connection;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};

/// The most units of work that share one transaction: bounds how long the first of them waits.
const BATCH_MAX: usize = 1_024;

/// The one writer: a thread that owns the writing connection.
///
/// It takes what is queued, applies it in one transaction and answers each caller after the commit. While one
/// batch is being committed the next one gathers, so the batch grows with the load and each `fsync` is shared.
pub(super) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    counters: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    commits: AtomicU64,
    committed_writes: AtomicU64,
    commit_micros: AtomicU64,
    failed_commits: AtomicU64,
}

/// A unit of work in the queue.
trait Job: Send {
    /// Does the work in the batch's transaction. An error fails the whole batch.
    fn apply(&mut self, tx: &mut WriteTx<'_>) -> Result<(), StoreError>;
    /// Tells the caller, after the commit or the rollback.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Work<T, F> {
    work: F,
    result: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, F: FnMut(&mut WriteTx<'_>) -> Result<T, StoreError> + Send> Job for Work<T, F> {
    fn apply(&mut self, tx: &mut WriteTx<'_>) -> Result<(), StoreError> {
        self.result = Some((self.work)(tx)?);
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { result, reply, .. } = *self;
        let answer = committed.and_then(|()| result.ok_or(StoreError::Closing));
        // A caller that went away no longer needs the answer.
        let _ = reply.send(answer);
    }
}

impl Writer {
    pub(super) fn start(connection: Connection, options: &SqliteOptions) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel(options.write_queue.max(1));
        let counters = Arc::new(Counters::default());
        let shared = Arc::clone(&counters);
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(connection, queue, &shared))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)), counters })
    }

    fn sender(&self) -> Result<mpsc::Sender<Box<dyn Job>>, StoreError> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.clone().ok_or(StoreError::Closing)
    }

    pub(super) fn is_open(&self) -> Result<(), StoreError> {
        self.sender().map(drop)
    }

    /// Queues work, waiting for a place: for the few writes that an operator makes.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut WriteTx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Work { work, result: None, reply });
        self.sender()?.send(job).await.map_err(|_| StoreError::Closing)?;
        answer.await.map_err(|_| StoreError::Closing)?
    }

    /// Queues work, or refuses at once when the queue is full.
    pub(super) async fn try_write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut WriteTx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Work { work, result: None, reply });
        self.sender()?.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closing,
        })?;
        answer.await.map_err(|_| StoreError::Closing)?
    }

    /// Brings the index of identifiers up to everything that was stored before this call.
    pub(super) async fn index_identifiers(&self) -> Result<(), StoreError> {
        self.write(identifiers::index_all).await
    }

    pub(super) fn stats(&self, bytes: u64) -> StoreStats {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let depth = self.sender().map_or(0, |jobs| jobs.max_capacity() - jobs.capacity());
        StoreStats {
            bytes,
            queue_depth: depth as u64,
            commits: load(&self.counters.commits),
            committed_writes: load(&self.counters.committed_writes),
            commit_micros: load(&self.counters.commit_micros),
            failed_commits: load(&self.counters.failed_commits),
        }
    }

    /// Refuses new work, finishes what is queued, and waits for the thread to end.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread else { return Ok(()) };
        tokio::task::spawn_blocking(move || thread.join())
            .await
            .ok()
            .and_then(Result::ok)
            .ok_or_else(|| StoreError::Unavailable("the writer thread ended early".into()))
    }
}

/// What a unit of work writes with.
pub(super) struct WriteTx<'a> {
    pub(super) connection: &'a Connection,
    /// The highest change number given out; the next one is one more.
    pub(super) last_change: i64,
    /// The sorted part of the identifier index that is being worked in, slice by slice.
    pub(super) indexing: &'a mut Option<Indexing>,
}

fn run(connection: Connection, mut queue: mpsc::Receiver<Box<dyn Job>>, counters: &Counters) {
    let mut indexing = None;
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while let Some(first) = queue.blocking_recv() {
        batch.push(first);
        while batch.len() < BATCH_MAX
            && let Ok(next) = queue.try_recv()
        {
            batch.push(next);
        }
        let started = Instant::now();
        let committed = commit(&connection, &mut batch, &mut indexing);
        match &committed {
            Ok(()) => {
                counters.commits.fetch_add(1, Ordering::Relaxed);
                counters.committed_writes.fetch_add(batch.len() as u64, Ordering::Relaxed);
                let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
                counters.commit_micros.fetch_add(micros, Ordering::Relaxed);
            }
            Err(error) => {
                counters.failed_commits.fetch_add(1, Ordering::Relaxed);
                tracing::error!(%error, writes = batch.len(), "a batch of writes was rolled back");
                indexing = None;
            }
        }
        for job in batch.drain(..) {
            job.answer(committed.clone());
        }
    }
    // The next start finds no log to recover. Should this fail, it recovers.
    if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
        tracing::warn!(%error, "the log could not be folded into the database at the end");
    }
}

/// Applies a batch in one transaction. On an error nothing of it remains.
fn commit(
    connection: &Connection,
    batch: &mut [Box<dyn Job>],
    indexing: &mut Option<Indexing>,
) -> Result<(), StoreError> {
    let tx = rusqlite::Transaction::new_unchecked(connection, rusqlite::TransactionBehavior::Immediate)?;
    let last_change = last_change(&tx)?;
    let mut write = WriteTx { connection: &tx, last_change, indexing };
    for job in batch.iter_mut() {
        job.apply(&mut write)?;
    }
    identifiers::index_slice(&mut write)?;
    tx.commit()?;
    Ok(())
}

fn last_change(connection: &Connection) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT coalesce(max(change), 0) FROM change")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}
