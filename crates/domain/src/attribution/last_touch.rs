use super::rule::{Rule, Shape};
use super::{Fit, Path};

/// All to the last touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct LastTouch;

impl Rule for LastTouch {
    const NAME: &'static str = "last-touch";
    const SHAPE: Shape = Shape::Last;

    fn definition(&self) -> String {
        "The last touch gets everything.".to_owned()
    }

    fn weigh(&self, _: &Path<'_>, _: Option<&Fit>, weights: &mut [u64]) {
        weights[weights.len() - 1] = 1;
    }
}
