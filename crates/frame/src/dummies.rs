//! `get_dummies`: a column of zeros and ones for each value.

use column::{Bitmap, Column, DType, Scalar};

use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::index::{Index, Level};
use crate::series::Series;

/// Options of `get_dummies`, with pandas' names and defaults.
#[derive(Clone, Debug)]
pub struct Dummies {
    /// What stands in front of the values in the labels; a column's own label where there is none.
    pub prefix: Option<String>,
    /// What stands between prefix and value.
    pub prefix_sep: String,
    /// Whether missing values have a column of their own.
    pub dummy_na: bool,
    /// The columns that are encoded; those of strings, objects and categories where there are none.
    pub columns: Option<Vec<Scalar>>,
    /// Whether the first value has no column.
    pub drop_first: bool,
    /// dtype of the new columns.
    pub dtype: DType,
}

impl Default for Dummies {
    fn default() -> Self {
        Self {
            prefix: None,
            prefix_sep: "_".to_owned(),
            dummy_na: false,
            columns: None,
            drop_first: false,
            dtype: DType::Bool,
        }
    }
}

/// The values of a column in order, and a column of `dtype` for each.
fn encode(column: &Column, options: &Dummies) -> Result<(Column, Vec<Column>)> {
    if matches!(options.dtype, DType::Object) {
        return Err(Error::value("dtype=object is not a valid dtype for get_dummies"));
    }
    let level = Level::of(column, Scalar::None);
    let (mut labels, codes) = (level.labels, level.codes);
    let count = labels.len();
    let mut wanted: Vec<i64> = (0..count as i64).collect();
    if options.dummy_na {
        let rows: Vec<i64> = (0..count as i64).chain(std::iter::once(-1)).collect();
        labels = labels.reindex(&rows)?;
        wanted.push(-1);
    }
    if options.drop_first && !wanted.is_empty() {
        wanted.remove(0);
        labels = labels.slice(1, labels.len());
    }
    let one = |&wanted: &i64| {
        let bits = Bitmap::from_fn(codes.len(), |row| codes[row] == wanted);
        Ok(Column::from(bits).cast(options.dtype)?)
    };
    Ok((labels, wanted.iter().map(one).collect::<Result<Vec<_>>>()?))
}

fn prefixed(labels: &Column, prefix: &str, separator: &str) -> Vec<Scalar> {
    let label = |label: Scalar| match label {
        Scalar::Float(value) if value.is_nan() => format!("{prefix}{separator}nan"),
        label => format!("{prefix}{separator}{label}"),
    };
    labels.iter().map(|value| Scalar::str(label(value))).collect()
}

impl Series {
    /// A column for each value, true where it stands; values in order, or the categories.
    ///
    /// # Errors
    /// `ValueError` for `dtype=object`.
    pub fn get_dummies(&self, options: &Dummies) -> Result<Frame> {
        let (labels, data) = encode(&self.values, options)?;
        let columns = match &options.prefix {
            Some(prefix) => Index::from_labels(prefixed(&labels, prefix, &options.prefix_sep)),
            None => Index::from_column(labels),
        };
        Frame::new(columns, data, self.index.clone())
    }
}

impl Frame {
    /// The columns that are not encoded, then for each encoded one a column for each of its values, labelled
    /// `column_value`.
    ///
    /// # Errors
    /// `KeyError` for a column that is not there; `ValueError` for `dtype=object`.
    pub fn get_dummies(&self, options: &Dummies) -> Result<Self> {
        let encoded: Vec<usize> = match &options.columns {
            Some(labels) => crate::select::locate_list(&self.columns, labels, "columns")?,
            None => (0..self.data.len())
                .filter(|&place| {
                    let dtype = self.data[place].dtype();
                    dtype.is_text() || matches!(dtype, DType::Object | DType::Category)
                })
                .collect(),
        };
        let rest: Vec<usize> = (0..self.data.len()).filter(|place| !encoded.contains(place)).collect();
        let kept = self.take_columns(&rest)?;
        let mut labels: Vec<Scalar> = kept.columns.iter().collect();
        let mut data = kept.data;
        for place in encoded {
            let own = self.columns.get(place).unwrap_or(Scalar::None).to_string();
            let prefix = options.prefix.as_deref().unwrap_or(&own);
            let (values, columns) = encode(&self.data[place], options)?;
            labels.extend(prefixed(&values, prefix, &options.prefix_sep));
            data.extend(columns);
        }
        Self::new(Index::from_labels(labels), data, self.index.clone())
    }
}
