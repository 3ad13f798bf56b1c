//! Columns and labels exchanged: assign, drop, rename, set_index, reset_index, reindex, astype.

use column::{Column, DType, Scalar, WarningKind, warn};

use crate::alignment::reindexer;
use crate::error::{Error, Result};
use crate::frame::{Frame, each_column};
use crate::index::{Index, Keep, Level};
use crate::series::Series;

/// What a new column is made of.
#[derive(Clone, Debug)]
pub enum Assigned {
    /// One value for every row.
    Scalar(Scalar),
    /// A series, aligned by label.
    Series(Series),
    /// One value a row, by position.
    Column(Column),
}

impl From<Series> for Assigned {
    fn from(series: Series) -> Self {
        Self::Series(series)
    }
}

impl From<Scalar> for Assigned {
    fn from(scalar: Scalar) -> Self {
        Self::Scalar(scalar)
    }
}

/// What happens to labels that are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Absent {
    /// `KeyError` (`errors='raise'`).
    #[default]
    Raise,
    /// They are passed over (`errors='ignore'`).
    Ignore,
}

impl Index {
    /// The labels without those of `labels`.
    ///
    /// # Errors
    /// `KeyError` naming the labels that are not there.
    fn positions_without(&self, labels: &[Scalar], absent: Absent) -> Result<Vec<usize>> {
        let missing: Vec<Scalar> = labels.iter().filter(|label| !self.contains(label)).cloned().collect();
        if absent == Absent::Raise && !missing.is_empty() {
            return Err(Error::key(format!("{} not found in axis", Scalar::List(missing.into()))));
        }
        let mut kept = vec![true; self.len()];
        for label in labels {
            for position in self.find(label).map(|found| found.positions()).unwrap_or_default() {
                kept[position] = false;
            }
        }
        Ok((0..self.len()).filter(|&position| kept[position]).collect())
    }

    /// Labels exchanged by a list of pairs; the dtype is inferred anew where one was exchanged.
    fn relabelled(&self, pairs: &[(Scalar, Scalar)], absent: Absent) -> Result<Self> {
        let missing: Vec<Scalar> =
            pairs.iter().map(|(from, _)| from).filter(|from| !self.contains(from)).cloned().collect();
        if absent == Absent::Raise && !missing.is_empty() {
            return Err(Error::key(format!("{} not found in axis", Scalar::List(missing.into()))));
        }
        if missing.len() == pairs.len() && self.as_range().is_none() {
            return Ok(self.clone());
        }
        let replaced =
            self.iter().map(|label| match pairs.iter().find(|(from, _)| from.key() == label.key()) {
                Some((_, to)) => to.clone(),
                None => label,
            });
        Ok(Self::from_labels(replaced.collect()).with_names(self.names()))
    }
}

impl Frame {
    /// A frame with the column `label` set: replaced where it stands, else added as the last one.
    ///
    /// # Errors
    /// `ValueError` for a series whose labels stand twice or a column of another length.
    pub fn assign(&self, label: impl Into<Scalar>, value: impl Into<Assigned>) -> Result<Self> {
        let label = label.into();
        let column = match value.into() {
            Assigned::Scalar(scalar) => Column::repeat(&scalar, self.len()),
            Assigned::Column(column) if column.len() == self.len() || self.data.is_empty() => column,
            Assigned::Column(column) => {
                let message = format!(
                    "Length of values ({}) does not match length of index ({})",
                    column.len(),
                    self.len()
                );
                return Err(Error::value(message));
            }
            Assigned::Series(series) if self.data.is_empty() && self.index.is_empty() => {
                let index = series.index.clone();
                return Self::new(Index::from_labels(vec![label]), vec![series.values], index);
            }
            Assigned::Series(series) => match reindexer(&series.index, &self.index)? {
                None => series.values,
                Some(positions) => series.values.reindex(&positions)?,
            },
        };
        let mut data = self.data.clone();
        let mut columns = self.columns.clone();
        match self.columns.find(&label) {
            Some(found) => found.positions().into_iter().for_each(|position| data[position] = column.clone()),
            None => {
                let last = Index::from_labels(vec![label]);
                columns = if columns.is_empty() {
                    last
                } else {
                    columns.append(&last)?.with_names(columns.names())
                };
                data.push(column);
            }
        }
        let index = if self.data.is_empty() && self.index.is_empty() {
            Index::range(data[0].len())
        } else {
            self.index.clone()
        };
        Self::new(columns, data, index)
    }

    /// The same data under other column labels (`df.columns = …`).
    ///
    /// # Errors
    /// `ValueError` where their number differs.
    pub fn with_columns(&self, columns: Index) -> Result<Self> {
        Self::new(columns, self.data.clone(), self.index.clone())
    }

    /// A frame without the columns labelled so.
    ///
    /// # Errors
    /// `KeyError` naming the labels that are not there.
    pub fn drop_columns(&self, labels: &[Scalar], absent: Absent) -> Result<Self> {
        self.take_columns(&self.columns.positions_without(labels, absent)?)
    }

    /// A frame without the rows labelled so.
    ///
    /// # Errors
    /// `KeyError` naming the labels that are not there.
    pub fn drop_rows(&self, labels: &[Scalar], absent: Absent) -> Result<Self> {
        self.take(&self.index.positions_without(labels, absent)?)
    }

    /// Column labels exchanged by pairs of old and new.
    ///
    /// # Errors
    /// `KeyError` naming the labels that are not there, under [`Absent::Raise`].
    pub fn rename_columns(&self, pairs: &[(Scalar, Scalar)], absent: Absent) -> Result<Self> {
        Ok(Self { columns: self.columns.relabelled(pairs, absent)?, ..self.clone() })
    }

    /// Row labels exchanged by pairs of old and new.
    ///
    /// # Errors
    /// `KeyError` naming the labels that are not there, under [`Absent::Raise`].
    pub fn rename_rows(&self, pairs: &[(Scalar, Scalar)], absent: Absent) -> Result<Self> {
        Ok(Self { index: self.index.relabelled(pairs, absent)?, ..self.clone() })
    }

    /// The columns `keys` as row labels, a MultiIndex for several. `drop` takes them out of the columns.
    ///
    /// # Errors
    /// `KeyError` naming the columns that are not there; `ValueError` where a label stands twice and `verify` is set.
    /// pandas warns of `verify`, whatever it is set to.
    pub fn set_index(&self, keys: &[Scalar], drop: bool, append: bool, verify: Option<bool>) -> Result<Self> {
        if verify.is_some() {
            let message = "The 'verify_integrity' keyword in DataFrame.set_index is deprecated and will be removed in a \
                           future version. Directly check the result.index.is_unique instead.";
            warn(WarningKind::Pandas4, message);
        }
        let missing: Vec<Scalar> = keys.iter().filter(|key| !self.columns.contains(key)).cloned().collect();
        if !missing.is_empty() {
            return Err(Error::key(format!("None of {} are in the columns", Scalar::List(missing.into()))));
        }
        let mut arrays = Vec::new();
        let mut names = Vec::new();
        if append {
            arrays.extend((0..self.index.nlevels()).filter_map(|level| self.index.level_values(level)));
            names.extend(self.index.names());
        }
        for key in keys {
            arrays.push(self.one_column(key)?.clone());
            names.push(key.clone());
        }
        let index = match (<[Column; 1]>::try_from(arrays), names.as_slice()) {
            (Ok([only]), [name]) => Index::from_column(only).with_name(name.clone()),
            (Ok([only]), _) => Index::from_column(only),
            (Err(arrays), _) => Index::from_arrays(arrays, names),
        };
        if verify == Some(true) && !index.is_unique() {
            let repeated = index.take(&index.duplicated(Keep::First).ones().collect::<Vec<_>>())?;
            let codes = repeated.codes();
            let labels = repeated.take(&codes.firsts)?.summary();
            return Err(Error::value(format!("Index has duplicate keys: {labels}")));
        }
        let rest = if drop { self.drop_columns(keys, Absent::Raise)? } else { self.clone() };
        rest.with_index(index)
    }

    /// The rows numbered 0, 1, 2 …; unless `drop`, the old labels become the first columns, named by the index, by
    /// `index` or by `level_0`, `level_1` ….
    ///
    /// # Errors
    /// `ValueError` where a column of that name exists.
    pub fn reset_index(&self, drop: bool) -> Result<Self> {
        let index = Index::range(self.len());
        if drop {
            return Ok(Self { index, ..self.clone() });
        }
        let names = self.index.names();
        let label = |level: usize, name: &Scalar| match name {
            Scalar::None if self.index.is_multi() => Scalar::str(format!("level_{level}")),
            Scalar::None if self.columns.contains(&Scalar::str("index")) => Scalar::str("level_0"),
            Scalar::None => Scalar::str("index"),
            name => name.clone(),
        };
        let mut labels = Vec::new();
        let mut data = Vec::new();
        for (level, name) in names.iter().enumerate() {
            let label = label(level, name);
            if self.columns.contains(&label) || labels.contains(&label) {
                return Err(Error::value(format!("cannot insert {label}, already exists")));
            }
            labels.push(label);
            data.extend(self.index.level_values(level));
        }
        data.extend(self.data.iter().cloned());
        let labels = match self.columns.is_multi() {
            // A label of one level stands in the first level of the columns, empty below.
            true => labels.into_iter().map(|label| pad_label(label, self.columns.nlevels())).collect(),
            false => labels,
        };
        let first = Index::from_labels(labels);
        let columns = if self.columns.is_empty() { first } else { first.append(&self.columns)? };
        Self::new(columns.with_names(self.columns.names()), data, index)
    }

    /// The rows labelled `labels`, in that order; a label that is not there gives a missing row, or `fill`.
    ///
    /// # Errors
    /// `ValueError` where the row labels stand twice.
    pub fn reindex(&self, labels: &Index, fill: Option<&Scalar>) -> Result<Self> {
        let Some(positions) = reindexer(&self.index, labels)? else {
            return self.with_index(labels.clone());
        };
        let data = each_column(&self.data, positions.len(), |column| reindexed(column, &positions, fill))?;
        let index = labels.clone().with_names(self.index.names());
        Ok(Self { columns: self.columns.clone(), index, data })
    }

    /// All columns cast to `dtype`.
    ///
    /// # Errors
    /// What the cast of a column raises.
    pub fn astype(&self, dtype: DType) -> Result<Self> {
        self.map_columns(|column| Ok(column.cast(dtype)?))
    }

    /// Some columns cast, each to its own dtype.
    ///
    /// # Errors
    /// `KeyError` for a label that is no column; what the cast raises.
    pub fn astype_columns(&self, dtypes: &[(Scalar, DType)]) -> Result<Self> {
        let mut data = self.data.clone();
        for (label, dtype) in dtypes {
            let found = self.columns.find(label).ok_or_else(|| {
                let key = label.repr();
                Error::key(format!(
                    "Only a column name can be used for the key in a dtype mappings argument. {key} not found in columns."
                ))
            })?;
            for position in found.positions() {
                data[position] = data[position].cast(*dtype)?;
            }
        }
        Ok(Self { data, ..self.clone() })
    }
}

pub(crate) fn pad_label(label: Scalar, levels: usize) -> Scalar {
    let rest = std::iter::repeat_n(Scalar::str(""), levels.saturating_sub(1));
    Scalar::Tuple(std::iter::once(label).chain(rest).collect())
}

pub(crate) fn reindexed(column: &Column, positions: &[i64], fill: Option<&Scalar>) -> Result<Column> {
    let Some(fill) = fill.filter(|fill| !fill.is_missing()) else {
        return Ok(column.reindex(positions)?);
    };
    // The fill value stands one row behind the column's own rows.
    let filler = Column::repeat(fill, 1);
    let filler = filler.cast(column.dtype()).unwrap_or(filler);
    let widened = Column::concat(&[column, &filler])?;
    let last = column.len();
    let positions: Vec<usize> =
        positions.iter().map(|&position| usize::try_from(position).unwrap_or(last)).collect();
    Ok(widened.take(&positions)?)
}

impl Series {
    /// A series without the rows labelled so.
    ///
    /// # Errors
    /// `KeyError` naming the labels that are not there.
    pub fn drop(&self, labels: &[Scalar], absent: Absent) -> Result<Self> {
        self.take(&self.index.positions_without(labels, absent)?)
    }

    /// Row labels exchanged by pairs of old and new.
    ///
    /// # Errors
    /// `KeyError` naming the labels that are not there, under [`Absent::Raise`].
    pub fn rename_rows(&self, pairs: &[(Scalar, Scalar)], absent: Absent) -> Result<Self> {
        Ok(Self { index: self.index.relabelled(pairs, absent)?, ..self.clone() })
    }

    /// The same values under another row index.
    ///
    /// # Errors
    /// `ValueError` where the length differs.
    pub fn with_index(&self, index: Index) -> Result<Self> {
        Self::new(self.values.clone(), index, self.name.clone())
    }

    /// The labels as columns in front of the values, as a frame with rows 0, 1, 2 ….
    ///
    /// # Errors
    /// `ValueError` where the index and the series have one name.
    pub fn reset_index(&self) -> Result<Frame> {
        self.to_frame().reset_index(false)
    }

    /// The values under the labels 0, 1, 2 … (`reset_index(drop=True)`).
    #[must_use]
    pub fn drop_index(&self) -> Self {
        Self { index: Index::range(self.len()), ..self.clone() }
    }

    /// The rows labelled `labels`, in that order; a label that is not there is missing, or `fill`.
    ///
    /// # Errors
    /// `ValueError` where the row labels stand twice.
    pub fn reindex(&self, labels: &Index, fill: Option<&Scalar>) -> Result<Self> {
        let index = labels.clone().with_names(self.index.names());
        let values = match reindexer(&self.index, labels)? {
            None => self.values.clone(),
            Some(positions) => reindexed(&self.values, &positions, fill)?,
        };
        Self::new(values, index, self.name.clone())
    }

    /// The values cast to `dtype`.
    ///
    /// # Errors
    /// What the cast raises.
    pub fn astype(&self, dtype: DType) -> Result<Self> {
        Ok(self.with_values(self.values.cast(dtype)?))
    }
}

impl Index {
    /// The labels of several indexes as tuples: `keys[i]` in front of every label of `parts[i]`.
    pub(crate) fn with_outer_keys(keys: &[Scalar], parts: &[&Self], names: &[Scalar]) -> Result<Self> {
        let joined = Self::concat(parts)?;
        let codes: Vec<i64> = parts
            .iter()
            .enumerate()
            .flat_map(|(key, part)| std::iter::repeat_n(key as i64, part.len()))
            .collect();
        let name = names.first().cloned().unwrap_or(Scalar::None);
        let outer = Level { labels: Column::infer(keys.to_vec()), codes: codes.into(), name };
        let mut levels = vec![outer];
        match joined.levels() {
            Some(inner) => levels.extend(inner.iter().cloned()),
            None => levels.push(Level::of(&joined.to_column(), joined.name())),
        }
        let index = Self::from_levels(levels);
        Ok(match names.is_empty() {
            true => index,
            false => index.with_names(names.to_vec()),
        })
    }
}
