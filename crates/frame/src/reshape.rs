//! `melt`, `pivot`, `pivot_table`, `crosstab`, `stack` and `unstack`.

use column::{Column, DType, Scalar};

use crate::aggregate::aggregate;
use crate::aggregation::Aggregation;
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::grouping::Grouping;
use crate::groups::{GroupOptions, Groups};
use crate::index::{Index, Level};
use crate::keys::{Codes, combine};
use crate::series::Series;

/// Options of `melt`, with pandas' names and defaults.
#[derive(Clone, Debug)]
pub struct Melt {
    /// Columns that stay.
    pub id_vars: Vec<Scalar>,
    /// Columns that become rows; all others where there are none.
    pub value_vars: Option<Vec<Scalar>>,
    /// Label of the column of labels; the columns' name, or `variable`.
    pub var_name: Option<Scalar>,
    /// Label of the column of values.
    pub value_name: Scalar,
    /// Whether the rows are numbered anew.
    pub ignore_index: bool,
}

impl Default for Melt {
    fn default() -> Self {
        let value_name = Scalar::str("value");
        Self { id_vars: Vec::new(), value_vars: None, var_name: None, value_name, ignore_index: true }
    }
}

/// How `crosstab` divides its counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Normalize {
    /// Not at all.
    #[default]
    None,
    /// By the sum of all (`'all'`).
    All,
    /// By the sum of each row (`'index'`).
    Index,
    /// By the sum of each column (`'columns'`).
    Columns,
}

impl Normalize {
    /// Reads pandas' word.
    ///
    /// # Errors
    /// `ValueError` for another word.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "all" => Ok(Self::All),
            "index" => Ok(Self::Index),
            "columns" => Ok(Self::Columns),
            _ => Err(Error::value("Not a valid normalize argument")),
        }
    }
}

/// Rows and columns of a table that is spread out, and the cell of each source row.
struct Spread {
    rows: Level,
    columns: Level,
}

impl Spread {
    fn shape(&self) -> (usize, usize) {
        (self.rows.labels.len(), self.columns.labels.len())
    }

    /// For each cell, column by column, the source row in it or −1.
    ///
    /// # Errors
    /// `ValueError` where two source rows have one cell.
    fn sources(&self) -> Result<Vec<Vec<i64>>> {
        let (height, width) = self.shape();
        let mut cells = vec![vec![-1i64; height]; width];
        for (source, (&row, &column)) in self.rows.codes.iter().zip(self.columns.codes.iter()).enumerate() {
            let (Ok(row), Ok(column)) = (usize::try_from(row), usize::try_from(column)) else { continue };
            let cell = &mut cells[column][row];
            if *cell >= 0 {
                return Err(Error::value("Index contains duplicate entries, cannot reshape"));
            }
            *cell = source as i64;
        }
        Ok(cells)
    }

    fn frame(&self, values: &Column, fill: Option<&Scalar>) -> Result<Frame> {
        let cell = |rows: Vec<i64>| {
            let column = values.reindex(&rows)?;
            match fill.filter(|_| rows.contains(&-1)) {
                None => Ok(column),
                // Filled before the dtype widens for the missing cells.
                Some(fill) => Series::from_column(values.clone()).reindex_rows(&rows, fill),
            }
        };
        let sources = self.sources()?;
        // Missing cells widen the dtype of all columns, as they come from one block.
        let widened = fill.is_none() && sources.iter().any(|rows| rows.contains(&-1));
        let columns = sources.into_iter().map(cell).collect::<Result<Vec<_>>>()?;
        let dtype = values.dtype().with_missing();
        let columns = columns.into_iter().map(|column| match widened && column.dtype() != dtype {
            true => Ok(column.cast(dtype)?),
            false => Ok(column),
        });
        let index = Index::from_column(self.rows.labels.clone()).with_name(self.rows.name.clone());
        let labels = Index::from_column(self.columns.labels.clone()).with_name(self.columns.name.clone());
        Frame::new(labels, columns.collect::<Result<Vec<_>>>()?, index)
    }
}

impl Series {
    /// The values at `rows`, `fill` where a row is −1.
    fn reindex_rows(&self, rows: &[i64], fill: &Scalar) -> Result<Column> {
        let filler = Column::repeat(fill, 1);
        let filler = filler.cast(self.dtype()).unwrap_or(filler);
        let both = Column::concat(&[&self.values, &filler])?;
        let last = self.len();
        Ok(both.take(&rows.iter().map(|&row| usize::try_from(row).unwrap_or(last)).collect::<Vec<_>>())?)
    }

    /// The innermost level of the row labels as columns; cells without a row are missing, or `fill`.
    ///
    /// # Errors
    /// `ValueError` where labels stand twice; `NotImplementedError` for other than two levels.
    pub fn unstack(&self, fill: Option<&Scalar>) -> Result<Frame> {
        match self.index.levels() {
            Some([rows, columns]) => {
                Spread { rows: rows.observed()?, columns: columns.observed()? }.frame(&self.values, fill)
            }
            _ => Err(Error::missing_feature("Series.unstack of other than two levels")),
        }
    }
}

impl Level {
    /// The level without labels that no row has.
    fn observed(&self) -> Result<Self> {
        Ok(Self::of(&self.column(), self.name.clone()))
    }
}

impl Frame {
    /// Columns turned into rows of a label and a value.
    ///
    /// # Errors
    /// `KeyError` naming the columns that are not there.
    pub fn melt(&self, options: &Melt) -> Result<Self> {
        let named = options.id_vars.iter().chain(options.value_vars.iter().flatten());
        let absent: Vec<Scalar> = named.filter(|label| !self.columns.contains(label)).cloned().collect();
        if !absent.is_empty() {
            let absent = Scalar::List(absent.into());
            let message =
                format!("The following id_vars or value_vars are not present in the DataFrame: {absent}");
            return Err(Error::key(message));
        }
        let ids = self.select_columns(&options.id_vars)?;
        let melted: Vec<Scalar> = match &options.value_vars {
            Some(labels) => labels.clone(),
            None => self.columns.iter().filter(|label| !options.id_vars.contains(label)).collect(),
        };
        let values = self.select_columns(&melted)?;
        let (height, count) = (self.len(), values.data.len());
        let again: Vec<usize> = (0..count).flat_map(|_| 0..height).collect();
        let mut data =
            ids.data.iter().map(|column| column.take(&again)).collect::<column::Result<Vec<_>>>()?;
        let of_column: Vec<usize> = (0..count).flat_map(|place| std::iter::repeat_n(place, height)).collect();
        data.push(values.columns.to_column().take(&of_column)?);
        data.push(match values.data.is_empty() {
            true => Column::empty(DType::Object),
            false => Column::concat(&values.data.iter().collect::<Vec<_>>())?,
        });
        let variable = options.var_name.clone().unwrap_or_else(|| match self.columns.name() {
            Scalar::None => Scalar::str("variable"),
            name => name,
        });
        let labels = options.id_vars.iter().cloned().chain([variable, options.value_name.clone()]).collect();
        let index = if options.ignore_index { Index::range(again.len()) } else { self.index.take(&again)? };
        Self::new(Index::from_labels(labels), data, index)
    }

    /// The values of one column spread over the labels of two others.
    ///
    /// # Errors
    /// `KeyError` for a column that is not there; `ValueError` where two rows have one cell.
    pub fn pivot(&self, index: &Scalar, columns: &Scalar, values: &Scalar) -> Result<Self> {
        if index == columns {
            return Err(Error::value(format!("The name {index} occurs multiple times, use a level number")));
        }
        let rows = Level::of(self.one_column(index)?, index.clone());
        let across = Level::of(self.one_column(columns)?, columns.clone());
        Spread { rows, columns: across }.frame(self.one_column(values)?, None)
    }

    /// One column aggregated over the groups of `index` (rows) and `columns` (columns); cells without rows are missing,
    /// or `fill`. Rows and columns that are missing everywhere are left out.
    ///
    /// # Errors
    /// `KeyError` for a column that is not there; `TypeError` where the dtype does not have the operation.
    pub fn pivot_table(
        &self,
        values: &Scalar,
        index: &Scalar,
        columns: Option<&Scalar>,
        how: Aggregation,
        fill: Option<&Scalar>,
    ) -> Result<Self> {
        let Some(columns) = columns else {
            let groups = self.groupby(std::slice::from_ref(index), GroupOptions::default())?;
            let table = groups.select(std::slice::from_ref(values))?.agg(how)?;
            return fill.map_or(Ok(table.clone()), |fill| table.fillna(fill));
        };
        let keys = [self.one_column(index)?.clone(), self.one_column(columns)?.clone()];
        let groups =
            Groups::of(&keys, vec![index.clone(), columns.clone()], self.len(), GroupOptions::default())?;
        let grouping = Grouping { codes: &groups.codes, count: groups.count };
        let cells = aggregate(self.one_column(values)?, grouping, how)?;
        // A mean or extreme of nothing but missing values makes no row and no column.
        let kept: Vec<usize> = (0..cells.len()).filter(|&row| !cells.is_missing(row)).collect();
        let cells = cells.take(&kept)?;
        let level = |place: usize, name: &Scalar| {
            Ok::<_, Error>(Level::of(&groups.keys[place].take(&kept)?, name.clone()))
        };
        let table = Spread { rows: level(0, index)?, columns: level(1, columns)? }.frame(&cells, None)?;
        match fill {
            None => Ok(table),
            // pandas turns what it filled back to integers.
            Some(fill) => table.fillna(fill)?.map_columns(|column| {
                let whole = cells.dtype().is_integer()
                    && column.dtype() == DType::FLOAT64
                    && fill.as_i128().is_some();
                Ok(if whole { column.cast(cells.dtype())? } else { column.clone() })
            }),
        }
    }

    /// Each list in a column spread over rows of its own, the other cells repeated; an empty list gives a missing row.
    ///
    /// # Errors
    /// `KeyError` for a column that is not there, `ValueError` for one that stands twice.
    pub fn explode(&self, column: &Scalar, ignore_index: bool) -> Result<Self> {
        let position = match self.positions_of(column)?.as_slice() {
            &[position] => position,
            _ => return Err(Error::value("DataFrame columns must be unique.")),
        };
        let mut rows = Vec::with_capacity(self.len());
        let mut cells = Vec::with_capacity(self.len());
        for (row, cell) in self.data[position].iter().enumerate() {
            match cell {
                Scalar::List(items) | Scalar::Tuple(items) if !items.is_empty() => {
                    rows.extend(std::iter::repeat_n(row, items.len()));
                    cells.extend(items.iter().cloned());
                }
                Scalar::List(_) | Scalar::Tuple(_) => {
                    rows.push(row);
                    cells.push(Scalar::NAN);
                }
                other => {
                    rows.push(row);
                    cells.push(other);
                }
            }
        }
        let mut exploded = self.take(&rows)?;
        if self.data[position].dtype() == DType::Object {
            exploded.data[position] = Column::object(cells);
        }
        if ignore_index {
            exploded.index = Index::range(rows.len());
        }
        Ok(exploded)
    }

    /// Rows as columns and columns as rows; every column takes the dtype all columns share.
    ///
    /// # Errors
    /// What the dtype of the columns together raises.
    pub fn transpose(&self) -> Result<Self> {
        let (height, width) = self.shape();
        let together = match self.data.is_empty() {
            true => Column::empty(DType::Object),
            false => Column::concat(&self.data.iter().collect::<Vec<_>>())?,
        };
        let row =
            |row: usize| together.take(&(0..width).map(|place| place * height + row).collect::<Vec<_>>());
        let data = (0..height).map(row).collect::<column::Result<Vec<_>>>()?;
        Self::new(self.index.clone(), data, self.columns.clone())
    }

    /// The columns of each row as rows, with the column labels as the innermost level of the row labels.
    ///
    /// # Errors
    /// What the dtype of the columns together raises.
    pub fn stack(&self) -> Result<Series> {
        let (height, width) = (self.len(), self.data.len());
        if width == 0 {
            return Err(Error::missing_feature("DataFrame.stack without columns"));
        }
        let end_to_end = Column::concat(&self.data.iter().collect::<Vec<_>>())?;
        let across: Vec<usize> =
            (0..height).flat_map(|row| (0..width).map(move |place| place * height + row)).collect();
        let repeated: Vec<usize> = (0..height).flat_map(|row| std::iter::repeat_n(row, width)).collect();
        let rows = self.index.take(&repeated)?;
        let mut arrays: Vec<Column> =
            (0..rows.nlevels()).filter_map(|level| rows.level_values(level)).collect();
        let mut names = rows.names();
        let places: Vec<usize> = (0..height).flat_map(|_| 0..width).collect();
        arrays.push(self.columns.to_column().take(&places)?);
        names.push(self.columns.name());
        Series::new(end_to_end.take(&across)?, Index::from_arrays(arrays, names), Scalar::None)
    }
}

/// How often each pair of values stands: the first series' values as rows, the second's as columns.
///
/// # Errors
/// `ValueError` where the lengths differ.
pub fn crosstab(index: &Series, columns: &Series, normalize: Normalize) -> Result<Frame> {
    let across = match columns.index.equals(&index.index) {
        true => columns.values.clone(),
        false => columns.reindex(&index.index, None)?.values,
    };
    let rows = Level::of(&index.values, index.name.clone());
    let columns = Level::of(&across, columns.name.clone());
    let part = |level: &Level| Codes { codes: level.codes.to_vec(), firsts: vec![0; level.labels.len()] };
    let found = combine(&[part(&rows), part(&columns)], index.len());
    let (height, width) = (rows.labels.len(), columns.labels.len());
    let mut counts = vec![vec![0i64; height]; width];
    for (&row, &column) in rows.codes.iter().zip(columns.codes.iter()) {
        if let (Ok(row), Ok(column)) = (usize::try_from(row), usize::try_from(column)) {
            counts[column][row] += 1;
        }
    }
    // Values that only stand beside missing ones have no row and no column.
    let seen = |level: &Level, count: usize| {
        let mut seen = vec![false; count];
        for (row, &code) in level.codes.iter().enumerate() {
            if let (Ok(code), true) = (usize::try_from(code), found.codes[row] >= 0) {
                seen[code] = true;
            }
        }
        (0..count).filter(|&place| seen[place]).collect::<Vec<usize>>()
    };
    let (kept_rows, kept_columns) = (seen(&rows, height), seen(&columns, width));
    let counts: Vec<Vec<i64>> = kept_columns
        .iter()
        .map(|&column| kept_rows.iter().map(|&row| counts[column][row]).collect())
        .collect();
    let labels = Index::from_column(columns.labels.take(&kept_columns)?).with_name(columns.name.clone());
    let row_labels = Index::from_column(rows.labels.take(&kept_rows)?).with_name(rows.name.clone());
    let row_sum = |row: usize| counts.iter().map(|column| column[row]).sum::<i64>();
    let total: i64 = counts.iter().flatten().sum();
    let share = |(column, row): (&Vec<i64>, usize)| {
        let whole = match normalize {
            Normalize::Index => row_sum(row),
            Normalize::Columns => column.iter().sum(),
            _ => total,
        };
        column[row] as f64 / whole as f64
    };
    let data = counts
        .iter()
        .map(|column| match normalize {
            Normalize::None => Column::from(column.clone()),
            _ => Column::from((0..column.len()).map(|row| share((column, row))).collect::<Vec<f64>>()),
        })
        .collect();
    Frame::new(labels, data, row_labels)
}
