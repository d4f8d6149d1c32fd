use super::Path;
use super::parameters::{Parameters, Percent};
use super::roles::Roles;
use super::rule::{Rule, Shape};
use crate::Invalid;

/// Fixed shares to the first touch and to those that led to the lead, to the opportunity and to the close, what is left
/// evenly to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FullPath {
    first: Percent,
    lead: Percent,
    opportunity: Percent,
    closed: Percent,
    others: Percent,
}

impl Default for FullPath {
    fn default() -> Self {
        let share = Percent::hundredths(2_250);
        let others = Percent::hundredths(1_000);
        Self { first: share, lead: share, opportunity: share, closed: share, others }
    }
}

impl Rule for FullPath {
    const NAME: &'static str = "full-path";
    const SHAPE: Shape = Shape::Roles;
    const NEEDS_MILESTONES: bool = true;

    fn read(parameters: &mut Parameters<'_>) -> Result<Self, Invalid> {
        let usual = Self::default();
        let first = parameters.percent("first", usual.first)?;
        let lead = parameters.percent("lead", usual.lead)?;
        let opportunity = parameters.percent("opportunity", usual.opportunity)?;
        let closed = parameters.percent("closed", usual.closed)?;
        let others = Percent::rest(&[first, lead, opportunity, closed])?;
        Ok(Self { first, lead, opportunity, closed, others })
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        let Self { first, lead, opportunity, closed, .. } = self;
        vec![
            ("first", first.to_string()),
            ("lead", lead.to_string()),
            ("opportunity", opportunity.to_string()),
            ("closed", closed.to_string()),
        ]
    }

    fn definition(&self) -> String {
        let Self { first, lead, opportunity, closed, others } = self;
        format!(
            "The first touch gets {first}%, the one that led to the lead {lead}%, the one that led to the opportunity \
             {opportunity}%, the last before the close {closed}%, and the others share {others}% evenly; what nobody can get \
             goes to the rest in proportion."
        )
    }

    fn roles(&self, path: &Path<'_>) -> Option<Roles> {
        let touch = |milestone: Option<i64>| milestone.map(|time| path.touch_before(time));
        let roles = [
            (self.first, Some(0)),
            (self.lead, touch(path.lead)),
            (self.opportunity, touch(path.opportunity)),
            (self.closed, touch(Some(path.closed))),
        ];
        Some(Roles::new(roles, self.others, path.times.len()))
    }
}
