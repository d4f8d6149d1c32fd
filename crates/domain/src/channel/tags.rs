use super::address::Address;
use super::{ClickId, ClickIdKind};

/// A UTM parameter. Source: <https://support.google.com/analytics/answer/10917952>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UtmTag {
    /// `utm_source`: who sent the visit.
    Source,
    /// `utm_medium`: by what means.
    Medium,
    /// `utm_campaign`: the campaign's name.
    Campaign,
    /// `utm_term`: the paid keyword.
    Term,
    /// `utm_content`: which advertisement or link.
    Content,
    /// `utm_id`: the campaign's id.
    Id,
    /// `utm_source_platform`: the platform that directed the traffic.
    SourcePlatform,
    /// `utm_creative_format`: the kind of creative.
    CreativeFormat,
    /// `utm_marketing_tactic`: the targeting.
    MarketingTactic,
}

impl UtmTag {
    /// Every tag.
    pub const ALL: [Self; 9] = [
        Self::Source,
        Self::Medium,
        Self::Campaign,
        Self::Term,
        Self::Content,
        Self::Id,
        Self::SourcePlatform,
        Self::CreativeFormat,
        Self::MarketingTactic,
    ];

    /// The parameter's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "utm_source",
            Self::Medium => "utm_medium",
            Self::Campaign => "utm_campaign",
            Self::Term => "utm_term",
            Self::Content => "utm_content",
            Self::Id => "utm_id",
            Self::SourcePlatform => "utm_source_platform",
            Self::CreativeFormat => "utm_creative_format",
            Self::MarketingTactic => "utm_marketing_tactic",
        }
    }

    fn named(parameter: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tag| parameter.eq_ignore_ascii_case(tag.name()))
    }
}

/// What a landing page's address says about the campaign that led to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CampaignTags {
    utm: [Option<String>; UtmTag::ALL.len()],
    click_ids: Vec<ClickId>,
}

impl CampaignTags {
    /// The longest value kept of a UTM parameter, in characters; what is longer is cut.
    pub const LENGTH_MAX: usize = 255;

    /// Reads the query of `landing_page`. Names are matched in any case; values are decoded, trimmed and freed of
    /// control characters, and keep their case. An empty value is no value, and of a repeated parameter the first
    /// value counts.
    pub fn of(landing_page: &str) -> Self {
        Self::of_address(&Address::read(landing_page))
    }

    pub(super) fn of_address(landing: &Address) -> Self {
        let mut tags = Self::default();
        for (name, value) in landing.parameters() {
            if let Some(tag) = UtmTag::named(&name) {
                let slot = &mut tags.utm[tag as usize];
                if slot.is_none() {
                    *slot = clean(&value, Self::LENGTH_MAX);
                }
            } else if let Some(kind) = ClickIdKind::named(&name)
                && tags.click_ids.iter().all(|known| known.kind != kind)
                && let Some(value) = clean(&value, ClickId::LENGTH_MAX)
            {
                tags.click_ids.push(ClickId { kind, value });
            }
        }
        tags.click_ids.sort_by_key(|click_id| click_id.kind);
        tags
    }

    /// A tag's value as written.
    pub fn utm(&self, tag: UtmTag) -> Option<&str> {
        self.utm[tag as usize].as_deref()
    }

    /// The click ids, strongest evidence first, at most one of each kind.
    pub fn click_ids(&self) -> &[ClickId] {
        &self.click_ids
    }

    /// Whether the address says anything about a campaign.
    pub fn is_empty(&self) -> bool {
        self.has_no_utm() && self.click_ids.is_empty()
    }

    pub(super) fn has_no_utm(&self) -> bool {
        self.utm.iter().all(Option::is_none)
    }

    pub(super) fn into_click_ids(self) -> Vec<ClickId> {
        self.click_ids
    }

    /// One text for one campaign, whatever the order and case of its parameters; none without a campaign.
    ///
    /// A visitor who arrives with another signature than before begins a new visit.
    pub fn signature(&self) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        for tag in UtmTag::ALL {
            if let Some(value) = self.utm(tag) {
                text.append_pair(tag.name(), &value.to_lowercase());
            }
        }
        for click_id in &self.click_ids {
            text.append_pair(click_id.kind.name(), &click_id.value);
        }
        Some(text.finish())
    }
}

/// The signature of the campaign that a landing page's address names; see [`CampaignTags::signature`].
pub fn campaign_signature(landing_page: &str) -> Option<String> {
    CampaignTags::of(landing_page).signature()
}

/// A landing page's address with what names a campaign, and nothing that tells one visitor from another: other
/// parameters are left out, and of click ids that name no campaign only that there was one is kept. Rules say the same
/// of it as of the whole address.
pub fn marketing_part(landing_page: &str) -> String {
    let address = Address::read(landing_page);
    let tags = CampaignTags::of_address(&address);
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for tag in UtmTag::ALL {
        if let Some(value) = tags.utm(tag) {
            query.append_pair(tag.name(), value);
        }
    }
    for click_id in tags.click_ids() {
        let names_campaign = click_id.kind == ClickIdKind::GadCampaignid;
        query.append_pair(click_id.kind.name(), if names_campaign { &click_id.value } else { "1" });
    }
    let query = query.finish();
    let origin = address.host.as_deref().map(|host| format!("https://{host}")).unwrap_or_default();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{origin}{}{mark}{query}", address.path)
}

fn clean(value: &str, length_max: usize) -> Option<String> {
    let text: String = value.trim().chars().filter(|c| !c.is_control()).take(length_max).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_in_any_case_and_kept_as_written() {
        let tags = CampaignTags::of(
            "https://shop.example/?UTM_Source=Google&utm_medium=CPC&utm_campaign=Spring+Sale%21&utm_campaign=second\
             &utm_term=&utm_id=42&utm_source_platform=SA360&utm_creative_format=Video&utm_marketing_tactic=x\
             &SCCID=Aa&GCLID=Bb%0A&gclid=Cc",
        );
        assert_eq!(tags.utm(UtmTag::Source), Some("Google"));
        assert_eq!(tags.utm(UtmTag::Medium), Some("CPC"));
        assert_eq!(tags.utm(UtmTag::Campaign), Some("Spring Sale!"));
        assert_eq!(tags.utm(UtmTag::Term), None);
        assert_eq!(tags.utm(UtmTag::Id), Some("42"));
        assert_eq!(tags.utm(UtmTag::SourcePlatform), Some("SA360"));
        assert_eq!(tags.utm(UtmTag::CreativeFormat), Some("Video"));
        assert_eq!(tags.utm(UtmTag::MarketingTactic), Some("x"));
        let click_ids: Vec<_> = tags.click_ids().iter().map(|c| (c.kind, c.value.as_str())).collect();
        assert_eq!(click_ids, [(ClickIdKind::Gclid, "Bb"), (ClickIdKind::ScCid, "Aa")]);
    }

    #[test]
    fn values_are_bounded() {
        let tags = CampaignTags::of(&format!("/?utm_source={0}&gclid={0}", "ä".repeat(2000)));
        assert_eq!(tags.utm(UtmTag::Source).map(|text| text.chars().count()), Some(255));
        assert_eq!(tags.click_ids()[0].value.chars().count(), 512);
    }

    #[test]
    fn a_signature_is_one_text_for_one_campaign() {
        let one = campaign_signature("https://a.example/x?utm_source=News&utm_medium=email&page=2");
        let other = campaign_signature("https://a.example/?UTM_MEDIUM=Email&utm_source=news#top");
        assert_eq!(one.as_deref(), Some("utm_source=news&utm_medium=email"));
        assert_eq!(one, other);
        assert_ne!(
            campaign_signature("/?gclid=a"),
            campaign_signature("/?gclid=A"),
            "click ids keep their case"
        );
        assert_ne!(
            campaign_signature("/?utm_source=a%26utm_medium%3Db"),
            campaign_signature("/?utm_source=a&utm_medium=b")
        );
        assert_eq!(campaign_signature("https://a.example/?page=2"), None);
        assert_eq!(campaign_signature(""), None);
    }
}
