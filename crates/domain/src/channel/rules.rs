use super::address::Address;
use super::because::because;
use super::facts::{Facts, campaign_id};
use super::{Arrival, CampaignTags, Classification, DecidedBy, Field, Rule, UtmTag};
use crate::Invalid;
use std::sync::LazyLock;

const BUILTIN: &str = include_str!("../../data/channel-rules.txt");

static BUILTIN_RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    // A line that is wrong would be left out; a test holds that none is.
    BUILTIN.lines().filter_map(|line| Rule::parse(line).ok()).collect()
});

/// A site's own rules, tried in their order, and after them the built-in ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChannelRules {
    own: Vec<Rule>,
}

impl ChannelRules {
    /// The most rules of a site's own.
    pub const OWN_MAX: usize = 200;

    /// The channel of a visit for which no rule holds.
    pub const UNASSIGNED: &str = "Unassigned";

    /// The built-in rules alone.
    pub fn builtin() -> Self {
        Self::default()
    }

    /// A site's own rules before the built-in ones. Code: `too_many`.
    pub fn with(own: Vec<Rule>) -> Result<Self, Invalid> {
        if own.len() > Self::OWN_MAX {
            let must = format!("must be at most {} rules", Self::OWN_MAX);
            return Err(Invalid::new("too_many", must));
        }
        Ok(Self { own })
    }

    /// The site's own rules.
    pub fn own(&self) -> &[Rule] {
        &self.own
    }

    /// The built-in rules, in their order.
    pub fn builtin_rules() -> &'static [Rule] {
        &BUILTIN_RULES
    }

    /// The rule that decided, by these rules; none when none did.
    pub fn rule(&self, decided_by: DecidedBy) -> Option<&Rule> {
        match decided_by {
            DecidedBy::Own(place) => self.own.get(place),
            DecidedBy::Builtin(place) => BUILTIN_RULES.get(place),
            DecidedBy::NoRule | DecidedBy::Override => None,
        }
    }

    /// Says for people, in two sentences, what a classification rests on and which rule holds why.
    pub fn because(&self, arrival: &Arrival<'_>) -> String {
        let landing = Address::read(arrival.landing_page);
        let tags = CampaignTags::of_address(&landing);
        let facts = Facts::of(arrival, landing, &tags);
        let decided_by = self.first_that_holds(&facts);
        because(&facts, &tags, self.rule(decided_by), decided_by)
    }

    fn first_that_holds(&self, facts: &Facts<'_>) -> DecidedBy {
        let first = |rules: &[Rule]| rules.iter().position(|rule| rule.holds(facts));
        let builtin = || first(&BUILTIN_RULES).map(DecidedBy::Builtin);
        first(&self.own).map(DecidedBy::Own).or_else(builtin).unwrap_or(DecidedBy::NoRule)
    }

    /// Says what marketing a visit came from. Every arrival has an answer, and the same one every time.
    pub fn classify(&self, arrival: &Arrival<'_>) -> Classification {
        let landing = Address::read(arrival.landing_page);
        let tags = CampaignTags::of_address(&landing);
        let facts = Facts::of(arrival, landing, &tags);
        let decided_by = self.first_that_holds(&facts);
        let (channel, rule) = self
            .rule(decided_by)
            .map_or((Self::UNASSIGNED, "unassigned"), |rule| (rule.channel(), rule.name()));
        let owned = |value: Option<&str>| value.map(str::to_owned);
        Classification {
            channel: channel.to_owned(),
            source: owned(facts.value(Field::Source)),
            medium: owned(facts.value(Field::Medium)),
            campaign: owned(tags.utm(UtmTag::Campaign)),
            term: owned(tags.utm(UtmTag::Term)),
            content: owned(tags.utm(UtmTag::Content)),
            campaign_id: owned(campaign_id(&tags)),
            source_platform: owned(tags.utm(UtmTag::SourcePlatform)),
            creative_format: owned(tags.utm(UtmTag::CreativeFormat)),
            marketing_tactic: owned(tags.utm(UtmTag::MarketingTactic)),
            platform: facts.platform,
            basis: facts.basis,
            rule: rule.to_owned(),
            decided_by,
            click_ids: tags.into_click_ids(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_builtin_rules_is_a_rule() {
        let rules = Rule::parse_lines(BUILTIN).unwrap();
        assert_eq!(rules, ChannelRules::builtin_rules());
        for rule in &rules {
            assert_eq!(Rule::parse(&rule.to_string()).as_ref(), Ok(rule));
        }
    }

    #[test]
    fn a_site_has_at_most_so_many_rules() {
        let rules = |count| vec![Rule::parse("a: B if source is x").unwrap(); count];
        assert!(ChannelRules::with(rules(200)).is_ok());
        assert_eq!(ChannelRules::with(rules(201)).map_err(|e| e.code), Err("too_many"));
    }
}
