use super::history::{guards, report, somebody};
use super::journeys::journeys;
use super::samples::{at, deal, email, form, key, ra_id, settle, site, site_id, upload, visit};
use crate::dice::Dice;
use crate::{ErasedRecords, JourneysPage, Store};
use std::collections::BTreeMap;
use std::sync::Arc;
use touchline_domain::identity::{GuardSettings, Unmatched};
use touchline_domain::journey::{Found, Journey};
use touchline_domain::record::{RecordKind, Reference, Version};
use touchline_domain::{IdentifierKind, Instant, Site, TimeZoneName, VisitSettings};

/// A site's journeys as of a moment, from pages of a size.
async fn as_of(store: &Arc<dyn Store>, moment: Instant, limit: usize) -> Vec<Journey> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let JourneysPage { journeys, next } =
            store.journeys_as_of(site_id("s"), moment, after, limit).await.unwrap();
        assert!(journeys.len() <= limit, "a page keeps to its limit");
        all.extend(journeys);
        match next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

fn by_record(journeys: Vec<Journey>) -> BTreeMap<(RecordKind, Reference), Journey> {
    let count = journeys.len();
    let journeys: BTreeMap<_, _> =
        journeys.into_iter().map(|journey| ((journey.kind, journey.reference.clone()), journey)).collect();
    assert_eq!(journeys.len(), count, "each record has one journey");
    journeys
}

pub(super) async fn now_is_what_was_followed(store: Arc<dyn Store>) {
    store.add_site(Site { guards: guards(), ..site("s") }).await.unwrap();
    let mut dice = Dice(11);
    for n in 0..120 {
        match dice.roll(20) {
            0 => {
                let gone = key("s", RecordKind::Opportunity, &format!("deal-{}", dice.roll(9)));
                store.delete_record(gone).await.unwrap();
            }
            1 | 2 => {
                let cut = dice.roll(2) == 0;
                store.set_cut(site_id("s"), dice.roll(n + 1), somebody(&mut dice), cut, at(1)).await.unwrap();
            }
            3 => {
                let allowed = dice.roll(2) == 0;
                store.set_allowed(site_id("s"), somebody(&mut dice), allowed, at(1)).await.unwrap();
            }
            4 => {
                let fate = dice.pick(&[ErasedRecords::KeepTotals, ErasedRecords::Delete]);
                if dice.roll(5) == 0 {
                    store.erase(site_id("s"), vec![somebody(&mut dice)], fate).await.unwrap();
                }
            }
            _ => report(&mut dice, n).send(&store).await,
        }
    }
    settle(&store).await;
    let followed = journeys(&store, "s").await;
    let now = at(1_000_000_000);
    for limit in [1, 4, 100] {
        assert_eq!(by_record(as_of(&store, now, limit).await), followed, "{limit} at a time");
    }
    let references: Vec<_> = as_of(&store, now, 100).await.into_iter().map(|j| j.reference).collect();
    let mut first_versions = Vec::new();
    for reference in references {
        let versions = store.record(key("s", RecordKind::Opportunity, reference.as_str())).await.unwrap();
        first_versions.push(versions.iter().map(|stored| stored.change).min());
    }
    assert!(first_versions.is_sorted(), "in the order in which they were first accepted");
}

/// Another time zone, visit timeout or guard.
fn other_settings(dice: &mut Dice) -> Site {
    let zones = ["Europe/London", "America/New_York", "Asia/Tokyo"];
    let visitors_max = 2 + u32::try_from(dice.roll(4)).unwrap();
    let timeout_minutes = dice.pick(&[10, 30, 120]);
    Site {
        time_zone: TimeZoneName::parse(dice.pick(&zones)).unwrap(),
        visits: VisitSettings { timeout_minutes, ..VisitSettings::default() },
        guards: GuardSettings { visitors_max, ..guards() },
        ..site("s")
    }
}

pub(super) async fn a_past_moment_is_told_as_it_was_known(store: Arc<dyn Store>) {
    store.add_site(Site { guards: guards(), ..site("s") }).await.unwrap();
    let mut dice = Dice(12);
    let mut remembered = Vec::new();
    for n in 1..200 {
        let now = at(n);
        match dice.roll(20) {
            0 => drop(store.set_site(other_settings(&mut dice), now).await.unwrap()),
            1 => store.set_allowed(site_id("s"), somebody(&mut dice), true, now).await.unwrap(),
            2 => {
                let found = store.person(site_id("s"), vec![somebody(&mut dice)]).await.unwrap();
                let facts = found.person.facts;
                if !facts.is_empty() {
                    let fact = dice.pick(&facts);
                    let named = fact.identifiers.iter().chain(&fact.cut).cloned().collect::<Vec<_>>();
                    store.set_cut(site_id("s"), fact.change, dice.pick(&named), true, now).await.unwrap();
                }
            }
            _ => report(&mut dice, n.unsigned_abs()).received(now).send(&store).await,
        }
        if dice.roll(9) == 0 {
            settle(&store).await;
            remembered.push((now, journeys(&store, "s").await));
        }
    }
    settle(&store).await;
    let differ = remembered.windows(2).filter(|pair| pair[0].1 != pair[1].1).count();
    assert!(remembered.len() > 10 && differ > 10, "something happened");
    for (moment, then) in remembered {
        let told = by_record(as_of(&store, moment, 3).await);
        assert_eq!(told.len(), then.len(), "{moment}");
        for (record, journey) in then {
            assert_eq!(told[&record], journey, "{moment}");
        }
    }
}

pub(super) async fn an_identifier_that_so_many_name_since_was_nobodys_guard(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let ann = [ra_id("v1"), email("ann@example.com")];
    store.add_visits(vec![visit("v1", 1, "")]).await.unwrap();
    // What happened first is heard last.
    let since = (0..1_100).map(|n| {
        let mut form = form(&n.to_string(), 0, &ann[1..]);
        form.received_at = at(100);
        form
    });
    store.add_conversions(since.collect()).await.unwrap();
    let mut known = form("known", 2, &ann);
    known.received_at = at(10);
    store.add_conversions(vec![known]).await.unwrap();
    let mut deal = deal("D", 5, &ann[1..]);
    deal.received_at = at(10);
    store.upload(vec![deal]).await.unwrap();
    let found = async |second| as_of(&store, at(second), 9).await.into_iter().map(|j| j.found).next();
    assert_eq!(found(9).await, None);
    assert_eq!(found(99).await, Some(Found::By(IdentifierKind::EmailAddress)));
    assert_eq!(found(100).await, Some(Found::Nobody(Unmatched::Guarded)));
}

pub(super) async fn what_is_gone_is_not_told_of_the_past_either(store: Arc<dyn Store>) {
    store.add_site(Site { created_at: at(5), ..site("s") }).await.unwrap();
    let ann = [ra_id("v1"), email("ann@example.com")];
    store.add_visits(vec![visit("v1", 5, "")]).await.unwrap();
    store.add_conversions(vec![form("f", 6, &ann)]).await.unwrap();
    let received = |reference: &str, stage_second: i64, received| {
        let version = Version { identifiers: ann[1..].to_vec(), ..deal("D", stage_second, &[]).version };
        let mut upload = upload(reference, version);
        upload.received_at = at(received);
        upload
    };
    store.upload(vec![received("A", 7, 10), received("A", 9, 20), received("B", 7, 10)]).await.unwrap();
    assert_eq!(as_of(&store, at(4), 9).await, [], "there was no such site");
    assert_eq!(as_of(&store, at(9), 9).await, [], "and then no record");
    let then = as_of(&store, at(10), 9).await;
    let seen: Vec<_> =
        then.iter().map(|j| (j.reference.as_str(), j.occurred.at, j.touches.len(), j.conversions)).collect();
    assert_eq!(seen, [("A", at(7), 1, 1), ("B", at(7), 1, 1)]);
    assert_eq!(as_of(&store, at(20), 9).await[0].occurred.at, at(9));
    assert_eq!(
        store.journeys_as_of(site_id("other"), at(20), None, 9).await.unwrap(),
        JourneysPage::default()
    );
    store.delete_record(key("s", RecordKind::Opportunity, "B")).await.unwrap();
    assert_eq!(as_of(&store, at(10), 9).await, then[..1]);
    store.erase(site_id("s"), vec![ra_id("v1")], ErasedRecords::KeepTotals).await.unwrap();
    let bare = as_of(&store, at(10), 9).await;
    assert_eq!((bare.len(), bare[0].touches.len(), bare[0].conversions), (1, 0, 0));
    assert!(bare[0].reference.as_str().starts_with("erased-"), "{}", bare[0].reference);
}
