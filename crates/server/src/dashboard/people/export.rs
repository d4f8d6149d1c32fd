//! `GET /sites/{siteId}/people/export`: the document of the API, for an administrator to save.

use super::super::session::Viewer;
use super::whom::Sought;
use crate::app::App;
use crate::http::error::{ApiError, Code};
use crate::http::people::export::document;
use crate::http::query::invalid;
use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_DISPOSITION;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

pub(crate) async fn export(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Response, ApiError> {
    if !viewer.is_admin() {
        let detail = "Only an administrator may export somebody. Sign in with an admin token.";
        return Err(ApiError::new(Code::InsufficientScope, detail));
    }
    let whom = Sought::of_address(&viewer.address).whom(&viewer.site);
    let whom = whom.map_err(|wrong| invalid("value", wrong.code, &wrong.must))?;
    let document = document(app.store.as_ref(), &viewer.site, whom, app.clock.now()).await?;
    Ok(([(CONTENT_DISPOSITION, "attachment; filename=\"person.json\"")], Json(document)).into_response())
}
