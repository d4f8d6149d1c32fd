//! What Touchline is about, as plain data and pure functions: no clock, no I/O, no SQL, no HTTP, no async.
//!
//! Values are parsed once into types that cannot be wrong. A value that cannot be parsed is an [`Invalid`]:
//! a stable code and a phrase that completes "`'Field'` …".
//!
//! Units, everywhere: money in the currency's **minor units**, instants in **microseconds since 1970, UTC**
//! (the wire documents six fraction digits).

pub mod ad_export;
pub mod attribution;
pub mod channel;
mod conversion;
pub mod cost;
mod day;
mod identifier;
pub mod identity;
mod invalid;
pub mod journey;
mod money;
mod page_url;
mod phone;
mod rates;
pub mod record;
pub mod report;
mod site;
mod text;
mod time;
mod token;
mod visit;

pub use channel::DeviceClass;
pub use conversion::{Call, Conversion, ConversionKind, Overrides, StoredConversion};
pub use cost::{AdCost, StoredCost};
pub use day::Day;
pub use identifier::{Identifier, IdentifierKind};
pub use invalid::Invalid;
pub use money::{AMOUNT_MINOR_MAX, Currency, Magnitude, Money, format_minor};
pub use page_url::PageUrl;
pub use phone::Country;
pub use rates::{Converted, Quote, Rate, RateSheet, Rates, SheetProblem};
pub use site::{Milestone, Origin, Site, SiteId, Stage, StageMatch, TimeZoneName};
pub use text::Text;
pub use time::{Instant, Moment};
pub use token::{Scope, Scopes, Token, TokenHash, TokenId};
pub use visit::{Screen, StoredVisit, Visit, VisitSettings};
