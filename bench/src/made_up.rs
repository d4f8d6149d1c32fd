//! Journeys of a site that was made up: the same for the same seed, each by its number alone.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use touchline_domain::channel::ChannelRules;
use touchline_domain::journey::{Found, Journey, Origin, Touch};
use touchline_domain::record::{RecordKind, Reference, StageSpell};
use touchline_domain::report::View;
use touchline_domain::{
    Currency, DeviceClass, IdentifierKind, Instant, Milestone, Moment, Money, Site, SiteId, Stage, Text,
};

const SECOND_US: i64 = 1_000_000;
const DAY_S: u64 = 86_400;

/// Journeys end within a year from here.
const FIRST_DAY_S: u64 = 1_704_067_200;

/// Where touches come from: how often of all, the landing page's tags or the referrer, and how many campaigns or
/// sources there are.
const KINDS: [(u64, &str, Option<&str>, u64); 14] = [
    (18, "utm_source=google&utm_medium=cpc&utm_campaign=search-{}&gclid=1", None, 45),
    (10, "utm_source=facebook&utm_medium=paid_social&utm_campaign=social-{}&fbclid=1", None, 30),
    (13, "utm_source=news&utm_medium=email&utm_campaign=mail-{}", None, 26),
    (5, "utm_source=partner&utm_medium=display&utm_campaign=banner-{}", None, 20),
    (3, "utm_source=partner{}&utm_medium=affiliate", None, 14),
    (3, "utm_source=youtube&utm_medium=cpc&utm_campaign=film-{}", None, 10),
    (1, "utm_source=sms&utm_medium=sms&utm_campaign=text-{}", None, 6),
    (16, "", Some("https://www.google.com/"), 1),
    (3, "", Some("https://www.bing.com/"), 1),
    (4, "", Some("https://www.linkedin.com/"), 1),
    (2, "", Some("https://chatgpt.com/"), 1),
    (6, "", Some("https://blog{}.example/"), 24),
    (1, "utm_source=youtube&utm_medium=video&utm_campaign=clip-{}", None, 6),
    (15, "", None, 12),
];

/// Chance that can be repeated (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }
}

pub fn sites_settings() -> anyhow::Result<Site> {
    let id = SiteId::parse("bench").map_err(anyhow::Error::msg)?;
    let name = text("Bench")?;
    let mut site = Site::new(id, name, Instant::from_micros(0)).map_err(anyhow::Error::msg)?;
    for (name, milestone) in STAGES {
        site.stages.push(Stage { name: text(name)?, milestone });
    }
    Ok(site)
}

const STAGES: [(&str, Milestone); 4] = [
    ("New", Milestone::Lead),
    ("Proposal", Milestone::Opportunity),
    ("Won", Milestone::Won),
    ("Lost", Milestone::Lost),
];

fn text(raw: &str) -> anyhow::Result<Text<255>> {
    Text::parse(raw).map_err(anyhow::Error::msg)
}

pub struct MadeUp {
    pub seed: u64,
    pub records: u32,
}

impl MadeUp {
    /// The journey of a number: one in twenty without a touch, others with 1 to 40, of which most have few.
    pub fn journey(&self, number: u32) -> anyhow::Result<Journey> {
        let mut dice = Dice(self.seed << 32 | u64::from(number));
        let end = FIRST_DAY_S + dice.roll(365 * DAY_S);
        let count = if dice.roll(20) == 0 { 0 } else { touches(dice.roll(1_000)) };
        let mut touches: Vec<_> = (0..count).map(|_| (end - dice.roll(120 * DAY_S), origin(&mut dice))).collect();
        touches.sort_by_key(|(second, _)| *second);
        let currency = Currency::parse("GBP").map_err(anyhow::Error::msg)?;
        let value = Money { minor: i64::try_from(dice.roll(1_000_000))?, currency };
        let begun = end - dice.roll(60 * DAY_S);
        let moment = |second: u64| -> anyhow::Result<_> {
            Ok(Moment { at: Instant::from_micros(i64::try_from(second)? * SECOND_US), date_only: false })
        };
        let last = [2, 2, 3, 1][usize::try_from(dice.roll(4))?];
        let mut stages: Vec<StageSpell> = Vec::new();
        for (place, (stage, _)) in [STAGES[0], STAGES[last]].into_iter().enumerate() {
            let entered = moment(if place == 0 { begun } else { end })?;
            if let Some(before) = stages.last_mut() {
                before.left = Some(entered);
            }
            stages.push(StageSpell { stage: stage.to_owned(), entered, left: None, value });
        }
        let touch = |(fact, (second, origin)): (u64, (u64, Origin))| -> anyhow::Result<_> {
            let at = moment(second)?.at;
            Ok(Touch { at, received_at: at, fact, origin })
        };
        Ok(Journey {
            kind: RecordKind::Opportunity,
            reference: Reference::parse(&format!("OPP-{number:07}")).map_err(anyhow::Error::msg)?,
            occurred: moment(end)?,
            value,
            stages,
            lead: None,
            created: moment(begun)?,
            labels: Vec::new(),
            properties: Vec::new(),
            found: Found::By(IdentifierKind::EmailAddress),
            conversions: 1,
            touches: (1..).zip(touches).map(touch).collect::<Result<_, _>>()?,
        })
    }

    /// The same as tables: `touches.csv` (record, pos, n, channel, age) with channels by number, `records.csv` (record,
    /// value) and `channels.csv` (channel, name). Ages are in seconds before the last touch.
    pub fn write(&self, folder: &Path, view: &View) -> anyhow::Result<()> {
        let create = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
        let (mut touches, mut records) = (create("touches.csv")?, create("records.csv")?);
        let mut channels: Vec<String> = Vec::new();
        for number in 0..self.records {
            let journey = self.journey(number)?;
            writeln!(records, "{number},{}", journey.value.minor)?;
            let (count, last) = (journey.touches.len(), journey.touches.last().map(|touch| touch.at));
            for (pos, touch) in (1..).zip(&journey.touches) {
                let name = channel(&touch.origin, &view.site().channels)?;
                let channel = channels.iter().position(|known| *known == name).unwrap_or_else(|| {
                    channels.push(name);
                    channels.len() - 1
                });
                let age = last.map_or(0, |last| (last.as_micros() - touch.at.as_micros()) / SECOND_US);
                writeln!(touches, "{number},{pos},{count},{channel},{age}")?;
            }
        }
        let mut names = create("channels.csv")?;
        for (number, name) in channels.iter().enumerate() {
            writeln!(names, "{number},{name}")?;
        }
        touches.flush()?;
        records.flush()?;
        Ok(names.flush()?)
    }
}

/// The cube of chance, so that most journeys are short: ten touches on average.
fn touches(thousandths: u64) -> u64 {
    1 + 40 * thousandths.pow(3) / 1_000_000_000
}

fn origin(dice: &mut Dice) -> Origin {
    let all: u64 = KINDS.iter().map(|(weight, ..)| weight).sum();
    let mut left = dice.roll(all);
    let mut kinds = KINDS.iter();
    let kind = kinds.find(|(weight, ..)| {
        let is_it = left < *weight;
        left = left.saturating_sub(*weight);
        is_it
    });
    let (_, tags, referrer, variants) = kind.unwrap_or(&KINDS[0]);
    // Some campaigns are larger than others.
    let variant = dice.roll(dice.0 % variants + 1).to_string();
    let landing_page = match (tags.is_empty(), referrer) {
        (false, _) => format!("https://shop.example/?{}", tags.replace("{}", &variant)),
        (true, Some(_)) => "https://shop.example/".to_owned(),
        (true, None) => format!("https://shop.example/page-{variant}"),
    };
    let referrer = referrer.map(|referrer| referrer.replace("{}", &variant));
    Origin { landing_page, referrer, words: None, device: Some(DeviceClass::Desktop) }
}

fn channel(origin: &Origin, rules: &ChannelRules) -> anyhow::Result<String> {
    let classification = origin.classify(rules);
    classification.map(|c| c.channel).ok_or_else(|| anyhow::anyhow!("{origin:?} has no channel"))
}
