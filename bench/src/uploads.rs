//! What is uploaded: bodies of about 600 bytes, four in five of them new opportunities, the others later states of one
//! of the existing, chosen evenly among all.

use crate::load::Bodies;
use clap::ValueEnum;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// How a CRM names its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum References {
    /// Counting upwards, as Salesforce's and HubSpot's do.
    Increasing,
    /// Random UUIDs, as Dynamics' are.
    Random,
}

/// A seeded stream of uploads, shared by all connections.
pub struct Uploads {
    references: References,
    next: AtomicU64,
    records: AtomicU64,
}

const STAGES: [&str; 4] = ["Prospecting", "Engaging", "Negotiation", "Won"];

impl Bodies for Uploads {
    fn write_next(&self, body: &mut Vec<u8>) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let dice = mix(number);
        let is_update = dice % 5 == 0 && number > 10;
        let (record, state) = if is_update {
            (mix(dice) % self.records().max(1), 1 + mix(dice ^ 1) % 3)
        } else {
            (self.records.fetch_add(1, Ordering::Relaxed), 0)
        };
        self.write(body, record, state, dice);
    }
}

impl Uploads {
    pub fn new(references: References) -> Self {
        Self { references, next: AtomicU64::new(0), records: AtomicU64::new(0) }
    }

    /// How many different opportunities were uploaded.
    pub fn records(&self) -> u64 {
        self.records.load(Ordering::Relaxed)
    }

    fn write(&self, body: &mut Vec<u8>, record: u64, state: u64, dice: u64) {
        let reference = self.reference(record);
        let (who, more) = (mix(record ^ 0xA5A5), mix(record ^ 0x5A5A));
        // Writing to a Vec cannot fail.
        let _ = write!(
            body,
            r#"{{"OpportunityValue":"{}.{:02}","OpportunityDateTime":"2024-{:02}-{:02}T{:02}:{:02}:{:02}Z","PipelineStage":"{}","CurrencyCode":"GBP","VisitorIdentifierOptions":[{{"Key":"EmailAddress","Value":"{:x}.{:x}@example-company.com"}},{{"Key":"RaId","Value":"{:016x}{:08x}"}}],"Labels":["North","Enterprise"],"Reference":"{reference}","AdditionalDataProperties":[{{"Name":"Agent","Value":"Moses Frase"}},{{"Name":"Account","Value":"Cancity Holdings {}"}},{{"Name":"Product","Value":"GTX Plus Basic"}},{{"Name":"Region","Value":"Central, with a note of some length"}}]}}"#,
            100 + dice % 90_000,
            dice % 100,
            1 + state * 3,
            1 + dice % 28,
            dice % 24,
            dice / 24 % 60,
            dice / 1_440 % 60,
            STAGES[state as usize],
            who >> 40,
            who & 0xFFFF_FFFF,
            more,
            who >> 32,
            record % 5_000,
        );
    }

    fn reference(&self, record: u64) -> String {
        match self.references {
            References::Increasing => format!("006Q{record:014}"),
            References::Random => {
                let (a, b) = (mix(record ^ 0x1111), mix(record ^ 0x2222));
                format!("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", a >> 32, a >> 16 & 0xFFFF, a & 0xFFF, b >> 52, b & 0xFFFF_FFFF_FFFF)
            }
        }
    }
}

/// SplitMix64: the same stream of uploads in every run.
fn mix(value: u64) -> u64 {
    let mixed = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
