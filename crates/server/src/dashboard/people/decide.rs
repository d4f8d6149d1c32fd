//! What an administrator decides: whether a fact is evidence of an identifier, and whether a guarded one joins after all.

use super::super::session::{Change, Form};
use super::whom::Sought;
use crate::app::App;
use crate::http::error::{ApiError, Code};
use axum::extract::State;
use axum::response::Redirect;
use std::sync::Arc;
use touchline_domain::{Identifier, IdentifierKind, Site};

/// `POST /sites/{siteId}/people/evidence`: cuts an identifier out of a fact, or restores it.
pub(crate) async fn decide_on_evidence(
    State(app): State<Arc<App>>,
    change: Change,
) -> Result<Redirect, ApiError> {
    let Change { viewer, form } = change;
    let (value, is_cut) = one_of(&form, "cut", "restore")?;
    let (fact, named) = value.split_once(' ').ok_or_else(malformed)?;
    // The store counts in 63 bits.
    let fact: u64 = fact.parse().map_err(|_| malformed())?;
    let fact =
        Some(fact).filter(|fact| (1..=i64::MAX.cast_unsigned()).contains(fact)).ok_or_else(malformed)?;
    let identifier = identifier(named, &viewer.site)?;
    let site = viewer.site.id.clone();
    if !app.store.set_cut(site, fact, identifier, is_cut, app.clock.now()).await? {
        let detail =
            "No visit, conversion or version of a record with this number names this identifier any more.";
        return Err(ApiError::new(Code::EvidenceNotFound, detail));
    }
    let done = if is_cut { "cut" } else { "restored" };
    Ok(Redirect::to(&Sought::of_form(&form).page(&viewer, "people").with("done", done).to_string()))
}

/// `POST /sites/{siteId}/people/identifier`: lets a guarded identifier join, or no longer.
pub(crate) async fn decide_on_identifier(
    State(app): State<Arc<App>>,
    change: Change,
) -> Result<Redirect, ApiError> {
    let Change { viewer, form } = change;
    let (value, is_allowed) = one_of(&form, "allow", "disallow")?;
    let identifier = identifier(value, &viewer.site)?;
    app.store.set_allowed(viewer.site.id.clone(), identifier, is_allowed, app.clock.now()).await?;
    let done = if is_allowed { "allowed" } else { "disallowed" };
    Ok(Redirect::to(&Sought::of_form(&form).page(&viewer, "people").with("done", done).to_string()))
}

/// What the button that was pressed says, and whether it was the first of the two.
fn one_of<'f>(form: &'f Form, first: &str, second: &str) -> Result<(&'f str, bool), ApiError> {
    match (form.get(first), form.get(second)) {
        (Some(value), None) => Ok((value, true)),
        (None, Some(value)) => Ok((value, false)),
        _ => Err(malformed()),
    }
}

/// `EmailAddress=ann@example.com`.
fn identifier(named: &str, site: &Site) -> Result<Identifier, ApiError> {
    let (kind, value) = named.split_once('=').ok_or_else(malformed)?;
    let kind = IdentifierKind::parse(kind).map_err(|_| malformed())?;
    Identifier::parse(kind, value, site.phone_country).map_err(|_| malformed())
}

fn malformed() -> ApiError {
    ApiError::new(Code::InvalidBody, "The form does not say what is decided. Open the page again.")
}
