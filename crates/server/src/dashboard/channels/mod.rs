//! Channels: which rule decides about a visit, and what other rules would change.

mod draft;
mod editor;
mod preview;
mod rules;
mod trial;

use super::page::page;
use super::parts::{card, heading};
use super::session::{Change, Form, Viewer};
use crate::app::App;
use crate::app::channels::{RulesSet, set_channel_rules, version};
use crate::http::error::{ApiError, Code};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use draft::Draft;
use maud::{Markup, html};
use preview::Preview;
use std::sync::Arc;
use trial::Trial;

/// `GET /sites/{siteId}/channels`.
pub(super) async fn show(viewer: Viewer) -> Markup {
    let draft = Draft::of(&viewer.site.channels, preview::DEFAULTS);
    draw(&viewer, &draft, None)
}

/// `POST /sites/{siteId}/channels/preview`: what would move. Nothing is stored.
pub(super) async fn preview(
    State(app): State<Arc<App>>,
    Change { viewer, form }: Change,
) -> Result<Response, ApiError> {
    let draft = Draft::given(&form, &viewer.site.channels);
    // What is shown next is made from the rules as they are now, so this is the last time to see that the draft was not.
    if base(&form) != base_of(&viewer) {
        return answer(&app, viewer, draft.outdated(), StatusCode::CONFLICT).await;
    }
    answer(&app, viewer, draft, StatusCode::OK).await
}

/// `POST /sites/{siteId}/channels/save`: stores exactly what was previewed, unless the rules are others by now.
pub(super) async fn save(
    State(app): State<Arc<App>>,
    Change { viewer, form }: Change,
) -> Result<Response, ApiError> {
    let draft = Draft::given(&form, &viewer.site.channels);
    let Some(rules) = draft.rules().cloned() else {
        return answer(&app, viewer, draft, StatusCode::BAD_REQUEST).await;
    };
    let made_from = base(&form);
    let set = set_channel_rules(app.store.as_ref(), &viewer.site.id, rules, Some(made_from), app.clock.now())
        .await?;
    app.directory.refresh(app.store.as_ref()).await?;
    match set {
        RulesSet::Done => {
            Ok(Redirect::to(&viewer.page("channels").with("done", "saved").to_string()).into_response())
        }
        RulesSet::NoSuchSite => Err(ApiError::new(Code::SiteNotAllowed, "The site is gone.")),
        RulesSet::Outdated => {
            let site = app.directory.site(&viewer.site.id).unwrap_or(Arc::clone(&viewer.site));
            let viewer = Viewer { site, ..viewer };
            answer(&app, viewer, draft.outdated(), StatusCode::CONFLICT).await
        }
    }
}

/// Of which rules a form was made.
fn base(form: &Form) -> &str {
    form.get("base").unwrap_or("")
}

async fn answer(app: &App, viewer: Viewer, draft: Draft, status: StatusCode) -> Result<Response, ApiError> {
    let preview = match draft.rules() {
        Some(rules) => Some(Preview::of(app, &viewer, &draft, rules.clone()).await?),
        None => None,
    };
    let status = if preview.is_some() { status } else { StatusCode::BAD_REQUEST };
    Ok((status, draw(&viewer, &draft, preview.as_ref())).into_response())
}

fn draw(viewer: &Viewer, draft: &Draft, preview: Option<&Preview>) -> Markup {
    let trial = Trial::asked(viewer);
    let decided = trial.decided_by();
    let about = "Every visit gets the channel of the first rule that holds, past visits included.";
    page(
        viewer,
        "channels",
        "Channels",
        &html! {
            (heading("Channels", about, ""))
            @if viewer.address.get("done") == Some("saved") { p.done role="status" { "The rules are saved. They hold for every visit from now on, past ones included." } }
            @if let Some(preview) = preview { (preview.draw(viewer, draft)) }
            (draft.problems())
            @if preview.is_none() { (trial.draw(viewer)) }
            (card("The site's own rules", html! { span.quiet { "Tried first, in this order" } }, html! {
                (editor::own(viewer, draft, decided))
                @if viewer.is_admin() { (editor::add(viewer, draft)) (editor::text(viewer, draft)) }
            }))
            (card("The built-in rules", html! { span.quiet { "Tried when none of the site's own holds: GA4's default channels" } }, rules::builtin(decided)))
        },
    )
}

/// The name of the rules that a page was made from.
fn base_of(viewer: &Viewer) -> String {
    version(&viewer.site.channels)
}
