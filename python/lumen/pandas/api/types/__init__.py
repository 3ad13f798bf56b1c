"""``pandas.api.types``: predicates on values and dtypes, and the dtypes that have parameters."""

from __future__ import annotations

from typing import Any

from lumen.pandas._dtype_checks import (
    is_any_real_numeric_dtype,
    is_bool_dtype,
    is_categorical_dtype,
    is_complex_dtype,
    is_datetime64_any_dtype,
    is_datetime64_dtype,
    is_datetime64_ns_dtype,
    is_datetime64tz_dtype,
    is_dtype_equal,
    is_extension_array_dtype,
    is_float_dtype,
    is_int64_dtype,
    is_integer_dtype,
    is_interval_dtype,
    is_numeric_dtype,
    is_object_dtype,
    is_period_dtype,
    is_signed_integer_dtype,
    is_sparse,
    is_string_dtype,
    is_timedelta64_dtype,
    is_timedelta64_ns_dtype,
    is_unsigned_integer_dtype,
)
from lumen.pandas._dtype_names import pandas_dtype
from lumen.pandas._dtypes import CategoricalDtype, DatetimeTZDtype, IntervalDtype, PeriodDtype
from lumen.pandas._inference import (
    infer_dtype,
    is_array_like,
    is_bool,
    is_complex,
    is_dict_like,
    is_file_like,
    is_float,
    is_hashable,
    is_integer,
    is_iterator,
    is_list_like,
    is_named_tuple,
    is_number,
    is_re,
    is_re_compilable,
    is_scalar,
)


def union_categoricals(to_union: Any, sort_categories: bool = False, ignore_order: bool = False) -> Any:
    """Not offered."""
    raise NotImplementedError("lumen.pandas: api.types.union_categoricals")


__all__ = [
    "CategoricalDtype",
    "DatetimeTZDtype",
    "IntervalDtype",
    "PeriodDtype",
    "infer_dtype",
    "union_categoricals",
]
__all__ += [
    "is_any_real_numeric_dtype",
    "is_array_like",
    "is_bool",
    "is_bool_dtype",
    "is_categorical_dtype",
    "is_complex",
    "is_complex_dtype",
    "is_datetime64_any_dtype",
    "is_datetime64_dtype",
    "is_datetime64_ns_dtype",
    "is_datetime64tz_dtype",
    "is_dict_like",
    "is_dtype_equal",
    "is_extension_array_dtype",
    "is_file_like",
    "is_float",
    "is_float_dtype",
    "is_hashable",
    "is_int64_dtype",
    "is_integer",
    "is_integer_dtype",
    "is_interval_dtype",
    "is_iterator",
    "is_list_like",
    "is_named_tuple",
    "is_number",
    "is_numeric_dtype",
    "is_object_dtype",
    "is_period_dtype",
    "is_re",
    "is_re_compilable",
    "is_scalar",
    "is_signed_integer_dtype",
    "is_sparse",
    "is_string_dtype",
    "is_timedelta64_dtype",
    "is_timedelta64_ns_dtype",
    "is_unsigned_integer_dtype",
    "pandas_dtype",
]
