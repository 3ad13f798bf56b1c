"""`DataFrame.stack(future_stack=False)`: the way of stacking that pandas 4 takes away.

It differs from the other in three things: the labels of the stacked level are sorted, rows in which nothing stands are
dropped, and several levels are stacked one after another.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen.pandas._errors import Pandas4Warning
from lumen.pandas._warn import warn


def stack(frame: Any, level: Any, dropna: bool, sort: bool) -> Any:
    """Levels of the column labels as levels of the row labels."""
    warn(
        "The previous implementation of stack is deprecated and will be removed in a future version of pandas. See the "
        "What's New notes for pandas 2.1.0 for details. Do not specify the future_stack argument to adopt the new "
        "implementation and silence this warning.",
        Pandas4Warning,
    )
    if not isinstance(level, (tuple, list)):
        return _one(frame, frame.columns._get_level_number(level), dropna, sort)
    result = frame
    if all(one in frame.columns.names for one in level):
        for name in level:
            result = _one(result, result.columns._get_level_number(name), dropna, sort)
        return result
    if not all(isinstance(one, int) for one in level):
        raise ValueError(
            "level should contain all level names or all level numbers, not a mixture of the two."
        )
    numbers = [frame.columns._get_level_number(one) for one in level]
    while numbers:
        number = numbers.pop(0)
        result = _one(result, number, dropna, sort)
        # The levels behind the stacked one have moved up.
        numbers = [other if other <= number else other - 1 for other in numbers]
    return result


def _one(frame: Any, number: int, dropna: bool, sort: bool) -> Any:
    from lumen.pandas._reshape import stack as stacked

    columns = frame.columns
    if columns.nlevels == 1:
        found = stacked(frame, number)
        return found[found.notna().to_numpy()] if dropna else found
    found = stacked(frame, number)
    codes = np.asarray(columns.codes[number])
    _, first = np.unique(codes, return_index=True)
    seen = codes[np.sort(first)]
    if sort and (np.diff(seen) < 0).any():
        order = np.argsort(seen, kind="stable")
        rows = np.arange(len(frame))[:, None] * len(seen) + order[None, :]
        found = found.take(rows.ravel())
    return found.dropna(axis=0, how="all") if dropna else found
