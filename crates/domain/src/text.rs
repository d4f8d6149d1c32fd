use crate::Invalid;
use std::fmt;

/// Text from outside: trimmed, not empty, at most `MAX` characters, without NUL.
///
/// NUL is refused because `PostgreSQL` cannot store it and no CRM means it; every other character is kept,
/// however odd.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    /// Trims and checks `raw`. Codes: `empty`, `too_long`, `contains_nul`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let trimmed = raw.trim();
        if trimmed.is_empty() {
            return Err(Invalid::new("empty", "must not be empty"));
        }
        // A character is at most four bytes: short texts need no counting.
        if trimmed.len() > MAX && trimmed.chars().count() > MAX {
            let must = format!("must be at most {MAX} characters long");
            return Err(Invalid::new("too_long", must));
        }
        if trimmed.contains('\0') {
            return Err(Invalid::new("contains_nul", "must not contain NUL characters"));
        }
        Ok(Self(trimmed.to_owned()))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_trimmed_bounded_and_free_of_nul() {
        let code = |raw: &str| Text::<3>::parse(raw).map_err(|e| e.code);
        assert_eq!(code(" a b "), Ok(Text("a b".into())));
        assert_eq!(code("äöü"), Ok(Text("äöü".into())), "characters, not bytes");
        assert_eq!(code(" \t\n"), Err("empty"));
        assert_eq!(code("abcd"), Err("too_long"));
        assert_eq!(code("a\0b"), Err("contains_nul"));
    }
}
