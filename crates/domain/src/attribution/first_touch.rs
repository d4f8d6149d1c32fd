use super::rule::{Rule, Shape};
use super::{Fit, Path};

/// All to the first touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FirstTouch;

impl Rule for FirstTouch {
    const NAME: &'static str = "first-touch";
    const SHAPE: Shape = Shape::First;

    fn definition(&self) -> String {
        "The first touch gets everything.".to_owned()
    }

    fn weigh(&self, _: &Path<'_>, _: Option<&Fit>, weights: &mut [u64]) {
        weights[0] = 1;
    }
}
