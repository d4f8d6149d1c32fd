use super::samples::{
    assert_sound, email, identifier, key, labels, opportunity, properties, revenue, site, state, upload,
    versions_only,
};
use crate::{Store, StoreError, Upload};
use std::sync::Arc;
use touchline_domain::record::{Particulars, RecordKind, UploadOutcome, Version};
use touchline_domain::{Currency, IdentifierKind, Instant, Moment, Money};

pub(super) async fn the_outcome_says_what_an_upload_did(store: Arc<dyn Store>) {
    use UploadOutcome::{Created, Unchanged, Updated};
    store.add_site(site("s")).await.unwrap();
    let steps = [
        (opportunity("New", 100, 10), Created),
        (opportunity("New", 100, 10), Unchanged),
        (opportunity("Won", 100, 20), Updated),
        (opportunity("Won", 100, 20), Unchanged),
        (opportunity("New", 100, 10), Unchanged),
        (opportunity("Old", 100, 5), Updated),
        (opportunity("Lost", 100, 20), Updated),
        (opportunity("Won", 100, 20), Updated),
    ];
    for (step, (version, expected)) in steps.into_iter().enumerate() {
        let outcomes = store.upload(vec![upload("r", version)]).await.unwrap();
        assert_eq!(outcomes, [expected], "step {step}");
    }
    let state = state(&store, key("s", RecordKind::Opportunity, "r")).await.unwrap();
    assert_eq!(state.stage(), Some("Won"), "the statement received last at the latest instant");
    assert_sound(&store).await;
}

pub(super) async fn everything_uploaded_is_read_back(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let mut identifiers = vec![
        identifier(IdentifierKind::RaId, "ra-1"),
        email("Ann@Example.com"),
        identifier(IdentifierKind::PhoneNumber, "020 7946 0018"),
        identifier(IdentifierKind::PayloadValue, "order \"7\" \\ \u{1F600}"),
        identifier(IdentifierKind::CookieValue, "GA1.1.1.2"),
    ];
    identifiers.sort();
    let full = Version {
        occurred: Moment { at: Instant::from_micros(1_705_276_800_123_456), date_only: false },
        value: Money { minor: -9_007_199_254_740_991, currency: Currency::parse("KWD").unwrap() },
        identifiers,
        labels: Some(labels(&["a", "b"])),
        properties: Some(properties(&[("Agent", ""), ("Agent", "Ann"), ("Ünï", "\t\u{7}")])),
        ..opportunity("Proposal / 提案", 0, 0)
    };
    let bare = Version {
        particulars: Particulars::Revenue {
            lead: Some(Moment { at: Instant::from_micros(0), date_only: true }),
        },
        labels: Some(labels(&[])),
        ..revenue(0, 1)
    };
    for version in [full, bare] {
        let upload = upload("r", version.clone());
        store.upload(vec![upload.clone()]).await.unwrap();
        let stored = store.record(upload.key).await.unwrap();
        assert_eq!(stored[0].received_at, upload.received_at);
        let written: Vec<_> =
            stored[0].version.identifiers.iter().map(|i| i.written().map(str::to_owned)).collect();
        let expected: Vec<_> = version.identifiers.iter().map(|i| i.written().map(str::to_owned)).collect();
        assert_eq!(written, expected);
        assert_eq!(versions_only(stored), [version]);
    }
    assert_sound(&store).await;
}

pub(super) async fn a_batch_sees_its_own_uploads(store: Arc<dyn Store>) {
    use UploadOutcome::{Created, Unchanged, Updated};
    store.add_site(site("s")).await.unwrap();
    let batch = vec![
        upload("r", opportunity("New", 1, 10)),
        upload("r", opportunity("New", 1, 10)),
        upload("q", opportunity("New", 1, 10)),
        upload("r", opportunity("Won", 1, 20)),
    ];
    assert_eq!(store.upload(batch).await.unwrap(), [Created, Unchanged, Created, Updated]);
    assert_eq!(store.upload(Vec::new()).await.unwrap(), []);
    assert_sound(&store).await;
}

pub(super) async fn sites_and_kinds_are_apart(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    store.add_site(site("t")).await.unwrap();
    store.upload(vec![upload("r", opportunity("New", 1, 10))]).await.unwrap();
    let elsewhere = [
        key("s", RecordKind::Revenue, "r"),
        key("t", RecordKind::Opportunity, "r"),
        key("s", RecordKind::Opportunity, "R"),
    ];
    for key in elsewhere {
        assert_eq!(store.record(key.clone()).await.unwrap(), [], "{key:?}");
        assert!(!store.delete_record(key).await.unwrap());
    }
    let version = opportunity("Won", 2, 10);
    let other = Upload { key: key("t", RecordKind::Opportunity, "r"), ..upload("r", version) };
    assert_eq!(store.upload(vec![other]).await.unwrap(), [UploadOutcome::Created]);
    assert_eq!(state(&store, key("s", RecordKind::Opportunity, "r")).await.unwrap().value.minor, 1);
    assert_sound(&store).await;
}

pub(super) async fn a_deleted_record_is_gone_and_can_come_back(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let key = key("s", RecordKind::Opportunity, "r");
    store
        .upload(vec![upload("r", opportunity("New", 1, 10)), upload("r", opportunity("Won", 1, 20))])
        .await
        .unwrap();
    let other = upload("other", opportunity("New", 1, 10));
    store.upload(vec![other.clone()]).await.unwrap();
    assert!(store.delete_record(key.clone()).await.unwrap());
    assert!(!store.delete_record(key.clone()).await.unwrap());
    assert_eq!(store.record(key.clone()).await.unwrap(), []);
    assert_sound(&store).await;
    let again = store.upload(vec![upload("r", opportunity("New", 1, 10))]).await.unwrap();
    assert_eq!(again, [UploadOutcome::Created]);
    assert_eq!(store.record(key).await.unwrap().len(), 1);
    assert_eq!(store.record(other.key).await.unwrap().len(), 1);
    assert_sound(&store).await;
}

pub(super) async fn a_backup_is_a_whole_store(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    store.upload(vec![upload("r", opportunity("New", 1, 10))]).await.unwrap();
    // Several stores are tried at once, in one process.
    let own = format!("touchline-backup-{}-{:p}", std::process::id(), Arc::as_ptr(&store));
    let destination = std::env::temp_dir().join(own);
    store.backup(&destination).await.unwrap();
    assert!(destination.metadata().unwrap().len() > 0);
    let again = store.backup(&destination).await;
    assert!(matches!(again, Err(StoreError::Refused { .. })), "nothing is overwritten: {again:?}");
    std::fs::remove_file(destination).unwrap();
}

pub(super) async fn a_closed_store_refuses_writes(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    store.ready().await.unwrap();
    store.close().await.unwrap();
    store.close().await.unwrap();
    let refused = store.upload(vec![upload("r", opportunity("New", 1, 10))]).await;
    assert!(matches!(refused, Err(StoreError::Closing)), "{refused:?}");
    assert!(store.ready().await.is_err());
}
