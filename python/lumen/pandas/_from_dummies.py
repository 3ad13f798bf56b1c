"""`from_dummies`: a column of categories for each group of columns of which one is 1 in each row."""

from __future__ import annotations

from typing import Any, Hashable

import numpy as np

from lumen import _engine


def from_dummies(data: Any, sep: str | None = None, default_category: Any = None) -> Any:
    """The inverse of `get_dummies`: prefixes before `sep` name the columns, what follows the values."""
    from lumen.pandas import DataFrame

    if not isinstance(data, _engine.DataFrame):
        raise TypeError(
            f"Expected 'data' to be a 'DataFrame'; Received 'data' of type: {type(data).__name__}"
        )
    gaps = data.isna().any()
    if gaps.any():
        raise ValueError(f"Dummy DataFrame contains NA value in column: '{gaps.idxmax()}'")
    try:
        flags = data.astype("boolean")
    except TypeError as error:
        raise TypeError("Passed DataFrame contains non-dummy data") from error
    groups = _groups(data.columns.tolist(), sep)
    defaults = _defaults(default_category, groups)
    found = {}
    for prefix, places in groups.items():
        labels = [data.columns[place] for place in places]
        values = labels if sep is None else [label[len(prefix + sep) :] for label in labels]
        table = np.array([np.asarray(flags._column(place).tolist(), dtype=bool) for place in places])
        assigned = table.sum(axis=0)
        if (assigned > 1).any():
            raise ValueError(
                "Dummy DataFrame contains multi-assignment(s); "
                f"First instance in row: {data.index[int(assigned.argmax())]}"
            )
        rows = table.argmax(axis=0)
        if (assigned == 0).any():
            if defaults is None:
                raise ValueError(
                    "Dummy DataFrame contains unassigned value(s); "
                    f"First instance in row: {data.index[int(assigned.argmin())]}"
                )
            values = [*values, defaults[prefix]]
            rows = np.where(assigned == 0, len(values) - 1, rows)
        held = data._constructor_sliced(values, dtype=data.columns.dtype)
        found[prefix] = held.take(rows).set_axis(data.index)
    result = DataFrame(found)
    if sep is not None:
        result.columns = result.columns.astype(data.columns.dtype)
    return result


def _groups(labels: list[Any], sep: Any) -> dict[str, list[int]]:
    """The places of the columns of each prefix."""
    if sep is None:
        return {"": list(range(len(labels)))}
    if not isinstance(sep, str):
        raise TypeError(
            f"Expected 'sep' to be of type 'str' or 'None'; Received 'sep' of type: {type(sep).__name__}"
        )
    groups: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        prefix = label.split(sep)[0]
        if len(prefix) == len(label):
            raise ValueError(f"Separator not specified for column: {label}")
        groups.setdefault(prefix, []).append(place)
    return groups


def _defaults(given: Any, groups: dict[str, list[int]]) -> Any:
    """What stands where no column is 1, by prefix; None where that is an error."""
    if given is None:
        return None
    if isinstance(given, dict):
        if len(given) != len(groups):
            raise ValueError(
                f"Length of 'default_category' ({len(given)}) did not match the length of the columns being encoded "
                f"({len(groups)})"
            )
        return given
    if isinstance(given, Hashable):
        return dict.fromkeys(groups, given)
    raise TypeError(
        "Expected 'default_category' to be of type 'None', 'Hashable', or 'dict'; Received 'default_category' of type: "
        f"{type(given).__name__}"
    )
