"""Classes and functions of periods and intervals: named, and refused by name when they are called."""

from __future__ import annotations

from typing import Any

from lumen.pandas._index import Index


def _refuse(name: str) -> Any:
    raise NotImplementedError(f"lumen.pandas: {name}")


class PeriodIndex(Index):
    """Labels that are periods: not built."""

    __module__ = "pandas"

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return _refuse("PeriodIndex")

    @classmethod
    def from_fields(cls, *args: Any, **kwargs: Any) -> Any:
        return _refuse("PeriodIndex.from_fields")

    @classmethod
    def from_ordinals(cls, *args: Any, **kwargs: Any) -> Any:
        return _refuse("PeriodIndex.from_ordinals")


class IntervalIndex(Index):
    """Labels that are intervals: not built."""

    __module__ = "pandas"

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return _refuse("IntervalIndex")

    @classmethod
    def from_arrays(cls, *args: Any, **kwargs: Any) -> Any:
        return _refuse("IntervalIndex.from_arrays")

    @classmethod
    def from_breaks(cls, *args: Any, **kwargs: Any) -> Any:
        return _refuse("IntervalIndex.from_breaks")

    @classmethod
    def from_tuples(cls, *args: Any, **kwargs: Any) -> Any:
        return _refuse("IntervalIndex.from_tuples")


class Period:
    """A span of time: not built."""

    __module__ = "pandas"

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return _refuse("Period")

    @classmethod
    def now(cls, *args: Any, **kwargs: Any) -> Any:
        return _refuse("Period.now")


class Interval:
    """A range of values: not built."""

    __module__ = "pandas"

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return _refuse("Interval")


def period_range(*args: Any, **kwargs: Any) -> Any:
    """Periods at one step: not built."""
    return _refuse("period_range")


def interval_range(*args: Any, **kwargs: Any) -> Any:
    """Intervals of one width: not built."""
    return _refuse("interval_range")
