use super::parameters::Parameters;
use super::{DirectPolicy, Fit, Path};
use crate::Invalid;

/// How a model shares, where that can be said without weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// All to the first touch.
    First,
    /// All to the last touch.
    Last,
    /// The same to every touch.
    Even,
    /// By weights.
    Weighed,
}

/// What makes a model: its name, its parameters, what it promises in one sentence, and how it weighs.
pub(super) trait Rule: Copy + Default {
    /// The name in requests and answers.
    const NAME: &'static str;

    /// Whether it needs to know how channels follow each other ([`Fit`]).
    const NEEDS_FIT: bool = false;

    /// Whether it needs to know when touches happened, beyond their order.
    const NEEDS_TIMES: bool = false;

    /// Whether it shares the sum of all records at once, instead of each record's value in its journey.
    const SHARES_THE_TOTAL: bool = false;

    /// How it shares; what [`Rule::weigh`] says must be the same.
    const SHAPE: Shape = Shape::Weighed;

    /// Takes its parameters; those that are not given have their defaults.
    fn read(_parameters: &mut Parameters<'_>) -> Result<Self, Invalid> {
        Ok(Self::default())
    }

    /// The parameters in force, by name, as [`Rule::read`] takes them.
    fn parameters(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// One sentence for people, with the parameters in force.
    fn definition(&self) -> String;

    /// What becomes of direct touches under this model, when `asked` was asked for.
    fn direct(asked: DirectPolicy) -> DirectPolicy {
        asked
    }

    /// Sets one weight per touch, not all zero. There is at least one touch, and the weights are zero.
    fn weigh(&self, path: &Path<'_>, fit: Option<&Fit>, weights: &mut [u64]);
}
