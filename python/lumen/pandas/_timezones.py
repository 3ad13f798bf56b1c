"""Time zones as pandas takes them: text, `tzinfo` objects, seconds; and the two look-ups scalars need.

'UTC' is `datetime.timezone.utc`, a fixed offset is `datetime.timezone`, any other name is `zoneinfo.ZoneInfo`.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any

from lumen import _engine

UTC = dt.timezone.utc
_EPOCH = dt.datetime(1970, 1, 1)


def resolve(tz: Any) -> dt.tzinfo | None:
    """The `tzinfo` meant by `tz`; `ZoneInfoNotFoundError` or TypeError when it means none."""
    if tz is None or isinstance(tz, dt.tzinfo):
        return tz
    if isinstance(tz, str):
        if tz in ("UTC", "utc"):
            return UTC
        if tz in _named:
            return _named[tz]
        if tz.startswith("tzfile('") and tz.endswith("')"):
            # What dateutil calls its zone of a file.
            tz = "dateutil/" + tz[len("tzfile('") : -len("')")].removeprefix("/usr/share/zoneinfo/")
        if tz in ("tzlocal()", "tzutc()") or tz.startswith("dateutil/"):
            return _dateutil(tz)
        shift = tz[3:] if tz.startswith("UTC") else tz
        if shift[:1] in ("+", "-"):
            # pandas reads the minutes behind a colon and nowhere else.
            minutes = int(shift[:3]) * 60 + int(shift[0] + (shift[4:6] or "0"))
            return dt.timezone(dt.timedelta(minutes=minutes)) if minutes else UTC
        return zoneinfo.ZoneInfo(tz)
    if isinstance(tz, int) and not isinstance(tz, bool):
        return dt.timezone(dt.timedelta(seconds=tz))
    raise TypeError(f"Argument 'tz' has incorrect type (expected datetime.tzinfo, got {type(tz).__name__})")


def _dateutil(name: str) -> dt.tzinfo:
    from dateutil import tz as dateutil_tz

    if name in ("tzlocal()", "tzutc()"):
        return dateutil_tz.tzlocal() if name == "tzlocal()" else dateutil_tz.tzutc()
    zone = dateutil_tz.gettz(name[len("dateutil/") :])
    if zone is None:
        raise zoneinfo.ZoneInfoNotFoundError(f"No time zone found with key {name}")
    return zone


# Zones of a fixed offset under a name of their own (`tzutc()`, `timezone(delta, 'foo')`): a dtype holds but the name.
_named: dict[str, dt.tzinfo] = {}


def known_name(zone: dt.tzinfo) -> str:
    """The name of a zone that is none of the IANA database, made known to the engine.

    ValueError where another zone has it; NotImplementedError for one whose offset changes by rules of its own.
    """
    name = str(zone)
    held = _named.get(name)
    if held is zone or (isinstance(zone, dt.timezone) and name.startswith("UTC")) or _is_pytz(zone):
        return name
    if held is not None and held == zone:
        return name
    seconds = _only_offset(zone)
    if seconds is None:
        raise NotImplementedError(f"lumen.pandas: the time zone {name}, whose offset changes")
    _engine.name_zone(name, seconds)
    _named[name] = zone
    return name


def _only_offset(zone: dt.tzinfo) -> int | None:
    """The offset in seconds, None where winter and summer of some year differ."""
    moments = [dt.datetime(year, month, 1) for year in range(1970, 2038) for month in (1, 7)]
    offsets = {zone.utcoffset(moment) for moment in moments}
    return _seconds(offsets.pop()) if len(offsets) == 1 else None


def is_utc(tz: dt.tzinfo | None) -> bool:
    """Whether the zone is one of the spellings of UTC."""
    if tz is UTC:
        return True
    if tz is None:
        return False
    if isinstance(tz, zoneinfo.ZoneInfo):
        return tz.key == "UTC"
    if isinstance(tz, dt.timezone):
        return tz == UTC
    return type(tz).__name__ in ("tzutc", "UTC")


def same(a: dt.tzinfo | None, b: dt.tzinfo | None) -> bool:
    """Whether two zones are the same one, spellings of UTC included."""
    if a is b:
        return True
    if a is None or b is None:
        return False
    return (is_utc(a) and is_utc(b)) or a == b or (type(a) is type(b) and str(a) == str(b))


def is_fixed(tz: dt.tzinfo) -> bool:
    """Whether the offset never changes."""
    return isinstance(tz, dt.timezone) or is_utc(tz) or type(tz).__name__ in ("tzoffset", "_FixedOffset")


def local_seconds(tz: dt.tzinfo, utc_seconds: int) -> tuple[int, int]:
    """Offset from UTC in seconds, and fold, at a UTC instant; instants beyond year 9999 use the nearest year."""
    if isinstance(tz, dt.timezone):
        return _seconds(tz.utcoffset(None)), 0
    moment = _EPOCH + dt.timedelta(seconds=min(max(utc_seconds, -62135510400), 253402214400))
    if _is_pytz(tz):
        local = tz.fromutc(moment)
    else:
        local = tz.fromutc(moment.replace(tzinfo=tz))
    shift = local.replace(tzinfo=None) - moment
    return shift.days * 86400 + shift.seconds, local.fold


def _is_pytz(tz: Any) -> bool:
    return hasattr(tz, "localize") and hasattr(tz, "normalize")


def at_utc(tz: dt.tzinfo, utc_seconds: int) -> dt.tzinfo:
    """The `tzinfo` a datetime at this instant carries: itself, but for zones of one object an offset (pytz)."""
    if not _is_pytz(tz):
        return tz
    moment = _EPOCH + dt.timedelta(seconds=min(max(utc_seconds, -62135510400), 253402214400))
    return tz.fromutc(moment).tzinfo


def offsets_of_wall(tz: dt.tzinfo, wall_seconds: int) -> list[int]:
    """The offsets at which the wall clock of `tz` shows this time, ascending in UTC: none, one or two."""
    if isinstance(tz, dt.timezone):
        return [_seconds(tz.utcoffset(None))]
    candidates = {local_seconds(tz, wall_seconds + shift)[0] for shift in (-93600, -43200, 0, 43200, 93600)}
    valid = [o for o in candidates if local_seconds(tz, wall_seconds - o)[0] == o]
    return sorted(valid, reverse=True)


def _seconds(delta: dt.timedelta | None) -> int:
    return 0 if delta is None else delta.days * 86400 + delta.seconds


def label(tz: dt.tzinfo) -> str:
    """The name under which pandas prints a zone."""
    if is_utc(tz):
        return str(tz)
    path = getattr(tz, "_filename", None)
    if path is not None:
        name = str(path).rpartition("zoneinfo/")[2]
        return f"dateutil/{name}"
    zone = getattr(tz, "zone", None)
    return str(zone) if zone else str(tz)
