"""`Timedelta`: a duration of whole ticks of a second, a millisecond, a microsecond or a nanosecond.

Text is read and written by `_timedelta_text`; the engine makes one by `Timedelta._from_ticks` and reads `_value` and
`unit`.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections import namedtuple
from typing import Any, Callable

import numpy as np

from lumen.pandas import _ticks, _timedelta_text
from lumen.pandas._errors import OutOfBoundsDatetime, OutOfBoundsTimedelta, Pandas4Warning
from lumen.pandas._missing import is_missing
from lumen.pandas._nat import NaT, NaTType
from lumen.pandas._ticks import NAT, PER_SECOND
from lumen.pandas._warn import warn

Components = namedtuple(
    "Components", ["days", "hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds"]
)
_KEYWORDS = {
    "weeks": _ticks.NANOS["W"],
    "days": _ticks.NANOS["D"],
    "hours": _ticks.NANOS["h"],
    "minutes": _ticks.NANOS["m"],
    "seconds": _ticks.NANOS["s"],
    "milliseconds": _ticks.NANOS["ms"],
    "microseconds": _ticks.NANOS["us"],
    "nanoseconds": 1,
}
_missing_argument: Any = object()
_INTEGERS = (int, np.integer)
_FLOATS = (float, np.floating)


def _is_integer(value: object) -> bool:
    return isinstance(value, _INTEGERS) and not isinstance(value, (bool, np.timedelta64))


def _is_float(value: object) -> bool:
    return isinstance(value, _FLOATS)


class _PerUnit:
    """A constant of the class in nanoseconds, of an instance in the instance's unit."""

    def __init__(self, ticks: int) -> None:
        self._ticks = ticks

    def __get__(self, instance: Any, owner: Any) -> Any:
        return Timedelta._from_ticks(self._ticks, "ns" if instance is None else instance._unit)


class Timedelta(dt.timedelta):
    """A duration: 64-bit ticks of `unit`. A subclass of `datetime.timedelta`, equal to it where both can say it."""

    __slots__ = ("_value", "_unit")
    __array_priority__ = 100
    _value: int
    _unit: str

    min = _PerUnit(_ticks.MIN)
    max = _PerUnit(_ticks.MAX)
    resolution = _PerUnit(1)

    def __new__(cls, value: Any = _missing_argument, unit: str | None = None, **kwargs: Any) -> Any:
        if value is _missing_argument:
            return cls._from_keywords(kwargs)
        if unit in ("M", "Y", "y"):
            raise ValueError(
                "Units 'M', 'Y', and 'y' are no longer supported, as they do not represent unambiguous timedelta"
                " values durations."
            )
        if isinstance(value, Timedelta):
            return value
        if isinstance(value, str):
            if unit is not None:
                raise ValueError("unit must not be specified if the value is a str")
            return cls._from_text(value)
        if isinstance(value, np.timedelta64):
            if value != value:
                return NaT
            try:
                return cls._from_ticks(*_ticks.from_numpy(value, "m"))
            except OverflowError as error:
                raise OutOfBoundsTimedelta(str(value)) from error
        if isinstance(value, dt.timedelta):
            return cls._from_python(value)
        if _is_integer(value) or _is_float(value):
            return cls._from_number(value, unit)
        if value is None or is_missing(value):
            return NaT
        nanos = getattr(value, "_fixed", None)
        if nanos is not None:
            return cls._from_ticks(*nanos())
        raise ValueError(
            "Value must be Timedelta, string, integer, float, timedelta or convertible, not"
            f" {type(value).__name__}"
        )

    @classmethod
    def _from_ticks(cls, value: int, unit: str) -> Any:
        """The duration of `value` ticks of `unit`; NaT for the pattern of missing."""
        per = PER_SECOND[unit]
        seconds, ticks = divmod(value, per)
        days, seconds = divmod(seconds, 86_400)
        if not -999_999_999 <= days <= 999_999_999:
            if value == NAT:
                return NaT
            if not _ticks.fits(value):
                raise OutOfBoundsTimedelta(f"Cannot cast {value} from {unit} to '{unit}' without overflow.")
            # The base class cannot say it; every field is read from the ticks.
            days = 0
        micros = ticks * 1_000_000 // per
        made = dt.timedelta.__new__(cls, days, seconds, micros)
        if unit == "ns" and not _ticks.fits(value):
            if value == NAT:
                return NaT
            raise OutOfBoundsTimedelta(f"Cannot cast {value} from {unit} to '{unit}' without overflow.")
        made._value = value
        made._unit = unit
        return made

    @classmethod
    def _from_value_and_reso(cls, value: int, reso: int) -> Any:
        """From ticks and pandas' number of the unit, 7 for seconds to 10 for nanoseconds."""
        return cls._from_ticks(int(value), _ticks.UNIT_OF_CRESO[int(reso)])

    @classmethod
    def _from_python(cls, value: dt.timedelta) -> Any:
        micros = (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds
        if not _ticks.fits(micros):
            raise OutOfBoundsTimedelta("Python int too large to convert to C long")
        return cls._from_ticks(micros, "us")

    @classmethod
    def _from_nanos(cls, nanos: int) -> Any:
        """In microseconds, or nanoseconds where those are needed."""
        return cls._from_ticks(nanos, "ns") if nanos % 1000 else cls._from_ticks(nanos // 1000, "us")

    @classmethod
    def _from_text(cls, text: str) -> Any:
        if text in _timedelta_text.MISSING_WORDS:
            return NaT
        if text[:1] == "P" or text[:2] in ("-P", "+P"):
            return cls._from_nanos(_timedelta_text.parse_iso(text))
        nanos = _timedelta_text.parse(text)
        return cls._from_nanos(nanos) if nanos else cls._from_ticks(0, "ns" if "n" in text.lower() else "us")

    @classmethod
    def _from_number(cls, value: Any, unit: str | None) -> Any:
        if _is_float(value) and value != value:
            return NaT
        if unit is not None and not isinstance(unit, str):
            raise TypeError(f"Expected str, got {type(unit).__name__}")
        name = "ns" if unit is None else _timedelta_text.unit_of(unit)
        if _is_float(value):
            if not (float(value).is_integer() and name != "ns"):
                if value in (float("inf"), float("-inf")):
                    raise OutOfBoundsTimedelta(f"Cannot cast {value} from {name} to 'ns' without overflow.")
                nanos = _ticks.from_float(float(value), _ticks.NANOS[name])
                if not _ticks.fits(nanos):
                    raise OutOfBoundsTimedelta(f"cannot convert input {value} with the unit '{name}'")
                return cls._from_ticks(nanos, "ns")
        count = int(value)
        to = "ns" if name == "ns" else "us"
        ticks = count if name == "ns" else count * _ticks.NANOS[name] // 1000
        if count == NAT:
            return NaT
        if not _ticks.fits(ticks):
            raise OutOfBoundsTimedelta(f"Cannot cast {count} from {name} to '{to}' without overflow.")
        return cls._from_ticks(ticks, to)

    @classmethod
    def _from_keywords(cls, kwargs: dict[str, Any]) -> Any:
        if not kwargs or not set(kwargs) <= set(_KEYWORDS):
            raise ValueError(
                "cannot construct a Timedelta from the passed arguments, allowed keywords are [weeks, days, hours,"
                " minutes, seconds, milliseconds, microseconds, nanoseconds]"
            )
        parts = dict.fromkeys(_KEYWORDS, 0)
        for name, amount in kwargs.items():
            if not (isinstance(amount, bool) or _is_integer(amount) or _is_float(amount)):
                raise TypeError(f"Invalid type {type(amount)}. Must be int or float.")
            parts[name] = int(amount) if not _is_float(amount) else float(amount)
            if isinstance(parts[name], float) and parts[name] in (float("inf"), float("-inf")):
                raise OutOfBoundsTimedelta(f"Cannot construct Timedelta from {name}={amount}")
        coarse = ("weeks", "days", "hours", "minutes", "seconds")
        seconds = sum(int(parts[name] * _KEYWORDS[name]) for name in coarse)
        millis, micros = int(parts["milliseconds"] * 10**6), int(parts["microseconds"] * 1000)
        nanos = int(parts["nanoseconds"])
        total = seconds + millis + micros + nanos
        if _ticks.fits(total):
            return cls._from_nanos(total)
        for unit, step in (("s", 10**9), ("ms", 10**6), ("us", 10**3)):
            if total % step == 0 and _ticks.fits(total // step):
                return cls._from_ticks(total // step, unit)
        raise OutOfBoundsTimedelta(
            f"seconds={seconds}, milliseconds={millis}, microseconds={micros}, nanoseconds={nanos}"
        )

    # Fields: read from the ticks, because the base class ends at a milliard days.

    @property
    def unit(self) -> str:
        """'s', 'ms', 'us' or 'ns'."""
        return self._unit

    @property
    def _creso(self) -> int:
        return _ticks.CRESO[self._unit]

    @property
    def value(self) -> int:
        """The duration in nanoseconds; OverflowError when that does not fit."""
        nanos = _ticks.convert(self._value, self._unit, "ns")
        if not _ticks.fits(nanos):
            raise OverflowError(
                "Cannot convert Timedelta to nanoseconds without overflow. Use `.asm8.view('i8')` to cast represent"
                f" Timedelta in its own unit (here, {self._unit})."
            )
        return nanos

    @property
    def days(self) -> int:
        """Whole days, rounded towards minus infinity."""
        return self._value // (86_400 * PER_SECOND[self._unit])

    @property
    def seconds(self) -> int:
        """Seconds of the day, 0 to 86,399."""
        return self._value // PER_SECOND[self._unit] % 86_400

    @property
    def _sub_second(self) -> int:
        per = PER_SECOND[self._unit]
        return self._value % per * (10**9 // per)

    @property
    def microseconds(self) -> int:
        """Microseconds of the second, 0 to 999,999."""
        return self._sub_second // 1000

    @property
    def nanoseconds(self) -> int:
        """Nanoseconds of the microsecond, 0 to 999."""
        return self._sub_second % 1000

    @property
    def _h(self) -> int:
        return self.seconds // 3_600

    @property
    def _m(self) -> int:
        return self.seconds // 60 % 60

    @property
    def _s(self) -> int:
        return self.seconds % 60

    @property
    def _ms(self) -> int:
        return self._sub_second // 10**6

    @property
    def _us(self) -> int:
        return self._sub_second // 1000 % 1000

    @property
    def _ns(self) -> int:
        return self._sub_second % 1000

    @property
    def components(self) -> Components:
        """Days, hours, minutes, seconds, milliseconds, microseconds, nanoseconds as a named tuple."""
        return Components(self.days, self._h, self._m, self._s, self._ms, self._us, self._ns)

    @property
    def resolution_string(self) -> str:
        """The finest unit that is not zero: 'D', 'h', 'min', 's', 'ms', 'us' or 'ns'."""
        for name, amount in (
            ("ns", self._ns),
            ("us", self._us),
            ("ms", self._ms),
            ("s", self._s),
            ("min", self._m),
            ("h", self._h),
        ):
            if amount:
                return name
        return "D"

    @property
    def asm8(self) -> np.timedelta64:
        """The same as a numpy duration."""
        return np.timedelta64(self._value, self._unit)

    def to_timedelta64(self) -> np.timedelta64:
        """The same as a numpy duration."""
        return np.timedelta64(self._value, self._unit)

    def to_numpy(self, dtype: Any = None, copy: bool = False) -> np.timedelta64:
        """The same as a numpy duration; ValueError for any argument."""
        if dtype is not None or copy is not False:
            raise ValueError("Timedelta.to_numpy dtype and copy arguments are ignored")
        return self.to_timedelta64()

    def view(self, dtype: Any) -> Any:
        """The ticks read as another numpy dtype."""
        return np.timedelta64(self._value).view(dtype)

    def to_pytimedelta(self) -> dt.timedelta:
        """The same as a `datetime.timedelta`, rounded to the nearest microsecond, ties to even."""
        micros = self._value
        if self._unit == "ns":
            micros = _ticks.round_half_even(self._value, 1000) // 1000
        elif self._unit != "us":
            micros = _ticks.convert(self._value, self._unit, "us")
        return dt.timedelta(microseconds=micros)

    def total_seconds(self) -> float:
        """The duration in seconds: whole ones, then the fraction."""
        return self.days * 86_400 + self.seconds + self._sub_second / 10**9

    def as_unit(self, unit: str, round_ok: bool = True) -> Timedelta:
        """The duration in another unit; ValueError when ticks would be lost and `round_ok` is False."""
        ticks = _ticks.cast(self._value, self._unit, _ticks.check_unit(unit), round_ok)
        if not _ticks.fits(ticks):
            raise OutOfBoundsTimedelta(f"Cannot cast {self} to unit='{unit}' without overflow.")
        return type(self)._from_ticks(ticks, unit)

    # Text.

    def _repr_base(self, format: str | None = None) -> str:
        return _timedelta_text.show(self._value, self._unit, format or "long")

    def __repr__(self) -> str:
        return f"Timedelta('{self._repr_base()}')"

    def __str__(self) -> str:
        return self._repr_base()

    def __format__(self, format_spec: str) -> str:
        return format(str(self), format_spec) if format_spec else str(self)

    def isoformat(self) -> str:
        """As an ISO 8601 duration, 'P1DT2H3M4.5S'."""
        return _timedelta_text.show_iso(self._value, self._unit)

    # Rounding.

    def _rounded(self, freq: Any, how: str) -> Timedelta:
        from lumen.pandas._offsets import to_offset

        offset = to_offset(freq)
        step = _ticks.step_of(offset.nanos, self._unit, offset)
        if offset.nanos == 0:
            raise ValueError("Division by zero in rounding")
        if step == 0:
            return self
        ticks = _ticks.round_to(self._value, step, how)
        if not _ticks.fits(ticks):
            raise OutOfBoundsTimedelta(f"Cannot round {self} to freq={freq} without overflow")
        return type(self)._from_ticks(ticks, self._unit)

    def round(self, freq: Any) -> Timedelta:
        """To the nearest multiple of a fixed frequency, ties to the even one."""
        return self._rounded(freq, "round")

    def floor(self, freq: Any) -> Timedelta:
        """Down to a multiple of a fixed frequency."""
        return self._rounded(freq, "floor")

    def ceil(self, freq: Any) -> Timedelta:
        """Up to a multiple of a fixed frequency."""
        return self._rounded(freq, "ceil")

    # Comparison and hash.

    def _compare(self, other: Any, test: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, Timedelta):
            mine, theirs = self._value, other._value
            if self._unit != other._unit:
                unit = _ticks.finer(self._unit, other._unit)
                mine = _ticks.convert(mine, self._unit, unit)
                theirs = _ticks.convert(theirs, other._unit, unit)
            return test(mine, theirs)
        if isinstance(other, np.ndarray):
            return self._compare_array(other, test)
        if isinstance(other, (dt.timedelta, np.timedelta64)) or getattr(other, "_is_tick", False):
            converted = Timedelta(other)
            if converted is NaT:
                return test is operator.ne
            return self._compare(converted, test)
        if other is NaT:
            return test is operator.ne
        return NotImplemented

    def _compare_array(self, other: np.ndarray, test: Callable[[Any, Any], Any]) -> Any:
        if other.ndim == 0 and other.dtype.kind in "mO":
            return self._compare(other[()], test)
        if other.dtype.kind == "m":
            return test(self.to_timedelta64(), other)
        if other.dtype.kind == "O":
            return np.array([test(self, v) for v in other.ravel()], dtype=bool).reshape(other.shape)
        if test is operator.eq:
            return np.zeros(other.shape, dtype=bool)
        if test is operator.ne:
            return np.ones(other.shape, dtype=bool)
        return NotImplemented

    def __eq__(self, other: object) -> Any:
        answer = self._compare(other, operator.eq)
        return False if answer is NotImplemented and _plain(other) else answer

    def __ne__(self, other: object) -> Any:
        answer = self._compare(other, operator.ne)
        return True if answer is NotImplemented and _plain(other) else answer

    def __lt__(self, other: Any) -> Any:
        return self._compare(other, operator.lt)

    def __le__(self, other: Any) -> Any:
        return self._compare(other, operator.le)

    def __gt__(self, other: Any) -> Any:
        return self._compare(other, operator.gt)

    def __ge__(self, other: Any) -> Any:
        return self._compare(other, operator.ge)

    def __hash__(self) -> int:
        if self._ns or not -999_999_999 <= self.days <= 999_999_999:
            return hash(self._value)
        return dt.timedelta.__hash__(dt.timedelta(self.days, self.seconds, self.microseconds))

    def __bool__(self) -> bool:
        return self._value != 0

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickle, (self._value, self._unit)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return self.__reduce__()

    def __copy__(self) -> Timedelta:
        return self

    def __deepcopy__(self, memo: object) -> Timedelta:
        return self

    # Arithmetic.

    def __neg__(self) -> Timedelta:
        return type(self)._from_ticks(-self._value, self._unit)

    def __pos__(self) -> Timedelta:
        return self

    def __abs__(self) -> Timedelta:
        return type(self)._from_ticks(abs(self._value), self._unit)

    def _as_duration(self, other: Any) -> Any:
        """`other` as a Timedelta or NaT, or NotImplemented when it is no duration."""
        if isinstance(other, Timedelta) or other is NaT:
            return other
        if other is None or (_is_float(other) and other != other):
            return NaT
        if isinstance(other, (dt.timedelta, np.timedelta64)) or hasattr(other, "_fixed"):
            return Timedelta(other)
        if isinstance(other, str):
            try:
                converted = Timedelta(other)
            except ValueError:
                return NotImplemented
            _warn_of_text()
            return converted
        return NotImplemented

    def _sum(self, other: Timedelta, sign: int) -> Any:
        mine, theirs, unit = self._alike(other)
        return _bounded(mine + sign * theirs, unit)

    def _alike(self, other: Timedelta) -> tuple[int, int, str]:
        """Both in the finer unit, and that unit; `OutOfBoundsTimedelta` where one does not fit."""
        unit = _ticks.finer(self._unit, other._unit)
        return self.as_unit(unit)._value, other.as_unit(unit)._value, unit

    def __add__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return _elementwise(self, other, operator.add)
        if isinstance(other, (dt.datetime, np.datetime64)):
            if other is NaT:
                return NaT
            from lumen.pandas._timestamp import Timestamp

            return Timestamp(other) + self
        other = self._as_duration(other)
        if other is NotImplemented or other is NaT:
            return other
        return self._sum(other, 1)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return _elementwise(self, other, operator.sub)
        other = self._as_duration(other)
        if other is NotImplemented or other is NaT:
            return other
        return self._sum(other, -1)

    def __rsub__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return _elementwise(self, other, lambda mine, array: array - mine)
        if isinstance(other, (dt.datetime, np.datetime64)):
            from lumen.pandas._timestamp import Timestamp

            return other if other is NaT else Timestamp(other) - self
        other = self._as_duration(other)
        if other is NotImplemented or other is NaT:
            return other
        return other._sum(self, -1)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, (bool, np.bool_)):
            raise TypeError("Cannot multiply Timedelta by bool. Explicitly cast to integer instead.")
        if isinstance(other, np.ndarray):
            if other.ndim == 0:
                return self * other[()]
            if other.dtype.kind == "b":
                raise TypeError("Cannot multiply Timedelta by bool. Explicitly cast to integer instead.")
            if other.dtype.kind == "O":
                return _elementwise(self, other, operator.mul)
            return self._times_array(other)
        if _is_integer(other):
            return self._times(int(other))
        if _is_float(other):
            if other != other:
                return NaT
            return self._scaled(float(other), operator.mul, "multiplication")
        return NotImplemented

    __rmul__ = __mul__

    def _times_array(self, other: np.ndarray) -> Any:
        if other.dtype.kind in "iu":
            products = [self._value * int(v) for v in other.ravel()]
            if not all(map(_ticks.fits, products)):
                raise OutOfBoundsTimedelta("Overflow in int64 multiplication")
            return np.array(products, dtype="i8").reshape(other.shape).view(f"m8[{self._unit}]")
        if other.dtype.kind == "f":
            products = self._value * other.astype(float)
            if (np.abs(products[~np.isnan(products)]) >= 2.0**63).any():
                raise OutOfBoundsTimedelta("Overflow in timedelta multiplication")
            missing = np.isnan(products)
            ticks = np.where(missing, NAT, np.where(missing, 0.0, products).astype("i8"))
            return ticks.view(f"m8[{self._unit}]")
        return other * self.to_timedelta64()

    def _check_quotients(self, divisors: np.ndarray) -> None:
        """Numpy saturates a quotient that does not fit; here it is an error."""
        if divisors.dtype.kind == "f":
            least = np.abs(divisors[(divisors != 0) & ~np.isnan(divisors)].astype(float))
            if least.size and abs(self._value) / least.min() >= 2.0**63:
                raise OutOfBoundsTimedelta("Overflow in timedelta division")

    def _times(self, factor: int) -> Any:
        total = factor * self._value
        if not -(2**63) <= total < 2**63:
            raise OutOfBoundsTimedelta("Overflow in int64 multiplication")
        return _bounded(total, self._unit)

    def _scaled(self, factor: float, operation: Callable[[Any, Any], Any], word: str) -> Any:
        """The product or quotient with a float; one that is whole is computed in integers."""
        if factor.is_integer() and abs(factor) <= 2**63:
            whole = int(factor)
            if operation is operator.mul:
                return self._times(whole)
            if whole:
                return self._parted(whole) if operation is operator.truediv else self // whole
        total = operation(self._value, factor)
        if total != total:
            return NaT
        if not -(2.0**63) < total < 2.0**63:
            raise OutOfBoundsTimedelta(f"Overflow in timedelta {word}")
        return type(self)._from_ticks(int(total), self._unit)

    def _parted(self, divisor: int) -> Any:
        """The quotient rounded towards zero."""
        quotient = abs(self._value) // abs(divisor)
        return type(self)._from_ticks(
            quotient if (self._value < 0) == (divisor < 0) else -quotient, self._unit
        )

    def _ratio(self, other: Timedelta) -> tuple[int, int]:
        mine, theirs, _ = self._alike(other)
        return mine, theirs

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            if other.ndim == 0:
                return self / other[()]
            if other.dtype.kind == "O":
                return _elementwise(self, other, operator.truediv)
            self._check_quotients(other)
            return self.to_timedelta64() / other
        if _is_integer(other):
            if other == 0:
                raise ZeroDivisionError("integer division or modulo by zero")
            return self._parted(int(other))
        if _is_float(other):
            if other != other:
                return NaT
            if other == 0:
                raise ZeroDivisionError("float division by zero")
            return self._scaled(float(other), operator.truediv, "division")
        duration = self._divisor(other)
        if duration is NotImplemented:
            return NotImplemented
        if duration is NaT:
            return np.nan
        mine, theirs = self._ratio(duration)
        if theirs == 0:
            raise ZeroDivisionError("float division by zero")
        return float(mine) / theirs

    def _divisor(self, other: Any) -> Any:
        if isinstance(other, str):
            _warn_of_text()
            return Timedelta(other)
        if getattr(other, "_is_offset", False) and not getattr(other, "_is_tick", False):
            return NotImplemented
        return self._as_duration(other)

    def __rtruediv__(self, other: Any) -> Any:
        if _is_float(other):
            return NotImplemented
        if isinstance(other, np.ndarray):
            if other.dtype.kind == "m":
                return other / self.to_timedelta64()
            if other.dtype.kind == "O":
                return _elementwise(self, other, lambda mine, array: array / mine)
            return NotImplemented
        duration = self._divisor(other) if not _is_integer(other) else NotImplemented
        if duration is NotImplemented:
            return NotImplemented
        return np.nan if duration is NaT else duration / self

    def __floordiv__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return self._floor_array(other)
        if _is_integer(other):
            if other == 0:
                raise ZeroDivisionError("integer division or modulo by zero")
            return type(self)._from_ticks(self._value // int(other), self._unit)
        if _is_float(other):
            if other != other:
                return NaT
            if other == 0:
                raise ZeroDivisionError("float floor division by zero")
            return self._scaled(float(other), operator.floordiv, "division")
        duration = self._divisor(other)
        if duration is NotImplemented:
            return NotImplemented
        if duration is NaT:
            return np.nan
        mine, theirs = self._ratio(duration)
        if theirs == 0:
            raise ZeroDivisionError("integer division or modulo by zero")
        return mine // theirs

    def _floor_array(self, other: np.ndarray) -> Any:
        if other.ndim == 0:
            return self // other[()]
        if other.dtype.kind == "m":
            return self.to_timedelta64() // other
        if other.dtype.kind in "iuf":
            self._check_quotients(other)
            return self.to_timedelta64() // other
        raise TypeError(f"Invalid dtype {other.dtype} for __floordiv__")

    def __rfloordiv__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            if other.dtype.kind == "m":
                return other // self.to_timedelta64()
            raise TypeError(f"Invalid dtype {other.dtype} for __floordiv__")
        if _is_integer(other) or _is_float(other):
            return NotImplemented
        duration = self._divisor(other)
        if duration is NotImplemented:
            return NotImplemented
        return np.nan if duration is NaT else duration // self

    def __mod__(self, other: Any) -> Any:
        return (
            self.__divmod__(other)[1] if not isinstance(other, np.ndarray) else self - other * (self // other)
        )

    def __rmod__(self, other: Any) -> Any:
        return self.__rdivmod__(other)[1]

    def __divmod__(self, other: Any) -> Any:
        quotient = self // other
        return quotient, self - quotient * other

    def __rdivmod__(self, other: Any) -> Any:
        quotient = other // self
        if isinstance(other, np.ndarray):
            return quotient, other - quotient * self
        return quotient, Timedelta(other) - quotient * self


def _warn_of_text() -> None:
    warn(
        "Scalar operations between Timedelta and string are deprecated and will raise in a future version. Explicitly"
        " cast to Timedelta first.",
        Pandas4Warning,
    )


def _bounded(ticks: int, unit: str) -> Any:
    if not _ticks.fits(ticks):
        raise OutOfBoundsTimedelta(f"Out of bounds {_ticks.LONG[unit]} timedelta: {ticks}")
    return Timedelta._from_ticks(ticks, unit)


def _plain(other: object) -> bool:
    """Whether an unknown operand of == is just unequal, not one that may know better itself."""
    from lumen.pandas._missing import NAType

    return (
        not isinstance(other, NAType)
        and not hasattr(other, "__array_priority__")
        and not hasattr(other, "dtype")
    )


def _elementwise(mine: Timedelta, array: np.ndarray, operation: Callable[[Any, Any], Any]) -> Any:
    """An operation with an array: numpy's own for times, item by item for objects."""
    if array.ndim == 0:
        return operation(mine, array[()])
    if array.dtype.kind in "mM":
        return checked_ticks(mine._value, mine._unit, "m", array, operation)
    if array.dtype.kind == "O":
        out = np.empty(array.shape, dtype=object)
        out.ravel()[:] = [operation(mine, v) for v in array.ravel()]
        return out
    return operation(mine, array.ravel()[0].item()) if array.size else array


def checked_ticks(
    value: int, unit: str, kind: str, array: np.ndarray, operation: Callable[[Any, Any], Any]
) -> Any:
    """A sum or difference of one time or duration with an array of them; an overflow is an error, not a wrap."""
    result = operation(np.array(value, dtype="i8").view(f"{kind}8[{unit}]")[()], array)
    out_unit = np.datetime_data(result.dtype)[0]
    if out_unit not in PER_SECOND or np.datetime_data(array.dtype)[1] != 1:
        return result
    own = _ticks.convert(value, unit, out_unit)
    theirs = array.astype(f"{array.dtype.kind}8[{out_unit}]").view("i8")
    exact = operation(own, theirs.astype(object))
    if not np.isnat(array).any() and not all(map(_ticks.fits, exact.ravel())):
        word, error = (
            ("timestamp", OutOfBoundsDatetime)
            if result.dtype.kind == "M"
            else ("timedelta", OutOfBoundsTimedelta)
        )
        raise error(f"Out of bounds {_ticks.LONG[out_unit]} {word}")
    return result


def _unpickle(value: int, unit: str) -> Any:
    return Timedelta._from_ticks(value, unit)


Timedelta.__module__ = "pandas"
__all__ = ["Components", "NaTType", "Timedelta"]
