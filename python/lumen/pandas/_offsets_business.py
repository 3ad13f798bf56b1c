"""Offsets that count business days or business hours, by Monday to Friday or by a calendar of one's own."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

import numpy as np

from lumen.pandas import _offsets_calendar as calendar_offsets
from lumen.pandas._nat import NaT
from lumen.pandas._offsets import _SET, MODULE, BaseOffset, SingleConstructorOffset, _rebuild
from lumen.pandas._offsets_calendar import MonthBegin, MonthEnd, plus_days, rolled
from lumen.pandas._timedelta import Timedelta
from lumen.pandas._timestamp import Timestamp

_WEEK = "Mon Tue Wed Thu Fri"
_ZERO = dt.timedelta(0)


class BusinessMixin(SingleConstructorOffset):
    """An offset of business days that may end with a fixed step `offset`."""

    _attributes = ("n", "normalize", "offset")

    def __init__(self, n: int = 1, normalize: bool = False, offset: dt.timedelta = _ZERO) -> None:
        super().__init__(n, normalize)
        _SET(self, "offset", offset)

    def _shown(self) -> str:
        return f": offset={self.offset!r}" if self.offset else ""

    def __add__(self, other: Any) -> Any:
        if isinstance(other, (dt.timedelta, np.timedelta64)) or getattr(other, "_is_tick", False):
            if other is NaT:
                return NaT
            step = other if isinstance(other, dt.timedelta) else Timedelta(other)
            return _rebuild(
                type(self), self.n, self.normalize, {**self._rebuilt_from, "offset": self.offset + step}
            )
        return super().__add__(other)

    def _offset_suffix(self) -> str:
        if not self.offset:
            return ""
        seconds = int(self.offset.total_seconds())
        sign, left = ("+" if seconds > 0 else "-"), abs(seconds)
        days, left = divmod(left, 86_400)
        hours, left = divmod(left, 3_600)
        minutes, left = divmod(left, 60)
        micros = self.offset.microseconds
        parts = ((days, "D"), (hours, "h"), (minutes, "Min"), (left, "s"), (micros, "us"))
        return sign + "".join(f"{amount}{letter}" for amount, letter in parts if amount)


class BusinessDay(BusinessMixin):
    """A day from Monday to Friday."""

    _prefix = "B"

    def _apply(self, other: Timestamp) -> Timestamp:
        n, weekday = self.n, other.weekday()
        if n <= 0 and weekday > 4:
            # On a weekend going back starts from the Monday after it.
            n += 1
        weeks, left = divmod(n, 5)
        if left == 0 and weekday > 4:
            days = 4 - weekday
        elif weekday > 4:
            days = 7 - weekday + left - 1
        elif weekday + left <= 4:
            days = left
        else:
            days = left + 2
        moved = plus_days(other, 7 * weeks + days)
        return moved + self.offset if self.offset else moved

    def _on(self, stamp: Timestamp) -> bool:
        return stamp.weekday() < 5


class CustomBusinessDay(BusinessDay):
    """A day of the weekmask that is no holiday."""

    _prefix = "C"
    _attributes = ("n", "normalize", "weekmask", "holidays", "calendar", "offset")

    def __init__(
        self,
        n: int = 1,
        normalize: bool = False,
        weekmask: Any = _WEEK,
        holidays: Any = None,
        calendar: Any = None,
        offset: dt.timedelta = _ZERO,
    ) -> None:
        super().__init__(n, normalize, offset)
        _set_calendar(self, weekmask, holidays, calendar)

    @property
    def _params(self) -> tuple[Any, ...]:
        return _calendar_params(self)

    @property
    def _rebuilt_from(self) -> dict[str, Any]:
        # numpy's calendar cannot be pickled; it is made again from weekmask and holidays.
        return {name: value for name, value in self.kwds.items() if name != "calendar"}

    def _apply(self, other: Timestamp) -> Timestamp:
        day = np.datetime64(other._wall // (86_400 * _per(other)), "D")
        moved = np.busday_offset(
            day, self.n, roll="forward" if self.n <= 0 else "backward", busdaycal=self.calendar
        )
        stamp = plus_days(other, int((moved - day).view("i8")))
        return stamp + self.offset if self.offset else stamp

    def _on(self, stamp: Timestamp) -> bool:
        day = np.datetime64(stamp._wall // (86_400 * _per(stamp)), "D")
        return bool(np.is_busday(day, busdaycal=self.calendar))


def _per(stamp: Timestamp) -> int:
    from lumen.pandas._ticks import PER_SECOND

    return PER_SECOND[stamp.unit]


def _set_calendar(offset: BaseOffset, weekmask: Any, holidays: Any, calendar: Any) -> None:
    """The numpy calendar of an offset, with the weekmask and holidays it was made from."""
    if isinstance(calendar, np.busdaycalendar):
        if not holidays:
            holidays = tuple(calendar.holidays)
        elif not isinstance(holidays, tuple):
            holidays = tuple(holidays)
        _SET(offset, "weekmask", weekmask)
        _SET(offset, "holidays", holidays)
        _SET(offset, "calendar", calendar)
        return
    if holidays is None:
        holidays = []
    if calendar is not None:
        # A calendar of rules knows its holidays itself.
        holidays = [*holidays, *calendar.holidays()] if hasattr(calendar, "holidays") else holidays
    days = tuple(sorted(_as_day(day) for day in holidays))
    made = (
        np.busdaycalendar(weekmask=weekmask, holidays=list(days))
        if days
        else np.busdaycalendar(weekmask=weekmask)
    )
    _SET(offset, "weekmask", weekmask)
    _SET(offset, "holidays", days)
    _SET(offset, "calendar", made)


def _as_day(day: Any) -> np.datetime64:
    if isinstance(day, str):
        day = Timestamp(day)
    return np.datetime64(day, "D") if not isinstance(day, Timestamp) else day.to_datetime64().astype("M8[D]")


def _calendar_params(offset: Any) -> tuple[Any, ...]:
    mask = offset.calendar.weekmask.tobytes()
    holidays = offset.calendar.holidays.tobytes()
    rest = tuple(
        (name, getattr(offset, name))
        for name in offset._attributes
        if name not in ("weekmask", "holidays", "calendar")
    )
    return type(offset), mask, holidays, rest


class _CustomBusinessMonth(BusinessMixin):
    """The first or last business day of a month, by a calendar."""

    _attributes = ("n", "normalize", "weekmask", "holidays", "calendar", "offset")
    _ends: ClassVar[bool] = True

    def __init__(
        self,
        n: int = 1,
        normalize: bool = False,
        weekmask: Any = _WEEK,
        holidays: Any = None,
        calendar: Any = None,
        offset: dt.timedelta = _ZERO,
    ) -> None:
        super().__init__(n, normalize, offset)
        _set_calendar(self, weekmask, holidays, calendar)

    @property
    def _params(self) -> tuple[Any, ...]:
        return _calendar_params(self)

    @property
    def _rebuilt_from(self) -> dict[str, Any]:
        # numpy's calendar cannot be pickled; it is made again from weekmask and holidays.
        return {name: value for name, value in self.kwds.items() if name != "calendar"}

    def _business_day(self, month_edge: Timestamp) -> Timestamp:
        day = CustomBusinessDay(weekmask=self.weekmask, holidays=self.holidays, calendar=self.calendar)
        return day.rollback(month_edge) if self._ends else day.rollforward(month_edge)

    def _apply(self, other: Timestamp) -> Timestamp:
        edge = MonthEnd() if self._ends else MonthBegin()
        current = edge.rollforward(other) if self._ends else edge.rollback(other)
        n = rolled(other.day, self.n, self._business_day(current).day)
        moved = self._business_day(current + type(edge)(n) if n else current)
        return moved + self.offset if self.offset else moved

    def _on(self, stamp: Timestamp) -> bool:
        edge = MonthEnd() if self._ends else MonthBegin()
        current = edge.rollforward(stamp) if self._ends else edge.rollback(stamp)
        return self._business_day(current) == stamp


class CustomBusinessMonthEnd(_CustomBusinessMonth):
    """The last business day of each month, by a calendar."""

    _prefix = "CBME"


class CustomBusinessMonthBegin(_CustomBusinessMonth):
    """The first business day of each month, by a calendar."""

    _prefix = "CBMS"
    _ends = False


def _clock(value: Any) -> dt.time:
    if isinstance(value, dt.time):
        if value.second or value.microsecond:
            raise ValueError("time data must be specified only with hour and minute")
        return value
    if isinstance(value, str):
        try:
            moment = dt.datetime.strptime(value, "%H:%M")
        except ValueError:
            raise ValueError("time data must match '%H:%M' format") from None
        return moment.time()
    raise ValueError("time data must be string or datetime.time")


def _seconds(moment: dt.time) -> int:
    return moment.hour * 3_600 + moment.minute * 60


class BusinessHour(BusinessMixin):
    """An hour between opening and closing on business days; several openings a day are possible."""

    _prefix = "bh"
    _attributes = ("n", "normalize", "start", "end", "offset")

    def __init__(
        self,
        n: int = 1,
        normalize: bool = False,
        start: Any = "09:00",
        end: Any = "17:00",
        offset: dt.timedelta = _ZERO,
    ) -> None:
        super().__init__(n, normalize, offset)
        starts = list(start) if isinstance(start, (list, tuple)) else [start]
        ends = list(end) if isinstance(end, (list, tuple)) else [end]
        if not starts:
            raise ValueError("Must include at least 1 start time")
        if not ends:
            raise ValueError("Must include at least 1 end time")
        opening, closing = [_clock(v) for v in starts], [_clock(v) for v in ends]
        if len(opening) != len(closing):
            raise ValueError("number of starting time and ending time must be the same")
        pairs = sorted(zip(opening, closing, strict=True))
        spans = [(_seconds(a), _seconds(b) if b > a else _seconds(b) + 86_400) for a, b in pairs]
        touching = any(
            spans[i][1] >= spans[(i + 1) % len(spans)][0] + (86_400 if i + 1 == len(spans) else 0)
            for i in range(len(spans))
        )
        if touching:
            raise ValueError(
                "invalid starting and ending time(s): opening hours should not touch or overlap with one another"
            )
        _SET(self, "start", tuple(a for a, _ in pairs))
        _SET(self, "end", tuple(b for _, b in pairs))
        _SET(self, "_spans", tuple(spans))

    def _shown(self) -> str:
        hours = ",".join(f"{a:%H:%M}-{b:%H:%M}" for a, b in zip(self.start, self.end, strict=True))
        shown = f": {self._prefix}={hours}"
        return shown + (f", offset={self.offset!r}" if self.offset else "")

    def _day_offset(self) -> BaseOffset:
        return BusinessDay()

    def _is_open_day(self, day: Timestamp) -> bool:
        return self._day_offset().is_on_offset(day)

    def _openings(self, day: Timestamp) -> list[tuple[Timestamp, Timestamp]]:
        """The spans that open on a day (given by its midnight)."""
        if not self._is_open_day(day):
            return []
        return [(day + _span(a), day + _span(b)) for a, b in self._spans]

    def _apply(self, other: Timestamp) -> Timestamp:
        left = abs(self.n) * 3_600
        moved = self._forward(other, left) if self.n >= 0 else self._backward(other, left)
        return moved + self.offset if self.offset else moved

    def _forward(self, start: Timestamp, seconds: int) -> Timestamp:
        """So many open seconds later; a closing is answered by the next opening."""
        left = _span(seconds)
        day = plus_days(start.normalize(), -1)
        while True:
            for opening, closing in self._openings(day):
                if closing <= start:
                    continue
                begin = max(opening, start)
                if begin + left < closing:
                    return begin + left
                left = left - (closing - begin)
            day = plus_days(day, 1)

    def _backward(self, start: Timestamp, seconds: int) -> Timestamp:
        """So many open seconds earlier; an opening itself is kept."""
        left = _span(seconds)
        day = plus_days(start.normalize(), 1)
        while True:
            for opening, closing in reversed(self._openings(day)):
                if opening >= start:
                    continue
                begin = min(closing, start)
                if begin - left >= opening:
                    return begin - left
                left = left - (begin - opening)
            day = plus_days(day, -1)

    def _on(self, stamp: Timestamp) -> bool:
        midnight = stamp.normalize()
        return any(
            opening <= stamp <= closing
            for day in (plus_days(midnight, -1), midnight)
            for opening, closing in self._openings(day)
        )

    def is_on_offset(self, dt: Any) -> bool:
        """Whether a time lies within opening hours, closing included."""
        stamp = Timestamp(dt)
        stamp = stamp if stamp.tzinfo is None else stamp.tz_localize(None)
        if self.normalize and stamp != stamp.normalize():
            return False
        return self._on(stamp)

    def rollback(self, dt: Any) -> Timestamp:
        """The time itself within opening hours, else the last closing."""
        stamp = Timestamp(dt)
        if stamp is NaT or self.is_on_offset(stamp):
            return stamp
        return _in_zone(stamp, lambda wall: self._edge(wall, -1))

    def rollforward(self, dt: Any) -> Timestamp:
        """The time itself within opening hours, else the next opening."""
        stamp = Timestamp(dt)
        if stamp is NaT or self.is_on_offset(stamp):
            return stamp
        return _in_zone(stamp, lambda wall: self._edge(wall, 1))

    def _edge(self, wall: Timestamp, direction: int) -> Timestamp:
        day = plus_days(wall.normalize(), -direction)
        while True:
            spans = self._openings(day)
            for opening, closing in spans if direction > 0 else reversed(spans):
                if direction > 0 and opening >= wall:
                    return opening
                if direction < 0 and closing <= wall:
                    return closing
            day = plus_days(day, direction)


def _span(seconds: int) -> Timedelta:
    return Timedelta._from_ticks(seconds, "s")


def _in_zone(stamp: Timestamp, move: Any) -> Timestamp:
    if stamp.tzinfo is None:
        return move(stamp)
    return move(stamp.tz_localize(None)).tz_localize(stamp.tzinfo)


class CustomBusinessHour(BusinessHour):
    """An hour between opening and closing on the days of a calendar."""

    _prefix = "cbh"
    _attributes = ("n", "normalize", "weekmask", "holidays", "calendar", "start", "end", "offset")

    def __init__(
        self,
        n: int = 1,
        normalize: bool = False,
        weekmask: Any = _WEEK,
        holidays: Any = None,
        calendar: Any = None,
        start: Any = "09:00",
        end: Any = "17:00",
        offset: dt.timedelta = _ZERO,
    ) -> None:
        super().__init__(n, normalize, start, end, offset)
        _set_calendar(self, weekmask, holidays, calendar)

    @property
    def _params(self) -> tuple[Any, ...]:
        return _calendar_params(self)

    @property
    def _rebuilt_from(self) -> dict[str, Any]:
        # numpy's calendar cannot be pickled; it is made again from weekmask and holidays.
        return {name: value for name, value in self.kwds.items() if name != "calendar"}

    def _is_open_day(self, day: Timestamp) -> bool:
        date = np.datetime64(day._wall // (86_400 * _per(day)), "D")
        return bool(np.is_busday(date, busdaycal=self.calendar))


class _FiscalYear(SingleConstructorOffset):
    """A fiscal year of 52 or 53 weeks: not offered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(f"lumen.pandas: offsets.{type(self).__name__}")

    @classmethod
    def _from_name(cls, *args: Any) -> BaseOffset:
        return cls()


class FY5253(_FiscalYear):
    """A fiscal year of 52 or 53 weeks: not offered."""

    _prefix = "RE"


class FY5253Quarter(_FiscalYear):
    """A quarter of a fiscal year of 52 or 53 weeks: not offered."""

    _prefix = "REQ"


BDay, CDay = BusinessDay, CustomBusinessDay
BMonthEnd, BMonthBegin = calendar_offsets.BusinessMonthEnd, calendar_offsets.BusinessMonthBegin
CBMonthEnd, CBMonthBegin = CustomBusinessMonthEnd, CustomBusinessMonthBegin

for _class in (
    BusinessMixin,
    BusinessDay,
    CustomBusinessDay,
    CustomBusinessMonthEnd,
    CustomBusinessMonthBegin,
    BusinessHour,
    CustomBusinessHour,
    FY5253,
    FY5253Quarter,
):
    _class.__module__ = MODULE
del _class
