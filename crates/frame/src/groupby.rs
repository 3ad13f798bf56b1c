//! `groupby`: rows in groups, then an aggregation, a transform or a walk over them.

use column::{Column, Scalar};

use crate::aggregate::aggregate;
use crate::aggregation::Aggregation;
use crate::error::{Error, Result};
use crate::frame::{Frame, at_once, each_column};
use crate::groups::{GroupOptions, Groups};
use crate::index::Index;
use crate::rank::{NaOption, Rank};
use crate::select::Selected;
use crate::series::Series;
use crate::window::Cumulative;

/// A frame's rows in groups (pandas' `DataFrameGroupBy`).
#[derive(Clone, Debug)]
pub struct GroupBy {
    /// The columns that are aggregated.
    frame: Frame,
    /// All columns, for named aggregation and whole rows.
    source: Frame,
    /// Whether `frame` holds the columns that were asked for, and not all but the keys.
    is_selected: bool,
    groups: Groups,
    options: GroupOptions,
}

/// One column's rows in groups (pandas' `SeriesGroupBy`).
#[derive(Clone, Debug)]
pub struct SeriesGroupBy {
    series: Series,
    groups: Groups,
    options: GroupOptions,
}

impl Groups {
    /// Columns a group under the keys: as row labels, or as the first columns.
    fn finish(&self, columns: Index, data: Vec<Column>, options: GroupOptions) -> Result<Frame> {
        if options.as_index {
            return Frame::new(columns, data, self.index());
        }
        let names = match columns.is_multi() {
            true => self
                .names
                .iter()
                .map(|name| crate::edit::pad_label(name.clone(), columns.nlevels()))
                .collect(),
            false => self.names.clone(),
        };
        let keys = Index::from_labels(names);
        let columns =
            if columns.is_empty() { keys } else { keys.append(&columns)?.with_names(columns.names()) };
        let data = self.keys.iter().cloned().chain(data).collect();
        Frame::new(columns, data, Index::range(self.count))
    }

    fn sizes(&self, options: GroupOptions) -> Result<Selected> {
        let sizes = aggregate(&Column::from(self.codes.clone()), self.grouping(), Aggregation::Size)?;
        if options.as_index {
            return Ok(Selected::Series(Series::new(sizes, self.index(), Scalar::None)?));
        }
        Ok(Selected::Frame(self.finish(Index::from_strings(&["size"]), vec![sizes], options)?))
    }

    fn transform(&self, column: &Column, how: Aggregation) -> Result<Column> {
        self.spread(&aggregate(column, self.grouping(), how)?)
    }
}

impl Frame {
    /// The rows in groups of equal values in the columns (or index levels) `by`.
    ///
    /// # Errors
    /// `KeyError` for a column that is not there, `ValueError` for one that stands twice.
    pub fn groupby(&self, by: &[Scalar], options: GroupOptions) -> Result<GroupBy> {
        if by.is_empty() {
            return Err(Error::value("No group keys passed!"));
        }
        let keys = by.iter().map(|label| self.key_column(label)).collect::<Result<Vec<_>>>()?;
        let groups = Groups::of(&keys, by.to_vec(), self.len(), options)?;
        let rest: Vec<usize> = (0..self.data.len())
            .filter(|&position| self.columns.get(position).is_some_and(|label| !by.contains(&label)))
            .collect();
        let frame = self.take_columns(&rest)?;
        Ok(GroupBy { frame, source: self.clone(), is_selected: false, groups, options })
    }
}

impl Series {
    /// The rows in groups of equal values in `by`, series over the same labels.
    ///
    /// # Errors
    /// What aligning `by` to this index raises.
    pub fn groupby(&self, by: &[Series], options: GroupOptions) -> Result<SeriesGroupBy> {
        let keys = by
            .iter()
            .map(|key| match key.index.equals(&self.index) {
                true => Ok(key.values.clone()),
                false => Ok(key.reindex(&self.index, None)?.values),
            })
            .collect::<Result<Vec<_>>>()?;
        let names = by.iter().map(|key| key.name.clone()).collect();
        let groups = Groups::of(&keys, names, self.len(), options)?;
        Ok(SeriesGroupBy { series: self.clone(), groups, options })
    }
}

impl GroupBy {
    /// `groupby(…)[[label, …]]`: only these columns are aggregated.
    ///
    /// # Errors
    /// `KeyError` naming the columns that are not there.
    pub fn select(&self, labels: &[Scalar]) -> Result<Self> {
        let absent: Vec<String> =
            labels.iter().filter(|label| !self.source.columns.contains(label)).map(Scalar::repr).collect();
        if !absent.is_empty() {
            return Err(Error::key(format!("Columns not found: {}", absent.join(", "))));
        }
        Ok(Self { frame: self.source.select_columns(labels)?, is_selected: true, ..self.clone() })
    }

    /// `groupby(…)[label]`: one column.
    ///
    /// # Errors
    /// `KeyError` where the column is not there.
    pub fn column(&self, label: impl Into<Scalar>) -> Result<SeriesGroupBy> {
        let label = label.into();
        if !self.source.columns.contains(&label) {
            return Err(Error::key(format!("Column not found: {label}")));
        }
        let series = self.source.column(label)?;
        Ok(SeriesGroupBy { series, groups: self.groups.clone(), options: self.options })
    }

    /// The key of each group: a scalar for one key, a tuple for several.
    pub fn keys(&self) -> Vec<Scalar> {
        self.groups.index().iter().collect()
    }

    /// The rows of each group, in the order of [`GroupBy::keys`].
    ///
    /// # Errors
    /// None that a frame in order can give.
    pub fn frames(&self) -> Result<Vec<Frame>> {
        let (offsets, rows) = self.groups.rows();
        offsets.windows(2).map(|bounds| self.source.take(&rows[bounds[0]..bounds[1]])).collect()
    }

    /// Every column aggregated the same way.
    ///
    /// # Errors
    /// `TypeError` for a column whose dtype does not have the operation.
    pub fn agg(&self, how: Aggregation) -> Result<Frame> {
        let grouping = self.groups.grouping();
        let data =
            each_column(&self.frame.data, self.frame.len(), |column| aggregate(column, grouping, how))?;
        self.groups.finish(self.frame.columns.clone(), data, self.options)
    }

    /// One aggregation a column: `agg({column: function})`.
    ///
    /// # Errors
    /// `KeyError` naming the columns that are not there; `TypeError` as [`GroupBy::agg`].
    pub fn agg_columns(&self, hows: &[(Scalar, Aggregation)]) -> Result<Frame> {
        self.check_labels(hows.iter().map(|(label, _)| label))?;
        let named: Vec<_> = hows.iter().map(|(label, how)| (label.clone(), label.clone(), *how)).collect();
        self.agg_named(&named)
    }

    /// Several aggregations a column: `agg({column: [function, …]})`, with two levels of column labels.
    ///
    /// # Errors
    /// As [`GroupBy::agg_columns`].
    pub fn agg_lists(&self, hows: &[(Scalar, Vec<Aggregation>)]) -> Result<Frame> {
        self.check_labels(hows.iter().map(|(label, _)| label))?;
        let pairs = hows.iter().flat_map(|(label, hows)| hows.iter().map(move |how| (label, *how)));
        let named: Vec<_> = pairs
            .map(|(label, how)| {
                (Scalar::Tuple([label.clone(), Scalar::str(how.name())].into()), label.clone(), how)
            })
            .collect();
        self.agg_named(&named)
    }

    fn check_labels<'a>(&self, labels: impl Iterator<Item = &'a Scalar>) -> Result<()> {
        let absent: Vec<Scalar> =
            labels.filter(|label| !self.source.columns.contains(label)).cloned().collect();
        match absent.is_empty() {
            true => Ok(()),
            false => Err(Error::key(format!("Label(s) {} do not exist", Scalar::List(absent.into())))),
        }
    }

    /// Named aggregation: `agg(out=(column, function), …)`.
    ///
    /// # Errors
    /// As [`GroupBy::agg_columns`].
    pub fn agg_named(&self, named: &[(Scalar, Scalar, Aggregation)]) -> Result<Frame> {
        self.check_labels(named.iter().map(|(_, label, _)| label))?;
        let grouping = self.groups.grouping();
        let one = |place: usize| {
            let (_, label, how) = &named[place];
            aggregate(self.source.one_column(label)?, grouping, *how)
        };
        let data = at_once(named.len(), self.source.len(), one).into_iter().collect::<Result<Vec<_>>>()?;
        let columns = Index::from_labels(named.iter().map(|(out, ..)| out.clone()).collect());
        self.groups.finish(columns, data, self.options)
    }

    /// Rows in each group: a series, or a frame with the column `size` where the keys are columns.
    ///
    /// # Errors
    /// None that a frame in order can give.
    pub fn size(&self) -> Result<Selected> {
        self.groups.sizes(self.options)
    }

    /// Every column replaced by its group's value, row by row; rows in no group are missing.
    ///
    /// # Errors
    /// As [`GroupBy::agg`].
    pub fn transform(&self, how: Aggregation) -> Result<Frame> {
        self.frame.map_columns(|column| self.groups.transform(column, how))
    }

    /// The number of each row in its group, from 0; missing for rows in no group.
    ///
    /// # Errors
    /// None that a frame in order can give.
    pub fn cumcount(&self, ascending: bool) -> Result<Series> {
        let values = self.groups.cumcount(ascending);
        Series::new(values, self.source.index.clone(), Scalar::None)
    }

    /// The first `n` rows of each group, in the order of the rows; all but the last `-n` for a negative `n`. Of the
    /// selected columns if there are any, else of all, the keys too.
    ///
    /// # Errors
    /// None that a frame in order can give.
    pub fn head(&self, n: i64) -> Result<Frame> {
        self.rows_where(|place, size| place < if n < 0 { size + n } else { n })
    }

    /// The last `n` rows of each group, in the order of the rows; all but the first `-n` for a negative `n`. Columns as
    /// of [`GroupBy::head`].
    ///
    /// # Errors
    /// None that a frame in order can give.
    pub fn tail(&self, n: i64) -> Result<Frame> {
        self.rows_where(|place, size| place >= if n < 0 { n.saturating_neg() } else { size - n })
    }

    /// The rows whose place in their group, and the group's size, are as asked. Rows in no group are left out.
    fn rows_where(&self, kept: impl Fn(i64, i64) -> bool) -> Result<Frame> {
        let places = self.groups.places();
        let is_kept = |row: &usize| places[*row].is_some_and(|(place, size)| kept(place, size));
        let rows: Vec<usize> = (0..places.len()).filter(is_kept).collect();
        if self.is_selected { &self.frame } else { &self.source }.take(&rows)
    }
}

impl SeriesGroupBy {
    fn with_values(&self, values: Column) -> Result<Series> {
        Series::new(values, self.series.index.clone(), self.series.name.clone())
    }

    /// The column aggregated: a series under the keys, or a frame where the keys are columns.
    ///
    /// # Errors
    /// `TypeError` where the dtype does not have the operation.
    pub fn agg(&self, how: Aggregation) -> Result<Selected> {
        if how == Aggregation::Size && !self.options.as_index {
            return self.groups.sizes(self.options);
        }
        let values = aggregate(&self.series.values, self.groups.grouping(), how)?;
        if self.options.as_index {
            return Ok(Selected::Series(Series::new(values, self.groups.index(), self.series.name.clone())?));
        }
        let columns = Index::from_labels(vec![self.series.name.clone()]);
        Ok(Selected::Frame(self.groups.finish(columns, vec![values], self.options)?))
    }

    /// Several aggregations, one column each, labelled by their names.
    ///
    /// # Errors
    /// As [`SeriesGroupBy::agg`].
    pub fn agg_list(&self, hows: &[Aggregation]) -> Result<Frame> {
        let grouping = self.groups.grouping();
        let one = |place: usize| aggregate(&self.series.values, grouping, hows[place]);
        let data = at_once(hows.len(), self.series.len(), one).into_iter().collect::<Result<Vec<_>>>()?;
        let names: Vec<&str> = hows.iter().map(|how| how.name()).collect();
        self.groups.finish(Index::from_strings(&names), data, self.options)
    }

    /// Rows in each group.
    ///
    /// # Errors
    /// None that a series in order can give.
    pub fn size(&self) -> Result<Selected> {
        Ok(match self.groups.sizes(self.options)? {
            Selected::Series(sizes) => Selected::Series(sizes.with_name(self.series.name.clone())),
            other => other,
        })
    }

    /// Each value replaced by its group's value; rows in no group are missing.
    ///
    /// # Errors
    /// As [`SeriesGroupBy::agg`].
    pub fn transform(&self, how: Aggregation) -> Result<Series> {
        self.with_values(self.groups.transform(&self.series.values, how)?)
    }

    /// Running sums in each group.
    ///
    /// # Errors
    /// `TypeError` for values that are no numbers.
    pub fn cumsum(&self) -> Result<Series> {
        self.with_values(self.groups.cumulative(&self.series.values, Cumulative::Sum, true)?)
    }

    /// Each value's place among the values of its group, from 1.
    ///
    /// # Errors
    /// `TypeError` for values without an order.
    pub fn rank(&self, options: Rank) -> Result<Series> {
        self.with_values(self.groups.rank(&self.series.values, options, NaOption::Keep)?)
    }
}
