use super::classified::{View, milestone_of};
use super::columns::RecordColumns;
use super::fold::Fold;
use super::interner::place;
use super::{Columns, Query};
use crate::Milestone;
use crate::attribution::{DirectPolicy, Eligible, Model, Path};
use std::ops::Range;

/// Memory that is used again for every journey.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) weights: Vec<u64>,
    pub(super) shares: Vec<i64>,
    pub(super) channels: Vec<u32>,
    times: Vec<i64>,
    origins: Vec<u32>,
    /// Where the touches stand that were seen last, unless only some of them were.
    seen: Option<Range<usize>>,
}

impl Query {
    /// Where the touches of a record stand that are not too old.
    pub(super) fn within_lookback(&self, columns: &Columns, record: &RecordColumns) -> Range<usize> {
        let touches = record.touches();
        let Some(days) = self.lookback_days else { return touches };
        let first = record.end - i64::from(days) * 86_400;
        let skipped = columns.touch_times[touches.clone()].partition_point(|time| *time < first);
        touches.start + skipped..touches.end
    }
}

impl Scratch {
    /// Chooses the touches of a record that a model gets to see; [`Scratch::kept`] has them then. `false` when there are
    /// none, so that the record's value is unattributed.
    pub(super) fn choose(
        &mut self,
        columns: &Columns,
        view: &View,
        query: &Query,
        direct: DirectPolicy,
        record: &RecordColumns,
    ) -> bool {
        let touches = query.within_lookback(columns, record);
        if touches.is_empty() {
            return false;
        }
        let origins = &columns.touch_origins[touches.clone()];
        let is_direct = |origin: &u32| view.is_direct[place(*origin)];
        match direct.eligible(origins.iter().map(is_direct)) {
            Eligible::All => self.seen = Some(touches),
            Eligible::None => return false,
            Eligible::NotDirect => {
                self.seen = None;
                self.times.clear();
                self.origins.clear();
                for (time, origin) in columns.touch_times[touches].iter().zip(origins) {
                    if !is_direct(origin) {
                        self.times.push(*time);
                        self.origins.push(*origin);
                    }
                }
            }
        }
        true
    }

    /// The touches that were chosen last: when, and from where.
    pub(super) fn kept<'s>(&'s self, columns: &'s Columns) -> (&'s [i64], &'s [u32]) {
        match &self.seen {
            Some(range) => (&columns.touch_times[range.clone()], &columns.touch_origins[range.clone()]),
            None => (&self.times, &self.origins),
        }
    }

    /// Weighs the touches of a record that a model gets to see; [`Scratch::kept`] has them then. Answers how many there
    /// are, if any.
    pub(super) fn weigh(
        &mut self,
        fold: &Fold<'_>,
        model: &Model,
        direct: DirectPolicy,
        record: &RecordColumns,
    ) -> Option<usize> {
        if !self.choose(fold.columns(), fold.view(), fold.query(), direct, record) {
            return None;
        }
        let mut channels = std::mem::take(&mut self.channels);
        let mut weights = std::mem::take(&mut self.weights);
        let (times, origins) = self.kept(fold.columns());
        // To the other models one touch is as good as another, whatever its channel.
        let needs_channels = model.needs_fit() || matches!(model, Model::Shapley(_));
        if needs_channels {
            channels.clear();
            channels.extend(origins.iter().map(|origin| fold.channel(*origin)));
        }
        let (lead, opportunity) = milestones(fold.columns(), record, fold.milestones());
        let channels_seen = if needs_channels { channels.as_slice() } else { origins };
        let path = Path { times, channels: channels_seen, lead, opportunity, closed: record.end };
        model.weigh(&path, fold.fit(), &mut weights);
        let count = times.len();
        (self.channels, self.weights) = (channels, weights);
        Some(count)
    }
}

/// When a record became a lead and an opportunity.
fn milestones(
    columns: &Columns,
    record: &RecordColumns,
    milestones: &[Option<Milestone>],
) -> (Option<i64>, Option<i64>) {
    let first = |wanted: Milestone| {
        let kind = record.kind?;
        if record.stages().is_empty() {
            return None;
        }
        let mut stages = columns.stages[record.stages()].iter();
        stages
            .find(|(stage, _)| milestone_of(kind, Some(*stage), milestones) == Some(wanted))
            .map(|(_, at)| *at)
    };
    let lead = record.lead.or_else(|| first(Milestone::Lead));
    // Of revenue nothing is known before it came in.
    let begun = (!record.stages().is_empty()).then_some(record.created_end);
    (lead, first(Milestone::Opportunity).or(begun))
}
