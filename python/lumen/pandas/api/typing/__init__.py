"""``pandas.api.typing``: the types of what methods return."""

from __future__ import annotations

from typing import Any

from lumen.pandas._inference import _NoDefault as NoDefault
from lumen.pandas._missing import NAType
from lumen.pandas._nat import NaTType

__all__ = ["NAType", "NaTType", "NoDefault"]

_ELSEWHERE = {
    "DataFrameGroupBy": "_groupby",
    "SeriesGroupBy": "_groupby",
    "Expanding": "_window",
    "ExpandingGroupBy": "_window",
    "ExponentialMovingWindow": "_window",
    "ExponentialMovingWindowGroupBy": "_window",
    "Rolling": "_window",
    "RollingGroupBy": "_window",
    "Window": "_window",
    "Resampler": "_resample",
    "TimeGrouper": "_resample",
    "Expression": "_col",
}


def __getattr__(name: str) -> Any:
    import importlib

    module = _ELSEWHERE.get(name)
    if module is not None:
        try:
            return getattr(importlib.import_module(f"lumen.pandas.{module}"), name)
        except (ImportError, AttributeError):
            pass
    raise AttributeError(f"module 'pandas.api.typing' has no attribute {name!r}")
