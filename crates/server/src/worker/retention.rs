use crate::app::App;
use std::sync::Arc;
use std::time::Duration;
use touchline_domain::{Instant, SiteId};
use touchline_store::StoreError;

/// How often visits are looked through for such as have had their time.
const INTERVAL: Duration = Duration::from_hours(1);

/// How many visits are looked at in one piece: a piece is one short transaction.
const PIECE: usize = 500;

const DAY_SECONDS: i64 = 86_400;

/// Deletes, of the sites that want it, visits that led to no record within their time.
pub(super) async fn keep(app: Arc<App>) {
    let mut interval = tokio::time::interval(INTERVAL);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        for site in app.directory.sites() {
            let Some(days) = site.visit_retention_days else { continue };
            let before = app.clock.now().plus_seconds(-i64::from(days) * DAY_SECONDS);
            match expire(&app, &site.id, before).await {
                Ok(0) => {}
                Ok(deleted) => {
                    tracing::info!(deleted, "visits that led to no record have had their time");
                }
                Err(StoreError::Closing) => return,
                Err(error) => tracing::warn!(%error, "old visits could not be deleted; it is tried again"),
            }
        }
    }
}

async fn expire(app: &App, site: &SiteId, before: Instant) -> Result<u64, StoreError> {
    let (mut deleted, mut next) = (0, Some(0));
    while let Some(after) = next {
        let (more, onwards) = app.store.expire_visits(site.clone(), before, after, PIECE).await?;
        deleted += more;
        next = onwards;
    }
    Ok(deleted)
}
