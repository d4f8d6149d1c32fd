use crate::{Identifier, IdentifierKind, Instant};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// What names somebody, as platforms match it: SHA-256 of the normalised value, in 64 hexadecimal digits in lower case.
///
/// An [`Identifier`] of an email address is trimmed and in lower case already, as Meta asks:
/// <https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters>.
pub fn hashed(identifier: &Identifier) -> String {
    digest(identifier.value())
}

/// As [`hashed`], of a telephone number: its digits alone, with the country's code and without leading zeros (source as
/// above). `None` for a number whose country is not known, which would match nobody, or somebody else.
pub fn hashed_phone(identifier: &Identifier) -> Option<String> {
    let is_phone = identifier.kind() == IdentifierKind::PhoneNumber;
    let number = identifier.value().strip_prefix('+').filter(|_| is_phone)?;
    let is_plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| digest(number.trim_start_matches('0')))
}

/// What Meta's own script would have kept of a click in the cookie `_fbc`: the click id as it was in the address, with when it
/// was seen, in milliseconds. Source: <https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/fbp-and-fbc/>.
pub fn click_cookie(click_id: &str, seen: Instant) -> String {
    format!("fb.1.{}.{click_id}", seen.as_micros() / 1_000)
}

fn digest(text: &str) -> String {
    let mut digits = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}
