use super::samples::{
    at, email, key, labels, opportunity, query, references, revenue, site, site_id, upload,
};
use crate::{RecordsQuery, Store, Upload};
use std::sync::Arc;
use touchline_domain::record::{RecordFilter, RecordKind, StageTotal, Version};
use touchline_domain::{Currency, Magnitude, Money};

const OPPORTUNITY: RecordKind = RecordKind::Opportunity;

pub(super) async fn pages_hold_every_record_once(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    assert_eq!(references(&store, query(OPPORTUNITY, RecordFilter::default())).await, [""; 0]);
    let mut expected: Vec<String> =
        (0..23).map(|n| format!("r{n}")).chain(["é".into(), "Z".into(), "a b".into()]).collect();
    for reference in &expected {
        let versions = [opportunity("New", 1, 10), opportunity("Won", 2, 20)];
        store.upload(versions.map(|version| upload(reference, version)).into()).await.unwrap();
    }
    expected.reverse();
    for limit in [1, 2, 7, 25, 26, 27, 100] {
        let query = RecordsQuery { limit, ..query(OPPORTUNITY, RecordFilter::default()) };
        let first = store.records(query.clone()).await.unwrap();
        assert!(first.records.iter().all(|record| record.versions.len() == 2), "whole records only");
        assert_eq!(references(&store, query).await, expected, "limit {limit}");
    }
}

pub(super) async fn paging_is_stable_under_uploads(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    for reference in ["b", "d", "f"] {
        store.upload(vec![upload(reference, opportunity("New", 1, 10))]).await.unwrap();
    }
    let mut query = RecordsQuery { limit: 2, ..query(OPPORTUNITY, RecordFilter::default()) };
    let first = store.records(query.clone()).await.unwrap();
    for reference in ["a", "b", "c", "d", "f"] {
        store.upload(vec![upload(reference, opportunity("Won", 1, 5))]).await.unwrap();
    }
    store.delete_record(key("s", OPPORTUNITY, "d")).await.unwrap();
    query.after.clone_from(&first.next);
    let second = store.records(query).await.unwrap();
    let names = |page: &crate::RecordsPage| {
        page.records.iter().map(|record| record.reference.to_string()).collect::<Vec<_>>()
    };
    assert_eq!((names(&first), names(&second)), (vec!["f".into(), "d".into()], vec!["b".into()]));
}

pub(super) async fn filters_choose_by_the_present_state(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let yen = Money { minor: 150, currency: Currency::parse("JPY").unwrap() };
    let uploads = [
        ("a", opportunity("New", 10_000, 10)),
        ("a", Version { labels: Some(labels(&["north"])), ..opportunity("Won", 20_000, 30) }),
        ("b", Version { labels: Some(labels(&["north", "south"])), ..opportunity("New", 5_000, 20) }),
        ("c", Version { value: yen, ..opportunity("Won", 0, 40) }),
    ];
    store.upload(uploads.map(|(reference, version)| upload(reference, version)).into()).await.unwrap();
    store.upload(vec![upload("z", revenue(1, 10))]).await.unwrap();
    let all = RecordFilter::default;
    let magnitude = |raw| Some(Magnitude::parse(raw).unwrap());
    let cases: [(RecordFilter, &[&str]); 11] = [
        (all(), &["c", "b", "a"]),
        (RecordFilter { stage: Some("New".into()), ..all() }, &["b"]),
        (RecordFilter { stage: Some("won".into()), ..all() }, &[]),
        (RecordFilter { label: Some("north".into()), ..all() }, &["b", "a"]),
        (RecordFilter { from: Some(at(30)), ..all() }, &["c", "a"]),
        (RecordFilter { from: Some(at(20)), until: Some(at(40)), ..all() }, &["b", "a"]),
        (RecordFilter { currency: Some(yen.currency), ..all() }, &["c"]),
        (RecordFilter { value_min: magnitude("150"), ..all() }, &["c", "a"]),
        (RecordFilter { value_max: magnitude("150.00"), ..all() }, &["c", "b"]),
        (RecordFilter { matched: Some(false), ..all() }, &["c", "b", "a"]),
        (RecordFilter { matched: Some(true), ..all() }, &[]),
    ];
    for (filter, expected) in cases {
        let query = RecordsQuery { limit: 2, ..query(OPPORTUNITY, filter.clone()) };
        assert_eq!(references(&store, query).await, expected, "{filter:?}");
    }
}

pub(super) async fn an_identifier_of_any_version_finds_its_records(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let by = |name: &str, stage: &str, second| Version {
        identifiers: vec![email(name)],
        ..opportunity(stage, 1, second)
    };
    let find = |name: &str| {
        let filter = RecordFilter { identifiers: vec![email(name)], ..RecordFilter::default() };
        RecordsQuery { limit: 2, ..query(OPPORTUNITY, filter) }
    };
    for reference in ["a", "b", "c", "d", "e"] {
        store.upload(vec![upload(reference, by("ann@x", "New", 10))]).await.unwrap();
        let ann = references(&store, find("Ann@X")).await;
        assert_eq!(ann.first().map(String::as_str), Some(reference), "a client reads its own write");
    }
    store
        .upload(vec![upload("c", by("bob@x", "Won", 20)), upload("f", by("bob@x", "New", 20))])
        .await
        .unwrap();
    assert_eq!(references(&store, find("ann@x")).await, ["e", "d", "c", "b", "a"]);
    assert_eq!(references(&store, find("bob@x")).await, ["f", "c"]);
    assert_eq!(references(&store, find("carol@x")).await, [""; 0]);
    let won = RecordFilter { stage: Some("Won".into()), ..find("ann@x").filter };
    assert_eq!(references(&store, query(OPPORTUNITY, won)).await, ["c"]);
    let both = RecordFilter { identifiers: vec![email("ann@x"), email("bob@x")], ..RecordFilter::default() };
    assert_eq!(references(&store, query(OPPORTUNITY, both)).await, ["c"]);
    store.delete_record(key("s", OPPORTUNITY, "c")).await.unwrap();
    assert_eq!(references(&store, find("bob@x")).await, ["f"]);
    let other_site = RecordsQuery { site: site_id("t"), ..find("ann@x") };
    assert_eq!(references(&store, other_site).await, [""; 0]);
}

pub(super) async fn totals_add_up_present_values_by_stage_and_currency(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let pounds = Currency::parse("GBP").unwrap();
    let yen = Currency::parse("JPY").unwrap();
    let max = touchline_domain::AMOUNT_MINOR_MAX;
    let uploads = [
        ("a", opportunity("New", 999, 10)),
        ("a", opportunity("Won", max, 30)),
        ("a", opportunity("New", 999, 20)),
        ("b", opportunity("Won", max, 10)),
        ("c", opportunity("New", -5, 10)),
        ("d", Version { value: Money { minor: 7, currency: yen }, ..opportunity("Won", 0, 10) }),
    ];
    let mut uploads: Vec<Upload> = uploads.map(|(reference, version)| upload(reference, version)).into();
    uploads.push(upload("a", revenue(50, 10)));
    store.upload(uploads).await.unwrap();
    let total = |stage: Option<&str>, currency, count, minor| StageTotal {
        stage: stage.map(str::to_owned),
        currency,
        count,
        minor,
    };
    let totals = store.stage_totals(site_id("s"), OPPORTUNITY).await.unwrap();
    let expected = [
        total(Some("New"), pounds, 1, -5),
        total(Some("Won"), pounds, 2, 2 * i128::from(max)),
        total(Some("Won"), yen, 1, 7),
    ];
    assert_eq!(totals, expected);
    let totals = store.stage_totals(site_id("s"), RecordKind::Revenue).await.unwrap();
    assert_eq!(totals, [total(None, pounds, 1, 50)]);
    assert_eq!(store.stage_totals(site_id("t"), OPPORTUNITY).await.unwrap(), []);
}
