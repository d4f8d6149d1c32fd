//! What is indexed: names of facts, as hashes.

use super::super::rows;
use sha2::{Digest, Sha256};
use touchline_domain::record::{RecordKey, RecordKind};
use touchline_domain::{Conversion, ConversionKind, Identifier, Instant, SiteId, Visit};

/// How many bits of a name's hash are kept.
pub(super) const HASH_BITS: u32 = 48;

/// One entry: a name, the second in which the version was so, and the version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Entry {
    pub(in super::super) hash: i64,
    pub(in super::super) second: i64,
    pub(in super::super) change: i64,
}

/// The hash under which a record's versions are found.
pub(in super::super) fn record_hash(site: &SiteId, kind: RecordKind, reference: &str) -> i64 {
    hash(*b"record", site, &[rows::kind_number(kind).to_be_bytes().as_slice(), reference.as_bytes()])
}

/// The hash under which a conversion's reports are found.
pub(in super::super) fn conversion_hash(site: &SiteId, kind: ConversionKind, reference: &str) -> i64 {
    hash(*b"conver", site, &[&[rows::conversion_kind_number(kind)], reference.as_bytes()])
}

/// What kind of fact names an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum NamedBy {
    Visit,
    Conversion,
    Version,
}

impl NamedBy {
    pub(in super::super) const ALL: [Self; 3] = [Self::Visit, Self::Conversion, Self::Version];

    fn bits(self) -> i64 {
        match self {
            Self::Visit => 0,
            Self::Conversion => 1,
            Self::Version => 2,
        }
    }

    pub(super) fn of(hash: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.bits() == hash & KIND_MASK)
    }
}

/// The last bits of an identifier's hash say what kind of fact names it, so that all that do stand side by side.
const KIND_MASK: i64 = 0b11;

/// The hash under which the facts of one kind that name an identifier are found.
pub(in super::super) fn naming_hash(site: &SiteId, identifier: &Identifier, by: NamedBy) -> i64 {
    let kind = [rows::identifier_number(identifier.kind())];
    let hash = hash(*b"person", site, &[&kind, identifier.value().as_bytes()]);
    (hash & !KIND_MASK) | by.bits()
}

/// From the first to the last of an identifier's hashes.
pub(super) fn naming_hashes(site: &SiteId, identifier: &Identifier) -> (i64, i64) {
    let first = naming_hash(site, identifier, NamedBy::Visit);
    (first, first | KIND_MASK)
}

fn hash(domain: [u8; 6], site: &SiteId, parts: &[&[u8]]) -> i64 {
    let mut hash = Sha256::new();
    hash.update(domain);
    hash.update(site.as_str().as_bytes());
    // No site id holds a NUL, and only the last part has a length of its own.
    hash.update([0]);
    for part in parts {
        hash.update(part);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let first = [digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7]];
    // SQLite stores numbers of this size in six bytes; the index is read and written by the page, so size is speed.
    i64::from_be_bytes(first) >> (64 - HASH_BITS)
}

/// The second in which an instant lies: enough to tell a record's versions apart by.
pub(in super::super) fn second_of(instant: Instant) -> i64 {
    instant.as_micros() / 1_000_000
}

/// Every entry of a version of a record.
pub(in super::super) fn record_entries(
    key: &RecordKey,
    identifiers: &[Identifier],
    occurred: Instant,
    change: i64,
) -> Vec<Entry> {
    let record = record_hash(&key.site, key.kind, key.reference.as_str());
    let naming = identifiers.iter().map(|identifier| naming_hash(&key.site, identifier, NamedBy::Version));
    entries(std::iter::once(record).chain(naming), occurred, change)
}

/// Every entry of a report of a conversion.
pub(in super::super) fn conversion_entries(
    site: &SiteId,
    conversion: &Conversion,
    change: i64,
) -> Vec<Entry> {
    let own = conversion_hash(site, conversion.kind, conversion.reference.as_str());
    let naming =
        conversion.identifiers.iter().map(|identifier| naming_hash(site, identifier, NamedBy::Conversion));
    entries(std::iter::once(own).chain(naming), conversion.occurred.at, change)
}

/// Every entry of a visit.
pub(in super::super) fn visit_entries(site: &SiteId, visit: &Visit, change: i64) -> Vec<Entry> {
    let named = std::iter::once(&visit.visitor).chain(&visit.cookie);
    entries(named.map(|identifier| naming_hash(site, identifier, NamedBy::Visit)), visit.at, change)
}

fn entries(hashes: impl Iterator<Item = i64>, at: Instant, change: i64) -> Vec<Entry> {
    let second = second_of(at);
    hashes.map(|hash| Entry { hash, second, change }).collect()
}
