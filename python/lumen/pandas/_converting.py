"""`convert_dtypes`: columns in the nullable dtypes that hold them best."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from lumen.pandas import _convert
from lumen.pandas._errors import Pandas4Warning
from lumen.pandas._inference import no_default

_KEYWORDS = ("infer_objects", "convert_string", "convert_integer", "convert_boolean", "convert_floating")
_UNSET: Any = no_default


def _chosen(owner: str, given: tuple[Any, ...], stacklevel: int) -> dict[str, bool]:
    """The keywords' values; pandas warns of each that somebody gives."""
    for name, value in zip(_KEYWORDS, given):
        if value is not no_default:
            warnings.warn(
                f"The {name} keyword in {owner}.convert_dtypes is deprecated and will be removed in a future version.",
                Pandas4Warning,
                stacklevel=stacklevel,
            )
    return {name: True if value is no_default else bool(value) for name, value in zip(_KEYWORDS, given)}


def _check_backend(dtype_backend: str, owner: str) -> None:
    if dtype_backend not in ("numpy_nullable", "pyarrow"):
        raise ValueError(
            f"dtype_backend {dtype_backend} is invalid, only 'numpy_nullable' and 'pyarrow' are allowed."
        )
    if dtype_backend == "pyarrow":
        raise NotImplementedError(f"lumen.pandas: {owner}.convert_dtypes(dtype_backend='pyarrow')")


def _whole(column: Any) -> bool:
    array = _convert.numpy_of(column).astype("float64")
    array = array[~np.isnan(array)]
    return bool(
        np.isfinite(array).all() and (array == np.trunc(array)).all() and (np.abs(array) < 2.0**63).all()
    )


def converted(column: Any, options: dict[str, bool]) -> Any:
    """The column in the dtype that `convert_dtypes` gives it."""
    kind = column.dtype
    if kind == "object":
        inferred = column.inferred()
        if not options["infer_objects"]:
            strings = options["convert_string"] and inferred.dtype == "str"
            return inferred.cast("string") if strings else column
        column, kind = inferred, inferred.dtype
        if kind == "object":
            return _mixed(column, options)
    if kind == "str":
        return column.cast("string") if options["convert_string"] else column
    if kind.startswith(_convert.WHOLE):
        return (
            column.cast(kind.replace("uint", "UInt").replace("int", "Int"))
            if options["convert_integer"]
            else column
        )
    if kind.startswith("float"):
        if options["convert_integer"] and _whole(column):
            return column.cast("Int64")
        return column.cast(kind.capitalize()) if options["convert_floating"] else column
    if kind == "bool":
        return column.cast("boolean") if options["convert_boolean"] else column
    return column


def _mixed(column: Any, options: dict[str, bool]) -> Any:
    """Objects that are one kind but for missing values."""
    present = [item for item, hidden in zip(column.tolist(), column.isna()) if not hidden]
    if not present:
        return column
    if options["convert_boolean"] and all(isinstance(item, bool) for item in present):
        return column.cast("boolean")
    numbers = all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in present)
    if numbers and options["convert_integer"] and all(isinstance(item, int) for item in present):
        return column.cast("Int64")
    if numbers and options["convert_floating"]:
        return column.cast("Float64")
    return column


class SeriesConverting:
    """`convert_dtypes` of a series."""

    def convert_dtypes(
        self,
        infer_objects: Any = _UNSET,
        convert_string: Any = _UNSET,
        convert_integer: Any = _UNSET,
        convert_boolean: Any = _UNSET,
        convert_floating: Any = _UNSET,
        dtype_backend: str = "numpy_nullable",
    ) -> Any:
        """The values in the nullable dtype that holds them best."""
        _check_backend(dtype_backend, "Series")
        given = (infer_objects, convert_string, convert_integer, convert_boolean, convert_floating)
        return self._with_column(converted(self._values, _chosen("Series", given, 3)))


class FrameConverting:
    """`convert_dtypes` of a frame."""

    def convert_dtypes(
        self,
        infer_objects: Any = _UNSET,
        convert_string: Any = _UNSET,
        convert_integer: Any = _UNSET,
        convert_boolean: Any = _UNSET,
        convert_floating: Any = _UNSET,
        dtype_backend: str = "numpy_nullable",
    ) -> Any:
        """Each column in the nullable dtype that holds it best."""
        _check_backend(dtype_backend, "DataFrame")
        given = (infer_objects, convert_string, convert_integer, convert_boolean, convert_floating)
        options = _chosen("DataFrame", given, 3)
        return self._each(lambda column: converted(column, options))
