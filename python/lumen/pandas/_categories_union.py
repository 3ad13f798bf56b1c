"""`api.types.union_categoricals`: the values of several categoricals under the categories of all."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen import _engine


def union_categoricals(to_union: Any, sort_categories: bool = False, ignore_order: bool = False) -> Any:
    """The categoricals below one another; ordered ones need the same categories, unless the order is ignored."""
    from lumen.pandas import Categorical

    parts = [_categorical(part) for part in to_union]
    if not parts:
        raise ValueError("No Categoricals to union")
    first = parts[0]
    if len({str(part.categories.dtype) for part in parts}) > 1:
        raise TypeError("dtype of categories must be the same")
    if all(_same_categories(first, part) for part in parts[1:]):
        categories, ordered = first.categories, bool(first.ordered)
        if sort_categories and not ignore_order and ordered:
            raise TypeError("Cannot use sort_categories=True with ordered Categoricals")
    elif ignore_order or not any(part.ordered for part in parts):
        categories, ordered = first.categories.append([part.categories for part in parts[1:]]).unique(), False
    elif all(part.ordered for part in parts):
        raise TypeError("to union ordered Categoricals, all categories must be the same")
    else:
        raise TypeError("Categorical.ordered must be the same")
    if sort_categories and not categories.is_monotonic_increasing:
        categories = categories.sort_values()
    codes = []
    for part in parts:
        # A missing value keeps its code in every list of categories.
        places = np.append(categories.get_indexer(part.categories), -1)
        codes.append(places[np.asarray(part.codes)])
    return Categorical.from_codes(
        np.concatenate(codes), categories=categories, ordered=ordered and not ignore_order
    )


def _categorical(part: Any) -> Any:
    from lumen.pandas import Categorical

    held = part.array if isinstance(part, (_engine.Series, _engine.Index)) else part
    if not isinstance(held, Categorical):
        raise TypeError("all components to combine must be Categorical")
    return held


def _same_categories(one: Any, other: Any) -> bool:
    """Whether both have the same categories, in the same order where there is one."""
    if bool(one.ordered) != bool(other.ordered):
        return False
    if one.ordered:
        return one.categories.equals(other.categories)
    return len(one.categories) == len(other.categories) and bool(other.categories.isin(one.categories).all())
