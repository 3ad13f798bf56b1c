//! Which dtype two dtypes meet in.

use crate::dtype::{DType, TimeUnit};
use crate::interval::Ends;
use crate::number::Number;

/// numpy's promotion of two number types.
pub(crate) fn promote_numbers(a: Number, b: Number) -> Number {
    if a == b {
        return a;
    }
    let wider = |a: Number, b: Number| if a.size_bytes() >= b.size_bytes() { a } else { b };
    match (a.is_float(), b.is_float()) {
        (true, true) => wider(a, b),
        (true, false) => float_for(a, b),
        (false, true) => float_for(b, a),
        (false, false) if a.is_unsigned() == b.is_unsigned() => wider(a, b),
        (false, false) => {
            let (signed, unsigned) = if a.is_unsigned() { (b, a) } else { (a, b) };
            match unsigned {
                _ if signed.size_bytes() > unsigned.size_bytes() => signed,
                Number::UInt8 => Number::Int16,
                Number::UInt16 => Number::Int32,
                Number::UInt32 => Number::Int64,
                _ => Number::Float64,
            }
        }
    }
}

/// A float that holds every value of a float and an integer type, or `float64`.
fn float_for(float: Number, integer: Number) -> Number {
    if float == Number::Float32 && integer.size_bytes() <= 2 { Number::Float32 } else { Number::Float64 }
}

fn finer(a: TimeUnit, b: TimeUnit) -> TimeUnit {
    a.max(b)
}

/// The dtype of pandas' `concat` of columns of dtypes `a` and `b`.
///
/// Unlike arithmetic, `bool` and numbers meet in `object`. Two `category` columns stay `category` here;
/// whether their categories agree is for [`Column::concat`](crate::Column::concat) to see.
#[must_use]
pub fn concat_dtype(a: DType, b: DType) -> DType {
    match (a, b) {
        _ if a == b => a,
        (DType::Number(x), DType::Number(y)) => DType::Number(promote_numbers(x, y)),
        (DType::Nullable(x) | DType::Number(x), DType::Nullable(y) | DType::Number(y)) => {
            DType::Nullable(promote_numbers(x, y))
        }
        (DType::Bool, DType::Boolean) | (DType::Boolean, DType::Bool) => DType::Boolean,
        (DType::Str, DType::String) | (DType::String, DType::Str) => DType::String,
        (DType::Datetime(x), DType::Datetime(y)) => DType::Datetime(finer(x, y)),
        (DType::Zoned(x, zone), DType::Zoned(y, other)) if zone == other => DType::Zoned(finer(x, y), zone),
        (DType::Timedelta(x), DType::Timedelta(y)) => DType::Timedelta(finer(x, y)),
        (DType::Interval(x, closed), DType::Interval(y, other)) if closed == other => {
            match Ends::of(concat_dtype(x.dtype(), y.dtype())) {
                Some(ends) => DType::Interval(ends, closed),
                None => DType::Object,
            }
        }
        _ => DType::Object,
    }
}
