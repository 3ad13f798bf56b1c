//! Operations along the rows: cumulative values, `shift`, `diff`, `pct_change` and rolling windows.
//!
//! Rolling sums and means are compensated (Kahan), with separate compensations for the values that enter and leave a
//! window, and rolling variances are Welford's run forwards and backwards: pandas' algorithms, with pandas' weaknesses.

use column::{Arithmetic, Bitmap, Column, DType, Interpolation, Number, Scalar};

use crate::aggregation::Aggregation;
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;
use crate::grouping::Grouping;
use crate::series::Series;
use crate::windows::{Closed, WindowReduction, Windows};

/// A value that runs along the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cumulative {
    /// Sum so far.
    Sum,
    /// Product so far.
    Prod,
    /// Largest so far.
    Max,
    /// Smallest so far.
    Min,
}

impl Cumulative {
    pub(crate) fn float(self, so_far: f64, value: f64) -> f64 {
        match self {
            Self::Sum => so_far + value,
            Self::Prod => so_far * value,
            Self::Max => so_far.max(value),
            Self::Min => so_far.min(value),
        }
    }

    pub(crate) fn integer(self, so_far: i64, value: i64) -> i64 {
        match self {
            Self::Sum => so_far.wrapping_add(value),
            Self::Prod => so_far.wrapping_mul(value),
            Self::Max => so_far.max(value),
            Self::Min => so_far.min(value),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sum => "cumsum",
            Self::Prod => "cumprod",
            Self::Max => "cummax",
            Self::Min => "cummin",
        }
    }
}

/// The running value in each row; missing rows stay missing and add nothing. Without `skipna` all rows behind a missing
/// one are missing too.
fn cumulative(column: &Column, how: Cumulative, skipna: bool) -> Result<Column> {
    let dtype = column.dtype();
    let extreme = matches!(how, Cumulative::Max | Cumulative::Min);
    if let (Some(values), DType::INT64) = (column.as_i64(), dtype) {
        let mut so_far: Option<i64> = None;
        let step = |&value: &i64| {
            let next = so_far.map_or(value, |so_far| how.integer(so_far, value));
            so_far = Some(next);
            next
        };
        return Ok(Column::from(values.iter().map(step).collect::<Vec<i64>>()));
    }
    if dtype.is_float() {
        return running_floats(column, how, skipna);
    }
    let name = how.name();
    match dtype {
        _ if dtype.is_text() => return running_text(column, how, skipna),
        _ if dtype.is_datetime() && !extreme => {
            let class = "<class 'pandas.arrays.DatetimeArray'>";
            return Err(Error::type_(format!("Accumulation {name} not supported for {class}")));
        }
        DType::Timedelta(_) if how == Cumulative::Prod => {
            return Err(Error::type_(format!("{name} not supported for Timedelta.")));
        }
        DType::Category if extreme && !column.is_ordered() => {
            return Err(Error::type_(format!(
                "Categorical is not ordered for operation {name}\nyou can use .as_ordered() to change the Categorical to \
                 an ordered one\n"
            )));
        }
        DType::Category if !extreme => {
            let class = "<class 'pandas.Categorical'>";
            return Err(Error::type_(format!("Accumulation {name} not supported for {class}")));
        }
        DType::Category | DType::Object | DType::Interval(..) => {
            return Err(Error::missing_feature(&format!("{name} of dtype {dtype}")));
        }
        _ => {}
    }
    // Sums and products of small integers need room.
    let wide = if extreme { column.clone() } else { column.cast(widest(dtype))? };
    let codes = vec![0; column.len()];
    crate::transform::cumulative(&wide, Grouping { codes: &codes, count: 1 }, how, skipna)
}

/// The dtype that numpy sums and multiplies whole numbers in.
fn widest(dtype: DType) -> DType {
    match dtype {
        DType::Bool => DType::INT64,
        DType::Boolean => DType::Nullable(Number::Int64),
        DType::Number(number) if number.is_signed() => DType::INT64,
        DType::Number(_) => DType::Number(Number::UInt64),
        DType::Nullable(number) if number.is_signed() => DType::Nullable(Number::Int64),
        DType::Nullable(_) => DType::Nullable(Number::UInt64),
        other => other,
    }
}

/// Running floats, each step rounded to the column's own width.
fn running_floats(column: &Column, how: Cumulative, skipna: bool) -> Result<Column> {
    let narrow = matches!(column.dtype(), DType::FLOAT32 | DType::Nullable(Number::Float32));
    let mut so_far: Option<f64> = None;
    let mut stopped = false;
    let mut valid = vec![-1i64; column.len()];
    let mut out = column.floats();
    for (row, value) in out.iter_mut().enumerate() {
        if column.is_missing(row) {
            stopped |= !skipna;
        }
        if stopped || column.is_missing(row) {
            *value = f64::NAN;
            continue;
        }
        let next = so_far.map_or(*value, |so_far| how.float(so_far, *value));
        *value = if narrow { f64::from(next as f32) } else { next };
        so_far = Some(*value);
        valid[row] = row as i64;
    }
    let made = Column::from(out).cast(column.dtype())?;
    Ok(if column.validity().is_some() { made.reindex(&valid)? } else { made })
}

/// Running texts: put together, or the first or last in order.
fn running_text(column: &Column, how: Cumulative, skipna: bool) -> Result<Column> {
    let dtype = column.dtype();
    let mut so_far: Option<String> = None;
    let mut stopped = false;
    let mut out = Vec::with_capacity(column.len());
    for row in 0..column.len() {
        let Some(text) = column.str_at(row).filter(|_| !stopped) else {
            stopped |= !skipna;
            out.push(None);
            continue;
        };
        let next = match (so_far.take(), how) {
            (_, Cumulative::Prod) => {
                let message = format!("operation '{}' not supported for dtype '{dtype}'", how.name());
                return Err(Error::type_(message));
            }
            (None, _) => text.to_owned(),
            (Some(held), Cumulative::Sum) => held + text,
            (Some(held), Cumulative::Max) if held.as_str() >= text => held,
            (Some(held), Cumulative::Min) if held.as_str() <= text => held,
            (Some(_), _) => text.to_owned(),
        };
        out.push(Some(next.clone()));
        so_far = Some(next);
    }
    let made: Column = out.iter().map(Option::as_deref).collect();
    Ok(made.cast(dtype)?)
}

/// Rows moved down by `periods` (up where negative); rows that come from outside are missing.
fn shifted(column: &Column, periods: i64) -> Result<Column> {
    let len = column.len() as i64;
    let source = |row: i64| row.checked_sub(periods).filter(|row| (0..len).contains(row)).unwrap_or(-1);
    Ok(column.reindex(&(0..len).map(source).collect::<Vec<i64>>())?)
}

/// Each value less the one `periods` rows before.
fn difference(column: &Column, periods: i64) -> Result<Column> {
    if let Some(bits) = column.as_bool() {
        let before = |row: usize| usize::try_from(row as i64 - periods).ok().filter(|row| *row < bits.len());
        let changed = |row: usize| match before(row) {
            Some(before) => Scalar::Bool(bits.get(row) != bits.get(before)),
            None => Scalar::NAN,
        };
        return Ok(Column::object((0..bits.len()).map(changed).collect()));
    }
    Ok(Column::arithmetic(Arithmetic::Subtract, column, &shifted(column, periods)?)?)
}

/// The share by which each value differs from the one `periods` rows before.
fn change(column: &Column, periods: i64) -> Result<Column> {
    let ratio = Column::arithmetic(Arithmetic::Divide, column, &shifted(column, periods)?)?;
    Ok(Column::arithmetic(Arithmetic::Subtract, &ratio, &Scalar::Int(1))?)
}

/// Options of `rolling`, with pandas' names and defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rolling {
    /// Rows in a window.
    pub window: i64,
    /// Values a window must have; the window's length where there is none.
    pub min_periods: Option<i64>,
    /// Whether a row stands in the middle of its window, or at its end.
    pub center: bool,
}

impl Rolling {
    fn check(&self) -> Result<(usize, usize)> {
        let window = usize::try_from(self.window);
        let window = window.map_err(|_| Error::value("window must be an integer 0 or greater"))?;
        let needed = self.min_periods.unwrap_or(self.window);
        let needed_count = usize::try_from(needed).map_err(|_| Error::value("min_periods must be >= 0"))?;
        if needed_count > window {
            return Err(Error::value(format!("min_periods {needed} must be <= window {window}")));
        }
        Ok((window, needed_count))
    }

    fn apply(&self, column: &Column, how: Aggregation) -> Result<Column> {
        let (window, needed) = self.check()?;
        let numbers = column.dtype().is_numeric() || column.dtype().is_bool();
        if !numbers && how != Aggregation::Count {
            return Err(Error::new(ErrorKind::DataError, "No numeric types to aggregate"));
        }
        let values: Vec<f64> = match how {
            // A count is the sum of ones; every row is an observation of it.
            Aggregation::Count => {
                (0..column.len()).map(|row| f64::from(u8::from(!column.is_missing(row)))).collect()
            }
            // Infinite values count as missing in a window.
            _ => column
                .floats()
                .into_iter()
                .map(|value| if value.is_infinite() { f64::NAN } else { value })
                .collect(),
        };
        let windows = Windows::fixed(values.len(), window, self.center, Closed::Right, 1);
        let reduction = match how {
            Aggregation::Sum | Aggregation::Count => WindowReduction::Sum,
            Aggregation::Mean => WindowReduction::Mean,
            Aggregation::Var => WindowReduction::Var(1),
            Aggregation::Std => WindowReduction::Std(1),
            Aggregation::Sem => WindowReduction::Sem(1),
            Aggregation::Skew => WindowReduction::Skew,
            Aggregation::Kurt => WindowReduction::Kurt,
            Aggregation::Min => WindowReduction::Min,
            Aggregation::Max => WindowReduction::Max,
            Aggregation::Median => WindowReduction::Median,
            Aggregation::Quantile(q) => WindowReduction::Quantile(q, Interpolation::Linear),
            Aggregation::First => WindowReduction::First,
            Aggregation::Last => WindowReduction::Last,
            Aggregation::Nunique => WindowReduction::Nunique,
            other => return Err(Error::missing_feature(&format!("Rolling.{}", other.name()))),
        };
        Ok(Column::from(windows.reduce(&values, needed, reduction)))
    }
}

/// Count and sum of the values in the current window.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    pub count: usize,
    negative: usize,
    sum: f64,
    lost_entering: f64,
    lost_leaving: f64,
    last: f64,
    same: usize,
}

/// Mean and squared deviations of the values in the current window.
#[derive(Debug, Default)]
pub(crate) struct Spread {
    pub count: f64,
    mean: f64,
    squares: f64,
    lost_entering: f64,
    lost_leaving: f64,
    /// Whether an update cancelled all but the last three digits, so the window must be read anew.
    pub unstable: bool,
}

impl Spread {
    /// Share of the squares below which an update left too few digits.
    const CONDITION: f64 = f64::EPSILON * 1e3;

    pub fn enter(&mut self, value: f64) {
        if value.is_nan() {
            return;
        }
        let squares = self.squares;
        self.count += 1.0;
        let before = self.mean - self.lost_entering;
        let corrected = value - self.lost_entering;
        let delta = corrected - self.mean;
        self.lost_entering = delta + self.mean - corrected;
        self.mean += delta / self.count;
        self.squares += (value - before) * (value - self.mean);
        self.unstable |= squares * Self::CONDITION > self.squares;
    }

    pub fn leave(&mut self, value: f64) {
        if value.is_nan() {
            return;
        }
        let squares = self.squares;
        self.count -= 1.0;
        if self.count == 0.0 {
            self.mean = 0.0;
            self.squares = 0.0;
            return;
        }
        let before = self.mean - self.lost_leaving;
        let corrected = value - self.lost_leaving;
        let delta = corrected - self.mean;
        self.lost_leaving = delta + self.mean - corrected;
        self.mean -= delta / self.count;
        self.squares -= (value - before) * (value - self.mean);
        self.unstable |= squares * Self::CONDITION > self.squares;
    }

    /// Variance with `ddof` degrees of freedom taken off.
    pub fn variance(&self, ddof: usize) -> f64 {
        let freedom = self.count - ddof as f64;
        match self.count {
            _ if freedom <= 0.0 => f64::NAN,
            1.0 => 0.0,
            _ => self.squares / freedom,
        }
    }
}

impl Sums {
    /// No values yet of a window that is read from its start.
    pub fn starting(window: &[f64]) -> Self {
        Self { last: window.first().copied().unwrap_or(f64::NAN), ..Self::default() }
    }

    pub fn enter(&mut self, value: f64) {
        if value.is_nan() {
            return;
        }
        self.count += 1;
        self.negative += usize::from(value.is_sign_negative());
        self.same = if value == self.last { self.same + 1 } else { 1 };
        self.last = value;
        let corrected = value - self.lost_entering;
        let sum = self.sum + corrected;
        self.lost_entering = sum - self.sum - corrected;
        self.sum = sum;
    }

    pub fn leave(&mut self, value: f64) {
        if value.is_nan() {
            return;
        }
        self.count -= 1;
        self.negative -= usize::from(value.is_sign_negative());
        let corrected = -value - self.lost_leaving;
        let sum = self.sum + corrected;
        self.lost_leaving = sum - self.sum - corrected;
        self.sum = sum;
    }

    /// The sum; 0 of none.
    pub fn sum(&self) -> f64 {
        match self.count {
            0 => 0.0,
            count if self.same >= count => self.last * count as f64,
            _ => self.sum,
        }
    }

    /// The mean; NaN of none.
    pub fn mean(&self) -> f64 {
        match self.sum / self.count as f64 {
            _ if self.count == 0 => f64::NAN,
            _ if self.same >= self.count => self.last,
            mean if self.negative == 0 && mean < 0.0 => 0.0,
            mean if self.negative == self.count && mean > 0.0 => 0.0,
            mean => mean,
        }
    }
}

impl Series {
    /// The value that runs along the rows.
    ///
    /// # Errors
    /// `NotImplementedError` for dtypes other than int64, float64 and bool.
    pub fn cumulative(&self, how: Cumulative, skipna: bool) -> Result<Self> {
        Ok(self.with_values(cumulative(&self.values, how, skipna)?))
    }

    /// Values moved down by `periods` rows (up where negative); rows that come from outside are missing.
    ///
    /// # Errors
    /// None that a series in order can give.
    pub fn shift(&self, periods: i64) -> Result<Self> {
        Ok(self.with_values(if periods == 0 { self.values.clone() } else { shifted(&self.values, periods)? }))
    }

    /// Each value less the one `periods` rows before; for booleans whether it changed.
    ///
    /// # Errors
    /// `TypeError` for values that cannot be subtracted.
    pub fn diff(&self, periods: i64) -> Result<Self> {
        Ok(self.with_values(difference(&self.values, periods)?))
    }

    /// The share by which each value differs from the one `periods` rows before.
    ///
    /// # Errors
    /// `TypeError` for values that cannot be divided.
    pub fn pct_change(&self, periods: i64) -> Result<Self> {
        Ok(self.with_values(change(&self.values, periods)?))
    }

    /// An aggregation over the window of each row, `float64`.
    ///
    /// # Errors
    /// `ValueError` for a negative window or more `min_periods` than rows in it; `DataError` for values that are no
    /// numbers; `NotImplementedError` for other aggregations.
    pub fn rolling(&self, options: &Rolling, how: Aggregation) -> Result<Self> {
        Ok(self.with_values(options.apply(&self.values, how)?))
    }
}

impl Frame {
    /// [`Series::cumulative`] of every column.
    ///
    /// # Errors
    /// As [`Series::cumulative`].
    pub fn cumulative(&self, how: Cumulative, skipna: bool) -> Result<Self> {
        self.map_columns(|column| cumulative(column, how, skipna))
    }

    /// [`Series::shift`] of every column.
    ///
    /// # Errors
    /// As [`Series::shift`].
    pub fn shift(&self, periods: i64) -> Result<Self> {
        self.map_columns(|column| if periods == 0 { Ok(column.clone()) } else { shifted(column, periods) })
    }

    /// [`Series::diff`] of every column.
    ///
    /// # Errors
    /// As [`Series::diff`].
    pub fn diff(&self, periods: i64) -> Result<Self> {
        self.map_columns(|column| difference(column, periods))
    }

    /// [`Series::rolling`] of every column.
    ///
    /// # Errors
    /// As [`Series::rolling`].
    pub fn rolling(&self, options: &Rolling, how: Aggregation) -> Result<Self> {
        self.map_columns(|column| options.apply(column, how))
    }

    /// For each row whether any column is true there (`any(axis=1)`); NA counts as false.
    ///
    /// # Errors
    /// `TypeError` for a column that is not boolean.
    pub fn any_rows(&self) -> Result<Series> {
        let mut any = Bitmap::filled(false, self.len());
        for column in &self.data {
            let bits = column.as_bool().ok_or_else(|| {
                Error::type_(format!("any(axis=1) takes booleans, found dtype {}", column.dtype()))
            })?;
            any = any.or(&column.validity().map_or_else(|| bits.clone(), |valid| bits.and(valid)));
        }
        Series::new(Column::from(any), self.index.clone(), Scalar::None)
    }
}
