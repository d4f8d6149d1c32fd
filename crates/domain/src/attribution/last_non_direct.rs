use super::rule::{Rule, Shape};
use super::{DirectPolicy, Fit, LastTouch, Path};

/// All to the last touch that is not direct: [`LastTouch`] with direct as the last resort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct LastNonDirect;

impl Rule for LastNonDirect {
    const NAME: &'static str = "last-non-direct";
    const SHAPE: Shape = Shape::Last;

    fn definition(&self) -> String {
        "The last touch that is not direct gets everything; in a journey of direct touches alone, the last of them."
            .to_owned()
    }

    fn direct(asked: DirectPolicy) -> DirectPolicy {
        match asked {
            DirectPolicy::Keep | DirectPolicy::LastResort => DirectPolicy::LastResort,
            DirectPolicy::Skip => DirectPolicy::Skip,
        }
    }

    fn weigh(&self, path: &Path<'_>, fit: Option<&Fit>, weights: &mut [u64]) {
        LastTouch.weigh(path, fit, weights);
    }
}
