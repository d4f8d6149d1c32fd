use super::App;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use touchline_store::{Followed, StoreError};

/// How far the worker has followed the facts, and who waits for it.
pub(crate) struct Following {
    through: watch::Sender<u64>,
    demand: Notify,
}

impl Following {
    pub(super) fn new() -> Self {
        Self { through: watch::Sender::new(0), demand: Notify::new() }
    }

    /// Tells those who wait.
    pub(crate) fn report(&self, followed: Followed) {
        self.through.send_replace(followed.through);
    }

    /// Waits until somebody wants to know, or for `idle`.
    pub(crate) async fn wait_for_demand(&self, idle: Duration) {
        // It does not matter which of the two it was.
        let _ = tokio::time::timeout(idle, self.demand.notified()).await;
    }
}

impl App {
    /// Waits until records are matched by all facts that are stored now, so that a client reads what it wrote. While the
    /// worker is too far behind for that, [`StoreError::Overloaded`].
    pub(crate) async fn settled(&self) -> Result<(), StoreError> {
        let wanted = self.store.followed().await?;
        if wanted.is_done() {
            return Ok(());
        }
        let mut through = self.following.through.subscribe();
        self.following.demand.notify_one();
        let reached = through.wait_for(|through| *through >= wanted.last_change);
        let wait = Duration::from_secs(self.limits.request_seconds) / 2;
        match tokio::time::timeout(wait, reached).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(StoreError::Closing),
            Err(_) => Err(StoreError::Overloaded),
        }
    }
}
