//! What goes on behind the requests: matching records as facts come in, and deleting visits that have had their time.

mod retention;

use crate::app::App;
use crate::app::intake::GATHERED;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use touchline_store::StoreError;

/// How many changes are followed at a time: what bounds the memory of one piece, and how long a stop waits for it.
const PIECE: usize = 2_000;

/// How often it is asked whether there is something new, when nobody waits for it. Commands change things too.
const IDLE: Duration = Duration::from_millis(25);

/// How long a store that fails is left alone.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Starts everything; it ends when what is returned is dropped.
pub(crate) fn start(app: &Arc<App>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(follow(Arc::clone(app)));
    tasks.spawn(retention::keep(Arc::clone(app)));
    tasks.spawn(note(Arc::clone(app)));
    tasks
}

/// Writes down what came in, for as long as the server runs.
async fn note(app: Arc<App>) {
    loop {
        tokio::time::sleep(GATHERED).await;
        app.write_intake().await;
    }
}

/// Follows the facts for as long as the store is open.
async fn follow(app: Arc<App>) {
    loop {
        match app.store.follow(PIECE).await {
            Ok(followed) => {
                app.following.report(followed);
                if followed.is_done() {
                    app.following.wait_for_demand(IDLE).await;
                }
            }
            // Overtaken by writes: it is tried again.
            Err(StoreError::Interrupted) => tokio::task::yield_now().await,
            Err(StoreError::Closing) => return,
            Err(error) => {
                tracing::warn!(%error, "records could not be matched; it is tried again");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}
