//! `sort_values`, `sort_index`, `nlargest` and `nsmallest`.

use column::{DType, Scalar};

use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::index::Index;
use crate::order::{SortKey, argsort};
use crate::series::Series;

/// Options of `sort_values` and `sort_index`. Every sort here is stable.
#[derive(Clone, Debug)]
pub struct Sort {
    /// `True`, `False`, or a list of them.
    pub ascending: Ascending,
    /// `'first'` or `'last'`, in both directions.
    pub na_position: NaPosition,
    /// Whether the rows are numbered anew.
    pub ignore_index: bool,
}

/// The direction of a sort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ascending {
    /// One direction for all keys.
    All(bool),
    /// One direction for each key.
    Each(Vec<bool>),
}

/// Where missing values stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum NaPosition {
    /// In front.
    First,
    /// At the end.
    #[default]
    Last,
}

impl NaPosition {
    /// Reads pandas' spelling.
    ///
    /// # Errors
    /// `ValueError` for another word.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "first" => Ok(Self::First),
            "last" => Ok(Self::Last),
            other => Err(Error::value(format!("invalid na_position: {other}"))),
        }
    }
}

impl Default for Sort {
    fn default() -> Self {
        Self { ascending: Ascending::All(true), na_position: NaPosition::Last, ignore_index: false }
    }
}

impl Sort {
    /// The default but descending.
    pub fn descending() -> Self {
        Self { ascending: Ascending::All(false), ..Self::default() }
    }

    fn direction(&self, key: usize) -> bool {
        match &self.ascending {
            Ascending::All(ascending) => *ascending,
            Ascending::Each(each) => each.get(key).copied().unwrap_or(true),
        }
    }

    fn missing_first(&self) -> bool {
        self.na_position == NaPosition::First
    }
}

impl Frame {
    /// Rows in the order of the columns `by`, the first one first.
    ///
    /// # Errors
    /// `KeyError` for a column that is not there, `ValueError` for one that stands twice or a wrong number of
    /// directions, `TypeError` for values without an order.
    pub fn sort_values(&self, by: &[Scalar], options: &Sort) -> Result<Self> {
        let order = self.sort_order(by, options)?;
        self.reordered(&order, options.ignore_index)
    }

    fn sort_order(&self, by: &[Scalar], options: &Sort) -> Result<Vec<usize>> {
        if let Ascending::Each(each) = &options.ascending
            && each.len() != by.len()
        {
            let message = format!("Length of ascending ({}) != length of by ({})", each.len(), by.len());
            return Err(Error::value(message));
        }
        let columns = by.iter().map(|label| self.key_column(label)).collect::<Result<Vec<_>>>()?;
        let keys: Vec<SortKey<'_>> = columns
            .iter()
            .enumerate()
            .map(|(place, column)| SortKey {
                column,
                ascending: options.direction(place),
                missing_first: options.missing_first(),
            })
            .collect();
        argsort(&keys, self.len())
    }

    /// A column, or an index level of that name.
    ///
    /// # Errors
    /// `KeyError` with the label; `ValueError` where several columns have it.
    pub(crate) fn key_column(&self, label: &Scalar) -> Result<column::Column> {
        if !self.columns.contains(label)
            && let Some(level) =
                self.index.names().iter().position(|name| name == label && *name != Scalar::None)
            && let Some(values) = self.index.level_values(level)
        {
            return Ok(values);
        }
        self.one_column(label).cloned()
    }

    fn reordered(&self, order: &[usize], ignore_index: bool) -> Result<Self> {
        let already = order.iter().enumerate().all(|(place, &row)| place == row);
        let sorted = if already { self.clone() } else { self.take(order)? };
        Ok(if ignore_index { Self { index: Index::range(sorted.len()), ..sorted } } else { sorted })
    }

    /// Rows in the order of their labels.
    ///
    /// # Errors
    /// `TypeError` for labels without an order.
    pub fn sort_index(&self, options: &Sort) -> Result<Self> {
        let order = self.index.argsort(options.direction(0), options.missing_first())?;
        self.reordered(&order, options.ignore_index)
    }

    /// Columns in the order of their labels.
    ///
    /// # Errors
    /// `TypeError` for labels without an order.
    pub fn sort_columns(&self, options: &Sort) -> Result<Self> {
        let order = self.columns.argsort(options.direction(0), options.missing_first())?;
        let sorted = self.take_columns(&order)?;
        Ok(if options.ignore_index {
            Self { columns: Index::range(sorted.data.len()), ..sorted }
        } else {
            sorted
        })
    }

    /// The `n` rows with the largest values in the columns `by`, ties in row order; rows missing there come last.
    ///
    /// # Errors
    /// `TypeError` for columns that are not numbers or times.
    pub fn nlargest(&self, n: usize, by: &[Scalar]) -> Result<Self> {
        self.extreme(n, by, "nlargest", false)
    }

    /// The `n` rows with the smallest values in the columns `by`, ties in row order.
    ///
    /// # Errors
    /// `TypeError` for columns that are not numbers or times.
    pub fn nsmallest(&self, n: usize, by: &[Scalar]) -> Result<Self> {
        self.extreme(n, by, "nsmallest", true)
    }

    fn extreme(&self, n: usize, by: &[Scalar], method: &str, ascending: bool) -> Result<Self> {
        for label in by {
            let dtype = self.one_column(label)?.dtype();
            if !has_magnitude(dtype) {
                let message = format!(
                    "Column {} has dtype {dtype}, cannot use method '{method}' with this dtype",
                    label.repr()
                );
                return Err(Error::type_(message));
            }
        }
        let options = Sort { ascending: Ascending::All(ascending), ..Sort::default() };
        let order = self.sort_order(by, &options)?;
        self.take(&order[..n.min(order.len())])
    }
}

/// Numbers and times: what `nlargest` accepts.
fn has_magnitude(dtype: DType) -> bool {
    dtype.is_numeric() || dtype.is_bool() || dtype.is_time()
}

impl Series {
    /// The rows in the order of their values.
    ///
    /// # Errors
    /// `TypeError` for values without an order.
    pub fn sort_values(&self, options: &Sort) -> Result<Self> {
        let key = SortKey {
            column: &self.values,
            ascending: options.direction(0),
            missing_first: options.missing_first(),
        };
        self.reordered(&argsort(&[key], self.len())?, options.ignore_index)
    }

    fn reordered(&self, order: &[usize], ignore_index: bool) -> Result<Self> {
        let sorted = self.take(order)?;
        Ok(if ignore_index { sorted.drop_index() } else { sorted })
    }

    /// The rows in the order of their labels.
    ///
    /// # Errors
    /// `TypeError` for labels without an order.
    pub fn sort_index(&self, options: &Sort) -> Result<Self> {
        let order = self.index.argsort(options.direction(0), options.missing_first())?;
        self.reordered(&order, options.ignore_index)
    }

    /// The `n` largest values, ties in row order, missing ones last.
    ///
    /// # Errors
    /// `TypeError` for values that are not numbers or times.
    pub fn nlargest(&self, n: usize) -> Result<Self> {
        self.extreme(n, "nlargest", false)
    }

    /// The `n` smallest values, ties in row order, missing ones last.
    ///
    /// # Errors
    /// `TypeError` for values that are not numbers or times.
    pub fn nsmallest(&self, n: usize) -> Result<Self> {
        self.extreme(n, "nsmallest", true)
    }

    fn extreme(&self, n: usize, method: &str, ascending: bool) -> Result<Self> {
        if !has_magnitude(self.dtype()) {
            return Err(Error::type_(format!("Cannot use method '{method}' with dtype {}", self.dtype())));
        }
        let key = SortKey { column: &self.values, ascending, missing_first: false };
        let order = argsort(&[key], self.len())?;
        self.take(&order[..n.min(order.len())])
    }
}
