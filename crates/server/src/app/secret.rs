//! Random names and tokens.

use std::fmt::Write as _;
use touchline_domain::{TokenHash, TokenId};

/// The operating system's source of randomness failed; nothing can be named safely.
#[derive(Debug, thiserror::Error)]
#[error("no random bytes from the operating system: {0}")]
pub(crate) struct NoRandomness(getrandom::Error);

/// `BYTES` random bytes as lower-case hexadecimal digits.
pub(crate) fn random_hex<const BYTES: usize>() -> Result<String, NoRandomness> {
    let mut bytes = [0u8; BYTES];
    getrandom::fill(&mut bytes).map_err(NoRandomness)?;
    Ok(hex(bytes))
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: impl IntoIterator<Item = u8>) -> String {
    bytes.into_iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A new token: its text, to be shown once, and what is stored of it.
pub(crate) struct NewToken {
    pub(crate) text: String,
    pub(crate) id: TokenId,
    pub(crate) hash: TokenHash,
}

impl NewToken {
    /// 256 random bits; the prefix lets secret scanners and people recognise it.
    pub(crate) fn generate() -> Result<Self, NoRandomness> {
        let text = format!("tl_{}", random_hex::<32>()?);
        let hash = TokenHash::of(&text);
        Ok(Self { text, id: TokenId(random_hex::<6>()?), hash })
    }
}
