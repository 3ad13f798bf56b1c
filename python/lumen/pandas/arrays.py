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

__all__ = [
    "ArrowExtensionArray",
    "ArrowStringArray",
    "BooleanArray",
    "Categorical",
    "DatetimeArray",
    "FloatingArray",
    "IntegerArray",
    "NumpyExtensionArray",
    "StringArray",
    "TimedeltaArray",
]
