use maud::{Markup, html};
use std::fmt::Write as _;

const WIDTH: f64 = 100.0;
const HEIGHT: f64 = 24.0;

/// A line through values, to be seen beside a number that says the same.
#[expect(clippy::cast_precision_loss, reason = "a picture")]
pub(crate) fn spark(values: &[i128]) -> Markup {
    let (least, most) =
        values.iter().fold((0, 1), |(least, most), value| (least.min(*value), most.max(*value)));
    let height = |value: i128| {
        let share = (value - least) as f64 / (most - least) as f64;
        HEIGHT - 2.0 - share * (HEIGHT - 4.0)
    };
    let step = WIDTH / values.len().saturating_sub(1).max(1) as f64;
    let mut line = String::new();
    for (place, value) in values.iter().enumerate() {
        let mark = if place == 0 { 'M' } else { 'L' };
        let _ = write!(line, "{mark}{:.1} {:.1}", place as f64 * step, height(*value));
    }
    let area = format!("{line}L{WIDTH} {HEIGHT}L0 {HEIGHT}Z");
    html! {
        svg.spark viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) preserveAspectRatio="none" aria-hidden="true" {
            path.area d=(area) {}
            path.line d=(line) {}
        }
    }
}
