//! `GET /docs`: the API description as a page that loads nothing.

use axum::response::Html;

/// The page.
pub(super) async fn page() -> Html<String> {
    Html(String::from("<!doctype html><title>Touchline</title>"))
}
