//! The embedded store passes the conformance suite, survives what a process does to it, and refuses what it cannot
//! open.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and names its case"
)]

use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use touchline_domain::cost::{AdCostType, Campaign, CampaignIdentifier, Figures};
use touchline_domain::record::{
    Particulars, RecordFilter, RecordKey, RecordKind, Reference, UploadOutcome, Version,
};
use touchline_domain::{
    AdCost, Country, Currency, Day, DeviceClass, Identifier, IdentifierKind, Instant, Moment, Money, PageUrl,
    RateSheet, Site, SiteId, Text, Visit,
};
use touchline_store::sqlite::{SqliteOptions, restore, schema_version};
use touchline_store::{
    JourneyChange, NewCost, NewVisit, RecordsQuery, SqliteStore, Store, StoreError, Upload, conformance,
};

fn open(path: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(path, &SqliteOptions::default())
}

async fn conforms(options: SqliteOptions) {
    for (name, case) in conformance::CASES {
        let folder = tempfile::tempdir().unwrap();
        println!("{name}");
        case(Arc::new(SqliteStore::open(&folder.path().join("t.db"), &options).unwrap())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_conforms_with_the_defaults() {
    conforms(SqliteOptions::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_conforms_while_names_are_written_at_once() {
    conforms(SqliteOptions { gathered_names: 0, ..SqliteOptions::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_conforms_while_names_are_written_a_few_at_a_time() {
    conforms(SqliteOptions { gathered_names: 20, checkpoint_pages: 3, ..SqliteOptions::default() }).await;
}

fn site() -> Site {
    let (id, name) = (SiteId::parse("s").unwrap(), Text::parse("Example").unwrap());
    Site::new(id, name, Instant::from_micros(0)).unwrap()
}

fn upload(reference: &str, second: i64) -> Upload {
    let email = format!("{reference}@example.com");
    let country = Country::parse("GB").unwrap();
    let at = Instant::from_micros(second * 1_000_000);
    Upload {
        key: key(reference),
        received_at: at,
        version: Version {
            occurred: Moment { at, date_only: false },
            value: Money { minor: second, currency: Currency::parse("GBP").unwrap() },
            particulars: Particulars::Opportunity { stage: Text::parse("New").unwrap() },
            identifiers: vec![Identifier::parse(IdentifierKind::EmailAddress, &email, country).unwrap()],
            labels: None,
            properties: None,
        },
    }
}

fn key(reference: &str) -> RecordKey {
    let site = SiteId::parse("s").unwrap();
    RecordKey { site, kind: RecordKind::Opportunity, reference: Reference::parse(reference).unwrap() }
}

fn cost() -> NewCost {
    let text = |text| Text::parse(text).unwrap();
    let identifiers =
        vec![CampaignIdentifier { importance: 1, name: text("Campaign"), value: text("Spring") }];
    let spent = Money { minor: 5, currency: Currency::parse("GBP").unwrap() };
    let cost = AdCost {
        day: Day::from_number(7),
        platform: None,
        source: text("Example News"),
        cost_type: AdCostType::Affiliate,
        campaign: Campaign::of(&identifiers),
        identifiers,
        keyword: None,
        figures: Figures { spent, clicks: None, impressions: None, reach: None },
    };
    NewCost { site: SiteId::parse("s").unwrap(), received_at: Instant::from_micros(1), cost }
}

async fn assert_holds(store: &SqliteStore, records: usize, versions_each: usize) {
    for record in 0..records {
        let versions = store.record(key(&format!("r{record}"))).await.unwrap();
        assert_eq!(versions.len(), versions_each, "r{record}");
    }
    assert_eq!(store.check().await.unwrap().violations, Vec::<String>::new());
}

async fn fill(store: &SqliteStore, records: usize, seconds: std::ops::Range<i64>) {
    for second in seconds {
        for record in 0..records {
            store.upload(vec![upload(&format!("r{record}"), second)]).await.unwrap();
        }
    }
}

/// Opens the same files without the first store ever having been closed, as after a crash.
#[tokio::test(flavor = "multi_thread")]
async fn names_that_were_only_in_memory_are_found_again() {
    for gathered_names in [0, 30, 250_000] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        let options = SqliteOptions { gathered_names, ..SqliteOptions::default() };
        let crashed = SqliteStore::open(&path, &options).unwrap();
        crashed.add_site(site()).await.unwrap();
        fill(&crashed, 40, 1..4).await;
        let again = SqliteStore::open(&path, &options).unwrap();
        assert_holds(&again, 40, 3).await;
        let repeated = again.upload(vec![upload("r7", 2)]).await.unwrap();
        assert_eq!(repeated, [UploadOutcome::Unchanged]);
        std::mem::forget(crashed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_sees_what_is_written_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let options = SqliteOptions { gathered_names: 25, ..SqliteOptions::default() };
    let server = SqliteStore::open(&path, &options).unwrap();
    server.add_site(site()).await.unwrap();
    let command = open(&path).unwrap();
    for round in 1..6 {
        fill(&server, 20, round..round + 1).await;
        assert_holds(&command, 20, usize::try_from(round).unwrap()).await;
    }
    command.upload(vec![upload("r3", 99)]).await.unwrap();
    assert_eq!(server.record(key("r3")).await.unwrap().len(), 6);
    assert_eq!(server.upload(vec![upload("r3", 99)]).await.unwrap(), [UploadOutcome::Unchanged]);
    let query = RecordsQuery {
        site: SiteId::parse("s").unwrap(),
        kind: RecordKind::Opportunity,
        after: None,
        filter: RecordFilter::default(),
        limit: 100,
    };
    assert_eq!(server.records(query).await.unwrap().records.len(), 20);
    server.close().await.unwrap();
    command.close().await.unwrap();
    assert_eq!(open(&path).unwrap().check().await.unwrap().violations, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_restored_whole() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("t.db")).unwrap();
    store.add_site(site()).await.unwrap();
    fill(&store, 10, 1..3).await;
    let backup = folder.path().join("backup.db");
    store.backup(&backup).await.unwrap();
    let target = folder.path().join("elsewhere/touchline.db");
    restore(&backup, &target).unwrap();
    let restored = open(&target).unwrap();
    assert_holds(&restored, 10, 2).await;
    assert!(matches!(restore(&backup, &target), Err(StoreError::Refused { .. })), "nothing is overwritten");
}

/// What an earlier version wrote is brought up to date and kept.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_database_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let older = rusqlite::Connection::open(&path).unwrap();
    older.pragma_update(None, "application_id", 0x5463_684C).unwrap();
    older.execute_batch(include_str!("../migrations/sqlite/0001_records.sql")).unwrap();
    older.execute_batch(include_str!("../migrations/sqlite/0002_visits_and_identity.sql")).unwrap();
    older.pragma_update(None, "user_version", 2).unwrap();
    let site = "INSERT INTO site VALUES ('s', 'Example', 'GBP', 'GB', 'UTC', '[]', 0, 0, '{}')";
    older.execute_batch(site).unwrap();
    drop(older);
    let store = open(&path).unwrap();
    fill(&store, 2, 1..3).await;
    assert_eq!(store.add_costs(vec![cost(), cost()]).await.unwrap()[1], UploadOutcome::Unchanged);
    assert_eq!(store.rates().await.unwrap().version, 0);
    assert_holds(&store, 2, 2).await;
    assert_eq!(store.check().await.unwrap().costs, 1);
    let then = store.site_as_of(SiteId::parse("s").unwrap(), Instant::from_micros(0)).await.unwrap();
    assert_eq!(then.as_ref(), store.directory().await.unwrap().sites.first(), "as far as is known");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ours_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    for (name, make) in [
        ("text", (|path: &Path| std::fs::write(path, "dear diary").unwrap()) as fn(&Path)),
        ("foreign", |path| {
            let foreign = rusqlite::Connection::open(path).unwrap();
            foreign.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)").unwrap();
        }),
        ("newer", |path| {
            let store = open(path).unwrap();
            let closing = async { store.close().await.unwrap() };
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(closing));
            let ours = rusqlite::Connection::open(path).unwrap();
            ours.pragma_update(None, "user_version", schema_version() + 1).unwrap();
        }),
    ] {
        let path = folder.path().join(name);
        make(&path);
        let before = files(&folder, name);
        let refused = open(&path).map(drop);
        assert!(matches!(refused, Err(StoreError::Refused { .. })), "{name}: {refused:?}");
        assert_eq!(files(&folder, name), before, "{name} was touched");
    }
}

/// Every file whose name begins so, with its bytes.
fn files(folder: &TempDir, name: &str) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap);
    let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(name));
    let mut files: Vec<_> = named
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_is_found_by_the_check() {
    let damages = [
        "UPDATE record_version SET details = 'x' WHERE change = 3",
        "UPDATE record_version SET is_first = 1",
        "UPDATE record_version SET site_id = 'nobody' WHERE change = 3",
        "UPDATE record_version SET stage = NULL WHERE change = 3",
        "DELETE FROM name WHERE change = 3",
        "DELETE FROM record_version WHERE change = 3",
        "UPDATE site_history SET name = 'x'",
        "DELETE FROM site_history",
        "UPDATE counter SET value = 1000 WHERE name = 'names_indexed_through'",
        "UPDATE ad_cost SET details = 'x'",
        "UPDATE ad_cost SET cost_type = 'x'",
        "UPDATE ad_cost SET cost_key = zeroblob(16)",
        "UPDATE ad_cost SET site_id = 'nobody'",
        "UPDATE rate_day SET rates = 'x'",
        "UPDATE rate_day SET rates = '{\"USD\":0}'",
    ];
    for damage in damages {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        let store = open(&path).unwrap();
        store.add_site(site()).await.unwrap();
        fill(&store, 4, 1..4).await;
        store.add_costs(vec![cost()]).await.unwrap();
        let rates = RateSheet::parse("Date,USD\n2024-01-15,1.0945").unwrap();
        store.set_rates(rates, Instant::from_micros(1)).await.unwrap();
        store.close().await.unwrap();
        rusqlite::Connection::open(&path).unwrap().execute_batch(damage).unwrap();
        let report = store.check().await.unwrap();
        assert!(!report.violations.is_empty(), "not found: {damage}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_hold_an_erasure_up_only_as_long_as_they_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let store = open(&path).unwrap();
    store.add_site(site()).await.unwrap();
    store.upload(vec![upload("ann", 1)]).await.unwrap();
    let log = folder.path().join("t.db-wal");
    let holds_ann = || std::fs::read(&log).unwrap().windows(15).any(|bytes| bytes == b"ann@example.com");
    assert!(holds_ann());
    let reader = rusqlite::Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    reader.query_row("SELECT count(*) FROM record_version", [], |row| row.get::<_, i64>(0)).unwrap();
    let country = Country::parse("GB").unwrap();
    let ann = Identifier::parse(IdentifierKind::EmailAddress, "ann@example.com", country).unwrap();
    let fate = touchline_store::ErasedRecords::KeepTotals;
    let erased = store.erase(SiteId::parse("s").unwrap(), vec![ann], fate).await.unwrap();
    assert_eq!(erased.records, 1);
    assert!(holds_ann(), "somebody still reads it as it was");
    reader.execute_batch("COMMIT").unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while holds_ann() {
        assert!(std::time::Instant::now() < deadline, "nobody writes, and it is emptied all the same");
        tokio::task::yield_now().await;
    }
    store.close().await.unwrap();
}

/// Whom one process knows to have no record gets one that another process follows.
#[tokio::test(flavor = "multi_thread")]
async fn processes_may_follow_in_turn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let (server, command) = (open(&path).unwrap(), open(&path).unwrap());
    server.add_site(site()).await.unwrap();
    server.add_visits(vec![visit(1), visit(5_000)]).await.unwrap();
    follow(&server).await;
    server.upload(vec![deal("D", 20_000)]).await.unwrap();
    follow(&command).await;
    server.add_visits(vec![visit(10_000)]).await.unwrap();
    follow(&server).await;
    let verified = server.verify(None).await.unwrap();
    assert_eq!((verified.journeys, verified.changes_behind), (1, 0));
    assert_eq!(verified.differences, [""; 0]);
    let journeys = command.journeys(SiteId::parse("s").unwrap(), 0, 10).await.unwrap();
    assert_eq!(journeys[0].journey.as_ref().unwrap().touches.len(), 3);
}

fn visitor() -> Identifier {
    Identifier::parse(IdentifierKind::RaId, "v1", Country::parse("GB").unwrap()).unwrap()
}

/// A visit of one visitor.
fn visit(second: i64) -> NewVisit {
    let at = Instant::from_micros(second * 1_000_000);
    let visit = Visit {
        visitor: visitor(),
        at,
        landing_page: PageUrl::parse("https://example.com/").unwrap(),
        referrer: None,
        title: None,
        cookie: None,
        screen: None,
        device: DeviceClass::Desktop,
        crawler: None,
    };
    NewVisit { site: SiteId::parse("s").unwrap(), received_at: at, visit }
}

/// A deal of that visitor's.
fn deal(reference: &str, second: i64) -> Upload {
    let plain = upload(reference, second);
    Upload { version: Version { identifiers: vec![visitor()], ..plain.version }, ..plain }
}

async fn follow(store: &SqliteStore) {
    while !store.follow(100).await.unwrap().is_done() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn journeys_that_are_not_what_the_facts_say_are_found_and_derived_anew() {
    let tamperings = [
        "UPDATE journey SET body = replace(body, '[20,', '[21,') WHERE reference = 'D7'",
        "UPDATE journey SET is_matched = 0 WHERE reference = 'D7'",
        "DELETE FROM journey WHERE reference = 'D7'",
        "UPDATE journey SET reference = 'nobody' WHERE reference = 'D7'",
        "INSERT INTO journey (site_id, kind, reference, is_matched, body) SELECT site_id, kind, 'X', 1, body FROM journey LIMIT 1",
    ];
    for tampering in tamperings {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        let store = open(&path).unwrap();
        store.add_site(site()).await.unwrap();
        store.add_visits(vec![visit(1)]).await.unwrap();
        store.upload((0..9).map(|n| deal(&format!("D{n}"), 20)).collect()).await.unwrap();
        follow(&store).await;
        let id = SiteId::parse("s").unwrap();
        let before = store.journeys(id.clone(), 0, 100).await.unwrap();
        assert_eq!(store.verify(None).await.unwrap().journeys, 9);
        rusqlite::Connection::open(&path).unwrap().execute_batch(tampering).unwrap();
        let differences = |site| async { store.verify(site).await.unwrap().differences };
        assert!(!differences(None).await.is_empty(), "not found: {tampering}");
        assert_eq!(differences(Some(id.clone())).await, differences(None).await);
        assert_eq!(differences(Some(SiteId::parse("other").unwrap())).await, [""; 0]);
        assert!(!store.check().await.unwrap().violations.is_empty(), "not found: {tampering}");
        let rebuild = store.rebuild(None).await.unwrap();
        follow(&store).await;
        assert_eq!(differences(None).await, [""; 0], "{tampering}");
        assert_eq!(store.check().await.unwrap().violations, [""; 0], "{tampering}");
        let after = store.journeys(id, 0, 100).await.unwrap();
        let kept = after.iter().filter(|row| row.number <= rebuild.last_row).count();
        assert!(kept >= 8 && before.iter().filter(|row| after.contains(row)).count() >= 8, "others stay");
        let bodies = |rows: &[JourneyChange]| {
            let mut bodies: Vec<_> = rows.iter().filter_map(|row| row.journey.clone()).collect();
            bodies.sort_by(|a, b| a.reference.cmp(&b.reference));
            bodies
        };
        assert_eq!(bodies(&after), bodies(&before), "{tampering}");
    }
}
