use maud::{Markup, html};

/// An end of ribbons.
pub(crate) struct Node {
    pub(crate) name: String,
    /// What is written below the name.
    pub(crate) told: String,
    /// The class of its colour.
    pub(crate) colour: String,
}

/// A ribbon from a node on the left to one on the right, by their places.
pub(crate) struct Ribbon {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// How broad it is, against the others.
    pub(crate) weight: f64,
    /// What is shown under the pointer.
    pub(crate) told: String,
}

/// What flows from one set of values to another.
pub(crate) struct Flow<'a> {
    pub(crate) title: &'a str,
    pub(crate) from: &'a [Node],
    pub(crate) to: &'a [Node],
    pub(crate) ribbons: &'a [Ribbon],
}

/// How high all ribbons together are, in pixels.
const HEIGHT: f64 = 320.0;

/// A node has room for its name and what is told of it.
const ROOM: f64 = 40.0;

const GAP: f64 = 6.0;

/// Where a node stands: its top, and how high it is.
type Place = (f64, f64);

impl Flow<'_> {
    /// The picture: names on both sides in their own size, ribbons between them as wide as there is room. Whoever draws it
    /// puts a table beside it.
    pub(crate) fn draw(&self) -> Markup {
        let (left, right) = (self.weights(self.from, |one| one.from), self.weights(self.to, |one| one.to));
        let all: f64 = left.iter().sum();
        let scale = if all > 0.0 { HEIGHT / all } else { 0.0 };
        let height = room_of(&left, scale).max(room_of(&right, scale));
        let (left, right) = (places(&left, scale, height), places(&right, scale, height));
        html! {
            div.flow role="group" aria-label=(self.title) {
                (names(self.from, &left, height, true))
                (ends(self.from, &left, height))
                (self.between(&left, &right, scale, height))
                (ends(self.to, &right, height))
                (names(self.to, &right, height, false))
            }
        }
    }

    fn weights(&self, nodes: &[Node], side: impl Fn(&Ribbon) -> usize) -> Vec<f64> {
        let mut weights = vec![0.0; nodes.len()];
        for ribbon in self.ribbons {
            weights[side(ribbon)] += ribbon.weight;
        }
        weights
    }

    fn between(&self, left: &[Place], right: &[Place], scale: f64, height: f64) -> Markup {
        let mut left: Vec<f64> = left.iter().map(|(top, _)| *top).collect();
        let mut right: Vec<f64> = right.iter().map(|(top, _)| *top).collect();
        let mut shapes = Vec::new();
        for ribbon in self.ribbons {
            let breadth = ribbon.weight * scale;
            let (from, to) = (left[ribbon.from], right[ribbon.to]);
            left[ribbon.from] += breadth;
            right[ribbon.to] += breadth;
            // What is there is to be seen.
            let (from_end, to_end) = (from + breadth.max(0.75), to + breadth.max(0.75));
            let path = format!(
                "M0 {from:.1}C50 {from:.1} 50 {to:.1} 100 {to:.1}L100 {to_end:.1}C50 {to_end:.1} 50 {from_end:.1} 0 {from_end:.1}Z"
            );
            shapes.push((path, self.from[ribbon.from].colour.as_str(), &ribbon.told));
        }
        html! {
            svg.ribbons viewBox=(format!("0 0 100 {height:.0}")) height=(format!("{height:.0}")) preserveAspectRatio="none" role="img" aria-label=(self.title) {
                @for (path, class, told) in shapes { path class=(class) d=(path) data-tip=(told) { title { (told) } } }
            }
        }
    }
}

/// How high one side must be.
fn room_of(weights: &[f64], scale: f64) -> f64 {
    let rooms: f64 = weights.iter().map(|weight| (weight * scale).max(ROOM)).sum();
    rooms + GAP * f64::from(u32::try_from(weights.len().saturating_sub(1)).unwrap_or(0))
}

/// Nodes below each other, each in the middle of its room; what height is left is between them.
#[expect(clippy::cast_precision_loss, reason = "a picture")]
fn places(weights: &[f64], scale: f64, height: f64) -> Vec<Place> {
    let left_over = height - room_of(weights, scale);
    let gap = GAP + left_over / (weights.len().saturating_sub(1).max(1)) as f64;
    let mut top = if weights.len() == 1 { left_over / 2.0 } else { 0.0 };
    let mut places = Vec::new();
    for weight in weights {
        let own = weight * scale;
        let room = own.max(ROOM);
        places.push((top + (room - own) / 2.0, own));
        top += room + gap;
    }
    places
}

fn ends(nodes: &[Node], places: &[Place], height: f64) -> Markup {
    html! {
        svg.ends height=(format!("{height:.0}")) aria-hidden="true" {
            @for (node, (top, own)) in nodes.iter().zip(places) {
                rect class=(node.colour) width="100%" y=(format!("{top:.1}")) height=(format!("{:.1}", own.max(1.5))) {}
            }
        }
    }
}

fn names(nodes: &[Node], places: &[Place], height: f64, is_left: bool) -> Markup {
    let class = if is_left { "names left" } else { "names" };
    html! {
        svg class=(class) height=(format!("{height:.0}")) {
            @for (node, (top, own)) in nodes.iter().zip(places) {
                foreignObject x="0" width="100%" y=(format!("{:.1}", top + own / 2.0 - ROOM / 2.0)) height=(ROOM) {
                    div.node { span title=(node.name) { (node.name) } span.quiet { (node.told) } }
                }
            }
        }
    }
}
