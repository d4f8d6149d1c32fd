use super::samples::{
    assert_sound, at, cookie, deal, email, form, identifier, ignored, key, matched, phone, ra_id, settle,
    site, site_id, text, visit,
};
use crate::{NewVisit, Store};
use std::sync::Arc;
use touchline_domain::identity::{Guard, GuardSettings, Outcome, Unmatched};
use touchline_domain::record::{Property, RecordKind, UploadOutcome};
use touchline_domain::{
    Call, ConversionKind, Country, DeviceClass, Identifier, IdentifierKind, Moment, Overrides, PageUrl,
    Screen, Site, Text, Visit,
};

async fn visitors(store: &Arc<dyn Store>, seed: Identifier) -> Vec<String> {
    let found = store.person(site_id("s"), vec![seed]).await.unwrap();
    let mut visitors: Vec<_> = found.person.visitors().map(|visitor| visitor.value().to_owned()).collect();
    visitors.sort();
    visitors
}

async fn outcome(store: &Arc<dyn Store>, reference: &str) -> Outcome {
    let found = store.record_match(key("s", RecordKind::Opportunity, reference)).await.unwrap();
    found.unwrap().matching.outcome
}

pub(super) async fn everything_reported_is_read_back(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let NewVisit { visit: plain, .. } = visit("v1", 10, "");
    let full = Visit {
        landing_page: PageUrl::parse("https://example.com/?utm_source=Ä&gclid=x#top").unwrap(),
        referrer: Some(Text::parse("android-app://com.google").unwrap()),
        title: Some(text("Tïtle")),
        cookie: Some(cookie("1.2")),
        screen: Some(Screen { width: 1440, height: 900 }),
        device: DeviceClass::Tablet,
        crawler: Some(text("Googlebot")),
        ..plain.clone()
    };
    let of = |visit: Visit, received| NewVisit { site: site_id("s"), received_at: at(received), visit };
    store.add_visits(vec![of(plain.clone(), 12), of(full.clone(), 5)]).await.unwrap();
    let mut call = form("call-1", 20, &[ra_id("v1"), phone("020 7946 0018")]);
    call.conversion.kind = ConversionKind::Call;
    call.conversion.call = Some(Call {
        ended: Moment { at: at(30), date_only: false },
        called: Text::parse("0800 1").unwrap(),
        caller: Text::parse("020 7946 0018").unwrap(),
        referrer_label: Some(text("Billboard")),
        answer_time: None,
        result: Some(text("Answered")),
    });
    let mut form = form("form-1", 20, &[ra_id("v1"), email("ann@example.com")]);
    form.conversion.occurred.date_only = true;
    form.conversion.page = Some(PageUrl::parse("https://example.com/contact").unwrap());
    form.conversion.name = Some(text("contact"));
    form.conversion.payload = vec![
        Property { name: text("b"), value: "x".into() },
        Property { name: text("a"), value: String::new() },
    ];
    form.conversion.overrides = Overrides {
        marketing_channel: Some(text("Google")),
        source_category: Some(text("Paid")),
        landing_page: Some(PageUrl::parse("https://example.com/l").unwrap()),
        referrer: None,
    };
    store.add_conversions(vec![call.clone(), form.clone()]).await.unwrap();
    let found = store.person(site_id("s"), vec![ra_id("v1")]).await.unwrap();
    let visits: Vec<_> =
        found.visits.iter().map(|stored| (stored.visit.clone(), stored.received_at)).collect();
    assert_eq!(visits, [(plain, at(12)), (full, at(5))]);
    let conversions: Vec<_> = found.conversions.iter().map(|stored| stored.conversion.clone()).collect();
    assert_eq!(conversions, [call.conversion, form.conversion]);
    let report = store.check().await.unwrap();
    assert_eq!((report.visits, report.conversions), (2, 2));
    assert_sound(&store).await;
}

pub(super) async fn a_repeated_conversion_changes_nothing(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let first = form("1", 10, &[ra_id("v1"), email("ann@example.com")]);
    let other = form("1", 10, &[ra_id("v2"), email("ann@example.com")]);
    let all = vec![first.clone(), first.clone(), other.clone(), other, first.clone()];
    let outcomes = store.add_conversions(all).await.unwrap();
    let names: Vec<_> = outcomes.into_iter().map(UploadOutcome::name).collect();
    assert_eq!(names, ["created", "unchanged", "updated", "unchanged", "updated"]);
    let mut call = first;
    call.conversion.kind = ConversionKind::Call;
    assert_eq!(
        store.add_conversions(vec![call]).await.unwrap(),
        [UploadOutcome::Created],
        "a reference is one per kind"
    );
    assert_eq!(visitors(&store, email("ann@example.com")).await, ["v1", "v2"], "evidence adds up");
}

pub(super) async fn a_visit_a_form_and_a_record_are_one_person(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    store.add_visits(vec![visit("v1", 10, "a"), visit("v1", 20, "b"), visit("v9", 11, "")]).await.unwrap();
    store.add_conversions(vec![form("f", 30, &[ra_id("v1"), email("ann@example.com")])]).await.unwrap();
    store.upload(vec![deal("D", 40, &[email("ann@example.com")])]).await.unwrap();
    let found = store.person(site_id("s"), vec![email("ann@example.com")]).await.unwrap();
    let pages: Vec<_> = found.visits.iter().map(|v| v.visit.landing_page.as_str()).collect();
    assert_eq!(pages, ["https://example.com/a", "https://example.com/b"]);
    assert_eq!(found.conversions.len(), 1);
    assert_eq!(found.records[0].matched_by, Some(email("ann@example.com")));
    let found = store.record_match(key("s", RecordKind::Opportunity, "D")).await.unwrap().unwrap();
    assert_eq!(found.matching.outcome, Outcome::Matched(email("ann@example.com")));
    assert_eq!((found.visits.len(), found.conversions.len()), (2, 1));
    let path = found.matching.person.path_to(&ra_id("v1"));
    assert_eq!(path.len(), 2);
    assert_eq!(path[1].step.as_ref().map(|step| step.fact), Some(found.conversions[0].change));
    assert!(store.record_match(key("s", RecordKind::Revenue, "D")).await.unwrap().is_none());
    settle(&store).await;
    assert_eq!(matched(&store).await, ["D"]);
    assert_sound(&store).await;
}

pub(super) async fn a_record_is_matched_when_evidence_comes_later(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let ann = email("ann@example.com");
    store
        .upload(vec![deal("D", 40, std::slice::from_ref(&ann)), deal("E", 40, &[ra_id("v2")])])
        .await
        .unwrap();
    settle(&store).await;
    assert_eq!(matched(&store).await, [""; 0]);
    assert_eq!(outcome(&store, "D").await, Outcome::Unmatched(Unmatched::NothingFound));
    let mut with_cookie = visit("v1", 10, "");
    with_cookie.visit.cookie = Some(cookie("7.7"));
    store.add_visits(vec![with_cookie]).await.unwrap();
    settle(&store).await;
    store.add_conversions(vec![form("f", 50, &[cookie("7.7"), ann.clone()])]).await.unwrap();
    settle(&store).await;
    assert_eq!(matched(&store).await, ["D"]);
    store.add_visits(vec![visit("v2", 60, "")]).await.unwrap();
    settle(&store).await;
    assert_eq!(matched(&store).await, ["D", "E"]);
    assert_eq!(visitors(&store, ann).await, ["v1"]);
    store.delete_record(key("s", RecordKind::Opportunity, "D")).await.unwrap();
    settle(&store).await;
    assert_eq!(matched(&store).await, ["E"]);
    assert_sound(&store).await;
}

pub(super) async fn phones_match_and_do_not_join(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let (office, ann, bob) = (phone("020 7946 0018"), email("ann@example.com"), email("bob@example.com"));
    store.add_conversions(vec![form("1", 1, &[ra_id("v1"), ann.clone(), office.clone()])]).await.unwrap();
    store.upload(vec![deal("D", 40, std::slice::from_ref(&office))]).await.unwrap();
    settle(&store).await;
    assert_eq!(outcome(&store, "D").await, Outcome::Matched(office.clone()));
    assert_eq!(matched(&store).await, ["D"]);
    store.add_conversions(vec![form("2", 2, &[ra_id("v2"), bob.clone(), office.clone()])]).await.unwrap();
    settle(&store).await;
    assert_eq!(visitors(&store, ann.clone()).await, ["v1"]);
    assert_eq!(outcome(&store, "D").await, Outcome::Unmatched(Unmatched::Ambiguous));
    assert_eq!(matched(&store).await, [""; 0]);
    let found = store.person(site_id("s"), vec![office.clone()]).await.unwrap();
    assert!(found.is_ambiguous);
    assert_eq!(found.conversions.len(), 2, "what names it is told");
    store.add_conversions(vec![form("3", 3, &[ra_id("v1"), bob])]).await.unwrap();
    settle(&store).await;
    assert_eq!(matched(&store).await, ["D"], "they turned out to be one person");
    let found = store.person(site_id("s"), vec![office]).await.unwrap();
    assert_eq!((found.is_ambiguous, found.conversions.len()), (false, 3));
    assert_eq!(visitors(&store, ann).await, ["v1", "v2"]);
}

pub(super) async fn a_guarded_address_is_listed_and_can_be_allowed(store: Arc<dyn Store>) {
    let guards = GuardSettings { visitors_max: 2, ..GuardSettings::default() };
    store.add_site(Site { guards, ..site("s") }).await.unwrap();
    let (shared, office) = (email("shared@example.com"), email("info@example.com"));
    for n in 1..=3 {
        let visitor = ra_id(&format!("v{n}"));
        store.add_conversions(vec![form(&n.to_string(), n, &[visitor, shared.clone()])]).await.unwrap();
    }
    store.add_conversions(vec![form("o", 9, &[ra_id("v8"), office.clone()])]).await.unwrap();
    let uploads =
        vec![deal("D", 40, std::slice::from_ref(&shared)), deal("O", 40, std::slice::from_ref(&office))];
    store.upload(uploads).await.unwrap();
    settle(&store).await;
    let listed = || async {
        let guarded = store.guarded(site_id("s"), None, 10).await.unwrap();
        guarded.into_iter().map(|one| (one.identifier, one.guard)).collect::<Vec<_>>()
    };
    assert_eq!(
        listed().await,
        [(office.clone(), Guard::RoleMailbox), (shared.clone(), Guard::TooManyVisitors(3))]
    );
    let after = store.guarded(site_id("s"), Some(office.clone()), 10).await.unwrap();
    assert_eq!(after.len(), 1);
    assert_eq!(store.guarded(site_id("s"), None, 1).await.unwrap().len(), 1);
    assert_eq!(outcome(&store, "D").await, Outcome::Unmatched(Unmatched::Ambiguous));
    assert_eq!(outcome(&store, "O").await, Outcome::Matched(office.clone()), "one person only gave it");
    store.set_allowed(site_id("s"), shared.clone(), true, at(50)).await.unwrap();
    store.set_allowed(site_id("s"), shared.clone(), true, at(51)).await.unwrap();
    settle(&store).await;
    assert_eq!(store.allowed(site_id("s"), None, 9).await.unwrap(), std::slice::from_ref(&shared));
    store.set_allowed(site_id("s"), cookie("7.7"), true, at(50)).await.unwrap();
    store.set_allowed(site_id("s"), ra_id("v99"), true, at(50)).await.unwrap();
    let mut pages = Vec::new();
    while let Some(one) = store.allowed(site_id("s"), pages.last().cloned(), 1).await.unwrap().pop() {
        pages.push(one);
    }
    assert_eq!(pages, [ra_id("v99"), shared.clone(), cookie("7.7")]);
    settle(&store).await;
    assert_eq!(listed().await.len(), 1);
    assert_eq!(matched(&store).await, ["D", "O"]);
    assert_eq!(visitors(&store, ra_id("v1")).await, ["v1", "v2", "v3"]);
    store.set_allowed(site_id("s"), shared, false, at(52)).await.unwrap();
    settle(&store).await;
    assert_eq!(matched(&store).await, ["O"]);
    assert_sound(&store).await;
}

pub(super) async fn cut_evidence_does_not_count_until_it_is_restored(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let ann = email("ann@example.com");
    store.add_visits(vec![visit("v1", 1, ""), visit("v2", 2, "")]).await.unwrap();
    let forms = [form("1", 3, &[ra_id("v1"), ann.clone()]), form("2", 4, &[ra_id("v2"), ann.clone()])];
    store.add_conversions(forms.to_vec()).await.unwrap();
    store.upload(vec![deal("D", 40, &[ra_id("v2")])]).await.unwrap();
    settle(&store).await;
    let before = store.person(site_id("s"), vec![ra_id("v2")]).await.unwrap();
    let fact = before.conversions[1].change;
    let cut = |fact, identifier, is| store.set_cut(site_id("s"), fact, identifier, is, at(50));
    assert!(!cut(fact, email("bob@example.com"), true).await.unwrap(), "the fact names nobody so");
    assert!(!cut(fact + 99, ann.clone(), true).await.unwrap(), "there is no such fact");
    assert!(cut(fact, ann.clone(), true).await.unwrap());
    assert!(cut(fact, ann.clone(), true).await.unwrap());
    settle(&store).await;
    assert_eq!(visitors(&store, ann.clone()).await, ["v1"]);
    assert_eq!(visitors(&store, ra_id("v2")).await, ["v2"]);
    let now = store.person(site_id("s"), vec![ra_id("v2")]).await.unwrap();
    assert_eq!(now.person.facts.iter().find(|f| f.change == fact).unwrap().cut, std::slice::from_ref(&ann));
    let own = now.records[0].versions[0].change;
    assert!(cut(own, ra_id("v2"), true).await.unwrap(), "a record is evidence too");
    settle(&store).await;
    assert_eq!(matched(&store).await, [""; 0]);
    assert!(cut(own, ra_id("v2"), false).await.unwrap());
    assert!(cut(fact, ann, false).await.unwrap());
    settle(&store).await;
    assert_eq!(store.person(site_id("s"), vec![ra_id("v2")]).await.unwrap(), before);
    assert_eq!(matched(&store).await, ["D"]);
    assert_sound(&store).await;
}

pub(super) async fn changed_guards_are_applied_to_all_records(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let ann = email("ann@example.com");
    store.add_conversions(vec![form("1", 3, &[ra_id("v1"), ann.clone()])]).await.unwrap();
    store.add_conversions(vec![form("2", 3, &[ra_id("v2"), ann.clone()])]).await.unwrap();
    let deals = (0..30).map(|n| deal(&format!("D{n}"), n, std::slice::from_ref(&ann)));
    let deals: Vec<_> = deals.collect();
    let last_heard = deals.iter().map(|deal| deal.received_at).max().unwrap();
    store.upload(deals).await.unwrap();
    settle(&store).await;
    assert_eq!(matched(&store).await.len(), 30);
    let ignored = vec![ignored("ann@example.com")];
    let strict = Site { guards: GuardSettings { ignored, ..GuardSettings::default() }, ..site("s") };
    store.set_site(strict, at(90)).await.unwrap();
    settle(&store).await;
    assert_eq!(matched(&store).await, [""; 0]);
    assert_eq!(outcome(&store, "D7").await, Outcome::Unmatched(Unmatched::Guarded));
    let listed = store.guarded(site_id("s"), None, 10).await.unwrap();
    assert_eq!(
        (listed[0].guard, listed[0].since),
        (Guard::Ignored, last_heard),
        "since the last fact that named it"
    );
    store.set_site(site("s"), at(91)).await.unwrap();
    settle(&store).await;
    assert_eq!(matched(&store).await.len(), 30);
    assert_eq!(store.guarded(site_id("s"), None, 10).await.unwrap(), []);
    assert_sound(&store).await;
}

pub(super) async fn a_number_is_ignored_however_it_is_written(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    store.add_conversions(vec![form("1", 3, &[ra_id("v1"), phone("020 7946 0018")])]).await.unwrap();
    store.upload(vec![deal("D", 40, &[phone("0044 20 79460018")])]).await.unwrap();
    settle(&store).await;
    assert_eq!(matched(&store).await, ["D"]);
    for spelling in ["020 7946 0018", "+44 (0)20 7946-0018", "tel:+442079460018"] {
        let guards = GuardSettings { ignored: vec![ignored(spelling)], ..GuardSettings::default() };
        let strict = Site { guards, ..site("s") };
        store.set_site(strict.clone(), at(90)).await.unwrap();
        settle(&store).await;
        assert_eq!(matched(&store).await, [""; 0], "{spelling}");
        assert_eq!(outcome(&store, "D").await, Outcome::Unmatched(Unmatched::Guarded), "{spelling}");
        // Where a number that is written so is another one, or none.
        let moved = Site { phone_country: Country::parse("US").unwrap(), ..strict };
        store.set_site(moved, at(91)).await.unwrap();
        settle(&store).await;
        let is_of_any_country = spelling.contains('+');
        assert_eq!(outcome(&store, "D").await == Outcome::Unmatched(Unmatched::Guarded), is_of_any_country);
        assert_sound(&store).await;
        store.set_site(site("s"), at(92)).await.unwrap();
        settle(&store).await;
        assert_eq!(matched(&store).await, ["D"]);
    }
}

pub(super) async fn sites_do_not_share_people(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    store.add_site(site("other")).await.unwrap();
    let mut elsewhere = form("1", 3, &[ra_id("v1"), email("ann@example.com")]);
    elsewhere.site = site_id("other");
    store.add_conversions(vec![elsewhere]).await.unwrap();
    store.upload(vec![deal("D", 40, &[email("ann@example.com")])]).await.unwrap();
    settle(&store).await;
    assert_eq!(matched(&store).await, [""; 0]);
    let payload = identifier(IdentifierKind::PayloadValue, "v1");
    for seed in [ra_id("v1"), payload] {
        let found = store.person(site_id("s"), vec![seed]).await.unwrap();
        assert_eq!((found.visits.len(), found.conversions.len(), found.records.len()), (0, 0, 0));
    }
}

pub(super) async fn a_stranger_stops_being_one_when_a_record_finds_them_by_phone(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let office = phone("020 7946 0018");
    let with_cookie = |visitor: &str, second| {
        let mut visit = visit(visitor, second, "");
        visit.visit.cookie = Some(cookie("7.7"));
        visit
    };
    store.add_visits(vec![visit("v1", 1, ""), with_cookie("v2", 2)]).await.unwrap();
    store.add_conversions(vec![form("1", 3, &[ra_id("v1"), office.clone()])]).await.unwrap();
    settle(&store).await;
    store.upload(vec![deal("D", 40, &[office])]).await.unwrap();
    settle(&store).await;
    store.add_visits(vec![with_cookie("v1", 50)]).await.unwrap();
    settle(&store).await;
    assert_eq!(visitors(&store, ra_id("v1")).await, ["v1", "v2"]);
    assert_sound(&store).await;
}
