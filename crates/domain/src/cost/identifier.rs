use crate::{Invalid, Text};

/// A piece of what names a campaign, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CampaignIdentifier {
    /// 1 is the most important: the campaign before its ad groups. Identifiers without one come last.
    pub importance: u32,
    /// `IdentifierName`, free.
    pub name: Text<255>,
    /// `IdentifierValue`.
    pub value: Text<255>,
}

impl CampaignIdentifier {
    /// The least important that there can be, and what one has that says nothing of it.
    pub const IMPORTANCE_MAX: u32 = 1_000;

    /// Parses `Importance`. Codes: `not_a_number`, `out_of_range`.
    pub fn parse_importance(raw: &str) -> Result<u32, Invalid> {
        let count = super::ad_cost::parse_count(raw)?;
        let importance = u32::try_from(count).ok().filter(|n| (1..=Self::IMPORTANCE_MAX).contains(n));
        importance.ok_or_else(|| {
            let must = format!("must be a whole number from 1 to {}", Self::IMPORTANCE_MAX);
            Invalid::new("out_of_range", must)
        })
    }
}

/// A level of a campaign: by its platform's id, by its name, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Level {
    /// The platform's own id.
    pub id: Option<Text<255>>,
    /// The name that people gave it.
    pub name: Option<Text<255>>,
}

/// A campaign and its parts, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Campaign {
    /// The campaign itself.
    pub campaign: Level,
    /// Ad group or ad set.
    pub ad_group: Level,
    /// A single advertisement.
    pub ad: Level,
}

impl Campaign {
    /// What identifiers with free names say: those whose names are known say which level they name, in any case and whatever
    /// stands between the words. When none of these names the campaign, the most important of the others does.
    pub fn of(identifiers: &[CampaignIdentifier]) -> Self {
        let mut campaign = Self::default();
        let mut sorted: Vec<_> = identifiers.iter().collect();
        sorted.sort();
        let mut others = Vec::new();
        for identifier in sorted {
            match campaign.place(&plain(identifier.name.as_str())) {
                Some(place) if place.is_none() => *place = Some(identifier.value.clone()),
                Some(_) => {}
                None => others.push(identifier),
            }
        }
        if campaign.campaign == Level::default() {
            campaign.campaign.name = others.first().map(|identifier| identifier.value.clone());
        }
        campaign
    }

    fn place(&mut self, name: &str) -> Option<&mut Option<Text<255>>> {
        match name {
            "campaign" | "campaignname" | "utmcampaign" => Some(&mut self.campaign.name),
            "campaignid" | "utmid" => Some(&mut self.campaign.id),
            "adgroup" | "adgroupname" | "adset" | "adsetname" => Some(&mut self.ad_group.name),
            "adgroupid" | "adsetid" => Some(&mut self.ad_group.id),
            "ad" | "adname" | "creative" | "utmcontent" => Some(&mut self.ad.name),
            "adid" | "creativeid" => Some(&mut self.ad.id),
            _ => None,
        }
    }
}

/// A name's letters and digits, in lower case.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(identifiers: &[(u32, &str, &str)]) -> Campaign {
        let identifier = |(importance, name, value): &(u32, &str, &str)| CampaignIdentifier {
            importance: *importance,
            name: Text::parse(name).unwrap(),
            value: Text::parse(value).unwrap(),
        };
        Campaign::of(&identifiers.iter().map(identifier).collect::<Vec<_>>())
    }

    fn text(value: &str) -> Option<Text<255>> {
        Text::parse(value).ok()
    }

    #[test]
    fn known_names_say_which_level_they_name() {
        let found = of(&[
            (3, "Ad", "Banner 1"),
            (1, "Campaign Name", "Spring"),
            (1, "campaign_id", "77"),
            (2, "AdSet", "North"),
            (2, "adset id", "5"),
            (9, "utm_campaign", "spring-2024"),
            (9, "Region", "EU"),
        ]);
        let campaign = Level { id: text("77"), name: text("Spring") };
        let ad_group = Level { id: text("5"), name: text("North") };
        assert_eq!(found, Campaign { campaign, ad_group, ad: Level { id: None, name: text("Banner 1") } });
    }

    #[test]
    fn without_one_the_most_important_names_the_campaign() {
        let found = of(&[(2, "Placement", "Top"), (1, "Publisher", "Example News")]);
        assert_eq!(found.campaign, Level { id: None, name: text("Example News") });
        assert_eq!(of(&[(2, "Placement", "Top"), (3, "campaign", "Spring")]).campaign.name, text("Spring"));
        assert_eq!(of(&[]), Campaign::default());
    }

    #[test]
    fn importance_is_a_small_whole_number() {
        let code = |raw: &str| CampaignIdentifier::parse_importance(raw).map_err(|e| e.code);
        assert_eq!(code("1"), Ok(1));
        assert_eq!(code("2.0"), Ok(2));
        assert_eq!(code("first"), Err("not_a_number"));
        for raw in ["0", "-1", "1001"] {
            assert_eq!(code(raw), Err("out_of_range"), "{raw}");
        }
        assert_eq!(code("1.5"), Err("not_whole"));
    }
}
