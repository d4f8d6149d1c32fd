//! Long lists on one page, a part at a time, each by a parameter of its own.

use super::super::parts::pager;
use super::super::session::Viewer;
use maud::{Markup, html};
use std::ops::Range;

/// So much of every list is on a page.
const PER_PAGE: usize = 20;

/// Which part of a list is shown, and the way to the others; `name` is the parameter.
pub(super) fn part(viewer: &Viewer, name: &str, count: usize) -> (Range<usize>, Markup) {
    let last_page = count.div_ceil(PER_PAGE).max(1);
    let page = viewer.address.get(name).and_then(|raw| raw.parse().ok()).unwrap_or(1_usize);
    let page = page.clamp(1, last_page);
    let range = (page - 1) * PER_PAGE..(page * PER_PAGE).min(count);
    if last_page == 1 {
        return (range, html! {});
    }
    let to = |page: usize| viewer.address.without(&["done"]).with(name, page.to_string()).to_string();
    let locale = &viewer.locale;
    let told = format!(
        "{} to {} of {}",
        locale.count(range.start as u64 + 1),
        locale.count(range.end as u64),
        locale.count(count as u64)
    );
    let pager = pager((page > 1).then(|| to(page - 1)), (page < last_page).then(|| to(page + 1)), &told);
    (range, pager)
}
