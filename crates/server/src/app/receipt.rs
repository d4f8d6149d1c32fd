//! How one record's value is shared, with all that says why.

use super::App;
use super::reports::{Asked, Engine, ReportError};
use std::sync::Arc;
use touchline_domain::Site;
use touchline_domain::journey::{Journey, JourneySettings};
use touchline_domain::record::{RecordKey, StoredVersion};
use touchline_domain::report::{Query, Receipt, TooMuch};
use touchline_store::{RecordMatch, StoreError};

/// How often it is begun again when facts come in between reading them and their journey.
const TRIES: usize = 5;

/// One record, whom it is about, its journey and how its value is shared, all as of one moment.
pub(crate) struct RecordReceipt<T> {
    pub(crate) versions: Vec<StoredVersion>,
    pub(crate) found: RecordMatch,
    pub(crate) journey: Journey,
    /// Its touches are the journey's, in the same order.
    pub(crate) receipt: Receipt,
    /// What else was asked of the engine.
    pub(crate) more: T,
}

/// Why there is no receipt.
#[derive(Debug)]
pub(crate) enum ReceiptError {
    NoSuchRecord,
    /// Facts about the record come in faster than it can be told.
    TooBusy,
    TooMuch(TooMuch),
    Report(ReportError),
}

impl From<StoreError> for ReceiptError {
    fn from(error: StoreError) -> Self {
        Self::Report(error.into())
    }
}

impl App {
    /// The receipt of one record, with what `more` reads off the engine that it was made of.
    pub(crate) async fn receipt<T: Send + 'static>(
        &self,
        site: &Arc<Site>,
        key: &RecordKey,
        query: &Query,
        more: impl Fn(&Engine) -> T + Clone + Send + 'static,
    ) -> Result<RecordReceipt<T>, ReceiptError> {
        for _ in 0..TRIES {
            let versions = self.store.record(key.clone()).await?;
            let found = self.store.record_match(key.clone()).await?.ok_or(ReceiptError::NoSuchRecord)?;
            let (query, reference, kind) = (query.clone(), key.reference.to_string(), key.kind);
            let more = more.clone();
            let answer = self.report(site, Asked::default(), move |engine| {
                let receipt = query.receipt(&engine.columns, &engine.view, (kind, reference.as_str()))?;
                Ok::<_, TooMuch>((receipt, more(engine)))
            });
            let answer = answer.await.map_err(ReceiptError::Report)?;
            let (receipt, more) = answer.map_err(ReceiptError::TooMuch)?;
            let journey = Journey::derive(
                &JourneySettings::of(site),
                (key.kind, &key.reference),
                &versions,
                &found.matching,
                &found.visits,
                &found.conversions,
            );
            if let (Some(receipt), Some(journey)) = (receipt, journey)
                && receipt.touches.len() == journey.touches.len()
            {
                return Ok(RecordReceipt { versions, found, journey, receipt, more });
            }
        }
        Err(ReceiptError::TooBusy)
    }
}
