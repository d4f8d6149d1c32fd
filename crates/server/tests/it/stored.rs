//! What the store holds, read beside the running server: what no address answers yet.

use crate::harness::Server;
use touchline_domain::{Country, Identifier, IdentifierKind, SiteId};
use touchline_store::sqlite::SqliteOptions;
use touchline_store::{CheckReport, PersonFacts, SqliteStore, Store};

fn ask<T>(server: &Server, question: impl AsyncFnOnce(&SqliteStore) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let path = server.data.path().join("touchline.db");
        let store = SqliteStore::open(&path, &SqliteOptions::default()).unwrap();
        let answer = question(&store).await;
        store.close().await.unwrap();
        answer
    })
}

/// Everything held on whom an identifier of site `s` belongs to.
pub fn person(server: &Server, kind: IdentifierKind, value: &str) -> PersonFacts {
    let seed = Identifier::parse(kind, value, Country::parse("GB").unwrap()).unwrap();
    ask(server, async |store| store.person(SiteId::parse("s").unwrap(), vec![seed]).await.unwrap())
}

/// What there is, all of it verified.
pub fn checked(server: &Server) -> CheckReport {
    let report = ask(server, async |store| store.check().await.unwrap());
    assert_eq!(report.violations, [""; 0]);
    report
}
