use super::names::{self, Names, Tail};
use super::writer::WriteTx;
use super::{conversions, rows, visits};
use crate::StoreError;
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet};
use touchline_domain::identity::{EvidenceSource, Fact, FactSource, Naming};
use touchline_domain::record::{RecordKind, Reference};
use touchline_domain::{Identifier, Instant, SiteId};

/// How many identifiers' facts are remembered at once: what bounds the memory of a long search.
const REMEMBERED_MAX: usize = 10_000;

/// A site's evidence, as one transaction sees it.
pub(super) struct Evidence<'a> {
    connection: &'a Connection,
    names: Names<'a>,
    site: SiteId,
    /// Facts and decisions count up to this moment.
    until: Option<Instant>,
    has_cuts: bool,
    has_allowed: bool,
    remembered: BTreeMap<Identifier, Naming>,
}

impl<'a> Evidence<'a> {
    pub(super) fn of(connection: &'a Connection, tail: &'a Tail, site: SiteId) -> Result<Self, StoreError> {
        let names = tail.names(connection)?;
        let exists = |table: &str| -> Result<bool, StoreError> {
            let sql = format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE site_id = ?1)");
            Ok(connection.prepare_cached(&sql)?.query_row([site.as_str()], |row| row.get(0))?)
        };
        let (has_cuts, has_allowed) = (exists("evidence_cut")?, exists("identifier_allowed")?);
        Ok(Self { connection, names, site, until: None, has_cuts, has_allowed, remembered: BTreeMap::new() })
    }

    /// As [`Evidence::of`], as it was known at a past moment.
    pub(super) fn as_of(
        connection: &'a Connection,
        tail: &'a Tail,
        site: SiteId,
        moment: Instant,
    ) -> Result<Self, StoreError> {
        Ok(Self { until: Some(moment), ..Self::of(connection, tail, site)? })
    }

    /// As [`Evidence::of`], as the one writer's transaction sees it.
    pub(super) fn in_writer(tx: &'a WriteTx<'_>, site: SiteId) -> Result<Self, StoreError> {
        let mut evidence = Self::of(tx.connection, tx.tail, site)?;
        evidence.names.deleted = Some(&tx.draft.deleted);
        Ok(evidence)
    }

    /// Whose evidence it is.
    pub(super) fn site(&self) -> &SiteId {
        &self.site
    }

    /// Whether what was received, or decided, at `at` counts.
    pub(super) fn counts(&self, at: Instant) -> bool {
        self.until.is_none_or(|until| at <= until)
    }

    /// The last moment of which decisions count, as it is stored.
    fn decided_until(&self) -> i64 {
        self.until.map_or(i64::MAX, Instant::as_micros)
    }

    /// The fact with this change number, with what was cut out of it.
    pub(super) fn fact(&self, change: i64) -> Result<Option<Fact>, StoreError> {
        for read in [Self::visit, Self::conversion, Self::version] {
            if let Some(fact) = read(self, change)? {
                return Ok(Some(fact));
            }
        }
        Ok(None)
    }

    /// The facts out of which an identifier was cut.
    pub(super) fn facts_without(&self, identifier: &Identifier) -> Result<Vec<Fact>, StoreError> {
        let sql = "SELECT fact FROM evidence_cut WHERE site_id = ?1 AND kind = ?2 AND value = ?3";
        let mut statement = self.connection.prepare_cached(sql)?;
        let kind = rows::identifier_number(identifier.kind());
        let mut found = statement.query(params![self.site.as_str(), kind, identifier.value()])?;
        let mut facts = Vec::new();
        while let Some(row) = found.next()? {
            facts.extend(self.fact(row.get(0)?)?);
        }
        Ok(facts)
    }

    fn visit(&self, change: i64) -> Result<Option<Fact>, StoreError> {
        let Some((identifiers, at, received_at)) = visits::evidence(self.connection, &self.site, change)?
        else {
            return Ok(None);
        };
        if !self.counts(received_at) {
            return Ok(None);
        }
        self.without_cuts(change, FactSource::Visit, at, received_at, identifiers).map(Some)
    }

    fn conversion(&self, change: i64) -> Result<Option<Fact>, StoreError> {
        let stored = conversions::conversion(self.connection, &self.site, change)?;
        let Some(stored) = stored.filter(|stored| self.counts(stored.received_at)) else { return Ok(None) };
        let conversion = stored.conversion;
        let source = FactSource::Conversion(conversion.kind, conversion.reference);
        let at = conversion.occurred.at;
        self.without_cuts(change, source, at, stored.received_at, conversion.identifiers).map(Some)
    }

    fn version(&self, change: i64) -> Result<Option<Fact>, StoreError> {
        let sql = "SELECT site_id, kind, reference, occurred_at, received_at, details FROM record_version
            WHERE change = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query([change])?;
        let Some(row) = found.next()? else { return Ok(None) };
        let key = rows::key(row, 0)?;
        let (at, received_at) = (Instant::from_micros(row.get(3)?), Instant::from_micros(row.get(4)?));
        if key.site != self.site || !self.counts(received_at) {
            return Ok(None);
        }
        let source = FactSource::Record(key.kind, key.reference);
        let identifiers = rows::identifiers(row, 5)?;
        self.without_cuts(change, source, at, received_at, identifiers).map(Some)
    }

    fn without_cuts(
        &self,
        change: i64,
        source: FactSource,
        at: Instant,
        received_at: Instant,
        mut identifiers: Vec<Identifier>,
    ) -> Result<Fact, StoreError> {
        identifiers.sort();
        let mut cut = Vec::new();
        if self.has_cuts {
            let sql =
                "SELECT kind, value FROM evidence_cut WHERE site_id = ?1 AND fact = ?2 AND cut_at <= ?3";
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut found = statement.query(params![self.site.as_str(), change, self.decided_until()])?;
            while let Some(row) = found.next()? {
                let kind = rows::identifier_kind(row.get(0)?)?;
                cut.push(Identifier::stored(kind, row.get(1)?, None));
            }
            identifiers.retain(|identifier| !cut.contains(identifier));
        }
        let change = change.unsigned_abs();
        Ok(Fact { change, source, at, received_at, identifiers, cut })
    }

    fn is_allowed(&self, identifier: &Identifier) -> Result<bool, StoreError> {
        if !self.has_allowed {
            return Ok(false);
        }
        let sql = "SELECT EXISTS (SELECT 1 FROM identifier_allowed
            WHERE site_id = ?1 AND kind = ?2 AND value = ?3 AND allowed_at <= ?4)";
        let kind = rows::identifier_number(identifier.kind());
        let parameters = params![self.site.as_str(), kind, identifier.value(), self.decided_until()];
        Ok(self.connection.prepare_cached(sql)?.query_row(parameters, |row| row.get(0))?)
    }

    fn look_up(&self, identifier: &Identifier) -> Result<Naming, StoreError> {
        let most = Naming::FACTS_MAX;
        let limits = match self.until {
            None => [Naming::VISITS_MAX, most + 1, most + 1],
            // A name does not say when its fact was received.
            Some(_) => [usize::MAX; 3],
        };
        let found = self.names.naming(&self.site, identifier, limits)?;
        let (mut facts, mut others, mut visits) = (Vec::new(), 0, 0);
        for (by, change) in found {
            let fact = match by {
                names::NamedBy::Visit if visits == Naming::VISITS_MAX => None,
                names::NamedBy::Visit => self.visit(change)?,
                _ if others > most => None,
                names::NamedBy::Conversion => self.conversion(change)?,
                names::NamedBy::Version => self.version(change)?,
            };
            let was_there = usize::from(fact.is_some() || self.until.is_none());
            *(if by == names::NamedBy::Visit { &mut visits } else { &mut others }) += was_there;
            // A name is a hash: whoever follows it compares.
            facts.extend(fact.filter(|fact| fact.identifiers.contains(identifier)));
        }
        Ok(Naming {
            facts,
            has_more: others > most,
            has_more_visits: visits == Naming::VISITS_MAX,
            is_allowed: self.is_allowed(identifier)?,
        })
    }
}

impl EvidenceSource for Evidence<'_> {
    type Error = StoreError;

    fn naming(&mut self, identifier: &Identifier) -> Result<Naming, StoreError> {
        if let Some(naming) = self.remembered.get(identifier) {
            return Ok(naming.clone());
        }
        let naming = self.look_up(identifier)?;
        if self.remembered.len() == REMEMBERED_MAX {
            self.remembered.clear();
        }
        self.remembered.insert(identifier.clone(), naming.clone());
        Ok(naming)
    }

    fn records_naming(
        &mut self,
        identifier: &Identifier,
    ) -> Result<Vec<(RecordKind, Reference)>, StoreError> {
        let hash = names::naming_hash(&self.site, identifier, names::NamedBy::Version);
        let mut records = BTreeSet::new();
        for change in self.names.find(hash, Naming::FACTS_MAX)? {
            if let Some(Fact { source: FactSource::Record(kind, reference), identifiers, .. }) =
                self.version(change)?
                && identifiers.contains(identifier)
            {
                records.insert((kind, reference));
            }
        }
        Ok(records.into_iter().collect())
    }
}
