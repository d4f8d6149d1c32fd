//! Attribution: how much of a record's value each touch of its journey gets, under one model.
//!
//! Credit is a pure function of a journey. A [`Model`] answers with integer **weights**, one per touch, and
//! [`apportion()`] shares the record's value by them, so that the shares always add up to the value, to the minor unit,
//! and come out the same on every machine. `docs/attribution.md` defines every model with an example; a test computes
//! those examples again.
//!
//! What a model does not decide is done before it is asked: which touches lie within the lookback, and what becomes of
//! direct ones ([`DirectPolicy`]). A [`Path`] holds the touches that are left.
//!
//! Adding a model is one file that says what it is (a `Rule`), declared here, and one line in the list below.

mod apportion;
mod chain;
mod direct;
mod first_touch;
mod fit;
mod full_path;
mod lanes;
mod last_non_direct;
mod last_touch;
mod linear;
mod markov;
mod markov_global;
mod model;
mod parameters;
mod parts;
mod path;
mod position_based;
mod roles;
mod rule;
mod shapley;
mod time_decay;
mod w_shaped;

pub use apportion::apportion;
pub use chain::Fit;
pub use direct::{DirectPolicy, Eligible};
pub use fit::{FitBuilder, TooManyChannels};
pub(crate) use lanes::LANES;
pub use path::Path;
pub(crate) use roles::{FewShares, Roles};
pub(crate) use rule::Shape;

model::models! {
    first_touch::FirstTouch,
    last_touch::LastTouch,
    last_non_direct::LastNonDirect,
    linear::Linear,
    position_based::PositionBased,
    time_decay::TimeDecay,
    w_shaped::WShaped,
    full_path::FullPath,
    markov::Markov,
    markov_global::MarkovGlobal,
    shapley::Shapley,
}
