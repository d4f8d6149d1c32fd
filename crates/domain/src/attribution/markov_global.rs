use super::rule::Rule;
use super::{Fit, Markov, Path};

/// By removal effects, over all records at once: each channel gets its part of the sum.
///
/// So `ChannelAttribution` and the paper behind it have it. What a channel gets cannot be traced to records: it may get
/// more than all records that it had a part in are worth. [`Fit::global_shares`] computes it; the weights of a
/// journey are those of [`Markov`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct MarkovGlobal;

impl Rule for MarkovGlobal {
    const NAME: &'static str = "markov-global";
    const NEEDS_FIT: bool = true;
    const SHARES_THE_TOTAL: bool = true;

    fn definition(&self) -> String {
        "The sum of all records is shared over the channels by their removal effects, whichever journeys they were part of."
            .to_owned()
    }

    fn weigh(&self, path: &Path<'_>, fit: Option<&Fit>, weights: &mut [u64]) {
        Markov.weigh(path, fit, weights);
    }
}
