//! What belongs to a journey, and what does not.

use super::{Found, Journey, JourneySettings};
use crate::channel::ChannelRules;
use crate::identity::{Matching, Outcome, Person, Unmatched};
use crate::record::{Particulars, RecordKind, Reference, StoredVersion, Version};
use crate::{
    Conversion, ConversionKind, Country, Currency, DeviceClass, Identifier, IdentifierKind, Instant, Moment,
    Money, Overrides, PageUrl, Site, SiteId, StoredConversion, StoredVisit, Text, TimeZoneName, Visit,
};
use proptest::prelude::*;

fn text(raw: &str) -> Text<255> {
    Text::parse(raw).unwrap()
}

fn moment(raw: &str) -> Moment {
    Moment::parse(raw).unwrap()
}

fn at(raw: &str) -> Instant {
    moment(raw).at
}

fn identifier(kind: IdentifierKind, raw: &str) -> Identifier {
    Identifier::parse(kind, raw, Country::parse("GB").unwrap()).unwrap()
}

fn settings(zone: &str) -> JourneySettings {
    let id = SiteId::parse("s").unwrap();
    let mut site = Site::new(id, text("Example"), Instant::from_micros(0)).unwrap();
    site.time_zone = TimeZoneName::parse(zone).unwrap();
    JourneySettings::of(&site)
}

fn visit(change: u64, at: Instant, page: &str) -> StoredVisit {
    StoredVisit {
        change,
        received_at: at,
        visit: Visit {
            visitor: identifier(IdentifierKind::RaId, "v1"),
            at,
            landing_page: PageUrl::parse(&format!("https://example.com/{page}")).unwrap(),
            referrer: None,
            title: None,
            cookie: None,
            screen: None,
            device: DeviceClass::Desktop,
            crawler: None,
        },
    }
}

fn form(change: u64, reference: &str, occurred: Moment, overrides: Overrides) -> StoredConversion {
    let conversion = Conversion {
        kind: ConversionKind::Web,
        reference: Reference::parse(reference).unwrap(),
        occurred,
        identifiers: Vec::new(),
        page: None,
        name: None,
        payload: Vec::new(),
        overrides,
        call: None,
    };
    StoredConversion { change, received_at: occurred.at, conversion }
}

fn words(channel: &str, category: &str) -> Overrides {
    Overrides {
        marketing_channel: Some(text(channel)),
        source_category: Some(text(category)),
        ..Overrides::default()
    }
}

fn version(change: u64, occurred: Moment, particulars: Particulars) -> StoredVersion {
    let value = Money { minor: 100, currency: Currency::parse("GBP").unwrap() };
    let identifiers = vec![identifier(IdentifierKind::EmailAddress, "ann@example.com")];
    let version = Version { occurred, value, particulars, identifiers, labels: None, properties: None };
    StoredVersion { change, received_at: occurred.at, version }
}

fn deal(date: &str) -> Vec<StoredVersion> {
    vec![version(1, moment(date), Particulars::Opportunity { stage: text("New") })]
}

fn derive(
    zone: &str,
    versions: &[StoredVersion],
    visits: &[StoredVisit],
    conversions: &[StoredConversion],
) -> Journey {
    let outcome = Outcome::Matched(identifier(IdentifierKind::EmailAddress, "ann@example.com"));
    let matching = Matching { outcome, person: Person::default(), conflicts: Vec::new() };
    let reference = Reference::parse("D").unwrap();
    let record = (RecordKind::Opportunity, &reference);
    Journey::derive(&settings(zone), record, versions, &matching, visits, conversions).unwrap()
}

/// The facts that began its touches.
fn facts(journey: &Journey) -> Vec<u64> {
    journey.touches.iter().map(|touch| touch.fact).collect()
}

fn channels(journey: &Journey) -> Vec<String> {
    let rules = ChannelRules::builtin();
    journey.touches.iter().map(|touch| touch.origin.classify(&rules).unwrap().channel).collect()
}

#[test]
fn touches_up_to_the_records_time_belong_to_it() {
    let end = "2024-03-05T12:00:00Z";
    let visits = [(2, "2024-03-05T12:00:00.000001Z"), (3, end), (4, "2023-01-01")];
    let visits = visits.map(|(change, when)| visit(change, at(when), ""));
    let late = form(5, "late", moment("2024-03-05T12:00:01Z"), words("Email", "NotApplicable"));
    let on_time = form(6, "on-time", moment(end), words("Email", "NotApplicable"));
    let journey = derive("Europe/London", &deal(end), &visits, &[late, on_time]);
    assert_eq!(facts(&journey), [4, 3, 6], "in order of time, then of fact");
    assert_eq!((journey.conversions, journey.lead), (1, Some(at(end))));
}

#[test]
fn a_date_without_a_time_ends_with_its_day_in_the_sites_zone() {
    for (zone, date, next_day_begins) in [
        ("UTC", "2024-03-05", "2024-03-06T00:00:00Z"),
        ("America/New_York", "2024-01-05", "2024-01-06T05:00:00Z"),
        ("Asia/Tokyo", "2024-01-05", "2024-01-05T15:00:00Z"),
        // A day of 23 hours, one of 25, and the day before one that begins at one o'clock.
        ("Europe/London", "2024-03-31", "2024-03-31T23:00:00Z"),
        ("America/New_York", "2024-11-03", "2024-11-04T05:00:00Z"),
        ("America/Sao_Paulo", "2017-10-14", "2017-10-15T03:00:00Z"),
        // The day after did not exist: the date line moved.
        ("Pacific/Apia", "2011-12-29", "2011-12-30T10:00:00Z"),
    ] {
        let excluded = at(next_day_begins);
        let included = Instant::from_micros(excluded.as_micros() - 1);
        let journey = derive(zone, &deal(date), &[visit(2, included, ""), visit(3, excluded, "x")], &[]);
        assert_eq!(facts(&journey), [2], "{date} in {zone}");
    }
}

#[test]
fn other_dates_without_a_time_begin_their_day_in_the_sites_zone() {
    for (zone, begins) in [
        ("UTC", "2024-01-05T00:00:00Z"),
        ("America/New_York", "2024-01-05T05:00:00Z"),
        ("Asia/Tokyo", "2024-01-04T15:00:00Z"),
    ] {
        let sent = form(2, "f", moment("2024-01-05"), words("Email", "NotApplicable"));
        let journey = derive(zone, &deal(begins), &[], std::slice::from_ref(&sent));
        assert_eq!(journey.touches[0].at, at(begins), "{zone}");
        assert_eq!(journey.lead, Some(at(begins)), "{zone}");
        let lead = Particulars::Revenue { lead: Some(moment("2024-01-05")) };
        let journey = derive(zone, &[version(1, moment("2024-02-01"), lead)], &[], &[]);
        assert_eq!(journey.lead, Some(at(begins)), "{zone}");
    }
}

#[test]
fn reports_of_one_visit_are_one_touch_and_crawlers_none() {
    let mut crawler = visit(2, at("2024-01-01"), "");
    crawler.visit.crawler = Some(text("Googlebot"));
    let visits = [
        crawler,
        visit(3, at("2024-01-02T10:00:00Z"), ""),
        visit(4, at("2024-01-02T10:20:00Z"), "pricing"),
        visit(5, at("2024-01-02T10:40:00Z"), "contact"),
        visit(6, at("2024-01-02T10:41:00Z"), "?utm_source=news&utm_medium=email"),
        visit(7, at("2024-01-02T12:00:00Z"), ""),
    ];
    let journey = derive("UTC", &deal("2024-01-02T10:30:00Z"), &visits, &[]);
    assert_eq!(facts(&journey), [3], "a visit belongs to the journey in which it began");
    let journey = derive("UTC", &deal("2024-01-02"), &visits, &[]);
    assert_eq!(facts(&journey), [3, 6, 7]);
    assert_eq!(channels(&journey), ["Direct", "Email", "Direct"]);
}

#[test]
fn a_conversion_is_a_touch_if_its_sender_said_where_it_came_from() {
    let page = |url| Some(PageUrl::parse(url).unwrap());
    let google = page("https://www.google.com/search?q=ann");
    let overrides = [
        Overrides::default(),
        words("Google", "Paid"),
        words("NotApplicable", "journey"),
        Overrides {
            marketing_channel: Some(text("Journey")),
            referrer: google.clone(),
            ..Overrides::default()
        },
        Overrides { landing_page: page("https://example.com/?utm_medium=email"), ..Overrides::default() },
        Overrides { referrer: google, ..Overrides::default() },
        // Nobody stores this any more.
        words("Carrier pigeon", "Paid"),
    ];
    let forms: Vec<_> = (2..)
        .zip(overrides)
        .map(|(change, overrides)| form(change, &change.to_string(), moment("2024-01-01"), overrides))
        .collect();
    let journey = derive("UTC", &deal("2024-01-02"), &[], &forms);
    assert_eq!(facts(&journey), [3, 6, 7]);
    assert_eq!(channels(&journey), ["Paid Search", "Email", "Organic Search"]);
    assert_eq!(journey.touches[2].origin.device, None);
    assert_eq!(journey.conversions, 7, "all of them happened");
}

#[test]
fn of_several_reports_of_one_conversion_the_last_counts() {
    let first = form(2, "f", moment("2024-01-01"), words("Google", "Paid"));
    let corrected = form(5, "f", moment("2024-01-03"), words("Email", "NotApplicable"));
    let mut call = form(3, "f", moment("2024-01-02"), words("Offline", "NotApplicable"));
    call.conversion.kind = ConversionKind::Call;
    let reports = [corrected.clone(), first, call];
    let journey = derive("UTC", &deal("2024-01-05"), &[], &reports);
    assert_eq!(channels(&journey), ["Offline", "Email"], "a reference is one per kind");
    assert_eq!((journey.conversions, journey.lead), (2, Some(at("2024-01-02"))));
    let journey = derive("UTC", &deal("2024-01-02"), &[], &reports);
    assert_eq!(channels(&journey), ["Offline"], "the last report says that it came later");
    let retracted = StoredConversion {
        change: 6,
        conversion: Conversion { overrides: Overrides::default(), ..corrected.conversion.clone() },
        ..corrected
    };
    let journey = derive("UTC", &deal("2024-01-05"), &[], &[reports.as_slice(), &[retracted]].concat());
    assert_eq!((channels(&journey), journey.conversions), (vec!["Offline".to_owned()], 2));
}

#[test]
fn a_lead_is_what_the_record_says_or_else_the_first_conversion() {
    let forms = ["2024-01-03T10:00:00Z", "2024-01-02T10:00:00Z", "2024-02-02T10:00:00Z"];
    let forms: Vec<_> = (10..).zip(forms).collect();
    let forms: Vec<_> = forms
        .into_iter()
        .map(|(change, when)| form(change, &change.to_string(), moment(when), Overrides::default()))
        .collect();
    let revenue = |change, date, lead: Option<&str>| {
        version(change, moment(date), Particulars::Revenue { lead: lead.map(moment) })
    };
    let said = "2023-12-01T09:00:00Z";
    let versions = [revenue(1, "2024-01-20", Some(said)), revenue(2, "2024-01-21", None)];
    let journey = derive("UTC", &versions, &[], &forms);
    assert_eq!((journey.lead, journey.conversions), (Some(at(said)), 2), "a later version does not unsay it");
    let journey = derive("UTC", &versions[1..], &[], &forms);
    assert_eq!(journey.lead, Some(at("2024-01-02T10:00:00Z")));
    let journey = derive("UTC", &versions[1..], &[], &forms[2..]);
    assert_eq!((journey.lead, journey.conversions), (None, 0), "what came after the record led to nothing");
}

#[test]
fn a_journey_says_what_its_record_is_and_whether_somebody_was_found() {
    let reference = Reference::parse("D").unwrap();
    let record = (RecordKind::Opportunity, &reference);
    let nobody = Matching {
        outcome: Outcome::Unmatched(Unmatched::Guarded),
        person: Person::default(),
        conflicts: Vec::new(),
    };
    let of = |versions: &[_]| Journey::derive(&settings("UTC"), record, versions, &nobody, &[], &[]);
    assert_eq!(of(&[]), None);
    let stage =
        |change, date, stage| version(change, moment(date), Particulars::Opportunity { stage: text(stage) });
    let journey =
        of(&[stage(1, "2024-01-09", "Won"), stage(2, "2024-01-01", "New"), stage(3, "2024-01-05", "Offer")]);
    let journey = journey.unwrap();
    assert_eq!(journey.found, Found::Nobody(Unmatched::Guarded));
    assert_eq!((journey.created, journey.occurred), (moment("2024-01-01"), moment("2024-01-09")));
    let stages: Vec<_> = journey.stages.iter().map(|spell| spell.stage.as_str()).collect();
    assert_eq!((stages, journey.touches.len()), (vec!["New", "Offer", "Won"], 0));
}

/// Facts of two visitors within three days, some of them after the record's date, some by crawlers.
fn any_facts() -> impl Strategy<Value = (Vec<StoredVisit>, Vec<StoredConversion>)> {
    let page = "(\\?utm_source=[ab])?";
    let visits = prop::collection::vec((0i64..4_000, "[ab]", page, prop::bool::weighted(0.1)), 0..12);
    let overridden = prop::sample::select(vec![
        Overrides::default(),
        words("Google", "Paid"),
        words("Journey", "NotApplicable"),
    ]);
    let conversions = prop::collection::vec((0i64..4_000, "[fgh]", any::<bool>(), overridden), 0..8);
    let minute = |minute| Instant::from_micros(1_704_067_200_000_000 + minute * 60_000_000);
    (visits, conversions).prop_map(move |(visits, conversions)| {
        let visits = (2..).step_by(2).zip(visits).map(|(change, (when, visitor, page, is_crawler))| {
            let mut stored = visit(change, minute(when), &page);
            stored.visit.visitor = identifier(IdentifierKind::RaId, &visitor);
            stored.visit.crawler = is_crawler.then(|| text("Googlebot"));
            stored
        });
        let conversions =
            (3..).step_by(2).zip(conversions).map(|(change, (when, name, date_only, overrides))| {
                let at = if date_only { crate::Day::of(minute(when)).start() } else { minute(when) };
                form(change, &name, Moment { at, date_only }, overrides)
            });
        (visits.collect(), conversions.collect())
    })
}

proptest! {
    #[test]
    fn the_order_of_facts_does_not_matter(
        (visits, conversions) in any_facts(),
        zone in prop::sample::select(vec!["UTC", "America/New_York", "Asia/Tokyo"]),
        keys in prop::collection::vec(any::<u32>(), 12),
    ) {
        let stages = ["New", "Won", "New"].into_iter().zip(1..);
        let versions: Vec<_> = stages.map(|(stage, change)| {
            let date = moment(&format!("2024-01-0{}", 3 - change % 3));
            version(change, date, Particulars::Opportunity { stage: text(stage) })
        }).collect();
        let journey = derive(zone, &versions, &visits, &conversions);
        let mut shuffled = (versions, visits, conversions);
        for (n, key) in keys.iter().map(|key| *key as usize).enumerate() {
            let swap = |length: usize| (length > 0).then(|| (n % length, key % length));
            if let Some((a, b)) = swap(shuffled.0.len()) {
                shuffled.0.swap(a, b);
            }
            if let Some((a, b)) = swap(shuffled.1.len()) {
                shuffled.1.swap(a, b);
            }
            if let Some((a, b)) = swap(shuffled.2.len()) {
                shuffled.2.swap(a, b);
            }
        }
        prop_assert_eq!(derive(zone, &shuffled.0, &shuffled.1, &shuffled.2), journey);
    }

    #[test]
    fn what_comes_after_a_record_changes_nothing(
        (visits, conversions) in any_facts(),
        zone in prop::sample::select(vec!["UTC", "America/New_York", "Asia/Tokyo"]),
    ) {
        let journey = derive(zone, &deal("2024-01-02"), &visits, &conversions);
        let settings = settings(zone);
        let (end, rules) = (moment("2024-01-02"), ChannelRules::builtin());
        prop_assert!(journey.touches.is_sorted_by_key(|touch| (touch.at, touch.fact)));
        prop_assert!(journey.touches.iter().all(|touch| settings.includes(end, touch.at)));
        prop_assert!(journey.touches.iter().all(|touch| touch.origin.classify(&rules).is_some()));
        let before: Vec<_> =
            visits.iter().filter(|stored| settings.includes(end, stored.visit.at)).cloned().collect();
        prop_assert_eq!(derive(zone, &deal("2024-01-02"), &before, &conversions), journey);
    }
}
