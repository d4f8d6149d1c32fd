use super::Fit;
use std::collections::BTreeMap;

/// Gathers how channels follow each other, journey by journey, in any order and in any number of builders.
///
/// What is gathered are whole counts, so the order makes no difference, and one journey of many conversions is as good
/// as many of one. The numbers of the channels should stay the same from one time to the next, as those by name do: the
/// chain is solved in their order, and the last digit depends on it.
#[derive(Debug, Clone)]
pub struct FitBuilder {
    numbering: Numbering,
    counts: Counts,
    /// Whether there were more channels than there is room for.
    is_full: bool,
}

/// More channels than can be solved for; whoever asked needs coarser ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyChannels;

impl std::fmt::Display for TooManyChannels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "removal effects are known for at most {} channels", FitBuilder::CHANNELS_MAX)
    }
}

impl std::error::Error for TooManyChannels {}

/// How often what came after what; channels by their state, which is their place in the numbering.
#[derive(Debug, Clone)]
pub(super) struct Counts {
    /// Journeys that began with a channel.
    pub(super) first: Vec<u64>,
    /// Journeys that ended with it and converted.
    pub(super) converted: Vec<u64>,
    /// Journeys that ended with it and came to nothing.
    pub(super) lost: Vec<u64>,
    /// Steps, one row of `CHANNELS_MAX` for every channel left.
    steps: Vec<u64>,
}

impl Counts {
    /// How often the second came right after the first.
    pub(super) fn steps(&self, from: usize, to: usize) -> u64 {
        self.steps[from * FitBuilder::CHANNELS_MAX + to]
    }
}

impl Default for FitBuilder {
    fn default() -> Self {
        let zeros = || vec![0; Self::CHANNELS_MAX];
        let steps = vec![0; Self::CHANNELS_MAX * Self::CHANNELS_MAX];
        let counts = Counts { first: zeros(), converted: zeros(), lost: zeros(), steps };
        Self { numbering: Numbering::default(), counts, is_full: false }
    }
}

impl FitBuilder {
    /// The most channels. Solving takes the cube of their number: some 100 ms for so many.
    pub const CHANNELS_MAX: usize = 500;

    /// A builder that nothing was added to.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds journeys over the same channels, of which some converted and some came to nothing (`nulls`).
    pub fn add(&mut self, channels: &[u32], conversions: u64, nulls: u64) {
        self.add_each(channels.iter().copied(), conversions, nulls);
    }

    /// As [`FitBuilder::add`], of channels that stand nowhere together.
    pub(crate) fn add_each(&mut self, channels: impl Iterator<Item = u32>, conversions: u64, nulls: u64) {
        let journeys = conversions + nulls;
        let mut before = None;
        for channel in channels {
            let Some(state) = self.numbering.state_or_new(channel) else {
                self.is_full = true;
                return;
            };
            let count = match before {
                None => &mut self.counts.first[state],
                Some(before) => &mut self.counts.steps[before * Self::CHANNELS_MAX + state],
            };
            *count += journeys;
            before = Some(state);
        }
        if let Some(last) = before {
            self.counts.converted[last] += conversions;
            self.counts.lost[last] += nulls;
        }
    }

    /// Adds all that another builder has gathered.
    pub fn merge(&mut self, other: &Self) {
        self.is_full |= other.is_full;
        let states: Option<Vec<_>> =
            other.numbering.channels.iter().map(|channel| self.numbering.state_or_new(*channel)).collect();
        let Some(states) = states else {
            self.is_full = true;
            return;
        };
        for (from, &state) in states.iter().enumerate() {
            self.counts.first[state] += other.counts.first[from];
            self.counts.converted[state] += other.counts.converted[from];
            self.counts.lost[state] += other.counts.lost[from];
            for (to, &next) in states.iter().enumerate() {
                self.counts.steps[state * Self::CHANNELS_MAX + next] += other.counts.steps(from, to);
            }
        }
    }

    /// Solves the chain.
    pub fn fit(&self) -> Result<Fit, TooManyChannels> {
        if self.is_full {
            return Err(TooManyChannels);
        }
        // In the order of their numbers, so that nothing depends on which journey was added first.
        let mut states: Vec<_> = (0..self.numbering.channels.len()).collect();
        states.sort_unstable_by_key(|state| self.numbering.channels[*state]);
        let mut sorted = Numbering::default();
        for state in &states {
            sorted.state_or_new(self.numbering.channels[*state]);
        }
        Ok(Fit::solve(sorted, &self.counts, &states))
    }
}

/// Numbers of channels as states from 0.
#[derive(Debug, Clone, Default)]
pub(super) struct Numbering {
    /// The channel of every state.
    pub(super) channels: Vec<u32>,
    /// By small number: the state and one, or zero.
    small: Vec<u32>,
    large: BTreeMap<u32, usize>,
}

impl Numbering {
    /// Numbers below this are looked up by place.
    const SMALL: usize = 1 << 16;

    pub(super) fn state(&self, channel: u32) -> Option<usize> {
        match self.small.get(channel as usize) {
            Some(0) => None,
            Some(state) => Some(*state as usize - 1),
            None => self.large.get(&channel).copied(),
        }
    }

    /// What states have, by small number of the channel; zero where there is no such channel.
    pub(super) fn by_number(&self, of_states: &[u64]) -> Vec<u64> {
        let of = |state: &u32| (*state as usize).checked_sub(1).map_or(0, |state| of_states[state]);
        self.small.iter().map(of).collect()
    }

    /// None when there is no room for another.
    fn state_or_new(&mut self, channel: u32) -> Option<usize> {
        if let Some(state) = self.state(channel) {
            return Some(state);
        }
        let state = self.channels.len();
        if state == FitBuilder::CHANNELS_MAX {
            return None;
        }
        self.channels.push(channel);
        let place = channel as usize;
        if place < Self::SMALL {
            if self.small.len() <= place {
                self.small.resize(place + 1, 0);
            }
            self.small[place] = u32::try_from(state + 1).unwrap_or_default();
        } else {
            self.large.insert(channel, state);
        }
        Some(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_numbers_do() {
        let mut numbering = Numbering::default();
        for (state, channel) in [7, 0, u32::MAX, 65_535, 65_536].into_iter().enumerate() {
            assert_eq!(numbering.state(channel), None);
            assert_eq!(numbering.state_or_new(channel), Some(state));
            assert_eq!(numbering.state_or_new(channel), Some(state));
        }
        assert_eq!((numbering.state(1), numbering.state(70_000)), (None, None));
    }

    #[test]
    fn too_many_are_refused_however_they_come() {
        let most = u32::try_from(FitBuilder::CHANNELS_MAX).unwrap();
        let (mut some, mut others) = (FitBuilder::new(), FitBuilder::new());
        some.add(&(0..most).collect::<Vec<_>>(), 1, 1);
        others.add(&[most], 1, 0);
        assert!(some.fit().is_ok() && others.fit().is_ok());
        let mut merged = some.clone();
        merged.merge(&others);
        assert_eq!(merged.fit().err(), Some(TooManyChannels));
        some.add(&[1, most, 2], 1, 0);
        assert_eq!(some.fit().err(), Some(TooManyChannels));
    }
}
