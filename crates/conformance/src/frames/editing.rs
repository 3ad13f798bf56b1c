//! Tables made, and their columns and labels exchanged.

use column::{Column, DType, Scalar};
use evidence::json::Json;
use frame::{Absent, Assigned, Frame, Index, Series};

use super::operation::{
    Give, Operand, Outcome, cell, cells, frame, frame_of, operand, pairs, pandas, params, series, series_of,
    unfit, unset,
};
use crate::call::{Call, Failure};
use crate::row::Row;

pub(crate) const ROWS: &[Row] = &[
    pandas!("Series", [], NewSeries, new_series),
    pandas!("DataFrame", [], NewFrame, new_frame),
    frame!("assign", [one value: Series | Scalar], Assign, assign),
    frame!("drop", [], Drop, drop),
    frame!("rename", [], Rename, rename),
    frame!("set_index", [], SetIndex, |call| {
        let SetIndex { keys, drop, append, verify_integrity, .. } = SetIndex::of(call)?;
        let verify = verify_integrity.as_bool();
        frame_of(call, "self")?.set_index(&cells(&keys)?, drop, append, verify)?.give()
    }),
    frame!("reset_index", [], ResetIndex, |call| {
        frame_of(call, "self")?.reset_index(ResetIndex::of(call)?.drop)?.give()
    }),
    series!("reset_index", [], SeriesResetIndex, |call| {
        let series = series_of(call, "self")?;
        match SeriesResetIndex::of(call)?.drop {
            true => series.drop_index().give(),
            false => series.reset_index()?.give(),
        }
    }),
    frame!("reindex", [], Reindex, |call| {
        let Reindex { index, fill_value, .. } = Reindex::of(call)?;
        let index = Index::from_labels(cells(&index)?);
        frame_of(call, "self")?.reindex(&index, Some(&cell(&fill_value)?))?.give()
    }),
    series!("reindex", [], SeriesReindex, |call| {
        let SeriesReindex { index, fill_value, .. } = SeriesReindex::of(call)?;
        let index = Index::from_labels(cells(&index)?);
        series_of(call, "self")?.reindex(&index, Some(&cell(&fill_value)?))?.give()
    }),
    frame!("astype", [], Cast, frame_astype),
    series!("astype", [], Cast, |call| {
        let Cast { dtype, .. } = Cast::of(call)?;
        series_of(call, "self")?.astype(dtype_of(&dtype)?)?.give()
    }),
];

params! {
    NewSeries { data: Json, index: Json, dtype: Option<String>, name: Json } but { copy: null }
}

params! {
    NewFrame { data: Json, index: Json, columns: Json } but { dtype: null, copy: null }
}

params! {
    /// The keyword of the one column that `value` is for.
    Assign { name: Json }
}

params! {
    Drop { labels: Json, axis: i64, index: Json, columns: Json, errors: String }
    but { level: null, inplace: unset() }
}

params! {
    Rename { index: Json, columns: Json, errors: String }
    but { mapper: null, axis: null, copy: unset(), inplace: unset(), level: null }
}

params! {
    SetIndex { keys: Json, drop: bool, append: bool, verify_integrity: Json } but { inplace: unset() }
}

params! {
    ResetIndex { drop: bool }
    but { level: null, inplace: unset(), col_level: 0, col_fill: "", allow_duplicates: false, names: null }
}

params! {
    SeriesResetIndex { drop: bool }
    but { level: null, name: unset(), inplace: unset(), allow_duplicates: false }
}

params! {
    Reindex { index: Json, fill_value: Json }
    but {
        labels: null, columns: null, axis: null, method: null, copy: unset(), level: null, limit: null,
        tolerance: null,
    }
}

params! {
    SeriesReindex { index: Json, fill_value: Json }
    but { axis: null, method: null, copy: unset(), level: null, limit: null, tolerance: null }
}

params! {
    Cast { dtype: Json } but { copy: unset(), errors: "raise" }
}

fn values(data: &Json, dtype: Option<&str>) -> Result<Column, Failure> {
    let Json::Array(_) = data else { return Err(unfit("data", data)) };
    let scalars = cells(data)?;
    Ok(match dtype {
        Some(dtype) => Column::object(scalars).cast(dtype.parse::<DType>()?)?,
        None => Column::infer(scalars),
    })
}

fn new_series(call: &Call<'_>) -> Outcome {
    let NewSeries { data, index, dtype, name, .. } = NewSeries::of(call)?;
    let values = values(&data, dtype.as_deref())?;
    let index = match &index {
        Json::Null => Index::range(values.len()),
        labels => Index::from_labels(cells(labels)?),
    };
    Series::new(values, index, cell(&name)?)?.give()
}

fn new_frame(call: &Call<'_>) -> Outcome {
    let NewFrame { data, index, columns, .. } = NewFrame::of(call)?;
    let Json::Object(data) = &data else { return Err(unfit("data", &data)) };
    let made = data.iter().map(|(label, cells)| Ok((label.as_str(), values(cells, None)?)));
    let mut frame = Frame::from_columns(made.collect::<Result<Vec<_>, Failure>>()?)?;
    if !columns.is_null() {
        frame = frame.select_columns(&cells(&columns)?)?;
    }
    if !index.is_null() {
        frame = frame.with_index(Index::from_labels(cells(&index)?))?;
    }
    frame.give()
}

fn assign(call: &Call<'_>) -> Outcome {
    let label = cell(&Assign::of(call)?.name)?;
    let value = match operand(call, "value")? {
        Operand::Series(series) => Assigned::Series(series),
        Operand::Scalar(scalar) => Assigned::Scalar(scalar),
        Operand::Frame(_) => return Err(Failure::unsupported("assign of a frame")),
    };
    frame_of(call, "self")?.assign(label, value)?.give()
}

fn absent(errors: &str) -> Result<Absent, Failure> {
    match errors {
        "raise" => Ok(Absent::Raise),
        "ignore" => Ok(Absent::Ignore),
        other => Err(unfit("errors", &other.into())),
    }
}

fn drop(call: &Call<'_>) -> Outcome {
    let Drop { labels, axis, index, columns, errors, .. } = Drop::of(call)?;
    let absent = absent(&errors)?;
    let (labels, mut rows, mut columns) = (cells(&labels)?, cells(&index)?, cells(&columns)?);
    match axis {
        0 => rows.extend(labels),
        1 => columns.extend(labels),
        other => return Err(unfit("axis", &other.into())),
    }
    let frame = frame_of(call, "self")?;
    let frame = if rows.is_empty() { frame } else { frame.drop_rows(&rows, absent)? };
    if columns.is_empty() { frame.give() } else { frame.drop_columns(&columns, absent)?.give() }
}

fn rename(call: &Call<'_>) -> Outcome {
    let Rename { index, columns, errors, .. } = Rename::of(call)?;
    let absent = absent(&errors)?;
    let mut frame = frame_of(call, "self")?;
    if let Some(pairs) = pairs(&columns)? {
        frame = frame.rename_columns(&pairs, absent)?;
    }
    if let Some(pairs) = pairs(&index)? {
        frame = frame.rename_rows(&pairs, absent)?;
    }
    frame.give()
}

fn dtype_of(dtype: &Json) -> Result<DType, Failure> {
    let name = dtype.as_str().ok_or_else(|| unfit("dtype", dtype))?;
    Ok(name.parse::<DType>()?)
}

fn frame_astype(call: &Call<'_>) -> Outcome {
    let Cast { dtype, .. } = Cast::of(call)?;
    let frame = frame_of(call, "self")?;
    let Json::Object(columns) = &dtype else { return frame.astype(dtype_of(&dtype)?)?.give() };
    let one = |(label, dtype): (&String, &Json)| Ok((Scalar::str(label), dtype_of(dtype)?));
    let dtypes = columns.iter().map(one).collect::<Result<Vec<_>, Failure>>()?;
    frame.astype_columns(&dtypes)?.give()
}
