//! What other rules would change: the report by channel as it is, and as it would be.

use super::super::asked::Asked;
use super::super::chart::dot;
use super::super::parts::{card, change, form_key};
use super::super::session::Viewer;
use super::draft::Draft;
use crate::app::App;
use crate::app::channels::as_text;
use crate::app::reports::{self, Engine};
use crate::http::error::ApiError;
use maud::{Markup, html};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use touchline_domain::Currency;
use touchline_domain::channel::ChannelRules;
use touchline_domain::report::{Cell, Dimension, Metrics, Moved, Query, TooMuch, TouchDimension, View};

/// Of which period, and under which model, when nobody says.
pub(super) const DEFAULTS: (&str, &str) = ("365d", "linear");

const PERIODS: [(&str, &str); 4] =
    [("30d", "Last 30 days"), ("90d", "Last 90 days"), ("365d", "Last 365 days"), ("all", "All time")];

const MODELS: [(&str, &str); 6] = [
    ("linear", "Linear"),
    ("first-touch", "First touch"),
    ("last-touch", "Last touch"),
    ("last-non-direct", "Last non-direct"),
    ("position-based", "Position-based"),
    ("time-decay", "Time decay"),
];

/// The two reports.
pub(super) struct Preview {
    period: String,
    currency: Currency,
    rows: Vec<(String, Cell, Cell)>,
    moved: Moved,
    is_same: bool,
}

impl Preview {
    pub(super) async fn of(
        app: &App,
        viewer: &Viewer,
        draft: &Draft,
        rules: ChannelRules,
    ) -> Result<Self, ApiError> {
        let address = viewer.page("channels").with("period", &*draft.period).with("model", &*draft.model);
        let (asked, ()) = Asked::at(app, viewer, &address, |_| ())?;
        let by = vec![Dimension::Touch(TouchDimension::Channel)];
        let metrics = Metrics { records: true, reach: false };
        let query = Query { by, metrics, ..asked.query.clone() };
        let is_same = rules == viewer.site.channels;
        let period = asked.period_title(viewer);
        let compared = app
            .report(&viewer.site, reports::Asked::default(), move |engine| compare(engine, &query, rules))
            .await??;
        let (currency, rows, moved) = compared;
        Ok(Self { period, currency, rows, moved, is_same })
    }

    pub(super) fn draw(&self, viewer: &Viewer, draft: &Draft) -> Markup {
        let locale = &viewer.locale;
        let moved =
            self.rows.iter().map(|(_, before, after)| (after.minor - before.minor).max(0)).sum::<i128>();
        let of = |part: u64, all: u64| format!("{} of {}", locale.count(part), locale.count(all));
        let lead = html! {
            @if draft.is_outdated() {
                p.error role="alert" { strong { "Not saved: somebody changed the rules since you began." } " This is what yours would change about the present ones. Save again to replace them." }
            }
            @if self.is_same { p.note { "These are the rules as they are." } }
            dl.inline.lead {
                div { dt { "Value that moves" } dd { strong { (locale.money(moved, self.currency)) } } }
                div { dt { "Touches in another channel" } dd { (of(self.moved.touches, self.moved.touches_of)) } }
                div { dt { "Records concerned" } dd { (of(self.moved.records, self.moved.records_of)) } }
            }
        };
        card(
            "What would move",
            html! { span.quiet { (self.period) } },
            html! { (lead) (Self::controls(viewer, draft)) (self.table(viewer)) (self.actions(viewer, draft)) },
        )
    }

    fn controls(viewer: &Viewer, draft: &Draft) -> Markup {
        html! {
            form.controls.preview-controls method="post" action=(viewer.page("channels/preview")) data-submit-on-change {
                (form_key(viewer))
                input type="hidden" name="base" value=(super::base_of(viewer));
                input type="hidden" name="rules" value=(draft.text);
                label { span { "Opportunities of" }
                    select name="period" { @for (name, title) in PERIODS { option value=(name) selected[name == draft.period] { (title) } } }
                }
                label { span { "Model" }
                    select name="model" { @for (name, title) in MODELS { option value=(name) selected[name == draft.model] { (title) } } }
                }
                button.apply type="submit" { "Show" }
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a change in percent, and a share of records")]
    fn table(&self, viewer: &Viewer) -> Markup {
        let locale = &viewer.locale;
        let records = |cell: &Cell| locale.number(cell.records as f64 / 1e6, 1);
        html! {
            div.scroll tabindex="0" role="region" aria-label="Value by channel, before and after" {
                table.data {
                    caption.unseen { "Value by channel under the present rules and under the changed ones" }
                    thead { tr {
                        th scope="col" { "Channel" } th.n scope="col" { "Value now" } th.n scope="col" { "Value then" } th.n scope="col" { "Difference" } th.n scope="col" { "Change" }
                        th.n scope="col" { "Records now" } th.n scope="col" { "Records then" }
                    } }
                    tbody {
                        @for (channel, before, after) in &self.rows {
                            @let difference = after.minor - before.minor;
                            tr.still[before == after] {
                                th scope="row" { (dot(channel)) (channel) }
                                td.n { (locale.money(before.minor, self.currency)) }
                                td.n { (locale.money(after.minor, self.currency)) }
                                td.n { @if difference > 0 { "+" } @if difference == 0 { span.quiet { "–" } } @else { (locale.money(difference, self.currency)) } }
                                td.n { @if difference != 0 { (change(viewer, after.minor as f64, before.minor as f64, None)) } }
                                td.n { (records(before)) }
                                td.n { (records(after)) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn actions(&self, viewer: &Viewer, draft: &Draft) -> Markup {
        let rules = draft.rules().map_or_else(String::new, as_text);
        html! {
            form.actions.preview-actions method="post" action=(viewer.page("channels/save")) {
                (super::editor::carried(viewer, draft))
                input type="hidden" name="rules" value=(rules);
                @if !self.is_same { button type="submit" { "Save these rules" } }
                a.button.second href=(viewer.page("channels")) { "Leave everything as it is" }
            }
        }
    }
}

type Compared = (Currency, Vec<(String, Cell, Cell)>, Moved);

fn compare(engine: &Engine, query: &Query, rules: ChannelRules) -> Result<Compared, TooMuch> {
    let currency = query.currency.unwrap_or(engine.view.currency());
    let then = engine.view.under_rules(&engine.columns, rules);
    let mut rows: BTreeMap<String, (Cell, Cell)> = BTreeMap::new();
    let report = |view: &View| query.run(&engine.columns, view, engine.threads);
    let (before, after) = (report(&engine.view)?, report(&then)?);
    let of_currency = |row: &touchline_domain::report::Row| row.currency == currency;
    for row in before.rows.into_iter().filter(of_currency) {
        rows.entry(row.values.concat()).or_default().0 = row.cells[0];
    }
    for row in after.rows.into_iter().filter(of_currency) {
        rows.entry(row.values.concat()).or_default().1 = row.cells[0];
    }
    let mut rows: Vec<_> =
        rows.into_iter().map(|(channel, (before, after))| (channel, before, after)).collect();
    rows.sort_by_key(|(_, before, after)| {
        (before == after, Reverse((after.minor - before.minor).abs()), Reverse(after.minor))
    });
    Ok((currency, rows, query.moved(&engine.columns, &engine.view, &then)))
}
