"""`DatetimeIndex` and `TimedeltaIndex`: labels that are times or durations, with a step where one is known."""

from __future__ import annotations

import datetime as dt
from collections import abc
from typing import Any, Hashable

import numpy as np

from lumen import _engine
from lumen.pandas import _convert, _numpy_arguments
from lumen.pandas._warn import warn
from lumen.pandas._time_arithmetic import refuse_subtrahend, shifted
from lumen.pandas._datetimes import deprecated_name
from lumen.pandas._dtype_names import pandas_dtype
from lumen.pandas._errors import Pandas4Warning
from lumen.pandas._index import Index, check_name
from lumen.pandas._index_lookup import as_positions
from lumen.pandas._inference import no_default

_UNSET: Any = no_default
_UNITS = ("s", "ms", "us", "ns")


class TimeLabels(Index):
    """What indexes of times and of durations have in common."""

    @property
    def unit(self) -> str:
        """The resolution of the labels."""
        return self._dtype.split("[")[1].rstrip("]").split(",")[0]

    @property
    def asi8(self) -> np.ndarray:
        """The ticks of the labels."""
        array = _convert.numpy_of(self._values)
        return (
            array.view("i8")
            if array.dtype.kind in "mM"
            else np.array([_ticks(item) for item in array], dtype="i8")
        )

    @property
    def freq(self) -> Any:
        """The step between the labels, None where none is known."""
        held = self.__dict__.get("_step")
        if held is not None:
            return held
        name = self._freq
        if name is None:
            return None
        from lumen.pandas._offsets import to_offset

        return to_offset(name)

    @freq.setter
    def freq(self, value: Any) -> None:
        if value is None:
            self._adopt(self._with_freq(None))
            self.__dict__.pop("_step", None)
            return
        self._adopt(self._checked_step(value))

    @property
    def freqstr(self) -> str | None:
        """The name of the step."""
        return self._freq

    @property
    def inferred_freq(self) -> str | None:
        """The step that the labels have, known or not."""
        if self._freq is not None:
            return self._freq
        return self._inferred_freq

    @property
    def resolution(self) -> str:
        """How finely the labels are spaced."""
        return self._resolution

    def _checked_step(self, freq: Any) -> Any:
        """The same labels with a step that they have, or pandas' error."""
        from lumen.pandas._offsets import to_offset

        if freq == "infer":
            return self._with_freq(self._inferred_freq)
        offset = to_offset(freq)
        name = offset.freqstr
        if len(self) > 0:
            held = self._inferred_freq if len(self) > 2 else None
            if held != name and not self._steps_by(offset):
                raise ValueError(
                    f"Inferred frequency {held} from passed values does not conform to passed frequency {name}"
                )
        return self._with_freq(name)

    def _steps_by(self, offset: Any) -> bool:
        labels = list(self)
        if any(label != label for label in labels):
            return False
        try:
            return all(a + offset == b for a, b in zip(labels, labels[1:]))
        except (TypeError, NotImplementedError):
            return False

    def _own(self, made: Any) -> Any:
        return made

    def as_unit(self, unit: str) -> Any:
        """The labels in another resolution."""
        name = self._dtype.split("[")[0]
        zone = self._dtype.rstrip("]").split(", ", 1)
        text = f"{name}[{unit}, {zone[1]}]" if len(zone) > 1 else f"{name}[{unit}]"
        if unit not in ("s", "ms", "us", "ns"):
            raise ValueError("Supported units are 's', 'ms', 'us', 'ns'")
        return self._cast(text)._with_freq(self._freq)

    def _with_sorted_step(self, ordered: Any, ascending: bool, rows: np.ndarray) -> Any:
        return ordered

    def _through(self, method: str, *args: Any, **kwargs: Any) -> Any:
        found = getattr(self._series().dt, method)
        return found(*args, **kwargs) if callable(found) else found

    def _indexed(self, method: str, *args: Any, **kwargs: Any) -> Any:
        found = self._through(method, *args, **kwargs)
        return _engine.Index._of_column(found._values, self._name)

    def round(self, freq: Any, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        """Rounded to a step."""
        return self._rounded("round", freq, ambiguous, nonexistent)

    def floor(self, freq: Any, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        """Rounded down to a step."""
        return self._rounded("floor", freq, ambiguous, nonexistent)

    def ceil(self, freq: Any, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        """Rounded up to a step."""
        return self._rounded("ceil", freq, ambiguous, nonexistent)

    def _rounded(self, how: str, freq: Any, ambiguous: Any, nonexistent: Any) -> Any:
        return self._indexed(how, freq, ambiguous=ambiguous, nonexistent=nonexistent)

    def mean(self, *, skipna: bool = True, axis: Any = 0) -> Any:
        """The mean of the labels."""
        self._check_reduction(axis)
        return self._series().mean(skipna=skipna)

    def std(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: int = 1,
        keepdims: bool = False,
        skipna: bool = True,
    ) -> Any:
        """The standard deviation of the labels."""
        self._check_reduction(axis)
        _numpy_arguments.check("std", (), {"dtype": dtype, "out": out, "keepdims": keepdims})
        return self._series().std(ddof=ddof, skipna=skipna)

    def shift(self, periods: int = 1, freq: Any = None) -> Any:
        """The labels moved by a step."""
        from lumen.pandas._offsets import to_offset

        if freq is not None and (self.freq is None or freq != self._freq):
            offset = to_offset(freq) if isinstance(freq, str) else freq
            return self._moved(periods * offset, self._freq)
        if periods == 0 or len(self) == 0:
            return self.copy()
        if self._freq is None:
            from lumen.pandas._errors import NullFrequencyError

            raise NullFrequencyError("Cannot shift with no freq")
        return self._moved(periods * self.freq, self._freq)

    def _moved(self, step: Any, freq: Any) -> Any:
        """Each label a step further."""
        moved = [label if label != label else label + step for label in self]
        made = type(self)(moved, name=self.name)
        return made._with_freq(freq)

    def _append_parts(self, others: list[Any]) -> Any:
        made = super()._append_parts(others)
        if self._freq is not None and type(made) is type(self):
            parts = [part for part in [self, *others] if len(part)]
            if all(part._freq == self._freq for part in parts):
                step = self.freq
                if all(a[-1] + step == b[0] for a, b in zip(parts, parts[1:])):
                    return made._with_freq(self._freq)
        return made

    def _operate(self, kind: str, op: str, other: Any, reflected: bool = False) -> Any:
        from lumen.pandas._offsets import BaseOffset

        if kind == "arithmetic" and isinstance(other, BaseOffset) and op in ("add", "sub"):
            return self._with_offset(op, other, reflected)
        return super()._operate(kind, op, other, reflected)

    def _with_offset(self, op: str, offset: Any, reflected: bool) -> Any:
        if op == "sub" and reflected:
            refuse_subtrahend(self._dtype, offset)
            return NotImplemented
        step = -offset if op == "sub" else offset
        from lumen.pandas._offsets import Day, Tick

        keeps = self._freq if isinstance(offset, (Day, Tick)) else None
        try:
            return self._moved(step, keeps)
        except ValueError:
            return self._moved(step, None)

    def _arithmetic(self, kind: str, op: str, other: Any, reflected: bool) -> Any:
        if kind != "arithmetic" or op not in ("add", "sub"):
            return super()._arithmetic(kind, op, other, reflected)
        if (
            op == "sub"
            and reflected
            and not isinstance(other, _engine.Index)
            and _convert.is_list_like(other)
        ):
            # An array of durations does not know its dates; an index does.
            if str(getattr(other, "dtype", "")).startswith("timedelta64"):
                refuse_subtrahend(self._dtype, other)
        if isinstance(other, _engine.Index):
            other = other._values
        elif isinstance(other, np.ndarray) and other.shape == (1,) and other.dtype != object:
            other = np.repeat(other, len(self))
        return shifted(op, self._values, other, reflected)

    def _with_result_step(self, made: Any, op: str, other: Any, reflected: bool) -> Any:
        if op in ("add", "sub") and self._freq is not None and isinstance(made, TimeLabels):
            single = not _convert.is_list_like(other)
            if single and not (reflected and op == "sub"):
                return made._with_freq(self._freq)
        return made

    def _missing_label(self) -> Any:
        from lumen.pandas._missing import NaT

        return NaT

    def __reduce__(self) -> Any:
        return _restored_times, (self.asi8.copy(), self._dtype, self._name, self._freq)


def _ticks(item: Any) -> int:
    return getattr(item, "_value", np.iinfo("i8").min)


def _restored_times(ticks: np.ndarray, dtype: str, name: Any, freq: Any) -> Any:
    column = _engine.Column.from_buffer(ticks, "int64").cast(dtype)
    return _engine.Index._of_column(column, name)._with_freq(freq)


def _field(name: str) -> Any:
    def field(self: Any) -> Any:
        found = self._through(name)
        return _engine.Index._of_column(found._values, self._name)

    field.__doc__ = f"`{name}` of each label."
    return property(field)


def _flag(name: str) -> Any:
    def flag(self: Any) -> Any:
        return np.asarray(self._through(name))

    flag.__doc__ = f"`{name}` of each label, as an array."
    return property(flag)


def column_is_text(data: Any) -> bool:
    """Whether somebody gave texts, which may be read in more than one way."""
    items = data.tolist() if hasattr(data, "tolist") else list(data)
    return any(isinstance(item, str) for item in items)


class DatetimeIndex(TimeLabels):
    """Labels that are times."""

    __module__ = "pandas"
    _typ = "datetimeindex"
    _array_name = "DatetimeArray"

    def __new__(
        cls,
        data: Any = None,
        freq: Any = _UNSET,
        tz: Any = _UNSET,
        ambiguous: Any = _UNSET,
        dayfirst: Any = _UNSET,
        yearfirst: Any = _UNSET,
        dtype: Any = None,
        copy: bool | None = None,
        name: Hashable = None,
    ) -> Any:
        if data is None or not _convert.is_list_like(data):
            shown = "None" if data is None else repr(data)
            raise TypeError(
                f"{cls.__name__}() must be called with a collection of some kind, {shown} was passed"
            )
        name = check_name(name, data, cls.__name__)
        deprecated = (
            (dayfirst, "dayfirst", "pd.to_datetime"),
            (yearfirst, "yearfirst", "pd.to_datetime"),
            (ambiguous, "ambiguous", f"{cls.__name__}.tz_localize"),
        )
        for given, word, instead in deprecated:
            if given is _UNSET:
                continue
            warn(
                f"The '{word}' keyword in {cls.__name__} is deprecated and will be removed in a future version. "
                f"Use {instead} instead.",
                Pandas4Warning,
            )
        own_reading = [given for given in (dayfirst, yearfirst) if given is not _UNSET and given]
        if own_reading and column_is_text(data):
            from lumen.pandas._to_datetime import to_datetime

            data = to_datetime(
                data,
                dayfirst=dayfirst is not _UNSET and bool(dayfirst),
                yearfirst=yearfirst is not _UNSET and bool(yearfirst),
            )
        own_step = data._freq if isinstance(data, DatetimeIndex) and freq is _UNSET else None
        if dtype is None and tz is not _UNSET and tz is not None:
            data = _numbers_from_utc(data, tz)
        column = _times_of(data, dtype)
        made = _engine.Index._of_column(column, name)
        if tz is not _UNSET and tz is not None:
            if made.tz is None:
                made = made.tz_localize(tz, ambiguous="raise" if ambiguous is _UNSET else ambiguous)
            else:
                made = made.tz_convert(tz)
        if own_step is not None:
            return made._with_freq(own_step)
        if freq is not _UNSET and freq is not None:
            return made._checked_step(freq)
        return made

    # Zones.

    @property
    def tz(self) -> Any:
        """The zone, None where there is none."""
        return getattr(self.dtype, "tz", None)

    tzinfo = tz

    def tz_localize(self, tz: Any, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        """The same clock in a zone, or without one."""
        return self._indexed("tz_localize", tz, ambiguous=ambiguous, nonexistent=nonexistent)._with_freq(
            self._freq
            if self._freq in (None, "D", "h", "min", "s", "ms", "us", "ns") and tz is None
            else None
        )

    def tz_convert(self, tz: Any) -> Any:
        """The same moments in another zone."""
        return self._indexed("tz_convert", tz)._with_freq(self._freq)

    # Parts.

    year = _field("year")
    month = _field("month")
    day = _field("day")
    hour = _field("hour")
    minute = _field("minute")
    second = _field("second")
    microsecond = _field("microsecond")
    nanosecond = _field("nanosecond")
    day_of_week = _field("day_of_week")
    day_of_year = _field("day_of_year")
    quarter = _field("quarter")
    days_in_month = _field("days_in_month")
    weekday = deprecated_name("DatetimeIndex", "weekday", "day_of_week")
    dayofweek = deprecated_name("DatetimeIndex", "dayofweek", "day_of_week")
    dayofyear = deprecated_name("DatetimeIndex", "dayofyear", "day_of_year")
    daysinmonth = deprecated_name("DatetimeIndex", "daysinmonth", "days_in_month")
    is_month_start = _flag("is_month_start")
    is_month_end = _flag("is_month_end")
    is_quarter_start = _flag("is_quarter_start")
    is_quarter_end = _flag("is_quarter_end")
    is_year_start = _flag("is_year_start")
    is_year_end = _flag("is_year_end")
    is_leap_year = _flag("is_leap_year")

    @property
    def date(self) -> np.ndarray:
        """The days as Python's own objects."""
        return _objects(item if item != item else item.date() for item in self)

    @property
    def time(self) -> np.ndarray:
        """The times of day as Python's own objects."""
        return _objects(item if item != item else item.time() for item in self)

    @property
    def timetz(self) -> np.ndarray:
        """The times of day with their zones."""
        return _objects(item if item != item else item.timetz() for item in self)

    @property
    def is_normalized(self) -> bool:
        """Whether every label is midnight."""
        return self.normalize()._equals(self)

    def day_name(self, locale: Any = None) -> Any:
        """The name of each weekday."""
        return self._indexed("day_name", locale)

    def month_name(self, locale: Any = None) -> Any:
        """The name of each month."""
        return self._indexed("month_name", locale)

    def normalize(self) -> Any:
        """The midnights of the labels."""
        return self._indexed("normalize")

    def strftime(self, date_format: str) -> Any:
        """The labels as texts."""
        return self._indexed("strftime", date_format)

    def isocalendar(self) -> Any:
        """Year, week and weekday of each label."""
        frame = self._through("isocalendar")
        frame.index = self
        return frame

    def to_pydatetime(self) -> np.ndarray:
        """The labels as Python's own objects."""
        return _objects(item if item != item else item.to_pydatetime() for item in self)

    def to_julian_date(self) -> Any:
        """The labels as Julian days."""
        return Index([item.to_julian_date() for item in self], dtype="float64", name=self.name)

    def to_period(self, freq: Any = None) -> Any:
        raise NotImplementedError("lumen.pandas: DatetimeIndex.to_period")

    def snap(self, freq: Any = "S") -> Any:
        raise NotImplementedError("lumen.pandas: DatetimeIndex.snap")

    # Lookup.

    def get_loc(self, key: Any) -> Any:
        self._check_key(key)
        if isinstance(key, str):
            found = self._get_span(key)
            if found is None:
                found = self._span_of_text(key)
            return self._located(found, key)
        if isinstance(key, dt.time):
            return self.indexer_at_time(key)
        label = self._as_label(key)
        if label is _UNSET:
            raise KeyError(key)
        try:
            return self._located(self._get_loc(label), key)
        except KeyError:
            raise KeyError(key) from None

    def _span_of_text(self, key: str) -> Any:
        """Where the moment stands that a text of another form means."""
        from lumen.pandas._timestamp import Timestamp

        try:
            moment = Timestamp(key)
        except (ValueError, TypeError, OverflowError):
            raise KeyError(key) from None
        if (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0):
            found = self._get_span(moment.strftime("%Y-%m-%d"))
            return found
        try:
            return self._get_loc(self._as_label(moment))
        except KeyError:
            raise KeyError(key) from None

    def _as_label(self, key: Any) -> Any:
        from lumen.pandas._timestamp import Timestamp

        if isinstance(key, (int, float, np.integer, np.floating)) and not isinstance(key, np.timedelta64):
            return key if key != key else _UNSET
        if isinstance(key, (dt.timedelta, np.timedelta64)):
            return _UNSET
        if isinstance(key, (str, np.datetime64)) or isinstance(key, dt.date):
            if isinstance(key, dt.date) and not isinstance(key, dt.datetime):
                return _UNSET
            moment = Timestamp(key)
            if (moment.tzinfo is None) != (self.tz is None):
                if isinstance(key, str) and self.tz is not None:
                    return moment.tz_localize(self.tz)
                return _UNSET
            return moment
        return key

    def _as_item(self, item: Any) -> Any:
        if isinstance(item, str):
            try:
                return self._as_label(item)
            except (ValueError, TypeError):
                return item
        return item

    def _as_target(self, target: Any) -> Any:
        target = super()._as_target(target)
        if target._dtype in ("str", "object") and len(target) and self._dtype != target._dtype:
            try:
                return DatetimeIndex(target)
            except (ValueError, TypeError):
                return target
        return target

    def get_slice_bound(self, label: Any, side: str) -> int:
        if side not in ("left", "right"):
            raise ValueError(f"Invalid value for side kwarg, must be either 'left' or 'right': {side}")
        if isinstance(label, str):
            found = self._span_bound(label, side)
            if found is not None:
                return found
            try:
                label = self._as_label(label)
            except (ValueError, TypeError, OverflowError):
                self._refuse_slice(label)
        elif isinstance(label, dt.date) and not isinstance(label, dt.datetime):
            from lumen.pandas._timestamp import Timestamp

            warn(
                "Slicing with a datetime.date object is deprecated. Explicitly cast to Timestamp instead.",
                Pandas4Warning,
            )
            label = Timestamp(label)
        elif not isinstance(label, (dt.datetime, np.datetime64)):
            self._refuse_slice(label)
        aware = getattr(label, "tzinfo", None) is not None
        if label == label and aware != (self.tz is not None):
            raise TypeError(
                f"Cannot compare tz-naive and tz-aware datetime-like objects{'.' if aware else ''}"
            )
        return self._get_slice_bound(label, side)

    def slice_indexer(self, start: Any = None, end: Any = None, step: int | None = None) -> Any:
        if isinstance(start, dt.time) and isinstance(end, dt.time):
            if step is not None and step != 1:
                raise ValueError("Must have step size of 1 with time slices")
            return self.indexer_between_time(start, end)
        if isinstance(start, dt.time) or isinstance(end, dt.time):
            raise KeyError("Cannot mix time and non-time slice keys")
        if not self.is_monotonic_increasing and not self.is_monotonic_decreasing and len(self):
            mask = np.ones(len(self), dtype=bool)
            missing = False
            for label, side in ((start, "left"), (end, "right")):
                if label is None:
                    continue
                moment = self._as_label(label)
                missing |= isinstance(label, str) and moment not in self
                held = self >= moment if side == "left" else self <= moment
                mask &= np.asarray(held)
            if missing:
                raise KeyError(
                    "Value based partial slicing on non-monotonic DatetimeIndexes with non-existing keys is not allowed."
                )
            if start is not None or end is not None:
                rows = np.flatnonzero(mask)[::step]
                return slice(None, None, step) if len(rows) == len(self) else rows
        return super().slice_indexer(start, end, step)

    def indexer_at_time(self, time: Any, asof: bool = False) -> np.ndarray:
        """The rows at a time of day."""
        if asof:
            raise NotImplementedError("'asof' argument is not supported")
        moment = _nanoseconds(_time_of(time))
        return as_positions(self._rows_between(moment, moment, (True, True)))

    def indexer_between_time(
        self, start_time: Any, end_time: Any, include_start: bool = True, include_end: bool = True
    ) -> np.ndarray:
        """The rows between two times of day."""
        start, end = _nanoseconds(_time_of(start_time)), _nanoseconds(_time_of(end_time))
        return as_positions(self._rows_between(start, end, (bool(include_start), bool(include_end))))

    def _compare_operand(self, other: Any) -> Any:
        from lumen.pandas._timestamp import Timestamp

        if isinstance(other, str):
            try:
                return Timestamp(other)
            except ValueError:
                return other
        if (
            isinstance(other, dt.datetime)
            and not isinstance(other, Timestamp)
            and type(other).__name__ != "NaTType"
        ):
            return Timestamp(other)
        return other


def _numbers_from_utc(data: Any, tz: Any) -> Any:
    """Numbers count from 1970 UTC, and mixed texts with offsets are moments; both then stand in a zone."""
    from lumen.pandas._dtypes import DatetimeTZDtype

    if isinstance(data, abc.Iterator):
        data = list(data)
    column = _convert.column_of(data)
    if column.dtype.startswith((*_convert.WHOLE, "float")) and len(column):
        if not column.dtype.startswith("float"):
            return _convert.as_zoned(column, DatetimeTZDtype("ns", tz))
        counted = _engine.Index._of_column(column.cast("object").cast("datetime64[ns]"), None)
        return counted.tz_localize("UTC").tz_convert(tz)._values
    if column.dtype in ("str", "string", "object"):
        from lumen.pandas._timestamp import Timestamp

        items = [item if item is None or item != item else Timestamp(item) for item in column.tolist()]
        aware = {item.tzinfo is not None for item in items if isinstance(item, dt.datetime)}
        if aware == {True, False}:
            unit = max((item.unit for item in items if isinstance(item, dt.datetime)), key=_UNITS.index)
            return _convert.column_of(items, DatetimeTZDtype(unit, tz))
    return data


def _times_of(data: Any, dtype: Any) -> _engine.Column:
    """A column of times of what somebody gave."""
    if isinstance(data, abc.Iterator):
        data = list(data)
    wanted = None if dtype is None else pandas_dtype(dtype)
    if wanted is not None and not str(wanted).startswith("datetime64"):
        raise ValueError(
            f"Unexpected value for 'dtype': '{wanted}'. Must be 'datetime64[s]', 'datetime64[ms]', 'datetime64[us]', 'datetime64[ns]' or DatetimeTZDtype'."
        )
    column = _convert.column_of(data)
    name = column.dtype
    if not name.startswith("datetime64"):
        if name.startswith("timedelta64"):
            raise TypeError(f"dtype {name} cannot be converted to datetime64[ns]")
        if name == "bool":
            raise TypeError("dtype bool cannot be converted to datetime64[ns]")
        if name.startswith(_convert.WHOLE):
            if wanted is None or isinstance(wanted, np.dtype):
                column = column.cast("int64").cast(
                    "datetime64[ns]" if wanted is None else _convert.engine_name(wanted)
                )
        elif name.startswith("float"):
            column = column.cast("object").cast("datetime64[ns]")
        elif name == "object" and len(column) == 0:
            column = _engine.Column.empty("datetime64[s]")
        elif wanted is not None and not isinstance(wanted, np.dtype):
            column = _convert.as_zoned(column, wanted)
        else:
            column = _parsed(column, data)
    return column if wanted is None else _convert.column_of(column, wanted)


def _parsed(column: _engine.Column, data: Any) -> _engine.Column:
    """Texts and objects as times."""
    from lumen.pandas._timestamp import Timestamp

    items = [item if item is None or item != item else Timestamp(item) for item in column.tolist()]
    made = _engine.Column.from_items(items)
    return made if made.dtype.startswith("datetime64") else made.cast("datetime64[us]")


def _objects(items: Any) -> np.ndarray:
    held = list(items)
    array = np.empty(len(held), dtype=object)
    array[:] = held
    return array


def _time_of(time: Any) -> dt.time:
    if isinstance(time, dt.time):
        return time
    if isinstance(time, str):
        for form in ("%H:%M", "%H%M", "%I:%M%p", "%I%M%p", "%H:%M:%S", "%H%M%S", "%I:%M:%S%p", "%I%M%S%p"):
            try:
                return dt.datetime.strptime(time, form).time()
            except ValueError:
                continue
    raise ValueError(
        f"Cannot convert arg {[time]} to a time"
        if isinstance(time, str)
        else f"Cannot convert arg {[time]!r} to a time"
    )


def _nanoseconds(time: dt.time) -> int:
    seconds = (time.hour * 60 + time.minute) * 60 + time.second
    return (seconds * 1_000_000 + time.microsecond) * 1_000


class TimedeltaIndex(TimeLabels):
    """Labels that are durations."""

    __module__ = "pandas"
    _typ = "timedeltaindex"
    _array_name = "TimedeltaArray"

    def __new__(
        cls,
        data: Any = None,
        freq: Any = _UNSET,
        dtype: Any = None,
        copy: bool | None = None,
        name: Hashable = None,
    ) -> Any:
        if data is None or not _convert.is_list_like(data):
            shown = "None" if data is None else repr(data)
            raise TypeError(
                f"{cls.__name__}() must be called with a collection of some kind, {shown} was passed"
            )
        name = check_name(name, data, cls.__name__)
        own_step = data._freq if isinstance(data, TimedeltaIndex) and freq is _UNSET else None
        made = _engine.Index._of_column(_durations_of(data, dtype), name)
        if own_step is not None:
            return made._with_freq(own_step)
        if freq is not _UNSET and freq is not None:
            return made._checked_step(freq)
        return made

    days = _field("days")
    seconds = _field("seconds")
    microseconds = _field("microseconds")
    nanoseconds = _field("nanoseconds")

    @property
    def components(self) -> Any:
        """The parts of each label as columns."""
        frame = self._through("components")
        frame.index = self
        return frame

    def total_seconds(self) -> Any:
        """The lengths in seconds."""
        return self._indexed("total_seconds")

    def to_pytimedelta(self) -> np.ndarray:
        """The labels as Python's own objects."""
        return _objects(item if item != item else item.to_pytimedelta() for item in self)

    def sum(
        self,
        *,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        skipna: bool = True,
        min_count: int = 0,
    ) -> Any:
        """The sum of the labels."""
        self._check_reduction(axis)
        named = {"dtype": dtype, "out": out, "keepdims": keepdims, "initial": initial}
        _numpy_arguments.check("sum", (), named)
        return self._series().sum(skipna=skipna, min_count=min_count)

    def median(self, *, axis: Any = None, skipna: bool = True, **kwargs: Any) -> Any:
        """The median of the labels."""
        self._check_reduction(axis)
        _numpy_arguments.check("median", (), kwargs)
        return self._series().median(skipna=skipna)

    def get_loc(self, key: Any) -> Any:
        self._check_key(key)
        label = self._as_label(key)
        if label is _UNSET:
            raise KeyError(key)
        try:
            return self._located(self._get_loc(label), key)
        except KeyError:
            raise KeyError(key) from None

    def _as_label(self, key: Any) -> Any:
        from lumen.pandas._timedelta import Timedelta

        if isinstance(key, str):
            try:
                return Timedelta(key)
            except ValueError:
                raise KeyError(key) from None
        if isinstance(key, (int, np.integer)) and not isinstance(key, np.timedelta64):
            return _UNSET
        if isinstance(key, (dt.datetime, dt.date)) and key == key:
            return _UNSET
        return key

    def _as_item(self, item: Any) -> Any:
        if isinstance(item, str):
            try:
                return self._as_label(item)
            except KeyError:
                return item
        return item

    def _as_target(self, target: Any) -> Any:
        target = super()._as_target(target)
        if target._dtype in ("str", "object") and len(target):
            try:
                return TimedeltaIndex(target)
            except (ValueError, TypeError):
                return target
        return target

    def get_slice_bound(self, label: Any, side: str) -> int:
        if isinstance(label, str):
            try:
                moment = self._as_label(label)
            except KeyError:
                self._refuse_slice(label)
            if side == "right":
                moment = moment + _coarseness(moment)
            return self._get_slice_bound(moment, side)
        if not isinstance(label, (dt.timedelta, np.timedelta64)):
            self._refuse_slice(label)
        return self._get_slice_bound(label, side)


def _coarseness(moment: Any) -> Any:
    """The unit in which a duration is written, less one tick: what a written bound of a slice takes in."""
    from lumen.pandas._timedelta import Timedelta

    parts = moment.components
    for name, text in (
        ("nanoseconds", "1ns"),
        ("microseconds", "1us"),
        ("milliseconds", "1ms"),
        ("seconds", "1s"),
        ("minutes", "1min"),
        ("hours", "1h"),
    ):
        if getattr(parts, name):
            return Timedelta(text) - Timedelta("1ns")
    return Timedelta("1D") - Timedelta("1ns")


def _durations_of(data: Any, dtype: Any) -> _engine.Column:
    """A column of durations of what somebody gave."""
    from lumen.pandas._timedelta import Timedelta

    if isinstance(data, abc.Iterator):
        data = list(data)
    wanted = None if dtype is None else pandas_dtype(dtype)
    column = _convert.column_of(data)
    name = column.dtype
    if not name.startswith("timedelta64"):
        if name.startswith(("datetime64", "bool")):
            raise TypeError(f"dtype {name} cannot be converted to timedelta64[ns]")
        if name == "int64":
            column = column.cast("timedelta64[ns]")
        elif name == "object" and len(column) == 0:
            column = _engine.Column.empty("timedelta64[s]")
        else:
            items = [item if item is None or item != item else Timedelta(item) for item in column.tolist()]
            column = _engine.Column.from_items(items)
            if not column.dtype.startswith("timedelta64"):
                column = column.cast("timedelta64[us]")
    return column if wanted is None else _convert.cast(column, wanted)
