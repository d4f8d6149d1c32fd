use crate::{Invalid, Text};
use std::fmt;

/// The address of a page: absolute, `http` or `https`, with a host, at most 2,048 characters. Kept as it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageUrl(Text<2048>);

impl PageUrl {
    /// The longest address, in characters.
    pub const LENGTH_MAX: usize = 2_048;

    /// Codes: those of [`Text::parse`], and `not_a_url`. Rules: the [URL standard](https://url.spec.whatwg.org/).
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let text = Text::parse(raw)?;
        let is_page = url::Url::parse(text.as_str())
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !is_page {
            return Err(Invalid::new("not_a_url", "must be an absolute http or https URL"));
        }
        Ok(Self(text))
    }

    /// An address that was parsed before and kept by a store.
    pub fn stored(raw: &str) -> Result<Self, Invalid> {
        Text::parse(raw).map(Self)
    }

    /// The address itself.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for PageUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_absolute() {
        let code = |raw: &str| PageUrl::parse(raw).map(|url| url.to_string()).map_err(|e| e.code);
        assert_eq!(code(" https://example.com/?a=b#c ").as_deref(), Ok("https://example.com/?a=b#c"));
        assert_eq!(code("http://localhost:8080/").as_deref(), Ok("http://localhost:8080/"));
        for raw in ["/path", "example.com", "ftp://example.com/", "javascript:alert(1)", "https://", "data:,"]
        {
            assert_eq!(code(raw), Err("not_a_url"), "{raw}");
        }
        assert_eq!(code(&format!("https://example.com/{}", "a".repeat(2_048))), Err("too_long"));
    }
}
