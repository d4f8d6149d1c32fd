use super::fold::Fold;
use super::interner::place;
use super::{Columns, Query, TooMuch, View};
use crate::{Currency, Milestone};
use std::collections::BTreeMap;

/// A stage of the pipeline, as the records of a report went through it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunnelStage {
    /// As the CRM spells it.
    pub stage: String,
    /// What the site has configured it to mean.
    pub milestone: Option<Milestone>,
    /// How many records ever were in it.
    pub reached: u64,
    /// How many of those went on to a later stage that is not lost, or are won.
    pub went_on: u64,
    /// How many are in it now.
    pub current: u64,
    /// What those are worth, by currency, the report's first, in minor units.
    pub values: Vec<(Currency, i128)>,
    /// The days that records which left it had spent in it: the median, and the mean in hundredths.
    pub median_days: Option<u64>,
    /// As [`FunnelStage::median_days`].
    pub mean_days_hundredths: Option<u64>,
}

#[derive(Default)]
struct Gathered {
    reached: u64,
    went_on: u64,
    current: u64,
    values: BTreeMap<u32, i128>,
    spent: Vec<u64>,
    order: u64,
}

const DAY: i64 = 86_400;

impl Query {
    /// The stages of the records of a report, in the order in which the site lists them, and after them others in the order
    /// in which records come to them. Filters on records apply; models do not matter.
    pub fn funnel(&self, columns: &Columns, view: &View) -> Result<Vec<FunnelStage>, TooMuch> {
        let fold = Fold::new(self, columns, view, 1)?;
        let milestones = fold.milestones();
        let mut stages: BTreeMap<u32, Gathered> = BTreeMap::new();
        for record in fold.records() {
            let spells = columns.stages(record);
            let amount = fold.amount(record);
            let is_lost = |stage: u32| milestones[place(stage)] == Some(Milestone::Lost);
            for (position, (stage, entered)) in spells.iter().enumerate() {
                let came_before = spells[..position].iter().any(|(earlier, _)| earlier == stage);
                let later = &spells[position + 1..];
                let gathered = stages.entry(*stage).or_default();
                if !came_before {
                    gathered.reached += 1;
                    gathered.order += position as u64;
                    let went_on = later.iter().any(|(other, _)| other != stage && !is_lost(*other));
                    let is_won = milestones[place(*stage)] == Some(Milestone::Won);
                    gathered.went_on += u64::from(went_on || is_won);
                }
                match later.first() {
                    Some((_, left)) => {
                        gathered.spent.push((left - entered).max(0).unsigned_abs() / DAY.unsigned_abs());
                    }
                    None => {
                        gathered.current += 1;
                        *gathered.values.entry(amount.currency).or_default() += i128::from(amount.minor);
                    }
                }
            }
        }
        let listed = |name: &str| view.site().stages.iter().position(|stage| stage.name.as_str() == name);
        let mut told: Vec<_> = stages
            .into_iter()
            .map(|(stage, gathered)| {
                let name = columns.stage_names.values()[place(stage)].to_string();
                // How far on the way records come to it, in thousandths of a stage.
                let order = gathered.order * 1_000 / gathered.reached.max(1);
                let place = (listed(&name).unwrap_or(usize::MAX), order, name.clone());
                (place, gathered.told(name, milestones[stage as usize], &fold))
            })
            .collect();
        told.sort_by(|(place, _), (other, _)| place.cmp(other));
        Ok(told.into_iter().map(|(_, stage)| stage).collect())
    }
}

impl Gathered {
    fn told(mut self, stage: String, milestone: Option<Milestone>, fold: &Fold<'_>) -> FunnelStage {
        self.spent.sort_unstable();
        let count = self.spent.len() as u64;
        let sum: u64 = self.spent.iter().sum();
        FunnelStage {
            stage,
            milestone,
            reached: self.reached,
            went_on: self.went_on,
            current: self.current,
            values: self.values.into_iter().map(|(place, minor)| (fold.currency_at(place), minor)).collect(),
            median_days: self.spent.get(self.spent.len() / 2).copied(),
            mean_days_hundredths: (sum * 100).checked_div(count),
        }
    }
}
