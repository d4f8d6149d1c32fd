//! Channels.

use super::page::page;
use super::session::Viewer;
use maud::{Markup, html};

/// `GET /sites/{siteId}/channels`.
pub(super) async fn show(viewer: Viewer) -> Markup {
    page(&viewer, "channels", "Channels", &html! {})
}
