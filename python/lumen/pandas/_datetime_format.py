"""Times by a format: `strptime` to the nanosecond, and the guess of the format a text has.

The directives are those of `datetime.strptime`; %f takes one to nine digits.
"""

from __future__ import annotations

import calendar
import datetime as dt
import functools
import re
from typing import Any, NamedTuple

from lumen.pandas import _ticks
from lumen.pandas._errors import OutOfBoundsDatetime
from lumen.pandas._parse_datetime import Parsed, _fixed_zone
from lumen.pandas._warn import warn

_ADVICE = (
    " You might want to try:\n    - passing `format` if your strings have a consistent format;\n    - passing"
    " `format='ISO8601'` if your strings are all ISO8601 but not necessarily in exactly the same format;\n    -"
    " passing `format='mixed'`, and the format will be inferred for each element individually. You might want to use"
    " `dayfirst` alongside this."
)


def _names(names: Any) -> str:
    return "(?:" + "|".join(sorted((re.escape(name) for name in names if name), key=len, reverse=True)) + ")"


_DIRECTIVES = {
    "Y": r"(?P<Y>\d{4})",
    "y": r"(?P<y>\d{2})",
    "m": r"(?P<m>1[0-2]|0[1-9]|[1-9])",
    "d": r"(?P<d>3[01]|[12]\d|0[1-9]|[1-9]| [1-9])",
    "H": r"(?P<H>2[0-3]|[01]\d|\d)",
    "I": r"(?P<I>1[0-2]|0[1-9]|[1-9])",
    "M": r"(?P<M>[0-5]\d|\d)",
    "S": r"(?P<S>6[01]|[0-5]\d|\d)",
    "f": r"(?P<f>\d{1,9})",
    "j": r"(?P<j>36[0-6]|3[0-5]\d|[12]\d\d|0[1-9]\d|00[1-9]|[1-9]\d|0[1-9]|[1-9])",
    "p": r"(?P<p>am|pm)",
    "z": r"(?P<z>[+-]\d\d:?[0-5]\d(?::?[0-5]\d)?|Z|UTC|)",
    "Z": r"(?P<Z>[A-Za-z_/]*)",
    "%": "%",
    "b": f"(?P<b>{_names(calendar.month_abbr)})",
    "B": f"(?P<B>{_names(calendar.month_name)})",
    "a": f"(?P<a>{_names(calendar.day_abbr)})",
    "A": f"(?P<A>{_names(calendar.day_name)})",
    "G": r"(?P<G>\d{4})",
    "V": r"(?P<V>5[0-3]|0[1-9]|[1-4]\d|\d)",
    "u": r"(?P<u>[1-7])",
}


@functools.lru_cache(maxsize=64)
def _compiled(format: str) -> re.Pattern[str]:
    parts = []
    letters = iter(format)
    for letter in letters:
        if letter != "%":
            parts.append(r"\s+" if letter.isspace() else re.escape(letter))
            continue
        directive = next(letters, None)
        if directive is None:
            raise ValueError(f"stray % in format '{format}'")
        if directive not in _DIRECTIVES:
            raise ValueError(f"'{directive}' is a bad directive in format '{format}'")
        parts.append(_DIRECTIVES[directive])
    try:
        return re.compile("".join(parts), re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"redefinition of a directive in format '{format}'") from error


def parse_by_format(text: str, format: str, exact: bool = True) -> Parsed:
    """The time a text says by a format; ValueError naming both when they do not match."""
    pattern = _compiled(format)
    match = pattern.match(text) if exact else pattern.search(text)
    if match is None:
        raise ValueError(f'time data "{text}" doesn\'t match format "{format}".{_ADVICE}')
    if exact and match.end() != len(text):
        rest = text[match.end() :]
        raise ValueError(f'unconverted data remains when parsing with format "{format}": "{rest}".{_ADVICE}')
    return _assembled(match.groupdict(), text)


def _assembled(found: dict[str, str | None], text: str) -> Parsed:
    def number(name: str, default: int) -> int:
        value = found.get(name)
        return default if value is None else int(value)

    year = number("Y", 1900)
    if found.get("y") is not None:
        short = number("y", 0)
        year = short + (2000 if short <= 68 else 1900)
    month, day = number("m", 1), number("d", 1)
    for name, table in (("b", calendar.month_abbr), ("B", calendar.month_name)):
        if found.get(name):
            month = [entry.lower() for entry in table].index(str(found[name]).lower())
    hour = number("H", 0)
    if found.get("I") is not None:
        hour = number("I", 0) % 12 + (12 if str(found.get("p") or "").lower() == "pm" else 0)
    second = number("S", 0)
    try:
        if found.get("G") is not None:
            date = dt.date.fromisocalendar(number("G", 1), number("V", 1), number("u", 1))
        elif found.get("j") is not None:
            date = dt.date(year, 1, 1) + dt.timedelta(days=number("j", 1) - 1)
        else:
            date = dt.date(year, month, day)
        moment = dt.datetime(date.year, date.month, date.day, hour, number("M", 0), min(second, 59))
    except ValueError as error:
        raise ValueError(str(error)) from None
    fraction = found.get("f") or ""
    zone = _fixed_zone(found["z"]) if found.get("z") else None
    if found.get("Z"):
        from lumen.pandas import _timezones

        zone = _timezones.resolve(found["Z"])
    seconds = _ticks.wall_seconds(moment)
    if len(fraction) > 6:
        nanos = seconds * 10**9 + int(fraction.ljust(9, "0"))
        if not _ticks.fits(nanos):
            raise OutOfBoundsDatetime(f"Out of bounds nanosecond timestamp: {text}")
        return Parsed(nanos, "ns", zone, "nanosecond")
    return Parsed(seconds * 10**6 + int(fraction.ljust(6, "0") or 0), "us", zone, "second")


class _Piece(NamedTuple):
    pattern: str
    format: str


_MONTH = _names([*calendar.month_name, *calendar.month_abbr])
_GUESSES = (
    _Piece(r"\d{4}", "%Y"),
    _Piece(r"\d{4}-\d{2}", "%Y-%m"),
    _Piece(r"\d{4}-\d{1,2}-\d{1,2}", "%Y-%m-%d"),
    _Piece(r"\d{4}/\d{1,2}/\d{1,2}", "%Y/%m/%d"),
    _Piece(r"\d{4}\.\d{1,2}\.\d{1,2}", "%Y.%m.%d"),
    _Piece(r"\d{8}", "%Y%m%d"),
    _Piece(r"\d{1,2}/\d{1,2}/\d{4}", "%m/%d/%Y"),
    _Piece(r"\d{1,2}-\d{1,2}-\d{4}", "%m-%d-%Y"),
    _Piece(r"\d{1,2}\.\d{1,2}\.\d{4}", "%m.%d.%Y"),
    _Piece(rf"{_MONTH} \d{{1,2}}, \d{{4}}", "%b %d, %Y"),
    _Piece(rf"\d{{1,2}} {_MONTH} \d{{4}}", "%d %b %Y"),
    _Piece(rf"\d{{4}} {_MONTH} \d{{1,2}}", "%Y %b %d"),
    _Piece(rf"{_MONTH} \d{{1,2}} \d{{4}}", "%b %d %Y"),
    _Piece(rf"\d{{1,2}}-{_MONTH}-\d{{4}}", "%d-%b-%Y"),
)
_CLOCK = re.compile(
    r"(?P<sep>T| )(?P<clock>\d{1,2}(?::\d{2}(?::\d{2}(?P<f>\.\d{1,9})?)?)?|\d{6})(?P<zone> ?(?:Z|[+-]\d{2}:?\d{2}))?$"
)


def guess_datetime_format(dt_str: str, dayfirst: bool = False) -> str | None:
    """The format a text seems to have, or None."""
    clock = _CLOCK.search(dt_str)
    tails = [("", dt_str)]
    if clock:
        digits = clock["clock"]
        shape = (
            "%H%M%S" if len(digits) == 6 and ":" not in digits else "%H:%M:%S"[: 3 * digits.count(":") + 2]
        )
        tail = clock["sep"] + shape + (".%f" if clock["f"] else "")
        if clock["zone"]:
            tail += (" " if clock["zone"].startswith(" ") else "") + "%z"
        tails.insert(0, (tail, dt_str[: clock.start()]))
    for tail, head in tails:
        for piece in _GUESSES:
            if re.fullmatch(piece.pattern, head, re.IGNORECASE):
                return _ordered(piece.format, head, dayfirst, dt_str, tail)
    return None


def _ordered(format: str, head: str, dayfirst: bool, text: str, tail: str) -> str | None:
    """The guess with the day where it must stand."""
    if "%b" in format:
        name = re.search(_MONTH, head, re.IGNORECASE)
        if name and name[0].lower() in [entry.lower() for entry in calendar.month_name] and len(name[0]) > 3:
            format = format.replace("%b", "%B")
        return format + tail
    if format.startswith("%m"):
        first, second = (int(part) for part in re.split(r"\D", head)[:2])
        swapped = "%d" + format[2:].replace("%d", "%m", 1)
        chosen = swapped if dayfirst else format
        if not dayfirst and first > 12 and second <= 12:
            chosen = swapped
            _warn_of_order("%d/%m/%Y", "False (the default)", "True")
        elif dayfirst and second > 12 and first <= 12:
            chosen = format
            _warn_of_order("%m/%d/%Y", "True", "False")
        elif first > 12 and second > 12:
            return None
        return chosen + tail
    if dayfirst and "%d" in format and "%m" in format:
        return (
            format.replace("%m", "@").replace("%d", "%m").replace("@", "%d") + tail
            if format != "%Y%m%d"
            else None
        )
    if dayfirst and format == "%Y-%m":
        return None
    return format + tail


def _warn_of_order(format: str, given: str, better: str) -> None:
    warn(
        f"Parsing dates in {format} format when dayfirst={given} was specified. Pass `dayfirst={better}` or specify a"
        " format to silence this warning.",
        UserWarning,
    )
