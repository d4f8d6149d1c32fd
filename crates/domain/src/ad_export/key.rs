use crate::record::RecordKey;
use crate::{Identifier, Milestone};
use sha2::{Digest, Sha256};
use std::fmt;

/// What names a conversion for ever: a hash of the record and of the milestone that it reached. Platforms get it as the event's
/// or order's id; it tells them nothing, and is the same in every export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversionKey(pub [u8; 16]);

impl ConversionKey {
    /// The key of the conversion that a record is when it reaches a milestone.
    pub fn of(record: &RecordKey, milestone: Milestone) -> Self {
        Self(hash(&[
            "conversion",
            record.site.as_str(),
            record.kind.name(),
            record.reference.as_str(),
            milestone.name(),
        ]))
    }
}

impl fmt::Display for ConversionKey {
    /// 32 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A hash by which the rows of stored exports that hold something of somebody are found again, when that somebody is to be
/// erased or asks for everything that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Trace(pub [u8; 16]);

impl Trace {
    /// Of what names a person.
    pub fn of_identifier(identifier: &Identifier) -> Self {
        Self(hash(&["identifier", identifier.kind().name(), identifier.value()]))
    }

    /// Of a record.
    pub fn of_record(record: &RecordKey) -> Self {
        Self(hash(&["record", record.kind.name(), record.reference.as_str()]))
    }
}

/// The parts are told apart by their lengths.
fn hash(parts: &[&str]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    first
}
