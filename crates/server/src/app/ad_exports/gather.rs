use super::scan::{Changed, Scan};
use super::source::Source;
use super::{Wanted, google, meta};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use touchline_domain::ad_export::{AdConversion, ConversionKey, ExportPlatform, LeftOut};
use touchline_domain::{Instant, Site};
use touchline_store::{LedgerEntry, NewExportRow, Store, StoreError};

/// How many rows of a log are read at a time.
const PIECE: usize = 1_000;

/// A conversion that an export has, or would have.
pub(crate) struct GatheredRow {
    pub(crate) key: ConversionKey,
    pub(crate) conversion: AdConversion,
    pub(super) stored: NewExportRow,
}

/// What an export has, or would have, and what it is made without.
pub(crate) struct Gathered {
    pub(crate) header: String,
    /// The oldest first.
    pub(crate) rows: Vec<GatheredRow>,
    pub(crate) left_out: BTreeMap<LeftOut, u64>,
    /// How many more there are than one file takes.
    pub(crate) waiting: u64,
    /// Some of the records that are not what they were when they were exported, …
    pub(crate) changed: Vec<Changed>,
    /// … and how many there are.
    pub(crate) changed_count: u64,
    pub(super) erasures: u64,
}

impl Gathered {
    /// Takes rows out again.
    pub(super) fn leave_out(&mut self, reason: LeftOut, is_out: impl Fn(&GatheredRow) -> bool) {
        let before = self.rows.len();
        self.rows.retain(|row| !is_out(row));
        if self.rows.len() < before {
            *self.left_out.entry(reason).or_default() += (before - self.rows.len()) as u64;
        }
    }

    /// The conversions' parts of the file.
    pub(crate) fn contents(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| row.stored.content.as_str())
    }
}

/// Gathers what an export would have, as of the journeys that are stored, and changes nothing.
pub(crate) async fn gather(
    store: &dyn Store,
    site: &Arc<Site>,
    wanted: &Wanted,
    now: Instant,
) -> Result<Gathered, StoreError> {
    let (erasures, exported) = ledger(store, site, wanted).await?;
    let mut scan = Scan::new(site, &wanted.query, now, &exported);
    let mut after = 0;
    loop {
        let changes = store.journeys(site.id.clone(), after, PIECE).await?;
        let is_last = changes.len() < PIECE;
        for change in changes {
            after = change.number;
            scan.take(change);
        }
        if is_last {
            break;
        }
    }
    let mut sources = Vec::new();
    for conversion in scan.take_ready() {
        let found = store.record_match(conversion.record.clone()).await?;
        match found.and_then(|found| Source::new(conversion, &found)) {
            Some(source) => sources.push(source),
            None => *scan.left_out.entry(LeftOut::Changing).or_default() += 1,
        }
    }
    let (header, contents) = match wanted.query.platform {
        ExportPlatform::GoogleAds => google::write(wanted, &sources),
        ExportPlatform::Meta => meta::write(wanted, &sources),
    }
    .map_err(StoreError::Unavailable)?;
    let Scan { left_out, waiting, changed, changed_count, .. } = scan;
    let rows = sources.into_iter().zip(contents).map(|(source, content)| row(source, content)).collect();
    Ok(Gathered { header, rows, left_out, waiting, changed, changed_count, erasures })
}

fn row(source: Source, content: String) -> GatheredRow {
    let Source { conversion, traces, .. } = source;
    let stored = NewExportRow {
        key: conversion.key,
        record: conversion.record.clone(),
        worth: conversion.worth,
        content,
        traces,
    };
    GatheredRow { key: conversion.key, conversion, stored }
}

/// What was exported under the same name, and how often somebody had been erased before it was read.
async fn ledger(
    store: &dyn Store,
    site: &Site,
    wanted: &Wanted,
) -> Result<(u64, HashMap<ConversionKey, LedgerEntry>), StoreError> {
    let (mut erasures, mut after, mut exported) = (None, None, HashMap::new());
    loop {
        let (name, platform) = (wanted.query.name.clone(), wanted.query.platform);
        let page = store.ledger(site.id.clone(), platform, name, after, PIECE).await?;
        let first = *erasures.get_or_insert(page.erasures);
        let is_last = page.entries.len() < PIECE;
        after = page.entries.last().map(|entry| entry.key);
        exported.extend(page.entries.into_iter().map(|entry| (entry.key, entry)));
        if is_last {
            return Ok((first, exported));
        }
    }
}
