use crate::attribution::Model;
use crate::channel::ClickIdKind;
use crate::record::RecordKind;
use crate::{Invalid, Milestone, Text};
use std::fmt;

/// Whom conversions are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExportPlatform {
    /// Google Ads, as its file of offline conversions.
    GoogleAds,
    /// Meta, as a request of its Conversions API.
    Meta,
}

impl ExportPlatform {
    /// Every platform.
    pub const ALL: [Self; 2] = [Self::GoogleAds, Self::Meta];

    /// The name in addresses, commands and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::GoogleAds => "google-ads",
            Self::Meta => "meta",
        }
    }

    /// Code: `unknown_platform`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let found = Self::ALL.into_iter().find(|platform| platform.name() == raw.trim());
        found.ok_or_else(|| Invalid::new("unknown_platform", "must be google-ads or meta"))
    }

    /// The click ids that it can match, the one that is preferred of a visit with several first.
    ///
    /// Google accepts one of them with a conversion and refuses two:
    /// <https://developers.google.com/google-ads/api/docs/conversions/upload-clicks>.
    pub fn click_ids(self) -> &'static [ClickIdKind] {
        match self {
            Self::GoogleAds => &[ClickIdKind::Gclid, ClickIdKind::Wbraid, ClickIdKind::Gbraid],
            Self::Meta => &[ClickIdKind::Fbclid],
        }
    }

    /// How many seconds a click must be old. Google: `TOO_RECENT_EVENT` of
    /// <https://developers.google.com/google-ads/api/reference/rpc/latest/ConversionUploadErrorEnum.ConversionUploadError>.
    pub(super) fn click_seconds_min(self) -> i64 {
        match self {
            Self::GoogleAds => 6 * 3_600,
            Self::Meta => 0,
        }
    }

    /// How many days ago a conversion may have happened, unless something else is asked for. One that is older makes Meta
    /// refuse the whole file: <https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/server-event/>.
    pub fn event_days(self) -> Option<u32> {
        match self {
            Self::GoogleAds => None,
            Self::Meta => Some(7),
        }
    }

    /// How many conversions one file has, unless something else is asked for: what one request to the platform may hold.
    pub fn limit(self) -> usize {
        match self {
            Self::GoogleAds => 2_000,
            Self::Meta => 1_000,
        }
    }

    /// The most conversions of one file. Meta takes no more in one request.
    pub fn limit_max(self) -> usize {
        match self {
            Self::GoogleAds => 10_000,
            Self::Meta => 1_000,
        }
    }

    /// What a conversion is called when nothing else is asked for: Meta's standard events
    /// (<https://developers.facebook.com/docs/meta-pixel/reference>). What an opportunity is called, or anything with Google, only
    /// the account knows.
    pub fn conversion_name(self, milestone: Milestone) -> Option<&'static str> {
        match (self, milestone) {
            (Self::Meta, Milestone::Won) => Some("Purchase"),
            (Self::Meta, Milestone::Lead) => Some("Lead"),
            _ => None,
        }
    }
}

/// What a conversion is said to be worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportedValue {
    /// What the record is worth.
    Whole,
    /// Nothing is said.
    Nothing,
    /// What a model gives to the platform's clicks.
    Credit(Model),
}

impl ExportedValue {
    /// `whole`, `none`, or a model. Codes: those of [`Model::parse`], and `needs_all_paths` for one that weighs a journey by all
    /// the others: what it gives would change with them.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        match raw.trim() {
            "whole" => return Ok(Self::Whole),
            "none" => return Ok(Self::Nothing),
            _ => {}
        }
        let model = Model::parse(raw)
            .map_err(|invalid| Invalid::new(invalid.code, format!("{}, whole or none", invalid.must)))?;
        if model.needs_fit() || model.shares_the_total() {
            let must = "must be a model that looks at one journey alone";
            return Err(Invalid::new("needs_all_paths", must));
        }
        Ok(Self::Credit(model))
    }
}

impl fmt::Display for ExportedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("whole"),
            Self::Nothing => f.write_str("none"),
            Self::Credit(model) => model.fmt(f),
        }
    }
}

/// Which conversions are to be handed over, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportQuery {
    /// To whom.
    pub platform: ExportPlatform,
    /// What they call the conversion.
    pub name: Text<100>,
    /// Of which records.
    pub kind: RecordKind,
    /// What a record must have reached.
    pub milestone: Milestone,
    /// What is said to be its worth.
    pub value: ExportedValue,
    /// How many days ago the click may have been.
    pub click_days: u32,
    /// How many days ago the conversion may have happened.
    pub event_days: Option<u32>,
    /// Of which kinds the click ids may be.
    pub click_ids: Vec<ClickIdKind>,
    /// Whether what was exported before is exported again.
    pub again: bool,
    /// At most this many, the oldest first.
    pub limit: usize,
}

impl ExportQuery {
    /// The longest time that a click counts with Google, and that Meta keeps one.
    pub const CLICK_DAYS_MAX: u32 = 90;
    /// The longest time after which Meta accepts a conversion: one in a shop,
    /// <https://developers.facebook.com/docs/marketing-api/conversions-api/offline-events>.
    pub const EVENT_DAYS_MAX: u32 = 62;

    /// Won opportunities, whole.
    pub fn new(platform: ExportPlatform, name: Text<100>) -> Self {
        Self {
            platform,
            name,
            kind: RecordKind::Opportunity,
            milestone: Milestone::Won,
            value: ExportedValue::Whole,
            click_days: Self::CLICK_DAYS_MAX,
            event_days: platform.event_days(),
            click_ids: platform.click_ids().to_vec(),
            again: false,
            limit: platform.limit(),
        }
    }

    /// What cannot be asked. Codes: `unknown_milestone`, `required`.
    pub fn check(&self) -> Result<(), (&'static str, Invalid)> {
        if self.milestone == Milestone::Lost {
            return Err(("milestone", Invalid::new("unknown_milestone", "must be lead, opportunity or won")));
        }
        if self.kind == RecordKind::Revenue && self.milestone != Milestone::Won {
            let must = "must be won for revenue, which is money that came in";
            return Err(("milestone", Invalid::new("unknown_milestone", must)));
        }
        if self.platform == ExportPlatform::Meta
            && self.value == ExportedValue::Nothing
            && self.name.as_str() == "Purchase"
        {
            let must = "must not be none for Purchase, to which Meta wants a value";
            return Err(("value", Invalid::new("required", must)));
        }
        Ok(())
    }
}
