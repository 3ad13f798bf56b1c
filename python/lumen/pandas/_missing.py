"""The missing scalars: ``NA`` with three-valued logic; ``NaT`` is defined in ``_nat`` and re-exported here.

Knows nothing of columns: an array operand is answered elementwise with an object array.
"""

from __future__ import annotations

import datetime as dt
import numbers
import operator
from typing import Any, Callable

import numpy as np

_NUMBERS = (numbers.Number, np.bool_)
_SCALARS = (*_NUMBERS, str, bytes)
_COMPARABLE = (*_SCALARS, dt.date, dt.time, dt.timedelta, np.datetime64, np.timedelta64)
# Hash of the singleton: a Mersenne prime, so that it collides with no small integer.
_HASH = (1 << 61) - 1


def _elementwise(array: np.ndarray, result: Any) -> Any:
    """An object array of `result`, or the scalar for an array without dimensions."""
    if array.ndim == 0:
        return result
    out = np.empty(array.shape, dtype=object)
    out[...] = result
    return out


def _binary(
    handled: tuple[type, ...], also: tuple[type, ...] = (), pair: bool = False
) -> Callable[[Any, Any], Any]:
    """An operator whose answer is NA for every operand among `handled` and `also`."""
    accepted = (*handled, *also)

    def method(self: NAType, other: Any) -> Any:
        if other is self or isinstance(other, accepted):
            return (self, self) if pair else self
        if isinstance(other, np.ndarray):
            out = _elementwise(other, self)
            return (out, out) if pair else out
        return NotImplemented

    return method


def _logical(absorbing: bool | None) -> Callable[[Any, Any], Any]:
    """A Kleene operator; `absorbing` is the operand that decides the result alone."""

    def method(self: NAType, other: Any) -> Any:
        if other is self:
            return self
        if isinstance(other, (bool, np.bool_)):
            return absorbing if absorbing is not None and bool(other) is absorbing else self
        if isinstance(other, np.ndarray):
            return _elementwise(other, self)
        return NotImplemented

    return method


class NAType:
    """The type of ``NA``, the missing value of nullable dtypes; there is one instance."""

    _instance: NAType | None = None
    __array_priority__ = 1000

    def __new__(cls) -> NAType:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "<NA>"

    def __format__(self, format_spec: str) -> str:
        try:
            return format(repr(self), format_spec)
        except ValueError:
            return repr(self)

    def __bool__(self) -> bool:
        raise TypeError("boolean value of NA is ambiguous")

    def __hash__(self) -> int:
        return _HASH

    def __reduce__(self) -> tuple[Any, ...]:
        return _the_missing, ()

    def __copy__(self) -> NAType:
        return self

    def __deepcopy__(self, memo: object) -> NAType:
        return self

    def __neg__(self) -> NAType:
        return self

    def __pos__(self) -> NAType:
        return self

    def __abs__(self) -> NAType:
        return self

    def __invert__(self) -> NAType:
        return self

    __add__ = __radd__ = _binary(_SCALARS, (dt.timedelta,))
    __sub__ = __rsub__ = _binary(_SCALARS, (dt.timedelta, dt.date))
    __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _binary(_SCALARS)
    __mod__ = __rmod__ = __matmul__ = __rmatmul__ = _binary(_SCALARS)
    __divmod__ = __rdivmod__ = _binary(_SCALARS, pair=True)
    __lt__ = __le__ = __gt__ = __ge__ = _binary(_COMPARABLE)
    __eq__ = __ne__ = _binary(_COMPARABLE)  # type: ignore[assignment]
    __and__ = __rand__ = _logical(False)
    __or__ = __ror__ = _logical(True)
    __xor__ = __rxor__ = _logical(None)

    def __pow__(self, other: Any) -> Any:
        if other is self:
            return self
        if isinstance(other, _NUMBERS):
            # Anything to the power of zero is one, whatever it is; one keeps the exponent's type.
            if isinstance(other, np.timedelta64) or other != 0:
                return self
            return True if isinstance(other, bool) else type(other)(1)
        if isinstance(other, np.ndarray):
            one = np.asarray(other.dtype.type(1)).astype(object)
            return np.where(other == 0, one, np.array(self, dtype=object))
        return NotImplemented

    def __rpow__(self, other: Any) -> Any:
        if other is self:
            return self
        if isinstance(other, _NUMBERS):
            return other if other == 1 else self
        if isinstance(other, np.ndarray):
            return np.where(other == 1, other.astype(object), np.array(self, dtype=object))
        return NotImplemented

    _HANDLED_TYPES = (np.ndarray, numbers.Number, str, np.bool_)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        handled = (*self._HANDLED_TYPES, NAType)
        if not all(isinstance(x, handled) for x in inputs):
            return NotImplemented
        if method != "__call__":
            raise ValueError(f"ufunc method '{method}' not supported for NA")
        operation = _UFUNC_OPERATORS.get(ufunc.__name__)
        if operation is not None and not kwargs and len(inputs) == 2:
            left, right = inputs
            name = operation[0] if left is self else operation[1]
            answer = getattr(NAType, name)(self, right if left is self else left)
            if answer is not NotImplemented:
                return answer
        shape = np.broadcast(*inputs)
        missing = _elementwise(np.empty(shape.shape), self)
        return missing if ufunc.nout == 1 else (missing,) * ufunc.nout


_UFUNC_OPERATORS = {
    "add": ("__add__", "__radd__"),
    "subtract": ("__sub__", "__rsub__"),
    "multiply": ("__mul__", "__rmul__"),
    "divide": ("__truediv__", "__rtruediv__"),
    "floor_divide": ("__floordiv__", "__rfloordiv__"),
    "remainder": ("__mod__", "__rmod__"),
    "power": ("__pow__", "__rpow__"),
    "divmod": ("__divmod__", "__rdivmod__"),
    "bitwise_and": ("__and__", "__rand__"),
    "bitwise_or": ("__or__", "__ror__"),
    "bitwise_xor": ("__xor__", "__rxor__"),
    "equal": ("__eq__", "__eq__"),
    "not_equal": ("__ne__", "__ne__"),
    "less": ("__lt__", "__gt__"),
    "less_equal": ("__le__", "__ge__"),
    "greater": ("__gt__", "__lt__"),
    "greater_equal": ("__ge__", "__le__"),
}


def _the_missing() -> NAType:
    return NA


NAType.__module__ = "pandas.api.typing"
NA = NAType()


def __getattr__(name: str) -> Any:
    # NaT's class needs Timedelta's and Timestamp's modules, which need NA.
    if name in ("NaT", "NaTType"):
        from lumen.pandas import _nat

        return getattr(_nat, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def is_missing(value: object) -> bool:
    """Whether a scalar is None, NaN, NA, NaT or numpy's NaT."""
    if value is None or value is NA:
        return True
    if isinstance(value, (float, complex, np.inexact, np.datetime64, np.timedelta64)):
        return bool(value != value)
    return type(value).__name__ in ("NaTType", "Decimal") and bool(operator.ne(value, value))
