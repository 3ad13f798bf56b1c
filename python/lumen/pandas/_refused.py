"""Classes and functions of periods: named, and refused by name when they are called."""

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


class Period:
    """A span of time: not built."""

    __module__ = "pandas"

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return _refuse("Period")

    @classmethod
    def now(cls, *args: Any, **kwargs: Any) -> Any:
        return _refuse("Period.now")


def period_range(*args: Any, **kwargs: Any) -> Any:
    """Periods at one step: not built."""
    return _refuse("period_range")
