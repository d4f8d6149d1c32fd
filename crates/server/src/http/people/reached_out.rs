//! Identifiers of a person: what each may do, and how it was reached.

use crate::http::record_out::IdentifierOut;
use serde::Serialize;
use touchline_domain::identity::{Guard, GuardSettings, Naming, Person, Reached, Standing, Step};
use touchline_domain::{Identifier, Site};
use utoipa::ToSchema;

/// An identifier of a person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReachedOut {
    #[serde(flatten)]
    pub(crate) identifier: IdentifierOut,
    /// `joins`: whatever it names is one person. `matches`: it finds a person for a record, and nothing is reached
    /// through it. `ignored`: it is no one's.
    #[schema(example = "joins")]
    pub(crate) standing: &'static str,
    /// What keeps it from joining.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) guard: Option<GuardOut>,
    /// How it was reached; absent for what the search began with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reached: Option<StepOut>,
}

/// Why an identifier is kept from joining.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GuardOut {
    /// `ignored`, `role_mailbox`, `too_many_visitors`, `too_many_emails` or `too_many_facts`.
    #[schema(example = "too_many_visitors")]
    pub(crate) code: &'static str,
    /// How many visitors or email addresses there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 26)]
    pub(crate) count: Option<u32>,
    /// The same for people.
    #[schema(example = "26 visitors have it, and the site allows 25.")]
    pub(crate) detail: String,
}

impl GuardOut {
    pub(crate) fn new(guard: Guard, settings: &GuardSettings) -> Self {
        let (count, detail) = match guard {
            Guard::Ignored => (None, "It is on the site's list of values that are no one's.".to_owned()),
            Guard::RoleMailbox => (None, "Its name says that several people read it.".to_owned()),
            Guard::TooManyVisitors(count) => (
                Some(count),
                format!("{count} visitors have it, and the site allows {}.", settings.visitors_max),
            ),
            Guard::TooManyEmails(count) => (
                Some(count),
                format!(
                    "{count} email addresses were given from it, and the site allows {}.",
                    settings.emails_max
                ),
            ),
            Guard::TooManyFacts => {
                (None, format!("More than {} conversions and records name it.", Naming::FACTS_MAX))
            }
        };
        Self { code: guard.name(), count, detail }
    }
}

/// How an identifier was reached.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StepOut {
    /// From which identifier.
    pub(crate) from: IdentifierOut,
    /// By which fact, which names both: see `evidence`.
    pub(crate) fact: u64,
}

impl ReachedOut {
    /// A person's identifiers, the nearest to `seeds` first.
    pub(super) fn all(site: &Site, seeds: &[Identifier], person: &Person) -> Vec<Self> {
        let out = |reached: &Reached| Self {
            identifier: (&reached.identifier).into(),
            standing: match reached.standing {
                Standing::Joins => "joins",
                Standing::Matches(_) => "matches",
                Standing::Nothing => "ignored",
            },
            guard: reached.standing.guard().map(|guard| GuardOut::new(guard, &site.guards)),
            reached: step(seeds, person, reached)
                .map(|step| StepOut { from: (&step.from).into(), fact: step.fact }),
        };
        person.identifiers.iter().map(out).collect()
    }
}

/// How an identifier was reached from `seeds`: as the search says; or, where a second search began, by the fact that
/// names it beside a seed that merely matches.
pub(super) fn step(seeds: &[Identifier], person: &Person, reached: &Reached) -> Option<Step> {
    if reached.step.is_some() || seeds.contains(&reached.identifier) {
        return reached.step.clone();
    }
    let mut naming = person.facts.iter().filter(|fact| fact.identifiers.contains(&reached.identifier));
    let beside = |fact: &touchline_domain::identity::Fact| {
        let seed = seeds.iter().find(|seed| fact.identifiers.contains(seed))?;
        Some(Step { from: seed.clone(), fact: fact.change })
    };
    naming.find_map(beside)
}
