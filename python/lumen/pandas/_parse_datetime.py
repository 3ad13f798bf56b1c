"""Text to time: ISO 8601 and its looser forms here, quarters too; any other order of words goes to dateutil.

`parse_datetime` is the one entry. The answer is a wall clock with its unit and, where the text says one, its zone.
"""

from __future__ import annotations

import datetime as dt
import re
import warnings
from typing import NamedTuple

from lumen.pandas import _ticks
from lumen.pandas._errors import DateParseError, OutOfBoundsDatetime, Pandas4Warning
from lumen.pandas._warn import warn

NAT_WORDS = {"NaT", "nat", "NAT", "nan", "NaN", "NAN", "", "<NA>", "None"} - {"None", "<NA>"}
_ISO = re.compile(
    r"\s*(?P<year>\d{4})"
    r"(?:(?P<sep>[-/. ]?)(?P<month>\d{2})(?:(?P=sep)(?P<day>\d{2}))?)?"
    r"(?:(?<=\d)(?:T|\s+)(?P<hour>\d{2})(?::?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,](?P<fraction>\d+))?)?)?"
    r"\s*(?P<zone>Z|z|UTC|[+-]\d{2}(?::?\d{2})?)?)?\s*$"
)
_QUARTER = re.compile(
    r"(?:(?P<year>\d{4}|\d{2})-?[Qq](?P<quarter>[1-4])|(?P<first>[1-4])[Qq]-?(?P<late>\d{4}|\d{2}))$"
)
_DELIMITED = re.compile(r"(?P<a>\d{1,2})(?P<sep>[-/. ])(?P<b>\d{1,2})(?P=sep)(?P<year>\d{4})$")
_RESOLUTIONS = ("day", "month", "year")


class Parsed(NamedTuple):
    """Ticks of the wall clock, their unit, the zone the text names (or None), the finest field that it gives."""

    ticks: int
    unit: str
    tz: dt.tzinfo | None
    resolution: str


def parse_datetime(text: str, dayfirst: bool = False, yearfirst: bool = False) -> Parsed | None:
    """The time a text says, None for the words of missing.

    The unit is microseconds, nanoseconds where the text has more than six digits of a second. `DateParseError` for a
    text that is no time, `OutOfBoundsDatetime` for one beyond its unit.
    """
    match = _ISO.match(text)
    if match and not (match["month"] is not None and match["sep"] == "" and match["day"] is None):
        return _from_iso(match, text)
    if text in NAT_WORDS:
        return None
    if _is_small_number(text):
        raise ValueError(f'Given date string "{text}" not likely a datetime')
    lowered = text.lower()
    if lowered == "now":
        return _wall(dt.datetime.now(dt.timezone.utc).replace(tzinfo=None), "", None, "microsecond")
    if lowered == "today":
        return _wall(dt.datetime.now(), "", None, "microsecond")
    if text[:1] == "-":
        return _from_years_before(text)
    match = _QUARTER.match(text)
    if match:
        warn(
            f"Parsing '{text}' as a quarterly string is deprecated and will be removed in a future version. Use"
            f" pd.Period('{text}').to_timestamp(), or a PeriodIndex for indexing, instead.",
            Pandas4Warning,
        )
        return _from_quarter(match)
    if re.fullmatch(r"\d{4}-?[Qq]\d|\d[Qq]-?\d{4}", text.strip()):
        raise DateParseError(f"Incorrect quarterly string is given, quarter must be between 1 and 4: {text}")
    match = _DELIMITED.match(text)
    if match:
        return _from_delimited(match, text, dayfirst)
    return _from_words(text, dayfirst, yearfirst)


def _is_small_number(text: str) -> bool:
    try:
        return text[:1] != "0" and float(text) < 1000
    except ValueError:
        return False


def _wall(moment: dt.datetime, fraction: str, tz: dt.tzinfo | None, resolution: str) -> Parsed:
    """The wall clock of `moment`; `fraction` are the digits of its second when the text has any."""
    seconds = _ticks.wall_seconds(moment)
    if len(fraction) > 6:
        nanos = seconds * 10**9 + int(fraction[:9].ljust(9, "0"))
        if not _ticks.fits(nanos):
            raise OutOfBoundsDatetime(f"Out of bounds nanosecond timestamp: {moment.replace(microsecond=0)}")
        return Parsed(nanos, "ns", tz, "nanosecond")
    micros = int(fraction.ljust(6, "0")) if fraction else moment.microsecond
    return Parsed(seconds * 10**6 + micros, "us", tz, resolution)


def _fixed_zone(text: str) -> dt.tzinfo:
    if text in ("Z", "z", "UTC"):
        return dt.timezone.utc
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    delta = dt.timedelta(minutes=-minutes if text[0] == "-" else minutes)
    return dt.timezone(delta) if delta else dt.timezone.utc


def _from_iso(match: re.Match[str], text: str) -> Parsed:
    year, month, day, hour, minute, second = (
        match[name] for name in ("year", "month", "day", "hour", "minute", "second")
    )
    try:
        moment = dt.datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0)
        )
    except ValueError as error:
        raise DateParseError(f"{error}: {text}") from None
    try:
        zone = _fixed_zone(match["zone"]) if match["zone"] else None
    except ValueError:
        raise ValueError(
            f'Parsed string "{text}" gives an invalid tzoffset, which must be between -timedelta(hours=24) and'
            " timedelta(hours=24)"
        ) from None
    fraction = match["fraction"] or ""
    if fraction:
        resolution = "microsecond" if len(fraction) > 3 else "millisecond"
    else:
        fields = (("second", second), ("minute", minute), ("hour", hour), ("day", day), ("month", month))
        resolution = next((name for name, field in fields if field is not None), "year")
    return _wall(moment, fraction, zone, resolution)


_BEFORE = re.compile(r"-(?P<year>\d{1,4})-(?P<month>\d{2})-(?P<day>\d{2})(?P<clock>[T ].*)?$")


def _from_years_before(text: str) -> Parsed:
    """A date before year 1, counted with a year 0."""
    match = _BEFORE.match(text)
    try:
        if match is None:
            raise ValueError
        # The clock is read on a day that exists; the days are counted apart.
        rest = _ISO.match(f"2000-01-01{match['clock'] or ''}")
        if rest is None:
            raise ValueError
        days = _ticks.days_of(-int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        raise DateParseError(f"Unknown datetime string format, unable to parse: {text}") from None
    parsed = _from_iso(rest, text)
    shift = (days - _ticks.days_of(2000, 1, 1)) * 86_400 * _ticks.PER_SECOND[parsed.unit]
    return parsed._replace(ticks=parsed.ticks + shift)


def _full_year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _from_quarter(match: re.Match[str]) -> Parsed:
    year = _full_year(match["year"] or match["late"])
    quarter = int(match["quarter"] or match["first"])
    return _wall(dt.datetime(year, 3 * quarter - 2, 1), "", None, "quarter")


def _from_delimited(match: re.Match[str], text: str, dayfirst: bool) -> Parsed:
    a, b, year = int(match["a"]), int(match["b"]), int(match["year"])
    day, month = (a, b) if dayfirst else (b, a)
    swapped = month > 12 and day <= 12
    if swapped:
        day, month = month, day
        found, said = ("%m/%d/%Y", "True") if dayfirst else ("%d/%m/%Y", "False (the default)")
        warn(
            f"Parsing dates in {found} format when dayfirst={said} was specified. Pass"
            f" `dayfirst={'False' if dayfirst else 'True'}` or specify a format to silence this warning.",
            UserWarning,
        )
    try:
        return _wall(dt.datetime(year, month, day), "", None, "day")
    except ValueError as error:
        raise DateParseError(f"{error}: {text}") from None


_FRACTION = re.compile(r":\d{1,2}[.,](\d+)")


def _from_words(text: str, dayfirst: bool, yearfirst: bool) -> Parsed:
    """By dateutil, as pandas does; its fields are completed by the first of January, today when only a clock."""
    try:
        from dateutil import parser, tz
    except ImportError:
        raise DateParseError(f"Unknown datetime string format, unable to parse: {text}") from None
    unknown = DateParseError(f"Unknown datetime string format, unable to parse: {text}")
    if re.search(r"[A-Za-z]/[A-Za-z]", text):
        raise unknown
    today = dt.datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
    read = parser.parser()
    try:
        fields, _ = read._parse(text, dayfirst=dayfirst, yearfirst=yearfirst)
    except TypeError:
        fields = None
    if fields is None or not len(fields):
        raise unknown
    if fields.year is fields.month is fields.day is None:
        if fields.hour is None:
            if fields.weekday is not None:
                raise DateParseError(f"Unable to parse datetime string: {text}")
            raise unknown
        default = today
    else:
        default = dt.datetime(1, 1, 1)
    if fields.hour is None and (
        fields.tzname is not None or fields.tzoffset is not None or fields.ampm is not None
    ):
        raise unknown
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", parser.UnknownTimezoneWarning)
            moment = parser.parse(text, default=default, dayfirst=dayfirst, yearfirst=yearfirst)
    except parser.UnknownTimezoneWarning:
        raise ValueError(
            f'Parsed string "{text}" included an unrecognized timezone "{fields.tzname}".'
        ) from None
    except parser.ParserError as error:
        message = str(error.args[0]) if error.args else ""
        if "Unknown string format" in message or "does not contain" in message:
            raise unknown from None
        raise DateParseError(f"{message.split(': %s')[0]}: {text}") from None
    except OverflowError as error:
        raise DateParseError(f"{error}: {text}") from None
    zone = moment.tzinfo
    if isinstance(zone, tz.tzutc):
        zone = dt.timezone.utc
    elif isinstance(zone, tz.tzoffset):
        zone = dt.timezone(zone.utcoffset(None)) if zone.utcoffset(None) else dt.timezone.utc
    fraction = _FRACTION.search(text)
    digits = fraction[1] if fraction else ""
    resolution = next(
        (
            name
            for name in ("microsecond", "second", "minute", "hour", "day", "month")
            if getattr(fields, name) is not None
        ),
        "year",
    )
    return _wall(moment.replace(tzinfo=None), digits if len(digits) > 6 else "", zone, resolution)
