//! Plots of a frame's columns.

use std::any::Any;

use column::{Column, DType};
use frame::Frame;
use report::figure::{Figure, Kind, Series, Xs, histogram};
use vm::{Fault, Opaque, Value};

use crate::args::Args;
use crate::engine_error::of_frame;
use crate::frames::frame_of;
use crate::host::Table;

pub(crate) struct FigureValue(pub Figure);

impl Opaque for FigureValue {
    fn type_name(&self) -> &'static str {
        "Figure"
    }

    fn display(&self) -> String {
        self.0.description()
    }

    fn encode(&self) -> Vec<u8> {
        self.0.to_bytes()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &dyn Opaque) -> Result<bool, String> {
        Ok(other.type_name() == "Figure" && other.encode() == self.encode())
    }
}

pub(crate) fn decode(type_name: &str, bytes: &[u8]) -> Option<Result<Value, String>> {
    (type_name == "Figure")
        .then(|| Figure::from_bytes(bytes).map(|f| Value::opaque(FigureValue(f))).map_err(|e| e.to_string()))
}

pub(crate) const TABLE: Table = &[
    ("plot.bar", |_, a| xy(a, Kind::Bar)),
    ("plot.hist", |_, a| hist(a)),
    ("plot.line", |_, a| xy(a, Kind::Line)),
    ("plot.scatter", |_, a| xy(a, Kind::Scatter)),
];

fn xy(args: &mut Args<'_>, kind: Kind) -> Result<Value, Fault> {
    let frame = frame_of(args, "frame")?;
    let x = args.required_text("x")?;
    let ys = args.texts("y")?;
    let by = args.optional_text("by")?;
    let mut figure = Figure::new(kind, args.text("title", "")?);
    if kind == Kind::Bar && args.flag("horizontal", false)? {
        figure.options.horizontal = Some(true);
    }
    figure.x_label = x.clone();
    figure.y_label = if ys.len() == 1 { ys[0].clone() } else { String::new() };
    let operation = args.operation();
    for (group, part) in parts(&frame, by.as_deref(), operation)? {
        for y in &ys {
            let name = match (&group, ys.len()) {
                (Some(group), 1) => group.clone(),
                (Some(group), _) => format!("{group}, {y}"),
                (None, 1) => String::new(),
                (None, _) => y.clone(),
            };
            let xs = positions(&part, &x, kind, operation)?;
            figure.series.push(Series { name, xs, ys: numbers(&part, y, operation)? });
        }
    }
    figure.check().map_err(|e| Fault::new("R0402", format!("{operation}: {e}")))?;
    Ok(Value::opaque(FigureValue(figure)))
}

fn hist(args: &mut Args<'_>) -> Result<Value, Fault> {
    let frame = frame_of(args, "frame")?;
    let x = args.required_text("x")?;
    let bins = args.size("bins", 10)?;
    let by = args.optional_text("by")?;
    let operation = args.operation();
    if bins == 0 || bins > 10_000 {
        return Err(Fault::new("R0402", format!("{operation}: bins is from 1 to 10000, found {bins}")));
    }
    let mut figure = Figure::new(Kind::Hist, args.text("title", "")?);
    figure.x_label = x.clone();
    figure.y_label = "count".to_string();
    for (group, part) in parts(&frame, by.as_deref(), operation)? {
        let values: Vec<f64> = numbers(&part, &x, operation)?.into_iter().filter(|v| v.is_finite()).collect();
        let (edges, counts) = histogram(&values, bins);
        figure.series.push(Series { name: group.unwrap_or_default(), xs: Xs::Numbers(edges), ys: counts });
    }
    figure.check().map_err(|e| Fault::new("R0402", format!("{operation}: {e}")))?;
    Ok(Value::opaque(FigureValue(figure)))
}

/// The frame, or its rows by the values of a column in order of first appearance.
fn parts(frame: &Frame, by: Option<&str>, operation: &str) -> Result<Vec<(Option<String>, Frame)>, Fault> {
    let Some(by) = by else { return Ok(vec![(None, frame.clone())]) };
    let keys = column_of(frame, by, operation)?;
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (row, key) in keys.iter().enumerate() {
        if key.is_missing() {
            continue;
        }
        let text = plain(&key);
        match groups.iter_mut().find(|(name, _)| *name == text) {
            Some((_, rows)) => rows.push(row),
            None => groups.push((text, vec![row])),
        }
        if groups.len() > 50 {
            return Err(Fault::new("R0402", format!("{operation}: `{by}` has more than 50 values"))
                .help("Keep the groups that matter before plotting."));
        }
    }
    groups
        .into_iter()
        .map(|(name, rows)| Ok((Some(name), frame.take(&rows).map_err(of_frame(operation))?)))
        .collect()
}

fn column_of(frame: &Frame, label: &str, operation: &str) -> Result<Column, Fault> {
    let position = frame.columns().iter().position(|l| l.as_str() == Some(label));
    if let Some(column) = position.and_then(|p| frame.data().get(p)) {
        return Ok(column.clone());
    }
    // The row labels are a column to whoever plots a grouped table.
    let names = frame.index().names();
    let level = names.iter().position(|n| n.as_str() == Some(label));
    if let Some(column) = level.and_then(|level| frame.index().level_values(level)) {
        return Ok(column);
    }
    let known: Vec<String> =
        frame.columns().iter().chain(names).filter_map(|l| l.as_str().map(str::to_string)).collect();
    let fault = Fault::new("R0402", format!("{operation}: the frame has no column `{label}`"));
    Err(match syntax::suggest::nearest(label, known.iter().map(String::as_str)) {
        Some(near) => fault.help(format!("Did you mean `{near}`?")),
        None => fault.help(format!("Its columns are {}.", known.join(", "))),
    })
}

fn positions(frame: &Frame, label: &str, kind: Kind, operation: &str) -> Result<Xs, Fault> {
    let column = column_of(frame, label, operation)?;
    let numeric = column.dtype().is_numeric() && kind != Kind::Bar;
    if numeric {
        return numbers(frame, label, operation).map(Xs::Numbers);
    }
    if let (DType::Datetime(unit), true) = (column.dtype(), kind != Kind::Bar) {
        let per_us = unit.per_second().max(1_000_000) / 1_000_000;
        let up = 1_000_000 / unit.per_second().min(1_000_000);
        return Ok(Xs::Times(column.as_i64().unwrap_or_default().iter().map(|t| t / per_us * up).collect()));
    }
    Ok(Xs::Categories(column.iter().map(|s| plain(&s)).collect()))
}

fn numbers(frame: &Frame, label: &str, operation: &str) -> Result<Vec<f64>, Fault> {
    let column = column_of(frame, label, operation)?;
    if !column.dtype().is_numeric() && !column.dtype().is_bool() {
        return Err(Fault::new(
            "R0402",
            format!("{operation}: `{label}` is {}, and only numbers can be drawn", column.dtype()),
        ));
    }
    Ok(column.iter().map(|s| s.as_f64().unwrap_or(f64::NAN)).collect())
}

fn plain(scalar: &column::Scalar) -> String {
    match scalar {
        column::Scalar::Str(text) => text.to_string(),
        other => other.to_string(),
    }
}
