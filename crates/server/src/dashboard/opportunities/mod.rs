//! Opportunities.

use super::page::page;
use super::session::Viewer;
use maud::{Markup, html};

/// `GET /sites/{siteId}/opportunities`.
pub(super) async fn show(viewer: Viewer) -> Markup {
    page(&viewer, "opportunities", "Opportunities", &html! {})
}
