//! Steps of the slower way that need no site.

use crate::made_up::World;
use crate::slow::Rows;
use jiff::civil::{Date, Weekday};
use std::collections::BTreeSet;
use touchline_domain::attribution::Fit;
use touchline_domain::journey::Origin;
use touchline_domain::report::{Bucket, Cell, NOT_SET, TouchDimension, UNATTRIBUTED};
use touchline_domain::{Currency, Instant};

pub(crate) fn share_totals(fit: &Fit, channels: &[String], place: usize, models: usize, rows: &mut Rows) {
    let currencies: BTreeSet<Currency> = rows.keys().map(|(currency, _)| *currency).collect();
    let numbers: Vec<u32> = fit.removal_effects().map(|(channel, _)| channel).collect();
    for currency in currencies {
        let mut sum = Cell::default();
        for ((_, values), row) in rows.iter_mut().filter(|((other, _), _)| *other == currency) {
            if values != &[UNATTRIBUTED] {
                sum = plus(sum, &std::mem::take(&mut row.cells[place]));
            }
        }
        let shares = |total: i128| fit.global_shares(i64::try_from(total).unwrap(), &numbers);
        let (minor, won_minor) = (shares(sum.minor), shares(sum.won_minor));
        let (records, won) = (shares(sum.records.into()), shares(sum.won.into()));
        let (lost, days) = (shares(sum.lost.into()), shares(sum.days));
        for (index, channel) in numbers.iter().enumerate() {
            let values = vec![channels[*channel as usize].clone()];
            let row = rows.entry((currency, values)).or_default();
            row.cells.resize(models, Cell::default());
            row.cells[place] = Cell {
                minor: minor[index].into(),
                won_minor: won_minor[index].into(),
                records: records[index],
                won: won[index],
                lost: lost[index],
                days: days[index].into(),
            };
        }
    }
}

pub(crate) fn plus(one: Cell, other: &Cell) -> Cell {
    Cell {
        minor: one.minor + other.minor,
        won_minor: one.won_minor + other.won_minor,
        records: one.records + other.records,
        won: one.won + other.won,
        lost: one.lost + other.lost,
        days: one.days + other.days,
    }
}

pub(crate) fn second(instant: Instant) -> i64 {
    instant.as_micros() / 1_000_000
}

pub(crate) fn value_of_origin(world: &World, dimension: TouchDimension, origin: &Origin) -> String {
    let c = origin.classify(&world.site.channels).unwrap();
    let value = match dimension {
        TouchDimension::Channel => Some(c.channel),
        TouchDimension::Source => c.source,
        TouchDimension::Medium => c.medium,
        TouchDimension::Campaign => c.campaign,
        TouchDimension::Term => c.term,
        TouchDimension::Content => c.content,
        TouchDimension::LandingPage => origin.page().map(str::to_owned),
        TouchDimension::Referrer => origin.referrer_host().map(str::to_owned),
        TouchDimension::Platform => c.platform.map(str::to_owned),
        TouchDimension::Device => origin.device.map(|device| device.name().to_owned()),
    };
    value.unwrap_or_else(|| NOT_SET.to_owned())
}

/// The first day of a bucket, day by day.
pub(crate) fn begin(bucket: Bucket, mut date: Date) -> Date {
    let is_first = |date: Date| match bucket {
        Bucket::Day => true,
        Bucket::Week => date.weekday() == Weekday::Monday,
        Bucket::Month => date.day() == 1,
        Bucket::Quarter => date.day() == 1 && [1, 4, 7, 10].contains(&date.month()),
        Bucket::Year => date.day_of_year() == 1,
    };
    while !is_first(date) {
        date = date.yesterday().unwrap();
    }
    date
}
