"""`date_range`, `bdate_range` and `timedelta_range`: indexes of times and durations at one step."""

from __future__ import annotations

from typing import Any, Hashable

import numpy as np

from lumen import _engine
from lumen.pandas._timestamp import Timestamp
from lumen.pandas._timedelta import Timedelta

_UNITS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


def _checked(start: Any, end: Any, periods: Any, freq: Any) -> Any:
    if periods is not None:
        if isinstance(periods, (float, np.floating)):
            raise TypeError(f"periods must be an integer, got {periods}")
        if not isinstance(periods, (int, np.integer)):
            raise TypeError(f"periods must be an integer, got {periods}")
        periods = int(periods)
        if periods < 0:
            raise ValueError("negative dimensions are not allowed")
    if sum(item is not None for item in (start, end, periods, freq)) != 3:
        raise ValueError(
            "Of the four parameters: start, end, periods, and freq, exactly three must be specified"
        )
    return periods


def _cut(labels: list[Any], start: Any, end: Any, inclusive: str) -> list[Any]:
    """Without the ends that are not included."""
    if inclusive not in ("both", "neither", "left", "right"):
        raise ValueError("Inclusive has to be either 'both', 'neither', 'left' or 'right'")
    left, right = inclusive in ("both", "left"), inclusive in ("both", "right")
    if not left and labels and start is not None and labels[0] == start:
        labels = labels[1:]
    if not right and labels and end is not None and labels[-1] == end:
        labels = labels[:-1]
    return labels


def date_range(
    start: Any = None,
    end: Any = None,
    periods: Any = None,
    freq: Any = None,
    tz: Any = None,
    normalize: bool = False,
    name: Hashable = None,
    inclusive: str = "both",
    *,
    unit: str | None = None,
    **kwargs: Any,
) -> Any:
    """Times from `start` to `end` at one step."""
    from lumen.pandas._offsets import Day, Tick, to_offset

    if kwargs:
        raise TypeError(f"date_range() got an unexpected keyword argument '{next(iter(kwargs))}'")
    if freq is None and (periods is None or start is None or end is None):
        freq = "D"
    offset = None if freq is None else to_offset(freq)
    periods = _checked(start, end, periods, offset)
    if unit is not None and unit not in _UNITS:
        raise ValueError("'unit' must be one of 's', 'ms', 'us', 'ns'")
    first = None if start is None else Timestamp(start)
    last = None if end is None else Timestamp(end)
    for bound in (first, last):
        if bound is not None and bound != bound:
            raise ValueError("Neither `start` nor `end` can be NaT")
    zones = [bound.tzinfo for bound in (first, last) if bound is not None]
    zone = zones[0] if zones else None
    if len(zones) == 2 and str(zones[0]) != str(zones[1]):
        raise TypeError("Start and end cannot both be tz-aware with different timezones")
    if tz is not None:
        from lumen.pandas._timezones import resolve

        tz = resolve(tz) if isinstance(tz, str) else tz
        if zone is not None and str(zone) != str(tz):
            raise AssertionError("Inferred time zone not equal to passed time zone")
    else:
        tz = zone
    if normalize:
        first = None if first is None else first.normalize()
        last = None if last is None else last.normalize()
    if unit is None:
        units = [bound.unit for bound in (first, last) if bound is not None]
        unit = max(units, key=lambda item: -_UNITS[item]) if units else "us"
        if isinstance(offset, Tick):
            while offset.nanos % _UNITS[unit]:
                unit = {"s": "ms", "ms": "us", "us": "ns"}[unit]
    # Even pieces and fixed steps are of time that passes, days of the clock on the wall.
    aware_steps = offset is None or isinstance(offset, Tick) and not isinstance(offset, Day)
    if tz is not None and not aware_steps:
        first = None if first is None else first.tz_localize(None)
        last = None if last is None else last.tz_localize(None)
    elif tz is not None:
        first = _moment(first, tz)
        last = _moment(last, tz)
    if offset is None:
        labels = _spread(first, last, periods, unit)
    elif isinstance(offset, (Day, Tick)) and (tz is None or aware_steps):
        labels = _fixed(first, last, periods, offset.nanos, unit)
    elif isinstance(offset, Day):
        labels = _fixed(first, last, periods, offset.n * 86_400_000_000_000, unit)
    else:
        labels = _stepped(first, last, periods, offset, unit)
    if tz is not None:
        moments = [Timestamp._from_ticks(int(tick), unit, None) for tick in labels]
        if aware_steps:
            stamps = [moment.tz_localize("UTC").tz_convert(tz) for moment in moments]
        else:
            stamps = [moment.tz_localize(tz) for moment in moments]
        bounds = [None if bound is None else Timestamp(bound) for bound in (start, end)]
        stamps = _cut(stamps, *(_in_zone(bound, tz) for bound in bounds), inclusive)
        column = _engine.Column.from_items(stamps) if stamps else None
        made = _empty(unit, tz) if column is None else _engine.Index._of_column(column, name)
        if made._dtype.split("[")[1].split(",")[0] != unit:
            made = made.as_unit(unit)
    else:
        ticks = labels
        _cut([], None, None, inclusive)
        if inclusive != "both":
            bounds = [None if bound is None else bound.as_unit(unit)._value for bound in (first, last)]
            keep = list(range(len(ticks)))
            if inclusive in ("neither", "right") and keep and bounds[0] is not None and ticks[0] == bounds[0]:
                keep = keep[1:]
            if (
                inclusive in ("neither", "left")
                and keep
                and bounds[1] is not None
                and ticks[keep[-1]] == bounds[1]
            ):
                keep = keep[:-1]
            ticks = ticks[keep[0] : keep[-1] + 1] if keep else ticks[:0]
        column = _engine.Column.from_buffer(np.ascontiguousarray(ticks, dtype="i8"), f"datetime64[{unit}]")
        made = _engine.Index._of_column(column, name)
    made = made if made.name is name else made.rename(name)
    if offset is not None:
        return made._with_freq(offset.freqstr)
    return made


def _moment(bound: Any, tz: Any) -> Any:
    if bound is None:
        return None
    aware = bound.tz_localize(tz) if bound.tzinfo is None else bound
    return aware.tz_convert("UTC").tz_localize(None)


def _in_zone(bound: Any, tz: Any) -> Any:
    if bound is None:
        return None
    return bound.tz_localize(tz) if bound.tzinfo is None else bound


def _empty(unit: str, tz: Any) -> Any:
    from lumen.pandas._index import DatetimeIndex

    return DatetimeIndex([], dtype=f"datetime64[{unit}, {tz}]")


def _fixed(first: Any, last: Any, periods: Any, nanos: int, unit: str) -> np.ndarray:
    """Ticks at one distance."""
    size = _UNITS[unit]
    if nanos % size:
        raise ValueError(f"the step does not fit into the unit {unit}")
    step = nanos // size
    if first is not None:
        low = first.as_unit(unit)._value
        if last is not None:
            high = last.as_unit(unit)._value
            count = max((high - low) // step + 1, 0)
        else:
            count = periods
    else:
        count = periods
        low = last.as_unit(unit)._value - (count - 1) * step
    end = low + max(count - 1, 0) * step
    if abs(end) >= 2**63:
        from lumen.pandas._errors import OutOfBoundsDatetime

        raise OutOfBoundsDatetime(
            f"Cannot generate range with start={first if first is None else first._value} and periods={periods}"
        )
    return low + np.arange(count, dtype="i8") * step


def _stepped(first: Any, last: Any, periods: Any, offset: Any, unit: str) -> np.ndarray:
    """Ticks from one date of the offset to the next."""
    labels: list[Any] = []
    rising = offset.n >= 0
    if first is not None:
        at = offset.rollforward(first) if rising else offset.rollback(first)
        if last is not None and periods is None:
            while (at <= last) if rising else (at >= last):
                labels.append(at)
                following = at + offset
                if (following <= at) if rising else (following >= at):
                    raise ValueError(f"Offset {offset} did not increment date")
                at = following
        else:
            while len(labels) < periods:
                labels.append(at)
                if len(labels) < periods:
                    at = at + offset
    else:
        at = offset.rollback(last) if rising else offset.rollforward(last)
        while len(labels) < periods:
            labels.append(at)
            if len(labels) < periods:
                at = at - offset
        labels.reverse()
    return np.array([label.as_unit(unit)._value for label in labels], dtype="i8")


def _spread(first: Any, last: Any, periods: int, unit: str) -> np.ndarray:
    """As many ticks between two, evenly spread."""
    low, high = first.as_unit(unit)._value, last.as_unit(unit)._value
    return np.array([int(tick) for tick in np.linspace(0, high - low, periods)], dtype="i8") + low


def bdate_range(
    start: Any = None,
    end: Any = None,
    periods: Any = None,
    freq: Any = "B",
    tz: Any = None,
    normalize: bool = True,
    name: Hashable = None,
    weekmask: Any = None,
    holidays: Any = None,
    inclusive: str = "both",
    **kwargs: Any,
) -> Any:
    """Working days from `start` to `end`."""
    if freq is None:
        raise TypeError("freq must be specified for bdate_range; use date_range instead")
    if weekmask is not None or holidays is not None:
        if isinstance(freq, str) and freq.startswith("C"):
            raise NotImplementedError("lumen.pandas: bdate_range(weekmask=, holidays=)")
        raise ValueError(
            f"a custom frequency string is required when holidays or weekmask are passed, got frequency {freq}"
        )
    return date_range(
        start, end, periods, freq, tz=tz, normalize=normalize, name=name, inclusive=inclusive, **kwargs
    )


def timedelta_range(
    start: Any = None,
    end: Any = None,
    periods: Any = None,
    freq: Any = None,
    name: Hashable = None,
    closed: Any = None,
    *,
    unit: str | None = None,
) -> Any:
    """Durations from `start` to `end` at one step."""
    from lumen.pandas._offsets import to_offset

    if freq is None and (periods is None or start is None or end is None):
        freq = "D"
    offset = None if freq is None else to_offset(freq)
    periods = _checked(start, end, periods, offset)
    first = None if start is None else Timedelta(start)
    last = None if end is None else Timedelta(end)
    if unit is None:
        units = [bound.unit for bound in (first, last) if bound is not None]
        unit = max(units, key=lambda item: -_UNITS[item]) if units else "us"
        if offset is not None:
            while offset.nanos % _UNITS[unit]:
                unit = {"s": "ms", "ms": "us", "us": "ns"}[unit]
    if unit not in _UNITS:
        raise ValueError("'unit' must be one of 's', 'ms', 'us', 'ns'")
    ticks = (
        _spread(first, last, periods, unit)
        if offset is None
        else _fixed(first, last, periods, offset.nanos, unit)
    )
    if closed not in (None, "left", "right"):
        raise ValueError("Closed has to be either 'left', 'right' or None")
    if closed == "right" and first is not None and len(ticks) and ticks[0] == first.as_unit(unit)._value:
        ticks = ticks[1:]
    if closed == "left" and last is not None and len(ticks) and ticks[-1] == last.as_unit(unit)._value:
        ticks = ticks[:-1]
    column = _engine.Column.from_buffer(np.ascontiguousarray(ticks), f"timedelta64[{unit}]")
    made = _engine.Index._of_column(column, name)
    if offset is not None:
        return made._with_freq(offset.freqstr)
    return made._with_freq(made._inferred_freq) if len(made) > 2 else made
