//! Reductions of a series to a value and of a frame to a series, and `describe`.

use std::cmp::Ordering;

use column::{Column, DType, Interpolation, Scalar};

use crate::aggregate::aggregate_with;
use crate::aggregation::{Aggregation, GroupReduce};
use crate::alignment::{Alignment, Join};
use crate::counting::ValueCounts;
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::grouping::Grouping;
use crate::index::Index;
use crate::reduce_rows::{are_numbers, by_row};
use crate::series::Series;

/// Options of a reduction, with pandas' names and defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reduce {
    /// Whether missing values are passed over; else one makes the result missing.
    pub skipna: bool,
    /// Fewer values than this make a sum or product missing.
    pub min_count: usize,
    /// Degrees of freedom taken off a variance.
    pub ddof: usize,
    /// Whether columns that are no numbers are left out of a frame.
    pub numeric_only: bool,
}

impl Default for Reduce {
    fn default() -> Self {
        Self { skipna: true, min_count: 0, ddof: 1, numeric_only: false }
    }
}

pub(crate) fn reduced(column: &Column, how: Aggregation, options: &Reduce) -> Result<Scalar> {
    let skip = options.skipna;
    Ok(match how {
        Aggregation::Sum => column.sum(skip, options.min_count)?,
        Aggregation::Prod => column.prod(skip, options.min_count)?,
        Aggregation::Mean => column.mean(skip)?,
        Aggregation::Median => column.median(skip)?,
        Aggregation::Var => column.var(skip, options.ddof)?,
        Aggregation::Std => column.std(skip, options.ddof)?,
        Aggregation::Min => column.min(skip)?,
        Aggregation::Max => column.max(skip)?,
        Aggregation::Count => Scalar::Int(column.count() as i64),
        Aggregation::Size => Scalar::Int(column.len() as i64),
        Aggregation::Nunique => Scalar::Int(column.nunique(true) as i64),
        Aggregation::Any => Scalar::Bool(column.any()?),
        Aggregation::All => Scalar::Bool(column.all()?),
        Aggregation::Quantile(q) => column.quantile(q, Interpolation::Linear)?,
        Aggregation::Sem | Aggregation::Skew | Aggregation::Kurt => {
            // All rows are one group.
            let codes = vec![0i64; column.len()];
            let grouping = Grouping { codes: &codes, count: 1 };
            let options = GroupReduce { ddof: options.ddof, skipna: skip, ..GroupReduce::default() };
            aggregate_with(column, grouping, how, &options)?.get(0).unwrap_or(Scalar::NAN)
        }
        Aggregation::First => column.iter().find(|value| !value.is_missing()).unwrap_or(Scalar::NAN),
        Aggregation::Last => {
            let last =
                (0..column.len()).rev().filter_map(|row| column.get(row)).find(|value| !value.is_missing());
            last.unwrap_or(Scalar::NAN)
        }
    })
}

/// The dtype of a column's reduced value, where it follows from the column's dtype and not from the value.
fn dtype_of(dtype: DType, how: Aggregation, value: &Scalar) -> Option<DType> {
    use column::Number::{Float64, Int64, UInt64};
    let (number, masked) = match dtype {
        DType::Number(number) => (Some(number), false),
        DType::Nullable(number) => (Some(number), true),
        DType::Bool => (None, false),
        DType::Boolean => (None, true),
        _ => return None,
    };
    let float = number.is_some_and(column::Number::is_float);
    let found = match how {
        Aggregation::Count | Aggregation::Size | Aggregation::Nunique => return Some(DType::INT64),
        Aggregation::Min | Aggregation::Max => match number {
            Some(number) => number,
            None if masked => return Some(DType::Boolean),
            None => return if value.is_missing() { None } else { Some(DType::Bool) },
        },
        Aggregation::Sum | Aggregation::Prod => match number {
            Some(number) if number.is_float() => number,
            Some(number) if number.is_unsigned() => UInt64,
            _ => Int64,
        },
        Aggregation::Mean
        | Aggregation::Median
        | Aggregation::Var
        | Aggregation::Std
        | Aggregation::Sem
        | Aggregation::Skew
        | Aggregation::Kurt => number.filter(|_| float).unwrap_or(Float64),
        _ => return None,
    };
    // An integer without a mask cannot be missing.
    let found = if !masked && value.is_missing() && !found.is_float() { Float64 } else { found };
    Some(if masked { DType::Nullable(found) } else { DType::Number(found) })
}

impl Series {
    /// The values reduced to one.
    ///
    /// # Errors
    /// `TypeError` where the dtype does not have the operation.
    pub fn reduce(&self, how: Aggregation, options: &Reduce) -> Result<Scalar> {
        reduced(&self.values, how, options)
    }

    /// Sum; missing values count as nothing.
    ///
    /// # Errors
    /// As [`Series::reduce`].
    pub fn sum(&self) -> Result<Scalar> {
        self.reduce(Aggregation::Sum, &Reduce::default())
    }

    /// Arithmetic mean of the values that are there.
    ///
    /// # Errors
    /// As [`Series::reduce`].
    pub fn mean(&self) -> Result<Scalar> {
        self.reduce(Aggregation::Mean, &Reduce::default())
    }

    /// Median of the values that are there.
    ///
    /// # Errors
    /// As [`Series::reduce`].
    pub fn median(&self) -> Result<Scalar> {
        self.reduce(Aggregation::Median, &Reduce::default())
    }

    /// Standard deviation, one degree of freedom taken off.
    ///
    /// # Errors
    /// As [`Series::reduce`].
    pub fn std(&self) -> Result<Scalar> {
        self.reduce(Aggregation::Std, &Reduce::default())
    }

    /// Variance, one degree of freedom taken off.
    ///
    /// # Errors
    /// As [`Series::reduce`].
    pub fn var(&self) -> Result<Scalar> {
        self.reduce(Aggregation::Var, &Reduce::default())
    }

    /// Standard error of the mean, one degree of freedom taken off; NaN for fewer than two values.
    ///
    /// # Errors
    /// As [`Series::reduce`].
    pub fn sem(&self) -> Result<f64> {
        let spread = self.std()?.as_f64().unwrap_or(f64::NAN);
        Ok(spread / (self.count() as f64).sqrt())
    }

    /// Pearson's correlation over the labels that both series have, and there over the rows where both have a value.
    ///
    /// # Errors
    /// `ValueError` for values that are no numbers; what the labels' dtypes together raise.
    pub fn corr(&self, other: &Self) -> Result<f64> {
        let met = Alignment::plan(&self.index, &other.index, Join::Inner)?;
        let left = Alignment::apply(met.left.as_ref(), &self.values)?;
        let right = Alignment::apply(met.right.as_ref(), &other.values)?;
        [&left, &right].into_iter().try_for_each(expect_numbers)?;
        Ok(correlation(&left.floats(), &right.floats()))
    }

    /// Smallest value.
    ///
    /// # Errors
    /// As [`Series::reduce`].
    pub fn min(&self) -> Result<Scalar> {
        self.reduce(Aggregation::Min, &Reduce::default())
    }

    /// Largest value.
    ///
    /// # Errors
    /// As [`Series::reduce`].
    pub fn max(&self) -> Result<Scalar> {
        self.reduce(Aggregation::Max, &Reduce::default())
    }

    /// Number of values that are there.
    #[must_use]
    pub fn count(&self) -> usize {
        self.values.count()
    }

    /// Whether any value is true.
    ///
    /// # Errors
    /// As [`Series::reduce`].
    pub fn any(&self) -> Result<bool> {
        Ok(self.values.any()?)
    }

    /// Whether all values are true.
    ///
    /// # Errors
    /// As [`Series::reduce`].
    pub fn all(&self) -> Result<bool> {
        Ok(self.values.all()?)
    }

    /// The label of the first smallest (`idxmin`) or largest (`idxmax`) value.
    ///
    /// # Errors
    /// `ValueError` without values; `TypeError` for values without an order.
    pub fn idx_extreme(&self, wanted: Ordering) -> Result<Scalar> {
        let arg = if wanted == Ordering::Less { "argmin" } else { "argmax" };
        if self.is_empty() {
            return Err(Error::value(format!("attempt to get {arg} of an empty sequence")));
        }
        match self.values.extreme_row(wanted)? {
            Some(row) => Ok(self.index.get(row).unwrap_or(Scalar::None)),
            None => Err(Error::value("Encountered all NA values")),
        }
    }

    /// Quantile of the values that are there, linear between two.
    ///
    /// # Errors
    /// `ValueError` for a `q` outside 0 to 1; `TypeError` for values that are no numbers.
    pub fn quantile(&self, q: f64) -> Result<Scalar> {
        Ok(self.values.quantile(q, Interpolation::Linear)?)
    }

    /// Several quantiles, labelled by `qs`.
    ///
    /// # Errors
    /// As [`Series::quantile`].
    pub fn quantiles(&self, qs: &[f64]) -> Result<Self> {
        let values = qs.iter().map(|&q| self.quantile(q)).collect::<Result<Vec<_>>>()?;
        let index = Index::from_column(Column::from(qs.to_vec()));
        Self::new(Column::infer(values).cast(DType::FLOAT64)?, index, self.name.clone())
    }

    /// Count, mean, spread and quartiles of numbers; count, number of different values, the most frequent one and its
    /// count of anything else.
    ///
    /// # Errors
    /// None that a series in order can give.
    pub fn describe(&self) -> Result<Self> {
        let (labels, values): (&[&str], Vec<Scalar>) = match self.dtype() {
            dtype if dtype.is_numeric() => {
                let quartile = |q: f64| self.quantile(q);
                let values = vec![
                    Scalar::Float(self.count() as f64),
                    self.mean()?,
                    self.std()?,
                    self.min()?,
                    quartile(0.25)?,
                    quartile(0.5)?,
                    quartile(0.75)?,
                    self.max()?,
                ];
                (&["count", "mean", "std", "min", "25%", "50%", "75%", "max"], values)
            }
            dtype if dtype.is_time() => {
                return Err(Error::missing_feature("Series.describe of times"));
            }
            _ => {
                let counts = self.value_counts(ValueCounts::default())?;
                let most = counts.index.get(0).unwrap_or(Scalar::NAN);
                let unique = Scalar::Int(self.nunique(true) as i64);
                let freq = counts.get(0).unwrap_or(Scalar::NAN);
                (
                    &["count", "unique", "top", "freq"],
                    vec![Scalar::Int(self.count() as i64), unique, most, freq],
                )
            }
        };
        let values = match self.dtype() {
            dtype if dtype.is_nullable() && dtype.is_numeric() => {
                Column::object(values).cast(DType::NULLABLE_FLOAT64)?
            }
            dtype if dtype.is_numeric() => Column::infer(values).cast(DType::FLOAT64)?,
            _ => Column::object(values),
        };
        Self::new(values, Index::from_strings(labels), self.name.clone())
    }
}

impl Frame {
    /// The columns that are numbers or booleans.
    fn numeric(&self, booleans: bool) -> Result<Self> {
        let wanted = |column: &Column| column.dtype().is_numeric() || (booleans && column.dtype().is_bool());
        let positions: Vec<usize> = (0..self.data.len()).filter(|&place| wanted(&self.data[place])).collect();
        self.take_columns(&positions)
    }

    /// Each column reduced to one value, labelled by the columns.
    ///
    /// # Errors
    /// `TypeError` for a column whose dtype does not have the operation.
    pub fn reduce(&self, how: Aggregation, options: &Reduce) -> Result<Series> {
        let frame = if options.numeric_only { self.numeric(true)? } else { self.clone() };
        let values =
            frame.data.iter().map(|column| reduced(column, how, options)).collect::<Result<Vec<_>>>()?;
        let dtypes: Option<Vec<DType>> = frame
            .data
            .iter()
            .zip(&values)
            .map(|(column, value)| dtype_of(column.dtype(), how, value))
            .collect();
        let values = match dtypes {
            _ if values.is_empty() => Column::empty(DType::FLOAT64),
            Some(dtypes) => {
                let cells = values.iter().zip(dtypes).map(|(value, dtype)| {
                    if value.is_missing() {
                        Ok(Column::missing(dtype, 1))
                    } else {
                        Column::repeat(value, 1).cast(dtype)
                    }
                });
                let cells = cells.collect::<column::Result<Vec<_>>>()?;
                Column::concat(&cells.iter().collect::<Vec<_>>())?
            }
            None => Column::infer(values),
        };
        Series::new(values, frame.columns, Scalar::None)
    }

    /// Each row of numbers reduced to one value, labelled by the rows; sums go from left to right.
    ///
    /// # Errors
    /// `TypeError` for columns that are no numbers; `NotImplementedError` for other reductions.
    pub fn reduce_rows(&self, how: Aggregation, options: &Reduce) -> Result<Series> {
        let frame = if options.numeric_only { self.numeric(true)? } else { self.clone() };
        if are_numbers(&frame.data) {
            let values = by_row(&frame.data, self.len(), how, options)?;
            return Series::new(values, self.index.clone(), Scalar::None);
        }
        if let Some(column) =
            frame.data.iter().find(|column| !(column.dtype().is_numeric() || column.dtype().is_bool()))
        {
            let message =
                format!("reduction '{}' over rows takes numbers, found dtype {}", how.name(), column.dtype());
            return Err(Error::type_(message));
        }
        let integers =
            frame.data.iter().all(|column| column.dtype().is_integer() || column.dtype().is_bool());
        let columns: Vec<Vec<f64>> = frame.data.iter().map(Column::floats).collect();
        let row_of = |row: usize| columns.iter().filter_map(move |column| column.get(row).copied());
        let reduce = |row: usize| {
            let count = row_of(row).filter(|value| !value.is_nan()).count();
            let missing = !options.skipna && count < columns.len();
            let present = || row_of(row).filter(|value| !value.is_nan());
            let value = match how {
                Aggregation::Sum => present().fold(0.0, |sum, value| sum + value),
                Aggregation::Prod => present().fold(1.0, |product, value| product * value),
                Aggregation::Mean if count > 0 => {
                    present().fold(0.0, |sum, value| sum + value) / count as f64
                }
                Aggregation::Min => present().fold(f64::NAN, f64::min),
                Aggregation::Max => present().fold(f64::NAN, f64::max),
                Aggregation::Count => return count as f64,
                _ => f64::NAN,
            };
            let few = matches!(how, Aggregation::Sum | Aggregation::Prod) && count < options.min_count;
            if missing || few { f64::NAN } else { value }
        };
        let known =
            [Aggregation::Sum, Aggregation::Prod, Aggregation::Mean, Aggregation::Min, Aggregation::Max];
        if !known.contains(&how) && how != Aggregation::Count {
            return Err(Error::missing_feature(&format!("DataFrame.{}(axis=1)", how.name())));
        }
        let values: Vec<f64> = (0..self.len()).map(reduce).collect();
        let whole = how == Aggregation::Count
            || (integers && how != Aggregation::Mean && !values.iter().any(|v| v.is_nan()));
        let values = match whole {
            true => Column::from(values.into_iter().map(|value| value as i64).collect::<Vec<i64>>()),
            false => Column::from(values),
        };
        Series::new(values, self.index.clone(), Scalar::None)
    }

    /// The row label of each column's first smallest or largest value.
    ///
    /// # Errors
    /// As [`Series::idx_extreme`].
    pub fn idx_extreme(&self, wanted: Ordering) -> Result<Series> {
        let label = |place: usize| {
            self.series_at(place).map_or(Ok(Scalar::None), |series| series.idx_extreme(wanted))
        };
        let labels = (0..self.data.len()).map(label).collect::<Result<Vec<_>>>()?;
        Series::new(Column::infer(labels), self.columns.clone(), Scalar::None)
    }

    /// A quantile of each column, named `q`.
    ///
    /// # Errors
    /// As [`Series::quantile`].
    pub fn quantile(&self, q: f64) -> Result<Series> {
        Ok(self.reduce(Aggregation::Quantile(q), &Reduce::default())?.with_name(q))
    }

    /// Several quantiles of each column, a row each.
    ///
    /// # Errors
    /// As [`Series::quantile`].
    pub fn quantiles(&self, qs: &[f64]) -> Result<Self> {
        let column = |column: &Column| Ok(Series::from_column(column.clone()).quantiles(qs)?.values);
        let data = self.data.iter().map(column).collect::<Result<Vec<_>>>()?;
        Self::new(self.columns.clone(), data, Index::from_column(Column::from(qs.to_vec())))
    }

    /// [`Series::describe`] of the columns of numbers, or of all columns where there are none.
    ///
    /// # Errors
    /// `ValueError` for a frame without columns.
    pub fn describe(&self) -> Result<Self> {
        if self.data.is_empty() {
            return Err(Error::value("Cannot describe a DataFrame without columns"));
        }
        let numeric = self.numeric(false)?;
        let frame = if numeric.data.is_empty() { self.clone() } else { numeric };
        let parts = (0..frame.data.len())
            .filter_map(|place| frame.series_at(place))
            .map(|series| series.describe())
            .collect::<Result<Vec<_>>>()?;
        let index = parts.first().map_or_else(|| Index::range(0), |part| part.index.clone());
        Self::new(frame.columns, parts.into_iter().map(|part| part.values).collect(), index)
    }

    /// Pearson's correlation of each pair of columns over the rows where both have a value.
    ///
    /// # Errors
    /// `ValueError` for columns that are no numbers.
    pub fn corr(&self) -> Result<Self> {
        self.data.iter().try_for_each(expect_numbers)?;
        let columns: Vec<Vec<f64>> = self.data.iter().map(Column::floats).collect();
        let data = columns
            .iter()
            .map(|right| {
                Column::from(columns.iter().map(|left| correlation(left, right)).collect::<Vec<f64>>())
            })
            .collect();
        Self::new(self.columns.clone(), data, self.columns.clone())
    }
}

fn expect_numbers(column: &Column) -> Result<()> {
    if column.dtype().is_numeric() || column.dtype().is_bool() {
        return Ok(());
    }
    let value = column.iter().find(|value| !value.is_missing()).unwrap_or(Scalar::None);
    Err(Error::value(format!("could not convert string to float: {}", value.repr())))
}

/// Pearson's correlation, means and squares updated row by row as in pandas.
fn correlation(left: &[f64], right: &[f64]) -> f64 {
    let (mut count, mut mean_x, mut mean_y) = (0.0, 0.0, 0.0);
    let (mut square_x, mut square_y, mut product) = (0.0f64, 0.0f64, 0.0);
    for (&x, &y) in left.iter().zip(right).filter(|(x, y)| !x.is_nan() && !y.is_nan()) {
        count += 1.0;
        let (dx, dy) = (x - mean_x, y - mean_y);
        mean_x += 1.0 / count * dx;
        mean_y += 1.0 / count * dy;
        square_x += (x - mean_x) * dx;
        square_y += (y - mean_y) * dy;
        product += (x - mean_x) * dy;
    }
    let divisor = (square_x * square_y).sqrt();
    if divisor == 0.0 { f64::NAN } else { (product / divisor).clamp(-1.0, 1.0) }
}
