"""Arguments that numpy's functions hand to methods of the same name: taken at their defaults, refused at any other value.

`np.sum(series)` calls `series.sum(axis=None, dtype=None, out=None)`. Which arguments a method meets, in which order and
with which default is numpy's; the errors are pandas'.
"""

from __future__ import annotations

from typing import Any

_SPREAD = {"dtype": None, "out": None, "keepdims": False}
_TOTAL = {"dtype": None, "out": None, "axis": None, "keepdims": False, "initial": None}
_RUNNING = {"dtype": None, "out": None}
_TRUTH = {"out": None, "keepdims": False}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "sum": _TOTAL,
    "prod": _TOTAL,
    "mean": _TOTAL,
    "median": {"dtype": None, "out": None, "overwrite_input": False, "keepdims": False},
    "min": {"axis": None, "dtype": None, "out": None, "keepdims": False},
    "max": {"axis": None, "dtype": None, "out": None, "keepdims": False},
    "var": _SPREAD,
    "std": _SPREAD,
    "sem": _SPREAD,
    "skew": _SPREAD,
    "kurt": _SPREAD,
    "any": _TRUTH,
    "all": _TRUTH,
    "argmin": {"out": None},
    "argmax": {"out": None},
    "argsort": {"axis": -1, "kind": None, "order": None, "stable": None},
    "round": {"out": None},
    "clip": {"out": None},
    "cumsum": _RUNNING,
    "cumprod": _RUNNING,
    "cummin": _RUNNING,
    "cummax": _RUNNING,
    "take": {"out": None, "mode": "raise"},
    "transpose": {"axes": None},
}
# An index takes more of them than a series.
_INDEX_TRUTH = {"dtype": None, "out": None, "keepdims": False, "axis": None}
# How many arguments of its own a method counts in pandas' message of too many.
_OWN = {"argsort": 0, "transpose": 0, "clip": 3}


def check(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], of_index: bool = False) -> None:
    """TypeError for more arguments than numpy hands to method `name`, ValueError for one at another value."""
    if not args and not kwargs:
        return
    defaults = _INDEX_TRUTH if of_index and name in ("any", "all") else _DEFAULTS[name]
    own = _OWN.get(name, 1)
    if len(args) + len(kwargs) > len(defaults) and args:
        most, given = len(defaults) + own, len(args) + len(kwargs) + own
        raise TypeError(
            f"{name}() takes at most {most} {'argument' if most == 1 else 'arguments'} ({given} given)"
        )
    for key in kwargs:
        if key not in defaults:
            raise TypeError(f"{name}() got an unexpected keyword argument '{key}'")
    placed = dict(zip(defaults, args))
    for key in placed:
        if key in kwargs:
            raise TypeError(f"{name}() got multiple values for keyword argument '{key}'")
    for key, value in {**placed, **kwargs}.items():
        if not _is_default(value, defaults[key]):
            raise ValueError(
                f"the '{key}' parameter is not supported in the pandas implementation of {name}()"
            )


def _is_default(value: Any, default: Any) -> bool:
    if value is None or default is None:
        return value is default
    same = value == default
    return same if isinstance(same, bool) else False


def refuse_named(name: str, kwargs: dict[str, Any]) -> None:
    """TypeError for a keyword of a method that has none but its own."""
    for key in kwargs:
        raise TypeError(f"{name}() got an unexpected keyword argument '{key}'")


def check_skipna(
    name: str, skipna: Any, args: tuple[Any, ...], kwargs: dict[str, Any], of_index: bool = False
) -> bool:
    """`skipna` of a method whose argument of that place is another one of numpy's."""
    if skipna is None or hasattr(skipna, "__array_interface__") and getattr(skipna, "ndim", 0) > 0:
        args, skipna = (skipna, *args), True
    check(name, args, kwargs, of_index)
    return bool(skipna)
