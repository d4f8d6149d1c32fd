//! The style, the script and the icon, each under an address that changes with what is in it.

use crate::app::App;
use crate::app::secret::hex;
use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};

const STYLE: &str = concat!(
    include_str!("base.css"),
    include_str!("parts.css"),
    include_str!("charts.css"),
    include_str!("overview.css"),
    include_str!("attribution.css"),
    include_str!("paths.css"),
    include_str!("opportunities.css"),
    include_str!("people.css"),
    include_str!("quality.css"),
    include_str!("channels.css"),
    include_str!("set_up.css"),
);
const SCRIPT: &str = include_str!("script.js");
const ICON_SVG: &str = include_str!("icon.svg");

pub(super) const ICON: &str = "/assets/icon.svg";

static STYLE_ADDRESS: LazyLock<String> = LazyLock::new(|| format!("/assets/style-{}.css", version(STYLE)));
static SCRIPT_ADDRESS: LazyLock<String> = LazyLock::new(|| format!("/assets/script-{}.js", version(SCRIPT)));

fn version(content: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(content).into();
    hex(digest.into_iter().take(6))
}

/// Where the style is.
pub(super) fn style() -> &'static str {
    &STYLE_ADDRESS
}

/// Where the script is.
pub(super) fn script() -> &'static str {
    &SCRIPT_ADDRESS
}

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(style(), get(|| async { asset("text/css; charset=utf-8", STYLE) }))
        .route(script(), get(|| async { asset("text/javascript; charset=utf-8", SCRIPT) }))
        .route(ICON, get(|| async { asset("image/svg+xml", ICON_SVG) }))
}

fn asset(kind: &'static str, content: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")], content).into_response()
}
