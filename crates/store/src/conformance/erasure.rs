use super::samples::{
    assert_sound, at, cookie, deal, email, form, ignored, key, labels, matched, phone, properties, ra_id,
    settle, site, site_id, visit,
};
use crate::{Erased, ErasedRecords, Store};
use std::sync::Arc;
use touchline_domain::Site;
use touchline_domain::identity::GuardSettings;
use touchline_domain::record::{RecordFilter, RecordKind};

/// Ann with two devices, a deal and a telephone number that Bob shares; and Bob with a deal.
async fn two_people(store: &Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let mut second_device = visit("v2", 2, "");
    second_device.visit.cookie = Some(cookie("7.7"));
    store.add_visits(vec![visit("v1", 1, ""), second_device, visit("v3", 3, "")]).await.unwrap();
    let office = phone("020 7946 0018");
    let forms = vec![
        form("1", 4, &[ra_id("v1"), email("ann@example.com"), office.clone()]),
        form("2", 5, &[cookie("7.7"), email("ann@example.com")]),
        form("3", 6, &[ra_id("v3"), email("bob@example.com"), office.clone()]),
    ];
    store.add_conversions(forms).await.unwrap();
    let mut ann = deal("A", 40, &[email("ann@example.com")]);
    ann.version.labels = Some(labels(&["Ann's deal"]));
    ann.version.properties = Some(properties(&[("name", "Ann")]));
    let phone_only = deal("P", 40, &[office]);
    store.upload(vec![ann, deal("B", 41, &[email("bob@example.com")]), phone_only]).await.unwrap();
    settle(store).await;
}

pub(super) async fn a_person_is_erased_and_others_stay(store: Arc<dyn Store>) {
    two_people(&store).await;
    let before = store.person(site_id("s"), vec![email("bob@example.com")]).await.unwrap();
    assert_eq!(matched(&store).await, ["A", "B"], "the shared number is ambiguous");
    let erased = store.erase(site_id("s"), vec![ra_id("v2")], ErasedRecords::Delete).await.unwrap();
    assert_eq!((erased.visits, erased.conversions, erased.records, erased.versions), (2, 2, 1, 1));
    assert!(erased.identifiers >= 4);
    for seed in [email("ann@example.com"), ra_id("v1"), ra_id("v2"), cookie("7.7")] {
        let found = store.person(site_id("s"), vec![seed]).await.unwrap();
        assert_eq!(found.person.facts, []);
        assert_eq!((found.visits.len(), found.conversions.len(), found.records.len()), (0, 0, 0));
    }
    assert!(store.record(key("s", RecordKind::Opportunity, "A")).await.unwrap().is_empty());
    settle(&store).await;
    assert_eq!(matched(&store).await, ["B", "P"], "the number is Bob's alone now");
    let bob = store.person(site_id("s"), vec![email("bob@example.com")]).await.unwrap();
    assert_eq!((bob.visits, bob.conversions), (before.visits, before.conversions));
    let again = store.erase(site_id("s"), vec![ra_id("v2")], ErasedRecords::Delete).await.unwrap();
    assert_eq!(again, Erased::default());
    assert_sound(&store).await;
    store.add_visits(vec![visit("v1", 90, "")]).await.unwrap();
    settle(&store).await;
    assert_sound(&store).await;
}

pub(super) async fn what_was_found_before_an_erasure_is_not_written_after_it(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    for round in 0u32..100 {
        let (visitor, address) = (ra_id(&format!("v{round}")), email(&format!("{round}@example.com")));
        let name = round.to_string();
        store.add_conversions(vec![form(&name, 4, &[visitor.clone(), address.clone()])]).await.unwrap();
        store.upload(vec![deal(&name, 40, &[address])]).await.unwrap();
        let (follower, eraser) = (Arc::clone(&store), Arc::clone(&store));
        let following = tokio::spawn(async move { follower.follow(1_000).await.unwrap() });
        for _ in 0..round % 10 {
            tokio::task::yield_now().await;
        }
        let erasing = tokio::spawn(async move {
            eraser.erase(site_id("s"), vec![visitor], ErasedRecords::Delete).await.unwrap()
        });
        following.await.unwrap();
        assert_eq!(erasing.await.unwrap().records, 1);
    }
    settle(&store).await;
    assert_sound(&store).await;
}

pub(super) async fn totals_can_stay(store: Arc<dyn Store>) {
    two_people(&store).await;
    let totals = || store.stage_totals(site_id("s"), RecordKind::Opportunity);
    let before = totals().await.unwrap();
    let seeds = vec![email("ann@example.com")];
    let erased = store.erase(site_id("s"), seeds, ErasedRecords::KeepTotals).await.unwrap();
    assert_eq!(erased.records, 1);
    assert_eq!(totals().await.unwrap(), before);
    assert!(store.record(key("s", RecordKind::Opportunity, "A")).await.unwrap().is_empty());
    settle(&store).await;
    assert_sound(&store).await;
    let query = super::samples::query(RecordKind::Opportunity, RecordFilter::default());
    let listed = store.records(query).await.unwrap().records;
    let nameless = listed.iter().find(|r| r.reference.as_str().starts_with("erased-")).unwrap();
    let version = &nameless.versions[0].version;
    assert_eq!((version.value.minor, version.stage()), (100, Some("New")));
    assert_eq!((version.identifiers.len(), &version.labels, &version.properties), (0, &None, &None));
}

/// A CRM may name its records as it likes: what is left of an erased one is never taken for one of its own.
pub(super) async fn what_stays_of_an_erased_record_collides_with_none(store: Arc<dyn Store>) {
    two_people(&store).await;
    let own = |number: i64| deal(&format!("erased-{number}"), 50, &[email("bob@example.com")]);
    store.upload((0..30).map(own).collect()).await.unwrap();
    settle(&store).await;
    let query = || super::samples::query(RecordKind::Opportunity, RecordFilter::default());
    let before = store.records(query()).await.unwrap().records;
    let seeds = vec![email("ann@example.com")];
    store.erase(site_id("s"), seeds, ErasedRecords::KeepTotals).await.unwrap();
    settle(&store).await;
    store.upload((30..60).map(own).collect()).await.unwrap();
    settle(&store).await;
    let after = store.records(query()).await.unwrap().records;
    assert_eq!(after.len(), before.len() + 30);
    assert!(after.iter().all(|record| record.versions.len() == 1), "each is a record of its own");
    assert_sound(&store).await;
}

pub(super) async fn a_shared_number_is_erased_wherever_it_is_named(store: Arc<dyn Store>) {
    two_people(&store).await;
    let office = phone("020 7946 0018");
    let cut = store.person(site_id("s"), vec![email("bob@example.com")]).await.unwrap();
    store.set_cut(site_id("s"), cut.conversions[0].change, office.clone(), true, at(1)).await.unwrap();
    settle(&store).await;
    store.erase(site_id("s"), vec![office.clone()], ErasedRecords::Delete).await.unwrap();
    settle(&store).await;
    let found = store
        .person(site_id("s"), vec![office, email("bob@example.com"), email("ann@example.com")])
        .await
        .unwrap();
    assert!(found.conversions.is_empty(), "even that out of which it was cut: {:?}", found.conversions);
    assert_eq!(matched(&store).await, [""; 0]);
    assert_sound(&store).await;
}

pub(super) async fn visits_expire_unless_they_led_to_a_record(store: Arc<dyn Store>) {
    two_people(&store).await;
    store.add_visits(vec![visit("v8", 8, ""), visit("v9", 9, ""), visit("v9", 99, "")]).await.unwrap();
    let (mut deleted, mut next) = (0, Some(0));
    while let Some(after) = next {
        let (more, onwards) = store.expire_visits(site_id("s"), at(50), after, 2).await.unwrap();
        deleted += more;
        next = onwards;
    }
    assert_eq!(deleted, 2, "of v8, and the old one of v9");
    for (visitor, left) in [("v1", 2), ("v3", 1), ("v8", 0), ("v9", 1)] {
        let found = store.person(site_id("s"), vec![ra_id(visitor)]).await.unwrap();
        assert_eq!(found.visits.len(), left, "{visitor}");
    }
    settle(&store).await;
    assert_sound(&store).await;
}

pub(super) async fn somebody_larger_than_one_search_is_erased_whole(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let visits = (0..5_600).map(|second| visit("v1", second, ""));
    store.add_visits(visits.collect()).await.unwrap();
    let everywhere = email("everywhere@example.com");
    let forms = (0..2_500).map(|n| form(&n.to_string(), n, std::slice::from_ref(&everywhere)));
    store.add_conversions(forms.collect()).await.unwrap();
    settle(&store).await;
    let found = store.person(site_id("s"), vec![ra_id("v1")]).await.unwrap();
    assert!(found.person.is_truncated, "there are more visits than are looked at");
    let erase = |seed| store.erase(site_id("s"), vec![seed], ErasedRecords::Delete);
    assert_eq!(erase(ra_id("v1")).await.unwrap().visits, 5_600);
    assert_eq!(erase(everywhere).await.unwrap().conversions, 2_500);
    let report = store.check().await.unwrap();
    assert_eq!((report.visits, report.conversions), (0, 0));
    settle(&store).await;
    assert_sound(&store).await;
}

pub(super) async fn an_erasure_that_finds_only_a_decision_gives_no_number_twice(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    store.add_conversions(vec![form("1", 1, &[ra_id("v1"), email("ann@example.com")])]).await.unwrap();
    let nobody = email("nobody@example.com");
    store.set_allowed(site_id("s"), nobody.clone(), true, at(1)).await.unwrap();
    settle(&store).await;
    let erased = store.erase(site_id("s"), vec![nobody], ErasedRecords::Delete).await.unwrap();
    assert!(!erased.is_nothing(), "the decision named somebody");
    assert_eq!(store.allowed(site_id("s"), None, 9).await.unwrap(), []);
    store.upload(vec![deal("D", 40, &[email("ann@example.com")])]).await.unwrap();
    settle(&store).await;
    assert_eq!(matched(&store).await, ["D"]);
    assert_sound(&store).await;
}

pub(super) async fn whom_the_site_ignores_can_be_found_and_erased(store: Arc<dyn Store>) {
    let guards = GuardSettings { ignored: vec![ignored("rep@example.com")], ..GuardSettings::default() };
    store.add_site(Site { guards, ..site("s") }).await.unwrap();
    let rep = email("rep@example.com");
    store.add_conversions(vec![form("1", 1, &[ra_id("v1"), rep.clone()])]).await.unwrap();
    let found = store.person(site_id("s"), vec![rep.clone()]).await.unwrap();
    assert_eq!(found.conversions.len(), 1);
    assert_eq!(found.person.visitors().count(), 0, "nothing is reached through it");
    let erase = || store.erase(site_id("s"), vec![rep.clone()], ErasedRecords::Delete);
    assert_eq!(erase().await.unwrap().conversions, 1);
    settle(&store).await;
    assert_sound(&store).await;
    let then = async || store.site_as_of(site_id("s"), at(5)).await.unwrap().unwrap().guards.ignored;
    assert_eq!(then().await, [ignored("rep@example.com")], "the operator ignores it still");
    store.set_site(site("s"), at(9)).await.unwrap();
    assert_eq!(then().await, [ignored("rep@example.com")]);
    erase().await.unwrap();
    assert_eq!(then().await, []);
    assert_sound(&store).await;
}

pub(super) async fn that_a_number_was_ignored_is_forgotten_in_any_spelling(store: Arc<dyn Store>) {
    let listed = vec![ignored("+44 20 7946 0018"), ignored("020 7946 0019")];
    let guards = GuardSettings { ignored: listed, ..GuardSettings::default() };
    store.add_site(Site { guards, ..site("s") }).await.unwrap();
    store.set_site(site("s"), at(9)).await.unwrap();
    store.add_conversions(vec![form("1", 1, &[ra_id("v1"), phone("020 7946 0018")])]).await.unwrap();
    store.erase(site_id("s"), vec![phone("(020) 7946 0018")], ErasedRecords::Delete).await.unwrap();
    let then = store.site_as_of(site_id("s"), at(5)).await.unwrap().unwrap();
    assert_eq!(then.guards.ignored, [ignored("020 7946 0019")]);
    settle(&store).await;
    assert_sound(&store).await;
}

pub(super) async fn an_identifier_that_joins_again_when_visits_expire_is_followed(store: Arc<dyn Store>) {
    let guards = GuardSettings { visitors_max: 3, ..GuardSettings::default() };
    store.add_site(Site { guards, ..site("s") }).await.unwrap();
    let shared = |visitor: &str, second| {
        let mut visit = visit(visitor, second, "");
        visit.visit.cookie = Some(cookie("7.7"));
        visit
    };
    store.add_visits((1..=6).map(|n| shared(&format!("v{n}"), n)).collect()).await.unwrap();
    store.add_visits(vec![shared("v6", 90)]).await.unwrap();
    store.add_conversions(vec![form("1", 8, &[ra_id("v1"), email("ann@example.com")])]).await.unwrap();
    store.upload(vec![deal("A", 40, &[email("ann@example.com")])]).await.unwrap();
    settle(&store).await;
    let (deleted, _) = store.expire_visits(site_id("s"), at(50), 0, 100).await.unwrap();
    assert_eq!(deleted, 3, "of three visitors the id is one person's again, who has a deal");
    settle(&store).await;
    assert_eq!(store.guarded(site_id("s"), None, 9).await.unwrap(), []);
    assert_sound(&store).await;
}

pub(super) async fn what_was_decided_about_others_stays(store: Arc<dyn Store>) {
    two_people(&store).await;
    let office = phone("020 7946 0018");
    let bob = store.person(site_id("s"), vec![email("bob@example.com")]).await.unwrap();
    store.set_cut(site_id("s"), bob.conversions[0].change, office.clone(), true, at(1)).await.unwrap();
    store.set_allowed(site_id("s"), office.clone(), true, at(1)).await.unwrap();
    settle(&store).await;
    let before = store.person(site_id("s"), vec![email("bob@example.com")]).await.unwrap();
    store.erase(site_id("s"), vec![email("ann@example.com")], ErasedRecords::Delete).await.unwrap();
    settle(&store).await;
    assert_eq!(store.person(site_id("s"), vec![email("bob@example.com")]).await.unwrap(), before);
    assert_eq!(store.allowed(site_id("s"), None, 9).await.unwrap(), [office]);
    assert_sound(&store).await;
}
