use super::{colour, dot, round_up};
use maud::{Markup, html};

/// Values over time, one of each label.
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) values: Vec<i128>,
}

/// Stacked columns over time.
pub(crate) struct Columns<'a> {
    pub(crate) title: &'a str,
    /// Of each column, its label.
    pub(crate) labels: &'a [String],
    /// From the bottom up.
    pub(crate) series: &'a [Series],
    /// A value in full, and short for the axis.
    pub(crate) format: &'a dyn Fn(i128) -> String,
    pub(crate) short: &'a dyn Fn(i128) -> String,
}

/// The drawing's own units; it is stretched to where it stands.
const WIDTH: f64 = 1_000.0;
const HEIGHT: f64 = 240.0;

/// Lines across, the base left out.
const LINES: u32 = 4;

/// The most labels below that do not run into each other.
const LABELS_MAX: usize = 8;

#[expect(clippy::cast_precision_loss, reason = "a picture")]
impl Columns<'_> {
    /// The picture, its legend, and the table that says the same.
    pub(crate) fn draw(&self) -> Markup {
        let totals = self.totals();
        let most =
            round_up(totals.iter().copied().max().unwrap_or(0) as f64 / f64::from(LINES)) * f64::from(LINES);
        let step = WIDTH / self.labels.len().max(1) as f64;
        let gap = (step * 0.18).min(10.0);
        html! {
            figure.chart {
                figcaption.legend {
                    span.unseen { (self.title) ": " }
                    @for series in self.series { span { (dot(&series.name)) (series.name) } }
                }
                div.plot {
                    (axis(most, self.short))
                    svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) preserveAspectRatio="none" role="img" aria-label=(self.title) {
                        @for line in 0..=LINES {
                            @let y = format!("{:.1}", HEIGHT * f64::from(line) / f64::from(LINES));
                            line.grid x1="0" x2=(WIDTH) y1=(y) y2=(y) {}
                        }
                        @for (place, label) in self.labels.iter().enumerate() {
                            (self.column(place, label, (place as f64 * step + gap / 2.0, step - gap), most))
                        }
                    }
                }
                (self.below())
                (self.table(&totals))
            }
        }
    }

    fn totals(&self) -> Vec<i128> {
        let of = |place: usize| self.series.iter().map(|series| series.values[place]).sum();
        (0..self.labels.len()).map(of).collect()
    }

    fn column(&self, place: usize, label: &str, (x, width): (f64, f64), most: f64) -> Markup {
        let mut top = HEIGHT;
        let mut told = label.to_owned();
        let mut parts = Vec::new();
        for series in self.series {
            let value = series.values[place];
            if value > 0 {
                let height = value as f64 / most * HEIGHT;
                top -= height;
                parts.push((colour(&series.name), top, height));
            }
            if value != 0 {
                told = format!("{told}\n{}: {}", series.name, (self.format)(value));
            }
        }
        let (x, width) = (format!("{x:.1}"), format!("{width:.1}"));
        html! {
            g.column data-tip=(told) {
                rect.reach x=(x) y="0" width=(width) height=(HEIGHT) {}
                @for (class, top, height) in parts {
                    rect class=(class) x=(x) y=(format!("{top:.1}")) width=(width) height=(format!("{height:.1}")) {}
                }
                title { (told) }
            }
        }
    }

    /// A place for each column, and a label in as many as have room.
    fn below(&self) -> Markup {
        let every = self.labels.len().div_ceil(LABELS_MAX).max(1);
        html! {
            div.x-axis aria-hidden="true" { @for (place, label) in self.labels.iter().enumerate() {
                // A narrow screen has room for half of them.
                span.second[place % (every * 2) == every] { @if place % every == 0 { (label) } }
            } }
        }
    }

    fn table(&self, totals: &[i128]) -> Markup {
        html! {
            details.as-table {
                summary { "As a table" }
                div.scroll tabindex="0" {
                    table.data {
                        caption.unseen { (self.title) }
                        thead { tr { th scope="col" { "" } @for series in self.series { th.n scope="col" { (series.name) } } th.n scope="col" { "All" } } }
                        tbody {
                            @for (place, label) in self.labels.iter().enumerate() {
                                tr {
                                    th scope="row" { (label) }
                                    @for series in self.series { td.n { ((self.format)(series.values[place])) } }
                                    td.n { ((self.format)(totals[place])) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a label of an axis")]
fn axis(most: f64, short: &dyn Fn(i128) -> String) -> Markup {
    html! {
        div.y-axis aria-hidden="true" {
            @for line in (0..=LINES).rev() { span { (short((most * f64::from(line) / f64::from(LINES)) as i128)) } }
        }
    }
}
