//! Costs of advertising: what is sent, in every shape that the wire has for it, and listing what was.

mod cost_in;
mod cost_out;
mod general_in;
pub(crate) mod list;
mod platforms_in;
pub(crate) mod schema;
pub(crate) mod upload;

pub(crate) use cost_out::CostsUploadOut;
