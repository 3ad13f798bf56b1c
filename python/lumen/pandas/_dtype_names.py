"""`pandas_dtype`: every spelling of a dtype, numpy's or ours, as one dtype object."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from lumen.pandas import _dtypes
from lumen.pandas._extension_dtype import ExtensionDtype, registered
from lumen.pandas._warn import warn

_OBJECT = (object, np.object_, "object", "O", "object_")
_REFUSED = (_dtypes.PeriodDtype, _dtypes.SparseDtype)
_BY_NAME: dict[str, Any] = {
    **_dtypes.MASKED,
    "bool[pyarrow]": _dtypes.BOOL_PYARROW,
    **{name: np.dtype(name) for name in ("int64", "float64", "bool", "object", "int", "float")},
}


def extension_dtype(spelling: Any) -> ExtensionDtype | None:
    """The dtype of ours a spelling means, or None when only numpy can know."""
    if isinstance(spelling, ExtensionDtype):
        return spelling
    if not isinstance(spelling, str):
        if isinstance(spelling, type) and issubclass(spelling, ExtensionDtype):
            return spelling  # type: ignore[return-value]
        return None
    for cls in (*_REFUSED, *registered):
        try:
            return cls.construct_from_string(spelling)
        except TypeError:
            continue
    if spelling.endswith("[pyarrow]"):
        return _dtypes.ArrowDtype.construct_from_string(spelling)
    return None


def pandas_dtype(dtype: Any) -> Any:
    """A `numpy.dtype` or an `ExtensionDtype` for text, Python type, numpy type, dtype, array or class.

    TypeError for what names no dtype; NotImplementedError for one that is not offered.
    """
    if isinstance(dtype, np.dtype) or isinstance(dtype, ExtensionDtype):
        return dtype
    if isinstance(dtype, str):
        known = _BY_NAME.get(dtype)
        if known is not None:
            return known
    elif isinstance(dtype, np.ndarray):
        return dtype.dtype
    elif dtype is str:
        return _dtypes.STR
    elif isinstance(dtype, type) and issubclass(dtype, ExtensionDtype):
        warn(
            f"Instantiating {dtype.__name__} without any arguments.Pass a {dtype.__name__} instance to silence this"
            " warning.",
            UserWarning,
        )
        return dtype()
    elif isinstance(getattr(dtype, "dtype", None), (np.dtype, ExtensionDtype)):
        return dtype.dtype
    found = extension_dtype(dtype)
    if found is not None:
        return found
    try:
        with warnings.catch_warnings():
            # numpy warns of aliases it is about to drop; pandas shows that as an error.
            warnings.simplefilter("always", DeprecationWarning)
            numpy_dtype = np.dtype(dtype)
    except SyntaxError as error:
        raise TypeError(f"data type '{dtype}' not understood") from error
    if numpy_dtype.kind == "O" and not (isinstance(dtype, np.dtype) or _is_object(dtype)):
        raise TypeError(f"dtype '{dtype}' not understood")
    return numpy_dtype


def _is_object(dtype: Any) -> bool:
    try:
        return dtype in _OBJECT
    except TypeError:
        return False


pandas_dtype.__module__ = "pandas.api.types"
