//! The table as it is drawn.

use super::super::asked::dimension_title;
use super::super::chart::{bar, colour, dot};
use super::super::parts::change;
use super::draw::Page;
use super::table::{Column, Figure, Line};
use crate::dashboard::asked::model_title;
use crate::http::reports::cell_out::count;
use maud::{Markup, html};
use touchline_domain::Currency;
use touchline_domain::report::{Dimension, TouchDimension};

impl Page<'_> {
    pub(super) fn rows(&self, lines: &[Line]) -> Markup {
        let scale = Scale::of(self);
        html! {
            div.scroll tabindex="0" role="region" aria-label="Attribution by model" {
                table.data.models {
                    caption.unseen { (self.choices.show.title()) " by " (self.by_title()) " under " (self.asked.query.models.len()) " models" }
                    (self.head())
                    tbody { @for line in lines { (self.row(line, &scale)) } }
                    tfoot {
                        @let of_records = if self.table.sums.is_empty() { "All records" } else { "Their records, whatever brought them" };
                        @for line in &self.table.sums { (self.foot("All rows", line, &scale)) }
                        @for line in &self.table.totals { (self.foot(of_records, line, &scale)) }
                    }
                }
            }
        }
    }

    /// What the rows are told apart by.
    pub(super) fn by_title(&self) -> String {
        let by = self.asked.query.by.iter();
        by.map(|one| dimension_title(&one.to_string()).to_lowercase()).collect::<Vec<_>>().join(", then ")
    }

    /// The columns that are drawn; what a figure is compared with stands in its cell.
    fn drawn(&self) -> impl Iterator<Item = (usize, Column)> {
        let is_beside =
            |column: Column| matches!(column, Column::Difference(_) | Column::Previous | Column::Change);
        let columns = self.table.columns.iter().copied().enumerate();
        columns.filter(move |(_, column)| !is_beside(*column))
    }

    fn head(&self) -> Markup {
        let models = self.asked.query.models.len();
        let others = self.drawn().count() - models;
        let first = model_title(&self.asked.query.models[0]);
        let by = &self.asked.query.by;
        html! {
            thead {
                tr.over {
                    @for (place, one) in by.iter().enumerate() {
                        @let title = dimension_title(&one.to_string());
                        @if place == 0 { (self.sortable("name", &title, ("", 2))) } @else { th scope="col" rowspan="2" { span.sort { (title) } } }
                    }
                    th scope="colgroup" colspan=(models) { (self.choices.show.title()) ", by model" }
                    th scope="colgroup" colspan=(others) { "Under " (first.to_lowercase()) }
                }
                tr { @for (_, column) in self.drawn() { (self.column_head(column)) } }
            }
        }
    }

    fn column_head(&self, column: Column) -> Markup {
        let models = &self.asked.query.models;
        let key = column.key(models);
        let title = match column {
            Column::Under(place) => return self.model_head(place),
            Column::Records => "Records",
            Column::Won => "Revenue",
            Column::WinRate => "Win rate",
            Column::Cost => "Cost",
            Column::Roas => "ROAS",
            Column::CostPerRecord => "Cost each",
            Column::Assisted => "Assisted",
            Column::Difference(_) | Column::Previous | Column::Change => "",
        };
        self.sortable(&key, title, ("n", 1))
    }

    /// A model: rows can be sorted by what it gives, and by what that is compared with.
    fn model_head(&self, place: usize) -> Markup {
        let models = &self.asked.query.models;
        let (own, title) = (Column::Under(place).key(models), model_title(&models[place]));
        let (beside, told) = match place {
            0 => (Column::Change, "± before"),
            _ => (Column::Difference(place), "± first"),
        };
        let (is_there, beside) = (self.table.columns.contains(&beside), beside.key(models));
        let sorted = self.direction(&own).or(self.direction(&beside));
        html! {
            th.n scope="col" aria-sort=[sorted] {
                (self.sort_link(&own, &title))
                @if is_there { span.against { (self.sort_link(&beside, told)) } }
            }
        }
    }

    fn sortable(&self, key: &str, title: &str, (class, rows): (&str, usize)) -> Markup {
        html! {
            th class=(class) scope="col" rowspan=[(rows > 1).then_some(rows)] aria-sort=[self.direction(key)] { (self.sort_link(key, title)) }
        }
    }

    fn direction(&self, key: &str) -> Option<&'static str> {
        let order = self.choices.order.as_ref().filter(|order| order.by == key)?;
        Some(if order.ascends { "ascending" } else { "descending" })
    }

    /// Names ascend at first, figures descend; the second time it is the other way.
    fn sort_link(&self, key: &str, title: &str) -> Markup {
        let sorted = self.direction(key);
        let ascends = sorted.map_or(key == "name", |direction| direction == "descending");
        let address = self.asked.address().without(&["order", "page"]).with("sort", key);
        let address = if ascends { address.with("order", "up") } else { address };
        let mark = match sorted {
            Some("ascending") => "▲",
            Some(_) => "▼",
            None => "",
        };
        html! { a.sort href=(address) { (title) @if !mark.is_empty() { span aria-hidden="true" { "\u{a0}" (mark) } } } }
    }

    fn row(&self, line: &Line, scale: &Scale) -> Markup {
        html! {
            tr {
                @for (place, (dimension, value)) in self.asked.query.by.iter().zip(&line.values).enumerate() {
                    @let address = self.with_filter(dimension, value);
                    @if place == 0 {
                        th.name scope="row" { @if is_of_channels(dimension) { (dot(value)) } a href=(address) { (value) } }
                    } @else {
                        td.name { a href=(address) { (value) } }
                    }
                }
                @for (place, column) in self.drawn() { (self.cell(line, (place, column), scale, true)) }
            }
        }
    }

    fn foot(&self, title: &str, line: &Line, scale: &Scale) -> Markup {
        html! {
            tr {
                th scope="row" colspan=(self.asked.query.by.len()) {
                    (title) @if line.currency != self.table.basis.currency { " in " (line.currency.code()) }
                }
                @for (place, column) in self.drawn() { (self.cell(line, (place, column), scale, false)) }
            }
        }
    }

    fn cell(&self, line: &Line, (place, column): (usize, Column), scale: &Scale, is_row: bool) -> Markup {
        let figure = line.figures[place];
        let told = figure.map(|figure| self.figure(figure, line.currency));
        let opens = is_row && column == self.opening();
        html! {
            td.n {
                @match told {
                    None => { span.quiet { "–" } }
                    Some(told) if opens => { a href=(self.records_of(line)) title="Open the records" { (told) } }
                    Some(told) => { (told) }
                }
                @match column {
                    Column::Under(0) => {
                        @if self.table.columns.contains(&Column::Change) { div.beside { (self.change_of(line)) } }
                        @if let Some(figure) = figure.filter(|_| is_row) { (bar(figure.rough() / scale.figure, &self.colour_of(line))) }
                    }
                    Column::Under(_) => {
                        @if let Some(difference) = line.figures[place + 1].filter(|one| is_row || one.rough() != 0.0) { (self.difference(difference, line.currency, is_row.then_some(scale))) }
                    }
                    _ => {}
                }
            }
        }
    }

    /// The column whose figure opens the row's records.
    fn opening(&self) -> Column {
        if self.table.columns.contains(&Column::Records) { Column::Records } else { Column::Under(0) }
    }

    fn colour_of(&self, line: &Line) -> String {
        match (self.asked.query.by.first(), line.values.first()) {
            (Some(one), Some(value)) if is_of_channels(one) => colour(value),
            _ => "k-accent".to_owned(),
        }
    }

    fn figure(&self, figure: Figure, currency: Currency) -> Markup {
        let locale = &self.viewer.locale;
        html! {
            @match figure {
                Figure::Money(minor) => { (locale.money(minor, currency)) }
                Figure::Records(millionths) => { (locale.number(count(millionths), 1)) }
                Figure::Count(number) => { (locale.count(number)) }
                Figure::Share(share) => { (locale.percent(share)) }
                Figure::Ratio(ratio) => { (locale.number(ratio, 2)) "×" }
            }
        }
    }

    fn change_of(&self, line: &Line) -> Markup {
        let figure = |column: Column| {
            let place = self.table.columns.iter().position(|one| *one == column)?;
            line.figures[place]
        };
        let (now, before) = (figure(Column::Under(0)), figure(Column::Previous));
        // A row that was not there brought nothing; a ratio that it had not is none.
        let is_ratio = matches!(now, Some(Figure::Share(_) | Figure::Ratio(_)));
        let before = before.map(Figure::rough).or((!is_ratio).then_some(0.0));
        change(self.viewer, now.map(Figure::rough), before, Some(true))
    }

    /// How much more a model gives than the first, as a signed figure, and of a row as a bar to the right, or left if it is
    /// less.
    fn difference(&self, difference: Figure, currency: Currency, scale: Option<&Scale>) -> Markup {
        let locale = &self.viewer.locale;
        let rough = difference.rough();
        let size = match difference {
            Figure::Money(minor) => locale.amount(minor.abs(), currency),
            Figure::Records(millionths) => locale.number(count(millionths).abs(), 1),
            other => locale.number(other.rough().abs(), 2),
        };
        let told = match rough {
            0.0 => "=".to_owned(),
            more if more > 0.0 => format!("+{size}"),
            _ => format!("\u{2212}{size}"),
        };
        html! {
            div.beside { (told) }
            @if let Some(scale) = scale.filter(|_| rough != 0.0) {
                @let width = (rough.abs() / scale.difference * 50.0).clamp(0.5, 50.0);
                svg.bar.diverging viewBox="-50 0 100 6" preserveAspectRatio="none" aria-hidden="true" {
                    @if rough > 0.0 { rect.more width=(format!("{width:.1}")) height="6" {} }
                    @else { rect.less x=(format!("{:.1}", -width)) width=(format!("{width:.1}")) height="6" {} }
                }
            }
        }
    }
}

/// What bars are measured by, of all rows, so that those of one page compare with those of the next.
pub(super) struct Scale {
    figure: f64,
    difference: f64,
}

impl Scale {
    fn of(page: &Page<'_>) -> Self {
        let most = |wanted: fn(Column) -> bool| {
            let places = page.table.columns.iter().enumerate().filter(move |(_, column)| wanted(**column));
            let rough = |place: usize| {
                page.table
                    .lines
                    .iter()
                    .filter_map(move |line| line.figures[place])
                    .map(|one| one.rough().abs())
            };
            let most = places.flat_map(|(place, _)| rough(place)).fold(0.0, f64::max);
            if most > 0.0 { most } else { 1.0 }
        };
        Self {
            figure: most(|column| column == Column::Under(0)),
            difference: most(|column| matches!(column, Column::Difference(_))),
        }
    }
}

fn is_of_channels(dimension: &Dimension) -> bool {
    *dimension == Dimension::Touch(TouchDimension::Channel)
}
