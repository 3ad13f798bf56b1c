"""Functions of the top level that are a method of a series in other clothes: `unique`, `factorize`, `eval`."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert


def unique(values: Any) -> Any:
    """The different values in order of appearance."""
    if isinstance(values, (_engine.Series, _engine.Index)):
        return values.unique()
    if isinstance(values, (list, tuple)) or not _convert.is_list_like(values):
        raise TypeError(
            "unique requires a Series, Index, ExtensionArray, np.ndarray or NumpyExtensionArray got"
            f" {type(values).__name__}."
        )
    from lumen.pandas._arrays import values_of

    return values_of(_convert.column_of(values).unique())


def factorize(values: Any, sort: bool = False, use_na_sentinel: bool = True, size_hint: Any = None) -> Any:
    """Numbers of the different values by row, and the values."""
    if size_hint is not None:
        raise NotImplementedError("lumen.pandas: factorize(size_hint=)")
    if isinstance(values, (_engine.Series, _engine.Index)):
        return values.factorize(sort=sort, use_na_sentinel=use_na_sentinel)
    if isinstance(values, (list, tuple)) or not _convert.is_list_like(values):
        raise TypeError(
            "factorize requires a Series, Index, ExtensionArray, np.ndarray or NumpyExtensionArray got"
            f" {type(values).__name__}."
        )
    from lumen.pandas._series import Series

    codes, uniques = Series(values).factorize(sort=sort, use_na_sentinel=use_na_sentinel)
    return codes, uniques.values if isinstance(values, np.ndarray) else uniques._values


def eval(  # noqa: A001
    expr: Any,
    parser: str = "pandas",
    engine: Any = None,
    local_dict: Any = None,
    global_dict: Any = None,
    resolvers: Any = (),
    level: int = 0,
    target: Any = None,
    inplace: bool = False,
) -> Any:
    """An expression over the caller's variables."""
    if parser != "pandas" or engine not in (None, "python") or resolvers or inplace:
        raise NotImplementedError("lumen.pandas: eval(parser=, engine=, resolvers=, inplace=)")
    from lumen.pandas._expressions import evaluate_top

    return evaluate_top(expr, local_dict, global_dict, level + 1, target)
