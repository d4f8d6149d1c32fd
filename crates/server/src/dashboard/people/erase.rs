//! `/sites/{siteId}/people/erase`: first what would go, then, when that is meant, a statement of what went.

use super::super::opportunities::when;
use super::super::page::page;
use super::super::parts::{card, empty, form_key, heading};
use super::super::session::{Change, Viewer};
use super::whom::{Sought, nobody};
use crate::app::App;
use crate::app::whom::Held;
use crate::http::error::{ApiError, Code};
use crate::http::people::erase::{ErasureOut, erase_here};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use std::sync::Arc;
use touchline_store::ErasedRecords;

/// What an administrator chose.
struct Choice {
    records: ErasedRecords,
    is_sure: bool,
    /// What is wrong with the form.
    wrong: Option<&'static str>,
}

/// `GET`: what would go.
pub(crate) async fn ask(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Response, ApiError> {
    if !viewer.is_admin() {
        let detail = "Only an administrator may erase somebody. Sign in with an admin token.";
        return Err(ApiError::new(Code::InsufficientScope, detail));
    }
    let sought = Sought::of_address(&viewer.address);
    let choice = Choice { records: ErasedRecords::KeepTotals, is_sure: false, wrong: None };
    question(&app, &viewer, &sought, &choice).await
}

/// `POST`: it goes. The answer is the statement itself: it is told once, and no address says again whom it was about.
pub(crate) async fn erase(State(app): State<Arc<App>>, change: Change) -> Result<Response, ApiError> {
    let Change { viewer, form } = change;
    let sought = Sought::of_form(&form);
    let (records, wrong) = match form.get("records") {
        Some("keepTotals") => (ErasedRecords::KeepTotals, None),
        Some("delete") => (ErasedRecords::Delete, None),
        _ => (ErasedRecords::KeepTotals, Some("Choose what becomes of their records.")),
    };
    let is_sure = form.get("sure") == Some("yes");
    let wrong = wrong.or((!is_sure).then_some("Tick the box to say that you mean it. Nothing was erased."));
    if wrong.is_some() {
        return question(&app, &viewer, &sought, &Choice { records, is_sure, wrong }).await;
    }
    let Ok(whom) = sought.whom(&viewer.site) else {
        return question(&app, &viewer, &sought, &Choice { records, is_sure, wrong }).await;
    };
    let erased = erase_here(&app, &viewer.site.id, whom, records).await?;
    Ok(page(&viewer, "people", "Erased", &statement(&viewer, &erased)).into_response())
}

async fn question(
    app: &App,
    viewer: &Viewer,
    sought: &Sought,
    choice: &Choice,
) -> Result<Response, ApiError> {
    let whom = match sought.whom(&viewer.site) {
        Ok(whom) => whom,
        Err(wrong) => {
            let content =
                html! { (heading("Erase somebody", "Whom?", "")) (sought.form(viewer, Some(&wrong))) };
            return Ok(
                (StatusCode::BAD_REQUEST, page(viewer, "people", "Erase somebody", &content)).into_response()
            );
        }
    };
    let (status, content) = match whom.held(app.store.as_ref(), &viewer.site.id).await {
        Ok(held) => {
            let status = if choice.wrong.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
            (status, confirmation(viewer, sought, &held, choice))
        }
        Err(error) => {
            let Some((title, what_to_do)) = nobody(&error) else { return Err(error.into()) };
            let content = html! { (heading("Erase somebody", "", "")) (sought.form(viewer, None)) (empty(title, what_to_do)) };
            (StatusCode::NOT_FOUND, content)
        }
    };
    Ok((status, page(viewer, "people", "Erase somebody", &content)).into_response())
}

fn confirmation(viewer: &Viewer, sought: &Sought, held: &Held, choice: &Choice) -> Markup {
    let (facts, locale) = (&held.facts, &viewer.locale);
    let versions: usize = facts.records.iter().map(|record| record.versions.len()).sum();
    let would = [
        ("Reports of visits", facts.visits.len()),
        ("Reports of forms and calls", facts.conversions.len()),
        ("Records", facts.records.len()),
        ("Uploads of these records", versions),
        ("Identifiers, but for those that others have too", facts.person.identifiers.len()),
        ("Conversions in stored exports to ad platforms", facts.exports.len()),
    ];
    let about = html! { (sought.by_title()) " " strong { (sought.title()) } };
    let fates = [
        (
            "keepTotals",
            ErasedRecords::KeepTotals,
            "Keep totals",
            "Records keep their dates, values and stages only, under a reference that means nothing. Reports still add up; their value is unattributed.",
        ),
        (
            "delete",
            ErasedRecords::Delete,
            "Delete records",
            "Their records go as well, and reports are less by them.",
        ),
    ];
    html! {
        (heading("Erase somebody", about, html! { a.button.second href=(sought.page(viewer, "people")) { "← Back to them" } }))
        @if facts.is_ambiguous { p.note { "This leads to several people, so none was picked: only what names it itself would go." } }
        (card("What would go, for good", "", html! {
            dl.facts { @for (what, count) in would { dt { (what) } dd { (locale.count(count as u64)) } } }
            form.form method="post" action=(viewer.page("people/erase")) {
                (form_key(viewer)) (sought.hidden())
                @if let Some(wrong) = choice.wrong { p.error role="alert" #wrong { (wrong) } }
                fieldset {
                    legend { "Their records" }
                    @for (value, fate, title, about) in fates {
                        label.choice { input type="radio" name="records" value=(value) checked[fate == choice.records]; div { strong { (title) } div.quiet { (about) } } }
                    }
                }
                label.choice { input type="checkbox" name="sure" value="yes" required checked[choice.is_sure]; div { "I mean to erase everything that is held on " strong.wrap { (sought.title()) } ". This cannot be undone." } }
                div.actions { button.danger type="submit" { "Erase for good" } a href=(sought.page(viewer, "people")) { "Keep them" } }
            }
        }))
    }
}

fn statement(viewer: &Viewer, erased: &ErasureOut) -> Markup {
    let went = [
        ("Reports of visits deleted", erased.visits),
        ("Reports of forms and calls deleted", erased.conversions),
        (
            if erased.records_kept { "Records stripped of everything personal" } else { "Records deleted" },
            erased.records,
        ),
        ("Their uploads", erased.versions),
        ("Identifiers forgotten", erased.identifiers),
        ("Conversions deleted from stored exports", erased.exported),
    ];
    html! {
        (heading("Erased", html! { "On " (when(viewer, &erased.erased_at)) }, html! { a.button.second href=(viewer.page("people")) { "Find somebody else" } }))
        p.done role="status" { "They are erased. This statement repeats nothing of what went, so it can be filed." }
        (card("What went", "", html! {
            dl.facts { @for (what, count) in went { dt { (what) } dd { (viewer.locale.count(count)) } } }
            p.quiet { (erased.note) }
        }))
    }
}
