//! Lists of identifiers, page by page.

use crate::app::secret::hex;
use crate::http::error::ApiError;
use crate::http::query::Query;
use touchline_domain::{Identifier, IdentifierKind, Invalid};
use utoipa::IntoParams;

const LIMIT_MAX: usize = 1_000;
const LIMIT_DEFAULT: usize = 100;

/// Which page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the query; read by `Page::read`")]
pub(super) struct PageParams {
    /// Identifiers on the page.
    #[param(minimum = 1, maximum = 1000, default = 100, required = false)]
    limit: u32,
    /// Where the page begins: the `nextCursor` of the one before.
    #[param(required = false, format = "touchline-identifier-cursor")]
    cursor: String,
}

/// Which page is asked for.
pub(super) struct Page {
    /// After whom it begins.
    pub(super) after: Option<Identifier>,
    limit: usize,
}

impl Page {
    /// Reads a request's query, which may have nothing else.
    pub(super) fn read(raw: Option<&str>) -> Result<Self, ApiError> {
        let mut query = Query::read(raw)?;
        let limit = query.optional("limit", |raw| {
            let limit = raw.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
            limit.ok_or_else(|| {
                Invalid::new("out_of_range", format!("must be a whole number from 1 to {LIMIT_MAX}"))
            })
        });
        let after = query.optional("cursor", |raw| {
            let malformed = || Invalid::new("malformed", "must be a nextCursor that was answered before");
            position(raw).ok_or_else(malformed)
        });
        query.finish()?;
        Ok(Self { after, limit: limit.unwrap_or(LIMIT_DEFAULT) })
    }

    /// How many to look for: one more than asked for tells whether there is a next page.
    pub(super) fn looked_for(&self) -> usize {
        self.limit + 1
    }

    /// Cuts what was found to the page. Answers where the next one begins, if there is one.
    pub(super) fn cut<T>(&self, found: &mut Vec<T>, whom: impl Fn(&T) -> &Identifier) -> Option<String> {
        let has_more = found.len() > self.limit;
        found.truncate(self.limit);
        found.last().filter(|_| has_more).map(|last| cursor(whom(last)))
    }
}

/// A place in the list as text that needs no encoding in an address: hexadecimal digits.
pub(crate) fn cursor(identifier: &Identifier) -> String {
    hex(identifier.to_string().bytes())
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
