//! `stack` and `unstack` of any levels: column labels become row labels, and row labels column labels.

use column::{Column, Scalar};

use crate::edit::reindexed;
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;
use crate::groups::{GroupOptions, Groups};
use crate::index::Index;

/// More cells than this are refused before they are made.
const CELLS_MAX: u128 = 1 << 36;

fn levels_of(index: &Index, levels: &[usize]) -> (Vec<Column>, Vec<Scalar>) {
    let names = index.names();
    levels
        .iter()
        .filter_map(|&level| {
            Some((index.level_values(level)?, names.get(level).cloned().unwrap_or(Scalar::None)))
        })
        .unzip()
}

/// The different labels of some levels, in order or as they appear, missing ones among them.
fn labels_of(index: &Index, levels: &[usize], sort: bool) -> Result<Groups> {
    let (columns, names) = levels_of(index, levels);
    let options = GroupOptions { as_index: true, sort, dropna: false, observed: true };
    Groups::of(&columns, names, index.len(), options)
}

/// The different labels of some levels in the order of the levels' own labels: what `unstack` makes columns and rows of.
/// Missing labels stand first.
fn labels_by_level(index: &Index, levels: &[usize]) -> Result<Groups> {
    let (columns, names) = levels_of(index, levels);
    let mut ranked = Vec::with_capacity(levels.len());
    for &level in levels {
        let codes = index.level_codes(level).unwrap_or_default();
        ranked.push(Column::from(codes.to_vec()));
    }
    let options = GroupOptions { as_index: true, sort: true, dropna: false, observed: true };
    let mut found = Groups::of(&ranked, names, index.len(), options)?;
    let mut firsts = vec![0; found.count];
    for (row, &group) in found.codes.iter().enumerate().rev() {
        if let Ok(group) = usize::try_from(group) {
            firsts[group] = row;
        }
    }
    found.keys = columns.iter().map(|column| column.take(&firsts)).collect::<column::Result<_>>()?;
    Ok(found)
}

/// A level of each level of an index, the rows repeated as `rows` says; a plain index is a level of its labels in the
/// order in which they appear.
fn outer_levels(index: &Index, rows: &[usize]) -> Result<Vec<(Column, Vec<i64>, Scalar)>> {
    let all: Vec<usize> = (0..index.nlevels()).collect();
    if index.nlevels() == 1 {
        let labels = labels_of(index, &all, false)?;
        let own: Vec<usize> = rows.iter().map(|&row| labels.codes[row].unsigned_abs() as usize).collect();
        return inner_levels(&labels, None, &own);
    }
    let names = index.names();
    let level = |&level: &usize| {
        let labels = index.level_labels(level)?.clone();
        let codes = index.level_codes(level)?;
        Some((labels, rows.iter().map(|&row| codes[row]).collect(), names.get(level)?.clone()))
    };
    Ok(all.iter().filter_map(level).collect())
}

/// Levels of groups, each with the labels of `source` where there is one, the groups repeated as `rows` says.
fn inner_levels(
    groups: &Groups,
    source: Option<(&Index, &[usize])>,
    rows: &[usize],
) -> Result<Vec<(Column, Vec<i64>, Scalar)>> {
    let mut made = Vec::with_capacity(groups.keys.len());
    for (place, (key, name)) in groups.keys.iter().zip(&groups.names).enumerate() {
        let held = source.and_then(|(index, levels)| {
            let level = *levels.get(place)?;
            Some((index.level_labels(level)?.clone(), index.level_codes(level)?))
        });
        let (labels, codes) = match held {
            Some((labels, codes)) => {
                let mut own = vec![-1; groups.count];
                for (&group, &code) in groups.codes.iter().zip(codes) {
                    if let Ok(group) = usize::try_from(group) {
                        own[group] = code;
                    }
                }
                (labels, own)
            }
            None => {
                let found = crate::keys::factorize(key, crate::keys::Missing::Drop);
                (key.take(&found.firsts)?, found.codes)
            }
        };
        made.push((labels, rows.iter().map(|&row| codes[row]).collect(), name.clone()));
    }
    Ok(made)
}

impl Frame {
    /// Levels of the row labels as the innermost levels of the column labels. Cells without a row are missing, or
    /// `fill`. With one level of rows left there is an index of that level.
    ///
    /// # Errors
    /// `ValueError` where two rows have one cell, `IndexError` for a level that is not there, `MemoryError` for more
    /// cells than memory holds.
    pub fn unstack(&self, levels: &[usize], fill: Option<&Scalar>, sort: bool) -> Result<Self> {
        let count = self.index.nlevels();
        if let Some(level) = levels.iter().find(|&&level| level >= count) {
            let message = format!("Too many levels: Index has only {count} levels, not {}", level + 1);
            return Err(Error::new(ErrorKind::IndexError, message));
        }
        let kept: Vec<usize> = (0..count).filter(|level| !levels.contains(level)).collect();
        let own = self.index.remove_unused_levels();
        let (rows, across) = match sort {
            true => (
                labels_by_level(&own, &kept)?,
                // Several levels are numbered as their labels appear, one by its own order.
                if levels.len() == 1 {
                    labels_by_level(&own, levels)?
                } else {
                    labels_of(&own, levels, false)?
                },
            ),
            false => (labels_of(&own, &kept, false)?, labels_of(&own, levels, false)?),
        };
        let (height, width) = (rows.count(), across.count());
        if height as u128 * width as u128 > CELLS_MAX {
            return Err(Error::new(
                ErrorKind::MemoryError,
                format!("Unable to allocate {height} x {width} cells"),
            ));
        }
        let mut sources = vec![vec![-1i64; height]; width];
        for (row, (&own, &other)) in rows.codes().iter().zip(across.codes()).enumerate() {
            let (Ok(own), Ok(other)) = (usize::try_from(own), usize::try_from(other)) else { continue };
            let cell = &mut sources[other][own];
            if *cell >= 0 {
                return Err(Error::value("Index contains duplicate entries, cannot reshape"));
            }
            *cell = row as i64;
        }
        let lacks = sources.iter().any(|rows| rows.contains(&-1));
        let mut data = Vec::with_capacity(self.data.len() * width);
        for column in &self.data {
            let dtype = column.dtype().with_missing();
            for cells in &sources {
                let made = reindexed(column, cells, fill)?;
                // Missing cells widen all columns that come from one.
                let widened = lacks && fill.is_none() && made.dtype() != dtype;
                data.push(if widened { made.cast(dtype)? } else { made });
            }
        }
        let index = match kept.as_slice() {
            [] => Index::range(height),
            [_] => rows.index(),
            _ => Index::from_codes(inner_levels(
                &rows,
                Some((&own, &kept)),
                &(0..height).collect::<Vec<_>>(),
            )?)?,
        };
        let outer: Vec<usize> =
            (0..self.data.len()).flat_map(|place| std::iter::repeat_n(place, width)).collect();
        let inner: Vec<usize> = (0..self.data.len()).flat_map(|_| 0..width).collect();
        let mut made = outer_levels(&self.columns, &outer)?;
        made.extend(inner_levels(&across, Some((&own, levels)), &inner)?);
        let columns = Index::from_codes(made)?;
        Self::new(columns, data, index)
    }

    /// Levels of the column labels as the innermost levels of the row labels; the labels of a row stand in the order
    /// in which they appear in the columns. Without other levels the result is one column, labelled 0.
    ///
    /// # Errors
    /// What the dtypes of columns together raise; `MemoryError` for more cells than memory holds.
    pub fn stack_levels(&self, levels: &[usize]) -> Result<Self> {
        let kept: Vec<usize> = (0..self.columns.nlevels()).filter(|level| !levels.contains(level)).collect();
        let down = labels_of(&self.columns, levels, false)?;
        let across = labels_of(&self.columns, &kept, false)?;
        let (height, depth) = (self.len(), down.count());
        if height as u128 * depth as u128 > CELLS_MAX {
            return Err(Error::new(
                ErrorKind::MemoryError,
                format!("Unable to allocate {height} x {depth} rows"),
            ));
        }
        let width = if kept.is_empty() { usize::from(depth > 0) } else { across.count() };
        let mut places = vec![vec![None; depth]; width];
        for (place, &label) in down.codes().iter().enumerate() {
            let other = if kept.is_empty() { 0 } else { across.codes()[place] };
            if let (Ok(label), Ok(other)) = (usize::try_from(label), usize::try_from(other)) {
                places[other][label] = Some(place);
            }
        }
        let order: Vec<usize> =
            (0..height).flat_map(|row| (0..depth).map(move |label| label * height + row)).collect();
        let column = |places: &Vec<Option<usize>>| -> Result<Column> {
            let present: Vec<&Column> = places.iter().flatten().map(|&place| &self.data[place]).collect();
            let joined = Column::concat(&present)?;
            let mut next = 0i64;
            let mut rows = Vec::with_capacity(height * depth);
            for place in places {
                match place {
                    Some(_) => {
                        rows.extend(next..next + height as i64);
                        next += height as i64;
                    }
                    None => rows.extend(std::iter::repeat_n(-1, height)),
                }
            }
            let all = if rows.contains(&-1) { joined.reindex(&rows)? } else { joined };
            Ok(all.take(&order)?)
        };
        let data = places.iter().map(column).collect::<Result<Vec<_>>>()?;
        let outer: Vec<usize> = (0..height).flat_map(|row| std::iter::repeat_n(row, depth)).collect();
        let inner: Vec<usize> = (0..height).flat_map(|_| 0..depth).collect();
        let mut made = outer_levels(&self.index, &outer)?;
        let source = (self.columns.nlevels() > 1).then_some((&self.columns, levels));
        made.extend(inner_levels(&down, source, &inner)?);
        let index = Index::from_codes(made)?;
        let columns = if kept.is_empty() { Index::range(data.len()) } else { across.index() };
        Self::new(columns, data, index)
    }
}
