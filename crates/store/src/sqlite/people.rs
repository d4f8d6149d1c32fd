use super::evidence::Evidence;
use super::names::Tail;
use super::{conversions, directory, exports, records, visits};
use crate::{PersonFacts, PersonRecord, RecordMatch, StoreError};
use rusqlite::Connection;
use std::collections::BTreeSet;
use touchline_domain::ad_export::Trace;
use touchline_domain::identity::{
    EvidenceSource, FactSource, GuardSettings, Matching, Outcome, Person, Standing, look_up, match_record,
};
use touchline_domain::record::{RecordKey, RecordKind, Reference, StoredVersion};
use touchline_domain::{Identifier, SiteId, StoredConversion, StoredVisit};

/// Everything held on whom `seeds` belong to; see [`Store::person`](crate::Store::person).
pub(super) fn person(
    connection: &Connection,
    tail: &Tail,
    site: &SiteId,
    seeds: &[Identifier],
) -> Result<PersonFacts, StoreError> {
    let Some(guards) = directory::guards(connection, site)? else { return Ok(PersonFacts::default()) };
    let mut evidence = Evidence::of(connection, tail, site.clone())?;
    let (mut person, is_ambiguous) = look_up(&mut evidence, &guards, seeds)?;
    let (visits, conversions) = touches(connection, site, &person)?;
    let records = records_of(connection, tail, &mut evidence, &guards, &person)?;
    person.is_truncated |= records.len() == PersonFacts::RECORDS_MAX;
    let traces = traces_of(&person, seeds, records.iter().map(|record| &record.key));
    let exports = exports::traced(connection, site, &traces, PersonFacts::EXPORTS_MAX)?;
    Ok(PersonFacts { person, is_ambiguous, visits, conversions, records, exports })
}

/// By what rows of exports that hold something of a person are found: what was asked for, what joins, and the person's records.
/// What merely matches may be somebody else's too.
pub(super) fn traces_of<'a>(
    person: &'a Person,
    seeds: &'a [Identifier],
    records: impl Iterator<Item = &'a RecordKey>,
) -> BTreeSet<Trace> {
    let identifiers = person.joined().chain(seeds).map(Trace::of_identifier);
    identifiers.chain(records.map(Trace::of_record)).collect()
}

/// Whom a record is about; see [`Store::record_match`](crate::Store::record_match).
pub(super) fn record_match(
    connection: &Connection,
    tail: &Tail,
    key: &RecordKey,
) -> Result<Option<RecordMatch>, StoreError> {
    let Some(guards) = directory::guards(connection, &key.site)? else { return Ok(None) };
    let versions = records::versions(connection, tail, key)?;
    if versions.is_empty() {
        return Ok(None);
    }
    let mut evidence = Evidence::of(connection, tail, key.site.clone())?;
    let matching = matching(&mut evidence, &guards, key, &versions)?;
    let (mut visits, mut conversions) = (Vec::new(), Vec::new());
    if matching.is_matched() {
        (visits, conversions) = touches(connection, &key.site, &matching.person)?;
    }
    Ok(Some(RecordMatch { matching, visits, conversions }))
}

/// Whom a record with these versions is about.
pub(super) fn matching(
    evidence: &mut Evidence<'_>,
    guards: &GuardSettings,
    key: &RecordKey,
    versions: &[StoredVersion],
) -> Result<Matching, StoreError> {
    let mut identifiers: BTreeSet<Identifier> = BTreeSet::new();
    for stored in versions {
        // What was cut out of a version says nothing; another version may say it still.
        if let Some(fact) = evidence.fact(stored.change.cast_signed())? {
            identifiers.extend(fact.identifiers);
        }
    }
    match_record(evidence, guards, (key.kind, &key.reference), &identifiers)
}

/// The visits and conversions among a person's facts.
pub(super) fn touches(
    connection: &Connection,
    site: &SiteId,
    person: &Person,
) -> Result<(Vec<StoredVisit>, Vec<StoredConversion>), StoreError> {
    let (mut found_visits, mut found_conversions) = (Vec::new(), Vec::new());
    for fact in &person.facts {
        let change = fact.change.cast_signed();
        match fact.source {
            FactSource::Visit => found_visits.extend(visits::visit(connection, site, change)?),
            FactSource::Conversion(..) => {
                found_conversions.extend(conversions::conversion(connection, site, change)?);
            }
            FactSource::Record(..) => {}
        }
    }
    Ok((found_visits, found_conversions))
}

/// The records that are about a person: those that evidence ties to it, and those that match it.
pub(super) fn records_of(
    connection: &Connection,
    tail: &Tail,
    evidence: &mut Evidence<'_>,
    guards: &GuardSettings,
    person: &Person,
) -> Result<Vec<PersonRecord>, StoreError> {
    let facts = person.facts.iter().map(|fact| &fact.source);
    let mut candidates: BTreeSet<(RecordKind, Reference)> = facts
        .filter_map(|source| match source {
            FactSource::Record(kind, reference) => Some((*kind, reference.clone())),
            FactSource::Visit | FactSource::Conversion(..) => None,
        })
        .collect();
    let tied = candidates.clone();
    for reached in person.identifiers.iter().filter(|r| matches!(r.standing, Standing::Matches(_))) {
        candidates.extend(evidence.records_naming(&reached.identifier)?);
    }
    let mut records = Vec::new();
    for (kind, reference) in candidates {
        if records.len() == PersonFacts::RECORDS_MAX {
            break;
        }
        let is_tied = tied.contains(&(kind, reference.clone()));
        let key = RecordKey { site: evidence.site().clone(), kind, reference };
        let versions = records::versions(connection, tail, &key)?;
        let matching = matching(evidence, guards, &key, &versions)?;
        let is_same = || {
            let joined: BTreeSet<&Identifier> = person.joined().collect();
            let shares_fact = |fact: u64| person.facts.iter().any(|known| known.change == fact);
            matching.person.joined().any(|identifier| joined.contains(identifier))
                || matching.person.facts.iter().any(|f| f.source.is_touch() && shares_fact(f.change))
        };
        let matched_by = match &matching.outcome {
            Outcome::Matched(by) if is_tied || is_same() => Some(by.clone()),
            _ => None,
        };
        if is_tied || matched_by.is_some() {
            records.push(PersonRecord { key, versions, matched_by });
        }
    }
    Ok(records)
}
