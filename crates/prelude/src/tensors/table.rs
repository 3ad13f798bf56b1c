//! Columns as tensors, and back.

use autograd::{DType, Tensor};
use column::Column;
use frame::Series;
use vm::{Fault, Value};

use super::value::{dtype_of, fault, missing, refused, tensor_of, tensor_value};
use crate::args::Args;
use crate::frames::{frame_of, series_of, series_value};
use crate::host::Table;

/// A column's numbers as a tensor of its own dtype.
fn tensor(operation: &str, name: &str, column: &Column) -> Result<Tensor, Fault> {
    let absent = column.missing_count();
    if absent > 0 {
        let text = format!(
            "column `{name}` has {absent} missing value{} of {}: a tensor has no missing values",
            if absent == 1 { "" } else { "s" },
            column.len()
        );
        let zero = if column.dtype().is_bool() { "false" } else { "0" };
        return Err(fault(operation, "ValueError", &text)
            .help(format!("say what they stand for: `[\"{name}\"].fillna({zero})`, or drop those rows")));
    }
    let sizes = [column.len()];
    let made = if let Some(bits) = column.as_bool() {
        Tensor::from_vec(bits.iter().collect::<Vec<bool>>(), &sizes)
    } else if !column.dtype().is_numeric() {
        let text = format!("column `{name}` is {}: a tensor is made of numbers and bools", column.dtype());
        return Err(fault(operation, "TypeError", &text)
            .help("leave the column out, or encode it, as with get_dummies or factorize"));
    } else if let Some(values) = column.as_f64() {
        Tensor::from_vec(values.to_vec(), &sizes)
    } else if let Some(values) = column.as_i64() {
        Tensor::from_vec(values.to_vec(), &sizes)
    } else if let Some(values) = column.native::<f32>() {
        Tensor::from_vec(values.to_vec(), &sizes)
    } else if let Some(values) = column.native::<i32>() {
        Tensor::from_vec(values.to_vec(), &sizes)
    } else if let Some(values) = column.native::<i16>() {
        Tensor::from_vec(values.to_vec(), &sizes)
    } else if let Some(values) = column.native::<i8>() {
        Tensor::from_vec(values.to_vec(), &sizes)
    } else if let Some(values) = column.native::<u8>() {
        Tensor::from_vec(values.to_vec(), &sizes)
    } else {
        return Err(missing(operation, &format!("a tensor of the {} column `{name}`", column.dtype())));
    };
    made.map_err(refused(operation))
}

fn from_series(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let series = series_of(args, "series")?;
    let dtype = dtype_of(args, "dtype")?;
    let made = tensor(operation, &series.name().to_string(), series.values())?;
    let made = made.to_dtype(dtype.unwrap_or(made.dtype())).map_err(refused(operation))?;
    Ok(tensor_value(made.into()))
}

/// A matrix of the columns, rows first. Without a dtype it is the least that holds them all.
fn from_frame(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let frame = frame_of(args, "frame")?;
    let dtype = dtype_of(args, "dtype")?;
    let names = frame.columns().iter().map(|label| label.to_string());
    let columns: Result<Vec<Tensor>, Fault> =
        names.zip(frame.data()).map(|(name, column)| tensor(operation, &name, column)).collect();
    let columns = columns?;
    let dtypes = columns.iter().map(Tensor::dtype);
    let dtype = dtype.or_else(|| dtypes.reduce(common)).unwrap_or(DType::F32);
    let made = (|| {
        if columns.is_empty() {
            return Tensor::zeros(&[i64::try_from(frame.len()).unwrap_or(i64::MAX), 0], dtype);
        }
        let columns: autograd::Result<Vec<Tensor>> = columns.iter().map(|c| c.to_dtype(dtype)).collect();
        Tensor::stack(&columns?, 1)
    })();
    made.map(|t| tensor_value(t.into())).map_err(refused(operation))
}

/// numpy's promotion, as a frame's values have it: an integer beside a float32 makes float64.
fn common(a: DType, b: DType) -> DType {
    if a.is_float() != b.is_float() && a != DType::Bool && b != DType::Bool {
        DType::F64
    } else {
        a.promote(b)
    }
}

/// A vector as a series of the same dtype.
fn to_series(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let tensor = tensor_of(args, "self")?;
    let name = args.optional_text("name")?;
    if tensor.dim() != 1 {
        let text = format!("a series has one dimension, this tensor {} {:?}", tensor.dim(), tensor.sizes());
        return Err(
            fault(operation, "ValueError", &text).help("select a column, or `squeeze(1)` or `flatten()`")
        );
    }
    let data = tensor.data();
    let column = match data.dtype() {
        DType::Bool => data.to_vec::<bool>().map(Column::from),
        DType::U8 => data.to_vec::<u8>().map(Column::from),
        DType::I8 => data.to_vec::<i8>().map(Column::from),
        DType::I16 => data.to_vec::<i16>().map(Column::from),
        DType::I32 => data.to_vec::<i32>().map(Column::from),
        DType::I64 => data.to_vec::<i64>().map(Column::from),
        DType::F32 => data.to_vec::<f32>().map(Column::from),
        DType::F64 => data.to_vec::<f64>().map(Column::from),
    };
    let series = Series::from_column(column.map_err(refused(operation))?);
    Ok(series_value(match name {
        Some(name) => series.with_name(column::Scalar::str(name)),
        None => series,
    }))
}

pub(crate) const TABLE: Table = &[
    ("Tensor.from_frame", |_, a| from_frame(a)),
    ("Tensor.from_series", |_, a| from_series(a)),
    ("Tensor.to_series", |_, a| to_series(a)),
];
