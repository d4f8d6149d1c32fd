/// Why a conversion is not handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeftOut {
    /// It was before.
    AlreadyExported,
    /// Nobody was found for the record.
    Unmatched,
    /// No visit before it carries a click id of the platform.
    NoClick,
    /// The last such visit is too long ago.
    ClickExpired,
    /// The conversion itself is too long ago.
    TooOld,
    /// The platform would not accept it yet.
    TooRecent,
    /// The record is worth less than nothing.
    Refund,
    /// The model gives the platform's clicks nothing.
    NoCredit,
    /// The record or its visits changed while the export was made.
    Changing,
}

impl LeftOut {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::AlreadyExported,
        Self::Unmatched,
        Self::NoClick,
        Self::ClickExpired,
        Self::TooOld,
        Self::TooRecent,
        Self::Refund,
        Self::NoCredit,
        Self::Changing,
    ];

    /// The name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::AlreadyExported => "already_exported",
            Self::Unmatched => "unmatched",
            Self::NoClick => "no_click",
            Self::ClickExpired => "click_expired",
            Self::TooOld => "too_old",
            Self::TooRecent => "too_recent",
            Self::Refund => "refund",
            Self::NoCredit => "no_credit",
            Self::Changing => "changing",
        }
    }

    /// What it means, for people.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::AlreadyExported => "An earlier export under this name has it.",
            Self::Unmatched => "Nobody was found for the record.",
            Self::NoClick => "No visit before it carries a click id of the platform.",
            Self::ClickExpired => "The last click is longer ago than the platform counts.",
            Self::TooOld => "It happened longer ago than the platform accepts.",
            Self::TooRecent => "The platform does not accept it yet; a later export will have it.",
            Self::Refund => "The record is worth less than nothing.",
            Self::NoCredit => "The model gives the platform's clicks nothing.",
            Self::Changing => "Facts about it came in meanwhile; the next export looks again.",
        }
    }
}
