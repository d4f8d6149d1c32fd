//! Whom a request or a command is about, and what is held on them.

use touchline_domain::identity::{Outcome, Standing};
use touchline_domain::record::{RecordKey, RecordKind, Reference};
use touchline_domain::{Identifier, SiteId};
use touchline_store::{Erased, ErasedRecords, PersonFacts, Store, StoreError};

/// Whom somebody asks about: by what names them, by a record of theirs, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Whom {
    pub(crate) identifiers: Vec<Identifier>,
    pub(crate) record: Option<(RecordKind, Reference)>,
}

/// Why nothing can be said of them.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum WhomError {
    #[error("there is no record with this reference")]
    NoSuchRecord,
    #[error("the record leads to nobody, or to several people; name an identifier, or delete the record")]
    NobodyFound,
    #[error("nothing is held on them")]
    NothingHeld,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Somebody on whom something is held.
pub(crate) struct Held {
    /// What the search began with.
    pub(crate) seeds: Vec<Identifier>,
    pub(crate) facts: PersonFacts,
}

impl Whom {
    /// Whether nobody was named.
    pub(crate) fn is_nobody(&self) -> bool {
        self.identifiers.is_empty() && self.record.is_none()
    }

    /// Everything that is held on them.
    pub(crate) async fn held(self, store: &dyn Store, site: &SiteId) -> Result<Held, WhomError> {
        let seeds = self.seeds(store, site).await?;
        let facts = store.person(site.clone(), seeds.clone()).await?;
        let is_nothing = facts.person.facts.is_empty()
            && facts.visits.is_empty()
            && facts.conversions.is_empty()
            && facts.records.is_empty()
            && facts.exports.is_empty();
        if is_nothing { Err(WhomError::NothingHeld) } else { Ok(Held { seeds, facts }) }
    }

    /// Removes them.
    pub(crate) async fn erase(
        self,
        store: &dyn Store,
        site: &SiteId,
        records: ErasedRecords,
    ) -> Result<Erased, WhomError> {
        let seeds = self.seeds(store, site).await?;
        let erased = store.erase(site.clone(), seeds, records).await?;
        if erased.is_nothing() { Err(WhomError::NothingHeld) } else { Ok(erased) }
    }

    /// A record leads to whom it is about, as of now: by its identifiers that join, or the one that found somebody. What
    /// was cut out of it does not count, nor what merely matches and leads elsewhere, so that nobody is shown or erased in
    /// another's stead.
    async fn seeds(self, store: &dyn Store, site: &SiteId) -> Result<Vec<Identifier>, WhomError> {
        let mut seeds = self.identifiers;
        if let Some((kind, reference)) = self.record {
            let key = RecordKey { site: site.clone(), kind, reference };
            let found = store.record_match(key).await?.ok_or(WhomError::NoSuchRecord)?;
            if let Outcome::Matched(by) = found.matching.outcome {
                seeds.push(by);
            }
            let reached = found.matching.person.identifiers.into_iter();
            let own = reached.filter(|reached| reached.step.is_none() && reached.standing == Standing::Joins);
            seeds.extend(own.map(|reached| reached.identifier));
        }
        seeds.sort();
        seeds.dedup();
        if seeds.is_empty() { Err(WhomError::NobodyFound) } else { Ok(seeds) }
    }
}
