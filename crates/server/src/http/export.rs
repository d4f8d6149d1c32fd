//! All records of a query as CSV or NDJSON, a piece at a time, so that memory does not grow with their number.

use super::record_out::RecordOut;
use futures_util::stream::{self, Stream};
use std::fmt;
use std::sync::Arc;
use touchline_domain::Site;
use touchline_store::{RecordsPage, RecordsQuery, Store, StoreError};

/// How many records one piece holds.
const PIECE_RECORDS: usize = 500;

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// RFC 4180 with a header row; several values of one kind in one cell are separated by `; `.
    Csv,
    /// One JSON object a line, as the API answers a record.
    Ndjson,
}

/// An export broke off: the client sees the stream end without its last piece.
#[derive(Debug)]
pub(crate) struct ExportError(String);

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the export broke off: {}", self.0)
    }
}

impl std::error::Error for ExportError {}

impl From<StoreError> for ExportError {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

enum Progress {
    Header(RecordsQuery),
    Page(RecordsQuery),
    Done,
}

/// The export of `query`, from where it begins to the end, whatever its limit.
pub(crate) fn pieces(
    store: Arc<dyn Store>,
    site: Arc<Site>,
    query: RecordsQuery,
    format: Format,
) -> impl Stream<Item = Result<Vec<u8>, ExportError>> {
    let start = Progress::Header(RecordsQuery { limit: PIECE_RECORDS, ..query });
    stream::try_unfold(start, move |progress| {
        let (store, site) = (Arc::clone(&store), Arc::clone(&site));
        async move {
            let query = match progress {
                Progress::Header(query) => {
                    let header = if format == Format::Csv {
                        csv_rows([HEADER.map(str::to_owned)])?
                    } else {
                        Vec::new()
                    };
                    return Ok(Some((header, Progress::Page(query))));
                }
                Progress::Page(query) => query,
                Progress::Done => return Ok(None),
            };
            let page = store.records(query.clone()).await?;
            let piece = write(&site, &page, format)?;
            let next = match page.next {
                Some(next) => Progress::Page(RecordsQuery { after: Some(next), ..query }),
                None => Progress::Done,
            };
            Ok(Some((piece, next)))
        }
    })
}

fn write(site: &Site, page: &RecordsPage, format: Format) -> Result<Vec<u8>, ExportError> {
    let records = page.records.iter().filter_map(|record| RecordOut::listed(site, record));
    match format {
        Format::Csv => csv_rows(records.map(|record| row(&record))),
        Format::Ndjson => {
            let mut lines = Vec::new();
            for record in records {
                serde_json::to_writer(&mut lines, &record).map_err(|error| ExportError(error.to_string()))?;
                lines.push(b'\n');
            }
            Ok(lines)
        }
    }
}

const HEADER: [&str; 17] = [
    "reference",
    "occurredAt",
    "amount",
    "currency",
    "stage",
    "milestone",
    "leadDate",
    "raId",
    "emailAddress",
    "phoneNumber",
    "payloadValue",
    "cookieValue",
    "labels",
    "properties",
    "matched",
    "firstReceivedAt",
    "lastReceivedAt",
];

fn row(record: &RecordOut) -> [String; 17] {
    let identifiers = |kind: &str| {
        let of_kind = record.identifiers.iter().filter(|identifier| identifier.kind == kind);
        of_kind.map(|identifier| identifier.value.as_str()).collect::<Vec<_>>().join("; ")
    };
    let properties: Vec<_> = record.properties.iter().map(|p| format!("{}={}", p.name, p.value)).collect();
    [
        record.reference.clone(),
        record.occurred_at.clone(),
        record.value.amount.clone(),
        record.value.currency.to_owned(),
        record.stage.clone().unwrap_or_default(),
        record.milestone.unwrap_or_default().to_owned(),
        record.lead_date.clone().unwrap_or_default(),
        identifiers("RaId"),
        identifiers("EmailAddress"),
        identifiers("PhoneNumber"),
        identifiers("PayloadValue"),
        identifiers("CookieValue"),
        record.labels.join("; "),
        properties.join("; "),
        record.matched.to_string(),
        record.first_received_at.clone(),
        record.last_received_at.clone(),
    ]
}

fn csv_rows(rows: impl IntoIterator<Item = [String; 17]>) -> Result<Vec<u8>, ExportError> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(&row).map_err(|error| ExportError(error.to_string()))?;
    }
    writer.into_inner().map_err(|error| ExportError(error.to_string()))
}
