//! Frames and series out of values, and frames joined one below the other.

use column::{Column, Scalar};
use frame::{Concat, Frame, Index, Series, concat, concat_columns};
use vm::{Fault, Value};

use super::frame_methods::assigned;
use super::{FrameValue, frame_value, labels, series_value};
use crate::args::Args;
use crate::convert::{items, to_column};
use crate::engine_error::of_frame;
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
    for (slot, field) in first.desc.fields.iter().enumerate() {
        let mut cells = Vec::with_capacity(rows.len());
        for row in &rows {
            match row {
                Value::Record(record) => cells.push(record.fields.get(slot).cloned().unwrap_or(Value::Null)),
                other => return Err(args.wrong("rows", "a list of records", other)),
            }
        }
        let column = to_column(&Value::list(cells))
            .map_err(|why| Fault::new("R0401", format!("{operation}: {why}")))?;
        let column = match crate::convert::dtype_of(&field.ty) {
            Some(dtype) if dtype != column.dtype() => {
                column.cast(dtype).map_err(crate::engine_error::of_column(operation))?
            }
            _ => column,
        };
        columns.push((Scalar::str(&field.column), column));
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
];
