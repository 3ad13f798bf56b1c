//! `read_csv` and `to_csv`.

use std::collections::BTreeMap;

use column::{Column, DType, Scalar};
use evidence::json::Json;
use evidence::report::Mode;
use evidence::value::Value;
use files::{
    ColumnRef, Compression, ErrorKind, Header, IndexCol, OnBadLines, ReadCsv, SkipRows, Table, ToCsv,
};
use frame::{Frame, Index};

use super::operation::{Give, Outcome, frame, frame_of, pandas, params, unfit, unset};
use crate::call::{Call, Failure};
use crate::row::Row;

pub(crate) const ROWS: &[Row] = &[
    Row { hardened: &REPAIRS, ..pandas!("read_csv", [one filepath_or_buffer: Bytes], Read, read) },
    frame!("to_csv", [], Write, write),
];

/// What the hardened reader may repair.
const REPAIRS: [&str; 3] = ["csv_bad_utf8", "csv_extra_fields", "csv_open_quote"];

params! {
    Read {
        sep: Json, header: Json, names: Json, index_col: Json, usecols: Json, dtype: Json, true_values: Json,
        false_values: Json, skipinitialspace: bool, skiprows: Json, nrows: Option<usize>, na_values: Json,
        keep_default_na: bool, na_filter: bool, skip_blank_lines: bool, parse_dates: Json,
        date_format: Option<String>, thousands: Json, decimal: Json, comment: Json, encoding: Option<String>,
        on_bad_lines: String,
    }
    but {
        delimiter: unset(), engine: null, converters: null, skipfooter: 0, dayfirst: false, cache_dates: true,
        iterator: false, chunksize: null, compression: "infer", lineterminator: null, quotechar: "\"", quoting: 0,
        doublequote: true, escapechar: null, encoding_errors: "strict", dialect: null, low_memory: true,
        memory_map: false, float_precision: null, storage_options: null, dtype_backend: unset(),
    }
}

params! {
    Write { sep: String, na_rep: String, header: bool, index: bool }
    but {
        path_or_buf: null, float_format: null, columns: null, index_label: null, mode: "w", encoding: null,
        compression: "infer", quoting: null, quotechar: "\"", lineterminator: null, chunksize: null,
        date_format: null, doublequote: true, escapechar: null, decimal: ".", errors: "strict",
        storage_options: null,
    }
}

impl From<files::Error> for Failure {
    fn from(error: files::Error) -> Failure {
        match error.kind() {
            ErrorKind::Column(column::ErrorKind::NotImplemented) => Failure::unsupported(error.message()),
            kind @ (ErrorKind::Parser | ErrorKind::EmptyData) => {
                Failure::raised(format!("pandas.errors.{}", kind.class()), error.message())
            }
            ErrorKind::Damaged(Compression::Gzip) => Failure::raised("gzip.BadGzipFile", error.message()),
            kind => Failure::raised(super::convert::qualified(kind.class()), error.message()),
        }
    }
}

fn reference(json: &Json) -> Result<ColumnRef, Failure> {
    match (json.as_str(), json.as_u64().and_then(|at| usize::try_from(at).ok())) {
        (Some(label), _) => Ok(label.into()),
        (None, Some(position)) => Ok(position.into()),
        (None, None) => Err(unfit("a column", json)),
    }
}

/// A list or one of its items.
fn each<T>(json: &Json, one: impl Fn(&Json) -> Result<T, Failure>) -> Result<Vec<T>, Failure> {
    match json {
        Json::Null => Ok(Vec::new()),
        Json::Array(items) => items.iter().map(one).collect(),
        item => Ok(vec![one(item)?]),
    }
}

fn word(json: &Json) -> Result<String, Failure> {
    match json {
        Json::String(text) => Ok(text.clone()),
        Json::Number(number) => Ok(number.to_string()),
        other => Err(unfit("a word", other)),
    }
}

fn byte(name: &str, json: &Json) -> Result<u8, Failure> {
    match json.as_str().map(str::as_bytes) {
        Some(&[byte]) => Ok(byte),
        _ => Err(unfit(name, json)),
    }
}

fn maybe_byte(name: &str, json: &Json) -> Result<Option<u8>, Failure> {
    if json.is_null() { Ok(None) } else { byte(name, json).map(Some) }
}

fn count(name: &str, json: &Json) -> Result<usize, Failure> {
    json.as_u64().and_then(|count| usize::try_from(count).ok()).ok_or_else(|| unfit(name, json))
}

fn dtype(json: &Json) -> Result<DType, Failure> {
    Ok(json.as_str().ok_or_else(|| unfit("dtype", json))?.parse::<DType>()?)
}

fn by_label<T>(json: &Json, one: impl Fn(&Json) -> Result<T, Failure>) -> Result<Vec<(String, T)>, Failure> {
    let Json::Object(map) = json else { return Ok(Vec::new()) };
    map.iter().map(|(label, value)| Ok((label.clone(), one(value)?))).collect()
}

fn options(params: Read) -> Result<ReadCsv, Failure> {
    let given = |json: &Json| !json.is_null() && *json != unset();
    let default = ReadCsv::default();
    Ok(ReadCsv {
        sep: if given(&params.sep) { byte("sep", &params.sep)? } else { default.sep },
        header: match &params.header {
            Json::Null => Header::None,
            Json::String(text) if text == "infer" => Header::Infer,
            row => Header::Row(count("header", row)?),
        },
        names: if given(&params.names) { Some(each(&params.names, word)?) } else { None },
        index_col: match &params.index_col {
            Json::Null => IndexCol::Infer,
            Json::Bool(false) => IndexCol::Never,
            columns => IndexCol::Columns(each(columns, reference)?),
        },
        usecols: if given(&params.usecols) { Some(each(&params.usecols, reference)?) } else { None },
        dtype_default: if params.dtype.is_string() { Some(dtype(&params.dtype)?) } else { None },
        dtype: by_label(&params.dtype, dtype)?,
        na_values: if params.na_values.is_object() { Vec::new() } else { each(&params.na_values, word)? },
        na_values_by_column: by_label(&params.na_values, |words| each(words, word))?,
        keep_default_na: params.keep_default_na,
        na_filter: params.na_filter,
        true_values: each(&params.true_values, word)?,
        false_values: each(&params.false_values, word)?,
        parse_dates: each(&params.parse_dates, reference)?,
        date_format: params.date_format,
        skiprows: match &params.skiprows {
            Json::Null => SkipRows::First(0),
            Json::Array(_) => SkipRows::Lines(each(&params.skiprows, |line| count("skiprows", line))?),
            first => SkipRows::First(count("skiprows", first)?),
        },
        nrows: params.nrows,
        comment: maybe_byte("comment", &params.comment)?,
        thousands: maybe_byte("thousands", &params.thousands)?,
        decimal: byte("decimal", &params.decimal)?,
        skipinitialspace: params.skipinitialspace,
        skip_blank_lines: params.skip_blank_lines,
        on_bad_lines: match params.on_bad_lines.as_str() {
            "error" => OnBadLines::Error,
            "skip" => OnBadLines::Skip,
            other => return Err(unfit("on_bad_lines", &other.into())),
        },
        encoding: params.encoding.unwrap_or(default.encoding),
        ..ReadCsv::default()
    })
}

fn read(call: &Call<'_>) -> Outcome {
    let options = options(Read::of(call)?)?;
    let bytes = call.bytes("filepath_or_buffer")?;
    if call.mode() == Mode::Strict {
        return framed(files::read_csv(bytes, &options)?)?.give();
    }
    let read = files::read_csv_hardened(bytes, &options)?;
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for repair in &read.repairs {
        *counts.entry(repair.defect.category()).or_default() += repair.count as u64;
    }
    counts.into_iter().for_each(|(category, count)| call.repaired(category, count));
    framed(read.table)?.give()
}

/// The table with its index columns as row labels.
fn framed(table: Table) -> Result<Frame, Failure> {
    let rows = table.row_count;
    let (labels, data): (Vec<Scalar>, Vec<Column>) = table.columns.into_iter().unzip();
    let columns = Index::from_labels(labels);
    let name = |name: Option<Scalar>| name.unwrap_or(Scalar::None);
    let index = match <[_; 1]>::try_from(table.index) {
        Ok([(label, column)]) => Index::from_sequence(column).with_name(name(label)),
        Err(levels) if levels.is_empty() => Index::range(rows),
        Err(levels) => {
            let (names, arrays): (Vec<_>, Vec<_>) = levels.into_iter().unzip();
            Index::from_arrays(arrays, names.into_iter().map(name).collect())
        }
    };
    Ok(Frame::new(columns, data, index)?)
}

fn write(call: &Call<'_>) -> Outcome {
    let Write { sep, na_rep, header, index, .. } = Write::of(call)?;
    let mut chars = sep.chars();
    let (Some(sep), None) = (chars.next(), chars.next()) else { return Err(unfit("sep", &sep.into())) };
    let frame = frame_of(call, "self")?;
    let labels = frame.index();
    let level = |level: usize| {
        let name = labels.names().get(level).cloned().filter(|name| *name != Scalar::None);
        labels.level_values(level).map(|values| (name, values))
    };
    let counted = labels.as_range().is_some_and(|(start, _, step)| (start, step) == (0, 1));
    let table = Table {
        columns: frame.columns().iter().zip(frame.data().iter().cloned()).collect(),
        index: if counted { Vec::new() } else { (0..labels.nlevels()).filter_map(level).collect() },
        row_count: frame.len(),
        ..Table::default()
    };
    let options = ToCsv { sep, na_rep, header, index, ..ToCsv::default() };
    Ok(Value::Text(files::to_csv(&table, &options)?))
}
