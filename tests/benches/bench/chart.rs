//! The chart: one bar for each share of a floor, as SVG, without a library and without a script. It follows the reader's
//! choice of light or dark.

use std::fmt::Write as _;

/// A share of a floor, and what it should be at least.
#[derive(Debug, Clone)]
pub struct Bar {
    pub label: String,
    pub value: f64,
    pub target: Option<f64>,
}

const WIDTH: f64 = 820.0;
const ROW: f64 = 24.0;
/// Where the bars begin: above them is the title, before them are their labels.
const TOP: f64 = 64.0;
const LEFT: f64 = 330.0;
/// How long a bar is that has reached its floor; a longer one may go on for a while.
const FULL: f64 = 380.0;
const LONGEST: f64 = 1.15;

const STYLE: &str = "\
text { font: 13px system-ui, sans-serif; fill: #1f2328 } .title { font-weight: 600; font-size: 15px } .note { fill: #59636e }
.page { fill: #ffffff } .bar { fill: #2f81f7 } .grid { stroke: #d1d9e0 } .target { stroke: #bc4c00; stroke-width: 2.5 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .note { fill: #9198a1 } .page { fill: #0d1117 } .grid { stroke: #3d444d } .target { stroke: #f0883e } }";

/// Draws the bars below each other.
pub fn draw(title: &str, note: &str, bars: &[Bar]) -> String {
    let rows: Vec<f64> = bars.iter().scan(TOP, |top, _| Some(std::mem::replace(top, *top + ROW))).collect();
    let bottom = rows.last().map_or(TOP, |last| last + ROW);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {0}\" role=\"img\" aria-label=\"{1}\">\n\
         <style>{STYLE}</style>\n<rect class=\"page\" width=\"{WIDTH}\" height=\"{0}\" rx=\"6\"/>\n\
         <text class=\"title\" x=\"16\" y=\"26\">{1}</text>\n<text class=\"note\" x=\"16\" y=\"46\">{2}</text>\n",
        bottom + 28.0,
        escaped(title),
        escaped(note),
    );
    for (share, name) in [(0.0, "0"), (0.25, "¼"), (0.5, "½"), (0.75, "¾"), (1.0, "floor")] {
        let x = LEFT + share * FULL;
        let _infallible = writeln!(
            svg,
            "<path class=\"grid\" d=\"M{x:.1} {TOP}V{bottom}\"/><text class=\"note\" x=\"{x:.1}\" y=\"{:.1}\" \
             text-anchor=\"middle\">{name}</text>",
            bottom + 16.0,
        );
    }
    for (bar, top) in bars.iter().zip(rows) {
        svg.push_str(&row(bar, top));
    }
    svg.push_str("</svg>\n");
    svg
}

fn row(bar: &Bar, top: f64) -> String {
    let length = bar.value.clamp(0.0, LONGEST) * FULL;
    let baseline = top + 16.0;
    let mut row = format!(
        "<text x=\"{0:.1}\" y=\"{baseline:.1}\" text-anchor=\"end\">{1}</text>\
         <rect class=\"bar\" x=\"{LEFT}\" y=\"{2:.1}\" width=\"{length:.1}\" height=\"{3:.1}\" rx=\"2\"/>\
         <text x=\"{4:.1}\" y=\"{baseline:.1}\">{5:.2}</text>",
        LEFT - 10.0,
        escaped(&bar.label),
        top + 4.0,
        ROW - 8.0,
        LEFT + length + 8.0,
        bar.value,
    );
    if let Some(target) = bar.target {
        let x = LEFT + target * FULL;
        let _infallible = write!(row, "<path class=\"target\" d=\"M{x:.1} {:.1}v{:.1}\"/>", top + 1.0, ROW - 2.0);
    }
    row.push('\n');
    row
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
