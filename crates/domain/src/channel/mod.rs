//! Channels: what marketing a visit came from, and which rule said so.
//!
//! [`ChannelRules::classify`] looks at a visit's landing page and referrer, in this order of precedence:
//!
//! 1. the site's own [`Rule`]s, which see everything below and are tried before the built-in rules;
//! 2. the UTM tags of the landing page's address;
//! 3. its click ids, which fill in the source and medium that the tags leave open ([`ClickIdKind`]);
//! 4. the referrer, which fills in what is still open, unless it is the site itself, a payment or a sign-in page;
//! 5. nothing of these: the visit is direct.
//!
//! The built-in rules are GA4's default channel group, in its order, with AI assistants beside it
//! (<https://support.google.com/analytics/answer/9756891>). They stand in `data/channel-rules.txt`, in the text form
//! of a site's own. Which hosts are what stands in lists beside them; `data/SOURCES.md` says where those come from.
//!
//! [`crawler()`] and [`device_class`] read a user agent.

mod address;
mod because;
mod click_id;
mod crawler;
mod device;
mod facts;
mod glob;
mod overrides;
mod rule;
mod rule_text;
mod rules;
mod source;
mod tags;

pub use click_id::{ClickId, ClickIdKind};
pub use crawler::crawler;
pub use device::{DeviceClass, device_class};
pub use overrides::{ConversionOverride, OverrideField};
pub use rule::{Condition, Field, Operator, Rule};
pub use rules::ChannelRules;
pub use source::SourceKind;
pub use tags::{CampaignTags, UtmTag, campaign_signature, marketing_part};

/// How a visit began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival<'a> {
    /// The address of the first page, with its query.
    pub landing_page: &'a str,
    /// The address of the page before it, as the browser said.
    pub referrer: Option<&'a str>,
}

/// What a classification rests on, before any rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// A conversion's override said so.
    Override,
    /// The landing page carries UTM tags.
    Tags,
    /// It carries a click id and no tags.
    ClickId,
    /// The visit has a referrer that counts.
    Referrer,
    /// Nothing: a direct visit.
    Nothing,
}

impl Basis {
    /// The name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Override => "override",
            Self::Tags => "tags",
            Self::ClickId => "click_id",
            Self::Referrer => "referrer",
            Self::Nothing => "nothing",
        }
    }
}

/// Which rule decided; [`ChannelRules::rule`] of the same rules has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DecidedBy {
    /// One of the site's own, by its place in [`ChannelRules::own`].
    Own(usize),
    /// One of the built-in ones, by its place in [`ChannelRules::builtin_rules`].
    Builtin(usize),
    /// None: no rule holds.
    NoRule,
    /// None: a conversion's override named the channel.
    Override,
}

/// What marketing a visit came from, and which rule said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classification {
    /// The channel, such as `Paid Search`.
    pub channel: String,
    /// Who sent the visit, in lower case: `google`; of an unknown referrer its host without `www.`; `(direct)`.
    pub source: Option<String>,
    /// By what means, in lower case: `cpc`, `organic`, `referral`, `(none)`.
    pub medium: Option<String>,
    /// The campaign's name, as written.
    pub campaign: Option<String>,
    /// The paid keyword, as written.
    pub term: Option<String>,
    /// Which advertisement or link, as written.
    pub content: Option<String>,
    /// The campaign's id, as written: `utm_id`, or Google's `gad_campaignid`.
    pub campaign_id: Option<String>,
    /// `utm_source_platform`, as written.
    pub source_platform: Option<String>,
    /// `utm_creative_format`, as written.
    pub creative_format: Option<String>,
    /// `utm_marketing_tactic`, as written.
    pub marketing_tactic: Option<String>,
    /// The click ids of the landing page, strongest evidence first.
    pub click_ids: Vec<ClickId>,
    /// The advertising platform that the strongest click id proves, such as `Google Ads`.
    pub platform: Option<&'static str>,
    /// What it rests on.
    pub basis: Basis,
    /// The name of the rule that decided: a site's own, one of `data/channel-rules.txt`, `unassigned` or `override`.
    pub rule: String,
    /// The rule itself; of several with one name the one that holds.
    pub decided_by: DecidedBy,
}
