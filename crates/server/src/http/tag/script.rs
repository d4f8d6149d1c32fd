//! `GET /tag.js`: the script that a site's pages load.

use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::LazyLock;

const SCRIPT: &[u8] = include_bytes!("tag.js");

/// What never changes while the process lives.
struct Served {
    /// Weak: it is the same script, packed or not.
    etag: String,
    packed: Option<Bytes>,
}

static SERVED: LazyLock<Served> = LazyLock::new(|| {
    let digest = Sha256::digest(SCRIPT);
    let digits = digest[..8].iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    });
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let packed = encoder.write_all(SCRIPT).and_then(|()| encoder.finish()).ok();
    Served { etag: format!("W/\"{digits}\""), packed: packed.map(Bytes::from) }
});

/// The script. It changes with Touchline only, so browsers keep it for an hour, and for a day while they ask again.
pub(super) async fn script(headers: HeaderMap) -> Response {
    let is_known = listed(&headers, &IF_NONE_MATCH).any(|known| known == "*" || known == SERVED.etag);
    let mut response = match &SERVED.packed {
        _ if is_known => StatusCode::NOT_MODIFIED.into_response(),
        Some(packed) if takes_gzip(&headers) => {
            ([(CONTENT_ENCODING, "gzip")], Body::from(packed.clone())).into_response()
        }
        _ => Body::from(SCRIPT).into_response(),
    };
    let mut set = |name: HeaderName, value| response.headers_mut().insert(name, value);
    let fixed = HeaderValue::from_static;
    set(CONTENT_TYPE, fixed("text/javascript; charset=utf-8"));
    set(CACHE_CONTROL, fixed("public, max-age=3600, stale-while-revalidate=86400"));
    set(HeaderName::from_static("cross-origin-resource-policy"), fixed("cross-origin"));
    set(VARY, fixed("Accept-Encoding"));
    if let Ok(etag) = HeaderValue::from_str(&SERVED.etag) {
        set(ETAG, etag);
    }
    response
}

/// The elements of a header that is a list.
fn listed<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

/// RFC 9110, section 12.5.3; a quality of zero is a refusal.
fn takes_gzip(headers: &HeaderMap) -> bool {
    listed(headers, &ACCEPT_ENCODING).any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let quality = quality.trim().trim_start_matches("q=").parse().unwrap_or(1.0f32);
        name.trim().eq_ignore_ascii_case("gzip") && quality > 0.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        for (header, expected) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip; q=0", false),
            ("br, identity", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(header))]);
            assert_eq!(takes_gzip(&headers), expected, "{header}");
        }
    }
}
