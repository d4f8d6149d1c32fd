use super::parameters::Parameters;
use super::roles::Roles;
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
    /// The same to every touch, but to those that play a role.
    Roles,
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

    /// Whether it needs to know when the record became a lead and an opportunity.
    const NEEDS_MILESTONES: bool = false;

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

    /// Which touches play a role, and what they weigh, where its [shape](Rule::SHAPE) is [`Shape::Roles`]. There is at least one
    /// touch.
    fn roles(&self, _path: &Path<'_>) -> Option<Roles> {
        None
    }

    /// Sets one weight per touch, not all zero. There is at least one touch, and the weights are zero. Those of roles need not
    /// say it again.
    fn weigh(&self, path: &Path<'_>, _fit: Option<&Fit>, weights: &mut [u64]) {
        if let Some(roles) = self.roles(path) {
            roles.weigh(weights);
        }
    }
}
