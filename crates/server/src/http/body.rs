//! Taking request bodies in, within bounds: of size, of time, and of memory over all connections.

use super::error::{ApiError, Code};
use crate::app::App;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::sync::SemaphorePermit;
use tokio::time::timeout;

/// The longest pause between two pieces of a body.
const STALL: Duration = Duration::from_secs(15);

/// A body in memory, and the share of the memory bound that it holds.
pub(crate) struct TakenBody<'a> {
    pub(crate) bytes: Bytes,
    _share: SemaphorePermit<'a>,
}

/// Reads a whole body of at most `limit` bytes.
pub(crate) async fn take<'a>(
    app: &'a App,
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<TakenBody<'a>, ApiError> {
    refuse_encoding(headers)?;
    let announced = announced_length(headers);
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large(limit));
    }
    let share = announced.and_then(|length| usize::try_from(length).ok()).unwrap_or(limit);
    let share = u32::try_from(share).unwrap_or(u32::MAX);
    let share = app
        .in_flight_bytes
        .try_acquire_many(share)
        .map_err(|_| ApiError::new(Code::Overloaded, "Too many request bodies are in memory."))?;
    let bytes = read(body, limit).await?;
    Ok(TakenBody { bytes, _share: share })
}

/// A packed body would be taken for broken JSON.
pub(crate) fn refuse_encoding(headers: &HeaderMap) -> Result<(), ApiError> {
    match headers.get(CONTENT_ENCODING) {
        Some(encoding) if !encoding.as_bytes().eq_ignore_ascii_case(b"identity") => {
            Err(ApiError::new(Code::UnsupportedMediaType, "Send the body without Content-Encoding."))
        }
        _ => Ok(()),
    }
}

async fn read(mut body: Body, limit: usize) -> Result<Bytes, ApiError> {
    let Some(first) = piece(&mut body).await? else { return Ok(Bytes::new()) };
    let mut whole = match piece(&mut body).await? {
        None if first.len() <= limit => return Ok(first),
        None => return Err(too_large(limit)),
        Some(second) => {
            let mut whole = BytesMut::from(first);
            whole.extend_from_slice(&second);
            whole
        }
    };
    while whole.len() <= limit {
        match piece(&mut body).await? {
            Some(next) => whole.extend_from_slice(&next),
            None => return Ok(whole.freeze()),
        }
    }
    Err(too_large(limit))
}

/// The next piece of a body; `None` at its end.
pub(crate) async fn piece(body: &mut Body) -> Result<Option<Bytes>, ApiError> {
    loop {
        let frame = timeout(STALL, body.frame())
            .await
            .map_err(|_| ApiError::new(Code::BodyTimeout, "No more of the body came for 15 seconds."))?;
        let Some(frame) = frame else { return Ok(None) };
        let frame = frame
            .map_err(|_| ApiError::new(Code::IncompleteBody, "The connection broke within the body."))?;
        // Trailers say nothing that is needed here.
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
}

fn announced_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

pub(crate) fn too_large(limit: usize) -> ApiError {
    ApiError::new(Code::BodyTooLarge, format!("The body must be at most {limit} bytes."))
}

/// What a body says it is, without parameters, lower case.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let raw = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    raw.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

/// Refuses a body that does not say that it is JSON.
pub(crate) fn require_json(headers: &HeaderMap) -> Result<(), ApiError> {
    let media_type = media_type(headers);
    let is_json = media_type == "application/json"
        || (media_type.starts_with("application/") && media_type.ends_with("+json"));
    if is_json {
        return Ok(());
    }
    Err(ApiError::new(Code::UnsupportedMediaType, "The header Content-Type must be application/json."))
}

/// A body's text.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, ApiError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        ApiError::new(Code::MalformedJson, format!("The body is not UTF-8: see the byte at offset {at}."))
    })
}

/// What is wrong with text that is not JSON, without repeating any of it.
pub(crate) fn malformed(error: &serde_json::Error) -> ApiError {
    let (line, column) = (error.line(), error.column());
    let what = match error.classify() {
        serde_json::error::Category::Eof => "The JSON ends too early",
        _ => "The body is not JSON",
    };
    ApiError::new(Code::MalformedJson, format!("{what}: see line {line}, column {column}."))
}
