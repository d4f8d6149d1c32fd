use super::{EvidenceSource, FactSource, GuardSettings, Naming, Person, Standing, person};
use crate::Identifier;
use crate::record::{RecordKind, Reference};
use std::collections::BTreeSet;

/// Why nobody was found for a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unmatched {
    /// No visit and no conversion is connected with any of its identifiers, yet.
    NothingFound,
    /// An identifier that only matches leads to several people.
    Ambiguous,
    /// What it names is no one's, or named by too many to be looked at.
    Guarded,
}

impl Unmatched {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::NothingFound, Self::Ambiguous, Self::Guarded];

    /// The name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::NothingFound => "nothing_found",
            Self::Ambiguous => "ambiguous",
            Self::Guarded => "guarded",
        }
    }
}

/// Whether somebody was found for a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// By this identifier of the record.
    Matched(Identifier),
    /// Nobody.
    Unmatched(Unmatched),
}

/// An identifier of a record that leads to somebody else than the one whom stronger ones led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Which.
    pub identifier: Identifier,
    /// A fact that ties it to somebody else.
    pub fact: u64,
}

/// Whom a record is about, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matching {
    /// Whether somebody was found.
    pub outcome: Outcome,
    /// Who, or what else is connected with the record's identifiers.
    pub person: Person,
    /// What points elsewhere, and was not followed.
    pub conflicts: Vec<Conflict>,
}

impl Matching {
    /// Whether somebody was found.
    pub fn is_matched(&self) -> bool {
        matches!(self.outcome, Outcome::Matched(_))
    }
}

/// Finds whom a record is about. `own` names the record itself, whose own facts say nothing new.
///
/// Identifiers that join are followed together: the record itself is evidence that they belong together. Only when
/// they lead to no visit and no conversion are those tried that merely match, the strongest first, and only if all that
/// they lead to is one person.
pub fn match_record<E: EvidenceSource>(
    evidence: &mut E,
    guards: &GuardSettings,
    own: (RecordKind, &Reference),
    identifiers: &BTreeSet<Identifier>,
) -> Result<Matching, E::Error> {
    let seeds: Vec<_> = identifiers.iter().cloned().collect();
    let joined = person(evidence, guards, &seeds)?;
    let weak = weak_seeds(&joined);
    if joined.has_touches() {
        let conflicts = conflicts(evidence, guards, own, &weak, &joined)?;
        let by = strongest_that_leads_there(&joined);
        return Ok(Matching { outcome: Outcome::Matched(by), person: joined, conflicts });
    }
    // A record may name nobody at all: its person was erased, or all of its evidence was cut.
    let names_no_one = !joined.identifiers.is_empty()
        && joined.identifiers.iter().all(|reached| reached.standing == Standing::Nothing);
    let mut reason = if names_no_one { Unmatched::Guarded } else { Unmatched::NothingFound };
    for identifier in weak {
        match by_weak(evidence, guards, Some(own), &identifier)? {
            Ok(Some(found)) => {
                let person = united(joined, found);
                return Ok(Matching { outcome: Outcome::Matched(identifier), person, conflicts: Vec::new() });
            }
            Ok(None) => {}
            Err(unmatched) => reason = reason.max(unmatched),
        }
    }
    Ok(Matching { outcome: Outcome::Unmatched(reason), person: joined, conflicts: Vec::new() })
}

/// Whom `seeds` belong to, for somebody who asks: as [`person()`], and a seed that merely matches finds whom it leads to; of
/// one that is no one's, the facts that name it.
/// Answers also whether such a seed leads to several people; of them only the facts that name it are taken.
pub fn look_up<E: EvidenceSource>(
    evidence: &mut E,
    guards: &GuardSettings,
    seeds: &[Identifier],
) -> Result<(Person, bool), E::Error> {
    let mut found = person(evidence, guards, seeds)?;
    let mut is_ambiguous = false;
    let ignored: Vec<_> = found
        .identifiers
        .iter()
        .filter(|reached| reached.step.is_none() && reached.standing == Standing::Nothing)
        .map(|reached| reached.identifier.clone())
        .collect();
    for seed in ignored {
        found = united(found, naming_alone(evidence.naming(&seed)?));
    }
    for seed in weak_seeds(&found) {
        let naming = evidence.naming(&seed)?;
        let somebody = match by_weak(evidence, guards, None, &seed)? {
            Ok(somebody) => somebody.unwrap_or_default(),
            Err(_) => {
                is_ambiguous = true;
                Person::default()
            }
        };
        found = united(united(found, somebody), naming_alone(naming));
    }
    Ok((found, is_ambiguous))
}

/// The facts that name an identifier, and nothing that they lead to.
fn naming_alone(naming: Naming) -> Person {
    let is_truncated = naming.has_more || naming.has_more_visits;
    Person { facts: naming.facts, is_truncated, ..Person::default() }
}

/// The identifiers that a search began with and that merely match, the strongest first.
fn weak_seeds(person: &Person) -> Vec<Identifier> {
    let is_weak = |reached: &&super::Reached| {
        reached.step.is_none() && matches!(reached.standing, Standing::Matches(_))
    };
    person.identifiers.iter().filter(is_weak).map(|reached| reached.identifier.clone()).collect()
}

/// The seed from which the first visit or conversion was reached: searching goes by distance and strength.
fn strongest_that_leads_there(person: &Person) -> Identifier {
    let touched: BTreeSet<&Identifier> = person
        .facts
        .iter()
        .filter(|fact| fact.source.is_touch())
        .flat_map(|fact| &fact.identifiers)
        .collect();
    let is_touched = |identifier: &&Identifier| touched.contains(identifier);
    let first = person.joined().find(is_touched);
    let path = first.map(|first| person.path_to(first)).unwrap_or_default();
    let seed = path.first().map(|reached| &reached.identifier);
    // A person with touches has an identifier that joins and is named by one.
    seed.or(person.identifiers.first().map(|r| &r.identifier)).cloned().unwrap_or_else(|| unreachable!())
}

/// Whom an identifier that only matches leads to: `None` when to nobody.
fn by_weak<E: EvidenceSource>(
    evidence: &mut E,
    guards: &GuardSettings,
    own: Option<(RecordKind, &Reference)>,
    identifier: &Identifier,
) -> Result<Result<Option<Person>, Unmatched>, E::Error> {
    let naming = evidence.naming(identifier)?;
    if naming.has_more {
        return Ok(Err(Unmatched::Guarded));
    }
    let facts = others(own, &naming);
    let mut found: Option<Person> = None;
    for named in named_by(facts.iter().copied(), identifier) {
        if found.as_ref().is_some_and(|found| found.joined().any(|joined| *joined == named)) {
            continue;
        }
        let somebody = person(evidence, guards, std::slice::from_ref(&named))?;
        if !somebody.has_touches() {
            continue;
        }
        if found.is_some() {
            return Ok(Err(Unmatched::Ambiguous));
        }
        found = Some(somebody);
    }
    // A call may name nobody but the telephone number.
    let loose = facts.into_iter().filter(|fact| fact.source.is_touch()).cloned().collect();
    let alone = Person { facts: loose, ..Person::default() };
    let found = match found {
        Some(found) => united(alone, found),
        None => alone,
    };
    Ok(Ok(found.has_touches().then_some(found)))
}

fn others<'a>(own: Option<(RecordKind, &Reference)>, naming: &'a Naming) -> Vec<&'a super::Fact> {
    let is_own = |source: &FactSource| match source {
        FactSource::Record(kind, reference) => Some((*kind, reference)) == own,
        _ => false,
    };
    naming.facts.iter().filter(|fact| !is_own(&fact.source)).collect()
}

/// Everybody that facts name beside one identifier, sorted.
fn named_by<'a>(facts: impl Iterator<Item = &'a super::Fact>, beside: &Identifier) -> BTreeSet<Identifier> {
    facts.flat_map(|fact| &fact.identifiers).filter(|named| *named != beside).cloned().collect()
}

/// Two searches as one; the second was reached after the first.
fn united(first: Person, second: Person) -> Person {
    let mut united = first;
    for reached in second.identifiers {
        if !united.identifiers.iter().any(|known| known.identifier == reached.identifier) {
            united.identifiers.push(reached);
        }
    }
    for fact in second.facts {
        if !united.facts.iter().any(|known| known.change == fact.change) {
            united.facts.push(fact);
        }
    }
    united.facts.sort_unstable_by_key(|fact| (fact.at, fact.change));
    united.is_truncated |= second.is_truncated;
    united
}

/// What the record's weaker identifiers say of others than the person found.
fn conflicts<E: EvidenceSource>(
    evidence: &mut E,
    guards: &GuardSettings,
    own: (RecordKind, &Reference),
    weak: &[Identifier],
    found: &Person,
) -> Result<Vec<Conflict>, E::Error> {
    let known: BTreeSet<&Identifier> = found.identifiers.iter().map(|r| &r.identifier).collect();
    let mut conflicts = Vec::new();
    for identifier in weak {
        let naming = evidence.naming(identifier)?;
        let elsewhere = others(Some(own), &naming).into_iter().find(|fact| {
            let joins = |named: &&Identifier| guards.standing_by_itself(named).is_none();
            fact.source.is_touch()
                && fact.identifiers.iter().filter(joins).any(|named| !known.contains(named))
        });
        if let Some(fact) = elsewhere {
            conflicts.push(Conflict { identifier: identifier.clone(), fact: fact.change });
        }
    }
    Ok(conflicts)
}

/// What changed facts may have changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Affected {
    /// The records whose match may be another.
    pub records: BTreeSet<(RecordKind, Reference)>,
    /// The identifiers that join, of people who have a record.
    pub with_records: BTreeSet<Identifier>,
    /// The identifiers that join, of people who have none: more visits of theirs affect nothing.
    pub without_records: BTreeSet<Identifier>,
}

/// Finds the records whose match may be another, now that facts that name `touched` came or went.
///
/// `changed` are those of them that join now and did not when this was last asked, or the other way round: what they
/// connect, or no longer do, is affected too.
pub fn affected_by<E: EvidenceSource>(
    evidence: &mut E,
    guards: &GuardSettings,
    touched: &BTreeSet<Identifier>,
    changed: &BTreeSet<Identifier>,
) -> Result<Affected, E::Error> {
    let mut seeds = touched.clone();
    for identifier in changed {
        let naming = evidence.naming(identifier)?;
        seeds.extend(named_by(naming.facts.iter(), identifier));
    }
    let mut affected = Affected::default();
    while let Some(seed) = seeds.pop_first() {
        let person = person(evidence, guards, std::slice::from_ref(&seed))?;
        let mut records = BTreeSet::new();
        for fact in &person.facts {
            if let FactSource::Record(kind, reference) = &fact.source {
                records.insert((*kind, reference.clone()));
            }
        }
        for reached in &person.identifiers {
            seeds.remove(&reached.identifier);
            if matches!(reached.standing, Standing::Matches(_)) {
                records.extend(evidence.records_naming(&reached.identifier)?);
            }
        }
        let is_alone = records.is_empty();
        let people = if is_alone { &mut affected.without_records } else { &mut affected.with_records };
        people.extend(person.joined().cloned());
        affected.records.extend(records);
    }
    Ok(affected)
}
