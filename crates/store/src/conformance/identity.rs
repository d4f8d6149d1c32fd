use super::history::{guards, report, somebody};
use super::samples::{assert_sound, at, cookie, email, key, matched, phone, ra_id, settle, site, site_id};
use crate::dice::Dice;
use crate::{Store, StoreError};
use std::collections::BTreeSet;
use std::sync::Arc;
use touchline_domain::identity::{FactSource, Standing};
use touchline_domain::record::{RecordKind, Reference};
use touchline_domain::{Identifier, Instant, Site, SiteId};

const WRITERS: usize = 6;

type FactSeen = (FactSource, Instant, Vec<Identifier>);
type PersonSeen =
    (BTreeSet<(Identifier, Standing)>, BTreeSet<FactSeen>, BTreeSet<(Reference, Option<Identifier>)>);

/// A person without the numbers that depend on the order of arrival.
async fn seen(store: &Arc<dyn Store>, site: SiteId, seed: Identifier) -> PersonSeen {
    let found = store.person(site, vec![seed]).await.unwrap();
    let identifiers = found.person.identifiers.iter().map(|r| (r.identifier.clone(), r.standing)).collect();
    let facts = found.person.facts.into_iter().map(|fact| (fact.source, fact.at, fact.identifiers)).collect();
    let records = found.records.into_iter().map(|record| (record.key.reference, record.matched_by)).collect();
    (identifiers, facts, records)
}

fn seeds() -> Vec<Identifier> {
    let mut seeds: Vec<_> = (0..12).map(|n| ra_id(&format!("v{n}"))).collect();
    seeds.extend((0..8).map(|n| cookie(&format!("{n}.1"))));
    seeds.extend((0..4).map(|n| phone(&format!("020 7946 001{n}"))));
    seeds.extend(["ann@x.com", "bob@x.com", "carl@x.com", "info@x.com"].map(email));
    seeds
}

pub(super) async fn facts_in_any_order_by_parallel_writers_give_the_same_people(store: Arc<dyn Store>) {
    for round in 0..4 {
        let mut dice = Dice(round);
        let (one, other) = (format!("one-{round}"), format!("other-{round}"));
        for id in [&one, &other] {
            store.add_site(Site { guards: guards(), ..site(id) }).await.unwrap();
        }
        let reports: Vec<_> = (0..60).map(|n| report(&mut dice, n)).collect();
        for report in reports.clone() {
            report.on(&one).send(&store).await;
        }
        let mut shuffled = reports.clone();
        shuffled.extend(reports.iter().filter(|_| dice.roll(3) == 0).cloned());
        dice.shuffle(&mut shuffled);
        let mut writers = Vec::new();
        for share in shuffled.chunks(shuffled.len().div_ceil(WRITERS)) {
            let (store, share, other) = (Arc::clone(&store), share.to_vec(), other.clone());
            writers.push(tokio::spawn(async move {
                for report in share {
                    report.on(&other).send(&store).await;
                }
            }));
        }
        let following = Arc::clone(&store);
        writers.push(tokio::spawn(async move {
            for _ in 0..20 {
                match following.follow(5).await {
                    // Overtaken too often: whoever follows tries again.
                    Ok(_) | Err(StoreError::Interrupted) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }));
        for writer in writers {
            writer.await.unwrap();
        }
        settle(&store).await;
        for seed in seeds() {
            let expected = seen(&store, site_id(&one), seed.clone()).await;
            assert_eq!(seen(&store, site_id(&other), seed.clone()).await, expected, "round {round}, {seed}");
        }
        assert_sound(&store).await;
    }
}

/// Whatever happens, the followed matches are those of a fresh look.
pub(super) async fn following_piece_by_piece_is_as_good_as_asking_anew(store: Arc<dyn Store>) {
    store.add_site(Site { guards: guards(), ..site("s") }).await.unwrap();
    let mut dice = Dice(7);
    for n in 0..80 {
        match dice.roll(10) {
            0 => {
                let reference = format!("deal-{}", dice.roll(9));
                store.delete_record(key("s", RecordKind::Opportunity, &reference)).await.unwrap();
            }
            1 | 2 => {
                let fact = dice.roll(n + 1);
                let (cut, somebody) = (dice.roll(2) == 0, somebody(&mut dice));
                store.set_cut(site_id("s"), fact, somebody, cut, at(1)).await.unwrap();
            }
            3 => {
                let allowed = dice.roll(2) == 0;
                store.set_allowed(site_id("s"), somebody(&mut dice), allowed, at(1)).await.unwrap();
            }
            _ => report(&mut dice, n).send(&store).await,
        }
        if dice.roll(4) == 0 {
            settle(&store).await;
            assert_sound(&store).await;
            let mut fresh = Vec::new();
            for number in 0..9 {
                let reference = format!("deal-{number}");
                let found = store.record_match(key("s", RecordKind::Opportunity, &reference)).await.unwrap();
                fresh.extend(found.filter(|found| found.matching.is_matched()).map(|_| reference));
            }
            assert_eq!(matched(&store).await, fresh, "after {n}");
        }
    }
}
