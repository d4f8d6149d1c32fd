use super::{Particulars, Version};
use crate::{Invalid, SiteId, Text};
use sha2::{Digest, Sha256};
use std::fmt;
use std::fmt::Write as _;

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// A deal in the CRM's pipeline.
    Opportunity,
    /// Money that came in.
    Revenue,
}

impl RecordKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Opportunity, Self::Revenue];

    /// The name in addresses, commands and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Opportunity => "opportunity",
            Self::Revenue => "revenue",
        }
    }
}

/// The CRM's own name for a record, unique per site and kind; compared exactly.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference(Text<255>);

impl Reference {
    /// Codes: those of [`Text::parse`].
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        Text::parse(raw).map(Self)
    }

    /// A reference for an upload that carries none, as older clients' do: the same upload always gets the
    /// same one. An opportunity is told from others by its identifiers, stage and date, so that a corrected
    /// value updates it; revenue, which has no stage, by its identifiers, value and date.
    pub fn generated(version: &Version) -> Self {
        let mut fields = Vec::new();
        for identifier in &version.identifiers {
            fields.extend([identifier.kind().name().to_owned(), identifier.value().to_owned()]);
        }
        fields.push(match &version.particulars {
            Particulars::Opportunity { stage } => stage.to_string(),
            Particulars::Revenue { .. } => version.value.to_string(),
        });
        fields.push(version.occurred.to_string());
        Self::hashed(&fields)
    }

    /// A reference that the same fields always get.
    pub(crate) fn hashed(fields: &[String]) -> Self {
        let mut hash = Sha256::new();
        for field in fields {
            hash.update(field.len().to_be_bytes());
            hash.update(field.as_bytes());
        }
        let mut text = String::from("auto-");
        for byte in &hash.finalize()[..16] {
            let _ = write!(text, "{byte:02x}");
        }
        // Hexadecimal digits are always a valid text.
        Text::parse(&text).map_or_else(|_| unreachable!(), Self)
    }

    /// The reference itself.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What names a record everywhere: its site, kind and reference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey {
    /// Whose record it is.
    pub site: SiteId,
    /// Opportunity or revenue.
    pub kind: RecordKind,
    /// The CRM's name for it.
    pub reference: Reference,
}
