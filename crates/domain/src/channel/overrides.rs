use super::address::Address;
use super::{Arrival, Basis, ChannelRules, Classification, DecidedBy};
use crate::Invalid;

/// What a conversion says about its own marketing, in place of a tracked visit.
///
/// Source of the fields and their words: <https://rulerapi.com/put-webconversion>.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ConversionOverride<'a> {
    /// `MarketingChannelOverride`.
    pub marketing_channel: Option<&'a str>,
    /// `SourceCategoryOverride`.
    pub source_category: Option<&'a str>,
    /// `LandingPageUrlOverride`.
    pub landing_page: Option<&'a str>,
    /// `ReferrerUrlOverride`.
    pub referrer: Option<&'a str>,
}

/// A field of a [`ConversionOverride`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OverrideField {
    /// `MarketingChannelOverride`.
    MarketingChannel,
    /// `SourceCategoryOverride`.
    SourceCategory,
    /// `LandingPageUrlOverride`.
    LandingPage,
    /// `ReferrerUrlOverride`.
    Referrer,
}

impl OverrideField {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::MarketingChannel => "MarketingChannelOverride",
            Self::SourceCategory => "SourceCategoryOverride",
            Self::LandingPage => "LandingPageUrlOverride",
            Self::Referrer => "ReferrerUrlOverride",
        }
    }

    fn other(self) -> Self {
        if self == Self::MarketingChannel { Self::SourceCategory } else { Self::MarketingChannel }
    }
}

/// How a source was used; the second word of an override.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Category {
    Paid,
    Organic,
    Places,
    NotApplicable,
}

impl Category {
    const ALL: [Self; 4] = [Self::Paid, Self::Organic, Self::Places, Self::NotApplicable];

    fn name(self) -> &'static str {
        match self {
            Self::Paid => "Paid",
            Self::Organic => "Organic",
            Self::Places => "Places",
            Self::NotApplicable => "NotApplicable",
        }
    }
}

/// A line of the documented table: a source with a category, and the channel, source and medium that we give it.
type Line = (&'static str, Category, &'static str, Option<&'static str>, Option<&'static str>);

/// The table, with GA4's names of the channels. `Offline` and `Unmatched` are channels of their own; `Journey` stands
/// apart, because it names no channel.
#[rustfmt::skip]
const TABLE: &[Line] = &[
    ("UnMatched", Category::NotApplicable, "Unmatched", None, None),
    ("Direct", Category::NotApplicable, "Direct", Some("(direct)"), Some("(none)")),
    ("Offline", Category::NotApplicable, "Offline", None, Some("offline")),
    ("Referral", Category::NotApplicable, "Referral", None, Some("referral")),
    ("Email", Category::NotApplicable, "Email", None, Some("email")),
    ("SMS", Category::NotApplicable, "SMS", None, Some("sms")),
    ("Google", Category::Paid, "Paid Search", Some("google"), Some("cpc")),
    ("Google", Category::Organic, "Organic Search", Some("google"), Some("organic")),
    ("Google", Category::Places, "Organic Search", Some("google"), Some("places")),
    ("Yahoo", Category::Paid, "Paid Search", Some("yahoo"), Some("cpc")),
    ("Yahoo", Category::Organic, "Organic Search", Some("yahoo"), Some("organic")),
    ("Bing", Category::Paid, "Paid Search", Some("bing"), Some("cpc")),
    ("Bing", Category::Organic, "Organic Search", Some("bing"), Some("organic")),
    ("DuckDuckGo", Category::Paid, "Paid Search", Some("duckduckgo"), Some("cpc")),
    ("DuckDuckGo", Category::Organic, "Organic Search", Some("duckduckgo"), Some("organic")),
    ("Facebook", Category::Paid, "Paid Social", Some("facebook"), Some("cpc")),
    ("Facebook", Category::Organic, "Organic Social", Some("facebook"), Some("social")),
    ("Twitter", Category::Paid, "Paid Social", Some("twitter"), Some("cpc")),
    ("Twitter", Category::Organic, "Organic Social", Some("twitter"), Some("social")),
    ("LinkedIn", Category::Paid, "Paid Social", Some("linkedin"), Some("cpc")),
    ("LinkedIn", Category::Organic, "Organic Social", Some("linkedin"), Some("social")),
    ("Pinterest", Category::Paid, "Paid Social", Some("pinterest"), Some("cpc")),
    ("Pinterest", Category::Organic, "Organic Social", Some("pinterest"), Some("social")),
    ("Instagram", Category::Paid, "Paid Social", Some("instagram"), Some("cpc")),
    ("Instagram", Category::Organic, "Organic Social", Some("instagram"), Some("social")),
    ("TikTok", Category::Paid, "Paid Social", Some("tiktok"), Some("cpc")),
    ("TikTok", Category::Organic, "Organic Social", Some("tiktok"), Some("social")),
    ("Reddit", Category::Paid, "Paid Social", Some("reddit"), Some("cpc")),
    ("Reddit", Category::Organic, "Organic Social", Some("reddit"), Some("social")),
    ("Snapchat", Category::Paid, "Paid Social", Some("snapchat"), Some("cpc")),
    ("Snapchat", Category::Organic, "Organic Social", Some("snapchat"), Some("social")),
    ("YouTube", Category::Paid, "Paid Video", Some("youtube"), Some("cpc")),
    ("YouTube", Category::Organic, "Organic Video", Some("youtube"), Some("video")),
    ("AdRoll", Category::Paid, "Display", Some("adroll"), Some("display")),
    ("AdRoll", Category::Organic, "Referral", Some("adroll"), Some("referral")),
    ("Outbrain", Category::Paid, "Paid Other", Some("outbrain"), Some("cpc")),
    ("StackAdapt", Category::Paid, "Display", Some("stackadapt"), Some("display")),
    ("Awin", Category::Paid, "Affiliates", Some("awin"), Some("affiliate")),
];

const JOURNEY: &str = "Journey";

enum Word {
    Source(&'static str),
    Category(Category),
}

impl Word {
    /// Any case, with or without spaces, hyphens and underscores.
    fn parse(raw: &str) -> Result<Self, Invalid> {
        let word: String = raw.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_')).collect();
        let mut sources = TABLE.iter().map(|line| line.0).chain([JOURNEY]);
        let source = sources.find(|source| word.eq_ignore_ascii_case(source)).map(Self::Source);
        let category = || {
            let category = Category::ALL.into_iter().find(|c| word.eq_ignore_ascii_case(c.name()))?;
            Some(Self::Category(category))
        };
        source.or_else(category).ok_or_else(|| {
            let mut names: Vec<_> = TABLE.iter().map(|line| line.0).collect();
            names.dedup();
            let must = format!(
                "must be one of {}, {JOURNEY}, or Paid, Organic, Places, NotApplicable beside one of them",
                names.join(", ")
            );
            Invalid::new("unknown_override", must)
        })
    }
}

type Problems = Vec<(OverrideField, Invalid)>;

impl ChannelRules {
    /// What a conversion's override says about its marketing; none when it says nothing, or `Journey`: then the
    /// visitor's own journey counts.
    ///
    /// The vendor's pages do not say which of the two words belongs into which field, so either order is taken; a
    /// source with one category only needs no second word. Words win over addresses, which are classified like a
    /// visit's. All that is wrong is told. Codes: `unknown_override`, `required`, `override_pair`,
    /// `not_a_url`.
    pub fn classify_override(
        &self,
        given: &ConversionOverride<'_>,
    ) -> Result<Option<Classification>, Problems> {
        let mut problems = Problems::new();
        let landing_page = web_address(OverrideField::LandingPage, given.landing_page, &mut problems);
        let referrer = web_address(OverrideField::Referrer, given.referrer, &mut problems);
        let words = pair(given, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(match words {
            // Journey has no line.
            Some((source, category)) => line(source, category).map(classification),
            None if landing_page.is_none() && referrer.is_none() => None,
            None => Some(self.classify(&Arrival { landing_page: landing_page.unwrap_or(""), referrer })),
        })
    }
}

fn present(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|value| !value.is_empty())
}

fn web_address<'a>(field: OverrideField, value: Option<&'a str>, problems: &mut Problems) -> Option<&'a str> {
    let value = present(value)?;
    if Address::absolute(value).is_none() {
        problems.push((
            field,
            Invalid::new("not_a_url", "must be a web address, such as https://example.com/page"),
        ));
    }
    Some(value)
}

/// The source and category that the two fields name together.
fn pair(given: &ConversionOverride<'_>, problems: &mut Problems) -> Option<(&'static str, Category)> {
    let fields = [
        (OverrideField::MarketingChannel, present(given.marketing_channel)),
        (OverrideField::SourceCategory, present(given.source_category)),
    ];
    let (mut source, mut category) = (None, None);
    let mut understood = true;
    for (field, value) in fields.into_iter().filter_map(|(field, value)| Some((field, value?))) {
        match Word::parse(value) {
            Ok(Word::Source(name)) if source.is_none() => source = Some((name, field)),
            Ok(Word::Category(name)) if category.is_none() => category = Some((name, field)),
            Ok(Word::Source(_)) => {
                understood = false;
                let must = format!(
                    "must be Paid, Organic, Places or NotApplicable, because '{}' names a source",
                    field.other().name()
                );
                problems.push((field, Invalid::new("override_pair", must)));
            }
            Ok(Word::Category(_)) => {
                understood = false;
                let must = format!(
                    "must name a source, such as Google, because '{}' does not",
                    field.other().name()
                );
                problems.push((field, Invalid::new("override_pair", must)));
            }
            Err(invalid) => {
                understood = false;
                problems.push((field, invalid));
            }
        }
    }
    if !understood {
        return None;
    }
    let problem = match (source, category) {
        (None, None) => return None,
        (None, Some((name, field))) => {
            let must = format!("must name a source, such as Google, beside {}", name.name());
            (field.other(), Invalid::new("required", must))
        }
        (Some((source, field)), None) => match categories(source)[..] {
            [only] => return Some((source, only)),
            _ => (field.other(), Invalid::new("required", must_be(source))),
        },
        (Some((source, _)), Some((category, field))) => {
            if categories(source).contains(&category) {
                return Some((source, category));
            }
            (field, Invalid::new("override_pair", must_be(source)))
        }
    };
    problems.push(problem);
    None
}

fn categories(source: &str) -> Vec<Category> {
    if source == JOURNEY {
        return vec![Category::NotApplicable];
    }
    TABLE.iter().filter(|line| line.0 == source).map(|line| line.1).collect()
}

fn must_be(source: &str) -> String {
    let names: Vec<_> = categories(source).into_iter().map(Category::name).collect();
    format!("must be {} with {source}", names.join(" or "))
}

fn line(source: &str, category: Category) -> Option<&'static Line> {
    TABLE.iter().find(|line| line.0 == source && line.1 == category)
}

fn classification(line: &Line) -> Classification {
    let (_, _, channel, source, medium) = *line;
    Classification {
        channel: channel.to_owned(),
        source: source.map(str::to_owned),
        medium: medium.map(str::to_owned),
        campaign: None,
        term: None,
        content: None,
        campaign_id: None,
        source_platform: None,
        creative_format: None,
        marketing_tactic: None,
        click_ids: Vec::new(),
        platform: None,
        basis: Basis::Override,
        rule: "override".to_owned(),
        decided_by: DecidedBy::Override,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(one: &str, other: &str) -> Result<Option<Classification>, Problems> {
        ChannelRules::builtin().classify_override(&ConversionOverride {
            marketing_channel: Some(one),
            source_category: Some(other),
            ..ConversionOverride::default()
        })
    }

    #[test]
    fn the_two_words_are_taken_in_either_order() {
        for (source, category, channel, from, medium) in TABLE {
            let taken = words(source, category.name()).unwrap().unwrap();
            assert_eq!(taken.channel, *channel);
            assert_eq!((taken.source.as_deref(), taken.medium.as_deref()), (*from, *medium));
            assert_eq!((taken.rule.as_str(), taken.basis), ("override", Basis::Override));
            assert_eq!(
                words(&category.name().to_uppercase(), &format!(" {} ", source.to_lowercase())),
                Ok(Some(taken))
            );
        }
        assert_eq!(words("Journey", "NotApplicable"), Ok(None));
        assert_eq!(words("journey", ""), Ok(None));
        assert_eq!(words("", " "), Ok(None));
    }

    /// Lines that a visit could also have are the ones that the rules give it, so reports do not split.
    #[test]
    fn the_table_agrees_with_the_rules() {
        for (source, category, channel, from, medium) in TABLE {
            if let (Some(from), Some(medium), false) = (from, medium, *category == Category::Places) {
                let page = format!("https://a.example/?utm_source={from}&utm_medium={medium}");
                let visit =
                    ChannelRules::builtin().classify(&Arrival { landing_page: &page, referrer: None });
                assert_eq!(visit.channel, *channel, "{source} {}", category.name());
            }
        }
    }

    #[test]
    fn pairs_that_the_table_lacks_are_refused_where_they_are_wrong() {
        use OverrideField::*;
        for (one, other, field, code, word) in [
            ("Outbrain", "Organic", SourceCategory, "override_pair", "must be Paid with Outbrain"),
            ("Places", "Bing", MarketingChannel, "override_pair", "must be Paid or Organic with Bing"),
            ("Email", "Paid", SourceCategory, "override_pair", "NotApplicable with Email"),
            ("Google", "", SourceCategory, "required", "Paid or Organic or Places with Google"),
            ("", "Google", MarketingChannel, "required", "with Google"),
            ("Paid", "", SourceCategory, "required", "source"),
            ("Google", "Bing", SourceCategory, "override_pair", "'MarketingChannelOverride' names a source"),
            ("Paid", "Organic", SourceCategory, "override_pair", "must name a source"),
            ("Myspace", "Paid", MarketingChannel, "unknown_override", "UnMatched, Direct"),
        ] {
            let problems = words(one, other).expect_err(one);
            assert_eq!(problems.len(), 1, "{one} {other}: {problems:?}");
            assert_eq!((problems[0].0, problems[0].1.code), (field, code), "{one} {other}");
            assert!(problems[0].1.must.contains(word), "{one} {other}: {}", problems[0].1.must);
        }
    }

    #[test]
    fn words_win_over_addresses_and_everything_wrong_is_told() {
        let rules = ChannelRules::builtin();
        let mut given = ConversionOverride {
            landing_page: Some("https://a.example/?gclid=x"),
            referrer: Some("https://www.bing.com/"),
            ..ConversionOverride::default()
        };
        let visit = rules.classify_override(&given).unwrap().unwrap();
        assert_eq!((visit.channel.as_str(), visit.rule.as_str()), ("Paid Search", "paid-search"));
        given.landing_page = None;
        assert_eq!(rules.classify_override(&given).unwrap().unwrap().channel, "Organic Search");
        given.marketing_channel = Some("Offline");
        assert_eq!(rules.classify_override(&given).unwrap().unwrap().channel, "Offline");
        given.landing_page = Some("nowhere");
        given.referrer = Some("mailto:ann@example.com");
        given.source_category = Some("Myspace");
        let problems = rules.classify_override(&given).unwrap_err();
        let fields: Vec<_> = problems.iter().map(|(field, invalid)| (field.name(), invalid.code)).collect();
        assert_eq!(
            fields,
            [
                ("LandingPageUrlOverride", "not_a_url"),
                ("ReferrerUrlOverride", "not_a_url"),
                ("SourceCategoryOverride", "unknown_override"),
            ]
        );
    }
}
