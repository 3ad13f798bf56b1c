"""`to_timedelta`: text, numbers and durations as Timedelta, TimedeltaIndex or Series."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert, _ticks
from lumen.pandas._inference import is_list_like
from lumen.pandas._nat import NaT
from lumen.pandas._timedelta import Timedelta


def to_timedelta(arg: Any, unit: str | None = None, errors: str = "raise") -> Any:
    """Durations of what `arg` holds; with `errors='coerce'` what cannot be read is NaT."""
    from lumen.pandas import Series, TimedeltaIndex

    if errors not in ("raise", "coerce"):
        raise ValueError("errors must be one of 'raise', or 'coerce'.")
    if unit in ("Y", "y", "M"):
        raise ValueError(
            "Units 'M', 'Y', and 'y' are no longer supported, as they do not represent unambiguous timedelta values"
            " durations."
        )
    if arg is None:
        return arg if arg is not None else NaT
    if isinstance(arg, _engine.Series):
        return Series(_converted(arg._values, unit, errors), index=arg.index, name=arg.name)
    if isinstance(arg, _engine.Index):
        return TimedeltaIndex(_converted(arg._values, unit, errors), name=arg.name)
    if isinstance(arg, _engine.DataFrame):
        raise TypeError("arg must be a string, timedelta, list, tuple, 1-d array, or Series")
    if isinstance(arg, np.ndarray) and arg.ndim == 0:
        arg = arg.item()
    elif isinstance(arg, np.ndarray) and arg.ndim > 1:
        raise TypeError("arg must be a string, timedelta, list, tuple, 1-d array, or Series")
    elif is_list_like(arg):
        return TimedeltaIndex(_converted(arg, unit, errors))
    if isinstance(arg, str) and unit is not None:
        raise ValueError("unit must not be specified if the input is/contains a str")
    return _duration(arg, unit, errors)


def _duration(value: Any, unit: str | None, errors: str) -> Any:
    try:
        if isinstance(value, (str, dt.timedelta, np.timedelta64)) or unit is None:
            return Timedelta(value)
        return Timedelta(value, unit)
    except (ValueError, TypeError, OverflowError):
        if errors == "coerce":
            return NaT
        raise


def _converted(data: Any, unit: str | None, errors: str) -> Any:
    column = data if isinstance(data, _engine.Column) else None
    if column is None and hasattr(data, "dtype"):
        column = _convert.column_of(data)
    if column is not None and column.dtype.startswith("timedelta64"):
        return column
    if column is not None and column.dtype.startswith("datetime64"):
        raise TypeError(f"dtype {column.dtype} cannot be converted to timedelta64[ns]")
    items = column.tolist() if column is not None else list(data)
    if unit is not None and any(isinstance(item, str) for item in items):
        raise ValueError("unit must not be specified if the input contains a str")
    found = []
    for item in items:
        try:
            found.append(_duration(item, unit, errors))
        except ValueError as error:
            if isinstance(item, str) and type(error) is ValueError:
                raise ValueError(f"Could not convert '{item}' to NumPy timedelta") from error
            raise
    finest = "s"
    for duration in found:
        if duration is not NaT:
            finest = _ticks.finer(finest, duration.unit)
    ticks = [_ticks.NAT if duration is NaT else duration.as_unit(finest)._value for duration in found]
    return _convert.column_of(np.array(ticks, dtype="i8").view(f"m8[{finest}]"))


to_timedelta.__module__ = "pandas"
