//! Input for the cases.

use crate::{NewConversion, NewVisit, Store, Upload};
use std::sync::Arc;
use touchline_domain::identity::Ignored;
use touchline_domain::record::{
    Particulars, Property, RecordFilter, RecordKey, RecordKind, RecordState, Reference, StoredVersion,
    Version,
};
use touchline_domain::{
    Conversion, ConversionKind, Country, Currency, DeviceClass, Identifier, IdentifierKind, Instant,
    Milestone, Moment, Money, Overrides, PageUrl, Site, SiteId, Stage, Text, Visit,
};

use crate::RecordsQuery;

pub(super) fn site_id(id: &str) -> SiteId {
    SiteId::parse(id).unwrap()
}

pub(super) fn site(id: &str) -> Site {
    Site {
        stages: vec![Stage { name: text("Closed: won"), milestone: Milestone::Won }],
        ..Site::new(site_id(id), text("Example Ltd"), at(1)).unwrap()
    }
}

pub(super) fn at(second: i64) -> Instant {
    Instant::from_micros(second * 1_000_000)
}

pub(super) fn identifier(kind: IdentifierKind, value: &str) -> Identifier {
    Identifier::parse(kind, value, Country::parse("GB").unwrap()).unwrap()
}

pub(super) fn email(value: &str) -> Identifier {
    identifier(IdentifierKind::EmailAddress, value)
}

/// What a site takes for no one's.
pub(super) fn ignored(value: &str) -> Ignored {
    Ignored::parse(value, Country::parse("GB").unwrap()).unwrap()
}

pub(super) fn text(value: &str) -> Text<255> {
    Text::parse(value).unwrap()
}

pub(super) fn labels(values: &[&str]) -> Vec<Text<255>> {
    values.iter().map(|value| text(value)).collect()
}

pub(super) fn properties(pairs: &[(&str, &str)]) -> Vec<Property> {
    pairs.iter().map(|(name, value)| Property { name: text(name), value: (*value).into() }).collect()
}

/// An opportunity's version: stage, value in pence, second at which it was so.
pub(super) fn opportunity(stage: &str, minor: i64, second: i64) -> Version {
    Version {
        occurred: Moment { at: at(second), date_only: false },
        value: Money { minor, currency: Currency::parse("GBP").unwrap() },
        particulars: Particulars::Opportunity { stage: text(stage) },
        identifiers: vec![email("ann@example.com")],
        labels: None,
        properties: None,
    }
}

pub(super) fn revenue(minor: i64, second: i64) -> Version {
    Version { particulars: Particulars::Revenue { lead: None }, ..opportunity("unused", minor, second) }
}

pub(super) fn key(site: &str, kind: RecordKind, reference: &str) -> RecordKey {
    RecordKey { site: site_id(site), kind, reference: Reference::parse(reference).unwrap() }
}

/// An upload to site `s`, received a day after it happened.
pub(super) fn upload(reference: &str, version: Version) -> Upload {
    let received_at = version.occurred.at.plus_seconds(86_400);
    Upload { key: key("s", version.kind(), reference), received_at, version }
}

pub(super) async fn state(store: &Arc<dyn Store>, key: RecordKey) -> Option<RecordState> {
    RecordState::of(&store.record(key).await.unwrap())
}

pub(super) fn query(kind: RecordKind, filter: RecordFilter) -> RecordsQuery {
    RecordsQuery { site: site_id("s"), kind, after: None, filter, limit: 100 }
}

/// The references of all pages of a query.
pub(super) async fn references(store: &Arc<dyn Store>, mut query: RecordsQuery) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let page = store.records(query.clone()).await.unwrap();
        assert!(page.records.len() <= query.limit, "a page keeps to its limit");
        all.extend(page.records.iter().map(|record| record.reference.to_string()));
        match page.next {
            Some(next) => query.after = Some(next),
            None => return all,
        }
    }
}

pub(super) fn versions_only(stored: Vec<StoredVersion>) -> Vec<Version> {
    stored.into_iter().map(|stored| stored.version).collect()
}

pub(super) async fn assert_sound(store: &Arc<dyn Store>) {
    let report = store.check().await.unwrap();
    assert_eq!(report.violations, Vec::<String>::new());
}

pub(super) fn ra_id(value: &str) -> Identifier {
    identifier(IdentifierKind::RaId, value)
}

pub(super) fn phone(value: &str) -> Identifier {
    identifier(IdentifierKind::PhoneNumber, value)
}

pub(super) fn cookie(value: &str) -> Identifier {
    identifier(IdentifierKind::CookieValue, value)
}

/// A visit to site `s`, received a second after it happened.
pub(super) fn visit(visitor: &str, second: i64, page: &str) -> NewVisit {
    let visit = Visit {
        visitor: ra_id(visitor),
        at: at(second),
        landing_page: PageUrl::parse(&format!("https://example.com/{page}")).unwrap(),
        referrer: None,
        title: None,
        cookie: None,
        screen: None,
        device: DeviceClass::Desktop,
        crawler: None,
    };
    NewVisit { site: site_id("s"), received_at: at(second + 1), visit }
}

/// A form on site `s` that names somebody, received a second after it was sent.
pub(super) fn form(reference: &str, second: i64, identifiers: &[Identifier]) -> NewConversion {
    let mut identifiers = identifiers.to_vec();
    identifiers.sort();
    let conversion = Conversion {
        kind: ConversionKind::Web,
        reference: Reference::parse(reference).unwrap(),
        occurred: Moment { at: at(second), date_only: false },
        identifiers,
        page: None,
        name: None,
        payload: Vec::new(),
        overrides: Overrides::default(),
        call: None,
    };
    NewConversion { site: site_id("s"), received_at: at(second + 1), conversion }
}

/// An opportunity of site `s` that names somebody.
pub(super) fn deal(reference: &str, second: i64, identifiers: &[Identifier]) -> Upload {
    let mut identifiers = identifiers.to_vec();
    identifiers.sort();
    upload(reference, Version { identifiers, ..opportunity("New", 100, second) })
}

/// Follows all changes, a few at a time.
pub(super) async fn settle(store: &Arc<dyn Store>) {
    loop {
        match store.follow(7).await {
            Ok(followed) if followed.is_done() => break,
            // Overtaken by a writer that still ends: it is tried again.
            Ok(_) | Err(crate::StoreError::Interrupted) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert!(store.followed().await.unwrap().is_done());
}

/// The references of opportunities for which somebody was found, as far as changes were followed.
pub(super) async fn matched(store: &Arc<dyn Store>) -> Vec<String> {
    let filter = RecordFilter { matched: Some(true), ..RecordFilter::default() };
    let mut matched = references(store, query(RecordKind::Opportunity, filter)).await;
    matched.sort();
    matched
}
