//! `rank`: places in the order of values.

use column::{Bitmap, Column, DType};

use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::order::ranks;
use crate::series::Series;

/// What equal values get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RankMethod {
    /// The mean of their places.
    #[default]
    Average,
    /// The lowest of their places.
    Min,
    /// The highest of their places.
    Max,
    /// Their places in row order.
    First,
    /// The number of different values up to this one.
    Dense,
}

/// Options of `rank`. Missing values have no rank (`na_option='keep'`).
#[derive(Clone, Copy, Debug)]
pub struct Rank {
    /// What equal values get.
    pub method: RankMethod,
    /// Whether the smallest value is first.
    pub ascending: bool,
    /// Whether places are divided by the number of values (of different values for `dense`).
    pub pct: bool,
}

impl Default for Rank {
    fn default() -> Self {
        Self { method: RankMethod::Average, ascending: true, pct: false }
    }
}

/// What missing values get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum NaOption {
    /// Nothing.
    #[default]
    Keep,
    /// The first places.
    Top,
    /// The last places.
    Bottom,
}

impl NaOption {
    /// Reads pandas' word.
    ///
    /// # Errors
    /// `ValueError` for another word.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "keep" => Ok(Self::Keep),
            "top" => Ok(Self::Top),
            "bottom" => Ok(Self::Bottom),
            _ => Err(Error::value("na_option must be one of 'keep', 'top', or 'bottom'")),
        }
    }
}

impl RankMethod {
    /// Reads pandas' word.
    ///
    /// # Errors
    /// `KeyError` for another word.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "average" => Ok(Self::Average),
            "min" => Ok(Self::Min),
            "max" => Ok(Self::Max),
            "first" => Ok(Self::First),
            "dense" => Ok(Self::Dense),
            other => Err(Error::key(format!("'{other}'"))),
        }
    }
}

/// Ranks of the given rows of a column, written to `out`.
pub(crate) fn rank_rows(ranks: &[i64], rows: &[usize], options: Rank, missing: NaOption, out: &mut [f64]) {
    let keeps = missing == NaOption::Keep;
    let mut order: Vec<usize> = rows.iter().copied().filter(|&row| !keeps || ranks[row] >= 0).collect();
    // Missing values are equal to each other, at the end that was asked for in either direction.
    let edge = if missing == NaOption::Top { i64::MIN } else { i64::MAX };
    let key = |row: usize| match ranks[row] {
        -1 => edge,
        rank if options.ascending => rank,
        rank => -1 - rank,
    };
    order.sort_by_key(|&row| key(row));
    let mut dense = 0;
    let mut start = 0;
    while start < order.len() {
        let same = order[start..].iter().take_while(|&&row| ranks[row] == ranks[order[start]]).count();
        dense += 1;
        for (place, &row) in order[start..start + same].iter().enumerate() {
            out[row] = match options.method {
                RankMethod::Average => (start + 1 + start + same) as f64 / 2.0,
                RankMethod::Min => (start + 1) as f64,
                RankMethod::Max => (start + same) as f64,
                RankMethod::First => (start + place + 1) as f64,
                RankMethod::Dense => dense as f64,
            };
        }
        start += same;
    }
    if options.pct {
        let count = if options.method == RankMethod::Dense { dense } else { order.len() } as f64;
        order.iter().for_each(|&row| out[row] /= count);
    }
}

/// Ranks of all rows, `float64`; of a nullable column `Float64`, or `UInt64` where ranks are whole.
///
/// # Errors
/// `TypeError` for values without an order.
pub fn rank_column(column: &Column, options: Rank, missing: NaOption) -> Result<Column> {
    let mut out = vec![f64::NAN; column.len()];
    let rows: Vec<usize> = (0..column.len()).collect();
    rank_rows(&ranks(column)?, &rows, options, missing, &mut out);
    if !matches!(column.dtype(), DType::Nullable(_) | DType::Boolean) {
        return Ok(Column::from(out));
    }
    let valid = column.valid().unwrap_or_else(|| Bitmap::filled(true, column.len()));
    let whole = options.method != RankMethod::Average && !options.pct;
    Ok(match whole {
        true => Column::nullable(out.iter().map(|&rank| rank as u64).collect(), valid),
        false => Column::nullable(out, valid),
    })
}

impl Series {
    /// Each value's place among the values, from 1.
    ///
    /// # Errors
    /// `TypeError` for values without an order.
    pub fn rank(&self, options: Rank) -> Result<Self> {
        Ok(self.with_values(rank_column(&self.values, options, NaOption::Keep)?))
    }
}

impl Frame {
    /// Each value's place in its column, from 1.
    ///
    /// # Errors
    /// `TypeError` for values without an order.
    pub fn rank(&self, options: Rank) -> Result<Self> {
        self.map_columns(|column| rank_column(column, options, NaOption::Keep))
    }
}
