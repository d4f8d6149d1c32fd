//! Whom a query names.

use crate::app::whom::{Whom, WhomError};
use crate::http::error::{ApiError, Code};
use crate::http::query::{Query, invalid};
use touchline_domain::record::{RecordKind, Reference};
use touchline_domain::{Identifier, IdentifierKind, Invalid, Site};
use utoipa::IntoParams;

/// Whom it is about: at least one of these. Several are taken together, as naming one person.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the query; read by `read`")]
pub(super) struct WhomParams {
    /// An email address.
    #[param(max_length = 512, required = false, format = "touchline-text")]
    email: String,
    /// A telephone number.
    #[param(max_length = 512, required = false, format = "touchline-text")]
    phone: String,
    /// A visitor id.
    #[param(max_length = 512, required = false, format = "touchline-text")]
    ra_id: String,
    /// A Google Analytics client id.
    #[param(max_length = 512, required = false, format = "touchline-text")]
    cookie: String,
    /// A value that a form carried.
    #[param(max_length = 512, required = false, format = "touchline-text")]
    payload: String,
    /// A record's reference: whom the record is about.
    #[param(max_length = 255, required = false, format = "touchline-text")]
    reference: String,
    /// Of which kind the record is: `opportunity` (as without it) or `revenue`.
    #[param(required = false, schema_with = record_kind)]
    kind: String,
}

fn record_kind() -> utoipa::openapi::schema::Object {
    let names = RecordKind::ALL.map(RecordKind::name);
    utoipa::openapi::ObjectBuilder::new().enum_values(Some(names)).build()
}

/// Exactly one of these.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the query; read by `read_one`")]
pub(super) struct IdentifierParams {
    /// An email address.
    #[param(max_length = 512, required = false, format = "touchline-text")]
    email: String,
    /// A telephone number.
    #[param(max_length = 512, required = false, format = "touchline-text")]
    phone: String,
    /// A visitor id.
    #[param(max_length = 512, required = false, format = "touchline-text")]
    ra_id: String,
    /// A Google Analytics client id.
    #[param(max_length = 512, required = false, format = "touchline-text")]
    cookie: String,
    /// A value that a form carried.
    #[param(max_length = 512, required = false, format = "touchline-text")]
    payload: String,
}

const NAMES: [(&str, IdentifierKind); 5] = [
    ("email", IdentifierKind::EmailAddress),
    ("phone", IdentifierKind::PhoneNumber),
    ("raId", IdentifierKind::RaId),
    ("cookie", IdentifierKind::CookieValue),
    ("payload", IdentifierKind::PayloadValue),
];

/// Reads whom a query names, and with `more` what else it says. The error names every parameter that is wrong.
pub(super) fn read<T>(
    raw: Option<&str>,
    site: &Site,
    more: impl FnOnce(&mut Query) -> T,
) -> Result<(Whom, T), ApiError> {
    let mut query = Query::read(raw)?;
    let identifiers = identifiers(&mut query, site);
    let reference = query.optional("reference", Reference::parse);
    let kind = query.optional("kind", |raw| {
        let kind = RecordKind::ALL.into_iter().find(|kind| kind.name() == raw);
        kind.ok_or_else(|| Invalid::new("unknown_kind", "must be opportunity or revenue"))
    });
    let more = more(&mut query);
    query.finish()?;
    let kind = kind.unwrap_or(RecordKind::Opportunity);
    let whom = Whom { identifiers, record: reference.map(|reference| (kind, reference)) };
    if whom.is_nobody() {
        let must = "must be given, or another of phone, raId, cookie, payload and reference";
        return Err(invalid("email", "required", must));
    }
    Ok((whom, more))
}

/// Reads the one identifier that a query names.
pub(super) fn read_one(raw: Option<&str>, site: &Site) -> Result<Identifier, ApiError> {
    let mut query = Query::read(raw)?;
    let mut identifiers = identifiers(&mut query, site);
    query.finish()?;
    match (identifiers.pop(), identifiers.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => {
            Err(invalid("email", "required", "must be given, or one of phone, raId, cookie, payload"))
        }
        (Some(_), false) => Err(invalid("email", "too_many", "must be the only one: name one identifier")),
    }
}

fn identifiers(query: &mut Query, site: &Site) -> Vec<Identifier> {
    let given = NAMES
        .map(|(name, kind)| query.optional(name, |raw| Identifier::parse(kind, raw, site.phone_country)));
    given.into_iter().flatten().collect()
}

impl From<WhomError> for ApiError {
    fn from(error: WhomError) -> Self {
        match error {
            WhomError::NoSuchRecord => Self::new(
                Code::RecordNotFound,
                "References are compared exactly, upper and lower case included.",
            ),
            WhomError::NobodyFound => Self::new(
                Code::PersonNotFound,
                "The record leads to nobody, or to several people. Name an identifier, or delete the record.",
            ),
            WhomError::NothingHeld => {
                Self::new(Code::PersonNotFound, "No visit, conversion or record names them on this site.")
            }
            WhomError::Store(error) => error.into(),
        }
    }
}
