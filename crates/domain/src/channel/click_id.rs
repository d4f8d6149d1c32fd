use crate::Invalid;

/// An advertising network's mark on a landing page's address, strongest evidence first.
///
/// Names and networks: Google <https://support.google.com/google-ads/answer/9744275> and
/// <https://support.google.com/google-ads/answer/16193746>, Microsoft
/// <https://help.ads.microsoft.com/apex/index/3/en/60000>, the others in their own conversion guides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClickIdKind {
    /// Google Ads.
    Gclid,
    /// Google Ads, from an app for iOS to the web.
    Wbraid,
    /// Google Ads, from the web to an app for iOS.
    Gbraid,
    /// Google's Display & Video 360 and Campaign Manager 360.
    Dclid,
    /// Google Ads' campaign number.
    GadCampaignid,
    /// Where Google Ads showed the advertisement.
    GadSource,
    /// Microsoft Advertising.
    Msclkid,
    /// `TikTok`.
    Ttclid,
    /// `LinkedIn`.
    LiFatId,
    /// X, formerly Twitter.
    Twclid,
    /// Reddit.
    RdtCid,
    /// Pinterest.
    Epik,
    /// Snapchat.
    ScCid,
    /// Yandex Direct.
    Yclid,
    /// Facebook and Instagram put this on every link that leaves them, paid for or not.
    Fbclid,
}

/// What a click id says about a visit whose tags say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Implied {
    pub(super) source: &'static str,
    pub(super) medium: &'static str,
    /// The advertising platform, when the click was certainly paid for.
    pub(super) platform: Option<&'static str>,
}

impl ClickIdKind {
    /// Every kind, strongest evidence first.
    pub const ALL: [Self; 15] = [
        Self::Gclid,
        Self::Wbraid,
        Self::Gbraid,
        Self::Dclid,
        Self::GadCampaignid,
        Self::GadSource,
        Self::Msclkid,
        Self::Ttclid,
        Self::LiFatId,
        Self::Twclid,
        Self::RdtCid,
        Self::Epik,
        Self::ScCid,
        Self::Yclid,
        Self::Fbclid,
    ];

    /// The parameter's usual spelling.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gclid => "gclid",
            Self::Wbraid => "wbraid",
            Self::Gbraid => "gbraid",
            Self::Dclid => "dclid",
            Self::GadCampaignid => "gad_campaignid",
            Self::GadSource => "gad_source",
            Self::Msclkid => "msclkid",
            Self::Ttclid => "ttclid",
            Self::LiFatId => "li_fat_id",
            Self::Twclid => "twclid",
            Self::RdtCid => "rdt_cid",
            Self::Epik => "epik",
            Self::ScCid => "ScCid",
            Self::Yclid => "yclid",
            Self::Fbclid => "fbclid",
        }
    }

    /// Any case. Code: `unknown_click_id`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        Self::named(raw.trim()).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|kind| kind.name()).collect();
            Invalid::new("unknown_click_id", format!("must name click ids out of {}", names.join(", ")))
        })
    }

    pub(super) fn named(parameter: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| parameter.eq_ignore_ascii_case(kind.name()))
    }

    pub(super) fn implies(self) -> Implied {
        let paid = |source, platform| Implied { source, medium: "cpc", platform: Some(platform) };
        match self {
            Self::Gclid | Self::Wbraid | Self::Gbraid | Self::GadCampaignid | Self::GadSource => {
                paid("google", "Google Ads")
            }
            Self::Dclid => {
                Implied { source: "google", medium: "display", platform: Some("Google Marketing Platform") }
            }
            Self::Msclkid => paid("bing", "Microsoft Advertising"),
            Self::Ttclid => paid("tiktok", "TikTok Ads"),
            Self::LiFatId => paid("linkedin", "LinkedIn Ads"),
            Self::Twclid => paid("twitter", "X Ads"),
            Self::RdtCid => paid("reddit", "Reddit Ads"),
            Self::Epik => paid("pinterest", "Pinterest Ads"),
            Self::ScCid => paid("snapchat", "Snapchat Ads"),
            Self::Yclid => paid("yandex", "Yandex Direct"),
            // No proof of a paid click: umami-software/umami#4297, PostHog/posthog#86141.
            Self::Fbclid => Implied { source: "facebook", medium: "social", platform: None },
        }
    }
}

/// A click id that a landing page's address carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClickId {
    /// Whose it is.
    pub kind: ClickIdKind,
    /// As written, case kept; at most 512 characters.
    pub value: String,
}

impl ClickId {
    /// The longest value kept, in characters.
    pub const LENGTH_MAX: usize = 512;
}
