use super::super::error::Problem;
use super::super::record_in::{Context, RecordIn};
use super::super::upload::{count, source_of};
use super::super::visit_in::VisitIn;
use crate::app::App;
use serde_json::value::RawValue;
use touchline_domain::record::{RecordKind, UploadOutcome};
use touchline_domain::{Instant, Site};
use touchline_store::{NewVisit, Source, StoreError};

/// What a batch is a batch of, and what its items are read against.
pub(super) trait Items: Send + Sync {
    /// An item that can be stored.
    type Item: Send + Sync;

    /// Reads one item. The error holds every problem that it has.
    fn parse(&self, raw: &RawValue) -> Result<Self::Item, Vec<Problem>>;

    /// Whose they are.
    fn site(&self) -> &Site;

    /// Where they are sent.
    fn route(&self) -> &'static str;

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

    fn site(&self) -> &Site {
        self.0.site
    }

    fn route(&self) -> &'static str {
        match self.0.kind {
            RecordKind::Opportunity => "/api/v1/sites/{siteId}/opportunities/batch",
            RecordKind::Revenue => "/api/v1/sites/{siteId}/revenue/batch",
        }
    }

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
        app.intake_log.saw(&self.0.site.id, source_of(self.0.kind), items.len(), None, app.clock.now());
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

    fn site(&self) -> &Site {
        self.site
    }

    fn route(&self) -> &'static str {
        "/api/v1/sites/{siteId}/visits/batch"
    }

    fn parse(&self, raw: &RawValue) -> Result<NewVisit, Vec<Problem>> {
        VisitIn::parse(raw, self.site, self.now).map(|parsed| parsed.visit)
    }

    fn reference(&self, _: &NewVisit) -> Option<String> {
        None
    }

    async fn store(&self, app: &App, items: &[NewVisit]) -> Result<Vec<UploadOutcome>, StoreError> {
        app.add_visits(items.to_vec()).await?;
        let page = items.last().map(|item| item.visit.landing_page.as_str());
        app.intake_log.saw(&self.site.id, Source::ServerVisit, items.len(), page, app.clock.now());
        Ok(vec![UploadOutcome::Created; items.len()])
    }
}
