//! The cells of a column as text, as pandas prints them.

use column::{Column, DType, Scalar, TimeUnit};

use crate::index::Index;

/// Digits after the point, pandas' `display.precision`.
const PRECISION: usize = 6;
/// Longest cell, pandas' `display.max_colwidth`.
const WIDTH_MAX: usize = 50;

/// Side on which a cell is filled up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Justify {
    Left,
    Right,
    Center,
}

/// Number of characters, the width pandas counts with.
pub(crate) fn width(text: &str) -> usize {
    text.chars().count()
}

pub(crate) fn justify(text: &str, wanted: usize, side: Justify) -> String {
    let fill = wanted.saturating_sub(width(text));
    match side {
        Justify::Left => format!("{text}{}", " ".repeat(fill)),
        Justify::Right => format!("{}{text}", " ".repeat(fill)),
        Justify::Center => {
            // Python's `center`: the odd blank stands left where the width is odd.
            let left = fill / 2 + (fill & wanted & 1);
            format!("{}{text}{}", " ".repeat(left), " ".repeat(fill - left))
        }
    }
}

/// Cells of one width, at least `minimum`; longer ones than pandas shows are cut.
pub(crate) fn fixed_width(cells: Vec<String>, side: Justify, minimum: usize) -> Vec<String> {
    let widest = cells.iter().map(|cell| width(cell)).max().unwrap_or(0).max(minimum).min(WIDTH_MAX);
    let cut = |cell: String| match width(&cell) > widest {
        true => cell.chars().take(widest - 3).chain("...".chars()).collect(),
        false => cell,
    };
    cells.into_iter().map(|cell| justify(&cut(cell), widest, side)).collect()
}

/// Line breaks and tabs as pandas escapes them.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('\t', "\\t").replace('\r', "\\r").replace('\n', "\\n")
}

/// A label by itself: strings without quotes.
pub(crate) fn label_text(label: &Scalar) -> String {
    match label {
        Scalar::Str(text) => escaped(text),
        Scalar::Float(value) if value.is_nan() => "NaN".to_owned(),
        other => escaped(&other.to_string()),
    }
}

/// A series' name under its values: the parts of a tuple stand without quotes.
pub(crate) fn shown_name(name: &Scalar) -> String {
    match name {
        Scalar::Float(value) if value.is_nan() => "nan".to_owned(),
        Scalar::Tuple(parts) => {
            let parts: Vec<String> = parts.iter().map(shown_name).collect();
            if parts.len() == 1 { format!("({},)", parts[0]) } else { format!("({})", parts.join(", ")) }
        }
        other => label_text(other),
    }
}

/// The cells of a column as pandas prints them, each without padding: the floats of one column share their number of
/// decimals, and a column of days shows no clock. pandas' `DataFrame.to_string` is the source.
///
/// ```
/// let speeds = column::Column::from(vec![22.0, 11.236, f64::NAN]);
/// assert_eq!(frame::cell_texts(&speeds), ["22.000", "11.236", "NaN"]);
/// ```
pub fn cell_texts(column: &Column) -> Vec<String> {
    raw_cells(column)
        .into_iter()
        .map(|cell| match cell.strip_prefix(' ') {
            Some(text) => text.to_owned(),
            None => cell,
        })
        .collect()
}

/// The cells of a column, right-aligned to one width, with a place for the sign in front.
pub(crate) fn column_cells(column: &Column) -> Vec<String> {
    fixed_width(raw_cells(column), Justify::Right, 0)
}

fn raw_cells(column: &Column) -> Vec<String> {
    match column.dtype() {
        DType::Number(number) if number.is_float() => {
            float_cells(&column.iter().map(|scalar| scalar.as_f64().unwrap_or(f64::NAN)).collect::<Vec<_>>())
        }
        DType::Number(_) => column.iter().map(|scalar| signed(&scalar.to_string())).collect(),
        DType::Datetime(unit) => datetime_cells(column, unit),
        DType::Zoned(..) => column.iter().map(|scalar| scalar.to_string()).collect(),
        DType::Timedelta(_) => timedelta_cells(column),
        DType::Category => {
            let plain = column.decategorized();
            column_with_nan(&plain)
        }
        _ => object_cells(column),
    }
}

fn column_with_nan(column: &Column) -> Vec<String> {
    match column.dtype() {
        DType::Number(_) => raw_cells(column),
        dtype if dtype.is_time() => raw_cells(column),
        _ => object_cells(column),
    }
}

fn signed(text: &str) -> String {
    if text.starts_with('-') { text.to_owned() } else { format!(" {text}") }
}

fn object_cells(column: &Column) -> Vec<String> {
    let object = column.dtype() == DType::Object;
    column
        .iter()
        .map(|scalar| match &scalar {
            Scalar::Float(value) if value.is_nan() => " NaN".to_owned(),
            Scalar::Float(value) if object || column.dtype() == DType::Category => {
                trimmed(vec![signed(&fixed(*value))]).concat()
            }
            Scalar::Str(text) => format!(" {}", escaped(text)),
            other => format!(" {}", escaped(&nested_text(other))),
        })
        .collect()
}

/// Items of a sequence that are shown, pandas' `display.max_seq_items`.
const ITEMS_MAX: usize = 100;

/// A value as pandas prints it in a cell: sequences show their texts without quotes.
fn nested_text(scalar: &Scalar) -> String {
    let (open, items, close) = match scalar {
        Scalar::List(items) => ("[", items, "]"),
        Scalar::Tuple(items) => ("(", items, if items.len() == 1 { ",)" } else { ")" }),
        other => return other.to_string(),
    };
    let mut texts: Vec<String> = items.iter().take(ITEMS_MAX).map(nested_text).collect();
    if items.len() > ITEMS_MAX {
        texts.push("...".to_owned());
    }
    format!("{open}{}{close}", texts.join(", "))
}

fn fixed(value: f64) -> String {
    match value {
        value if value == f64::INFINITY => "inf".to_owned(),
        value if value == f64::NEG_INFINITY => "-inf".to_owned(),
        value => format!("{value:.PRECISION$}"),
    }
}

/// Python's `.6e`: a sign and two digits in the exponent.
fn scientific(value: f64) -> String {
    if value.is_infinite() {
        return fixed(value);
    }
    let text = format!("{value:.PRECISION$e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, number) = exponent.strip_prefix('-').map_or(('+', exponent), |number| ('-', number));
            format!("{digits}e{sign}{number:0>2}")
        }
        None => text,
    }
}

fn is_decimal(text: &str) -> bool {
    let text = text.trim_start().trim_start_matches('-');
    text.split_once('.').is_some_and(|(whole, rest)| {
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        !whole.is_empty() && digits(whole) && digits(rest)
    })
}

/// Zeros at the end taken off, as many as all numbers have; one digit stays.
fn trimmed(cells: Vec<String>) -> Vec<String> {
    let zeros = |cell: &&String| cell.len() - cell.trim_end_matches('0').len();
    let decimals = |cell: &&String| cell.split_once('.').map_or(0, |(_, rest)| rest.len());
    let cut = cells
        .iter()
        .filter(|cell| is_decimal(cell))
        .map(|cell| zeros(&cell).min(decimals(&cell).saturating_sub(1)))
        .min()
        .unwrap_or(0);
    let cut_off = |cell: String| match is_decimal(&cell) {
        true => cell[..cell.len() - cut].to_owned(),
        false => cell,
    };
    cells.into_iter().map(cut_off).collect()
}

fn float_cells(values: &[f64]) -> Vec<String> {
    let with = |text: &dyn Fn(f64) -> String| {
        let cell = |&value: &f64| if value.is_nan() { "NaN".to_owned() } else { signed(&text(value)) };
        trimmed(values.iter().map(cell).collect())
    };
    let cells = with(&fixed);
    let too_long = cells.iter().map(|cell| width(cell)).max().is_some_and(|widest| widest > PRECISION + 6);
    let large = values.iter().any(|value| value.abs() > 1e6);
    let small = values.iter().any(|value| value.abs() < 1e-6 && value.abs() > 0.0);
    if small || (too_long && large) { with(&scientific) } else { cells }
}

fn datetime_cells(column: &Column, unit: TimeUnit) -> Vec<String> {
    let per_second = unit.per_second();
    let ticks: Vec<i64> = match column.as_i64() {
        Some(ticks) => {
            (0..ticks.len()).filter(|&row| !column.is_missing(row)).map(|row| ticks[row]).collect()
        }
        None => Vec::new(),
    };
    let all = |step: i64| ticks.iter().all(|tick| tick.rem_euclid(step) == 0);
    let only_dates = all(86_400 * per_second);
    // Digits of the fraction that some value needs, in steps of three.
    let digits = (0..3).find(|thousands| all((per_second / 1_000_i64.pow(*thousands)).max(1))).unwrap_or(3)
        as usize
        * 3;
    column
        .iter()
        .map(|scalar| {
            let text = scalar.to_string();
            if scalar.is_missing() {
                return "NaT".to_owned();
            }
            let (date, clock) = text.split_once(' ').unwrap_or((&text, "00:00:00"));
            if only_dates {
                return date.to_owned();
            }
            let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
            match digits {
                0 => format!("{date} {clock}"),
                digits => format!("{date} {clock}.{}", &format!("{fraction:0<9}")[..digits]),
            }
        })
        .collect()
}

fn timedelta_cells(column: &Column) -> Vec<String> {
    let texts: Vec<String> = column.iter().map(|scalar| scalar.to_string()).collect();
    let only_days = texts.iter().all(|text| text == "NaT" || text.ends_with(" 00:00:00"));
    let cut = |text: String| if only_days { text.trim_end_matches(" 00:00:00").to_owned() } else { text };
    texts.into_iter().map(cut).collect()
}

/// The labels of one level, one line each, left-aligned by the caller.
pub(crate) fn label_cells(labels: &Column) -> Vec<String> {
    let plain = labels.decategorized();
    match plain.dtype() {
        DType::Number(_) | DType::Bool => {
            let cells = raw_cells(&plain)
                .into_iter()
                .map(|cell| if cell == "NaN" { " NaN".to_owned() } else { cell });
            let cells: Vec<String> = cells.collect();
            let shared = cells.iter().map(|cell| cell.len() - cell.trim_start().len()).min().unwrap_or(0);
            let cells: Vec<String> = cells.into_iter().map(|cell| cell[shared..].to_owned()).collect();
            let widest = cells.iter().map(|cell| width(cell)).max().unwrap_or(0);
            cells.into_iter().map(|cell| justify(&cell, widest, Justify::Left)).collect()
        }
        dtype if dtype.is_time() => raw_cells(&plain),
        _ => plain.iter().map(|label| label_text(&label)).collect(),
    }
}

/// The labels of all levels: a column of cells a level. Labels that repeat the row above are left blank but in the
/// last level.
pub(crate) fn level_cells(index: &Index) -> Vec<Vec<String>> {
    let mut levels: Vec<Vec<String>> = (0..index.nlevels())
        .filter_map(|level| index.level_values(level))
        .map(|labels| {
            let mut cells = label_cells(&labels);
            if index.class() == "MultiIndex" && labels.decategorized().dtype() == DType::Str {
                // A level of text says `nan`, where an index of text says `NaN`.
                (0..labels.len())
                    .filter(|&row| labels.is_missing(row))
                    .for_each(|row| cells[row] = "nan".to_owned());
            }
            cells
        })
        .collect();
    let inner = levels.len().saturating_sub(1);
    let mut same_above = vec![true; index.len()];
    for level in levels.iter_mut().take(inner) {
        let full = level.clone();
        for row in 1..full.len() {
            same_above[row] = same_above[row] && full[row] == full[row - 1];
            if same_above[row] {
                level[row] = String::new();
            }
        }
    }
    levels
}

/// Blocks of lines side by side, `space` blanks between; shorter blocks are filled up on top.
pub(crate) fn adjoin(space: usize, blocks: &[Vec<String>]) -> String {
    let lines = blocks.iter().map(Vec::len).max().unwrap_or(0);
    let mut rows = vec![String::new(); lines];
    for (place, block) in blocks.iter().enumerate() {
        let widest = block.iter().map(|cell| width(cell)).max().unwrap_or(0);
        let wanted = if place + 1 < blocks.len() { widest + space } else { widest };
        let above = lines - block.len();
        for (line, row) in rows.iter_mut().enumerate() {
            let cell = line.checked_sub(above).map_or("", |line| &block[line]);
            row.push_str(&justify(cell, wanted, Justify::Left));
        }
    }
    rows.join("\n")
}
