"""Python's and numpy's objects as the engine's columns and values, and back.

It refuses to know labels: what a series or an index is stands in their own modules.
"""

from __future__ import annotations

import datetime as dt
import decimal
import zoneinfo
from collections import abc
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _dtypes, _timezones
from lumen.pandas._dtype_names import pandas_dtype
from lumen.pandas._interval import Interval
from lumen.pandas._missing import NA, NaT

_TIME_UNITS = ("s", "ms", "us", "ns")
_NUMPY_NAMES = frozenset(
    ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64")
)
# How the names of numpy's integers begin; "int" alone begins "interval" too.
WHOLE = ("int8", "int16", "int32", "int64", "uint")


class ShownKey(str):
    """The text of a missing key as pandas shows it: `KeyError` prints the repr of what it holds."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def scalar_form(value: Any) -> Any:
    """A value the engine reads at once, or a kind and its parts.

    NotImplementedError for a class of values that the engine does not hold.
    """
    if value is NA:
        return ("NA", None)
    if value is NaT:
        return ("NaT", None)
    if isinstance(value, np.generic):
        return _numpy_form(value)
    ticks = getattr(value, "_value", None)
    if ticks is not None and hasattr(value, "unit"):
        if isinstance(value, dt.datetime):
            if value.tzinfo is not None:
                return ("zoned", (ticks, value.unit, zone_key(value.tzinfo)))
            return ("datetime", (ticks, value.unit))
        return ("timedelta", (ticks, value.unit))
    if isinstance(value, dt.datetime):
        from lumen.pandas._timestamp import Timestamp

        return scalar_form(Timestamp(value))
    if isinstance(value, dt.timedelta):
        from lumen.pandas._timedelta import Timedelta

        return scalar_form(Timedelta(value))
    if isinstance(value, bool):
        return bool(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Interval):
        return ("interval", (value.left, value.right, value.closed))
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return scalar_form(value[()])
    if isinstance(value, tuple):
        return ("tuple", tuple(value))
    return ("object", value)


def zone_key(zone: dt.tzinfo) -> str:
    """The name under which the engine finds a zone."""
    path = getattr(zone, "_filename", None)
    if path is not None and type(zone).__module__.startswith("dateutil"):
        return "dateutil/" + str(path).removeprefix("/usr/share/zoneinfo/")
    return str(zone) if isinstance(zone, zoneinfo.ZoneInfo) else _timezones.known_name(zone)


def _numpy_form(value: np.generic) -> Any:
    kind = value.dtype.kind
    if kind in "biuU":
        return value.item()
    if kind == "f":
        return float(value)
    if kind in "mM":
        if np.isnat(value):
            return ("NaT", None)
        unit = np.datetime_data(value.dtype)[0]
        if unit not in _TIME_UNITS:
            value = value.astype(f"{value.dtype.kind}8[s]")
            unit = "s"
        return ("datetime" if kind == "M" else "timedelta", (int(value.view("i8")), unit))
    return ("object", value)


def is_list_like(value: Any) -> bool:
    """What pandas takes for several values: iterable, no text, no scalar array."""
    # Asking an abstract class takes longer than all the rest of most calls.
    kind = type(value)
    if kind is list or kind is tuple:
        return True
    if kind is str or kind is int or kind is float or value is None:
        return False
    return isinstance(value, _engine.Column) or (
        isinstance(value, abc.Iterable)
        and not isinstance(value, (str, bytes, type))
        and not (isinstance(value, np.ndarray) and value.ndim == 0)
    )


def engine_name(dtype: Any) -> str:
    """The engine's name of a dtype object."""
    if isinstance(dtype, np.dtype):
        if dtype.kind == "U":
            return "str"
        if dtype.kind == "S":
            return "object"
        if dtype.kind in "mM":
            unit = np.datetime_data(dtype)[0]
            word = "datetime64" if dtype.kind == "M" else "timedelta64"
            if unit == "generic":
                raise ValueError(f"The '{word}' dtype has no unit. Please pass in '{word}[ns]' instead.")
            if unit not in _TIME_UNITS:
                raise TypeError(
                    f"dtype={dtype} is not supported. Supported resolutions are 's', 'ms', 'us', and 'ns'"
                )
            return f"{word}[{unit}]"
        return dtype.newbyteorder("=").name
    if isinstance(dtype, _dtypes.StringDtype):
        return "string" if dtype.na_value is NA else "str"
    return str(dtype)


def dtype_object(column: _engine.Column, name: str | None = None) -> Any:
    """The dtype of a column as pandas shows it."""
    name = column.dtype if name is None else name
    if name in _NUMPY_NAMES or name.startswith("timedelta64"):
        return np.dtype(name)
    if name == "object":
        return _OBJECT
    if name == "str":
        return _dtypes.STR
    if name == "category":
        from lumen.pandas._index import Index

        categories = column.categories
        return _dtypes.CategoricalDtype(Index._from_column(categories), column.ordered)
    if name.startswith("datetime64[") and "," in name:
        unit, zone = name[len("datetime64[") : -1].split(", ", 1)
        return _dtypes.DatetimeTZDtype(unit, zone)
    if name.startswith("datetime64"):
        return np.dtype(name)
    return pandas_dtype(name)


_OBJECT = np.dtype(object)


def _from_numpy(array: np.ndarray) -> _engine.Column:
    if array.ndim != 1:
        raise ValueError(f"Data must be 1-dimensional, got ndarray of shape {array.shape} instead")
    kind = array.dtype.kind
    if kind == "b":
        return _engine.Column.from_buffer(np.ascontiguousarray(array).view("u1"), "bool")
    if kind in "iuf":
        if array.dtype.itemsize == 2 and kind == "f" or array.dtype.itemsize > 8:
            raise NotImplementedError(f"lumen.pandas: dtype {array.dtype}")
        if not array.dtype.isnative:
            array = array.astype(array.dtype.newbyteorder("="))
        return _engine.Column.from_buffer(array, array.dtype.name)
    if kind in "mM":
        unit = np.datetime_data(array.dtype)[0]
        if unit not in _TIME_UNITS:
            array = array.astype(f"{kind}8[s]")
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
        return _engine.Column.from_buffer(np.ascontiguousarray(array).view("i8"), engine_name(array.dtype))
    if kind == "O":
        return _engine.Column.from_items(array.tolist(), infer=False).plain()
    if kind == "U":
        return _engine.Column.from_items(array.tolist()) if len(array) else _engine.Column.empty("str")
    if kind == "S":
        return _engine.Column.from_items(array.tolist(), infer=False)
    raise NotImplementedError(f"lumen.pandas: dtype {array.dtype}")


def _from_masked(array: np.ma.MaskedArray) -> _engine.Column:
    mask = np.ma.getmaskarray(array)
    if not mask.any():
        return _from_numpy(np.asarray(array.data))
    if array.dtype.kind in "iuf":
        values = array.data.astype("float64" if array.dtype.kind in "iu" else array.dtype)
        values[mask] = np.nan
        return _from_numpy(values)
    if array.dtype.kind in "mM":
        values = array.data.copy()
        values[mask] = np.array("NaT", values.dtype)
        return _from_numpy(values)
    items = [np.nan if hidden else item for item, hidden in zip(array.data.tolist(), mask.tolist())]
    return _engine.Column.from_items(items, infer=False).plain()


def column_of(data: Any, dtype: Any = None) -> _engine.Column:
    """One column of what somebody gave: arrays, lists, iterators, series, indexes, in the dtype asked for.

    TypeError and ValueError as pandas' constructors raise them; NotImplementedError for a dtype the engine lacks.
    """
    column = _plain_column(data, dtype)
    if dtype is None:
        return column
    if isinstance(dtype, str) and "64[" in dtype:
        dtype = pandas_dtype(dtype)
    if isinstance(dtype, _dtypes.DatetimeTZDtype):
        return as_zoned(column, dtype)
    if isinstance(data, (list, tuple)) or isinstance(data, np.ndarray) and data.dtype == object:
        _check_items(data, column, dtype)
    return cast(column, dtype)


def _check_items(items: Any, column: _engine.Column, dtype: Any) -> None:
    """What single values may not be read as, though a column of their dtype may be cast."""
    if isinstance(dtype, np.dtype) and dtype.kind == "M":
        if column.dtype.startswith("datetime64") and "," in column.dtype:
            raise ValueError(
                "Cannot convert timezone-aware data to timezone-naive dtype. Use pd.Series(values).dt.tz_localize(None) "
                "instead."
            )
    elif isinstance(dtype, _dtypes.BaseMaskedDtype) and dtype.kind in "iuf":
        missing_times = (np.datetime64, np.timedelta64)
        for item in items:
            if item is NaT or isinstance(item, missing_times) and np.isnat(item):
                raise TypeError(f"'values' contains non-numeric NA {item}")


def as_zoned(column: _engine.Column, dtype: Any) -> _engine.Column:
    """What a constructor makes of values in a zone: clocks without a zone are the zone's, integers count from 1970 UTC."""
    from lumen.pandas import Series

    name = column.dtype
    if name.startswith("datetime64") and "," in name:
        return cast(column, dtype)
    naive = f"datetime64[{dtype.unit}]"
    if name.startswith("datetime64"):
        return Series(column.cast(naive)).dt.tz_localize(dtype.tz)._values
    if name.startswith(WHOLE):
        counted = Series(column.cast("int64").cast(naive))
        return counted.dt.tz_localize("UTC").dt.tz_convert(dtype.tz)._values
    if name in ("bool", "boolean") and len(column):
        raise TypeError(f"Cannot convert input [{column[0]}] of type <class 'bool'> to Timestamp")
    if name in ("str", "string", "object") and len(column):
        from lumen.pandas._timestamp import Timestamp

        moments = [item if item is None or item != item else Timestamp(item) for item in column.tolist()]
        moments = [
            item
            if item is None or item != item
            else item.tz_localize(dtype.tz)
            if item.tzinfo is None
            else item.tz_convert(dtype.tz)
            for item in moments
        ]
        made = _engine.Column.from_items(moments)
        if made.dtype.startswith("datetime64"):
            return cast(made, dtype)
        return _engine.Column.missing(engine_name(dtype), len(column))
    return cast(column, dtype)


def _plain_column(data: Any, dtype: Any = None) -> _engine.Column:
    if isinstance(data, _engine.Column):
        return data
    if isinstance(data, (_engine.Series, _engine.Index)):
        return data._values
    held = getattr(data, "_column", None)
    if isinstance(held, _engine.Column):
        return held
    if isinstance(data, np.ma.MaskedArray):
        return _from_masked(data)
    if isinstance(data, np.ndarray):
        return _from_numpy(data)
    if isinstance(data, range):
        return _from_numpy(np.arange(data.start, data.stop, data.step, dtype="int64"))
    if not isinstance(data, (list, tuple)):
        if hasattr(data, "__array__") and not isinstance(data, abc.Mapping):
            return _plain_column(np.asarray(data))
        if hasattr(data, "__arrow_c_array__") or hasattr(data, "__arrow_c_stream__"):
            from lumen.pandas._arrow import column_of_arrow

            return column_of_arrow(data)
        data = list(data)
    if dtype is not None and engine_name(dtype) in ("object", "category", "str", "string"):
        column = _engine.Column.from_items(data, infer=False)
        return column.inferred() if engine_name(dtype) == "category" else column
    return _engine.Column.from_items(data)


def cast(column: _engine.Column, dtype: Any) -> _engine.Column:
    """The column in another dtype, a dtype object or any spelling of one."""
    dtype = pandas_dtype(dtype)
    if isinstance(dtype, _dtypes.CategoricalDtype):
        return categorized(column, dtype)
    if isinstance(dtype, _dtypes.IntervalDtype):
        return intervals_as(column, dtype)
    name = engine_name(dtype)
    return column if column.dtype == name else column.cast(name)


def intervals_as(column: _engine.Column, dtype: Any) -> _engine.Column:
    """The column as intervals, its own where the dtype leaves them open."""
    from lumen.pandas._interval_array import from_items, recast

    if column.interval_ends is not None:
        return recast(column, dtype)
    return from_items(column.tolist(), None, dtype, "IntervalArray")


def categorized(column: _engine.Column, dtype: Any) -> _engine.Column:
    """The column as categories: those of the dtype, or those it holds."""
    if dtype.categories is None:
        if column.dtype == "category":
            same = dtype.ordered is None or dtype.ordered == column.ordered
            return column if same else column.with_order(bool(dtype.ordered))
        return column.categorize(bool(dtype.ordered))
    made = column.categorize_as(dtype.categories._values, bool(dtype.ordered))
    if made.isna() != column.isna():
        _warn_of_values_outside()
    return made


def _warn_of_values_outside() -> None:
    from lumen.pandas._errors import Pandas4Warning
    from lumen.pandas._warn import warn

    warn(
        "Constructing a Categorical with a dtype and values containing non-null entries not in that dtype's categories is"
        " deprecated and will raise in a future version.",
        Pandas4Warning,
    )


def numpy_of(column: _engine.Column) -> np.ndarray:
    """The column as numpy's array: a read-only view where the layout allows it, else a copy."""
    name = column.dtype
    if name in _NUMPY_NAMES:
        if name == "bool":
            array = np.frombuffer(column.bits(), dtype="?")
        elif len(column) == 0:
            array = np.empty(0, name)
        else:
            array = np.frombuffer(column, dtype=name)
        array.flags.writeable = False
        return array
    if name.startswith("timedelta64") or (name.startswith("datetime64") and "," not in name):
        if len(column) == 0:
            return np.empty(0, name)
        return np.frombuffer(column, dtype="i8").view(name)
    if name == "category":
        categories = numpy_of(column.categories)
        codes = numpy_of(column.codes)
        if (codes < 0).any():
            if categories.dtype.kind in "iu":
                categories = categories.astype("float64")
            if categories.dtype.kind in "mM":
                missing = np.array("NaT", categories.dtype)
            else:
                missing = np.nan
                if categories.dtype.kind not in "fO":
                    categories = categories.astype(object)
            taken = (
                categories.take(np.where(codes < 0, 0, codes))
                if len(categories)
                else np.empty(len(codes), object)
            )
            taken[codes < 0] = missing
            return taken
        return categories.take(codes)
    return objects_of(column)


def bytes_of(column: _engine.Column) -> int:
    """Bytes that the values take as pandas counts them."""
    ends = column.interval_ends
    if ends is not None:
        return bytes_of(ends[0]) + bytes_of(ends[1])
    return int(numpy_of(column).nbytes)


def objects_of(column: _engine.Column) -> np.ndarray:
    """The values as an array of Python objects, lists among them."""
    array = np.empty(len(column), dtype=object)
    items = column.tolist()
    for row, item in enumerate(items):
        array[row] = item
    return array


def mask_of(column: _engine.Column) -> np.ndarray:
    """Where values are missing, as numpy's booleans."""
    return np.frombuffer(column.isna(), dtype="?") if len(column) else np.empty(0, dtype="?")


def is_scalar(value: Any) -> bool:
    """What pandas takes for one value."""
    return (
        value is None
        or value is NA
        or value is NaT
        or isinstance(value, (str, bytes, int, float, complex, dt.date, dt.timedelta, dt.time))
        or isinstance(value, (np.generic, decimal.Decimal))
        or hasattr(value, "_is_pandas_scalar")
    )
