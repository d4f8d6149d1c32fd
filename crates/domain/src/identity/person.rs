use super::{EvidenceSource, Fact, GuardSettings, Standing};
use crate::{Identifier, IdentifierKind};
use std::collections::{BTreeMap, BTreeSet};

/// How an identifier was reached: a fact that names it and another, which was reached before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The identifier from which the fact was found.
    pub from: Identifier,
    /// The fact's change number.
    pub fact: u64,
}

/// An identifier of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// Which.
    pub identifier: Identifier,
    /// What it may do.
    pub standing: Standing,
    /// How it was reached; `None` for one that the search began with.
    pub step: Option<Step>,
}

/// What evidence connects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// In the order in which they were reached: the nearest first, then the strongest kind, then by value.
    pub identifiers: Vec<Reached>,
    /// The facts that name one of those that join, without repeats, in order of time.
    pub facts: Vec<Fact>,
    /// Whether the search stopped at a bound; there may be more.
    pub is_truncated: bool,
}

impl Person {
    /// The most identifiers that are followed.
    pub const JOINED_MAX: usize = 500;
    /// The most identifiers that are listed.
    pub const IDENTIFIERS_MAX: usize = 5_000;
    /// The most facts that are gathered.
    pub const FACTS_MAX: usize = 10_000;

    /// The person's visitors: visitor ids that join.
    pub fn visitors(&self) -> impl Iterator<Item = &Identifier> {
        self.joined().filter(|identifier| identifier.kind() == IdentifierKind::RaId)
    }

    /// The identifiers that make the person one.
    pub fn joined(&self) -> impl Iterator<Item = &Identifier> {
        let joins = |reached: &&Reached| reached.standing == Standing::Joins;
        self.identifiers.iter().filter(joins).map(|reached| &reached.identifier)
    }

    /// Whether a visit or a conversion shows that somebody was there.
    pub fn has_touches(&self) -> bool {
        self.facts.iter().any(|fact| fact.source.is_touch())
    }

    /// What was reached, but kept from joining by a guard.
    pub fn guarded(&self) -> impl Iterator<Item = &Reached> {
        self.identifiers.iter().filter(|reached| reached.standing.guard().is_some())
    }

    /// The identifiers on the way to one, from where the search began to it, each with the fact that leads to it.
    pub fn path_to(&self, identifier: &Identifier) -> Vec<&Reached> {
        let find = |wanted: &Identifier| self.identifiers.iter().find(|r| r.identifier == *wanted);
        let mut path = Vec::new();
        let mut next = find(identifier);
        // Steps lead to identifiers reached before, so the way back ends.
        while let Some(reached) = next {
            path.push(reached);
            next = reached.step.as_ref().and_then(|step| find(&step.from));
        }
        path.reverse();
        path
    }
}

/// Whom `seeds` belong to: everything that evidence connects with them, through identifiers that join.
pub fn person<E: EvidenceSource>(
    evidence: &mut E,
    guards: &GuardSettings,
    seeds: &[Identifier],
) -> Result<Person, E::Error> {
    let mut search = Search::default();
    let mut level: BTreeMap<Identifier, Option<Step>> =
        seeds.iter().map(|seed| (seed.clone(), None)).collect();
    while !level.is_empty() {
        let mut next = BTreeMap::new();
        for (identifier, step) in level {
            search.visit(evidence, guards, identifier, step, &mut next)?;
        }
        next.retain(|identifier, _| !search.seen.contains(identifier));
        level = next;
    }
    Ok(search.finish())
}

#[derive(Default)]
struct Search {
    person: Person,
    seen: BTreeSet<Identifier>,
    facts_seen: BTreeSet<u64>,
    joined: usize,
}

impl Search {
    fn visit<E: EvidenceSource>(
        &mut self,
        evidence: &mut E,
        guards: &GuardSettings,
        identifier: Identifier,
        step: Option<Step>,
        next: &mut BTreeMap<Identifier, Option<Step>>,
    ) -> Result<(), E::Error> {
        if self.person.identifiers.len() == Person::IDENTIFIERS_MAX {
            self.person.is_truncated = true;
            return Ok(());
        }
        self.seen.insert(identifier.clone());
        if let Some(standing) = guards.standing_by_itself(&identifier) {
            self.person.identifiers.push(Reached { identifier, standing, step });
            return Ok(());
        }
        if self.joined == Person::JOINED_MAX {
            self.person.is_truncated = true;
            return Ok(());
        }
        let naming = evidence.naming(&identifier)?;
        let standing = guards.standing(&identifier, &naming);
        if standing == Standing::Joins {
            self.joined += 1;
            self.person.is_truncated |= naming.has_more_visits;
            for fact in naming.facts {
                self.gather(&identifier, fact, next);
            }
        }
        self.person.identifiers.push(Reached { identifier, standing, step });
        Ok(())
    }

    fn gather(&mut self, from: &Identifier, fact: Fact, next: &mut BTreeMap<Identifier, Option<Step>>) {
        for named in &fact.identifiers {
            if !self.seen.contains(named) && !next.contains_key(named) {
                let step = Step { from: from.clone(), fact: fact.change };
                next.insert(named.clone(), Some(step));
            }
        }
        if self.person.facts.len() == Person::FACTS_MAX {
            self.person.is_truncated = true;
        } else if self.facts_seen.insert(fact.change) {
            self.person.facts.push(fact);
        }
    }

    fn finish(mut self) -> Person {
        self.person.facts.sort_unstable_by_key(|fact| (fact.at, fact.change));
        self.person
    }
}
