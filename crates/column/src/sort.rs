//! Order of rows: sorting, ranking, searching.

use std::cmp::Ordering;

use crate::bitmap::Bitmap;
use crate::column::Column;
use crate::error::{Error, Result};
use crate::reduce::present_rows;
use crate::values::{Values, for_number};

/// How equal values share ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[allow(missing_docs)]
pub enum RankMethod {
    #[default]
    Average,
    Min,
    Max,
    First,
    Dense,
}

impl Column {
    /// Row positions in sorted order, ties in row order both ascending and descending; missing rows
    /// last, or first if `missing_first`. Categories sort by their order, strings by code points.
    ///
    /// # Errors
    /// `TypeError` for objects that Python does not order.
    pub fn argsort(&self, ascending: bool, missing_first: bool) -> Result<Vec<usize>> {
        lexsort(&[(self, ascending)], missing_first)
    }

    /// Sorts `order` stably by this column alone.
    fn sort_positions(&self, order: Vec<usize>, ascending: bool, missing_first: bool) -> Result<Vec<usize>> {
        let valid = self.valid();
        let (mut present, missing): (Vec<usize>, Vec<usize>) =
            order.into_iter().partition(|&row| valid.as_ref().is_none_or(|bits| bits.get(row)));
        match self.values() {
            Values::Text(text) => sort_by_key(&mut present, ascending, |row| text.get(row), Ord::cmp),
            Values::Object(_) => self.sort_objects(&mut present, ascending)?,
            Values::Bool(bits) => sort_by_key(&mut present, ascending, |row| bits.get(row), Ord::cmp),
            Values::Category(category) => {
                sort_by_key(&mut present, ascending, |row| category.codes[row], Ord::cmp)
            }
            numbers => for_number!(
                numbers,
                values => sort_by_key(&mut present, ascending, |row| values[row], |a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal)),
                _ => {}
            ),
        }
        let (mut first, second) = if missing_first { (missing, present) } else { (present, missing) };
        first.extend(second);
        Ok(first)
    }

    fn sort_objects(&self, rows: &mut [usize], ascending: bool) -> Result<()> {
        let mut failed = None;
        rows.sort_by(|&a, &b| {
            let ordering = self.compare_rows(a, b).unwrap_or_else(|_| {
                failed.get_or_insert((a.min(b), a.max(b)));
                Ordering::Equal
            });
            if ascending { ordering } else { ordering.reverse() }
        });
        match failed {
            None => Ok(()),
            Some((a, b)) => self.compare_rows(a, b).map(|_| ()),
        }
    }

    /// Ranks from 1, as float64 (nullable columns: Float64, or UInt64 where ranks
    /// are whole); a missing row has no rank. With `percent` divided by the
    /// number of present rows (for [`RankMethod::Dense`] by the number of distinct values).
    ///
    /// # Errors
    /// As [`Column::argsort`].
    pub fn rank(&self, method: RankMethod, ascending: bool, percent: bool) -> Result<Self> {
        let mut ranks = vec![f64::NAN; self.len()];
        let order = self.argsort(ascending, false)?;
        let present = &order[..self.count()];
        let mut dense = 0.0;
        let mut start = 0;
        while start < present.len() {
            let mut end = start + 1;
            while end < present.len() && self.compare_rows(present[start], present[end])? == Ordering::Equal {
                end += 1;
            }
            dense += 1.0;
            for (offset, &row) in present[start..end].iter().enumerate() {
                ranks[row] = match method {
                    RankMethod::Average => (start + 1 + end) as f64 / 2.0,
                    RankMethod::Min => (start + 1) as f64,
                    RankMethod::Max => end as f64,
                    RankMethod::First => (start + 1 + offset) as f64,
                    RankMethod::Dense => dense,
                };
            }
            start = end;
        }
        if percent {
            let total = if method == RankMethod::Dense { dense } else { present.len() as f64 };
            ranks.iter_mut().for_each(|rank| *rank /= total);
        }
        if !self.dtype().is_nullable() || self.dtype().is_text() {
            return Ok(ranks.into());
        }
        let valid = self.valid().unwrap_or_else(|| Bitmap::filled(true, self.len()));
        let whole = method != RankMethod::Average && !percent;
        Ok(match whole {
            true => Self::nullable(ranks.iter().map(|&rank| rank as u64).collect(), valid),
            false => Self::nullable(ranks, valid),
        })
    }

    /// For each of `values` the position in this sorted column where it would be inserted: before
    /// equal values, or after them if `right`. A missing value goes to the end.
    ///
    /// # Errors
    /// `TypeError` for values that Python does not order.
    pub fn searchsorted(&self, values: &Self, right: bool) -> Result<Vec<usize>> {
        let len = self.count();
        let numbers = |column: &Self| column.dtype().is_numeric() || column.dtype().is_bool();
        if numbers(self) && numbers(values) {
            let (sorted, values) = (self.floats(), values.floats());
            let sorted = &sorted[..len];
            return Ok(values
                .iter()
                .map(|value| match value.is_nan() {
                    true => self.len(),
                    false if right => sorted.partition_point(|other| other <= value),
                    false => sorted.partition_point(|other| other < value),
                })
                .collect());
        }
        let sorted: Vec<_> = self.iter().take(len).collect();
        values
            .iter()
            .enumerate()
            .map(|(i, value)| {
                if value.is_missing() {
                    return Ok(self.len());
                }
                let (mut low, mut high) = (0, len);
                while low < high {
                    let middle = (low + high) / 2;
                    let ordering = sorted[middle].compare(&value).ok_or_else(|| {
                        let (a, b) = (sorted[middle].type_name(), value.type_name());
                        Error::type_error(format!("'<' not supported between instances of '{a}' and '{b}'"))
                            .at(i)
                    })?;
                    let before = ordering == Ordering::Less || (right && ordering == Ordering::Equal);
                    if before { low = middle + 1 } else { high = middle }
                }
                Ok(low)
            })
            .collect()
    }

    /// Whether the values never fall; false if one is missing.
    #[must_use]
    pub fn is_sorted(&self) -> bool {
        self.missing_count() == 0
            && (1..self.len())
                .all(|i| self.compare_rows(i - 1, i).is_ok_and(|ordering| ordering != Ordering::Greater))
    }
}

/// Row positions in the order of several keys, the first one foremost; stable. Each key says whether
/// it ascends.
///
/// # Errors
/// `ValueError` for keys of different length; `TypeError` for objects that Python does not order.
pub fn lexsort(keys: &[(&Column, bool)], missing_first: bool) -> Result<Vec<usize>> {
    let len = keys.first().map_or(0, |(column, _)| column.len());
    if keys.iter().any(|(column, _)| column.len() != len) {
        return Err(Error::value_error("keys must have equal length"));
    }
    // Stable sorts from the last key to the first.
    let all = present_rows(None, len);
    keys.iter()
        .rev()
        .try_fold(all, |order, (column, ascending)| column.sort_positions(order, *ascending, missing_first))
}

fn sort_by_key<K: Copy>(
    rows: &mut Vec<usize>,
    ascending: bool,
    key: impl Fn(usize) -> K,
    compare: impl Fn(&K, &K) -> Ordering,
) {
    let mut keyed: Vec<(K, usize)> = rows.iter().map(|&row| (key(row), row)).collect();
    match ascending {
        true => keyed.sort_by(|a, b| compare(&a.0, &b.0)),
        false => keyed.sort_by(|a, b| compare(&b.0, &a.0)),
    }
    rows.clear();
    rows.extend(keyed.into_iter().map(|(_, row)| row));
}
