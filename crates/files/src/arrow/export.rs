//! A column as an Arrow array: what pyarrow makes of the same pandas column.

use std::sync::Arc;

use arrow_array::builder::LargeStringBuilder;
use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, ArrowTimestampType, DurationMicrosecondType,
    DurationMillisecondType, DurationNanosecondType, DurationSecondType, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, LargeStringArray, NullArray, PrimitiveArray, StringArray,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use column::{Bitmap, Column, DType, Native, Number, Scalar, TimeUnit};

use crate::error::{Error, Result};

fn bits(bitmap: &Bitmap) -> BooleanBuffer {
    BooleanBuffer::new(Buffer::from_vec(bitmap.words().collect::<Vec<u64>>()), 0, bitmap.len())
}

fn nulls(column: &Column) -> Option<NullBuffer> {
    column.valid().map(|valid| NullBuffer::new(bits(&valid)))
}

/// The array of a column called `name`; NaN is null, as pyarrow takes it from pandas.
///
/// # Errors
/// pyarrow's for objects that no Arrow type holds together; `NotImplementedError` naming what is left out.
pub(super) fn array(name: &str, column: &Column) -> Result<ArrayRef> {
    Ok(match column.dtype() {
        DType::Bool | DType::Boolean => {
            let values = column.as_bool().map(bits).unwrap_or_else(|| BooleanBuffer::new_unset(0));
            Arc::new(BooleanArray::new(values, nulls(column)))
        }
        DType::Number(number) | DType::Nullable(number) => numbers(number, column),
        DType::Str | DType::String => texts(column),
        DType::Datetime(unit) => match unit {
            TimeUnit::Second => natives::<TimestampSecondType>(column),
            TimeUnit::Milli => natives::<TimestampMillisecondType>(column),
            TimeUnit::Micro => natives::<TimestampMicrosecondType>(column),
            TimeUnit::Nano => natives::<TimestampNanosecondType>(column),
        },
        DType::Timedelta(unit) => match unit {
            TimeUnit::Second => natives::<DurationSecondType>(column),
            TimeUnit::Milli => natives::<DurationMillisecondType>(column),
            TimeUnit::Micro => natives::<DurationMicrosecondType>(column),
            TimeUnit::Nano => natives::<DurationNanosecondType>(column),
        },
        DType::Category => dictionary(name, column)?,
        dtype @ DType::Interval(..) => {
            return Err(Error::not_implemented(format!("lumen.pandas: Arrow's form of dtype {dtype}")));
        }
        DType::Object => objects(name, column.as_object().unwrap_or(&[]))?,
        DType::Zoned(unit, zone) => {
            let zone: Arc<str> = zone.to_string().into();
            match unit {
                TimeUnit::Second => zoned::<TimestampSecondType>(column, zone),
                TimeUnit::Milli => zoned::<TimestampMillisecondType>(column, zone),
                TimeUnit::Micro => zoned::<TimestampMicrosecondType>(column, zone),
                TimeUnit::Nano => zoned::<TimestampNanosecondType>(column, zone),
            }
        }
    })
}

fn natives<T: ArrowPrimitiveType>(column: &Column) -> ArrayRef
where
    T::Native: Native,
{
    let values: Vec<T::Native> = column.native::<T::Native>().unwrap_or(&[]).to_vec();
    Arc::new(PrimitiveArray::<T>::new(ScalarBuffer::from(values), nulls(column)))
}

fn zoned<T: ArrowTimestampType>(column: &Column, zone: Arc<str>) -> ArrayRef {
    let ticks: Vec<i64> = column.as_i64().unwrap_or(&[]).to_vec();
    Arc::new(PrimitiveArray::<T>::new(ScalarBuffer::from(ticks), nulls(column)).with_timezone(zone))
}

fn numbers(number: Number, column: &Column) -> ArrayRef {
    match number {
        Number::Int8 => natives::<Int8Type>(column),
        Number::Int16 => natives::<Int16Type>(column),
        Number::Int32 => natives::<Int32Type>(column),
        Number::Int64 => natives::<Int64Type>(column),
        Number::UInt8 => natives::<UInt8Type>(column),
        Number::UInt16 => natives::<UInt16Type>(column),
        Number::UInt32 => natives::<UInt32Type>(column),
        Number::UInt64 => natives::<UInt64Type>(column),
        Number::Float32 => natives::<Float32Type>(column),
        Number::Float64 => natives::<Float64Type>(column),
    }
}

fn texts(column: &Column) -> ArrayRef {
    let Some(text) = column.as_text() else { return Arc::new(NullArray::new(column.len())) };
    let lengths: Vec<usize> = text.iter().map(str::len).collect();
    let offsets = OffsetBuffer::<i64>::from_lengths(lengths.iter().copied());
    let mut bytes = Vec::with_capacity(lengths.iter().sum());
    text.iter().for_each(|each| bytes.extend_from_slice(each.as_bytes()));
    Arc::new(LargeStringArray::new(offsets, Buffer::from_vec(bytes), nulls(column)))
}

/// Codes as narrow as pandas keeps them, over categories; strings with 32-bit offsets as pyarrow writes them.
fn dictionary(name: &str, column: &Column) -> Result<ArrayRef> {
    fn keyed<K: ArrowDictionaryKeyType>(
        codes: &[i32],
        narrow: impl Fn(i32) -> K::Native,
        values: ArrayRef,
    ) -> Result<ArrayRef> {
        let keys: PrimitiveArray<K> = codes.iter().map(|&code| (code >= 0).then(|| narrow(code))).collect();
        let array = DictionaryArray::<K>::try_new(keys, values)
            .map_err(|error| super::invalid(format!("categories: {error}")))?;
        Ok(Arc::new(array))
    }
    let (codes, Some(categories)) = (column.codes().unwrap_or(&[]), column.categories()) else {
        return Err(Error::value("a category column without categories"));
    };
    let values: ArrayRef = match categories.as_text() {
        Some(text) => Arc::new(text.iter().map(Some).collect::<StringArray>()),
        None => array(name, categories)?,
    };
    match categories.len() {
        0..=0x7f => keyed::<Int8Type>(codes, |code| code as i8, values),
        0x80..=0x7fff => keyed::<Int16Type>(codes, |code| code as i16, values),
        _ => keyed::<Int32Type>(codes, |code| code, values),
    }
}

/// Objects of one kind in that kind's type; pyarrow's errors where kinds meet.
fn objects(name: &str, scalars: &[Scalar]) -> Result<ArrayRef> {
    let mut present = scalars.iter().filter(|scalar| !scalar.is_missing());
    let Some(first) = present.next() else { return Ok(Arc::new(NullArray::new(scalars.len()))) };
    let failed = |what: String| {
        super::invalid(format!("('{what}', 'Conversion failed for column {name} with type object')"))
    };
    match first {
        Scalar::Str(_) => {
            let mut builder = LargeStringBuilder::new();
            for scalar in scalars {
                match scalar {
                    Scalar::Str(text) => builder.append_value(text),
                    missing if missing.is_missing() => builder.append_null(),
                    other => {
                        let message = format!(
                            "(\"Expected bytes, got a '{}' object\", 'Conversion failed for column {name} with type \
                             object')",
                            other.type_name()
                        );
                        return Err(column::Error::new(column::ErrorKind::Type, message).into());
                    }
                }
            }
            Ok(Arc::new(builder.finish()))
        }
        Scalar::Bool(_)
        | Scalar::Int(_)
        | Scalar::UInt(_)
        | Scalar::Float(_)
        | Scalar::Datetime(..)
        | Scalar::Zoned(..)
        | Scalar::Timedelta(..) => {
            let kind = |scalar: &Scalar| match scalar {
                Scalar::Int(_) | Scalar::Float(_) => 1,
                Scalar::Bool(_) => 2,
                Scalar::Datetime(..) | Scalar::Zoned(..) => 3,
                Scalar::Timedelta(..) => 4,
                _ => 0,
            };
            let wanted = kind(first);
            if wanted == 0 {
                return Err(column::Error::new(
                    column::ErrorKind::Overflow,
                    "Python int too large to convert to C long",
                )
                .into());
            }
            if let Some(other) = present.find(|scalar| kind(scalar) != wanted) {
                let target = match first {
                    Scalar::Bool(_) => "boolean",
                    Scalar::Float(_) => "double",
                    _ => "int64",
                };
                return Err(failed(format!(
                    "Could not convert {} with type {}: tried to convert to {target}",
                    other.repr(),
                    other.type_name()
                )));
            }
            let floats = wanted == 1
                && scalars.iter().any(|scalar| matches!(scalar, Scalar::Float(value) if !value.is_nan()));
            match wanted {
                1 if floats => Ok(Arc::new(
                    scalars
                        .iter()
                        .map(|scalar| scalar.as_f64().filter(|value| !value.is_nan()))
                        .collect::<PrimitiveArray<Float64Type>>(),
                )),
                1 => Ok(Arc::new(
                    scalars
                        .iter()
                        .map(|scalar| match scalar {
                            Scalar::Int(value) => Some(*value),
                            _ => None,
                        })
                        .collect::<PrimitiveArray<Int64Type>>(),
                )),
                2 => Ok(Arc::new(
                    scalars
                        .iter()
                        .map(|scalar| match scalar {
                            Scalar::Bool(value) => Some(*value),
                            _ => None,
                        })
                        .collect::<BooleanArray>(),
                )),
                _ => {
                    let typed = Column::infer(scalars.to_vec());
                    match typed.dtype() {
                        DType::Object => Err(Error::not_implemented("Arrow array of mixed times")),
                        _ => array(name, &typed),
                    }
                }
            }
        }
        Scalar::Big(_) => {
            Err(column::Error::new(column::ErrorKind::Overflow, "Python int too large to convert to C long")
                .into())
        }
        other => Err(Error::not_implemented(format!(
            "Arrow array of {} objects (column {name})",
            other.type_name()
        ))),
    }
}
