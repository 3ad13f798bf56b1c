//! Where labels stand: `get_loc`, `get_indexer` and the bounds of label slices.

use std::cmp::Ordering;
use std::hash::BuildHasher;

use column::{Bitmap, Column, DType, Key, Scalar};
use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::error::{Error, ErrorKind, Result};
use crate::index::Index;
use crate::keys::Codes;
use crate::order;
use crate::setops::{Location, key_text};

/// Up to this many labels a scan is quicker than making a table.
const SCAN_MAX: usize = 24;

/// Where a label stands, in the form in which pandas' `get_loc` says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Located {
    /// One row.
    One(usize),
    /// Neighbouring rows `start..stop` of sorted labels.
    Slice(usize, usize),
    /// Rows anywhere: a bit a row.
    Mask(Bitmap),
}

impl Located {
    /// The rows in order.
    #[must_use]
    pub fn rows(&self) -> Vec<usize> {
        match self {
            Self::One(row) => vec![*row],
            Self::Slice(start, stop) => (*start..*stop).collect(),
            Self::Mask(bits) => bits.ones().collect(),
        }
    }

    pub(crate) fn of_rows(rows: &[usize], len: usize) -> Self {
        match (rows.first(), rows.last()) {
            (Some(&first), Some(&last)) if last - first + 1 == rows.len() => Self::Slice(first, last + 1),
            _ => {
                let mut bits = vec![false; len];
                rows.iter().for_each(|&row| bits[row] = true);
                Self::Mask(bits.into_iter().collect())
            }
        }
    }
}

/// What `get_indexer` takes for a label that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// The last label before it (`'pad'`, `'ffill'`).
    Pad,
    /// The next label behind it (`'backfill'`, `'bfill'`).
    Backfill,
    /// The nearer of both; the later one where they are equally near (`'nearest'`).
    Nearest,
}

/// How labels that are not there are filled from their neighbours.
#[derive(Clone, Debug, Default)]
pub struct Nearby {
    /// Which neighbour; without one only exact labels are found.
    pub method: Option<Fill>,
    /// How many labels in a row may be filled.
    pub limit: Option<usize>,
    /// The greatest distance to the neighbour: one for all labels, or one a label.
    pub tolerance: Vec<Scalar>,
}

/// Which end of a slice a label is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The first row.
    Left,
    /// Behind the last row.
    Right,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
        }
    }
}

/// A label in the form in which a column holds it.
enum Wanted<'a> {
    Int(i64),
    Text(&'a str),
    Key(Key),
    Missing,
}

/// The table of an index's distinct labels.
#[derive(Debug)]
pub(crate) struct Table {
    slots: HashTable<usize>,
    codes: Codes,
    offsets: Vec<usize>,
    rows: Vec<usize>,
    missing: Option<usize>,
}

fn as_integers(column: &Column) -> Option<&[i64]> {
    (column.dtype() == DType::INT64 || column.dtype().is_time()).then(|| column.as_i64()).flatten()
}

fn wanted<'a>(column: &Column, label: &'a Scalar) -> Option<Wanted<'a>> {
    let dtype = column.dtype();
    if dtype == DType::Object {
        return Some(Wanted::Key(label.key()));
    }
    if label.is_missing() {
        let fits = match dtype {
            DType::Number(number) => number.is_float() && matches!(label, Scalar::Float(_)),
            dtype if dtype.is_time() => true,
            DType::Bool => false,
            _ => !matches!(label, Scalar::NaT),
        };
        return fits.then_some(Wanted::Missing);
    }
    if column.as_text().is_some() {
        return label.as_str().map(Wanted::Text);
    }
    match (dtype, label) {
        (DType::Number(_) | DType::Nullable(_), Scalar::Bool(_)) => None,
        (DType::Bool | DType::Boolean, Scalar::Bool(_)) => Some(Wanted::Key(label.key())),
        (DType::Bool | DType::Boolean, _) => None,
        (DType::INT64, Scalar::Int(value)) => Some(Wanted::Int(*value)),
        (DType::INT64, Scalar::Float(value)) => {
            (value.fract() == 0.0 && value.abs() < 9.0e15).then_some(Wanted::Int(*value as i64))
        }
        (DType::INT64, _) => None,
        (DType::Datetime(unit), Scalar::Datetime(ticks, other))
        | (DType::Zoned(unit, _), Scalar::Zoned(ticks, other, _))
        | (DType::Timedelta(unit), Scalar::Timedelta(ticks, other)) => {
            let (own, theirs) = (unit.per_second(), other.per_second());
            let exact = i128::from(*ticks) * i128::from(own);
            let theirs = i128::from(theirs);
            (exact % theirs == 0).then(|| i64::try_from(exact / theirs).ok()).flatten().map(Wanted::Int)
        }
        (dtype, _) if dtype.is_time() => None,
        _ => Some(Wanted::Key(label.key())),
    }
}

fn hash_row(state: &FixedState, column: &Column, row: usize) -> u64 {
    if let Some(values) = as_integers(column) {
        return state.hash_one(values[row]);
    }
    match column.str_at(row) {
        Some(text) => state.hash_one(text),
        None => state.hash_one(column.get(row).map(|scalar| scalar.key())),
    }
}

fn holds(column: &Column, row: usize, wanted: &Wanted<'_>) -> bool {
    match wanted {
        Wanted::Missing => column.is_missing(row),
        Wanted::Int(value) => {
            as_integers(column).is_some_and(|values| values[row] == *value) && !column.is_missing(row)
        }
        Wanted::Text(text) => column.str_at(row) == Some(*text),
        Wanted::Key(key) => column.get(row).is_some_and(|held| held.key() == *key),
    }
}

impl Table {
    pub fn of(column: &Column, codes: Codes) -> Self {
        let state = FixedState::default();
        let mut slots = HashTable::with_capacity(codes.count());
        let mut missing = None;
        let object = column.dtype() == DType::Object;
        for (code, &row) in codes.firsts.iter().enumerate() {
            if !object && column.is_missing(row) {
                missing = Some(code);
                continue;
            }
            let hash = hash_row(&state, column, row);
            slots.insert_unique(hash, code, |&held| hash_row(&state, column, codes.firsts[held]));
        }
        let (offsets, rows) = codes.rows();
        Self { slots, codes, offsets, rows, missing }
    }

    fn code(&self, column: &Column, wanted: &Wanted<'_>) -> Option<usize> {
        let state = FixedState::default();
        let hash = match wanted {
            Wanted::Missing => return self.missing,
            Wanted::Int(value) => state.hash_one(value),
            Wanted::Text(text) => state.hash_one(text),
            Wanted::Key(key) => state.hash_one(Some(key)),
        };
        self.slots.find(hash, |&code| holds(column, self.codes.firsts[code], wanted)).copied()
    }

    fn rows_of(&self, code: usize) -> &[usize] {
        self.rows.get(self.offsets[code]..self.offsets[code + 1]).unwrap_or_default()
    }

    pub fn is_unique(&self) -> bool {
        self.codes.count() == self.codes.codes.len()
    }
}

impl Index {
    /// Where a label of an index of one level stands, without looking at partial dates.
    pub(crate) fn find_flat(&self, column: &Column, label: &Scalar) -> Option<Location> {
        let wanted = wanted(column, label)?;
        if column.len() <= SCAN_MAX {
            let mut rows = (0..column.len()).filter(|&row| holds(column, row, &wanted));
            let first = rows.next()?;
            let rest: Vec<usize> = rows.collect();
            return Some(match rest.is_empty() {
                true => Location::One(first),
                false => Location::Many(std::iter::once(first).chain(rest).collect()),
            });
        }
        let table = self.table(column);
        match table.rows_of(table.code(column, &wanted)?) {
            [only] => Some(Location::One(*only)),
            rows => Some(Location::Many(rows.to_vec())),
        }
    }

    /// Where a label of a MultiIndex stands: all of its levels or the first ones.
    pub(crate) fn find_multi(&self, parts: &[Scalar]) -> Option<Location> {
        let levels = self.levels()?;
        if parts.is_empty() || parts.len() > levels.len() {
            return None;
        }
        let codes = parts.iter().zip(levels).map(|(part, level)| level.code_of(part));
        let codes: Vec<i64> = codes.collect::<Option<_>>()?;
        let matches = |row: usize| levels.iter().zip(&codes).all(|(level, code)| level.codes[row] == *code);
        let rows: Vec<usize> = (0..self.len()).filter(|&row| matches(row)).collect();
        match rows.as_slice() {
            [] => None,
            [only] if parts.len() == levels.len() => Some(Location::One(*only)),
            _ => Some(Location::Many(rows)),
        }
    }

    /// Where `label` stands, as pandas' `get_loc` says it: a row, a slice of sorted labels, or a mask.
    ///
    /// # Errors
    /// `KeyError` with the label.
    pub fn get_loc(&self, label: &Scalar) -> Result<Located> {
        Ok(match self.locate(label)? {
            Location::One(row) => Located::One(row),
            Location::Many(rows) if self.is_multi() || self.is_monotonic_increasing() => {
                Located::of_rows(&rows, self.len())
            }
            Location::Many(rows) => {
                // pandas says a slice only where the labels are sorted, or where it found one by chance of scanning.
                let mut bits = vec![false; self.len()];
                rows.iter().for_each(|&row| bits[row] = true);
                Located::Mask(bits.into_iter().collect())
            }
        })
    }

    /// For each label of `target` its position here or, on request, that of a neighbour; −1 where there is none.
    ///
    /// # Errors
    /// `InvalidIndexError` where labels stand twice here; `ValueError` where neighbours are asked for among labels that
    /// are not sorted, or where a limit or a tolerance stands without a method.
    pub fn get_indexer_nearby(&self, target: &Self, nearby: &Nearby) -> Result<Vec<i64>> {
        let Some(method) = nearby.method else {
            for (given, name) in
                [(nearby.limit.is_some(), "limit"), (!nearby.tolerance.is_empty(), "tolerance")]
            {
                if given {
                    let message =
                        format!("{name} argument only valid if doing pad, backfill or nearest reindexing");
                    return Err(Error::value(message));
                }
            }
            return self.get_indexer(target);
        };
        if !self.is_unique() {
            let message = "Reindexing only valid with uniquely valued Index objects";
            return Err(Error::new(ErrorKind::InvalidIndexError, message));
        }
        if !self.is_monotonic_increasing() && !self.is_monotonic_decreasing() {
            return Err(Error::value("index must be monotonic increasing or decreasing"));
        }
        if !nearby.tolerance.is_empty()
            && !matches!(nearby.tolerance.len(), 1)
            && nearby.tolerance.len() != target.len()
        {
            return Err(Error::value("list-like tolerance size must match target index size"));
        }
        let mut found = match method {
            Fill::Pad => self.neighbours(target, Side::Left, nearby.limit)?,
            Fill::Backfill => self.neighbours(target, Side::Right, nearby.limit)?,
            Fill::Nearest => self.nearest(target)?,
        };
        if nearby.tolerance.is_empty() {
            return Ok(found);
        }
        for (place, position) in found.iter_mut().enumerate() {
            let Ok(row) = usize::try_from(*position) else { continue };
            let tolerance = nearby.tolerance.get(place).or(nearby.tolerance.first());
            let near = match (self.get(row), target.get(place), tolerance) {
                (Some(here), Some(there), Some(most)) => {
                    let most = span(most).ok_or_else(|| bad_tolerance(most))?;
                    distance(&here, &there).is_some_and(|apart| apart <= most)
                }
                _ => false,
            };
            if !near {
                *position = -1;
            }
        }
        Ok(found)
    }

    /// For each label of `target` the last row that is not behind it ([`Side::Left`]) or the first that is not before it,
    /// in the order of the rows: among falling labels the row before is the one with the greater label.
    fn neighbours(&self, target: &Self, side: Side, limit: Option<usize>) -> Result<Vec<i64>> {
        let falling = !self.is_monotonic_increasing();
        let len = self.len();
        let at = |place: usize| {
            let row = if falling { len - 1 - place } else { place };
            (row, self.get(row).unwrap_or(Scalar::None))
        };
        let mut positions = Vec::with_capacity(target.len());
        for label in target.iter() {
            if label.is_missing() {
                positions.push(-1);
                continue;
            }
            // The number of labels before it, those equal to it counted for `pad`.
            let (mut low, mut high) = (0, len);
            while low < high {
                let middle = low + (high - low) / 2;
                let order = order::compare(&at(middle).1, &label)?;
                if order == Ordering::Less || (order == Ordering::Equal && (side == Side::Left) != falling) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            let place = match (side == Side::Left) != falling {
                true => low.checked_sub(1),
                false => (low < len).then_some(low),
            };
            positions.push(place.map_or(-1, |place| at(place).0 as i64));
        }
        if let Some(limit) = limit {
            self.limit_runs(target, &mut positions, limit, side);
        }
        Ok(positions)
    }

    /// Takes away what is filled more than `limit` times in a row from one label.
    fn limit_runs(&self, target: &Self, positions: &mut [i64], limit: usize, side: Side) {
        let mut run = (-1, 0usize);
        let order: Vec<usize> = match side {
            Side::Left => (0..positions.len()).collect(),
            Side::Right => (0..positions.len()).rev().collect(),
        };
        for place in order {
            let position = positions[place];
            let Ok(row) = usize::try_from(position) else { continue };
            let exact = match (self.get(row), target.get(place)) {
                (Some(here), Some(there)) => here.key() == there.key(),
                _ => false,
            };
            if run.0 != position {
                run = (position, 0);
            }
            if exact {
                continue;
            }
            run.1 += 1;
            if run.1 > limit {
                positions[place] = -1;
            }
        }
    }

    fn nearest(&self, target: &Self) -> Result<Vec<i64>> {
        let before = self.neighbours(target, Side::Left, None)?;
        let behind = self.neighbours(target, Side::Right, None)?;
        let rising = self.is_monotonic_increasing();
        let label = |position: i64| usize::try_from(position).ok().and_then(|row| self.get(row));
        let mut positions = Vec::with_capacity(before.len());
        for (place, (&a, &b)) in before.iter().zip(&behind).enumerate() {
            let there = target.get(place).unwrap_or(Scalar::None);
            positions.push(match (label(a), label(b)) {
                (None, _) => b,
                (_, None) => a,
                (Some(below), Some(above)) => match (distance(&below, &there), distance(&above, &there)) {
                    (Some(left), Some(right)) => {
                        let takes_below = if rising { left < right } else { left <= right };
                        if takes_below { a } else { b }
                    }
                    _ => {
                        let message = format!(
                            "unsupported operand type(s) for -: '{}' and '{}'",
                            below.type_name(),
                            there.type_name()
                        );
                        return Err(Error::type_(message));
                    }
                },
            });
        }
        Ok(positions)
    }

    /// For each label of `target` all its positions here, or −1; and the places of the target that have none.
    ///
    /// # Errors
    /// What the dtype of the labels together raises.
    pub fn get_indexer_with_missing(&self, target: &Self) -> Result<(Vec<i64>, Vec<i64>)> {
        if !self.is_comparable(target) && target.dtype() != DType::Object {
            return Ok((vec![-1; target.len()], (0..target.len() as i64).collect()));
        }
        let joint = self.joint_codes(target)?;
        let own = Codes { codes: joint.codes[..self.len()].to_vec(), firsts: joint.firsts.clone() };
        let (offsets, rows) = own.rows();
        let (mut found, mut missing) = (Vec::with_capacity(target.len()), Vec::new());
        for (place, &code) in joint.codes[self.len()..].iter().enumerate() {
            match usize::try_from(code).ok().map(|code| &rows[offsets[code]..offsets[code + 1]]) {
                Some(here) if !here.is_empty() => found.extend(here.iter().map(|&row| row as i64)),
                _ => {
                    found.push(-1);
                    missing.push(place as i64);
                }
            }
        }
        Ok((found, missing))
    }

    /// The row at which a slice of labels starts or before which it ends.
    ///
    /// # Errors
    /// `KeyError` for a label that is not there among labels that are not sorted, or that stands several times apart;
    /// `TypeError` for one that cannot be compared with the labels.
    pub fn get_slice_bound(&self, label: &Scalar, side: Side) -> Result<usize> {
        if self.is_multi() {
            return self.multi_slice_bound(label, side);
        }
        match self.find(label) {
            Some(Location::One(row)) => return Ok(row + usize::from(side == Side::Right)),
            Some(Location::Many(rows)) => {
                let neighbours = rows.windows(2).all(|pair| pair[1] == pair[0] + 1);
                return match (neighbours, rows.first(), rows.last(), side) {
                    (true, Some(&first), _, Side::Left) => Ok(first),
                    (true, _, Some(&last), Side::Right) => Ok(last + 1),
                    _ => Err(Error::key(format!(
                        "Cannot get {} slice bound for non-unique label: {}",
                        side.name(),
                        label.repr()
                    ))),
                };
            }
            None => {}
        }
        let rising = self.is_monotonic_increasing();
        if !rising && !self.is_monotonic_decreasing() {
            return Err(Error::key(format!(
                "Cannot get {} slice bound for non-monotonic index with a missing label {}. Either sort the index or \
                 specify an existing label.",
                side.name(),
                label.repr()
            )));
        }
        self.partition(|held| {
            let order = order::compare(held, label)?;
            Ok(if rising { order.is_lt() } else { order.is_gt() })
        })
    }

    /// The number of labels in front that `before` holds of, found by halving.
    pub(crate) fn partition(&self, before: impl Fn(&Scalar) -> Result<bool>) -> Result<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let held = self.get(middle).unwrap_or(Scalar::None);
            if before(&held)? { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }

    /// Rows `start..stop` between two labels, both included; for a negative step as Python's slice counts them.
    ///
    /// # Errors
    /// As [`Index::get_slice_bound`].
    pub fn slice_locs(&self, start: Option<&Scalar>, end: Option<&Scalar>, step: i64) -> Result<(i64, i64)> {
        let (first, last) = if step < 0 { (end, start) } else { (start, end) };
        let low = first.map_or(Ok(0), |label| self.get_slice_bound(label, Side::Left))?;
        let high = last.map_or(Ok(self.len()), |label| self.get_slice_bound(label, Side::Right))?;
        if step >= 0 {
            return Ok((low as i64, high as i64));
        }
        // Backwards, a bound before the first row is written as one before minus the length.
        let back = |bound: i64| if bound == -1 { -1 - self.len() as i64 } else { bound };
        Ok((back(high as i64 - 1), back(low as i64 - 1)))
    }

    /// The rows whose label is one of `values`.
    pub fn isin(&self, values: &Self) -> Result<Bitmap> {
        if values.is_empty() {
            return Ok(Bitmap::from_fn(self.len(), |_| false));
        }
        // Among objects None, NaN, NA and NaT are four labels.
        let objects = self.dtype() == DType::Object || values.dtype() == DType::Object;
        if !self.is_multi() && !values.is_multi() && !objects {
            return Ok(self.to_column().isin(&values.to_column()));
        }
        let joint = self.joint_codes(values)?;
        let mut there = vec![false; joint.count()];
        for &code in &joint.codes[self.len()..] {
            if let Ok(code) = usize::try_from(code) {
                there[code] = true;
            }
        }
        Ok(Bitmap::from_fn(self.len(), |row| usize::try_from(joint.codes[row]).is_ok_and(|code| there[code])))
    }

    /// Where `label` stands.
    ///
    /// # Errors
    /// `KeyError` with the label.
    pub(crate) fn locate(&self, label: &Scalar) -> Result<Location> {
        self.find(label).ok_or_else(|| Error::key(key_text(label)))
    }
}

/// The distance between two labels: numbers as they are, times in nanoseconds.
fn distance(left: &Scalar, right: &Scalar) -> Option<f64> {
    match (left, right) {
        (Scalar::Datetime(a, u), Scalar::Datetime(b, v))
        | (Scalar::Zoned(a, u, _), Scalar::Zoned(b, v, _))
        | (Scalar::Timedelta(a, u), Scalar::Timedelta(b, v)) => {
            let scale =
                |ticks: i64, per_second: i64| i128::from(ticks) * i128::from(1_000_000_000 / per_second);
            Some((scale(*a, u.per_second()) - scale(*b, v.per_second())).unsigned_abs() as f64)
        }
        _ => match (left.as_i128(), right.as_i128()) {
            (Some(a), Some(b)) => Some((a - b).unsigned_abs() as f64),
            _ => Some((left.as_f64()? - right.as_f64()?).abs()),
        },
    }
}

/// A tolerance in the measure of [`distance`].
fn span(tolerance: &Scalar) -> Option<f64> {
    match tolerance {
        Scalar::Timedelta(ticks, unit) => Some(*ticks as f64 * (1e9 / unit.per_second() as f64)),
        other => other.as_f64(),
    }
}

fn bad_tolerance(tolerance: &Scalar) -> Error {
    Error::value(format!(
        "tolerance argument for Index must be numeric if it is a scalar: {}",
        tolerance.repr()
    ))
}
