"""``pandas.arrays``: the classes of arrays."""

from lumen.pandas._categorical import Categorical
from lumen.pandas._extension_arrays import (
    ArrowExtensionArray,
    ArrowStringArray,
    BooleanArray,
    DatetimeArray,
    FloatingArray,
    IntegerArray,
    NumpyExtensionArray,
    StringArray,
    TimedeltaArray,
)
from lumen.pandas._interval_array import IntervalArray

__all__ = [
    "ArrowExtensionArray",
    "ArrowStringArray",
    "BooleanArray",
    "Categorical",
    "DatetimeArray",
    "FloatingArray",
    "IntegerArray",
    "IntervalArray",
    "NumpyExtensionArray",
    "StringArray",
    "TimedeltaArray",
]
