"""Durations as text: the words of units, parsing of pandas' and ISO 8601 forms, and both ways of printing."""

from __future__ import annotations

import re

from lumen.pandas._errors import OutOfBoundsTimedelta, Pandas4Warning
from lumen.pandas._ticks import NANOS, PER_SECOND, fits
from lumen.pandas._warn import warn

_WORDS = {
    "W": ("W", "w"),
    "D": ("D", "d", "days", "day"),
    "h": ("H", "h", "hours", "hour", "hr"),
    "m": ("m", "minute", "min", "minutes"),
    "s": ("s", "S", "seconds", "sec", "second"),
    "ms": ("ms", "milliseconds", "millisecond", "milli", "millis"),
    "us": ("us", "microseconds", "microsecond", "µs", "micro", "micros"),
    "ns": ("ns", "nanoseconds", "nano", "nanos", "nanosecond"),
}
_UNIT_OF_WORD = {word: unit for unit, words in _WORDS.items() for word in words}
_AMBIGUOUS = {"M", "Y", "y"}
MISSING_WORDS = {"nat", "nan", "NaT", "NaN", "NAT", "NAN", ""}


_DEPRECATED = {"w": "W", "d": "D", "H": "h", "S": "s", "MIN": "min", "MS": "ms", "US": "us", "NS": "ns"}


def unit_of(word: str) -> str:
    """numpy's short name of a unit; ValueError for a word that is none, or no fixed duration."""
    better = _DEPRECATED.get(word)
    if better is not None:
        warn(
            f"'{word}' is deprecated and will be removed in a future version. Please use '{better}' instead of"
            f" '{word}'.",
            Pandas4Warning,
        )
    unit = _UNIT_OF_WORD.get(word) or _UNIT_OF_WORD.get(word.lower())
    if unit is None:
        raise ValueError(f"invalid unit abbreviation: {word}")
    return unit


_TOKEN = re.compile(
    r"(?P<number>\d+)|(?P<dot>\.)|(?P<colon>:)|(?P<sign>[+-])|(?P<word>[^\W\d_]+)|(?P<skip>[\s,]+)|(?P<other>.)"
)


def _amount(number: str, fraction: str, unit: str) -> int:
    nanos = NANOS[unit]
    digits = len(str(nanos)) - 1
    value = float(f"{number}.{fraction or 0}")
    whole = int(number)
    part = round(value - whole, digits) if fraction else 0.0
    total = whole * nanos + int(part * nanos)
    if not fits(total):
        raise OutOfBoundsTimedelta(f"cannot convert input {value} with the unit '{unit}'")
    return total


def parse(text: str) -> int:
    """Nanoseconds of a text like '1 day 02:03:04.5' or '3h 5min'; ValueError naming what is wrong."""
    total = 0
    negative = False
    sign_seen = False
    number = fraction = ""
    in_fraction = False
    clock: list[str] = []
    have_value = False
    if not re.search(r"[^-+,\s]", text):
        raise ValueError(
            "only leading negative signs are allowed" if text.count("-") > 1 else "symbols w/o a number"
        )
    for match in _TOKEN.finditer(text):
        kind, token = match.lastgroup, match.group()
        if kind == "skip":
            continue
        if kind == "sign":
            if token == "-":
                if sign_seen or have_value:
                    raise ValueError("only leading negative signs are allowed")
                negative = sign_seen = True
            elif have_value and negative and not number:
                # '-1 days +02:03:04': the days are negative, the clock is not.
                total, negative = -total, False
        elif kind == "number":
            if in_fraction:
                fraction += token
            else:
                number += token
        elif kind == "dot":
            if not number:
                raise ValueError("unit abbreviation w/o a number")
            in_fraction = True
        elif kind == "colon":
            if not number:
                raise ValueError(f"expecting hh:mm:ss format, received: {text}")
            if have_value and negative and not clock:
                # '-1 days 02:03:04': the days are negative, the clock is not.
                total, negative = -total, False
            clock.append(number)
            number = ""
            have_value = True
        elif kind == "word":
            if clock:
                if len(clock) < 2:
                    raise ValueError("expected hh:mm:ss format")
                raise ValueError(f"unexpected characters, {token}, after hh:mm:ss format, received: {text}")
            if not number:
                raise ValueError("unit abbreviation w/o a number")
            if token in _AMBIGUOUS:
                raise ValueError(
                    "Units 'M', 'Y' and 'y' do not represent unambiguous timedelta values and are not supported."
                )
            total += _amount(number, fraction, unit_of(token))
            number, fraction, in_fraction, have_value = "", "", False, True
        else:
            raise ValueError("unit abbreviation w/o a number")
    if clock:
        if len(clock) != 2 or not number:
            raise ValueError("expected hh:mm:ss format")
        hours, minutes = (int(part) for part in clock)
        total += hours * NANOS["h"] + minutes * NANOS["m"] + int(number) * NANOS["s"]
        if fraction:
            total += int(fraction[:9].ljust(9, "0"))
    elif number:
        if have_value:
            raise ValueError("have leftover units")
        if in_fraction and not fraction:
            raise ValueError("no units specified")
        total += _amount(number, fraction, "ns")
    elif not have_value:
        raise ValueError("no units specified")
    total = -total if negative else total
    if not fits(total):
        raise OutOfBoundsTimedelta(f"Out of bounds nanosecond timedelta: {text!r}")
    return total


_ISO_PART = re.compile(r"([+-]?\d+)(?:[.,](\d+))?([WDHMS])")


def parse_iso(text: str) -> int:
    """Nanoseconds of an ISO 8601 duration such as 'P1DT2H3M4.5S', perhaps with a sign."""
    bad = ValueError(f"Invalid ISO 8601 Duration format - {text}")
    body = text.lstrip("+-")
    negative = text.startswith("-")
    if not body.startswith("P"):
        raise bad
    date, _, clock = body[1:].partition("T")
    total, seen = 0, False
    for part, units in ((date, {"W": "W", "D": "D"}), (clock, {"H": "h", "M": "m", "S": "s"})):
        position = 0
        for match in _ISO_PART.finditer(part):
            number, fraction, letter = match.groups()
            if match.start() != position or letter not in units or (fraction and letter != "S"):
                raise bad
            position, seen = match.end(), True
            total += int(number) * NANOS[units[letter]]
            if fraction:
                nanos = int(fraction[:9].ljust(9, "0"))
                total += -nanos if number.startswith("-") else nanos
        if position != len(part):
            raise bad
    if not seen:
        raise bad
    total = -total if negative else total
    if not fits(total):
        raise OutOfBoundsTimedelta(f"Out of bounds nanosecond timedelta: {text!r}")
    return total


def _fraction(value: int, unit: str) -> tuple[int, int, int, int, int]:
    """Days, hours, minutes, seconds and nanoseconds of the second, of a tick count rounded towards -inf."""
    seconds, ticks = divmod(value, PER_SECOND[unit])
    days, seconds = divmod(seconds, 86_400)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return days, hours, minutes, seconds, ticks * (10**9 // PER_SECOND[unit])


def show(value: int, unit: str, style: str = "long") -> str:
    """As '1 days 02:03:04.500000': `style` 'long' always has the clock, 'sub_day' only when needed, 'all' nine digits."""
    days, hours, minutes, seconds, nanos = _fraction(value, unit)
    sign = "+" if days < 0 else ""
    if style == "all":
        return f"{days} days {sign}{hours:02}:{minutes:02}:{seconds:02}.{nanos:09}"
    if style == "even_day" and not (hours or minutes or seconds or nanos):
        return f"{days} days"
    if style == "sub_day" and days == 0:
        head = ""
    elif style == "sub_day" and not (hours or minutes or seconds or nanos):
        return f"{days} days"
    else:
        head = f"{days} days {sign}"
    if nanos % 1000:
        tail = f".{nanos:09}"
    else:
        tail = f".{nanos // 1000:06}" if nanos else ""
    return f"{head}{hours:02}:{minutes:02}:{seconds:02}{tail}"


def show_iso(value: int, unit: str) -> str:
    """As 'P1DT2H3M4.5S'."""
    days, hours, minutes, seconds, nanos = _fraction(value, unit)
    shown = f"{seconds}.{nanos:09}".rstrip("0").rstrip(".") if nanos else str(seconds)
    return f"P{days}DT{hours}H{minutes}M{shown}S"
