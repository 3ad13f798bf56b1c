"""`Series.dt`: fields, text, rounding and zones of times, fields and rounding of durations.

Fields are computed on whole columns of wall clocks; what names zones or Python's objects goes time by time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen.pandas import _convert, _ticks
from lumen.pandas._errors import Pandas4Warning
from lumen.pandas._nat import NaT
from lumen.pandas._warn import warn

_DAY_NAMES = np.array(
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"], dtype=object
)
_MONTH_NAMES = np.array(
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    dtype=object,
)


class CombinedDatetimelikeProperties:
    """What the attribute is on the class."""


class _Properties:
    """The part common to times and durations."""

    def __init__(self, data: Any) -> None:
        self._data = data
        self._column = data._values

    def _back(self, values: Any, dtype: Any = None) -> Any:
        from lumen.pandas import Series

        column = values if not isinstance(values, (np.ndarray, list)) else _convert.column_of(values, dtype)
        return Series(column, index=self._data.index, name=self._data.name)

    @property
    def _missing(self) -> np.ndarray:
        return _convert.mask_of(self._column)

    def _numbers(self, values: np.ndarray, dtype: str = "int32") -> Any:
        missing = self._missing
        if not missing.any():
            return self._back(values.astype(dtype))
        return self._back(np.where(missing, np.nan, values.astype("float64")))

    def _each(self, function: Any) -> list[Any]:
        return [item if item is NaT else function(item) for item in self._column.tolist()]

    def _times(self, found: list[Any]) -> Any:
        """A column of the times or durations found, in the finest unit among them; the same dtype when there is none."""
        present = [item for item in found if item is not NaT]
        if not present:
            return self._back(self._column)
        unit = present[0].unit
        for item in present:
            unit = _ticks.finer(unit, item.unit)
        return self._back(_convert.column_of([item if item is NaT else item.as_unit(unit) for item in found]))

    @property
    def freq(self) -> Any:
        """Not offered."""
        raise NotImplementedError("lumen.pandas: Series.dt.freq")

    def _ticks(self) -> np.ndarray:
        return _convert.numpy_of(self._column).view("i8")

    def _stepped(self, freq: Any, how: str, kind: str) -> Any:
        """Rounding of ticks that count from 1970 without zone."""
        from lumen.pandas._offset_names import to_offset

        offset = to_offset(freq)
        if offset.nanos == 0:
            raise ValueError("Division by zero in rounding")
        step = _ticks.step_of(offset.nanos, self.unit, offset)
        if step <= 1:
            return self._back(self._column)
        values, missing = self._ticks(), self._missing
        quotient, rest = np.divmod(values, step)
        if how == "ceil":
            quotient = quotient + (rest != 0)
        elif how == "round":
            quotient = quotient + ((2 * rest > step) | ((2 * rest == step) & (quotient % 2 == 1)))
        return self._back(np.where(missing, _ticks.NAT, quotient * step).view(f"{kind}8[{self.unit}]"))

    def __dir__(self) -> list[str]:
        return sorted(name for name in super().__dir__() if not name.startswith("_"))


def _field(name: str, text: str, dtype: str = "int32") -> property:
    def get(self: Any) -> Any:
        return self._numbers(self._parts(name), dtype)

    get.__doc__ = text
    return property(get)


def _flag(name: str, text: str) -> property:
    def get(self: Any) -> Any:
        return self._back(self._parts(name).astype(bool) & ~self._missing)

    get.__doc__ = text
    return property(get)


def _old(old: str, new: str) -> property:
    def get(self: Any) -> Any:
        warn(
            f"DatetimeProperties.{old} is deprecated and will be removed in a future version. Use"
            f" DatetimeProperties.{new} instead.",
            Pandas4Warning,
        )
        return getattr(self, new)

    get.__doc__ = f"Deprecated name of `{new}`."
    return property(get)


class DatetimeProperties(_Properties):
    """`.dt` of a series of times."""

    @property
    def tz(self) -> Any:
        """The zone, or None."""
        return getattr(_convert.dtype_object(self._column), "tz", None)

    @property
    def unit(self) -> str:
        """'s', 'ms', 'us' or 'ns'."""
        return self._column.dtype[len("datetime64[") :].rstrip("]").split(",")[0]

    def _wall(self) -> np.ndarray:
        """Wall clocks as numpy's times; 1970 where missing."""
        missing = self._missing
        if self.tz is None:
            values = self._ticks()
        else:
            values = np.array(
                [0 if item is NaT else item._wall for item in self._column.tolist()], dtype="i8"
            )
        return np.where(missing, 0, values).astype("i8").view(f"M8[{self.unit}]")

    def _parts(self, name: str) -> np.ndarray:
        wall = self._wall()
        days = wall.astype("M8[D]")
        months = wall.astype("M8[M]")
        month = months.view("i8") % 12 + 1
        first = months.astype("M8[D]")
        if name in ("hour", "minute", "second", "microsecond", "nanosecond"):
            ticks = (wall - days).view("i8")
            per = _ticks.PER_SECOND[self.unit]
            if name in ("microsecond", "nanosecond"):
                nanos = ticks % per * (10**9 // per)
                return nanos // 1000 if name == "microsecond" else nanos % 1000
            seconds = ticks // per
            return {"hour": seconds // 3_600, "minute": seconds // 60 % 60, "second": seconds % 60}[name]
        day = (days - first).view("i8") + 1
        last = ((months + 1).astype("M8[D]") - first).view("i8")
        year = months.view("i8") // 12 + 1970
        years = wall.astype("M8[Y]").astype("M8[D]")
        found = {
            "year": year,
            "month": month,
            "day": day,
            "quarter": (month - 1) // 3 + 1,
            "day_of_week": (days.view("i8") + 3) % 7,
            "day_of_year": (days - years).view("i8") + 1,
            "days_in_month": last,
            "is_leap_year": (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0)),
            "is_month_start": day == 1,
            "is_month_end": day == last,
            "is_quarter_start": (day == 1) & (month % 3 == 1),
            "is_quarter_end": (day == last) & (month % 3 == 0),
            "is_year_start": (day == 1) & (month == 1),
            "is_year_end": (day == 31) & (month == 12),
        }
        return found[name]

    year = _field("year", "The year.")
    month = _field("month", "The month, 1 to 12.")
    day = _field("day", "The day of the month.")
    hour = _field("hour", "The hour of the day.")
    minute = _field("minute", "The minute of the hour.")
    second = _field("second", "The second of the minute.")
    microsecond = _field("microsecond", "The microsecond of the second.")
    nanosecond = _field("nanosecond", "The nanosecond of the microsecond.")
    quarter = _field("quarter", "The quarter of the year.")
    day_of_week = _field("day_of_week", "The day of the week; Monday is 0.")
    weekday = _field("day_of_week", "The day of the week; Monday is 0.")
    day_of_year = _field("day_of_year", "The day of the year, from 1.")
    days_in_month = _field("days_in_month", "How many days the month has.")
    dayofweek = _old("dayofweek", "day_of_week")
    dayofyear = _old("dayofyear", "day_of_year")
    daysinmonth = _old("daysinmonth", "days_in_month")
    is_leap_year = _flag("is_leap_year", "Whether the year has 366 days.")
    is_month_start = _flag("is_month_start", "Whether it is the first day of a month.")
    is_month_end = _flag("is_month_end", "Whether it is the last day of a month.")
    is_quarter_start = _flag("is_quarter_start", "Whether it is the first day of a quarter.")
    is_quarter_end = _flag("is_quarter_end", "Whether it is the last day of a quarter.")
    is_year_start = _flag("is_year_start", "Whether it is the first day of a year.")
    is_year_end = _flag("is_year_end", "Whether it is the last day of a year.")

    def _objects(self, function: Any) -> Any:
        return self._back(self._each(function), np.dtype(object))

    @property
    def date(self) -> Any:
        """The days, as Python's dates."""
        return self._objects(lambda t: t.date())

    @property
    def time(self) -> Any:
        """The times of the day, as Python's."""
        return self._objects(lambda t: t.time())

    @property
    def timetz(self) -> Any:
        """The times of the day with their zones, as Python's."""
        return self._objects(lambda t: t.timetz())

    def to_pydatetime(self) -> Any:
        """The times as Python's datetimes."""
        return self._objects(lambda t: t.to_pydatetime(warn=False))

    def to_period(self, freq: Any = None) -> Any:
        """Not offered."""
        raise NotImplementedError("lumen.pandas: Series.dt.to_period")

    def isocalendar(self) -> Any:
        """Year, week and day of the ISO calendar, as columns."""
        from lumen.pandas import NA, DataFrame, Series

        rows = [None if t is NaT else t.isocalendar() for t in self._column.tolist()]
        made = {
            name: Series(
                [NA if row is None else row[place] for row in rows], index=self._data.index, dtype=dtype
            )
            for place, (name, dtype) in enumerate((("year", "Int32"), ("week", "UInt32"), ("day", "UInt32")))
        }
        return DataFrame(made, index=self._data.index)

    def _names(self, table: np.ndarray, part: str, locale: Any) -> Any:
        if locale is not None:
            raise NotImplementedError(
                f"lumen.pandas: Series.dt.{'day' if part == 'day_of_week' else 'month'}_name(locale=)"
            )
        places = self._parts(part) - (part == "month")
        names = [np.nan if gap else name for name, gap in zip(table[places], self._missing, strict=True)]
        return self._back(names, "str")

    def day_name(self, locale: Any = None) -> Any:
        """The English names of the days."""
        return self._names(_DAY_NAMES, "day_of_week", locale)

    def month_name(self, locale: Any = None) -> Any:
        """The English names of the months."""
        return self._names(_MONTH_NAMES, "month", locale)

    def strftime(self, date_format: str) -> Any:
        """Text by the directives of `datetime.strftime`."""
        found = [np.nan if t is NaT else t.strftime(date_format) for t in self._column.tolist()]
        return self._back(found, "str")

    def normalize(self) -> Any:
        """Midnight of each day."""
        return (
            self._rounded("D", "floor", "raise", "raise")
            if self.tz is None
            else self._times(self._each(lambda t: t.normalize()))
        )

    def _rounded(self, freq: Any, how: str, ambiguous: Any, nonexistent: Any) -> Any:
        if self.tz is None:
            return self._stepped(freq, how, "M")
        return self._times(self._each(lambda t: getattr(t, how)(freq, ambiguous, nonexistent)))

    def round(self, freq: Any, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        """To the nearest multiple of a fixed frequency, ties to the even one."""
        return self._rounded(freq, "round", ambiguous, nonexistent)

    def floor(self, freq: Any, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        """Down to a multiple of a fixed frequency."""
        return self._rounded(freq, "floor", ambiguous, nonexistent)

    def ceil(self, freq: Any, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        """Up to a multiple of a fixed frequency."""
        return self._rounded(freq, "ceil", ambiguous, nonexistent)

    def as_unit(self, unit: str) -> Any:
        """The times in another unit."""
        _ticks.check_unit(unit)
        if self.tz is None:
            return self._back(self._column.cast(f"datetime64[{unit}]"))
        return self._times(self._each(lambda t: t.as_unit(unit)))

    def tz_convert(self, tz: Any) -> Any:
        """The same instants on the wall clock of another zone."""
        if self.tz is None:
            raise TypeError("Cannot convert tz-naive timestamps, use tz_localize to localize")
        return self._zoned(self._each(lambda t: t.tz_convert(tz)), tz)

    def tz_localize(self, tz: Any, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        """The wall clocks read in a zone, or freed from theirs with None."""
        if self.tz is not None:
            if tz is not None:
                raise TypeError("Already tz-aware, use tz_convert to convert.")
            return self._zoned(self._each(lambda t: t.tz_localize(None)), None)
        if isinstance(ambiguous, str) and ambiguous == "infer":
            raise NotImplementedError("lumen.pandas: Series.dt.tz_localize(ambiguous='infer')")
        if isinstance(ambiguous, (str, bool, np.bool_)):
            return self._zoned(self._each(lambda t: t.tz_localize(tz, ambiguous, nonexistent)), tz)
        choices = list(ambiguous)
        if len(choices) != len(self._data):
            raise ValueError("Length of ambiguous bool-array must be the same size as vals")
        found = [
            t if t is NaT else t.tz_localize(tz, bool(choice), nonexistent)
            for t, choice in zip(self._column.tolist(), choices, strict=True)
        ]
        return self._zoned(found, tz)

    def _zoned(self, found: list[Any], tz: Any) -> Any:
        from lumen.pandas import _timezones

        zone = _timezones.resolve(tz)
        name = (
            f"datetime64[{self.unit}]"
            if zone is None
            else f"datetime64[{self.unit}, {_convert.zone_key(zone)}]"
        )
        if all(item is NaT for item in found):
            from lumen import _engine

            return self._back(_engine.Column.missing(name, len(found)))
        return self._times(found)


class TimedeltaProperties(_Properties):
    """`.dt` of a series of durations."""

    @property
    def unit(self) -> str:
        """'s', 'ms', 'us' or 'ns'."""
        return self._column.dtype[len("timedelta64[") : -1]

    def _parts(self, name: str) -> np.ndarray:
        ticks = np.where(self._missing, 0, self._ticks())
        per = _ticks.PER_SECOND[self.unit]
        seconds, rest = np.divmod(ticks, per)
        nanos = rest * (10**9 // per)
        return {
            "days": seconds // 86_400,
            "seconds": seconds % 86_400,
            "microseconds": nanos // 1000,
            "nanoseconds": nanos % 1000,
        }[name]

    days = _field("days", "Whole days, rounded towards minus infinity.", "int64")
    seconds = _field("seconds", "Seconds of the day.")
    microseconds = _field("microseconds", "Microseconds of the second.")
    nanoseconds = _field("nanoseconds", "Nanoseconds of the microsecond.")

    @property
    def components(self) -> Any:
        """Days, hours, minutes, seconds, milliseconds, microseconds and nanoseconds, as columns."""
        from lumen.pandas import DataFrame

        seconds, micros = self._parts("seconds"), self._parts("microseconds")
        parts = {
            "days": self._parts("days"),
            "hours": seconds // 3_600,
            "minutes": seconds // 60 % 60,
            "seconds": seconds % 60,
            "milliseconds": micros // 1000,
            "microseconds": micros % 1000,
            "nanoseconds": self._parts("nanoseconds"),
        }
        made = {name: self._numbers(values, "int64") for name, values in parts.items()}
        return DataFrame(made, index=self._data.index)

    def total_seconds(self) -> Any:
        """The durations in seconds."""
        ticks = self._ticks().astype("float64") / _ticks.PER_SECOND[self.unit]
        return self._back(np.where(self._missing, np.nan, ticks))

    def to_pytimedelta(self) -> np.ndarray:
        """The durations as Python's, in an array."""
        return np.array([t if t is NaT else t.to_pytimedelta() for t in self._column.tolist()], dtype=object)

    def round(self, freq: Any) -> Any:
        """To the nearest multiple of a fixed frequency, ties to the even one."""
        return self._stepped(freq, "round", "m")

    def floor(self, freq: Any) -> Any:
        """Down to a multiple of a fixed frequency."""
        return self._stepped(freq, "floor", "m")

    def ceil(self, freq: Any) -> Any:
        """Up to a multiple of a fixed frequency."""
        return self._stepped(freq, "ceil", "m")

    def as_unit(self, unit: str) -> Any:
        """The durations in another unit."""
        return self._back(self._column.cast(f"timedelta64[{_ticks.check_unit(unit)}]"))


for _class in (CombinedDatetimelikeProperties, DatetimeProperties, TimedeltaProperties):
    _class.__module__ = "pandas.core.indexes.accessors"
del _class


def properties_of(data: Any) -> Any:
    """The accessor for a series of times or durations; AttributeError for any other."""
    name = data._values.dtype
    if name.startswith("datetime64"):
        return DatetimeProperties(data)
    if name.startswith("timedelta64"):
        return TimedeltaProperties(data)
    raise AttributeError("Can only use .dt accessor with datetimelike values")
