"""How `lumen.pandas.testing` compares values: scalars, nested containers, numpy arrays, extension arrays.

Everything here speaks the public interface only, so that it judges real pandas' objects as well as ours.
Missing values match only their own kind: None, NaN, NaT and NA are four different values. Numbers that are
not exact match when |left - right| is within `rtol` of the greater or within `atol`.
"""

from __future__ import annotations

import cmath
import math
import numbers
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from lumen import pandas as pd

RTOL = 1e-5
ATOL = 1e-8


def fail(obj: str, message: str, left: Any, right: Any, index: Any = None, first: str = "") -> NoReturn:
    """Raises the `AssertionError` in which pandas tells a difference."""
    lines = [f"{obj} are different", "", message]
    if index is not None:
        lines.append(f"[index]: {_shown(index)}")
    lines += [f"[left]:  {_shown(left)}", f"[right]: {_shown(right)}"]
    if first:
        lines.append(first)
    raise AssertionError("\n".join(lines))


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return np.array2string(value, separator=", ", threshold=1000)
    if isinstance(value, str):
        return value
    return repr(value)


def same_class(left: Any, right: Any, exact: bool | str = True, obj: str = "Input") -> None:
    """Classes are equal; with `exact='equiv'` a `RangeIndex` stands for an `Index` of its dtype."""
    if type(left) is type(right):
        return
    if exact == "equiv" and {type(left), type(right)} <= {pd.Index, pd.RangeIndex}:
        return
    fail(obj, f"{obj} classes are different", _class(left), _class(right))


def _class(value: Any) -> str:
    return repr(value) if isinstance(value, pd.Index) else type(value).__name__


def same_attribute(name: str, left: Any, right: Any, obj: str = "Attributes") -> None:
    """An attribute is equal on both, or missing in the same way on both."""
    left, right = getattr(left, name), getattr(right, name)
    if left is right or _same_missing(left, right):
        return
    try:
        equal = left == right
    except TypeError:
        equal = False
    if isinstance(equal, (bool, np.bool_)):
        if equal:
            return
    elif np.all(equal):
        return
    fail(obj, f'Attribute "{name}" are different', left, right)


def missing_kind(value: Any) -> str | None:
    """Which of the missing scalars a value is, None for a value that is there."""
    if value is None:
        return "None"
    if value is pd.NA:
        return "NA"
    if value is pd.NaT:
        return "NaT"
    if isinstance(value, np.datetime64) and np.isnat(value):
        return "datetime64 NaT"
    if isinstance(value, np.timedelta64) and np.isnat(value):
        return "timedelta64 NaT"
    if isinstance(value, (float, complex, np.floating, np.complexfloating)):
        return "NaN" if value != value else None
    if type(value).__name__ == "Decimal" and value.is_nan():
        return "Decimal NaN"
    return None


def _same_missing(left: Any, right: Any) -> bool:
    kind = missing_kind(left)
    return kind is not None and kind == missing_kind(right)


def close(left: Any, right: Any, rtol: float = RTOL, atol: float = ATOL, obj: str = "Values") -> None:
    """Two Python values are equal within the tolerance, containers element by element."""
    reason = difference(left, right, rtol, atol)
    if reason is not None:
        raise AssertionError(f"{obj} are different: {reason}")


def difference(left: Any, right: Any, rtol: float = RTOL, atol: float = ATOL) -> str | None:
    """Why two values are not equal within the tolerance; None where they are."""
    if isinstance(left, (str, bytes)) or isinstance(right, (str, bytes)):
        same = type(left) is type(right) or (isinstance(left, str) and isinstance(right, str))
        return None if same and left == right else f"{left!r} != {right!r}"
    if isinstance(left, Mapping) or isinstance(right, Mapping):
        return _mappings(left, right, rtol, atol)
    left_nests, right_nests = _nests(left), _nests(right)
    if left_nests or right_nests:
        if not (left_nests and right_nests):
            return f"{type(left).__name__} and {type(right).__name__}"
        if len(left) != len(right):
            return f"lengths {len(left)} and {len(right)}"
        for position, (one, other) in enumerate(zip(left, right)):
            reason = difference(one, other, rtol, atol)
            if reason is not None:
                return f"at {position}: {reason}"
        return None
    left_missing, right_missing = missing_kind(left), missing_kind(right)
    if left_missing or right_missing:
        return (
            None if left_missing == right_missing else f"{left!r} and {right!r}: not the same missing value"
        )
    return None if _equal(left, right, rtol, atol) else f"{left!r} != {right!r}"


def _equal(left: Any, right: Any, rtol: float, atol: float) -> bool:
    try:
        if bool(left == right):
            return True
    except (TypeError, ValueError):
        return False
    if isinstance(left, numbers.Real) and isinstance(right, numbers.Real):
        return math.isclose(left, right, rel_tol=rtol, abs_tol=atol)
    if isinstance(left, numbers.Number) and isinstance(right, numbers.Number):
        try:
            return cmath.isclose(left, right, rel_tol=rtol, abs_tol=atol)
        except TypeError:
            return False
    return False


def _nests(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    if isinstance(value, (pd.Index, pd.Series, list, tuple, range)):
        return True
    return hasattr(value, "__len__") and hasattr(value, "__iter__") and not isinstance(value, type)


def _mappings(left: Any, right: Any, rtol: float, atol: float) -> str | None:
    if not (isinstance(left, Mapping) and isinstance(right, Mapping)):
        return f"{type(left).__name__} and {type(right).__name__}"
    if set(left) != set(right):
        return f"keys {sorted(map(str, left))} and {sorted(map(str, right))}"
    for key in left:
        reason = difference(left[key], right[key], rtol, atol)
        if reason is not None:
            return f"[{key!r}]: {reason}"
    return None


def unequal(left: np.ndarray, right: np.ndarray, exact: bool, rtol: float, atol: float) -> np.ndarray:
    """Where two numpy arrays of one shape differ; missing values match only their own kind."""
    if exact and left.dtype.kind in "biu" and right.dtype.kind in "biu":
        return np.asarray(left != right)
    if left.dtype.kind in "biufc" and right.dtype.kind in "biufc":
        if exact:
            return ~((left == right) | ((left != left) & (right != right)))
        return _apart(left, right, rtol, atol)
    if left.dtype.kind in "mM" and left.dtype.kind == right.dtype.kind:
        if left.dtype != right.dtype:
            return np.ones(left.shape, dtype=bool)
        return ~((left == right) | (np.isnat(left) & np.isnat(right)))
    one, other = left.astype(object), right.astype(object)
    pairs = zip(one.ravel(), other.ravel())
    if exact:
        different = [not _identical(a, b) for a, b in pairs]
    else:
        different = [difference(a, b, rtol, atol) is not None for a, b in pairs]
    return np.array(different, dtype=bool).reshape(left.shape)


def _apart(left: np.ndarray, right: np.ndarray, rtol: float, atol: float) -> np.ndarray:
    with np.errstate(all="ignore"):
        equal = left == right
        if equal.all():
            return ~equal
        both_nan = (left != left) & (right != right)
        wide = np.complex128 if "c" in left.dtype.kind + right.dtype.kind else np.float64
        one, other = left.astype(wide), right.astype(wide)
        bound = np.maximum(rtol * np.maximum(np.abs(one), np.abs(other)), atol)
        finite = np.isfinite(one) & np.isfinite(other)
        return ~(equal | both_nan | (finite & (np.abs(one - other) <= bound)))


def _identical(left: Any, right: Any) -> bool:
    """Equality of two cells of an object array, without a tolerance."""
    left_missing, right_missing = missing_kind(left), missing_kind(right)
    if left_missing or right_missing:
        return left_missing == right_missing
    if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
        if not (isinstance(left, np.ndarray) and isinstance(right, np.ndarray)) or left.shape != right.shape:
            return False
        return not unequal(left, right, True, 0.0, 0.0).any()
    if isinstance(left, (list, tuple)) and type(left) is type(right):
        return len(left) == len(right) and all(_identical(a, b) for a, b in zip(left, right))
    try:
        return bool(left == right)
    except (TypeError, ValueError):
        return False


def same_arrays(
    left: np.ndarray, right: np.ndarray, *, exact: bool, rtol: float, atol: float, obj: str, index: Any = None
) -> None:
    """Two numpy arrays have one shape and no unequal cell; the message gives the share that differs."""
    if left.shape != right.shape:
        fail(obj, f"{obj} shapes are different", left.shape, right.shape)
    different = unequal(left, right, exact, rtol, atol)
    count = int(different.sum())
    if count == 0:
        return
    share = round(count * 100.0 / left.size, 5)
    where = np.argwhere(different)[0]
    position: Any = int(where[0]) if left.ndim == 1 else tuple(int(part) for part in where)
    first = ""
    if not exact:
        first = f"At positional index {position}, first diff: {left[position]} != {right[position]}"
    fail(obj, f"{obj} values are different ({share} %)", left, right, index, first)


# Dtypes with a mask: beside another dtype their missing values read as NaN.
MASKED = {
    "boolean",
    "Float32",
    "Float64",
    *(f"{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)),
}


def none_as_nan(values: np.ndarray) -> np.ndarray:
    """An object array in which None reads as NaN: what is not strict holds the two for one."""
    if values.dtype != object:
        return values
    return np.array([np.nan if cell is None else cell for cell in values.ravel()] + [None], dtype=object)[
        :-1
    ].reshape(values.shape)


def cells(values: Any) -> np.ndarray:
    """A column's values for comparison: as numpy holds them, an extension dtype's as objects."""
    dtype = getattr(values, "dtype", None)
    if isinstance(dtype, np.dtype):
        return np.asarray(values)
    if str(dtype) in MASKED:
        return np.asarray(values.to_numpy(dtype=object, na_value=np.nan))
    if isinstance(dtype, pd.CategoricalDtype):
        return (
            np.asarray(values.astype(object))
            if hasattr(values, "astype")
            else np.asarray(values, dtype=object)
        )
    return np.asarray(values, dtype=object)
