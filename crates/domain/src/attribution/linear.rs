use super::rule::{Rule, Shape};
use super::{Fit, Path};

/// The same to every touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Linear;

impl Rule for Linear {
    const NAME: &'static str = "linear";
    const SHAPE: Shape = Shape::Even;

    fn definition(&self) -> String {
        "Every touch gets the same.".to_owned()
    }

    fn weigh(&self, _: &Path<'_>, _: Option<&Fit>, weights: &mut [u64]) {
        weights.fill(1);
    }
}
