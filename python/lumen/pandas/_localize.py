"""From a wall clock to an instant: ambiguous and nonexistent times as pandas decides them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from lumen.pandas import _ticks, _timezones
from lumen.pandas._nat import NaT

_NONEXISTENT = ("raise", "NaT", "shift_forward", "shift_backward")


def check_nonexistent(nonexistent: Any) -> None:
    """ValueError unless it is one of the words or a duration."""
    if nonexistent not in _NONEXISTENT and not isinstance(nonexistent, dt.timedelta):
        raise ValueError(
            "The nonexistent argument must be one of 'raise', 'NaT', 'shift_forward', 'shift_backward' or a timedelta"
            " object"
        )


def to_utc(wall: int, unit: str, tz: dt.tzinfo, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
    """UTC ticks of a wall clock's ticks in `tz`, or NaT where the arguments ask for it.

    ValueError naming the time when it does not exist or exists twice and the arguments do not decide.
    """
    per = _ticks.PER_SECOND[unit]
    seconds, ticks = divmod(wall, per)
    offsets = _timezones.offsets_of_wall(tz, seconds)
    if len(offsets) == 1:
        return wall - offsets[0] * per
    if len(offsets) >= 2:
        if ambiguous == "raise":
            raise ValueError(
                f"Cannot infer dst time from {_shown(wall, unit)}, try using the 'ambiguous' argument"
            )
        if ambiguous == "NaT":
            return NaT
        # Offsets stand in the order of their instants: the first is daylight saving time.
        return wall - (offsets[0] if ambiguous else offsets[-1]) * per
    return _in_gap(wall, unit, tz, nonexistent, seconds)


def _in_gap(wall: int, unit: str, tz: dt.tzinfo, nonexistent: Any, seconds: int) -> Any:
    per = _ticks.PER_SECOND[unit]
    if nonexistent == "NaT":
        return NaT
    # The clock jumps at one instant, found between the offsets before and after.
    before, _ = _timezones.local_seconds(tz, seconds - 93_600)
    after, _ = _timezones.local_seconds(tz, seconds + 93_600)
    if isinstance(nonexistent, dt.timedelta):
        from lumen.pandas._timedelta import Timedelta

        shift = Timedelta(nonexistent)
        moved = wall + _ticks.cast(shift._value, shift.unit, unit)
        valid = _timezones.offsets_of_wall(tz, moved // per)
        if not valid:
            raise ValueError(f"The provided timedelta will relocalize on a nonexistent time: {nonexistent}")
        return moved - valid[0] * per
    if nonexistent in ("shift_forward", "shift_backward"):
        low, high = seconds - after - 1, seconds - before + 1
        while high - low > 1:
            middle = (low + high) // 2
            if _timezones.local_seconds(tz, middle)[0] == before:
                low = middle
            else:
                high = middle
        return high * per if nonexistent == "shift_forward" else high * per - 1
    raise ValueError(
        f"{_shown(wall, unit)} is a nonexistent time due to daylight savings time. Try using the 'nonexistent'"
        " argument."
    )


def _shown(wall: int, unit: str) -> str:
    from lumen.pandas._timestamp import Timestamp

    return str(Timestamp._from_ticks(wall, unit, None))
