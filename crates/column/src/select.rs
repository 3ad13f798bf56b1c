//! Choosing, moving and joining rows.

use std::sync::Arc;

use crate::bitmap::Bitmap;
use crate::column::Column;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::interval::Intervals;
use crate::number::{Native, Number};
use crate::promote::concat_dtype;
use crate::scalar::Scalar;
use crate::text::{Text, TextBuilder};
use crate::values::{Category, Values, for_number, with_native};

impl Column {
    /// Rows at `positions`, in that order; positions may repeat.
    ///
    /// # Errors
    /// `IndexError` for a position past the end.
    pub fn take(&self, positions: &[usize]) -> Result<Self> {
        let len = self.len();
        if let Some(bad) = positions.iter().find(|position| **position >= len) {
            let message = format!("index {bad} is out of bounds for axis 0 with size {len}");
            return Err(Error::index_error(message));
        }
        Ok(self.gather(positions.len(), |i| positions[i]))
    }

    /// Rows at `positions` where −1 asks for a missing value. If one is asked for, the dtype changes
    /// as pandas' `reindex` does: integers to `float64`, `bool` to `object`.
    ///
    /// # Errors
    /// `IndexError` for a position past the end or below −1.
    pub fn reindex(&self, positions: &[i64]) -> Result<Self> {
        let len = self.len();
        let outside =
            |position: &&i64| **position < -1 || usize::try_from(**position).is_ok_and(|at| at >= len);
        if let Some(bad) = positions.iter().find(outside) {
            let message = format!("index {bad} is out of bounds for axis 0 with size {len}");
            return Err(Error::index_error(message));
        }
        if !positions.contains(&-1) {
            return Ok(self.gather(positions.len(), |i| positions[i] as usize));
        }
        if let Some(moved) = self.reindex_fixed(positions) {
            return Ok(moved);
        }
        let target = self.dtype().with_missing();
        let source = if target == self.dtype() { self.clone() } else { self.cast(target)? };
        // One spare row is the missing one.
        let spare = source.with_missing_row();
        Ok(spare.gather(positions.len(), |i| usize::try_from(positions[i]).unwrap_or(len)))
    }

    /// Rows of a column of fixed width, −1 asking for a missing value; `None` of another layout.
    fn reindex_fixed(&self, positions: &[i64]) -> Option<Self> {
        let dtype = self.dtype();
        let row = |position: i64| usize::try_from(position).ok();
        let valid = || {
            Bitmap::of_values(positions, |position| {
                row(position).is_some_and(|row| self.validity().is_none_or(|bits| bits.get(row)))
            })
        };
        Some(match (dtype, self.values()) {
            (DType::Number(Number::Float64), Values::Float64(values)) => {
                moved(values, positions, f64::NAN).into()
            }
            (DType::Number(Number::Float32), Values::Float32(values)) => {
                moved(values, positions, f32::NAN).into()
            }
            (DType::Number(_), numbers) => for_number!(
                numbers,
                buffer => {
                    let values = &**buffer;
                    let float = |&position: &i64| row(position).map_or(f64::NAN, |row| values[row].to_f64());
                    positions.iter().map(float).collect::<Vec<f64>>().into()
                },
                _ => return None
            ),
            (DType::Nullable(_), numbers) => for_number!(
                numbers,
                buffer => Self::new(
                    dtype,
                    Native::wrap_values(moved(buffer, positions, Native::ZERO).into()),
                    Some(valid()),
                ),
                _ => return None
            ),
            (_, Values::Int64(ticks)) if dtype.is_time() => {
                let ticks = moved(ticks, positions, i64::MIN);
                Self::new(dtype, Values::Int64(ticks.into()), Some(valid()))
            }
            _ => return None,
        })
    }

    fn with_missing_row(&self) -> Self {
        let mut missing = Self::missing(self.dtype(), 1);
        if let Some(category) = self.as_category() {
            missing = Self::with_category(vec![-1], Arc::clone(&category.categories), category.ordered);
        }
        join(self.dtype(), &[self, &missing])
    }

    /// Rows at positions that are known to be inside.
    pub(crate) fn gather(&self, len: usize, at: impl Fn(usize) -> usize) -> Self {
        let validity = self.validity().map(|bits| Bitmap::from_fn(len, |i| bits.get(at(i))));
        let values = match self.values() {
            Values::Bool(bits) => Values::Bool(Bitmap::from_fn(len, |i| bits.get(at(i)))),
            Values::Text(text) => Values::Text(text.gather(len, (0..len).map(&at))),
            Values::Category(category) => Values::Category(Category {
                codes: (0..len).map(|i| category.codes[at(i)]).collect(),
                ..category.clone()
            }),
            Values::Interval(intervals) => {
                let at: &dyn Fn(usize) -> usize = &at;
                Values::Interval(intervals.map(|side| side.gather(len, at)))
            }
            Values::Object(scalars) => Values::Object((0..len).map(|i| scalars[at(i)].clone()).collect()),
            numbers => for_number!(
                numbers,
                buffer => { let values = &**buffer; Native::wrap_values((0..len).map(|i| values[at(i)]).collect()) },
                _ => return self.clone()
            ),
        };
        Self::new(self.dtype(), values, validity)
    }

    /// The rows in opposite order.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let len = self.len();
        self.gather(len, |i| len - 1 - i)
    }

    /// The columns one after the other, in the dtype pandas' `concat` gives them: see
    /// [`concat_dtype`]; categories that differ fall back to their values' dtype.
    ///
    /// # Errors
    /// `ValueError` for no columns at all; what a cast to the common dtype raises.
    pub fn concat(columns: &[&Self]) -> Result<Self> {
        let Some((first, rest)) = columns.split_first() else {
            return Err(Error::value_error("No objects to concatenate"));
        };
        if rest.is_empty() {
            return Ok((*first).clone());
        }
        let same_categories = columns.iter().all(|column| {
            column.as_category().is_some_and(|category| {
                category.ordered == first.is_ordered() && Some(&*category.categories) == first.categories()
            })
        });
        if same_categories {
            return Ok(join(DType::Category, columns));
        }
        let plain: Vec<Self> = columns.iter().map(|column| column.decategorized()).collect();
        let dtype = plain.iter().map(Self::dtype).reduce(concat_dtype).unwrap_or(DType::Object);
        let cast: Vec<Self> = plain.iter().map(|column| column.cast(dtype)).collect::<Result<_>>()?;
        Ok(join(dtype, &cast.iter().collect::<Vec<_>>()))
    }

    /// A `category` column as its values; any other column as it is.
    #[must_use]
    pub fn decategorized(&self) -> Self {
        match self.as_category() {
            None => self.clone(),
            Some(category) => {
                let positions: Vec<i64> = category.codes.iter().map(|&code| i64::from(code)).collect();
                // Codes stand inside the categories by construction.
                category
                    .categories
                    .reindex(&positions)
                    .unwrap_or_else(|_| Self::missing(DType::Object, self.len()))
            }
        }
    }
}

/// The values at `positions`, `missing` where one is −1.
fn moved<T: Copy>(values: &[T], positions: &[i64], missing: T) -> Vec<T> {
    positions.iter().map(|&position| usize::try_from(position).map_or(missing, |row| values[row])).collect()
}

/// Columns of one dtype (and, for categories, of the first one's categories) end to end.
pub(crate) fn join(dtype: DType, columns: &[&Column]) -> Column {
    let valid = columns.iter().any(|column| column.validity().is_some()).then(|| {
        let bits = columns
            .iter()
            .flat_map(|column| (0..column.len()).map(|i| column.validity().is_none_or(|bits| bits.get(i))));
        bits.collect::<Bitmap>()
    });
    let values = match dtype {
        DType::Bool | DType::Boolean => Values::Bool(
            columns.iter().filter_map(|column| column.as_bool()).flat_map(Bitmap::iter).collect(),
        ),
        DType::Number(number) | DType::Nullable(number) => {
            with_native!(number, T => T::wrap_values(join_native::<T>(columns).into()))
        }
        DType::Datetime(_) | DType::Zoned(..) | DType::Timedelta(_) => {
            Values::Int64(join_native::<i64>(columns).into())
        }
        DType::Str | DType::String => {
            let texts = || columns.iter().filter_map(|column| column.as_text());
            let mut builder = TextBuilder::with_capacity(texts().map(Text::len).sum(), 0);
            texts().flat_map(Text::iter).for_each(|string| builder.push(string));
            Values::Text(builder.finish())
        }
        DType::Category => {
            let codes = columns.iter().filter_map(|column| column.codes()).flatten().copied().collect();
            let Some(first) = columns.first().and_then(|column| column.as_category()) else {
                return Column::missing(dtype, 0);
            };
            return Column::with_category(codes, Arc::clone(&first.categories), first.ordered);
        }
        DType::Interval(ends, closed) => {
            let parts = || columns.iter().filter_map(|column| column.as_intervals());
            let side = |of: fn(&Intervals) -> &Column| {
                Arc::new(join(ends.dtype(), &parts().map(of).collect::<Vec<_>>()))
            };
            return Column::with_ends(Intervals {
                left: side(|part| &part.left),
                right: side(|part| &part.right),
                closed,
            });
        }
        DType::Object => {
            let scalars = columns.iter().filter_map(|column| column.as_object()).flatten();
            Values::Object(scalars.cloned().collect::<Vec<Scalar>>().into())
        }
    };
    Column::new(dtype, values, valid)
}

fn join_native<T: Native>(columns: &[&Column]) -> Vec<T> {
    let mut out = Vec::with_capacity(columns.iter().map(|column| column.len()).sum());
    columns.iter().filter_map(|column| column.native::<T>()).for_each(|part| out.extend_from_slice(part));
    out
}
