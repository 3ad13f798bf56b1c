//! Tables on their way to Python and back, as Arrow IPC files.

use std::rc::Rc;

use bytecode::TypeDesc;
use column::{Column, DType, Scalar};
use files::{IpcCompression, ReadIpc, Table, ToIpc, read_ipc, to_ipc};
use frame::{Frame, Index};
use vm::{Fault, FaultKind, Value};

use crate::convert::{dtype_of, without_null};
use crate::frames::frame_value;

/// What compressed buffers of a worker's file may grow to: it writes none.
const GROWN_BYTES_MAX: u64 = 0;

/// The frame's columns, named levels of its index first. Row labels without a name stay behind.
///
/// # Errors
/// R0126 for columns that Arrow has no type for; R0203 for labels that are no texts.
pub(super) fn sent(name: &str, frame: &Frame) -> Result<Vec<u8>, Fault> {
    let levels = frame.index().names().into_iter().enumerate();
    let levels = levels.filter_map(|(level, label)| match label {
        Scalar::Str(_) => Some((label, frame.index().level_values(level)?)),
        _ => None,
    });
    let columns = frame.columns().iter().zip(frame.data().iter().cloned());
    let columns: Vec<(Scalar, Column)> = levels.chain(columns).collect();
    if let Some((label, _)) = columns.iter().find(|(label, _)| !matches!(label, Scalar::Str(_))) {
        let message =
            format!("the input `{name}` has a column with the label {label:?}, and Python is given names");
        return Err(Fault::new("R0203", message).help("Rename the columns to texts first: `rename`."));
    }
    let table = Table { row_count: frame.len(), columns, ..Table::default() };
    let options = ToIpc { compression: IpcCompression::Uncompressed, index: Some(false) };
    to_ipc(&table, &options).map_err(|error| {
        Fault::new("R0126", format!("the input `{name}` does not cross to Python: {}", error.message()))
            .kind(FaultKind::Effect)
    })
}

/// The frame of a file that a worker made, which may hold anything.
///
/// # Errors
/// What is wrong with the file, or how the columns differ from the type.
pub(super) fn received(name: &str, ty: &Rc<TypeDesc>, bytes: Vec<u8>) -> Result<Value, String> {
    let options = ReadIpc { decompressed_bytes_max: GROWN_BYTES_MAX, ..ReadIpc::default() };
    let table =
        read_ipc(bytes, &options).map_err(|error| format!("`{name}` is no table: {}", error.message()))?;
    let mut columns = table.columns;
    if let TypeDesc::Frame { columns: Some(wanted), .. } = &**ty {
        columns = typed(name, wanted, columns)?;
    }
    let (labels, data): (Vec<Scalar>, Vec<Column>) = columns.into_iter().unzip();
    Frame::new(Index::from_labels(labels), data, Index::range(table.row_count))
        .map(frame_value)
        .map_err(|error| format!("`{name}` is no table: {}", error.message()))
}

/// The columns in the order and with the dtypes that the type says.
fn typed(
    name: &str,
    wanted: &[(String, Rc<TypeDesc>)],
    found: Vec<(Scalar, Column)>,
) -> Result<Vec<(Scalar, Column)>, String> {
    let is = |label: &Scalar, name: &str| matches!(label, Scalar::Str(text) if **text == *name);
    if let Some((extra, _)) = found.iter().find(|(label, _)| !wanted.iter().any(|(name, _)| is(label, name)))
    {
        return Err(format!("`{name}` has the column {extra:?}, which its type does not have"));
    }
    let column = |(label, ty): &(String, Rc<TypeDesc>)| {
        let (_, column) = found
            .iter()
            .find(|(known, _)| is(known, label))
            .ok_or_else(|| format!("`{name}` has no column `{label}`"))?;
        let (_, nullable) = without_null(ty);
        let misfit = || format!("the column `{label}` of `{name}` is {}, expected {ty}", column.dtype());
        let dtype = dtype_of(ty).ok_or_else(misfit)?;
        if !nullable && column.valid().is_some_and(|valid| (0..column.len()).any(|row| !valid.get(row))) {
            return Err(format!("the column `{label}` of `{name}` has missing values, expected {ty}"));
        }
        let converts = match (column.dtype(), dtype) {
            (a, b) if a == b => true,
            (DType::INT64, DType::FLOAT64 | DType::NULLABLE_INT64)
            | (DType::FLOAT64, DType::NULLABLE_INT64) => true,
            (DType::Bool, DType::Boolean) | (DType::Datetime(_), DType::Datetime(_)) => true,
            (DType::Timedelta(_), DType::Timedelta(_)) => true,
            // Nothing but missing values, or truth values beside them.
            (DType::Object, _) => nullable || column.is_empty(),
            _ => false,
        };
        match converts {
            true => Ok((Scalar::str(label), column.cast(dtype).map_err(|_| misfit())?)),
            false => Err(misfit()),
        }
    };
    wanted.iter().map(column).collect()
}
