//! Data quality.

use super::page::page;
use super::session::Viewer;
use maud::{Markup, html};

/// `GET /sites/{siteId}/quality`.
pub(super) async fn show(viewer: Viewer) -> Markup {
    page(&viewer, "quality", "Data quality", &html! {})
}
