//! What marketing brought, at a glance.

pub(crate) mod latest;

use crate::app::App;
use crate::app::reports::{self, Engine};
use crate::dashboard::asked::{Asked, only};
use crate::dashboard::chart::{Columns, OTHER, Series, bar, dot, spark};
use crate::dashboard::page::page;
use crate::dashboard::parts::{card, change, empty, heading};
use crate::dashboard::session::Viewer;
use crate::http::error::ApiError;
use crate::http::query::invalid;
use crate::http::reports::answer::{Answer, Sum};
use crate::http::reports::cell_out::{count, roas, win_rate};
use crate::http::reports::report_out::currency_of;
use axum::extract::State;
use latest::Latest;
use maud::{Markup, html};
use std::collections::BTreeMap;
use std::sync::Arc;
use touchline_domain::report::{
    Bucket, BucketBy, Cell, Condition, Dimension, Filter, FunnelStage, Period, Query, RecordDimension, Row,
    TooMuch, TouchDimension,
};
use touchline_domain::{Currency, Day, Milestone};

/// So many channels have a colour in the chart; the rest are one series.
const SERIES_MAX: usize = 7;

/// So many channels are in the table; the page about attribution has all.
const ROWS_MAX: usize = 8;

/// All that the page shows.
struct Overview {
    now: Period,
    currency: Currency,
    this: Figures,
    before: Option<Figures>,
    channels: Answer,
    channels_before: Option<Answer>,
    bucket: Bucket,
    /// By channel and the first day of each bucket.
    over_time: BTreeMap<String, BTreeMap<Day, i128>>,
    funnel: Vec<FunnelStage>,
    other_currencies: usize,
}

/// The figures on top, in the report's currency.
#[derive(Clone, Copy, Default)]
struct Figures {
    cell: Cell,
    open: Cell,
    cost: Option<i128>,
}

/// `GET /sites/{siteId}/overview`.
pub(crate) async fn show(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Markup, ApiError> {
    let (asked, ()) = Asked::read(&app, &viewer, |_| ())?;
    let query = Query { by: vec![Dimension::Touch(TouchDimension::Channel)], ..asked.query.clone() };
    let compared = asked.compared;
    over_time(&query, bucket_of(query.period))
        .check()
        .map_err(|refused| invalid("model", refused.code, &refused.must))?;
    let overview = app
        .report(&viewer.site, reports::Asked::default(), move |engine| Overview::of(engine, &query, compared))
        .await??;
    let latest = latest::newest(&app, &viewer).await?;
    Ok(page(&viewer, "overview", "Overview", &overview.draw(&viewer, &asked, &latest)))
}

impl Figures {
    /// Of what is asked by channel, as the rows add up to it: with filters on touches, what those leave.
    fn of(engine: &Engine, query: &Query, answer: &Answer) -> Result<Self, TooMuch> {
        let currency = currency_of(query, engine);
        let closed = Filter {
            dimension: Dimension::Record(RecordDimension::Milestone),
            condition: Condition::IsNot,
            values: [Milestone::Won, Milestone::Lost].map(|milestone| milestone.name().to_owned()).into(),
        };
        let open = Query { filters: [&query.filters[..], &[closed]].concat(), ..query.clone() };
        let open = Answer::of(engine, &open, false)?.sums().remove(&currency).unwrap_or_default();
        let all = answer.sums().remove(&currency).unwrap_or_default();
        let first = |sum: &Sum| sum.cells.first().copied().unwrap_or_default();
        Ok(Self { cell: first(&all), open: first(&open), cost: all.cost })
    }

    fn roas(&self) -> Option<f64> {
        roas(&self.cell, self.cost)
    }
}

impl Overview {
    fn of(engine: &Engine, query: &Query, compared: Option<Period>) -> Result<Self, TooMuch> {
        let currency = currency_of(query, engine);
        let of_period = |query: &Query| {
            let channels = Answer::of(engine, query, false)?;
            Ok::<_, TooMuch>((Figures::of(engine, query, &channels)?, channels))
        };
        let (this, channels) = of_period(query)?;
        let before = compared.map(|period| of_period(&Query { period, ..query.clone() })).transpose()?;
        let (before, channels_before) = before.unzip();
        let bucket = bucket_of(query.period);
        let over_time = over_time(query, bucket).run(&engine.columns, &engine.view, engine.threads)?;
        let mut series: BTreeMap<String, BTreeMap<Day, i128>> = BTreeMap::new();
        for row in over_time.rows.iter().filter(|row| row.currency == currency) {
            if let ([channel, begin], Some(cell)) = (&row.values[..], row.cells.first())
                && let Ok(begin) = Day::parse(begin)
            {
                *series.entry(channel.clone()).or_default().entry(begin).or_default() += cell.minor;
            }
        }
        Ok(Self {
            now: query.period,
            currency,
            this,
            before,
            channels_before,
            bucket,
            over_time: series,
            funnel: query.funnel(&engine.columns, &engine.view)?,
            other_currencies: channels
                .report
                .totals
                .iter()
                .filter(|total| total.currency != currency)
                .count(),
            channels,
        })
    }

    fn draw(&self, viewer: &Viewer, asked: &Asked, latest: &[Latest]) -> Markup {
        let is_empty =
            self.channels.report.rows.is_empty() && self.before.is_none_or(|before| before.cell.records == 0);
        html! {
            (heading("Overview", asked.period_title(viewer), asked.controls(viewer)))
            (asked.chips())
            @if is_empty { (nothing_yet(viewer, asked)) } @else {
                (self.tiles(viewer))
                @if self.other_currencies > 0 { (self.note_on_currencies(viewer)) }
                (card("Value over time, by channel", "", self.chart(viewer)))
                (card("Channels", link_to_attribution(viewer, asked), self.table(viewer, asked)))
                @if !self.funnel.is_empty() { (card("Pipeline", "", self.stages(viewer))) }
            }
            (card("Just now", "", latest::part(viewer, latest)))
        }
    }

    fn note_on_currencies(&self, viewer: &Viewer) -> Markup {
        html! {
            p.note {
                "Records in " (viewer.locale.count(self.other_currencies as u64))
                " more currencies are left out: there is no reference rate to turn them into " (self.currency.code())
                ". Import rates with " code { "touchline rates import" } "."
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a change in percent")]
    fn tiles(&self, viewer: &Viewer) -> Markup {
        let (this, locale) = (&self.this, &viewer.locale);
        let against = |of: fn(&Figures) -> Option<f64>, more: Option<bool>| {
            change(viewer, of(this), self.before.as_ref().and_then(of), more)
        };
        html! {
            section.tiles aria-label="Key figures" {
                (tile("Revenue", "won value", locale.money(this.cell.won_minor, self.currency),
                    against(|f| Some(f.cell.won_minor as f64), Some(true))))
                (tile("Pipeline", "still open", locale.money(this.open.minor, self.currency),
                    against(|f| Some(f.open.minor as f64), Some(true))))
                (tile("Opportunities", "all stages", html! { (locale.number(count(this.cell.records), usize::from(this.cell.records % 1_000_000 != 0))) },
                    against(|f| Some(count(f.cell.records)), Some(true))))
                (tile("Win rate", "of those decided", html! { @if let Some(rate) = win_rate(&this.cell) { (locale.percent(rate)) } @else { "–" } },
                    against(|f| win_rate(&f.cell), Some(true))))
                (tile("Cost", "advertising", html! { @if let Some(cost) = this.cost { (locale.money(cost, self.currency)) } @else { "–" } },
                    against(|f| f.cost.map(|cost| cost as f64), None)))
                (tile("ROAS", "revenue per cost", html! { @if let Some(roas) = this.roas() { (locale.number(roas, 2)) "×" } @else { "–" } },
                    against(Figures::roas, Some(true))))
            }
        }
    }

    fn days(&self) -> Vec<Day> {
        let begins = || self.over_time.values().flat_map(BTreeMap::keys).copied();
        let first = self.now.from.or_else(|| begins().min());
        let last = self.now.to.or_else(|| begins().max());
        let (Some(first), Some(last)) = (first, last) else { return Vec::new() };
        let mut begin = self.bucket.begin(first);
        let mut days = vec![];
        while begin <= last && days.len() < 400 {
            days.push(begin);
            begin = self.bucket.next(begin);
        }
        days
    }

    /// The channels with the most value first, the rest together.
    fn series(&self, days: &[Day]) -> Vec<Series> {
        let mut channels: Vec<_> = self.over_time.iter().collect();
        channels.sort_by_key(|(_, values)| std::cmp::Reverse(values.values().sum::<i128>()));
        let values = |values: &BTreeMap<Day, i128>| {
            days.iter().map(|day| values.get(day).copied().unwrap_or(0)).collect()
        };
        let few = channels.len().min(SERIES_MAX);
        let mut series: Vec<Series> = channels[..few]
            .iter()
            .map(|(name, by_day)| Series { name: (*name).clone(), values: values(by_day) })
            .collect();
        let mut rest = vec![0; days.len()];
        for (_, by_day) in &channels[few..] {
            for (sum, day) in rest.iter_mut().zip(days) {
                *sum += by_day.get(day).copied().unwrap_or(0);
            }
        }
        if channels.len() > few {
            series.push(Series { name: OTHER.to_owned(), values: rest });
        }
        series
    }

    fn chart(&self, viewer: &Viewer) -> Markup {
        let days = self.days();
        let labels: Vec<String> = days
            .iter()
            .map(|day| match self.bucket {
                Bucket::Day | Bucket::Week => viewer.locale.short_day(*day),
                Bucket::Month | Bucket::Quarter | Bucket::Year => viewer.locale.month(*day),
            })
            .collect();
        Columns {
            title: "Value over time, by channel",
            labels: &labels,
            series: &self.series(&days),
            format: &|minor| viewer.locale.amount(minor, self.currency),
            short: &|minor| viewer.locale.short_amount(minor, self.currency),
        }
        .draw()
    }

    #[expect(clippy::cast_precision_loss, reason = "a bar")]
    fn table(&self, viewer: &Viewer, asked: &Asked) -> Markup {
        let rows: Vec<&Row> =
            self.channels.report.rows.iter().filter(|row| row.currency == self.currency).collect();
        let most = rows.iter().map(|row| row.cells[0].minor).max().unwrap_or(0).max(1);
        let days = self.days();
        let before = |row: &Row| {
            let other = self.channels_before.as_ref()?;
            other.report.rows.iter().find(|one| one.currency == row.currency && one.values == row.values)
        };
        html! {
            div.scroll tabindex="0" {
                table.data {
                    caption.unseen { "Channels by value" }
                    thead { tr {
                        th scope="col" { "Channel" } th scope="col" { span.unseen { "Over time" } } th.n scope="col" { "Value" } th scope="col" { span.unseen { "Share" } }
                        @if self.before.is_some() { th.n scope="col" { "Change" } }
                        th.n scope="col" { "Revenue" } th.n scope="col" { "Opportunities" } th.n scope="col" { "Cost" } th.n scope="col" { "ROAS" }
                    } }
                    tbody {
                        @for row in rows.iter().take(ROWS_MAX) {
                            @let (name, cell) = (&row.values[0], &row.cells[0]);
                            @let cost = self.channels.cost(row);
                            tr {
                                th scope="row" {
                                    a href=(asked.address().to(viewer.page("opportunities").to_string(), &crate::dashboard::asked::CARRIED).and("where", only(Dimension::Touch(TouchDimension::Channel), name))) { (dot(name)) (name) }
                                }
                                td.trend { @if let Some(values) = self.over_time.get(name) { (spark(&days.iter().map(|day| values.get(day).copied().unwrap_or(0)).collect::<Vec<_>>())) } }
                                td.n { (viewer.locale.money(cell.minor, self.currency)) }
                                td.share { (bar(cell.minor as f64 / most as f64, &crate::dashboard::chart::colour(name))) }
                                @if self.before.is_some() {
                                    td.n { (change(viewer, cell.minor as f64, before(row).map_or(0.0, |row| row.cells[0].minor as f64), Some(true))) }
                                }
                                td.n { (viewer.locale.money(cell.won_minor, self.currency)) }
                                td.n { (viewer.locale.number(count(cell.records), 1)) }
                                td.n { @if let Some(cost) = cost { (viewer.locale.money(cost.minor, self.currency)) } @else { span.quiet { "–" } } }
                                td.n { @if let Some(roas) = roas(cell, cost.map(|cost| cost.minor)) { (viewer.locale.number(roas, 2)) "×" } @else { span.quiet { "–" } } }
                            }
                        }
                    }
                }
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a bar")]
    fn stages(&self, viewer: &Viewer) -> Markup {
        let most = self.funnel.iter().map(|stage| stage.reached).max().unwrap_or(0).max(1);
        html! {
            div.scroll tabindex="0" {
                table.data {
                    caption.unseen { "Stages of the pipeline" }
                    thead { tr {
                        th scope="col" { "Stage" } th scope="col" { span.unseen { "Share" } } th.n scope="col" { "Reached" } th.n scope="col" { "Went on" }
                        th.n scope="col" { "In it now" } th.n scope="col" { "Worth" } th.n scope="col" { "Days in it" }
                    } }
                    tbody {
                        @for stage in &self.funnel {
                            tr {
                                th scope="row" { (stage.stage) }
                                td.share { (bar(stage.reached as f64 / most as f64, "k-accent")) }
                                td.n { (viewer.locale.count(stage.reached)) }
                                td.n {
                                    @let is_closed = matches!(stage.milestone, Some(Milestone::Won | Milestone::Lost));
                                    @if is_closed { span.quiet { "–" } } @else { (viewer.locale.percent(stage.went_on as f64 / stage.reached.max(1) as f64)) }
                                }
                                td.n { (viewer.locale.count(stage.current)) }
                                td.n { @for (currency, minor) in &stage.values { div { (viewer.locale.money(*minor, *currency)) } } }
                                td.n { @if let Some(days) = stage.median_days { (viewer.locale.count(days)) } @else { span.quiet { "–" } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn link_to_attribution(viewer: &Viewer, asked: &Asked) -> Markup {
    let address =
        asked.address().to(viewer.page("attribution").to_string(), &crate::dashboard::asked::CARRIED);
    html! { a href=(address) { "Compare models →" } }
}

fn tile(title: &str, about: &str, figure: Markup, change: Markup) -> Markup {
    html! {
        div.tile {
            p.tile-title { (title) }
            p.figure { (figure) }
            p.tile-foot { (change) span.quiet { (about) } }
        }
    }
}

fn nothing_yet(viewer: &Viewer, asked: &Asked) -> Markup {
    empty(
        "There is nothing in this period yet.",
        html! {
            a href=(asked.address().without(&["from", "to"]).with("period", "all")) { "Show all time" } ", or, if the site is new, " a href=(viewer.page("set-up")) { "set it up" }
            ": one line in its pages, and opportunities from the CRM."
        },
    )
}

/// The same question, by channel and time.
fn over_time(query: &Query, bucket: Bucket) -> Query {
    let by = vec![Dimension::Touch(TouchDimension::Channel), Dimension::Time(BucketBy::Record, bucket)];
    Query { by, ..query.clone() }
}

/// Columns that can be told apart: days up to two months, weeks up to a year, months beyond.
fn bucket_of(period: Period) -> Bucket {
    match (period.from, period.to) {
        (Some(from), Some(to)) if to.number() - from.number() < 62 => Bucket::Day,
        (Some(from), Some(to)) if to.number() - from.number() < 370 => Bucket::Week,
        _ => Bucket::Month,
    }
}
