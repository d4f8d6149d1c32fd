//! The page around the table.

use super::super::address::Address;
use super::super::asked::{Asked, CARRIED, dimension_title, only};
use super::super::parts::{card, empty, heading, pager};
use super::super::session::Viewer;
use super::choices::{Choices, model_key};
use super::sent::Refused;
use super::table::{Line, Table};
use crate::http::reports::query_in::dimensions_text;
use maud::{Markup, html};
use touchline_domain::Instant;
use touchline_domain::attribution::Model;
use touchline_domain::report::{BucketBy, Dimension, TouchDimension};

/// What records have that rows can be told apart by, beside properties.
const OF_RECORDS: [&str; 3] = ["stage", "label", "found"];

/// So many properties are tabs; the selection of a second dimension has more.
const TABS_OF_PROPERTIES: usize = 4;

/// What else a question has that the page about its records takes.
const OF_THE_QUESTION: [&str; 4] = ["model", "direct", "lookback", "currency"];

/// About how many bytes all rows may have, one row has without its models and links, and each of these adds.
const ROWS_BYTES: usize = 200_000;
const ROW_BYTES: usize = 650;
const MODEL_BYTES: usize = 260;
const LINK_BYTES: usize = 60;

/// Whatever they have, so few and so many are on a page.
const ROWS_MIN: usize = 20;
const ROWS_MAX: usize = 100;

/// All that is drawn.
pub(super) struct Page<'a> {
    pub(super) viewer: &'a Viewer,
    pub(super) asked: &'a Asked,
    pub(super) choices: &'a Choices,
    pub(super) table: &'a Table,
    pub(super) refused: Option<&'a Refused>,
    /// What forms have in them after they were refused.
    pub(super) filled_in: &'a Address,
    pub(super) now: Instant,
}

impl Page<'_> {
    pub(super) fn draw(&self) -> Markup {
        let lines = self.lines();
        html! {
            (heading("Attribution", self.about(), self.asked.controls(self.viewer)))
            (self.asked.chips())
            (self.tabs())
            (self.toolbar(lines))
            @if self.table.lines.is_empty() { (self.nothing()) } @else {
                (card(&self.title(), self.download(), html! {
                    (self.rows(lines))
                    (self.pages())
                }))
            }
            (self.explained())
        }
    }

    fn about(&self) -> Markup {
        let compared = self.asked.compared.and_then(|period| period.from.zip(period.to));
        html! {
            (self.asked.period_title(self.viewer))
            @if let Some((from, to)) = compared {
                " vs " (self.viewer.locale.day(from)) " – " (self.viewer.locale.day(to))
            }
        }
    }

    fn title(&self) -> String {
        format!("{} by {}", self.choices.show.title(), self.by_title())
    }

    /// How many rows a page shows: fewer where they are wide, or their links long, so that a page
    /// stays far below 100 KB on its way, compressed.
    fn rows_per_page(&self) -> usize {
        let query = &self.asked.query;
        // Of all pages alike, so that no row falls between two.
        let link = self.asked.address().without(&["page"]).to_string().len() + LINK_BYTES;
        let row = ROW_BYTES + query.models.len() * MODEL_BYTES + (query.by.len() + 1) * link;
        (ROWS_BYTES / row).clamp(ROWS_MIN, ROWS_MAX)
    }

    /// The rows of the page asked for; of the last one, where there are fewer pages.
    fn lines(&self) -> &[Line] {
        let (all, per_page) = (&self.table.lines, self.rows_per_page());
        let from = (self.page() - 1) * per_page;
        &all[from..all.len().min(from + per_page)]
    }

    fn page(&self) -> usize {
        self.choices.page.min(self.table.lines.len().div_ceil(self.rows_per_page()).max(1))
    }

    fn pages(&self) -> Markup {
        let (count, per_page, page) = (self.table.lines.len(), self.rows_per_page(), self.page());
        if count <= per_page {
            return html! {};
        }
        let to = |page: usize| self.asked.address().with("page", page.to_string()).to_string();
        let from = (page - 1) * per_page;
        let locale = &self.viewer.locale;
        let number = |number: usize| locale.count(number as u64);
        let told =
            format!("{}–{} of {} rows", number(from + 1), number(count.min(from + per_page)), number(count));
        let later = (from + per_page < count).then(|| to(page + 1));
        pager((page > 1).then(|| to(page - 1)), later, &told)
    }

    fn download(&self) -> Markup {
        let path = self.viewer.page("attribution.csv").to_string();
        let address = Address::with_pairs(path, self.asked.address().without(&["page"]).pairs().to_vec());
        html! { a href=(address) download { "Download CSV" } }
    }

    fn nothing(&self) -> Markup {
        let is_filtered = !self.asked.query.filters.is_empty();
        let what_to_do = html! {
            @if is_filtered {
                "Nothing passes the filters. " a href=(self.asked.address().without(&["where", "page"])) { "Take them away" } ", or choose a longer period."
            } @else {
                "Choose a longer period, or, if the site is new, " a href=(self.viewer.page("set-up")) { "set it up" }
                ": one line in its pages, and opportunities from the CRM."
            }
        };
        empty("There are no records in this period.", what_to_do)
    }

    /// The names of all dimensions that the page offers.
    pub(super) fn dimensions(&self) -> Vec<String> {
        let fixed = Dimension::names().into_iter().take(10).chain(OF_RECORDS).map(str::to_owned);
        fixed.chain(self.table.basis.properties.iter().map(|name| format!("property.{name}"))).collect()
    }

    fn tabs(&self) -> Markup {
        let fixed = 10 + OF_RECORDS.len();
        let mut tabs = self.dimensions();
        tabs.truncate(fixed + TABS_OF_PROPERTIES);
        let by = &self.asked.query.by;
        let current = by.first().map(ToString::to_string).unwrap_or_default();
        if !tabs.contains(&current) {
            tabs.push(current.clone());
        }
        html! {
            nav aria-label="Rows by" {
                ul.tabs.dimensions {
                    @for (place, name) in tabs.iter().enumerate() {
                        @let then = by.iter().skip(1).filter(|one| one.to_string() != *name).cloned();
                        @let all: Vec<Dimension> = Dimension::parse(name).into_iter().chain(then).collect();
                        li class=[(place == 10).then_some("apart")] {
                            a href=(self.by(&all)) aria-current=[(*name == current).then_some("true")] { (dimension_title(name)) }
                        }
                    }
                }
            }
        }
    }

    /// The page by other dimensions.
    fn by(&self, by: &[Dimension]) -> Address {
        let address = self.asked.address().without(&["page"]).with("by", dimensions_text(by));
        let is_by_channel = *by == [Dimension::Touch(TouchDimension::Channel)];
        if is_by_channel { address } else { self.without_shares_of_the_total(&address) }
    }

    /// Some models share the sum of all records over channels, and have nothing to say of parts of it.
    fn without_shares_of_the_total(&self, address: &Address) -> Address {
        let models = &self.asked.query.models;
        if !models.iter().any(Model::shares_the_total) {
            return address.clone();
        }
        let others = models.iter().filter(|model| !model.shares_the_total());
        others.fold(address.without(&["model"]), |address, model| address.and("model", model_key(model)))
    }

    /// The page with one more filter.
    pub(super) fn with_filter(&self, dimension: &Dimension, value: &str) -> Address {
        let address = self.asked.address().without(&["page"]);
        let is_of_touches = matches!(dimension, Dimension::Touch(_) | Dimension::Time(BucketBy::Touch, _));
        let address = if is_of_touches { self.without_shares_of_the_total(&address) } else { address };
        address.and("where", only(dimension.clone(), value))
    }

    /// The records that a row is made of.
    pub(super) fn records_of(&self, line: &Line) -> Address {
        let names: Vec<&str> =
            CARRIED.into_iter().chain(OF_THE_QUESTION).filter(|name| *name != "model").collect();
        let address = self.asked.address().to(self.viewer.page("opportunities").to_string(), &names);
        // Also those that the page takes when none is named; not those that have nothing to say of parts of the sum.
        let models = self.asked.query.models.iter().filter(|model| !model.shares_the_total());
        let address = models.fold(address, |address, model| address.and("model", model_key(model)));
        let filters = self.asked.query.by.iter().zip(&line.values);
        filters
            .fold(address, |address, (dimension, value)| address.and("where", only(dimension.clone(), value)))
    }
}
