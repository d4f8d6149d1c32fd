//! Attribution.

use super::page::page;
use super::session::Viewer;
use maud::{Markup, html};

/// `GET /sites/{siteId}/attribution`.
pub(super) async fn show(viewer: Viewer) -> Markup {
    page(&viewer, "attribution", "Attribution", &html! {})
}
