//! Channel rules as they are answered.

use serde::Serialize;
use touchline_domain::channel::{ChannelRules, Rule};
use utoipa::ToSchema;

/// A site's channel rules: its own, then the built-in ones. The first that holds decides.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChannelRulesOut {
    rules: Vec<ChannelRuleOut>,
}

/// A rule.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChannelRuleOut {
    /// Its name. Rules with one name are alternatives.
    #[schema(example = "brand-search")]
    name: String,
    /// The channel of the visits for which it holds.
    #[schema(example = "Brand Search")]
    channel: String,
    /// The rule itself, in its usual spelling; a rule that is set may be written so.
    #[schema(
        example = "brand-search: Brand Search if source kind is \"search\" and campaign contains \"brand\""
    )]
    text: String,
    /// Whether it is the site's own.
    own: bool,
}

impl From<&ChannelRules> for ChannelRulesOut {
    fn from(rules: &ChannelRules) -> Self {
        let out = |own| {
            move |rule: &Rule| ChannelRuleOut {
                name: rule.name().to_owned(),
                channel: rule.channel().to_owned(),
                text: rule.to_string(),
                own,
            }
        };
        let builtin = ChannelRules::builtin_rules().iter().map(out(false));
        Self { rules: rules.own().iter().map(out(true)).chain(builtin).collect() }
    }
}
