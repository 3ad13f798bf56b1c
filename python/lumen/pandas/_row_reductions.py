"""Reductions along the rows of a frame: rows in the dtype that its columns have in common.

Rows of plain numbers are the engine's. A row of another dtype is a group of the columns below one another, which keeps
its dtype; a row of objects is a column of the transposed frame.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._missing import NA

_NUMBERS = ("bool", "int", "uint", "float")


def _common(frame: Any) -> Any:
    """The columns below one another; None where the engine reduces their rows itself."""
    columns = [frame._column(place) for place in range(frame.shape[1])]
    if not columns or all(
        column.dtype.startswith(_NUMBERS) and column.dtype != "boolean" for column in columns
    ):
        return None
    return _engine.Column.concat(columns)


def reduced(frame: Any, how: str, skipna: bool, min_count: int, ddof: int) -> Any:
    """A value a row."""
    if len(frame) == 0 and frame.shape[1]:
        found = frame._reduced(how, 0, skipna, False, min_count, ddof)
        return frame._constructor_sliced(found._values.slice(0, 0), index=frame.index)
    below = _common(frame)
    if below is None:
        return frame._reduce(how, 1, skipna, max(min_count, 0), ddof, False)
    if below.dtype == "object":
        rows = frame.T
        found = rows._reduced(how, 0, skipna, False, min_count, ddof)
        return frame._constructor_sliced(found._values.cast("object"), index=frame.index)
    groups = _rows(frame, below)
    options: dict[str, Any] = {"skipna": skipna}
    if how in ("sum", "prod"):
        options["min_count"] = min_count
    if how in ("var", "std", "sem"):
        options["ddof"] = ddof
    found = getattr(groups, how)(**options)
    return frame._constructor_sliced(found._values, index=frame.index)


def _rows(frame: Any, below: Any) -> Any:
    from lumen.pandas import Series

    return Series(below).groupby(np.tile(np.arange(len(frame)), frame.shape[1]))


def tested(frame: Any, how: str, skipna: bool) -> Any:
    """`any` or `all` of each row; None where no column has a mask."""
    below = _common(frame) if len(frame) else None
    if below is None or not below.dtype[0].isupper() and below.dtype != "boolean":
        return None
    missing = _convert.mask_of(below).reshape(frame.shape[1], len(frame))
    truths = np.array([bool(item) if item is not NA else how == "all" for item in below.tolist()])
    truths = truths.reshape(missing.shape)
    found = truths.any(axis=0) if how == "any" else truths.all(axis=0)
    # What is missing could still decide a row that nothing else decided.
    open_rows = (not skipna) & missing.any(axis=0) & (found if how == "all" else ~found)
    items = [NA if is_open else bool(item) for item, is_open in zip(found.tolist(), open_rows.tolist())]
    return frame._constructor_sliced(items, index=frame.index, dtype="boolean")


def check_extreme(frame: Any, how: str, skipna: bool) -> None:
    """Raises where the place of an extreme is asked for in rows that a masked value stands in."""
    below = None if skipna or not len(frame) else _common(frame)
    if below is not None and below.dtype[0].isupper() and _convert.mask_of(below).any():
        raise ValueError(f"{how} with skipna=False encountered an NA value.")
