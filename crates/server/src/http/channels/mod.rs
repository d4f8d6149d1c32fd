//! Channels: which rule decides about a visit, and the rules themselves.

pub(crate) mod explain;
pub(crate) mod list;
mod rules_in;
mod rules_out;
pub(crate) mod set;

use crate::app::App;
use axum::Router;
use axum::routing::get;
use std::sync::Arc;

pub(crate) use rules_in::ChannelRulesIn;

/// The routes about channels, below a site.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/{siteId}/channels/explain", get(explain::explain_channel))
        .route("/{siteId}/channels/rules", get(list::list_channel_rules).put(set::set_channel_rules))
}
