use super::classified::milestone_of;
use super::columns::RecordColumns;
use super::fold::Fold;
use super::interner::place;
use super::{Columns, Query};
use crate::Milestone;
use crate::attribution::{DirectPolicy, Eligible, FewShares, LANES, Model, Path, Roles, Shape, apportion};
use std::ops::Range;

/// Memory that is used again for every journey.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) weights: Vec<u64>,
    shares: Vec<i64>,
    roles: Option<Roles>,
    channels: Vec<u32>,
    times: Vec<i64>,
    origins: Vec<u32>,
    /// Where the touches stand that were chosen last, unless only some of them were.
    chosen: Option<Range<usize>>,
    /// Of which record touches were chosen last, for which policy, and whether there are any.
    chosen_for: Option<(usize, DirectPolicy, bool)>,
}

/// Among which touches an amount is shared.
#[derive(Debug, Clone, Copy)]
pub(super) enum Split {
    /// All to the one that stands here.
    One(usize),
    /// The same to each that was chosen.
    Even,
    /// The same to each that was chosen, but to those that play a role.
    Roles,
    /// By the weights of those that were chosen.
    Weighed,
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
    pub(super) fn choose(&mut self, fold: &Fold<'_>, direct: DirectPolicy, record: usize) -> bool {
        if let Some((known, policy, is_any)) = self.chosen_for
            && (known, policy) == (record, direct)
        {
            return is_any;
        }
        let columns = fold.columns();
        let touches = fold.query().within_lookback(columns, &columns.records[record]);
        let origins = &columns.touch_origins[touches.clone()];
        let eligible = direct.eligible(origins.iter().map(|origin| fold.is_direct(*origin)));
        let is_any = !touches.is_empty() && eligible != Eligible::None;
        self.chosen = (eligible == Eligible::All).then(|| touches.clone());
        if eligible == Eligible::NotDirect {
            self.times.clear();
            self.origins.clear();
            for (time, origin) in columns.touch_times[touches].iter().zip(origins) {
                if !fold.is_direct(*origin) {
                    self.times.push(*time);
                    self.origins.push(*origin);
                }
            }
        }
        self.chosen_for = Some((record, direct, is_any));
        is_any
    }

    /// The touches that were chosen last: when, and from where.
    pub(super) fn kept<'s>(&'s self, columns: &'s Columns) -> (&'s [i64], &'s [u32]) {
        match &self.chosen {
            Some(range) => (&columns.touch_times[range.clone()], &columns.touch_origins[range.clone()]),
            None => (&self.times, &self.origins),
        }
    }

    /// Weighs the touches of a record that a model gets to see; [`Scratch::kept`] has them then. Answers how many there
    /// are, if any.
    pub(super) fn weigh(&mut self, fold: &Fold<'_>, model: &Model, record: usize) -> Option<usize> {
        if !self.choose(fold, model.direct(fold.query().direct), record) {
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
        let channels_seen = if needs_channels { channels.as_slice() } else { origins };
        model.weigh(&fold.path(model, record, times, channels_seen), fold.fit(), &mut weights);
        let count = times.len();
        (self.channels, self.weights) = (channels, weights);
        Some(count)
    }

    /// Says how a model shares a record, as [`Scratch::give`] takes it. `None` when it is unattributed.
    pub(super) fn split(&mut self, fold: &Fold<'_>, model: &Model, record: usize) -> Option<Split> {
        let direct = model.direct(fold.query().direct);
        let touches = || fold.query().within_lookback(fold.columns(), &fold.columns().records[record]);
        match model.shape() {
            Shape::First => fold.outermost(touches(), direct).map(Split::One),
            Shape::Last => fold.outermost(touches().rev(), direct).map(Split::One),
            Shape::Even => self.choose(fold, direct, record).then_some(Split::Even),
            Shape::Roles => {
                let is_any = self.choose(fold, direct, record);
                let (times, origins) = self.kept(fold.columns());
                let roles = || model.roles(&fold.path(model, record, times, origins));
                self.roles = is_any.then(roles).flatten();
                self.roles.is_some().then_some(Split::Roles)
            }
            Shape::Weighed => self.weigh(fold, model, record).map(|_| Split::Weighed),
        }
    }

    /// Shares an amount as [`apportion`] does; `to` takes each touch's time, origin and share.
    pub(super) fn give(
        &mut self,
        columns: &Columns,
        split: Split,
        amount: i64,
        mut to: impl FnMut(i64, u32, i64),
    ) {
        match split {
            Split::One(touch) => to(columns.touch_times[touch], columns.touch_origins[touch], amount),
            Split::Even => {
                let shares = FewShares::even(amount, self.kept(columns).0.len());
                self.give_few(columns, &shares, to);
            }
            Split::Roles => match self.roles.as_ref().and_then(|roles| roles.share(amount)) {
                Some(shares) => self.give_few(columns, &shares, to),
                None => {
                    if let Some(roles) = &self.roles {
                        roles.weights(&mut self.weights);
                    }
                    self.give_weighed(columns, amount, to);
                }
            },
            Split::Weighed => self.give_weighed(columns, amount, to),
        }
    }

    fn give_weighed(&mut self, columns: &Columns, amount: i64, mut to: impl FnMut(i64, u32, i64)) {
        let mut shares = std::mem::take(&mut self.shares);
        // Shares are found several at a time, and a weight of zero gets nothing.
        self.weights.resize(self.weights.len().next_multiple_of(LANES), 0);
        shares.resize(self.weights.len(), 0);
        apportion(amount, &self.weights, &mut shares);
        let (times, origins) = self.kept(columns);
        for ((share, time), origin) in shares.iter().zip(times).zip(origins) {
            to(*time, *origin, *share);
        }
        self.shares = shares;
    }

    fn give_few(&self, columns: &Columns, shares: &FewShares, mut to: impl FnMut(i64, u32, i64)) {
        let (times, origins) = self.kept(columns);
        let (more, first) = shares.more;
        for (time, origin) in times[..first].iter().zip(&origins[..first]) {
            to(*time, *origin, shares.each + more);
        }
        for (time, origin) in times[first..].iter().zip(&origins[first..]) {
            to(*time, *origin, shares.each);
        }
        for (touch, other) in shares.others() {
            to(times[*touch], origins[*touch], *other);
        }
    }
}

impl Fold<'_> {
    /// Touches of a record as models see them.
    fn path<'p>(&self, model: &Model, record: usize, times: &'p [i64], channels: &'p [u32]) -> Path<'p> {
        let (lead, opportunity) = if model.needs_milestones() {
            milestones(self.columns(), record, self.milestones())
        } else {
            (None, None)
        };
        Path { times, channels, lead, opportunity, closed: self.columns().records[record].end }
    }

    /// The first of a journey's touches, in the order in which they are given, that a model gets to see.
    fn outermost(&self, touches: impl Iterator<Item = usize> + Clone, direct: DirectPolicy) -> Option<usize> {
        let outermost = touches.clone().next()?;
        let is_direct = |touch: usize| self.is_direct(self.columns().touch_origins[touch]);
        if direct == DirectPolicy::Keep {
            return Some(outermost);
        }
        let marketing = touches.into_iter().find(|touch| !is_direct(*touch));
        marketing.or_else(|| (direct == DirectPolicy::LastResort).then_some(outermost))
    }

    fn is_direct(&self, origin: u32) -> bool {
        self.view().is_direct[place(origin)]
    }
}

/// When a record became a lead and an opportunity.
fn milestones(
    columns: &Columns,
    record: usize,
    milestones: &[Option<Milestone>],
) -> (Option<i64>, Option<i64>) {
    let stages = columns.stages(record);
    let first = |wanted: Milestone| {
        let kind = columns.records[record].kind?;
        let mut stages = stages.iter();
        stages
            .find(|(stage, _)| milestone_of(kind, Some(*stage), milestones) == Some(wanted))
            .map(|(_, at)| *at)
    };
    let details = &columns.details[record];
    let lead = details.lead.or_else(|| first(Milestone::Lead));
    // Of revenue nothing is known before it came in.
    let begun = (!stages.is_empty()).then_some(details.created_end);
    (lead, first(Milestone::Opportunity).or(begun))
}
