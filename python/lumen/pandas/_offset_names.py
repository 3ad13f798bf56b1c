"""Names of frequencies: `to_offset` from text such as '2h30min' or 'QE-DEC', and what to say to names of the past."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from lumen.pandas import _offsets, _offsets_business, _offsets_calendar
from lumen.pandas._errors import Pandas4Warning
from lumen.pandas._offsets import BaseOffset, Day, Hour, Tick, tick_of
from lumen.pandas._timedelta import Timedelta
from lumen.pandas._warn import warn

_CLASSES: tuple[type[BaseOffset], ...] = (
    _offsets.Day,
    _offsets.Hour,
    _offsets.Minute,
    _offsets.Second,
    _offsets.Milli,
    _offsets.Micro,
    _offsets.Nano,
    _offsets_calendar.MonthBegin,
    _offsets_calendar.MonthEnd,
    _offsets_calendar.BusinessMonthBegin,
    _offsets_calendar.BusinessMonthEnd,
    _offsets_calendar.QuarterBegin,
    _offsets_calendar.QuarterEnd,
    _offsets_calendar.BQuarterBegin,
    _offsets_calendar.BQuarterEnd,
    _offsets_calendar.HalfYearBegin,
    _offsets_calendar.HalfYearEnd,
    _offsets_calendar.BHalfYearBegin,
    _offsets_calendar.BHalfYearEnd,
    _offsets_calendar.YearBegin,
    _offsets_calendar.YearEnd,
    _offsets_calendar.BYearBegin,
    _offsets_calendar.BYearEnd,
    _offsets_calendar.Week,
    _offsets_calendar.WeekOfMonth,
    _offsets_calendar.LastWeekOfMonth,
    _offsets_calendar.SemiMonthBegin,
    _offsets_calendar.SemiMonthEnd,
    _offsets_business.BusinessDay,
    _offsets_business.CustomBusinessDay,
    _offsets_business.CustomBusinessMonthBegin,
    _offsets_business.CustomBusinessMonthEnd,
    _offsets_business.BusinessHour,
    _offsets_business.CustomBusinessHour,
    _offsets_business.FY5253,
    _offsets_business.FY5253Quarter,
)
PREFIXES: dict[str, type[BaseOffset]] = {str(cls._prefix): cls for cls in _CLASSES}
# Names of spans that once meant their ends too.
_ENDS = {"M": "ME", "Q": "QE", "Y": "YE", "BM": "BME", "BQ": "BQE", "BY": "BYE", "SM": "SME", "CBM": "CBME"}
_RENAMED = {
    "H": "h",
    "BH": "bh",
    "CBH": "cbh",
    "T": "min",
    "S": "s",
    "L": "ms",
    "U": "us",
    "N": "ns",
    "A": "Y",
    "AS": "YS",
    "BA": None,
    "BAS": None,
    "t": "min",
    "l": "ms",
    "u": "us",
    "n": "ns",
}
_FIXED_CASE = {
    "me",
    "ye",
    "qe",
    "bme",
    "bqe",
    "bye",
    "sme",
    "cbme",
    "ms",
    "qs",
    "ys",
    "bms",
    "bqs",
    "bys",
    "sms",
    "cbms",
}
_LOWER = ("d", "b", "w", "c")
_PIECE = re.compile(r"([+\-]?(?:\d*\.)?\d*)\s*([A-Za-z]+(?:-[\dA-Za-z\-]+)?)")


def to_offset(freq: Any, is_period: bool = False) -> Any:
    """The offset meant by a text, a duration, an offset or None (None).

    ValueError for a text that means none, with advice for names of the past; TypeError for other types.
    """
    if is_period:
        raise NotImplementedError("lumen.pandas: to_offset(is_period=True)")
    if freq is None:
        return None
    if isinstance(freq, BaseOffset):
        return freq
    if isinstance(freq, tuple):
        raise TypeError(f"to_offset does not support tuples {freq}, pass as a string instead")
    if isinstance(freq, dt.timedelta):
        return tick_of(Timedelta(freq).value)
    if not isinstance(freq, str):
        raise TypeError(f"Argument 'freq' has incorrect type (expected str, got {_type_name(freq)})")
    try:
        offset = _parse(freq)
    except (ValueError, TypeError, KeyError) as error:
        advice = re.search(r" Did you mean [^?]*\?", str(error)) if freq[:1].isalpha() else None
        raise ValueError(
            f"Invalid frequency: {freq}. Failed to parse with error message: {error!r}"
            + (advice[0] if advice else "")
        ) from error
    if offset is None:
        raise ValueError(f"Invalid frequency: {freq}.")
    return offset


def _parse(text: str) -> Any:
    if not text.strip():
        return None
    pieces, position = [], 0
    for match in _PIECE.finditer(text):
        if text[position : match.start()].strip():
            raise ValueError("separator must be spaces")
        pieces.append(match.groups())
        position = match.end()
    if text[position:].strip():
        raise ValueError("last element must be blank" if pieces else "separator must be spaces")
    total: Any = None
    sign = 1
    for number, name in pieces:
        if number in ("+", "-") or number == "":
            number, amount = number, 1.0
            sign = -1 if number == "-" else sign if total is not None else 1
        else:
            amount = abs(float(number))
            sign = -1 if number.startswith("-") else sign if total is not None else 1
        base = _named(name)
        piece = _times(base, amount, len(pieces) > 1) * sign
        total = piece if total is None else total + piece
    return total


def _times(base: BaseOffset, amount: float, several: bool) -> BaseOffset:
    if isinstance(base, Day) and (several or amount != int(amount)):
        base = Hour(24)
    if isinstance(base, Tick):
        return base._times(amount) if amount != int(amount) else base * int(amount)
    return base * int(amount)


def _named(name: str) -> BaseOffset:
    """The offset of a name with its anchor, taken once."""
    prefix, _, suffix = name.partition("-")
    if prefix in _ENDS:
        better = name.replace(prefix, _ENDS[prefix], 1)
        raise ValueError(f"'{name}' is no longer supported for offsets. Please use '{better}' instead.")
    if prefix in ("W", "w") or name == "MIN":
        better = name.upper() if name != "MIN" else "min"
        if name != better:
            _warn_of_case(name, better)
        if name == "MIN":
            return _offsets.Minute()
        prefix, suffix = "W", suffix.upper() or "SUN"
    elif suffix and suffix.islower() and prefix in PREFIXES:
        raise ValueError(f"Invalid frequency: {name}.")
    if prefix in PREFIXES:
        return _anchored(PREFIXES[prefix], name, suffix)
    if prefix.lower() in _LOWER and prefix.islower():
        upper = prefix.upper()
        _warn_of_case(name, name.upper())
        return _anchored(PREFIXES[upper], name, suffix.upper())
    if prefix.lower() == "min" and not suffix:
        return _offsets.Minute()
    if prefix.upper() in _ENDS and prefix.islower():
        better = _ENDS[prefix.upper()] + (f"-{suffix}" if suffix else "")
        raise ValueError(f"'{name}' is no longer supported for offsets. Please use '{better}' instead.")
    if _RENAMED.get(prefix):
        raise ValueError(
            f"Invalid frequency: {name}. Did you mean {name.replace(prefix, str(_RENAMED[prefix]), 1)}?"
        )
    if prefix.lower() in _FIXED_CASE or prefix.capitalize() == "Days":
        raise ValueError(f"Invalid frequency: {name}.")
    raise _failure(name, KeyError(prefix))


def _warn_of_case(name: str, better: str) -> None:
    warn(
        f"'{name}' is deprecated and will be removed in a future version, please use '{better}' instead.",
        Pandas4Warning,
    )


def _anchored(cls: Any, name: str, suffix: str) -> BaseOffset:
    try:
        return cls._from_name(suffix or None)
    except (KeyError, ValueError) as error:
        raise _failure(name, error) from error


def _failure(name: str, error: Exception) -> ValueError:
    return ValueError(f"Invalid frequency: {name}. Failed to parse with error message: {error!r}.")


def _type_name(value: Any) -> str:
    kind = type(value)
    return f"numpy.{kind.__name__}" if kind.__module__ == "numpy" else kind.__name__
