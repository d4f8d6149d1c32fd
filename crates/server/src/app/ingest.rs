use super::App;
use touchline_domain::record::UploadOutcome;
use touchline_store::{NewConversion, NewCost, NewVisit, StoreError};

impl App {
    /// Stores visits. They are durable when this returns.
    pub(crate) async fn add_visits(&self, visits: Vec<NewVisit>) -> Result<(), StoreError> {
        let crawlers = visits.iter().filter(|new| new.visit.crawler.is_some()).count();
        let people = visits.len() - crawlers;
        self.store.add_visits(visits).await?;
        self.metrics.visited(people, crawlers);
        Ok(())
    }

    /// Stores one report of a conversion. It is durable when this returns.
    pub(crate) async fn add_conversion(&self, new: NewConversion) -> Result<UploadOutcome, StoreError> {
        let kind = new.conversion.kind;
        let outcomes = self.store.add_conversions(vec![new]).await?;
        let outcome = outcomes.first().copied();
        let outcome =
            outcome.ok_or_else(|| StoreError::Unavailable("the store answered for no conversion".into()))?;
        self.metrics.converted(kind.name(), outcome.name());
        Ok(outcome)
    }

    /// Stores costs of advertising, all or none. They are durable when this returns.
    pub(crate) async fn add_costs(&self, costs: Vec<NewCost>) -> Result<Vec<UploadOutcome>, StoreError> {
        let outcomes = self.store.add_costs(costs).await?;
        for outcome in &outcomes {
            self.metrics.cost(outcome.name());
        }
        Ok(outcomes)
    }
}
