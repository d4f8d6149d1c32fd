use super::follow::Ahead;
use super::open::{self, refused};
use super::{SqliteOptions, check};
use crate::StoreError;
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::path::{Path, PathBuf};

/// Writes a consistent, compact copy to `destination`, which must not exist. It appears whole or not at all.
fn backup(path: &Path, destination: &Path) -> Result<(), StoreError> {
    if destination.exists() {
        return Err(refused(destination, "exists already; a backup never overwrites anything"));
    }
    let partial = destination.with_added_extension("partial");
    remove_partial(&partial)?;
    let text = partial.to_str().ok_or_else(|| refused(destination, "is not a name that SQLite can open"))?;
    // On a connection of its own: SQLite copies no database from within a transaction.
    let copied = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?
        .execute("VACUUM INTO ?1", [text])
        .map_err(|error| refused(destination, &format!("could not be written: {error}")));
    finish(copied.map(drop), &partial, destination)
}

/// [`backup`], on a thread that may block.
pub(super) async fn backup_apart(path: PathBuf, destination: PathBuf) -> Result<(), StoreError> {
    tokio::task::spawn_blocking(move || backup(&path, &destination))
        .await
        .map_err(|error| StoreError::Unavailable(format!("the backup ended early: {error}")))?
}

/// Puts a backup into place as the database at `path`, after checking it through. Refuses when there is a
/// database there already.
pub fn restore(source: &Path, path: &Path) -> Result<(), StoreError> {
    if open::inspect(source)? {
        return Err(refused(source, "is empty or does not exist"));
    }
    if open::files(path).iter().any(|file| file.exists()) {
        return Err(refused(path, "exists already; move it away or restore into another folder"));
    }
    let damaged =
        |what: &dyn std::fmt::Display| refused(source, &format!("is damaged and was not restored: {what}"));
    let connection = Connection::open_with_flags(source, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|error| damaged(&error))?;
    let report = check::check(&connection, Ahead::default()).map_err(|error| damaged(&error))?;
    if let Some(violation) = report.violations.first() {
        return Err(damaged(violation));
    }
    if let Some(folder) = path.parent() {
        open::create_folder(folder)?;
    }
    let partial = path.with_added_extension("partial");
    remove_partial(&partial)?;
    let copied =
        fs::copy(source, &partial).map_err(|error| refused(path, &format!("could not be written: {error}")));
    finish(copied.map(drop), &partial, path)?;
    open::writer(path, &SqliteOptions::default()).map(drop)
}

fn remove_partial(partial: &Path) -> Result<(), StoreError> {
    match fs::remove_file(partial) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(refused(partial, &format!("is left from an earlier try and cannot be removed: {error}")))
        }
        _ => Ok(()),
    }
}

/// Makes the finished copy durable under its real name, or removes what there is of it.
fn finish(copied: Result<(), StoreError>, partial: &Path, destination: &Path) -> Result<(), StoreError> {
    let placed = copied.and_then(|()| {
        let sync_and_rename = || {
            fs::File::open(partial)?.sync_all()?;
            fs::rename(partial, destination)?;
            match destination.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                Some(folder) => fs::File::open(folder)?.sync_all(),
                None => fs::File::open(".")?.sync_all(),
            }
        };
        sync_and_rename().map_err(|error| refused(destination, &format!("could not be written: {error}")))
    });
    if placed.is_err() {
        // The reason for the failure matters more than a left-over.
        let _ = fs::remove_file(partial);
    }
    placed
}
