"""Date offsets: the base class, fixed durations (`Tick` and its kinds) and `Day`.

Calendar offsets are in `_offsets_calendar`, business ones in `_offsets_business`, `DateOffset` in `_offsets_relative`,
names in `_offset_names`. An offset knows how to move one time; moving arrays is the engine's work.
"""

from __future__ import annotations

import datetime as dt
import operator
from typing import Any, Callable, ClassVar

import numpy as np

from lumen.pandas import _ticks
from lumen.pandas._nat import NaT
from lumen.pandas._timedelta import Timedelta, _is_float, _is_integer
from lumen.pandas._timestamp import Timestamp

MODULE = "pandas._libs.tslibs.offsets"
_SET = object.__setattr__


def count(n: Any) -> int:
    """`n` as an integer; TypeError or ValueError with pandas' text when it is none."""
    if isinstance(n, np.timedelta64) or not isinstance(n, (int, float, np.integer, np.floating)):
        raise TypeError(f"`n` argument must be an integer, got {type(n)}")
    if int(n) != n:
        raise ValueError(f"`n` argument must be an integer, got {n}")
    return int(n)


class BaseOffset:
    """A step of the calendar taken `n` times; `normalize` puts the result at midnight. Immutable and hashable."""

    _is_offset: ClassVar[bool] = True
    _attributes: tuple[str, ...] = ("n", "normalize")
    _prefix: str | None = None
    _wall_clock: ClassVar[bool] = True
    __array_priority__ = 1000
    n: int
    normalize: bool

    def __init__(self, n: int = 1, normalize: bool = False) -> None:
        _SET(self, "n", count(n))
        _SET(self, "normalize", normalize)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(
            "DateOffset objects are immutable."
            if name in self.__dict__
            else f"'{MODULE}.{type(self).__name__}' object has no attribute '{name}'"
        )

    # Identity.

    @property
    def _params(self) -> tuple[Any, ...]:
        return str(type(self)), *((name, _hashable(getattr(self, name))) for name in self._attributes)

    @property
    def kwds(self) -> dict[str, Any]:
        """The parameters beside `n` and `normalize` that are set."""
        values = ((name, getattr(self, name)) for name in self._attributes if name not in ("n", "normalize"))
        return {name: value for name, value in values if value is not None}

    def __eq__(self, other: object) -> Any:
        if isinstance(other, str):
            from lumen.pandas._offset_names import to_offset

            try:
                other = to_offset(other)
            except ValueError:
                return False
        if not isinstance(other, BaseOffset):
            return False if not hasattr(other, "__array_priority__") else NotImplemented
        return self._params == other._params

    def __ne__(self, other: object) -> Any:
        answer = self.__eq__(other)
        return answer if answer is NotImplemented else not answer

    def __hash__(self) -> int:
        return hash(self._params)

    def __reduce__(self) -> tuple[Any, ...]:
        # By name: the class' module is pandas' own, which is not ours to import.
        known = type(self).__module__ in (MODULE, "pandas")
        return _rebuild, (
            type(self).__name__ if known else type(self),
            self.n,
            self.normalize,
            self._rebuilt_from,
        )

    @property
    def _rebuilt_from(self) -> dict[str, Any]:
        return self.kwds

    def copy(self) -> BaseOffset:
        """The same offset again."""
        return self._with(self.n)

    @property
    def base(self) -> BaseOffset:
        """The same offset taken once."""
        return self._with(1)

    def _with(self, n: int) -> BaseOffset:
        return _rebuild(type(self), n, self.normalize, self._rebuilt_from)

    # Text.

    _output_name: str | None = None

    def _shown(self) -> str:
        """The part of repr after the name."""
        parts = [
            f"{name}={getattr(self, name)}"
            for name in sorted(self._attributes)
            if name not in ("n", "normalize")
        ]
        return ": " + ", ".join(parts) if parts else ""

    def __repr__(self) -> str:
        name = self._output_name or type(self).__name__
        plural = "s" if abs(self.n) != 1 else ""
        times = f"{self.n} * " if self.n != 1 else ""
        return f"<{times}{name}{plural}{self._shown()}>"

    @property
    def rule_code(self) -> str:
        """The alias, anchor included."""
        if self._prefix is None:
            raise NotImplementedError("Prefix not defined")
        return self._prefix

    @property
    def name(self) -> str:
        """The same as `rule_code`."""
        return self.rule_code

    def _offset_suffix(self) -> str:
        return ""

    @property
    def freqstr(self) -> str:
        """The text `to_offset` reads back, the count before the alias."""
        try:
            code = self.rule_code
        except NotImplementedError:
            return repr(self)
        return (f"{self.n}{code}" if self.n != 1 else code) + self._offset_suffix()

    @property
    def nanos(self) -> int:
        """Nanoseconds of a fixed frequency; ValueError for the others."""
        raise ValueError(f"{self!r} is a non-fixed frequency")

    # Moving.

    def _apply(self, other: Timestamp) -> Timestamp:
        raise NotImplementedError("implemented by subclasses")

    def _move(self, other: Any) -> Any:
        """A time moved by this offset: on the wall clock, then back in its zone."""
        stamp = Timestamp(other)
        if stamp is NaT:
            return NaT
        zone = stamp.tzinfo
        if zone is not None and self._wall_clock:
            moved = self._apply(stamp.tz_localize(None)).tz_localize(zone)
        else:
            moved = self._apply(stamp)
        return moved.normalize() if self.normalize else moved

    def _elementwise(self, array: np.ndarray, operation: Callable[[Any, Any], Any]) -> Any:
        if array.ndim == 0:
            return operation(self, array[()])
        if array.dtype.kind == "M":
            moved = [operation(self, Timestamp(v)) for v in array.ravel()]
            return np.array([m.to_datetime64() for m in moved], dtype=array.dtype).reshape(array.shape)
        out = np.empty(array.shape, dtype=object)
        out.ravel()[:] = [operation(self, v) for v in array.ravel()]
        return out

    def __add__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return self._elementwise(other, operator.add)
        if isinstance(other, (dt.date, np.datetime64)):
            return NaT if other is NaT else self._move(other)
        return NotImplemented

    def __radd__(self, other: Any) -> Any:
        return self.__add__(other)

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, (dt.datetime, np.datetime64)):
            raise TypeError("Cannot subtract datetime from offset.")
        if isinstance(other, BaseOffset) and type(other) is type(self):
            return self._with(self.n - other.n)
        return NotImplemented

    def __rsub__(self, other: Any) -> Any:
        return (-self).__add__(other)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return self._elementwise(other, operator.mul)
        if _is_integer(other):
            return self._with(int(other) * self.n)
        return NotImplemented

    def __rmul__(self, other: Any) -> Any:
        return self.__mul__(other)

    def __neg__(self) -> BaseOffset:
        return self * -1

    def rollback(self, dt: Any) -> Timestamp:
        """The time itself when it is on the offset, else the last one before it that is."""
        stamp = Timestamp(dt)
        if self.normalize and stamp is not NaT:
            stamp = stamp.normalize()
        if stamp is not NaT and not self.is_on_offset(stamp):
            stamp = stamp - self._with(1)
        return stamp

    def rollforward(self, dt: Any) -> Timestamp:
        """The time itself when it is on the offset, else the next one that is."""
        stamp = Timestamp(dt)
        if stamp is not NaT and not self.is_on_offset(stamp):
            stamp = stamp + self._with(1)
        return stamp

    def is_on_offset(self, dt: Any) -> bool:
        """Whether a time is one the offset leads to."""
        stamp = _checked(dt)
        if self.normalize and not _at_midnight(stamp):
            return False
        return self._on(stamp)

    def _on(self, stamp: Timestamp) -> bool:
        # By definition: going one forth and one back ends where it began.
        step = self._with(1)
        return stamp == (stamp + step) - step

    # Dates as seen by the offset, for spans that follow its periods.

    def is_month_start(self, ts: Timestamp) -> bool:
        """Whether a time is the first day of a month."""
        return ts.is_month_start

    def is_month_end(self, ts: Timestamp) -> bool:
        """Whether a time is the last day of a month."""
        return ts.is_month_end

    def is_quarter_start(self, ts: Timestamp) -> bool:
        """Whether a time is the first day of a quarter."""
        return ts.is_quarter_start

    def is_quarter_end(self, ts: Timestamp) -> bool:
        """Whether a time is the last day of a quarter."""
        return ts.is_quarter_end

    def is_year_start(self, ts: Timestamp) -> bool:
        """Whether a time is the first day of a year."""
        return ts.is_year_start

    def is_year_end(self, ts: Timestamp) -> bool:
        """Whether a time is the last day of a year."""
        return ts.is_year_end


def _hashable(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, np.busdaycalendar):
        return value.weekmask.tobytes(), value.holidays.tobytes()
    if isinstance(value, dict):
        return tuple(sorted(value.items()))
    return value


def _rebuild(cls: type[BaseOffset] | str, n: int, normalize: bool, kwds: dict[str, Any]) -> BaseOffset:
    if isinstance(cls, str):
        from lumen.pandas.tseries import offsets

        cls = getattr(offsets, cls)
    return cls(n=n, normalize=normalize, **kwds)


def _checked(moment: Any) -> Timestamp:
    if not isinstance(moment, (dt.date, np.datetime64)):
        raise TypeError(
            f"Argument 'dt' has incorrect type (expected datetime.datetime, got {type(moment).__name__})"
        )
    return moment if isinstance(moment, Timestamp) else Timestamp(moment)


def _at_midnight(stamp: Timestamp) -> bool:
    return not (stamp.hour or stamp.minute or stamp.second or stamp.microsecond or stamp.nanosecond)


class SingleConstructorOffset(BaseOffset):
    """An offset made by its parameters alone."""

    @classmethod
    def _from_name(cls, suffix: str | None = None) -> BaseOffset:
        if suffix:
            raise ValueError(f"Bad freq suffix {suffix}")
        return cls()


class Day(SingleConstructorOffset):
    """A day of the calendar: 23 to 25 hours where the clock changes."""

    _prefix = "D"

    def __init__(self, n: int = 1, normalize: bool = False) -> None:
        super().__init__(n, normalize)
        if normalize:
            raise ValueError("Day offset with `normalize=True` is not allowed.")

    @property
    def nanos(self) -> int:
        """24 hours each, for rounding."""
        return self.n * _ticks.NANOS["D"]

    def _fixed(self) -> tuple[int, str]:
        return self.n * 86_400, "s"

    def _apply(self, other: Timestamp) -> Timestamp:
        return other + Timedelta._from_ticks(self.n * 86_400, "s")

    def is_on_offset(self, dt: Any) -> bool:
        """Always."""
        return True

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Day):
            return Day(self.n + other.n)
        if isinstance(other, Tick) or isinstance(other, (dt.timedelta, np.timedelta64)):
            return Timedelta(self) + Timedelta(other)
        return super().__add__(other)


class Tick(SingleConstructorOffset):
    """A fixed duration counted in one unit; it compares and adds with durations."""

    _prefix = "undefined"
    _is_tick: ClassVar[bool] = True
    _wall_clock = False
    _nanos_inc: ClassVar[int] = 0
    _unit: ClassVar[str] = "s"

    def __init__(self, n: int = 1, normalize: bool = False) -> None:
        super().__init__(n, normalize)
        if normalize:
            raise ValueError("Tick offset with `normalize=True` is not allowed.")

    @property
    def nanos(self) -> int:
        """Nanoseconds of all `n`."""
        return self.n * self._nanos_inc

    def _fixed(self) -> tuple[int, str]:
        return self.nanos * _ticks.PER_SECOND[self._unit] // 10**9, self._unit

    @property
    def _as_pd_timedelta(self) -> Any:
        return Timedelta._from_ticks(*self._fixed())

    @property
    def _creso(self) -> int:
        return _ticks.CRESO[self._unit]

    def _apply(self, other: Timestamp) -> Timestamp:
        return other + self._as_pd_timedelta

    def is_on_offset(self, dt: Any) -> bool:
        """Always."""
        return True

    def __eq__(self, other: object) -> Any:
        if isinstance(other, str):
            from lumen.pandas._offset_names import to_offset

            try:
                other = to_offset(other)
            except ValueError:
                return False
        if isinstance(other, Tick):
            return self.nanos == other.nanos
        if isinstance(other, BaseOffset):
            return False
        if isinstance(other, (dt.timedelta, np.timedelta64)):
            return self._as_pd_timedelta == other
        return False if not isinstance(other, np.ndarray) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._params)

    def _compare(self, other: Any, test: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, Tick):
            return test(self.nanos, other.nanos)
        if isinstance(other, (dt.timedelta, np.timedelta64)):
            return test(self._as_pd_timedelta, other)
        return NotImplemented

    def __lt__(self, other: Any) -> Any:
        return self._compare(other, operator.lt)

    def __le__(self, other: Any) -> Any:
        return self._compare(other, operator.le)

    def __gt__(self, other: Any) -> Any:
        return self._compare(other, operator.gt)

    def __ge__(self, other: Any) -> Any:
        return self._compare(other, operator.ge)

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Tick):
            if type(other) is type(self):
                return self._with(self.n + other.n)
            return tick_of(self.nanos + other.nanos)
        if isinstance(other, Day):
            return Timedelta(self) + Timedelta(other)
        if isinstance(other, (dt.timedelta, np.timedelta64)):
            return other + self._as_pd_timedelta
        return super().__add__(other)

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, (Tick, dt.timedelta, np.timedelta64)):
            return self + (-other)
        return super().__sub__(other)

    def __mul__(self, other: Any) -> Any:
        if _is_float(other):
            return self._times(float(other))
        return super().__mul__(other)

    def _times(self, factor: float) -> Tick:
        """A fractional multiple, in the coarsest unit that makes it whole."""
        amount = factor * self.n
        if abs(amount - round(amount)) < 1e-8 * max(1.0, abs(amount)):
            return type(self)(round(amount))
        position = _FINER.index(type(self))
        if position + 1 == len(_FINER):
            raise ValueError("Could not convert to integer offset at any resolution")
        finer = _FINER[position + 1]
        return finer(self.n * (self._nanos_inc // finer._nanos_inc))._times(factor)

    def __truediv__(self, other: Any) -> Any:
        if _is_integer(other) or _is_float(other):
            return tick_of((self._as_pd_timedelta / other).value)
        if isinstance(other, (Tick, dt.timedelta, np.timedelta64)):
            return self._as_pd_timedelta / Timedelta(other)
        return NotImplemented

    def __rtruediv__(self, other: Any) -> Any:
        return Timedelta(other) / self._as_pd_timedelta if isinstance(other, dt.timedelta) else NotImplemented


def _tick(name: str, prefix: str, unit: str, nanos: int) -> type[Tick]:
    text = f"`n` {name.lower()}s." if len(name) > 5 else f"`n` {name.lower()}-steps of {nanos} ns."
    made = type(name, (Tick,), {"_prefix": prefix, "_unit": unit, "_nanos_inc": nanos, "__doc__": text})
    made.__module__ = MODULE
    return made


Hour = _tick("Hour", "h", "s", _ticks.NANOS["h"])
Minute = _tick("Minute", "min", "s", _ticks.NANOS["m"])
Second = _tick("Second", "s", "s", _ticks.NANOS["s"])
Milli = _tick("Milli", "ms", "ms", _ticks.NANOS["ms"])
Micro = _tick("Micro", "us", "us", _ticks.NANOS["us"])
Nano = _tick("Nano", "ns", "ns", 1)
_FINER = (Hour, Minute, Second, Milli, Micro, Nano)


def tick_of(nanos: int) -> Tick:
    """The duration as a Tick of the coarsest unit that counts it."""
    for kind in _FINER:
        if nanos % kind._nanos_inc == 0:
            return kind(nanos // kind._nanos_inc)
    return Nano(nanos)


for _class in (BaseOffset, SingleConstructorOffset, Day, Tick):
    _class.__module__ = MODULE
del _class


def to_offset(freq: Any, is_period: bool = False) -> Any:
    """The offset a text, a duration or an offset means; see `_offset_names`."""
    from lumen.pandas import _offset_names

    return _offset_names.to_offset(freq, is_period)
