//! Whom a record is about, as it is answered: by what it was found, over which facts, and if not, why not.

use super::conversion_out::HeldConversionOut;
use super::fact_out::LinkOut;
use super::reached_out::{GuardOut, step};
use super::visit_out::{HeldVisitOut, VisitorOut};
use crate::http::record_out::IdentifierOut;
use serde::Serialize;
use touchline_domain::identity::{Outcome, Person, Step, Unmatched};
use touchline_domain::record::{RecordState, StoredVersion};
use touchline_domain::{Identifier, IdentifierKind, Site};
use touchline_store::RecordMatch;
use utoipa::ToSchema;

/// Whom a record is about, as of now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MatchOut {
    /// Whether somebody was found.
    pub(crate) matched: bool,
    /// By which identifier of the record; absent when nobody was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) matched_by: Option<IdentifierOut>,
    /// Why nobody was found: `nothing_found`, `ambiguous` or `guarded`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<&'static str>,
    /// The same in a sentence.
    #[schema(example = "Found by its EmailAddress.")]
    pub(crate) explanation: String,
    /// From that identifier to the first visitor, each with the fact that leads to it.
    pub(crate) path: Vec<PathOut>,
    pub(crate) visitors: Vec<VisitorOut>,
    /// In order of time. Reports that belong to one visit are counted once.
    pub(crate) visits: Vec<HeldVisitOut>,
    /// In order of time.
    pub(crate) conversions: Vec<HeldConversionOut>,
    /// What was reached and not followed.
    pub(crate) guarded: Vec<GuardedHereOut>,
    /// Identifiers of the record that lead to somebody else, and were not followed.
    pub(crate) conflicts: Vec<ConflictOut>,
    /// The search stopped at a bound; there may be more.
    pub(crate) is_truncated: bool,
}

/// An identifier on the way.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PathOut {
    #[serde(flatten)]
    pub(crate) identifier: IdentifierOut,
    /// The fact that names it beside the one before; absent for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<LinkOut>,
}

/// An identifier that was not followed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GuardedHereOut {
    #[serde(flatten)]
    pub(crate) identifier: IdentifierOut,
    pub(crate) guard: GuardOut,
}

/// An identifier that leads to somebody else.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConflictOut {
    #[serde(flatten)]
    pub(crate) identifier: IdentifierOut,
    /// The number of a fact that ties it to somebody else.
    pub(crate) fact: u64,
}

impl MatchOut {
    /// Describes what was found for the record with these versions.
    pub(crate) fn new(site: &Site, versions: &[StoredVersion], found: &RecordMatch) -> Self {
        let own: Vec<_> = RecordState::of(versions).into_iter().flat_map(|state| state.identifiers).collect();
        let (matching, person) = (&found.matching, &found.matching.person);
        let (by, reason) = match &matching.outcome {
            Outcome::Matched(by) => (Some(by), None),
            Outcome::Unmatched(reason) => (None, Some(*reason)),
        };
        let guarded = |reached: &touchline_domain::identity::Reached| {
            let guard = GuardOut::new(reached.standing.guard()?, &site.guards);
            Some(GuardedHereOut { identifier: (&reached.identifier).into(), guard })
        };
        let conflict = |conflict: &touchline_domain::identity::Conflict| ConflictOut {
            identifier: (&conflict.identifier).into(),
            fact: conflict.fact,
        };
        Self {
            matched: matching.is_matched(),
            matched_by: by.map(Into::into),
            reason: reason.map(Unmatched::name),
            explanation: explanation(by, reason, person),
            path: by.map(|by| path(&own, person, by)).unwrap_or_default(),
            visitors: VisitorOut::all(site, person, &found.visits),
            visits: HeldVisitOut::folded(site, &found.visits),
            conversions: HeldConversionOut::folded(site, &found.conversions),
            guarded: person.guarded().filter_map(guarded).collect(),
            conflicts: matching.conflicts.iter().map(conflict).collect(),
            is_truncated: person.is_truncated,
        }
    }

    /// Whether somebody was found.
    pub(crate) fn is_matched(&self) -> bool {
        self.matched
    }
}

fn explanation(by: Option<&Identifier>, reason: Option<Unmatched>, person: &Person) -> String {
    if let Some(by) = by {
        return format!("Found by its {}.", by.kind().name());
    }
    let text = match reason {
        Some(Unmatched::Ambiguous) => {
            "What it is named by leads to several people, so none was picked; an EmailAddress or RaId would decide."
        }
        Some(Unmatched::Guarded) => {
            "What it is named by is ignored on this site, or named by so many that nobody can be told apart."
        }
        Some(Unmatched::NothingFound) | None if person.identifiers.is_empty() => {
            "It names nobody: whom it was about was erased, or what named them was cut."
        }
        Some(Unmatched::NothingFound) | None => {
            "No visit, form or call is connected with what it is named by yet; it is matched as soon as one comes in."
        }
    };
    text.to_owned()
}

/// The way from `by` to a visitor; if there is none, to what a visit or conversion names; if neither, `by` alone.
fn path(own: &[Identifier], person: &Person, by: &Identifier) -> Vec<PathOut> {
    let is_touched = |identifier: &&Identifier| {
        let mut touches = person.facts.iter().filter(|fact| fact.source.is_touch());
        touches.any(|fact| fact.identifiers.contains(identifier))
    };
    let visitors = person.joined().filter(|identifier| identifier.kind() == IdentifierKind::RaId);
    let ends: Vec<_> = visitors
        .filter(is_touched)
        .chain(person.joined().filter(is_touched))
        .chain(person.visitors())
        .collect();
    let mut ways = ends.into_iter().map(|end| way(own, person, end));
    let way = ways.find(|way| way.first().is_some_and(|(first, _)| first == by));
    let way = way.unwrap_or_else(|| vec![(by.clone(), None)]);
    let out = |(identifier, step): (Identifier, Option<Step>)| {
        let fact = step.and_then(|step| person.facts.iter().find(|fact| fact.change == step.fact));
        PathOut { identifier: (&identifier).into(), by: fact.map(Into::into) }
    };
    way.into_iter().map(out).collect()
}

/// The identifiers from one of the record's `own` to `end`, each with how it was reached.
fn way(own: &[Identifier], person: &Person, end: &Identifier) -> Vec<(Identifier, Option<Step>)> {
    let reached = person.path_to(end);
    let steps: Vec<_> = reached.iter().map(|reached| step(own, person, reached)).collect();
    let before = steps.first().and_then(Option::as_ref).map(|step| (step.from.clone(), None));
    let rest = reached.into_iter().map(|reached| reached.identifier.clone()).zip(steps);
    before.into_iter().chain(rest).collect()
}
