/// Makes [`Model`] of a list of [`Rule`](super::rule::Rule)s: a closed set, so that weighing a path is
/// one jump.
macro_rules! models {
    ($($file:ident::$rule:ident,)+) => {
        $(pub use $file::$rule;)+

        /// A way to share a record's value among the touches of its journey, with its parameters.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Model {
            $(#[doc = concat!("[`", stringify!($rule), "`].")] $rule($rule),)+
        }

        impl Model {
            /// Every model with its default parameters, in the order in which they are listed.
            pub fn all() -> impl Iterator<Item = Self> {
                [$(Self::$rule($rule::default())),+].into_iter()
            }

            /// The model of a name, with parameters by name; those that are not given have their defaults.
            ///
            /// Codes: `unknown_model`, `unknown_parameter`, and those of the parameters: `not_a_percentage`,
            /// `not_a_span`, `out_of_range`.
            pub fn with(name: &str, parameters: &[(&str, &str)]) -> Result<Self, $crate::Invalid> {
                let mut given = parameters::Parameters::new(parameters);
                let model = match name {
                    $(<$rule as rule::Rule>::NAME => Self::$rule(rule::Rule::read(&mut given)?),)+
                    _ => return Err(Self::unknown()),
                };
                given.finish(name, &model.parameters())?;
                Ok(model)
            }

            /// The name in requests and answers, such as `time-decay`.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$rule(_) => <$rule as rule::Rule>::NAME,)+
                }
            }

            /// The parameters in force, by name, as [`Model::with`] takes them.
            pub fn parameters(&self) -> Vec<(&'static str, String)> {
                match self {
                    $(Self::$rule(rule) => rule::Rule::parameters(rule),)+
                }
            }

            /// One sentence for people that says what the model does, with the parameters in force.
            pub fn definition(&self) -> String {
                match self {
                    $(Self::$rule(rule) => rule::Rule::definition(rule),)+
                }
            }

            /// Whether [`Model::weigh`] needs a [`Fit`]; without one it is linear.
            pub fn needs_fit(&self) -> bool {
                match self {
                    $(Self::$rule(_) => <$rule as rule::Rule>::NEEDS_FIT,)+
                }
            }

            /// Whether [`Model::weigh`] needs to know when touches happened, beyond their order.
            pub fn needs_times(&self) -> bool {
                match self {
                    $(Self::$rule(_) => <$rule as rule::Rule>::NEEDS_TIMES,)+
                }
            }

            /// Whether [`Model::weigh`] needs to know when the record became a lead and an opportunity.
            pub(crate) fn needs_milestones(&self) -> bool {
                match self {
                    $(Self::$rule(_) => <$rule as rule::Rule>::NEEDS_MILESTONES,)+
                }
            }

            /// Whether the model shares the sum of all records at once, with [`Fit::global_shares`]. What
            /// [`Model::weigh`] answers then only says how a journey's touches compare.
            pub fn shares_the_total(&self) -> bool {
                match self {
                    $(Self::$rule(_) => <$rule as rule::Rule>::SHARES_THE_TOTAL,)+
                }
            }

            /// How it shares, where that can be said without weights.
            pub(crate) fn shape(&self) -> rule::Shape {
                match self {
                    $(Self::$rule(_) => <$rule as rule::Rule>::SHAPE,)+
                }
            }

            /// What becomes of direct touches under this model, when `asked` was asked for: `last-non-direct` does not
            /// keep what others would.
            pub fn direct(&self, asked: DirectPolicy) -> DirectPolicy {
                match self {
                    $(Self::$rule(_) => <$rule as rule::Rule>::direct(asked),)+
                }
            }

            /// Which touches of a journey play a role, of models of that shape. There is at least one touch.
            pub(crate) fn roles(&self, path: &Path<'_>) -> Option<roles::Roles> {
                match self {
                    $(Self::$rule(rule) => rule::Rule::roles(rule, path),)+
                }
            }

            /// Weighs a journey: one weight per touch, what was in `weights` is replaced.
            ///
            /// When there is a touch, not all weights are zero, and their sum is below 2^63.
            pub fn weigh(&self, path: &Path<'_>, fit: Option<&Fit>, weights: &mut Vec<u64>) {
                debug_assert_eq!(path.times.len(), path.channels.len(), "the slices are parallel");
                weights.clear();
                if path.channels.is_empty() {
                    return;
                }
                weights.resize(path.channels.len(), 0);
                match self {
                    $(Self::$rule(rule) => rule::Rule::weigh(rule, path, fit, weights),)+
                }
            }
        }
    };
}

pub(super) use models;

use super::Model;
use crate::Invalid;
use std::fmt;

impl Model {
    /// The model that a text names: `linear`, `time-decay:half-life=14d`, `position-based:first=30,last=50`.
    ///
    /// Codes: those of [`Model::with`].
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let (name, parameters) = raw.trim().split_once(':').unwrap_or((raw.trim(), ""));
        let parameters = parameters.split(',').filter(|one| !one.trim().is_empty());
        let parameters = parameters.map(|one| {
            let (name, value) = one.split_once('=').unwrap_or((one, ""));
            (name.trim(), value.trim())
        });
        Self::with(name.trim(), &parameters.collect::<Vec<_>>())
    }

    pub(super) fn unknown() -> Invalid {
        let names: Vec<_> = Self::all().map(|model| model.name()).collect();
        Invalid::new("unknown_model", format!("must be one of {}", names.join(", ")))
    }
}

/// The text that [`Model::parse`] takes, with every parameter.
impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        for (place, (name, value)) in self.parameters().iter().enumerate() {
            let mark = if place == 0 { ':' } else { ',' };
            write!(f, "{mark}{name}={value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Path, Shape};
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for model in Model::all() {
            assert_eq!(Model::parse(&model.to_string()), Ok(model));
            assert_eq!(Model::parse(model.name()), Ok(model), "the defaults need not be named");
            assert!(model.definition().ends_with('.'), "{}", model.definition());
        }
        for text in [
            "time-decay:half-life=36h",
            "position-based:first=12.5,last=50",
            "w-shaped:first=10,lead=20,opportunity=30.25",
            "full-path:first=25,lead=25,opportunity=25,closed=25",
        ] {
            assert_eq!(Model::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(
            Model::parse(" position-based : last = 50 ").unwrap().to_string(),
            "position-based:first=40,last=50"
        );
    }

    #[test]
    fn shapes_say_what_weights_say() {
        let times: Vec<i64> = (0..7).map(|week| week * 604_800).collect();
        for (model, count) in Model::all().flat_map(|model| [1, 2, 7].map(|count| (model, count))) {
            let (times, channels) = (&times[..count], &[1, 2, 3, 1, 1, 2, 4][..count]);
            let path = Path { times, channels, lead: None, opportunity: None, closed: 9_999_999 };
            let mut weights = Vec::new();
            model.weigh(&path, None, &mut weights);
            let only = |place: usize| (0..count).map(|touch| u64::from(touch == place)).collect();
            let expected: Vec<u64> = match model.shape() {
                Shape::First => only(0),
                Shape::Last => only(count - 1),
                Shape::Even => vec![1; count],
                Shape::Roles | Shape::Weighed => continue,
            };
            assert_eq!(weights, expected, "{model}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, code, part) in [
            ("", "unknown_model", "first-touch, last-touch"),
            ("Linear", "unknown_model", "linear"),
            ("linear:half-life=7d", "unknown_parameter", "linear has none"),
            ("time-decay:halflife=7d", "unknown_parameter", "'halflife'; time-decay has half-life"),
            ("time-decay:half-life=7d,half-life=8d", "unknown_parameter", "'half-life' twice"),
            ("time-decay:half-life", "not_a_span", "half-life"),
            ("time-decay:half-life=7", "not_a_span", "such as 7d"),
            ("time-decay:half-life=0d", "out_of_range", "half-life"),
            ("position-based:first=x", "not_a_percentage", "first"),
            ("position-based:first=60,last=41", "out_of_range", "at most 100"),
            ("w-shaped:first=100.01", "not_a_percentage", "first"),
        ] {
            let invalid = Model::parse(text).unwrap_err();
            assert!(invalid.code == code && invalid.must.contains(part), "{text}: {invalid:?}");
        }
    }
}
