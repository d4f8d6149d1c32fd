use super::names::{self, Draft, Entry, Tail};
use super::{SqliteOptions, open};
use crate::{StoreError, StoreStats};
use rusqlite::{Connection, params};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// The most units of work that share one transaction: bounds how long the first of them waits.
const BATCH_MAX: usize = 1_024;

/// How long a write that must leave no copy waits for readers of the write-ahead log, and how often it is tried again after
/// that (a backup, a check), until the log is empty.
const FOLD_PATIENCE: Duration = Duration::from_secs(5);
const FOLD_AGAIN: Duration = Duration::from_millis(250);

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
    /// Whether the last transaction failed.
    is_failing: AtomicBool,
}

/// A unit of work in the queue.
trait Job: Send {
    /// Does the work in the batch's transaction. An error fails the whole batch.
    fn apply(&mut self, tx: &mut WriteTx<'_>) -> Result<(), StoreError>;
    /// Tells the caller, after the commit or the rollback.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Work<T, F> {
    run: F,
    result: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, F: FnMut(&mut WriteTx<'_>) -> Result<T, StoreError> + Send> Job for Work<T, F> {
    fn apply(&mut self, tx: &mut WriteTx<'_>) -> Result<(), StoreError> {
        self.result = Some((self.run)(tx)?);
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
    pub(super) fn start(
        connection: Connection,
        tail: Arc<Tail>,
        options: &SqliteOptions,
    ) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel(options.write_queue.max(1));
        let counters = Arc::new(Counters::default());
        let shared = Arc::clone(&counters);
        let runtime = Handle::current();
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(&connection, &tail, queue, &shared, &runtime))
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

    /// Whether the last transaction failed.
    pub(super) fn is_failing(&self) -> bool {
        self.counters.is_failing.load(Ordering::Relaxed)
    }

    /// Writes something that means nothing, as large as some uploads.
    pub(super) async fn probe(&self) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.connection.execute("INSERT OR REPLACE INTO probe VALUES (1, randomblob(262144))", [])?;
            Ok(())
        })
        .await
    }

    /// Queues work, waiting for a place: for the few writes that an operator makes.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut WriteTx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Work { run: work, result: None, reply });
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
        let job = Box::new(Work { run: work, result: None, reply });
        self.sender()?.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closing,
        })?;
        answer.await.map_err(|_| StoreError::Closing)?
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
            changes_behind: 0,
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
    pub(super) tail: &'a Tail,
    pub(super) draft: Draft,
    /// The last change number given out; the next one is one more.
    pub(super) last_change: i64,
    /// Whether what was deleted must leave no copy in the write-ahead log.
    pub(super) leaves_no_copy: bool,
}

impl WriteTx<'_> {
    /// Removes the names of a fact that is being deleted.
    pub(super) fn forget(&mut self, entries: Vec<Entry>) -> Result<(), StoreError> {
        let sql = "DELETE FROM name WHERE hash = ?1 AND second = ?2 AND change = ?3";
        let mut delete = self.connection.prepare_cached(sql)?;
        for entry in entries {
            delete.execute(params![entry.hash, entry.second, entry.change])?;
            self.draft.deleted.insert(entry);
        }
        Ok(())
    }

    /// Sees to it that no change number is given out twice, when rows of the logs are deleted.
    pub(super) fn keep_sequence(&self) -> Result<(), StoreError> {
        let sql = "UPDATE counter SET value = max(value, ?1) WHERE name = 'deleted_through'";
        self.connection.prepare_cached(sql)?.execute([self.last_change])?;
        Ok(())
    }
}

fn run(
    connection: &Connection,
    tail: &Tail,
    mut queue: mpsc::Receiver<Box<dyn Job>>,
    counters: &Counters,
    runtime: &Handle,
) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    let (mut has_written, mut owes_fold) = (false, false);
    loop {
        let first = if owes_fold {
            // Nobody may write for a long time; what was erased must not stay in the log until somebody does.
            let Ok(first) = runtime.block_on(async { timeout(FOLD_AGAIN, queue.recv()).await }) else {
                owes_fold = !fold_log(connection, Duration::ZERO);
                continue;
            };
            first
        } else {
            queue.blocking_recv()
        };
        let Some(first) = first else { break };
        batch.push(first);
        gather(&mut queue, &mut batch);
        let started = Instant::now();
        let committed = commit(connection, tail, &mut batch, false);
        counters.is_failing.store(committed.is_err(), Ordering::Relaxed);
        match &committed {
            Ok(done) => {
                has_written |= done.changes > 0;
                if done.leaves_no_copy {
                    owes_fold = !fold_log(connection, FOLD_PATIENCE);
                } else if owes_fold {
                    owes_fold = !fold_log(connection, Duration::ZERO);
                }
                counters.commits.fetch_add(1, Ordering::Relaxed);
                counters.committed_writes.fetch_add(batch.len() as u64, Ordering::Relaxed);
                let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
                counters.commit_micros.fetch_add(micros, Ordering::Relaxed);
            }
            Err(error) => {
                counters.failed_commits.fetch_add(1, Ordering::Relaxed);
                tracing::error!(%error, writes = batch.len(), "a batch of writes was rolled back");
            }
        }
        answer(runtime, std::mem::replace(&mut batch, Vec::with_capacity(BATCH_MAX)), committed.map(drop));
    }
    if has_written {
        finish(connection, tail);
    }
}

/// Takes what is queued. While more keeps coming, those who bring it go first: it shares this commit instead of waiting
/// for the next. When nothing comes, nothing is waited for.
fn gather(queue: &mut mpsc::Receiver<Box<dyn Job>>, batch: &mut Vec<Box<dyn Job>>) {
    loop {
        let before = batch.len();
        while batch.len() < BATCH_MAX
            && let Ok(next) = queue.try_recv()
        {
            batch.push(next);
        }
        if batch.len() == before || batch.len() == BATCH_MAX {
            return;
        }
        std::thread::yield_now();
    }
}

/// Answers a batch's callers from a thread of the runtime, where waking a caller takes no lock and the writer can go
/// on to the next batch.
fn answer(runtime: &Handle, batch: Vec<Box<dyn Job>>, committed: Result<(), StoreError>) {
    runtime.spawn(async move {
        for job in batch {
            job.answer(committed.clone());
        }
    });
}

/// Leaves a database that the next start need not make good. Should this fail, the next start does.
fn finish(connection: &Connection, tail: &Tail) {
    if let Err(error) = commit(connection, tail, &mut [], true) {
        tracing::warn!(%error, "the index of names could not be completed at the end");
    }
    fold_log(connection, FOLD_PATIENCE);
}

/// Copies the write-ahead log into the database and empties it, waiting so long for readers who still need it. Answers
/// whether it is empty.
fn fold_log(connection: &Connection, patience: Duration) -> bool {
    let waiting = connection.busy_timeout(patience);
    let folded = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    let restored = connection.busy_timeout(open::BUSY_TIMEOUT);
    match waiting.and(folded).and_then(|is_busy| restored.map(|()| is_busy)) {
        Ok(is_busy) => !is_busy,
        Err(error) => {
            tracing::warn!(%error, "the write-ahead log could not be emptied");
            false
        }
    }
}

/// What a transaction did.
struct Committed {
    changes: i64,
    leaves_no_copy: bool,
}

/// Applies a batch in one transaction. On an error nothing of it remains.
fn commit(
    connection: &Connection,
    tail: &Tail,
    batch: &mut [Box<dyn Job>],
    write_all_names: bool,
) -> Result<Committed, StoreError> {
    let tx = rusqlite::Transaction::new_unchecked(connection, rusqlite::TransactionBehavior::Immediate)?;
    let before = names::last_change(&tx)?;
    let draft = tail.begin(&tx, before)?;
    let mut write = WriteTx { connection: &tx, tail, draft, last_change: before, leaves_no_copy: false };
    let applied = apply(&mut write, batch, write_all_names);
    let WriteTx { draft, last_change, leaves_no_copy, .. } = write;
    match applied.and_then(|()| Ok(tx.commit()?)) {
        Ok(()) => {
            tail.keep(draft);
            Ok(Committed { changes: last_change - before, leaves_no_copy })
        }
        Err(error) => {
            tail.undo(draft, before);
            Err(error)
        }
    }
}

fn apply(
    write: &mut WriteTx<'_>,
    batch: &mut [Box<dyn Job>],
    write_all_names: bool,
) -> Result<(), StoreError> {
    for job in batch {
        job.apply(write)?;
    }
    let WriteTx { connection, tail, draft, last_change, .. } = write;
    tail.write_stretches(connection, draft, *last_change, write_all_names)?;
    // From the commit on, readers see these changes and must not look for them in the log.
    tail.cover(*last_change);
    Ok(())
}
