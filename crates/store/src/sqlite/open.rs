use crate::StoreError;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::{DirBuilder, File};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `TchL` in the file's header tells Touchline's databases from others.
const APPLICATION_ID: i32 = 0x5463_684C;

/// One per release that changed the schema, in order; a file's `user_version` is how many it has had.
const MIGRATIONS: [&str; 8] = [
    include_str!("../../migrations/sqlite/0001_records.sql"),
    include_str!("../../migrations/sqlite/0002_visits_and_identity.sql"),
    include_str!("../../migrations/sqlite/0003_rates_and_costs.sql"),
    include_str!("../../migrations/sqlite/0004_journeys.sql"),
    include_str!("../../migrations/sqlite/0005_site_history.sql"),
    include_str!("../../migrations/sqlite/0006_exports.sql"),
    include_str!("../../migrations/sqlite/0007_sessions.sql"),
    include_str!("../../migrations/sqlite/0008_intake.sql"),
];

/// How long the writer waits for another process.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// How many prepared statements a connection keeps: more than there are. One that is not kept is parsed each time.
const STATEMENTS: usize = 128;

/// How the embedded store uses the machine. The defaults suit a server.
#[derive(Debug, Clone, Copy)]
pub struct SqliteOptions {
    /// How many units of work may wait to be written before writes are refused as overload.
    pub write_queue: usize,
    /// How many reads run at once.
    pub readers: usize,
    /// Page cache of the writer, in kibibytes; each reader has a quarter of it.
    pub cache_kib: u32,
    /// The write-ahead log is copied into the database each time it has grown by this many pages.
    pub checkpoint_pages: u32,
    /// How many entries of the index of names are gathered in memory before they are written, some 60 bytes each;
    /// the more, the fewer pages each of them costs, and the longer the first request after a crash waits.
    pub gathered_names: usize,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            write_queue: 8_192,
            readers: 4,
            cache_kib: 8 * 1_024,
            checkpoint_pages: 1_000,
            gathered_names: 250_000,
        }
    }
}

/// The schema version that this build writes.
pub fn schema_version() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// The database file and those that `SQLite` keeps beside it.
pub(super) fn files(path: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|suffix| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    })
}

/// Opens the connection that writes, creating or migrating the database.
pub(super) fn writer(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    if let Some(folder) = path.parent() {
        create_folder(folder)?;
    }
    let is_new = inspect(path)?;
    let refuse = |error: rusqlite::Error| {
        let hint = match error.sqlite_error_code() {
            // SQLite does not tell a full disk from a broken one when it cannot make room for its shared memory.
            Some(ErrorCode::SystemIoFailure | ErrorCode::DiskFull) => " (is the disk full?)",
            _ => "",
        };
        refused(path, &format!("cannot be opened for writing: {error}{hint}"))
    };
    let mut connection = Connection::open(path).map_err(refuse)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(refuse)?;
    if is_new {
        connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(refuse)?;
    }
    connection.pragma_update(None, "journal_mode", "WAL").map_err(refuse)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(refuse)?;
    // What is deleted is overwritten: an erasure must leave nothing in freed pages.
    connection.pragma_update(None, "secure_delete", true).map_err(refuse)?;
    connection.pragma_update(None, "cache_size", -i64::from(options.cache_kib)).map_err(refuse)?;
    connection.pragma_update(None, "wal_autocheckpoint", options.checkpoint_pages).map_err(refuse)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    migrate(&mut connection).map_err(refuse)?;
    Ok(connection)
}

/// Creates a folder for data, with those above it, unless it is there. Only its owner may look into it.
pub fn create_folder(folder: &Path) -> Result<(), StoreError> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(folder).map_err(|error| refused(folder, &format!("cannot be created: {error}")))
}

/// Opens a connection that only reads an existing database.
pub(super) fn reader(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "query_only", true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "cache_size", -i64::from(options.cache_kib / 4))?;
    Ok(connection)
}

/// Whether there is room on the disk for some uploads: tries it, since quotas and limits count too.
pub(super) fn has_room(path: &Path) -> Result<(), StoreError> {
    let scratch = path.with_added_extension("room");
    let write = || {
        let mut file = File::create(&scratch)?;
        file.write_all(&vec![0; 1 << 20])?;
        file.sync_all()
    };
    let written = write();
    // It may not have come into being.
    let _ = std::fs::remove_file(&scratch);
    written.map_err(|error| match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full(error.to_string()),
        _ => StoreError::Unavailable(error.to_string()),
    })
}

/// Looks at the file without opening it as a database, so that a refusal touches nothing. Answers whether the
/// database is yet to be created.
pub(super) fn inspect(path: &Path) -> Result<bool, StoreError> {
    let mut header = [0u8; 100];
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(refused(path, &format!("cannot be read: {error}"))),
    };
    let metadata = file.metadata().map_err(|error| refused(path, &format!("cannot be read: {error}")))?;
    if metadata.len() == 0 {
        return Ok(true);
    }
    let is_sqlite = file.read_exact(&mut header).is_ok() && header.starts_with(b"SQLite format 3\0");
    let field = |at: usize| i32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (user_version, application_id) = (field(60), field(68));
    if !is_sqlite || application_id != APPLICATION_ID {
        return Err(refused(path, "is not a Touchline database; it was left as it is"));
    }
    if user_version > schema_version().cast_signed() {
        let why = format!(
            "was written by a newer Touchline (schema {user_version}, this one knows {}); \
             install that version or restore an older backup",
            schema_version()
        );
        return Err(refused(path, &why));
    }
    Ok(false)
}

/// [`has_room`], on a thread that may block.
pub(super) async fn looks_for_room(path: PathBuf) -> Result<(), StoreError> {
    tokio::task::spawn_blocking(move || has_room(&path))
        .await
        .map_err(|error| StoreError::Unavailable(error.to_string()))?
}

/// How large the files are together.
pub(super) fn bytes(path: &Path) -> u64 {
    let metadata = files(path).into_iter().filter_map(|file| file.metadata().ok());
    metadata.map(|metadata| metadata.len()).sum()
}

fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let done: u32 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for migration in MIGRATIONS.iter().skip(done as usize) {
        tx.execute_batch(migration)?;
    }
    if done < schema_version() {
        tx.pragma_update(None, "user_version", schema_version())?;
    }
    tx.commit()?;
    if done < schema_version() {
        // The header that `inspect` reads is the file's own, not the log's.
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    Ok(())
}

pub(super) fn refused(path: &Path, why: &str) -> StoreError {
    StoreError::Refused { path: path.to_owned(), why: why.to_owned() }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full(error.to_string()),
            _ => Self::Unavailable(error.to_string()),
        }
    }
}
