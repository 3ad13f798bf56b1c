//! `[]`, `loc`, `iloc`, `head` and `tail`.

use std::collections::HashSet;

use column::{Bitmap, Column, DType, Scalar, WarningKind, warn};

use crate::error::{Error, ErrorKind, Result};
use crate::frame::{Frame, each_column};
use crate::index::Index;
use crate::series::Series;
use crate::setops::{Location, key_text};

/// What stands in the brackets of `loc`.
// A selector lives for one call; none is kept in numbers.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "one is made for a call and never kept")]
pub enum Labels {
    /// One label: the dimension goes away, unless the label stands several times.
    One(Scalar),
    /// A list of labels, in that order.
    List(Vec<Scalar>),
    /// From one label to another, both included.
    Slice(Option<Scalar>, Option<Scalar>),
    /// The rows where a boolean series, aligned by label, is true; any other series is the list of its values.
    Series(Series),
}

/// What stands in the brackets of `iloc`; negative positions count from the end.
#[derive(Clone, Debug)]
pub enum Positions {
    /// One position: the dimension goes away.
    One(i64),
    /// A list of positions, in that order.
    List(Vec<i64>),
    /// Python's slice: start, stop and step.
    Slice(Option<i64>, Option<i64>, Option<i64>),
}

/// What a selection gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selected {
    /// Rows and columns.
    Frame(Frame),
    /// One column, or one row across the columns.
    Series(Series),
    /// One cell.
    Scalar(Scalar),
}

impl Selected {
    /// The frame inside.
    pub fn into_frame(self) -> Option<Frame> {
        match self {
            Self::Frame(frame) => Some(frame),
            _ => None,
        }
    }

    /// The series inside.
    pub fn into_series(self) -> Option<Series> {
        match self {
            Self::Series(series) => Some(series),
            _ => None,
        }
    }
}

/// Positions along an axis, and whether the axis stays.
enum Along {
    One(usize),
    Many(Vec<usize>),
    /// A slice: start, count, step and stop; a RangeIndex stays one.
    Stepped(usize, usize, i64, i64),
}

impl Along {
    fn of(location: Location) -> Self {
        match location {
            Location::One(position) => Self::One(position),
            Location::Many(positions) => Self::Many(positions),
        }
    }

    fn positions(&self) -> Vec<usize> {
        match self {
            Self::One(position) => vec![*position],
            Self::Many(positions) => positions.clone(),
            Self::Stepped(start, count, step, _) => (0..*count as i64)
                .filter_map(|place| usize::try_from(*start as i64 + place * step).ok())
                .collect(),
        }
    }

    fn is_one(&self) -> bool {
        matches!(self, Self::One(_))
    }

    fn index(&self, index: &Index) -> Result<Index> {
        match self {
            Self::Stepped(start, count, step, stop) => index.stepped(*start, *count, *step, *stop),
            other => index.take(&other.positions()),
        }
    }
}

/// What a series in brackets asks for.
enum SeriesKey {
    /// Rows where it is true.
    Rows(Bitmap),
    /// The labels it holds.
    Labels(Index),
}

/// A series of booleans is matched with the rows of `index`, NA as false; any other holds labels.
///
/// # Errors
/// `IndexingError` where the rows of booleans cannot be matched, `ValueError` for missing values among booleans of dtype
/// object.
fn series_key(key: &Series, index: &Index) -> Result<SeriesKey> {
    let Some(bits) = boolean_bits(&key.values)? else {
        return Ok(SeriesKey::Labels(Index::from_column(key.values.clone())));
    };
    if key.index.equals(index) {
        return Ok(SeriesKey::Rows(bits));
    }
    let unalignable = || {
        let message = "Unalignable boolean Series provided as indexer (index of the boolean Series and of the indexed \
                       object do not match).";
        Error::new(ErrorKind::IndexingError, message)
    };
    let positions = key.index.get_indexer_non_unique(index)?;
    let positions: Option<Vec<usize>> =
        positions.into_iter().map(|position| usize::try_from(position).ok()).collect();
    let positions = positions.filter(|positions| positions.len() == index.len()).ok_or_else(unalignable)?;
    Ok(SeriesKey::Rows(positions.into_iter().map(|position| bits.get(position)).collect()))
}

/// The bits of a column of booleans, missing as false; `None` for any other.
///
/// # Errors
/// `ValueError` for missing values among booleans of dtype object.
fn boolean_bits(values: &Column) -> Result<Option<Bitmap>> {
    if let Some(bits) = values.as_bool() {
        return Ok(Some(values.validity().map_or_else(|| bits.clone(), |valid| bits.and(valid))));
    }
    let Some(scalars) = values.as_object() else { return Ok(None) };
    let present = || scalars.iter().filter(|scalar| !scalar.is_missing());
    if present().next().is_none() || !present().all(|scalar| matches!(scalar, Scalar::Bool(_))) {
        return Ok(None);
    }
    if scalars.iter().any(Scalar::is_missing) {
        return Err(Error::value("Cannot mask with non-boolean array containing NA / NaN values"));
    }
    Ok(Some(scalars.iter().map(|scalar| *scalar == Scalar::Bool(true)).collect()))
}

fn locate_labels(index: &Index, labels: &Labels, axis: &str) -> Result<Along> {
    match labels {
        Labels::One(label) => Ok(Along::of(index.locate(label)?)),
        Labels::List(labels) => Ok(Along::Many(locate_list(index, labels, axis)?)),
        Labels::Series(key) => Ok(Along::Many(match series_key(key, index)? {
            SeriesKey::Rows(bits) => bits.ones().collect(),
            SeriesKey::Labels(labels) => locate_all(index, &labels, axis)?,
        })),
        Labels::Slice(start, stop) => {
            let (start, end) = slice_bounds(index, start.as_ref(), stop.as_ref())?;
            Ok(Along::Stepped(start, end.saturating_sub(start), 1, end.max(start) as i64))
        }
    }
}

/// Positions of every label of a list, all of them for a label that stands several times.
///
/// # Errors
/// `KeyError` naming the labels that are not there.
pub(crate) fn locate_list(index: &Index, labels: &[Scalar], axis: &str) -> Result<Vec<usize>> {
    if labels.is_empty() {
        return Ok(Vec::new());
    }
    locate_all(index, &Index::from_labels(labels.to_vec()), axis)
}

fn locate_all(index: &Index, target: &Index, axis: &str) -> Result<Vec<usize>> {
    let found = index.get_indexer_non_unique(target)?;
    if let Ok(positions) =
        found.iter().map(|&position| usize::try_from(position)).collect::<Result<Vec<_>, _>>()
    {
        return Ok(positions);
    }
    let absent: Vec<Scalar> = target.iter().filter(|label| !index.contains(label)).collect();
    if absent.len() == target.len() {
        return Err(Error::key(format!("None of [{}] are in the [{axis}]", target.summary())));
    }
    let mut named = HashSet::new();
    let absent = absent.into_iter().filter(|label| named.insert(label.key())).collect();
    Err(Error::key(format!("{} not in index", Scalar::List(absent))))
}

/// Half-open row bounds of a slice of labels, both ends included.
fn slice_bounds(index: &Index, start: Option<&Scalar>, stop: Option<&Scalar>) -> Result<(usize, usize)> {
    let bound = |label: &Scalar, left: bool| -> Result<usize> {
        let side = if left { "left" } else { "right" };
        match index.find(label) {
            Some(Location::One(position)) => Ok(if left { position } else { position + 1 }),
            Some(Location::Many(positions)) => {
                let contiguous = positions.windows(2).all(|pair| pair[1] == pair[0] + 1);
                match (contiguous, positions.first(), positions.last()) {
                    (true, Some(&first), Some(&last)) => Ok(if left { first } else { last + 1 }),
                    _ => Err(Error::key(format!(
                        "Cannot get {side} slice bound for non-unique label: {}",
                        label.repr()
                    ))),
                }
            }
            None if index.is_monotonic_increasing() && !index.is_multi() => {
                let below = |held: &Scalar| {
                    let order = crate::order::compare(held, label)?;
                    Ok::<bool, Error>(order.is_lt() || (!left && order.is_eq()))
                };
                let mut position = 0;
                for held in index.iter() {
                    if !below(&held)? {
                        break;
                    }
                    position += 1;
                }
                Ok(position)
            }
            None => Err(Error::key(key_text(label))),
        }
    };
    let start = start.map_or(Ok(0), |label| bound(label, true))?;
    let end = stop.map_or(Ok(index.len()), |label| bound(label, false))?;
    Ok((start, end))
}

fn locate_positions(len: usize, positions: &Positions) -> Result<Along> {
    let place = |position: i64| {
        let place = if position < 0 { position + len as i64 } else { position };
        usize::try_from(place).ok().filter(|place| *place < len)
    };
    match positions {
        Positions::One(position) => place(*position)
            .map(Along::One)
            .ok_or_else(|| Error::new(ErrorKind::IndexError, "single positional indexer is out-of-bounds")),
        Positions::List(list) => {
            let found: Option<Vec<usize>> = list.iter().map(|&position| place(position)).collect();
            found
                .map(Along::Many)
                .ok_or_else(|| Error::new(ErrorKind::IndexError, "positional indexers are out-of-bounds"))
        }
        Positions::Slice(start, stop, step) => {
            let (start, count, step, stop) = slice_positions(len, *start, *stop, *step)?;
            Ok(Along::Stepped(start, count, step, stop))
        }
    }
}

/// Python's slice over `len` items as start, count, step and stop.
///
/// # Errors
/// `ValueError` for a step of zero.
fn slice_positions(
    len: usize,
    start: Option<i64>,
    stop: Option<i64>,
    step: Option<i64>,
) -> Result<(usize, usize, i64, i64)> {
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(Error::value("slice step cannot be zero"));
    }
    let len = len as i64;
    let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let clamp = |bound: i64| (if bound < 0 { bound.saturating_add(len) } else { bound }).clamp(low, high);
    let start = start.map_or(if step > 0 { low } else { high }, clamp);
    let stop = stop.map_or(if step > 0 { high } else { low }, clamp);
    let distance = if step > 0 { stop - start } else { start - stop };
    let count = if distance <= 0 { 0 } else { (distance - 1) / step.abs() + 1 };
    Ok((start.max(0) as usize, count as usize, step, stop))
}

impl Frame {
    fn select(&self, rows: Option<&Along>, columns: Option<&Along>) -> Result<Selected> {
        let across = match columns {
            Some(along) => self.take_columns(&along.positions())?,
            None => self.clone(),
        };
        let one_column = columns.is_some_and(Along::is_one);
        let Some(rows) = rows else {
            return Ok(match one_column {
                true => across.series_at(0).map_or(Selected::Frame(across), Selected::Series),
                false => Selected::Frame(across),
            });
        };
        if let Along::One(row) = rows {
            if let (true, Some(column)) = (one_column, across.data.first()) {
                return Ok(Selected::Scalar(column.get(*row).unwrap_or(Scalar::None)));
            }
            return Ok(Selected::Series(across.row(*row)?));
        }
        let positions = rows.positions();
        let data = across.data.iter().map(|column| match rows {
            Along::Stepped(start, count, 1, _) => Ok(column.slice(*start, start + count)),
            _ => column.take(&positions),
        });
        let data = data.collect::<column::Result<Vec<_>>>()?;
        let taken = Self { columns: across.columns, index: rows.index(&self.index)?, data };
        Ok(match one_column {
            true => taken.series_at(0).map_or(Selected::Frame(taken), Selected::Series),
            false => Selected::Frame(taken),
        })
    }

    /// The row at a position as a series over the column labels, in the dtype all columns share.
    pub(crate) fn row(&self, row: usize) -> Result<Series> {
        let cells: Vec<Column> = self.data.iter().map(|column| column.slice(row, row + 1)).collect();
        let values = match cells.is_empty() {
            true => Column::empty(DType::Object),
            false => Column::concat(&cells.iter().collect::<Vec<_>>())?,
        };
        Series::new(values, self.columns.clone(), self.index.get(row).unwrap_or(Scalar::None))
    }

    /// `self[label]`: the column, or all columns where the label stands several times.
    ///
    /// # Errors
    /// `KeyError` with the label.
    pub fn get(&self, label: impl Into<Scalar>) -> Result<Selected> {
        let along = Along::of(self.columns.locate(&label.into())?);
        self.select(None, Some(&along))
    }

    /// `self[label]` where the label must stand once.
    ///
    /// # Errors
    /// `KeyError` where there is no such column, `ValueError` where there are several.
    pub fn column(&self, label: impl Into<Scalar>) -> Result<Series> {
        let label = label.into();
        let values = self.one_column(&label)?.clone();
        Ok(Series { values, index: self.index.clone(), name: label })
    }

    /// `self[[label, …]]`: these columns in this order.
    ///
    /// # Errors
    /// `KeyError` naming the labels that are not there.
    pub fn select_columns(&self, labels: &[Scalar]) -> Result<Self> {
        self.take_columns(&locate_list(&self.columns, labels, "columns")?)
    }

    /// `self[series]`: the rows where an aligned boolean series is true, NA counting as false; for any other series the
    /// columns under the labels that it holds.
    ///
    /// # Errors
    /// `IndexingError` where the labels of booleans do not match, `ValueError` for missing values among booleans of
    /// dtype object, `KeyError` naming the columns that are not there.
    pub fn filter(&self, key: &Series) -> Result<Self> {
        if !key.index.equals(&self.index) && boolean_bits(&key.values)?.is_some() {
            warn(WarningKind::User, "Boolean Series key will be reindexed to match DataFrame index.");
        }
        match series_key(key, &self.index)? {
            SeriesKey::Rows(bits) => self.filter_bits(&bits),
            SeriesKey::Labels(labels) => self.take_columns(&locate_all(&self.columns, &labels, "columns")?),
        }
    }

    pub(crate) fn filter_bits(&self, bits: &Bitmap) -> Result<Self> {
        let data = each_column(&self.data, self.len(), |column| Ok(column.filter(bits)))?;
        Ok(Self { columns: self.columns.clone(), index: self.index.filter(bits)?, data })
    }

    /// `loc[rows]` or `loc[rows, columns]`.
    ///
    /// # Errors
    /// `KeyError` for labels that are not there, and those of a mask.
    pub fn loc(&self, rows: &Labels, columns: Option<&Labels>) -> Result<Selected> {
        let rows = locate_labels(&self.index, rows, "index")?;
        let columns = columns.map(|labels| locate_labels(&self.columns, labels, "columns")).transpose()?;
        self.select(Some(&rows), columns.as_ref())
    }

    /// `iloc[rows]` or `iloc[rows, columns]`.
    ///
    /// # Errors
    /// `IndexError` for a position past either end.
    pub fn iloc(&self, rows: &Positions, columns: Option<&Positions>) -> Result<Selected> {
        let rows = locate_positions(self.len(), rows)?;
        let columns = columns.map(|positions| locate_positions(self.data.len(), positions)).transpose()?;
        self.select(Some(&rows), columns.as_ref())
    }

    /// The first `n` rows; all but the last `-n` for a negative `n`.
    #[must_use]
    pub fn head(&self, n: i64) -> Self {
        self.slice(0, head_end(self.len(), n))
    }

    /// The last `n` rows; all but the first `-n` for a negative `n`.
    #[must_use]
    pub fn tail(&self, n: i64) -> Self {
        // pandas takes no rows from the front, which shows in a RangeIndex.
        if n == 0 { self.slice(0, 0) } else { self.slice(tail_start(self.len(), n), self.len()) }
    }
}

fn head_end(len: usize, n: i64) -> usize {
    let end = if n < 0 { (len as i64).saturating_add(n) } else { n };
    usize::try_from(end).unwrap_or(0).min(len)
}

fn tail_start(len: usize, n: i64) -> usize {
    let start = if n < 0 { n.saturating_neg() } else { (len as i64).saturating_sub(n) };
    usize::try_from(start).unwrap_or(0).min(len)
}

impl Series {
    fn select(&self, rows: &Along) -> Result<Selected> {
        if let Along::One(row) = rows {
            return Ok(Selected::Scalar(self.values.get(*row).unwrap_or(Scalar::None)));
        }
        let values = self.values.take(&rows.positions())?;
        Ok(Selected::Series(Self { values, index: rows.index(&self.index)?, name: self.name.clone() }))
    }

    /// `self[series]`: the rows where an aligned boolean series is true, or those under the labels that any other holds.
    ///
    /// # Errors
    /// As [`Frame::filter`].
    pub fn filter(&self, key: &Self) -> Result<Self> {
        match series_key(key, &self.index)? {
            SeriesKey::Rows(bits) => self.filter_bits(&bits),
            SeriesKey::Labels(labels) => {
                let rows = locate_all(&self.index, &labels, "index")?;
                Ok(Self {
                    values: self.values.take(&rows)?,
                    index: self.index.take(&rows)?,
                    name: self.name.clone(),
                })
            }
        }
    }

    pub(crate) fn filter_bits(&self, bits: &Bitmap) -> Result<Self> {
        let index = self.index.filter(bits)?;
        Ok(Self { values: self.values.filter(bits), index, name: self.name.clone() })
    }

    /// `loc[rows]`.
    ///
    /// # Errors
    /// As [`Frame::loc`].
    pub fn loc(&self, rows: &Labels) -> Result<Selected> {
        self.select(&locate_labels(&self.index, rows, "index")?)
    }

    /// `iloc[rows]`.
    ///
    /// # Errors
    /// As [`Frame::iloc`].
    pub fn iloc(&self, rows: &Positions) -> Result<Selected> {
        self.select(&locate_positions(self.len(), rows)?)
    }

    /// Rows `start..end`, cut off at the end.
    #[must_use]
    pub fn slice(&self, start: usize, end: usize) -> Self {
        let values = self.values.slice(start, end);
        Self { values, index: self.index.slice(start, end), name: self.name.clone() }
    }

    /// The first `n` rows; all but the last `-n` for a negative `n`.
    #[must_use]
    pub fn head(&self, n: i64) -> Self {
        self.slice(0, head_end(self.len(), n))
    }

    /// The last `n` rows; all but the first `-n` for a negative `n`.
    #[must_use]
    pub fn tail(&self, n: i64) -> Self {
        // pandas takes no rows from the front, which shows in a RangeIndex.
        if n == 0 { self.slice(0, 0) } else { self.slice(tail_start(self.len(), n), self.len()) }
    }
}
