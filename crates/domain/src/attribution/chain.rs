use super::apportion;
use super::fit::{Counts, Numbering};

/// What is known of how channels follow each other: how much depends on each ([`FitBuilder`](super::FitBuilder) makes it).
///
/// Journeys are taken for a Markov chain of order one: from a channel visitors go on to the next one, to a conversion or
/// to nothing, as often as they did. The **removal effect** of a channel is the part of all conversions that would not
/// happen if whoever comes to it were lost.
#[derive(Debug, Clone)]
pub struct Fit {
    numbering: Numbering,
    base_rate: f64,
    effects: Vec<f64>,
    weights: Vec<u64>,
    /// The same by the numbers of channels, where those are small; zero for one that was never seen.
    by_number: Vec<u64>,
}

/// The weight of the channel that most depends on.
const WHOLE: f64 = 4_294_967_296.0;

impl Fit {
    /// Channels in the order of `numbering`; `states` says where `counts` has them.
    ///
    /// Let C count the steps between different channels, and D, on its diagonal, all that leave each channel. A journey
    /// that is in a channel converts with the probability x that solves (D - C)·x = converted. So with B, the inverse
    /// of D - C, x = B·converted; and one that begins as journeys do, with s, ever comes to channel c with the
    /// probability `(s·B)[c] / B[c, c]`, for `B[i, c] / B[c, c]` is the probability to come from i to c. Without c just
    /// those conversions are lost that come to c and then convert. So one inverse answers for all channels at once.
    ///
    /// Steps from a channel to itself are not needed, and neither are the sums that make probabilities of counts.
    pub(super) fn solve(numbering: Numbering, counts: &Counts, states: &[usize]) -> Self {
        let size = states.len();
        let inverse = inverse_of_steps(counts, states);
        let pick = |counts: &[u64]| states.iter().map(|state| float(counts[*state])).collect::<Vec<_>>();
        let (first, converted) = (pick(&counts.first), pick(&counts.converted));
        let journeys: f64 = first.iter().sum();
        let converts_from: Vec<f64> =
            inverse.chunks_exact(size.max(1)).map(|row| dot(row, &converted)).collect();
        let mut visited = vec![0.0; size];
        for (row, first) in inverse.chunks_exact(size.max(1)).zip(&first) {
            for (visited, entry) in visited.iter_mut().zip(row) {
                *visited += first / journeys * entry;
            }
        }
        let converting = dot(&first, &converts_from);
        let (base_rate, is_any) = (converting / journeys, converting > 0.0);
        let effect = |state: usize| {
            let lost = visited[state] / inverse[state * size + state] * converts_from[state];
            (lost / base_rate).min(1.0)
        };
        let effects: Vec<f64> = (0..size).map(|state| if is_any { effect(state) } else { 0.0 }).collect();
        let weights = whole_weights(&effects);
        let by_number = numbering.by_number(&weights);
        Self { numbering, base_rate: if is_any { base_rate } else { 0.0 }, effects, weights, by_number }
    }

    /// How many of all journeys convert.
    pub fn base_rate(&self) -> f64 {
        self.base_rate
    }

    /// Every channel with its removal effect, from 0 to 1, in the order of their numbers.
    pub fn removal_effects(&self) -> impl Iterator<Item = (u32, f64)> {
        self.numbering.channels.iter().copied().zip(self.effects.iter().copied())
    }

    /// A channel's removal effect; zero for one that was never seen.
    pub fn removal_effect(&self, channel: u32) -> f64 {
        self.numbering.state(channel).map_or(0.0, |state| self.effects[state])
    }

    /// The removal effect as a weight, compared with the largest.
    pub(super) fn weight(&self, channel: u32) -> u64 {
        let large = || self.numbering.state(channel).map_or(0, |state| self.weights[state]);
        self.by_number.get(channel as usize).copied().unwrap_or_else(large)
    }

    /// Shares the sum of all records over channels by their removal effects, as
    /// [`MarkovGlobal`](super::MarkovGlobal) has it; evenly when nothing depends on any of them.
    pub fn global_shares(&self, total: i64, channels: &[u32]) -> Vec<i64> {
        let mut weights: Vec<_> = channels.iter().map(|channel| self.weight(*channel)).collect();
        if weights.iter().all(|weight| *weight == 0) {
            weights.fill(1);
        }
        let mut shares = vec![0; channels.len()];
        apportion(total, &weights, &mut shares);
        shares
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 journeys")]
fn float(count: u64) -> f64 {
    count as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 2^32")]
fn whole_weights(effects: &[f64]) -> Vec<u64> {
    let largest = effects.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    effects.iter().map(|effect| (effect / largest * WHOLE + 0.5) as u64).collect()
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

/// The inverse of D - C, row by row.
fn inverse_of_steps(counts: &Counts, states: &[usize]) -> Vec<f64> {
    let size = states.len();
    let mut matrix = vec![0.0; size * size];
    for (row, &from) in states.iter().enumerate() {
        let mut leaving = counts.converted[from] + counts.lost[from];
        for (column, &to) in states.iter().enumerate().filter(|(column, _)| *column != row) {
            let steps = counts.steps(from, to);
            leaving += steps;
            matrix[row * size + column] = -float(steps);
        }
        // A channel of no journey at all: nobody comes to it and nobody leaves.
        matrix[row * size + row] = float(leaving.max(1));
    }
    invert(&mut matrix, size);
    matrix
}

/// Inverts in place, by Gauss and Jordan.
///
/// No pivot needs to be looked for: on the diagonal stands at least what the rest of its row adds up to, which is the
/// best pivot there is, and elimination keeps it so. It is never zero, because every journey ends.
fn invert(matrix: &mut [f64], size: usize) {
    let mut pivot_row = vec![0.0; size];
    for pivot in 0..size {
        pivot_row.copy_from_slice(&matrix[pivot * size..][..size]);
        let divisor = std::mem::replace(&mut pivot_row[pivot], 1.0);
        for entry in &mut pivot_row {
            *entry /= divisor;
        }
        for (place, row) in matrix.chunks_exact_mut(size).enumerate() {
            if place == pivot {
                row.copy_from_slice(&pivot_row);
                continue;
            }
            let factor = std::mem::replace(&mut row[pivot], 0.0);
            for (entry, pivot_entry) in row.iter_mut().zip(&pivot_row) {
                *entry -= factor * pivot_entry;
            }
        }
    }
}
