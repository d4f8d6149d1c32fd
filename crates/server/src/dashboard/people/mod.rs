//! People: who somebody is and how that is known; what an administrator decides about their evidence; their export and
//! their erasure.

mod decide;
mod erase;
mod evidence;
mod export;
mod found;
mod identifiers;
mod shown;
mod whom;

pub(super) use decide::{decide_on_evidence, decide_on_identifier};
pub(super) use erase::{ask as ask_to_erase, erase};
pub(super) use export::export;
pub(super) use found::show;
pub(super) use whom::address;
