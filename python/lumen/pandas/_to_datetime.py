"""`to_datetime`: text, numbers, times and tables of their parts as Timestamp, DatetimeIndex or Series."""

from __future__ import annotations

import datetime as dt
from collections import abc
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert, _localize, _ticks
from lumen.pandas._errors import Pandas4Warning
from lumen.pandas._inference import is_float, is_integer, is_list_like, no_default
from lumen.pandas._missing import is_missing
from lumen.pandas._nat import NaT
from lumen.pandas._parse_datetime import NAT_WORDS, parse_datetime
from lumen.pandas._datetime_format import guess_datetime_format, parse_by_format
from lumen.pandas._timestamp import Timestamp
from lumen.pandas._warn import warn

_PARTS = {
    "year": "year",
    "years": "year",
    "month": "month",
    "months": "month",
    "day": "day",
    "days": "day",
    "hour": "h",
    "hours": "h",
    "minute": "m",
    "minutes": "m",
    "second": "s",
    "seconds": "s",
    "ms": "ms",
    "millisecond": "ms",
    "milliseconds": "ms",
    "us": "us",
    "microsecond": "us",
    "microseconds": "us",
    "ns": "ns",
    "nanosecond": "ns",
    "nanoseconds": "ns",
}


def to_datetime(
    arg: Any,
    errors: str = "raise",
    dayfirst: bool = False,
    yearfirst: bool = False,
    utc: bool = False,
    format: str | None = None,
    exact: Any = no_default,
    unit: str | None = None,
    origin: Any = "unix",
    cache: bool = True,
) -> Any:
    """Times of what `arg` holds: a Timestamp of a scalar, a Series of a Series or table, else a DatetimeIndex.

    With `errors='coerce'` what cannot be read is NaT. Without a format the first text gives it to all.
    """
    from lumen.pandas import DatetimeIndex, Series

    if errors not in ("raise", "coerce"):
        raise ValueError("errors must be one of 'raise', or 'coerce'.")
    if exact is not no_default and format in {"mixed", "ISO8601"}:
        raise ValueError("Cannot use 'exact' when 'format' is 'mixed' or 'ISO8601'")
    if arg is None:
        return NaT
    if format not in (None, "mixed", "ISO8601") and _has_numbers(arg):
        warn(
            "Parsing integer or float values with a format in to_datetime is deprecated. In a future version these will be "
            "interpreted as epochs via the 'unit' keyword instead. Cast them to strings first to retain the current "
            "behavior.",
            Pandas4Warning,
        )
    options = _Options(errors, dayfirst, yearfirst, utc, format, exact is not False, unit)
    if origin != "unix":
        arg = _from_origin(arg, origin, unit)
        options = options._replace(unit=None) if origin != "julian" else options._replace(unit="D")
    if isinstance(arg, _engine.DataFrame) or isinstance(arg, abc.Mapping):
        return _assembled(arg, errors, utc)
    if isinstance(arg, _engine.Series):
        found = _converted(arg._values, options)
        return Series(found, index=arg.index, name=arg.name)
    if isinstance(arg, _engine.Index):
        return DatetimeIndex(_converted(arg._values, options), name=arg.name)
    if is_list_like(arg):
        return DatetimeIndex(_converted(arg, options))
    return _scalar(arg, options)


def _has_numbers(arg: Any) -> bool:
    """Whether a number is among what is read."""
    if isinstance(arg, (_engine.Series, _engine.Index)):
        kind = arg._values.dtype
        if kind.startswith(("int", "uint", "float", "Int", "UInt", "Float")):
            return True
        return kind == "object" and any(is_integer(item) or is_float(item) for item in arg.dropna())
    if is_list_like(arg) and not isinstance(arg, (abc.Mapping, _engine.DataFrame)):
        return any((is_integer(item) or is_float(item)) and not is_missing(item) for item in arg)
    return (is_integer(arg) or is_float(arg)) and not is_missing(arg)


class _Options:
    """The keywords of one call."""

    def __init__(
        self,
        errors: str,
        dayfirst: bool,
        yearfirst: bool,
        utc: bool,
        format: str | None,
        exact: bool,
        unit: str | None,
    ) -> None:
        self.errors, self.dayfirst, self.yearfirst, self.utc = errors, dayfirst, yearfirst, utc
        self.format, self.exact, self.unit = format, exact, unit

    def _replace(self, unit: str | None) -> _Options:
        return _Options(self.errors, self.dayfirst, self.yearfirst, self.utc, self.format, self.exact, unit)


def _scalar(value: Any, options: _Options) -> Any:
    if isinstance(value, (dt.datetime, np.datetime64)) and options.unit is None and options.format is None:
        stamp = Timestamp(value)
    else:
        moments = [_moment(value, options, options.format)]
        stamp = moments[0]
    if stamp is NaT:
        return NaT
    if options.utc:
        return stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
    return stamp


def _moment(value: Any, options: _Options, format: str | None) -> Any:
    """One value as a Timestamp or NaT; raises unless told to coerce."""
    try:
        if isinstance(value, str):
            return _text(value, options, format)
        if is_missing(value):
            return NaT
        if isinstance(value, (bool, np.bool_)):
            raise TypeError(f"{type(value)} is not convertible to datetime")
        if (is_integer(value) or is_float(value)) and format not in (None, "mixed", "ISO8601"):
            return _text(str(value), options, format)
        if is_integer(value) or is_float(value):
            return Timestamp(value, unit=options.unit or "ns")
        if isinstance(value, (dt.date, np.datetime64)):
            return Timestamp(value)
        raise TypeError(f"{type(value)} is not convertible to datetime")
    except (ValueError, TypeError, OverflowError):
        if options.errors == "coerce":
            return NaT
        raise


def _text(value: str, options: _Options, format: str | None) -> Any:
    if value in NAT_WORDS:
        return NaT
    if options.unit is not None:
        try:
            return Timestamp(float(value), unit=options.unit)
        except ValueError:
            pass
    if format is None or format in ("mixed", "ISO8601"):
        if value.lower() in ("now", "today"):
            return Timestamp.now("UTC").tz_localize(None) if value.lower() == "now" else Timestamp.now()
        parsed = parse_datetime(value, options.dayfirst, options.yearfirst)
    else:
        parsed = parse_by_format(value, format, options.exact)
    if parsed is None:
        return NaT
    if parsed.tz is None:
        return Timestamp._from_ticks(parsed.ticks, parsed.unit, None)
    return Timestamp._from_ticks(
        _localize.to_utc(parsed.ticks, parsed.unit, parsed.tz), parsed.unit, parsed.tz
    )


def _converted(data: Any, options: _Options) -> Any:
    """A column of times: the one given when it is of times, else value by value."""
    column = data if isinstance(data, _engine.Column) else None
    if column is None and (isinstance(data, np.ndarray) or hasattr(data, "dtype")):
        column = _convert.column_of(data)
    if column is not None and column.dtype.startswith("datetime64"):
        return _in_utc(column) if options.utc else column
    items = column.tolist() if column is not None else list(data)
    if options.format is not None and options.unit is not None:
        raise ValueError("cannot specify both format and unit")
    format = options.format
    if format is None and options.unit is None:
        first = next((item for item in items if isinstance(item, str) and item not in NAT_WORDS), None)
        if first is not None and (not items or isinstance(items[0], str) or is_missing(items[0])):
            format = guess_datetime_format(first, options.dayfirst)
            if format is None and len(items) > 1 and first.lower() not in ("now", "today"):
                warn(
                    "Could not infer format, so each element will be parsed individually, falling back to `dateutil`."
                    " To ensure parsing is consistent and as-expected, please specify a format.",
                    UserWarning,
                )
    if options.unit is not None or not any(isinstance(item, str) for item in items):
        format = options.format
    return _column([_moment(item, options, format) for item in items], options)


def _in_utc(column: _engine.Column) -> _engine.Column:
    unit = column.dtype[len("datetime64[") :].rstrip("]").split(",")[0]
    return _zoned([Timestamp(m) if m is not NaT else NaT for m in column.tolist()], unit, dt.timezone.utc)


def _column(moments: list[Any], options: _Options) -> Any:
    """The column of Timestamps: one unit, the finest; one zone, or UTC when asked."""
    stamps = [moment for moment in moments if moment is not NaT]
    unit = "s"
    for stamp in stamps:
        unit = _ticks.finer(unit, stamp.unit)
    zones = {str(stamp.tzinfo) for stamp in stamps}
    zone: Any = None
    if options.utc:
        zone = dt.timezone.utc
    elif len(zones) > 1:
        raise ValueError(
            "Mixed timezones detected. Pass utc=True in to_datetime or tz='UTC' in DatetimeIndex to convert to a common"
            " timezone."
            if "None" not in zones
            else "Cannot mix tz-aware with tz-naive values"
        )
    elif stamps:
        zone = stamps[0].tzinfo
    if zone is not None and stamps:
        return _zoned(moments, unit, zone)
    ticks = np.array([_ticks.NAT if m is NaT else m.as_unit(unit)._value for m in moments], dtype="i8")
    return _convert.column_of(ticks.view(f"M8[{unit}]"))


def _zoned(moments: list[Any], unit: str, zone: Any) -> Any:
    """The column of instants on the wall clock of one zone."""
    from lumen.pandas._timezones import same

    stamps = [
        m
        if m is NaT
        else (m.tz_localize(zone) if m.tzinfo is None else m if same(m.tzinfo, zone) else m.tz_convert(zone))
        for m in moments
    ]
    return _convert.column_of([m if m is NaT else m.as_unit(unit) for m in stamps])


def _from_origin(arg: Any, origin: Any, unit: str | None) -> Any:
    """Numbers counted from another day, as times."""
    from lumen.pandas._timedelta import Timedelta

    if origin == "julian":
        if unit != "D":
            raise ValueError("unit must be 'D' for origin='julian'")
        try:
            return arg - 2440587.5
        except TypeError as error:
            raise ValueError("incompatible 'arg' type for given 'origin'='julian'") from error
    numeric = is_integer(arg) or is_float(arg) or (is_list_like(arg) and np.asarray(arg).dtype.kind in "iuf")
    if not numeric:
        raise ValueError(
            f"'{arg}' is not compatible with origin='{origin}'; it must be numeric with a unit specified"
        )
    try:
        start = Timestamp(origin)
    except (ValueError, TypeError) as error:
        raise ValueError(f"origin {origin} cannot be converted to a Timestamp") from error
    if start.tzinfo is not None:
        raise ValueError(f"origin offset {start} must be tz-naive")
    if not is_list_like(arg):
        return start + Timedelta(arg, unit=unit or "ns")
    moved = [NaT if is_missing(item) else start + Timedelta(item, unit=unit or "ns") for item in list(arg)]
    if isinstance(arg, _engine.Series):
        from lumen.pandas import Series

        return Series(moved, index=arg.index, name=arg.name)
    return moved


def _assembled(table: Any, errors: str, utc: bool) -> Any:
    """The times whose parts are columns."""
    from lumen.pandas import DataFrame, Series

    frame = table if isinstance(table, _engine.DataFrame) else DataFrame(table)
    if not frame.columns.is_unique:
        raise ValueError("cannot assemble with duplicate keys")
    roles = {_PARTS.get(str(label).lower()): label for label in frame.columns}
    missing = sorted({"year", "month", "day"} - set(roles))
    if missing:
        raise ValueError(
            "to assemble mappings requires at least that [year, month, day] be specified:"
            f" [{','.join(missing)}] is missing"
        )
    extra = [str(label) for label in frame.columns if _PARTS.get(str(label).lower()) is None]
    if extra:
        raise ValueError(f"extra keys have been passed to the datetime assemblage: [{', '.join(extra)}]")
    options = _Options(errors, False, False, utc, None, True, None)
    found = []
    rows = zip(*(frame[roles[part]].tolist() for part in ("year", "month", "day")), strict=True)
    rest = {part: frame[label].tolist() for part, label in roles.items() if part in _ticks.NANOS}
    for position, (year, month, day) in enumerate(rows):
        try:
            if any(map(is_missing, (year, month, day))):
                found.append(NaT)
                continue
            stamp = Timestamp(int(year), int(month), int(day))
        except ValueError as error:
            if errors == "coerce":
                found.append(NaT)
                continue
            raise ValueError(f"cannot assemble the datetimes: {error}") from error
        from lumen.pandas._timedelta import Timedelta

        for part, values in rest.items():
            if values[position]:
                stamp = stamp + Timedelta(values[position], unit=part)
        found.append(stamp)
    return Series(_column(found, options), index=frame.index)


to_datetime.__module__ = "pandas"
