"""`DateOffset`: a step said in calendar words, some added ('months'), some put in place ('month')."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen.pandas import _offsets_calendar as calendar_offsets
from lumen.pandas._offsets import _SET, BaseOffset
from lumen.pandas._timedelta import Timedelta
from lumen.pandas._timestamp import Timestamp

_CALENDAR = (
    "years",
    "months",
    "weeks",
    "days",
    "year",
    "month",
    "day",
    "weekday",
    "hour",
    "minute",
    "second",
    "microsecond",
    "millisecond",
)
_CLOCK = ("hours", "minutes", "seconds", "milliseconds", "microseconds")
_ALL = {*_CALENDAR, *_CLOCK, "nanosecond", "nanoseconds"}
_PLACED = ("year", "month", "day", "hour", "minute", "second", "microsecond")


class RelativeDeltaOffset(BaseOffset):
    """The base of `DateOffset`."""

    _attributes = ("n", "normalize", *sorted(_ALL))

    def __init__(self, n: int = 1, normalize: bool = False, **kwds: Any) -> None:
        super().__init__(n, normalize)
        unknown = [name for name in kwds if name not in _ALL]
        if unknown:
            raise ValueError(f"Invalid argument/s or bad combination of arguments: {unknown}")
        for name in ("years", "months"):
            if name in kwds and int(kwds[name]) != kwds[name]:
                raise ValueError("Non-integer years and months are ambiguous and not currently supported.")
        _SET(self, "_given", dict(kwds))
        for name, value in kwds.items():
            _SET(self, name, value)
        # Hours and shorter run on absolute time, days and longer on the wall clock.
        _SET(self, "_wall_clock", any(name in kwds for name in _CALENDAR))

    @property
    def kwds(self) -> dict[str, Any]:
        """The words given."""
        return dict(self._given)

    @property
    def _params(self) -> tuple[Any, ...]:
        return (
            type(self),
            self.n,
            self.normalize,
            tuple(sorted(self._given.items(), key=lambda pair: pair[0])),
        )

    def _shown(self) -> str:
        parts = [f"{name}={value}" for name, value in sorted(self._given.items())]
        return ": " + ", ".join(parts) if parts else ""

    def _duration(self) -> Any:
        words = {name: self._given[name] for name in (*_CLOCK, "weeks", "days") if name in self._given}
        nanos = self._given.get("nanoseconds", 0)
        if not self._given:
            words = {"days": 1}
        total = Timedelta(**words) if words else Timedelta._from_ticks(0, "s")
        total = total * self.n
        return total + Timedelta._from_ticks(int(nanos) * self.n, "ns") if nanos else total

    def _apply(self, other: Timestamp) -> Timestamp:
        placed = {name: self._given[name] for name in _PLACED if name in self._given}
        if "millisecond" in self._given:
            placed["microsecond"] = self._given["millisecond"] * 1000 + placed.get("microsecond", 0) % 1000
        day = placed.pop("day", other.day)
        year = placed.pop("year", other.year)
        month = placed.pop("month", other.month)
        total = (year + self._given.get("years", 0) * self.n) * 12 + month - 1
        total += self._given.get("months", 0) * self.n
        year, month = total // 12, total % 12 + 1
        day = min(day, calendar_offsets.days_in_month(year, month))
        moved = other.replace(year=int(year), month=int(month), day=int(day), **placed)
        duration = self._duration()
        if duration._value:
            moved = moved + duration.as_unit(_coarsest(duration))
        weekday = self._given.get("weekday")
        return moved if weekday is None else _to_weekday(moved, weekday)

    def _move(self, other: Any) -> Any:
        moved = super()._move(other)
        nanosecond = self._given.get("nanosecond")
        return moved if nanosecond is None else moved.replace(nanosecond=nanosecond)

    def is_on_offset(self, dt: Any) -> bool:
        """Always, unless `normalize` asks for midnight."""
        if not self.normalize:
            return True
        return super().is_on_offset(dt)

    def _on(self, stamp: Timestamp) -> bool:
        return True


def _coarsest(duration: Timedelta) -> str:
    """The coarsest unit that loses nothing."""
    for unit, step in (("s", 10**9), ("ms", 10**6), ("us", 10**3)):
        if duration.value % step == 0:
            return unit
    return "ns"


def _to_weekday(stamp: Timestamp, weekday: Any) -> Timestamp:
    """The weekday at or after a time; a dateutil weekday says which one after or before."""
    day, which = (weekday, 1) if isinstance(weekday, (int, np.integer)) else (weekday.weekday, weekday.n or 1)
    if which > 0:
        return calendar_offsets.plus_days(stamp, (day - stamp.weekday()) % 7 + 7 * (which - 1))
    return calendar_offsets.plus_days(stamp, -((stamp.weekday() - day) % 7) + 7 * (which + 1))


class DateOffset(RelativeDeltaOffset):
    """A step said in words: plural ones are added ``n`` times, singular ones put in place."""


RelativeDeltaOffset.__module__ = "pandas._libs.tslibs.offsets"
DateOffset.__module__ = "pandas"
