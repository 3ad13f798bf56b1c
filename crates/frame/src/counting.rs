//! `value_counts`, `unique`, `nunique`, `mode` and duplicates.

use column::{Bitmap, Column, DType, Scalar};

use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::groups::{GroupOptions, Groups};
use crate::index::{Index, Keep, duplicated};
use crate::keys::{Codes, Missing, combine, factorize};
use crate::order::ranks;
use crate::series::Series;

/// Options of `value_counts`, with pandas' names and defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueCounts {
    /// Whether counts are divided by their sum.
    pub normalize: bool,
    /// Whether the most frequent value is first; else the order of appearance.
    pub sort: bool,
    /// Whether the rarest value is first.
    pub ascending: bool,
    /// Whether missing values are left out.
    pub dropna: bool,
}

impl Default for ValueCounts {
    fn default() -> Self {
        Self { normalize: false, sort: true, ascending: false, dropna: true }
    }
}

impl ValueCounts {
    /// Counts under their labels, ordered and divided as asked; ties keep the given order.
    fn finish(self, counts: &[i64], labels: &Index, nullable: bool) -> Result<Series> {
        let mut order: Vec<usize> = (0..counts.len()).collect();
        if self.sort {
            match self.ascending {
                true => order.sort_by_key(|&place| counts[place]),
                false => order.sort_by_key(|&place| std::cmp::Reverse(counts[place])),
            }
        }
        let total: i64 = counts.iter().sum();
        let sorted: Vec<i64> = order.iter().map(|&place| counts[place]).collect();
        let (values, name) = match self.normalize {
            true => {
                let shares: Vec<f64> = sorted.iter().map(|&count| count as f64 / total as f64).collect();
                (Column::from(shares), "proportion")
            }
            false => (Column::from(sorted), "count"),
        };
        let values = match (nullable, self.normalize) {
            (true, false) => values.cast(DType::NULLABLE_INT64)?,
            (true, true) => values.cast(DType::NULLABLE_FLOAT64)?,
            _ => values,
        };
        Series::new(values, labels.take(&order)?, name)
    }
}

fn tally(codes: &[i64], count: usize) -> Vec<i64> {
    let mut counts = vec![0i64; count];
    codes.iter().filter_map(|&code| usize::try_from(code).ok()).for_each(|code| counts[code] += 1);
    counts
}

impl Series {
    /// How often each value stands, the most frequent first, ties in the order of appearance. A category that does not
    /// occur counts 0.
    ///
    /// # Errors
    /// None that a series in order can give.
    pub fn value_counts(&self, options: ValueCounts) -> Result<Self> {
        let missing = if options.dropna { Missing::Drop } else { Missing::Keep };
        let (counts, labels) = match self.values.categories() {
            Some(categories) => {
                let own: Vec<i64> =
                    self.values.codes().unwrap_or_default().iter().map(|&code| i64::from(code)).collect();
                let mut counts = tally(&own, categories.len());
                let mut codes: Vec<i32> = (0..categories.len() as i32).collect();
                let absent = own.iter().filter(|&&code| code < 0).count() as i64;
                if !options.dropna && absent > 0 {
                    counts.push(absent);
                    codes.push(-1);
                }
                (counts, Column::category(codes, categories.clone(), self.values.is_ordered())?)
            }
            None => {
                let found = factorize(&self.values, missing);
                (tally(&found.codes, found.count()), self.values.take(&found.firsts)?)
            }
        };
        let labels = Index::from_column(labels).with_name(self.name.clone());
        options.finish(&counts, &labels, self.dtype().is_nullable())
    }

    /// The different values in the order of appearance, a missing one among them.
    ///
    /// # Errors
    /// None that a series in order can give.
    pub fn unique(&self) -> Result<Column> {
        Ok(self.values.take(&factorize(&self.values, Missing::Distinct).firsts)?)
    }

    /// Number of different values.
    #[must_use]
    pub fn nunique(&self, dropna: bool) -> usize {
        factorize(&self.values, if dropna { Missing::Drop } else { Missing::Keep }).count()
    }

    /// The most frequent values, sorted, numbered from 0.
    ///
    /// # Errors
    /// None that a series in order can give.
    pub fn mode(&self, dropna: bool) -> Result<Self> {
        let found = factorize(&self.values, if dropna { Missing::Drop } else { Missing::Keep });
        let counts = tally(&found.codes, found.count());
        let most = counts.iter().copied().max().unwrap_or(0);
        let rows: Vec<usize> =
            (0..counts.len()).filter(|&code| counts[code] == most).map(|code| found.firsts[code]).collect();
        let values = self.values.take(&rows)?;
        let order = match ranks(&values) {
            Ok(ranks) => {
                let mut order: Vec<usize> = (0..values.len()).collect();
                order.sort_by_key(|&place| if ranks[place] < 0 { i64::MAX } else { ranks[place] });
                order
            }
            Err(_) => (0..values.len()).collect(),
        };
        Self::new(values.take(&order)?, Index::range(order.len()), self.name.clone())
    }

    /// For each row, whether its value stood before (or stands later, or at all, by `keep`); missing values are equal.
    #[must_use]
    pub fn duplicated(&self, keep: Keep) -> Self {
        let bits = duplicated(&factorize(&self.values, Missing::Distinct), keep);
        self.with_values(Column::from(bits))
    }

    /// The rows that are no duplicates.
    ///
    /// # Errors
    /// None that a series in order can give.
    pub fn drop_duplicates(&self, keep: Keep, ignore_index: bool) -> Result<Self> {
        let bits = duplicated(&factorize(&self.values, Missing::Distinct), keep);
        let kept = self.filter_bits(&bits.negated())?;
        Ok(if ignore_index { kept.drop_index() } else { kept })
    }
}

impl Frame {
    /// Number of different values in each column, missing ones left out or counted as one.
    ///
    /// # Errors
    /// None that a frame in order can give.
    pub fn nunique(&self, dropna: bool) -> Result<Series> {
        let missing = if dropna { Missing::Drop } else { Missing::Keep };
        let counts: Vec<i64> =
            self.data.iter().map(|column| factorize(column, missing).count() as i64).collect();
        Series::new(Column::from(counts), self.columns.clone(), Scalar::None)
    }

    /// How often each combination of values in the columns `subset` (in all columns where there is none) stands.
    ///
    /// # Errors
    /// `KeyError` for a column that is not there.
    pub fn value_counts(&self, subset: Option<&[Scalar]>, options: ValueCounts) -> Result<Series> {
        let labels: Vec<Scalar> = subset.map_or_else(|| self.columns.iter().collect(), <[Scalar]>::to_vec);
        let keys = labels.iter().map(|label| self.one_column(label).cloned()).collect::<Result<Vec<_>>>()?;
        let options_of = GroupOptions { dropna: options.dropna, sort: false, ..GroupOptions::default() };
        let groups = Groups::of(&keys, labels.clone(), self.len(), options_of)?;
        let index = Index::from_arrays(groups.keys.clone(), labels);
        options.finish(&tally(&groups.codes, groups.count), &index, false)
    }

    fn row_codes(&self, subset: Option<&[Scalar]>) -> Result<Codes> {
        let columns: Vec<Column> = match subset {
            None => self.data.clone(),
            Some(labels) => {
                let absent: Vec<Scalar> =
                    labels.iter().filter(|label| !self.columns.contains(label)).cloned().collect();
                if !absent.is_empty() {
                    return Err(Error::key(Index::from_labels(absent).summary()));
                }
                self.select_columns(labels)?.data
            }
        };
        let parts: Vec<Codes> = columns.iter().map(|column| factorize(column, Missing::Keep)).collect();
        Ok(combine(&parts, self.len()))
    }

    fn repeated(&self, subset: Option<&[Scalar]>, keep: Keep) -> Result<Bitmap> {
        match self.data.is_empty() {
            true => Ok(Bitmap::filled(false, self.len())),
            false => Ok(duplicated(&self.row_codes(subset)?, keep)),
        }
    }

    /// For each row, whether its values in the columns `subset` stand in another row that is kept.
    ///
    /// # Errors
    /// `KeyError` naming the columns that are not there.
    pub fn duplicated(&self, subset: Option<&[Scalar]>, keep: Keep) -> Result<Series> {
        Series::new(Column::from(self.repeated(subset, keep)?), self.index.clone(), Scalar::None)
    }

    /// The rows that are no duplicates.
    ///
    /// # Errors
    /// `KeyError` naming the columns that are not there.
    pub fn drop_duplicates(&self, subset: Option<&[Scalar]>, keep: Keep, ignore_index: bool) -> Result<Self> {
        let kept = self.filter_bits(&self.repeated(subset, keep)?.negated())?;
        Ok(if ignore_index { Self { index: Index::range(kept.len()), ..kept } } else { kept })
    }
}
