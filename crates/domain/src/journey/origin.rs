use crate::channel::{Arrival, ChannelRules, Classification, ConversionOverride, marketing_part};
use crate::{DeviceClass, Overrides, Text, Visit};

/// Where a touch came from: all that channel rules look at, and nothing that tells one visitor from another.
///
/// [`Origin::classify`] says the same as the rules say of the visit itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The landing page with the parameters that name a campaign; of click ids the names alone. Empty when there is
    /// none.
    pub landing_page: String,
    /// The referrer's host and path, when there is one.
    pub referrer: Option<String>,
    /// What a conversion's sender said of its marketing: `MarketingChannelOverride` and `SourceCategoryOverride`.
    pub words: Option<(Option<String>, Option<String>)>,
    /// What it was looked at with; of a conversion, nothing is known.
    pub device: Option<DeviceClass>,
}

impl Origin {
    /// Where a visit came from.
    pub fn of_visit(visit: &Visit) -> Self {
        Self {
            landing_page: marketing_part(visit.landing_page.as_str()),
            referrer: visit.referrer.as_ref().and_then(|referrer| without_query(referrer.as_str())),
            words: None,
            device: Some(visit.device),
        }
    }

    /// Where a conversion came from, if its sender said so: not if it left that to the visitor's own journey.
    pub fn of_overrides(overrides: &Overrides) -> Option<Self> {
        let word = |text: &Option<Text<255>>| text.as_ref().map(|text| text.as_str().to_owned());
        let origin = Self {
            landing_page: overrides
                .landing_page
                .as_ref()
                .map(|page| marketing_part(page.as_str()))
                .unwrap_or_default(),
            referrer: overrides.referrer.as_ref().and_then(|page| without_query(page.as_str())),
            words: Some((word(&overrides.marketing_channel), word(&overrides.source_category))),
            device: None,
        };
        // What a sender said, no site's rules can take away: any would do.
        origin.classify(&ChannelRules::builtin()).is_some().then_some(origin)
    }

    /// What marketing it is, under a site's rules. `None` when a conversion's override leaves it to the journey;
    /// no touch has such an origin.
    pub fn classify(&self, rules: &ChannelRules) -> Option<Classification> {
        let Some((channel, category)) = &self.words else {
            let arrival = Arrival { landing_page: &self.landing_page, referrer: self.referrer.as_deref() };
            return Some(rules.classify(&arrival));
        };
        let given = ConversionOverride {
            marketing_channel: channel.as_deref(),
            source_category: category.as_deref(),
            landing_page: Some(self.landing_page.as_str()).filter(|page| !page.is_empty()),
            referrer: self.referrer.as_deref(),
        };
        // What was refused when it came in would not be here.
        rules.classify_override(&given).ok().flatten()
    }

    /// The landing page's host (without `www.`) and path, as reports group by it.
    pub fn page(&self) -> Option<&str> {
        let page = self.landing_page.split('?').next()?;
        let page = page.split_once("://").map_or(page, |(_, rest)| rest);
        let page = page.strip_prefix("www.").unwrap_or(page);
        Some(page).filter(|page| !page.is_empty())
    }

    /// The referrer's host (without `www.`).
    pub fn referrer_host(&self) -> Option<&str> {
        let referrer = self.referrer.as_deref()?;
        let host = referrer.split_once("://").map_or(referrer, |(_, rest)| rest).split('/').next()?;
        Some(host.strip_prefix("www.").unwrap_or(host)).filter(|host| !host.is_empty())
    }
}

/// A referrer up to its query, which names no source but may name a person.
fn without_query(referrer: &str) -> Option<String> {
    let end = referrer.find(['?', '#']).unwrap_or(referrer.len());
    let referrer = referrer[..end].trim();
    (!referrer.is_empty()).then(|| referrer.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn origin(landing_page: &str, referrer: Option<&str>) -> Origin {
        Origin {
            landing_page: marketing_part(landing_page),
            referrer: referrer.and_then(without_query),
            ..Origin::default()
        }
    }

    #[test]
    fn an_origin_keeps_the_campaign_and_drops_the_visitor() {
        let kept = origin(
            "https://www.shop.example/buy?gclid=abc&email=ann@example.com&utm_source=News&gad_campaignid=7&session=1#x",
            Some("https://www.google.com/search?q=ann"),
        );
        assert_eq!(
            kept.landing_page,
            "https://www.shop.example/buy?utm_source=News&gclid=1&gad_campaignid=7"
        );
        assert_eq!(kept.referrer.as_deref(), Some("https://www.google.com/search"));
        assert_eq!(kept.page(), Some("shop.example/buy"));
        assert_eq!(kept.referrer_host(), Some("google.com"));
        assert_eq!(origin("", None).page(), None);
    }

    proptest! {
        #[test]
        fn it_is_classified_as_the_visit_is(
            host in "(https?://)?(www\\.)?[a-c]\\.(example|co\\.uk)(:80)?",
            path in "(/[A-Za-z%20äé.:]{0,4}){0,3}",
            parameters in prop::collection::vec(
                ("(utm_source|UTM_MEDIUM|utm_campaign|utm_id|gclid|fbclid|gad_campaignid|msclkid|x)",
                 "(google|cpc|email|social|News %26|ä+b|9| )"), 0..5),
            referrer in prop::option::of(
                "(https://|android-app://|)(www\\.google\\.com|l\\.facebook\\.com|chatgpt\\.com|a\\.example|blog\\.test)(/[a-z]{0,3})?(\\?q=x)?|mailto:a@b.example"),
        ) {
            let query: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let page = format!("{host}{path}?{}", query.join("&"));
            let rules = ChannelRules::builtin();
            let mut whole = rules.classify(&Arrival { landing_page: &page, referrer: referrer.as_deref() });
            let mut kept = origin(&page, referrer.as_deref()).classify(&rules).unwrap();
            for classification in [&mut whole, &mut kept] {
                for click_id in &mut classification.click_ids {
                    click_id.value = String::new();
                }
            }
            prop_assert_eq!(whole, kept);
        }
    }
}
