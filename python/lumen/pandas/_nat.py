"""``NaT``, the missing time: of the types of both Timestamp and Timedelta, equal to nothing."""

from __future__ import annotations

import datetime as dt
import operator
from typing import Any, Callable, NoReturn

import numpy as np

from lumen.pandas._missing import NAType
from lumen.pandas._ticks import NAT

_NAN = float("nan")
_NUMBERS = (int, float, np.integer, np.floating)


def _array_time(name: str, array: np.ndarray, reflected: bool) -> Any:
    """NaT added to or subtracted with an array of times: all NaT, of the dtype that the operation has."""
    if array.dtype.kind not in "mM":
        verb, joint = ("add", "to") if name == "add" else ("subtract", "from")
        raise TypeError(f"Cannot {verb} NaT {joint} ndarray with dtype {array.dtype}")
    if name == "add":
        kind = "M"
    else:
        # A difference of times is a duration; NaT less a duration is a time.
        kind = "m" if reflected or array.dtype.kind == "M" else "M"
    out = np.empty(array.shape, dtype=f"{kind}8[ns]")
    out.fill("NaT")
    return out


def _shift(name: str, reflected: bool) -> Callable[[Any, Any], Any]:
    def method(self: NaTType, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return _array_time(name, other, reflected)
        if isinstance(other, (dt.datetime, dt.timedelta, np.datetime64, np.timedelta64)):
            return self
        if isinstance(other, (int, np.integer)) and not isinstance(other, bool):
            return self
        if getattr(other, "_is_offset", False) and not (name == "sub" and reflected):
            return self
        return NotImplemented

    return method


def _scale(self: NaTType, other: Any) -> Any:
    return (
        self
        if isinstance(other, _NUMBERS) and not isinstance(other, (bool, np.timedelta64))
        else NotImplemented
    )


def _divide(self: NaTType, other: Any) -> Any:
    if isinstance(other, (NaTType, dt.timedelta, np.timedelta64)):
        return _NAN
    return _scale(self, other)


def _divide_reflected(self: NaTType, other: Any) -> Any:
    return _NAN if isinstance(other, (NaTType, dt.timedelta)) else NotImplemented


def _compare(name: str) -> Callable[[Any, Any], Any]:
    answer, ordered = name == "ne", name not in ("eq", "ne")

    def method(self: NaTType, other: Any) -> Any:
        if isinstance(other, NAType):
            return NotImplemented
        if isinstance(other, np.ndarray):
            if ordered and other.dtype.kind not in "mMO":
                return NotImplemented
            if ordered and other.dtype.kind == "O":
                test = getattr(operator, name)
                values = [test(self, v) for v in other.ravel()]
                return np.array(values, dtype=bool).reshape(other.shape)
            return np.full(other.shape, answer)
        if getattr(other, "ndim", 0):
            return NotImplemented
        if not ordered:
            return answer
        if isinstance(other, (dt.datetime, dt.timedelta, np.datetime64, np.timedelta64)):
            return False
        if isinstance(other, dt.date):
            raise TypeError("Cannot compare NaT with datetime.date object")
        return NotImplemented

    return method


def _refuse(name: str) -> Callable[..., NoReturn]:
    def method(*args: Any, **kwargs: Any) -> NoReturn:
        raise ValueError(f"NaTType does not support {name}")

    method.__name__ = name
    return method


def _stay(name: str) -> Callable[..., Any]:
    def method(self: NaTType, *args: Any, **kwargs: Any) -> NaTType:
        return self

    method.__name__ = name
    return method


class NaTType(dt.datetime):
    """The type of ``NaT``; there is one instance, and constructing gives it."""

    _instance: NaTType | None = None
    __array_priority__ = 100

    def __new__(cls) -> NaTType:
        if cls._instance is None:
            made = dt.datetime.__new__(cls, 1, 1, 1)
            cls._instance = made
        return cls._instance

    _value = NAT
    value = NAT
    fold = 0
    tz = None
    tzinfo = None
    year = month = day = hour = minute = second = millisecond = microsecond = nanosecond = _NAN  # type: ignore[assignment]
    days = seconds = microseconds = nanoseconds = _NAN
    quarter = qyear = week = weekofyear = day_of_week = dayofweek = day_of_year = dayofyear = _NAN
    days_in_month = daysinmonth = _NAN
    is_leap_year = is_month_start = is_month_end = is_quarter_start = is_quarter_end = False
    is_year_start = is_year_end = False

    @property
    def asm8(self) -> np.datetime64:
        """numpy's NaT."""
        return np.datetime64("NaT", "ns")

    def to_datetime64(self) -> np.datetime64:
        """numpy's NaT."""
        return np.datetime64("NaT", "ns")

    def to_numpy(self, dtype: Any = None, copy: bool = False) -> Any:
        """numpy's NaT, as a time or as the dtype of times or durations asked for."""
        if dtype is not None:
            wanted = np.dtype(dtype)
            if wanted.kind == "M":
                return np.datetime64("NaT").astype(wanted)
            if wanted.kind == "m":
                return np.timedelta64("NaT").astype(wanted)
            raise ValueError(
                f"NaT.to_numpy dtype must be a datetime64 dtype, timedelta64 dtype, or None. Got {wanted}"
            )
        return self.to_datetime64()

    def __repr__(self) -> str:
        return "NaT"

    def __str__(self) -> str:
        return "NaT"

    def __format__(self, format_spec: str) -> str:
        return self.strftime(format_spec) if format_spec else "NaT"

    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        """'NaT'."""
        return "NaT"

    def __hash__(self) -> int:
        return NAT

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return _nat, ()

    def __reduce__(self) -> tuple[Any, ...]:
        return _nat, ()

    def __copy__(self) -> NaTType:
        return self

    def __deepcopy__(self, memo: object) -> NaTType:
        return self

    def __neg__(self) -> NaTType:
        return self

    def __pos__(self) -> NaTType:
        return self

    __add__ = __radd__ = _shift("add", False)  # type: ignore[assignment]
    __sub__ = _shift("sub", False)  # type: ignore[assignment]
    __rsub__ = _shift("sub", True)
    __mul__ = __rmul__ = _scale
    __truediv__ = __floordiv__ = _divide
    __rtruediv__ = __rfloordiv__ = _divide_reflected
    __eq__, __ne__, __lt__ = _compare("eq"), _compare("ne"), _compare("lt")  # type: ignore[assignment]
    __le__, __gt__, __ge__ = _compare("le"), _compare("gt"), _compare("ge")  # type: ignore[assignment]

    def total_seconds(self) -> float:
        """NaN."""
        return _NAN

    def weekday(self) -> float:  # type: ignore[override]
        """NaN."""
        return _NAN

    isoweekday = weekday  # type: ignore[assignment]

    def day_name(self, locale: str | None = None) -> float:
        """NaN."""
        return _NAN

    month_name = day_name

    def to_pydatetime(self, *args: Any, **kwargs: Any) -> NaTType:
        """NaT itself, with a warning when keywords are given."""
        return self


def _nat() -> NaTType:
    return NaT


for _name in (
    "ceil",
    "floor",
    "round",
    "replace",
    "tz_convert",
    "tz_localize",
    "date",
    "as_unit",
    "now",
    "today",
):
    setattr(NaTType, _name, _stay(_name))
for _name in (
    "astimezone",
    "combine",
    "ctime",
    "dst",
    "fromisocalendar",
    "fromisoformat",
    "fromordinal",
    "fromtimestamp",
    "isocalendar",
    "strftime",
    "strptime",
    "time",
    "timestamp",
    "timetuple",
    "timetz",
    "toordinal",
    "tzname",
    "utcfromtimestamp",
    "utcnow",
    "utcoffset",
    "utctimetuple",
):
    setattr(NaTType, _name, _refuse(_name))
del _name

NaTType.__module__ = "pandas.api.typing"
NaT = NaTType()
