//! Paths.

use super::page::page;
use super::session::Viewer;
use maud::{Markup, html};

/// `GET /sites/{siteId}/paths`.
pub(super) async fn show(viewer: Viewer) -> Markup {
    page(&viewer, "paths", "Paths", &html! {})
}
