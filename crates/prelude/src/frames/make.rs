//! Frames and series out of values, and frames joined one below the other.

use column::{Column, DType, Scalar};
use frame::{
    BinLabels, Bins, Concat, Cut, Dummies, Frame, Index, Normalize, OnError, Series, concat, concat_columns,
};
use vm::{Fault, Value};

use super::frame_methods::assigned;
use super::record;
use super::{FrameValue, frame_of, frame_value, labels, series_of, series_value};
use crate::args::Args;
use crate::convert::{items, to_column, to_scalar};
use crate::engine_error::{of_frame, table};
use crate::host::Table;

fn frame(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let mut frame: Option<Frame> = None;
    for (name, value) in args.rest_named() {
        let made = assigned(args, name, value)?;
        let next = match frame.take() {
            Some(frame) => frame.assign(Scalar::str(name), made),
            None => match made {
                frame::Assigned::Series(series) => Frame::new(
                    Index::from_strings(&[name]),
                    vec![series.values().clone()],
                    series.index().clone(),
                ),
                frame::Assigned::Column(column) => Frame::from_columns([(Scalar::str(name), column)]),
                frame::Assigned::Scalar(scalar) => {
                    Frame::from_columns([(Scalar::str(name), Column::repeat(&scalar, 1))])
                }
            },
        };
        frame = Some(next.map_err(of_frame(operation))?);
    }
    match frame {
        Some(frame) => Ok(frame_value(frame)),
        None => {
            Frame::from_columns(Vec::<(Scalar, Column)>::new()).map(frame_value).map_err(of_frame(operation))
        }
    }
}

fn from_records(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let value = args.required("rows")?;
    let rows = items(value).ok_or_else(|| args.wrong("rows", "a list of records", value))?;
    let Some(Value::Record(first)) = rows.first() else {
        return Err(Fault::new("R0401", format!("{operation}: rows are records, and there is at least one")));
    };
    let mut columns = Vec::new();
    for (slot, field) in record::fields(operation, &first.desc)?.into_iter().enumerate() {
        let mut cells = Vec::with_capacity(rows.len());
        for row in &rows {
            let Value::Record(record) = row else { return Err(args.wrong("rows", "a list of records", row)) };
            let value = record.fields.get(slot).cloned().unwrap_or(Value::Null);
            let unfit = || {
                let (column, found) = (&field.name, value.type_name());
                Fault::new(
                    "R0401",
                    format!("{operation}: column '{column}': a {found} cannot stand in a column"),
                )
            };
            cells.push(to_scalar(&value).ok_or_else(unfit)?);
        }
        columns.push((Scalar::str(&field.name), field.typed(operation, cells)?));
    }
    Frame::from_columns(columns).map(frame_value).map_err(of_frame(operation))
}

fn join(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let value = args.required("frames")?;
    let list = items(value).ok_or_else(|| args.wrong("frames", "a list of frames", value))?;
    let mut frames = Vec::new();
    for item in &list {
        match item.downcast::<FrameValue>() {
            Some(frame) => frames.push(&frame.0),
            None => return Err(args.wrong("frames", "a list of frames", item)),
        }
    }
    let axis = args.int("axis", 0)?;
    let options = Concat {
        ignore_index: args.flag("ignore_index", false)?,
        keys: labels(&args.texts("keys")?),
        ..Concat::default()
    };
    let joined = match axis {
        0 => concat(&frames, &options),
        1 => concat_columns(&frames, &options),
        other => {
            return Err(Fault::new(
                "R0401",
                format!("{operation}: ValueError: No axis named {other} for object type DataFrame"),
            ));
        }
    };
    joined.map(frame_value).map_err(of_frame(operation))
}

/// A column of zeros and ones for each value of a column, one prefix for each column that is encoded.
fn get_dummies(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let mut frame = frame_of(args, "frame")?;
    let columns = labels(&args.texts("columns")?);
    let drop_first = args.flag("drop_first", false)?;
    let prefixes = args.texts("prefix")?;
    let dtype = match args.optional("dtype") {
        None => DType::Bool,
        Some(value) => super::frame_methods::dtype(args, "dtype", value)?,
    };
    let options = Dummies { drop_first, dtype, ..Dummies::default() };
    let encoded = match columns.is_empty() {
        true => frame
            .columns()
            .iter()
            .zip(frame.data())
            .filter(|(_, column)| {
                let dtype = column.dtype();
                dtype.is_text() || matches!(dtype, DType::Object | DType::Category)
            })
            .map(|(label, _)| label)
            .collect(),
        false => columns,
    };
    if prefixes.is_empty() {
        let options = Dummies { columns: Some(encoded), ..options };
        return frame.get_dummies(&options).map(frame_value).map_err(of_frame(operation));
    }
    if prefixes.len() != encoded.len() {
        let (given, wanted) = (prefixes.len(), encoded.len());
        let message = format!(
            "Length of 'prefix' ({given}) did not match the length of the columns being encoded ({wanted})."
        );
        return Err(table(operation, "ValueError", &message));
    }
    // Each column's dummies go to the end, so one column after the other gives the order of all at once.
    for (label, prefix) in encoded.into_iter().zip(prefixes) {
        let options = Dummies { columns: Some(vec![label]), prefix: Some(prefix), ..options.clone() };
        frame = frame.get_dummies(&options).map_err(of_frame(operation))?;
    }
    Ok(frame_value(frame))
}

/// More intervals than this get no labels made for them.
const INTERVALS_MAX: usize = 1 << 16;

/// The labels of `count` intervals, if they are counted: those given, else the intervals themselves.
fn interval_labels(args: &mut Args<'_>, count: Option<usize>) -> Result<BinLabels, Fault> {
    let operation = args.operation();
    let texts = args.texts("labels")?;
    // Intervals that no label names are refused before any are made.
    match count {
        Some(count) if texts.is_empty() && count > INTERVALS_MAX => {
            let message =
                format!("{operation} makes at most {INTERVALS_MAX} intervals, {count} were asked for");
            Err(Fault::new("R0905", message))
        }
        Some(count) if !texts.is_empty() && count != texts.len() => {
            let message = "Bin labels must be one fewer than the number of bin edges";
            Err(table(operation, "ValueError", message))
        }
        _ if texts.is_empty() => Ok(BinLabels::Intervals),
        _ => Ok(BinLabels::Labels(labels(&texts))),
    }
}

/// Numbers in a list, as cells that keep their kind.
fn numbers(args: &Args<'_>, name: &str, value: &Value) -> Result<Vec<Scalar>, Fault> {
    items(value)
        .ok_or_else(|| args.wrong(name, "an Int or a list of numbers", value))?
        .iter()
        .map(|item| match (item.as_number(), to_scalar(item)) {
            (Some(_), Some(scalar)) => Ok(scalar),
            _ => Err(args.wrong(name, "a list of numbers", item)),
        })
        .collect()
}

fn cut(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let x = series_of(args, "x")?;
    let value = args.required("bins")?;
    let bins = match value {
        Value::Int(count) if *count < 1 => {
            return Err(table(operation, "ValueError", "`bins` should be a positive integer."));
        }
        Value::Int(count) => Bins::Count(usize::try_from(*count).unwrap_or(usize::MAX)),
        other => Bins::Edges(numbers(args, "bins", other)?),
    };
    let count = if let Bins::Count(count) = &bins { Some(*count) } else { None };
    let labels = interval_labels(args, count)?;
    let options = Cut {
        right: args.flag("right", true)?,
        include_lowest: args.flag("include_lowest", false)?,
        ..Cut::default()
    };
    x.cut(&bins, &labels, options).map(series_value).map_err(of_frame(operation))
}

/// The shares of `q` quantiles, as numpy spaces them.
fn shares(count: usize) -> Vec<f64> {
    let step = 1.0 / count as f64;
    (0..=count).map(|at| if at == count { 1.0 } else { at as f64 * step }).collect()
}

fn qcut(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let x = series_of(args, "x")?;
    let q = args.required("q")?;
    let count = match q {
        Value::Int(count) if *count < 1 => return Err(args.wrong("q", "an Int from 1", q)),
        Value::Int(count) => Some(usize::try_from(*count).unwrap_or(usize::MAX)),
        _ => None,
    };
    let labels = interval_labels(args, count)?;
    let quantiles = match count {
        Some(count) => shares(count),
        None => numbers(args, "q", q)?.iter().filter_map(Scalar::as_f64).collect(),
    };
    if quantiles.iter().any(|share| !(0.0..=1.0).contains(share)) {
        return Err(table(operation, "ValueError", "percentiles should all be in the interval [0, 1]"));
    }
    x.qcut(&quantiles, &labels, false).map(series_value).map_err(of_frame(operation))
}

fn crosstab(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let index = series_of(args, "index")?;
    let columns = series_of(args, "columns")?;
    let normalize = match args.optional_text("normalize")? {
        None => Normalize::None,
        Some(text) => Normalize::parse(&text).map_err(of_frame(operation))?,
    };
    frame::crosstab(&index, &columns, normalize).map(frame_value).map_err(of_frame(operation))
}

fn to_datetime(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let x = series_of(args, "x")?;
    let format = args.optional_text("format")?;
    let errors = OnError::parse(&args.text("errors", "raise")?).map_err(of_frame(operation))?;
    if args.flag("dayfirst", false)? {
        return Err(Fault::new("R0126", format!("{operation} with dayfirst is not built yet"))
            .help("Say the format: format: \"%d/%m/%Y\"."));
    }
    x.to_datetime(format.as_deref(), errors).map(series_value).map_err(of_frame(operation))
}

fn to_numeric(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let x = series_of(args, "x")?;
    let errors = OnError::parse(&args.text("errors", "raise")?).map_err(of_frame(operation))?;
    x.to_numeric(errors).map(series_value).map_err(of_frame(operation))
}

pub(crate) const TABLE: Table = &[
    ("Frame", |_, a| frame(a)),
    ("Frame.from_records", |_, a| from_records(a)),
    ("Series", |_, a| {
        let value = a.required("values")?;
        let column = to_column(value).map_err(|why| Fault::new("R0401", format!("Series: {why}")))?;
        let series = Series::from_column(column);
        Ok(series_value(match a.optional_text("name")? {
            Some(name) => series.with_name(Scalar::str(name)),
            None => series,
        }))
    }),
    ("concat", |_, a| join(a)),
    ("crosstab", |_, a| crosstab(a)),
    ("cut", |_, a| cut(a)),
    ("get_dummies", |_, a| get_dummies(a)),
    ("qcut", |_, a| qcut(a)),
    ("to_datetime", |_, a| to_datetime(a)),
    ("to_numeric", |_, a| to_numeric(a)),
];
