use super::App;
use super::reports::{Asked, Engine, ReportError, TRAFFIC_PIECE};
use std::collections::HashMap;
use std::sync::Arc;
use touchline_domain::journey::{Journey, Reason, reasons};
use touchline_domain::record::RecordKind;
use touchline_domain::{Instant, Site};
use touchline_store::StoreError;

/// How many journeys are derived at a time.
const PIECE: usize = 1_000;

/// What names a record on its site.
pub(crate) type Named = (RecordKind, String);

/// What became of a site's records between two moments.
pub(crate) struct Changed {
    pub(crate) before: Engine,
    pub(crate) after: Engine,
    /// Of each record that counts otherwise, why.
    pub(crate) reasons: HashMap<Named, Vec<Reason>>,
}

/// About how many bytes a journey takes.
fn bytes(journey: &Journey) -> usize {
    400 + journey.touches.iter().map(|touch| 150 + touch.origin.landing_page.len()).sum::<usize>()
}

fn named(journey: &Journey) -> Named {
    (journey.kind, journey.reference.to_string())
}

fn ended_early(error: tokio::task::JoinError) -> StoreError {
    StoreError::Unavailable(format!("a report ended early: {error}"))
}

impl App {
    /// Runs `work` over a site's journeys on a thread of its own: as of all facts that are stored now, or as of a past moment.
    /// For that, every record's journey is derived again from what had been received by then, under the settings that the site
    /// had.
    pub(crate) async fn report<T: Send + 'static>(
        &self,
        site: &Arc<Site>,
        asked: Asked,
        work: impl FnOnce(&Engine) -> T + Send + 'static,
    ) -> Result<T, ReportError> {
        let Some(moment) = asked.as_of else { return self.report_now(site, asked.traffic, work).await };
        let permit = self.permit().await?;
        let mut engine = self.past(site, moment, |_| Ok(())).await?;
        let mut next = asked.traffic.then_some(0);
        while let Some(after) = next {
            let page = self.store.traffic(site.id.clone(), after, TRAFFIC_PIECE).await?;
            let counted = tokio::task::spawn_blocking(move || {
                let next = engine.take_traffic(page, Some(moment));
                (engine, next)
            });
            (engine, next) = counted.await.map_err(ended_early)?;
        }
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(&engine)
        });
        Ok(done.await.map_err(ended_early)?)
    }

    /// What is different at `until` from what was known at `since`, and why.
    pub(crate) async fn changed<T: Send + 'static>(
        &self,
        site: &Arc<Site>,
        (since, until): (Instant, Instant),
        work: impl FnOnce(&Changed) -> T + Send + 'static,
    ) -> Result<T, ReportError> {
        self.settled().await?;
        let permit = self.permit().await?;
        let mut known: HashMap<Named, Journey> = HashMap::new();
        let mut left = self.limits.report_bytes;
        let before = self.past(site, since, |journey| {
            left = left.checked_sub(bytes(journey)).ok_or(ReportError::TooLarge)?;
            known.insert(named(journey), journey.clone());
            Ok(())
        });
        let before = before.await?;
        let mut changed: HashMap<Named, Vec<Reason>> = HashMap::new();
        let now = self.settings_as_of(site, until).await?;
        let after = self.past(site, until, |journey| {
            let rules = (&before.view.site().channels, &now.channels);
            let reasons = reasons(known.remove(&named(journey)).as_ref(), Some(journey), since, rules);
            if !reasons.is_empty() {
                changed.insert(named(journey), reasons);
            }
            Ok(())
        });
        let after = after.await?;
        changed.extend(known.into_keys().map(|named| (named, vec![Reason::GoneRecord])));
        let changed = Changed { before, after, reasons: changed };
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(&changed)
        });
        Ok(done.await.map_err(ended_early)?)
    }

    async fn settings_as_of(&self, site: &Arc<Site>, moment: Instant) -> Result<Arc<Site>, StoreError> {
        let then = self.store.site_as_of(site.id.clone(), moment).await?;
        Ok(then.map_or_else(|| Arc::clone(site), Arc::new))
    }

    /// An engine of what was known at a moment; `each` sees every journey on the way.
    async fn past(
        &self,
        site: &Arc<Site>,
        moment: Instant,
        mut each: impl FnMut(&Journey) -> Result<(), ReportError> + Send,
    ) -> Result<Engine, ReportError> {
        let rates = self.rates().await?;
        let then = self.settings_as_of(site, moment).await?;
        let mut engine = Engine::new(Arc::clone(&then), &rates, self.reports.threads());
        let (mut after, mut number) = (None, 0);
        loop {
            let page = self.store.journeys_as_of(site.id.clone(), moment, after, PIECE).await?;
            for journey in &page.journeys {
                number += 1;
                each(journey)?;
                engine.columns.apply(number, number, Some(journey));
            }
            if engine.columns.bytes() > self.limits.report_bytes {
                return Err(ReportError::TooLarge);
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let mut through = 0;
        loop {
            let costs = self.store.costs_since(site.id.clone(), through, PIECE).await?;
            let Some(last) = costs.last() else { break };
            through = last.change;
            engine.take_costs(costs.into_iter().filter(|stored| stored.received_at <= moment));
        }
        let engine = tokio::task::spawn_blocking(move || {
            engine.view.catch_up(&engine.columns);
            engine
        });
        Ok(engine.await.map_err(ended_early)?)
    }
}
