//! What was found and is written late, by others' reckoning.

use super::super::SqliteStore;
use super::super::open::SqliteOptions;
use crate::{NewConversion, Store, Upload};
use std::path::Path;
use std::sync::Arc;
use touchline_domain::record::{Particulars, RecordKey, RecordKind, Reference, Version};
use touchline_domain::{
    Conversion, ConversionKind, Country, Currency, Identifier, IdentifierKind, Instant, Moment, Money,
    Overrides, Site, SiteId, Text,
};

fn at(second: i64) -> Moment {
    Moment { at: Instant::from_micros(second * 1_000_000), date_only: false }
}

fn ann() -> Vec<Identifier> {
    let country = Country::parse("GB").unwrap();
    vec![Identifier::parse(IdentifierKind::EmailAddress, "ann@example.com", country).unwrap()]
}

/// Ann's form, by her sender's word offline or not.
fn form(is_offline: bool) -> NewConversion {
    let marketing_channel = is_offline.then(|| Text::parse("Offline").unwrap());
    let conversion = Conversion {
        kind: ConversionKind::Web,
        reference: Reference::parse("f").unwrap(),
        occurred: at(10),
        identifiers: ann(),
        page: None,
        name: None,
        payload: Vec::new(),
        overrides: Overrides { marketing_channel, ..Overrides::default() },
        call: None,
    };
    NewConversion { site: SiteId::parse("s").unwrap(), received_at: at(11).at, conversion }
}

/// A store where Ann's form led to a deal, and all is followed.
async fn ann_with_a_deal(path: &Path) -> SqliteStore {
    let store = SqliteStore::open(path, &SqliteOptions::default()).unwrap();
    let (id, name) = (SiteId::parse("s").unwrap(), Text::parse("Example").unwrap());
    store.add_site(Site::new(id.clone(), name, at(0).at).unwrap()).await.unwrap();
    store.add_conversions(vec![form(false)]).await.unwrap();
    let version = Version {
        occurred: at(20),
        value: Money { minor: 100, currency: Currency::parse("GBP").unwrap() },
        particulars: Particulars::Opportunity { stage: Text::parse("New").unwrap() },
        identifiers: ann(),
        labels: None,
        properties: None,
    };
    let reference = Reference::parse("D").unwrap();
    let key = RecordKey { site: id, kind: RecordKind::Opportunity, reference };
    store.upload(vec![Upload { key, received_at: at(21).at, version }]).await.unwrap();
    settle(&store).await;
    store
}

async fn settle(store: &SqliteStore) {
    while !store.follow(100).await.unwrap().is_done() {}
}

async fn assert_true(store: &SqliteStore) {
    let verified = store.verify(None).await.unwrap();
    assert_eq!((verified.journeys, verified.changes_behind), (1, 0));
    assert_eq!(verified.differences, [""; 0]);
}

/// A report is looked at, and taken back before what was found is written; who follows on finds that nothing changed.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_late_is_looked_at_again() {
    let folder = tempfile::tempdir().unwrap();
    for by_another in [false, true] {
        let path = folder.path().join(format!("{by_another}.db"));
        let store = ann_with_a_deal(&path).await;
        // The same file, as another process has it.
        let other = by_another.then(|| SqliteStore::open(&path, &SqliteOptions::default()).unwrap());
        store.add_conversions(vec![form(true)]).await.unwrap();
        let (tail, following) = (Arc::clone(&store.tail), Arc::clone(&store.following));
        let read = move |connection: &_| super::find(connection, &tail, &following, 100);
        let found = store.readers.read(read).await.unwrap();
        store.add_conversions(vec![form(false)]).await.unwrap();
        let ahead = other.as_ref().unwrap_or(&store);
        settle(ahead).await;
        store.writer.write(move |tx| super::write(tx, &found)).await.unwrap();
        settle(ahead).await;
        assert_true(ahead).await;
        assert_true(&store).await;
    }
}
