//! A site as it might be, made up from a seed: visits of people with several devices, forms, calls, opportunities that go
//! through stages, revenue, and what advertising cost. For demonstrations and measurements.

mod costs;
mod marketing;
mod people;

use crate::dice::Dice;
use crate::{NewConversion, NewCost, NewVisit, Upload};
use people::Life;
use touchline_domain::{Currency, Day, Instant, Invalid, Milestone, Site, SiteId, Stage, Text, TimeZoneName};

/// Something that happened on the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SampleFact {
    /// Somebody came.
    Visit(NewVisit),
    /// Somebody got in touch.
    Conversion(NewConversion),
    /// The CRM sent a version of a record.
    Record(Upload),
}

impl SampleFact {
    /// When it was received.
    pub fn received_at(&self) -> Instant {
        match self {
            Self::Visit(visit) => visit.received_at,
            Self::Conversion(conversion) => conversion.received_at,
            Self::Record(upload) => upload.received_at,
        }
    }
}

/// A made-up site. The same seed, size and end make the same one.
#[derive(Debug, Clone)]
pub struct SampleSite {
    seed: u64,
    site: SiteId,
    until: Instant,
    days: i64,
}

impl SampleSite {
    /// How many visits a person of the sample makes on average, in a hundredth: what a size in visits is divided by.
    pub const VISITS_PER_PERSON_PERCENT: u64 = 200;

    /// A site whose last `days` days before `until` are made up.
    pub fn new(seed: u64, site: SiteId, until: Instant, days: u32) -> Self {
        Self { seed, site, until, days: i64::from(days.max(1)) }
    }

    /// The site's settings, with the stages that its CRM knows.
    pub fn settings(id: SiteId, created_at: Instant) -> Result<Site, Invalid> {
        let stage = |(name, milestone): (&str, Milestone)| Ok(Stage { name: Text::parse(name)?, milestone });
        Ok(Site {
            currency: Currency::parse("GBP")?,
            time_zone: TimeZoneName::parse("Europe/London")?,
            stages: marketing::STAGES.into_iter().map(stage).collect::<Result<_, Invalid>>()?,
            ..Site::new(id, Text::parse("Harbour Office Furniture")?, created_at)?
        })
    }

    /// Everything that one of its people did, in order of time. People are numbered from 0, without end.
    pub fn person(&self, number: u64) -> Result<Vec<SampleFact>, Invalid> {
        let dice = Dice(self.seed ^ number.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        Life::of(number, &self.site, dice, self.until, self.days).live()
    }

    /// What advertising cost to bring so many people, day by day up to the day before the sample's end.
    pub fn costs(&self, people: u64) -> Result<Vec<NewCost>, Invalid> {
        let days = self.days.unsigned_abs();
        let until = Day::of(self.until);
        let first = until.plus_days(-i32::try_from(days).unwrap_or(i32::MAX));
        let mut dice = Dice(self.seed ^ 0xAD);
        let mut costs = Vec::new();
        let mut day = first;
        while day < until {
            for campaign in &marketing::PAID {
                costs.push(costs::of_day(&self.site, campaign, day, people, days, &mut dice)?);
            }
            day = day.plus_days(1);
        }
        Ok(costs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_the_same_each_time_and_looks_like_a_site() {
        let until = Instant::from_micros(1_750_000_000_000_000);
        let sample = SampleSite::new(1, SiteId::parse("demo").unwrap(), until, 90);
        let (mut visits, mut forms, mut records) = (0, 0, 0);
        for number in 0..5_000 {
            let facts = sample.person(number).unwrap();
            assert_eq!(facts, sample.person(number).unwrap());
            assert!(facts.iter().all(|fact| fact.received_at() <= until));
            for fact in facts {
                match fact {
                    SampleFact::Visit(_) => visits += 1,
                    SampleFact::Conversion(_) => forms += 1,
                    SampleFact::Record(_) => records += 1,
                }
            }
        }
        let expected = 5_000 * SampleSite::VISITS_PER_PERSON_PERCENT / 100;
        assert!(visits > expected * 9 / 10 && visits < expected * 11 / 10, "{visits}");
        assert!(forms > visits / 40 && forms < visits / 8, "{forms}");
        assert!(records > forms / 3, "{records}");
    }

    #[test]
    fn its_advertising_cost_something_each_day() {
        let until = Instant::from_micros(1_750_000_000_000_000);
        let sample = SampleSite::new(1, SiteId::parse("demo").unwrap(), until, 90);
        let costs = sample.costs(4_000).unwrap();
        assert_eq!(costs, sample.costs(4_000).unwrap());
        assert!(costs.iter().all(|cost| cost.received_at <= until && cost.cost.day < Day::of(until)));
        let pounds: i64 = costs.iter().map(|cost| cost.cost.figures.spent.minor / 100).sum();
        assert!((20_000..60_000).contains(&pounds), "{pounds}");
        let mut named: Vec<_> = costs.iter().map(|cost| (cost.cost.day, cost.cost.key())).collect();
        named.sort_unstable();
        named.dedup();
        assert_eq!((costs.len(), named.len()), (90 * 7, 90 * 7), "each is a cost of its own");
    }
}
