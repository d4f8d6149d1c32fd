use crate::channel::ChannelRules;
use crate::identity::GuardSettings;
use crate::{Country, Currency, Instant, Invalid, Text, VisitSettings};
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

    /// The zone itself.
    pub fn zone(&self) -> jiff::tz::TimeZone {
        // The name was found in the same database.
        jiff::tz::TimeZone::get(&self.0).unwrap_or(jiff::tz::TimeZone::UTC)
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

/// Whose pages may report visits: a scheme, a host and, unless it is the usual one, a port, as browsers send it in
/// `Origin`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin(String);

impl Origin {
    /// Takes `https://example.com`, or any address on it. Code: `not_an_origin`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let origin = url::Url::parse(raw.trim()).ok().map(|url| url.origin());
        let origin = origin.filter(url::Origin::is_tuple).map(|origin| origin.ascii_serialization());
        origin.map(Self).ok_or_else(|| {
            Invalid::new("not_an_origin", "must be the address of a site, such as https://www.example.com")
        })
    }

    /// As browsers write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
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
    /// Whose pages may report visits; none listed means any.
    pub origins: Vec<Origin>,
    /// When a new visit begins.
    pub visits: VisitSettings,
    /// When an identifier evidently belongs to many.
    pub guards: GuardSettings,
    /// What channel a visit belongs to.
    pub channels: ChannelRules,
    /// After how many days a visit is deleted that never led to a record. `None` keeps it.
    pub visit_retention_days: Option<u32>,
    /// When it was added.
    pub created_at: Instant,
}

impl Site {
    /// The most stages a site can list.
    pub const STAGES_MAX: usize = 200;
    /// The most origins a site can list.
    pub const ORIGINS_MAX: usize = 100;
    /// The longest time that visits can be kept for, in days: a century.
    pub const RETENTION_DAYS_MAX: u32 = 36_500;

    /// A site with the usual settings: pounds, and telephone numbers and days of the United Kingdom.
    pub fn new(id: SiteId, name: Text<255>, created_at: Instant) -> Result<Self, Invalid> {
        Ok(Self {
            id,
            name,
            currency: Currency::parse("GBP")?,
            phone_country: Country::parse("GB")?,
            time_zone: TimeZoneName::parse("Europe/London")?,
            stages: Vec::new(),
            strict_stages: false,
            origins: Vec::new(),
            visits: VisitSettings::default(),
            guards: GuardSettings::default(),
            channels: ChannelRules::default(),
            visit_retention_days: None,
            created_at,
        })
    }

    /// Whether a page with this `Origin` may report visits.
    pub fn admits(&self, origin: &str) -> bool {
        self.origins.is_empty() || self.origins.iter().any(|admitted| admitted.as_str() == origin)
    }

    /// How many days visits are kept for, from 1. Code: `out_of_range`.
    pub fn parse_retention(raw: &str) -> Result<u32, Invalid> {
        let days = raw.trim().parse().ok().filter(|days| (1..=Self::RETENTION_DAYS_MAX).contains(days));
        days.ok_or_else(|| {
            let must = format!("must be a whole number of days from 1 to {}", Self::RETENTION_DAYS_MAX);
            Invalid::new("out_of_range", must)
        })
    }

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
