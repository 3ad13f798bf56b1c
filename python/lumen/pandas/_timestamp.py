"""`Timestamp`: an instant, or a wall clock without zone, in ticks since 1970 of a unit from seconds to nanoseconds.

Construction and arithmetic are here; fields and text in `_timestamp_fields`, parsing in `_parse_datetime`, wall
clocks in `_localize`. The engine makes one by `Timestamp._from_ticks` and reads `_value`, `unit` and `tz`.
"""

from __future__ import annotations

import datetime as dt
import operator
from typing import Any, Callable

import numpy as np

from lumen.pandas import _localize, _ticks, _timezones
from lumen.pandas._errors import OutOfBoundsDatetime, Pandas4Warning
from lumen.pandas._missing import NAType, is_missing
from lumen.pandas._nat import NaT
from lumen.pandas._parse_datetime import parse_datetime
from lumen.pandas._ticks import NAT, PER_SECOND
from lumen.pandas._timedelta import Timedelta, _is_float, _is_integer, _PerUnit, checked_ticks
from lumen.pandas._timestamp_fields import Fields
from lumen.pandas._warn import warn

_none: Any = object()
_INTEGER_ARITHMETIC = (
    "Addition/subtraction of integers and integer-arrays with Timestamp is no longer supported.  Instead of"
    " adding/subtracting `n`, use `n * obj.freq`"
)
_AMBIGUOUS_FOLD = (
    "Cannot pass fold with possibly unambiguous input: int, float, numpy.datetime64, str, or timezone-aware"
    " datetime-like. Pass naive datetime-like or build Timestamp from components."
)
_TWO_ZONES = "Cannot pass a datetime or Timestamp with tzinfo with the tz parameter. Use tz_convert instead."
_UNIT_NAMES = {"d": "D", "w": "W"}


class _Constant(_PerUnit):
    def __get__(self, instance: Any, owner: Any) -> Any:
        return Timestamp._from_ticks(self._ticks, "ns" if instance is None else instance._unit)


class Timestamp(Fields, dt.datetime):
    """An instant of time; a subclass of `datetime.datetime`, equal to it where both can say it.

    `unit` is the tick; text and datetimes give microseconds, numbers nanoseconds unless their unit is coarser.
    """

    __array_priority__ = 100
    _value: int
    _unit: str

    min = _Constant(_ticks.MIN)
    max = _Constant(_ticks.MAX)
    resolution = _PerUnit(1)

    def __new__(
        cls,
        ts_input: Any = _none,
        year: Any = None,
        month: Any = None,
        day: Any = None,
        hour: Any = None,
        minute: Any = None,
        second: Any = None,
        microsecond: Any = None,
        tzinfo: Any = None,
        *,
        nanosecond: Any = None,
        tz: Any = _none,
        unit: str | None = None,
        fold: int | None = None,
    ) -> Any:
        if tz is not _none and tz is not None and tzinfo is not None:
            raise ValueError("Can provide at most one of tz, tzinfo")
        if tzinfo is not None and not isinstance(tzinfo, dt.tzinfo):
            raise TypeError(
                f"Argument 'tzinfo' has incorrect type (expected datetime.tzinfo, got {type(tzinfo).__name__})"
            )
        if fold is not None:
            if fold not in (0, 1):
                raise ValueError("Valid values for the fold argument are None, 0, or 1.")
            if (
                ts_input is not _none
                and not (isinstance(ts_input, dt.datetime) and getattr(ts_input, "tzinfo", None) is None)
                and not (_is_integer(ts_input) and year is not None)
            ):
                raise ValueError(_AMBIGUOUS_FOLD)
        if nanosecond is not None and not 0 <= nanosecond <= 999:
            raise ValueError("nanosecond must be in 0..999")
        if (
            isinstance(ts_input, str)
            and (year, month, day, hour, minute, second, microsecond, nanosecond) != (None,) * 8
        ):
            raise ValueError(
                "Cannot pass a date attribute keyword argument when passing a date string; 'tz' is keyword-only"
            )
        if ts_input is not _none and not _is_integer(ts_input):
            dates = {
                "year": year,
                "month": month,
                "day": day,
                "hour": hour,
                "minute": minute,
                "second": second,
                "microsecond": microsecond,
            }
            given = [name for name, part in dates.items() if part is not None]
            if (
                given
                and ts_input is not None
                and not is_missing(ts_input)
                and isinstance(ts_input, (str, dt.date, np.datetime64, float, np.floating))
            ):
                raise ValueError(
                    f"Cannot pass both a value to convert and date attributes, got {given}; 'tz' is keyword-only"
                )
        if ts_input is _none:
            return cls._from_parts(
                year,
                month,
                day,
                hour,
                minute,
                second,
                microsecond,
                nanosecond,
                tzinfo if tz is _none or tz is None else tz,
                fold,
            )
        if _is_integer(ts_input) and year is None:
            given = [
                name
                for name, part in (
                    ("month", month),
                    ("day", day),
                    ("hour", hour),
                    ("minute", minute),
                    ("second", second),
                    ("microsecond", microsecond),
                )
                if part is not None
            ]
            if given:
                raise ValueError(
                    f"Cannot pass both a value to convert and date attributes, got {given}; 'tz' is keyword-only"
                )
        if _is_integer(ts_input) and year is not None:
            if _has_gap((year, month, day, hour, minute, second)) or (
                second is None and microsecond is not None and not isinstance(microsecond, dt.tzinfo)
            ):
                raise ValueError("Cannot leave a gap in the positional date attributes")
            if month is None:
                raise TypeError("'NoneType' object cannot be interpreted as an integer")
            # Positional fields: everything stands one place to the left, the zone in the place of microseconds.
            if microsecond is not None and not isinstance(microsecond, dt.tzinfo):
                raise TypeError(
                    f"tzinfo argument must be None or of a tzinfo subclass, not type '{type(microsecond).__name__}'"
                )
            zone = microsecond if microsecond is not None else tzinfo
            return cls._from_parts(
                ts_input,
                year,
                month,
                day,
                hour,
                minute,
                second,
                nanosecond,
                zone if tz is _none or tz is None else tz,
                fold,
            )
        zone = (
            _timezones.resolve(tzinfo if tz is _none else tz)
            if (tz is not _none or tzinfo is not None)
            else None
        )
        if unit is not None and not isinstance(unit, str):
            raise TypeError(f"Expected str, got {type(unit).__name__}")
        made = cls._convert(ts_input, zone, unit, fold, tz is not _none and tz is not None)
        if nanosecond and made is not NaT and isinstance(ts_input, dt.datetime):
            made = made.replace(nanosecond=nanosecond)
        return made

    @classmethod
    def _from_parts(
        cls,
        year: Any,
        month: Any,
        day: Any,
        hour: Any,
        minute: Any,
        second: Any,
        microsecond: Any,
        nanosecond: Any,
        tz: Any,
        fold: int | None,
    ) -> Any:
        given = {"year": year, "month": month, "day": day}
        for position, (name, part) in enumerate(given.items(), start=1):
            if part is None:
                raise TypeError(f"function missing required argument '{name}' (pos {position})")
        moment = dt.datetime(
            year, month, day, hour or 0, minute or 0, second or 0, microsecond or 0, fold=fold or 0
        )
        zone = _timezones.resolve(tz)
        wall = _ticks.wall_seconds(moment) * 10**6 + moment.microsecond
        unit = "us"
        if nanosecond:
            wall, unit = wall * 1000 + nanosecond, "ns"
            if not _ticks.fits(wall):
                raise OutOfBoundsDatetime(f"Out of bounds nanosecond timestamp: {moment}")
        return cls._at_wall(wall, unit, zone, moment.fold)

    @classmethod
    def _at_wall(cls, wall: int, unit: str, tz: dt.tzinfo | None, fold: int) -> Any:
        """The instant a datetime's wall clock means: the first of two unless `fold`, past a gap as Python does."""
        if tz is None:
            return cls._from_ticks(wall, unit, None)
        per = PER_SECOND[unit]
        seconds = wall // per
        offsets = _timezones.offsets_of_wall(tz, seconds)
        if offsets:
            offset = offsets[-1] if fold else offsets[0]
        else:
            offset = _timezones.local_seconds(tz, seconds - 93_600)[0]
        return cls._from_ticks(wall - offset * per, unit, tz)

    @classmethod
    def _from_ticks(cls, value: int, unit: str, tz: dt.tzinfo | None = None) -> Any:
        """The instant of `value` ticks of `unit` since 1970 UTC, seen in `tz`; NaT for the pattern of missing."""
        if not _ticks.fits(value):
            if value == NAT:
                return NaT
            raise OutOfBoundsDatetime(f"Out of bounds {_ticks.LONG[unit]} timestamp: {value}")
        per = PER_SECOND[unit]
        seconds, ticks = divmod(value, per)
        fold = 0
        if tz is not None:
            offset, fold = _timezones.local_seconds(tz, seconds)
            tz = _timezones.at_utc(tz, seconds)
            seconds += offset
        days, seconds = divmod(seconds, 86_400)
        year, date = _ticks.civil(days)
        made = dt.datetime.__new__(
            cls,
            date.year,
            date.month,
            date.day,
            seconds // 3_600,
            seconds // 60 % 60,
            seconds % 60,
            ticks * 1_000_000 // per,
            tz,
            fold=fold,
        )
        made._value = value
        made._unit = unit
        made._year = year
        return made

    @classmethod
    def _from_value_and_reso(cls, value: int, reso: int, tz: dt.tzinfo | None) -> Any:
        """From ticks, pandas' number of the unit (7 for seconds to 10 for nanoseconds) and the zone."""
        return cls._from_ticks(int(value), _ticks.UNIT_OF_CRESO[int(reso)], tz)

    @classmethod
    def _from_dt64(cls, dt64: np.datetime64) -> Any:
        """From numpy's time, in its unit."""
        return cls._from_ticks(*_ticks.from_numpy(dt64, "M"))

    @classmethod
    def _convert(
        cls, value: Any, tz: dt.tzinfo | None, unit: str | None, fold: int | None, explicit: bool
    ) -> Any:
        if isinstance(value, Timestamp):
            if value.tzinfo is not None:
                if explicit and tz is not None:
                    raise ValueError(_TWO_ZONES)
                return value
            if tz is None:
                return value
            if fold is not None:
                return cls._at_wall(value._value, value._unit, tz, fold)
            return value.tz_localize(tz)
        if isinstance(value, str):
            return cls._from_text(value, tz)
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value[()]
        if isinstance(value, np.datetime64):
            if value != value:
                return NaT
            try:
                ticks, numpy_unit = _ticks.from_numpy(value, "M")
            except OverflowError:
                raise OutOfBoundsDatetime(f"Out of bounds second timestamp: {value}") from None
            return cls._wall_or_utc(ticks, numpy_unit, tz)
        if value is None or is_missing(value) or isinstance(value, NAType):
            return NaT
        if isinstance(value, dt.datetime):
            return cls._from_datetime(value, tz, fold, explicit)
        if isinstance(value, dt.date):
            return cls._wall_or_utc(_ticks.days_of(value.year, value.month, value.day) * 86_400, "s", tz)
        if _is_integer(value) or _is_float(value):
            return cls._from_number(value, unit, tz)
        raise TypeError(f"Cannot convert input [{value}] of type {type(value)} to Timestamp")

    @classmethod
    def _wall_or_utc(cls, wall: int, unit: str, tz: dt.tzinfo | None) -> Any:
        return (
            cls._from_ticks(wall, unit, None)
            if tz is None
            else cls._from_ticks(wall, unit, None).tz_localize(tz)
        )

    @classmethod
    def _from_text(cls, text: str, tz: dt.tzinfo | None) -> Any:
        if text.lower() in ("now", "today"):
            return cls.now(tz)
        parsed = parse_datetime(text)
        if parsed is None:
            return NaT
        if parsed.tz is None:
            return cls._wall_or_utc(parsed.ticks, parsed.unit, tz)
        ticks = _localize.to_utc(parsed.ticks, parsed.unit, parsed.tz)
        return cls._from_ticks(ticks, parsed.unit, parsed.tz if tz is None else tz)

    @classmethod
    def _from_datetime(
        cls, value: dt.datetime, tz: dt.tzinfo | None, fold: int | None, explicit: bool
    ) -> Any:
        wall = _ticks.wall_seconds(value) * 10**6 + value.microsecond
        if value.tzinfo is None:
            return cls._at_wall(wall, "us", tz, value.fold if fold is None else fold)
        if explicit and tz is not None:
            raise ValueError(_TWO_ZONES)
        offset = value.utcoffset()
        shift = 0 if offset is None else (offset.days * 86_400 + offset.seconds) * 10**6 + offset.microseconds
        return cls._from_ticks(wall - shift, "us", value.tzinfo)

    @classmethod
    def _from_number(cls, value: Any, unit: str | None, tz: dt.tzinfo | None) -> Any:
        name = _UNIT_NAMES.get(unit, unit) if unit is not None else "ns"
        if name in ("Y", "M"):
            if _is_float(value):
                if value != value:
                    return NaT
                if not float(value).is_integer():
                    raise ValueError(f"Conversion of non-round float with unit={name} is ambiguous")
            months = int(value) * (12 if name == "Y" else 1)
            days = _ticks.days_of(1970 + months // 12, months % 12 + 1, 1)
            return cls._from_ticks(days * 86_400 * 10**6, "us", tz)
        if name not in _ticks.NANOS:
            raise ValueError(f"Unrecognized unit {unit}")
        if _is_float(value):
            if value != value:
                return NaT
            if name == "ns" or not float(value).is_integer():
                nanos = _ticks.from_float(float(value), _ticks.NANOS[name]) if abs(value) < 1e300 else 2**200
                if not _ticks.fits(nanos):
                    if name == "ns":
                        raise OutOfBoundsDatetime(f"Out of bounds timestamp {value}")
                    raise OutOfBoundsDatetime(f"cannot convert input {value} with the unit '{name}'")
                return cls._from_ticks(nanos, "ns", tz)
        count = int(value)
        if not -(2**63) <= count < 2**63:
            raise OutOfBoundsDatetime(f"Out of bounds timestamp {count}")
        if name == "ns":
            return cls._from_ticks(count, "ns", tz)
        if count == NAT:
            return NaT
        micros = count * _ticks.NANOS[name] // 1000
        if not _ticks.fits(micros):
            raise OutOfBoundsDatetime(f"cannot convert input {value} with the unit '{unit}'")
        return cls._from_ticks(micros, "us", tz)

    # Other ways to make one.

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        """The present, on the wall clock of `tz` or of this machine."""
        zone = _timezones.resolve(tz)
        return cls._from_datetime(dt.datetime.now(zone), None, None, False)

    @classmethod
    def today(cls, tz: Any = None) -> Any:
        """The same as `now`."""
        return cls.now(tz)

    @classmethod
    def utcnow(cls) -> Any:
        """The present in UTC; deprecated."""
        warn(
            "Timestamp.utcnow is deprecated and will be removed in a future version. Use Timestamp.now('UTC')"
            " instead.",
            Pandas4Warning,
        )
        return cls.now("UTC")

    @classmethod
    def fromtimestamp(cls, ts: float, tz: Any = None) -> Any:
        """From seconds since 1970, on the wall clock of `tz` or of this machine."""
        return cls._from_datetime(dt.datetime.fromtimestamp(ts, _timezones.resolve(tz)), None, None, False)

    @classmethod
    def utcfromtimestamp(cls, ts: float) -> Any:
        """From seconds since 1970, in UTC; deprecated."""
        warn(
            "Timestamp.utcfromtimestamp is deprecated and will be removed in a future version. Use"
            " Timestamp.fromtimestamp(ts, 'UTC') instead.",
            Pandas4Warning,
        )
        return cls.fromtimestamp(ts, "UTC")

    @classmethod
    def fromordinal(cls, ordinal: int, tz: Any = None) -> Any:
        """Midnight of a day counted from 0001-01-01."""
        return cls(dt.datetime.fromordinal(ordinal), tz=tz)

    @classmethod
    def fromisoformat(cls, date_string: str) -> Any:
        """From text as `datetime.fromisoformat` reads it."""
        return cls(dt.datetime.fromisoformat(date_string))

    @classmethod
    def fromisocalendar(cls, year: int, week: int, day: int) -> Any:
        """From year, week and day of the ISO calendar."""
        return cls(dt.datetime.fromisocalendar(year, week, day))

    @classmethod
    def combine(cls, date: dt.date, time: dt.time) -> Any:  # type: ignore[override]
        """From a date and a time of the day."""
        return cls(dt.datetime.combine(date, time))

    @classmethod
    def strptime(cls, date_string: str, format: str) -> Any:
        """Not offered, here or in pandas."""
        raise NotImplementedError(
            "Timestamp.strptime() is not implemented. Use to_datetime() to parse date strings."
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickle, (self._value, self._unit, self.tzinfo)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return self.__reduce__()

    def __copy__(self) -> Timestamp:
        return self

    def __deepcopy__(self, memo: object) -> Timestamp:
        return self

    # Comparison.

    def _compare(self, other: Any, test: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, Timestamp):
            return self._compare_same(other, test)
        if other is NaT:
            return test is operator.ne
        if isinstance(other, (dt.datetime, np.datetime64)):
            converted = Timestamp(other)
            if converted is NaT:
                return test is operator.ne
            ordered = test is not operator.eq and test is not operator.ne
            mixed = isinstance(other, dt.datetime) and (self.tzinfo is None) != (other.tzinfo is None)
            if ordered and mixed and not self.nanosecond:
                raise TypeError("can't compare offset-naive and offset-aware datetimes")
            return self._compare_same(converted, test)
        if isinstance(other, np.ndarray):
            return self._compare_array(other, test)
        if isinstance(other, dt.date):
            if test is operator.eq or test is operator.ne:
                return test is operator.ne
            raise TypeError(
                "Cannot compare Timestamp with datetime.date. Use ts == pd.Timestamp(date) or ts.date() == date"
                " instead."
            )
        return NotImplemented

    def _compare_same(self, other: Timestamp, test: Callable[[Any, Any], Any]) -> Any:
        if (self.tzinfo is None) != (other.tzinfo is None):
            if test is operator.eq or test is operator.ne:
                return test is operator.ne
            raise TypeError("Cannot compare tz-naive and tz-aware timestamps")
        mine, theirs = self._value, other._value
        if self._unit != other._unit:
            unit = _ticks.finer(self._unit, other._unit)
            mine = _ticks.convert(mine, self._unit, unit)
            theirs = _ticks.convert(theirs, other._unit, unit)
        return test(mine, theirs)

    def _compare_array(self, other: np.ndarray, test: Callable[[Any, Any], Any]) -> Any:
        if other.ndim == 0 and other.dtype.kind in "MO":
            return self._compare(other[()], test)
        if other.dtype.kind == "M" and self.tzinfo is None:
            return test(self.asm8, other)
        if other.dtype.kind == "O":
            return np.array([test(self, v) for v in other.ravel()], dtype=bool).reshape(other.shape)
        if test is operator.eq:
            return np.zeros(other.shape, dtype=bool)
        if test is operator.ne:
            return np.ones(other.shape, dtype=bool)
        if other.dtype.kind == "M":
            raise TypeError("Cannot compare tz-naive and tz-aware timestamps")
        return NotImplemented

    def __eq__(self, other: object) -> Any:
        return self._compare(other, operator.eq)

    def __ne__(self, other: object) -> Any:
        return self._compare(other, operator.ne)

    def __lt__(self, other: Any) -> Any:
        return self._compare(other, operator.lt)

    def __le__(self, other: Any) -> Any:
        return self._compare(other, operator.le)

    def __gt__(self, other: Any) -> Any:
        return self._compare(other, operator.gt)

    def __ge__(self, other: Any) -> Any:
        return self._compare(other, operator.ge)

    def __hash__(self) -> int:
        if self.nanosecond or not 1 <= self._year <= 9999:
            return hash(self._value)
        return dt.datetime.__hash__(self.replace(fold=0) if self.fold else self)

    # Arithmetic.

    def __add__(self, other: Any) -> Any:
        if other is NaT:
            return NaT
        if isinstance(other, (dt.timedelta, np.timedelta64)) or getattr(other, "_is_tick", False):
            return self._shifted(Timedelta(other), 1)
        if _is_integer(other):
            raise TypeError(_INTEGER_ARITHMETIC)
        if isinstance(other, np.ndarray):
            return self._array_operation(other, operator.add)
        return NotImplemented

    __radd__ = __add__

    def _shifted(self, other: Any, sign: int) -> Any:
        if other is NaT:
            return NaT
        unit = _ticks.finer(self._unit, other._unit)
        mine = _ticks.convert(self._value, self._unit, unit)
        if not _ticks.fits(mine):
            raise OutOfBoundsDatetime(f"Cannot cast {self} to unit='{unit}' without overflow.")
        total = mine + sign * _ticks.convert(other._value, other._unit, unit)
        if not _ticks.fits(total):
            raise OutOfBoundsDatetime(f"Out of bounds {_ticks.LONG[unit]} timestamp: {total}")
        return type(self)._from_ticks(total, unit, self.tzinfo)

    def _array_operation(self, other: np.ndarray, operation: Callable[[Any, Any], Any]) -> Any:
        if other.ndim == 0:
            return operation(self, other[()])
        if other.dtype.kind in "iu":
            raise TypeError(_INTEGER_ARITHMETIC)
        if other.dtype.kind == "m" and self.tzinfo is None:
            return checked_ticks(self._value, self._unit, "M", other, operation)
        if other.dtype.kind in "mO":
            values = [Timedelta(v) for v in other.ravel()] if other.dtype.kind == "m" else other.ravel()
            out = np.empty(other.shape, dtype=object)
            out.ravel()[:] = [operation(self, v) for v in values]
            return out
        return NotImplemented

    def __sub__(self, other: Any) -> Any:
        if other is NaT:
            return NaT
        if isinstance(other, (dt.timedelta, np.timedelta64)) or getattr(other, "_is_tick", False):
            return self._shifted(Timedelta(other), -1)
        if _is_integer(other):
            raise TypeError(_INTEGER_ARITHMETIC)
        if isinstance(other, np.ndarray):
            return self._array_operation(other, operator.sub)
        if isinstance(other, (dt.datetime, np.datetime64)):
            return self._difference(Timestamp(other))
        return NotImplemented

    def __rsub__(self, other: Any) -> Any:
        if other is NaT:
            return NaT
        if isinstance(other, (dt.datetime, np.datetime64)):
            converted = Timestamp(other)
            return NaT if converted is NaT else converted._difference(self)
        return NotImplemented

    def _difference(self, other: Any) -> Any:
        if other is NaT:
            return NaT
        if (self.tzinfo is None) != (other.tzinfo is None):
            raise TypeError("Cannot subtract tz-naive and tz-aware datetime-like objects.")
        unit = _ticks.finer(self._unit, other._unit)
        total = _ticks.convert(self._value, self._unit, unit) - _ticks.convert(
            other._value, other._unit, unit
        )
        if not _ticks.fits(total):
            raise OutOfBoundsDatetime(
                "Result is too large for pandas.Timedelta. Convert inputs to datetime.datetime with"
                " 'Timestamp.to_pydatetime()' before subtracting."
            )
        return Timedelta._from_ticks(total, unit)


def _has_gap(parts: tuple[Any, ...]) -> bool:
    """Whether a part is given after one that is not."""
    missing = False
    for part in parts:
        if part is None:
            missing = True
        elif missing:
            return True
    return False


def _unpickle(value: int, unit: str, tz: dt.tzinfo | None) -> Any:
    return Timestamp._from_ticks(value, unit, tz)


Timestamp.__module__ = "pandas"
