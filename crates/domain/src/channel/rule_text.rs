use super::{Condition, Field, Operator, Rule};
use crate::Invalid;
use std::fmt;
use std::str::FromStr;

impl Rule {
    /// Reads a rule from its line:
    ///
    /// ```text
    /// NAME: CHANNEL if FIELD OPERATOR VALUE, VALUE … and FIELD OPERATOR VALUE …
    /// ```
    ///
    /// Fields and operators are those of [`Field::name`] and [`Operator::name`], in any case; `is one of` is `is`.
    /// A value (and a name or channel that would be misread) stands in double quotes, with `\"` and `\\` inside;
    /// a value of one word needs none.
    ///
    /// ```
    /// use touchline_domain::channel::Rule;
    /// let rule = Rule::parse("brand: Brand Search if source kind is search and campaign contains brand").unwrap();
    /// assert_eq!(rule.channel(), "Brand Search");
    /// assert_eq!(Rule::parse(&rule.to_string()), Ok(rule));
    /// ```
    ///
    /// Codes: `not_a_rule`, and those of [`Rule::new`] and [`Condition::new`].
    pub fn parse(line: &str) -> Result<Self, Invalid> {
        let mut rest = Rest(line.trim());
        let name = rest.label(|text| text.find(':'), "must begin with a name and a colon")?;
        rest.expect(":", "must have a colon after its name")?;
        let channel = rest.label(find_if, "must name a channel, followed by if and conditions")?;
        rest.expect_word("if", "must have if and conditions after its channel")?;
        let mut conditions = vec![rest.condition()?];
        while !rest.0.is_empty() {
            rest.expect_word("and", "must have and between conditions, and commas between values")?;
            conditions.push(rest.condition()?);
        }
        Self::new(&name, &channel, conditions)
    }

    /// Reads rules from lines; empty ones and those that begin with `#` are left out. Of what is wrong, everything
    /// is told, with the number of its line, from 1.
    pub fn parse_lines(text: &str) -> Result<Vec<Self>, Vec<(usize, Invalid)>> {
        let mut rules = Vec::new();
        let mut wrong = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match Self::parse(line) {
                Ok(rule) => rules.push(rule),
                Err(invalid) => wrong.push((index + 1, invalid)),
            }
        }
        if wrong.is_empty() { Ok(rules) } else { Err(wrong) }
    }
}

impl FromStr for Rule {
    type Err = Invalid;

    fn from_str(line: &str) -> Result<Self, Invalid> {
        Self::parse(line)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Label { text: self.name(), plain: |text| !text.starts_with('#') && !text.contains(':') };
        let channel = Label { text: self.channel(), plain: |text| find_if(&format!("{text} ")).is_none() };
        write!(f, "{name}: {channel} if ")?;
        for (index, condition) in self.conditions().iter().enumerate() {
            if index > 0 {
                f.write_str(" and ")?;
            }
            write!(f, "{condition}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let several = if self.operator() == Operator::Is && self.values().len() > 1 { " one of" } else { "" };
        write!(f, "{} {}{several}", self.field().name(), self.operator().name())?;
        for (index, value) in self.values().iter().enumerate() {
            f.write_str(if index > 0 { ", " } else { " " })?;
            write!(f, "{}", Quoted(value))?;
        }
        Ok(())
    }
}

struct Label<'a> {
    text: &'a str,
    plain: fn(&str) -> bool,
}

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text.starts_with('"') || !(self.plain)(self.text) {
            return write!(f, "{}", Quoted(self.text));
        }
        f.write_str(self.text)
    }
}

struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// Where the word `if` begins that ends a channel's name.
fn find_if(text: &str) -> Option<usize> {
    let mut start = 0;
    text.split(char::is_whitespace).find_map(|word| {
        let at = start;
        start += word.len() + text[start + word.len()..].chars().next().map_or(0, char::len_utf8);
        word.eq_ignore_ascii_case("if").then_some(at)
    })
}

/// What is still to be read of a line.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn expect(&mut self, token: &str, must: &'static str) -> Result<(), Invalid> {
        let rest = self.0.strip_prefix(token).ok_or_else(|| Invalid::new("not_a_rule", must))?;
        self.0 = rest.trim_start();
        Ok(())
    }

    fn takes_words(&mut self, words: &str) -> bool {
        let mut rest = self.0;
        for word in words.split(' ') {
            let end = rest.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(rest.len());
            if !rest[..end].eq_ignore_ascii_case(word) {
                return false;
            }
            rest = rest[end..].trim_start();
        }
        self.0 = rest;
        true
    }

    fn expect_word(&mut self, word: &str, must: &'static str) -> Result<(), Invalid> {
        if self.takes_words(word) { Ok(()) } else { Err(Invalid::new("not_a_rule", must)) }
    }

    /// A name or channel: in quotes, or up to where `end` says.
    fn label(&mut self, end: fn(&str) -> Option<usize>, must: &'static str) -> Result<String, Invalid> {
        if self.0.starts_with('"') {
            return self.quoted();
        }
        let end = end(self.0).filter(|end| *end > 0).ok_or_else(|| Invalid::new("not_a_rule", must))?;
        let label = self.0[..end].trim().to_owned();
        self.0 = &self.0[end..];
        Ok(label)
    }

    fn quoted(&mut self) -> Result<String, Invalid> {
        let mut text = String::new();
        let mut characters = self.0[1..].chars();
        loop {
            match characters.next() {
                Some('"') => break,
                Some('\\') => text.extend(characters.next()),
                Some(character) => text.push(character),
                None => return Err(Invalid::new("not_a_rule", "must close every quotation mark")),
            }
        }
        self.0 = characters.as_str().trim_start();
        Ok(text)
    }

    fn condition(&mut self) -> Result<Condition, Invalid> {
        let field = Field::ALL.into_iter().find(|field| self.takes_words(field.name())).ok_or_else(|| {
            let names: Vec<_> = Field::ALL.iter().map(|field| field.name()).collect();
            Invalid::new("not_a_rule", format!("must begin every condition with one of {}", names.join(", ")))
        })?;
        let operator = Operator::ALL.into_iter().find(|operator| self.takes_words(operator.name()));
        let operator = operator.ok_or_else(|| {
            let must = "must compare with is, is one of, contains, begins with, ends with or matches";
            Invalid::new("not_a_rule", must)
        })?;
        if operator == Operator::Is {
            self.takes_words("one of");
        }
        let mut values = vec![self.value()?];
        while self.0.starts_with(',') {
            self.expect(",", "")?;
            values.push(self.value()?);
        }
        Condition::new(field, operator, values)
    }

    fn value(&mut self) -> Result<String, Invalid> {
        if self.0.starts_with('"') {
            return self.quoted();
        }
        let end = self.0.find(|c: char| c.is_whitespace() || c == ',' || c == '"').unwrap_or(self.0.len());
        let (value, rest) = self.0.split_at(end);
        if value.is_empty() {
            return Err(Invalid::new("not_a_rule", "must have a value after every comparison and comma"));
        }
        self.0 = rest.trim_start();
        Ok(value.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(line: &str) -> String {
        Rule::parse(line).unwrap_or_else(|invalid| panic!("{line}: {invalid}")).to_string()
    }

    #[test]
    fn a_rule_is_one_readable_line() {
        for (line, canonical) in [
            ("a: B if source is x", r#"a: B if source is "x""#),
            (
                "  Partner sites :  Our Partners IF Referrer Host IS ONE OF a.com,B.com and medium  is Referral ",
                r#"Partner sites: Our Partners if referrer host is one of "a.com", "b.com" and medium is "referral""#,
            ),
            (r#"a: B if campaign matches "*Brand*""#, r#"a: B if campaign matches "*brand*""#),
            (r#""x: y": "What if" if click id is GCLID"#, r#""x: y": "What if" if click id is "gclid""#),
            (r#"a: "B" if term is "say \"hi\" \\ now""#, r#"a: B if term is "say \"hi\" \\ now""#),
            (r#"a: B if source"contains"one of""#, ""),
        ] {
            match Rule::parse(line) {
                Ok(rule) => assert_eq!(rule.to_string(), canonical),
                Err(invalid) => assert_eq!(("", invalid.code), (canonical, "not_a_rule"), "{line}"),
            }
        }
        assert_eq!(again(r#"a: B if source is one of "one of""#), r#"a: B if source is "one of""#);
    }

    #[test]
    fn what_is_wrong_is_said_precisely() {
        for (line, code, word) in [
            ("", "not_a_rule", "colon"),
            ("no colon if source is x", "not_a_rule", "colon"),
            (": B if source is x", "not_a_rule", "name"),
            ("a: B", "not_a_rule", "if"),
            ("a: if source is x", "not_a_rule", "channel"),
            ("a: B if colour is x", "not_a_rule", "referrer host"),
            ("a: B if source equals x", "not_a_rule", "begins with"),
            ("a: B if source is", "not_a_rule", "value"),
            ("a: B if source is x y", "not_a_rule", "and"),
            ("a: B if source is x,", "not_a_rule", "value"),
            ("a: B if source is \"x", "not_a_rule", "quotation"),
            ("a: B if source is \" \"", "empty", "empty"),
            ("a: B if source kind is news", "unknown_source_kind", "shopping"),
            ("a: B if click id is zclid", "unknown_click_id", "gclid"),
            ("a: B if source matches \"[x\"", "not_a_pattern", "]"),
            ("a: B if source is \"x\u{7}y\"", "contains_control", "control"),
        ] {
            let invalid = Rule::parse(line).expect_err(line);
            assert_eq!(invalid.code, code, "{line}");
            assert!(invalid.must.contains(word), "{line}: {}", invalid.must);
        }
    }

    #[test]
    fn rules_are_bounded() {
        let code = |line: &str| Rule::parse(line).map_err(|invalid| invalid.code).err();
        let conditions = |count: usize| format!("a: B if {}", vec!["source is x"; count].join(" and "));
        assert_eq!((code(&conditions(20)), code(&conditions(21))), (None, Some("too_many")));
        let values = |count: usize| format!("a: B if source is {}", vec!["x"; count].join(", "));
        assert_eq!((code(&values(50)), code(&values(51))), (None, Some("too_many")));
        let long = |length: usize| format!("a: B if source is {}", "x".repeat(length));
        assert_eq!((code(&long(255)), code(&long(256))), (None, Some("too_long")));
        assert_eq!(code(&format!("{}: B if source is x", "n".repeat(256))), Some("too_long"));
    }

    #[test]
    fn lines_are_read_together_and_all_that_is_wrong_is_told() {
        let rules = Rule::parse_lines("# ours\n\na: B if source is x\r\nc: D if medium is y").unwrap();
        assert_eq!(rules.iter().map(Rule::name).collect::<Vec<_>>(), ["a", "c"]);
        let wrong = Rule::parse_lines("a: B\n# fine\nb: C if source is x\n\nd").unwrap_err();
        assert_eq!(wrong.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 5]);
    }
}
