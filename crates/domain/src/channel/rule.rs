use super::facts::Facts;
use super::glob::Glob;
use super::{ClickIdKind, SourceKind};
use crate::{Invalid, Text};

/// What a condition looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Who sent the visit: `utm_source`, or what the click id or the referrer implies.
    Source,
    /// By what means: `utm_medium`, or what the click id or the referrer implies.
    Medium,
    /// `utm_campaign`.
    Campaign,
    /// `utm_term`.
    Term,
    /// `utm_content`.
    Content,
    /// `utm_id`, or Google Ads' `gad_campaignid`.
    CampaignId,
    /// `utm_source_platform`.
    SourcePlatform,
    /// What the lists say the source is; see [`SourceKind`].
    SourceKind,
    /// The names of the click ids that the landing page carried; see [`ClickIdKind`].
    ClickId,
    /// The referrer's host without `www.`; absent when the referrer does not count.
    ReferrerHost,
    /// The landing page's host without `www.`.
    LandingHost,
    /// The landing page's path.
    LandingPath,
}

impl Field {
    /// Every field; those whose names begin alike, the longer first.
    pub const ALL: [Self; 12] = [
        Self::SourcePlatform,
        Self::SourceKind,
        Self::Source,
        Self::Medium,
        Self::CampaignId,
        Self::Campaign,
        Self::Term,
        Self::Content,
        Self::ClickId,
        Self::ReferrerHost,
        Self::LandingHost,
        Self::LandingPath,
    ];

    /// The name in the text of a rule.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Medium => "medium",
            Self::Campaign => "campaign",
            Self::Term => "term",
            Self::Content => "content",
            Self::CampaignId => "campaign id",
            Self::SourcePlatform => "source platform",
            Self::SourceKind => "source kind",
            Self::ClickId => "click id",
            Self::ReferrerHost => "referrer host",
            Self::LandingHost => "landing host",
            Self::LandingPath => "landing path",
        }
    }
}

/// How a condition compares; each holds when any of its values does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// Is one of the values.
    Is,
    /// Contains one of them.
    Contains,
    /// Begins with one of them.
    BeginsWith,
    /// Ends with one of them.
    EndsWith,
    /// Fits one of them, where `*` stands for any run of characters and `[a-z]`, `[^a-z]` for one character.
    Matches,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Self; 5] = [Self::Is, Self::Contains, Self::BeginsWith, Self::EndsWith, Self::Matches];

    /// The name in the text of a rule; of [`Operator::Is`] the one for a single value.
    pub fn name(self) -> &'static str {
        match self {
            Self::Is => "is",
            Self::Contains => "contains",
            Self::BeginsWith => "begins with",
            Self::EndsWith => "ends with",
            Self::Matches => "matches",
        }
    }
}

/// One thing that must hold. Case never matters; a field that a visit lacks fulfils nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    field: Field,
    operator: Operator,
    values: Vec<String>,
    /// The values once more, when they are patterns.
    globs: Vec<Glob>,
}

impl Condition {
    /// The most values.
    pub const VALUES_MAX: usize = 50;
    /// The longest value, in characters.
    pub const VALUE_LENGTH_MAX: usize = 255;

    /// Checks and lower-cases the values. Codes: those of [`Text::parse`], and `contains_control`, `required`,
    /// `too_many`, `not_a_pattern`, `unknown_source_kind`, `unknown_click_id`.
    pub fn new<V: AsRef<str>>(
        field: Field,
        operator: Operator,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Self, Invalid> {
        let mut parsed = Vec::new();
        for value in values {
            if parsed.len() == Self::VALUES_MAX {
                let must = format!("must compare with at most {} values", Self::VALUES_MAX);
                return Err(Invalid::new("too_many", must));
            }
            parsed.push(Self::value(field, operator, value.as_ref())?);
        }
        if parsed.is_empty() {
            return Err(Invalid::new("required", "must compare with at least one value"));
        }
        let globs = match operator {
            Operator::Matches => parsed.iter().map(|value| Glob::parse(value)).collect::<Result<_, _>>()?,
            _ => Vec::new(),
        };
        Ok(Self { field, operator, values: parsed, globs })
    }

    fn value(field: Field, operator: Operator, raw: &str) -> Result<String, Invalid> {
        // Lower case can be longer, so the length is checked of what is kept.
        let value = line_text(&raw.to_lowercase())?;
        match (field, operator) {
            (Field::SourceKind, Operator::Is) => Ok(SourceKind::parse(&value)?.name().to_owned()),
            (Field::ClickId, Operator::Is) => Ok(ClickIdKind::parse(&value)?.name().to_lowercase()),
            _ => Ok(value),
        }
    }

    /// What it looks at.
    pub fn field(&self) -> Field {
        self.field
    }

    /// How it compares.
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// What it compares with, in lower case.
    pub fn values(&self) -> &[String] {
        &self.values
    }

    fn holds(&self, facts: &Facts<'_>) -> bool {
        match self.field {
            Field::ClickId => {
                facts.click_ids.iter().any(|id| self.met_by(&id.kind.name().to_lowercase()).is_some())
            }
            field => facts.value(field).is_some_and(|value| self.met_by(value).is_some()),
        }
    }

    /// The first of the values that `text` agrees with.
    pub(super) fn met_by(&self, text: &str) -> Option<&str> {
        let first =
            |compare: fn(&str, &str) -> bool| self.values.iter().position(|value| compare(text, value));
        let place = match self.operator {
            Operator::Is => first(|text, value| text == value),
            Operator::Contains => first(|text, value| text.contains(value)),
            Operator::BeginsWith => first(|text, value| text.starts_with(value)),
            Operator::EndsWith => first(|text, value| text.ends_with(value)),
            Operator::Matches => self.globs.iter().position(|glob| glob.fits(text)),
        };
        self.values.get(place?).map(String::as_str)
    }
}

/// Which channel a visit belongs to when all conditions hold.
///
/// Written and read as one line of text, see [`Rule::parse`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    name: Text<255>,
    channel: Text<255>,
    conditions: Vec<Condition>,
}

impl Rule {
    /// The most conditions.
    pub const CONDITIONS_MAX: usize = 20;

    /// Codes: those of [`Text::parse`], and `contains_control`, `required`, `too_many`.
    pub fn new(name: &str, channel: &str, conditions: Vec<Condition>) -> Result<Self, Invalid> {
        if conditions.is_empty() {
            return Err(Invalid::new("required", "must have at least one condition"));
        }
        if conditions.len() > Self::CONDITIONS_MAX {
            let must = format!("must have at most {} conditions", Self::CONDITIONS_MAX);
            return Err(Invalid::new("too_many", must));
        }
        let text = |raw: &str| line_text(raw).and_then(|text| Text::parse(&text));
        Ok(Self { name: text(name)?, channel: text(channel)?, conditions })
    }

    /// Its name, by which a report says why a visit is where it is. Rules with one name are alternatives.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The channel.
    pub fn channel(&self) -> &str {
        self.channel.as_str()
    }

    /// What must hold, all of it.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    pub(super) fn holds(&self, facts: &Facts<'_>) -> bool {
        self.conditions.iter().all(|condition| condition.holds(facts))
    }
}

/// Text that keeps a rule on one line.
fn line_text(raw: &str) -> Result<String, Invalid> {
    let text = Text::<{ Condition::VALUE_LENGTH_MAX }>::parse(raw)?;
    let breaks_lines = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    if text.as_str().contains(breaks_lines) {
        return Err(Invalid::new("contains_control", "must not contain control characters"));
    }
    Ok(text.as_str().to_owned())
}
