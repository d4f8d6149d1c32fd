use crate::{Instant, Invalid, SiteId, Text};
use sha2::{Digest, Sha256};
use std::fmt;

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Send facts.
    Ingest,
    /// Read facts and reports.
    Read,
    /// Delete, and change settings.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 3] = [Self::Ingest, Self::Read, Self::Admin];

    /// The name in commands and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }
}

/// A set of scopes, never empty. None implies another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Every scope there is.
    pub fn all() -> Self {
        Self(Scope::ALL.to_vec())
    }

    /// Parses names separated by commas, in any order and case. Code: `unknown_scope`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let unknown = || {
            Invalid::new("unknown_scope", "must be one or more of ingest, read, admin, separated by commas")
        };
        let find = |name: &str| Scope::ALL.into_iter().find(|s| s.name().eq_ignore_ascii_case(name.trim()));
        let mut scopes =
            raw.split(',').map(|name| find(name).ok_or_else(unknown)).collect::<Result<Vec<_>, _>>()?;
        scopes.sort_unstable();
        scopes.dedup();
        Ok(Self(scopes))
    }

    /// Whether `scope` is among them.
    pub fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|scope| scope.name()).collect();
        f.write_str(&names.join(","))
    }
}

/// The SHA-256 of a token's text: all that is ever stored of it.
///
/// A plain hash suffices because the text is 256 random bits; there is nothing to guess or enumerate.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// Hashes a token's text.
    pub fn of(token_text: &str) -> Self {
        Self(Sha256::digest(token_text.as_bytes()).into())
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

/// The public name of a token, shown in lists and used to revoke it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(pub String);

/// A bearer token, as it is stored: everything but its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its public name.
    pub id: TokenId,
    /// What people call it.
    pub name: Text<255>,
    /// The hash of its text.
    pub hash: TokenHash,
    /// The sites it reaches, never empty.
    pub sites: Vec<SiteId>,
    /// What it allows on them.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Instant,
    /// From when on it is refused.
    pub expires_at: Option<Instant>,
    /// When it was revoked.
    pub revoked_at: Option<Instant>,
    /// Of a browser's session: the token that it was signed in with, and with which it is revoked. Good for pages alone.
    pub session_of: Option<TokenId>,
}

impl Token {
    /// Whether it is good at `now`: neither revoked nor expired.
    pub fn is_valid(&self, now: Instant) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}
