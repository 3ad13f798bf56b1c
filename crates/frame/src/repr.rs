//! What pandas prints for a frame and a series.

use std::fmt;

use column::{Column, DType, Scalar};

use crate::cells::{
    Justify, adjoin, column_cells, fixed_width, justify, label_text, level_cells, shown_name, width,
};
use crate::frame::Frame;
use crate::index::Index;
use crate::series::Series;

/// pandas' `display` options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReprOptions {
    /// Longer tables show their first and last rows.
    pub max_rows: usize,
    /// How many rows a longer table shows.
    pub min_rows: usize,
    /// Wider tables show their first and last columns; 0 asks for as many as fit into `width`.
    pub max_columns: usize,
    /// Characters in a line. Where `max_columns` is given, wider tables go on below.
    pub width: usize,
}

impl Default for ReprOptions {
    fn default() -> Self {
        Self { max_rows: 60, min_rows: 10, max_columns: 0, width: 80 }
    }
}

/// Rows shown above and below the dots; `None` where all rows are shown.
fn cut_rows(len: usize, options: &ReprOptions) -> Option<(usize, Vec<usize>)> {
    if options.max_rows == 0 || len <= options.max_rows {
        return None;
    }
    let shown = if options.min_rows == 0 { options.max_rows } else { options.min_rows.min(options.max_rows) };
    let half = shown / 2;
    match half {
        0 => Some((shown, (0..shown).collect())),
        half => Some((half, (0..half).chain(len - half..len).collect())),
    }
}

fn has_names(index: &Index) -> bool {
    index.names().iter().any(|name| *name != Scalar::None)
}

fn name_text(name: &Scalar) -> String {
    if *name == Scalar::None { String::new() } else { label_text(name) }
}

/// The index column: names on top where there are any, levels side by side.
fn index_lines(index: &Index, with_names: bool) -> Vec<String> {
    let names = index.names();
    let levels: Vec<Vec<String>> = level_cells(index)
        .into_iter()
        .zip(&names)
        .map(|(mut cells, name)| {
            if with_names {
                cells.insert(0, name_text(name));
            }
            fixed_width(cells, Justify::Left, 0)
        })
        .collect();
    adjoin(1, &levels).split('\n').map(str::to_owned).collect()
}

impl Frame {
    /// The text pandas prints.
    pub fn repr(&self, options: &ReprOptions) -> String {
        if self.is_empty() {
            let labels =
                |index: &Index| index.iter().map(|label| label_text(&label)).collect::<Vec<_>>().join(", ");
            return format!(
                "Empty DataFrame\nColumns: [{}]\nIndex: [{}]",
                labels(&self.columns),
                labels(&self.index)
            );
        }
        let cut = cut_rows(self.len(), options);
        let rows = match &cut {
            Some((_, rows)) => self.take(rows).unwrap_or_else(|_| self.clone()),
            None => self.clone(),
        };
        let wide = options.max_columns > 0 && self.data.len() > options.max_columns;
        let half = options.max_columns / 2;
        let shown: Vec<usize> = match (wide, half) {
            (false, _) => (0..self.data.len()).collect(),
            (true, 0) => (0..options.max_columns).collect(),
            (true, half) => (0..half).chain(self.data.len() - half..self.data.len()).collect(),
        };
        let table = rows.take_columns(&shown).unwrap_or_else(|_| rows.clone());
        let mut blocks = table.blocks(true);
        let header = blocks[0].len() - table.len();
        let dots_at = if half == 0 { shown.len() + 1 } else { half + 1 };
        if wide {
            let lines = blocks[0].len();
            blocks.insert(dots_at.min(blocks.len()), vec![" ...".to_owned(); lines]);
        }
        if let Some((above, _)) = cut {
            for (place, block) in blocks.iter_mut().enumerate() {
                let is_dots = wide && place == dots_at;
                let cell = block.get(above).map_or(0, |cell| width(cell));
                let dots = if cell > 3 || is_dots { "..." } else { ".." };
                let (wanted, side) = match (place, is_dots) {
                    (0, _) => (cell, Justify::Left),
                    (_, true) => (4, Justify::Right),
                    _ => (cell, Justify::Right),
                };
                block.insert(above + header, justify(dots, wanted, side));
            }
        }
        let mut elided = wide;
        let text = if options.max_columns > 0 {
            wrapped(&blocks, options.width)
        } else {
            elided = fit(&mut blocks, options.width);
            adjoin(1, &blocks)
        };
        match cut.is_some() || elided {
            true => format!("{text}\n\n[{} rows x {} columns]", self.len(), self.data.len()),
            false => text,
        }
    }

    /// All rows and columns without the row labels, as `to_string(index=False)`.
    pub fn to_string_without_index(&self) -> String {
        let mut blocks = self.blocks(false);
        blocks.remove(0);
        adjoin(1, &blocks)
    }

    /// The index column and the columns, each as lines of one width, header first; without `signs` cells have no place
    /// for one that none of them needs.
    fn blocks(&self, signs: bool) -> Vec<Vec<String>> {
        let row_names = has_names(&self.index);
        let index_header: Vec<String> = match has_names(&self.columns) {
            true => self.columns.names().iter().map(name_text).collect(),
            false => vec![String::new(); self.columns.nlevels()],
        };
        let labels = level_cells(&self.columns);
        let mut blocks =
            vec![index_header.into_iter().chain(index_lines(&self.index, row_names)).collect::<Vec<_>>()];
        for (place, column) in self.data.iter().enumerate() {
            let numeric = column.dtype().is_numeric() || column.dtype().is_bool();
            let mut header: Vec<String> = labels
                .iter()
                .map(|level| match (numeric, self.columns.is_multi()) {
                    (true, false) => format!(" {}", level[place]),
                    _ => level[place].clone(),
                })
                .collect();
            if row_names {
                header.push(String::new());
            }
            let minimum = header.iter().map(|cell| width(cell)).max().unwrap_or(0);
            let mut cells = column_cells(column);
            if !signs && cells.iter().all(|cell| cell.starts_with(' ')) {
                for cell in &mut cells {
                    cell.remove(0);
                }
            }
            let cells = fixed_width(cells, Justify::Right, minimum);
            let wanted = cells.iter().map(|cell| width(cell)).max().unwrap_or(0).max(minimum);
            let header = header.into_iter().map(|cell| justify(&cell, wanted, Justify::Right));
            blocks.push(header.chain(cells).collect());
        }
        blocks
    }
}

fn block_width(block: &[String]) -> usize {
    block.iter().map(|cell| width(cell)).max().unwrap_or(0)
}

/// Takes columns out of the middle until a line fits; whether any were.
fn fit(blocks: &mut Vec<Vec<String>>, line: usize) -> bool {
    let mut widths: Vec<usize> = blocks.iter().map(|block| block_width(block)).collect();
    let total = widths.iter().sum::<usize>() + widths.len() - 1;
    let mut excess = total as i64 - line as i64 + 1;
    if excess <= 0 {
        return false;
    }
    // The column of dots takes four characters and a blank.
    excess += 5;
    while excess > 0 && widths.len() > 1 {
        // Python rounds half to even.
        let half = widths.len() / 2;
        let middle = if widths.len() % 2 == 1 && half % 2 == 1 { half + 1 } else { half };
        excess -= widths.remove(middle.min(widths.len() - 1)) as i64 + 1;
    }
    let kept = widths.len().saturating_sub(1).max(2);
    let columns = blocks.len() - 1;
    if kept >= columns {
        return false;
    }
    let half = kept / 2;
    let tail = blocks.split_off(blocks.len() - half);
    blocks.truncate(half + 1);
    blocks.push(vec![" ...".to_owned(); blocks[0].len()]);
    blocks.extend(tail);
    true
}

/// Lines that are too long go on below, with a backslash at the end.
fn wrapped(blocks: &[Vec<String>], line: usize) -> String {
    let Some((index, columns)) = blocks.split_first() else { return String::new() };
    let room = line.saturating_sub(block_width(index) + 1);
    let mut starts = vec![0];
    let mut used = 0;
    for (place, block) in columns.iter().enumerate() {
        let wide = block_width(block) + 1;
        used += wide;
        let margin = if place + 1 == columns.len() { 1 } else { 2 };
        if place > 0 && used + margin > room {
            starts.push(place);
            used = wide;
        }
    }
    let ends = starts.iter().skip(1).copied().chain(std::iter::once(columns.len()));
    let parts: Vec<String> = starts
        .iter()
        .zip(ends)
        .map(|(&start, end)| {
            let mut part = vec![index.clone()];
            part.extend(columns[start..end].iter().cloned());
            if starts.len() > 1 {
                let lines = index.len();
                let margin = match end < columns.len() {
                    true => {
                        std::iter::once(" \\".to_owned()).chain(vec!["  ".to_owned(); lines - 1]).collect()
                    }
                    false => vec![" ".to_owned(); lines],
                };
                part.push(margin);
            }
            adjoin(1, &part)
        })
        .collect();
    parts.join("\n\n")
}

impl Series {
    /// The text pandas prints; `max_columns` does not matter to a series, and `width` only to its categories.
    pub fn repr(&self, options: &ReprOptions) -> String {
        let cut = cut_rows(self.len(), options);
        let footer = self.footer(cut.is_some(), options.width);
        if self.is_empty() {
            return format!("Series([], {footer})");
        }
        let rows = match &cut {
            Some((_, rows)) => self.take(rows).unwrap_or_else(|_| self.clone()),
            None => self.clone(),
        };
        let mut labels: Vec<String> = match rows.index.is_multi() {
            true => {
                let names = rows.index.names();
                let levels = level_cells(&rows.index).into_iter().zip(&names).map(|(mut cells, name)| {
                    cells.insert(0, name_text(name));
                    cells
                });
                adjoin(2, &levels.collect::<Vec<_>>()).split('\n').map(str::to_owned).collect()
            }
            false => {
                let cells = level_cells(&rows.index).into_iter().next().unwrap_or_default();
                std::iter::once(name_text(&rows.index.name())).chain(cells).collect()
            }
        };
        let mut cells = column_cells(&rows.values);
        if let Some((above, _)) = cut {
            let wanted = cells.get(above.saturating_sub(1)).map_or(0, |cell| width(cell));
            let dots = if wanted > 3 { "..." } else { ".." };
            cells.insert(above, justify(dots, wanted, Justify::Center));
            labels.insert(above + 1, String::new());
        }
        let header = labels.remove(0);
        let body = adjoin(3, &[labels, cells]);
        let header = if has_names(&rows.index) { format!("{header}\n") } else { String::new() };
        format!("{header}{body}\n{footer}")
    }

    fn footer(&self, cut: bool, width: usize) -> String {
        let mut parts = Vec::new();
        parts.extend(self.index.frequency().map(|step| format!("Freq: {step}")));
        if self.name != Scalar::None {
            parts.push(format!("Name: {}", shown_name(&self.name)));
        }
        if cut {
            parts.push(format!("Length: {}", self.len()));
        }
        parts.push(match self.dtype() {
            // pandas prints the dtype's name here, which is that of all intervals.
            DType::Interval(..) => "dtype: interval".to_owned(),
            dtype => format!("dtype: {dtype}"),
        });
        let footer = parts.join(", ");
        match category_lines(&self.values, width) {
            Some(lines) => format!("{footer}\n{lines}"),
            None => footer,
        }
    }
}

/// Categories shown before the middle ones are left out, pandas' `display.max_categories`.
const CATEGORIES_MAX: usize = 8;

/// The categories of a `category` column as pandas prints them below the values, in lines of at most `width` characters;
/// `None` for other dtypes.
pub fn category_lines(column: &Column, width: usize) -> Option<String> {
    let categories = column.categories()?;
    let text = |label: Scalar| match categories.dtype() {
        dtype if dtype.is_time() => label.to_string(),
        _ => label.repr(),
    };
    let mut labels: Vec<String> = categories.iter().map(text).collect();
    if labels.len() > CATEGORIES_MAX {
        let half = CATEGORIES_MAX / 2;
        labels.splice(half..labels.len() - half, ["...".to_owned()]);
    }
    let header = format!("Categories ({}, {}): ", categories.len(), categories.dtype());
    let separator = if column.is_ordered() { " < " } else { ", " };
    let mut shown = String::new();
    let mut used = header.len();
    for (place, label) in labels.iter().enumerate() {
        let length = label.chars().count();
        if width != 0 && used + separator.len() + length > width {
            shown.push_str(separator.trim_end());
            shown.push('\n');
            shown.push_str(&" ".repeat(header.len() + 1));
            used = header.len() + 1;
        } else if place > 0 {
            shown.push_str(separator);
            used += separator.len();
        }
        shown.push_str(label);
        used += length;
    }
    Some(format!("{header}[{}]", shown.replace(" < ... < ", " ... ")))
}

impl fmt::Display for Frame {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.repr(&ReprOptions::default()))
    }
}

impl fmt::Display for Series {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.repr(&ReprOptions::default()))
    }
}
