use super::SqliteOptions;
use super::open;
use crate::StoreError;
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// How often a read that was overtaken by writes begins again.
const TRIES: usize = 5;

/// Connections for reading, each used by one read at a time. Reads beyond their number wait for one.
pub(super) struct Readers {
    free: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Readers {
    pub(super) fn open(path: &Path, options: &SqliteOptions) -> Result<Self, StoreError> {
        let connections = (0..options.readers.max(1)).map(|_| open::reader(path, options));
        let free: Vec<_> = connections.collect::<Result<_, _>>()?;
        let permits = Semaphore::new(free.len());
        Ok(Self { free: Mutex::new(free), permits })
    }

    /// Runs `work` on a thread that may block, inside one read transaction, so that all it sees is of one moment.
    pub(super) async fn read<T, F>(self: &Arc<Self>, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let readers = Arc::clone(self);
        let read = async move {
            let _permit = readers.permits.acquire().await.map_err(|_| StoreError::Closing)?;
            let again = Arc::clone(&readers);
            tokio::task::spawn_blocking(move || again.read_blocking(work))
                .await
                .map_err(|error| StoreError::Unavailable(format!("a read ended early: {error}")))?
        };
        // A task of its own: should the caller go away, the permit is still held until the connection is back.
        tokio::spawn(read)
            .await
            .map_err(|error| StoreError::Unavailable(format!("a read ended early: {error}")))?
    }

    fn read_blocking<T>(&self, work: impl Fn(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let taken = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = taken.ok_or(StoreError::Overloaded)?;
        let mut result = Err(StoreError::Interrupted);
        for _ in 0..TRIES {
            result = connection.transaction().map_err(StoreError::from).and_then(|tx| work(&tx));
            if !matches!(result, Err(StoreError::Interrupted)) {
                break;
            }
        }
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        result
    }
}
