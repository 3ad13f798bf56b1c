"""Offsets that follow the calendar: weeks, months, half months, quarters, halves, years, Easter.

Each moves a wall clock by whole months or days and keeps the time of the day.
"""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Any, ClassVar

from lumen.pandas import _ticks
from lumen.pandas._offsets import _SET, MODULE, BaseOffset, SingleConstructorOffset
from lumen.pandas._timedelta import Timedelta
from lumen.pandas._timestamp import Timestamp

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def days_in_month(year: int, month: int) -> int:
    """How many days a month has."""
    return (
        29
        if month == 2 and calendar.isleap(year)
        else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]
    )


def _weekday(year: int, month: int, day: int) -> int:
    return (_ticks.days_of(year, month, day) + 3) % 7


def day_of_month(year: int, month: int, rule: str | int | None, day: int = 1) -> int:
    """The day a rule picks in a month: 'start', 'end', their 'business_' kinds, a day, or None for `day` itself."""
    last = days_in_month(year, month)
    if rule == "start":
        return 1
    if rule == "end":
        return last
    if rule == "business_start":
        weekday = _weekday(year, month, 1)
        return 8 - weekday if weekday > 4 else 1
    if rule == "business_end":
        return last - max(_weekday(year, month, last) - 4, 0)
    return min(day if rule is None else int(rule), last)


def plus_days(stamp: Timestamp, days: int) -> Timestamp:
    """So many days later at the same time of the day."""
    return stamp + Timedelta._from_ticks(days * 86_400, "s")


def shift_month(stamp: Timestamp, months: int, rule: str | int | None) -> Timestamp:
    """So many months later, on the day the rule picks."""
    total = stamp.month - 1 + months
    year, month = stamp.year + total // 12, total % 12 + 1
    return stamp.replace(year=year, month=month, day=day_of_month(year, month, rule, stamp.day))


def rolled(position: int, n: int, anchor: int) -> int:
    """`n`, less one when the first step only reaches the anchor from before it, plus one from after it."""
    if n > 0 and position < anchor:
        return n - 1
    if n <= 0 and position > anchor:
        return n + 1
    return n


def months_since(stamp: Timestamp, n: int, month: int, rule: str, modulus: int) -> tuple[int, int]:
    """Months since the last anchored month, and the number of anchored spans to move."""
    since = stamp.month % modulus - month % modulus
    anchor = day_of_month(stamp.year, stamp.month, rule)
    if n > 0:
        n -= since < 0 or (since == 0 and stamp.day < anchor)
    else:
        n += since > 0 or (since == 0 and stamp.day > anchor)
    return since, n


class MonthOffset(SingleConstructorOffset):
    """A day of each month."""

    _day: ClassVar[str] = ""

    def _apply(self, other: Timestamp) -> Timestamp:
        anchor = day_of_month(other.year, other.month, self._day)
        return shift_month(other, rolled(other.day, self.n, anchor), self._day)

    def _on(self, stamp: Timestamp) -> bool:
        return stamp.day == day_of_month(stamp.year, stamp.month, self._day)


class _Anchored(SingleConstructorOffset):
    """A day of every so many months, counted from an anchored month."""

    _day: ClassVar[str] = ""
    _modulus: ClassVar[int] = 3
    _default: ClassVar[int] = 3
    _from_name_month: ClassVar[int] = 12
    _keyword: ClassVar[str] = "startingMonth"

    @property
    def _month(self) -> int:
        return getattr(self, self._keyword)

    @property
    def rule_code(self) -> str:
        """The alias with its month, as 'QE-DEC'."""
        return f"{self._prefix}-{MONTHS[self._month - 1]}"

    @classmethod
    def _from_name(cls, suffix: str | None = None) -> BaseOffset:
        month = MONTHS.index(suffix) + 1 if suffix in MONTHS else None
        if suffix and month is None:
            raise KeyError(suffix)
        return cls(**{cls._keyword: month or cls._from_name_month})

    def _apply(self, other: Timestamp) -> Timestamp:
        since, spans = months_since(other, self.n, self._month, self._day, self._modulus)
        return shift_month(other, spans * self._modulus - since, self._day)

    def _on(self, stamp: Timestamp) -> bool:
        if (stamp.month - self._month) % self._modulus:
            return False
        return stamp.day == day_of_month(stamp.year, stamp.month, self._day)


class QuarterOffset(_Anchored):
    """A day of every third month."""

    _attributes = ("n", "normalize", "startingMonth")

    def __init__(self, n: int = 1, normalize: bool = False, startingMonth: int | None = None) -> None:  # noqa: N803
        super().__init__(n, normalize)
        _SET(self, "startingMonth", self._default if startingMonth is None else startingMonth)


class HalfYearOffset(QuarterOffset):
    """A day of every sixth month."""

    _modulus = 6


class YearOffset(_Anchored):
    """A day of one month each year."""

    _attributes = ("n", "normalize", "month")
    _modulus = 12
    _keyword = "month"

    def __init__(self, n: int = 1, normalize: bool = False, month: int | None = None) -> None:
        super().__init__(n, normalize)
        month = self._default if month is None else month
        if not 1 <= month <= 12:
            raise ValueError("Month must go from 1 to 12")
        _SET(self, "month", month)


def _make(base: type, name: str, prefix: str, day: str, default: int = 3, named: int = 12) -> Any:
    where = {
        "start": "first day",
        "end": "last day",
        "business_start": "first business day",
        "business_end": "last business day",
    }[day]
    span = {"M": "month", "Q": "quarter", "H": "half year", "Y": "year"}[base.__name__[0]]
    body = {
        "_prefix": prefix,
        "_day": day,
        "_default": default,
        "_from_name_month": named,
        "__doc__": f"The {where} of a {span}.",
    }
    made = type(name, (base,), body)
    made.__module__ = MODULE
    return made


MonthBegin = _make(MonthOffset, "MonthBegin", "MS", "start")
MonthEnd = _make(MonthOffset, "MonthEnd", "ME", "end")
BusinessMonthBegin = _make(MonthOffset, "BusinessMonthBegin", "BMS", "business_start")
BusinessMonthEnd = _make(MonthOffset, "BusinessMonthEnd", "BME", "business_end")
QuarterBegin = _make(QuarterOffset, "QuarterBegin", "QS", "start", 3, 1)
QuarterEnd = _make(QuarterOffset, "QuarterEnd", "QE", "end", 3, 12)
BQuarterBegin = _make(QuarterOffset, "BQuarterBegin", "BQS", "business_start", 3, 1)
BQuarterEnd = _make(QuarterOffset, "BQuarterEnd", "BQE", "business_end", 3, 12)
BQuarterBegin._output_name, BQuarterEnd._output_name = "BusinessQuarterBegin", "BusinessQuarterEnd"
HalfYearBegin = _make(HalfYearOffset, "HalfYearBegin", "HYS", "start", 1, 1)
HalfYearEnd = _make(HalfYearOffset, "HalfYearEnd", "HYE", "end", 6, 12)
BHalfYearBegin = _make(HalfYearOffset, "BHalfYearBegin", "BHYS", "business_start", 1, 1)
BHalfYearEnd = _make(HalfYearOffset, "BHalfYearEnd", "BHYE", "business_end", 6, 12)
BHalfYearBegin._output_name, BHalfYearEnd._output_name = "BusinessHalfYearBegin", "BusinessHalfYearEnd"
YearBegin = _make(YearOffset, "YearBegin", "YS", "start", 1, 1)
YearEnd = _make(YearOffset, "YearEnd", "YE", "end", 12, 12)
BYearBegin = _make(YearOffset, "BYearBegin", "BYS", "business_start", 1, 1)
BYearEnd = _make(YearOffset, "BYearEnd", "BYE", "business_end", 12, 12)


def _check_weekday(weekday: Any) -> None:
    if not 0 <= weekday <= 6:
        raise ValueError(f"Day must be 0<=day<=6, got {weekday}")


class Week(SingleConstructorOffset):
    """Seven days, or a day of each week when `weekday` is given (Monday is 0)."""

    _prefix = "W"
    _attributes = ("n", "normalize", "weekday")

    def __init__(self, n: int = 1, normalize: bool = False, weekday: int | None = None) -> None:
        super().__init__(n, normalize)
        if weekday is not None:
            _check_weekday(weekday)
        _SET(self, "weekday", weekday)

    @property
    def rule_code(self) -> str:
        """'W', with the day when there is one."""
        return "W" if self.weekday is None else f"W-{WEEKDAYS[self.weekday]}"

    @classmethod
    def _from_name(cls, suffix: str | None = None) -> BaseOffset:
        if not suffix:
            return cls(weekday=None)
        if suffix not in WEEKDAYS:
            raise KeyError(suffix)
        return cls(weekday=WEEKDAYS.index(suffix))

    def _apply(self, other: Timestamp) -> Timestamp:
        if self.weekday is None:
            return plus_days(other, 7 * self.n)
        ahead, weeks = (self.weekday - other.weekday()) % 7, self.n
        if ahead and weeks > 0:
            weeks -= 1
        return plus_days(other, ahead + 7 * weeks)

    def _on(self, stamp: Timestamp) -> bool:
        return self.weekday is None or stamp.weekday() == self.weekday


class WeekOfMonthMixin(SingleConstructorOffset):
    """A weekday of one week of each month."""

    def _anchor(self, year: int, month: int) -> int:
        raise NotImplementedError

    def _apply(self, other: Timestamp) -> Timestamp:
        months = rolled(other.day, self.n, self._anchor(other.year, other.month))
        shifted = shift_month(other, months, "start")
        return plus_days(shifted, self._anchor(shifted.year, shifted.month) - 1)

    def _on(self, stamp: Timestamp) -> bool:
        return stamp.day == self._anchor(stamp.year, stamp.month)


class WeekOfMonth(WeekOfMonthMixin):
    """A weekday of the first, second, third or fourth week of each month; weeks count from 0."""

    _prefix = "WOM"
    _attributes = ("n", "normalize", "week", "weekday")

    def __init__(self, n: int = 1, normalize: bool = False, week: int = 0, weekday: int = 0) -> None:
        super().__init__(n, normalize)
        _check_weekday(weekday)
        if not 0 <= week <= 3:
            raise ValueError(f"Week must be 0<=week<=3, got {week}")
        _SET(self, "week", week)
        _SET(self, "weekday", weekday)

    def _anchor(self, year: int, month: int) -> int:
        return 1 + (self.weekday - _weekday(year, month, 1)) % 7 + 7 * self.week

    @property
    def rule_code(self) -> str:
        """As 'WOM-2TUE'."""
        return f"WOM-{self.week + 1}{WEEKDAYS[self.weekday]}"

    @classmethod
    def _from_name(cls, suffix: str | None = None) -> BaseOffset:
        if not suffix:
            raise ValueError(f"Prefix {cls._prefix!r} requires a suffix.")
        return cls(week=int(suffix[0]) - 1, weekday=WEEKDAYS.index(suffix[1:]))


class LastWeekOfMonth(WeekOfMonthMixin):
    """The last of a weekday in each month."""

    _prefix = "LWOM"
    _attributes = ("n", "normalize", "weekday")
    week = -1

    def __init__(self, n: int = 1, normalize: bool = False, weekday: int = 0) -> None:
        super().__init__(n, normalize)
        _check_weekday(weekday)
        if self.n == 0:
            raise ValueError("N cannot be 0")
        _SET(self, "weekday", weekday)

    def _anchor(self, year: int, month: int) -> int:
        last = days_in_month(year, month)
        return last - (_weekday(year, month, last) - self.weekday) % 7

    @property
    def rule_code(self) -> str:
        """As 'LWOM-MON'."""
        return f"LWOM-{WEEKDAYS[self.weekday]}"

    @classmethod
    def _from_name(cls, suffix: str | None = None) -> BaseOffset:
        if not suffix:
            raise ValueError(f"Prefix {cls._prefix!r} requires a suffix.")
        return cls(weekday=WEEKDAYS.index(suffix))


class SemiMonthOffset(SingleConstructorOffset):
    """Two days of each month."""

    _attributes = ("n", "normalize", "day_of_month")
    _least: ClassVar[int] = 1

    def __init__(self, n: int = 1, normalize: bool = False, day_of_month: int | None = None) -> None:
        super().__init__(n, normalize)
        day = 15 if day_of_month is None else int(day_of_month)
        if not self._least <= day <= 27:
            raise ValueError(f"day_of_month must be {self._least}<=day_of_month<=27, got {day}")
        _SET(self, "day_of_month", day)

    @property
    def rule_code(self) -> str:
        """As 'SME-15'."""
        return f"{self._prefix}-{self.day_of_month}"

    @classmethod
    def _from_name(cls, suffix: str | None = None) -> BaseOffset:
        return cls(day_of_month=int(suffix) if suffix else None)


class SemiMonthEnd(SemiMonthOffset):
    """A day in the middle and the last day of each month."""

    _prefix = "SME"

    def _apply(self, other: Timestamp) -> Timestamp:
        steps = rolled(other.day, self.n, self.day_of_month)
        if self.n > 0 and other.day == days_in_month(other.year, other.month):
            steps += 1
        return shift_month(other, steps // 2, 31 if steps % 2 else self.day_of_month)

    def _on(self, stamp: Timestamp) -> bool:
        return stamp.day in (self.day_of_month, stamp.days_in_month)


class SemiMonthBegin(SemiMonthOffset):
    """The first day and a day in the middle of each month."""

    _prefix = "SMS"
    _least = 2

    def _apply(self, other: Timestamp) -> Timestamp:
        steps = rolled(other.day, self.n, self.day_of_month)
        if self.n <= 0 and other.day == 1:
            steps -= 1
        return shift_month(other, steps // 2 + steps % 2, 1 if steps % 2 else self.day_of_month)

    def _on(self, stamp: Timestamp) -> bool:
        return stamp.day in (1, self.day_of_month)


class Easter(SingleConstructorOffset):
    """Easter Sunday by the Julian calendar (1), by it in Gregorian dates (2) or by the western church (3)."""

    _attributes = ("n", "normalize", "method")

    def __init__(self, n: int = 1, normalize: bool = False, method: int = 3) -> None:
        super().__init__(n, normalize)
        if method not in (1, 2, 3):
            raise ValueError("invalid method")
        _SET(self, "method", method)

    def _apply(self, other: Timestamp) -> Timestamp:
        current = easter(other.year, self.method)
        years, today = self.n, (other.month, other.day)
        # Counting starts at the Easter next in the direction.
        if years >= 0 and today < (current.month, current.day):
            years -= 1
        elif years < 0 and today > (current.month, current.day):
            years += 1
        target = easter(other.year + years, self.method)
        return other.replace(year=target.year, month=target.month, day=target.day)

    def _on(self, stamp: Timestamp) -> bool:
        day = easter(stamp.year, self.method)
        return (stamp.year, stamp.month, stamp.day) == (day.year, day.month, day.day)


def easter(year: int, method: int) -> dt.date:
    """Easter Sunday: Oudin's algorithm (1940) for the Gregorian calendar, Meeus's for the Julian one."""
    golden = year % 19
    if method == 3:
        century = year // 100
        epact = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
        moon = epact - (epact // 28) * (1 - (epact // 28) * (29 // (epact + 1)) * ((21 - golden) // 11))
        weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
        extra = 0
    else:
        moon = (19 * golden + 15) % 30
        weekday = (year + year // 4 + moon) % 7
        extra = 0
        if method == 2:
            extra = 10 if year <= 1600 else 10 + year // 100 - 16 - (year // 100 - 16) // 4
    sunday = moon - weekday + extra
    month = 3 + (sunday + 26) // 30
    day = 1 + (sunday + 27 + (sunday + 6) // 40) % 31
    return dt.date(year, month, day)


for _class in (
    MonthOffset,
    QuarterOffset,
    HalfYearOffset,
    YearOffset,
    Week,
    WeekOfMonthMixin,
    WeekOfMonth,
    LastWeekOfMonth,
    SemiMonthOffset,
    SemiMonthEnd,
    SemiMonthBegin,
    Easter,
):
    _class.__module__ = MODULE
del _class
