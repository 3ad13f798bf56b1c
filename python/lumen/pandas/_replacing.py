"""`replace`: values exchanged by value, by table, by pattern."""

from __future__ import annotations

import re
from collections import abc
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert


def _is_pattern(value: Any) -> bool:
    return isinstance(value, re.Pattern)


def _by_pattern(series: Any, patterns: list[Any], values: list[Any]) -> Any:
    """Texts by regular expressions: a text replaces the match, another value the whole cell."""
    if series._dtype not in ("object", "str", "string"):
        return series
    compiled = [re.compile(pattern) if isinstance(pattern, str) else pattern for pattern in patterns]
    items = series._values.tolist()
    changed = False
    for row, item in enumerate(items):
        for pattern, value in zip(compiled, values):
            if isinstance(item, str) and _is_pattern(pattern) and pattern.search(item):
                item = pattern.sub(value, item) if isinstance(value, str) else value
                changed = True
            elif not _is_pattern(pattern) and item == pattern:
                item, changed = value, True
        items[row] = item
    if not changed:
        return series
    if all(isinstance(item, str) or item is None or item != item for item in items):
        return series._with_column(_engine.Column.from_items(items, infer=False).cast(series._dtype))
    return series._with_column(_engine.Column.from_items(items, infer=False))


def _exchange(series: Any, keys: list[Any], values: list[Any], regex: bool) -> Any:
    if regex or any(_is_pattern(key) for key in keys):
        return _by_pattern(series, keys if regex else keys, values)
    kept = [(key, value) for key, value in zip(keys, values) if _comparable(series, key)]
    if not kept:
        return series.copy()
    return series._by_table([key for key, _ in kept], [value for _, value in kept], True)


def _comparable(series: Any, key: Any) -> bool:
    """Whether a value of the series can equal the key: True is not 1 where the dtype says which it is."""
    if isinstance(key, (bool, np.bool_)):
        return series._dtype in ("bool", "boolean", "object", "category")
    if series._dtype in ("bool", "boolean"):
        return _convert.column_of([key]).isna()[0] == 1
    return True


def replaced(series: Any, to_replace: Any, value: Any, regex: Any, unset: Any) -> Any:
    """`Series.replace`.

    TypeError and ValueError as pandas raises them for arguments that do not fit together.
    """
    if regex is not False and not isinstance(regex, bool):
        if to_replace is not None:
            raise ValueError("'to_replace' must be 'None' if 'regex' is not a bool")
        to_replace, regex = regex, True
    if value is unset:
        if isinstance(to_replace, _engine.Series):
            to_replace = to_replace.to_dict()
        if not isinstance(to_replace, abc.Mapping):
            if to_replace is None or _convert.is_scalar(to_replace) or _convert.is_list_like(to_replace):
                raise ValueError(
                    f"{type(series).__name__}.replace must specify either 'value', a dict-like 'to_replace', or"
                    " dict-like 'regex'."
                )
            raise TypeError(
                "expecting 'to_replace' to be either a scalar, array-like, dict or None, got invalid type"
                f" {type(to_replace).__name__!r}"
            )
        keys, values = list(to_replace.keys()), list(to_replace.values())
        if any(isinstance(item, abc.Mapping) for item in values):
            raise ValueError(
                "If a nested mapping is passed, all values of the top level mapping must be mappings"
                if not all(isinstance(item, abc.Mapping) for item in values)
                else "Series.replace cannot use dict-value and non-None to_replace"
            )
        return _exchange(series, keys, values, bool(regex))
    if isinstance(to_replace, abc.Mapping):
        raise ValueError("Series.replace cannot use dict-like to_replace and non-None value")
    if _convert.is_list_like(to_replace):
        keys = list(to_replace)
        if _convert.is_list_like(value):
            values = list(value)
            if len(keys) != len(values):
                raise ValueError(
                    f"Replacement lists must match in length. Expecting {len(keys)} got {len(values)} "
                )
            return _exchange(series, keys, values, bool(regex))
        return _exchange(series, keys, [value] * len(keys), bool(regex))
    if to_replace is None and not regex:
        mask = [item is None for item in series._values.tolist()]
        return series.mask(mask, value) if any(mask) else series.copy()
    return _exchange(series, [to_replace], [value], bool(regex))


def replaced_frame(frame: Any, to_replace: Any, value: Any, regex: Any, unset: Any) -> Any:
    """`DataFrame.replace`: as that of series in every column, or by column where tables name columns."""
    if regex is not False and not isinstance(regex, bool):
        to_replace, regex = regex, True
    labels = list(frame.columns)
    columns = [frame._series(place) for place in range(frame.shape[1])]
    nested = (
        isinstance(to_replace, abc.Mapping)
        and to_replace
        and all(isinstance(item, abc.Mapping) for item in to_replace.values())
    )
    if isinstance(to_replace, abc.Mapping) and (nested or value is not unset):
        made = []
        for label, series in zip(labels, columns):
            if label not in to_replace:
                made.append(series._values)
                continue
            wanted = to_replace[label]
            if nested and value is unset:
                made.append(replaced(series, wanted, unset, regex, unset)._values)
                continue
            own = value[label] if isinstance(value, abc.Mapping) and label in value else value
            made.append(replaced(series, wanted, own, regex, unset)._values)
        return frame._with_columns(made)
    if isinstance(value, abc.Mapping):
        made = [
            (replaced(series, to_replace, value[label], regex, unset) if label in value else series)._values
            for label, series in zip(labels, columns)
        ]
        return frame._with_columns(made)
    if isinstance(value, _engine.Series):
        return replaced_frame(frame, to_replace, dict(value.items()), regex, unset)
    if value is unset and not isinstance(to_replace, (abc.Mapping, _engine.Series)):
        raise ValueError(
            "DataFrame.replace must specify either 'value', a dict-like 'to_replace', or dict-like 'regex'."
        )
    return frame._with_columns(
        [replaced(series, to_replace, value, regex, unset)._values for series in columns]
    )
