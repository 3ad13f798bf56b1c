"""What a Timestamp shows and how it is moved without arithmetic: fields, text, units, zones, rounding, conversions.

A mixin of `Timestamp`, split off for its length; it has no state of its own.
"""

from __future__ import annotations

import calendar
import datetime as dt
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from lumen.pandas import _localize, _ticks, _timezones
from lumen.pandas._errors import OutOfBoundsDatetime, Pandas4Warning
from lumen.pandas._nat import NaT
from lumen.pandas._ticks import PER_SECOND
from lumen.pandas._timedelta import _is_integer
from lumen.pandas._warn import warn as _warn

if TYPE_CHECKING:
    from lumen.pandas._timestamp import Timestamp

_same_zone: Any = object
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
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
)
_BY_HAND = "For now, please call the components you need (such as `.year` and `.month`) and construct your string from there."


def _renamed(old: str, new: str) -> property:
    """A field under the name it had, with the warning that says so."""

    def get(self: Any) -> Any:
        _warn(
            f"Timestamp.{old} is deprecated and will be removed in a future version. Use Timestamp.{new} instead.",
            Pandas4Warning,
        )
        return getattr(self, new)

    get.__doc__ = f"Deprecated name of `{new}`."
    return property(get)


class Fields:
    """Fields and conversions of a Timestamp."""

    # Fields.

    @property
    def unit(self) -> str:
        """'s', 'ms', 'us' or 'ns'."""
        return self._unit

    @property
    def _creso(self) -> int:
        return _ticks.CRESO[self._unit]

    @property
    def value(self) -> int:
        """Nanoseconds since 1970 UTC; OverflowError when they do not fit."""
        nanos = _ticks.convert(self._value, self._unit, "ns")
        if not _ticks.fits(nanos):
            raise OverflowError(
                "Cannot convert Timestamp to nanoseconds without overflow. Use `.asm8.view('i8')` to cast represent"
                f" Timestamp in its own unit (here, {self._unit})."
            )
        return nanos

    @property
    def year(self) -> int:
        """The year, which may lie beyond 9999."""
        return self._year

    @property
    def nanosecond(self) -> int:
        """Nanoseconds of the microsecond, 0 to 999."""
        return self._value % 1000 if self._unit == "ns" else 0

    @property
    def tz(self) -> Any:
        """The zone, or None."""
        return self.tzinfo

    @tz.setter
    def tz(self, value: Any) -> NoReturn:
        raise AttributeError("Cannot directly set timezone. Use tz_localize() or tz_convert() as appropriate")

    @property
    def quarter(self) -> int:
        """The quarter of the year, 1 to 4."""
        return (self.month - 1) // 3 + 1

    @property
    def day_of_week(self) -> int:
        """The day of the week; Monday is 0."""
        return self.weekday()

    dayofweek = _renamed("dayofweek", "day_of_week")

    @property
    def day_of_year(self) -> int:
        """The day of the year, from 1."""
        return _ticks.days_of(self._year, self.month, self.day) - _ticks.days_of(self._year, 1, 1) + 1

    dayofyear = _renamed("dayofyear", "day_of_year")

    @property
    def week(self) -> int:
        """The week of the year by ISO 8601."""
        return dt.datetime.isocalendar(self)[1]

    weekofyear = week

    @property
    def days_in_month(self) -> int:
        """How many days the month has."""
        return 28 + self.is_leap_year if self.month == 2 else 30 + ((self.month + self.month // 8) % 2)

    daysinmonth = _renamed("daysinmonth", "days_in_month")

    @property
    def is_leap_year(self) -> bool:
        """Whether the year has 366 days."""
        return calendar.isleap(self._year)

    @property
    def is_month_start(self) -> bool:
        """Whether this is the first day of a month."""
        return self.day == 1

    @property
    def is_month_end(self) -> bool:
        """Whether this is the last day of a month."""
        return self.day == self.days_in_month

    @property
    def is_quarter_start(self) -> bool:
        """Whether this is the first day of a quarter."""
        return self.day == 1 and self.month % 3 == 1

    @property
    def is_quarter_end(self) -> bool:
        """Whether this is the last day of a quarter."""
        return self.month % 3 == 0 and self.is_month_end

    @property
    def is_year_start(self) -> bool:
        """Whether this is the first of January."""
        return self.day == 1 and self.month == 1

    @property
    def is_year_end(self) -> bool:
        """Whether this is the last of December."""
        return self.month == 12 and self.day == 31

    def day_name(self, locale: str | None = None) -> str:
        """The English name of the day, or that of a locale of this machine."""
        return _name(_DAYS, "day_name", self.weekday(), locale)

    def month_name(self, locale: str | None = None) -> str:
        """The English name of the month, or that of a locale of this machine."""
        return _name(_MONTHS, "month_name", self.month - 1, locale)

    def to_julian_date(self) -> np.float64:
        """Days since noon of 1 January 4713 BC."""
        if self.tzinfo is not None:
            return self.tz_convert(None).to_julian_date()
        year, month = self._year, self.month
        if month <= 2:
            year, month = year - 1, month + 12
        clock = (
            self.hour / 24
            + self.minute / 1_440
            + self.second / 86_400
            + self.microsecond / 3_600 / 10**6 / 24
            + self.nanosecond / 3_600 / 10**9 / 24
        )
        day = self.day + int((153 * month - 457) / 5) + 365 * year + year // 4 - year // 100 + year // 400
        return np.float64(day + 1_721_118.5 + clock)

    # Refused beyond the years Python knows.

    def _in_python(self, name: str, hint: str = "") -> None:
        if not 1 <= self._year <= 9999:
            raise NotImplementedError(
                f"{name} not yet supported on Timestamps which are outside the range of Python's standard library."
                f" {hint}"
            )

    def date(self) -> dt.date:
        """The day."""
        self._in_python("date")
        return dt.datetime.date(self)

    def timetuple(self) -> Any:
        """As `datetime.timetuple`."""
        self._in_python("timetuple")
        return dt.datetime.timetuple(self)

    def isocalendar(self) -> Any:
        """Year, week and day of the ISO calendar."""
        self._in_python("isocalendar")
        return dt.datetime.isocalendar(self)

    def toordinal(self) -> int:
        """Days since 0001-01-01, that day being 1."""
        self._in_python("toordinal")
        return dt.datetime.toordinal(self)

    def ctime(self) -> str:
        """As 'Wed Jan  1 00:00:00 2020'."""
        self._in_python("ctime", _BY_HAND)
        return dt.datetime.ctime(self)

    def strftime(self, format: str) -> str:
        """By the directives of `datetime.strftime`."""
        self._in_python("strftime", _BY_HAND)
        return dt.datetime.strftime(self, format)

    # Text.

    @property
    def _date_repr(self) -> str:
        return f"{self._year:04}-{self.month:02}-{self.day:02}"

    @property
    def _time_repr(self) -> str:
        clock = f"{self.hour:02}:{self.minute:02}:{self.second:02}"
        if self.nanosecond:
            return f"{clock}.{self.microsecond:06}{self.nanosecond:03}"
        return f"{clock}.{self.microsecond:06}" if self.microsecond else clock

    @property
    def _repr_base(self) -> str:
        return f"{self._date_repr} {self._time_repr}"

    def __repr__(self) -> str:
        if self.tzinfo is None:
            return f"Timestamp('{self._repr_base}')"
        return f"Timestamp('{self._repr_base}{self.strftime('%z')}', tz='{_timezones.label(self.tzinfo)}')"

    def __str__(self) -> str:
        return self.isoformat(sep=" ")

    def __format__(self, format_spec: str) -> str:
        return self.strftime(format_spec) if format_spec else str(self)

    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        """As ISO 8601; `timespec` as in `datetime.isoformat`, or 'nanoseconds'."""
        text = dt.datetime.isoformat(
            self, sep=sep, timespec="microseconds" if timespec == "nanoseconds" else timespec
        )
        # The base class may hold a stand-in for the year.
        text = self._date_repr + text[10:]
        if timespec == "nanoseconds" or (timespec == "auto" and self.nanosecond):
            clock = text.find(sep, len(self._date_repr)) + 1 + 8
            fraction = f".{self.microsecond:06}{self.nanosecond:03}"
            rest = text[clock:]
            rest = rest[7:] if rest.startswith(".") else rest
            text = text[:clock] + fraction + rest
        return text

    # Conversions.

    def timestamp(self) -> float:
        """Seconds since 1970, UTC for a time without zone, to the microsecond."""
        return round(self._value / PER_SECOND[self._unit], 6)

    @property
    def asm8(self) -> np.datetime64:
        """The same instant in UTC as numpy's."""
        return np.datetime64(self._value, self._unit)

    def to_datetime64(self) -> np.datetime64:
        """The same instant in UTC as numpy's."""
        return np.datetime64(self._value, self._unit)

    def to_numpy(self, dtype: Any = None, copy: bool = False) -> np.datetime64:
        """The same instant as numpy's; ValueError for any argument."""
        if dtype is not None or copy is not False:
            raise ValueError("Timestamp.to_numpy dtype and copy arguments are ignored.")
        return self.to_datetime64()

    def to_pydatetime(self, warn: bool = True) -> dt.datetime:
        """The same as a `datetime.datetime`, nanoseconds dropped with a warning; ValueError beyond its years."""
        if self.nanosecond and warn:
            _warn("Discarding nonzero nanoseconds in conversion.", UserWarning)
        if not 1 <= self._year <= 9999:
            raise ValueError(f"year {self._year} is out of range")
        return dt.datetime(
            self._year,
            self.month,
            self.day,
            self.hour,
            self.minute,
            self.second,
            self.microsecond,
            self.tzinfo,
            fold=self.fold,
        )

    def to_period(self, freq: Any = None) -> NoReturn:
        """Not offered."""
        raise NotImplementedError("lumen.pandas: Timestamp.to_period")

    def as_unit(self, unit: str, round_ok: bool = True) -> Timestamp:
        """The same time in another unit; ValueError when ticks would be lost and `round_ok` is False."""
        ticks = _ticks.cast(self._value, self._unit, _ticks.check_unit(unit), round_ok)
        if not _ticks.fits(ticks):
            raise OutOfBoundsDatetime(f"Cannot cast {self} to unit='{unit}' without overflow.")
        return type(self)._from_ticks(ticks, unit, self.tzinfo)

    # Zones.

    @property
    def _wall(self) -> int:
        """Ticks since 1970 that the wall clock shows."""
        if self.tzinfo is None:
            return self._value
        per = PER_SECOND[self._unit]
        return self._value + _timezones.local_seconds(self.tzinfo, self._value // per)[0] * per

    def tz_localize(self, tz: Any, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        """The wall clock read in `tz`, or freed from its zone with None.

        `ambiguous`: True (daylight saving), False, 'NaT' or 'raise'. `nonexistent`: 'shift_forward',
        'shift_backward', 'NaT', a duration or 'raise'.
        """
        if not isinstance(ambiguous, (bool, np.bool_)) and ambiguous not in ("NaT", "raise"):
            raise ValueError("'ambiguous' parameter must be one of: True, False, 'NaT', 'raise' (default)")
        _localize.check_nonexistent(nonexistent)
        if self.tzinfo is None:
            zone = _timezones.resolve(tz)
            if zone is None:
                return self
            if not 1 <= self._year <= 9999 and not _timezones.is_fixed(zone):
                raise NotImplementedError(
                    "Localizing Timestamps which are outside the range of Python's standard library datetime is not"
                    f" supported (year {self._year} is out of range)."
                )
            ticks = _localize.to_utc(self._value, self._unit, zone, ambiguous, nonexistent)
            if ticks is NaT:
                return NaT
            if not _ticks.fits(ticks):
                how, bound = ("underflows", self.min) if ticks < 0 else ("overflows", self.max)
                shown = f"{self._date_repr} {self.hour:02}:{self.minute:02}:{self.second:02}"
                raise OutOfBoundsDatetime(f"Converting {shown} {how} past {bound}")
            return type(self)._from_ticks(ticks, self._unit, zone)
        if tz is None:
            return type(self)._from_ticks(self._wall, self._unit, None)
        raise TypeError("Cannot localize tz-aware Timestamp, use tz_convert for conversions")

    def tz_convert(self, tz: Any) -> Timestamp:
        """The same instant on the wall clock of `tz`, or UTC without zone for None."""
        if self.tzinfo is None:
            raise TypeError("Cannot convert tz-naive Timestamp, use tz_localize to localize")
        return type(self)._from_ticks(self._value, self._unit, _timezones.resolve(tz))

    astimezone = tz_convert

    def replace(
        self,
        year: Any = None,
        month: Any = None,
        day: Any = None,
        hour: Any = None,
        minute: Any = None,
        second: Any = None,
        microsecond: Any = None,
        nanosecond: Any = None,
        tzinfo: Any = _same_zone,
        fold: int | None = None,
    ) -> Any:
        """With some fields of the wall clock changed; ValueError for a field out of its range."""
        given = {
            "year": year,
            "month": month,
            "day": day,
            "hour": hour,
            "minute": minute,
            "second": second,
            "microsecond": microsecond,
            "nanosecond": nanosecond,
        }
        for name, field in given.items():
            if field is not None and not _is_integer(field):
                raise ValueError(f"value must be an integer, received {type(field)} for {name}")
        parts = {name: int(getattr(self, name) if field is None else field) for name, field in given.items()}
        zone = self.tzinfo if tzinfo is _same_zone else tzinfo
        if zone is not None and not isinstance(zone, dt.tzinfo):
            raise TypeError(f"Cannot convert {type(zone).__name__} to datetime.tzinfo")
        if zone is not None and not 1 <= parts["year"] <= 9999:
            raise ValueError(f"year {parts['year']} is out of range")
        # The checks of fields are Python's, on a year like the one meant.
        stand_in = parts["year"] if 1 <= parts["year"] <= 9999 else 2000 + parts["year"] % 400
        moment = dt.datetime(
            stand_in,
            parts["month"],
            parts["day"],
            parts["hour"],
            parts["minute"],
            parts["second"],
            parts["microsecond"],
        )
        seconds = _ticks.days_of(parts["year"], moment.month, moment.day) * 86_400
        seconds += moment.hour * 3_600 + moment.minute * 60 + moment.second
        unit = self._unit
        if parts["nanosecond"]:
            unit = "ns"
        elif parts["microsecond"] and unit in ("s", "ms"):
            unit = "us" if parts["microsecond"] % 1000 else "ms"
        nanos = parts["microsecond"] * 1000 + parts["nanosecond"]
        wall = seconds * PER_SECOND[unit] + nanos * PER_SECOND[unit] // 10**9
        if not _ticks.fits(wall):
            clock = f"{parts['year']}-{moment:%m-%d %H:%M:%S}"
            if parts["nanosecond"] and _ticks.fits(seconds * 10**9):
                raise OutOfBoundsDatetime(f"Out of bounds nanosecond timestamp: {clock}.{nanos:09}")
            raise OutOfBoundsDatetime(f"Out of bounds timestamp: {clock} with frequency '{self._unit}'")
        return type(self)._at_wall(wall, unit, zone, self.fold if fold is None else fold)

    def normalize(self) -> Any:
        """Midnight of the same day on the wall clock."""
        day = 86_400 * PER_SECOND[self._unit]
        wall = self._wall // day * day
        if not _ticks.fits(wall):
            raise ValueError("Cannot normalize Timestamp without integer overflow")
        made = type(self)._from_ticks(wall, self._unit, None)
        return made if self.tzinfo is None else made.tz_localize(self.tzinfo)

    # Rounding.

    def _rounded(self, freq: Any, how: str, ambiguous: Any, nonexistent: Any) -> Any:
        from lumen.pandas._offsets import to_offset

        offset = to_offset(freq)
        if offset.nanos == 0:
            raise ValueError("Division by zero in rounding")
        step = _ticks.step_of(offset.nanos, self._unit, offset)
        if step == 0:
            return self
        wall = _ticks.round_to(self._wall, step, how)
        if not _ticks.fits(wall):
            raise OutOfBoundsDatetime(f"Cannot round {self} to freq={offset!r} without overflow")
        made = type(self)._from_ticks(wall, self._unit, None)
        return made if self.tzinfo is None else made.tz_localize(self.tzinfo, ambiguous, nonexistent)

    def round(self, freq: Any, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        """To the nearest multiple of a fixed frequency on the wall clock, ties to the even one."""
        return self._rounded(freq, "round", ambiguous, nonexistent)

    def floor(self, freq: Any, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        """Down to a multiple of a fixed frequency on the wall clock."""
        return self._rounded(freq, "floor", ambiguous, nonexistent)

    def ceil(self, freq: Any, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        """Up to a multiple of a fixed frequency on the wall clock."""
        return self._rounded(freq, "ceil", ambiguous, nonexistent)


def _name(english: tuple[str, ...], attribute: str, position: int, locale: str | None) -> str:
    if locale is None:
        return english[position]
    with calendar.different_locale(locale):  # type: ignore[attr-defined]
        names = calendar.day_name if attribute == "day_name" else calendar.month_name
        return names[position + (attribute == "month_name")].capitalize()
