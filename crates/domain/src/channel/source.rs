use super::address::{registrable_domain, without_www};
use crate::Invalid;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a known source of visits is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// A search engine.
    Search,
    /// A social network, forum or messenger.
    Social,
    /// A video site.
    Video,
    /// A market place or price comparison.
    Shopping,
    /// An AI assistant.
    Ai,
    /// A web mail service.
    Email,
    /// An advertising network.
    Ads,
}

impl SourceKind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Search, Self::Social, Self::Video, Self::Shopping, Self::Ai, Self::Email, Self::Ads];

    /// The name in rules and lists.
    pub fn name(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Social => "social",
            Self::Video => "video",
            Self::Shopping => "shopping",
            Self::Ai => "ai",
            Self::Email => "email",
            Self::Ads => "ads",
        }
    }

    /// Any case. Code: `unknown_source_kind`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let raw = raw.trim();
        Self::ALL.into_iter().find(|kind| raw.eq_ignore_ascii_case(kind.name())).ok_or_else(|| {
            let must = "must name source kinds out of search, social, video, shopping, ai, email, ads";
            Invalid::new("unknown_source_kind", must)
        })
    }

    /// The medium of an untagged link from there. GA4's words, so that reports can be laid side by side.
    pub(super) fn medium(self) -> &'static str {
        match self {
            Self::Search => "organic",
            Self::Social => "social",
            Self::Video => "video",
            Self::Shopping => "referral",
            Self::Ai => "ai-assistant",
            Self::Email => "email",
            Self::Ads => "display",
        }
    }
}

/// What the lists say about a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    /// A source of some kind, under the name that all its hosts share.
    Known { kind: SourceKind, source: &'static str },
    /// A site like any other, though it lies below a host that is listed.
    Plain,
    /// A step on the visitor's way: nobody came from there.
    Ignored,
}

const BY_HAND: &str = include_str!("../../data/sources.tsv");
const FROM_PACKAGES: &str = include_str!("../../data/referrers.tsv");

static SOURCES: LazyLock<Sources> = LazyLock::new(|| Sources::of([BY_HAND, FROM_PACKAGES]));

#[derive(Default)]
struct Sources {
    hosts: HashMap<&'static str, Listed>,
    /// By host: what lies under a path of it.
    paths: HashMap<&'static str, Vec<(&'static str, Listed)>>,
    /// By name without the public suffix: what is meant under every one.
    everywhere: HashMap<&'static str, Listed>,
    /// By what people write into `utm_source`; only what is kept by hand, since names like `orange` mean more than one.
    names: HashMap<&'static str, SourceKind>,
}

impl Sources {
    /// The earlier list wins.
    fn of(lists: [&'static str; 2]) -> Self {
        let mut sources = Self::default();
        for (name, listed) in lists.into_iter().flat_map(rows) {
            if let Some(everywhere) = name.strip_suffix(".*") {
                sources.everywhere.entry(everywhere).or_insert(listed);
            } else if let Some((host, _)) = name.split_once('/') {
                sources.paths.entry(host).or_default().push((&name[host.len()..], listed));
            } else if sources.covers(name) {
                // A name kept by hand for every public suffix wins over the packages' hosts of that name.
            } else if name.contains('.') {
                sources.hosts.entry(name).or_insert(listed);
            } else if let Listed::Known { kind, .. } = listed {
                sources.names.entry(name).or_insert(kind);
            }
        }
        sources
    }

    fn covers(&self, host: &str) -> bool {
        let name = without_suffix(without_www(host));
        name.is_some_and(|name| self.everywhere.contains_key(name))
    }

    fn at(&self, host: &str, path: &str) -> Option<Listed> {
        let under_path = |host| {
            let paths = self.paths.get(host)?;
            paths.iter().find(|(prefix, _)| path.starts_with(prefix)).map(|(_, listed)| *listed)
        };
        let mut rest = host;
        loop {
            if let Some(listed) = under_path(rest).or_else(|| self.hosts.get(rest).copied()) {
                return Some(listed);
            }
            match rest.split_once('.') {
                Some((_, above)) if above.contains('.') => rest = above,
                _ => break,
            }
        }
        let mut name = without_suffix(host)?;
        loop {
            if let Some(listed) = self.everywhere.get(name) {
                return Some(*listed);
            }
            name = name.split_once('.')?.1;
        }
    }
}

fn rows(list: &'static str) -> impl Iterator<Item = (&'static str, Listed)> {
    list.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut columns = line.split('\t');
        let (name, kind, source) = (columns.next()?, columns.next()?, columns.next()?);
        let listed = match kind {
            "ignored" => Listed::Ignored,
            "referral" => Listed::Plain,
            kind => Listed::Known { kind: SourceKind::parse(kind).ok()?, source },
        };
        Some((name, listed))
    })
}

/// `accounts.google` of `accounts.google.co.uk`.
fn without_suffix(host: &str) -> Option<&str> {
    let registered = registrable_domain(host)?;
    let suffix = registered.split_once('.')?.1;
    host.strip_suffix(suffix)?.strip_suffix('.')
}

/// What the lists say about a host and path.
pub(super) fn listed(host: &str, path: &str) -> Option<Listed> {
    // Some lists name only `www.`.
    SOURCES.at(host, path).or_else(|| SOURCES.hosts.get(format!("www.{host}").as_str()).copied())
}

/// What kind of source `utm_source` names: by name (`facebook`, `fb`) or by host (`m.facebook.com`).
pub(super) fn kind_of_name(lower: &str) -> Option<SourceKind> {
    if let Some(kind) = SOURCES.names.get(lower) {
        return Some(*kind);
    }
    if !lower.contains('.') {
        return None;
    }
    let host = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")).unwrap_or(lower);
    match listed(host.trim_end_matches('/'), "")? {
        Listed::Known { kind, .. } => Some(kind),
        Listed::Plain | Listed::Ignored => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::ClickIdKind;
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_line_of_the_lists_is_read() {
        for list in [BY_HAND, FROM_PACKAGES] {
            let lines = list.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
            assert_eq!(rows(list).count(), lines.clone().count());
            for line in lines {
                assert_eq!(line, line.to_lowercase(), "look-ups are in lower case");
                assert_eq!(line.split('\t').count(), 3, "{line}");
            }
        }
    }

    #[test]
    fn the_list_kept_by_hand_says_nothing_twice() {
        let mut seen = HashSet::new();
        for (name, _) in rows(BY_HAND) {
            assert!(seen.insert(name), "{name}");
        }
    }

    #[test]
    fn the_longest_host_and_path_that_is_listed_counts() {
        let kind = |host, path| match listed(host, path) {
            Some(Listed::Known { kind, source }) => Some((kind, source)),
            _ => None,
        };
        assert_eq!(kind("www.google.co.uk", "/"), Some((SourceKind::Search, "google")));
        assert_eq!(kind("gemini.google.com", "/"), Some((SourceKind::Ai, "gemini")));
        assert_eq!(kind("x.com", "/i/grok"), Some((SourceKind::Ai, "grok")));
        assert_eq!(kind("x.com", "/someone"), Some((SourceKind::Social, "twitter")));
        assert_eq!(kind("smile.amazon.com.au", "/"), Some((SourceKind::Shopping, "amazon")));
        assert_eq!(
            kind("www.amazon.com", "/"),
            Some((SourceKind::Shopping, "amazon")),
            "search in the packages"
        );
        assert_eq!(kind("www.alltheweb.com", "/"), kind("alltheweb.com", "/"), "listed with www. only");
        assert!(kind("alltheweb.com", "/").is_some());
        assert_eq!(kind("qwant.com", "/"), Some((SourceKind::Search, "qwant")));
        assert_eq!(listed("docs.google.com", "/document"), Some(Listed::Plain));
        assert_eq!(listed("accounts.google.com", "/"), Some(Listed::Ignored));
        assert_eq!(listed("www.facebook.com", "/login.php"), Some(Listed::Ignored));
        assert_eq!(listed("example.com", "/"), None);
        assert_eq!(listed("notgoogle.example", "/"), None);
    }

    #[test]
    fn names_mean_the_kind_of_their_source() {
        for (name, kind) in [
            ("google", SourceKind::Search),
            ("fb", SourceKind::Social),
            ("m.facebook.com", SourceKind::Social),
            ("https://youtube.com/", SourceKind::Video),
            ("chatgpt.com", SourceKind::Ai),
            ("yahoo", SourceKind::Search),
            ("taboola", SourceKind::Ads),
            ("search.naver.com", SourceKind::Search),
        ] {
            assert_eq!(kind_of_name(name), Some(kind), "{name}");
        }
        assert_eq!(kind_of_name("newsletter"), None);
        assert_eq!(kind_of_name("orange"), None);
        assert!(ClickIdKind::ALL.iter().all(|kind| kind_of_name(kind.implies().source).is_some()));
    }
}
