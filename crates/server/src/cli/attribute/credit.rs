use super::read::{PathFile, Row};
use touchline_domain::attribution::{DirectPolicy, Eligible, Fit, FitBuilder, Model, Path, TooManyChannels};

/// What the channels of a file get, under every model that was asked for.
pub(super) struct Attribution {
    pub(super) credits: Vec<Credit>,
    /// What is known of how channels follow each other, when a model asks for it.
    pub(super) fit: Option<Fit>,
    pub(super) direct: DirectPolicy,
}

/// What the channels get under one model, by their numbers, and what nobody gets.
pub(super) struct Credit {
    pub(super) model: Model,
    pub(super) channels: Vec<Share>,
    pub(super) unattributed: Share,
}

/// A part of the conversions and of what they are worth. Such a file knows no currency, so parts are fractions.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Share {
    pub(super) conversions: f64,
    pub(super) value: f64,
}

impl Share {
    #[expect(clippy::cast_precision_loss, reason = "counts are read up to 2^50")]
    fn of(row: &Row) -> Self {
        Self { conversions: row.conversions as f64, value: row.value }
    }

    fn add(&mut self, other: Self, factor: f64) {
        self.conversions += other.conversions * factor;
        self.value += other.value * factor;
    }
}

impl Attribution {
    /// `direct_channel` names the channel that `direct` is about.
    pub(super) fn of(
        file: &PathFile,
        models: Vec<Model>,
        direct: DirectPolicy,
        direct_channel: &str,
    ) -> Result<Self, TooManyChannels> {
        let direct_channel = file.channels.iter().position(|name| name == direct_channel);
        let direct_channel = direct_channel.and_then(|place| u32::try_from(place).ok());
        let mut journey = Journey { direct_channel, channels: Vec::new(), times: Vec::new() };
        let fit = if models.iter().any(Model::needs_fit) {
            let mut builder = FitBuilder::new();
            for row in &file.rows {
                if let Some(path) = journey.seen(file, row, direct) {
                    builder.add(path.channels, row.conversions, row.nulls);
                }
            }
            Some(builder.fit()?)
        } else {
            None
        };
        let credit = |model: Model| match (&fit, model.shares_the_total()) {
            (Some(fit), true) => share_total(file, &mut journey, model, direct, fit),
            _ => share_rows(file, &mut journey, model, direct, fit.as_ref()),
        };
        let credits = models.into_iter().map(credit).collect();
        Ok(Self { credits, fit, direct })
    }
}

/// What is left of a row when the model need not see its direct touches.
struct Journey {
    direct_channel: Option<u32>,
    channels: Vec<u32>,
    times: Vec<i64>,
}

impl Journey {
    /// None when nobody is to get anything.
    fn seen<'a>(&'a mut self, file: &'a PathFile, row: &Row, direct: DirectPolicy) -> Option<Path<'a>> {
        let (channels, times) = file.path(row);
        let is_direct = |channel: &u32| Some(*channel) == self.direct_channel;
        let (channels, times) = match direct.eligible(channels.iter().map(is_direct)) {
            Eligible::All => (channels, times),
            Eligible::None => return None,
            Eligible::NotDirect => {
                let left = channels.iter().zip(times).filter(|(channel, _)| !is_direct(channel));
                let left: (Vec<_>, Vec<_>) = left.unzip();
                (self.channels, self.times) = left;
                (self.channels.as_slice(), self.times.as_slice())
            }
        };
        let closed = times.last().copied().unwrap_or_default();
        Some(Path { times, channels, lead: None, opportunity: None, closed })
    }
}

/// Shares every row in its path.
#[expect(clippy::cast_precision_loss, reason = "weights are compared to some ten digits")]
fn share_rows(
    file: &PathFile,
    journey: &mut Journey,
    model: Model,
    direct: DirectPolicy,
    fit: Option<&Fit>,
) -> Credit {
    let mut credit = Credit {
        model,
        channels: vec![Share::default(); file.channels.len()],
        unattributed: Share::default(),
    };
    let mut weights = Vec::new();
    for row in &file.rows {
        let Some(path) = journey.seen(file, row, model.direct(direct)) else {
            credit.unattributed.add(Share::of(row), 1.0);
            continue;
        };
        model.weigh(&path, fit, &mut weights);
        let total: u64 = weights.iter().sum();
        for (channel, weight) in path.channels.iter().zip(&weights) {
            credit.channels[*channel as usize].add(Share::of(row), *weight as f64 / total as f64);
        }
    }
    credit
}

/// Shares the sum of all rows by removal effects.
#[expect(clippy::cast_precision_loss, reason = "there are at most some hundred channels")]
fn share_total(
    file: &PathFile,
    journey: &mut Journey,
    model: Model,
    direct: DirectPolicy,
    fit: &Fit,
) -> Credit {
    let (mut total, mut unattributed) = (Share::default(), Share::default());
    for row in &file.rows {
        let is_seen = journey.seen(file, row, model.direct(direct)).is_some();
        let sum = if is_seen { &mut total } else { &mut unattributed };
        sum.add(Share::of(row), 1.0);
    }
    let mut channels = vec![Share::default(); file.channels.len()];
    let effects: Vec<_> = fit.removal_effects().collect();
    let sum: f64 = effects.iter().map(|(_, effect)| effect).sum();
    for (channel, effect) in &effects {
        // When nothing depends on any of them they are all alike.
        let part = if sum > 0.0 { effect / sum } else { 1.0 / effects.len() as f64 };
        channels[*channel as usize].add(total, part);
    }
    Credit { model, channels, unattributed }
}
