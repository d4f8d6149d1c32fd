use super::super::error::Problem;
use super::super::record_in::{Context, RecordIn};
use super::super::upload::count;
use super::super::visit_in::VisitIn;
use crate::app::App;
use serde_json::value::RawValue;
use touchline_domain::record::UploadOutcome;
use touchline_domain::{Instant, Site};
use touchline_store::{NewVisit, StoreError};

/// What a batch is a batch of, and what its items are read against.
pub(super) trait Items: Send + Sync {
    /// An item that can be stored.
    type Item: Send + Sync;

    /// Reads one item. The error holds every problem that it has.
    fn parse(&self, raw: &RawValue) -> Result<Self::Item, Vec<Problem>>;

    /// What it will be found under, if it has a name.
    fn reference(&self, item: &Self::Item) -> Option<String>;

    /// Stores items, all or none, and counts them. Outcomes are in the same order.
    fn store(
        &self,
        app: &App,
        items: &[Self::Item],
    ) -> impl Future<Output = Result<Vec<UploadOutcome>, StoreError>> + Send;
}

/// Opportunities or revenue.
pub(super) struct Records<'a>(pub(super) Context<'a>);

impl Items for Records<'_> {
    type Item = RecordIn;

    fn parse(&self, raw: &RawValue) -> Result<RecordIn, Vec<Problem>> {
        RecordIn::parse(raw, "", self.0)
    }

    fn reference(&self, item: &RecordIn) -> Option<String> {
        Some(item.upload.key.reference.to_string())
    }

    async fn store(&self, app: &App, items: &[RecordIn]) -> Result<Vec<UploadOutcome>, StoreError> {
        let outcomes = app.store.upload(items.iter().map(|item| item.upload.clone()).collect()).await?;
        for (item, outcome) in items.iter().zip(&outcomes) {
            count(app, *outcome, &item.notes);
        }
        Ok(outcomes)
    }
}

/// Visits.
pub(super) struct Visits<'a> {
    pub(super) site: &'a Site,
    pub(super) now: Instant,
}

impl Items for Visits<'_> {
    type Item = NewVisit;

    fn parse(&self, raw: &RawValue) -> Result<NewVisit, Vec<Problem>> {
        VisitIn::parse(raw, self.site, self.now).map(|parsed| parsed.visit)
    }

    fn reference(&self, _: &NewVisit) -> Option<String> {
        None
    }

    async fn store(&self, app: &App, items: &[NewVisit]) -> Result<Vec<UploadOutcome>, StoreError> {
        app.add_visits(items.to_vec()).await?;
        Ok(vec![UploadOutcome::Created; items.len()])
    }
}
