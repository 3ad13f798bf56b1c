//! `concat`: frames and series one below the other, or side by side.

use column::{Column, DType, Scalar};

use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::index::{Index, Keep};
use crate::series::Series;

/// Options of `concat`, with pandas' names and defaults.
#[derive(Clone, Debug, Default)]
pub struct Concat {
    /// Whether only labels of the other axis that all parts have are kept (`join='inner'`), or all of them.
    pub inner: bool,
    /// Whether the joined axis is numbered anew.
    pub ignore_index: bool,
    /// A label for each part, as the outer level of the joined axis.
    pub keys: Vec<Scalar>,
    /// Names of the levels that `keys` makes.
    pub names: Vec<Scalar>,
    /// Whether labels of the joined axis must be unique.
    pub verify_integrity: bool,
    /// Whether the other axis is sorted where the parts differ.
    pub sort: bool,
}

impl Concat {
    /// The labels of the joined axis.
    fn joined(&self, parts: &[&Index]) -> Result<Index> {
        if self.ignore_index {
            return Ok(Index::range(parts.iter().map(|part| part.len()).sum()));
        }
        let index = match self.keys.is_empty() {
            true => Index::concat(parts)?,
            false => Index::with_outer_keys(&self.keys, parts, &self.names)?,
        };
        if self.verify_integrity && !index.is_unique() {
            let again = index.take(&index.duplicated(Keep::First).ones().collect::<Vec<_>>())?;
            let overlap = again.take(&again.codes().firsts)?.summary();
            return Err(Error::value(format!("Indexes have overlapping values: {overlap}")));
        }
        Ok(index)
    }

    /// The labels of the other axis.
    fn shared(&self, parts: &[&Index]) -> Result<Index> {
        let Some((first, rest)) = parts.split_first() else { return Ok(Index::range(0)) };
        let mut shared = (*first).clone();
        for part in rest {
            shared = match self.inner {
                true => shared.intersection(part)?,
                false => shared.union_sorted(part, self.sort)?,
            };
        }
        Ok(shared)
    }
}

fn check_parts(count: usize) -> Result<()> {
    match count {
        0 => Err(Error::value("No objects to concatenate")),
        _ => Ok(()),
    }
}

/// Frames one below the other; columns are matched by label, in the order in which they are first seen.
///
/// # Errors
/// `ValueError` for no frames or repeated labels under `verify_integrity`; `InvalidIndexError` where columns that differ
/// repeat a label.
pub fn concat(frames: &[&Frame], options: &Concat) -> Result<Frame> {
    check_parts(frames.len())?;
    let index = options.joined(&frames.iter().map(|frame| &frame.index).collect::<Vec<_>>())?;
    let columns = options.shared(&frames.iter().map(|frame| &frame.columns).collect::<Vec<_>>())?;
    // Where each frame's column for each label of the result is.
    let places = frames
        .iter()
        .map(|frame| match frame.columns.equals(&columns) {
            true => Ok((0..columns.len() as i64).collect()),
            false => frame.columns.get_indexer(&columns),
        })
        .collect::<Result<Vec<Vec<i64>>>>()?;
    let data = (0..columns.len())
        .map(|label| {
            let part = |(frame, places): (&&Frame, &Vec<i64>)| {
                let place = usize::try_from(places[label]).ok();
                (place.and_then(|place| frame.data.get(place)).cloned(), frame.len())
            };
            stacked(&frames.iter().zip(&places).map(part).collect::<Vec<_>>())
        })
        .collect::<Result<Vec<_>>>()?;
    Frame::new(columns, data, index)
}

/// Columns end to end; a part without the column gives that many missing rows.
fn stacked(parts: &[(Option<Column>, usize)]) -> Result<Column> {
    let present: Vec<&Column> = parts.iter().filter_map(|(column, _)| column.as_ref()).collect();
    // In frames, unlike in series, booleans meet integers as integers: pandas joins the blocks of columns.
    let numbers = present.iter().map(|column| column.dtype()).find(|dtype| *dtype != DType::Bool);
    let mixed = numbers.filter(|dtype| matches!(dtype, DType::Number(number) if !number.is_float()));
    let joined = match mixed {
        Some(dtype) if present.iter().all(|column| [DType::Bool, dtype].contains(&column.dtype())) => {
            let cast = present.iter().map(|column| column.cast(dtype)).collect::<column::Result<Vec<_>>>()?;
            Column::concat(&cast.iter().collect::<Vec<_>>())?
        }
        _ => Column::concat(&present)?,
    };
    if present.len() == parts.len() {
        return Ok(joined);
    }
    let mut next = 0;
    let mut rows = Vec::new();
    for (column, len) in parts {
        match column {
            Some(_) => {
                rows.extend(next..next + *len as i64);
                next += *len as i64;
            }
            None => rows.extend(std::iter::repeat_n(-1, *len)),
        }
    }
    Ok(joined.reindex(&rows)?)
}

/// Frames side by side; rows are matched by label.
///
/// # Errors
/// `ValueError` for no frames; `InvalidIndexError` where row labels that differ repeat.
pub fn concat_columns(frames: &[&Frame], options: &Concat) -> Result<Frame> {
    check_parts(frames.len())?;
    let index = options.shared(&frames.iter().map(|frame| &frame.index).collect::<Vec<_>>())?;
    let columns = options.joined(&frames.iter().map(|frame| &frame.columns).collect::<Vec<_>>())?;
    let mut data = Vec::with_capacity(columns.len());
    for frame in frames {
        if frame.index.equals(&index) {
            data.extend(frame.data.iter().cloned());
            continue;
        }
        let rows = frame.index.get_indexer(&index)?;
        for column in &frame.data {
            data.push(column.reindex(&rows)?);
        }
    }
    Frame::new(columns, data, index)
}

/// Series one below the other; the name stays if all have it.
///
/// # Errors
/// As [`concat`].
pub fn concat_series(series: &[&Series], options: &Concat) -> Result<Series> {
    check_parts(series.len())?;
    let index = options.joined(&series.iter().map(|part| &part.index).collect::<Vec<_>>())?;
    let values = Column::concat(&series.iter().map(|part| &part.values).collect::<Vec<_>>())?;
    let name = match series {
        [first, rest @ ..] if rest.iter().all(|part| part.name == first.name) => first.name.clone(),
        _ => Scalar::None,
    };
    Series::new(values, index, name)
}

/// Series side by side as the columns of a frame, labelled by their names, or numbered where none has one.
///
/// # Errors
/// As [`concat_columns`].
pub fn concat_series_columns(series: &[&Series], options: &Concat) -> Result<Frame> {
    let frames: Vec<Frame> = series.iter().map(|part| part.to_frame()).collect();
    let unnamed = Concat { keys: Vec::new(), ..options.clone() };
    let joined = concat_columns(&frames.iter().collect::<Vec<_>>(), &unnamed)?;
    if options.ignore_index {
        return Ok(joined);
    }
    let columns = match (options.keys.is_empty(), series.iter().any(|part| part.name != Scalar::None)) {
        (false, _) => Index::from_labels(options.keys.clone()).with_names(options.names.clone()),
        (true, true) => {
            let label = |(place, part): (usize, &&Series)| match &part.name {
                Scalar::None => Scalar::Int(place as i64),
                name => name.clone(),
            };
            Index::from_labels(series.iter().enumerate().map(label).collect())
        }
        (true, false) => Index::range(series.len()),
    };
    Frame::new(columns, joined.data, joined.index)
}
