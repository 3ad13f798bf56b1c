"""Columns as arrays: numpy's where it has the dtype, else extension arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._missing import NA
from lumen.pandas._inference import no_default

_UNSET: Any = no_default


def is_numpy(column: _engine.Column) -> bool:
    """Whether numpy has the dtype."""
    return isinstance(_convert.dtype_object(column), np.dtype)


def values_of(column: _engine.Column) -> Any:
    """What `Series.values` gives."""
    return (
        _convert.numpy_of(column)
        if is_numpy(column) or column.dtype.startswith("datetime64")
        else array_of(column)
    )


def array_of(column: _engine.Column) -> Any:
    """What `Series.array` gives."""
    from lumen.pandas import _extension_arrays

    return _extension_arrays.array_of(column)


def to_numpy(
    column: _engine.Column, dtype: Any = None, copy: bool = False, na_value: Any = _UNSET
) -> np.ndarray:
    """What `Series.to_numpy` gives."""
    array = _convert.numpy_of(column)
    if na_value is _UNSET and dtype is None and column.dtype.startswith(("Int", "UInt", "Float")):
        # Numbers with gaps are floats: NaN stands in a gap.
        if array.dtype == object:
            kind = "float32" if column.dtype == "Float32" else "float64"
            gaps = _convert.mask_of(column)
            array = np.array([np.nan if gap else item for item, gap in zip(array, gaps)], dtype=kind)
    if na_value is not _UNSET:
        missing = _convert.mask_of(column)
        if missing.any():
            array = array.astype(object)
            array[missing] = na_value
            if (
                dtype is None
                and not isinstance(na_value, str)
                and column.dtype not in ("object", "str", "string")
            ):
                array = np.array(array.tolist())
    if dtype is not None:
        if array.dtype == object and any(item is NA for item in array) and np.dtype(dtype).kind in "iufb":
            raise ValueError(
                f"cannot convert NA to {'integer' if np.dtype(dtype).kind in 'iu' else np.dtype(dtype).name}"
            )
        array = array.astype(dtype)
    return array.copy() if copy and not array.flags.writeable else array


def table_to_numpy(
    columns: list[_engine.Column], length: int, dtype: Any = None, na_value: Any = _UNSET
) -> np.ndarray:
    """What `DataFrame.to_numpy` gives: one dtype that holds every column."""
    if not columns:
        return np.empty((length, 0), dtype=object if dtype is None else dtype)
    arrays = [
        to_numpy(column, None, False, *(() if na_value is _UNSET else (na_value,))) for column in columns
    ]
    if dtype is None:
        kinds = {array.dtype for array in arrays}
        if len(kinds) == 1:
            dtype = kinds.pop()
        elif all(kind.kind in "iuf" for kind in kinds):
            dtype = np.result_type(*kinds)
        else:
            dtype = np.dtype(object)
    table = np.empty((length, len(arrays)), dtype=dtype)
    for place, (array, column) in enumerate(zip(arrays, columns)):
        if table.dtype == object and array.dtype != object:
            array = _convert.objects_of(column)
        table[:, place] = array
    return table
