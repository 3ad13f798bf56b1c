"""Predicates on dtypes: each takes an array, a dtype or a spelling of one, and is False for what is none."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from lumen.pandas import _dtypes
from lumen.pandas._extension_dtype import ExtensionDtype
from lumen.pandas._dtype_names import extension_dtype, pandas_dtype
from lumen.pandas._errors import Pandas4Warning
from lumen.pandas._inference import infer_dtype
from lumen.pandas._warn import warn


def _dtype(value: Any) -> Any:
    """The dtype a value has or spells, or None."""
    if value is None:
        return None
    if isinstance(value, (np.dtype, ExtensionDtype)):
        return value
    own = getattr(value, "dtype", None)
    if own is not None and not isinstance(value, type):
        return own
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pandas_dtype(value)
    except (TypeError, ValueError, NotImplementedError, UnicodeEncodeError):
        return None


def _of_kinds(kinds: str, nullable: bool = True) -> Callable[[Any], bool]:
    def test(arr_or_dtype: Any) -> bool:
        dtype = _dtype(arr_or_dtype)
        if isinstance(dtype, np.dtype):
            return dtype.kind in kinds
        return (
            nullable
            and isinstance(dtype, (_dtypes.BaseMaskedDtype, _dtypes.ArrowDtype))
            and dtype.kind in kinds
        )

    return test


def _named(function: Any, name: str, text: str) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = text
    function.__module__ = "pandas.api.types"
    return function


is_integer_dtype = _named(_of_kinds("iu"), "is_integer_dtype", "Whether the dtype is of integers.")
is_signed_integer_dtype = _named(
    _of_kinds("i"), "is_signed_integer_dtype", "Whether the dtype is of signed integers."
)
is_unsigned_integer_dtype = _named(
    _of_kinds("u"), "is_unsigned_integer_dtype", "Whether the dtype is of unsigned integers."
)
is_float_dtype = _named(_of_kinds("f"), "is_float_dtype", "Whether the dtype is of floats.")
is_complex_dtype = _named(_of_kinds("c"), "is_complex_dtype", "Whether the dtype is of complex numbers.")
is_datetime64_dtype = _named(
    _of_kinds("M", False), "is_datetime64_dtype", "Whether the dtype is numpy's of times without zone."
)
is_timedelta64_dtype = _named(
    _of_kinds("m", False), "is_timedelta64_dtype", "Whether the dtype is of durations."
)


def is_object_dtype(arr_or_dtype: Any) -> bool:
    """Whether the dtype is object."""
    dtype = _dtype(arr_or_dtype)
    if isinstance(arr_or_dtype, type) and (dtype is None or issubclass(arr_or_dtype, ExtensionDtype)):
        # Any class is object to numpy.
        return True
    return isinstance(dtype, np.dtype) and dtype.kind == "O"


def is_bool_dtype(arr_or_dtype: Any) -> bool:
    """Whether the dtype is of booleans; categories of booleans and an Index of them count."""
    dtype = _dtype(arr_or_dtype)
    if isinstance(dtype, np.dtype):
        if dtype.kind == "O" and getattr(arr_or_dtype, "inferred_type", None) == "boolean":
            return True
        return dtype.kind == "b"
    return isinstance(dtype, ExtensionDtype) and bool(dtype._is_boolean)


def is_numeric_dtype(arr_or_dtype: Any) -> bool:
    """Whether the dtype is of numbers, booleans included."""
    dtype = _dtype(arr_or_dtype)
    if isinstance(dtype, np.dtype):
        return dtype.kind in "iufcb"
    return isinstance(dtype, ExtensionDtype) and bool(dtype._is_numeric)


def is_any_real_numeric_dtype(arr_or_dtype: Any) -> bool:
    """Whether the dtype is of real numbers, booleans not included."""
    return (
        is_numeric_dtype(arr_or_dtype)
        and not is_complex_dtype(arr_or_dtype)
        and not is_bool_dtype(arr_or_dtype)
    )


def is_string_dtype(arr_or_dtype: Any) -> bool:
    """Whether the dtype can be of text: object counts, but an array of objects only when all are text."""
    own = getattr(arr_or_dtype, "dtype", None)
    if isinstance(own, np.dtype) and own.kind == "O" and not isinstance(arr_or_dtype, type):
        return infer_dtype(arr_or_dtype, skipna=False) in ("string", "empty")
    dtype = _dtype(arr_or_dtype)
    if isinstance(arr_or_dtype, type) and (dtype is None or issubclass(arr_or_dtype, ExtensionDtype)):
        # Any class is object to numpy.
        return True
    if isinstance(dtype, np.dtype):
        return dtype.kind in "OSU"
    return isinstance(dtype, _dtypes.StringDtype)


def is_datetime64_any_dtype(arr_or_dtype: Any) -> bool:
    """Whether the dtype is of times, with or without zone."""
    dtype = _dtype(arr_or_dtype)
    return isinstance(dtype, _dtypes.DatetimeTZDtype) or (isinstance(dtype, np.dtype) and dtype.kind == "M")


def is_datetime64_ns_dtype(arr_or_dtype: Any) -> bool:
    """Whether the dtype is of times in nanoseconds, with or without zone."""
    dtype = _dtype(arr_or_dtype)
    return dtype == np.dtype("M8[ns]") or (isinstance(dtype, _dtypes.DatetimeTZDtype) and dtype.unit == "ns")


def is_timedelta64_ns_dtype(arr_or_dtype: Any) -> bool:
    """Whether the dtype is of durations in nanoseconds."""
    dtype = _dtype(arr_or_dtype)
    return isinstance(dtype, np.dtype) and dtype == np.dtype("m8[ns]")


def is_extension_array_dtype(arr_or_dtype: Any) -> bool:
    """Whether the dtype is none of numpy's."""
    dtype = getattr(arr_or_dtype, "dtype", arr_or_dtype)
    if isinstance(dtype, ExtensionDtype) or dtype is str:
        return True
    if isinstance(dtype, (np.dtype, type)) and not (
        isinstance(dtype, type) and issubclass(dtype, ExtensionDtype)
    ):
        return False
    try:
        return extension_dtype(dtype) is not None
    except NotImplementedError:
        return True


def is_dtype_equal(source: Any, target: Any) -> bool:
    """Whether two spellings mean one dtype."""
    try:
        return bool(pandas_dtype(source) == pandas_dtype(target))
    except (TypeError, AttributeError, ImportError, ValueError):
        return False


def _deprecated(name: str, advice: str, test: Callable[[Any], bool]) -> Any:
    def function(arr_or_dtype: Any) -> bool:
        warn(
            f"{name} is deprecated and will be removed in a future version. {advice}",
            Pandas4Warning,
        )
        return test(arr_or_dtype)

    return _named(function, name, f"Deprecated. {advice}")


def _is_a(cls: type) -> Callable[[Any], bool]:
    return lambda value: not isinstance(value, type) and isinstance(_dtype(value), cls)


is_categorical_dtype = _deprecated(
    "is_categorical_dtype",
    "Use isinstance(dtype, pd.CategoricalDtype) instead",
    _is_a(_dtypes.CategoricalDtype),
)
is_datetime64tz_dtype = _deprecated(
    "is_datetime64tz_dtype",
    "Check `isinstance(dtype, pd.DatetimeTZDtype)` instead.",
    _is_a(_dtypes.DatetimeTZDtype),
)
is_int64_dtype = _deprecated(
    "is_int64_dtype",
    "Use dtype == np.int64 instead.",
    lambda value: getattr(_dtype(value), "type", None) is np.int64,
)
is_interval_dtype = _deprecated(
    "is_interval_dtype", "Use `isinstance(dtype, pd.IntervalDtype)` instead", _is_a(_dtypes.IntervalDtype)
)
is_period_dtype = _deprecated(
    "is_period_dtype", "Use `isinstance(dtype, pd.PeriodDtype)` instead", _is_a(_dtypes.PeriodDtype)
)
is_sparse = _deprecated(
    "is_sparse", "Check `isinstance(dtype, pd.SparseDtype)` instead.", _is_a(_dtypes.SparseDtype)
)

for _function in (
    is_object_dtype,
    is_bool_dtype,
    is_numeric_dtype,
    is_any_real_numeric_dtype,
    is_string_dtype,
    is_datetime64_any_dtype,
    is_datetime64_ns_dtype,
    is_timedelta64_ns_dtype,
    is_extension_array_dtype,
    is_dtype_equal,
):
    _function.__module__ = "pandas.api.types"
del _function
