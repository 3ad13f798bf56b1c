"""What may be added to times and subtracted from them: the classes that pandas takes, and its refusals.

Times beside times are the engine's. Here stands what depends on the class of the other side: integers, which a step
would have to carry; objects, which move each time by themselves; NaT of numpy, which is a date or a duration.
"""

from __future__ import annotations

import datetime as dt
import operator
from typing import Any, NoReturn

import numpy as np

from lumen import _engine
from lumen.pandas import _convert, _options
from lumen.pandas._index_sets import same_name
from lumen.pandas._missing import NaT

_TIMES = ("datetime64", "timedelta64")
_INTEGERS = ("int8", "int16", "int32", "int64", "uint", "Int", "UInt", "bool")


def is_time(dtype: str) -> bool:
    """Whether the engine's name of a dtype is one of times or durations."""
    return dtype.startswith(_TIMES)


def refuse_subtrahend(dtype: Any, minuend: Any) -> None:
    """Raises `TypeError` where dates would be subtracted from what is no date."""
    if not str(dtype).startswith("datetime64"):
        return
    name = type(minuend).__name__
    if isinstance(minuend, (list, tuple)):
        minuend, name = np.asarray(minuend), "ndarray"
    held = getattr(minuend, "dtype", None)
    if held is None:
        raise TypeError(f"cannot subtract DatetimeArray from {name}")
    if str(held).startswith(_TIMES):
        return
    raise TypeError(f"cannot subtract DatetimeArray from {name}[{held}]")


def of_series(series: Any, op: str, other: Any, reflected: bool) -> Any:
    """`series op other` of `add` and `sub` where a side is times; None where the engine decides alone."""
    if isinstance(other, _engine.Series):
        if is_time(series._dtype) == is_time(other._dtype):
            return None
        if not series._index._equals(other._index):
            series, other = series.align(other, join="outer")
        if is_time(series._dtype):
            column = shifted(op, series._values, other._values, reflected)
        else:
            column = shifted(op, other._values, series._values, not reflected)
        made = series._constructor(column, index=series._index)
        made.name = series.name if same_name(series.name, other.name) else None
        return made
    if getattr(other, "_is_offset", False):
        return None
    column = None
    if is_time(series._dtype):
        column = shifted(op, series._values, other, reflected)
    elif _is_array(other):
        side = prepared(other, len(series))
        if isinstance(side, _engine.Column) and is_time(side.dtype):
            column = shifted(op, side, series._values, not reflected)
    if column is None:
        return None
    made = series._with_column(column)
    if isinstance(other, _engine.Index) and not same_name(series.name, other.name):
        made.name = None
    return made


def of_frame(frame: Any, op: str, other: Any, reflected: bool) -> Any:
    """`frame op other` of `add` and `sub` where columns are times; None where the engine decides alone."""
    if (
        isinstance(other, np.ndarray)
        and other.ndim == 2
        and other.dtype == object
        and other.shape == frame.shape
    ):
        # A frame would read times of it as times.
        items = [_engine.Column.from_items(row.tolist(), infer=False) for row in other.T]
        other = frame._with_columns(items)
    if _is_array(other) and np.ndim(other):
        return None
    columns = [frame._column(place) for place in range(frame.shape[1])]
    if isinstance(other, _engine.DataFrame):
        if not any(is_time(dtype) for dtype in (*frame._dtypes, *other._dtypes)):
            return None
        left, right = frame.align(other, join="outer")
        places = range(left.shape[1])
        return left._with_columns(
            [_paired(op, left._column(at), right._column(at), reflected) for at in places]
        )
    if not any(is_time(column.dtype) for column in columns):
        return None
    return frame._with_columns([_moved(op, column, other, reflected) for column in columns])


def _paired(op: str, left: Any, right: Any, reflected: bool) -> Any:
    if is_time(left.dtype) and not is_time(right.dtype):
        return shifted(op, left, right, reflected, True)
    if is_time(right.dtype) and not is_time(left.dtype):
        return shifted(op, right, left, not reflected, True)
    return left.arithmetic(op, right, reflected)


def _moved(op: str, column: Any, other: Any, reflected: bool) -> Any:
    if is_time(column.dtype):
        return shifted(op, column, other, reflected, True)
    return column.arithmetic(op, other, reflected)


def shifted(op: str, column: Any, other: Any, reflected: bool = False, of_table: bool = False) -> Any:
    """A column of times with something added or subtracted.

    TypeError where the classes have no sum. `of_table` says that the column stands in a frame, where one object is not
    taken for a value.
    """
    other = prepared(other, len(column))
    is_date = column.dtype.startswith("datetime64")
    name = "DatetimeArray" if is_date else "TimedeltaArray"
    if reflected and op == "sub" and not is_date and not _is_time_value(other):
        column, op, reflected = column.arithmetic("mul", -1), "add", False
    if isinstance(other, _engine.Column):
        if other.dtype == "object" and len(other) == 1 and not of_table:
            found = shifted(op, column, other[0], reflected)
            return found if isinstance(found, _engine.Column) else _convert.column_of(found)
        if len(other) != len(column):
            raise ValueError(
                f"operands could not be broadcast together with shapes ({len(column)},) ({len(other)},) "
            )
        return _with_column(op, column, other, reflected, name)
    if isinstance(other, (bool, np.bool_)):
        if isinstance(other, bool):
            _unsupported(op, name, other, reflected)
        if reflected and op == "sub" and is_date:
            raise TypeError(f"cannot subtract {name} from bool[bool]")
        _refuse_integers(name)
    if isinstance(other, int):
        _refuse_integers(name)
    if isinstance(other, (dt.datetime, np.datetime64)) and other is not NaT and op == "add" and is_date:
        raise TypeError(f"cannot add {name} and Timestamp")
    if isinstance(other, (dt.timedelta, np.timedelta64)) and other is not NaT:
        if op == "sub" and reflected and is_date:
            raise TypeError(f"cannot subtract {name} from Timedelta")
    if isinstance(other, str) and op == "add" and reflected:
        raise TypeError(f'can only concatenate str (not "{name}") to str')
    if _is_plain(other):
        _unsupported(op, name, other, reflected)
    return column.arithmetic(op, other, reflected)


def _with_column(op: str, column: Any, other: Any, reflected: bool, name: str) -> Any:
    dtype = other.dtype
    if reflected and op == "sub" and name == "DatetimeArray" and not is_time(dtype):
        shown = dtype.lower() if dtype.startswith(("Int", "UInt", "Float")) else dtype
        if dtype == "category":
            raise TypeError(f"cannot subtract {name} from Categorical[category]")
        if dtype not in ("str", "string") and not dtype.startswith("interval"):
            raise TypeError(f"cannot subtract {name} from ndarray[{'bool' if dtype == 'boolean' else shown}]")
    if dtype.startswith(_INTEGERS):
        _refuse_integers(name)
    if dtype == "object":
        return _objects(op, column, other, reflected, name)
    if dtype.startswith(("float", "Float")):
        # numpy's own refusal, which names both dtypes.
        times, numbers = np.empty(len(column), _ticks_dtype(column)), np.empty(len(column), dtype.lower())
        function = np.add if op == "add" else np.subtract
        if reflected and name == "DatetimeArray" or reflected and op == "add":
            function(numbers, times)
        function(times, numbers)
    return column.arithmetic(op, other, reflected)


def _ticks_dtype(column: Any) -> np.dtype:
    word, unit = column.dtype.split("[")
    return np.dtype(f"{word}[{unit.rstrip(']').split(',')[0]}]")


def _objects(op: str, column: Any, other: Any, reflected: bool, name: str) -> Any:
    """Each time moved by its own object."""
    if _options.value("mode.performance_warnings"):
        from lumen.pandas._errors import PerformanceWarning
        from lumen.pandas._warn import warn

        warn(f"Adding/subtracting object-dtype array to {name} not vectorized.", PerformanceWarning)
    function = operator.add if op == "add" else operator.sub
    made = function(_convert.objects_of(column), _convert.objects_of(other))
    return _engine.Column.from_items(made.tolist(), infer=False)


def prepared(other: Any, length: int) -> Any:
    """The other side as pandas reads it: a value, or a column that keeps objects as objects."""
    if isinstance(other, np.ndarray) and other.ndim == 0:
        other = other[()]
    if isinstance(other, (np.datetime64, np.timedelta64)):
        if not np.isnat(other):
            return other
        # A missing date is no missing duration, as NaT would be.
        word = "datetime64" if isinstance(other, np.datetime64) else "timedelta64"
        unit = np.datetime_data(other.dtype)[0]
        return _engine.Column.missing(f"{word}[{unit if unit in ('s', 'ms', 'us', 'ns') else 's'}]", length)
    if isinstance(other, np.integer):
        return int(other)
    if isinstance(other, np.floating):
        return float(other)
    if isinstance(other, np.ndarray):
        if other.ndim > 1:
            raise ValueError("Data must be 1-dimensional")
        if other.dtype == object:
            return _engine.Column.from_items(other.tolist(), infer=False)
    return _convert.column_of(other) if _is_array(other) else other


def _is_array(other: Any) -> bool:
    known = (_engine.Column, _engine.Series, _engine.Index, np.ndarray, list)
    return isinstance(other, known) or hasattr(other, "_column") and not isinstance(other, _engine.DataFrame)


def _is_time_value(other: Any) -> bool:
    if isinstance(other, _engine.Column):
        return is_time(other.dtype)
    return isinstance(other, (dt.datetime, dt.timedelta, np.datetime64, np.timedelta64)) or other is NaT


def _is_plain(other: Any) -> bool:
    from lumen.pandas._missing import NA

    return other is None or other is NA or isinstance(other, (bool, float, str, bytes))


def _refuse_integers(name: str) -> NoReturn:
    raise TypeError(
        f"Addition/subtraction of integers and integer-arrays with {name} is no longer supported.  "
        "Instead of adding/subtracting `n`, use `n * obj.freq`"
    )


def _unsupported(op: str, name: str, other: Any, reflected: bool) -> NoReturn:
    left, right = name, type(other).__name__
    # Subtracting from the value asks the array for its own difference first.
    if reflected and op == "add":
        left, right = right, left
    raise TypeError(f"unsupported operand type(s) for {'+' if op == 'add' else '-'}: '{left}' and '{right}'")
