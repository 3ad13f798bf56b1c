"""What pandas' own tests take from `pandas._testing`: asserters, contexts, dtype lists, builders.

The asserters of the public `lumen.pandas.testing` are defined in `_testing_objects`; here stands the rest of
the suite's interface. It refuses nothing pandas accepts and accepts nothing pandas refuses, or a score would
mean nothing.
"""

from __future__ import annotations

import operator
import os
import sys
import threading
from collections.abc import Callable, Container, Iterable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from lumen import pandas as pd

from ._testing_contexts import (
    assert_produces_warning,
    can_set_locale,
    decompress_file,
    external_error_raised,
    get_locales,
    maybe_produces_warning,
    raises_chained_assignment_error,
    round_trip_pathlib,
    round_trip_pickle,
    set_locale,
    set_timezone,
    with_csv_dialect,
    write_to_compressed,
)
from ._testing_objects import (
    assert_almost_equal,
    assert_attr_equal,
    assert_categorical_equal,
    assert_class_equal,
    assert_extension_array_equal,
    assert_frame_equal,
    assert_index_equal,
    assert_numpy_array_equal,
    assert_series_equal,
)
from ._testing_values import fail as raise_assert_detail

# --- dtypes that fixtures run through; a test's name holds their spelling, so order and spelling are pandas'

_BITS = (8, 16, 32, 64)
UNSIGNED_INT_NUMPY_DTYPES = [f"uint{bits}" for bits in _BITS]
UNSIGNED_INT_EA_DTYPES = [f"UInt{bits}" for bits in _BITS]
SIGNED_INT_NUMPY_DTYPES = [int, *(f"int{bits}" for bits in _BITS)]
SIGNED_INT_EA_DTYPES = [f"Int{bits}" for bits in _BITS]
ALL_INT_NUMPY_DTYPES = [*UNSIGNED_INT_NUMPY_DTYPES, *SIGNED_INT_NUMPY_DTYPES]
ALL_INT_EA_DTYPES = [*UNSIGNED_INT_EA_DTYPES, *SIGNED_INT_EA_DTYPES]
ALL_INT_DTYPES = [*ALL_INT_NUMPY_DTYPES, *ALL_INT_EA_DTYPES]

FLOAT_NUMPY_DTYPES = [float, "float32", "float64"]
FLOAT_EA_DTYPES = ["Float32", "Float64"]
ALL_FLOAT_DTYPES = [*FLOAT_NUMPY_DTYPES, *FLOAT_EA_DTYPES]
COMPLEX_DTYPES = [complex, "complex64", "complex128"]
COMPLEX_FLOAT_DTYPES = [*COMPLEX_DTYPES, *FLOAT_NUMPY_DTYPES]

STRING_DTYPES = ["U"]
BYTES_DTYPES = [bytes, "bytes"]
BOOL_DTYPES = [bool, "bool"]
OBJECT_DTYPES = [object, "object"]
DATETIME64_DTYPES = ["datetime64[ns]", "M8[ns]"]
TIMEDELTA64_DTYPES = ["timedelta64[ns]", "m8[ns]"]

ALL_REAL_NUMPY_DTYPES = [*FLOAT_NUMPY_DTYPES, *ALL_INT_NUMPY_DTYPES]
ALL_REAL_EXTENSION_DTYPES = [*FLOAT_EA_DTYPES, *ALL_INT_EA_DTYPES]
ALL_REAL_DTYPES = [*ALL_REAL_NUMPY_DTYPES, *ALL_REAL_EXTENSION_DTYPES]
ALL_NUMERIC_DTYPES = [*ALL_REAL_DTYPES, *COMPLEX_DTYPES]
ALL_NUMPY_DTYPES = [
    *ALL_REAL_NUMPY_DTYPES,
    *COMPLEX_DTYPES,
    *STRING_DTYPES,
    *DATETIME64_DTYPES,
    *TIMEDELTA64_DTYPES,
    *BOOL_DTYPES,
    *OBJECT_DTYPES,
    *BYTES_DTYPES,
]
NARROW_NP_DTYPES = [
    *(np.float16, np.float32),
    *(np.int8, np.int16, np.int32),
    *(np.uint8, np.uint16, np.uint32),
]
PYTHON_DATA_TYPES = [
    *(str, int, float, complex),
    *(list, tuple, range, dict, set, frozenset),
    *(bool, bytes, bytearray, memoryview),
]

UNSIGNED_INT_PYARROW_DTYPES = [pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
SIGNED_INT_PYARROW_DTYPES = [pa.int8(), pa.int16(), pa.int32(), pa.int64()]
ALL_INT_PYARROW_DTYPES = [*UNSIGNED_INT_PYARROW_DTYPES, *SIGNED_INT_PYARROW_DTYPES]
ALL_INT_PYARROW_DTYPES_STR_REPR = [f"{dtype}[pyarrow]" for dtype in ALL_INT_PYARROW_DTYPES]
FLOAT_PYARROW_DTYPES = [pa.float32(), pa.float64()]
FLOAT_PYARROW_DTYPES_STR_REPR = [f"{dtype}[pyarrow]" for dtype in FLOAT_PYARROW_DTYPES]
DECIMAL_PYARROW_DTYPES = [pa.decimal128(7, 3)]
STRING_PYARROW_DTYPES = [pa.string()]
BINARY_PYARROW_DTYPES = [pa.binary()]
BOOL_PYARROW_DTYPES = [pa.bool_()]
TIME_PYARROW_DTYPES = [pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")]
DATE_PYARROW_DTYPES = [pa.date32(), pa.date64()]
DATETIME_PYARROW_DTYPES = [
    pa.timestamp(unit, tz)
    for unit in ("s", "ms", "us", "ns")
    for tz in (None, "UTC", "US/Pacific", "US/Eastern")
]
TIMEDELTA_PYARROW_DTYPES = [pa.duration(unit) for unit in ("s", "ms", "us", "ns")]
ALL_PYARROW_DTYPES = [
    *ALL_INT_PYARROW_DTYPES,
    *FLOAT_PYARROW_DTYPES,
    *DECIMAL_PYARROW_DTYPES,
    *STRING_PYARROW_DTYPES,
    *BINARY_PYARROW_DTYPES,
    *TIME_PYARROW_DTYPES,
    *DATE_PYARROW_DTYPES,
    *DATETIME_PYARROW_DTYPES,
    *TIMEDELTA_PYARROW_DTYPES,
    *BOOL_PYARROW_DTYPES,
]
ALL_REAL_PYARROW_DTYPES_STR_REPR = [*ALL_INT_PYARROW_DTYPES_STR_REPR, *FLOAT_PYARROW_DTYPES_STR_REPR]
ALL_REAL_NULLABLE_DTYPES = [
    *FLOAT_NUMPY_DTYPES,
    *ALL_REAL_EXTENSION_DTYPES,
    *ALL_REAL_PYARROW_DTYPES_STR_REPR,
]

ENDIAN = "<" if sys.byteorder == "little" else ">"
NULL_OBJECTS = [None, np.nan, pd.NaT, float("nan"), pd.NA, Decimal("NaN")]
NP_NAT_OBJECTS = [
    scalar("NaT", unit)
    for scalar in (np.datetime64, np.timedelta64)
    for unit in "Y M W D h m s ms us ns ps fs as".split()
]

# --- operations that fixtures run through

_ARITHMETIC = "add sub mul floordiv truediv pow mod".split()
arithmetic_dunder_methods = [f"__{side}{name}__" for name in _ARITHMETIC for side in ("", "r")]
comparison_dunder_methods = [f"__{name}__" for name in "eq ne le lt ge gt".split()]
comparison_ops = [getattr(operator, name) for name in "eq ne gt ge lt le".split()]
numeric_reductions = "count sum max min mean prod std var median kurt skew sem".split()
boolean_reductions = "all any".split()
all_reductions = [*numeric_reductions, *boolean_reductions]
numeric_accumulations = "cumsum cumprod cummin cummax".split()


def getitem(value: Any) -> Any:
    """The indexer of `value[...]`."""
    return value


def setitem(value: Any) -> Any:
    """The indexer of `value[...] = ...`."""
    return value


def loc(value: Any) -> Any:
    """The indexer by label."""
    return value.loc


def iloc(value: Any) -> Any:
    """The indexer by position."""
    return value.iloc


def at(value: Any) -> Any:
    """The indexer of one cell by label."""
    return value.at


def iat(value: Any) -> Any:
    """The indexer of one cell by position."""
    return value.iat


def get_op_from_name(op_name: str) -> Callable[[Any, Any], Any]:
    """The operator behind a method's name; one with its sides exchanged for a name such as `__radd__`."""
    name = op_name.strip("_")
    if hasattr(operator, name):
        return getattr(operator, name)
    plain = getattr(operator, name.removeprefix("r"))
    return lambda left, right: plain(right, left)


def get_finest_unit(left: str, right: str) -> str:
    """The finer of two units of time."""
    units = ("s", "ms", "us", "ns")
    return units[max(units.index(left), units.index(right))]


def get_dtype(obj: Any) -> Any:
    """A series' dtype, a frame's first column's."""
    return obj.dtypes.iat[0] if isinstance(obj, pd.DataFrame) else obj.dtype


def get_obj(df: Any, klass: type) -> Any:
    """The frame, or its first column where the class is `Series`."""
    return df if klass is pd.DataFrame else df.iloc[:, 0]


# --- boxes


def box_expected(expected: Any, box_cls: Any, transpose: bool = True) -> Any:
    """Puts values into the class that a test runs through."""
    if box_cls is pd.array:
        if isinstance(expected, pd.RangeIndex):
            return pd.arrays.NumpyExtensionArray(np.asarray(expected))
        return pd.array(expected, copy=False)
    if box_cls is pd.Index:
        return pd.Index(expected)
    if box_cls is pd.Series:
        return pd.Series(expected)
    if box_cls is pd.DataFrame:
        frame = pd.Series(expected).to_frame()
        if not transpose:
            return frame
        # Two rows, so that a single row of several columns does not pass for a column.
        frame = frame.T
        return pd.concat([frame] * 2, ignore_index=True)
    if box_cls is np.ndarray or box_cls is np.array:
        return np.array(expected)
    if box_cls is to_array:
        return to_array(expected)
    raise NotImplementedError(box_cls)


def to_array(obj: Any) -> Any:
    """The array behind an object: an extension array where its dtype is one, else a numpy array."""
    dtype = getattr(obj, "dtype", None)
    if dtype is None:
        return np.asarray(obj)
    if isinstance(obj, (pd.Index, pd.Series)):
        return np.asarray(obj) if isinstance(dtype, np.dtype) and dtype.kind not in "mM" else obj.array
    return obj


def shares_memory(left: Any, right: Any) -> bool:
    """Whether two objects look at the same memory."""
    first, second = _buffers(left), _buffers(right)
    if not first or not second:
        raise NotImplementedError(type(left), type(right))
    return any(np.shares_memory(one, other) for one in first for other in second)


def _buffers(obj: Any) -> list[np.ndarray]:
    if isinstance(obj, np.ndarray):
        return [obj]
    if isinstance(obj, pd.DataFrame):
        return [buffer for position in range(obj.shape[1]) for buffer in _buffers(obj.iloc[:, position])]
    if isinstance(obj, pd.MultiIndex):
        return [np.asarray(codes) for codes in obj.codes]
    dtype = getattr(obj, "dtype", None)
    if isinstance(dtype, pd.CategoricalDtype):
        return [np.asarray(getattr(obj, "cat", obj).codes)]
    if isinstance(dtype, np.dtype):
        return [np.asarray(obj)]
    if hasattr(obj, "__arrow_c_array__") or hasattr(obj, "__arrow_c_stream__"):
        arrow = pa.array(obj) if hasattr(obj, "__arrow_c_array__") else pa.chunked_array(obj)
        chunks = arrow.chunks if isinstance(arrow, pa.ChunkedArray) else [arrow]
        return [
            np.frombuffer(buffer, dtype=np.uint8)
            for chunk in chunks
            for buffer in chunk.buffers()
            if buffer is not None and buffer.size
        ]
    return []


class SubclassedSeries(pd.Series):
    """A series of a class of its own."""

    _metadata = ["testattr", "name"]

    @property
    def _constructor(self) -> Callable[..., Any]:
        return lambda *args, **kwargs: SubclassedSeries(*args, **kwargs)

    @property
    def _constructor_expanddim(self) -> Callable[..., Any]:
        return lambda *args, **kwargs: SubclassedDataFrame(*args, **kwargs)


class SubclassedDataFrame(pd.DataFrame):
    """A frame of a class of its own."""

    _metadata = ["testattr"]

    @property
    def _constructor(self) -> Callable[..., Any]:
        return lambda *args, **kwargs: SubclassedDataFrame(*args, **kwargs)

    @property
    def _constructor_sliced(self) -> Callable[..., Any]:
        return lambda *args, **kwargs: SubclassedSeries(*args, **kwargs)


def convert_rows_list_to_csv_str(rows_list: list[str]) -> str:
    """Rows of a CSV file as one text, with this system's line ends."""
    return "".join(f"{row}{os.linesep}" for row in rows_list)


def run_multithreaded(
    closure: Callable[..., Any],
    max_workers: int,
    arguments: Iterable[Any] | None = None,
    pass_barrier: bool = False,
) -> None:
    """Calls a function in several threads at once; the first error of one is raised."""
    calls = [() for _ in range(max_workers)] if arguments is None else [tuple(one) for one in arguments]
    extra = (threading.Barrier(len(calls)),) if pass_barrier else ()
    with ThreadPoolExecutor(max_workers=max_workers) as pool:
        for future in [pool.submit(closure, *call, *extra) for call in calls]:
            future.result()


# --- further asserters


def assert_equal(left: Any, right: Any, **kwargs: Any) -> None:
    """Asserts equality with the asserter of the left side's class."""
    if isinstance(left, pd.Index):
        assert_index_equal(left, right, **kwargs)
        if isinstance(left, (pd.DatetimeIndex, pd.TimedeltaIndex)) and left.freq != right.freq:
            raise AssertionError((left.freq, right.freq))
    elif isinstance(left, pd.Series):
        assert_series_equal(left, right, **kwargs)
    elif isinstance(left, pd.DataFrame):
        assert_frame_equal(left, right, **kwargs)
    elif isinstance(left, pd.api.extensions.ExtensionArray):
        assert_class_equal(left, right)
        assert_extension_array_equal(left, right, **kwargs)
    elif isinstance(left, np.ndarray):
        assert_numpy_array_equal(left, right, **kwargs)
    elif isinstance(left, str):
        if kwargs or left != right:
            raise AssertionError(f"{left!r} != {right!r} {kwargs or ''}")
    else:
        if kwargs:
            raise AssertionError(f"arguments that do not apply: {kwargs}")
        assert_almost_equal(left, right)


def _array_asserter(name: str, also: tuple[str, ...]) -> Callable[..., None]:
    def asserter(left: Any, right: Any, obj: str = name, check_freq: bool = True) -> None:
        expected = getattr(pd.arrays, name)
        for value in (left, right):
            if not isinstance(value, expected):
                raise AssertionError(f"{name} Expected type {expected}, found {type(value)} instead")
        assert_extension_array_equal(left, right, obj=obj)
        for attribute in also:
            assert_attr_equal(attribute, left, right, obj=obj)

    asserter.__name__ = asserter.__qualname__ = f"assert_{name.removesuffix('Array').lower()}_array_equal"
    return asserter


assert_interval_array_equal = _array_asserter("IntervalArray", ("closed",))
assert_period_array_equal = _array_asserter("PeriodArray", ("dtype",))
assert_datetime_array_equal = _array_asserter("DatetimeArray", ("tz",))
assert_timedelta_array_equal = _array_asserter("TimedeltaArray", ())
assert_sp_array_equal = _array_asserter("SparseArray", ("fill_value",))


def assert_dict_equal(left: Any, right: Any, compare_keys: bool = True) -> None:
    """Asserts that two dictionaries have the same items."""
    for value in (left, right):
        if not isinstance(value, dict):
            raise AssertionError(f"dict Expected type {dict}, found {type(value)} instead")
    keys = left.keys() | right.keys() if compare_keys else left.keys() & right.keys()
    for key in keys:
        if key not in left or key not in right:
            raise AssertionError(f"key {key!r} is on one side only")
        assert_almost_equal(left[key], right[key])


def assert_contains_all(iterable: Iterable[Any], dic: Container[Any]) -> None:
    """Asserts that every element is contained."""
    for key in iterable:
        assert key in dic, f"Did not contain item: {key!r}"


def assert_copy(iter1: Iterable[Any], iter2: Iterable[Any], **eql_kwargs: Any) -> None:
    """Asserts that elements are equal and no element is the same object."""
    for one, other in zip(iter1, iter2, strict=True):
        assert_almost_equal(one, other, **eql_kwargs)
        assert one is not other, (
            f"Expected object {type(one)!r} and object {type(other)!r} to be different objects, but they "
            f"were the same "
            "object."
        )


def assert_is_sorted(seq: Any) -> None:
    """Asserts that values stand in ascending order."""
    values = seq.array if isinstance(seq, (pd.Index, pd.Series)) else seq
    assert_equal(values, values[np.argsort(np.asarray(values), kind="stable")])


def assert_indexing_slices_equivalent(ser: Any, l_slc: slice, i_slc: slice) -> None:
    """Asserts that a slice by label takes what a slice by position takes."""
    expected = ser.iloc[i_slc]
    assert_series_equal(ser.loc[l_slc], expected)
    if ser.index.dtype.kind not in "iu":
        assert_series_equal(ser[l_slc], expected)


def assert_metadata_equivalent(left: Any, right: Any = None) -> None:
    """Asserts that the attributes a subclass names in `_metadata` are the same, or unset without a right
    side.
    """
    for name in left._metadata:
        value = getattr(left, name, None)
        if right is None:
            assert value is None
        else:
            assert value == getattr(right, name, None)
