//! Which click a conversion is handed over with, and which conversions are not.

use super::{
    ConversionKey, ExportPlatform, ExportQuery, ExportedValue, LeftOut, click_cookie, hashed, hashed_phone,
};
use crate::identity::Unmatched;
use crate::journey::{Found, Journey, Origin, Touch};
use crate::record::{RecordKey, RecordKind, Reference, StageSpell};
use crate::{
    Country, Currency, Identifier, IdentifierKind, Instant, Milestone, Moment, Money, Site, SiteId, Stage,
    Text, TimeZoneName,
};
use std::sync::Arc;

fn moment(raw: &str) -> Moment {
    Moment::parse(raw).unwrap()
}

fn at(raw: &str) -> Instant {
    moment(raw).at
}

fn site() -> Arc<Site> {
    let mut site =
        Site::new(SiteId::parse("s").unwrap(), Text::parse("Shop").unwrap(), Instant::from_micros(0))
            .unwrap();
    site.time_zone = TimeZoneName::parse("Europe/Paris").unwrap();
    let stage = |name: &str, milestone| Stage { name: Text::parse(name).unwrap(), milestone };
    site.stages = vec![
        stage("Demo", Milestone::Opportunity),
        stage("Signed", Milestone::Won),
        stage("Paid", Milestone::Won),
        stage("Lost", Milestone::Lost),
    ];
    Arc::new(site)
}

fn money(minor: i64) -> Money {
    Money { minor, currency: Currency::parse("GBP").unwrap() }
}

/// An opportunity that went through stages, after visits of these landing pages' queries.
fn journey(stages: &[(&str, &str)], visits: &[(&str, &str)]) -> Journey {
    let spell = |(stage, entered): &(&str, &str)| StageSpell {
        stage: (*stage).to_owned(),
        entered: moment(entered),
        left: None,
        value: money(100),
    };
    let touch = |(fact, (visited, query)): (u64, &(&str, &str))| Touch {
        at: at(visited),
        received_at: at(visited),
        fact,
        origin: Origin { landing_page: format!("https://a.example/?{query}"), ..Origin::default() },
    };
    Journey {
        kind: RecordKind::Opportunity,
        reference: Reference::parse("D").unwrap(),
        occurred: moment(stages.last().unwrap().1),
        value: money(10_000),
        stages: stages.iter().map(spell).collect(),
        lead: None,
        created: moment(stages[0].1),
        labels: Vec::new(),
        properties: Vec::new(),
        found: Found::By(IdentifierKind::EmailAddress),
        conversions: 0,
        touches: (1..).zip(visits).map(touch).collect(),
    }
}

fn google() -> ExportQuery {
    ExportQuery::new(ExportPlatform::GoogleAds, Text::parse("Sale").unwrap())
}

fn meta() -> ExportQuery {
    ExportQuery::new(ExportPlatform::Meta, Text::parse("Purchase").unwrap())
}

const NOW: &str = "2024-03-01T12:00:00Z";

/// The fact, the click id's kind and the time of the conversion.
fn judged(query: &ExportQuery, journey: &Journey) -> Option<Result<(u64, &'static str, String), LeftOut>> {
    let judged = query.judge(&site(), journey, at(NOW))?;
    Some(judged.map(|found| (found.fact, found.click.name(), found.at.to_string())))
}

const WON: &[(&str, &str)] = &[("Demo", "2024-02-10"), ("Signed", "2024-02-20")];

#[test]
fn the_last_click_before_the_conversion_is_handed_over() {
    let visits = [
        ("2024-02-01T10:00:00Z", "gclid=1"),
        ("2024-02-05T10:00:00Z", "gbraid=1&wbraid=1&gclid=1"),
        ("2024-02-20T22:00:00Z", "utm_source=news"),
        ("2024-02-20T23:30:00Z", "gclid=1"),
    ];
    let won = "2024-02-20T22:59:59Z".to_owned();
    let found = judged(&google(), &journey(WON, &visits));
    assert_eq!(found, Some(Ok((2, "gclid", won.clone()))), "the day ends in Paris; of a visit one click id");
    let braids = ExportQuery {
        click_ids: vec![crate::channel::ClickIdKind::Wbraid, crate::channel::ClickIdKind::Gbraid],
        ..google()
    };
    assert_eq!(judged(&braids, &journey(WON, &visits)), Some(Ok((2, "wbraid", won))));
    assert_eq!(judged(&meta(), &journey(WON, &visits)), Some(Err(LeftOut::NoClick)));
}

#[test]
fn what_the_platform_would_refuse_is_left_out() {
    let left_out = |query: &ExportQuery, stages, visits: &[(&str, &str)]| {
        judged(query, &journey(stages, visits)).unwrap().unwrap_err()
    };
    let click = |on| [(on, "gclid=1&fbclid=1")];
    assert_eq!(left_out(&google(), WON, &click("2023-12-01T11:00:00Z")), LeftOut::ClickExpired);
    assert!(judged(&google(), &journey(WON, &click("2023-12-03T12:00:01Z"))).unwrap().is_ok());
    let short = ExportQuery { click_days: 7, ..google() };
    assert_eq!(left_out(&short, WON, &click("2024-02-20T11:00:00Z")), LeftOut::ClickExpired);
    let late = [("Signed", "2024-03-01T11:00:00Z")];
    assert_eq!(left_out(&google(), &late, &click("2024-03-01T06:00:01Z")), LeftOut::TooRecent);
    assert!(judged(&google(), &journey(&late, &click("2024-03-01T06:00:00Z"))).unwrap().is_ok());
    assert!(judged(&meta(), &journey(&late, &click("2024-03-01T10:59:00Z"))).unwrap().is_ok());
    let today = [("Signed", "2024-03-01")];
    assert_eq!(
        left_out(&meta(), &today, &click("2024-02-28T10:00:00Z")),
        LeftOut::TooRecent,
        "it is not over"
    );
    assert_eq!(left_out(&meta(), WON, &click("2024-02-19T10:00:00Z")), LeftOut::TooOld);
    let in_a_shop = ExportQuery { event_days: Some(62), ..meta() };
    assert!(judged(&in_a_shop, &journey(WON, &click("2024-02-19T10:00:00Z"))).unwrap().is_ok());
    assert_eq!(left_out(&google(), WON, &[("2024-02-01T10:00:00Z", "")]), LeftOut::NoClick);
    let mut nobody = journey(WON, &click("2024-02-19T10:00:00Z"));
    nobody.found = Found::Nobody(Unmatched::NothingFound);
    assert_eq!(judged(&google(), &nobody), Some(Err(LeftOut::Unmatched)));
    let mut refund = journey(WON, &click("2024-02-19T10:00:00Z"));
    refund.value = money(-1);
    assert_eq!(judged(&google(), &refund), Some(Err(LeftOut::Refund)));
}

#[test]
fn a_milestone_is_reached_when_it_is() {
    let visits = [("2024-02-01T10:00:00Z", "gclid=1")];
    let when = |milestone, stages: &[(&str, &str)]| {
        let query = ExportQuery { milestone, ..google() };
        judged(&query, &journey(stages, &visits)).map(|found| found.unwrap().2)
    };
    let paid = [
        ("Demo", "2024-02-10T09:00:00Z"),
        ("Signed", "2024-02-20T09:00:00Z"),
        ("Paid", "2024-02-25T09:00:00Z"),
    ];
    assert_eq!(when(Milestone::Won, &paid).as_deref(), Some("2024-02-20T09:00:00Z"), "since it is won");
    assert_eq!(when(Milestone::Opportunity, &paid).as_deref(), Some("2024-02-10T09:00:00Z"));
    assert_eq!(when(Milestone::Lead, &paid), None);
    let lost = [paid[0], paid[1], ("Lost", "2024-02-26T09:00:00Z")];
    assert_eq!(when(Milestone::Won, &lost), None, "it is not won any more");
    assert!(when(Milestone::Opportunity, &lost).is_some(), "and was an opportunity");
    let mut known = journey(&paid, &visits);
    known.lead = Some(at("2024-02-02T08:00:00Z"));
    let lead = ExportQuery { milestone: Milestone::Lead, ..google() };
    assert_eq!(judged(&lead, &known).unwrap().unwrap().2, "2024-02-02T08:00:00Z");
    known.kind = RecordKind::Revenue;
    assert_eq!(judged(&google(), &known), None, "of another kind");
    let revenue = ExportQuery { kind: RecordKind::Revenue, ..google() };
    known.stages.clear();
    assert_eq!(judged(&revenue, &known).unwrap().unwrap().2, "2024-02-25T09:00:00Z");
    assert!(ExportQuery { milestone: Milestone::Lead, ..revenue }.check().is_err());
    assert!(ExportQuery { milestone: Milestone::Lost, ..google() }.check().is_err());
}

#[test]
fn the_value_may_be_what_a_model_gives_the_platform() {
    let visits = [
        ("2024-02-01T10:00:00Z", "gclid=1"),
        ("2024-02-02T10:00:00Z", "utm_source=news&utm_medium=email"),
        ("2024-02-03T10:00:00Z", "gbraid=1"),
        ("2024-02-04T10:00:00Z", "utm_source=news&utm_medium=email"),
    ];
    let journey = journey(WON, &visits);
    let value = |value| {
        let query = ExportQuery { value, ..google() };
        query.judge(&site(), &journey, at(NOW)).unwrap().map(|found| found.value.map(|value| value.minor))
    };
    assert_eq!(value(ExportedValue::Whole), Ok(Some(10_000)));
    assert_eq!(value(ExportedValue::Nothing), Ok(None));
    let credit = |raw: &str| value(ExportedValue::parse(raw).unwrap());
    assert_eq!(credit("linear"), Ok(Some(5_000)));
    assert_eq!(credit("first-touch"), Ok(Some(10_000)));
    assert_eq!(credit("last-touch"), Err(LeftOut::NoCredit));
    assert_eq!(ExportedValue::parse("markov").map_err(|invalid| invalid.code), Err("needs_all_paths"));
    assert_eq!(ExportedValue::parse("half").map_err(|invalid| invalid.code), Err("unknown_model"));
    for raw in ["whole", "none", "linear", "position-based:first=30,last=30"] {
        let parsed = ExportedValue::parse(raw).unwrap();
        assert_eq!(ExportedValue::parse(&parsed.to_string()), Ok(parsed));
    }
}

#[test]
fn a_key_is_of_one_record_and_milestone() {
    let record = |kind, reference: &str| RecordKey {
        site: SiteId::parse("s").unwrap(),
        kind,
        reference: Reference::parse(reference).unwrap(),
    };
    let deal = record(RecordKind::Opportunity, "D");
    let key = ConversionKey::of(&deal, Milestone::Won);
    // Platforms know conversions by it: it must never change.
    assert_eq!(key.to_string(), "f45ee9d8f2e6a4071e9246b68a8b139a");
    let others = [
        ConversionKey::of(&deal, Milestone::Lead),
        ConversionKey::of(&record(RecordKind::Revenue, "D"), Milestone::Won),
        ConversionKey::of(&record(RecordKind::Opportunity, "Dw"), Milestone::Won),
    ];
    assert!(!others.contains(&key));
}

/// `printf '%s' ann@example.com | sha256sum`
#[test]
fn identifiers_are_hashed_as_meta_documents() {
    let identifier = |kind, raw| Identifier::parse(kind, raw, Country::parse("GB").unwrap()).unwrap();
    let address = identifier(IdentifierKind::EmailAddress, " Ann@Example.com ");
    assert_eq!(hashed(&address), "71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b16696476");
    let number = identifier(IdentifierKind::PhoneNumber, "020 7946 0018");
    assert_eq!(
        hashed_phone(&number).as_deref(),
        Some("99a4599795d24445a5be21117f375c1bbe9e795daf7f62666686ce081e1f32dc"),
        "of 442079460018"
    );
    assert_eq!(hashed_phone(&identifier(IdentifierKind::PhoneNumber, "ask for Ann")), None);
    assert_eq!(hashed_phone(&address), None);
    let cookie = click_cookie(
        "IwAR2F4-dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB_qa2ofrHyiLjcbCRxTDMgk",
        at("2017-07-14T02:40:00.25Z"),
    );
    assert_eq!(cookie, "fb.1.1500000000250.IwAR2F4-dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB_qa2ofrHyiLjcbCRxTDMgk");
}
