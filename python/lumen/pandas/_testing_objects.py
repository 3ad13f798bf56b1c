"""The asserters of `lumen.pandas.testing` for indexes, series, frames and arrays, as strict as pandas' own.

A comparison looks at class, dtype, labels, their order, names, frequency and flags, each switched by the
parameter that pandas gives it. What a parameter permits is pandas' documented meaning of it.
"""

from __future__ import annotations

import numbers
from typing import Any, Literal

import numpy as np

from lumen import pandas as pd

from ._testing_values import (
    ATOL,
    MASKED,
    RTOL,
    cells,
    difference,
    fail,
    none_as_nan,
    same_arrays,
    same_attribute,
    same_class,
)

# The caller gave nothing: whether values are compared exactly then depends on the dtype.
UNSET: Any = getattr(getattr(pd.api, "extensions", None), "no_default", None) or object()

Exact = bool | Literal["equiv"]


def _instances(left: Any, right: Any, expected: type) -> None:
    for value in (left, right):
        if not isinstance(value, expected):
            raise AssertionError(f"{expected.__name__} Expected type {expected}, found {type(value)} instead")


def _is_extension(dtype: Any) -> bool:
    return not isinstance(dtype, np.dtype)


def _is_exact(left: Any, right: Any, check_exact: Any, rtol: Any, atol: Any) -> bool:
    if check_exact is not UNSET:
        return bool(check_exact)
    if rtol is not UNSET or atol is not UNSET:
        return False
    return any(_is_whole(dtype) for dtype in (left.dtype, right.dtype))


def _is_whole(dtype: Any) -> bool:
    kinds = {"Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "boolean"}
    if isinstance(dtype, np.dtype):
        return dtype.kind in "biu"
    if str(dtype) in kinds:
        return True
    return str(dtype).endswith("[pyarrow]") and str(dtype).startswith(("int", "uint", "bool"))


def _tolerance(value: Any, default: float) -> float:
    return default if value is UNSET else value


def assert_class_equal(left: Any, right: Any, exact: Exact = True, obj: str = "Input") -> None:
    """Asserts that both have the same class."""
    same_class(left, right, exact, obj)


def assert_attr_equal(attr: str, left: Any, right: Any, obj: str = "Attributes") -> None:
    """Asserts that an attribute is the same on both."""
    same_attribute(attr, left, right, obj)


def assert_index_equal(
    left: Any,
    right: Any,
    exact: Exact = "equiv",
    check_names: bool = True,
    check_exact: bool = True,
    check_categorical: bool = True,
    check_order: bool = True,
    rtol: float = UNSET,
    atol: float = UNSET,
    obj: str | None = None,
    *,
    check_freq: Any = UNSET,
) -> None:
    """Asserts that two indexes have the same class, dtype, labels in the same order, and names."""
    if obj is None:
        obj = "MultiIndex" if isinstance(left, pd.MultiIndex) else "Index"
    _instances(left, right, pd.Index)
    _index_type(left, right, exact, check_categorical, obj)
    if left.nlevels != right.nlevels:
        fail(obj, f"{obj} levels are different", f"{left.nlevels}, {left}", f"{right.nlevels}, {right}")
    if len(left) != len(right):
        fail(obj, f"{obj} length are different", f"{len(left)}, {left}", f"{len(right)}, {right}")
    if not check_order:
        left, right = _sorted(left), _sorted(right)
    if isinstance(left, pd.MultiIndex):
        for level in range(left.nlevels):
            name = f"{obj} level [{level}]"
            one, other = left.get_level_values(level), right.get_level_values(level)
            assert_index_equal(
                one,
                other,
                exact=exact,
                check_names=check_names,
                check_exact=check_exact,
                check_categorical=check_categorical,
                rtol=rtol,
                atol=atol,
                obj=name,
            )
            _index_type(left.levels[level], right.levels[level], exact, check_categorical, name)
    elif check_exact is True and check_categorical:
        if not left.equals(right):
            different = _label_difference(left, right)
            share = round(float(different.sum()) * 100.0 / len(left), 5)
            fail(obj, f"{obj} values are different ({share} %)", left, right)
    else:
        if exact is True and left.dtype != right.dtype:
            fail(obj, 'Attribute "dtype" are different', left.dtype, right.dtype)
        one, other = _in_one_unit(cells(left), cells(right))
        rtol, atol = _tolerance(rtol, RTOL), _tolerance(atol, ATOL)
        same_arrays(one, other, exact=False, rtol=rtol, atol=atol, obj=obj, index=left)
    if check_names:
        _same_names(left, right, obj)
    if check_freq is True and getattr(left, "freq", None) != getattr(right, "freq", None):
        fail(obj, 'Attribute "freq" are different', getattr(left, "freq", None), getattr(right, "freq", None))
    if check_categorical and (_is_categorical(left) or _is_categorical(right)):
        assert_categorical_equal(left.array, right.array, obj=f"{obj} category")


def _in_one_unit(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labels of time are compared as points in time, whatever their units."""
    if left.dtype.kind in "mM" and left.dtype.kind == right.dtype.kind:
        unit = np.promote_types(left.dtype, right.dtype)
        return left.astype(unit), right.astype(unit)
    return left, right


def _is_categorical(values: Any) -> bool:
    return isinstance(values.dtype, pd.CategoricalDtype)


def _index_type(left: Any, right: Any, exact: Exact, check_categorical: bool, obj: str) -> None:
    if not exact:
        return
    same_class(left, right, exact, obj)
    same_attribute("inferred_type", left, right, obj)
    both = isinstance(left.dtype, pd.CategoricalDtype) and isinstance(right.dtype, pd.CategoricalDtype)
    if not both:
        same_attribute("dtype", left, right, obj)
    elif check_categorical:
        same_attribute("dtype", left, right, obj)
        assert_index_equal(left.categories, right.categories, exact=exact)


def _same_names(left: Any, right: Any, obj: str) -> None:
    one, other = list(left.names), list(right.names)
    if difference(one, other, 0.0, 0.0) is not None:
        fail(obj, 'Attribute "names" are different', one, other)


def _sorted(index: Any) -> Any:
    try:
        return index.sort_values()
    except TypeError:
        order = sorted(
            range(len(index)), key=lambda position: (str(type(index[position])), str(index[position]))
        )
        return index.take(np.array(order, dtype=np.intp))


def _label_difference(left: Any, right: Any) -> np.ndarray:
    one, other = cells(left), cells(right)
    different = [difference(a, b, 0.0, 0.0) is not None for a, b in zip(one.tolist(), other.tolist())]
    # Labels that look alike while `equals` says no differ in something that only `equals` sees.
    return np.array(different, dtype=bool) if any(different) else np.ones(len(left), dtype=bool)


def assert_series_equal(
    left: Any,
    right: Any,
    check_dtype: bool = True,
    check_index_type: Exact = "equiv",
    check_series_type: bool = True,
    check_names: bool = True,
    check_exact: bool = UNSET,
    check_datetimelike_compat: bool = False,
    check_categorical: bool = True,
    check_category_order: bool = True,
    check_freq: bool = True,
    check_flags: bool = True,
    rtol: float = UNSET,
    atol: float = UNSET,
    obj: str = "Series",
    *,
    check_index: bool = True,
    check_like: bool = False,
) -> None:
    """Asserts that two series have the same class, index, dtype, values and name."""
    _instances(left, right, pd.Series)
    if not check_index and check_like:
        raise ValueError("check_like must be False if check_index is False")
    if check_series_type:
        same_class(left, right, obj=obj)
    if len(left) != len(right):
        fail(obj, f"{obj} length are different", f"{len(left)}, {left.index}", f"{len(right)}, {right.index}")
    if check_flags and left.flags != right.flags:
        raise AssertionError(f"{left.flags!r} != {right.flags!r}")
    if check_index:
        assert_index_equal(
            left.index,
            right.index,
            exact=check_index_type,
            check_names=check_names,
            check_exact=_is_index_exact(left.index, right.index, check_exact, rtol, atol),
            check_categorical=check_categorical,
            check_order=not check_like,
            rtol=rtol,
            atol=atol,
            obj=f"{obj}.index",
        )
    if check_like:
        left = left.reindex_like(right)
    if check_index and check_freq:
        _same_frequency(left.index, right.index)
    categorical = isinstance(left.dtype, pd.CategoricalDtype) and isinstance(right.dtype, pd.CategoricalDtype)
    if check_dtype and not (categorical and not check_categorical):
        same_attribute("dtype", left, right, obj=f"Attributes of {obj}")
    _same_values(left, right, check_dtype, check_exact, check_datetimelike_compat, rtol, atol, obj)
    if check_names:
        same_attribute("name", left, right, obj=obj)
    if check_categorical and categorical:
        assert_categorical_equal(
            left.array, right.array, obj=f"{obj} category", check_category_order=check_category_order
        )


def _is_index_exact(left: Any, right: Any, check_exact: Any, rtol: Any, atol: Any) -> bool:
    if check_exact is not UNSET:
        return bool(check_exact)
    if rtol is not UNSET or atol is not UNSET:
        return False
    return any(
        all(
            getattr(dtype, "kind", "O") in "iu"
            for dtype in (index.dtypes if index.nlevels > 1 else [index.dtype])
        )
        for index in (left, right)
    )


def _same_frequency(left: Any, right: Any) -> None:
    if isinstance(left, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        if left.freq != right.freq:
            raise AssertionError((left.freq, right.freq))


def _same_values(
    left: Any, right: Any, check_dtype: bool, check_exact: Any, compat: bool, rtol: Any, atol: Any, obj: str
) -> None:
    exact = _is_exact(left, right, check_exact, rtol, atol)
    rtol, atol = _tolerance(rtol, RTOL), _tolerance(atol, ATOL)
    one, other = left.dtype, right.dtype
    if compat and {"M", "m"} & {getattr(one, "kind", ""), getattr(other, "kind", "")}:
        if not pd.Index(left.array).equals(pd.Index(right.array)):
            raise AssertionError(
                f"[datetimelike_compat=True] {left.to_numpy()} is not equal to {right.to_numpy()}."
            )
        return
    if _is_extension(one) and _is_extension(other) and not isinstance(one, pd.CategoricalDtype):
        assert_extension_array_equal(
            left.array,
            right.array,
            check_dtype=check_dtype,
            index_values=left.index,
            # Asked for exactness, pandas leaves it to the array's own dtype.
            check_exact=UNSET if check_exact is True else exact,
            rtol=UNSET if check_exact is True else rtol,
            atol=UNSET if check_exact is True else atol,
            obj=obj,
        )
        return
    if exact and one == object and other == object:
        assert_numpy_array_equal(cells(left.array), cells(right.array), obj=obj, index_values=left.index)
        return
    left_cells, right_cells = cells(left.array), cells(right.array)
    if {str(one), str(other)} & MASKED:
        left_cells, right_cells = none_as_nan(left_cells), none_as_nan(right_cells)
    same_arrays(left_cells, right_cells, exact=exact, rtol=rtol, atol=atol, obj=obj, index=left.index)


def assert_frame_equal(
    left: Any,
    right: Any,
    check_dtype: bool = True,
    check_index_type: Exact = "equiv",
    check_column_type: Exact = "equiv",
    check_frame_type: bool = True,
    check_names: bool = True,
    by_blocks: bool = False,
    check_exact: bool = UNSET,
    check_datetimelike_compat: bool = False,
    check_categorical: bool = True,
    check_like: bool = False,
    check_freq: bool = True,
    check_flags: bool = True,
    rtol: float = UNSET,
    atol: float = UNSET,
    obj: str = "DataFrame",
) -> None:
    """Asserts that two frames have the same class, both axes, and columns of the same dtype and values."""
    _instances(left, right, pd.DataFrame)
    if check_frame_type and not isinstance(left, type(right)):
        raise AssertionError(f"{type(left)} is not {type(right)}")
    if left.shape != right.shape:
        fail(obj, f"{obj} shape mismatch", str(left.shape), str(right.shape))
    if check_flags and left.flags != right.flags:
        raise AssertionError(f"{left.flags!r} != {right.flags!r}")
    for axis, exact in (("index", check_index_type), ("columns", check_column_type)):
        assert_index_equal(
            getattr(left, axis),
            getattr(right, axis),
            exact=exact,
            check_names=check_names,
            check_exact=False if check_exact is UNSET else check_exact,
            check_categorical=check_categorical,
            check_order=not check_like,
            rtol=rtol,
            atol=atol,
            obj=f"{obj}.{axis}",
        )
    if check_like:
        left = left.reindex_like(right)
    if check_freq:
        _same_frequency(left.index, right.index)
    # How columns are grouped into blocks is pandas' storage, which no public name shows: each column is
    # compared.
    for position, label in enumerate(left.columns):
        assert_series_equal(
            left.iloc[:, position],
            right.iloc[:, position],
            check_dtype=check_dtype,
            check_index_type=check_index_type,
            check_exact=check_exact,
            check_names=check_names,
            check_datetimelike_compat=check_datetimelike_compat,
            check_categorical=check_categorical,
            check_freq=check_freq,
            obj=f'{obj}.iloc[:, {position}] (column name="{label}")',
            rtol=rtol,
            atol=atol,
            check_index=False,
            check_flags=False,
        )


def assert_extension_array_equal(
    left: Any,
    right: Any,
    check_dtype: bool = True,
    index_values: Any = None,
    check_exact: bool = UNSET,
    rtol: float = UNSET,
    atol: float = UNSET,
    obj: str = "ExtensionArray",
) -> None:
    """Asserts that two extension arrays have the same dtype, missing positions and values."""
    _instances(left, right, pd.api.extensions.ExtensionArray)
    exact = _is_exact(left, right, check_exact, rtol, atol)
    if check_dtype:
        same_attribute("dtype", left, right, obj=f"Attributes of {obj}")
    if len(left) != len(right):
        fail(obj, f"{obj} length are different", f"{len(left)}, {left}", f"{len(right)}, {right}")
    left_missing, right_missing = np.asarray(left.isna()), np.asarray(right.isna())
    same_arrays(
        left_missing, right_missing, exact=True, rtol=0.0, atol=0.0, obj=f"{obj} NA mask", index=index_values
    )
    same_arrays(
        np.asarray(left[~left_missing], dtype=object),
        np.asarray(right[~right_missing], dtype=object),
        exact=exact,
        rtol=_tolerance(rtol, RTOL),
        atol=_tolerance(atol, ATOL),
        obj=obj,
        index=index_values,
    )


def assert_categorical_equal(
    left: Any,
    right: Any,
    check_dtype: bool = True,
    check_category_order: bool = True,
    obj: str = "Categorical",
) -> None:
    """Asserts that two categoricals have the same categories and the same value everywhere."""
    _instances(left, right, pd.Categorical)
    exact: Exact = "equiv"
    if check_category_order:
        assert_index_equal(left.categories, right.categories, obj=f"{obj}.categories", exact=exact)
        same_arrays(
            np.asarray(left.codes),
            np.asarray(right.codes),
            exact=True,
            rtol=0.0,
            atol=0.0,
            obj=f"{obj}.codes",
        )
        if check_dtype and np.asarray(left.codes).dtype != np.asarray(right.codes).dtype:
            fail(f"{obj}.codes", 'Attribute "dtype" are different', left.codes.dtype, right.codes.dtype)
    else:
        one, other = left.categories, right.categories
        assert_index_equal(one, other, obj=f"{obj}.categories", exact=exact, check_order=False)
        assert_index_equal(one.take(left.codes), other.take(right.codes), obj=f"{obj}.values", exact=exact)
    same_attribute("ordered", left, right, obj=obj)


def assert_numpy_array_equal(
    left: Any,
    right: Any,
    strict_nan: bool = False,
    check_dtype: bool | Literal["equiv"] = True,
    err_msg: str | None = None,
    check_same: Literal["copy", "same"] | None = None,
    obj: str = "numpy array",
    index_values: Any = None,
) -> None:
    """Asserts that two numpy arrays have the same class, dtype, shape and values, exactly."""
    same_class(left, right, obj=obj)
    _instances(left, right, np.ndarray)
    base_left = left if left.base is None else left.base
    base_right = right if right.base is None else right.base
    if check_same == "same" and base_left is not base_right:
        raise AssertionError(f"{base_left!r} is not {base_right!r}")
    if check_same == "copy" and base_left is base_right:
        raise AssertionError(f"{base_left!r} is {base_right!r}")
    if left.shape != right.shape:
        fail(obj, err_msg or f"{obj} shapes are different", left.shape, right.shape)
    if not strict_nan:
        left_cells, right_cells = none_as_nan(left), none_as_nan(right)
    else:
        left_cells, right_cells = left, right
    try:
        same_arrays(left_cells, right_cells, exact=True, rtol=0.0, atol=0.0, obj=obj, index=index_values)
    except AssertionError:
        if err_msg is None:
            raise
        raise AssertionError(err_msg) from None
    if check_dtype:
        same_attribute("dtype", left, right, obj=obj)


def assert_almost_equal(
    left: Any,
    right: Any,
    check_dtype: bool | Literal["equiv"] = "equiv",
    rtol: float = RTOL,
    atol: float = ATOL,
    **kwargs: Any,
) -> None:
    """Asserts that two objects of any kind are equal within the tolerance."""
    if isinstance(left, pd.Index):
        assert_index_equal(left, right, check_exact=False, exact=check_dtype, rtol=rtol, atol=atol, **kwargs)
    elif isinstance(left, pd.Series):
        assert_series_equal(
            left, right, check_exact=False, check_dtype=bool(check_dtype), rtol=rtol, atol=atol, **kwargs
        )
    elif isinstance(left, pd.DataFrame):
        assert_frame_equal(
            left, right, check_exact=False, check_dtype=bool(check_dtype), rtol=rtol, atol=atol, **kwargs
        )
    else:
        obj = kwargs.get("obj", "numpy array" if isinstance(left, np.ndarray) else "Input")
        if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
            if check_dtype and left.dtype != right.dtype:
                fail(obj, 'Attribute "dtype" are different', left.dtype, right.dtype)
            same_arrays(left, right, exact=False, rtol=rtol, atol=atol, obj=obj)
            return
        scalars = all(isinstance(value, (numbers.Number, np.bool_)) for value in (left, right))
        if check_dtype and not scalars:
            same_class(left, right, obj=obj)
        reason = difference(left, right, rtol, atol)
        if reason is not None:
            fail(obj, f"{obj} values are different: {reason}", left, right)
