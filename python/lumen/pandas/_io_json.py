"""`read_json` and `to_json`: their arguments; the text itself is read and written by the engine."""

from __future__ import annotations

import warnings
from collections import abc
from typing import Any

from lumen import _engine
from lumen.pandas import _convert, _errors
from lumen.pandas._dtype_names import pandas_dtype
from lumen.pandas._inference import no_default
from lumen.pandas._io_handles import missing, read_bytes, utf8, write_bytes


def read_json(
    path_or_buf: Any,
    *,
    orient: str | None = None,
    typ: str = "frame",
    dtype: Any = None,
    convert_axes: bool | None = None,
    convert_dates: Any = no_default,
    keep_default_dates: Any = no_default,
    precise_float: bool = False,
    date_unit: str | None = None,
    encoding: str | None = None,
    encoding_errors: str | None = "strict",
    lines: bool = False,
    chunksize: int | None = None,
    compression: Any = "infer",
    nrows: int | None = None,
    storage_options: Any = None,
    dtype_backend: Any = no_default,
    engine: str = "ujson",
) -> Any:
    """A frame or series of a JSON text."""
    if typ not in ("frame", "series"):
        raise ValueError(f"typ={typ!r} must be 'frame' or 'series'.")
    if orient == "table" and dtype:
        raise ValueError("cannot pass both dtype and orient='table'")
    if orient == "table" and convert_axes:
        raise ValueError("cannot pass both convert_axes and orient='table'")
    if dtype_backend is not no_default:
        raise missing("read_json(dtype_backend=)")
    if engine != "ujson":
        raise missing(f"read_json(engine={engine!r})")
    if chunksize is not None:
        if not lines:
            raise ValueError("chunksize can only be passed if lines=True")
        raise missing("read_json(chunksize=)")
    if nrows is not None and not lines:
        raise ValueError("nrows can only be passed if lines=True")
    if nrows is not None and (int(nrows) != nrows or nrows < 0):
        raise ValueError("'nrows' must be an integer >=0")
    for name, value in (("convert_dates", convert_dates), ("keep_default_dates", keep_default_dates)):
        if value is not no_default:
            warnings.warn(
                f"The '{name}' keyword in read_json is deprecated and will be removed in a future version. Pass"
                " dtype=False to disable type conversion, or parse date columns with pd.to_datetime after reading.",
                _errors.Pandas4Warning,
                stacklevel=2,
            )
    # pandas takes a word that is no orient for its default.
    known = orient if orient in ("split", "records", "index", "columns", "values", "table") else None
    data = utf8(read_bytes(path_or_buf, "read_json", compression, storage_options), encoding, encoding_errors)
    options: dict[str, Any] = {
        "orient": known,
        "series": typ == "series",
        "convert_axes": convert_axes,
        "convert_dates": _dates(convert_dates),
        "keep_default_dates": None if keep_default_dates is no_default else bool(keep_default_dates),
        "precise_float": precise_float,
        "date_unit": date_unit.lower() if date_unit is not None else None,
        "lines": lines,
        "nrows": nrows,
    }
    if isinstance(dtype, abc.Mapping):
        options["dtype"] = [
            (str(label), _convert.engine_name(pandas_dtype(kind))) for label, kind in dtype.items()
        ]
    elif dtype is None or isinstance(dtype, bool):
        options["dtype"] = dtype
    else:
        options["dtype_default"] = _convert.engine_name(pandas_dtype(dtype))
    return _engine._read_json(data.decode("utf-8"), options)


def _dates(convert_dates: Any) -> Any:
    if convert_dates is no_default:
        return None
    if isinstance(convert_dates, bool):
        return convert_dates
    return [str(label) for label in convert_dates] if convert_dates else False


def write_json(frame: Any, path_or_buf: Any, given: dict[str, Any]) -> str | None:
    """`to_json` of a series or frame."""
    if given["default_handler"] is not None:
        raise missing("to_json(default_handler=)")
    if given["indent"] is not None and given["indent"] < 0:
        raise ValueError("Value must be a nonnegative integer or None")
    mode = given["mode"]
    if mode not in ("a", "w"):
        raise ValueError(f"mode={mode} is not a valid option.Only 'w' and 'a' are currently supported.")
    if mode == "a" and (not given["lines"] or given["orient"] != "records"):
        raise ValueError("mode='a' (append) is only supported when lines is True and orient is 'records'")
    _warn_of_dates(frame, given["date_format"], given["orient"])
    names = ("orient date_format double_precision force_ascii date_unit lines index indent").split()
    text = _engine._to_json(frame, {name: given[name] for name in names})
    if path_or_buf is None:
        return text
    write_bytes(
        text,
        path_or_buf,
        "to_json",
        mode=mode,
        compression=given["compression"],
        storage_options=given["storage_options"],
    )
    return None


def _warn_of_dates(frame: Any, date_format: str | None, orient: str | None) -> None:
    """What pandas 4 changes in the way of times."""
    if date_format == "epoch":
        warnings.warn(
            "'epoch' date format is deprecated and will be removed in a future version, please use 'iso' date format"
            " instead.",
            _errors.Pandas4Warning,
            stacklevel=4,
        )
    elif date_format is None and orient != "table" and _holds_times(frame):
        warnings.warn(
            'The default formatting of datetime/timedelta values will change from numbers ("epoch") to strings ("iso")'
            ' in a future version. Specify `date_format="iso"` explicitly in the `to_json()` call to opt-in to the'
            " future behaviour and silence this warning.",
            _errors.Pandas4Warning,
            stacklevel=4,
        )


def _holds_times(frame: Any) -> bool:
    columns = (
        [frame._values]
        if isinstance(frame, _engine.Series)
        else [frame._column(place) for place in range(frame.shape[1])]
    )
    kinds = [column.dtype for column in columns]
    for axis in frame.axes:
        kinds.append(str(getattr(axis, "dtype", "")))
    return any(kind.startswith(("datetime64", "timedelta64")) for kind in kinds)
