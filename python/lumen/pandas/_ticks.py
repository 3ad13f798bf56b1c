"""Arithmetic of ticks: how many a second has, conversion between units with bounds, rounding, the calendar.

Integers in, integers out; knows neither Timestamp nor Timedelta.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

UNITS = ("s", "ms", "us", "ns")
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
CRESO = {"s": 7, "ms": 8, "us": 9, "ns": 10}
UNIT_OF_CRESO = {code: unit for unit, code in CRESO.items()}
RANK = {unit: rank for rank, unit in enumerate(UNITS)}
NAT = -(2**63)
MIN, MAX = NAT + 1, 2**63 - 1

# Nanoseconds of the units that are durations, by numpy's short names.
NANOS = {
    "W": 604_800 * 10**9,
    "D": 86_400 * 10**9,
    "h": 3_600 * 10**9,
    "m": 60 * 10**9,
    "s": 10**9,
    "ms": 10**6,
    "us": 10**3,
    "ns": 1,
}


def finer(a: str, b: str) -> str:
    """The finer of two units."""
    return a if RANK[a] >= RANK[b] else b


def fits(value: int) -> bool:
    """Whether a tick count can be stored: 64 bits less the pattern of NaT."""
    return MIN <= value <= MAX


def convert(value: int, unit: str, to: str) -> int:
    """A tick count in another unit, rounded down; unbounded."""
    a, b = PER_SECOND[unit], PER_SECOND[to]
    return value * (b // a) if b >= a else value // (a // b)


def round_half_even(value: int, step: int) -> int:
    """The multiple of `step` nearest to `value`, ties to the even multiple."""
    quotient, remainder = divmod(value, step)
    twice = 2 * remainder
    return (quotient + (twice > step or (twice == step and quotient % 2 == 1))) * step


def round_to(value: int, step: int, how: str) -> int:
    """`value` rounded to a multiple of `step`: 'round' (half even), 'floor' or 'ceil'."""
    if how == "floor":
        return value // step * step
    if how == "ceil":
        return -(-value // step) * step
    return round_half_even(value, step)


def from_float(value: float, nanos: int) -> int:
    """Nanoseconds of a float count of units of `nanos`; the fraction is read to the unit's own precision."""
    whole = int(value)
    digits = len(str(nanos)) - 1
    return whole * nanos + int(round(value - whole, digits) * nanos)


_CYCLE_DAYS, _CYCLE_YEARS = 146_097, 400
_EPOCH_ORDINAL = dt.date(1970, 1, 1).toordinal()
_MAX_ORDINAL = dt.date.max.toordinal()


def civil(days: int) -> tuple[int, dt.date]:
    """Days since 1970-01-01 as the year and a date of that calendar.

    The date is the day itself, or, where `datetime.date` ends, the same day of a year like it.
    """
    ordinal = days + _EPOCH_ORDINAL
    if 1 <= ordinal <= _MAX_ORDINAL:
        date = dt.date.fromordinal(ordinal)
        return date.year, date
    base = dt.date(2000, 1, 1).toordinal()
    cycles, rest = divmod(ordinal - base, _CYCLE_DAYS)
    date = dt.date.fromordinal(base + rest)
    return date.year + cycles * _CYCLE_YEARS, date


def days_of(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a date of any year; ValueError for a day the month lacks."""
    if 1 <= year <= 9999:
        return dt.date(year, month, day).toordinal() - _EPOCH_ORDINAL
    cycles, rest = divmod(year - 2000, _CYCLE_YEARS)
    return dt.date(2000 + rest, month, day).toordinal() - _EPOCH_ORDINAL + cycles * _CYCLE_DAYS


def wall_seconds(moment: dt.datetime) -> int:
    """Seconds since 1970 that a datetime's own fields show, whatever its zone."""
    days = moment.toordinal() - _EPOCH_ORDINAL
    return days * 86_400 + moment.hour * 3_600 + moment.minute * 60 + moment.second


def cast(value: int, unit: str, to: str, round_ok: bool = True) -> int:
    """A tick count in another unit, rounded down; ValueError where that loses and may not."""
    a, b = PER_SECOND[unit], PER_SECOND[to]
    if b >= a:
        return value * (b // a)
    step = a // b
    quotient, remainder = divmod(value, step)
    if remainder and not round_ok:
        raise ValueError("Cannot losslessly convert units")
    return quotient


LONG = {"s": "second", "ms": "millisecond", "us": "microsecond", "ns": "nanosecond"}


def step_of(nanos: int, unit: str, freq: object) -> int:
    """Ticks of a frequency to round to, 0 when it is finer than a tick and divides it; ValueError when neither fits."""
    ticks, rest = divmod(abs(nanos) * PER_SECOND[unit], 10**9)
    if not rest:
        return ticks
    if ticks == 0 and (10**9 // PER_SECOND[unit]) % abs(nanos) == 0:
        return 0
    raise ValueError(
        f"freq={freq!r} is incompatible with unit={unit}. Use a lower freq or a higher unit instead."
    )


def check_unit(unit: str) -> str:
    """`unit` when ticks come in it; NotImplementedError with pandas' text for any other."""
    if unit not in PER_SECOND:
        raise NotImplementedError("Only resolutions 's', 'ms', 'us', 'ns' are supported.")
    return unit


_NUMPY_SECONDS = {"W": 604_800, "D": 86_400, "h": 3_600, "m": 60}


def from_numpy(value: np.datetime64 | np.timedelta64, kind: str) -> tuple[int, str]:
    """Ticks and unit of a numpy time or duration; units coarser than a second become seconds.

    OverflowError when the seconds do not fit. A duration of months or years is ValueError.
    """
    unit, count = np.datetime_data(value.dtype)
    ticks = int(value.view("i8"))
    if count != 1:
        raise ValueError(
            f"np.{type(value).__name__} objects with units containing a multiplier are not supported"
        )
    if unit == "generic":
        return ticks, "ns"
    if unit in PER_SECOND:
        return ticks, unit
    if unit in _NUMPY_SECONDS:
        seconds = ticks * _NUMPY_SECONDS[unit]
        if not fits(seconds):
            raise OverflowError(str(value))
        return seconds, "s"
    if kind == "M" and unit in ("Y", "M"):
        months = ticks * (12 if unit == "Y" else 1)
        year, month = divmod(months, 12)
        return days_of(1970 + year, month + 1, 1) * 86_400, "s"
    if kind == "m":
        raise ValueError(
            f"Unit {unit} is not supported. Only unambiguous timedelta values durations are supported."
            " Allowed units are 'W', 'D', 'h', 'm', 's', 'ms', 'us', 'ns'"
        )
    finer_than_nano = {"ps": 10**3, "fs": 10**6, "as": 10**9}
    return ticks // finer_than_nano[unit], "ns"
