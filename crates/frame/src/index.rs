//! Row and column labels.

use std::sync::{Arc, OnceLock};

use column::{Bitmap, Column, DType, Frequency, Scalar};

use crate::error::{Error, ErrorKind, Result};
use crate::keys::{Codes, Missing, combine, factorize, factorize_pair};
use crate::lookup::Table;
use crate::order;

/// Labels of one axis: any scalar or tuple, duplicates allowed.
///
/// `==` is [`Index::identical`]: same kind, dtype, labels, names and frequency. Lazily found facts (is it unique, is it sorted)
/// are cached and take no part in equality.
#[derive(Clone, Debug)]
pub struct Index {
    shape: Shape,
    facts: Arc<Facts>,
}

#[derive(Clone, Debug)]
enum Shape {
    /// Python's `range`: `stop` is kept as it was given, so slices print as pandas prints them.
    Range {
        start: i64,
        stop: i64,
        len: usize,
        step: i64,
        name: Scalar,
    },
    Values {
        column: Column,
        name: Scalar,
        /// pandas' `freq` of dates and durations: what the operation that made the labels knows of their step.
        frequency: Option<Frequency>,
    },
    Multi {
        levels: Vec<Level>,
        len: usize,
    },
}

/// One level of a MultiIndex: its distinct labels and a code per row, −1 where missing.
#[derive(Clone, Debug)]
pub(crate) struct Level {
    pub labels: Column,
    pub codes: Arc<Vec<i64>>,
    pub name: Scalar,
}

#[derive(Debug, Default)]
struct Facts {
    unique: OnceLock<bool>,
    increasing: OnceLock<bool>,
    decreasing: OnceLock<bool>,
    table: OnceLock<Table>,
}

/// Which of several equal rows is not called a duplicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Keep {
    /// The first (`'first'`).
    #[default]
    First,
    /// The last (`'last'`).
    Last,
    /// None of them (`False`).
    Neither,
}

impl Index {
    fn of(shape: Shape) -> Self {
        Self { shape, facts: Arc::default() }
    }

    /// `RangeIndex(0, len)`, the labels of rows without labels.
    pub fn range(len: usize) -> Self {
        Self::range_of(0, len, 1)
    }

    /// `len` labels from `start` on by `step`.
    pub fn range_of(start: i64, len: usize, step: i64) -> Self {
        let stop = start.saturating_add((len as i64).saturating_mul(step));
        Self::of(Shape::Range { start, stop, len, step, name: Scalar::None })
    }

    /// The same number of labels from `start` on by `step`, with a stop of its own; `None` where the last would not be
    /// a label.
    pub fn rebased(&self, start: i64, stop: i64, step: i64) -> Option<Self> {
        let len = self.len();
        // The last label must be a label.
        let last = i64::try_from(len).ok()?.saturating_sub(1).checked_mul(step)?.checked_add(start);
        last.map(|_| Self::of(Shape::Range { start, stop, len, step, name: Scalar::None }))
    }

    /// The labels of a column, unnamed.
    pub fn from_column(column: Column) -> Self {
        Self::of(Shape::Values { column, name: Scalar::None, frequency: None })
    }

    /// The labels of a column that was read, unnamed: two or more equally spaced integers are a range, as in pandas'
    /// readers.
    pub fn from_sequence(column: Column) -> Self {
        let range = if column.len() > 1 { Self::evenly_spaced(&column) } else { None };
        range.unwrap_or_else(|| Self::from_column(column))
    }

    /// The range of one or more `int64` labels at one distance.
    pub(crate) fn evenly_spaced(column: &Column) -> Option<Self> {
        let values = column.as_i64().filter(|_| column.dtype() == DType::INT64)?;
        let (&first, others) = values.split_first()?;
        let step = others.first().map_or(Some(1), |second| second.checked_sub(first))?;
        let even = step != 0 && values.windows(2).all(|pair| pair[1].checked_sub(pair[0]) == Some(step));
        even.then(|| Self::range_of(first, values.len(), step))
    }

    /// Labels with the dtype pandas infers from them; tuples of one length make a MultiIndex.
    pub fn from_labels(labels: Vec<Scalar>) -> Self {
        let width = match labels.first() {
            Some(Scalar::Tuple(items)) => items.len(),
            _ => 0,
        };
        let all = |label: &Scalar| matches!(label, Scalar::Tuple(items) if items.len() == width);
        if width == 0 || !labels.iter().all(all) {
            return Self::from_column(Column::infer(labels));
        }
        let level = |place: usize| {
            let items = labels.iter().map(|label| match label {
                Scalar::Tuple(items) => items.get(place).cloned().unwrap_or(Scalar::None),
                other => other.clone(),
            });
            Column::infer(items.collect())
        };
        Self::from_arrays((0..width).map(level).collect(), vec![Scalar::None; width])
    }

    /// String labels.
    pub fn from_strings<S: AsRef<str>>(labels: &[S]) -> Self {
        Self::from_column(labels.iter().map(|label| Some(label.as_ref())).collect())
    }

    /// A MultiIndex of columns of equal length, its levels sorted.
    pub fn from_arrays(arrays: Vec<Column>, names: Vec<Scalar>) -> Self {
        let len = arrays.first().map_or(0, Column::len);
        let mut names = names.into_iter();
        let level = |array: Column| Level::of(&array, names.next().unwrap_or(Scalar::None));
        Self::of(Shape::Multi { levels: arrays.into_iter().map(level).collect(), len })
    }

    pub(crate) fn from_levels(levels: Vec<Level>) -> Self {
        let len = levels.first().map_or(0, |level| level.codes.len());
        Self::of(Shape::Multi { levels, len })
    }

    /// Number of labels.
    pub fn len(&self) -> usize {
        match &self.shape {
            Shape::Range { len, .. } => *len,
            Shape::Values { column, .. } => column.len(),
            Shape::Multi { len, .. } => *len,
        }
    }

    /// Whether there are no labels.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of levels: 1 but for a MultiIndex.
    pub fn nlevels(&self) -> usize {
        match &self.shape {
            Shape::Multi { levels, .. } => levels.len(),
            _ => 1,
        }
    }

    /// pandas' class: `RangeIndex`, `Index`, `DatetimeIndex`, `TimedeltaIndex`, `CategoricalIndex`, `IntervalIndex` or
    /// `MultiIndex`.
    pub fn class(&self) -> &'static str {
        match &self.shape {
            Shape::Range { .. } => "RangeIndex",
            Shape::Multi { .. } => "MultiIndex",
            Shape::Values { column, .. } => match column.dtype() {
                DType::Datetime(_) | DType::Zoned(..) => "DatetimeIndex",
                DType::Timedelta(_) => "TimedeltaIndex",
                DType::Category => "CategoricalIndex",
                DType::Interval(..) => "IntervalIndex",
                _ => "Index",
            },
        }
    }

    /// Start, stop and step of a RangeIndex.
    pub fn as_range(&self) -> Option<(i64, i64, i64)> {
        match self.shape {
            Shape::Range { start, stop, step, .. } => Some((start, stop, step)),
            _ => None,
        }
    }

    /// pandas' `freq`: the step between the labels of a DatetimeIndex or TimedeltaIndex.
    ///
    /// A union or an intersection infers it; copies, renamings, slices and selections at one distance keep it. Labels
    /// that only happen to be regular have none.
    pub fn frequency(&self) -> Option<&Frequency> {
        match &self.shape {
            Shape::Values { frequency, .. } => frequency.as_ref(),
            _ => None,
        }
    }

    /// The same labels with this step, or without one. Labels that are neither dates nor durations have none.
    pub fn with_frequency(mut self, step: Option<Frequency>) -> Self {
        if let Shape::Values { column, frequency, .. } = &mut self.shape {
            *frequency = step.filter(|_| column.dtype().is_time());
        }
        self
    }

    /// The levels of a MultiIndex.
    pub(crate) fn levels(&self) -> Option<&[Level]> {
        match &self.shape {
            Shape::Multi { levels, .. } => Some(levels),
            _ => None,
        }
    }

    /// Whether this is a MultiIndex.
    pub fn is_multi(&self) -> bool {
        matches!(self.shape, Shape::Multi { .. })
    }

    /// dtype of the labels, `object` (tuples) for a MultiIndex.
    pub fn dtype(&self) -> DType {
        match &self.shape {
            Shape::Range { .. } => DType::INT64,
            Shape::Values { column, .. } => column.dtype(),
            Shape::Multi { .. } => DType::Object,
        }
    }

    /// The names of the levels, [`Scalar::None`] where unnamed.
    pub fn names(&self) -> Vec<Scalar> {
        match &self.shape {
            Shape::Range { name, .. } | Shape::Values { name, .. } => vec![name.clone()],
            Shape::Multi { levels, .. } => levels.iter().map(|level| level.name.clone()).collect(),
        }
    }

    /// The name of an index of one level; `None` for a MultiIndex, as in pandas.
    pub fn name(&self) -> Scalar {
        match &self.shape {
            Shape::Range { name, .. } | Shape::Values { name, .. } => name.clone(),
            Shape::Multi { .. } => Scalar::None,
        }
    }

    /// The same labels under `name` (the first level's name of a MultiIndex).
    pub fn with_name(self, name: Scalar) -> Self {
        self.with_names(vec![name])
    }

    /// The same labels with these names, level by level; levels beyond the names keep theirs.
    pub fn with_names(mut self, names: Vec<Scalar>) -> Self {
        match &mut self.shape {
            Shape::Range { name, .. } | Shape::Values { name, .. } => {
                if let Some(first) = names.into_iter().next() {
                    *name = first;
                }
            }
            Shape::Multi { levels, .. } => {
                for (level, name) in levels.iter_mut().zip(names) {
                    level.name = name;
                }
            }
        }
        self
    }

    /// The label at a position, a tuple for a MultiIndex.
    pub fn get(&self, position: usize) -> Option<Scalar> {
        match &self.shape {
            Shape::Range { start, len, step, .. } => {
                (position < *len).then(|| Scalar::Int(start + position as i64 * step))
            }
            Shape::Values { column, .. } => column.get(position),
            Shape::Multi { levels, len } => (position < *len).then(|| {
                let items: Vec<Scalar> = levels.iter().map(|level| level.label(position)).collect();
                Scalar::Tuple(items.into())
            }),
        }
    }

    /// All labels in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Scalar> + '_ {
        (0..self.len()).map(|position| self.get(position).unwrap_or(Scalar::None))
    }

    /// The labels of one level as a column; `None` for a level that is not there.
    pub fn level_values(&self, level: usize) -> Option<Column> {
        match &self.shape {
            Shape::Multi { levels, .. } => levels.get(level).map(Level::column),
            _ => (level == 0).then(|| self.to_column()),
        }
    }

    /// The labels as a column, tuples in `object` for a MultiIndex.
    pub fn to_column(&self) -> Column {
        match &self.shape {
            Shape::Range { start, len, step, .. } => {
                Column::from((0..*len as i64).map(|place| start + place * step).collect::<Vec<i64>>())
            }
            Shape::Values { column, .. } => column.clone(),
            Shape::Multi { .. } => Column::object(self.iter().collect()),
        }
    }

    /// The level that a name or number means.
    ///
    /// # Errors
    /// `KeyError` as pandas gives it for a level that is not there.
    pub fn level_number(&self, level: &Scalar) -> Result<usize> {
        let names = self.names();
        if let Some(found) = names.iter().position(|name| name == level) {
            return Ok(found);
        }
        match level {
            Scalar::Int(number) => {
                let count = names.len() as i64;
                let place = if *number < 0 { number + count } else { *number };
                usize::try_from(place).ok().filter(|place| *place < names.len()).ok_or_else(|| {
                    let bound = format!("Too many levels: Index has only {count} level, not {}", number + 1);
                    Error::new(ErrorKind::IndexError, bound)
                })
            }
            other if self.is_multi() => Err(Error::key(format!("Level {other} not found"))),
            other => {
                Err(Error::key(format!("Requested level ({other}) does not match index name ({})", names[0])))
            }
        }
    }

    /// Labels at `positions`; a RangeIndex stays one where the labels are evenly spaced, as in pandas.
    ///
    /// # Errors
    /// `IndexError` for a position past the end.
    pub fn take(&self, positions: &[usize]) -> Result<Self> {
        let shape = match &self.shape {
            Shape::Range { start, len, step, name, .. } => {
                if let Some(&beyond) = positions.iter().find(|&&position| position >= *len) {
                    let message = format!("index {beyond} is out of bounds for axis 0 with size {len}");
                    return Err(Error::new(ErrorKind::IndexError, message));
                }
                let labels = positions.iter().map(|&position| start + position as i64 * step).collect();
                range_or_values(labels, *step, name.clone())
            }
            Shape::Values { column, name, frequency } => Shape::Values {
                column: column.take(positions)?,
                name: name.clone(),
                frequency: frequency.as_ref().and_then(|step| step.times(distance(positions)?)),
            },
            Shape::Multi { levels, .. } => {
                let taken = |level: &Level| {
                    let codes: Option<Vec<i64>> =
                        positions.iter().map(|&position| level.codes.get(position).copied()).collect();
                    let codes = codes.ok_or_else(|| {
                        Error::new(ErrorKind::IndexError, "index out of bounds for the MultiIndex")
                    })?;
                    Ok(Level { codes: Arc::new(codes), ..level.clone() })
                };
                let levels = levels.iter().map(taken).collect::<Result<Vec<Level>>>()?;
                Shape::Multi { levels, len: positions.len() }
            }
        };
        Ok(Self::of(shape))
    }

    /// Labels at `positions`, missing where a position is −1.
    ///
    /// # Errors
    /// `IndexError` for a position past the end.
    pub fn take_or_missing(&self, positions: &[i64]) -> Result<Self> {
        self.reindexed(positions)
    }

    /// The step that pandas' `infer_freq` finds in dates or durations.
    #[must_use]
    pub fn inferred_frequency(&self) -> Option<Frequency> {
        self.infer_frequency()
    }

    /// Labels at `positions`, missing where a position is −1.
    pub(crate) fn reindexed(&self, positions: &[i64]) -> Result<Self> {
        if let Ok(positions) =
            positions.iter().map(|&position| usize::try_from(position)).collect::<Result<Vec<_>, _>>()
        {
            let taken = self.take(&positions)?;
            return Ok(taken);
        }
        match &self.shape {
            Shape::Multi { levels, .. } => {
                let taken = |level: &Level| {
                    let code = |&position: &i64| match usize::try_from(position) {
                        Ok(position) => level.codes.get(position).copied().unwrap_or(-1),
                        Err(_) => -1,
                    };
                    Level { codes: Arc::new(positions.iter().map(code).collect()), ..level.clone() }
                };
                Ok(Self::from_levels(levels.iter().map(taken).collect()))
            }
            _ => Ok(Self::from_column(self.to_column().reindex(positions)?).with_name(self.name())),
        }
    }

    /// Labels `start..end`, cut off at the end; a RangeIndex stays one.
    pub fn slice(&self, start: usize, end: usize) -> Self {
        let start = start.min(self.len());
        let end = end.clamp(start, self.len());
        let shape = match &self.shape {
            Shape::Range { .. } => return self.stepped_range(start, end - start, 1, end as i64),
            Shape::Values { column, name, frequency } => Shape::Values {
                column: column.slice(start, end),
                name: name.clone(),
                frequency: frequency.clone(),
            },
            Shape::Multi { levels, .. } => {
                let cut = |level: &Level| {
                    let codes = level.codes.get(start..end).unwrap_or_default().to_vec();
                    Level { codes: Arc::new(codes), ..level.clone() }
                };
                Shape::Multi { levels: levels.iter().map(cut).collect(), len: end - start }
            }
        };
        Self::of(shape)
    }

    /// Labels at `start, start + step, …`, `count` of them; a RangeIndex stays one whatever the step. `stop` is the
    /// slice's end, which the range's own stop follows.
    ///
    /// # Errors
    /// `IndexError` for a position past the end.
    pub fn stepped(&self, start: usize, count: usize, step: i64, stop: i64) -> Result<Self> {
        if self.as_range().is_some() {
            return Ok(self.stepped_range(start, count, step, stop));
        }
        let positions: Vec<usize> =
            (0..count as i64).filter_map(|place| usize::try_from(start as i64 + place * step).ok()).collect();
        self.take(&positions)
    }

    fn stepped_range(&self, start: usize, count: usize, step: i64, stop: i64) -> Self {
        let Shape::Range { start: first, step: own, name, .. } = &self.shape else { return self.clone() };
        let at = |position: i64| first + position * own;
        let (start, stop) = (at(start as i64), at(stop));
        Self::of(Shape::Range { start, stop, len: count, step: own * step, name: name.clone() })
    }

    /// Labels whose bit is set.
    pub(crate) fn filter(&self, mask: &Bitmap) -> Result<Self> {
        let mask = &mask.slice(0..self.len());
        match &self.shape {
            Shape::Range { start, step, name, .. } => {
                let labels = mask.ones().map(|row| start + row as i64 * step).collect();
                return Ok(Self::of(range_or_values(labels, *step, name.clone())));
            }
            Shape::Values { column, name, frequency: None } => {
                let (column, name) = (column.filter(mask), name.clone());
                return Ok(Self::of(Shape::Values { column, name, frequency: None }));
            }
            _ => {}
        }
        let rows: Vec<usize> = mask.ones().collect();
        let kept = self.frequency().filter(|_| rows.is_empty() || distance(&rows) == Some(1)).cloned();
        Ok(self.take(&rows)?.with_frequency(kept))
    }

    /// Same labels in the same order, whatever the kind and names (pandas' `equals`).
    pub fn equals(&self, other: &Self) -> bool {
        if self.len() != other.len() {
            return false;
        }
        match (&self.shape, &other.shape) {
            (Shape::Range { start: a, step: s, len, .. }, Shape::Range { start: b, step: t, .. }) => {
                *len == 0 || (a == b && (s == t || *len == 1))
            }
            (Shape::Multi { levels, .. }, Shape::Multi { levels: others, .. }) => {
                levels.len() == others.len()
                    && levels
                        .iter()
                        .zip(others)
                        .all(|(level, other)| same_labels(&level.column(), &other.column()))
            }
            (Shape::Multi { .. }, _) | (_, Shape::Multi { .. }) => false,
            _ => same_labels(&self.to_column(), &other.to_column()),
        }
    }

    /// [`Index::equals`], and the same class, dtype, names and frequency.
    pub fn identical(&self, other: &Self) -> bool {
        self.class() == other.class()
            && self.names() == other.names()
            && self.frequency() == other.frequency()
            && (0..self.nlevels()).all(|level| self.level_values(level) == other.level_values(level))
            && self.as_range() == other.as_range()
    }

    /// Rows as codes; equal labels have equal codes, missing labels are labels like others.
    pub(crate) fn codes(&self) -> Codes {
        match &self.shape {
            Shape::Multi { levels, len } => combine(
                &levels.iter().map(|level| factorize(&level.column(), Missing::Keep)).collect::<Vec<_>>(),
                *len,
            ),
            _ => factorize(&self.to_column(), Missing::Distinct),
        }
    }

    /// Codes over both indexes' labels: this one's rows, then the other's.
    pub(crate) fn joint_codes(&self, other: &Self) -> Result<Codes> {
        if self.nlevels() != other.nlevels() {
            let both = Column::concat(&[&self.to_column(), &other.to_column()])?;
            return Ok(factorize(&both, Missing::Distinct));
        }
        let missing = if self.is_multi() { Missing::Keep } else { Missing::Distinct };
        let part = |level: usize| {
            let of = |index: &Self| index.level_values(level).unwrap_or_else(|| Column::empty(DType::Object));
            factorize_pair(&of(self), &of(other), missing)
        };
        let parts = (0..self.nlevels()).map(part).collect::<Result<Vec<_>>>()?;
        Ok(combine(&parts, self.len() + other.len()))
    }

    /// `look` at the labels of an index of one level, without copying them where they are in a column already.
    pub(crate) fn with_flat<T>(&self, look: impl FnOnce(&Column) -> T) -> T {
        match &self.shape {
            Shape::Values { column, .. } => look(column),
            _ => look(&self.to_column()),
        }
    }

    /// The table of the labels in `column`, which are this index's own.
    pub(crate) fn table(&self, column: &Column) -> &Table {
        self.facts.table.get_or_init(|| Table::of(column, factorize(column, Missing::Distinct)))
    }

    /// Whether no label stands twice.
    pub fn is_unique(&self) -> bool {
        *self.facts.unique.get_or_init(|| match &self.shape {
            Shape::Range { .. } => true,
            _ => match self.facts.table.get() {
                Some(table) => table.is_unique(),
                None => self.codes().count() == self.len(),
            },
        })
    }

    /// Whether a label stands twice.
    pub fn has_duplicates(&self) -> bool {
        !self.is_unique()
    }

    /// Whether every label is at least its predecessor; false where labels are missing or cannot be compared.
    pub fn is_monotonic_increasing(&self) -> bool {
        *self.facts.increasing.get_or_init(|| match &self.shape {
            Shape::Range { step, len, .. } => *step > 0 || *len < 2,
            Shape::Values { column, .. } => {
                column.missing_count() == 0 && order::is_sorted(std::slice::from_ref(column)).unwrap_or(false)
            }
            Shape::Multi { levels, .. } => {
                let columns: Vec<Column> = levels.iter().map(Level::column).collect();
                columns.iter().all(|column| column.missing_count() == 0)
                    && order::is_sorted(&columns).unwrap_or(false)
            }
        })
    }

    /// Whether every label is at most its predecessor; false where labels are missing or cannot be compared.
    pub fn is_monotonic_decreasing(&self) -> bool {
        *self.facts.decreasing.get_or_init(|| match &self.shape {
            Shape::Range { step, len, .. } => *step < 0 || *len < 2,
            _ => {
                let columns: Vec<Column> = (0..self.nlevels())
                    .filter_map(|level| self.level_values(level))
                    .map(|column| column.reversed())
                    .collect();
                columns.iter().all(|column| column.missing_count() == 0)
                    && order::is_sorted(&columns).unwrap_or(false)
            }
        })
    }

    /// For each label, whether it is a repetition.
    pub fn duplicated(&self, keep: Keep) -> Bitmap {
        duplicated(&self.codes(), keep)
    }

    /// Positions that put the labels in order; missing ones at the end or, on request, in front. Stable.
    pub(crate) fn argsort(&self, ascending: bool, missing_first: bool) -> Result<Vec<usize>> {
        let columns: Vec<Column> = (0..self.nlevels()).filter_map(|level| self.level_values(level)).collect();
        let keys: Vec<order::SortKey> =
            columns.iter().map(|column| order::SortKey { column, ascending, missing_first }).collect();
        order::argsort(&keys, self.len())
    }
}

/// The distance between positions that are a slice; one position is a slice of step 1, none are no slice.
fn distance(positions: &[usize]) -> Option<i64> {
    let &[first, second, ..] = positions else { return (!positions.is_empty()).then_some(1) };
    let step = (second as i64).checked_sub(first as i64).filter(|&step| step != 0)?;
    positions.windows(2).all(|pair| pair[1] as i64 - pair[0] as i64 == step).then_some(step)
}

fn range_or_values(labels: Vec<i64>, step: i64, name: Scalar) -> Shape {
    let even = match labels.as_slice() {
        [] => Some((0, 1)),
        [only] => Some((*only, step)),
        [first, second, ..] => {
            let step = second - first;
            (step != 0 && labels.windows(2).all(|pair| pair[1] - pair[0] == step)).then_some((*first, step))
        }
    };
    match even {
        Some((start, step)) => {
            Shape::Range { start, stop: start + labels.len() as i64 * step, len: labels.len(), step, name }
        }
        None => Shape::Values { column: Column::from(labels), name, frequency: None },
    }
}

fn same_labels(left: &Column, right: &Column) -> bool {
    if left.dtype() == right.dtype() && left.dtype() != DType::Object {
        return if left.dtype().is_float() {
            left.iter().map(|l| l.key()).eq(right.iter().map(|r| r.key()))
        } else {
            left == right
        };
    }
    let comparable = left.dtype().is_numeric() == right.dtype().is_numeric()
        || left.dtype() == DType::Object
        || right.dtype() == DType::Object;
    comparable && left.len() == right.len() && left.iter().map(|l| l.key()).eq(right.iter().map(|r| r.key()))
}

/// For each row, whether its code stands in another row that is kept instead.
pub(crate) fn duplicated(codes: &Codes, keep: Keep) -> Bitmap {
    let mut counts = vec![0usize; codes.count()];
    let mut last = vec![0usize; codes.count()];
    for (row, &code) in codes.codes.iter().enumerate() {
        if let Ok(code) = usize::try_from(code) {
            counts[code] += 1;
            last[code] = row;
        }
    }
    Bitmap::from_fn(codes.codes.len(), |row| match usize::try_from(codes.codes[row]) {
        Err(_) => false,
        Ok(code) => match keep {
            Keep::First => codes.firsts[code] != row,
            Keep::Last => last[code] != row,
            Keep::Neither => counts[code] > 1,
        },
    })
}

impl Level {
    /// A level over the sorted distinct values of a column; values that cannot be compared keep their order of
    /// appearance. A categorical column keeps its categories.
    pub fn of(array: &Column, name: Scalar) -> Self {
        if let (Some(codes), Some(_)) = (array.codes(), array.categories()) {
            let all = (0..array.categories().map_or(0, Column::len) as i32).collect();
            let categories = array.categories().cloned().unwrap_or_else(|| Column::empty(DType::Object));
            let labels = Column::category(all, categories.clone(), array.is_ordered()).unwrap_or(categories);
            return Self {
                labels,
                codes: Arc::new(codes.iter().map(|&code| i64::from(code)).collect()),
                name,
            };
        }
        let found = factorize(array, Missing::Drop);
        let uniques = array.take(&found.firsts).unwrap_or_else(|_| array.clone());
        let order = order::argsort(&[order::SortKey::ascending(&uniques)], uniques.len())
            .unwrap_or_else(|_| (0..uniques.len()).collect());
        let mut ranks = vec![0i64; order.len()];
        for (rank, &unique) in order.iter().enumerate() {
            ranks[unique] = rank as i64;
        }
        let codes =
            found.codes.iter().map(|&code| usize::try_from(code).map_or(-1, |code| ranks[code])).collect();
        Self { labels: uniques.take(&order).unwrap_or(uniques), codes: Arc::new(codes), name }
    }

    /// The label of a row.
    fn label(&self, row: usize) -> Scalar {
        let code = self.codes.get(row).copied().unwrap_or(-1);
        match usize::try_from(code) {
            Ok(code) => self.labels.get(code).unwrap_or(Scalar::NAN),
            Err(_) => self.labels.missing_scalar(),
        }
    }

    /// The labels row by row.
    pub fn column(&self) -> Column {
        // Codes are made from the labels they point into, so the gather cannot leave them.
        self.labels
            .reindex(&self.codes)
            .unwrap_or_else(|_| Column::missing(self.labels.dtype(), self.codes.len()))
    }
}

impl PartialEq for Index {
    fn eq(&self, other: &Self) -> bool {
        self.identical(other)
    }
}

impl Eq for Index {}
