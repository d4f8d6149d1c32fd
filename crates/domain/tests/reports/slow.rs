//! The same reports a slower way: one journey at a time, into a map, with nothing worked out before. Of the product it uses
//! what a model weighs, how an amount is apportioned, what a rule says of an origin and what a rate makes of an amount.

use crate::asked::is_of_touches;
use crate::made_up::{World, end};
use crate::steps::{begin, plus, second, share_totals, value_of_origin};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use touchline_domain::attribution::{DirectPolicy, Fit, FitBuilder, Model, Path, apportion};
use touchline_domain::journey::{Found, Journey, Origin, Touch};
use touchline_domain::record::RecordKind;
use touchline_domain::report::{
    Cell, Condition, Dimension, Filter, NOT_SET, Query, RecordDimension, TouchDimension, UNATTRIBUTED,
};
use touchline_domain::{Currency, Day, Milestone, Moment, Money};

/// Rows by currency and values; what is added up in each.
pub(crate) type Rows = BTreeMap<(Currency, Vec<String>), Gathered>;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Gathered {
    pub(crate) cells: Vec<Cell>,
    pub(crate) reached: u64,
    pub(crate) assisted: u64,
}

/// What the slow way comes to.
#[derive(Debug, Default)]
pub(crate) struct Slow {
    pub(crate) rows: Rows,
    pub(crate) totals: BTreeMap<Currency, (Cell, u64)>,
    pub(crate) converted: u64,
    pub(crate) rate_days: BTreeSet<i32>,
}

/// Every value that a dimension has on a site, and some that it has not.
pub(crate) fn values_of(world: &World, dimension: &Dimension) -> Vec<String> {
    let mut values: BTreeSet<String> = [NOT_SET, UNATTRIBUTED, "nothing", "Direct"].map(str::to_owned).into();
    let slow = Site::of(world);
    for journey in &world.journeys {
        if is_of_touches(dimension) {
            values.extend(journey.touches.iter().map(|touch| slow.value_of_touch(dimension, touch)));
        } else {
            values.insert(slow.value_of_record(dimension, journey));
            values.extend(journey.labels.iter().map(ToString::to_string));
        }
    }
    values.into_iter().collect()
}

struct Site<'a> {
    world: &'a World,
    zone: TimeZone,
    /// Of each origin that a touch has, the values in the order of [`TouchDimension::ALL`].
    origins: HashMap<&'a Origin, Vec<String>>,
}

impl<'a> Site<'a> {
    fn of(world: &'a World) -> Self {
        let touches = world.journeys.iter().flat_map(|journey| &journey.touches);
        let values = |origin: &Origin| {
            TouchDimension::ALL.into_iter().map(|one| value_of_origin(world, one, origin)).collect()
        };
        let mut origins = HashMap::new();
        for touch in touches {
            origins.entry(&touch.origin).or_insert_with(|| values(&touch.origin));
        }
        Self { world, zone: world.zone(), origins }
    }

    fn value(&self, dimension: TouchDimension, touch: &Touch) -> &str {
        &self.origins[&touch.origin][dimension as usize]
    }

    /// Channels by number, in order of name.
    fn channels(&self) -> Vec<String> {
        let channels: BTreeSet<_> =
            self.origins.values().map(|values| &values[TouchDimension::Channel as usize]).collect();
        channels.into_iter().cloned().collect()
    }
}

pub(crate) fn report(world: &World, query: &Query) -> Slow {
    let site = Site::of(world);
    let journeys: Vec<_> = world.journeys.iter().filter(|journey| site.takes_part(query, journey)).collect();
    // Removal effects are those of all records of the period: filters change nobody's share.
    let of_period: Vec<_> =
        world.journeys.iter().filter(|journey| site.is_of_period(query, journey)).collect();
    let fit = query.models.iter().any(Model::needs_fit).then(|| site.fit(query, &of_period));
    let asked = query.currency.unwrap_or(world.site.currency);
    let mut slow = Slow::default();
    slow.totals.insert(asked, (Cell::default(), 0));
    for journey in journeys {
        let (money, rate_day) = site.amount(journey, asked);
        if let Some(day) = rate_day {
            slow.converted += 1;
            slow.rate_days.insert(day);
        }
        let (total, attributed) = slow.totals.entry(money.currency).or_default();
        *total = plus(*total, &site.whole(journey, money.minor));
        *attributed += u64::from(!site.seen(query, query.direct, journey).is_empty());
        site.credit(query, fit.as_ref(), journey, money, &mut slow.rows);
        if query.metrics.reach {
            site.reach(query, journey, money.currency, &mut slow.rows);
        }
    }
    for (place, model) in query.models.iter().enumerate().filter(|(_, model)| model.shares_the_total()) {
        let fit = fit.as_ref().unwrap_or_else(|| panic!("{model} needs one"));
        share_totals(fit, &site.channels(), place, query.models.len(), &mut slow.rows);
    }
    slow.rows.retain(|_, row| row.reached > 0 || row.cells.iter().any(|cell| *cell != Cell::default()));
    slow
}

impl Site<'_> {
    fn is_of_period(&self, query: &Query, journey: &Journey) -> bool {
        let day = self.date(journey.occurred);
        let is_after = query.period.from.is_none_or(|from| from.to_string() <= day.to_string());
        let is_before = query.period.to.is_none_or(|to| day.to_string() <= to.to_string());
        journey.kind == query.kind && is_after && is_before
    }

    fn takes_part(&self, query: &Query, journey: &Journey) -> bool {
        let filters = query.filters.iter().filter(|filter| !is_of_touches(&filter.dimension));
        let holds = |filter: &Filter| {
            let mut values = vec![self.value_of_record(&filter.dimension, journey)];
            if filter.dimension == Dimension::Record(RecordDimension::Label) {
                values.extend(journey.labels.iter().map(ToString::to_string));
            }
            let is_one = values.iter().any(|value| filter.values.contains(value));
            if filter.condition == Condition::Is { is_one } else { !is_one }
        };
        self.is_of_period(query, journey) && filters.into_iter().all(holds)
    }

    fn amount(&self, journey: &Journey, asked: Currency) -> (Money, Option<i32>) {
        let days = self.date(journey.occurred).since(Date::constant(1970, 1, 1)).unwrap().get_days();
        let day = Day::from_number(days);
        match self.world.rates.convert(journey.value, asked, day) {
            Some(converted) => {
                let money = Money { minor: converted.minor, currency: asked };
                (money, converted.rate_day.map(Day::number))
            }
            None => (journey.value, None),
        }
    }

    /// All of a record, as it is in totals.
    fn whole(&self, journey: &Journey, minor: i64) -> Cell {
        let milestone = self.milestone(journey);
        let is_won = i64::from(milestone == Some(Milestone::Won));
        let (created, closed) = (self.date(journey.created), self.date(journey.occurred));
        let days = i64::from(closed.since(created).unwrap().get_days()).max(0);
        Cell {
            minor: minor.into(),
            won_minor: i128::from(minor) * i128::from(is_won),
            records: 1_000_000,
            won: 1_000_000 * is_won,
            lost: 1_000_000 * i64::from(milestone == Some(Milestone::Lost)),
            days: (1_000_000 * is_won * days).into(),
        }
    }

    fn milestone(&self, journey: &Journey) -> Option<Milestone> {
        match journey.kind {
            RecordKind::Revenue => Some(Milestone::Won),
            RecordKind::Opportunity => self.world.site.milestone(&journey.stages.last()?.stage),
        }
    }

    /// The touches that count: not too old, and not direct where the policy leaves those out.
    fn seen<'j>(&self, query: &Query, direct: DirectPolicy, journey: &'j Journey) -> Vec<&'j Touch> {
        let last = second(end(journey.occurred, &self.zone));
        let age = |touch: &Touch| last - second(touch.at);
        let is_recent = |touch: &&Touch| {
            query.lookback_days.is_none_or(|days| age(touch) <= i64::from(days) * 24 * 3_600)
        };
        let recent: Vec<_> = journey.touches.iter().filter(is_recent).collect();
        let is_marketing = |touch: &&Touch| self.value(TouchDimension::Channel, touch) != "Direct";
        let marketing: Vec<_> = recent.iter().copied().filter(is_marketing).collect();
        match direct {
            DirectPolicy::Keep => recent,
            DirectPolicy::Skip => marketing,
            DirectPolicy::LastResort if marketing.is_empty() => recent,
            DirectPolicy::LastResort => marketing,
        }
    }

    fn fit(&self, query: &Query, journeys: &[&Journey]) -> Fit {
        let channels = self.channels();
        let is_won = |journey: &&Journey| self.milestone(journey) == Some(Milestone::Won);
        let none_is_won = !journeys.iter().any(is_won);
        let mut builder = FitBuilder::new();
        for journey in journeys {
            let path: Vec<_> = self
                .seen(query, query.direct, journey)
                .iter()
                .map(|touch| self.channel_number(&channels, touch))
                .collect();
            let converts = u64::from(none_is_won || is_won(journey));
            builder.add(&path, converts, 1 - converts);
        }
        builder.fit().unwrap()
    }

    fn channel_number(&self, channels: &[String], touch: &Touch) -> u32 {
        let name = self.value(TouchDimension::Channel, touch);
        channels.iter().position(|channel| channel == name).unwrap().try_into().unwrap()
    }

    fn weights(&self, model: &Model, fit: Option<&Fit>, journey: &Journey, touches: &[&Touch]) -> Vec<u64> {
        let all_channels = self.channels();
        let times: Vec<_> = touches.iter().map(|touch| second(touch.at)).collect();
        let numbers: Vec<_> = touches.iter().map(|touch| self.channel_number(&all_channels, touch)).collect();
        let entered = |wanted: Milestone| {
            let mut spells = journey.stages.iter();
            let spell = spells.find(|spell| self.world.site.milestone(&spell.stage) == Some(wanted))?;
            Some(second(end(spell.entered, &self.zone)))
        };
        let lead = journey.lead.map(second).or_else(|| entered(Milestone::Lead));
        let begun = || match journey.kind {
            RecordKind::Opportunity => Some(second(end(journey.created, &self.zone))),
            RecordKind::Revenue => None,
        };
        let opportunity = entered(Milestone::Opportunity).or_else(begun);
        let closed = second(end(journey.occurred, &self.zone));
        let path = Path { times: &times, channels: &numbers, lead, opportunity, closed };
        let mut weights = Vec::new();
        model.weigh(&path, fit, &mut weights);
        weights
    }

    fn credit(&self, query: &Query, fit: Option<&Fit>, journey: &Journey, money: Money, rows: &mut Rows) {
        let whole = self.whole(journey, money.minor);
        let (won, lost) = (i64::from(whole.won > 0), i64::from(whole.lost > 0));
        for (place, model) in query.models.iter().enumerate() {
            let touches = self.seen(query, model.direct(query.direct), journey);
            // What no touch gets goes to none, all of it.
            let (getting, weights) = if touches.is_empty() {
                (vec![None], vec![1])
            } else {
                let weights = self.weights(model, fit, journey, &touches);
                (touches.into_iter().map(Some).collect(), weights)
            };
            let share = |amount: i64| {
                let mut shares = vec![0; weights.len()];
                apportion(amount, &weights, &mut shares);
                shares
            };
            let (minor, records) = (share(money.minor), share(1_000_000));
            for (index, touch) in getting.into_iter().enumerate() {
                if !self.admits(query, touch) {
                    continue;
                }
                let row = rows.entry((money.currency, self.values(query, journey, touch))).or_default();
                row.cells.resize(query.models.len(), Cell::default());
                let mut cell = Cell {
                    minor: minor[index].into(),
                    won_minor: (minor[index] * won).into(),
                    records: records[index],
                    won: records[index] * won,
                    lost: records[index] * lost,
                    days: whole.days / 1_000_000 * i128::from(records[index]),
                };
                if !query.metrics.records {
                    (cell.records, cell.won, cell.lost, cell.days) = (0, 0, 0, 0);
                }
                row.cells[place] = plus(row.cells[place], &cell);
            }
        }
    }

    fn reach(&self, query: &Query, journey: &Journey, currency: Currency, rows: &mut Rows) {
        let touches = self.seen(query, query.direct, journey);
        let place = |touch: &&Touch| {
            let is_admitted = self.admits(query, Some(touch));
            is_admitted.then(|| (currency, self.values(query, journey, Some(touch))))
        };
        let last = touches.last().and_then(place);
        let reached: BTreeSet<_> = touches.iter().filter_map(place).collect();
        for row in reached {
            let is_last = last.as_ref() == Some(&row);
            let row = rows.entry(row).or_default();
            row.cells.resize(query.models.len(), Cell::default());
            row.reached += 1;
            row.assisted += u64::from(!is_last);
        }
    }

    /// Whether filters on touches let through what a touch gets, or what no touch gets.
    fn admits(&self, query: &Query, touch: Option<&Touch>) -> bool {
        let filters = query.filters.iter().filter(|filter| is_of_touches(&filter.dimension));
        filters.into_iter().all(|filter| {
            let value =
                touch.map_or(UNATTRIBUTED.to_owned(), |touch| self.value_of_touch(&filter.dimension, touch));
            filter.values.contains(&value) == (filter.condition == Condition::Is)
        })
    }

    fn values(&self, query: &Query, journey: &Journey, touch: Option<&Touch>) -> Vec<String> {
        let value = |dimension: &Dimension| match (is_of_touches(dimension), touch) {
            (false, _) => self.value_of_record(dimension, journey),
            (true, Some(touch)) => self.value_of_touch(dimension, touch),
            (true, None) => UNATTRIBUTED.to_owned(),
        };
        query.by.iter().map(value).collect()
    }

    fn value_of_touch(&self, dimension: &Dimension, touch: &Touch) -> String {
        match dimension {
            Dimension::Touch(dimension) => self.value(*dimension, touch).to_owned(),
            Dimension::Time(_, bucket) => {
                begin(*bucket, self.date(Moment { at: touch.at, date_only: false })).to_string()
            }
            Dimension::Record(_) => panic!("{dimension} is of records"),
        }
    }

    fn value_of_record(&self, dimension: &Dimension, journey: &Journey) -> String {
        let value = match dimension {
            Dimension::Touch(_) => panic!("{dimension} is of touches"),
            Dimension::Time(_, bucket) => Some(begin(*bucket, self.date(journey.occurred)).to_string()),
            Dimension::Record(RecordDimension::Stage) => {
                journey.stages.last().map(|spell| spell.stage.clone())
            }
            Dimension::Record(RecordDimension::Milestone) => {
                self.milestone(journey).map(|milestone| milestone.name().to_owned())
            }
            Dimension::Record(RecordDimension::Label) => {
                let labels: Vec<_> = journey.labels.iter().map(ToString::to_string).collect();
                Some(labels.join(", ")).filter(|all| !all.is_empty())
            }
            Dimension::Record(RecordDimension::Currency) => Some(journey.value.currency.to_string()),
            Dimension::Record(RecordDimension::Found) => Some(match journey.found {
                Found::By(kind) => kind.name().to_owned(),
                Found::Nobody(reason) => reason.name().to_owned(),
            }),
            Dimension::Record(RecordDimension::Property(name)) => {
                let property = journey.properties.iter().find(|property| property.name == *name);
                property.map(|property| property.value.clone())
            }
        };
        value.unwrap_or_else(|| NOT_SET.to_owned())
    }

    fn date(&self, moment: Moment) -> Date {
        let timestamp = jiff::Timestamp::from_microsecond(moment.at.as_micros()).unwrap();
        if moment.date_only {
            TimeZone::UTC.to_datetime(timestamp).date()
        } else {
            self.zone.to_datetime(timestamp).date()
        }
    }
}
