//! `GET /api/v1/sites/{siteId}/identifiers/guarded`: what guards keep from joining, for review.

use super::reached_out::GuardOut;
use crate::app::App;
use crate::http::auth::{Caller, Read};
use crate::http::error::ApiError;
use crate::http::query::Query;
use crate::http::record_out::IdentifierOut;
use crate::http::schema::SiteIdParam;
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use std::fmt::Write as _;
use std::sync::Arc;
use touchline_domain::{Identifier, IdentifierKind, Invalid, Site};
use touchline_store::Guarded;
use utoipa::{IntoParams, ToSchema};

const PAGE_MAX: usize = 1_000;
const PAGE_DEFAULT: usize = 100;

/// A page of guarded identifiers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GuardedPageOut {
    /// In order of kind and value.
    identifiers: Vec<GuardedOut>,
    /// Give it as `cursor` for the next page; null on the last one.
    next_cursor: Option<String>,
}

/// An identifier that a guard keeps from joining.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GuardedOut {
    #[serde(flatten)]
    identifier: IdentifierOut,
    guard: GuardOut,
    /// Since when it has been seen to be so, in UTC.
    since: String,
}

impl GuardedOut {
    fn new(site: &Site, guarded: &Guarded) -> Self {
        Self {
            identifier: (&guarded.identifier).into(),
            guard: GuardOut::new(guarded.guard, &site.guards),
            since: guarded.since.to_string(),
        }
    }
}

/// Which page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the query; read by `list_guarded`")]
struct PageParams {
    /// Identifiers on the page.
    #[param(minimum = 1, maximum = 1000, default = 100, required = false)]
    limit: u32,
    /// Where the page begins: the `nextCursor` of the one before.
    #[param(required = false, format = "touchline-identifier-cursor")]
    cursor: String,
}

/// List guarded identifiers
///
/// What evidently belongs to many, and so joins nobody. Allow one that belongs to one person after all. As of everything
/// that was stored before the call.
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/identifiers/guarded", tag = "People", params(("siteId" = SiteIdParam, Path, description = "The site"), PageParams),
    responses((status = 200, description = "A page of them", body = GuardedPageOut)))]
pub(crate) async fn list_guarded(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    RawQuery(raw): RawQuery,
) -> Result<Json<GuardedPageOut>, ApiError> {
    let site = &caller.site;
    let mut query = Query::read(raw.as_deref())?;
    let limit = query.optional("limit", |raw| {
        let limit = raw.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
        limit.ok_or_else(|| {
            Invalid::new("out_of_range", format!("must be a whole number from 1 to {PAGE_MAX}"))
        })
    });
    let after = query.optional("cursor", |raw| {
        let malformed = || Invalid::new("malformed", "must be a nextCursor that was answered before");
        position(raw).ok_or_else(malformed)
    });
    query.finish()?;
    let limit = limit.unwrap_or(PAGE_DEFAULT);
    app.settled().await?;
    // One more than asked for tells whether there is a next page.
    let mut guarded = app.store.guarded(site.id.clone(), after, limit + 1).await?;
    let has_more = guarded.len() > limit;
    guarded.truncate(limit);
    let last = guarded.last().filter(|_| has_more);
    Ok(Json(GuardedPageOut {
        next_cursor: last.map(|last| cursor(&last.identifier)),
        identifiers: guarded.iter().map(|guarded| GuardedOut::new(site, guarded)).collect(),
    }))
}

/// A place in the list as text that needs no encoding in an address: hexadecimal digits.
pub(crate) fn cursor(identifier: &Identifier) -> String {
    let mut cursor = String::new();
    for byte in identifier.to_string().bytes() {
        let _ = write!(cursor, "{byte:02x}");
    }
    cursor
}

/// The place that a cursor means.
pub(crate) fn position(cursor: &str) -> Option<Identifier> {
    let digits = cursor.as_bytes();
    let bytes = digits.chunks(2).map(|pair| {
        let [high, low] = pair else { return None };
        let digit = |digit: u8| char::from(digit).to_digit(16);
        u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
    });
    let text = String::from_utf8(bytes.collect::<Option<_>>()?).ok()?;
    let (kind, value) = text.split_once('=')?;
    let kind = IdentifierKind::ALL.into_iter().find(|known| known.name() == kind)?;
    Some(Identifier::stored(kind, value.to_owned(), None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_leads_back_to_its_place(kind in 0usize..5, value in "\\PC{1,40}") {
            let identifier = Identifier::stored(IdentifierKind::ALL[kind], value, None);
            prop_assert_eq!(position(&cursor(&identifier)), Some(identifier));
        }

        #[test]
        fn anything_else_is_refused(raw in "\\PC*") {
            let found = position(&raw);
            prop_assert!(found.is_none_or(|found| cursor(&found).eq_ignore_ascii_case(&raw)));
        }
    }
}
