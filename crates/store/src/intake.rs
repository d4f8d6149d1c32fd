//! What the verbs about the intake log take and answer.

use serde::{Deserialize, Serialize};
use touchline_domain::{Instant, SiteId, Text};

/// Where something came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A visit that the tag reported.
    TagVisit,
    /// A conversion that the tag reported.
    TagConversion,
    /// A report of the tag from a page that the site does not admit.
    TagNotAdmitted,
    /// A visit that a server reported.
    ServerVisit,
    /// A web conversion that a server reported.
    WebConversion,
    /// A telephone call.
    Call,
    /// An upload of an opportunity.
    Opportunity,
    /// An upload of revenue.
    Revenue,
    /// Costs in the general form.
    Costs,
    /// Costs of Microsoft Advertising.
    BingCosts,
    /// Costs of Facebook and Instagram.
    FacebookCosts,
    /// Costs of Google Ads.
    GoogleCosts,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 12] = [
        Self::TagVisit,
        Self::TagConversion,
        Self::TagNotAdmitted,
        Self::ServerVisit,
        Self::WebConversion,
        Self::Call,
        Self::Opportunity,
        Self::Revenue,
        Self::Costs,
        Self::BingCosts,
        Self::FacebookCosts,
        Self::GoogleCosts,
    ];

    /// The name under which it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::TagVisit => "tag_visit",
            Self::TagConversion => "tag_conversion",
            Self::TagNotAdmitted => "tag_not_admitted",
            Self::ServerVisit => "server_visit",
            Self::WebConversion => "web_conversion",
            Self::Call => "call",
            Self::Opportunity => "opportunity",
            Self::Revenue => "revenue",
            Self::Costs => "costs",
            Self::BingCosts => "bing_costs",
            Self::FacebookCosts => "facebook_costs",
            Self::GoogleCosts => "google_costs",
        }
    }
}

/// So many came from a source within one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Whose.
    pub site: SiteId,
    /// Where from.
    pub source: Source,
    /// When the last of them came.
    pub last_at: Instant,
    /// How many.
    pub count: u64,
    /// The host of the page that the last of them was about, where there is one.
    pub from: Option<Text<255>>,
}

impl Sighting {
    /// The hour, counted from 1970.
    pub fn hour(&self) -> i64 {
        self.last_at.as_micros().div_euclid(3_600_000_000)
    }
}

/// When a source was last heard of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Which.
    pub source: Source,
    /// When.
    pub last_at: Instant,
    /// As in [`Sighting`].
    pub from: Option<Text<255>>,
    /// How many came in the hours that were asked about.
    pub count: u64,
}

/// A kind of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IntakeKind {
    /// An upload, or an item of a batch, that was refused.
    Refusal,
    /// A browser's report that was refused. Anybody can cause these, so they do not push out the others.
    Report,
    /// A batch that ended.
    Batch,
}

impl IntakeKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Refusal, Self::Report, Self::Batch];

    /// How many entries of a site are kept: the last ones.
    pub fn kept(self) -> u64 {
        match self {
            Self::Refusal => 1_000,
            Self::Report | Self::Batch => 200,
        }
    }
}

/// One thing that was wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntakeProblem {
    /// A JSON pointer into what was sent, or the name of a parameter.
    pub pointer: String,
    /// What was wrong, for programs.
    pub code: String,
    /// What was expected, for people; never what was sent.
    pub detail: String,
}

/// How a batch went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchCounts {
    /// Microseconds from its begin to its end.
    pub took: u64,
    /// Items that are stored.
    pub accepted: u64,
    /// Of those, new ones,
    pub created: u64,
    /// ones that changed something,
    pub updated: u64,
    /// and repeats.
    pub unchanged: u64,
    /// Items that are not.
    pub refused: u64,
}

/// What an entry tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntakeContent {
    /// Why all of it was refused or a batch broke off, by the name of the failure; `None` for what went well.
    pub code: Option<String>,
    /// What was wrong with single fields; at most [`IntakeContent::PROBLEMS_MAX`].
    pub problems: Vec<IntakeProblem>,
    /// Of an item of a batch, its place, counted from 0.
    pub item: Option<u64>,
    /// Of a batch.
    pub counts: Option<BatchCounts>,
}

impl IntakeContent {
    /// The most problems that are kept of one entry.
    pub const PROBLEMS_MAX: usize = 20;
}

/// An entry of the intake log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntakeEntry {
    /// Whose.
    pub site: SiteId,
    /// Of which kind.
    pub kind: IntakeKind,
    /// When it ended.
    pub at: Instant,
    /// The pattern of the address that was called.
    pub route: String,
    /// The record's or conversion's name, when it could be read.
    pub reference: Option<Text<255>>,
    /// The rest.
    pub content: IntakeContent,
}

/// Which entries to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntakeQuery {
    /// Whose.
    pub site: SiteId,
    /// Of which kind.
    pub kind: IntakeKind,
    /// Only those with a smaller number.
    pub before: Option<u64>,
    /// At most this many.
    pub limit: usize,
}

/// An entry with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredIntake {
    /// Counted within site and kind.
    pub id: u64,
    /// What was noted.
    pub entry: IntakeEntry,
}

/// What is to be noted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewIntake {
    /// In the order in which they ended.
    pub entries: Vec<IntakeEntry>,
    /// Each of one hour.
    pub sightings: Vec<Sighting>,
}
