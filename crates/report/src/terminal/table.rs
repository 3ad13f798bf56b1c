//! Tables.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::{
    style::{Style, painted},
    text::{fitted, width},
};
use crate::{
    escape::visible,
    table::{Align, TableView},
};

/// Two spaces between columns.
const GUTTER: usize = 2;
/// A column narrower than this tells too little: columns are left out before cells are cut further.
const NARROWEST: usize = 10;
const ELLIPSIS: &str = "…";

/// The table in at most `columns` columns (at least 20): names, dtypes, a rule, the rows, and the size of the whole.
///
/// Numbers stand at the end of their column. What does not fit is cut with `…`; columns are left out from the
/// middle, with a column of `…` in their place, so that the first and the last remain.
///
/// ```
/// use report::{table::{Column, Row, TableView}, terminal::table};
/// let view = TableView {
///     columns: vec![Column::new("phase", "str"), Column::new("rate", "float64")],
///     rows: vec![Row { cells: vec!["Climb".into(), "0.15".into()], ..Row::default() }],
///     row_count: 1,
///     ..TableView::default()
/// };
/// assert_eq!(
///     table(&view, 60, false),
///     "phase     rate\nstr    float64\n─────  ───────\nClimb     0.15\n1 row × 2 columns\n"
/// );
/// ```
pub fn table(view: &TableView, columns: usize, color: bool) -> String {
    let columns = columns.max(20);
    let stacked = stacked(view);
    let widths: Vec<usize> = stacked.iter().map(|c| c.natural_width()).collect();
    let (widths, shown) = fit(&widths, view.index.len(), columns);

    let mut text = String::new();
    let mut line = |row: Line| {
        let cells = shown.iter().map(|place| match place {
            None => painted(ELLIPSIS, Style::Quiet, color),
            Some(i) => match (stacked.get(*i), widths.get(*i)) {
                (Some(column), Some(width)) => column.cell(row, *width, color),
                _ => String::new(),
            },
        });
        text += cells.collect::<Vec<_>>().join(&" ".repeat(GUTTER)).trim_end();
        text.push('\n');
    };
    line(Line::Name);
    line(Line::Dtype);
    line(Line::Rule);
    let gap = view.gap();
    for row in 0..=view.rows.len() {
        if gap == Some(row) {
            line(Line::Gap);
        }
        if row < view.rows.len() {
            line(Line::Row(row));
        }
    }
    let left_out = stacked.len() - shown.iter().flatten().count();
    let mut size = view.size();
    if left_out > 0 {
        size += &format!(", {left_out} left out");
    }
    text + &painted(&fitted(&size, columns), Style::Quiet, color) + "\n"
}

#[derive(Clone, Copy)]
enum Line {
    Name,
    Dtype,
    Rule,
    Gap,
    Row(usize),
}

/// A column of text: an index level or a column proper.
struct Stacked<'a> {
    name: String,
    dtype: String,
    /// Texts, and whether each is a missing value.
    cells: Vec<(Cow<'a, str>, bool)>,
    align: Align,
    is_index: bool,
}

fn stacked(view: &TableView) -> Vec<Stacked<'_>> {
    let levels = view.index.iter().enumerate().map(|(i, name)| {
        let labels = view.rows.iter().map(|row| row.labels.get(i).map_or("", String::as_str));
        let numeric = labels.clone().all(|label| label.parse::<f64>().is_ok());
        let cells = labels.map(|label| (visible(label), false)).collect();
        let align = if numeric { Align::End } else { Align::Start };
        Stacked { name: visible(name).into_owned(), dtype: String::new(), cells, align, is_index: true }
    });
    let columns = view.columns.iter().enumerate().map(|(i, column)| {
        let cells = view.rows.iter().map(|row| match row.cells.get(i) {
            Some(cell) => (visible(&cell.text), cell.missing),
            None => ("".into(), true),
        });
        Stacked {
            name: visible(&column.name).into_owned(),
            dtype: visible(&column.dtype).into_owned(),
            cells: cells.collect(),
            align: column.align,
            is_index: false,
        }
    });
    levels.chain(columns).collect()
}

impl Stacked<'_> {
    fn natural_width(&self) -> usize {
        let cells = self.cells.iter().map(|(text, _)| width(text)).max().unwrap_or(0);
        cells.max(width(&self.name)).max(width(&self.dtype)).max(1)
    }

    fn cell(&self, line: Line, columns: usize, color: bool) -> String {
        let (text, style) = match line {
            Line::Name => (self.name.as_str(), Some(Style::Strong)),
            Line::Dtype => (self.dtype.as_str(), Some(Style::Quiet)),
            Line::Rule => return painted(&"─".repeat(columns), Style::Quiet, color),
            Line::Gap => (ELLIPSIS, Some(Style::Quiet)),
            Line::Row(i) => match self.cells.get(i) {
                Some((text, missing)) => (&**text, (*missing || self.is_index).then_some(Style::Quiet)),
                None => ("", None),
            },
        };
        let text = fitted(text, columns);
        let space = " ".repeat(columns.saturating_sub(width(&text)));
        let text = style.map_or_else(|| text.clone(), |style| painted(&text, style, color));
        match self.align {
            Align::Start => text + &space,
            Align::End => space + &text,
        }
    }
}

/// The width of each column, and the columns to show, `None` standing for those left out.
fn fit(natural: &[usize], index_levels: usize, columns: usize) -> (Vec<usize>, Vec<Option<usize>>) {
    let total = |widths: &[usize]| widths.iter().sum::<usize>() + GUTTER * widths.len().saturating_sub(1);
    let mut widths = natural.to_vec();
    // The widest columns give way first, one step at a time.
    while total(&widths) > columns {
        match widths.iter_mut().max() {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            _ => break,
        }
    }
    if total(&widths) <= columns {
        let all = (0..widths.len()).map(Some).collect();
        return (widths, all);
    }
    let index: Vec<usize> = (0..index_levels.min(widths.len())).collect();
    let cost = |i: usize| widths.get(i).map_or(0, |w| w + GUTTER);
    let mut room = columns.saturating_sub(index.iter().map(|i| cost(*i)).sum::<usize>() + width(ELLIPSIS));
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let mut rest: VecDeque<usize> = (index.len()..widths.len()).collect();
    loop {
        let from_left = left.len() <= right.len();
        let Some(next) = (if from_left { rest.pop_front() } else { rest.pop_back() }) else { break };
        let Some(remaining) = room.checked_sub(cost(next)) else { break };
        room = remaining;
        if from_left { left.push(next) } else { right.push(next) }
    }
    right.reverse();
    let shown = index.into_iter().chain(left).map(Some);
    (widths.clone(), shown.chain(std::iter::once(None)).chain(right.into_iter().map(Some)).collect())
}
