//! Tables in another shape: melt, pivot, crosstab, dummies, stack; and values in bins.

use column::DType;
use evidence::json::Json;
use frame::{Aggregation, BinLabels, Bins, Cut, Dummies, Melt, Normalize, crosstab};

use super::operation::{
    Give, Operand, Outcome, cell, cells, frame, frame_of, maybe_cell, maybe_cells, operand, pandas, params,
    series, series_of, unfit, unset,
};
use crate::call::{Call, Failure};
use crate::row::Row;

pub(crate) const ROWS: &[Row] = &[
    frame!("melt", [], Molten, |call| {
        let Molten { id_vars, value_vars, var_name, value_name, ignore_index, .. } = Molten::of(call)?;
        let options = Melt {
            id_vars: cells(&id_vars)?,
            value_vars: maybe_cells(&value_vars)?,
            var_name: maybe_cell(&var_name)?,
            value_name: cell(&value_name)?,
            ignore_index,
        };
        frame_of(call, "self")?.melt(&options)?.give()
    }),
    frame!("pivot", [], Pivot, |call| {
        let Pivot { columns, index, values } = Pivot::of(call)?;
        frame_of(call, "self")?.pivot(&cell(&index)?, &cell(&columns)?, &cell(&values)?)?.give()
    }),
    frame!("pivot_table", [], PivotTable, |call| {
        let PivotTable { values, index, columns, aggfunc, fill_value, .. } = PivotTable::of(call)?;
        let (values, index, how) = (cell(&values)?, cell(&index)?, Aggregation::parse(&aggfunc)?);
        let (columns, fill) = (maybe_cell(&columns)?, maybe_cell(&fill_value)?);
        frame_of(call, "self")?.pivot_table(&values, &index, columns.as_ref(), how, fill.as_ref())?.give()
    }),
    pandas!("crosstab", [one index: Series, one columns: Series], Crosstab, |call| {
        let Crosstab { normalize, .. } = Crosstab::of(call)?;
        let normalize = match &normalize {
            Json::Bool(false) => Normalize::None,
            Json::String(text) => Normalize::parse(text)?,
            other => return Err(unfit("normalize", other)),
        };
        crosstab(&series_of(call, "index")?, &series_of(call, "columns")?, normalize)?.give()
    }),
    pandas!("get_dummies", [one data: Frame | Series], GetDummies, get_dummies),
    frame!("explode", [], Explode, |call| {
        let Explode { column, ignore_index } = Explode::of(call)?;
        frame_of(call, "self")?.explode(&cell(&column)?, ignore_index)?.give()
    }),
    frame!("transpose", [], Transpose, |call| {
        Transpose::of(call)?;
        frame_of(call, "self")?.transpose()?.give()
    }),
    frame!("stack", [], Stack, |call| {
        Stack::of(call)?;
        frame_of(call, "self")?.stack()?.give()
    }),
    series!("unstack", [], Unstack, |call| {
        let Unstack { fill_value, .. } = Unstack::of(call)?;
        series_of(call, "self")?.unstack(maybe_cell(&fill_value)?.as_ref())?.give()
    }),
    pandas!("cut", [one x: Series], Binned, cut),
    pandas!("qcut", [one x: Series], QuantileBinned, qcut),
];

params! {
    Molten { id_vars: Json, value_vars: Json, var_name: Json, value_name: Json, ignore_index: bool }
    but { col_level: null }
}

params! { Pivot { columns: Json, index: Json, values: Json } }

params! {
    PivotTable { values: Json, index: Json, columns: Json, aggfunc: String, fill_value: Json }
    but { margins: false, dropna: true, margins_name: "All", observed: true, sort: true }
}

params! {
    Crosstab { normalize: Json }
    but {
        values: null, rownames: null, colnames: null, aggfunc: null, margins: false, margins_name: "All",
        dropna: true,
    }
}

params! {
    GetDummies {
        prefix: Option<String>, prefix_sep: String, dummy_na: bool, columns: Json, drop_first: bool,
        dtype: Option<String>,
    }
    but { sparse: false }
}

params! { Explode { column: Json, ignore_index: bool } }

params! {
    Transpose { } but { copy: unset() }
}

params! {
    Stack { } but { level: -1, dropna: unset(), sort: unset(), future_stack: true }
}

params! {
    Unstack { fill_value: Json } but { level: -1, sort: true }
}

params! {
    Binned { bins: Json, right: bool, labels: Json, include_lowest: bool, duplicates: String, ordered: bool }
    but { retbins: false, precision: 3 }
}

params! {
    QuantileBinned { q: Json, labels: Json, duplicates: String } but { retbins: false, precision: 3 }
}

fn get_dummies(call: &Call<'_>) -> Outcome {
    let GetDummies { prefix, prefix_sep, dummy_na, columns, drop_first, dtype, .. } = GetDummies::of(call)?;
    let options = Dummies {
        prefix,
        prefix_sep,
        dummy_na,
        columns: maybe_cells(&columns)?,
        drop_first,
        dtype: dtype.map_or(Ok(DType::Bool), |dtype| dtype.parse())?,
    };
    match operand(call, "data")? {
        Operand::Frame(frame) => frame.get_dummies(&options)?.give(),
        Operand::Series(series) => series.get_dummies(&options)?.give(),
        Operand::Scalar(_) => Err(Failure::unsupported("get_dummies of a scalar")),
    }
}

fn bin_labels(labels: &Json) -> Result<BinLabels, Failure> {
    match labels {
        Json::Array(_) => Ok(BinLabels::Labels(cells(labels)?)),
        Json::Bool(false) => Ok(BinLabels::Numbers),
        other => Err(unfit("labels", other)),
    }
}

fn drops(duplicates: &str) -> Result<bool, Failure> {
    match duplicates {
        "drop" => Ok(true),
        "raise" => Ok(false),
        other => Err(unfit("duplicates", &other.into())),
    }
}

fn count(name: &str, json: &Json) -> Result<usize, Failure> {
    json.as_u64().and_then(|count| usize::try_from(count).ok()).ok_or_else(|| unfit(name, json))
}

fn cut(call: &Call<'_>) -> Outcome {
    let Binned { bins, right, labels, include_lowest, duplicates, ordered, .. } = Binned::of(call)?;
    let bins = match &bins {
        Json::Array(_) => Bins::Edges(cells(&bins)?),
        one => Bins::Count(count("bins", one)?),
    };
    let options = Cut { right, include_lowest, drop_duplicates: drops(&duplicates)?, ordered };
    series_of(call, "x")?.cut(&bins, &bin_labels(&labels)?, options)?.give()
}

fn qcut(call: &Call<'_>) -> Outcome {
    let QuantileBinned { q, labels, duplicates, .. } = QuantileBinned::of(call)?;
    let quantiles = match &q {
        Json::Array(qs) => {
            let number = |q: &Json| cell(q)?.as_f64().ok_or_else(|| unfit("q", q));
            qs.iter().map(number).collect::<Result<Vec<f64>, Failure>>()?
        }
        // numpy's `linspace(0, 1, q + 1)`, which the reference calls.
        one => {
            let count = count("q", one)?;
            (0..=count).map(|place| place as f64 * (1.0 / count as f64)).collect()
        }
    };
    series_of(call, "x")?.qcut(&quantiles, &bin_labels(&labels)?, drops(&duplicates)?)?.give()
}
