use super::{AdCostType, AdPlatform, Campaign, CampaignIdentifier};
use crate::money::{Decimal, ScaleMismatch};
use crate::{AMOUNT_MINOR_MAX, Day, Instant, Invalid, Money, Text};
use sha2::{Digest, Sha256};

/// What advertising brought and cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// What it cost; less than nothing for a credit.
    pub spent: Money,
    /// How often it was clicked.
    pub clicks: Option<u64>,
    /// How often it was shown.
    pub impressions: Option<u64>,
    /// How many people saw it, as the platform estimates. Of two days it cannot be added up.
    pub reach: Option<u64>,
}

/// What a campaign, or a part of one, cost on one day.
///
/// Fields: <https://rulerapi.com/put-adcosts>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdCost {
    /// On which day, in whatever time zone the platform counts its days.
    pub day: Day,
    /// Where, if it is a platform that the wire knows by name.
    pub platform: Option<AdPlatform>,
    /// Where: the platform's [source](AdPlatform::source), or the name that the sender gave it. Compare it in any case.
    pub source: Text<255>,
    /// What kind of advertising it is.
    pub cost_type: AdCostType,
    /// What names the campaign, or the part of one: sorted, without repeats, at least one.
    pub identifiers: Vec<CampaignIdentifier>,
    /// The levels of the campaign, for reports.
    pub campaign: Campaign,
    /// The keyword that was bought.
    pub keyword: Option<Text<255>>,
    /// What it brought and cost.
    pub figures: Figures,
}

/// What names a cost within its site and day: its source, identifiers and keyword, hashed.
///
/// Names of a platform's campaigns and their order of importance are no part of it: they may change, and the figures are
/// still those of the same campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CostKey(pub [u8; 16]);

/// A cost with what the store knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCost {
    /// The store's change number: of two costs of one day and key the one with the larger number holds.
    pub change: u64,
    /// When it was received.
    pub received_at: Instant,
    /// What was received.
    pub cost: AdCost,
}

impl AdCost {
    /// The most identifiers that one cost can carry.
    pub const IDENTIFIERS_MAX: usize = 50;
    /// The longest period that one cost can be of.
    pub const PERIOD_DAYS_MAX: i32 = 366;

    /// What a restated cost replaces: that of the same site and day with the same key.
    pub fn key(&self) -> CostKey {
        let mut named: Vec<(String, &str)> = self
            .identifiers
            .iter()
            .map(|identifier| (identifier.name.as_str().to_lowercase(), identifier.value.as_str()))
            .collect();
        named.sort();
        let mut fields = vec![self.source.as_str().to_lowercase()];
        fields.push(self.keyword.as_ref().map_or_else(String::new, ToString::to_string));
        fields.extend(named.into_iter().flat_map(|(name, value)| [name, value.to_owned()]));
        let mut hash = Sha256::new();
        for field in fields {
            hash.update(field.len().to_be_bytes());
            hash.update(field.as_bytes());
        }
        let digest: [u8; 32] = hash.finalize().into();
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        CostKey(key)
    }

    /// A cost of the days from its own to `last`, as one of each day: amount, clicks and impressions are shared out evenly,
    /// to the last unit, what is left over on the earliest days. The reach of several days says nothing of one, and is left
    /// out.
    pub fn over(self, last: Day) -> Vec<Self> {
        let days = last.number().saturating_sub(self.day.number()).saturating_add(1);
        if days <= 1 {
            return vec![self];
        }
        let share = |whole: i64, place: i32| {
            let (each, left) = (whole / i64::from(days), whole % i64::from(days));
            each + if i64::from(place) < left.abs() { left.signum() } else { 0 }
        };
        let count =
            |whole: Option<u64>, place| whole.map(|whole| share(whole.cast_signed(), place).unsigned_abs());
        let Figures { spent, clicks, impressions, .. } = self.figures;
        let of_day = |place: i32| Self {
            day: self.day.plus_days(place),
            figures: Figures {
                spent: Money { minor: share(spent.minor, place), ..spent },
                clicks: count(clicks, place),
                impressions: count(impressions, place),
                reach: None,
            },
            ..self.clone()
        };
        (0..days).map(of_day).collect()
    }
}

/// Parses a whole number that is not less than nothing, as JSON numbers are written: `12`, `12.0`, `1.2e1`. Codes:
/// `not_a_number`, `not_whole`, `out_of_range`.
pub fn parse_count(raw: &str) -> Result<u64, Invalid> {
    let out_of_range =
        || Invalid::new("out_of_range", format!("must be a whole number from 0 to {AMOUNT_MINOR_MAX}"));
    let whole = Decimal::parse(raw)?.scaled(0).map_err(|mismatch| match mismatch {
        ScaleMismatch::TooManyDecimals => Invalid::new("not_whole", "must be a whole number"),
        ScaleMismatch::OutOfRange => out_of_range(),
    })?;
    let count = u64::try_from(whole).ok().filter(|count| *count <= AMOUNT_MINOR_MAX.unsigned_abs());
    count.ok_or_else(out_of_range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;
    use proptest::prelude::*;

    fn text(value: &str) -> Text<255> {
        Text::parse(value).unwrap()
    }

    fn identifier(importance: u32, name: &str, value: &str) -> CampaignIdentifier {
        CampaignIdentifier { importance, name: text(name), value: text(value) }
    }

    fn cost() -> AdCost {
        let identifiers = vec![identifier(1, "CampaignId", "77"), identifier(2, "AdGroupId", "5")];
        AdCost {
            day: Day::parse("2024-01-15").unwrap(),
            platform: Some(AdPlatform::Google),
            source: text("google"),
            cost_type: AdCostType::PayPerClick,
            campaign: Campaign::of(&identifiers),
            identifiers,
            keyword: None,
            figures: Figures {
                spent: Money { minor: 1_000, currency: Currency::parse("GBP").unwrap() },
                clicks: Some(8),
                impressions: None,
                reach: Some(5),
            },
        }
    }

    #[test]
    fn a_restated_cost_has_the_same_key() {
        let first = cost();
        let mut again = first.clone();
        again.source = text("Google");
        again.identifiers = vec![identifier(4, "campaignid", "77"), identifier(1, "adgroupid", "5")];
        again.identifiers.sort();
        again.campaign.campaign.name = Some(text("Renamed"));
        again.figures.spent.minor = 7;
        again.cost_type = AdCostType::Affiliate;
        assert_eq!(again.key(), first.key());
        let others = [
            AdCost { source: text("bing"), ..first.clone() },
            AdCost { keyword: Some(text("shoes")), ..first.clone() },
            AdCost { identifiers: vec![identifier(1, "CampaignId", "77")], ..first.clone() },
            AdCost { identifiers: vec![identifier(1, "CampaignId", "775")], ..first.clone() },
        ];
        for other in &others {
            assert_ne!(other.key(), first.key(), "{other:?}");
        }
    }

    #[test]
    fn counts_are_whole_numbers() {
        let code = |raw: &str| parse_count(raw).map_err(|e| e.code);
        assert_eq!(code(" 12 "), Ok(12));
        assert_eq!(code("12.0"), Ok(12));
        assert_eq!(code("0"), Ok(0));
        assert_eq!(code("9007199254740991"), Ok(9_007_199_254_740_991));
        assert_eq!(code("9007199254740992"), Err("out_of_range"));
        assert_eq!(code("-1"), Err("out_of_range"));
        assert_eq!(code("1.5"), Err("not_whole"));
        assert_eq!(code("many"), Err("not_a_number"));
    }

    proptest! {
        #[test]
        fn a_period_is_shared_out_to_the_last_unit(minor in -10_000i64..10_000, clicks in proptest::option::of(0u64..500), days in 1i32..40) {
            let mut whole = cost();
            whole.figures = Figures { spent: Money { minor, ..whole.figures.spent }, clicks, ..whole.figures };
            let of_days = whole.clone().over(whole.day.plus_days(days - 1));
            prop_assert_eq!(of_days.len(), usize::try_from(days).unwrap());
            prop_assert_eq!(of_days.iter().map(|cost| cost.figures.spent.minor).sum::<i64>(), minor);
            prop_assert_eq!(of_days.iter().map(|cost| cost.figures.clicks).sum::<Option<u64>>(), clicks);
            prop_assert!(of_days.iter().zip(0..).all(|(cost, place)| cost.day == whole.day.plus_days(place)));
            let minors = of_days.iter().map(|cost| cost.figures.spent.minor);
            prop_assert!(minors.clone().max().unwrap() - minors.min().unwrap() <= 1);
            prop_assert!(of_days.iter().all(|cost| cost.key() == whole.key()));
            prop_assert_eq!(of_days[0].figures.reach, if days == 1 { Some(5) } else { None });
        }
    }
}
