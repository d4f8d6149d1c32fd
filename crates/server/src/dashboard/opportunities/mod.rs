//! Opportunities and revenue: the records that make a number, and one record with all that led to it.

mod credit;
mod evidence;
mod filters;
mod history;
mod list;
mod record;
mod search;
mod timeline;
mod words;

pub(super) use list::show;
pub(super) use record::{show_opportunity, show_revenue};
pub(super) use words::{cut, identifier_title, record_page, stage_badge, when};
