//! An Arrow array as a column: what pyarrow's `to_pandas` makes of it under pandas 3.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType,
    DurationSecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, GenericStringArray, OffsetSizeTrait};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, Field, TimeUnit as ArrowUnit};
use column::{Bitmap, Column, DType, Native, Scalar, TextBuilder, TimeUnit};

use crate::error::{Error, Result};

/// The column of consecutive arrays of one field. `wanted` is the dtype that the file's pandas block names.
///
/// # Errors
/// `NotImplementedError` naming a type that no column holds; `ValueError` for categories that repeat.
pub(super) fn column(field: &Field, arrays: Vec<ArrayRef>, wanted: Option<DType>) -> Result<Column> {
    let nullable = wanted.is_some_and(DType::is_nullable);
    let refused =
        || Error::not_implemented(format!("Arrow type {} (column {})", field.data_type(), field.name()));
    Ok(match field.data_type() {
        DataType::Null => Column::object(vec![Scalar::None; arrays.iter().map(Array::len).sum()]),
        DataType::Boolean => booleans(&arrays, nullable),
        DataType::Int8 => numbers::<Int8Type>(arrays, nullable),
        DataType::Int16 => numbers::<Int16Type>(arrays, nullable),
        DataType::Int32 => numbers::<Int32Type>(arrays, nullable),
        DataType::Int64 => numbers::<Int64Type>(arrays, nullable),
        DataType::UInt8 => numbers::<UInt8Type>(arrays, nullable),
        DataType::UInt16 => numbers::<UInt16Type>(arrays, nullable),
        DataType::UInt32 => numbers::<UInt32Type>(arrays, nullable),
        DataType::UInt64 => numbers::<UInt64Type>(arrays, nullable),
        DataType::Float32 => numbers::<Float32Type>(arrays, nullable),
        DataType::Float64 => numbers::<Float64Type>(arrays, nullable),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => texts(&arrays, wanted),
        DataType::Timestamp(unit, None) => Column::datetime(ticks(arrays, *unit, false), time_unit(*unit)),
        DataType::Timestamp(unit, Some(zone)) => {
            let zone = zone.parse()?;
            Column::zoned(ticks(arrays, *unit, false), time_unit(*unit), zone)
        }
        DataType::Duration(unit) => Column::timedelta(ticks(arrays, *unit, true), time_unit(*unit)),
        DataType::Dictionary(_, _) => categories(field, &arrays)?,
        _ => return Err(refused()),
    })
}

fn time_unit(unit: ArrowUnit) -> TimeUnit {
    match unit {
        ArrowUnit::Second => TimeUnit::Second,
        ArrowUnit::Millisecond => TimeUnit::Milli,
        ArrowUnit::Microsecond => TimeUnit::Micro,
        ArrowUnit::Nanosecond => TimeUnit::Nano,
    }
}

/// The values of consecutive arrays. Those of a single array that nobody else holds stay where they are.
fn gathered<T: ArrowPrimitiveType>(mut arrays: Vec<ArrayRef>) -> (Vec<T::Native>, Option<Bitmap>) {
    let valid = joined_validity(&arrays);
    if let [_] = arrays.as_slice()
        && let Some(array) = arrays.pop()
    {
        let values = array.as_primitive::<T>().values().clone();
        drop(array);
        let len = values.len();
        // A buffer that is a part of another's memory is not given away.
        let values = match values.into_inner().into_vec::<T::Native>() {
            Ok(values) => values,
            Err(shared) => ScalarBuffer::<T::Native>::new(shared, 0, len).to_vec(),
        };
        return (values, valid);
    }
    let mut values = Vec::with_capacity(arrays.iter().map(Array::len).sum());
    for array in arrays {
        values.extend_from_slice(array.as_primitive::<T>().values());
    }
    (values, valid)
}

fn joined_validity(arrays: &[ArrayRef]) -> Option<Bitmap> {
    if arrays.iter().all(|array| array.null_count() == 0) {
        return None;
    }
    Some(arrays.iter().flat_map(|array| (0..array.len()).map(|row| array.is_valid(row))).collect())
}

/// Without a nullable dtype integers beside nulls become float64, and null floats NaN.
fn numbers<T: ArrowPrimitiveType>(arrays: Vec<ArrayRef>, nullable: bool) -> Column
where
    T::Native: Native,
{
    let (mut values, valid) = gathered::<T>(arrays);
    let all = || Bitmap::filled(true, values.len());
    if nullable {
        let valid = valid.unwrap_or_else(all);
        return Column::nullable(values, valid);
    }
    let Some(valid) = valid else { return values.into() };
    if T::Native::NUMBER.is_float() {
        let missing = T::Native::from_f64(f64::NAN);
        values
            .iter_mut()
            .enumerate()
            .filter(|(row, _)| !valid.get(*row))
            .for_each(|(_, value)| *value = missing);
        return values.into();
    }
    let float = |(row, value): (usize, T::Native)| if valid.get(row) { value.to_f64() } else { f64::NAN };
    values.into_iter().enumerate().map(float).collect::<Vec<f64>>().into()
}

fn booleans(arrays: &[ArrayRef], nullable: bool) -> Column {
    let values: Bitmap = arrays.iter().flat_map(|array| array.as_boolean().values().iter()).collect();
    match (joined_validity(arrays), nullable) {
        (valid, true) => {
            let valid = valid.unwrap_or_else(|| Bitmap::filled(true, values.len()));
            Column::boolean(values, valid)
        }
        (None, false) => values.into(),
        (Some(valid), false) => {
            let scalar = |row| if valid.get(row) { Scalar::Bool(values.get(row)) } else { Scalar::None };
            Column::object((0..values.len()).map(scalar).collect())
        }
    }
}

fn texts(arrays: &[ArrayRef], wanted: Option<DType>) -> Column {
    let mut text = TextBuilder::with_capacity(arrays.iter().map(Array::len).sum(), 0);
    for array in arrays {
        match array.data_type() {
            DataType::LargeUtf8 => push_run(&mut text, array.as_string::<i64>()),
            DataType::Utf8View => {
                array.as_string_view().iter().for_each(|value| text.push(value.unwrap_or("")));
            }
            _ => push_run(&mut text, array.as_string::<i32>()),
        }
    }
    let dtype = wanted.filter(|dtype| dtype.is_text()).unwrap_or(DType::Str);
    Column::text(dtype, text.finish(), joined_validity(arrays))
}

/// Appends the texts of an array, their bytes in one piece.
fn push_run<O: OffsetSizeTrait>(text: &mut TextBuilder, array: &GenericStringArray<O>) {
    let offsets = array.value_offsets();
    let (first, last) = match (offsets.first(), offsets.last()) {
        (Some(first), Some(last)) => (first.as_usize(), last.as_usize()),
        _ => (0, 0),
    };
    let run = array.value_data().get(first..last).and_then(|run| std::str::from_utf8(run).ok());
    let ends = offsets.iter().skip(1).map(|end| end.as_usize().saturating_sub(first));
    if !run.is_some_and(|run| text.push_run(run, ends)) {
        array.iter().for_each(|value| text.push(value.unwrap_or("")));
    }
}

fn ticks(arrays: Vec<ArrayRef>, unit: ArrowUnit, duration: bool) -> Vec<i64> {
    let (mut values, valid) = match (unit, duration) {
        (ArrowUnit::Second, false) => gathered::<TimestampSecondType>(arrays),
        (ArrowUnit::Millisecond, false) => gathered::<TimestampMillisecondType>(arrays),
        (ArrowUnit::Microsecond, false) => gathered::<TimestampMicrosecondType>(arrays),
        (ArrowUnit::Nanosecond, false) => gathered::<TimestampNanosecondType>(arrays),
        (ArrowUnit::Second, true) => gathered::<DurationSecondType>(arrays),
        (ArrowUnit::Millisecond, true) => gathered::<DurationMillisecondType>(arrays),
        (ArrowUnit::Microsecond, true) => gathered::<DurationMicrosecondType>(arrays),
        (ArrowUnit::Nanosecond, true) => gathered::<DurationNanosecondType>(arrays),
    };
    if let Some(valid) = valid {
        values
            .iter_mut()
            .enumerate()
            .filter(|(row, _)| !valid.get(*row))
            .for_each(|(_, tick)| *tick = i64::MIN);
    }
    values
}

/// Codes into the categories of all the arrays, in the order in which they come first: each array has a dictionary
/// of its own, and they mostly are the same one.
fn categories(field: &Field, arrays: &[ArrayRef]) -> Result<Column> {
    let ordered = field.dict_is_ordered().unwrap_or(false);
    let values = match field.data_type() {
        DataType::Dictionary(_, value) => Field::new(field.name(), (**value).clone(), true),
        _ => field.clone(),
    };
    let mut labels: Vec<Scalar> = Vec::new();
    let mut places = std::collections::HashMap::new();
    let mut codes = Vec::with_capacity(arrays.iter().map(Array::len).sum());
    let mut last: Option<(ArrayRef, Vec<i32>)> = None;
    for array in arrays {
        let dictionary = array.as_any_dictionary();
        let places = match &last {
            Some((known, places)) if known.to_data().ptr_eq(&dictionary.values().to_data()) => places.clone(),
            _ => {
                let own = column(&values, vec![Arc::clone(dictionary.values())], None)?;
                let mut place = |label: Scalar| -> i32 {
                    if label.is_missing() {
                        return -1;
                    }
                    *places.entry(label.key()).or_insert_with(|| {
                        labels.push(label);
                        i32::try_from(labels.len() - 1).unwrap_or(i32::MAX)
                    })
                };
                own.iter().map(&mut place).collect()
            }
        };
        let keys = dictionary.keys();
        let normalized = match dictionary.values().is_empty() {
            true => vec![0; keys.len()],
            false => dictionary.normalized_keys(),
        };
        codes.extend(normalized.iter().enumerate().map(|(row, &key)| match keys.is_valid(row) {
            true => places.get(key).copied().unwrap_or(-1),
            false => -1,
        }));
        last = Some((dictionary.values().clone(), places));
    }
    let empty = || column(&values, Vec::new(), None);
    let categories = if labels.is_empty() { empty()? } else { Column::infer(labels) };
    Ok(Column::category(codes, categories, ordered)?)
}
