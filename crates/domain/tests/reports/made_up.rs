//! Sites with journeys, made up.

use jiff::tz::TimeZone;
use proptest::prelude::*;
use touchline_domain::channel::{ChannelRules, Rule};
use touchline_domain::identity::Unmatched;
use touchline_domain::journey::{Found, Journey, Origin, Touch};
use touchline_domain::record::{Property, RecordKind, Reference, StageSpell};
use touchline_domain::report::{Columns, View};
use touchline_domain::{
    AMOUNT_MINOR_MAX, Currency, Day, DeviceClass, IdentifierKind, Instant, Milestone, Moment, Money, Rate,
    Rates, Site, SiteId, Stage, Text, TimeZoneName,
};

pub(crate) const DAY_US: i64 = 86_400_000_000;

/// Days are counted from 2023-10-01, so that a year has both changes of the clocks.
pub(crate) const FIRST_DAY: i32 = 19_631;
pub(crate) const DAYS: i32 = 400;

/// A site and all that its reports are made of.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) site: Site,
    pub(crate) rates: Rates,
    pub(crate) journeys: Vec<Journey>,
}

impl World {
    pub(crate) fn zone(&self) -> TimeZone {
        self.site.time_zone.zone()
    }

    /// Its journeys in the order in which they stand.
    pub(crate) fn columns(&self) -> Columns {
        columns(self.zone(), &self.journeys)
    }

    pub(crate) fn view(&self, columns: &Columns) -> View {
        View::of(columns, self.site.clone().into(), self.rates.clone().into())
    }
}

pub(crate) fn columns(zone: TimeZone, journeys: &[Journey]) -> Columns {
    let mut columns = Columns::new(zone);
    for (number, journey) in (1..).zip(journeys) {
        columns.apply(number, number, Some(journey));
    }
    columns
}

pub(crate) fn text(raw: &str) -> Text<255> {
    Text::parse(raw).unwrap()
}

pub(crate) fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

/// Where touches come from: tags, click ids, referrers, nothing at all, and what a sender said.
pub(crate) fn origins() -> Vec<Origin> {
    let visit = |page: &str, referrer: Option<&str>, device| Origin {
        landing_page: page.to_owned(),
        referrer: referrer.map(str::to_owned),
        words: None,
        device: Some(device),
    };
    let said = |channel: &str, category: &str| Origin {
        words: Some((Some(channel.to_owned()), Some(category.to_owned()))),
        ..Origin::default()
    };
    let (desktop, mobile) = (DeviceClass::Desktop, DeviceClass::Mobile);
    vec![
        visit("https://shop.example/", None, desktop),
        visit("https://www.shop.example/prices", None, mobile),
        visit("https://shop.example/tv", None, desktop),
        visit("https://shop.example/intranet?utm_source=intranet&utm_medium=link", None, desktop),
        visit("https://shop.example/?utm_source=%28direct%29&utm_medium=%28none%29", None, desktop),
        visit("https://shop.example/?utm_source=google&utm_medium=cpc&utm_campaign=Brand", None, mobile),
        visit(
            "https://shop.example/?utm_source=google&utm_medium=cpc&utm_campaign=Spring&utm_term=shoes&gclid=1",
            Some("https://www.google.com/"),
            desktop,
        ),
        visit("https://shop.example/?gclid=1", None, desktop),
        visit("https://shop.example/", Some("https://www.google.com/search"), desktop),
        visit("https://shop.example/", Some("https://chatgpt.com/"), mobile),
        visit(
            "https://shop.example/?utm_source=news&utm_medium=email&utm_campaign=%28not+set%29",
            None,
            desktop,
        ),
        visit(
            "https://shop.example/?utm_source=news&utm_medium=email&utm_campaign=%28unattributed%29",
            None,
            mobile,
        ),
        said("Direct", "NotApplicable"),
        said("Google", "Paid"),
        Origin {
            landing_page: "https://shop.example/?utm_source=x&utm_medium=affiliate".to_owned(),
            words: Some((None, None)),
            ..Origin::default()
        },
    ]
}

/// A site's own rules give a vanity address a channel, and take one from what looks like marketing.
fn own_rules() -> ChannelRules {
    let rules = r#"tv: TV if landing path is "/tv"
inside: Direct if source is intranet"#;
    ChannelRules::with(Rule::parse_lines(rules).unwrap()).unwrap()
}

pub(crate) fn site() -> impl Strategy<Value = Site> {
    let zones = vec!["UTC", "Europe/London", "America/New_York", "Asia/Kolkata"];
    let stages = [
        ("New", Milestone::Lead),
        ("Qualified", Milestone::Opportunity),
        ("Won", Milestone::Won),
        ("Lost", Milestone::Lost),
    ];
    (prop::sample::select(zones), any::<bool>()).prop_map(move |(zone, has_own_rules)| {
        let id = SiteId::parse("example").unwrap();
        let mut site = Site::new(id, text("Example"), Instant::from_micros(0)).unwrap();
        site.time_zone = TimeZoneName::parse(zone).unwrap();
        site.stages = stages.map(|(name, milestone)| Stage { name: text(name), milestone }).to_vec();
        if has_own_rules {
            site.channels = own_rules();
        }
        site
    })
}

/// Rates from some day on, with gaps, for all currencies but one.
pub(crate) fn rates() -> impl Strategy<Value = Rates> {
    let rate = (0..DAYS, prop::sample::select(vec!["GBP", "USD", "JPY"]), 1_000_000..20_000_000_000_i64);
    prop::collection::vec(rate, 0..40).prop_map(|rates| {
        let read = |(day, code, scaled)| {
            (currency(code), Day::from_number(FIRST_DAY + day), Rate::from_scaled(scaled).unwrap())
        };
        Rates::collect(rates.into_iter().map(read))
    })
}

fn moment() -> impl Strategy<Value = Moment> {
    (0..DAYS, 0..DAY_US, any::<bool>()).prop_map(|(day, micros, date_only)| {
        let midnight = Day::from_number(FIRST_DAY + day).start().as_micros();
        Moment { at: Instant::from_micros(midnight + if date_only { 0 } else { micros }), date_only }
    })
}

fn value() -> impl Strategy<Value = Money> {
    let minor = prop_oneof![
        6 => -500_000..2_000_000_i64,
        2 => -3..10_i64,
        1 => prop::sample::select(vec![-AMOUNT_MINOR_MAX, AMOUNT_MINOR_MAX, 0]),
    ];
    let code = prop::sample::select(vec!["GBP", "GBP", "EUR", "USD", "JPY", "AED"]);
    (minor, code).prop_map(|(minor, code)| Money { minor, currency: currency(code) })
}

/// The last instant that belongs to a journey.
pub(crate) fn end(occurred: Moment, zone: &TimeZone) -> Instant {
    let next = Day::of(occurred.at).plus_days(1);
    let last = || Instant::from_micros(next.begins_in(zone).as_micros() - 1);
    if occurred.date_only { last() } else { occurred.at }
}

/// Touches by how long before the end they were: a day's distance to the microsecond, or anything.
fn touches() -> impl Strategy<Value = Vec<(i64, usize)>> {
    let age = prop_oneof![0..200 * DAY_US, (0..40_i64).prop_map(|days| days * DAY_US), 0..2 * DAY_US];
    prop::collection::vec((age, 0..origins().len()), 0..=12)
}

fn spells() -> impl Strategy<Value = Vec<(usize, Moment)>> {
    prop::collection::vec((0..6_usize, moment()), 1..5)
}

fn found() -> impl Strategy<Value = Found> {
    prop_oneof![
        prop::sample::select(IdentifierKind::ALL.to_vec()).prop_map(Found::By),
        prop::sample::select(Unmatched::ALL.to_vec()).prop_map(Found::Nobody),
    ]
}

fn labels() -> impl Strategy<Value = Vec<Text<255>>> {
    let names = vec!["blue", "green", "(not set)", "blue, green"];
    prop::sample::subsequence(names, 0..=3).prop_map(|mut names| {
        names.sort_unstable();
        names.into_iter().map(text).collect()
    })
}

fn properties() -> impl Strategy<Value = Vec<Property>> {
    let one = |(name, value): (&str, &str)| Property { name: text(name), value: value.to_owned() };
    let all = vec![
        ("Owner", "Ann"),
        ("Owner", "Bob"),
        ("Region", ""),
        ("Region", "(not set)"),
        ("Region", "North"),
    ];
    prop::sample::subsequence(all, 0..=3).prop_map(move |chosen| chosen.into_iter().map(one).collect())
}

/// A journey but for its reference, of a site whose zone comes later.
#[derive(Debug, Clone)]
pub(crate) struct Sketch {
    journey: Journey,
    touches: Vec<(i64, usize)>,
}

pub(crate) fn sketch() -> impl Strategy<Value = Sketch> {
    let kind = prop::sample::select(RecordKind::ALL.to_vec());
    let lead = prop::option::of(moment());
    let record = (kind, moment(), value(), spells(), moment(), lead, 0..3_u32);
    (record, labels(), properties(), found(), touches()).prop_map(
        |(
            (kind, occurred, value, spells, created, lead, conversions),
            labels,
            properties,
            found,
            touches,
        )| {
            let stages = if kind == RecordKind::Revenue { Vec::new() } else { stages(spells, value) };
            let reference = Reference::parse("to come").unwrap();
            let lead = lead.map(|lead| lead.at);
            let journey = Journey {
                kind,
                reference,
                occurred,
                value,
                stages,
                lead,
                created: created.min(occurred),
                labels,
                properties,
                found,
                conversions,
                touches: Vec::new(),
            };
            Sketch { journey, touches }
        },
    )
}

fn stages(mut spells: Vec<(usize, Moment)>, value: Money) -> Vec<StageSpell> {
    let names = ["New", "Qualified", "Won", "Lost", "WON", "Elsewhere"];
    spells.sort_by_key(|(_, entered)| *entered);
    let left: Vec<_> = spells.iter().skip(1).map(|(_, entered)| Some(*entered)).chain([None]).collect();
    let spell = |((name, entered), left): ((usize, Moment), _)| StageSpell {
        stage: names[name].to_owned(),
        entered,
        left,
        value,
    };
    spells.into_iter().zip(left).map(spell).collect()
}

impl Sketch {
    /// The journey, under a number.
    pub(crate) fn journey(&self, number: usize, zone: &TimeZone) -> Journey {
        let (origins, end) = (origins(), end(self.journey.occurred, zone));
        let at = |age: i64| Instant::from_micros(end.as_micros() - age);
        let touch = |(fact, (age, origin)): (u64, &(i64, usize))| Touch {
            at: at(*age),
            received_at: at(*age),
            fact,
            origin: origins[*origin].clone(),
        };
        let mut touches: Vec<_> = (1..).zip(&self.touches).map(touch).collect();
        touches.sort_by_key(|touch| (touch.at, touch.fact));
        let reference = Reference::parse(&format!("R-{number}")).unwrap();
        Journey { reference, touches, ..self.journey.clone() }
    }
}

pub(crate) fn world() -> impl Strategy<Value = World> {
    (site(), rates(), prop::collection::vec(sketch(), 0..16)).prop_map(|(site, rates, sketches)| {
        let zone = site.time_zone.zone();
        let journeys = sketches.iter().enumerate().map(|(number, sketch)| sketch.journey(number, &zone));
        World { journeys: journeys.collect(), site, rates }
    })
}
