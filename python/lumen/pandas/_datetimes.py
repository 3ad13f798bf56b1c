"""`Series.dt`: fields, text, rounding and zones of times, fields and rounding of durations.

The engine computes fields, rounding and zones on whole columns; what makes Python's objects goes time by time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen.pandas import _convert, _localize, _ticks, _timezones
from lumen.pandas._errors import Pandas4Warning
from lumen.pandas._nat import NaT
from lumen.pandas._warn import warn


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

    def _each(self, function: Any) -> list[Any]:
        return [item if item is NaT else function(item) for item in self._column.tolist()]

    @property
    def unit(self) -> str:
        """'s', 'ms', 'us' or 'ns'."""
        return self._column.unit

    def as_unit(self, unit: str) -> Any:
        """The same values in another unit, rounded down."""
        return self._back(self._column.as_unit(_ticks.check_unit(unit)))

    @property
    def freq(self) -> Any:
        """Not offered."""
        raise NotImplementedError("lumen.pandas: Series.dt.freq")

    def _rounded(self, freq: Any, how: str, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        from lumen.pandas._offset_names import to_offset

        offset = to_offset(freq)
        if offset.nanos:
            _ticks.step_of(offset.nanos, self.unit, offset)
        settled = self._ambiguous(ambiguous), _nonexistent(nonexistent)
        return self._back(self._column.round_times(how, offset.nanos, *settled))

    def _ambiguous(self, ambiguous: Any) -> Any:
        """A word, or for each row whether daylight saving time is meant, as a column."""
        if isinstance(ambiguous, str):
            # pandas checks no word: what it does not know leaves ambiguous times an error.
            return ambiguous if ambiguous in ("NaT", "infer") else "raise"
        if isinstance(ambiguous, (bool, np.bool_)):
            ambiguous = np.full(len(self._column), ambiguous)
        return _convert.column_of(np.asarray(ambiguous).astype(bool))

    def __dir__(self) -> list[str]:
        return sorted(name for name in super().__dir__() if not name.startswith("_"))


def _nonexistent(nonexistent: Any) -> Any:
    """A word, or nanoseconds to move by."""
    _localize.check_nonexistent(nonexistent)
    if isinstance(nonexistent, str):
        return nonexistent
    from lumen.pandas._timedelta import Timedelta

    return Timedelta(nonexistent).as_unit("ns")._value


def _part(name: str, text: str) -> property:
    def get(self: Any) -> Any:
        return self._back(self._column.time_part(name))

    get.__doc__ = text
    return property(get)


def _old(old: str, new: str) -> property:
    return deprecated_name("Series.dt", old, new)


def deprecated_name(owner: str, old: str, new: str, instead: str | None = None) -> property:
    """A property under a name that pandas 4 takes away; `instead` where the warning names more than one."""

    def get(self: Any) -> Any:
        warn(
            f"{owner}.{old} is deprecated and will be removed in a future version. "
            f"Use {instead or f'{owner}.{new}'} instead.",
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

    year = _part("year", "The year.")
    month = _part("month", "The month, 1 to 12.")
    day = _part("day", "The day of the month.")
    hour = _part("hour", "The hour of the day.")
    minute = _part("minute", "The minute of the hour.")
    second = _part("second", "The second of the minute.")
    microsecond = _part("microsecond", "The microsecond of the second.")
    nanosecond = _part("nanosecond", "The nanosecond of the microsecond.")
    quarter = _part("quarter", "The quarter of the year.")
    day_of_week = _part("day_of_week", "The day of the week; Monday is 0.")
    weekday = _old("weekday", "day_of_week")
    day_of_year = _part("day_of_year", "The day of the year, from 1.")
    days_in_month = _part("days_in_month", "How many days the month has.")
    dayofweek = _old("dayofweek", "day_of_week")
    dayofyear = _old("dayofyear", "day_of_year")
    daysinmonth = _old("daysinmonth", "days_in_month")
    is_leap_year = _part("is_leap_year", "Whether the year has 366 days.")
    is_month_start = _part("is_month_start", "Whether it is the first day of a month.")
    is_month_end = _part("is_month_end", "Whether it is the last day of a month.")
    is_quarter_start = _part("is_quarter_start", "Whether it is the first day of a quarter.")
    is_quarter_end = _part("is_quarter_end", "Whether it is the last day of a quarter.")
    is_year_start = _part("is_year_start", "Whether it is the first day of a year.")
    is_year_end = _part("is_year_end", "Whether it is the last day of a year.")

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
        from lumen.pandas import DataFrame

        parts = zip(("year", "week", "day"), self._column.iso_calendar())
        return DataFrame({name: self._back(part) for name, part in parts}, index=self._data.index)

    def day_name(self, locale: Any = None) -> Any:
        """The English names of the days."""
        if locale is not None:
            raise NotImplementedError("lumen.pandas: Series.dt.day_name(locale=)")
        return self._back(self._column.time_part("day_name"))

    def month_name(self, locale: Any = None) -> Any:
        """The English names of the months."""
        if locale is not None:
            raise NotImplementedError("lumen.pandas: Series.dt.month_name(locale=)")
        return self._back(self._column.time_part("month_name"))

    def strftime(self, date_format: str) -> Any:
        """Text by the directives of `datetime.strftime`."""
        found = [np.nan if t is NaT else t.strftime(date_format) for t in self._column.tolist()]
        return self._back(found, "str")

    def normalize(self) -> Any:
        """Midnight of each day."""
        return self._back(self._column.time_part("normalize"))

    def round(self, freq: Any, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        """To the nearest multiple of a fixed frequency, ties to the even one."""
        return self._rounded(freq, "round", ambiguous, nonexistent)

    def floor(self, freq: Any, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        """Down to a multiple of a fixed frequency."""
        return self._rounded(freq, "floor", ambiguous, nonexistent)

    def ceil(self, freq: Any, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        """Up to a multiple of a fixed frequency."""
        return self._rounded(freq, "ceil", ambiguous, nonexistent)

    def tz_convert(self, tz: Any) -> Any:
        """The same instants on the wall clock of another zone."""
        return self._back(self._column.convert_zone(_key(tz)))

    def tz_localize(self, tz: Any, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        """The wall clocks read in a zone, or freed from theirs with None."""
        settled = self._ambiguous(ambiguous), _nonexistent(nonexistent)
        key = _key(tz)
        if key is None:
            return self._back(self._column.delocalize())
        return self._back(self._column.localize(key, *settled))


def _key(tz: Any) -> str | None:
    """The name under which the engine finds a zone."""
    zone = _timezones.resolve(tz)
    return None if zone is None else _convert.zone_key(zone)


# The engine's names of the parts that `components` shows.
_COMPONENTS = {
    "days": "days",
    "hours": "hours_of_day",
    "minutes": "minutes_of_hour",
    "seconds": "seconds_of_minute",
    "milliseconds": "milliseconds_of_second",
    "microseconds": "microseconds_of_millisecond",
    "nanoseconds": "nanoseconds",
}


class TimedeltaProperties(_Properties):
    """`.dt` of a series of durations."""

    days = _part("days", "Whole days, rounded towards minus infinity.")
    seconds = _part("seconds", "Seconds of the day.")
    microseconds = _part("microseconds", "Microseconds of the second.")
    nanoseconds = _part("nanoseconds", "Nanoseconds of the microsecond.")

    @property
    def components(self) -> Any:
        """Days, hours, minutes, seconds, milliseconds, microseconds and nanoseconds, as columns."""
        from lumen.pandas import DataFrame

        made = {name: self._back(self._component(part)) for name, part in _COMPONENTS.items()}
        return DataFrame(made, index=self._data.index)

    def _component(self, part: str) -> Any:
        column = self._column.time_part(part)
        return column.cast("int64") if column.dtype == "int32" else column

    def total_seconds(self) -> Any:
        """The durations in seconds."""
        return self._back(self._column.time_part("total_seconds"))

    def to_pytimedelta(self) -> np.ndarray:
        """The durations as Python's, in an array."""
        return np.array([t if t is NaT else t.to_pytimedelta() for t in self._column.tolist()], dtype=object)

    def round(self, freq: Any) -> Any:
        """To the nearest multiple of a fixed frequency, ties to the even one."""
        return self._rounded(freq, "round")

    def floor(self, freq: Any) -> Any:
        """Down to a multiple of a fixed frequency."""
        return self._rounded(freq, "floor")

    def ceil(self, freq: Any) -> Any:
        """Up to a multiple of a fixed frequency."""
        return self._rounded(freq, "ceil")


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
