//! The page, and its table of paths.

use super::super::asked::{Asked, dimension_title};
use super::super::chart::{bar, dot_of};
use super::super::parts::{card, change, empty, heading, pager};
use super::super::session::Viewer;
use super::picture::Palette;
use super::{Choices, Journeys, PAGES_MAX, PER_PAGE, Towards, Weigh};
use crate::http::reports::cell_out::{count, days_to_close, win_rate};
use maud::{Markup, html};
use touchline_domain::report::{BucketBy, Cell, CommonPath, Dimension, Total, UNATTRIBUTED};

const LOOKBACKS: [u32; 6] = [7, 14, 30, 60, 90, 365];

/// All that is drawn.
pub(super) struct Page<'a> {
    pub(super) viewer: &'a Viewer,
    pub(super) asked: &'a Asked,
    pub(super) choices: &'a Choices,
    pub(super) journeys: &'a Journeys,
}

impl Page<'_> {
    pub(super) fn draw(&self) -> Markup {
        let palette = self.palette();
        html! {
            (heading("Paths", self.asked.period_title(self.viewer), self.asked.controls(self.viewer)))
            (self.asked.chips())
            @if self.filters_touches() {
                p.note { "Filters on touches do not count here: a path is a record's whole journey. Filters on records do." }
            }
            (self.how())
            @if self.journeys.count == 0 { (self.nothing()) } @else {
                (self.tiles())
                (self.picture(&palette))
                (card("Most common paths", html! { span.quiet { (self.told()) } }, html! { (self.table(&palette)) (self.pages()) }))
            }
        }
    }

    fn filters_touches(&self) -> bool {
        let mut filters = self.asked.query.filters.iter();
        filters.any(|filter| {
            matches!(filter.dimension, Dimension::Touch(_) | Dimension::Time(BucketBy::Touch, _))
        })
    }

    /// The dimension that steps are told by.
    pub(super) fn by(&self) -> String {
        self.asked.query.by.first().map(ToString::to_string).unwrap_or_default()
    }

    fn nothing(&self) -> Markup {
        empty(
            "There are no records in this period.",
            html! {
                "Choose a longer period, or, if the site is new, " a href=(self.viewer.page("set-up")) { "set it up" }
                ": one line in its pages, and opportunities from the CRM."
            },
        )
    }

    fn how(&self) -> Markup {
        let kept = self.asked.address().without(&["by", "end", "weigh", "lookback", "page"]);
        let (by, lookback) = (self.by(), self.asked.query.lookback_days);
        let mut lookbacks = LOOKBACKS.to_vec();
        lookbacks.extend(lookback.filter(|days| !LOOKBACKS.contains(days)));
        lookbacks.sort_unstable();
        html! {
            form.controls method="get" data-submit-on-change {
                @for (name, value) in kept.pairs() { input type="hidden" name=(name) value=(value); }
                label { span { "Steps by" }
                    select name="by" {
                        @for name in Dimension::names().into_iter().take(10) { option value=(name) selected[name == by] { (dimension_title(name)) } }
                    }
                }
                label { span { "Flow to" }
                    select name="end" {
                        option value="" { "Last touch" }
                        option value="outcome" selected[self.choices.towards == Towards::Outcome] { "Outcome" }
                    }
                }
                label { span { "Ribbons by" }
                    select name="weigh" {
                        option value="" { "Value" }
                        option value="records" selected[self.choices.weigh == Weigh::Records] { "Records" }
                    }
                }
                label { span { "Lookback" }
                    select name="lookback" {
                        option value="" { "All touches" }
                        @for days in lookbacks { option value=(days) selected[Some(days) == lookback] { (days) " days" } }
                    }
                }
                button.apply type="submit" { "Show" }
            }
        }
    }

    /// The records themselves, in the report's currency.
    #[expect(clippy::cast_precision_loss, reason = "a change in percent")]
    fn tiles(&self) -> Markup {
        let own = |totals: &[Total]| {
            let total = totals.iter().find(|total| total.currency == self.journeys.currency);
            total.map_or(Cell::default(), |total| total.cell)
        };
        let (now, before) = (own(&self.journeys.totals), self.journeys.before.as_deref().map(own));
        let locale = &self.viewer.locale;
        let against = |of: fn(&Cell) -> Option<f64>, more: bool| {
            change(self.viewer, of(&now), before.as_ref().and_then(of), Some(more))
        };
        html! {
            section.tiles aria-label="Key figures" {
                (tile("Value", html! { (locale.money(now.minor, self.journeys.currency)) }, against(|cell| Some(cell.minor as f64), true)))
                (tile("Revenue", html! { (locale.money(now.won_minor, self.journeys.currency)) }, against(|cell| Some(cell.won_minor as f64), true)))
                (tile("Records", html! { (locale.number(count(now.records), 0)) }, against(|cell| Some(count(cell.records)), true)))
                (tile("Win rate", html! { @if let Some(rate) = win_rate(&now) { (locale.percent(rate)) } @else { "–" } }, against(win_rate, true)))
                (tile("Days to close", html! { @if let Some(days) = days_to_close(&now) { (locale.number(days, 1)) } @else { "–" } }, against(days_to_close, false)))
                (tile("Different paths", html! { (locale.count(self.journeys.count as u64)) }, html! {}))
            }
        }
    }

    fn told(&self) -> String {
        format!("by {}, repeats of one step counted once", dimension_title(&self.by()).to_lowercase())
    }

    #[expect(clippy::cast_precision_loss, reason = "a bar, an average for people")]
    fn table(&self, palette: &Palette) -> Markup {
        let locale = &self.viewer.locale;
        let paths = &self.journeys.paths;
        let most = paths.iter().map(|path| path.records).max().unwrap_or(0).max(1);
        let rate = |path: &CommonPath| {
            let decided = path.won + path.lost;
            (decided > 0).then(|| path.won as f64 / decided as f64)
        };
        html! {
            div.scroll tabindex="0" role="region" aria-label="Paths as a table" {
                table.data.paths {
                    caption.unseen { "Most common paths, " (self.told()) }
                    thead { tr {
                        th scope="col" { "Path" } th.n scope="col" { "Records" } th scope="col" { span.unseen { "Share" } }
                        th.n scope="col" { "Value" } th.n scope="col" { "Won" } th.n scope="col" { "Win rate" } th.n scope="col" { "Touches each" }
                    } }
                    tbody {
                        @for path in paths {
                            tr {
                                th scope="row" { (steps(path, palette)) }
                                td.n { (locale.count(path.records)) }
                                td.share { (bar(path.records as f64 / most as f64, "k-accent")) }
                                td.n { @for (currency, minor) in &path.values { div { (locale.money(*minor, *currency)) } } }
                                td.n { (locale.count(path.won)) }
                                td.n { @if let Some(rate) = rate(path) { (locale.percent(rate)) } @else { span.quiet { "–" } } }
                                td.n { (locale.number(path.touches as f64 / path.records.max(1) as f64, 1)) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn pages(&self) -> Markup {
        let (count, page) = (self.journeys.count.min(PAGES_MAX * PER_PAGE), self.choices.page);
        if count <= PER_PAGE {
            return html! {};
        }
        let to = |page: usize| self.asked.address().with("page", page.to_string()).to_string();
        let locale = &self.viewer.locale;
        let number = |number: usize| locale.count(number as u64);
        let from = (page - 1) * PER_PAGE;
        let told =
            format!("{}–{} of {} paths", number(from + 1), number(count.min(page * PER_PAGE)), number(count));
        let told = if from < count { told } else { format!("There are {} paths", number(count)) };
        let later = (page * PER_PAGE < count).then(|| to(page + 1));
        pager((page > 1).then(|| to((page - 1).min(count.div_ceil(PER_PAGE)))), later, &told)
    }
}

/// The steps of a path in order.
fn steps(path: &CommonPath, palette: &Palette) -> Markup {
    html! {
        @if path.steps.is_empty() { span.quiet { (UNATTRIBUTED) ": no touch is known" } } @else {
            ol.path {
                @for run in runs(&path.steps) {
                    li {
                        @for (place, step) in run.steps.iter().enumerate() {
                            @if place > 0 { span.arrow aria-hidden="true" { "⇄" } span.unseen { " and " } }
                            span.step { (dot_of(&palette.colour(step))) (step) }
                        }
                        @if run.times > 1 { span.times { "×" (run.times) } }
                    }
                }
                @if path.is_cut { li.quiet { "and more" } }
            }
        }
    }
}

/// Steps of a path that come again and again.
#[derive(Debug, PartialEq, Eq)]
struct Run<'a> {
    /// One, or two that take turns.
    steps: &'a [String],
    times: usize,
}

/// Draws together what takes turns: of `A B A B A B C` three times `A B`, and `C`.
fn runs(steps: &[String]) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    let mut rest = steps;
    while !rest.is_empty() {
        let turns = if rest.len() < 4 {
            1
        } else {
            rest.chunks_exact(2).take_while(|turn| *turn == &rest[..2]).count()
        };
        let (length, times) = if turns > 1 { (2, turns) } else { (1, 1) };
        runs.push(Run { steps: &rest[..length], times });
        rest = &rest[length * times..];
    }
    runs
}

fn tile(title: &str, figure: Markup, change: Markup) -> Markup {
    html! {
        div.tile {
            p.tile-title { (title) }
            p.figure { (figure) }
            p.tile-foot { (change) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_turns_is_drawn_together() {
        for (steps, expected) in [
            ("", ""),
            ("A", "A1"),
            ("A B A", "A1 B1 A1"),
            ("A B A B", "AB2"),
            ("A B A B A C", "AB2 A1 C1"),
            ("C A B A B A B", "C1 AB3"),
        ] {
            let steps: Vec<String> = steps.split_whitespace().map(str::to_owned).collect();
            let told: Vec<_> =
                runs(&steps).iter().map(|run| format!("{}{}", run.steps.concat(), run.times)).collect();
            assert_eq!(told.join(" "), expected, "{steps:?}");
        }
    }
}
