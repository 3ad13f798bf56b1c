//! Setting rows: what a dtype can hold, and the dtype a column takes for what it cannot.

use std::sync::Arc;

use crate::bitmap::Bitmap;
use crate::cast::{fit_integer, rescale};
use crate::column::Column;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::interval::{Closed, Intervals};
use crate::number::{Native, Number};
use crate::operand::Operand;
use crate::promote::{concat_dtype, promote_numbers};
use crate::scalar::Scalar;
use crate::select::join;
use crate::values::{Category, Values, for_number, with_native};

/// What becomes of a value that a column's dtype cannot hold.
#[derive(Clone, Copy, PartialEq)]
enum Strictness {
    /// pandas' `__setitem__`: an error, but for a missing value in integers.
    Refuse,
    /// pandas' `where`, `mask` and `fillna`: the column takes a dtype that holds both.
    Widen,
}

impl Column {
    /// The column with the rows at `positions` replaced (pandas' `series.iloc[positions] = value`): by one scalar, or by a
    /// column with a row for each position. Where a position repeats the last one stands.
    ///
    /// The dtype stays if it can hold the values exactly (`3.0` in `int64`); a missing value turns integers into
    /// `float64`. `shown` is how Python shows a list-like value in messages.
    ///
    /// # Errors
    /// `TypeError` with pandas' text for a value that the dtype cannot hold; `IndexError` for a position past the end;
    /// `ValueError` for another number of values.
    ///
    /// ```
    /// use column::{Column, DType, Scalar};
    ///
    /// let column = Column::from(vec![1i64, 2]);
    /// assert_eq!(column.set(&[1], &Scalar::Float(3.0), None)?.dtype(), DType::INT64);
    /// assert_eq!(column.set(&[1], &Scalar::None, None)?.dtype(), DType::FLOAT64);
    /// let refused = column.set(&[1], &Scalar::Float(1.5), None).unwrap_err();
    /// assert_eq!(refused.message(), "Invalid value '1.5' for dtype 'int64'");
    /// # Ok::<(), column::Error>(())
    /// ```
    pub fn set<'a>(
        &self,
        positions: &[usize],
        value: impl Into<Operand<'a>>,
        shown: Option<&str>,
    ) -> Result<Self> {
        self.assign(positions, value.into(), shown, Strictness::Refuse)
    }

    /// As [`Column::set`], but the column takes a dtype that holds both where its own cannot (pandas' `where`, `mask`,
    /// `fillna`). Nullable dtypes and categories refuse even so.
    ///
    /// # Errors
    /// As [`Column::set`].
    pub fn set_widening<'a>(&self, positions: &[usize], value: impl Into<Operand<'a>>) -> Result<Self> {
        self.assign(positions, value.into(), None, Strictness::Widen)
    }

    /// Rows where `mask` is set, and `other` elsewhere: one scalar, or the same row of a column (pandas' `where`).
    ///
    /// # Errors
    /// `ValueError` for a mask or a column of another length; `TypeError` as [`Column::set_widening`].
    pub fn where_mask<'a>(&self, mask: &Bitmap, other: impl Into<Operand<'a>>) -> Result<Self> {
        let other = other.into();
        if mask.len() != self.len() {
            return Err(Error::value_error("Array conditional must be same shape as self"));
        }
        let positions: Vec<usize> = (0..self.len()).filter(|&row| !mask.get(row)).collect();
        if positions.is_empty() {
            return Ok(self.clone());
        }
        match other {
            Operand::Scalar(_) => self.assign(&positions, other, None, Strictness::Widen),
            Operand::Column(column) if column.len() == self.len() => {
                let values = column.take(&positions)?;
                self.assign(&positions, Operand::Column(&values), None, Strictness::Widen)
            }
            Operand::Column(column) => Err(Error::value_error(format!(
                "operands could not be broadcast together with shapes ({},) ({},)",
                self.len(),
                column.len()
            ))),
        }
    }

    /// The column with one more row at its end, in the dtype that pandas' enlargement (`series.loc[new] = value`) gives it.
    ///
    /// # Errors
    /// What a cast to the common dtype raises.
    pub fn append_value(&self, value: &Scalar) -> Result<Self> {
        let parsed = self.dtype().is_time() && value.as_str().is_some();
        let whole_float = self.dtype() == DType::FLOAT64 && matches!(value, Scalar::Big(_));
        if !parsed && !whole_float && self.keeps_float(value) {
            match self.holding(Operand::Scalar(value), None) {
                Ok(Some(row)) => return Ok(join(self.dtype(), &[self, &row])),
                _ if value.is_missing() && *value != Scalar::NaT => {
                    let spare = Self::missing(self.dtype(), 1);
                    return Self::concat(&[&self.cast(spare.dtype())?, &spare]);
                }
                _ => {}
            }
        }
        let row = Self::infer(vec![value.clone()]);
        let own = self.decategorized();
        let dtype = concat_dtype(own.dtype(), row.dtype());
        Ok(join(dtype, &[&own.cast(dtype)?, &row.cast(dtype)?]))
    }

    /// Whether a float survives in this column's width.
    fn keeps_float(&self, value: &Scalar) -> bool {
        match (self.dtype(), value) {
            (DType::FLOAT32, Scalar::Float(value)) => {
                !value.is_finite() || f64::from(*value as f32).is_finite()
            }
            (DType::FLOAT32, Scalar::Big(_)) => false,
            _ => true,
        }
    }

    fn assign(
        &self,
        positions: &[usize],
        value: Operand<'_>,
        shown: Option<&str>,
        strictness: Strictness,
    ) -> Result<Self> {
        let len = self.len();
        if let Some(bad) = positions.iter().find(|position| **position >= len) {
            let message = format!("index {bad} is out of bounds for axis 0 with size {len}");
            return Err(Error::index_error(message));
        }
        if let Operand::Column(values) = value
            && values.len() != positions.len()
            && values.len() != 1
        {
            return Err(Error::value_error(
                "cannot set using a list-like indexer with a different length than the value",
            ));
        }
        if let Some(values) = self.holding(value, shown)? {
            return Ok(self.overlay(positions, &values));
        }
        let target = match (strictness, self.widened(value)) {
            (Strictness::Widen, target) => target,
            (Strictness::Refuse, target) if self.is_filled_with_missing(value) => target,
            _ => return Err(self.invalid(value, shown)),
        };
        let values = match value {
            Operand::Column(values) => values.cast(target)?,
            Operand::Scalar(scalar) if scalar.is_missing() && target != DType::Object => {
                Self::missing(target, 1)
            }
            Operand::Scalar(scalar) => Self::object(vec![scalar.clone()]).cast(target)?,
        };
        Ok(self.decategorized().cast(target)?.overlay(positions, &values))
    }

    /// Whether pandas lets an integer column become `float64`: for one missing value, or whole floats and NaN.
    fn is_filled_with_missing(&self, value: Operand<'_>) -> bool {
        let integer = matches!(self.dtype(), DType::Number(number) if !number.is_float());
        integer
            && match value {
                Operand::Scalar(scalar) => scalar.is_missing() && *scalar != Scalar::NaT,
                Operand::Column(column) => {
                    matches!(column.dtype(), DType::Number(number) if number.is_float())
                        && column.floats().iter().all(|value| value.is_nan() || value.fract() == 0.0)
                }
            }
    }

    /// pandas' words for a value that the dtype cannot hold.
    fn invalid(&self, value: Operand<'_>, shown: Option<&str>) -> Error {
        if self.dtype().is_text() {
            let wanted = "Value should be a string or missing value";
            return Error::type_error(match value {
                Operand::Scalar(scalar) => format!(
                    "Invalid value '{scalar}' for dtype 'str'. {wanted}, got '{}' instead.",
                    scalar.type_name()
                ),
                Operand::Column(_) => format!("Invalid value for dtype 'str'. {wanted} (or array of those)."),
            });
        }
        let shown = match (shown, value) {
            (Some(shown), _) => shown.to_owned(),
            // pandas makes a missing value of a bool column NaN before it refuses.
            (None, Operand::Scalar(scalar))
                if scalar.is_missing() && *scalar != Scalar::NaT && self.dtype() == DType::Bool =>
            {
                "nan".to_owned()
            }
            (None, Operand::Scalar(scalar)) => scalar.to_string(),
            (None, Operand::Column(column)) => {
                let items: Vec<String> = column.iter().map(|scalar| scalar.repr()).collect();
                format!("[{}]", items.join(", "))
            }
        };
        Error::type_error(format!("Invalid value '{shown}' for dtype '{}'", self.dtype()))
    }

    /// The dtype that holds both this column and a value that it cannot hold.
    fn widened(&self, value: Operand<'_>) -> DType {
        let own = self.dtype();
        let scalar = match value {
            Operand::Column(column) => {
                let other = column.decategorized().dtype();
                return concat_dtype(own, other);
            }
            Operand::Scalar(scalar) => scalar,
        };
        match (own, scalar) {
            (DType::Number(number), Scalar::NA | Scalar::None) => with_missing(number),
            (DType::Number(number), Scalar::Float(value)) if value.is_nan() => with_missing(number),
            (DType::Number(number), Scalar::Float(value)) if value.fract() == 0.0 && value.is_finite() => {
                widened_integer(number, *value as i128).map_or(DType::Object, DType::Number)
            }
            (DType::Number(_), Scalar::Float(_)) => DType::FLOAT64,
            (DType::Number(number), Scalar::Int(_) | Scalar::UInt(_)) => {
                let value = scalar.as_i128().unwrap_or(0);
                widened_integer(number, value).map_or(DType::Object, DType::Number)
            }
            (DType::Datetime(unit), Scalar::Datetime(_, other)) => DType::Datetime(unit.max(*other)),
            (DType::Zoned(unit, zone), Scalar::Zoned(_, other, _)) => DType::Zoned(unit.max(*other), zone),
            (DType::Timedelta(unit), Scalar::Timedelta(_, other)) => DType::Timedelta(unit.max(*other)),
            _ => DType::Object,
        }
    }

    /// The value in this column's dtype, one row or a row for each; `None` if it cannot hold it.
    fn holding(&self, value: Operand<'_>, shown: Option<&str>) -> Result<Option<Self>> {
        match value {
            Operand::Scalar(scalar) => self.holding_scalar(scalar),
            Operand::Column(column)
                if column.dtype() == self.dtype() && column.dtype() != DType::Category =>
            {
                Ok(Some(column.clone()))
            }
            Operand::Column(column) => self.holding_column(column, shown),
        }
    }

    fn holding_scalar(&self, scalar: &Scalar) -> Result<Option<Self>> {
        let missing = scalar.is_missing();
        let is_nat = *scalar == Scalar::NaT;
        let one_missing = || Ok(Some(Self::missing(self.dtype(), 1)));
        match self.dtype() {
            DType::Object => Ok(Some(Self::object(vec![scalar.clone()]))),
            DType::Bool => Ok(match scalar {
                Scalar::Bool(bit) => Some(vec![*bit].into()),
                _ => None,
            }),
            DType::Boolean => match scalar {
                Scalar::Bool(bit) => {
                    Ok(Some(Self::boolean([*bit].into_iter().collect(), Bitmap::filled(true, 1))))
                }
                _ if missing && !is_nat => one_missing(),
                _ => Err(self.invalid(Operand::Scalar(scalar), None)),
            },
            DType::Number(number) if number.is_float() && missing && !is_nat => one_missing(),
            DType::Number(number) => Ok(number_of(number, scalar)
                .map(|value| with_native!(number, T => vec![value.to::<T>()].into()))),
            DType::Nullable(_) if missing && !is_nat => one_missing(),
            DType::Nullable(number) => {
                if let (false, Some(value)) = (number.is_float(), whole(scalar)) {
                    fit_integer(&Scalar::from(value), DType::Number(number))?;
                }
                match number_of(number, scalar) {
                    Some(value) => Ok(Some(with_native!(number, T => Self::nullable(
                        vec![value.to::<T>()],
                        Bitmap::filled(true, 1),
                    )))),
                    None if !number.is_float() && matches!(scalar, Scalar::Big(_)) => {
                        Err(Error::overflow("Python int too large to convert to C long"))
                    }
                    None => Err(self.invalid(Operand::Scalar(scalar), None)),
                }
            }
            DType::Str | DType::String => match scalar {
                Scalar::Str(text) => {
                    let column: Self = [Some(&**text)].into_iter().collect();
                    column.cast(self.dtype()).map(Some)
                }
                _ if missing => one_missing(),
                _ => Ok(None),
            },
            DType::Category => {
                let Some(category) = self.as_category() else { return Ok(None) };
                let key = scalar.key();
                let code = match missing {
                    true => Some(-1),
                    false => category
                        .categories
                        .iter()
                        .position(|known| known.key() == key)
                        .and_then(|code| i32::try_from(code).ok()),
                };
                match code {
                    Some(code) => Ok(Some(Self::with_category(
                        vec![code],
                        Arc::clone(&category.categories),
                        category.ordered,
                    ))),
                    None => Err(Error::type_error(format!(
                        "Cannot setitem on a Categorical with a new category ({scalar}), set the categories first"
                    ))),
                }
            }
            DType::Interval(ends, closed) => {
                let Some(own) = self.as_intervals() else { return Ok(None) };
                let sides = match scalar {
                    Scalar::Interval(interval) if interval.closed == closed => {
                        (own.left.holding_scalar(&interval.left)?, own.right.holding_scalar(&interval.right)?)
                    }
                    _ if missing && ends.holds_missing(is_nat) => return one_missing(),
                    _ => (None, None),
                };
                Ok(Self::of_held(sides, closed))
            }
            dtype if missing => Ok(Some(Self::missing(dtype, 1))),
            dtype => Ok(tick_of(dtype, scalar).map(|tick| Self::from_ticks(dtype, vec![tick]))),
        }
    }

    fn holding_column(&self, column: &Self, shown: Option<&str>) -> Result<Option<Self>> {
        let plain = column.decategorized();
        let invalid = || self.invalid(Operand::Column(column), shown);
        match self.dtype() {
            DType::Object => column.cast(DType::Object).map(Some),
            DType::Bool => Ok(None),
            DType::Number(number) => Ok(holding_numbers(number, column)),
            DType::Boolean => match column.dtype() {
                DType::Bool => column.cast(DType::Boolean).map(Some),
                DType::Object => column.cast(DType::Boolean).map(Some).map_err(|_| invalid()),
                _ if column.missing_count() == column.len() => {
                    Ok(Some(Self::missing(DType::Boolean, column.len())))
                }
                _ => Err(invalid()),
            },
            DType::Nullable(number) => match column.dtype() {
                DType::Number(other) if other.is_float() && !number.is_float() => {
                    let exact = |value: f64| value.is_nan() || value.fract() == 0.0;
                    match column.floats().into_iter().all(exact) {
                        true => column.cast(self.dtype()).map(Some),
                        false => Err(Error::type_error(format!(
                            "cannot safely cast non-equivalent {} to {}",
                            other.name(),
                            number.name()
                        ))),
                    }
                }
                DType::Number(_) | DType::Nullable(_) => column.cast(self.dtype()).map(Some),
                DType::Object if column.iter().all(|scalar| scalar.is_missing() || is_number(&scalar)) => {
                    column.cast(self.dtype()).map(Some)
                }
                _ => Err(invalid()),
            },
            DType::Str | DType::String => {
                let texts = |column: &Self| {
                    column.iter().all(|scalar| scalar.is_missing() || scalar.as_str().is_some())
                };
                match plain.dtype().is_text() || (plain.dtype() == DType::Object && texts(&plain)) {
                    true => Ok(Some(text_column(&plain, self.dtype())?)),
                    false => Ok(None),
                }
            }
            DType::Category => {
                let Some(category) = self.as_category() else { return Ok(None) };
                let codes = column.iter().map(|scalar| match scalar.is_missing() {
                    true => Some(-1),
                    false => {
                        let key = scalar.key();
                        let at = category.categories.iter().position(|known| known.key() == key);
                        at.and_then(|code| i32::try_from(code).ok())
                    }
                });
                match codes.collect::<Option<Vec<i32>>>() {
                    Some(codes) => Ok(Some(Self::with_category(
                        codes,
                        Arc::clone(&category.categories),
                        category.ordered,
                    ))),
                    None => Err(Error::type_error(
                        "Cannot setitem on a Categorical with a new category, set the categories first",
                    )),
                }
            }
            DType::Interval(_, closed) => {
                if plain.is_empty() {
                    return Ok(Some(Self::empty(self.dtype())));
                }
                let given = match plain.as_object() {
                    Some(scalars) => Self::intervals_of(scalars),
                    None => Some(plain),
                };
                let given = given.as_ref().and_then(|column| column.as_intervals());
                let (Some(own), Some(given)) = (self.as_intervals(), given) else { return Ok(None) };
                if given.closed != closed {
                    return Ok(None);
                }
                let held = |own: &Self, given: &Self| own.holding(Operand::Column(given), None);
                Ok(Self::of_held((held(&own.left, &given.left)?, held(&own.right, &given.right)?), closed))
            }
            dtype => {
                let ticks = plain.iter().map(|scalar| match scalar.is_missing() {
                    true => Some(i64::MIN),
                    false => tick_of(dtype, &scalar),
                });
                Ok(ticks.collect::<Option<Vec<i64>>>().map(|ticks| Self::from_ticks(dtype, ticks)))
            }
        }
    }

    /// Intervals between ends that are held; `None` where one side is not.
    fn of_held((left, right): (Option<Self>, Option<Self>), closed: Closed) -> Option<Self> {
        let (left, right) = (Arc::new(left?), Arc::new(right?));
        Some(Self::with_ends(Intervals { left, right, closed }))
    }

    /// Rows at positions that are known to be inside, from a column of the same dtype with a row for each, or one.
    fn overlay(&self, positions: &[usize], rows: &Self) -> Self {
        if let (Some(own), Some(rows)) = (self.as_intervals(), rows.as_intervals()) {
            return Self::with_ends(Intervals {
                left: Arc::new(own.left.overlay(positions, &rows.left)),
                right: Arc::new(own.right.overlay(positions, &rows.right)),
                closed: own.closed,
            });
        }
        let from = |k: usize| if rows.len() == 1 { 0 } else { k };
        let overlaid = |valid: Bitmap, other: Option<&Bitmap>| {
            let mut bits: Vec<bool> = valid.iter().collect();
            for (k, &position) in positions.iter().enumerate() {
                bits[position] = other.is_none_or(|other| other.get(from(k)));
            }
            bits.into_iter().collect::<Bitmap>()
        };
        let validity = match (self.validity(), rows.validity()) {
            (None, None) => None,
            (own, other) => {
                let own = own.cloned().unwrap_or_else(|| Bitmap::filled(true, self.len()));
                Some(overlaid(own, other))
            }
        };
        fn written<T: Clone>(own: &[T], rows: &[T], places: impl Iterator<Item = (usize, usize)>) -> Vec<T> {
            let mut out = own.to_vec();
            places.for_each(|(position, row)| out[position] = rows[row].clone());
            out
        }
        let places = positions.iter().enumerate().map(|(k, &position)| (position, from(k)));
        let values = match (self.values(), rows.values()) {
            (Values::Bool(own), Values::Bool(rows)) => Values::Bool(overlaid(own.clone(), Some(rows))),
            (Values::Object(own), Values::Object(rows)) => Values::Object(written(own, rows, places).into()),
            (Values::Category(own), Values::Category(rows)) => Values::Category(Category {
                codes: written(&own.codes, &rows.codes, places).into(),
                ..own.clone()
            }),
            (Values::Text(_), _) => {
                let mut source: Vec<usize> = (0..self.len()).collect();
                places.for_each(|(position, row)| source[position] = self.len() + row);
                return join(self.dtype(), &[self, rows]).gather(self.len(), |i| source[i]);
            }
            (numbers, _) => for_number!(
                numbers,
                own => match same_buffer(own, rows) {
                    Some(rows) => Native::wrap_values(written(own, rows, places).into()),
                    None => self.values().clone(),
                },
                _ => self.values().clone()
            ),
        };
        Self::new(self.dtype(), values, validity)
    }
}

/// The buffer of `rows` of the same native type.
fn same_buffer<'a, T: Native>(_: &[T], rows: &'a Column) -> Option<&'a [T]> {
    rows.native::<T>()
}

fn text_column(column: &Column, dtype: DType) -> Result<Column> {
    match column.dtype().is_text() {
        true => column.cast(dtype),
        false => {
            let texts: Vec<Scalar> = column.iter().collect();
            texts.iter().map(Scalar::as_str).collect::<Column>().cast(dtype)
        }
    }
}

fn is_number(scalar: &Scalar) -> bool {
    matches!(scalar, Scalar::Int(_) | Scalar::UInt(_) | Scalar::Float(_))
}

/// A number that a dtype holds.
enum Held {
    Integer(i128),
    Float(f64),
}

impl Held {
    fn to<T: Native>(&self) -> T {
        match self {
            Self::Integer(value) => T::from_i128(*value),
            Self::Float(value) => T::from_f64(*value),
        }
    }
}

/// The integer of an integer or a whole float; booleans are none.
fn whole(scalar: &Scalar) -> Option<i128> {
    match scalar {
        Scalar::Bool(_) => None,
        Scalar::Float(value) if value.fract() == 0.0 && value.abs() < 1.7e38 => Some(*value as i128),
        other => other.as_i128(),
    }
}

fn number_of(number: Number, scalar: &Scalar) -> Option<Held> {
    match number.integer_range() {
        Some((low, high)) => whole(scalar).filter(|value| (low..=high).contains(value)).map(Held::Integer),
        None => match scalar {
            Scalar::Int(_) | Scalar::UInt(_) | Scalar::Big(_) | Scalar::Float(_) => {
                scalar.as_f64().map(Held::Float)
            }
            _ => None,
        },
    }
}

/// Numbers of a column as another number type, if each is kept.
fn holding_numbers(number: Number, column: &Column) -> Option<Column> {
    let source = column.dtype().number()?;
    if column.dtype().is_nullable() && column.missing_count() > 0 {
        return None;
    }
    let plain = column.cast(DType::Number(source)).ok()?;
    let kept = match (number.integer_range(), source.is_float()) {
        (Some((low, high)), _) => {
            plain.iter().all(|scalar| whole(&scalar).is_some_and(|value| (low..=high).contains(&value)))
        }
        (None, _) if source == Number::Float64 && number == Number::Float32 => {
            plain.floats().iter().all(|value| value.is_nan() || f64::from(*value as f32) == *value)
        }
        (None, _) => true,
    };
    if kept { plain.cast(DType::Number(number)).ok() } else { None }
}

/// Ticks of a point in time or a difference in a dtype of the same kind, if they are exact; texts are read.
fn tick_of(dtype: DType, scalar: &Scalar) -> Option<i64> {
    let unit = dtype.time_unit()?;
    let (ticks, from) = match (dtype, scalar) {
        (DType::Datetime(_), Scalar::Datetime(ticks, from))
        | (DType::Zoned(..), Scalar::Zoned(ticks, from, _))
        | (DType::Timedelta(_), Scalar::Timedelta(ticks, from)) => (*ticks, *from),
        (DType::Datetime(_), Scalar::Str(text)) => match crate::time::parse_timestamp(text)? {
            Scalar::Datetime(ticks, from) => (ticks, from),
            _ => return None,
        },
        (DType::Zoned(_, zone), Scalar::Str(text)) => match crate::time::parse_zoned_timestamp(text, zone)? {
            Scalar::Zoned(ticks, from, _) => (ticks, from),
            _ => return None,
        },
        (DType::Timedelta(_), Scalar::Str(text)) => match crate::timedelta::parse_timedelta(text)? {
            Scalar::Timedelta(ticks, from) => (ticks, from),
            _ => return None,
        },
        _ => return None,
    };
    let moved = rescale(ticks, from, unit)?;
    (rescale(moved, unit, from) == Some(ticks)).then_some(moved)
}

fn with_missing(number: Number) -> DType {
    if number.is_float() { DType::Number(number) } else { DType::FLOAT64 }
}

/// The smallest integer type that holds a type and a value outside it; `None` beyond 64 bits.
fn widened_integer(number: Number, value: i128) -> Option<Number> {
    if number.is_float() {
        return Some(number);
    }
    let holds = |candidate: &Number| {
        candidate.integer_range().is_some_and(|(low, high)| (low..=high).contains(&value))
    };
    let unsigned = number.is_unsigned() && value >= 0;
    let smallest = Number::ALL
        .into_iter()
        .find(|candidate| !candidate.is_float() && candidate.is_unsigned() == unsigned && holds(candidate))?;
    Some(promote_numbers(number, smallest))
}
