"""`Interval`: two ends and which of them belong to it. Columns of intervals are the engine's; this is one value."""

from __future__ import annotations

import datetime as dt
import numbers
import operator
from typing import Any

import numpy as np

CLOSED = frozenset(("left", "right", "both", "neither"))


class IntervalMixin:
    """What an interval and an array of intervals answer from `left`, `right` and `closed`."""

    @property
    def closed_left(self) -> bool:
        """Whether the left end belongs to the interval."""
        return self.closed in ("left", "both")  # type: ignore[attr-defined]

    @property
    def closed_right(self) -> bool:
        """Whether the right end belongs to the interval."""
        return self.closed in ("right", "both")  # type: ignore[attr-defined]

    @property
    def open_left(self) -> bool:
        """Whether the left end does not belong to the interval."""
        return not self.closed_left

    @property
    def open_right(self) -> bool:
        """Whether the right end does not belong to the interval."""
        return not self.closed_right

    @property
    def mid(self) -> Any:
        """The middle between the ends."""
        try:
            return 0.5 * (self.left + self.right)  # type: ignore[attr-defined]
        except TypeError:
            return self.left + 0.5 * self.length  # type: ignore[attr-defined]

    @property
    def length(self) -> Any:
        """The distance between the ends."""
        return self.right - self.left  # type: ignore[attr-defined]

    @property
    def is_empty(self) -> Any:
        """Whether no value lies inside."""
        return (self.right == self.left) & (self.closed != "both")  # type: ignore[attr-defined]

    def _check_closed_matches(self, other: Any, name: str = "other") -> None:
        if self.closed != other.closed:  # type: ignore[attr-defined]
            raise ValueError(
                f"'{name}.closed' is {other.closed!r}, expected {self.closed!r}."  # type: ignore[attr-defined]
            )


def _ordered(name: str) -> Any:
    compare = getattr(operator, name)

    def method(self: Interval, other: Any) -> Any:
        if isinstance(other, Interval):
            return compare((self.left, self.right, self.closed), (other.left, other.right, other.closed))
        if isinstance(other, np.ndarray):
            if other.ndim == 0:
                return compare(self, other.item())
            return np.array([compare(self, item) for item in other.ravel()], dtype=bool).reshape(other.shape)
        return NotImplemented

    return method


def _is_span(value: Any) -> bool:
    return isinstance(value, (numbers.Number, dt.timedelta, np.timedelta64))


class Interval(IntervalMixin):
    """All values between two ends."""

    __module__ = "pandas"
    __slots__ = ("_closed", "_left", "_right")
    __array_priority__ = 1000
    _is_pandas_scalar = True
    _typ = "interval"

    def __init__(self, left: Any, right: Any, closed: str = "right") -> None:
        left, right = _end(left), _end(right)
        if closed not in CLOSED:
            raise ValueError(f"invalid option for 'closed': {closed}")
        if not left <= right:
            raise ValueError("left side of interval must be <= right side")
        if isinstance(left, dt.datetime) and str(left.tzinfo) != str(right.tzinfo):
            raise ValueError(
                f"left and right must have the same time zone, got {left.tzinfo!r}' and {right.tzinfo!r}"
            )
        self._left, self._right, self._closed = left, right, closed

    @property
    def left(self) -> Any:
        """The lower end."""
        return self._left

    @property
    def right(self) -> Any:
        """The upper end."""
        return self._right

    @property
    def closed(self) -> str:
        """'left', 'right', 'both' or 'neither'."""
        return self._closed

    @property
    def length(self) -> Any:
        """The distance between the ends."""
        try:
            return self._right - self._left
        except TypeError as error:
            raise TypeError(f"cannot compute length between {self._left!r} and {self._right!r}") from error

    @property
    def is_empty(self) -> bool:
        """Whether no value lies inside."""
        return bool(self._right == self._left) and self._closed != "both"

    def __contains__(self, key: Any) -> bool:
        if isinstance(key, Interval):
            low = (operator.lt if self.open_left and key.closed_left else operator.le)(self._left, key.left)
            high = (operator.lt if self.open_right and key.closed_right else operator.le)(
                key.right, self._right
            )
            return bool(low and high)
        low = self._left < key if self.open_left else self._left <= key
        return bool(low and (key < self._right if self.open_right else key <= self._right))

    def overlaps(self, other: Any) -> bool:
        """Whether both share a point."""
        if not isinstance(other, Interval):
            raise TypeError(f"`other` must be an Interval, got {type(other).__name__}")
        if self.is_empty or other.is_empty:
            return False
        before = operator.le if self.closed_left and other.closed_right else operator.lt
        behind = operator.le if other.closed_left and self.closed_right else operator.lt
        return bool(before(self._left, other.right) and behind(other.left, self._right))

    __eq__ = _ordered("eq")
    __ne__ = _ordered("ne")
    __lt__ = _ordered("lt")
    __le__ = _ordered("le")
    __gt__ = _ordered("gt")
    __ge__ = _ordered("ge")

    def __hash__(self) -> int:
        return hash((self._left, self._right, self._closed))

    def __repr__(self) -> str:
        return f"Interval({self._left!s}, {self._right!s}, closed={self._closed!r})"

    def __str__(self) -> str:
        opening, closing = "[" if self.closed_left else "(", "]" if self.closed_right else ")"
        return f"{opening}{self._left!s}, {self._right!s}{closing}"

    def __reduce__(self) -> Any:
        return _restored, (self._left, self._right, self._closed)

    def _moved(self, change: Any) -> Interval:
        return Interval(change(self._left), change(self._right), self._closed)

    def __add__(self, other: Any) -> Any:
        return self._moved(lambda end: end + other) if _is_span(other) else NotImplemented

    def __radd__(self, other: Any) -> Any:
        return self._moved(lambda end: end + other) if _is_span(other) else NotImplemented

    def __sub__(self, other: Any) -> Any:
        return self._moved(lambda end: end - other) if _is_span(other) else NotImplemented

    def __mul__(self, other: Any) -> Any:
        return self._moved(lambda end: end * other) if isinstance(other, numbers.Number) else NotImplemented

    def __rmul__(self, other: Any) -> Any:
        return self._moved(lambda end: end * other) if isinstance(other, numbers.Number) else NotImplemented

    def __truediv__(self, other: Any) -> Any:
        return self._moved(lambda end: end / other) if isinstance(other, numbers.Number) else NotImplemented

    def __floordiv__(self, other: Any) -> Any:
        return self._moved(lambda end: end // other) if isinstance(other, numbers.Number) else NotImplemented


def _end(value: Any) -> Any:
    if type(value).__name__ in ("Timestamp", "Timedelta") and hasattr(value, "_value"):
        return value
    if isinstance(value, (numbers.Real, np.number)) and not isinstance(value, (bool, np.timedelta64)):
        return value
    raise ValueError(
        "Only numeric, Timestamp and Timedelta endpoints are allowed when constructing an Interval."
    )


def _restored(left: Any, right: Any, closed: str) -> Interval:
    return Interval(left, right, closed)


def made(left: Any, right: Any, closed: str) -> Interval:
    """An interval of ends that the engine has found to be in order."""
    interval = Interval.__new__(Interval)
    interval._left, interval._right, interval._closed = left, right, closed
    return interval
