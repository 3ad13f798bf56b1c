//! MultiIndex: levels and codes, keys of some levels, and sorting by level.

use std::cmp::Ordering;
use std::sync::Arc;

use column::{Bitmap, Column, Scalar};

use crate::error::{Error, ErrorKind, Result};
use crate::index::{Index, Level};
use crate::lookup::Side;
use crate::order;

/// What stands for one level in a selection over several levels.
#[derive(Clone, Debug)]
pub enum LevelKey {
    /// One label.
    One(Scalar),
    /// Any of these labels.
    List(Vec<Scalar>),
    /// From one label to another, both included; without either bound every label.
    Slice(Option<Scalar>, Option<Scalar>),
    /// The rows whose bit is set.
    Mask(Bitmap),
}

impl Level {
    /// The code of a label, −1 for a missing one; `None` where the level has no such label.
    pub fn code_of(&self, label: &Scalar) -> Option<i64> {
        if label.is_missing() {
            let there = self.labels.iter().position(|held| held.is_missing());
            return Some(there.map_or(-1, |code| code as i64));
        }
        let labels = Index::from_column(self.labels.clone());
        labels
            .find_flat(&self.labels, label)
            .and_then(|found| found.positions().first().map(|&code| code as i64))
    }

    /// One more row labelled `label`, behind the others.
    fn with_label(&self, label: &Scalar) -> Result<Self> {
        let mut codes = self.codes.to_vec();
        let (code, labels) = match self.code_of(label) {
            Some(code) => (code, self.labels.clone()),
            None => (self.labels.len() as i64, crate::labels::with_item(&self.labels, label)?),
        };
        codes.push(code);
        Ok(Self { labels, codes: Arc::new(codes), name: self.name.clone() })
    }
}

impl Index {
    /// A MultiIndex of given levels and codes; −1 is a missing label.
    ///
    /// # Errors
    /// `ValueError` for no levels, for codes of different lengths or outside their level, and for a label that stands
    /// twice in a level.
    pub fn from_codes(levels: Vec<(Column, Vec<i64>, Scalar)>) -> Result<Self> {
        let Some((_, first, _)) = levels.first() else {
            return Err(Error::value("Must pass non-zero number of levels/codes"));
        };
        let len = first.len();
        if levels.iter().any(|(_, codes, _)| codes.len() != len) {
            let lengths: Vec<String> = levels.iter().map(|(_, codes, _)| codes.len().to_string()).collect();
            return Err(Error::value(format!("Unequal code lengths: [{}]", lengths.join(", "))));
        }
        for (place, (labels, codes, _)) in levels.iter().enumerate() {
            if let Some(&most) = codes.iter().max().filter(|&&code| code >= labels.len() as i64) {
                return Err(Error::value(format!(
                    "On level {place}, code max ({most}) >= length of level ({}). NOTE: this index is in an \
                     inconsistent state",
                    labels.len()
                )));
            }
            if let Some(&least) = codes.iter().min().filter(|&&code| code < -1) {
                return Err(Error::value(format!("On level {place}, code value ({least}) < -1")));
            }
            if !Self::from_column(labels.clone()).is_unique() {
                let labels: Vec<String> = labels.iter().map(|label| label.repr()).collect();
                return Err(Error::value(format!(
                    "Level values must be unique. Duplicate values on level {place}: [{}]",
                    labels.join(", ")
                )));
            }
        }
        let level = |(labels, codes, name): (Column, Vec<i64>, Scalar)| {
            // A label that is missing in its level is missing in the rows too.
            let codes = codes.into_iter().map(|code| match usize::try_from(code) {
                Ok(place) if labels.is_missing(place) => -1,
                _ => code,
            });
            Level { codes: Arc::new(codes.collect()), labels, name }
        };
        Ok(Self::from_levels(levels.into_iter().map(level).collect()))
    }

    /// Every combination of the labels of several columns, the last one changing fastest.
    ///
    /// # Errors
    /// `MemoryError` for more rows than can be counted.
    pub fn from_product(arrays: &[Column], names: Vec<Scalar>) -> Result<Self> {
        let mut total = 1usize;
        for array in arrays {
            total =
                total.checked_mul(array.len()).filter(|&rows| rows <= isize::MAX as usize / 8).ok_or_else(
                    || Error::new(ErrorKind::MemoryError, "the product of the levels has too many rows"),
                )?;
        }
        let mut inner = total;
        let mut names = names.into_iter();
        let mut levels = Vec::with_capacity(arrays.len());
        for array in arrays {
            let level = Level::of(array, names.next().unwrap_or(Scalar::None));
            inner = inner.checked_div(array.len()).unwrap_or(0);
            let len = array.len();
            let code = |row: usize| level.codes[(row / inner.max(1)) % len.max(1)];
            let codes = (0..total).map(code).collect();
            levels.push(Level { codes: Arc::new(codes), ..level });
        }
        Ok(Self::from_levels(levels))
    }

    /// The distinct labels of a level, used or not; `None` for an index of one level.
    #[must_use]
    pub fn level_labels(&self, level: usize) -> Option<&Column> {
        self.levels()?.get(level).map(|level| &level.labels)
    }

    /// The codes of a level, a position in its labels a row, −1 where missing.
    #[must_use]
    pub fn level_codes(&self, level: usize) -> Option<&[i64]> {
        self.levels()?.get(level).map(|level| level.codes.as_slice())
    }

    /// One more row with these labels, behind the others.
    pub(crate) fn with_appended_key(&self, parts: &[Scalar]) -> Result<Self> {
        let levels = self.levels().unwrap_or_default().iter().zip(parts);
        Ok(Self::from_levels(levels.map(|(level, part)| level.with_label(part)).collect::<Result<_>>()?))
    }

    /// The levels in another order, given by number.
    ///
    /// # Errors
    /// `IndexError` for a level that is not there.
    pub fn reorder_levels(&self, order: &[usize]) -> Result<Self> {
        let own = self.levels().unwrap_or_default();
        let level = |&place: &usize| {
            own.get(place).cloned().ok_or_else(|| {
                let message =
                    format!("Too many levels: Index has only {} levels, not {}", own.len(), place + 1);
                Error::new(ErrorKind::IndexError, message)
            })
        };
        Ok(Self::from_levels(order.iter().map(level).collect::<Result<_>>()?))
    }

    /// The rows without some levels; the one that is left over is an index of one level.
    ///
    /// # Errors
    /// `ValueError` where no level would be left.
    pub fn droplevel(&self, gone: &[usize]) -> Result<Self> {
        if gone.is_empty() {
            return Ok(self.clone());
        }
        if gone.len() >= self.nlevels() {
            return Err(Error::value(format!(
                "Cannot remove {} levels from an index with {} levels: at least one level must be left.",
                gone.len(),
                self.nlevels()
            )));
        }
        let own = self.levels().unwrap_or_default().iter().enumerate();
        let mut kept: Vec<Level> =
            own.filter(|(place, _)| !gone.contains(place)).map(|(_, level)| level.clone()).collect();
        match kept.pop() {
            Some(only) if kept.is_empty() => Ok(Self::from_column(only.column()).with_name(only.name)),
            Some(last) => {
                kept.push(last);
                Ok(Self::from_levels(kept))
            }
            None => Ok(self.clone()),
        }
    }

    /// The levels without labels that no row has; the rows stay as they are. A level that loses labels has the others
    /// in the order in which the rows show them, as in pandas.
    #[must_use]
    pub fn remove_unused_levels(&self) -> Self {
        let Some(levels) = self.levels() else { return self.clone() };
        let level = |level: &Level| {
            let mut numbers = vec![-1i64; level.labels.len()];
            let (mut used, mut missing_at) = (Vec::new(), None);
            for &code in level.codes.iter() {
                let Ok(code) = usize::try_from(code) else {
                    missing_at.get_or_insert(used.len());
                    continue;
                };
                if let Some(slot @ -1) = numbers.get_mut(code) {
                    *slot = 0;
                    used.push(code);
                }
            }
            if used.len() == numbers.len() {
                return level.clone();
            }
            // pandas lets the first label and a missing one that comes later change places.
            if let Some(at @ 1..) = missing_at {
                used[..at].rotate_left(1);
            }
            for (number, &code) in used.iter().enumerate() {
                numbers[code] = number as i64;
            }
            let labels = level.labels.take(&used).unwrap_or_else(|_| level.labels.clone());
            let number = |&code: &i64| usize::try_from(code).map_or(-1, |code| numbers[code]);
            let codes = level.codes.iter().map(number).collect();
            Level { labels, codes: Arc::new(codes), name: level.name.clone() }
        };
        Self::from_levels(levels.iter().map(level).collect())
    }

    /// The number of levels in front by whose codes the rows are sorted.
    #[must_use]
    pub fn lexsort_depth(&self) -> usize {
        let Some(levels) = self.levels() else { return usize::from(self.is_monotonic_increasing()) };
        let mut depth = levels.len();
        for row in 1..self.len() {
            for (place, level) in levels.iter().enumerate().take(depth) {
                match level.codes[row - 1].cmp(&level.codes[row]) {
                    Ordering::Less => break,
                    Ordering::Equal => {}
                    Ordering::Greater => {
                        depth = place;
                        break;
                    }
                }
            }
        }
        depth
    }

    /// Positions that sort the rows by some levels, each rising or falling, and then by the others where `remaining`.
    /// Missing labels stand in front of a rising level's others on request, else behind them.
    #[must_use]
    pub fn sortlevel(&self, by: &[(usize, bool)], remaining: bool, missing_first: bool) -> Vec<usize> {
        let Some(levels) = self.levels() else {
            let ascending = by.first().is_none_or(|(_, ascending)| *ascending);
            return self.argsort(ascending, missing_first).unwrap_or_else(|_| (0..self.len()).collect());
        };
        let mut keys: Vec<(Vec<i64>, bool)> = Vec::new();
        let ranks = |level: &Level| {
            // Codes are in the order of the labels only where the level is sorted.
            let sorted = order::argsort(&[order::SortKey::ascending(&level.labels)], level.labels.len())
                .unwrap_or_else(|_| (0..level.labels.len()).collect());
            let mut ranks = vec![0i64; sorted.len()];
            for (rank, &code) in sorted.iter().enumerate() {
                ranks[code] = rank as i64;
            }
            level.codes.iter().map(|&code| usize::try_from(code).map_or(-1, |code| ranks[code])).collect()
        };
        for (place, ascending) in by {
            if let Some(level) = levels.get(*place) {
                keys.push((ranks(level), *ascending));
            }
        }
        if remaining {
            let ascending = by.first().is_none_or(|(_, ascending)| *ascending);
            let others =
                levels.iter().enumerate().filter(|(place, _)| by.iter().all(|(used, _)| used != place));
            keys.extend(others.map(|(_, level)| (ranks(level), ascending)));
        }
        let mut rows: Vec<usize> = (0..self.len()).collect();
        rows.sort_by(|&a, &b| {
            for (ranks, ascending) in &keys {
                let order = match (ranks[a], ranks[b]) {
                    (-1, -1) => Ordering::Equal,
                    (-1, _) if missing_first => Ordering::Less,
                    (_, -1) if missing_first => Ordering::Greater,
                    (-1, _) => Ordering::Greater,
                    (_, -1) => Ordering::Less,
                    (x, y) if *ascending => x.cmp(&y),
                    (x, y) => y.cmp(&x),
                };
                if order.is_ne() {
                    return order;
                }
            }
            Ordering::Equal
        });
        rows
    }

    /// The rows that have given labels in given levels.
    ///
    /// # Errors
    /// `KeyError` with a label that no row has.
    pub fn rows_at(&self, keys: &[(usize, Scalar)]) -> Result<Vec<usize>> {
        let mut rows: Option<Vec<usize>> = None;
        for (place, label) in keys {
            let found: Vec<usize> = match self.levels().and_then(|levels| levels.get(*place)) {
                Some(level) => {
                    let code = level.code_of(label).ok_or_else(|| Error::key(label.to_string()))?;
                    let matches = |row: &usize| level.codes[*row] == code;
                    match rows {
                        Some(rows) => rows.into_iter().filter(matches).collect(),
                        None => (0..self.len()).filter(matches).collect(),
                    }
                }
                None => self.locate(label)?.positions(),
            };
            if found.is_empty() {
                return Err(Error::key(label.to_string()));
            }
            rows = Some(found);
        }
        Ok(rows.unwrap_or_else(|| (0..self.len()).collect()))
    }

    /// The row at which a slice of keys starts or before which it ends.
    pub(crate) fn multi_slice_bound(&self, label: &Scalar, side: Side) -> Result<usize> {
        let parts = match label {
            Scalar::Tuple(items) => items.to_vec(),
            other => vec![other.clone()],
        };
        let depth = self.lexsort_depth();
        if parts.len() > depth {
            let message =
                format!("Key length ({}) was greater than MultiIndex lexsort depth ({depth})", parts.len());
            return Err(Error::new(ErrorKind::UnsortedIndexError, message));
        }
        let (mut start, mut end) = (0, self.len());
        let levels = self.levels().unwrap_or_default();
        for (place, (part, level)) in parts.iter().zip(levels).enumerate() {
            let section = level.codes.get(start..end).unwrap_or_default();
            let Some(code) = level.code_of(part) else {
                let before = label_bound(&level.labels, part)?;
                return Ok(start + section.partition_point(|&held| held < before));
            };
            let low = start + section.partition_point(|&held| held < code);
            let high = start + section.partition_point(|&held| held <= code);
            if place + 1 == parts.len() {
                return Ok(if side == Side::Left { low } else { high });
            }
            (start, end) = (low, high);
        }
        Ok(if side == Side::Left { start } else { end })
    }

    /// The rows that a key a level asks for, in the order of the rows or, where lists give one, in that of the lists.
    ///
    /// # Errors
    /// `UnsortedIndexError` for a slice in a level by which the rows are not sorted, `KeyError` for labels that are not
    /// there.
    pub fn get_locs(&self, keys: &[LevelKey]) -> Result<Vec<usize>> {
        let levels = self.levels().unwrap_or_default();
        let slices: Vec<String> = keys
            .iter()
            .enumerate()
            .filter(|(_, key)| matches!(key, LevelKey::Slice(Some(_), _) | LevelKey::Slice(_, Some(_))))
            .map(|(place, _)| place.to_string())
            .collect();
        let depth = self.lexsort_depth();
        if slices.last().and_then(|place| place.parse::<usize>().ok()).is_some_and(|place| place >= depth) {
            let message = format!(
                "MultiIndex slicing requires the index to be lexsorted: slicing on levels [{}], lexsort depth {depth}",
                slices.join(", ")
            );
            return Err(Error::new(ErrorKind::UnsortedIndexError, message));
        }
        let mut kept = vec![true; self.len()];
        let mut order: Vec<Vec<i64>> = Vec::new();
        for (place, key) in keys.iter().enumerate() {
            let Some(level) = levels.get(place) else {
                let message =
                    format!("Too many levels: Index has only {} levels, not {}", levels.len(), keys.len());
                return Err(Error::new(ErrorKind::IndexError, message));
            };
            match key {
                LevelKey::Slice(None, None) => {}
                LevelKey::Slice(start, stop) => {
                    let bound = |label: &Scalar, side: Side| match level.code_of(label) {
                        Some(code) => Ok(code + i64::from(side == Side::Right)),
                        None => label_bound(&level.labels, label),
                    };
                    let low = start.as_ref().map_or(Ok(i64::MIN), |label| bound(label, Side::Left))?;
                    let high = stop.as_ref().map_or(Ok(i64::MAX), |label| bound(label, Side::Right))?;
                    keep(&mut kept, |row| (low..high).contains(&level.codes[row]));
                }
                LevelKey::One(label) => {
                    let code = level.code_of(label).ok_or_else(|| Error::key(label.to_string()))?;
                    let mut any = false;
                    keep(&mut kept, |row| {
                        any |= level.codes[row] == code;
                        level.codes[row] == code
                    });
                    if !any && !level.codes.contains(&code) {
                        return Err(Error::key(label.to_string()));
                    }
                }
                LevelKey::List(labels) => {
                    let mut places = vec![-1i64; level.labels.len() + 1];
                    for (number, label) in labels.iter().enumerate() {
                        let code = level
                            .code_of(label)
                            .filter(|code| level.codes.contains(code))
                            .ok_or_else(|| Error::key(label.to_string()))?;
                        let slot = usize::try_from(code).unwrap_or(level.labels.len());
                        if places[slot] < 0 {
                            places[slot] = number as i64;
                        }
                    }
                    let at =
                        |row: usize| places[usize::try_from(level.codes[row]).unwrap_or(level.labels.len())];
                    keep(&mut kept, |row| at(row) >= 0);
                    order.push((0..self.len()).map(at).collect());
                }
                LevelKey::Mask(bits) => {
                    if bits.len() != self.len() {
                        let message =
                            "cannot index with a boolean indexer that is not the same length as the index";
                        return Err(Error::value(message));
                    }
                    keep(&mut kept, |row| bits.get(row));
                }
            }
        }
        let mut rows: Vec<usize> = (0..self.len()).filter(|&row| kept[row]).collect();
        if !order.is_empty() {
            rows.sort_by_key(|&row| order.iter().map(|places| places[row]).collect::<Vec<_>>());
        }
        Ok(rows)
    }
}

fn keep(kept: &mut [bool], mut holds: impl FnMut(usize) -> bool) {
    for (row, slot) in kept.iter_mut().enumerate() {
        *slot = *slot && holds(row);
    }
}

/// The number of sorted labels before one that is not among them.
fn label_bound(labels: &Column, label: &Scalar) -> Result<i64> {
    let mut before = 0;
    for held in labels.iter() {
        let order = order::compare(&held, label)
            .map_err(|_| Error::type_(format!("Level type mismatch: {label}")))?;
        if order.is_ge() {
            break;
        }
        before += 1;
    }
    Ok(before)
}
