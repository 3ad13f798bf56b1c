//! Files across the border: bytes and options in, frames out, and back.
//!
//! The facade (`_io_*.py`) opens files and puts pandas' arguments into plain values; here they become the options of
//! `files`, and tables become frames.

use ::column::{Column as Values, DType, Scalar, TimeUnit};
use files::{
    ColumnRef, Compression, ConvertDates, DateFormat, ErrorKind, FloatFormat, Header, IndexCol, IndexLabel,
    IpcCompression, JsonDType, OnBadLines, Orient, ParquetCompression, Quoting, ReadCsv, ReadIpc, ReadJson,
    ReadParquet, RowRange, SkipRows, Table, ToCsv, ToIpc, ToJson, ToParquet,
};
use frame::{Frame, Index as Labels, Series as EngineSeries};
use pyo3::exceptions::{PyMemoryError, PyTypeError, PyUnicodeDecodeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyType};

use crate::error::{engine, raised};
use crate::frame::DataFrame;
use crate::registry;
use crate::scalar::to_python;
use crate::series::Series;

/// Bytes that a compressed file may grow to.
const PLAIN_BYTES_MAX: u64 = 64 << 30;

/// Does `work` without Python's lock; its error gets Python's class.
pub fn filed<T: Send>(py: Python<'_>, work: impl FnOnce() -> files::Result<T> + Send) -> PyResult<T> {
    engine(py, || Ok(work()))?.map_err(|error| exception(py, &error))
}

/// The exception for an error of a file.
fn exception(py: Python<'_>, error: &files::Error) -> PyErr {
    let message = error.message().to_owned();
    let class = |module: &str, name: &str| -> PyResult<Bound<'_, PyType>> {
        Ok(py.import(module)?.getattr(name)?.cast_into::<PyType>()?)
    };
    let found = match error.kind() {
        ErrorKind::Column(kind) => return raised(py, &::column::Error::new(kind, message).into()),
        ErrorKind::Limit => return PyMemoryError::new_err(message),
        ErrorKind::UnicodeDecode => return undecodable(py, &message),
        ErrorKind::Damaged(Compression::Gzip) => class("gzip", "BadGzipFile"),
        ErrorKind::Damaged(Compression::Zip) => class("zipfile", "BadZipFile"),
        ErrorKind::Damaged(Compression::Xz) => class("lzma", "LZMAError"),
        ErrorKind::Damaged(_) => class("builtins", "OSError"),
        ErrorKind::Csv => class("_csv", "Error"),
        kind @ (ErrorKind::Parser | ErrorKind::EmptyData) => {
            registry::get(py, &PyString::new(py, kind.class()))
                .and_then(|class| Ok(class.cast_into::<PyType>()?))
        }
        _ => return PyValueError::new_err(message),
    };
    match found {
        Ok(class) => PyErr::from_type(class, (message,)),
        Err(fault) => fault,
    }
}

/// Python's exception holds bytes and a place, which the message names.
fn undecodable(py: Python<'_>, message: &str) -> PyErr {
    let parts = || -> Option<(Vec<u8>, usize, usize, &str)> {
        let (place, reason) = message.split_once("decode ")?.1.split_once(": ")?;
        let (byte, span) = match place.strip_prefix("byte 0x") {
            Some(rest) => {
                let (byte, at) = rest.split_once(" in position ")?;
                let at: usize = at.parse().ok()?;
                (u8::from_str_radix(byte, 16).ok()?, (at, at + 1))
            }
            None => {
                let (from, to) = place.strip_prefix("bytes in position ")?.split_once('-')?;
                (0, (from.parse().ok()?, to.parse::<usize>().ok()? + 1))
            }
        };
        let mut object = vec![b' '; span.1];
        *object.get_mut(span.0)? = byte;
        Some((object, span.0, span.1, reason))
    };
    match parts() {
        Some((object, start, end, reason)) => {
            let object = PyBytes::new(py, &object).unbind();
            PyUnicodeDecodeError::new_err(("utf-8", object, start, end, reason.to_owned()))
        }
        None => PyValueError::new_err(message.to_owned()),
    }
}

/// Values of a dictionary by name; None counts as absent.
struct Options<'a, 'py>(&'a Bound<'py, PyDict>);

impl<'py> Options<'_, 'py> {
    fn get(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.0.get_item(name)?.filter(|value| !value.is_none()))
    }

    fn maybe<T>(&self, name: &str) -> PyResult<Option<T>>
    where
        T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
    {
        self.get(name)?.map(|value| value.extract::<T>()).transpose()
    }

    fn texts(&self, name: &str) -> PyResult<Vec<String>> {
        self.get(name)?.map(|value| value.extract::<Vec<String>>()).transpose().map(Option::unwrap_or_default)
    }

    fn flag(&self, name: &str, default: bool) -> PyResult<bool> {
        Ok(self.get(name)?.map(|value| value.is_truthy()).transpose()?.unwrap_or(default))
    }

    fn size(&self, name: &str) -> PyResult<Option<usize>> {
        self.get(name)?.map(|value| value.extract::<usize>()).transpose()
    }

    fn text(&self, name: &str) -> PyResult<Option<String>> {
        self.get(name)?.map(|value| value.extract::<String>()).transpose()
    }

    fn byte(&self, name: &str) -> PyResult<Option<u8>> {
        match self.text(name)?.as_deref().map(str::as_bytes) {
            None => Ok(None),
            Some(&[byte]) => Ok(Some(byte)),
            Some(_) => Err(PyTypeError::new_err(format!("\"{name}\" must be a 1-character string"))),
        }
    }

    fn character(&self, name: &str) -> PyResult<Option<char>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => Ok(Some(c)),
            _ => Err(PyTypeError::new_err(format!("\"{name}\" must be a 1-character string"))),
        }
    }

    fn references(&self, name: &str) -> PyResult<Option<Vec<ColumnRef>>> {
        let Some(items) = self.get(name)? else { return Ok(None) };
        items.try_iter()?.map(|item| reference(&item?)).collect::<PyResult<_>>().map(Some)
    }

    /// Pairs of a label and a dtype.
    fn dtypes(&self, py: Python<'py>, name: &str) -> PyResult<Vec<(String, DType)>> {
        let Some(items) = self.get(name)? else { return Ok(Vec::new()) };
        let pairs: Vec<(String, String)> = items.extract()?;
        pairs.into_iter().map(|(label, dtype)| Ok((label, crate::values::dtype(py, &dtype)?))).collect()
    }
}

fn reference(item: &Bound<'_, PyAny>) -> PyResult<ColumnRef> {
    match item.extract::<usize>() {
        Ok(position) => Ok(ColumnRef::Position(position)),
        Err(_) => Ok(ColumnRef::Label(item.extract::<String>()?)),
    }
}

/// How pandas makes an index of one column: CSV's looks whether its integers are a range.
#[derive(Clone, Copy)]
enum Labelling {
    Sequence,
    Column,
}

/// A table as a frame.
fn framed(py: Python<'_>, table: Table, labelling: Labelling) -> PyResult<Frame> {
    let rows = table.row_count;
    let (labels, data): (Vec<Scalar>, Vec<Values>) = table.columns.into_iter().unzip();
    let name = |name: Option<Scalar>| name.unwrap_or(Scalar::None);
    let mut names: Vec<Scalar> = table.column_names.into_iter().map(name).collect();
    let depth =
        labels.iter().map(|label| if let Scalar::Tuple(parts) = label { parts.len() } else { 0 }).max();
    let columns = match depth {
        _ if table.counted_columns => Labels::range(labels.len()),
        Some(depth @ 1..) => {
            let part = |label: &Scalar, level: usize| match label {
                Scalar::Tuple(parts) => parts.get(level).cloned().unwrap_or(Scalar::None),
                other => other.clone(),
            };
            let level = |level| Values::infer(labels.iter().map(|label| part(label, level)).collect());
            names.resize(depth, Scalar::None);
            Labels::from_arrays((0..depth).map(level).collect(), names)
        }
        _ => {
            let labels = if labels.is_empty() { Labels::range(0) } else { Labels::from_labels(labels) };
            labels.with_name(names.into_iter().next().unwrap_or(Scalar::None))
        }
    };
    let index = match <[_; 1]>::try_from(table.index) {
        Ok([(label, column)]) => match labelling {
            Labelling::Sequence => Labels::from_sequence(column),
            Labelling::Column => Labels::from_column(column),
        }
        .with_name(name(label)),
        Err(levels) if levels.is_empty() => match table.range {
            Some(RowRange { name: label, start, stop, step }) => {
                let labels = Labels::range_of(start, rows, step);
                labels.rebased(start, stop, step).unwrap_or(labels).with_name(name(label))
            }
            None => Labels::range(rows),
        },
        Err(levels) => {
            let (names, arrays): (Vec<_>, Vec<_>) = levels.into_iter().unzip();
            Labels::from_arrays(arrays, names.into_iter().map(name).collect())
        }
    };
    Frame::new(columns, data, index).map_err(|error| raised(py, &error))
}

fn present(name: Scalar) -> Option<Scalar> {
    Some(name).filter(|name| *name != Scalar::None)
}

/// A frame as a table.
fn table(frame: &Frame) -> Table {
    let mut table = rows_of(frame.index(), frame.len());
    table.columns = frame.columns().iter().zip(frame.data().iter().cloned()).collect();
    table.column_names = frame.columns().names().into_iter().map(present).collect();
    table
}

/// A table of nothing but row labels.
fn rows_of(labels: &Labels, row_count: usize) -> Table {
    let mut table = Table { row_count, ..Table::default() };
    match labels.as_range() {
        Some((start, stop, step)) => {
            table.range = Some(RowRange { name: present(labels.name()), start, stop, step });
        }
        None => {
            let levels = labels.names().into_iter().enumerate();
            table.index = levels
                .filter_map(|(level, name)| Some((present(name), labels.level_values(level)?)))
                .collect();
        }
    }
    table
}

/// The table of a frame or a series, and whether it is a series.
fn written(object: &Bound<'_, PyAny>) -> PyResult<(Table, bool)> {
    let py = object.py();
    if let Ok(frame) = object.cast::<DataFrame>() {
        return Ok((table(&frame.borrow().engine(py)?), false));
    }
    let series = object.cast::<Series>()?.borrow().engine(py)?;
    let mut table = rows_of(series.index(), series.len());
    table.columns = vec![(series.name().clone(), series.values().clone())];
    Ok((table, true))
}

fn csv_options(py: Python<'_>, options: &Bound<'_, PyDict>) -> PyResult<ReadCsv> {
    let options = Options(options);
    let default = ReadCsv::default();
    Ok(ReadCsv {
        sep: options.byte("sep")?.unwrap_or(b','),
        whitespace: options.flag("whitespace", false)?,
        header: match options.get("header")? {
            None => Header::None,
            Some(row) if row.cast::<PyString>().is_ok() => Header::Infer,
            Some(row) => match row.extract::<usize>() {
                Ok(row) => Header::Row(row),
                Err(_) => Header::Rows(row.extract()?),
            },
        },
        names: options.maybe("names")?,
        index_col: match options.get("index_col")? {
            None => IndexCol::Infer,
            Some(flag) if flag.is_instance_of::<pyo3::types::PyBool>() => IndexCol::Never,
            Some(_) => IndexCol::Columns(options.references("index_col")?.unwrap_or_default()),
        },
        usecols: options.references("usecols")?,
        dtype_default: options
            .text("dtype_default")?
            .map(|name| crate::values::dtype(py, &name))
            .transpose()?,
        dtype: options.dtypes(py, "dtype")?,
        na_values: options.texts("na_values")?,
        na_values_by_column: options.maybe("na_values_by_column")?.unwrap_or_default(),
        keep_default_na: options.flag("keep_default_na", true)?,
        na_filter: options.flag("na_filter", true)?,
        true_values: options.texts("true_values")?,
        false_values: options.texts("false_values")?,
        parse_dates: options.references("parse_dates")?.unwrap_or_default(),
        date_format: options.text("date_format")?,
        skiprows: match options.get("skiprows")? {
            None => SkipRows::First(0),
            Some(rows) => match rows.extract::<usize>() {
                Ok(count) => SkipRows::First(count),
                Err(_) => SkipRows::Lines(rows.extract()?),
            },
        },
        nrows: options.size("nrows")?,
        comment: options.byte("comment")?,
        thousands: options.byte("thousands")?,
        decimal: options.byte("decimal")?.unwrap_or(b'.'),
        quotechar: options.byte("quotechar")?,
        doublequote: options.flag("doublequote", true)?,
        escapechar: options.byte("escapechar")?,
        lineterminator: options.byte("lineterminator")?,
        raw: options.references("raw")?.unwrap_or_default(),
        resume: options.maybe("resume")?,
        skipinitialspace: options.flag("skipinitialspace", false)?,
        skip_blank_lines: options.flag("skip_blank_lines", true)?,
        on_bad_lines: if options.flag("skip_bad_lines", false)? {
            OnBadLines::Skip
        } else {
            OnBadLines::Error
        },
        unpack: false,
        decompressed_bytes_max: PLAIN_BYTES_MAX,
        ..default
    })
}

/// A frame of CSV text; lines set aside and their numbers of fields; the fields of a full line; whether rows are counted;
/// where the text goes on.
type ReadPart = (Py<PyAny>, Vec<(usize, usize)>, usize, bool, (usize, usize));

/// A frame from CSV: plain UTF-8 bytes. With it what [`ReadPart`] lists.
#[pyfunction]
fn _read_csv<'py>(
    py: Python<'py>,
    data: &Bound<'py, PyBytes>,
    options: &Bound<'py, PyDict>,
) -> PyResult<ReadPart> {
    let options = csv_options(py, options)?;
    let bytes = data.as_bytes();
    let mut table = filed(py, || files::read_csv(bytes, &options))?;
    let next = table.next;
    let lines = std::mem::take(&mut table.skipped_lines).into_iter().map(|(line, _)| line);
    let skipped = lines.zip(std::mem::take(&mut table.skipped_fields)).collect();
    let (width, counted) = (table.width, table.index.is_empty());
    Ok((crate::frame::wrapped(py, framed(py, table, Labelling::Sequence)?)?, skipped, width, counted, next))
}

/// The labels of a CSV's columns.
#[pyfunction]
fn _csv_labels(
    py: Python<'_>,
    data: &Bound<'_, PyBytes>,
    options: &Bound<'_, PyDict>,
) -> PyResult<Vec<Py<PyAny>>> {
    let options = ReadCsv { nrows: Some(0), ..csv_options(py, options)? };
    let bytes = data.as_bytes();
    let table = filed(py, || files::read_csv(bytes, &options))?;
    table.columns.iter().map(|(label, _)| to_python(py, label)).collect()
}

/// A frame or series as CSV text.
#[pyfunction]
fn _to_csv(py: Python<'_>, object: &Bound<'_, PyAny>, options: &Bound<'_, PyDict>) -> PyResult<String> {
    let (mut table, series) = written(object)?;
    if series && let Some((label, _)) = table.columns.first_mut().filter(|(label, _)| *label == Scalar::None)
    {
        *label = Scalar::Int(0);
    }
    let options = Options(options);
    let quoting = match options.size("quoting")? {
        None | Some(0) => Quoting::Minimal,
        Some(1) => Quoting::All,
        Some(2) => Quoting::NonNumeric,
        Some(3) => Quoting::None,
        Some(_) => return Err(PyTypeError::new_err("bad \"quoting\" value")),
    };
    let float_format = match options.text("float_format")? {
        Some(format) => Some(filed(py, || FloatFormat::new(&format))?),
        None => None,
    };
    let options = ToCsv {
        sep: options.character("delimiter")?.unwrap_or(','),
        na_rep: options.text("na_rep")?.unwrap_or_default(),
        float_format,
        header: options.flag("header", true)?,
        aliases: options.maybe("aliases")?,
        index: options.flag("index", true)?,
        index_label: match options.get("index_label")? {
            None => IndexLabel::Names,
            Some(flag) if flag.is_instance_of::<pyo3::types::PyBool>() => IndexLabel::Never,
            Some(labels) => IndexLabel::Labels(labels.extract()?),
        },
        quoting,
        quotechar: options.character("quotechar")?.unwrap_or('"'),
        lineterminator: options.text("lineterminator")?.unwrap_or("\n".into()),
        date_format: options.text("date_format")?,
        doublequote: options.flag("doublequote", true)?,
        escapechar: options.character("escapechar")?,
        decimal: options.character("decimal")?.unwrap_or('.'),
    };
    filed(py, || files::to_csv(&table, &options))
}

fn orient(options: &Options<'_, '_>) -> PyResult<Option<Orient>> {
    let Some(name) = options.text("orient")? else { return Ok(None) };
    let found = Orient::parse_name(&name);
    found
        .map(Some)
        .ok_or_else(|| PyValueError::new_err(format!("Invalid value '{name}' for option 'orient'")))
}

fn unit(options: &Options<'_, '_>) -> PyResult<Option<TimeUnit>> {
    let Some(name) = options.text("date_unit")? else { return Ok(None) };
    let units = [TimeUnit::Second, TimeUnit::Milli, TimeUnit::Micro, TimeUnit::Nano];
    let found = units.into_iter().find(|unit| unit.name() == name);
    found
        .map(Some)
        .ok_or_else(|| PyValueError::new_err(format!("Invalid value '{name}' for option 'date_unit'")))
}

/// A frame or series from JSON text.
#[pyfunction]
fn _read_json(py: Python<'_>, text: &str, options: &Bound<'_, PyDict>) -> PyResult<Py<PyAny>> {
    let options = Options(options);
    let series = options.flag("series", false)?;
    let options = ReadJson {
        orient: orient(&options)?,
        series,
        dtype: match (options.text("dtype_default")?, options.get("dtype")?) {
            (Some(name), _) => JsonDType::All(crate::values::dtype(py, &name)?),
            (None, Some(flag)) if flag.is_instance_of::<pyo3::types::PyBool>() => {
                if flag.is_truthy()? {
                    JsonDType::Infer
                } else {
                    JsonDType::Keep
                }
            }
            (None, Some(_)) => JsonDType::Columns(options.dtypes(py, "dtype")?),
            (None, None) => JsonDType::Infer,
        },
        convert_axes: options.maybe("convert_axes")?,
        convert_dates: match options.get("convert_dates")? {
            None => ConvertDates::ByName,
            Some(flag) if flag.is_instance_of::<pyo3::types::PyBool>() => {
                if flag.is_truthy()? {
                    ConvertDates::ByName
                } else {
                    ConvertDates::Never
                }
            }
            Some(names) => ConvertDates::Columns(names.extract()?),
        },
        keep_default_dates: options.flag("keep_default_dates", true)?,
        precise_float: options.flag("precise_float", false)?,
        date_unit: unit(&options)?,
        lines: options.flag("lines", false)?,
        nrows: options.size("nrows")?,
    };
    let table = filed(py, || files::read_json(text, &options))?;
    if !series {
        return crate::frame::wrapped(py, framed(py, table, Labelling::Column)?);
    }
    let name = table.columns.first().map_or(Scalar::None, |(label, _)| label.clone());
    let frame = framed(py, table, Labelling::Column)?;
    let values = frame.data().first().cloned().unwrap_or_else(|| Values::object(Vec::new()));
    let made = EngineSeries::new(values, frame.index().clone(), name).map_err(|error| raised(py, &error))?;
    crate::series::wrapped(py, made)
}

/// A frame or series as JSON text.
#[pyfunction]
fn _to_json(py: Python<'_>, object: &Bound<'_, PyAny>, options: &Bound<'_, PyDict>) -> PyResult<String> {
    let (table, series) = written(object)?;
    let options = Options(options);
    let default = ToJson::default();
    let options = ToJson {
        orient: orient(&options)?,
        series,
        date_format: options.text("date_format")?.map(|format| match format.as_str() {
            "iso" => DateFormat::Iso,
            _ => DateFormat::Epoch,
        }),
        double_precision: options.size("double_precision")?.unwrap_or(default.double_precision),
        force_ascii: options.flag("force_ascii", true)?,
        date_unit: unit(&options)?.unwrap_or(default.date_unit),
        lines: options.flag("lines", false)?,
        index: options.maybe("index")?,
        indent: options.size("indent")?.unwrap_or(0),
    };
    filed(py, || files::to_json(&table, &options))
}

fn compression(py: Python<'_>, method: Option<&str>) -> PyResult<Compression> {
    match method {
        None => Ok(Compression::None),
        Some(name) => filed(py, || Compression::parse_name(name)),
    }
}

/// pandas' word for the compression that the extension of a path names; None for none.
#[pyfunction]
fn _compression_of(py: Python<'_>, path: &str) -> PyResult<Option<&'static str>> {
    let found = filed(py, || Compression::of_path(path))?;
    Ok((found != Compression::None).then(|| found.name()))
}

/// The plain bytes of a file.
#[pyfunction]
fn _decompress<'py>(
    py: Python<'py>,
    data: &Bound<'py, PyBytes>,
    method: Option<&str>,
) -> PyResult<Bound<'py, PyBytes>> {
    match compression(py, method)? {
        Compression::None => Ok(data.clone()),
        found => {
            let bytes = data.as_bytes();
            Ok(PyBytes::new(py, &filed(py, || found.decompress(bytes, PLAIN_BYTES_MAX))?))
        }
    }
}

/// The bytes of a file that holds `data` under `name`.
#[pyfunction]
fn _compress<'py>(
    py: Python<'py>,
    data: &Bound<'py, PyBytes>,
    method: Option<&str>,
    name: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    match compression(py, method)? {
        Compression::None => Ok(data.clone()),
        found => {
            let bytes = data.as_bytes();
            Ok(PyBytes::new(py, &filed(py, || found.compress(bytes, name))?))
        }
    }
}

/// Puts `data` in the place of the file at `path`, by a neighbour and a rename.
///
/// # Errors
/// The system's, as `OSError`.
#[pyfunction]
fn _save(py: Python<'_>, path: std::path::PathBuf, data: &Bound<'_, PyBytes>) -> PyResult<()> {
    let bytes = data.as_bytes();
    let saved = py.detach(|| files::save(&path, bytes));
    saved.map_err(|error| match error.raw_os_error() {
        Some(number) => {
            let text = py.import("os").and_then(|os| os.call_method1(intern!(py, "strerror"), (number,)));
            match text {
                Ok(text) => pyo3::exceptions::PyOSError::new_err((number, text.unbind(), path.clone())),
                Err(fault) => fault,
            }
        }
        None => error.into(),
    })
}

fn parquet_compression(name: Option<&str>) -> PyResult<ParquetCompression> {
    Ok(match name.map(str::to_ascii_lowercase).as_deref() {
        Some("snappy") => ParquetCompression::Snappy,
        Some("gzip") => ParquetCompression::Gzip,
        Some("zstd") => ParquetCompression::Zstd,
        Some("lz4") => ParquetCompression::Lz4,
        None | Some("none" | "uncompressed") => ParquetCompression::Uncompressed,
        Some("brotli") => {
            return Err(pyo3::exceptions::PyNotImplementedError::new_err(
                "lumen.pandas: to_parquet(compression='brotli')",
            ));
        }
        Some(other) => return Err(PyValueError::new_err(format!("Unsupported compression: {other}"))),
    })
}

/// A frame as the bytes of a Parquet file.
#[pyfunction]
fn _to_parquet<'py>(
    py: Python<'py>,
    frame: &Bound<'py, DataFrame>,
    compression: Option<&str>,
    index: Option<bool>,
    row_group_rows: Option<usize>,
) -> PyResult<Bound<'py, PyBytes>> {
    let table = table(&frame.borrow().engine(py)?);
    let default = ToParquet::default();
    let row_group_rows = row_group_rows.unwrap_or(default.row_group_rows);
    let options = ToParquet { compression: parquet_compression(compression)?, index, row_group_rows };
    Ok(PyBytes::new(py, &filed(py, || files::to_parquet(&table, &options))?))
}

/// A frame from the bytes of a Parquet file.
#[pyfunction]
fn _read_parquet(
    py: Python<'_>,
    data: &Bound<'_, PyBytes>,
    columns: Option<Vec<String>>,
) -> PyResult<Py<PyAny>> {
    let (bytes, options) = (data.as_bytes().to_vec(), ReadParquet { columns, ..ReadParquet::default() });
    let table = filed(py, || files::read_parquet(bytes, &options))?;
    crate::frame::wrapped(py, framed(py, table, Labelling::Column)?)
}

/// A frame as the bytes of an Arrow IPC file.
#[pyfunction]
fn _to_ipc<'py>(
    py: Python<'py>,
    frame: &Bound<'py, DataFrame>,
    compression: Option<&str>,
) -> PyResult<Bound<'py, PyBytes>> {
    let table = table(&frame.borrow().engine(py)?);
    let compression = match compression {
        Some("lz4") => IpcCompression::Lz4,
        Some("zstd") => IpcCompression::Zstd,
        None | Some("uncompressed") => IpcCompression::Uncompressed,
        Some(other) => {
            let message = format!(
                "compression=\"{other}\" not supported, must be one of {{'uncompressed', 'lz4', 'zstd'}}"
            );
            return Err(PyValueError::new_err(message));
        }
    };
    Ok(PyBytes::new(py, &filed(py, || files::to_ipc(&table, &ToIpc { compression, index: None }))?))
}

/// A frame from the bytes of an Arrow IPC file.
#[pyfunction]
fn _read_ipc(py: Python<'_>, data: &Bound<'_, PyBytes>, columns: Option<Vec<String>>) -> PyResult<Py<PyAny>> {
    let (bytes, options) = (data.as_bytes().to_vec(), ReadIpc { columns, ..ReadIpc::default() });
    let table = filed(py, || files::read_ipc(bytes, &options))?;
    crate::frame::wrapped(py, framed(py, table, Labelling::Column)?)
}

/// Adds the functions to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(_read_csv, module)?)?;
    module.add_function(wrap_pyfunction!(_csv_labels, module)?)?;
    module.add_function(wrap_pyfunction!(_to_csv, module)?)?;
    module.add_function(wrap_pyfunction!(_read_json, module)?)?;
    module.add_function(wrap_pyfunction!(_to_json, module)?)?;
    module.add_function(wrap_pyfunction!(_compression_of, module)?)?;
    module.add_function(wrap_pyfunction!(_decompress, module)?)?;
    module.add_function(wrap_pyfunction!(_compress, module)?)?;
    module.add_function(wrap_pyfunction!(_to_parquet, module)?)?;
    module.add_function(wrap_pyfunction!(_read_parquet, module)?)?;
    module.add_function(wrap_pyfunction!(_to_ipc, module)?)?;
    module.add_function(wrap_pyfunction!(_read_ipc, module)?)?;
    module.add_function(wrap_pyfunction!(_save, module)?)
}
