//! Conversions for advertising platforms: what an export would have, and making one. For HTTP and the command line.

mod gather;
mod google;
mod meta;
mod scan;
mod source;

pub(crate) use gather::{Gathered, GatheredRow, gather};
pub(crate) use scan::Changed;

use std::collections::HashSet;
use std::sync::Arc;
use touchline_domain::ad_export::{ExportPlatform, ExportQuery, LeftOut};
use touchline_domain::{Instant, Invalid, Site, SiteId, Text};
use touchline_store::{ExportOutcome, ExportRow, NewExport, Store, StoreError, StoredExport};

/// Which conversions are wanted, and what only the file of one platform says.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) query: ExportQuery,
    pub(crate) order_id: OrderId,
    pub(crate) action_source: ActionSource,
}

/// By what a platform knows a conversion again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrderId {
    /// By its key, which tells nothing of it.
    Key,
    /// By the record's reference.
    Reference,
    /// Not at all.
    Omitted,
}

impl OrderId {
    pub(crate) fn parse(raw: &str) -> Result<Self, Invalid> {
        match raw.trim() {
            "key" => Ok(Self::Key),
            "reference" => Ok(Self::Reference),
            "none" => Ok(Self::Omitted),
            _ => Err(Invalid::new("unknown_value", "must be key, reference or none")),
        }
    }
}

/// Where a conversion happened, as Meta puts it; not those that need more than is known of one. Source:
/// <https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/server-event/>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ActionSource(&'static str);

impl ActionSource {
    const ALL: [&'static str; 6] =
        ["system_generated", "physical_store", "phone_call", "chat", "email", "other"];
    /// What comes from a CRM.
    pub(crate) const CRM: Self = Self("system_generated");
    /// The one that may be reported later than the others.
    const SHOP: Self = Self("physical_store");

    pub(crate) fn parse(raw: &str) -> Result<Self, Invalid> {
        let found = Self::ALL.into_iter().find(|name| *name == raw.trim());
        let unknown = || Invalid::new("unknown_value", format!("must be one of {}", Self::ALL.join(", ")));
        found.map(Self).ok_or_else(unknown)
    }
}

impl Wanted {
    /// What a platform gets unless something else is asked for.
    pub(crate) fn new(query: ExportQuery) -> Self {
        Self { query, order_id: OrderId::Key, action_source: ActionSource::CRM }
    }

    /// What cannot be asked: the parameter, and why.
    pub(crate) fn check(&self) -> Result<(), (&'static str, Invalid)> {
        self.query.check()?;
        let usual = self.query.platform.event_days().unwrap_or(u32::MAX);
        if self.query.event_days.unwrap_or(0) > usual && self.action_source != ActionSource::SHOP {
            let must = format!("must be at most {usual}, unless the action source is physical_store");
            return Err(("eventDays", Invalid::new("out_of_range", must)));
        }
        Ok(())
    }
}

/// An export that was made, or why there is none.
pub(crate) struct Made {
    /// What it has, and what it was made without.
    pub(crate) gathered: Gathered,
    /// `None` when there was nothing to export.
    pub(crate) export: Option<StoredExport>,
}

/// How often it is begun again when somebody is erased while rows are gathered.
const TRIES: usize = 5;

/// Makes an export, and enters what it has into the ledger.
pub(crate) async fn make(
    store: &dyn Store,
    site: &Arc<Site>,
    wanted: &Wanted,
    now: Instant,
) -> Result<Made, StoreError> {
    for _ in 0..TRIES {
        let mut gathered = gather(store, site, wanted, now).await?;
        let export = new_export(site, wanted, &gathered, now)?;
        match store.add_export(export).await? {
            ExportOutcome::Made { export, had_before } => {
                let had_before: HashSet<_> = had_before.into_iter().collect();
                gathered.leave_out(LeftOut::AlreadyExported, |row| had_before.contains(&row.key));
                return Ok(Made { gathered, export: Some(export) });
            }
            ExportOutcome::Nothing => {
                gathered.leave_out(LeftOut::AlreadyExported, |_| true);
                return Ok(Made { gathered, export: None });
            }
            ExportOutcome::Overtaken => {}
        }
    }
    Err(StoreError::Overloaded)
}

fn new_export(
    site: &Site,
    wanted: &Wanted,
    gathered: &Gathered,
    now: Instant,
) -> Result<NewExport, StoreError> {
    let query = &wanted.query;
    // A model's text is short.
    let valued = Text::parse(&query.value.to_string())
        .map_err(|invalid| StoreError::Unavailable(invalid.to_string()))?;
    Ok(NewExport {
        site: site.id.clone(),
        platform: query.platform,
        name: query.name.clone(),
        kind: query.kind,
        milestone: query.milestone,
        valued,
        created_at: now,
        again: query.again,
        erasures: gathered.erasures,
        header: gathered.header.clone(),
        rows: gathered.rows.iter().map(|row| row.stored.clone()).collect(),
    })
}

/// How many conversions of a stored export are read at a time.
const PIECE: usize = 2_000;

/// Everything that is left of a stored export. `None` if there is none with this number.
pub(crate) async fn stored(
    store: &dyn Store,
    site: &SiteId,
    id: u64,
) -> Result<Option<(StoredExport, Vec<ExportRow>)>, StoreError> {
    let Some(export) = store.export(site.clone(), id).await? else { return Ok(None) };
    let mut rows: Vec<ExportRow> = Vec::new();
    loop {
        let from = rows.last().map_or(0, |row| row.place + 1);
        let piece = store.export_rows(site.clone(), id, from, PIECE).await?;
        let is_last = piece.len() < PIECE;
        rows.extend(piece);
        if is_last {
            return Ok(Some((export, rows)));
        }
    }
}

/// The file that a header and rows make: the same bytes whenever it is asked for.
pub(crate) fn file<'a>(
    platform: ExportPlatform,
    header: &str,
    rows: impl Iterator<Item = &'a str>,
) -> String {
    match platform {
        ExportPlatform::GoogleAds => google::file(header, rows),
        ExportPlatform::Meta => meta::file(header, rows),
    }
}

/// What kind of file it is, and how its name ends.
pub(crate) fn file_type(platform: ExportPlatform) -> (&'static str, &'static str) {
    match platform {
        ExportPlatform::GoogleAds => ("text/csv; charset=utf-8", "csv"),
        ExportPlatform::Meta => ("application/json", "json"),
    }
}
