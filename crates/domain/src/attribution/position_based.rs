use super::Path;
use super::parameters::{Parameters, Percent};
use super::roles::Roles;
use super::rule::{Rule, Shape};
use crate::Invalid;

/// Fixed shares to the first and the last touch, what is left evenly to those between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PositionBased {
    first: Percent,
    last: Percent,
    between: Percent,
}

impl Default for PositionBased {
    fn default() -> Self {
        let (first, last) = (Percent::hundredths(4_000), Percent::hundredths(4_000));
        Self { first, last, between: Percent::hundredths(2_000) }
    }
}

impl Rule for PositionBased {
    const NAME: &'static str = "position-based";
    const SHAPE: Shape = Shape::Roles;

    fn read(parameters: &mut Parameters<'_>) -> Result<Self, Invalid> {
        let usual = Self::default();
        let first = parameters.percent("first", usual.first)?;
        let last = parameters.percent("last", usual.last)?;
        Ok(Self { first, last, between: Percent::rest(&[first, last])? })
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("first", self.first.to_string()), ("last", self.last.to_string())]
    }

    fn definition(&self) -> String {
        let Self { first, last, between } = self;
        format!(
            "The first touch gets {first}%, the last {last}%, and those between share {between}% evenly; without any between, \
             first and last keep their proportion."
        )
    }

    fn roles(&self, path: &Path<'_>) -> Option<Roles> {
        let roles = [(self.first, Some(0)), (self.last, Some(path.times.len() - 1))];
        Some(Roles::new(roles, self.between, path.times.len()))
    }
}
