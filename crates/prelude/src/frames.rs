//! Tables: the bindings of `Frame`, `Series`, `GroupBy` and what belongs to them.

mod accessors;
pub(crate) mod csv;
mod frame_methods;
mod groups;
mod json;
mod make;
pub(crate) mod operators;
mod record;
mod row;
mod series_methods;

use std::any::Any;

use column::Scalar;
use frame::{Frame, Series};
use vm::{Fault, Opaque, Value};

use crate::args::Args;
use crate::host::Table;

pub(crate) const TABLES: &[Table] = &[
    accessors::TABLE,
    csv::TABLE,
    frame_methods::TABLE,
    groups::TABLE,
    json::TABLE,
    make::TABLE,
    operators::TABLE,
    row::TABLE,
    series_methods::TABLE,
];

pub(crate) struct FrameValue(pub Frame);

impl Opaque for FrameValue {
    fn type_name(&self) -> &'static str {
        "Frame"
    }

    fn display(&self) -> String {
        self.0.repr(&frame::ReprOptions::default())
    }

    fn encode(&self) -> Vec<u8> {
        self.0.to_bytes().unwrap_or_default()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, _: &dyn Opaque) -> Result<bool, String> {
        Err("`==` on frames compares element by element, as in pandas; compare their hashes instead"
            .to_string())
    }
}

pub(crate) struct SeriesValue(pub Series);

impl Opaque for SeriesValue {
    fn type_name(&self) -> &'static str {
        "Series"
    }

    fn display(&self) -> String {
        self.0.repr(&frame::ReprOptions::default())
    }

    fn encode(&self) -> Vec<u8> {
        self.0.to_bytes().unwrap_or_default()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, _: &dyn Opaque) -> Result<bool, String> {
        Err("`==` on series gives a series; `.all()` makes one Bool of it".to_string())
    }
}

/// What reads a part of a table and is no value of its own.
#[derive(Clone)]
pub(crate) enum View {
    Loc(Frame),
    ILoc(Frame),
    SeriesLoc(Series),
    SeriesILoc(Series),
    Text(Series),
    Time(Series),
    Rolling { series: Series, window: usize, min_periods: Option<usize> },
    Groups(groups::Grouping),
}

impl Opaque for View {
    fn type_name(&self) -> &'static str {
        match self {
            View::Loc(_) | View::SeriesLoc(_) => "Loc",
            View::ILoc(_) | View::SeriesILoc(_) => "ILoc",
            View::Text(_) => "StringMethods",
            View::Time(_) => "DatetimeMethods",
            View::Rolling { .. } => "Rolling",
            View::Groups(_) => "GroupBy",
        }
    }

    fn display(&self) -> String {
        format!("<{}>", self.type_name())
    }

    /// The table behind it; a view is stored as what it looks at and how.
    fn encode(&self) -> Vec<u8> {
        match self {
            View::Loc(frame) | View::ILoc(frame) => frame.to_bytes().unwrap_or_default(),
            View::SeriesLoc(s) | View::SeriesILoc(s) | View::Text(s) | View::Time(s) => {
                s.to_bytes().unwrap_or_default()
            }
            View::Rolling { series, window, min_periods } => {
                let mut bytes = series.to_bytes().unwrap_or_default();
                // The window, and 0 or 1 and the least number of values; numbers in eight bytes, little endian.
                bytes.extend((*window as u64).to_le_bytes());
                bytes.push(u8::from(min_periods.is_some()));
                bytes.extend(min_periods.iter().flat_map(|count| (*count as u64).to_le_bytes()));
                bytes
            }
            View::Groups(grouping) => grouping.encode(),
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, _: &dyn Opaque) -> Result<bool, String> {
        Err(format!("`==` has no meaning on a {}", self.type_name()))
    }
}

pub(crate) fn decode(type_name: &str, bytes: &[u8]) -> Option<Result<Value, String>> {
    match type_name {
        "Frame" => Some(Frame::from_bytes(bytes).map(frame_value).map_err(|e| e.to_string())),
        "Series" => Some(Series::from_bytes(bytes).map(series_value).map_err(|e| e.to_string())),
        _ => None,
    }
}

pub(crate) fn frame_value(frame: Frame) -> Value {
    Value::opaque(FrameValue(frame))
}

pub(crate) fn series_value(series: Series) -> Value {
    Value::opaque(SeriesValue(series))
}

pub(crate) fn view(view: View) -> Value {
    Value::opaque(view)
}

/// The next argument, which is a frame.
pub(crate) fn frame_of(args: &mut Args<'_>, name: &str) -> Result<Frame, Fault> {
    let value = args.required(name)?;
    match (value.downcast::<FrameValue>(), value.downcast::<SeriesValue>()) {
        (Some(frame), _) => Ok(frame.0.clone()),
        // A series stands for its frame wherever one is drawn or joined.
        (None, Some(series)) => {
            series.0.reset_index().map_err(crate::engine_error::of_frame(args.operation()))
        }
        (None, None) => Err(args.wrong(name, "a Frame", value)),
    }
}

pub(crate) fn series_of(args: &mut Args<'_>, name: &str) -> Result<Series, Fault> {
    let value = args.required(name)?;
    match value.downcast::<SeriesValue>() {
        Some(series) => Ok(series.0.clone()),
        None => Err(args.wrong(name, "a Series", value)),
    }
}

/// Texts as labels.
pub(crate) fn labels(texts: &[String]) -> Vec<Scalar> {
    texts.iter().map(Scalar::str).collect()
}
