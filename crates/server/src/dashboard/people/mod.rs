//! People.

use super::page::page;
use super::session::Viewer;
use maud::{Markup, html};

/// `GET /sites/{siteId}/people`.
pub(super) async fn show(viewer: Viewer) -> Markup {
    page(&viewer, "people", "People", &html! {})
}
