use super::history::{guards, report, somebody};
use super::samples::{
    assert_sound, at, deal, email, form, ignored, key, phone, ra_id, settle, site, site_id, text, upload,
    visit,
};
use crate::dice::Dice;
use crate::{ErasedRecords, Store, StoreError};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use touchline_domain::identity::{GuardSettings, Unmatched};
use touchline_domain::journey::{Found, Journey};
use touchline_domain::record::{RecordKind, Reference, Version};
use touchline_domain::{IdentifierKind, Instant, Moment, Site, SiteId, TimeZoneName, VisitSettings};

const OPPORTUNITY: RecordKind = RecordKind::Opportunity;

/// Somebody who holds a site's journeys in memory and reads on now and then.
struct Reader {
    site: SiteId,
    limit: usize,
    through: u64,
    /// By the number of the first row.
    held: BTreeMap<u64, Journey>,
}

impl Reader {
    fn of(site: &str, limit: usize) -> Self {
        Self { site: site_id(site), limit, through: 0, held: BTreeMap::new() }
    }

    async fn read_on(&mut self, store: &Arc<dyn Store>) {
        loop {
            let page = store.journeys(self.site.clone(), self.through, self.limit).await.unwrap();
            let is_last = page.len() < self.limit;
            for change in page {
                assert!(change.number > self.through && change.first <= change.number);
                self.through = change.number;
                self.held.remove(&change.first);
                self.held.extend(change.journey.map(|journey| (change.first, journey)));
            }
            if is_last {
                return;
            }
        }
    }

    /// By record.
    fn journeys(&self) -> BTreeMap<(RecordKind, Reference), Journey> {
        let by_record = |journey: &Journey| ((journey.kind, journey.reference.clone()), journey.clone());
        let journeys: BTreeMap<_, _> = self.held.values().map(by_record).collect();
        assert_eq!(journeys.len(), self.held.len(), "each record has one journey");
        journeys
    }
}

pub(super) async fn journeys(
    store: &Arc<dyn Store>,
    site: &str,
) -> BTreeMap<(RecordKind, Reference), Journey> {
    let mut reader = Reader::of(site, 100);
    reader.read_on(store).await;
    reader.journeys()
}

/// The journey of an opportunity of site `s`, once everything is followed.
async fn journey(store: &Arc<dyn Store>, reference: &str) -> Option<Journey> {
    settle(store).await;
    assert_true(store).await;
    journeys(store, "s").await.remove(&(OPPORTUNITY, Reference::parse(reference).unwrap()))
}

/// Every stored journey is what the facts say.
async fn assert_true(store: &Arc<dyn Store>) {
    let verified = store.verify(None).await.unwrap();
    assert_eq!((verified.differences, verified.changes_behind), (Vec::<String>::new(), 0));
}

/// When the touches of an opportunity's journey were, in seconds.
async fn touches(store: &Arc<dyn Store>, reference: &str) -> Vec<i64> {
    let journey = journey(store, reference).await.unwrap();
    journey.touches.iter().map(|touch| touch.at.as_micros() / 1_000_000).collect()
}

/// Ann visits, fills in a form, and becomes the deal `D`.
async fn ann(store: &Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    store.add_visits(vec![visit("v1", 10, "?utm_source=news")]).await.unwrap();
    let ann = [ra_id("v1"), email("ann@example.com")];
    store.add_conversions(vec![form("f", 3_000, &ann)]).await.unwrap();
    store.upload(vec![deal("D", 20_000, &[email("ann@example.com")])]).await.unwrap();
}

pub(super) async fn whoever_reads_the_log_now_and_then_has_each_record_once(store: Arc<dyn Store>) {
    store.add_site(Site { guards: guards(), ..site("s") }).await.unwrap();
    let mut dice = Dice(3);
    let mut readers = [Reader::of("s", 1), Reader::of("s", 2), Reader::of("s", 7), Reader::of("s", 100)];
    for n in 0..150 {
        if dice.roll(9) == 0 {
            let gone = key("s", OPPORTUNITY, &format!("deal-{}", dice.roll(9)));
            store.delete_record(gone).await.unwrap();
        } else {
            report(&mut dice, n).send(&store).await;
        }
        if dice.roll(2) == 0 {
            settle(&store).await;
        }
        let reader = &mut readers[usize::try_from(dice.roll(4)).unwrap()];
        reader.read_on(&store).await;
    }
    settle(&store).await;
    let expected = journeys(&store, "s").await;
    assert_eq!(expected.len() as u64, store.check().await.unwrap().records);
    for reader in &mut readers {
        reader.read_on(&store).await;
        assert_eq!(reader.journeys(), expected, "{} at a time", reader.limit);
    }
    assert_eq!(store.journeys(site_id("other"), 0, 9).await.unwrap(), []);
}

pub(super) async fn a_late_visit_and_a_cut_and_its_restoration_are_followed(store: Arc<dyn Store>) {
    ann(&store).await;
    let before = journey(&store, "D").await.unwrap();
    assert_eq!(before.found, Found::By(IdentifierKind::EmailAddress));
    assert_eq!((before.conversions, before.lead), (1, Some(at(3_000))));
    assert_eq!(before.touches[0].origin.landing_page, "https://example.com/?utm_source=news");
    store.add_visits(vec![visit("v1", 20_000, ""), visit("v1", 23_000, "")]).await.unwrap();
    assert_eq!(touches(&store, "D").await, [10, 20_000], "late, and too late");
    store.upload(vec![deal("D", 23_000, &[])]).await.unwrap();
    assert_eq!(touches(&store, "D").await, [10, 20_000, 23_000]);
    let whole = journey(&store, "D").await.unwrap();
    let form = store.person(site_id("s"), vec![ra_id("v1")]).await.unwrap().conversions[0].change;
    store.set_cut(site_id("s"), form, email("ann@example.com"), true, at(1)).await.unwrap();
    let cut = journey(&store, "D").await.unwrap();
    assert_eq!(cut.found, Found::Nobody(Unmatched::NothingFound));
    assert_eq!((cut.touches.len(), cut.conversions, cut.lead), (0, 0, None));
    store.set_cut(site_id("s"), form, email("ann@example.com"), false, at(2)).await.unwrap();
    assert_eq!(journey(&store, "D").await.unwrap(), whole);
}

pub(super) async fn a_deleted_record_has_no_journey_until_it_comes_back(store: Arc<dyn Store>) {
    ann(&store).await;
    // The first deal says that the telephone number is Ann's.
    let office = phone("020 7946 0018");
    let naming = deal("N", 20_000, &[email("ann@example.com"), office.clone()]);
    store.upload(vec![naming.clone(), deal("P", 20_000, &[office])]).await.unwrap();
    assert_eq!(touches(&store, "P").await, [10]);
    let before = journey(&store, "N").await.unwrap();
    store.delete_record(key("s", OPPORTUNITY, "N")).await.unwrap();
    assert_eq!(journey(&store, "N").await, None);
    assert_eq!(touches(&store, "P").await, [0; 0], "nothing says any more whose the number is");
    store.upload(vec![naming]).await.unwrap();
    assert_eq!(journey(&store, "N").await, Some(before));
    assert_eq!(touches(&store, "P").await, [10]);
}

pub(super) async fn an_erasure_leaves_no_journey_or_a_bare_one(store: Arc<dyn Store>) {
    ann(&store).await;
    let mut labelled = deal("D", 21_000, &[]);
    labelled.version.labels = Some(vec![text("Ann's")]);
    // Of the same instant, and saying the same but for what is personal.
    store.upload(vec![labelled, deal("D", 21_000, &[ra_id("v1")])]).await.unwrap();
    let before = journey(&store, "D").await.unwrap();
    let mut reader = Reader::of("s", 2);
    reader.read_on(&store).await;
    let erased = store.erase(site_id("s"), vec![ra_id("v1")], ErasedRecords::KeepTotals).await.unwrap();
    assert_eq!(erased.records, 1);
    assert_eq!(journey(&store, "D").await, None);
    reader.read_on(&store).await;
    let bare = reader.journeys().into_values().collect::<Vec<_>>();
    let expected = Journey {
        reference: bare[0].reference.clone(),
        labels: Vec::new(),
        found: Found::Nobody(Unmatched::NothingFound),
        lead: None,
        conversions: 0,
        touches: Vec::new(),
        ..before
    };
    assert_eq!(bare, [expected]);
    assert_sound(&store).await;
    store.upload(vec![deal("E", 20_000, &[email("eve@example.com")])]).await.unwrap();
    assert!(journey(&store, "E").await.is_some());
    let eve = vec![email("eve@example.com")];
    store.erase(site_id("s"), eve, ErasedRecords::Delete).await.unwrap();
    assert_eq!(journey(&store, "E").await, None);
    assert_eq!(journeys(&store, "s").await.len(), 1);
}

pub(super) async fn changed_settings_are_applied_to_all_journeys(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let ann = [ra_id("v1"), email("ann@example.com")];
    let hours = |hours: i64| hours * 3_600;
    // Of the first day in London, which was an hour ahead in 1970, and of the second.
    let visits = [hours(1), hours(1) + 2_400, hours(22), hours(23)].map(|second| visit("v1", second, ""));
    store.add_visits(visits.into()).await.unwrap();
    store.add_conversions(vec![form("f", 0, &ann)]).await.unwrap();
    let version = Version { identifiers: vec![ann[1].clone()], ..deal("D", 0, &[]).version };
    let first_day = Version { occurred: Moment { at: at(0), date_only: true }, ..version };
    store.upload(vec![upload("D", first_day)]).await.unwrap();
    let all = [hours(1), hours(1) + 2_400, hours(22), hours(23)];
    assert_eq!(touches(&store, "D").await, all[..3]);
    let set = |site: Site, second| store.set_site(site, at(second));
    set(Site { time_zone: TimeZoneName::parse("America/New_York").unwrap(), ..site("s") }, 2).await.unwrap();
    assert_eq!(touches(&store, "D").await, all);
    let patient = VisitSettings { timeout_minutes: 60, ..VisitSettings::default() };
    set(Site { visits: patient, ..site("s") }, 3).await.unwrap();
    assert_eq!(touches(&store, "D").await, [hours(1), hours(22)]);
    let ignored = GuardSettings { ignored: vec![ignored("ann@example.com")], ..GuardSettings::default() };
    set(Site { guards: ignored, ..site("s") }, 4).await.unwrap();
    assert_eq!(journey(&store, "D").await.unwrap().found, Found::Nobody(Unmatched::Guarded));
    set(site("s"), 5).await.unwrap();
    assert_eq!(touches(&store, "D").await, all[..3]);
}

/// Lets a future run for a while and drops it then, wherever it is.
async fn dropped_half_way<T>(future: impl Future<Output = T>, polls: u64) -> Option<T> {
    let mut future = pin!(future);
    for _ in 0..polls {
        let poll = std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await;
        if let Poll::Ready(done) = poll {
            return Some(done);
        }
        tokio::task::yield_now().await;
    }
    None
}

/// What a read found, unless writes overtook it too often.
fn unless_overtaken<T>(read: Result<T, StoreError>) -> Option<T> {
    match read {
        Ok(found) => Some(found),
        Err(StoreError::Interrupted) => None,
        Err(error) => panic!("{error}"),
    }
}

/// Cuts somebody out of a fact that names them, or restores them.
async fn decide(store: &Arc<dyn Store>, site: SiteId, dice: &mut Dice, now: Instant) {
    let found = store.person(site.clone(), vec![somebody(dice)]).await;
    let facts = unless_overtaken(found).unwrap_or_default().person.facts;
    if !facts.is_empty() {
        let (fact, is_cut) = (dice.pick(&facts), dice.roll(2) == 0);
        let named: Vec<_> = fact.identifiers.into_iter().chain(fact.cut).collect();
        store.set_cut(site, fact.change, dice.pick(&named), is_cut, now).await.unwrap();
    }
}

/// One of several who do all that can be done to a site, for a while.
async fn live(store: Arc<dyn Store>, site_name: String, mut dice: Dice) {
    for n in 0..60 {
        let (id, now) = (site_id(&site_name), at(n));
        match dice.roll(40) {
            0 => {
                let fate = dice.pick(&[ErasedRecords::KeepTotals, ErasedRecords::Delete]);
                store.erase(id, vec![somebody(&mut dice)], fate).await.unwrap();
            }
            1..=3 => {
                let gone = key(&site_name, OPPORTUNITY, &format!("deal-{}", dice.roll(9)));
                store.delete_record(gone).await.unwrap();
            }
            4..=9 => decide(&store, id, &mut dice, now).await,
            10..=12 => {
                let is_allowed = dice.roll(2) == 0;
                store.set_allowed(id, somebody(&mut dice), is_allowed, now).await.unwrap();
            }
            13 => {
                let visitors_max = 2 + u32::try_from(dice.roll(4)).unwrap();
                let guards = GuardSettings { visitors_max, ..guards() };
                store.set_site(Site { guards, ..site(&site_name) }, now).await.unwrap();
            }
            14 => {
                let rebuild = store.rebuild(Some(id));
                dropped_half_way(rebuild, dice.roll(60)).await.and_then(unless_overtaken);
            }
            15 => {
                let before = at(dice.roll(99).cast_signed() * 1_000);
                unless_overtaken(store.expire_visits(id, before, 0, 99).await);
            }
            _ => report(&mut dice, n.unsigned_abs()).on(&site_name).send(&store).await,
        }
        for _ in 0..dice.roll(9) {
            tokio::task::yield_now().await;
        }
    }
}

pub(super) async fn whatever_happens_at_once_journeys_are_what_the_facts_say(store: Arc<dyn Store>) {
    for round in 0..6 {
        let mut dice = Dice(round);
        let name = format!("s{round}");
        store.add_site(Site { guards: guards(), ..site(&name) }).await.unwrap();
        let writers: Vec<_> = (0..4)
            .map(|n| tokio::spawn(live(Arc::clone(&store), name.clone(), Dice(round * 10 + n))))
            .collect();
        let is_over = Arc::new(AtomicBool::new(false));
        let follower = tokio::spawn({
            let (store, is_over, mut dice) = (Arc::clone(&store), Arc::clone(&is_over), dice.clone());
            async move {
                while !is_over.load(Ordering::Relaxed) {
                    let follow = store.follow(usize::try_from(1 + dice.roll(20)).unwrap());
                    dropped_half_way(follow, dice.roll(60)).await.and_then(unless_overtaken);
                    // What was dropped still has its turn.
                    store.followed().await.unwrap();
                }
            }
        });
        for writer in writers {
            writer.await.unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
        follower.await.unwrap();
        settle(&store).await;
        assert_true(&store).await;
        assert_sound(&store).await;
        rebuilt_alike(&store, &name, dice.roll(2) == 0).await;
    }
}

/// Deriving all journeys anew changes none, and gives none a new row.
async fn rebuilt_alike(store: &Arc<dyn Store>, site: &str, only: bool) {
    let rows = || store.journeys(site_id(site), 0, usize::MAX);
    let before = rows().await.unwrap();
    let rebuild = store.rebuild(only.then(|| site_id(site))).await.unwrap();
    assert!(rebuild.last_row >= before.last().map_or(0, |row| row.number));
    if only {
        assert_eq!(rebuild.journeys, before.iter().filter(|row| row.journey.is_some()).count() as u64);
    }
    settle(store).await;
    assert_eq!(rows().await.unwrap(), before);
    assert_true(store).await;
}
