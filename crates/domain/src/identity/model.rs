//! An independent, brute-force model of identity, and the properties that the search must share with it.

use super::*;
use crate::record::{RecordKind, Reference};
use crate::{ConversionKind, Country, Identifier, IdentifierKind, Instant};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

/// Facts in memory, with what the operator decided.
#[derive(Debug, Clone, Default)]
struct Facts {
    facts: Vec<Fact>,
    allowed: BTreeSet<Identifier>,
}

impl EvidenceSource for Facts {
    type Error = Infallible;

    fn naming(&mut self, identifier: &Identifier) -> Result<Naming, Infallible> {
        let naming = |fact: &&Fact| fact.identifiers.contains(identifier);
        let facts = self.facts.iter().filter(naming).cloned().collect();
        let is_allowed = self.allowed.contains(identifier);
        Ok(Naming { facts, is_allowed, ..Naming::default() })
    }

    fn records_naming(
        &mut self,
        identifier: &Identifier,
    ) -> Result<Vec<(RecordKind, Reference)>, Infallible> {
        let naming = self.facts.iter().filter(|fact| fact.identifiers.contains(identifier));
        let records = naming.filter_map(|fact| match &fact.source {
            FactSource::Record(kind, reference) => Some((*kind, reference.clone())),
            _ => None,
        });
        Ok(records.collect())
    }
}

fn guards() -> GuardSettings {
    let ignored = vec![super::Ignored::parse("test@x.com", Country::parse("GB").unwrap()).unwrap()];
    GuardSettings { visitors_max: 3, emails_max: 2, ignored }
}

fn identifier(kind: IdentifierKind, value: &str) -> Identifier {
    Identifier::parse(kind, value, Country::parse("GB").unwrap()).unwrap()
}

fn some_identifier() -> impl Strategy<Value = Identifier> {
    use IdentifierKind::*;
    prop_oneof![
        4 => "[v][1-7]".prop_map(|value| identifier(RaId, &value)),
        4 => "[a-e]@x\\.com".prop_map(|value| identifier(EmailAddress, &value)),
        1 => Just(identifier(EmailAddress, "info@x.com")),
        1 => Just(identifier(EmailAddress, "test@x.com")),
        2 => "[c][1-4]".prop_map(|value| identifier(CookieValue, &value)),
        2 => "\\+4420794600[1-3]8".prop_map(|value| identifier(PhoneNumber, &value)),
        1 => "order-[1-2]".prop_map(|value| identifier(PayloadValue, &value)),
    ]
}

/// A fact of any kind, without its number.
fn some_fact() -> impl Strategy<Value = Fact> {
    let identifiers = prop::collection::btree_set(some_identifier(), 1..4);
    (identifiers, 0u8..4, "[1-4]", 0i64..9).prop_map(|(identifiers, kind, name, at)| {
        let reference = Reference::parse(&name).unwrap();
        let can_be_visit =
            |i: &Identifier| matches!(i.kind(), IdentifierKind::RaId | IdentifierKind::CookieValue);
        let source = match kind {
            0 if identifiers.iter().all(can_be_visit) => FactSource::Visit,
            0 | 1 => FactSource::Conversion(ConversionKind::Web, reference),
            _ => FactSource::Record(RecordKind::Opportunity, reference),
        };
        Fact {
            change: 0,
            source,
            at: Instant::from_micros(at),
            received_at: Instant::from_micros(at),
            identifiers: identifiers.into_iter().collect(),
            cut: Vec::new(),
        }
    })
}

fn numbered(facts: Vec<Fact>) -> Vec<Fact> {
    (1..).zip(facts).map(|(change, fact)| Fact { change, ..fact }).collect()
}

/// Whether an identifier joins, counted over all facts, as docs/identity.md puts it.
fn joins(all: &Facts, identifier: &Identifier) -> bool {
    use IdentifierKind::*;
    if identifier.value() == "test@x.com" || matches!(identifier.kind(), PhoneNumber | PayloadValue) {
        return false;
    }
    if all.allowed.contains(identifier) {
        return true;
    }
    let mut others = BTreeSet::new();
    for fact in all.facts.iter().filter(|fact| fact.identifiers.contains(identifier)) {
        let of_kind = |kind| fact.identifiers.iter().find(move |i| i.kind() == kind);
        if identifier.kind() == RaId {
            let emails = fact.identifiers.iter().filter(|i| i.kind() == EmailAddress);
            others.extend(emails.filter(|i| i.value() != "test@x.com").cloned());
        } else {
            others.extend(of_kind(RaId).or(of_kind(CookieValue)).cloned());
        }
    }
    let bound = if identifier.kind() == RaId { 2 } else { 3 };
    identifier.value() != "info@x.com" && others.len() <= bound
}

/// Everything connected with `seeds`, by going over all facts until nothing is added: identifiers and facts.
fn closure(all: &Facts, seeds: &BTreeSet<Identifier>) -> (BTreeSet<Identifier>, BTreeSet<u64>) {
    let (mut identifiers, mut facts) = (seeds.clone(), BTreeSet::new());
    loop {
        let before = (identifiers.len(), facts.len());
        for fact in &all.facts {
            if fact.identifiers.iter().any(|i| identifiers.contains(i) && joins(all, i)) {
                facts.insert(fact.change);
                identifiers.extend(fact.identifiers.iter().cloned());
            }
        }
        if (identifiers.len(), facts.len()) == before {
            return (identifiers, facts);
        }
    }
}

/// What the search found, in the model's terms.
fn found(all: &Facts, seeds: &BTreeSet<Identifier>) -> (BTreeSet<Identifier>, BTreeSet<u64>) {
    let seeds: Vec<_> = seeds.iter().cloned().collect();
    let Ok(person) = person(&mut all.clone(), &guards(), &seeds);
    let identifiers = person.identifiers.iter().map(|reached| reached.identifier.clone()).collect();
    (identifiers, person.facts.iter().map(|fact| fact.change).collect())
}

/// A record's match, without how it was found.
type Found = (bool, BTreeSet<Identifier>);

fn identifiers_of(all: &Facts, reference: &Reference) -> BTreeSet<Identifier> {
    let own = FactSource::Record(RecordKind::Opportunity, reference.clone());
    let facts = all.facts.iter().filter(|fact| fact.source == own);
    facts.flat_map(|fact| fact.identifiers.iter().cloned()).collect()
}

fn matched(all: &Facts, reference: &Reference) -> Found {
    let identifiers = identifiers_of(all, reference);
    let own = (RecordKind::Opportunity, reference);
    let Ok(matching) = match_record(&mut all.clone(), &guards(), own, &identifiers);
    let visitors = matching.person.visitors().cloned().collect();
    (matching.is_matched(), visitors)
}

/// The rules of a match, by brute force.
fn expected(all: &Facts, reference: &Reference) -> Found {
    let named = identifiers_of(all, reference);
    let is_touch = |change: &u64| all.facts.iter().any(|f| f.change == *change && f.source.is_touch());
    let visitors = |identifiers: &BTreeSet<Identifier>| {
        let is_visitor = |i: &&Identifier| i.kind() == IdentifierKind::RaId && joins(all, i);
        identifiers.iter().filter(is_visitor).cloned().collect::<BTreeSet<_>>()
    };
    let (identifiers, facts) = closure(all, &named);
    if facts.iter().any(is_touch) {
        return (true, visitors(&identifiers));
    }
    let alone = visitors(&identifiers);
    for weak in named.iter().filter(|i| !joins(all, i) && i.value() != "test@x.com") {
        let own = FactSource::Record(RecordKind::Opportunity, reference.clone());
        let naming = || all.facts.iter().filter(|f| f.source != own && f.identifiers.contains(weak));
        let mut people = BTreeSet::new();
        for other in naming().flat_map(|fact| &fact.identifiers).filter(|i| *i != weak && joins(all, i)) {
            let (identifiers, facts) = closure(all, &BTreeSet::from([other.clone()]));
            if facts.iter().any(is_touch) {
                people.insert(
                    visitors(&identifiers)
                        .into_iter()
                        .chain(identifiers.into_iter().filter(|i| joins(all, i)))
                        .collect::<BTreeSet<_>>(),
                );
            }
        }
        match people.len() {
            0 if naming().any(|fact| fact.source.is_touch()) => return (true, alone),
            1 => {
                let person = people.pop_first().unwrap();
                return (true, visitors(&person).union(&alone).cloned().collect());
            }
            _ => {}
        }
    }
    (false, alone)
}

fn references() -> Vec<Reference> {
    ["1", "2", "3", "4"].iter().map(|name| Reference::parse(name).unwrap()).collect()
}

/// Brings `matches` up to date after `change` touched `identifiers`, looking only where the queue would.
fn follow(
    all: &mut Facts,
    identifiers: &BTreeSet<Identifier>,
    standings: &mut BTreeMap<Identifier, Standing>,
    matches: &mut BTreeMap<Reference, Found>,
) {
    let mut changed = BTreeSet::new();
    for identifier in identifiers {
        let Ok(naming) = all.naming(identifier);
        let standing = guards().standing(identifier, &naming);
        let joins_now = standing == Standing::Joins;
        let joined = standings.insert(identifier.clone(), standing).is_none_or(|was| was == Standing::Joins);
        if joins_now != joined {
            changed.insert(identifier.clone());
        }
    }
    let Ok(affected) = affected_by(all, &guards(), identifiers, &changed);
    let due: BTreeSet<_> = affected.records.into_iter().map(|(_, reference)| reference).collect();
    for reference in due {
        let found = matched(all, &reference);
        matches.insert(reference, found);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_search_finds_the_closure(
        facts in prop::collection::vec(some_fact(), 0..25),
        seeds in prop::collection::btree_set(some_identifier(), 1..3),
        allowed in prop::collection::btree_set(some_identifier(), 0..2),
    ) {
        let all = Facts { facts: numbered(facts), allowed };
        prop_assert_eq!(found(&all, &seeds), closure(&all, &seeds));
    }

    #[test]
    fn the_order_of_facts_does_not_matter(
        facts in prop::collection::vec(some_fact(), 0..25).prop_map(numbered),
        seeds in prop::collection::btree_set(some_identifier(), 1..3),
        seed in any::<u64>(),
    ) {
        let mut shuffled = facts.clone();
        shuffled.sort_by_key(|fact| fact.change.wrapping_mul(seed | 1));
        let (a, b) = (Facts { facts, ..Facts::default() }, Facts { facts: shuffled, ..Facts::default() });
        prop_assert_eq!(found(&a, &seeds), found(&b, &seeds));
        let seeds: Vec<_> = seeds.into_iter().collect();
        let (Ok(a), Ok(b)) = (person(&mut a.clone(), &guards(), &seeds), person(&mut b.clone(), &guards(), &seeds));
        let reached = |person: Person| person.identifiers.into_iter().map(|r| (r.identifier, r.standing)).collect::<Vec<_>>();
        prop_assert_eq!(reached(a), reached(b), "even the order in which they are reached");
    }

    #[test]
    fn records_find_whom_they_are_about(facts in prop::collection::vec(some_fact(), 0..25)) {
        let all = Facts { facts: numbered(facts), ..Facts::default() };
        for reference in references() {
            prop_assert_eq!(matched(&all, &reference), expected(&all, &reference), "{}", reference);
        }
    }

    #[test]
    fn every_step_of_a_path_is_a_fact_that_names_both_ends(
        facts in prop::collection::vec(some_fact(), 0..25),
        seed in some_identifier(),
    ) {
        let mut all = Facts { facts: numbered(facts), ..Facts::default() };
        let Ok(person) = person(&mut all, &guards(), std::slice::from_ref(&seed));
        for reached in &person.identifiers {
            let path = person.path_to(&reached.identifier);
            prop_assert_eq!(&path[0].identifier, &seed);
            for pair in path.windows(2) {
                let step = pair[1].step.as_ref().unwrap();
                let fact = person.facts.iter().find(|fact| fact.change == step.fact).unwrap();
                prop_assert_eq!(&step.from, &pair[0].identifier);
                prop_assert!(fact.identifiers.contains(&step.from));
                prop_assert!(fact.identifiers.contains(&pair[1].identifier));
            }
        }
    }

    /// The queue suffices: looking only at what a change touched keeps every match as a look at everything would.
    /// Changes are facts that come, pieces of evidence that are cut and restored, and facts that go.
    #[test]
    fn following_changes_is_as_good_as_starting_over(
        facts in prop::collection::vec((some_fact(), any::<prop::sample::Index>(), 0u8..8), 1..25),
    ) {
        let (mut all, mut standings, mut matches) = (Facts::default(), BTreeMap::new(), BTreeMap::new());
        let mut touched = BTreeSet::new();
        for (change, (fact, pick, deed)) in (1u64..).zip(facts) {
            match deed {
                0 if !all.facts.is_empty() => {
                    let gone = all.facts.remove(pick.index(all.facts.len()));
                    touched.extend(gone.identifiers);
                    if let FactSource::Record(_, reference) = gone.source {
                        matches.insert(reference.clone(), matched(&all, &reference));
                    }
                }
                1 | 2 if !all.facts.is_empty() => {
                    let index = pick.index(all.facts.len());
                    let fact = &mut all.facts[index];
                    touched.extend(fact.identifiers.iter().chain(&fact.cut).cloned());
                    if deed == 1 && fact.identifiers.len() > 1 {
                        let cut = fact.identifiers.remove(0);
                        fact.cut.push(cut);
                    } else if let Some(restored) = fact.cut.pop() {
                        fact.identifiers.push(restored);
                        fact.identifiers.sort();
                    }
                    if let FactSource::Record(_, reference) = fact.source.clone() {
                        matches.insert(reference.clone(), matched(&all, &reference));
                    }
                }
                _ => {
                    touched.extend(fact.identifiers.iter().cloned());
                    all.facts.push(Fact { change, ..fact.clone() });
                    if let FactSource::Record(_, reference) = fact.source {
                        matches.insert(reference.clone(), matched(&all, &reference));
                    }
                }
            }
            if deed == 7 {
                continue; // Whoever follows may take several changes at once.
            }
            follow(&mut all, &std::mem::take(&mut touched), &mut standings, &mut matches);
            for reference in references() {
                let now = matched(&all, &reference);
                let known = matches.get(&reference).cloned().unwrap_or_default();
                prop_assert_eq!(known, now, "{} after change {}", reference, change);
            }
        }
    }
}

#[test]
fn cutting_evidence_gives_what_would_have_been_and_restoring_it_what_was() {
    let (ann, v1, v2) = (
        identifier(IdentifierKind::EmailAddress, "ann@x.com"),
        identifier(IdentifierKind::RaId, "v1"),
        identifier(IdentifierKind::RaId, "v2"),
    );
    let form = |change, visitor: &Identifier, identifiers: &[&Identifier]| Fact {
        change,
        source: FactSource::Conversion(ConversionKind::Web, Reference::parse(visitor.value()).unwrap()),
        at: Instant::from_micros(0),
        received_at: Instant::from_micros(0),
        identifiers: identifiers.iter().map(|i| (*i).clone()).collect(),
        cut: Vec::new(),
    };
    let visitors = |facts: &[Fact]| {
        let mut all = Facts { facts: facts.to_vec(), ..Facts::default() };
        let Ok(person) = person(&mut all, &guards(), std::slice::from_ref(&v1));
        person.visitors().map(|visitor| visitor.value().to_owned()).collect::<Vec<_>>()
    };
    let whole = [form(1, &v1, &[&v1, &ann]), form(2, &v2, &[&v2, &ann])];
    let cut = [
        whole[0].clone(),
        Fact { identifiers: vec![v2.clone()], cut: vec![ann.clone()], ..whole[1].clone() },
    ];
    let never = [whole[0].clone(), form(2, &v2, &[&v2])];
    assert_eq!(visitors(&whole), ["v1", "v2"]);
    assert_eq!(visitors(&cut), visitors(&never));
    assert_eq!(visitors(&cut), ["v1"]);
}
