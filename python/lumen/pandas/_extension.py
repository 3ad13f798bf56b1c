"""What lets others extend pandas: accessors registered by name, and the classes of arrays that are refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from lumen.pandas._warn import warn


class _CachedAccessor:
    """A descriptor that makes the accessor once an object and keeps it there."""

    def __init__(self, name: str, accessor: Any) -> None:
        self._name = name
        self._accessor = accessor

    def __get__(self, obj: Any, cls: Any) -> Any:
        if obj is None:
            return self._accessor
        made = self._accessor(obj)
        try:
            object.__setattr__(obj, self._name, made)
        except AttributeError:
            # The object keeps no attributes of its own; the next use makes another.
            pass
        return made


def _register(name: str, cls: Any) -> Callable[[Any], Any]:
    def decorator(accessor: Any) -> Any:
        if hasattr(cls, name):
            warn(
                f"registration of accessor {accessor!r} under name {name!r} for type {cls!r} is overriding a preexisting"
                " attribute with the same name.",
                UserWarning,
            )
        setattr(cls, name, _CachedAccessor(name, accessor))
        accessors = getattr(cls, "_accessors", None)
        if isinstance(accessors, set):
            accessors.add(name)
        return accessor

    return decorator


def register_dataframe_accessor(name: str) -> Callable[[Any], Any]:
    """Class decorator: the class becomes the attribute `name` of every DataFrame."""
    from lumen.pandas import DataFrame

    return _register(name, DataFrame)


def register_series_accessor(name: str) -> Callable[[Any], Any]:
    """Class decorator: the class becomes the attribute `name` of every Series."""
    from lumen.pandas import Series

    return _register(name, Series)


def register_index_accessor(name: str) -> Callable[[Any], Any]:
    """Class decorator: the class becomes the attribute `name` of every Index."""
    from lumen.pandas import Index

    return _register(name, Index)


class ExtensionArray:
    """The base of arrays made by others: not offered, because the engine holds its own columns only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError("lumen.pandas: api.extensions.ExtensionArray")


class ExtensionScalarOpsMixin:
    """Operators item by item for an `ExtensionArray`: not offered."""

    @classmethod
    def _add_arithmetic_ops(cls) -> NoReturn:
        raise NotImplementedError("lumen.pandas: api.extensions.ExtensionScalarOpsMixin")

    _add_comparison_ops = _add_logical_ops = _add_arithmetic_ops


def take(arr: Any, indices: Any, axis: int = 0, allow_fill: bool = False, fill_value: Any = None) -> Any:
    """Items by position; with `allow_fill`, −1 gives the missing value."""
    import numpy as np

    if not hasattr(arr, "dtype"):
        raise TypeError(
            f"pd.api.extensions.take requires a numpy.ndarray, ExtensionArray, Index, Series, or"
            f" NumpyExtensionArray got {type(arr).__name__}."
        )
    positions = np.asarray(indices, dtype=np.intp)
    if not isinstance(arr, np.ndarray):
        if axis:
            raise NotImplementedError("lumen.pandas: api.extensions.take(axis=)")
        return (
            arr.take(positions, allow_fill=allow_fill, fill_value=fill_value)
            if allow_fill
            else arr.take(positions)
        )
    if not allow_fill:
        return arr.take(positions, axis=axis)
    if (positions < -1).any():
        raise ValueError(f"'indices' contains values less than allowed ({positions.min()} < -1)")
    if (positions >= arr.shape[axis]).any():
        raise IndexError("indices are out-of-bounds")
    missing = positions == -1
    if not missing.any():
        return arr.take(positions, axis=axis)
    fill = np.nan if fill_value is None else fill_value
    out = (
        arr.take(np.where(missing, 0, positions), axis=axis)
        if arr.shape[axis]
        else np.empty(positions.shape, arr.dtype)
    )
    if isinstance(fill, float) and fill != fill and arr.dtype.kind in "iu":
        out = out.astype(float)
    elif isinstance(fill, float) and fill != fill and arr.dtype.kind == "b":
        out = out.astype(object)
    elif arr.dtype.kind in "mM" and fill is np.nan:
        fill = np.array("NaT", dtype=arr.dtype)
    elif np.result_type(arr.dtype, np.min_scalar_type(fill)) != arr.dtype and arr.dtype.kind != "O":
        out = out.astype(np.result_type(arr.dtype, np.asarray(fill).dtype))
    index: list[Any] = [slice(None)] * out.ndim
    index[axis] = missing
    out[tuple(index)] = fill
    return out


for _object in (
    register_dataframe_accessor,
    register_series_accessor,
    register_index_accessor,
    ExtensionArray,
    ExtensionScalarOpsMixin,
    take,
):
    _object.__module__ = "pandas.api.extensions"
del _object
