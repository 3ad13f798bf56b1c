//! What a person sees of a value: in a report, in a line of a run, in a comparison of two runs.

use column::{Column, Scalar};
use frame::{Frame, Index, Series};
use report::figure::Figure;
use report::format::counted;
use report::table::{Column as Head, Row, TableCell, TableView};
use vm::Value;

use crate::frames::{FrameValue, SeriesValue};
use crate::plot::FigureValue;

/// Rows that a table shows; of a longer one the first and the last.
const ROWS_SHOWN: usize = 12;

/// A value as a report shows it.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    Table(TableView),
    Figure(Figure),
    Text(String),
}

pub fn shown(value: &Value) -> Shown {
    if let Some(frame) = value.downcast::<FrameValue>() {
        return Shown::Table(table(&frame.0));
    }
    if let Some(series) = value.downcast::<SeriesValue>() {
        return Shown::Table(table(&series.0.to_frame()));
    }
    if let Some(figure) = value.downcast::<FigureValue>() {
        return Shown::Figure(figure.0.clone());
    }
    Shown::Text(text(value))
}

/// As `print` shows it.
fn text(value: &Value) -> String {
    vm::show(value).unwrap_or_else(|fault| fault.message)
}

/// One short phrase.
pub fn summary(value: &Value) -> String {
    if let Some(frame) = value.downcast::<FrameValue>() {
        let (rows, columns) = frame.0.shape();
        return format!("{} x {}", counted(rows, "row"), counted(columns, "column"));
    }
    if let Some(series) = value.downcast::<SeriesValue>() {
        return format!("{}, {}", counted(series.0.len(), "row"), series.0.dtype());
    }
    if let Some(text) = crate::tensors::summary(value) {
        return text;
    }
    if let Some(figure) = value.downcast::<FigureValue>() {
        return if figure.0.title.is_empty() { "plot".to_string() } else { figure.0.title.clone() };
    }
    let shown = match value {
        Value::List(list) => return counted(list.len(), "element"),
        Value::Map(map) => return counted(map.len(), "key"),
        Value::Set(set) => return counted(set.len(), "element"),
        other => text(other),
    };
    let line = shown.lines().next().unwrap_or("");
    if line.chars().count() > 60 {
        format!("{}…", line.chars().take(59).collect::<String>())
    } else {
        line.to_string()
    }
}

fn table(frame: &Frame) -> TableView {
    let rows = frame.len();
    let picked: Vec<usize> = if rows <= ROWS_SHOWN {
        (0..rows).collect()
    } else {
        (0..ROWS_SHOWN / 2).chain(rows - ROWS_SHOWN / 2..rows).collect()
    };
    let hidden_index = frame.index().as_range().is_some_and(|(start, _, step)| start == 0 && step == 1);
    let levels = if hidden_index { 0 } else { frame.index().nlevels() };
    let cells: Vec<Vec<TableCell>> = frame.data().iter().map(|column| cells(column, &picked)).collect();
    let index: Vec<String> = frame.index().names().iter().take(levels).map(label).collect();
    TableView {
        index,
        columns: frame
            .columns()
            .iter()
            .zip(frame.dtypes())
            .map(|(l, dtype)| Head::new(label(&l), dtype.to_string()))
            .collect(),
        rows: picked
            .iter()
            .enumerate()
            .map(|(place, &row)| Row {
                labels: labels(frame.index(), row, levels),
                cells: cells.iter().filter_map(|column| column.get(place)).cloned().collect(),
            })
            .collect(),
        row_count: rows as u64,
        gap_after: (rows > ROWS_SHOWN).then_some(ROWS_SHOWN / 2),
    }
}

fn labels(index: &Index, row: usize, levels: usize) -> Vec<String> {
    match index.get(row) {
        Some(Scalar::Tuple(parts)) if levels > 1 => parts.iter().map(label).collect(),
        Some(scalar) if levels == 1 => vec![label(&scalar)],
        _ => Vec::new(),
    }
}

fn label(scalar: &Scalar) -> String {
    match scalar {
        Scalar::None => String::new(),
        Scalar::Str(text) => text.to_string(),
        Scalar::Tuple(parts) => {
            parts.iter().map(label).filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

/// The picked rows of a column, written as one column.
fn cells(column: &Column, picked: &[usize]) -> Vec<TableCell> {
    let Ok(part) = column.take(picked) else { return Vec::new() };
    let missing = part.iter().map(|scalar| scalar.is_missing());
    frame::cell_texts(&part)
        .into_iter()
        .zip(missing)
        .map(|(text, missing)| TableCell { text, missing })
        .collect()
}

/// What changed from one value to another, in a few lines.
pub fn describe_change(old: &Value, new: &Value) -> Vec<String> {
    match (old.downcast::<FrameValue>(), new.downcast::<FrameValue>()) {
        (Some(old), Some(new)) => return frame_change(&old.0, &new.0),
        (None, None) => {}
        _ => return vec![format!("{} became {}", old.type_name(), new.type_name())],
    }
    if let (Some(old), Some(new)) = (old.downcast::<SeriesValue>(), new.downcast::<SeriesValue>()) {
        return series_change(&old.0, &new.0);
    }
    Vec::new()
}

fn series_change(old: &Series, new: &Series) -> Vec<String> {
    frame_change(&old.to_frame(), &new.to_frame())
}

fn frame_change(old: &Frame, new: &Frame) -> Vec<String> {
    let mut lines = Vec::new();
    if old.len() != new.len() {
        lines.push(format!("{} became {}", counted(old.len(), "row"), counted(new.len(), "row")));
    }
    for (position, name) in new.columns().iter().enumerate() {
        let before = old.columns().iter().position(|l| l.key() == name.key()).and_then(|p| old.data().get(p));
        let Some(after) = new.data().get(position) else { continue };
        match before {
            None => lines.push(format!("column {} is new", label(&name))),
            Some(before) if before.dtype() != after.dtype() => {
                lines.push(format!("column {}: {} became {}", label(&name), before.dtype(), after.dtype()));
            }
            Some(before) if old.len() == new.len() => {
                let changed: Vec<usize> = (0..new.len()).filter(|&i| before.get(i) != after.get(i)).collect();
                if let Some(&first) = changed.first() {
                    let show =
                        |c: &column::Column| c.get(first).map_or(String::new(), |scalar| scalar.to_string());
                    let row = new.index().get(first).map_or(String::new(), |l| label(&l));
                    lines.push(format!(
                        "column {}: {} changed, first at {row}: {} -> {}",
                        label(&name),
                        counted(changed.len(), "cell"),
                        show(before),
                        show(after)
                    ));
                }
            }
            Some(_) => {}
        }
    }
    for name in old.columns().iter() {
        if !new.columns().iter().any(|l| l.key() == name.key()) {
            lines.push(format!("column {} is gone", label(&name)));
        }
    }
    lines.truncate(6);
    lines
}
