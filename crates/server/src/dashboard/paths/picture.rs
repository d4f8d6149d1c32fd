//! From first touch to last touch, or to what became of it.

use super::super::asked::dimension_title;
use super::super::chart::{self, COLOURS, Node, OTHER, Ribbon};
use super::super::parts::card;
use super::draw::Page;
use super::{Towards, Weigh};
use maud::{Markup, html};
use std::collections::BTreeMap;
use touchline_domain::report::{Flow, NOT_SET, Outcome, UNATTRIBUTED};

/// So many values have an end of their own; the rest are one.
const ENDS_MAX: usize = 8;

const OUTCOMES: [Outcome; 3] = [Outcome::Won, Outcome::Open, Outcome::Lost];

/// What flows come to.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    records: u64,
    minor: i128,
}

impl Sum {
    fn add(&mut self, flow: &Flow) {
        self.records += flow.records;
        self.minor += flow.minor;
    }
}

/// The colours of values: those of channels everywhere, others by their weight here, so that neighbours differ.
pub(super) struct Palette(BTreeMap<String, String>);

impl Palette {
    fn of(ends: &[&[(String, Sum)]], is_of_channels: bool) -> Self {
        let mut colours = BTreeMap::new();
        for (name, _) in ends.iter().copied().flatten().filter(|_| !is_of_channels) {
            let is_plain = name == OTHER || name == UNATTRIBUTED || name == NOT_SET;
            let next = format!("k{}", colours.len() % COLOURS);
            if !is_plain {
                colours.entry(name.clone()).or_insert(next);
            }
        }
        Self(colours)
    }

    pub(super) fn colour(&self, name: &str) -> String {
        let is_none = name == NOT_SET || name == UNATTRIBUTED;
        let none = || if is_none { "k-none".to_owned() } else { chart::colour(name) };
        self.0.get(name).cloned().unwrap_or_else(none)
    }
}

impl Page<'_> {
    fn own_flows(&self) -> Vec<&Flow> {
        self.journeys.flows.iter().filter(|flow| flow.currency == self.journeys.currency).collect()
    }

    pub(super) fn palette(&self) -> Palette {
        let flows = self.own_flows();
        let (from, to) = (self.ends(&flows, |flow| &flow.first), self.ends(&flows, |flow| &flow.last));
        Palette::of(&[&from, &to], self.by() == "channel")
    }

    pub(super) fn picture(&self, palette: &Palette) -> Markup {
        let flows = self.own_flows();
        let others = self.journeys.totals.iter().filter(|total| total.currency != self.journeys.currency);
        let end = if self.choices.towards == Towards::Outcome { "outcome" } else { "last touch" };
        let title = format!("From first touch to {end}, by {}", dimension_title(&self.by()).to_lowercase());
        let from = self.ends(&flows, |flow| flow.first.as_str());
        let to = match self.choices.towards {
            Towards::LastTouch => self.ends(&flows, |flow| flow.last.as_str()),
            Towards::Outcome => {
                OUTCOMES.map(|outcome| end_of(&flows, outcome)).into_iter().flatten().collect()
            }
        };
        let crossed = self.crossed(&flows, &from, &to);
        let nodes = |ends: &[(String, Sum)], colour: &dyn Fn(&str) -> String| -> Vec<Node> {
            let node = |(name, sum): &(String, Sum)| {
                let (name, told) = (name.clone(), self.short(*sum));
                Node { colour: colour(&name), name, told }
            };
            ends.iter().map(node).collect()
        };
        let ribbons: Vec<Ribbon> = crossed
            .iter()
            .map(|((one, other), sum)| Ribbon {
                from: *one,
                to: *other,
                weight: self.weight(*sum),
                told: format!("{} → {}\n{}", from[*one].0, to[*other].0, self.told_of(*sum)),
            })
            .collect();
        let picture = chart::Flow {
            title: &title,
            from: &nodes(&from, &|name| palette.colour(name)),
            to: &nodes(&to, &|name| self.colour_of_end(name, palette)),
            ribbons: &ribbons,
        };
        let heads = html! { div.flow-heads aria-hidden="true" { span { "First touch" } span { (if self.choices.towards == Towards::Outcome { "Outcome" } else { "Last touch" }) } } };
        card(
            &title,
            "",
            html! {
                (heads)
                (picture.draw())
                (self.as_table(&title, &crossed, &from, &to))
                @if others.count() > 0 {
                    p.quiet { "Records in other currencies are not in the picture: there is no reference rate to turn them into " (self.journeys.currency.code()) "." }
                }
            },
        )
    }

    #[expect(clippy::cast_precision_loss, reason = "a picture")]
    fn weight(&self, sum: Sum) -> f64 {
        match self.choices.weigh {
            Weigh::Value => sum.minor.max(0) as f64,
            Weigh::Records => sum.records as f64,
        }
    }

    fn short(&self, sum: Sum) -> String {
        match self.choices.weigh {
            Weigh::Value => self.viewer.locale.short_amount(sum.minor, self.journeys.currency),
            Weigh::Records => self.viewer.locale.count(sum.records),
        }
    }

    fn told_of(&self, sum: Sum) -> String {
        let locale = &self.viewer.locale;
        let word = if sum.records == 1 { "record" } else { "records" };
        format!("{}, {} {word}", locale.amount(sum.minor, self.journeys.currency), locale.count(sum.records))
    }

    fn colour_of_end(&self, name: &str, palette: &Palette) -> String {
        let outcome = OUTCOMES.into_iter().find(|outcome| outcome_title(*outcome) == name);
        match outcome.filter(|_| self.choices.towards == Towards::Outcome) {
            Some(Outcome::Won) => "k-won".to_owned(),
            Some(Outcome::Open) => "k-open".to_owned(),
            Some(Outcome::Lost) => "k-lost".to_owned(),
            None => palette.colour(name),
        }
    }

    /// The ends of one side: the weightiest, and the rest together.
    fn ends<'f>(&self, flows: &[&'f Flow], side: impl Fn(&'f Flow) -> &'f str) -> Vec<(String, Sum)> {
        let mut sums: BTreeMap<&str, Sum> = BTreeMap::new();
        for flow in flows {
            sums.entry(side(flow)).or_default().add(flow);
        }
        let mut ends: Vec<(String, Sum)> =
            sums.into_iter().map(|(name, sum)| (name.to_owned(), sum)).collect();
        ends.sort_by(|(_, one), (_, other)| self.weight(*other).total_cmp(&self.weight(*one)));
        if ends.len() > ENDS_MAX + 1 {
            let mut rest = Sum::default();
            for (_, sum) in ends.drain(ENDS_MAX..) {
                rest.records += sum.records;
                rest.minor += sum.minor;
            }
            ends.push((OTHER.to_owned(), rest));
        }
        ends
    }

    /// What flows from each end on the left to each on the right, by their places.
    fn crossed(
        &self,
        flows: &[&Flow],
        from: &[(String, Sum)],
        to: &[(String, Sum)],
    ) -> BTreeMap<(usize, usize), Sum> {
        let place = |ends: &[(String, Sum)], name: &str| {
            ends.iter().position(|(one, _)| one == name).unwrap_or(ends.len().saturating_sub(1))
        };
        let mut crossed: BTreeMap<(usize, usize), Sum> = BTreeMap::new();
        for flow in flows {
            let end = match self.choices.towards {
                Towards::LastTouch => flow.last.as_str(),
                Towards::Outcome => outcome_title(flow.outcome),
            };
            crossed.entry((place(from, &flow.first), place(to, end))).or_default().add(flow);
        }
        crossed
    }

    fn as_table(
        &self,
        title: &str,
        crossed: &BTreeMap<(usize, usize), Sum>,
        from: &[(String, Sum)],
        to: &[(String, Sum)],
    ) -> Markup {
        let locale = &self.viewer.locale;
        html! {
            details.as-table {
                summary { "As a table" }
                div.scroll tabindex="0" role="region" aria-label="The flow as a table" {
                    table.data {
                        caption.unseen { (title) }
                        thead { tr { th scope="col" { "From" } th scope="col" { "To" } th.n scope="col" { "Value" } th.n scope="col" { "Records" } } }
                        tbody {
                            @for ((one, other), sum) in crossed {
                                tr {
                                    th scope="row" { (from[*one].0) } td { (to[*other].0) }
                                    td.n { (locale.money(sum.minor, self.journeys.currency)) } td.n { (locale.count(sum.records)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn outcome_title(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Won => "Won",
        Outcome::Open => "Still open",
        Outcome::Lost => "Lost",
    }
}

fn end_of(flows: &[&Flow], outcome: Outcome) -> Option<(String, Sum)> {
    let mut sum = Sum::default();
    for flow in flows.iter().filter(|flow| flow.outcome == outcome) {
        sum.add(flow);
    }
    (sum.records > 0).then(|| (outcome_title(outcome).to_owned(), sum))
}
