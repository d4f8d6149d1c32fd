//! Set-up.

use super::page::page;
use super::session::Viewer;
use maud::{Markup, html};

/// `GET /sites/{siteId}/set-up`.
pub(super) async fn show(viewer: Viewer) -> Markup {
    page(&viewer, "set-up", "Set-up", &html! {})
}
