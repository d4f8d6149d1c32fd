use crate::Invalid;

/// A pattern for a whole text: `*` stands for any run of characters, `[abc]`, `[a-z]` and `[^a-z]` for one.
///
/// Made for rules that a site writes: matching takes at most the product of both lengths, whatever they are, which
/// a regular expression from outside could not promise as plainly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glob(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    AnyRun,
    One(char),
    OneOf { ranges: Vec<(char, char)>, negated: bool },
}

impl Glob {
    /// Code: `not_a_pattern`.
    pub(super) fn parse(text: &str) -> Result<Self, Invalid> {
        let mut pieces = Vec::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            pieces.push(match character {
                '*' => Piece::AnyRun,
                '[' => {
                    let rest = characters.as_str();
                    let class =
                        rest.split_once(']').map(|(class, _)| class).filter(|class| !class.is_empty());
                    let class = class.ok_or_else(|| {
                        Invalid::new(
                            "not_a_pattern",
                            "must close every [ with a ] and name a character between them",
                        )
                    })?;
                    characters = rest[class.len() + 1..].chars();
                    Piece::class(class)
                }
                character => Piece::One(character),
            });
        }
        Ok(Self(pieces))
    }

    /// Whether the whole of `text` fits.
    pub(super) fn fits(&self, text: &str) -> bool {
        let (mut piece, mut rest) = (0, text.chars());
        // Where to go on when what follows the latest `*` does not fit: let that `*` take one character more.
        let mut retry = None;
        loop {
            if self.0.get(piece) == Some(&Piece::AnyRun) {
                piece += 1;
                retry = Some((piece, rest.clone()));
                continue;
            }
            let mut ahead = rest.clone();
            match (self.0.get(piece), ahead.next()) {
                (None, None) => return true,
                (Some(expected), Some(character)) if expected.is(character) => {
                    piece += 1;
                    rest = ahead;
                    continue;
                }
                _ => {}
            }
            let Some((after_run, mut from)) = retry else { return false };
            if from.next().is_none() {
                return false;
            }
            piece = after_run;
            rest = from.clone();
            retry = Some((after_run, from));
        }
    }
}

impl Piece {
    fn class(class: &str) -> Self {
        let (negated, class) = match class.strip_prefix('^') {
            Some(rest) if !rest.is_empty() => (true, rest),
            _ => (false, class),
        };
        let characters: Vec<char> = class.chars().collect();
        let mut ranges = Vec::new();
        let mut at = 0;
        while at < characters.len() {
            if at + 2 < characters.len() && characters[at + 1] == '-' {
                ranges.push((characters[at], characters[at + 2]));
                at += 3;
            } else {
                ranges.push((characters[at], characters[at]));
                at += 1;
            }
        }
        Self::OneOf { ranges, negated }
    }

    fn is(&self, character: char) -> bool {
        match self {
            Self::AnyRun => false,
            Self::One(expected) => *expected == character,
            Self::OneOf { ranges, negated } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&character)) != *negated
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fits(pattern: &str, text: &str) -> bool {
        Glob::parse(pattern).unwrap().fits(text)
    }

    #[test]
    fn a_pattern_is_for_the_whole_text() {
        assert!(fits("*cp*", "cpc") && fits("*cp*", "xcpx") && !fits("*cp*", "c-p"));
        assert!(fits("paid*", "paid") && fits("paid*", "paid-social") && !fits("paid*", "unpaid"));
        assert!(fits("", "") && !fits("", "a") && fits("*", "") && fits("**", "a"));
        assert!(fits("*ab", "aab") && fits("a*b*c", "axxbyyc") && !fits("a*b*c", "axxbyy"));
        assert!(fits("[*]", "*") && !fits("[*]", "a") && fits("[-a]", "-") && fits("[^]", "^"));
    }

    #[test]
    fn classes_say_what_ga4_says_about_shops() {
        for (text, is_shop) in [("eshop", true), ("my-shop", true), ("workshop", false), ("2shop", true)] {
            assert_eq!(fits("*[^a-df-z]shop*", text), is_shop, "{text}");
        }
    }

    #[test]
    fn an_open_class_is_refused() {
        for pattern in ["[", "a[b", "[]", "[]a]"] {
            assert_eq!(Glob::parse(pattern).map_err(|e| e.code), Err("not_a_pattern"), "{pattern}");
        }
    }

    #[test]
    fn long_runs_of_stars_take_no_time() {
        let pattern = "*a".repeat(120) + "b";
        assert!(!fits(&pattern, &"a".repeat(255)));
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_regular_expression(
            pieces in prop::collection::vec(prop::sample::select(vec!["*", "a", "b", "[ab]", "[^a]", "[b-c]"]), 0..8),
            text in "[abcd]{0,10}",
        ) {
            let expression = format!("^{}$", pieces.concat().replace('*', ".*"));
            prop_assert_eq!(fits(&pieces.concat(), &text), regex::Regex::new(&expression).unwrap().is_match(&text));
        }
    }
}
