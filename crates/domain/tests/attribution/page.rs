//! The examples of `docs/attribution.md`, computed again.

use std::collections::BTreeMap;
use touchline_domain::attribution::{DirectPolicy, Eligible, Fit, FitBuilder, Model, Path, apportion};
use touchline_domain::{Currency, Money};

const PAGE: &str = include_str!("../../../../docs/attribution.md");

/// The lines of a section, from its heading to the next.
fn section<'a>(heading: &str) -> Vec<&'a str> {
    let mut lines = PAGE.lines().skip_while(|line| *line != heading);
    assert_eq!(lines.next(), Some(heading));
    lines.take_while(|line| !line.starts_with('#')).collect()
}

/// The rows of a section's table without the line under its head, each cut into cells.
fn table<'a>(heading: &str) -> Vec<Vec<&'a str>> {
    let lines = section(heading).into_iter().filter(|line| line.starts_with('|') && !line.starts_with("|-"));
    lines
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`')).collect())
        .collect()
}

fn minor(amount: &str) -> i64 {
    Money::parse(amount, Currency::parse("GBP").unwrap()).unwrap().minor
}

fn day(date: &str) -> i64 {
    let date: jiff::civil::Date = date.parse().unwrap();
    jiff::tz::Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).unwrap().as_second()
}

/// The dates that a text names.
fn dates(text: &str) -> Vec<i64> {
    let words = text.split([' ', ',']).map(|word| word.trim_end_matches('.'));
    words.filter(|word| word.starts_with("2026-")).map(day).collect()
}

/// The journey of the examples, and the journeys beside it.
struct Example {
    value: i64,
    times: Vec<i64>,
    names: Vec<&'static str>,
    channels: Vec<u32>,
    closed: i64,
    lead: Option<i64>,
    opportunity: Option<i64>,
    numbers: BTreeMap<&'static str, u32>,
    fit: Fit,
    conversions: u64,
}

impl Example {
    fn read() -> Self {
        let heading = "## The journey of the examples";
        let story = section(heading).into_iter().find(|line| line.starts_with("A deal of ")).unwrap();
        let value = minor(story.split([' ', ',']).nth(3).unwrap());
        let [closed, lead, opportunity] = dates(story)[..] else { panic!("three dates: {story}") };
        let rows = table(heading);
        let times = rows[1][1..].iter().map(|date| day(date)).collect();
        let names = rows[2][1..].to_vec();
        let mut numbers = BTreeMap::new();
        let mut builder = FitBuilder::new();
        let mut conversions = 0;
        for row in &table("## Removal effects")[1..5] {
            let path: Vec<_> = row[0].split(" > ").map(|name| number(&mut numbers, name)).collect();
            let (converted, lost) = (row[1].parse::<u64>().unwrap(), row[2].parse().unwrap());
            builder.add(&path, converted, lost);
            conversions += converted;
        }
        let channels = names.iter().map(|name| number(&mut numbers, name)).collect();
        let fit = builder.fit().unwrap();
        let (lead, opportunity) = (Some(lead), Some(opportunity));
        Self { value, times, names, channels, closed, lead, opportunity, numbers, fit, conversions }
    }

    /// The shares of all touches, of which some may be direct and not count.
    fn shares(&self, model: &Model, direct: DirectPolicy) -> Vec<i64> {
        let is_direct: Vec<_> = self.names.iter().map(|name| *name == "Direct").collect();
        let eligible = model.direct(direct).eligible(is_direct.iter().copied());
        let counts = |place: &usize| eligible == Eligible::All || !is_direct[*place];
        let places: Vec<_> = (0..self.times.len()).filter(counts).collect();
        let times: Vec<_> = places.iter().map(|place| self.times[*place]).collect();
        let channels: Vec<_> = places.iter().map(|place| self.channels[*place]).collect();
        let Self { lead, opportunity, closed, .. } = *self;
        let path = Path { times: &times, channels: &channels, lead, opportunity, closed };
        let mut weights = Vec::new();
        model.weigh(&path, Some(&self.fit), &mut weights);
        let mut shares = vec![0; places.len()];
        apportion(self.value, &weights, &mut shares);
        let mut all = vec![0; self.times.len()];
        for (place, share) in places.into_iter().zip(shares) {
            all[place] = share;
        }
        all
    }
}

fn number(numbers: &mut BTreeMap<&'static str, u32>, name: &'static str) -> u32 {
    let next = u32::try_from(numbers.len()).unwrap();
    *numbers.entry(name).or_insert(next)
}

fn amounts(cells: &[&str]) -> Vec<i64> {
    cells.iter().map(|cell| minor(cell)).collect()
}

#[test]
fn every_model_is_defined_with_its_example() {
    let example = Example::read();
    for model in Model::all() {
        let heading = format!("### `{model}`");
        assert!(section(&heading).contains(&format!("> {}", model.definition()).as_str()), "{model}");
        let rows = table(&heading);
        let share = rows.iter().find(|row| row[0] == "share").unwrap();
        let expected = if model.shares_the_total() {
            let channels: Vec<_> = rows[0][1..].iter().map(|name| example.numbers[name]).collect();
            let conversions = i64::try_from(example.conversions).unwrap();
            example.fit.global_shares(example.value * conversions, &channels)
        } else {
            example.shares(&model, DirectPolicy::Keep)
        };
        assert_eq!(amounts(&share[1..]), expected, "{model}");
    }
    let defined = PAGE.lines().filter(|line| line.starts_with("### `")).count();
    assert_eq!(defined, Model::all().count(), "and nothing that is no model");
}

#[test]
fn removal_effects() {
    let example = Example::read();
    let rows = table("## Removal effects");
    let (head, effects) = (&rows[rows.len() - 2], &rows[rows.len() - 1]);
    assert_eq!((head.len(), effects[0]), (5, "removal effect"));
    for (name, effect) in head[1..].iter().zip(&effects[1..]) {
        let expected: f64 = effect.parse().unwrap();
        assert!((example.fit.removal_effect(example.numbers[name]) - expected).abs() < 1e-12, "{name}");
    }
    assert!((example.fit.base_rate() - 0.25).abs() < 1e-12);
}

#[test]
fn direct_touches() {
    let example = Example::read();
    let rows = table("## Direct touches");
    assert_eq!(rows.len(), 1 + DirectPolicy::ALL.len());
    for (row, policy) in rows[1..].iter().zip(DirectPolicy::ALL) {
        assert_eq!(DirectPolicy::parse(row[0]), Ok(policy));
        assert_eq!(
            amounts(&row[1..]),
            example.shares(&Model::parse("linear").unwrap(), policy),
            "{policy:?}"
        );
    }
}

#[test]
fn unknown_milestones() {
    for row in &table("## When milestones are unknown")[1..] {
        let mut example = Example::read();
        example.lead = example.lead.filter(|_| row[1] == "lead");
        example.opportunity = example.opportunity.filter(|_| row[1] == "opportunity");
        let model = Model::parse(row[0]).unwrap();
        assert_eq!(amounts(&row[2..]), example.shares(&model, DirectPolicy::Keep), "{row:?}");
    }
}

#[test]
fn other_parameters() {
    let example = Example::read();
    for row in &table("## Other parameters")[1..] {
        let model = Model::parse(row[0]).unwrap();
        assert_eq!(amounts(&row[1..]), example.shares(&model, DirectPolicy::Keep), "{row:?}");
    }
}
