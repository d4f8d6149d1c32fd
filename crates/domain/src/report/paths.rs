use super::dimension::TouchDimension;
use super::fold::Fold;
use super::interner::place;
use super::{Columns, Query, TooMuch, View};
use crate::{Currency, Milestone};
use std::collections::HashMap;

/// A way that journeys took, with repeats of one step counted once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommonPath {
    /// The values of one dimension, in order of time. Empty for records without touches.
    pub steps: Vec<String>,
    /// Whether there were more steps than are told.
    pub is_cut: bool,
    /// How many records took it.
    pub records: u64,
    /// How many of them were won.
    pub won: u64,
    /// How many of them were lost.
    pub lost: u64,
    /// How many touches they had together.
    pub touches: u64,
    /// What the records are worth together in each currency, the report's first, in minor units.
    pub values: Vec<(Currency, i128)>,
}

impl CommonPath {
    /// The most steps that are told; paths that agree in so many are one.
    pub const STEPS_MAX: usize = 12;
    /// The most different paths that are looked at; what comes after is left out, the longest journeys first.
    const DIFFERENT_MAX: usize = 200_000;
}

impl Query {
    /// The most common paths, by one dimension of touches: at most `limit`, the most frequent first, and how many there are.
    /// Period, lookback and filters on records apply; models do not matter.
    pub fn paths(
        &self,
        dimension: TouchDimension,
        columns: &Columns,
        view: &View,
        limit: usize,
    ) -> Result<(Vec<CommonPath>, usize), TooMuch> {
        let fold = Fold::new(self, columns, view, 1)?;
        let mut paths: HashMap<Vec<u32>, Gathered> = HashMap::new();
        let mut steps = Vec::new();
        for record in fold.records() {
            let touches = self.within_lookback(columns, &columns.records[record]);
            steps.clear();
            for origin in &columns.touch_origins[touches.clone()] {
                let value = view.origins[place(*origin)][dimension as usize];
                if steps.last() != Some(&value) {
                    steps.push(value);
                }
            }
            let is_cut = steps.len() > CommonPath::STEPS_MAX;
            steps.truncate(CommonPath::STEPS_MAX);
            if !paths.contains_key(&steps) && paths.len() == CommonPath::DIFFERENT_MAX {
                return Err(TooMuch::Rows);
            }
            let amount = fold.amount(record);
            let path = paths.entry(steps.clone()).or_default();
            path.is_cut |= is_cut;
            path.records += 1;
            let milestone = fold.milestone(record);
            path.won += u64::from(milestone == Some(Milestone::Won));
            path.lost += u64::from(milestone == Some(Milestone::Lost));
            path.touches += touches.len() as u64;
            path.add(amount.currency, amount.minor);
        }
        let count = paths.len();
        let mut paths: Vec<_> = paths.into_iter().collect();
        let worth =
            |path: &Gathered| path.values.first().filter(|(place, _)| *place == 0).map_or(0, |own| own.1);
        let names = |steps: &[u32]| -> Vec<_> {
            steps.iter().map(|value| &view.values.values()[place(*value)]).collect()
        };
        paths.sort_by(|(steps, path), (other_steps, other)| {
            (other.records, worth(other))
                .cmp(&(path.records, worth(path)))
                .then_with(|| names(steps).cmp(&names(other_steps)))
        });
        let told = |(steps, path): (Vec<u32>, Gathered)| CommonPath {
            steps: steps.iter().map(|value| view.values.values()[place(*value)].to_string()).collect(),
            is_cut: path.is_cut,
            records: path.records,
            won: path.won,
            lost: path.lost,
            touches: path.touches,
            values: path.values.into_iter().map(|(place, minor)| (fold.currency_at(place), minor)).collect(),
        };
        Ok((paths.into_iter().take(limit).map(told).collect(), count))
    }
}

#[derive(Default)]
struct Gathered {
    is_cut: bool,
    records: u64,
    won: u64,
    lost: u64,
    touches: u64,
    /// In order of currency.
    values: Vec<(u32, i128)>,
}

impl Gathered {
    fn add(&mut self, currency: u32, minor: i64) {
        let place = self.values.partition_point(|(known, _)| *known < currency);
        match self.values.get_mut(place).filter(|(known, _)| *known == currency) {
            Some((_, sum)) => *sum += i128::from(minor),
            None => self.values.insert(place, (currency, i128::from(minor))),
        }
    }
}
