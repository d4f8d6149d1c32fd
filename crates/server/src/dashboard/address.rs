//! The address of a page: every state of it is there, so that a link is a report.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt;

/// What need not be encoded in a query, so that people can read addresses.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b',')
    .remove(b':')
    .remove(b'!')
    .remove(b'/');

/// A path and its parameters, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    path: String,
    pairs: Vec<(String, String)>,
}

impl Address {
    pub(crate) fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), pairs: Vec::new() }
    }

    pub(crate) fn with_pairs(path: impl Into<String>, pairs: Vec<(String, String)>) -> Self {
        Self { path: path.into(), pairs }
    }

    /// A page below this one, named by what may hold any character.
    pub(crate) fn below(&self, name: &str) -> Self {
        let segment = utf8_percent_encode(name, NON_ALPHANUMERIC);
        Self { path: format!("{}/{segment}", self.path), pairs: self.pairs.clone() }
    }

    /// The first value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// The same with one value of a parameter in place of all that it had.
    pub(crate) fn with(&self, name: &str, value: impl Into<String>) -> Self {
        self.without(&[name]).and(name, value)
    }

    /// The same with one more value of a parameter; nothing is there twice.
    pub(crate) fn and(&self, name: &str, value: impl Into<String>) -> Self {
        let mut address = self.clone();
        let pair = (name.to_owned(), value.into());
        if !address.pairs.contains(&pair) {
            address.pairs.push(pair);
        }
        address
    }

    /// The same without these parameters.
    pub(crate) fn without(&self, names: &[&str]) -> Self {
        let mut address = self.clone();
        address.pairs.retain(|(name, _)| !names.contains(&name.as_str()));
        address
    }

    /// The same without one value of a parameter.
    pub(crate) fn less(&self, name: &str, value: &str) -> Self {
        let mut address = self.clone();
        address.pairs.retain(|(one, held)| !(one == name && held == value));
        address
    }

    /// Another page, asked these parameters of this one.
    pub(crate) fn to(&self, path: impl Into<String>, names: &[&str]) -> Self {
        let kept = self.pairs.iter().filter(|(name, _)| names.contains(&name.as_str()));
        Self { path: path.into(), pairs: kept.cloned().collect() }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        for ((name, value), mark) in self.pairs.iter().zip(std::iter::once('?').chain(std::iter::repeat('&')))
        {
            let (name, value) = (utf8_percent_encode(name, ENCODED), utf8_percent_encode(value, ENCODED));
            write!(f, "{mark}{name}={value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_changed_leaves_the_rest_in_order() {
        let here =
            Address::new("/p").and("where", "channel:Email").and("by", "source").and("where", "!device:a&b");
        assert_eq!(here.to_string(), "/p?where=channel:Email&by=source&where=!device:a%26b");
        assert_eq!(here.and("where", "channel:Email"), here, "nothing is asked twice");
        assert_eq!(here.with("by", "term").to_string(), "/p?where=channel:Email&where=!device:a%26b&by=term");
        assert_eq!(here.less("where", "channel:Email").to_string(), "/p?by=source&where=!device:a%26b");
        assert_eq!(here.to("/q", &["by"]).to_string(), "/q?by=source");
        assert_eq!(here.without(&["by", "where"]).to_string(), "/p");
        assert_eq!(Address::new("/p").below("a/b ..").to_string(), "/p/a%2Fb%20%2E%2E");
        assert_eq!(Address::new("/p").with("x", "Größe 1+1").to_string(), "/p?x=Gr%C3%B6%C3%9Fe%201%2B1");
    }
}
