use crate::{Country, Currency, Instant, Invalid, Text};
use std::fmt;

/// The name of a site in addresses and commands: 1 to 64 characters of `A-Z a-z 0-9 _ -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteId(String);

impl SiteId {
    /// The longest id, in characters.
    pub const LENGTH_MAX: usize = 64;

    /// Code: `not_a_site_id`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if raw.is_empty() || raw.len() > Self::LENGTH_MAX || !raw.bytes().all(allowed) {
            return Err(Invalid::new(
                "not_a_site_id",
                "must be 1 to 64 characters of A-Z, a-z, 0-9, _ and -",
            ));
        }
        Ok(Self(raw.to_owned()))
    }

    /// The id itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An IANA time zone name that the built-in database knows, such as `Europe/London`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeZoneName(String);

impl TimeZoneName {
    /// Code: `unknown_time_zone`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let zone = jiff::tz::TimeZone::get(raw.trim()).map_err(|_| {
            Invalid::new("unknown_time_zone", "must be an IANA time zone, such as Europe/London")
        })?;
        // The database matches in any case; the canonical spelling is kept.
        let name = zone.iana_name().unwrap_or(raw.trim());
        Ok(Self(name.to_owned()))
    }

    /// The IANA name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a pipeline stage means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Milestone {
    /// Somebody got in touch.
    Lead,
    /// A deal is being worked on.
    Opportunity,
    /// The deal was won.
    Won,
    /// The deal was lost.
    Lost,
}

impl Milestone {
    /// Every milestone, in the order in which a deal reaches them.
    pub const ALL: [Self; 4] = [Self::Lead, Self::Opportunity, Self::Won, Self::Lost];

    /// The name in settings and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Opportunity => "opportunity",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }

    /// Any case. Code: `unknown_milestone`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|m| m.name().eq_ignore_ascii_case(raw.trim()))
            .ok_or_else(|| Invalid::new("unknown_milestone", "must be one of lead, opportunity, won, lost"))
    }
}

/// A pipeline stage that a site has configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// As the CRM spells it.
    pub name: Text<255>,
    /// What it means.
    pub milestone: Milestone,
}

/// How a stage sent by a CRM relates to the configured ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageMatch<'a> {
    /// Configured, in exactly this spelling.
    Exact(&'a Stage),
    /// Configured, in another case.
    OtherCase(&'a Stage),
    /// Not configured.
    Unknown,
}

/// A tenant: every fact, token and report belongs to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its name in addresses; never changes.
    pub id: SiteId,
    /// Its name for people.
    pub name: Text<255>,
    /// What reports are in.
    pub currency: Currency,
    /// Whose telephone numbers come without a country code.
    pub phone_country: Country,
    /// Where its days begin and end.
    pub time_zone: TimeZoneName,
    /// The CRM's stages and what they mean; a stage that is not listed is accepted, unless `strict_stages`.
    pub stages: Vec<Stage>,
    /// Whether an upload with a stage that is not listed is refused.
    pub strict_stages: bool,
    /// When it was added.
    pub created_at: Instant,
}

impl Site {
    /// The most stages a site can list.
    pub const STAGES_MAX: usize = 200;

    /// Finds a stage among the configured ones: the exact spelling first, then any case.
    pub fn stage(&self, name: &str) -> StageMatch<'_> {
        let exact = self.stages.iter().find(|stage| stage.name.as_str() == name);
        if let Some(stage) = exact {
            return StageMatch::Exact(stage);
        }
        let lower = name.to_lowercase();
        let same_but_for_case = |stage: &&Stage| stage.name.as_str().to_lowercase() == lower;
        match self.stages.iter().find(same_but_for_case) {
            Some(stage) => StageMatch::OtherCase(stage),
            None => StageMatch::Unknown,
        }
    }

    /// What a stage means on this site, if it is configured in any case.
    pub fn milestone(&self, stage: &str) -> Option<Milestone> {
        match self.stage(stage) {
            StageMatch::Exact(stage) | StageMatch::OtherCase(stage) => Some(stage.milestone),
            StageMatch::Unknown => None,
        }
    }
}
