//! Making columns from plain values.

use std::sync::Arc;

use hashbrown::HashSet;

use crate::bitmap::Bitmap;
use crate::buffer::Buffer;
use crate::column::Column;
use crate::dtype::{DType, TimeUnit};
use crate::error::{Error, Result};
use crate::interval::Intervals;
use crate::number::Native;
use crate::scalar::{Key, Scalar};
use crate::text::{Text, TextBuilder};
use crate::values::{Values, with_native};
use crate::zone::Zone;

impl<T: Native> From<Vec<T>> for Column {
    /// A numpy number column (`int64`, `float64` …); NaN takes its one representation.
    fn from(mut values: Vec<T>) -> Self {
        if T::NUMBER.is_float() {
            values.iter_mut().for_each(|value| *value = value.canonical());
        }
        Self::new(DType::Number(T::NUMBER), T::wrap_values(values.into()), None)
    }
}

impl From<Bitmap> for Column {
    fn from(bits: Bitmap) -> Self {
        Self::new(DType::Bool, Values::Bool(bits), None)
    }
}

impl From<Vec<bool>> for Column {
    fn from(bits: Vec<bool>) -> Self {
        bits.into_iter().collect::<Bitmap>().into()
    }
}

impl From<Vec<&str>> for Column {
    /// A `str` column.
    fn from(strings: Vec<&str>) -> Self {
        strings.into_iter().map(Some).collect()
    }
}

impl From<Vec<String>> for Column {
    /// A `str` column.
    fn from(strings: Vec<String>) -> Self {
        strings.iter().map(|string| Some(string.as_str())).collect()
    }
}

impl<'a> FromIterator<Option<&'a str>> for Column {
    /// A `str` column; `None` is missing.
    fn from_iter<I: IntoIterator<Item = Option<&'a str>>>(strings: I) -> Self {
        let strings = strings.into_iter();
        let mut text = TextBuilder::with_capacity(strings.size_hint().0, 0);
        let valid = strings
            .map(|string| {
                text.push(string.unwrap_or(""));
                string.is_some()
            })
            .collect();
        Self::new(DType::Str, Values::Text(text.finish()), Some(valid))
    }
}

impl<T: Native> FromIterator<Option<T>> for Column {
    /// A nullable column (`Int64`, `Float64` …); `None` and NaN are missing.
    fn from_iter<I: IntoIterator<Item = Option<T>>>(values: I) -> Self {
        let values: Vec<Option<T>> = values.into_iter().collect();
        let valid = values.iter().map(|value| value.is_some_and(|value| !value.is_nan())).collect();
        Self::nullable(values.into_iter().map(|value| value.unwrap_or(T::ZERO)).collect(), valid)
    }
}

impl Column {
    /// A nullable number column with its validity; NaN counts as missing. A validity of another
    /// length reads as unset past its end.
    #[must_use]
    pub fn nullable<T: Native>(mut values: Vec<T>, valid: Bitmap) -> Self {
        let valid = Bitmap::from_fn(values.len(), |i| valid.get(i) && !values[i].is_nan());
        mask_slots(&mut values, &valid, T::ZERO);
        Self::new(DType::Nullable(T::NUMBER), T::wrap_values(values.into()), Some(valid))
    }

    /// A `boolean` column with its validity.
    #[must_use]
    pub fn boolean(bits: Bitmap, valid: Bitmap) -> Self {
        let valid = Bitmap::from_fn(bits.len(), |i| valid.get(i));
        Self::new(DType::Boolean, Values::Bool(bits.and(&valid)), Some(valid))
    }

    /// A `str` column (or `string`, by `dtype`) over finished text. Where `valid` is unset the string
    /// must be empty; strings that are not are rewritten.
    #[must_use]
    pub fn text(dtype: DType, text: Text, valid: Option<Bitmap>) -> Self {
        let dtype = if dtype == DType::String { dtype } else { DType::Str };
        let Some(valid) = valid else { return Self::new(dtype, Values::Text(text), None) };
        let valid = Bitmap::from_fn(text.len(), |i| valid.get(i));
        let canonical = (0..text.len()).all(|i| valid.get(i) || text.get(i).is_empty());
        let text = match canonical {
            true => text,
            false => (0..text.len()).map(|i| if valid.get(i) { text.get(i) } else { "" }).collect(),
        };
        Self::new(dtype, Values::Text(text), Some(valid))
    }

    /// A `datetime64[unit]` column; `i64::MIN` is NaT.
    #[must_use]
    pub fn datetime(ticks: Vec<i64>, unit: TimeUnit) -> Self {
        Self::times(DType::Datetime(unit), ticks.into())
    }

    /// A `timedelta64[unit]` column; `i64::MIN` is NaT.
    #[must_use]
    pub fn timedelta(ticks: Vec<i64>, unit: TimeUnit) -> Self {
        Self::times(DType::Timedelta(unit), ticks.into())
    }

    /// A `datetime64[unit, zone]` column of ticks in UTC; `i64::MIN` is NaT.
    #[must_use]
    pub fn zoned(ticks: Vec<i64>, unit: TimeUnit, zone: Zone) -> Self {
        Self::times(DType::Zoned(unit, zone), ticks.into())
    }

    /// A column of a datetime or timedelta dtype over ticks, `i64::MIN` for NaT; `int64` for any other dtype.
    #[must_use]
    pub fn from_ticks(dtype: DType, ticks: Vec<i64>) -> Self {
        if dtype.is_time() { Self::times(dtype, ticks.into()) } else { ticks.into() }
    }

    pub(crate) fn times(dtype: DType, ticks: Buffer<i64>) -> Self {
        let valid = Bitmap::from_fn(ticks.len(), |i| ticks[i] != i64::MIN);
        Self::new(dtype, Values::Int64(ticks), Some(valid))
    }

    /// An `object` column.
    #[must_use]
    pub fn object(scalars: Vec<Scalar>) -> Self {
        Self::new(DType::Object, Values::Object(scalars.into()), None)
    }

    /// A `category` column from codes (−1 is missing) into unique, present categories.
    ///
    /// # Errors
    /// `ValueError` with pandas' text: a code outside the categories, categories that repeat or are
    /// missing.
    pub fn category(codes: Vec<i32>, categories: Self, ordered: bool) -> Result<Self> {
        check_categories(&categories)?;
        let bound = i32::try_from(categories.len()).unwrap_or(i32::MAX);
        if codes.iter().any(|code| !(-1..bound).contains(code)) {
            return Err(Error::value_error("codes need to be between -1 and len(categories)-1"));
        }
        Ok(Self::with_category(codes, Arc::new(categories), ordered))
    }

    /// `len` missing rows of `dtype`, or of the dtype it becomes when missing values enter.
    #[must_use]
    pub fn missing(dtype: DType, len: usize) -> Self {
        let none = Some(Bitmap::filled(false, len));
        match dtype.with_missing() {
            DType::Number(number) => with_native!(number, T => vec![T::from_f64(f64::NAN); len].into()),
            DType::Nullable(number) => {
                with_native!(number, T => Self::nullable(vec![T::ZERO; len], Bitmap::filled(false, len)))
            }
            DType::Bool | DType::Boolean => {
                Self::boolean(Bitmap::filled(false, len), Bitmap::filled(false, len))
            }
            dtype @ (DType::Str | DType::String) => {
                Self::new(dtype, Values::Text((0..len).map(|_| "").collect()), none)
            }
            DType::Category => Self::with_category(vec![-1; len], Arc::new(Self::object(Vec::new())), false),
            dtype @ (DType::Datetime(_) | DType::Zoned(..) | DType::Timedelta(_)) => {
                Self::times(dtype, vec![i64::MIN; len].into())
            }
            DType::Interval(ends, closed) => Self::missing_intervals(ends, closed, len),
            DType::Object => Self::object(vec![Scalar::NAN; len]),
        }
    }

    /// A column of `dtype` without rows.
    #[must_use]
    pub fn empty(dtype: DType) -> Self {
        match dtype {
            DType::Bool => Vec::<bool>::new().into(),
            DType::Number(number) => with_native!(number, T => Vec::<T>::new().into()),
            DType::Interval(ends, closed) => {
                let side = Arc::new(Self::empty(ends.dtype()));
                Self::with_ends(Intervals { left: Arc::clone(&side), right: side, closed })
            }
            other => Self::missing(other, 0),
        }
    }

    /// The column pandas makes of a list of scalars without a dtype: `int64`, `float64` (also for
    /// integers with None or NaN), `bool`, `str` (missing allowed), datetimes, timedeltas and intervals of one
    /// kind, else `object`. An empty list is `object`.
    #[must_use]
    pub fn infer(scalars: Vec<Scalar>) -> Self {
        infer::column(scalars)
    }

    /// Objects that are all strings, all times of one kind or all intervals (missing ones aside) in their dtype, as pandas'
    /// constructors make of an array of objects; any other column as it is. Numbers stay objects.
    #[must_use]
    pub fn without_plain_objects(self) -> Self {
        let Some(scalars) = self.as_object() else { return self };
        let is_plain = |scalar: &Scalar| {
            matches!(
                scalar,
                Scalar::Str(_)
                    | Scalar::Datetime(..)
                    | Scalar::Zoned(..)
                    | Scalar::Timedelta(..)
                    | Scalar::Interval(_)
            )
        };
        let mut present = scalars.iter().filter(|scalar| !scalar.is_missing()).peekable();
        if present.peek().is_none() || !present.all(is_plain) {
            return self;
        }
        Self::infer(scalars.to_vec())
    }

    /// `scalar` in every one of `len` rows, with the dtype [`Column::infer`] finds.
    #[must_use]
    pub fn repeat(scalar: &Scalar, len: usize) -> Self {
        match Self::infer(vec![scalar.clone()]).take(&vec![0; len]) {
            Ok(column) => column,
            Err(_) => Self::object(vec![scalar.clone(); len]),
        }
    }
}

/// Writes the fixed bytes of missing slots.
pub(crate) fn mask_slots<T: Copy>(values: &mut [T], valid: &Bitmap, slot: T) {
    values.iter_mut().enumerate().filter(|(i, _)| !valid.get(*i)).for_each(|(_, value)| *value = slot);
}

pub(crate) fn check_categories(categories: &Column) -> Result<()> {
    if categories.missing_count() > 0 {
        return Err(Error::value_error("Categorical categories cannot be null"));
    }
    let mut seen: HashSet<Key, foldhash::fast::FixedState> = HashSet::default();
    if !categories.iter().all(|category| seen.insert(category.key())) {
        return Err(Error::value_error("Categorical categories must be unique"));
    }
    Ok(())
}

/// Inference of a dtype from scalars, as pandas' `lib.maybe_convert_objects` does.
mod infer {
    use super::*;

    #[derive(Default)]
    struct Seen {
        none_or_nan: bool,
        na: bool,
        nat: bool,
        bools: bool,
        ints: bool,
        unsigned: bool,
        negative: bool,
        floats: bool,
        strings: bool,
        datetimes: bool,
        zone: Option<Zone>,
        timedeltas: bool,
        intervals: bool,
        others: bool,
        unit: Option<TimeUnit>,
    }

    pub(super) fn column(scalars: Vec<Scalar>) -> Column {
        let mut seen = Seen::default();
        scalars.iter().for_each(|scalar| seen.note(scalar));
        if seen.intervals {
            return Column::intervals_of(&scalars).unwrap_or_else(|| Column::object(scalars));
        }
        let takes_na = seen.strings || seen.datetimes || seen.zone.is_some() || seen.timedeltas;
        if scalars.is_empty() || seen.others || seen.na && !takes_na {
            return Column::object(scalars);
        }
        let numbers = seen.ints || seen.floats;
        let kinds = [seen.bools, numbers, seen.strings, seen.datetimes, seen.zone.is_some(), seen.timedeltas];
        match kinds.iter().filter(|kind| **kind).count() {
            0 if seen.nat => return times(scalars, DType::Datetime(TimeUnit::Second)),
            0 if scalars.iter().any(|scalar| matches!(scalar, Scalar::Float(_))) => {}
            1 => {}
            _ => return Column::object(scalars),
        }
        let unit = seen.unit.unwrap_or(TimeUnit::Micro);
        if seen.strings && !seen.nat {
            scalars.iter().map(Scalar::as_str).collect()
        } else if seen.datetimes {
            times(scalars, DType::Datetime(unit))
        } else if let Some(zone) = seen.zone {
            times(scalars, DType::Zoned(unit, zone))
        } else if seen.timedeltas {
            times(scalars, DType::Timedelta(unit))
        } else if seen.nat || seen.strings || (seen.bools && seen.none_or_nan) {
            Column::object(scalars)
        } else if seen.bools {
            scalars.iter().map(|scalar| matches!(scalar, Scalar::Bool(true))).collect::<Bitmap>().into()
        } else if seen.floats || seen.none_or_nan {
            floats(&scalars)
        } else {
            integers(scalars, &seen)
        }
    }

    impl Seen {
        fn note(&mut self, scalar: &Scalar) {
            match scalar {
                Scalar::None => self.none_or_nan = true,
                Scalar::Float(value) if value.is_nan() => self.none_or_nan = true,
                Scalar::NA => self.na = true,
                Scalar::NaT => self.nat = true,
                Scalar::Bool(_) => self.bools = true,
                Scalar::Int(value) => {
                    self.ints = true;
                    self.negative |= *value < 0;
                }
                Scalar::UInt(_) => {
                    self.ints = true;
                    self.unsigned = true;
                }
                Scalar::Float(_) => self.floats = true,
                Scalar::Str(_) => self.strings = true,
                Scalar::Datetime(_, unit) => {
                    self.datetimes = true;
                    self.unit = self.unit.max(Some(*unit));
                }
                Scalar::Zoned(_, unit, zone) => {
                    // Points in time of different zones stay objects.
                    self.others |= self.zone.is_some_and(|seen| seen != *zone);
                    self.zone = Some(*zone);
                    self.unit = self.unit.max(Some(*unit));
                }
                Scalar::Timedelta(_, unit) => {
                    self.timedeltas = true;
                    self.unit = self.unit.max(Some(*unit));
                }
                Scalar::Interval(_) => self.intervals = true,
                Scalar::Big(_) | Scalar::Tuple(_) | Scalar::List(_) | Scalar::Opaque(_) => self.others = true,
            }
        }
    }

    fn floats(scalars: &[Scalar]) -> Column {
        scalars.iter().map(|scalar| scalar.as_f64().unwrap_or(f64::NAN)).collect::<Vec<_>>().into()
    }

    fn integers(scalars: Vec<Scalar>, seen: &Seen) -> Column {
        let values = || scalars.iter().map(|scalar| scalar.as_i128().unwrap_or(0));
        match (seen.unsigned, seen.negative) {
            (true, true) => Column::object(scalars),
            (true, false) => values().map(u64::from_i128).collect::<Vec<_>>().into(),
            _ => values().map(i64::from_i128).collect::<Vec<_>>().into(),
        }
    }

    fn times(scalars: Vec<Scalar>, dtype: DType) -> Column {
        let Some(unit) = dtype.time_unit() else { return Column::object(scalars) };
        let ticks: Option<Vec<i64>> = scalars
            .iter()
            .map(|scalar| match scalar {
                Scalar::Datetime(ticks, from)
                | Scalar::Zoned(ticks, from, _)
                | Scalar::Timedelta(ticks, from) => ticks.checked_mul(unit.per_second() / from.per_second()),
                _ => Some(i64::MIN),
            })
            .collect();
        match ticks {
            Some(ticks) => Column::times(dtype, ticks.into()),
            None => Column::object(scalars),
        }
    }
}
