//! How exports look in answers.

use crate::app::ad_exports::{Changed, Gathered, GatheredRow};
use crate::http::record_out::MoneyOut;
use serde::Serialize;
use touchline_domain::{Money, Site};
use touchline_store::{ExportRow, StoredExport};
use utoipa::ToSchema;

/// An export that was made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportOut {
    /// Its number, counted within the site.
    id: u64,
    /// `google-ads` or `meta`.
    #[schema(example = "google-ads")]
    platform: &'static str,
    /// What the platform calls the conversions.
    #[schema(example = "CRM sale")]
    name: String,
    /// Of which records: `opportunity` or `revenue`.
    #[schema(example = "opportunity")]
    kind: &'static str,
    /// What these reached.
    #[schema(example = "won")]
    milestone: &'static str,
    /// What conversions are said to be worth.
    #[schema(example = "whole")]
    value: String,
    /// When it was made, in UTC.
    #[schema(example = "2024-03-01T10:00:00Z")]
    created_at: String,
    /// How many conversions it had then.
    conversions: u64,
    /// Where its file is.
    #[schema(example = "/api/v1/sites/shop/exports/1/file")]
    file: String,
}

/// What an export has or would have, and what it is made without.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportSummaryOut {
    /// The export that was made; null for a preview, and when there is nothing to export.
    export: Option<ExportOut>,
    /// What it has, or would have; the oldest first.
    conversions: Vec<ExportedConversionOut>,
    /// How many more there are than one file takes: the next export has them.
    waiting: u64,
    /// What is left out, by reason.
    left_out: Vec<LeftOutOut>,
    /// Records that are not what they were when they were exported. Nothing is sent again: restate or retract them with the
    /// platform.
    changed: ChangedOut,
}

/// A conversion in an export.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportedConversionOut {
    /// What names it, to the platform too: the same in every export.
    #[schema(example = "5d41402abc4b2a76b9719d911017c592")]
    key: String,
    /// The record's reference.
    #[schema(example = "OPP-1")]
    reference: String,
    /// When it happened, in UTC.
    #[schema(example = "2024-02-20T09:30:00Z")]
    at: String,
    /// What the platform is told that it is worth.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<MoneyOut>,
    /// Which kind of click id it is matched by.
    #[schema(example = "gclid")]
    click_id: &'static str,
    /// When that click was, in UTC.
    #[schema(example = "2024-02-01T10:00:00Z")]
    clicked_at: String,
}

/// How many conversions are left out for one reason.
#[derive(Serialize, ToSchema)]
pub(crate) struct LeftOutOut {
    #[schema(example = "already_exported")]
    reason: &'static str,
    count: u64,
    #[schema(example = "An earlier export under this name has it.")]
    explanation: &'static str,
}

/// Records that are not what they were when they were exported.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangedOut {
    /// How many there are.
    count: u64,
    /// At most a thousand of them.
    records: Vec<ChangedRecordOut>,
}

/// A record that is not what it was when it was exported.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangedRecordOut {
    #[schema(example = "OPP-1")]
    reference: String,
    /// What names the conversion to the platform.
    #[schema(example = "5d41402abc4b2a76b9719d911017c592")]
    key: String,
    /// The last export that has it.
    export: u64,
    /// What the record was worth then.
    exported: MoneyOut,
    /// What it is worth now; null when it has not reached the milestone any more.
    now: Option<MoneyOut>,
}

/// An export with its conversions.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportDetailOut {
    #[serde(flatten)]
    export: ExportOut,
    /// How many of its conversions are gone, because somebody was erased.
    erased: u64,
    /// Those that are left, in the order of the file.
    exported: Vec<ExportedOut>,
}

/// A conversion of an export that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExportedOut {
    /// What names it to the platform.
    #[schema(example = "5d41402abc4b2a76b9719d911017c592")]
    key: String,
    /// The record's reference.
    #[schema(example = "OPP-1")]
    reference: String,
    /// What the record was worth then.
    worth: MoneyOut,
}

fn money(money: Money) -> MoneyOut {
    MoneyOut { amount: money.amount(), currency: money.currency.code() }
}

impl ExportOut {
    pub(super) fn new(site: &Site, export: &StoredExport) -> Self {
        Self {
            id: export.id,
            platform: export.platform.name(),
            name: export.name.to_string(),
            kind: export.kind.name(),
            milestone: export.milestone.name(),
            value: export.valued.to_string(),
            created_at: export.created_at.to_string(),
            conversions: export.conversions,
            file: format!("/api/v1/sites/{}/exports/{}/file", site.id, export.id),
        }
    }

    pub(super) fn address(&self) -> &str {
        self.file.strip_suffix("/file").unwrap_or(&self.file)
    }
}

impl ExportDetailOut {
    pub(super) fn new(site: &Site, export: &StoredExport, rows: &[ExportRow]) -> Self {
        let out = |row: &ExportRow| ExportedOut {
            key: row.key.to_string(),
            reference: row.record.reference.to_string(),
            worth: money(row.worth),
        };
        Self {
            export: ExportOut::new(site, export),
            erased: export.conversions.saturating_sub(rows.len() as u64),
            exported: rows.iter().map(out).collect(),
        }
    }
}

impl ExportSummaryOut {
    pub(super) fn new(gathered: &Gathered, export: Option<ExportOut>) -> Self {
        let conversion = |row: &GatheredRow| ExportedConversionOut {
            key: row.key.to_string(),
            reference: row.conversion.record.reference.to_string(),
            at: row.conversion.at.to_string(),
            value: row.conversion.value.map(money),
            click_id: row.conversion.click.name(),
            clicked_at: row.conversion.clicked_at.to_string(),
        };
        let left_out = gathered.left_out.iter().map(|(reason, count)| LeftOutOut {
            reason: reason.name(),
            count: *count,
            explanation: reason.explanation(),
        });
        Self {
            export,
            conversions: gathered.rows.iter().map(conversion).collect(),
            waiting: gathered.waiting,
            left_out: left_out.collect(),
            changed: ChangedOut {
                count: gathered.changed_count,
                records: gathered.changed.iter().map(changed).collect(),
            },
        }
    }
}

fn changed(changed: &Changed) -> ChangedRecordOut {
    ChangedRecordOut {
        reference: changed.reference.to_string(),
        key: changed.exported.key.to_string(),
        export: changed.exported.export,
        exported: money(changed.exported.worth),
        now: changed.now.map(money),
    }
}
