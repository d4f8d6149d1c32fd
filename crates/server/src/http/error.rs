//! The one place where failures become answers: RFC 9457 problem details with a stable code.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::borrow::Cow;
use std::time::Duration;
use touchline_store::StoreError;
use utoipa::ToSchema;

/// Every way a request can fail. The names are stable; programs may rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    MalformedJson,
    IncompleteBody,
    InvalidBody,
    InvalidQuery,
    TokenMissing,
    TokenInvalid,
    SiteNotAllowed,
    InsufficientScope,
    OriginNotAllowed,
    RouteNotFound,
    RecordNotFound,
    PersonNotFound,
    EvidenceNotFound,
    ExportNotFound,
    MethodNotAllowed,
    BodyTimeout,
    BodyTooLarge,
    UnsupportedMediaType,
    RateLimited,
    Internal,
    Overloaded,
    StorageUnavailable,
    ShuttingDown,
    TimedOut,
    ReportTooLarge,
}

impl Code {
    pub(crate) const ALL: [Self; 25] = [
        Self::MalformedJson,
        Self::IncompleteBody,
        Self::InvalidBody,
        Self::InvalidQuery,
        Self::TokenMissing,
        Self::TokenInvalid,
        Self::SiteNotAllowed,
        Self::InsufficientScope,
        Self::OriginNotAllowed,
        Self::RouteNotFound,
        Self::RecordNotFound,
        Self::PersonNotFound,
        Self::EvidenceNotFound,
        Self::ExportNotFound,
        Self::MethodNotAllowed,
        Self::BodyTimeout,
        Self::BodyTooLarge,
        Self::UnsupportedMediaType,
        Self::RateLimited,
        Self::Internal,
        Self::Overloaded,
        Self::StorageUnavailable,
        Self::ShuttingDown,
        Self::TimedOut,
        Self::ReportTooLarge,
    ];

    /// Status, name, and what it means.
    fn entry(self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::MalformedJson => (S::BAD_REQUEST, "malformed_json", "The body is not JSON in UTF-8"),
            Self::IncompleteBody => (S::BAD_REQUEST, "incomplete_body", "The body broke off before its end"),
            Self::InvalidBody => {
                (S::BAD_REQUEST, "invalid_body", "Fields of the body are not as they must be")
            }
            Self::InvalidQuery => (S::BAD_REQUEST, "invalid_query", "The path or query is not as it must be"),
            Self::TokenMissing => (S::UNAUTHORIZED, "token_missing", "No bearer token was sent"),
            Self::TokenInvalid => {
                (S::UNAUTHORIZED, "token_invalid", "The bearer token is unknown, expired or revoked")
            }
            Self::SiteNotAllowed => (S::FORBIDDEN, "site_not_allowed", "The token does not reach this site"),
            Self::InsufficientScope => (S::FORBIDDEN, "insufficient_scope", "The token does not allow this"),
            Self::OriginNotAllowed => {
                (S::FORBIDDEN, "origin_not_allowed", "Pages from here may not report to this site")
            }
            Self::RouteNotFound => (S::NOT_FOUND, "route_not_found", "There is nothing at this address"),
            Self::RecordNotFound => {
                (S::NOT_FOUND, "record_not_found", "There is no record with this reference")
            }
            Self::PersonNotFound => {
                (S::NOT_FOUND, "person_not_found", "Nothing is held on whom was asked for")
            }
            Self::EvidenceNotFound => (
                S::NOT_FOUND,
                "evidence_not_found",
                "There is no fact with this number that names this identifier",
            ),
            Self::ExportNotFound => (S::NOT_FOUND, "export_not_found", "There is no export with this number"),
            Self::MethodNotAllowed => {
                (S::METHOD_NOT_ALLOWED, "method_not_allowed", "This address does not answer this method")
            }
            Self::BodyTimeout => (S::REQUEST_TIMEOUT, "body_timeout", "The body took too long to arrive"),
            Self::BodyTooLarge => (S::PAYLOAD_TOO_LARGE, "body_too_large", "The body is larger than allowed"),
            Self::UnsupportedMediaType => (
                S::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "The body has a type that is not read here",
            ),
            Self::RateLimited => (S::TOO_MANY_REQUESTS, "rate_limited", "Calls come more often than allowed"),
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "internal", "Touchline made a mistake"),
            Self::Overloaded => {
                (S::SERVICE_UNAVAILABLE, "overloaded", "There is more to do than can be queued")
            }
            Self::StorageUnavailable => (
                S::SERVICE_UNAVAILABLE,
                "storage_unavailable",
                "The store cannot be written or read at the moment",
            ),
            Self::ShuttingDown => (S::SERVICE_UNAVAILABLE, "shutting_down", "The server is stopping"),
            Self::TimedOut => (S::SERVICE_UNAVAILABLE, "timed_out", "The answer took too long"),
            Self::ReportTooLarge => (
                S::INSUFFICIENT_STORAGE,
                "report_too_large",
                "Reports of this site need more memory than they may take",
            ),
        }
    }

    pub(crate) fn status(self) -> StatusCode {
        self.entry().0
    }

    pub(crate) fn name(self) -> &'static str {
        self.entry().1
    }

    pub(crate) fn title(self) -> &'static str {
        self.entry().2
    }
}

/// One thing that is wrong with a request, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// A JSON pointer (RFC 6901) into the body, or the name of a query parameter.
    #[schema(example = "/OpportunityValue")]
    pub(crate) pointer: String,
    /// What is wrong, for programs.
    #[schema(example = "not_a_number")]
    pub(crate) code: &'static str,
    /// What was expected, for people.
    #[schema(example = "'OpportunityValue' must be a valid number.")]
    pub(crate) detail: String,
}

/// A failure on its way to the client.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub(crate) code: Code,
    pub(crate) detail: Cow<'static, str>,
    pub(crate) problems: Vec<Problem>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// For a batch that broke off: what became of the items before.
    pub(crate) results: Option<serde_json::Value>,
}

impl ApiError {
    pub(crate) fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        let mut error =
            Self { code, detail: detail.into(), problems: Vec::new(), headers: Vec::new(), results: None };
        match code {
            Code::Overloaded => error = error.retry_after(Duration::from_secs(1)),
            Code::StorageUnavailable | Code::ShuttingDown | Code::TimedOut => {
                error = error.retry_after(Duration::from_secs(5));
            }
            // RFC 6750, section 3: no error code when no token was sent.
            Code::TokenMissing => error = error.challenge("Bearer realm=\"touchline\""),
            Code::TokenInvalid => {
                error = error.challenge("Bearer realm=\"touchline\", error=\"invalid_token\"");
            }
            Code::SiteNotAllowed => {
                error = error.challenge("Bearer realm=\"touchline\", error=\"insufficient_scope\"");
            }
            _ => {}
        }
        error
    }

    pub(crate) fn with_problems(code: Code, problems: Vec<Problem>) -> Self {
        let detail = match problems.as_slice() {
            [only] => only.detail.clone(),
            many => format!("There are {} problems; see errors.", many.len()),
        };
        Self { problems, ..Self::new(code, detail) }
    }

    pub(crate) fn retry_after(mut self, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.headers.push((RETRY_AFTER, HeaderValue::from(seconds.max(1))));
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn challenge(self, challenge: &'static str) -> Self {
        self.header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    /// What the answer carries beside its body.
    pub(crate) fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.headers
    }

    /// The answer, once the request's id is known.
    pub(crate) fn render(self, request_id: &str) -> Response {
        let body = ProblemDetails {
            r#type: format!("/docs#{}", self.code.name()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            code: self.code.name(),
            detail: &self.detail,
            request_id,
            errors: &self.problems,
            results: self.results.as_ref(),
        };
        // These types always serialize.
        let bytes = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() = self.code.status();
        let problem_json = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(CONTENT_TYPE, problem_json);
        response.headers_mut().extend(self.headers);
        response
    }
}

/// RFC 9457 problem details.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProblemDetails<'a> {
    /// Where the kind of problem is described, relative to the server.
    #[schema(example = "/docs#invalid_body")]
    r#type: String,
    /// The kind of problem, for people.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// The kind of problem, for programs.
    #[schema(example = "invalid_body")]
    code: &'a str,
    /// What went wrong this time.
    detail: &'a str,
    /// Also in the header `X-Request-Id`; name it when you ask for help.
    request_id: &'a str,
    /// Everything that is wrong, each with its place.
    #[serde(skip_serializing_if = "<[Problem]>::is_empty")]
    #[schema(required = false)]
    errors: &'a [Problem],
    /// For a batch that broke off: what became of the items before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    results: Option<&'a serde_json::Value>,
}

/// Carries the error outwards to where the request's id is known; see [`super::observe`].
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded => Self::new(
                Code::Overloaded,
                "There is more to do than can be kept up with; nothing was stored, try it again.",
            ),
            StoreError::Closing => Self::new(Code::ShuttingDown, "Nothing was stored; send it again."),
            StoreError::Full(_) => {
                tracing::error!(%error, "storage");
                Self::new(Code::StorageUnavailable, "The disk is full; nothing was stored.")
            }
            StoreError::Unavailable(_) | StoreError::Interrupted | StoreError::Refused { .. } => {
                tracing::error!(%error, "storage");
                Self::new(Code::StorageUnavailable, "The store could not be reached; send the request again.")
            }
            StoreError::Corrupt { .. } => {
                tracing::error!(%error, "storage");
                Self::new(Code::Internal, "Something stored cannot be read; the operator's log says what.")
            }
        }
    }
}

/// A failure as a response, for where there is no `Result` to return.
pub(super) fn failure(code: Code, detail: impl Into<Cow<'static, str>>) -> Response {
    ApiError::new(code, detail).into_response()
}
