use aho_corasick::AhoCorasick;
use regex::RegexSet;
use std::sync::LazyLock;

const LIST: &str = include_str!("../../data/crawlers.tsv");

static CRAWLERS: LazyLock<Option<Crawlers>> = LazyLock::new(|| Crawlers::of(LIST));

/// Nearly all patterns are plain text, and one automaton looks for all of those at once.
struct Crawlers {
    texts: AhoCorasick,
    text_names: Vec<&'static str>,
    expressions: RegexSet,
    expression_names: Vec<&'static str>,
}

impl Crawlers {
    /// None if the list is broken, which a test excludes.
    fn of(list: &'static str) -> Option<Self> {
        let (mut texts, mut text_names) = (Vec::new(), Vec::new());
        let (mut expressions, mut expression_names) = (Vec::new(), Vec::new());
        for line in list.lines().filter(|line| !line.starts_with('#')) {
            let mut columns = line.split('\t');
            let (name, reading, pattern) = (columns.next()?, columns.next()?, columns.next()?);
            if reading == "text" {
                texts.push(pattern);
                text_names.push(name);
            } else {
                expressions.push(pattern);
                expression_names.push(name);
            }
        }
        Some(Self {
            texts: AhoCorasick::new(texts).ok()?,
            text_names,
            expressions: RegexSet::new(expressions).ok()?,
            expression_names,
        })
    }

    fn find(&self, user_agent: &str) -> Option<&'static str> {
        if let Some(found) = self.texts.find(user_agent) {
            return self.text_names.get(found.pattern().as_usize()).copied();
        }
        let found = self.expressions.matches(user_agent).into_iter().next()?;
        self.expression_names.get(found).copied()
    }
}

/// The name of the known crawler, previewer, monitor or program library that a user agent belongs to; none for
/// people's browsers, and for an empty one.
///
/// The list is <https://github.com/monperrus/crawler-user-agents>, with the corrections that `scripts/refresh-lists`
/// explains. Upper and lower case are told apart, as its patterns do.
pub fn crawler(user_agent: &str) -> Option<&'static str> {
    CRAWLERS.as_ref()?.find(user_agent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole_and_every_entry_has_a_name() {
        let crawlers = CRAWLERS.as_ref().unwrap();
        let names = || crawlers.text_names.iter().chain(&crawlers.expression_names);
        assert_eq!(names().count(), LIST.lines().filter(|line| !line.starts_with('#')).count());
        assert!(names().all(|name| !name.trim().is_empty()));
        assert_eq!(
            crawler("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
            Some("Googlebot")
        );
        assert_eq!(crawler("curl/8.5.0"), Some("curl"));
        assert_eq!(crawler(""), None);
    }
}
