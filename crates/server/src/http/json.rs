//! Reading JSON as clients send it: names in any case, numbers or their text, everything wrong reported at once.
//!
//! A body is read one level at a time, and values stay raw text until they are parsed into domain types; so numbers
//! are never floats, and nesting costs no stack.

use super::error::Problem;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use touchline_domain::Invalid;

/// The most problems that one answer lists.
const PROBLEMS_MAX: usize = 100;

/// The most members an object can have: finding repeated names takes time that grows with its square.
const MEMBERS_MAX: usize = 500;

/// Problems of a request as they are found, with the place that is being read.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<Problem>,
}

impl Problems {
    /// Notes that `name`, found at `pointer`, is `invalid`.
    pub(crate) fn add(&mut self, pointer: &str, name: &str, invalid: &Invalid) {
        if self.found.len() < PROBLEMS_MAX {
            let detail = format!("'{name}' {}.", invalid.must);
            self.found.push(Problem { pointer: pointer.to_owned(), code: invalid.code, detail });
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(crate) fn count(&self) -> usize {
        self.found.len()
    }

    pub(crate) fn into_vec(self) -> Vec<Problem> {
        self.found
    }
}

/// A JSON value that is text, or is taken for it: a string, a number as written, or a boolean.
pub(crate) fn scalar(raw: &RawValue) -> Option<Cow<'_, str>> {
    let text = raw.get();
    match text.as_bytes().first()? {
        b'"' => serde_json::from_str::<Text<'_>>(text).ok().map(|text| text.0),
        b't' | b'f' | b'-' | b'0'..=b'9' => Some(Cow::Borrowed(text)),
        _ => None,
    }
}

pub(crate) fn is_null(raw: &RawValue) -> bool {
    raw.get() == "null"
}

/// A string that borrows from the body unless it has escapes.
#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// A JSON object's members in their order, values unread.
pub(crate) struct Object<'a> {
    members: Vec<Member<'a>>,
    pointer: String,
}

struct Member<'a> {
    name: Cow<'a, str>,
    value: &'a RawValue,
    taken: bool,
}

impl<'a> Object<'a> {
    /// Reads an object at `pointer`. Names that are the same but for case are a problem (`duplicate_key`), as is
    /// anything that is no object (`wrong_type`).
    pub(crate) fn read(
        raw: &'a RawValue,
        pointer: String,
        name: &str,
        problems: &mut Problems,
    ) -> Option<Self> {
        let Ok(Members(members)) = serde_json::from_str(raw.get()) else {
            problems.add(&pointer, name, &Invalid::new("wrong_type", "must be a JSON object"));
            return None;
        };
        if members.len() > MEMBERS_MAX {
            let too_many = Invalid::new("too_many", format!("must have at most {MEMBERS_MAX} members"));
            problems.add(&pointer, name, &too_many);
            return None;
        }
        let object = Self { members, pointer };
        for (index, member) in object.members.iter().enumerate() {
            let is_repeated =
                object.members[..index].iter().any(|other| same_name(&other.name, &member.name));
            if is_repeated {
                let repeated = Invalid::new("duplicate_key", "must appear only once");
                problems.add(&object.pointer_to(&member.name), &member.name, &repeated);
            }
        }
        Some(object)
    }

    /// The member with this name, in any case. `null` is as good as absent.
    pub(crate) fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        let member = self.members.iter_mut().find(|member| same_name(&member.name, name))?;
        member.taken = true;
        (!is_null(member.value)).then_some(member.value)
    }

    /// A member's text. Text that is empty or blank is as good as absent, as in a CSV's empty cell.
    pub(crate) fn text(&mut self, name: &str, problems: &mut Problems) -> Option<Cow<'a, str>> {
        let raw = self.take(name)?;
        let Some(text) = scalar(raw) else {
            problems.add(&self.pointer_to(name), name, &Invalid::new("wrong_type", "must be text"));
            return None;
        };
        (!text.trim().is_empty()).then_some(text)
    }

    /// A member's text, parsed. What is wrong with it becomes a problem.
    pub(crate) fn optional<T>(
        &mut self,
        name: &str,
        problems: &mut Problems,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let text = self.text(name, problems)?;
        parse(&text).map_err(|invalid| problems.add(&self.pointer_to(name), name, &invalid)).ok()
    }

    /// As [`Object::optional`]; absence is a problem too (`required`).
    pub(crate) fn required<T>(
        &mut self,
        name: &str,
        problems: &mut Problems,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let problems_before = problems.count();
        let value = self.optional(name, problems, parse);
        if value.is_none() && problems.count() == problems_before {
            self.missing(name, problems);
        }
        value
    }

    /// Notes that a member is required.
    pub(crate) fn missing(&self, name: &str, problems: &mut Problems) {
        problems.add(&self.pointer_to(name), name, &Invalid::new("required", "must be given"));
    }

    /// Whether there is a member with this name, in any case, that is not `null`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.members.iter().any(|member| same_name(&member.name, name) && !is_null(member.value))
    }

    /// A member's object; `None` when it is absent or no object (a problem).
    pub(crate) fn object(&mut self, name: &str, problems: &mut Problems) -> Option<Object<'a>> {
        let raw = self.take(name)?;
        Object::read(raw, self.pointer_to(name), name, problems)
    }

    /// A member's elements; `None` when it is absent or no array (a problem).
    pub(crate) fn array(
        &mut self,
        name: &str,
        most: usize,
        problems: &mut Problems,
    ) -> Option<Vec<&'a RawValue>> {
        let raw = self.take(name)?;
        let Ok(Elements(elements)) = serde_json::from_str(raw.get()) else {
            problems.add(&self.pointer_to(name), name, &Invalid::new("wrong_type", "must be a JSON array"));
            return None;
        };
        if elements.len() > most {
            let too_many = Invalid::new("too_many", format!("must have at most {most} elements"));
            problems.add(&self.pointer_to(name), name, &too_many);
            return None;
        }
        Some(elements)
    }

    /// Pointers to the members that nobody asked for.
    pub(crate) fn ignored(&self) -> Vec<String> {
        self.members
            .iter()
            .filter(|member| !member.taken)
            .map(|member| self.pointer_to(&member.name))
            .collect()
    }

    /// The pointer to a member, in the spelling in which it was sent.
    pub(crate) fn pointer_to(&self, name: &str) -> String {
        let sent = self.members.iter().find(|member| same_name(&member.name, name));
        let name = sent.map_or(name, |member| &member.name);
        // A pointer is for finding one's way: it need not repeat a megabyte.
        let name: String = name.chars().take(200).collect();
        format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1"))
    }
}

/// The members of an object that is a list of pairs: names that repeat are as good as others. `None` when it is no
/// object.
pub(crate) fn pairs(raw: &RawValue) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    let Members(members) = serde_json::from_str(raw.get()).ok()?;
    Some(members.into_iter().map(|member| (member.name, member.value)).collect())
}

/// The elements of an array; `None` when it is none.
pub(crate) fn elements(raw: &RawValue) -> Option<Vec<&RawValue>> {
    let Elements(elements) = serde_json::from_str(raw.get()).ok()?;
    Some(elements)
}

fn same_name(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

struct Members<'a>(Vec<Member<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    members.push(Member { name: name.0, value, taken: false });
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct Elements<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Elements<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ElementsVisitor;
        impl<'de> Visitor<'de> for ElementsVisitor {
            type Value = Elements<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Elements<'de>, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = seq.next_element()? {
                    elements.push(element);
                }
                Ok(Elements(elements))
            }
        }
        deserializer.deserialize_seq(ElementsVisitor)
    }
}
