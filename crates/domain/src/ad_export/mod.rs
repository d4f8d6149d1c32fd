//! Conversions for advertising platforms: which records become one, when it happened, and which click led to it.
//!
//! [`ExportQuery::judge`] looks at one journey and says whether it holds the conversion that was asked for, and if it may not
//! be handed over, why ([`LeftOut`]). What the platforms accept is theirs to say: each constant names its source.
//!
//! A conversion is named for ever by its [`ConversionKey`], so that a ledger of keys keeps it from being handed over twice.

mod credit;
mod hashed;
mod judge;
mod key;
mod left_out;
mod query;
#[cfg(test)]
mod tests;

pub use hashed::{click_cookie, hashed, hashed_phone};
pub use judge::AdConversion;
pub use key::{ConversionKey, Trace};
pub use left_out::LeftOut;
pub use query::{ExportPlatform, ExportQuery, ExportedValue};
