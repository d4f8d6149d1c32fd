//! What marketing a visit or conversion came from, as it is answered everywhere.

use serde::Serialize;
use touchline_domain::channel::{
    Arrival, ChannelRules, Classification, ClickId, ConversionOverride, DecidedBy,
};
use touchline_domain::{Overrides, PageUrl, Text};
use utoipa::ToSchema;

/// What marketing a visit or conversion came from, and which rule said so.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClassificationOut {
    #[schema(example = "Paid Search")]
    pub(crate) channel: String,
    /// Who sent the visit, in lower case; absent when nothing names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "google")]
    pub(crate) source: Option<String>,
    /// By what means, in lower case; absent when nothing names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "cpc")]
    pub(crate) medium: Option<String>,
    /// The campaign's name, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Spring sale")]
    pub(crate) campaign: Option<String>,
    /// The paid keyword, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) term: Option<String>,
    /// Which advertisement or link, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<String>,
    /// `utm_id`, or Google's `gad_campaignid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) campaign_id: Option<String>,
    /// `utm_source_platform`, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_platform: Option<String>,
    /// Of the landing page, strongest evidence first; absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(crate) click_ids: Vec<ClickIdOut>,
    /// The advertising platform that the strongest click id proves.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Google Ads")]
    pub(crate) platform: Option<&'static str>,
    /// What it rests on: `override`, `tags`, `click_id`, `referrer` or `nothing`.
    #[schema(example = "click_id")]
    pub(crate) basis: &'static str,
    /// What decided.
    pub(crate) rule: DecidingRuleOut,
}

/// A click id.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClickIdOut {
    /// The parameter's name in its usual spelling.
    #[schema(example = "gclid")]
    pub(crate) kind: &'static str,
    /// As written.
    pub(crate) value: String,
}

/// The rule that decided.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecidingRuleOut {
    /// Its name; `unassigned` when no rule holds, `override` when a conversion named its own channel.
    #[schema(example = "paid-search")]
    pub(crate) name: String,
    /// Whether it is the site's own.
    pub(crate) own: bool,
    /// The rule itself; absent when none decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "paid-search: Paid Search if source kind is \"search\" and medium is \"cpc\"")]
    pub(crate) text: Option<String>,
}

impl ClassificationOut {
    /// Of a visit.
    pub(crate) fn of(rules: &ChannelRules, landing_page: &str, referrer: Option<&str>) -> Self {
        Self::new(rules, rules.classify(&Arrival { landing_page, referrer }))
    }

    /// Of a conversion that says so itself; `None` when its visitor's journey counts.
    pub(crate) fn of_overrides(rules: &ChannelRules, overrides: &Overrides) -> Option<Self> {
        let given = ConversionOverride {
            marketing_channel: overrides.marketing_channel.as_ref().map(Text::as_str),
            source_category: overrides.source_category.as_ref().map(Text::as_str),
            landing_page: overrides.landing_page.as_ref().map(PageUrl::as_str),
            referrer: overrides.referrer.as_ref().map(PageUrl::as_str),
        };
        // They were checked when they came in; words that a later version no longer knows say nothing.
        rules.classify_override(&given).ok().flatten().map(|found| Self::new(rules, found))
    }

    fn new(rules: &ChannelRules, found: Classification) -> Self {
        let rule = DecidingRuleOut {
            own: matches!(found.decided_by, DecidedBy::Own(_)),
            text: rules.rule(found.decided_by).map(ToString::to_string),
            name: found.rule,
        };
        let click_id = |ClickId { kind, value }| ClickIdOut { kind: kind.name(), value };
        Self {
            channel: found.channel,
            source: found.source,
            medium: found.medium,
            campaign: found.campaign,
            term: found.term,
            content: found.content,
            campaign_id: found.campaign_id,
            source_platform: found.source_platform,
            click_ids: found.click_ids.into_iter().map(click_id).collect(),
            platform: found.platform,
            basis: found.basis.name(),
            rule,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use touchline_domain::channel::Rule;

    #[test]
    fn an_override_is_answered_as_a_visit_is() {
        let own = Rule::parse("partners: Partners if referrer host is partner.example").unwrap();
        let rules = ChannelRules::with(vec![own]).unwrap();
        let of = |overrides: &Overrides| {
            let out = ClassificationOut::of_overrides(&rules, overrides);
            serde_json::to_value(out).unwrap()
        };
        let words = Overrides { marketing_channel: Text::parse("Offline").ok(), ..Overrides::default() };
        assert_eq!(
            of(&words),
            json!({ "channel": "Offline", "medium": "offline", "basis": "override",
                    "rule": { "name": "override", "own": false } })
        );
        let referrer = PageUrl::parse("https://www.partner.example/").ok();
        let address = of(&Overrides { referrer, ..Overrides::default() });
        assert_eq!((&address["channel"], &address["rule"]["own"]), (&json!("Partners"), &json!(true)));
        assert_eq!(of(&Overrides::default()), json!(null));
        let journey = Overrides { marketing_channel: Text::parse("Journey").ok(), ..Overrides::default() };
        assert_eq!(of(&journey), json!(null));
    }
}
