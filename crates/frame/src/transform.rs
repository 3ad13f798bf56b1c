//! Group-wise operations that keep the rows: running values, shifts, fills, differences and ranks.

use column::{Arithmetic, Bitmap, Column, DType, Scalar};

use crate::error::{Error, Result};
use crate::grouping::{Grouping, float_result, floats, integer_result, integers, narrowed};
use crate::groups::Groups;
use crate::order::ranks;
use crate::rank::{NaOption, Rank, rank_rows};
use crate::totals::Compensated;
use crate::window::Cumulative;

/// Which neighbour a missing value is filled from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FillFrom {
    /// The row before (`ffill`).
    Forward,
    /// The row behind (`bfill`).
    Backward,
}

impl Groups {
    /// One value a row: its group's; missing for rows in no group.
    ///
    /// # Errors
    /// None for a column with a row a group.
    pub fn spread(&self, aggregated: &Column) -> Result<Column> {
        Ok(aggregated.reindex(&self.codes)?)
    }

    /// Running sums, products or extremes in each group. Missing rows stay missing; without `skipna` so do all rows of
    /// their group behind them. Rows in no group are missing.
    ///
    /// # Errors
    /// `TypeError` for dtypes without the operation.
    pub fn cumulative(&self, column: &Column, how: Cumulative, skipna: bool) -> Result<Column> {
        cumulative(column, self.grouping(), how, skipna)
    }

    /// Source rows of a shift within the groups, −1 where a value comes from outside.
    pub fn shifted_rows(&self, periods: i64) -> Vec<i64> {
        let mut sources = vec![-1i64; self.codes.len()];
        let (offsets, rows) = self.rows();
        for bounds in offsets.windows(2) {
            let own = &rows[bounds[0]..bounds[1]];
            for (place, &row) in own.iter().enumerate() {
                let source =
                    (place as i64).checked_sub(periods).and_then(|source| usize::try_from(source).ok());
                sources[row] = source.and_then(|source| own.get(source)).map_or(-1, |&source| source as i64);
            }
        }
        sources
    }

    /// Rows moved down by `periods` within their groups (up where negative); `fill` or a missing value comes in.
    ///
    /// # Errors
    /// What the dtype of the column and of `fill` together raises.
    pub fn shift(&self, column: &Column, periods: i64, fill: Option<&Scalar>) -> Result<Column> {
        crate::edit::reindexed(column, &self.shifted_rows(periods), fill)
    }

    /// Each value less the one `periods` rows before in its group.
    ///
    /// # Errors
    /// `TypeError` for values that cannot be subtracted.
    pub fn diff(&self, column: &Column, periods: i64) -> Result<Column> {
        let before = self.shift(column, periods, None)?;
        match column.dtype() {
            // numpy widens small integers only to float32.
            DType::INT8 | DType::INT16 => {
                let difference = Column::arithmetic(Arithmetic::Subtract, column, &before)?;
                Ok(difference.cast(DType::FLOAT32)?)
            }
            DType::Bool => {
                let number =
                    |row: usize| column.get(row).and_then(|value| value.as_i128()).map(|value| value as i64);
                let step = |(row, &source): (usize, &i64)| match usize::try_from(source).ok().and_then(number)
                {
                    Some(before) => Scalar::Int(number(row).unwrap_or(0) - before),
                    None => Scalar::NAN,
                };
                let sources = self.shifted_rows(periods);
                Ok(Column::object(sources.iter().enumerate().map(step).collect()))
            }
            _ => Ok(Column::arithmetic(Arithmetic::Subtract, column, &before)?),
        }
    }

    /// The share by which each value differs from the one `periods` rows before in its group.
    ///
    /// # Errors
    /// `TypeError` for values that cannot be divided.
    pub fn pct_change(&self, column: &Column, periods: i64) -> Result<Column> {
        let before = self.shift(column, periods, None)?;
        let ratio = Column::arithmetic(Arithmetic::Divide, column, &before)?;
        Ok(Column::arithmetic(Arithmetic::Subtract, &ratio, &Scalar::Int(1))?)
    }

    /// Missing values replaced by the nearest one before (behind) in their group, at most `limit` in a row; rows in no
    /// group are missing.
    ///
    /// # Errors
    /// None that a column of the groups' length can give.
    pub fn fill(&self, column: &Column, how: FillFrom, limit: Option<usize>) -> Result<Column> {
        let len = self.codes.len();
        let mut sources = vec![-1i64; len];
        let mut held = vec![(-1i64, 0usize); self.count];
        let mut visit = |row: usize| {
            let Ok(group) = usize::try_from(self.codes[row]) else { return };
            let (source, run) = &mut held[group];
            if column.is_missing(row) {
                *run += 1;
                let reaches = limit.is_none_or(|limit| *run <= limit);
                sources[row] = if reaches && *source >= 0 { *source } else { row as i64 };
            } else {
                (*source, *run) = (row as i64, 0);
                sources[row] = row as i64;
            }
        };
        match how {
            FillFrom::Forward => (0..len).for_each(&mut visit),
            FillFrom::Backward => (0..len).rev().for_each(&mut visit),
        }
        Ok(column.reindex(&sources)?)
    }

    /// The number of each row's group; of the last group on where `descending`. Missing for rows in no group.
    pub fn numbers(&self, ascending: bool) -> Column {
        let number = |code: i64| if ascending { code } else { self.count as i64 - 1 - code };
        with_outside(
            &self.codes.iter().map(|&code| if code < 0 { -1 } else { number(code) }).collect::<Vec<_>>(),
        )
    }

    /// The number of each row in its group, from 0, counted from the end where not `ascending`; missing for rows in no
    /// group.
    pub fn cumcount(&self, ascending: bool) -> Column {
        let places = self.places();
        with_outside(
            &places
                .iter()
                .map(|place| {
                    place.map_or(-1, |(place, size)| if ascending { place } else { size - 1 - place })
                })
                .collect::<Vec<_>>(),
        )
    }

    /// For each row its place in its group and the group's size; nothing for rows in no group.
    pub(crate) fn places(&self) -> Vec<Option<(i64, i64)>> {
        let mut sizes = vec![0i64; self.count];
        self.grouping().each(|group, _| sizes[group] += 1);
        let mut next = vec![0i64; self.count];
        let place = |&code: &i64| {
            let group = usize::try_from(code).ok()?;
            next[group] += 1;
            Some((next[group] - 1, sizes[group]))
        };
        self.codes.iter().map(place).collect()
    }

    /// The rows at one of the places of their groups, or in one of the slices `(start, stop, step)`; negative places
    /// count from the end. The order is that of the rows.
    pub fn nth_rows(&self, places: &[i64], slices: &[(Option<i64>, Option<i64>, i64)]) -> Vec<usize> {
        let is_wanted = |(place, size): (i64, i64)| {
            places.iter().any(|&wanted| wanted == place || wanted == place - size)
                || slices.iter().any(|&(start, stop, step)| {
                    let bound = |bound: i64| if bound < 0 { (size + bound).max(0) } else { bound };
                    let start = start.map_or(0, bound);
                    let stop = stop.map_or(size, bound);
                    step > 0 && place >= start && place < stop && (place - start) % step == 0
                })
        };
        let all = self.places();
        (0..all.len()).filter(|&row| all[row].is_some_and(is_wanted)).collect()
    }

    /// Each value's place among the values of its group, from 1.
    ///
    /// # Errors
    /// `TypeError` for values without an order.
    pub fn rank(&self, column: &Column, options: Rank, missing: NaOption) -> Result<Column> {
        if column.dtype() == DType::Category && !column.is_ordered() {
            return Err(Error::type_("Cannot perform rank with non-ordered Categorical"));
        }
        let ranks = ranks(column)?;
        let (offsets, rows) = self.rows();
        let mut out = vec![f64::NAN; column.len()];
        for bounds in offsets.windows(2) {
            rank_rows(&ranks, &rows[bounds[0]..bounds[1]], options, missing, &mut out);
        }
        let out = Column::from(out);
        let masked = matches!(column.dtype(), DType::Nullable(_) | DType::Boolean);
        Ok(if masked { out.cast(DType::NULLABLE_FLOAT64)? } else { out })
    }

    /// For each group the row of its first smallest or largest value, −1 where it has none.
    ///
    /// # Errors
    /// `TypeError` for values without an order.
    pub fn extreme_rows(&self, column: &Column, smallest: bool) -> Result<Vec<i64>> {
        use crate::aggregate::chosen_rows;
        use crate::aggregation::Aggregation;
        let how = if smallest { Aggregation::Min } else { Aggregation::Max };
        if column.dtype() == DType::Category && !column.is_ordered() {
            let name = if smallest { "idxmin" } else { "idxmax" };
            return Err(Error::type_(format!("Cannot perform {name} with non-ordered Categorical")));
        }
        chosen_rows(column, self.grouping(), how)
    }
}

/// Whole numbers, as floats where one is −1 and so missing.
fn with_outside(numbers: &[i64]) -> Column {
    match numbers.contains(&-1) {
        true => Column::from(
            numbers
                .iter()
                .map(|&number| if number < 0 { f64::NAN } else { number as f64 })
                .collect::<Vec<f64>>(),
        ),
        false => Column::from(numbers.to_vec()),
    }
}

pub(crate) fn cumulative(
    column: &Column,
    grouping: Grouping<'_>,
    how: Cumulative,
    skipna: bool,
) -> Result<Column> {
    let extreme = matches!(how, Cumulative::Max | Cumulative::Min);
    let outside = grouping.codes.contains(&-1);
    match column.dtype() {
        dtype if dtype.is_text() && extreme => {
            return Err(Error::type_(format!("{} is not supported for {dtype} dtype", how.name())));
        }
        dtype if dtype.is_datetime() && extreme => {
            let ticks = running_ticks(column, grouping, how, skipna);
            return Ok(Column::from_ticks(dtype, ticks));
        }
        DType::Timedelta(unit) if how != Cumulative::Prod => {
            let ticks = running_ticks(column, grouping, how, skipna);
            return Ok(Column::timedelta(ticks, unit));
        }
        _ => {}
    }
    let masked = matches!(column.dtype(), DType::Nullable(_) | DType::Boolean);
    if let (Some(values), true) = (integers(column), !outside || masked) {
        let (out, valid) =
            running(column, grouping, skipna, &values, |so_far: i64, value| how.integer(so_far, value));
        let whole = Column::from(out);
        let whole = match column.dtype() {
            DType::Bool | DType::Boolean if extreme => whole.cast(DType::Bool)?,
            _ => narrowed(column, integer_result(column, whole.as_i64().unwrap_or_default().to_vec())?)?,
        };
        return masked_by(column, whole, valid, masked);
    }
    let values = floats(column, how.name())?;
    let mut sums = Compensated::new(grouping.count);
    let mut stopped = vec![false; grouping.count];
    let mut so_far: Vec<Option<f64>> = vec![None; grouping.count];
    let mut out = vec![f64::NAN; values.len()];
    grouping.each(|group, row| {
        if column.is_missing(row) {
            stopped[group] |= !skipna;
            return;
        }
        if stopped[group] {
            return;
        }
        let value = values[row];
        out[row] = match how {
            Cumulative::Sum => {
                sums.add(group, value);
                sums.sums[group]
            }
            _ => so_far[group].map_or(value, |so_far| how.float(so_far, value)),
        };
        so_far[group] = Some(out[row]);
    });
    float_result(column, out)
}

/// Running integers of each group, and the rows that have one.
fn running(
    column: &Column,
    grouping: Grouping<'_>,
    skipna: bool,
    values: &[i64],
    next: impl Fn(i64, i64) -> i64,
) -> (Vec<i64>, Bitmap) {
    let mut so_far: Vec<Option<i64>> = vec![None; grouping.count];
    let mut stopped = vec![false; grouping.count];
    let mut out = vec![None; values.len()];
    grouping.each(|group, row| {
        if column.is_missing(row) {
            stopped[group] |= !skipna;
        } else if !stopped[group] {
            so_far[group] = Some(so_far[group].map_or(values[row], |so_far| next(so_far, values[row])));
            out[row] = so_far[group];
        }
    });
    let valid = out.iter().map(Option::is_some).collect();
    (out.into_iter().map(Option::unwrap_or_default).collect(), valid)
}

fn running_ticks(column: &Column, grouping: Grouping<'_>, how: Cumulative, skipna: bool) -> Vec<i64> {
    let ticks = column.as_i64().unwrap_or_default();
    let (mut out, valid) =
        running(column, grouping, skipna, ticks, |so_far, value| how.integer(so_far, value));
    out.iter_mut().zip(valid.iter()).filter(|(_, valid)| !valid).for_each(|(tick, _)| *tick = i64::MIN);
    out
}

/// The column with missing values where `valid` has none; only nullable dtypes have any.
fn masked_by(column: &Column, whole: Column, valid: Bitmap, masked: bool) -> Result<Column> {
    if !masked {
        return Ok(whole);
    }
    let rows: Vec<i64> =
        valid.iter().enumerate().map(|(row, valid)| if valid { row as i64 } else { -1 }).collect();
    let whole = if column.dtype() == DType::Boolean && whole.dtype() == DType::Bool {
        whole.cast(DType::Boolean)?
    } else {
        whole
    };
    Ok(whole.reindex(&rows)?)
}
