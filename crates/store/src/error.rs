use std::path::PathBuf;

/// Why a store could not do what it was asked.
///
/// The variants are what a caller can act upon; the texts are for the operator's log and never hold a value
/// that a client sent.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The queue of writes is full, or nobody could be served in time. Nothing was stored; try again soon.
    #[error("the store has more to do than it can queue")]
    Overloaded,
    /// The disk is full. Nothing was stored; writes succeed again once there is space.
    #[error("the disk is full: {0}")]
    Full(String),
    /// Reading or writing failed below the store. Nothing of the failed unit of work was stored.
    #[error("storage failed: {0}")]
    Unavailable(String),
    /// A read took so long that what it began with is gone. The store tries again by itself before it says so.
    #[error("the read was overtaken by writes")]
    Interrupted,
    /// The store is shutting down. Nothing was stored.
    #[error("the store is closing")]
    Closing,
    /// Something stored is not what was written.
    #[error("{table} holds a row that cannot be read: {what}")]
    Corrupt {
        /// Where it is.
        table: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// The store cannot be opened, or the operation is refused; the text says why and what to do.
    #[error("{path}: {why}", path = path.display())]
    Refused {
        /// What was to be opened or written.
        path: PathBuf,
        /// Why not, and what to do about it.
        why: String,
    },
}
