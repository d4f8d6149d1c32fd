use crate::Invalid;

/// What kind of advertising a cost was for. The wire's words: <https://rulerapi.com/put-adcosts>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AdCostType {
    /// Partners who are paid for what they bring.
    Affiliate,
    /// Clicks in search engines and the like.
    PayPerClick,
    /// Social networks.
    SocialMedia,
    /// Recommended content.
    ContentDiscovery,
    /// Places bought by machines.
    Programmatic,
    /// Places bought over a demand-side platform.
    DemandSidePlatform,
    /// Visitors who are followed.
    Retargeting,
}

impl AdCostType {
    /// Every type.
    pub const ALL: [Self; 7] = [
        Self::Affiliate,
        Self::PayPerClick,
        Self::SocialMedia,
        Self::ContentDiscovery,
        Self::Programmatic,
        Self::DemandSidePlatform,
        Self::Retargeting,
    ];

    /// The name on the wire and in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Affiliate => "Affiliate",
            Self::PayPerClick => "PayPerClick",
            Self::SocialMedia => "SocialMedia",
            Self::ContentDiscovery => "ContentDiscovery",
            Self::Programmatic => "Programmatic",
            Self::DemandSidePlatform => "DemandSidePlatform",
            Self::Retargeting => "RetargetingAndPersonalizedAdvertisingPlatform",
        }
    }

    /// Any case. Code: `unknown_ad_cost_type`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        named(&Self::ALL, Self::name, raw).map_err(|must| Invalid::new("unknown_ad_cost_type", must))
    }
}

/// An advertising platform that the wire knows by name: <https://rulerapi.com/put-adcosts>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AdPlatform {
    /// Google Ads.
    Google,
    /// Google Ads on `YouTube`.
    YouTube,
    /// Meta on Facebook.
    Facebook,
    /// Meta on Instagram.
    Instagram,
    /// Microsoft Advertising.
    Bing,
    /// `LinkedIn`.
    LinkedIn,
    /// `TikTok`.
    TikTok,
    /// Pinterest.
    Pinterest,
}

impl AdPlatform {
    /// Every platform.
    pub const ALL: [Self; 8] = [
        Self::Google,
        Self::YouTube,
        Self::Facebook,
        Self::Instagram,
        Self::Bing,
        Self::LinkedIn,
        Self::TikTok,
        Self::Pinterest,
    ];

    /// The name on the wire and in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Google => "GoogleAds",
            Self::YouTube => "YoutubeAds",
            Self::Facebook => "FacebookAds",
            Self::Instagram => "InstagramAds",
            Self::Bing => "BingAds",
            Self::LinkedIn => "LinkedInAds",
            Self::TikTok => "TikTokAds",
            Self::Pinterest => "PinterestAds",
        }
    }

    /// The source of a visit that came from there, as [channels](crate::channel) name it.
    pub fn source(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::YouTube => "youtube",
            Self::Facebook => "facebook",
            Self::Instagram => "instagram",
            Self::Bing => "bing",
            Self::LinkedIn => "linkedin",
            Self::TikTok => "tiktok",
            Self::Pinterest => "pinterest",
        }
    }

    /// What kind of advertising it is, where the wire does not say.
    pub fn cost_type(self) -> AdCostType {
        match self {
            Self::Google | Self::YouTube | Self::Bing => AdCostType::PayPerClick,
            Self::Facebook | Self::Instagram | Self::LinkedIn | Self::TikTok | Self::Pinterest => {
                AdCostType::SocialMedia
            }
        }
    }

    /// Any case. Code: `unknown_ad_platform`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        named(&Self::ALL, Self::name, raw).map_err(|must| Invalid::new("unknown_ad_platform", must))
    }
}

/// The one that is called so, in any case, or what there is.
fn named<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, raw: &str) -> Result<T, String> {
    let found = all.iter().copied().find(|one| name(*one).eq_ignore_ascii_case(raw.trim()));
    found.ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|one| name(*one)).collect();
        format!("must be one of {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case() {
        for known in AdCostType::ALL {
            assert_eq!(AdCostType::parse(&known.name().to_lowercase()), Ok(known));
        }
        for known in AdPlatform::ALL {
            assert_eq!(AdPlatform::parse(&format!(" {} ", known.name().to_uppercase())), Ok(known));
        }
        assert_eq!(AdCostType::parse("Radio").map_err(|e| e.code), Err("unknown_ad_cost_type"));
        let refused = AdPlatform::parse("Radio").unwrap_err();
        assert_eq!(refused.code, "unknown_ad_platform");
        assert!(refused.must.starts_with("must be one of GoogleAds, YoutubeAds"), "{refused}");
    }
}
