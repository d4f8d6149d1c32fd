//! What the box for searching finds: records by their references, and by whom they name.

use super::super::session::Viewer;
use crate::app::App;
use crate::http::error::ApiError;
use std::collections::BTreeSet;
use touchline_domain::record::{RecordFilter, RecordKey, RecordKind, Reference};
use touchline_domain::report::RecordNames;
use touchline_domain::{Identifier, IdentifierKind};
use touchline_store::RecordsQuery;

/// The most records that are looked for by whom they name.
const NAMED_MAX: usize = 1_000;

/// The fewest digits of a telephone number.
const DIGITS_MIN: usize = 6;

/// The record that a reference names exactly, of the kind that is shown rather than the other.
pub(super) async fn exact(
    app: &App,
    viewer: &Viewer,
    kind: RecordKind,
    sought: &str,
) -> Result<Option<RecordKind>, ApiError> {
    let Ok(reference) = Reference::parse(sought) else { return Ok(None) };
    let others = RecordKind::ALL.into_iter().filter(|other| *other != kind);
    for kind in std::iter::once(kind).chain(others) {
        let key = RecordKey { site: viewer.site.id.clone(), kind, reference: reference.clone() };
        if !app.store.record(key).await?.is_empty() {
            return Ok(Some(kind));
        }
    }
    Ok(None)
}

/// Records whose reference begins with what is sought, and those that name it.
pub(super) async fn names(
    app: &App,
    viewer: &Viewer,
    kind: RecordKind,
    sought: &str,
) -> Result<RecordNames, ApiError> {
    let mut named = BTreeSet::new();
    for identifier_kind in kinds(sought) {
        let Ok(identifier) = Identifier::parse(identifier_kind, sought, viewer.site.phone_country) else {
            continue;
        };
        let filter = RecordFilter { identifiers: vec![identifier], ..RecordFilter::default() };
        let site = viewer.site.id.clone();
        let query = RecordsQuery { site, kind, after: None, filter, limit: NAMED_MAX };
        let page = app.store.records(query).await?;
        named.extend(page.records.into_iter().map(|record| record.reference.to_string()));
    }
    Ok(RecordNames { beginning: Some(sought.to_owned()), named })
}

/// What a text may be.
pub(super) fn kinds(sought: &str) -> Vec<IdentifierKind> {
    if sought.contains('@') {
        return vec![IdentifierKind::EmailAddress];
    }
    let is_of_number = |letter: char| letter.is_ascii_digit() || " +-./()".contains(letter);
    let digits = sought.chars().filter(char::is_ascii_digit).count();
    let mut kinds = vec![IdentifierKind::RaId];
    if digits >= DIGITS_MIN && sought.chars().all(is_of_number) {
        kinds.extend([IdentifierKind::PhoneNumber, IdentifierKind::CookieValue]);
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sought_shows_what_it_may_be() {
        use IdentifierKind::*;
        assert_eq!(kinds("ann@example.com"), [EmailAddress]);
        assert_eq!(kinds("+44 (20) 7946-0018"), [RaId, PhoneNumber, CookieValue]);
        assert_eq!(kinds("OPP-123456789"), [RaId]);
        assert_eq!(kinds("123"), [RaId]);
    }
}
