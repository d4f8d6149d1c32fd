use super::rule::Rule;
use super::{Fit, Path};

/// By removal effects, in every journey: how much of all conversions would be lost without a touch's channel.
///
/// The effects say how channels compare, and every record's value stays in its own journey, as
/// `marketing-attribution-models` has it. `markov-global` is the other convention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Markov;

impl Rule for Markov {
    const NAME: &'static str = "markov";
    const NEEDS_FIT: bool = true;

    fn definition(&self) -> String {
        "Every touch gets its part by its channel's removal effect: the part of all conversions that would be lost without \
         the channel, if visitors went from channel to channel as they do now."
            .to_owned()
    }

    fn weigh(&self, path: &Path<'_>, fit: Option<&Fit>, weights: &mut [u64]) {
        let mut sum = 0;
        if let Some(fit) = fit {
            for (weight, channel) in weights.iter_mut().zip(path.channels) {
                *weight = fit.weight(*channel);
                sum += *weight;
            }
        }
        // Nothing is known of these channels, or nothing of them ever led anywhere.
        if sum == 0 {
            weights.fill(1);
        }
    }
}
