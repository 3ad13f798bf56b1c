//! The column: values of one dtype with their missing values.

use std::sync::Arc;

use crate::bitmap::Bitmap;
use crate::buffer::Buffer;
use crate::dtype::DType;
use crate::number::Native;
use crate::scalar::Scalar;
use crate::text::Text;
use crate::values::{Category, Values, for_number};

/// An immutable run of values of one [`DType`]. Clones and slices share memory.
///
/// Missing values are NaN in float columns, scalars in `object` columns, and unset validity bits
/// everywhere else; `validity` is absent where nothing is missing. Missing slots hold fixed bytes: 0,
/// an empty string, code −1, or `i64::MIN` for times.
///
/// ```
/// use column::{Column, DType, Scalar};
///
/// let column = Column::from(vec![1i64, 2, 3]);
/// assert_eq!(column.dtype(), DType::INT64);
/// let moved = column.reindex(&[2, -1])?;
/// assert_eq!(moved.dtype(), DType::FLOAT64); // a missing value entered: pandas' dtype change
/// assert_eq!(moved.get(0), Some(Scalar::Float(3.0)));
/// assert!(moved.is_missing(1));
/// # Ok::<(), column::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Column {
    dtype: DType,
    values: Values,
    validity: Option<Bitmap>,
}

impl Column {
    /// The one place where columns are made: drops a validity that says nothing.
    pub(crate) fn new(dtype: DType, values: Values, validity: Option<Bitmap>) -> Self {
        debug_assert!(validity.as_ref().is_none_or(|bits| bits.len() == values.len()));
        Self { dtype, values, validity: validity.filter(|bits| !bits.all()) }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The dtype.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    pub(crate) fn values(&self) -> &Values {
        &self.values
    }

    /// Which slots hold a value, where the dtype keeps a validity bitmap and something is missing.
    /// Floats and objects mark missing values in the values; see [`Column::valid`].
    #[must_use]
    pub fn validity(&self) -> Option<&Bitmap> {
        self.validity.as_ref()
    }

    /// Whether row `i` is missing; rows past the end are.
    #[must_use]
    pub fn is_missing(&self, i: usize) -> bool {
        match &self.values {
            Values::Float32(buffer) if self.validity.is_none() => buffer.get(i).is_none_or(|v| v.is_nan()),
            Values::Float64(buffer) if self.validity.is_none() => buffer.get(i).is_none_or(|v| v.is_nan()),
            Values::Object(objects) => objects.is_missing(i),
            values => i >= values.len() || self.validity.as_ref().is_some_and(|bits| !bits.get(i)),
        }
    }

    /// Which rows hold a value; `None` when all do (pandas' `notna`).
    #[must_use]
    pub fn valid(&self) -> Option<Bitmap> {
        if let Some(bits) = &self.validity {
            return Some(bits.clone());
        }
        let bits = match &self.values {
            Values::Float32(buffer) => Bitmap::of_values(buffer, |value| !value.is_nan()),
            Values::Float64(buffer) => Bitmap::of_values(buffer, |value| !value.is_nan()),
            Values::Object(objects) => objects.valid(),
            _ => return None,
        };
        Some(bits).filter(|bits| !bits.all())
    }

    /// Number of missing rows.
    #[must_use]
    pub fn missing_count(&self) -> usize {
        self.valid().map_or(0, |bits| bits.len() - bits.count_ones())
    }

    /// The value of row `i` as pandas reads it (a missing `str` is NaN, a missing `Int64` is NA);
    /// `None` past the end.
    #[must_use]
    pub fn get(&self, i: usize) -> Option<Scalar> {
        if i >= self.len() {
            return None;
        }
        if self.validity.as_ref().is_some_and(|bits| !bits.get(i)) {
            return Some(self.missing_scalar());
        }
        Some(match &self.values {
            Values::Bool(bits) => Scalar::Bool(bits.get(i)),
            Values::Int64(buffer) => {
                let value = buffer[i];
                match self.dtype {
                    DType::Datetime(unit) => Scalar::Datetime(value, unit),
                    DType::Zoned(unit, zone) => Scalar::Zoned(value, unit, zone),
                    DType::Timedelta(unit) => Scalar::Timedelta(value, unit),
                    _ => Scalar::Int(value),
                }
            }
            Values::Text(text) => Scalar::str(text.get(i)),
            Values::Category(category) => {
                let code = usize::try_from(category.codes[i]).unwrap_or(usize::MAX);
                category.categories.get(code).unwrap_or(Scalar::NAN)
            }
            Values::Interval(intervals) => intervals.get(i),
            Values::Object(scalars) => scalars[i].clone(),
            numbers => for_number!(numbers, buffer => buffer[i].scalar(), _ => Scalar::None),
        })
    }

    /// What a missing row of this dtype reads as.
    #[must_use]
    pub fn missing_scalar(&self) -> Scalar {
        match self.dtype {
            DType::Boolean | DType::Nullable(_) | DType::String => Scalar::NA,
            dtype if dtype.is_time() => Scalar::NaT,
            _ => Scalar::NAN,
        }
    }

    /// All values in order, as [`Column::get`] reads them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Scalar> + '_ {
        (0..self.len()).map(|i| self.get(i).unwrap_or(Scalar::None))
    }

    /// The buffer of a numeric, datetime or timedelta column of native type `T`. Missing slots hold
    /// the fixed bytes; look at [`Column::valid`].
    #[must_use]
    pub fn native<T: Native>(&self) -> Option<&[T]> {
        self.buffer().map(|buffer| &**buffer)
    }

    pub(crate) fn buffer<T: Native>(&self) -> Option<&Buffer<T>> {
        T::unwrap_values(&self.values)
    }

    /// The values of an `int64`, `Int64`, datetime or timedelta column.
    #[must_use]
    pub fn as_i64(&self) -> Option<&[i64]> {
        self.native()
    }

    /// The values of a `float64` or `Float64` column.
    #[must_use]
    pub fn as_f64(&self) -> Option<&[f64]> {
        self.native()
    }

    /// The bits of a `bool` or `boolean` column.
    #[must_use]
    pub fn as_bool(&self) -> Option<&Bitmap> {
        match &self.values {
            Values::Bool(bits) => Some(bits),
            _ => None,
        }
    }

    /// The strings of a `str` or `string` column; missing ones are empty.
    #[must_use]
    pub fn as_text(&self) -> Option<&Text> {
        match &self.values {
            Values::Text(text) => Some(text),
            _ => None,
        }
    }

    /// String `i` of a `str` or `string` column; `None` where missing.
    #[must_use]
    pub fn str_at(&self, i: usize) -> Option<&str> {
        match self.as_text() {
            Some(text) if !self.is_missing(i) => Some(text.get(i)),
            _ => None,
        }
    }

    /// The scalars of an `object` column.
    #[must_use]
    pub fn as_object(&self) -> Option<&[Scalar]> {
        match &self.values {
            Values::Object(scalars) => Some(scalars),
            _ => None,
        }
    }

    /// The codes of a `category` column, −1 where missing.
    #[must_use]
    pub fn codes(&self) -> Option<&[i32]> {
        self.as_category().map(|category| &*category.codes)
    }

    /// The categories of a `category` column.
    #[must_use]
    pub fn categories(&self) -> Option<&Column> {
        self.as_category().map(|category| &*category.categories)
    }

    /// Whether a `category` column's categories have an order.
    #[must_use]
    pub fn is_ordered(&self) -> bool {
        self.as_category().is_some_and(|category| category.ordered)
    }

    pub(crate) fn as_category(&self) -> Option<&Category> {
        match &self.values {
            Values::Category(category) => Some(category),
            _ => None,
        }
    }

    /// Rows `start..end`, sharing memory; positions past the end are cut off.
    #[must_use]
    pub fn slice(&self, start: usize, end: usize) -> Self {
        let start = start.min(self.len());
        let range = start..end.clamp(start, self.len());
        let validity = self.validity.as_ref().map(|bits| bits.slice(range.clone()));
        Self::new(self.dtype, self.values.slice(range), validity)
    }

    pub(crate) fn with_category(codes: Vec<i32>, categories: Arc<Column>, ordered: bool) -> Self {
        let validity = codes.iter().map(|&code| code >= 0).collect();
        let values = Values::Category(Category { codes: codes.into(), categories, ordered });
        Self::new(DType::Category, values, Some(validity))
    }
}

impl PartialEq for Column {
    /// Same dtype, same length, same values and missing values in every row (NaN equals NaN, −0.0
    /// differs from 0.0), same categories.
    fn eq(&self, other: &Self) -> bool {
        self.dtype == other.dtype
            && self.len() == other.len()
            && self.is_ordered() == other.is_ordered()
            && self.categories() == other.categories()
            && self.iter().eq(other.iter())
    }
}

impl Eq for Column {}
