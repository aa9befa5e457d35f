//! Charts as drawings in the page. Beside each stands a table with the same numbers.

use maud::{Markup, html};

const WIDTH: u64 = 720;
const HEIGHT: u64 = 160;
/// The widest bar: a month of days fills the drawing.
const STEP: u64 = 24;
/// Below the bars, for the names of the first and the last.
const FOOT: u64 = 20;

/// A bar for each value, with its name.
pub(super) fn bars(title: &str, values: &[(String, u64)]) -> Markup {
    let most = values.iter().map(|(_, value)| *value).max().unwrap_or(0);
    let number = u64::try_from(values.len()).unwrap_or(1).max(1);
    let step = (WIDTH / number).clamp(1, STEP);
    // two names need room
    let last = values.last().filter(|_| number * step > WIDTH / 3);
    html! {
        figure .chart {
            figcaption { (title) }
            @if most == 0 {
                p .hint { "Nothing yet." }
            } @else {
                svg viewBox=(format!("0 0 {WIDTH} {}", HEIGHT + FOOT)) role="img"
                    aria-label=(format!("{title}: {most} at most. The table has all numbers.")) {
                    line .axis x1="0" y1=(HEIGHT) x2=(WIDTH) y2=(HEIGHT) {}
                    @for ((name, value), at) in values.iter().zip(0_u64..) {
                        @let height = (value * (HEIGHT - 10)).div_ceil(most);
                        rect .bar x=(at * step + 1) y=(HEIGHT - height) width=(step.saturating_sub(2).max(1))
                            height=(height) { title { (name) ": " (value) } }
                    }
                    @if let Some((name, _)) = values.first() { text x="0" y=(HEIGHT + 15) { (name) } }
                    @if let Some((name, _)) = last { text .end x=(number * step) y=(HEIGHT + 15) { (name) } }
                }
            }
        }
    }
}
