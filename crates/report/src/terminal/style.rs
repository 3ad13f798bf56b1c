//! Colours by meaning.

/// Foregrounds of the series, in the order of the legend: blue, yellow, green, magenta, cyan, red.
const SERIES: [&str; 6] = ["34", "33", "32", "35", "36", "31"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Strong,
    Quiet,
    Series(usize),
}

pub(super) fn painted(text: &str, style: Style, color: bool) -> String {
    if !color || text.is_empty() {
        return text.to_owned();
    }
    let code = match style {
        Style::Strong => "1",
        Style::Quiet => "2",
        Style::Series(n) => SERIES[n % SERIES.len()],
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}
