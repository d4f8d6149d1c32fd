use url::Url;

/// The parts of a web address that channels look at. Anything that people and programs send is read as far as it
/// makes sense: without a scheme, or only a path.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Address {
    /// Lower-case, in ASCII (an internationalised name as Punycode), without a trailing dot.
    pub(super) host: Option<String>,
    /// As written; starts with `/` when there is a host.
    pub(super) path: String,
    /// What follows `?`, still encoded.
    pub(super) query: String,
}

impl Address {
    /// Reads `raw`; what cannot be read is an address without parts.
    pub(super) fn read(raw: &str) -> Self {
        let raw = raw.trim();
        if let Some(address) = Self::absolute(raw) {
            return address;
        }
        // `shop.example/path` and `shop.example:8080` lack a scheme; a relative address has no dot in its start.
        let start = raw.split(['/', '?', '#', ':']).next().unwrap_or("");
        if start.contains('.')
            && !start.contains(char::is_whitespace)
            && let Some(address) = Self::absolute(&format!("https://{raw}"))
        {
            return address;
        }
        let before_fragment = raw.split('#').next().unwrap_or("");
        let (path, query) = before_fragment.split_once('?').unwrap_or((before_fragment, ""));
        Self { host: None, path: path.to_owned(), query: query.to_owned() }
    }

    /// An address with a scheme and a host.
    pub(super) fn absolute(raw: &str) -> Option<Self> {
        let url = Url::parse(raw).ok()?;
        let host = url.host_str()?.trim_end_matches('.').to_lowercase();
        if host.is_empty() {
            return None;
        }
        let query = url.query().unwrap_or("").to_owned();
        Some(Self { host: Some(host), path: url.path().to_owned(), query })
    }

    /// The decoded pairs of the query.
    pub(super) fn parameters(&self) -> url::form_urlencoded::Parse<'_> {
        url::form_urlencoded::parse(self.query.as_bytes())
    }
}

/// The part of a host name that its owner registered: `example.co.uk` of `www.example.co.uk`, by the public suffix
/// list (<https://publicsuffix.org>). None for addresses of machines and for public suffixes themselves.
pub(super) fn registrable_domain(host: &str) -> Option<&str> {
    // No public suffix is a number (<https://url.spec.whatwg.org/#ends-in-a-number-checker>).
    let last = host.rsplit('.').next().unwrap_or(host);
    let is_machine = host.starts_with('[') || last.bytes().all(|b| b.is_ascii_digit());
    if is_machine { None } else { psl::domain_str(host) }
}

/// Whether two hosts belong to one owner's site.
pub(super) fn same_site(one: &str, other: &str) -> bool {
    one == other || registrable_domain(one).is_some_and(|domain| registrable_domain(other) == Some(domain))
}

/// A host as people say it.
pub(super) fn without_www(host: &str) -> &str {
    host.strip_prefix("www.").unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(raw: &str) -> Option<String> {
        Address::read(raw).host
    }

    #[test]
    fn addresses_are_read_as_far_as_they_make_sense() {
        assert_eq!(host("https://WWW.Example.com:8443/a?b=c").as_deref(), Some("www.example.com"));
        assert_eq!(host("https://bücher.example/").as_deref(), Some("xn--bcher-kva.example"));
        assert_eq!(host("https://example.com./").as_deref(), Some("example.com"));
        assert_eq!(host("android-app://com.Google.android.gm/").as_deref(), Some("com.google.android.gm"));
        assert_eq!(host("shop.example/path?x=1").as_deref(), Some("shop.example"));
        assert_eq!(host("shop.example:8080/path").as_deref(), Some("shop.example"));
        assert_eq!(host("/path?utm_source=a.b"), None);
        assert_eq!(host("about:blank"), None);
        assert_eq!(host("not a url. really"), None);
        assert_eq!(Address::read("/path?a=b#c").query, "a=b");
    }

    #[test]
    fn one_site_is_one_registrable_domain() {
        assert!(same_site("www.example.co.uk", "shop.example.co.uk"));
        assert!(!same_site("one.co.uk", "two.co.uk"));
        assert!(!same_site("one.github.io", "two.github.io"));
        assert!(same_site("localhost", "localhost"));
        assert!(!same_site("10.0.0.1", "10.1.0.1"));
        assert!(same_site("10.0.0.1", "10.0.0.1"));
    }
}
