//! Parsing the one identifier that a body names.

use crate::app::App;
use crate::http::body;
use crate::http::error::{ApiError, Code};
use crate::http::json::{Object, Problems};
use crate::http::schema;
use crate::http::upload::json;
use axum::body::Body;
use axum::http::HeaderMap;
use touchline_domain::{Identifier, IdentifierKind, Site};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

/// An identifier as a body has it, for the API description; [`read`] is what reads it.
pub(crate) struct IdentifierIn;

impl PartialSchema for IdentifierIn {
    fn schema() -> RefOr<Schema> {
        let kinds = IdentifierKind::ALL.map(IdentifierKind::name);
        schema::schema(&serde_json::json!({
            "type": "object", "required": ["key", "value"],
            "properties": {
                "key": { "type": "string", "enum": kinds, "description": "What kind of identifier it is.", "example": "EmailAddress" },
                "value": schema::text(Identifier::LENGTH_MAX, "Normalised as in uploads.", "ann@example.com"),
            },
        }))
    }
}

impl ToSchema for IdentifierIn {}

/// Reads `{"key": …, "value": …}`. The error names everything that is wrong.
pub(super) async fn read(
    app: &App,
    site: &Site,
    headers: &HeaderMap,
    body: Body,
) -> Result<Identifier, ApiError> {
    body::require_json(headers)?;
    let taken = body::take(app, headers, body, app.limits.body_bytes).await?;
    let mut problems = Problems::default();
    let identifier =
        Object::read(json(&taken)?, String::new(), "body", &mut problems).and_then(|mut object| {
            let kind = object.required("key", &mut problems, IdentifierKind::parse);
            // A value that is wrong is wrong whatever its kind.
            let as_kind = kind.unwrap_or(IdentifierKind::PayloadValue);
            object.required("value", &mut problems, |raw| Identifier::parse(as_kind, raw, site.phone_country))
        });
    match identifier {
        Some(identifier) if problems.is_empty() => Ok(identifier),
        _ => Err(ApiError::with_problems(Code::InvalidBody, problems.into_vec())),
    }
}
