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

/// The hash under which the versions of records that name an identifier are found.
pub(in super::super) fn record_naming_hash(site: &SiteId, identifier: &Identifier) -> i64 {
    naming_hash(*b"person", site, identifier)
}

/// The hash under which a conversion's reports are found.
pub(in super::super) fn conversion_hash(site: &SiteId, kind: ConversionKind, reference: &str) -> i64 {
    hash(*b"conver", site, &[&[rows::conversion_kind_number(kind)], reference.as_bytes()])
}

/// The hash under which the conversions that name an identifier are found.
pub(in super::super) fn conversion_naming_hash(site: &SiteId, identifier: &Identifier) -> i64 {
    naming_hash(*b"called", site, identifier)
}

/// The hash under which the visits of a visitor, or of a Google client id, are found.
pub(in super::super) fn visit_hash(site: &SiteId, identifier: &Identifier) -> i64 {
    naming_hash(*b"visits", site, identifier)
}

fn naming_hash(domain: [u8; 6], site: &SiteId, identifier: &Identifier) -> i64 {
    hash(domain, site, &[&[rows::identifier_number(identifier.kind())], identifier.value().as_bytes()])
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
    let naming = identifiers.iter().map(|identifier| record_naming_hash(&key.site, identifier));
    entries(std::iter::once(record).chain(naming), occurred, change)
}

/// Every entry of a report of a conversion.
pub(in super::super) fn conversion_entries(
    site: &SiteId,
    conversion: &Conversion,
    change: i64,
) -> Vec<Entry> {
    let own = conversion_hash(site, conversion.kind, conversion.reference.as_str());
    let naming = conversion.identifiers.iter().map(|identifier| conversion_naming_hash(site, identifier));
    entries(std::iter::once(own).chain(naming), conversion.occurred.at, change)
}

/// Every entry of a visit.
pub(in super::super) fn visit_entries(site: &SiteId, visit: &Visit, change: i64) -> Vec<Entry> {
    let named = std::iter::once(&visit.visitor).chain(&visit.cookie);
    entries(named.map(|identifier| visit_hash(site, identifier)), visit.at, change)
}

fn entries(hashes: impl Iterator<Item = i64>, at: Instant, change: i64) -> Vec<Entry> {
    let second = second_of(at);
    hashes.map(|hash| Entry { hash, second, change }).collect()
}
