//! Reports: which marketing brought the revenue ([docs/reports.md]).

pub(crate) mod answer;
#[cfg(test)]
mod at_once;
mod cell_out;
pub(crate) mod changes;
pub(crate) mod drill;
pub(crate) mod funnel;
pub(crate) mod paths;
pub(crate) mod query_in;
pub(crate) mod receipt;
pub(crate) mod report;
mod report_out;
mod table;

use crate::app::App;
use axum::Router;
use axum::routing::get;
use std::sync::Arc;

/// The routes about reports, below a site.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/{siteId}/report", get(report::get_report))
        .route("/{siteId}/report/records", get(drill::list_report_records))
        .route("/{siteId}/report/changes", get(changes::get_changes))
        .route("/{siteId}/report/paths", get(paths::list_paths))
        .route("/{siteId}/report/funnel", get(funnel::get_funnel))
        .route("/{siteId}/opportunities/{reference}/receipt", get(receipt::get_opportunity_receipt))
        .route("/{siteId}/revenue/{reference}/receipt", get(receipt::get_revenue_receipt))
}
